"""Clouds, haze, snow, water and cloud shadow from the bands alone, for images without masks.

Rules of a few lines on reflectance, for stacks of which many have red, green and blue only. What
the air adds is taken off first, as what the darkest pixels show, so that one limit serves top of
atmosphere and surface reflectance. Then clouds are told from bare ground by their colour: soil and
rock are redder than clouds, so that blue less half of red (the haze optimised transform, Zhang and
others 2002, with the slope of Zhu and Woodcock 2012) stays near 0 on them however bright they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..common.dependencies import require
from .classes import Ground

#: Bands that are needed, and those that help where they are there.
VISIBLE, HELPFUL = ("B02", "B03", "B04"), ("B08", "B11")

#: Blue less half of red above what the air adds, reflectance x 10000. Of labelled landslides on
#: Hokkaido 99.9 % stay below 40, and of fields in Punjab below 70.
CLOUD, HAZE = 300.0, 120.0
#: Pixels around a cloud that its edge hides.
_EDGE = 3
#: Percentile that stands for the light of the air, and the most that it can be: a scene that is
#: all cloud has no dark pixel.
_DARK, _MOST_AIR = 0.5, {"B02": 1400.0, "B03": 1200.0, "B04": 1000.0, "B08": 800.0, "B11": 500.0}
#: Smaller clouds are not followed to their shadow, pixels a side.
_LARGE = 5
#: Cloud shadow is darker than this percentile of the clear land, in every band.
_DIM = 30.0
#: Land around a pixel, pixels a side, of which this share must be dim.
AROUND, _MOST = 15, 0.6
_BOX = np.ones(AROUND, np.float32)
#: Normalised difference of green and shortwave infrared of snow (Dozier 1989), and its brightness.
_SNOW_INDEX, _SNOW_GREEN = 0.4, 1000.0
#: Water reflects less near infrared than this.
_WATER_NEAR = 1500.0


@dataclass(frozen=True)
class Level:
    """What the bands of a scene are measured against, reflectance x 10000.

    Attributes:
        bands: Band names.
        air: What the air adds to each.
        dim: Below this above the air, land may lie in a cloud's shadow.
    """

    bands: tuple[str, ...]
    air: tuple[float, ...]
    dim: tuple[float, ...]

    @classmethod
    def of(cls, bands: tuple[str, ...], sample: np.ndarray) -> Level:
        """From a sample [bands, n] of a scene's valid pixels; n may be 0."""
        if not sample.size:
            return cls(bands, (0.0,) * len(bands), (0.0,) * len(bands))
        dark = np.percentile(sample, _DARK, axis=1)
        air = np.minimum(dark, [_MOST_AIR[band] for band in bands])
        above = sample - air[:, None]
        clear = above[:, haze(dict(zip(bands, above))) < HAZE]
        dim = np.percentile(clear if clear.size else above, _DIM, axis=1)
        return cls(bands, tuple(map(float, air)), tuple(map(float, dim)))

    def above_air(self, bands: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The bands without what the air adds."""
        air = dict(zip(self.bands, self.air))
        return {name: bands[name] - np.float32(air[name]) for name in self.bands}


def haze(above: Mapping[str, np.ndarray]) -> np.ndarray:
    """How much whiter than ground: blue less half of red, both without what the air adds."""
    return np.asarray(above["B02"] - 0.5 * above["B04"])


def sky_classes(bands: Mapping[str, np.ndarray], level: Level) -> np.ndarray:
    """Cloud, haze, snow and water, as far as the bands tell.

    Without B11, snow counts as cloud; without B08, water is not found.

    Args:
        bands: Reflectance x 10000 of `VISIBLE`, and of `HELPFUL` as far as there are, 2-D.
        level: Of the scene.

    Returns:
        Classes of `Ground`, uint8; `Ground.ASSESSABLE` where nothing was found.
    """
    ndimage = require("scipy.ndimage", "scipy")
    whiteness = haze(level.above_air(bands))
    cloud = ndimage.binary_opening(whiteness > CLOUD, np.ones((2, 2), bool))
    edge = ndimage.binary_dilation(cloud, iterations=_EDGE)
    classes = np.full(cloud.shape, Ground.ASSESSABLE, np.uint8)
    classes[(whiteness > HAZE) | edge] = Ground.HAZE
    classes[cloud] = Ground.CLOUD
    if "B11" in bands:
        classes[(whiteness > HAZE) & _snow(bands)] = Ground.SNOW
    if "B08" in bands:
        classes[_water(bands) & ~cloud] = Ground.WATER
    return classes


def large(cloud: np.ndarray) -> np.ndarray:
    """The clouds that cast a shadow worth looking for: roofs and snow patches do not, bool."""
    ndimage = require("scipy.ndimage", "scipy")
    return np.asarray(ndimage.binary_opening(cloud, np.ones((_LARGE, _LARGE), bool)))


def in_shadow(
    bands: Mapping[str, np.ndarray], level: Level, below: np.ndarray, bright: np.ndarray
) -> np.ndarray:
    """Where a cloud keeps the sun off: most of the land around that would be bright is dim there.

    Args:
        bands: As for `sky_classes`.
        level: Of the scene.
        below: Where a cloud's shadow may fall, bool.
        bright: Land that the sun meets well, bool; what turns away is dim without a cloud.

    Returns:
        Bool.
    """
    ndimage = require("scipy.ndimage", "scipy")
    above = level.above_air(bands)
    dark = np.logical_and.reduce([above[b] < limit for b, limit in zip(level.bands, level.dim)])
    counts = [
        ndimage.convolve1d(
            ndimage.convolve1d(each.astype(np.float32), _BOX, axis=0, mode="constant"),
            _BOX,
            axis=1,
            mode="constant",
        )
        for each in (dark & bright, bright)
    ]
    return np.asarray(below & (counts[0] > _MOST * counts[1]))


def told(bands: tuple[str, ...]) -> frozenset[Ground]:
    """The classes that these bands tell of by themselves."""
    more = {"B08": Ground.WATER, "B11": Ground.SNOW}
    return frozenset({Ground.CLOUD, Ground.HAZE, *(more[b] for b in HELPFUL if b in bands)})


def _snow(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    green, shortwave = bands["B03"], bands["B11"]
    return np.asarray(
        (green - shortwave > _SNOW_INDEX * (green + shortwave)) & (green > _SNOW_GREEN)
    )


def _water(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    """Green above near infrared (McFeeters 1996), and above shortwave infrared if it is there."""
    green, near = bands["B03"], bands["B08"]
    wet = (green > near) & (near < _WATER_NEAR)
    return np.asarray(wet & (green > bands["B11"]) if "B11" in bands else wet)
