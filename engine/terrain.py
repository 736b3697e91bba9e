"""What a DEM and any other raster need: opening, reading, warping, and the slope."""

from __future__ import annotations

from typing import Any

import numpy as np

from .archive import shown
from .dependencies import require
from .errors import RasterError
from .grid import Grid
from .tiling import Window

CACHE_MEGABYTES = 128

#: A DEM pixel smaller than this share of a stack pixel is averaged; a larger one is interpolated.
AVERAGE_BELOW = 0.67

#: Largest error of the approximate transformation between CRSs, DEM pixels.
WARP_TOLERANCE = 0.01


def warp_elevation(dataset: Any, dem_grid: Grid, grid: Grid, method: str = "cubic") -> Any:
    """A DEM on another grid, as an open dataset of float32 with NaN where there is no data.

    Args:
        dataset: The open DEM.
        dem_grid: Its grid.
        grid: The grid to warp it to.
        method: ``cubic`` or ``bilinear``. Nearest would leave terraces, and bilinear leaves
            creases, in the slope. A DEM much finer than the grid is averaged.
    """
    vrt = require("rasterio.vrt", "rasterio")
    warp = require("rasterio.enums", "rasterio").Resampling
    finer = dem_grid.pixel_size_metres()[0][0] < AVERAGE_BELOW * grid.pixel_size_metres()[0][0]
    return vrt.WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=grid.affine,
        width=grid.width,
        height=grid.height,
        resampling=warp.average if finer else warp[method],
        # GDAL's default, an eighth of a DEM pixel, shows in the slope where blocks meet.
        tolerance=WARP_TOLERANCE,
        # Undeclared, NaN would swallow all pixels that it has a share in.
        src_nodata=float("nan") if dataset.nodata is None else dataset.nodata,
        nodata=float("nan"),
        dtype="float32",
    )


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


def bounded_cache(megabytes: int = CACHE_MEGABYTES) -> Any:
    """A context in which GDAL keeps at most ``megabytes`` of raster blocks in memory.

    Its default is a share of the machine's memory, which a large raster would fill.
    """
    # Rasterio hands the number to GDAL as bytes, whatever GDAL's own option says of megabytes.
    return require("rasterio").Env(GDAL_CACHEMAX=megabytes * 2**20)


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
            f"{shown(path)} cannot be read as a raster ({err}). Expected a GeoTIFF or another "
            "format that GDAL reads; check the path, and that the download is complete."
        ) from err
