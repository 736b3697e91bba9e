"""A mountain front eroded by running water, its main valley and a reservoir.

Heights are in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .drainage import CHANNEL_AREA, accumulate, catchment, drainage_area, flow_levels, route
from .grids import Array, Progress, fractal, quietly, ramp, resize, slope_degrees

# Erosion: steady slope = STEEPNESS * (drainage area in m2) ** -CONCAVITY (Whipple & Tucker 1999).
STEEPNESS = 26.0
CONCAVITY = 0.45
# (grid coarsening, time steps): the network is found where steps are cheap, then refined.
EROSION_STAGES = ((4, 30), (2, 10), (1, 3))


@dataclass
class Valley:
    """The main valley; arrays are [n, n].

    Attributes:
        floor: True on the alluvial plain.
        height: Height of the plain in metres, everywhere.
        river: Distance to the river axis in px.
        along: Distance down the valley in px.
    """

    floor: Array
    height: Array
    river: Array
    along: Array


@dataclass
class Relief:
    """Terrain and the water on it; arrays are [n, n].

    Attributes:
        dem: Surface height in metres, float32.
        slope: Slope in degrees, float32.
        drainage: Catchment area of each pixel in m2, float32.
        receiver: Flat index of the pixel each pixel drains to, int64; itself at outlets.
        valley: The main valley.
        lake: True on the reservoir.
    """

    dem: Array
    slope: Array
    drainage: Array
    receiver: Array
    valley: Valley
    lake: Array


def make_relief(
    n: int, cell: float, rng: np.random.Generator, progress: Progress = quietly
) -> Relief:
    """Erode a mountain front down to an alluvial plain and dam one of its valleys.

    Args:
        n: Side in px.
        cell: Pixel side in metres.
        rng: Random numbers.
        progress: Gets the share of the erosion that is done.
    """
    valley = _make_valley(n, cell, rng)
    dem = _erode(valley, cell, rng, progress)
    dem = _round_off(dem, valley, rng)
    receiver = route(dem, valley.floor & _border(n))
    drainage = drainage_area(receiver, cell).reshape(n, n)
    dem = _fill_valley_floors(dem, drainage, valley)
    dem, lake = _dam(dem, receiver, drainage, valley, cell)
    dem = _carve(dem, receiver)
    dem = dem + _canopy(dem, drainage, lake, valley, rng)
    return Relief(
        dem.astype(np.float32),
        slope_degrees(dem, cell),
        drainage.astype(np.float32),
        receiver,
        valley,
        lake,
    )


def _border(n: int) -> Array:
    """True on the outermost px."""
    border = np.ones((n, n), bool)
    border[1:-1, 1:-1] = False
    return border


def _make_valley(n: int, cell: float, rng: np.random.Generator) -> Valley:
    """Lay a meandering river and its plain across one side of the scene."""
    along, across = _valley_coordinates(n, rng)
    bend = _wander(rng, along, n, 0.9 * n, 0.05 * n)
    meander = _wander(rng, along, n, 0.14 * n, 0.026 * n)
    aside = across - 0.25 * n - bend
    width = n * np.clip(0.075 + 0.03 * fractal(rng, n, 1.9, n / 3), 0.045, 0.13)
    river = ndimage.distance_transform_edt(np.abs(aside - meander) > 0.8)
    height = 48 + 0.003 * cell * (along.max() - along) + 0.0025 * cell * river
    return Valley(np.abs(aside) < width, height, river, along)


def _valley_coordinates(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Distance down the valley from the scene's middle, and across it from one side, in px."""
    x, y = np.meshgrid(np.arange(n) - n / 2, np.arange(n) - n / 2)
    if rng.random() < 0.5:
        x, y = y, x
    if rng.random() < 0.5:
        y = -y
    angle = rng.uniform(0.12, 0.4) * rng.choice([-1, 1])
    along = x * np.cos(angle) + y * np.sin(angle)
    return along, y * np.cos(angle) - x * np.sin(angle) + n / 2


def _wander(
    rng: np.random.Generator, along: Array, n: int, wavelength: float, amplitude: float
) -> Array:
    """Sideways swing of a river at each distance along its valley, in px."""
    t = np.arange(-n, n)
    noise = ndimage.gaussian_filter1d(rng.standard_normal(2 * n), wavelength / 5, mode="wrap")
    return np.interp(along, t, amplitude * noise / noise.std())


def _erode(valley: Valley, cell: float, rng: np.random.Generator, progress: Progress) -> Array:
    """Uplift and stream-power erosion from coarse to fine grids.

    Heights in metres. The plain is the base level; the scene's other edges are divides.
    """
    n = valley.floor.shape[0]
    away = ndimage.distance_transform_edt(~valley.floor)
    resistance = np.exp(0.28 * fractal(rng, n, 1.6, n / 4)) * (0.75 + 0.5 * ramp(away, 0, n / 3))
    rough = fractal(rng, n, 1.3, n / 2)
    repose = np.tan(np.radians(np.clip(33 + 4 * fractal(rng, n, 1.4, n / 5), 22, 41)))
    dem = valley.height + np.where(valley.floor, 0, 0.06 * cell * away + 14 * (rough - rough.min()))
    # A step takes as long as its grid is large.
    work = [1 / coarsening**2 for coarsening, steps in EROSION_STAGES for _ in range(steps)]
    done = iter(np.cumsum(work) / sum(work))
    for coarsening, steps in EROSION_STAGES:
        m = -(-n // coarsening)
        floor = resize(valley.floor.astype(float), m) > 0.5
        height, strength, steepest = (resize(a, m) for a in (valley.height, resistance, repose))
        dem = np.where(floor, height, resize(dem, m))
        for _ in range(steps):
            dem = _erosion_step(dem, floor, strength, steepest, cell * n / m)
            progress(float(next(done)))
    return dem


def _erosion_step(
    dem: Array, floor: Array, strength: Array, steepest: Array, cell: float, lift: float = 22.0
) -> Array:
    """One implicit time step (Braun & Willett 2013, eq. 23) with slopes held below repose.

    Args:
        dem: Heights in metres.
        floor: Base level, which keeps its height.
        strength: Factor on the steady channel slope.
        steepest: Largest slope (tangent).
        cell: Cell side in metres.
        lift: Uplift during the step in metres.
    """
    receiver = route(dem, floor)
    levels = list(flow_levels(receiver))
    area = accumulate(levels, receiver, cell)
    flat, n = dem.ravel().copy(), dem.shape[1]
    flat[~floor.ravel()] += lift
    distance = cell * np.hypot(*_offset(receiver, n)).clip(min=1)
    pull = lift * area**CONCAVITY / (STEEPNESS * strength.ravel() * distance)
    highest = steepest.ravel() * distance
    for cells in levels[1:]:
        below = flat[receiver[cells]]
        settled = (flat[cells] + pull[cells] * below) / (1 + pull[cells])
        # A pit lies below the pass it spills over: it waits for the pass to be cut.
        flat[cells] = np.where(flat[cells] > below, settled, flat[cells])
        flat[cells] = np.minimum(flat[cells], below + highest[cells])
    return flat.reshape(dem.shape)


def _offset(receiver: Array, n: int) -> tuple[Array, Array]:
    """Rows and columns from each cell to its receiver."""
    here = np.arange(receiver.size)
    return receiver // n - here // n, receiver % n - here % n


def _round_off(dem: Array, valley: Valley, rng: np.random.Generator) -> Array:
    """Soil creep: the erosion model leaves knife edges that hillslopes do not have."""
    smooth = ndimage.gaussian_filter(dem, 0.9)
    rough = 1.2 * fractal(rng, dem.shape[0], 1.2, 24)
    return np.where(valley.floor, valley.height, np.maximum(smooth + rough, valley.height))


def _fill_valley_floors(dem: Array, drainage: Array, valley: Valley) -> Array:
    """Sediment fills the bottoms of larger valleys to a flat floor, deeper downstream (metres)."""
    channel = (drainage > CHANNEL_AREA) & ~valley.floor
    if not channel.any():
        return dem
    distance, nearest = ndimage.distance_transform_edt(~channel, return_indices=True)
    size = np.log10(np.maximum(drainage[tuple(nearest)] / CHANNEL_AREA, 1))
    fill = dem[tuple(nearest)] + 4.5 * np.minimum(size, 1.6) + 0.25 * distance
    filled = np.where((distance < 9) & ~valley.floor, np.maximum(dem, fill), dem)
    softened = ndimage.gaussian_filter(filled, 0.8)
    return np.where(valley.floor, dem, softened)


def _dam(
    dem: Array, receiver: Array, drainage: Array, valley: Valley, cell: float
) -> tuple[Array, Array]:
    """Raise a reservoir in a side valley; heights and the lake's mask."""
    n = dem.shape[0]
    middling = (drainage > 8 * CHANNEL_AREA) & ~valley.floor
    middling &= ndimage.distance_transform_edt(~valley.floor) > 0.03 * n
    sites = np.flatnonzero(middling)
    if sites.size == 0:
        return dem, np.zeros(dem.shape, bool)
    site = sites[np.argsort(drainage.flat[sites])[int(0.8 * (sites.size - 1))]]
    level = dem.flat[site] + 0.022 * n * cell / 10
    upstream = catchment(receiver, site).reshape(dem.shape)
    lake, _ = ndimage.label(upstream & (dem < level))
    lake = lake == lake.flat[site]
    return np.where(lake, level, dem), lake


def _carve(dem: Array, receiver: Array) -> Array:
    """Lower every cell to the lowest cell above it on its flow path, so that water runs down."""
    flat = dem.ravel().copy()
    for cells in reversed(list(flow_levels(receiver))[1:]):
        np.minimum.at(flat, receiver[cells], flat[cells])
    return flat.reshape(dem.shape)


def _canopy(
    dem: Array, drainage: Array, lake: Array, valley: Valley, rng: np.random.Generator
) -> Array:
    """Height noise of a surface model under trees in metres; none on water and plain."""
    open_ground = lake | valley.floor | (drainage > CHANNEL_AREA)
    shield = np.minimum(ndimage.distance_transform_edt(~open_ground) / 4, 1)
    return 0.8 * shield * fractal(rng, dem.shape[0], 0.6, 12)
