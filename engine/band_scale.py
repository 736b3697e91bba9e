"""The scale and offset that a raster file states for a band, as reflectance x 10000."""

from __future__ import annotations

import math
from typing import Any


def stated_scale(dataset: Any, number: int) -> tuple[float, float]:
    """Offset and scale to reflectance x 10000 from those that GDAL knows of a band.

    GDAL's give reflectance from 0 to 1 as ``number * scale + offset``; where there is no scale, an
    offset is one of digital numbers. A scale that gives neither is none of ours.
    """
    scale, offset = dataset.scales[number - 1], dataset.offsets[number - 1]
    if scale == 1 and math.isfinite(offset) and abs(offset) <= 65535:
        return offset, 1.0
    if not 1e-6 <= scale <= 1e-2 or not abs(offset) <= 10:
        return 0.0, 1.0
    # 0.0001 has no exact binary form; what was meant are whole digital numbers.
    return round(offset / scale, 6), round(scale * 10000, 9)
