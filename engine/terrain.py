"""Elevation and slope on the grid of a stack, from a DEM of any CRS and resolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dependencies import require
from .errors import RasterError
from .grid import Grid
from .relief import Relief
from .tiling import Window

CACHE_MEGABYTES = 128

#: A DEM pixel smaller than this share of a stack pixel is averaged; a larger one is interpolated.
AVERAGE_BELOW = 0.67


class WarpedDem:
    """A DEM seen through the grid of a stack. Reads block by block; use one per thread."""

    def __init__(self, path: str, grid: Grid, band: int | None = None) -> None:
        """Open the DEM.

        Args:
            path: The raster.
            grid: The stack's grid.
            band: Number of the elevation band; None for a raster that has only that.

        Raises:
            RasterError: The DEM cannot be read, has no CRS, or does not touch the stack.
        """
        self._grid = grid
        self._path = path
        self._band = band or 1
        self._dataset = open_raster(path)
        dem_grid = Grid.of(self._dataset, path)
        if band is None and self._dataset.count != 1:
            raise RasterError(
                f"{path} has {self._dataset.count} bands; expected a DEM of one band with "
                "elevation in metres. Give the elevation band as a raster of its own."
            )
        self._pixel_sizes = grid.pixel_size_metres(np.arange(grid.height))
        # One pixel more on each side: the slope at the stack's edge needs its neighbours.
        self._padded = grid.shifted(Window(-1, -1, grid.height + 2, grid.width + 2))
        self._vrt = self._warped(dem_grid)
        self._check_overlap(path)

    def _warped(self, dem_grid: Grid) -> Any:
        vrt = require("rasterio.vrt", "rasterio")
        warp = require("rasterio.enums", "rasterio").Resampling
        finer = dem_grid.pixel_size_metres()[0][0] < (
            AVERAGE_BELOW * self._grid.pixel_size_metres()[0][0]
        )
        return vrt.WarpedVRT(
            self._dataset,
            crs=self._padded.crs,
            transform=self._padded.affine,
            width=self._padded.width,
            height=self._padded.height,
            # Nearest would leave terraces, and bilinear creases, in the slope.
            resampling=warp.average if finer else warp.cubic,
            nodata=float("nan"),
            dtype="float32",
        )

    def _check_overlap(self, path: str) -> None:
        warp = require("rasterio.warp", "rasterio")
        stack = self._grid.bounds
        dem = warp.transform_bounds(self._dataset.crs, self._grid.crs, *self._dataset.bounds)
        if dem[0] >= stack[2] or dem[2] <= stack[0] or dem[1] >= stack[3] or dem[3] <= stack[1]:
            raise RasterError(
                f"The DEM {path} does not touch the stack: it covers "
                f"{', '.join(f'{x:.6g}' for x in dem)} in the stack's CRS, the stack "
                f"{self._grid.bounds_text()}. Give a DEM of the same place."
            )

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Elevation and slope in a window that lies inside the stack.

        Returns:
            Elevation in metres and slope in degrees, float32 [height, width], NaN where the DEM
            has no data.
        """
        dem, dx, dy = self._read_with_margin(window)
        return dem[1:-1, 1:-1], horn_slope(dem, dx, dy)

    def read_relief(self, window: Window) -> Relief:
        """Elevation and all its derivatives in a window that lies inside the stack."""
        dem, dx, dy = self._read_with_margin(window)
        east, south = horn_gradient(dem, dx, dy)
        width, height = (np.broadcast_to(size, east.shape) for size in (dx, dy))
        return Relief(
            elevation=dem[1:-1, 1:-1].astype(np.float64),
            slope=slope_degrees(east, south),
            gradient_col=east * width,
            gradient_row=south * height,
            curvature=convexity(dem, dx, dy),
            width=width,
            height=height,
        )

    def _read_with_margin(self, window: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Elevation [height + 2, width + 2], and width and height of pixels [height, 1]."""
        # In the padded grid, the window with its margin begins at the window's own numbers.
        padded = Window(window.row, window.col, window.height + 2, window.width + 2)
        dem = read_window(self._vrt, self._band, padded, self._path).filled(np.nan)
        dx, dy = (size[window.row : window.row_stop, None] for size in self._pixel_sizes)
        return dem, dx, dy

    def close(self) -> None:
        """Close the files."""
        self._vrt.close()
        self._dataset.close()


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

    n, s = filled(-1, 0, centre), filled(1, 0, centre)
    w, e = filled(0, -1, centre), filled(0, 1, centre)
    nw, ne = filled(-1, -1, n + w - centre), filled(-1, 1, n + e - centre)
    sw, se = filled(1, -1, s + w - centre), filled(1, 1, s + e - centre)
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


def read_window(
    dataset: Any, bands: int | list[int], window: Window, path: str, **resampled: Any
) -> Any:
    """Read a window of an open raster as a masked array.

    Args:
        dataset: The open raster.
        bands: Their numbers.
        window: Where.
        path: What to call the raster in messages.
        resampled: ``out_shape`` and ``resampling`` of rasterio, to read it larger or smaller.

    Raises:
        RasterError: The file is damaged.
    """
    place = require("rasterio.windows", "rasterio").Window(
        window.col, window.row, window.width, window.height
    )
    try:
        return dataset.read(bands, window=place, masked=True, **resampled)
    except require("rasterio.errors", "rasterio").RasterioIOError as err:
        raise RasterError(
            f"{path} breaks off while reading rows {window.row} to {window.row_stop} ({err}). The "
            "file is damaged: copy or download it again."
        ) from err


def bounded_cache() -> Any:
    """A context in which GDAL keeps at most `CACHE_MEGABYTES` of raster blocks in memory.

    Its default is a share of the machine's memory, which a large raster would fill.
    """
    # Rasterio hands the number to GDAL as bytes, whatever GDAL's own option says of megabytes.
    return require("rasterio").Env(GDAL_CACHEMAX=CACHE_MEGABYTES * 2**20)


def open_raster(path: str) -> Any:
    """Open a raster for reading.

    Raises:
        RasterError: There is no such file, or GDAL cannot read it as a raster.
    """
    rasterio = require("rasterio")
    try:
        return rasterio.open(path)
    except rasterio.errors.RasterioIOError as err:
        raise RasterError(
            f"{path} cannot be read as a raster ({err}). Expected a GeoTIFF or another format "
            "that GDAL reads; check the path, and that the download is complete."
        ) from err
