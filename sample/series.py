"""The made scene on other days: before its landslides, in other seasons, under clouds and snow.

For tests of what compares images: which pixels are hidden, and since when ground is bare, is known
to the pixel. Reflectances are x 10000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from .grids import Array, fractal, ramp
from .land_cover import BANDS
from .scene import Scene, SceneRequest, make_scene
from .sensor import PATH_RADIANCE, SENSOR_NOISE, SKY_SHARE, SUN_AZIMUTH, SUN_ELEVATION

#: Reflectance of a thick cloud and of fresh snow at the top of the atmosphere, by band.
_CLOUD = (5200.0, 5000.0, 5000.0, 5600.0)
_SNOW = (6200.0, 6000.0, 5900.0, 5500.0)
#: Height of the clouds above the ground, metres.
_HEIGHT = 1200.0
#: What leafless plants reflect of what leaves do, by band.
_LEAFLESS = (1.15, 1.05, 1.5, 0.6)


@dataclass(frozen=True)
class Day:
    """How the scene looks on a day.

    Attributes:
        cloud: Share of the scene under clouds, 0..1.
        snow: Share of the land under snow, highest first, 0..1.
        leaves: 1 in summer to 0 in winter.
        seed: Of clouds and noise.
    """

    cloud: float = 0.0
    snow: float = 0.0
    leaves: float = 1.0
    seed: int = 0


@dataclass
class Seen:
    """What the sensor sees that day; arrays are [size, size].

    Attributes:
        scene: The scene as it looks.
        cloud: Where clouds hide the ground, bool.
        haze: Where their edges veil it, bool.
        shadow: Where they keep the sun off, bool.
        snow: Where snow lies, bool.
    """

    scene: Scene
    cloud: Array
    haze: Array
    shadow: Array
    snow: Array


def make_pair(request: SceneRequest | None = None) -> tuple[Scene, Scene]:
    """The scene before its landslides, and after."""
    request = request or SceneRequest()
    # Each stage of the recipe has random numbers of its own: all else is the same.
    return make_scene(replace(request, landslide_share=0.0)), make_scene(request)


def joined(before: Scene, after: Scene, slid: Array) -> Scene:
    """The scene after those of its landslides that a mask holds, bool [size, size]."""
    soft = ndimage.gaussian_filter(ndimage.binary_dilation(slid).astype(np.float32), 0.7)
    bands = {
        name: np.rint(before.bands[name] * (1 - soft) + after.bands[name] * soft).astype(np.uint16)
        for name in BANDS
    }
    return replace(after, bands=bands, truth=(after.truth * slid).astype(np.uint8))


def seen(scene: Scene, day: Day) -> Seen:
    """The scene on a day."""
    rng = np.random.default_rng(day.seed)
    n = scene.dem.shape[0]
    ground = {name: scene.bands[name].astype(np.float32) for name in BANDS}
    ground = _in_season(ground, day.leaves)
    rough = scene.dem + 0.15 * np.ptp(scene.dem) * fractal(rng, n, 1.0, n / 6)
    snow = rough > np.quantile(rough, 1 - day.snow) if day.snow else np.zeros((n, n), bool)
    light = ground["B08"] / max(1.0, float(np.median(ground["B08"])))
    cover = 0.9 * ndimage.gaussian_filter(snow.astype(np.float32), 0.6)
    for name, white in zip(BANDS, _SNOW):
        ground[name] += cover * (white * np.clip(light, 0.5, 1.1) - ground[name])
    thickness = _thickness(rng, n, day.cloud)
    pixel = scene.transform.a
    shadow = _moved(thickness, _HEIGHT / pixel / np.tan(np.radians(SUN_ELEVATION)))
    bands = {}
    for name, white, air, noise in zip(BANDS, _CLOUD, PATH_RADIANCE, SENSOR_NOISE):
        lit = air + (ground[name] - air) * (1 - (1 - SKY_SHARE) * shadow)
        whole = lit + thickness * (white * (0.75 + 0.25 * thickness) - lit)
        whole += noise * rng.standard_normal((n, n))
        bands[name] = np.clip(np.rint(whole), 1, 65535).astype(np.uint16)
    hidden, veiled = thickness > 0.5, (thickness > 0.01) & (thickness <= 0.5)
    shaded = (shadow > 0.5) & ~hidden
    return Seen(replace(scene, bands=bands), hidden, veiled, shaded, snow & ~hidden)


def _in_season(ground: Mapping[str, Array], leaves: float) -> dict[str, Array]:
    """Plants lose their leaves; bare ground stays as it is."""
    near, red = ground["B08"], ground["B04"]
    plants = ramp((near - red) / np.maximum(near + red, 1), 0.35, 0.6) * (1 - leaves)
    return {
        name: ground[name] * (1 + plants * (factor - 1)) for name, factor in zip(BANDS, _LEAFLESS)
    }


def _thickness(rng: np.random.Generator, n: int, share: float) -> Array:
    """How much of the ground's light clouds take away, 0..1."""
    if not share:
        return np.zeros((n, n), np.float32)
    field = fractal(rng, n, 2.0, n / 3)
    return ramp(field, *np.quantile(field, (1 - share - 0.02, min(1.0, 1 - share + 0.03))))


def _moved(thickness: Array, distance: float) -> Array:
    """Shadows: what stands so many px towards the sun."""
    azimuth = np.radians(SUN_AZIMUTH)
    away = distance * np.cos(azimuth), -distance * np.sin(azimuth)
    return np.clip(ndimage.shift(thickness, away, order=1), 0, 1)
