"""The land below an image: its slope, and where the sun does not meet it."""

from __future__ import annotations

import math

import numpy as np

from ..common.dependencies import require
from ..raster.elevation import DemSource, Elevation
from ..raster.grid import Grid
from ..raster.illumination import gradient_east_north, illumination
from ..raster.tiling import Window
from .shade import LEAST_LIGHT, REACH, Shadows, cell_of

#: Slopes are means over so many pixels: the noise of DEMs makes slopes of some degrees on plains.
_SIDE = 5
#: Land that gets less than this share of the light of level land is dim by itself.
_TURNED = 0.8


def reach_of(grid: Grid) -> int:
    """How far shadows are followed, pixels, in whole cells of the coarse lattice."""
    width, height = (float(size[0]) for size in grid.pixel_size_metres())
    cell = cell_of(width)
    return -(-math.ceil(REACH / min(width, height)) // cell) * cell


class Land:
    """A DEM around an image: mountains beside it cast shadows into it. Use from one thread."""

    def __init__(self, dem: DemSource, grid: Grid) -> None:
        self._grid = grid
        self._reach, self._cell = reach_of(grid), cell_of(float(grid.pixel_size_metres()[0][0]))
        self._margin = self._reach + self._cell
        size = grid.height + 2 * self._margin, grid.width + 2 * self._margin
        around = grid.shifted(Window(-self._margin, -self._margin, *size))
        self._elevation = Elevation([dem], around)

    def close(self) -> None:
        """Close the files."""
        self._elevation.close()

    def _place(self, window: Window, margin: int = 0) -> Window:
        """A window of the image with a margin, on the DEM's larger grid."""
        shift = self._margin - margin
        size = window.height + 2 * margin, window.width + 2 * margin
        return Window(window.row + shift, window.col + shift, *size)

    def slope(self, window: Window) -> np.ndarray:
        """Mean slope around each pixel, degrees; NaN where it is not known all around."""
        ndimage = require("scipy.ndimage", "scipy")
        half = _SIDE // 2
        slope = self._elevation.read(self._place(window, half)).slope
        box = np.full(_SIDE, 1 / _SIDE)  # a running sum would carry NaN along
        for axis in (0, 1):
            slope = ndimage.convolve1d(slope, box, axis=axis)
        return np.asarray(slope[half:-half, half:-half])

    def _light(self, window: Window, shadows: Shadows) -> np.ndarray:
        """Cosine of the sun's incidence; NaN where the land is unknown."""
        relief = self._elevation.read_relief(self._place(window))
        return illumination(*gradient_east_north(relief, self._grid), shadows.sun)

    def dim(self, window: Window, shadows: Shadows) -> np.ndarray:
        """Where the land turns so far from the sun that it is dim without a cloud, bool."""
        level = math.sin(math.radians(shadows.sun.elevation))
        return np.asarray(self._light(window, shadows) < _TURNED * level)

    def deep_shade(self, window: Window, shadows: Shadows) -> np.ndarray:
        """Where the land turns away from the sun, or other land hides it, bool."""
        row, col = (
            (start - self._reach) // self._cell * self._cell for start in (window.row, window.col)
        )
        stops = window.row_stop + self._reach, window.col_stop + self._reach
        outer = Window(row, col, stops[0] - row, stops[1] - col)
        hidden = shadows.cast(self._elevation.read_elevation(self._place(outer)))
        turned = self._light(window, shadows) < LEAST_LIGHT
        return np.asarray(turned | hidden[window.slices(row, col)])
