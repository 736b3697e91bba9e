"""Small voids of a DEM filled from their rim."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..common.dependencies import require

#: Pixels around a void from which it is filled.
RIM = 3


def fill_voids(dem: np.ndarray, widest: int) -> None:
    """Fill, in place, every void of at most ``widest`` x ``widest`` pixels from its rim.

    The rest stay: their middle is no terrain, and filling their borders alone would hide them.
    What comes out for a pixel does not depend on how the DEM was cut, as long as its void and the
    rim around it are inside.

    Args:
        dem: Elevation [rows, cols], NaN where there is none.
        widest: In pixels.
    """
    missing = np.isnan(dem)
    if not missing.any():
        return
    for place, void in _small_voids(missing, widest):
        # Not from what was filled before: the order of voids depends on how the DEM was cut.
        dem[place][void] = _from_rim(dem[place], ~missing[place], void)


def _from_rim(dem: np.ndarray, known: np.ndarray, void: np.ndarray) -> np.ndarray:
    """Elevation in a void: smooth, and exact on a plane; NaN where the rim does not enclose it.

    Clough and Tocher's piecewise cubic; inverse distances would leave terraces on a slope.
    """
    interpolate = require("scipy.interpolate", "scipy")
    ndimage = require("scipy.ndimage", "scipy")
    rim = known & ndimage.binary_dilation(void, np.ones((3, 3)), iterations=RIM)
    points = np.argwhere(rim)
    if len(points) < 3 or np.linalg.matrix_rank(points - points[0]) < 2:  # all in one line
        return np.full(np.count_nonzero(void), np.nan)
    surface = interpolate.CloughTocher2DInterpolator(points, dem[rim].astype(float))
    return np.asarray(surface(np.argwhere(void)))


def _small_voids(
    missing: np.ndarray, widest: int
) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Boxes of small voids with their rim, and which pixels in them are the void.

    Voids at the border are left out: they may go on beyond it.
    """
    ndimage = require("scipy.ndimage", "scipy")
    labels, _ = ndimage.label(missing, np.ones((3, 3)))
    height, width = missing.shape
    for label, (rows, cols) in enumerate(ndimage.find_objects(labels), start=1):
        small = rows.stop - rows.start <= widest and cols.stop - cols.start <= widest
        inside = rows.start and cols.start and rows.stop < height and cols.stop < width
        if small and inside:
            place = (
                slice(max(0, rows.start - RIM), rows.stop + RIM),
                slice(max(0, cols.start - RIM), cols.stop + RIM),
            )
            yield place, labels[place] == label
