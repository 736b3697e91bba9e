"""Light on the slopes, the air above them and the sensor: from surface to TOA reflectance."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .grids import Array, fractal

# Light scattered by the air into the sensor over a black ground: blue is hazy in TOA reflectance.
PATH_RADIANCE = (690.0, 420.0, 240.0, 90.0)

SUN_AZIMUTH = 152.0  # degrees clockwise from north: Sentinel-2 passes at 10:30 local time
SUN_ELEVATION = 46.0  # degrees, early autumn at 40 N
SKY_SHARE = 0.27  # of the light on flat ground that comes from the sky and so reaches shadows
PSF_SIGMA = 0.6  # px; modulation transfer of 0.2 at the Nyquist frequency
SENSOR_NOISE = (9.0, 8.0, 9.0, 16.0)


def observe(surface: Array, dem: Array, cell: float, rng: np.random.Generator) -> Array:
    """What the sensor records of a surface: TOA reflectance x 10000 as uint16 [band, row, column].

    Sunlight on the slope, sky light, path radiance with mild haze, point spread, noise.

    Args:
        surface: Surface reflectance x 10000 [band, row, column], flat and sunlit.
        dem: Heights in metres.
        cell: Pixel side in metres.
        rng: Random numbers.
    """
    n = dem.shape[0]
    light = _illumination(dem, cell)
    haze = 1 + 0.035 * fractal(rng, n, 1.8, n / 2)
    recorded = np.empty(surface.shape, np.uint16)
    for index, ground in enumerate(surface):
        radiance = ground * light + PATH_RADIANCE[index] * haze
        seen = ndimage.gaussian_filter(radiance, PSF_SIGMA)
        seen += SENSOR_NOISE[index] * rng.standard_normal((n, n))
        recorded[index] = np.clip(np.rint(seen), 1, 65535)
    return recorded


def _illumination(dem: Array, cell: float) -> Array:
    """Light on the slope over light on flat ground: Minnaert sun, k = 0.75, plus sky."""
    south, east = np.gradient(ndimage.gaussian_filter(dem, 0.7), cell)
    azimuth, elevation = np.radians([SUN_AZIMUTH, SUN_ELEVATION])
    # The slope's normal is (-east, south, 1) in (east, north, up), as rows count southwards.
    sunward = -east * np.sin(azimuth) + south * np.cos(azimuth)
    cosine = sunward * np.cos(elevation) + np.sin(elevation)
    cosine /= np.sqrt(1 + east**2 + south**2)
    direct = (np.clip(cosine, 0, None) / np.sin(elevation)) ** 0.75
    sky = 1 / np.sqrt(1 + east**2 + south**2)
    return (1 - SKY_SHARE) * direct * (1 - _cast_shadow(dem, cell)) + SKY_SHARE * sky


def _cast_shadow(dem: Array, cell: float) -> Array:
    """Share of the sun hidden behind other terrain, 0..1."""
    azimuth, elevation = np.radians([SUN_AZIMUTH, SUN_ELEVATION])
    rise = cell * np.tan(elevation)
    hidden = np.full(dem.shape, -np.inf)
    for step in range(1, int(np.ptp(dem) / rise) + 1):
        down, right = -step * np.cos(azimuth), step * np.sin(azimuth)
        ahead = _shift(dem, round(down), round(right))
        np.maximum(hidden, ahead - step * rise - dem, out=hidden)
        if (ahead.max() - step * rise) < dem.min():
            break
    return np.clip(0.5 + hidden / rise, 0, 1)


def _shift(values: Array, down: int, right: int) -> Array:
    """The value so many px further down and right; the edge's beyond it."""
    rows = np.clip(np.arange(values.shape[0]) + down, 0, values.shape[0] - 1)
    columns = np.clip(np.arange(values.shape[1]) + right, 0, values.shape[1] - 1)
    return values[np.ix_(rows, columns)]
