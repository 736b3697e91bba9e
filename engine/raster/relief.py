"""The shape of the land under a window of pixels: elevation and what is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Relief:
    """Elevation and its derivatives, arrays of one shape; NaN where the DEM has no data.

    Attributes:
        elevation: Metres.
        slope: Degrees, after Horn (1981).
        gradient_col: Rise of the land in metres from one column to the next.
        gradient_row: The same from one row to the next, downwards.
        curvature: 1/m, positive where convex: minus the sum of the second derivatives along
            columns and rows (Zevenbergen and Thorne 1987, eq. 12, without its factor 100).
        width: Ground width of the pixels, metres.
        height: Ground height of the pixels, metres.
    """

    elevation: np.ndarray
    slope: np.ndarray
    gradient_col: np.ndarray
    gradient_row: np.ndarray
    curvature: np.ndarray
    width: np.ndarray
    height: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Where all of it is known, bool."""
        return np.isfinite(self.slope) & np.isfinite(self.curvature)

    def at(self, place: Any) -> Relief:
        """The pixels of a flat index or mask, as flat arrays."""
        return Relief(*(layer.ravel()[place] for layer in vars(self).values()))

    def aspect_vector(self) -> tuple[np.ndarray, np.ndarray]:
        """Unit vector down the slope, along columns and along rows; 0 where it is level."""
        down_col, down_row = -self.gradient_col / self.width, -self.gradient_row / self.height
        steepness = np.hypot(down_col, down_row)
        divisor = np.where(steepness > 0, steepness, 1)
        return down_col / divisor, down_row / divisor
