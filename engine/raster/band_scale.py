"""The scale and offset of a band to reflectance x 10000: as its file states, or as values show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


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


#: What reflectance from 0 to 1 may be between: shadow after a correction, and sunlit cloud.
_UNIT_RANGE, _UNIT_TOP = (-0.2, 1.7), 3.0
#: Darker than this in its brightest band is no picture of the Earth.
_UNIT_DARKEST = 0.02


def is_unit_reflectance(optical: Sequence[np.ndarray], dtype: str) -> bool:
    """Whether values can be nothing but reflectance from 0 to 1, as cloud platforms export it.

    Args:
        optical: Valid values of each optical band, [n].
        dtype: Data type of the file; whole numbers from 0 to 1 are a mask.
    """
    if not dtype.startswith("float") or not optical or not optical[0].size:
        return False
    low, high = np.percentile(np.concatenate(optical), (2, 98))
    top = max(float(values.max()) for values in optical)
    brightest = max(float(np.percentile(values, 98)) for values in optical)
    inside = _UNIT_RANGE[0] <= low and high <= _UNIT_RANGE[1] and top <= _UNIT_TOP
    return bool(inside and brightest >= _UNIT_DARKEST)
