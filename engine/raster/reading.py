"""Open any raster and read windows of it, with sentences for what is wrong."""

from __future__ import annotations

from typing import Any

from ..common.archive import shown
from ..common.dependencies import require
from ..common.errors import RasterError
from ..common.file_names import encoding_problem
from .tiling import Window

CACHE_MEGABYTES = 128


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
    if problem := encoding_problem(path):
        raise RasterError(problem)
    try:
        return rasterio.open(path)
    except rasterio.errors.RasterioIOError as err:
        raise RasterError(
            f"{shown(path)} cannot be read as a raster ({err}). Expected a GeoTIFF or another "
            "format that GDAL reads; check the path, and that the download is complete."
        ) from err
