"""Land without landslides, made and real: what models must leave alone.

Made scenes have plausible reflectances (x 10000, top of the atmosphere, B04, B03, B02), haze, noise
and the light of one sun; none of them is a place. The L1C product of the training data is left out:
its bands were thinned out to 250 m by whoever shared it, and say nothing at 10 m.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from ..engine.raster.reading import open_raster


@dataclass(frozen=True)
class QuietScene:
    """A scene without landslides.

    Attributes:
        rgb: [3, H, W] float32, B04, B03, B02, reflectance x 10000.
        slope: [H, W], degrees.
        dem: [H, W], metres.
        illumination: [H, W], cosine of the sun's incidence.
        name: Its kind, a space, and which of the kind.
    """

    rgb: np.ndarray
    slope: np.ndarray
    dem: np.ndarray
    illumination: np.ndarray
    name: str


#: Azimuth and elevation of the sun over made scenes, radians.
SUN = np.radians((150.0, 50.0))
Ground = tuple[np.ndarray, np.ndarray, np.ndarray]
Layers = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Rng = np.random.Generator


def _noise(rng: Rng, size: int, scale: float, octaves: int = 4) -> np.ndarray:
    """Smooth noise [size, size] of unit spread, coarsest at `scale` pixels."""
    out = np.zeros((size, size), np.float32)
    for k in range(octaves):
        s = max(scale / 2**k, 0.7)
        f = ndimage.zoom(rng.normal(size=(int(size / s) + 4,) * 2).astype(np.float32), s, order=3)
        f = f[:size, :size]
        out += f / f.std() * 0.6**k
    return out / out.std()


def _terrain(rng: Rng, size: int, scale: float, height: float) -> Ground:
    """Elevation in metres, slope in degrees, cosine of the incidence."""
    z = _noise(rng, size, scale, 6) * height
    gy, gx = np.gradient(z, 10.0)
    n = np.stack([-gx, gy, np.ones_like(z)]) / np.sqrt(1 + gx**2 + gy**2)
    az, el = SUN
    sun = np.array([np.cos(el) * np.sin(az), np.cos(el) * np.cos(az), np.sin(el)])
    lit = np.tensordot(sun, n, 1)
    return z, np.degrees(np.arctan(np.hypot(gx, gy))), lit.astype(np.float32)


def _mix(colours: Sequence[tuple[int, ...]], weights: np.ndarray) -> np.ndarray:
    """Colours in the shares that weights [n, H, W] give them."""
    return np.tensordot(np.array(colours, np.float32).T, weights, 1)


def _fields(rng: Rng, size: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """A turned patchwork: four random numbers [4, H, W] for each rectangle, and where edges are."""
    a = rng.uniform(0, np.pi)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    u, v = x * np.cos(a) + y * np.sin(a), -x * np.sin(a) + y * np.cos(a)
    w = rng.uniform(low, high)
    i = np.floor(u / w + 0.15 * np.sin(v / 60)).astype(int)
    j = np.floor(v / (w * rng.uniform(1, 3)) + 0.37 * i).astype(int)
    key = (i * 7919 + j * 104729) % 4096
    table = rng.random((4, 4096)).astype(np.float32)
    edge = (u / w) % 1 < 1.2 / w
    return table[:, key], edge


GREEN = (420, 620, 420)
DRY = (1250, 1050, 760)
SOIL = (1650, 1250, 950)
PALE = (2600, 2100, 1600)
WATER = (250, 380, 500)
ROOF = (1500, 1350, 1300)


def desert(rng: Rng, size: int) -> Layers:
    """Sand with a little relief, and darker rock."""
    z, slope, lit = _terrain(rng, size, 40, 12)
    base = np.array([3200, 2500, 1700], np.float32)[:, None, None] * (
        1 + 0.12 * _noise(rng, size, 80)
    )
    rock = _noise(rng, size, 50) > 0.9
    base = np.where(rock, base * 0.6, base)
    return base, z, slope, lit


def ploughed(rng: Rng, size: int) -> Layers:
    """Fields on a plain, many of them bare."""
    t, edge = _fields(rng, size, 12, 40)
    z, slope, lit = _terrain(rng, size, 150, 6)
    share = rng.uniform(0.3, 0.8)
    bare = t[0] < share
    soil = _mix([SOIL, PALE], np.stack([t[1], 1 - t[1]]))
    crop = _mix([GREEN, DRY], np.stack([t[2], 1 - t[2]]))
    img = np.where(bare, soil * (0.6 + 0.7 * t[3]), crop)
    return np.where(edge, np.array(DRY, np.float32)[:, None, None], img), z, slope, lit


def savanna(rng: Rng, size: int) -> Layers:
    """Dry grass with single trees, and the scars of fires."""
    z, slope, lit = _terrain(rng, size, 200, 8)
    g = ndimage.gaussian_filter((rng.random((size, size)) < 0.12).astype(np.float32), 0.8)
    w = np.clip(0.35 + 0.25 * _noise(rng, size, 70) + 0 * g, 0, 1)
    img = _mix([SOIL, DRY], np.stack([w, 1 - w]))
    img = img * (1 - 1.2 * g) + np.array(GREEN, np.float32)[:, None, None] * 1.2 * g
    scars = _noise(rng, size, 60) > 1.3
    return np.where(scars, img * 0.55, img), z, slope, lit


def city(rng: Rng, size: int) -> Layers:
    """Roofs, streets, gardens and parks."""
    t, edge = _fields(rng, size, 3, 6)
    _, road = _fields(rng, size, 12, 25)
    z, slope, lit = _terrain(rng, size, 200, 5)
    img = np.array(ROOF, np.float32)[:, None, None] * (0.4 + 1.3 * t[0] ** 2)
    img = np.where(t[1] < 0.25, np.array(GREEN, np.float32)[:, None, None], img)
    img = np.where(t[2] < 0.06, np.array((1800, 1100, 850), np.float32)[:, None, None], img)
    img = np.where(edge | road, np.array((1000, 1000, 1000), np.float32)[:, None, None], img)
    park = _noise(rng, size, 60) > 1.2
    return np.where(park, np.array(GREEN, np.float32)[:, None, None], img), z, slope, lit


def snow(rng: Rng, size: int) -> Layers:
    """Mountains with a snow line that frays."""
    z, slope, lit = _terrain(rng, size, 90, 90)
    line = z > np.percentile(z, rng.uniform(30, 70)) + 25 * _noise(rng, size, 20)
    rock = np.array((900, 880, 860), np.float32)[:, None, None] * (1 + 0.15 * _noise(rng, size, 10))
    forest = np.array(GREEN, np.float32)[:, None, None] * (1 + 0.1 * _noise(rng, size, 5))
    ground = np.where(z > np.percentile(z, 45), rock, forest)
    white = np.array((7500, 7600, 7800), np.float32)[:, None, None]
    patchy = line & (_noise(rng, size, 8) > -0.8)
    return np.where(patchy, white, ground), z, slope, lit


def braided(rng: Rng, size: int) -> Layers:
    """A braided river in gravel, between fields."""
    z, slope, lit = _terrain(rng, size, 200, 5)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    bed = np.abs(
        y - size / 2 + 30 * np.sin(x / 90) + 15 * _noise(rng, size, 60)
    ) < size * rng.uniform(0.08, 0.25)
    gravel = np.array(PALE, np.float32)[:, None, None] * (0.8 + 0.15 * _noise(rng, size, 12))
    veins = np.abs(_noise(rng, size, 25, 3)) < 0.25
    plain, *_ = ploughed(rng, size)
    img = np.where(bed, np.where(veins, np.array(WATER, np.float32)[:, None, None], gravel), plain)
    return img, z, slope, lit


def clouds(rng: Rng, size: int) -> Layers:
    """Clouds and their shadows over forest."""
    z, slope, lit = _terrain(rng, size, 90, 70)
    img = np.array(GREEN, np.float32)[:, None, None] * (1 + 0.12 * _noise(rng, size, 4))
    c = np.clip((_noise(rng, size, 60, 6) - rng.uniform(0.5, 1.2)) * 1.2, 0, 1)
    shadow = np.roll(c, (12, -9), (0, 1))
    return img * (1 - 0.5 * shadow) * (1 - c) + 6500 * c, z, slope, lit


def roads(rng: Rng, size: int) -> Layers:
    """Managed forest: clear-cuts with straight sides, and dirt roads along the slope."""
    z, slope, lit = _terrain(rng, size, 110, 60)
    img = np.array(GREEN, np.float32)[:, None, None] * (1 + 0.12 * _noise(rng, size, 4))
    t, _ = _fields(rng, size, 25, 60)
    cut = t[0] < 0.18
    old = np.array((800, 900, 600), np.float32)[:, None, None] * (0.8 + 0.5 * t[1])
    img = np.where(cut, old, img)
    contour = np.abs((z / 45) % 1 - 0.5) < 0.012
    return (
        np.where(contour, np.array((1500, 1250, 950), np.float32)[:, None, None], img),
        z,
        slope,
        lit,
    )


def coast(rng: Rng, size: int) -> Layers:
    """Sea, beach, and dry land behind it."""
    z, slope, lit = _terrain(rng, size, 160, 12)
    sea = z < np.percentile(z, 50)
    beach = (~sea) & (z < np.percentile(z, 54))
    plain, *_ = savanna(rng, size)
    img = np.where(beach, np.array(PALE, np.float32)[:, None, None], plain)
    water = np.array(WATER, np.float32)[:, None, None] * (1 + 0.1 * _noise(rng, size, 6))
    return np.where(sea, water, img), z, slope, lit


def forest(rng: Rng, size: int) -> Layers:
    """Steep forest with nothing: the land around landslides, before them."""
    z, slope, lit = _terrain(rng, size, 90, 80)
    img = np.array(GREEN, np.float32)[:, None, None] * (1 + 0.15 * _noise(rng, size, 4))
    return img * (1 + 0.15 * _noise(rng, size, 60)), z, slope, lit


#: What makes a scene of each kind.
MAKERS: dict[str, Callable[[Rng, int], Layers]] = {
    make.__name__: make
    for make in (desert, ploughed, savanna, city, snow, braided, clouds, roads, coast, forest)
}
KINDS = tuple(MAKERS)


def made_scene(kind: str, size: int, seed: int) -> QuietScene:
    """A made scene.

    Args:
        kind: One of `KINDS`.
        size: Side of the square, pixels of 10 m.
        seed: Which scene of the kind; the place of a kind in `KINDS` is part of its seed.
    """
    rng = np.random.default_rng([KINDS.index(kind), seed])
    rgb, z, slope, lit = MAKERS[kind](rng, size)
    rgb = rgb * (np.clip(lit, 0, 1) + 0.35) / (np.sin(SUN[1]) + 0.35)
    rgb = rgb * (1 + 0.04 * rng.normal(size=rgb.shape)) * np.exp(0.1 * rng.normal(size=(3, 1, 1)))
    haze = np.array([200, 330, 600], np.float32)[:, None, None] * rng.uniform(0.5, 1.3)
    rgb = ndimage.gaussian_filter(rgb + haze, (0, 0.6, 0.6))
    rgb = np.clip(rgb + 8 * rng.normal(size=rgb.shape), 1, 16000).astype(np.float32)
    return QuietScene(rgb, slope.astype(np.float32), z + 500, lit, f"{kind} {seed}")


def real_quiet_scenes(data: Path) -> list[QuietScene]:
    """The real scenes of the data folder: savanna, farmland, and clouds over that farmland.

    Their ground is made: plains with hardly a slope.
    """
    found = []
    for place in sorted((data / "majortom_l2a").iterdir()):
        rgb = _read(place, ("B04", "B03", "B02")) - 1000  # the offset of baseline 04.00
        found.append(_flat(rgb, "real-savanna Major-TOM"))
    for place in sorted((data / "ssl4eo_l1c").glob("*/*")):
        kind = "real-farmland" if place.name.startswith("20200604") else "real-clouds"
        rgb = _read(place, ("B4", "B3", "B2"))
        found.append(_flat(rgb, f"{kind} SSL4EO {place.name[:8]}"))
    return found


def _read(place: Path, bands: Sequence[str]) -> np.ndarray:
    layers = []
    for band in bands:
        with open_raster(str(place / f"{band}.tif")) as raster:
            layers.append(raster.read(1).astype(np.float32))
    return np.stack(layers)


def _flat(rgb: np.ndarray, name: str) -> QuietScene:
    rng = np.random.default_rng(0)
    size = max(rgb.shape[1:])
    z, slope, lit = _terrain(rng, size, 200, 5)
    h, w = rgb.shape[1:]
    return QuietScene(rgb, slope[:h, :w].astype(np.float32), z[:h, :w], lit[:h, :w], name)


def false_alarms(
    values: np.ndarray, threshold: float, pixel_area_m2: float = 100, min_area_m2: float = 500
) -> int:
    """Landslides that an inventory would have: pixels with a common edge, of an area or more.

    Args:
        values: [H, W], probabilities or logits.
        threshold: From which a pixel counts.
        pixel_area_m2: Area of a pixel.
        min_area_m2: Smallest landslide.
    """
    labels, _ = ndimage.label(values >= threshold)
    return int((np.bincount(labels.ravel())[1:] * pixel_area_m2 >= min_area_m2).sum())
