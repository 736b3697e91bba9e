"""What grows, lies and is built on the ground: its reflectance under flat, even sunlight.

Reflectances are x 10000.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .drainage import CHANNEL_AREA
from .grids import Array, fractal, ramp
from .landslides import Slides
from .terrain_relief import Relief

BANDS = ("B02", "B03", "B04", "B08")

# Surface reflectance of each cover by band, flat and sunlit. With the light that the air scatters
# on top (sensor.PATH_RADIANCE) it gives the TOA values that real scenes of mountain Japan and
# Taiwan show.
COVER = {
    "broadleaf": (170.0, 390.0, 290.0, 2950.0),
    "turning": (225.0, 410.0, 560.0, 2300.0),  # autumn leaves and bamboo
    "conifer": (110.0, 250.0, 180.0, 2000.0),
    "grass": (260.0, 560.0, 540.0, 3100.0),
    "crop": (230.0, 610.0, 360.0, 3900.0),
    "stubble": (400.0, 640.0, 780.0, 2300.0),
    "bare": (470.0, 830.0, 1270.0, 2100.0),
    "wet_bare": (330.0, 500.0, 640.0, 1250.0),
    "rock": (540.0, 760.0, 890.0, 1650.0),
    "gravel": (480.0, 760.0, 950.0, 1350.0),
    "road": (520.0, 690.0, 780.0, 1350.0),
    "roof": (900.0, 1060.0, 1160.0, 1800.0),
    "muddy_water": (360.0, 590.0, 610.0, 330.0),
    "lake": (190.0, 330.0, 190.0, 180.0),
    "soil": (500.0, 860.0, 1290.0, 2080.0),
}


def make_surface(relief: Relief, slides: Slides, rng: np.random.Generator) -> Array:
    """Surface reflectance x 10000 [band, row, column], flat and sunlit.

    Args:
        relief: Terrain that the covers follow.
        slides: Landslides on it.
        rng: Random numbers.
    """
    surface = _forest(relief, rng)
    _add_open_slopes(surface, relief, rng)
    _add_fields(surface, relief, rng)
    _add_slides(surface, slides, rng)
    _add_streams(surface, relief, slides, rng)
    _add_roads_and_houses(surface, relief, rng)
    _add_river_and_lake(surface, relief, rng)
    return surface


def _blend(surface: Array, cover: str, share: Array, tone: Array | float = 1.0) -> None:
    """Cover part of each pixel, in place.

    Args:
        surface: Reflectance [band, row, column].
        cover: Key of COVER.
        share: Part of each pixel that the cover takes, 0..1.
        tone: Factor on the cover's reflectance.
    """
    for band, reflectance in zip(surface, COVER[cover]):
        band += share * (reflectance * tone - band)


def _forest(relief: Relief, rng: np.random.Generator) -> Array:
    """Stands of broadleaf, turning and planted conifer trees, with crowns."""
    n = relief.dem.shape[0]
    crowns = 1 + 0.18 * fractal(rng, n, 0.45, 7) + 0.07 * fractal(rng, n, 1.0, 60)
    surface = np.zeros((len(BANDS), n, n), np.float32)
    _blend(surface, "broadleaf", np.ones((n, n), np.float32), crowns)
    height = (relief.dem - relief.dem.mean()) / relief.dem.std()
    turning = fractal(rng, n, 1.1, 90) + 0.5 * height
    _blend(surface, "turning", 0.9 * ramp(turning, -0.6, 1.3), crowns)
    _blend(surface, "conifer", 0.85 * _stands(rng, n, 26, 0.16), crowns)
    return np.maximum(surface, 20)


def _stands(rng: np.random.Generator, n: int, spacing: int, share: float) -> Array:
    """Planted or felled stands: a share of the cells of a warped Voronoi mosaic (0 or 1)."""
    count = max((n // spacing) ** 2, 4)
    seeds = rng.integers(0, n, (2, count))
    marks = np.zeros((n, n), np.int32)
    marks[tuple(seeds)] = np.arange(1, count + 1)
    nearest = ndimage.distance_transform_edt(
        marks == 0, return_distances=False, return_indices=True
    )
    owner = marks[tuple(nearest)]
    return (rng.random(count + 1) < share)[owner].astype(np.float32)


def _add_open_slopes(surface: Array, relief: Relief, rng: np.random.Generator) -> None:
    """Grass in valleys and clearings, felled stands, and rock where it is steepest and highest."""
    n = relief.dem.shape[0]
    patchy = fractal(rng, n, 0.9, 30)
    gentle = 1 - ramp(relief.slope, 7, 14)
    tone = 1 + 0.08 * fractal(rng, n, 0.5, 12)
    _blend(surface, "grass", 0.85 * gentle * ramp(patchy, -0.9, 0.6), tone)
    felled = _stands(rng, n, 22, 0.025) * ramp(patchy, -1.2, 0.4)
    _blend(surface, "grass", 0.9 * felled, tone)
    _blend(surface, "bare", 0.35 * felled * ramp(patchy, 0.4, 1.8), tone)
    steep = ramp(ndimage.gaussian_filter(relief.slope, 1.5), 37, 43)
    _blend(surface, "rock", 0.8 * steep * ramp(patchy, -0.2, 1.5), tone)


def _add_fields(surface: Array, relief: Relief, rng: np.random.Generator) -> None:
    """Rectangular parcels on the plain, each with one crop, furrows and hedged edges."""
    n = relief.dem.shape[0]
    parcel, edge, furrow = _parcels(n, rng)
    level = 1 - ramp(ndimage.gaussian_filter(relief.slope, 2), 5, 8)
    plain = ndimage.gaussian_filter(np.maximum(relief.valley.floor, level > 0.5) * 1.0, 0.7)
    kinds = ("crop", "grass", "stubble", "bare", "wet_bare")
    kind = rng.choice(len(kinds), parcel.max() + 1, p=(0.18, 0.20, 0.36, 0.13, 0.13))[parcel]
    tone = rng.normal(1, 0.12, parcel.max() + 1)[parcel] * (1 + 0.03 * furrow)
    tone = tone * (1 + 0.04 * fractal(rng, n, 0.8, 12))
    for number, name in enumerate(kinds):
        _blend(surface, name, plain * (kind == number), tone)
    _blend(surface, "grass", 0.6 * plain * edge, 0.9)


def _parcels(n: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Number of the parcel of each px, share of parcel edge, and furrow pattern (-1..1)."""
    angle = rng.uniform(-0.5, 0.5)
    rows, columns = np.mgrid[:n, :n].astype(np.float32)
    u = columns * np.cos(angle) + rows * np.sin(angle) + n
    v = rows * np.cos(angle) - columns * np.sin(angle) + n
    strips = np.cumsum(rng.uniform(5, 11, n // 2))
    strip = np.searchsorted(strips, u)
    length = rng.uniform(7, 20, strips.size + 1)[strip]
    position = v / length + rng.random(strips.size + 1)[strip]
    block = np.floor(position).astype(int)
    aside = np.minimum(np.abs(u - strips[strip]), (position - block) * length)
    return strip * (block.max() + 1) + block, np.clip(0.9 - aside, 0, 1), np.sin(2.1 * u)


def _add_slides(surface: Array, slides: Slides, rng: np.random.Generator) -> None:
    """Fresh soil: bright at the scar, wet and darker in the deposit, rafts of trees left in it."""
    n = slides.reach.shape[0]
    patchy = fractal(rng, n, 0.8, 14)
    share = np.clip(slides.reach + 0.5, 0, 1)
    tone = (1.16 - 0.36 * np.clip(slides.travel, 0, 1)) * (1 + 0.24 * fractal(rng, n, 0.4, 8))
    tone *= ndimage.gaussian_filter(slides.tone, 0.7)
    _blend(surface, "soil", share * (1 - 0.3 * ramp(patchy, 0.9, 2.2)), tone)
    overgrown = np.clip(slides.regrowth * (1 + 0.6 * patchy), 0, 0.75)
    _blend(surface, "grass", share * overgrown)


def _add_streams(surface: Array, relief: Relief, slides: Slides, rng: np.random.Generator) -> None:
    """Gravel and muddy water in side streams, fresher below landslides."""
    width = 0.22 * np.log2(np.maximum(relief.drainage / (2.5 * CHANNEL_AREA), 1))
    stream = np.clip(ndimage.gaussian_filter(width, 0.5) * 1.3, 0, 0.9)
    patchy = ramp(fractal(rng, width.shape[0], 0.8, 16), -1.5, 1)
    _blend(surface, "gravel", stream * patchy * 0.8)
    _blend(surface, "muddy_water", 0.35 * stream * (slides.reach < 0))


def _add_roads_and_houses(surface: Array, relief: Relief, rng: np.random.Generator) -> None:
    """A valley road, lanes on the plain and a settlement beside them."""
    n, valley = relief.dem.shape[0], relief.valley
    plain = valley.floor.astype(np.float32)
    margin = ndimage.distance_transform_edt(valley.floor)
    road = np.clip(1 - np.abs(margin - 6) / 0.8, 0, 1) * plain * (valley.river > 8)
    _blend(surface, "road", 0.75 * road)
    bridge = np.clip(1 - np.abs(valley.along - round(0.1 * n)) / 0.7, 0, 1) * plain
    _blend(surface, "road", 0.6 * bridge)
    centre = rng.choice(np.flatnonzero((road > 0.5).ravel())) if (road > 0.5).any() else 0
    rows, columns = np.mgrid[:n, :n]
    squared = (rows - centre // n) ** 2 + (columns - centre % n) ** 2
    town = np.exp(-squared / (2 * (0.022 * n) ** 2)) * plain
    scattered = 0.02 * plain * (margin < 10)
    houses = (rng.random((n, n)) < 0.45 * town + scattered).astype(np.float32)
    _blend(surface, "road", 0.35 * ramp(town, 0.1, 0.6))
    _blend(surface, "roof", 0.7 * houses, rng.uniform(0.4, 1.7, (n, n)))


def _add_river_and_lake(surface: Array, relief: Relief, rng: np.random.Generator) -> None:
    """The main river between gravel bars and grassy dykes, muddy after the storm; the reservoir."""
    n, river = relief.dem.shape[0], relief.valley.river
    wander = 1.4 * fractal(rng, n, 1.3, 40)
    _blend(surface, "grass", np.clip(6.5 - river, 0, 1))
    _blend(surface, "gravel", np.clip(4.0 + 1.7 * wander - river, 0, 1), 1 + 0.08 * wander)
    _blend(surface, "muddy_water", np.clip(2.9 + 0.6 * wander - river, 0, 1), 1 + 0.04 * wander)
    _blend(surface, "lake", relief.lake.astype(np.float32), 1 + 0.03 * wander)
