"""Water and shadow from the bands, for products that come without a scene classification.

Simple rules on reflectance: they leave doubtful pixels in, as a landslide in half shadow is worth
more than a clean mask.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

#: What the rules need.
WATER_BANDS = ("B03", "B08", "B11")
SHADOW_BANDS = ("B03", "B08", "B11")

#: Foam, snow and clouds are brighter in near infrared, reflectance x 10000.
_WATER_DARKER_THAN = 1500
#: Lakes and rivers lie level; DEMs of 30 m make their banks steeper.
_WATER_FLATTER_THAN = 8.0
#: Sunlit ground, asphalt and burnt forest too, is brighter in near or in shortwave infrared. So
#: are landslides in half shadow: at 900 and 700, a sixth of a patch's labelled pixels were lost.
_SHADOW_NEAR_INFRARED = 600
_SHADOW_SHORTWAVE = 400


def water(bands: Mapping[str, np.ndarray], slope: np.ndarray | None = None) -> np.ndarray:
    """Where there is open water: green is brighter than near and shortwave infrared.

    NDWI (McFeeters 1996) and MNDWI (Xu 2006) above 0. Each alone takes shadow, or roofs, for water.

    Args:
        bands: Reflectance x 10000 of `WATER_BANDS`, arrays of one shape.
        slope: Degrees; with it, shadowed slopes that look like water are told apart.

    Returns:
        Bool, same shape.
    """
    green, near, shortwave = (bands[name] for name in WATER_BANDS)
    wet = (green > near) & (green > shortwave) & (near < _WATER_DARKER_THAN)
    if slope is not None:
        wet &= ~(slope > _WATER_FLATTER_THAN)  # unknown slope is no evidence against water
    return np.asarray(wet)


def shadow(bands: Mapping[str, np.ndarray], slope: np.ndarray | None = None) -> np.ndarray:
    """Where the sun does not shine, behind terrain or below a cloud: dark in the infrared.

    Air scatters blue and green into shadows, but hardly any infrared.

    Args:
        bands: Reflectance x 10000 of `SHADOW_BANDS`, arrays of one shape.
        slope: Degrees, as for `water`.

    Returns:
        Bool, same shape; water is none.
    """
    _, near, shortwave = (bands[name] for name in SHADOW_BANDS)
    dark = (near < _SHADOW_NEAR_INFRARED) & (shortwave < _SHADOW_SHORTWAVE)
    return np.asarray(dark & ~water(bands, slope))
