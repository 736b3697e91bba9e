"""Slope and curvature of the ground from elevation."""

from __future__ import annotations

import numpy as np


def horn_slope(dem: np.ndarray, dx: np.ndarray | float, dy: np.ndarray | float) -> np.ndarray:
    """Slope after Horn (1981), as ``gdaldem slope`` computes it.

    Args:
        dem: As for `horn_gradient`, like ``dx`` and ``dy``.
        dx: Pixel width in metres.
        dy: Pixel height in metres.

    Returns:
        Slope in degrees, float32 [height, width], NaN where the centre has no data.
    """
    return slope_degrees(*horn_gradient(dem, dx, dy)).astype(np.float32)


def slope_degrees(eastward: np.ndarray, southward: np.ndarray) -> np.ndarray:
    """Slope in degrees of a gradient in metres a metre."""
    return np.degrees(np.arctan(np.hypot(eastward, southward)))


def horn_gradient(
    dem: np.ndarray, dx: np.ndarray | float, dy: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Rise of the land eastwards (along columns) and southwards (along rows), after Horn (1981).

    Where a neighbour has no data, it is extrapolated in a straight line through the centre; where
    the one opposite has none either, it is taken as level with the centre (in a corner: with the
    plane through the centre and the two beside it).

    Args:
        dem: Elevation in metres with a margin of one pixel, [height + 2, width + 2], NaN for none.
        dx: Pixel width in metres, a number or an array that broadcasts to [height, width].
        dy: Pixel height in metres, likewise.

    Returns:
        Two float64 arrays [height, width], metres a metre, NaN where the centre has no data.
    """
    dem = dem.astype(np.float64)
    height, width = dem.shape
    centre = dem[1:-1, 1:-1]

    def at(row: int, col: int) -> np.ndarray:
        return dem[1 + row : height - 1 + row, 1 + col : width - 1 + col]

    def filled(row: int, col: int, otherwise: np.ndarray) -> np.ndarray:
        there, opposite = at(row, col), at(-row, -col)
        straight = np.where(np.isnan(opposite), otherwise, 2 * centre - opposite)
        return np.where(np.isnan(there), straight, there)

    if np.isnan(dem).any():
        n, s = filled(-1, 0, centre), filled(1, 0, centre)
        w, e = filled(0, -1, centre), filled(0, 1, centre)
        nw, ne = filled(-1, -1, n + w - centre), filled(-1, 1, n + e - centre)
        sw, se = filled(1, -1, s + w - centre), filled(1, 1, s + e - centre)
    else:
        n, s, w, e = at(-1, 0), at(1, 0), at(0, -1), at(0, 1)
        nw, ne, sw, se = at(-1, -1), at(-1, 1), at(1, -1), at(1, 1)
    eastward = (ne + 2 * e + se) - (nw + 2 * w + sw)
    southward = (sw + 2 * s + se) - (nw + 2 * n + ne)
    nothing = np.where(np.isnan(centre), np.nan, 0)
    return eastward / (8 * dx) + nothing, southward / (8 * dy) + nothing


def convexity(dem: np.ndarray, dx: np.ndarray | float, dy: np.ndarray | float) -> np.ndarray:
    """Minus the sum of the second derivatives of the land along columns and rows.

    A pair of neighbours of which one has no data counts as straight.

    Args:
        dem: As for `horn_gradient`, like ``dx`` and ``dy``.
        dx: Pixel width in metres.
        dy: Pixel height in metres.

    Returns:
        1/m, float64 [height, width], NaN where the centre has no data.
    """
    dem = dem.astype(np.float64)
    centre = dem[1:-1, 1:-1]
    along_columns = np.nan_to_num(dem[1:-1, :-2] + dem[1:-1, 2:] - 2 * centre) / dx**2
    along_rows = np.nan_to_num(dem[:-2, 1:-1] + dem[2:, 1:-1] - 2 * centre) / dy**2
    return np.where(np.isnan(centre), np.nan, -(along_columns + along_rows))
