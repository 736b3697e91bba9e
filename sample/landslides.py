"""Landslides that start in steep hollows under a storm and run down the slope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .drainage import CHANNEL_AREA
from .grids import Array, Progress, fractal, quietly, ramp, slope_degrees
from .terrain_relief import Relief

CROWN_SLOPE = (26.0, 43.0)  # degrees; where shallow landslides start
STOP_SLOPE = 7.0  # degrees; where debris comes to rest
MAX_HALF_WIDTH = 2.8  # px; hollows are no wider, larger failures have several heads instead


@dataclass
class Slides:
    """Landslides; arrays are [n, n].

    Attributes:
        reach: Distance inside the outline in px, negative outside.
        travel: 0 at the crown to 1 at the toe.
        regrowth: 0 fresh to 1 overgrown.
        tone: Brightness of the soil about 1; it differs between bedrocks and with wetness.
    """

    reach: Array
    travel: Array
    regrowth: Array
    tone: Array


def make_slides(
    relief: Relief,
    cell: float,
    share: float,
    most: int | None,
    rng: np.random.Generator,
    progress: Progress = quietly,
) -> Slides:
    """Release landslides one by one until they cover the share asked for.

    Args:
        relief: Terrain to release them on.
        cell: Pixel side in metres.
        share: Share of the area to cover, 0..1.
        most: Most landslides to release; None for as many as the share takes.
        rng: Random numbers.
        progress: Gets the share of the wanted area that is covered.
    """
    n = relief.dem.shape[0]
    slides = Slides(*(np.full((n, n), fill, np.float32) for fill in (-9.0, 0.0, 0.0, 1.0)))
    fall = _fall_lines(relief)
    edge = 0.55 * fractal(rng, n, 0.7, 8)  # trees make outlines ragged
    wanted = share * n * n
    most = n * n if most is None else most
    crowns = _draw_crowns(relief, cell, rng)
    released, covered = 0, 0.0
    for crown in crowns:
        if released >= most or covered >= wanted:
            break
        # Two scars a few metres apart would be mapped as one.
        if slides.reach[crown] > -2.5:
            continue
        released += 1
        covered += _release(slides, crown, _draw_area(rng), fall, edge, rng)
        progress(min(covered / wanted, 1.0))
    # Nothing slides in still water or in the river; the ragged edge moves the outline.
    slides.reach += np.where(slides.reach > -3, edge, 0)
    slides.reach[relief.lake | (relief.valley.river < 4)] = -9
    _drop_crumbs(slides)
    return slides


def _drop_crumbs(slides: Slides, smallest: int = 5) -> None:
    """Take away outlines of fewer px than anyone would map."""
    label, _ = ndimage.label(slides.reach >= 0, np.ones((3, 3)))
    crumb = np.bincount(label.ravel()) < smallest
    crumb[0] = False
    slides.reach[crumb[label]] = -9


def _draw_crowns(
    relief: Relief, cell: float, rng: np.random.Generator
) -> Iterator[tuple[int, int]]:
    """Crowns in the order they fail: steep hollows under the storm cell first."""
    weight = _susceptibility(relief, cell) * _storm(relief, rng)
    # Exponential race: an order drawn without replacement by weight (Efraimidis & Spirakis 2006).
    turn = rng.exponential(size=weight.shape) / np.maximum(weight, 1e-12)
    order = np.argsort(turn, axis=None)[: int((weight > 1e-3).sum())]
    for index in order:
        row, column = divmod(int(index), weight.shape[1])
        yield row, column


def _susceptibility(relief: Relief, cell: float) -> Array:
    """Relative chance of failure: steep, concave, above the channels (0..1)."""
    smooth = ndimage.gaussian_filter(relief.dem, 2)
    steep = slope_degrees(smooth, cell)
    hollow = ndimage.laplace(smooth) / cell
    low, high = CROWN_SLOPE
    window = ramp(steep, low - 5, low + 4) * ramp(-steep, -high - 2, -high + 3)
    off_stream = relief.drainage < 0.2 * CHANNEL_AREA
    dry = ~ndimage.binary_dilation(relief.lake | relief.valley.floor, iterations=4)
    return window * (0.08 + ramp(hollow, -0.005, 0.04)) * off_stream * dry


def _storm(relief: Relief, rng: np.random.Generator) -> Array:
    """Rain of a storm cell centred on the hills of one half of the scene (0..1)."""
    n = relief.dem.shape[0]
    hills = ndimage.gaussian_filter((relief.slope > 18).astype(float), n / 12)
    rows, columns = np.mgrid[:n, :n] / n
    half = columns < 0.5 if rng.random() < 0.5 else columns >= 0.5
    centre = rng.choice(np.flatnonzero((half & (hills >= 0.8 * hills[half].max())).ravel()))
    row, column = divmod(int(centre), n)
    squared = (rows - row / n) ** 2 + (columns - column / n) ** 2
    return np.exp(-squared / (2 * 0.17**2)) * np.exp(0.7 * fractal(rng, n, 1.5, n / 6)) + 0.004


def _draw_area(rng: np.random.Generator) -> float:
    """Landslide area in px: three-parameter inverse gamma (Malamud et al. 2004, eq. 3).

    Their scale, twice over: inventories mapped on 10 m pixels miss the smallest slides.
    """
    return float(np.clip(26.0 / rng.gamma(1.4) - 2.0, 6.0, 700.0))


def _fall_lines(relief: Relief) -> tuple[Array, Array, Array]:
    """Unit vectors (rows, columns) down the slope, and the slope in degrees."""
    smooth = ndimage.gaussian_filter(relief.dem, 1.2)
    down, right = (-g for g in np.gradient(smooth))
    length = np.maximum(np.hypot(down, right), 1e-6)
    return down / length, right / length, ndimage.gaussian_filter(relief.slope, 1)


def _release(
    slides: Slides,
    crown: tuple[int, int],
    area: float,
    fall: tuple[Array, Array, Array],
    edge: Array,
    rng: np.random.Generator,
) -> float:
    """Add one landslide; the px it newly covers. Large ones have heads that run together."""
    regrowth = rng.uniform(0.25, 0.6) if rng.random() < 0.1 else rng.uniform(0, 0.08)
    tone = float(np.clip(rng.normal(1, 0.2), 0.55, 1.5))
    heads = 1 + int(area // 80)
    covered = 0.0
    for head in range(heads):
        spread = 0 if head == 0 else 3.5 * np.sqrt(heads)
        start = np.array(crown) + spread * rng.standard_normal(2)
        aspect = 5.5 * np.exp(0.4 * rng.standard_normal())
        length = np.sqrt(area / heads * aspect)
        half_width = min(0.6 * area / heads / length, MAX_HALF_WIDTH)
        path = _run_out(start, length, fall)
        t = np.arange(len(path)) / max(2 * length, 1)
        covered += _stamp(slides, path, t, half_width, (regrowth, tone), edge)
    return covered


def _run_out(start: Array, length: float, fall: tuple[Array, Array, Array]) -> Array:
    """Path of the debris in px, a point every half px: inertia plus the fall line."""
    down, right, slope = fall
    place: Array = start.astype(float)
    heading: Array = np.zeros(2)
    points: list[Array] = []
    last = np.array(slope.shape) - 1
    for _ in range(int(2 * length) + 1):
        cell = tuple(np.rint(place).astype(int))
        if min(cell) < 0 or (np.array(cell) > last).any() or slope[cell] < STOP_SLOPE:
            break
        points.append(place)
        heading = 0.6 * heading + 0.4 * np.array([down[cell], right[cell]])
        place = place + 0.5 * heading / max(np.hypot(*heading), 1e-6)
    return np.array(points).reshape(-1, 2)


def _half_widths(t: Array, half_width: float) -> Array:
    """Half width in px along a slide: spoon-shaped scar, narrow track, small fan."""
    scar = 1.15 * np.sqrt(np.clip(t / 0.18, 0.25, 1)) * (1 - ramp(t, 0.35, 0.65))
    track = 0.62 * ramp(t, 0.3, 0.6) + 0.3 * ramp(t, 0.75, 1)
    return np.maximum(half_width * (scar + track), 0.6)


def _stamp(
    slides: Slides,
    path: Array,
    t: Array,
    half_width: float,
    look: tuple[float, float],
    edge: Array,
) -> float:
    """Widen a path into an outline; the px newly inside.

    Args:
        slides: Changed in place.
        path: Rows and columns [point, 2].
        t: Travel at each point, 0 at the crown to 1 at the toe.
        half_width: In px.
        look: Regrowth and tone.
        edge: Raggedness of outlines in px.
    """
    n, covered = slides.reach.shape[0], 0.0
    for (row, column), radius, travel in zip(path, _half_widths(t, half_width), t):
        box = tuple(slice(max(int(c - 8), 0), min(int(c + 9), n)) for c in (row, column))
        rows, columns = np.ogrid[box]
        reach = radius - np.hypot(rows - row, columns - column)
        old = slides.reach[box]
        inside, nearer = reach + edge[box] >= 0, reach > old
        covered += float((inside & (old + edge[box] < 0)).sum())
        slides.travel[box][nearer] = travel
        slides.regrowth[box][nearer], slides.tone[box][nearer] = look
        old[nearer] = reach[nearer]
    return covered
