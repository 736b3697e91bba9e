"""GeoTIFFs written block by block: tiled, compressed, with overviews, whole or not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import OutputError
from ..common.output import whole_file
from .grid import Grid
from .tiling import Window

#: Side of the file's blocks, pixels. Written in multiples of it, each block is compressed once.
BLOCK = 512
NODATA = -9999.0


@dataclass(frozen=True)
class Layout:
    """What a GeoTIFF looks like.

    Attributes:
        grid: Its grid.
        bands: Band descriptions.
        units: Unit of each band; empty where there is none to tell.
        dtype: GDAL's data type.
        nodata: Number that means no data; None for none.
        tags: Its metadata.
        colours: Red, green and blue, 0..255, of the values of a single band; empty for none.
        overviews: How overviews are made, ``average`` or ``nearest``.
        effort: Of the compression, 1 (fast) to 9 (small).
        cog: Whether to arrange it as a cloud-optimised GeoTIFF, which takes another pass over it.
    """

    grid: Grid
    bands: tuple[str, ...]
    units: tuple[str, ...] = ()
    dtype: str = "float32"
    nodata: float | None = NODATA
    tags: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)
    overviews: str = "average"
    effort: int = 4
    cog: bool = False

    @property
    def compression(self) -> dict[str, Any]:
        """Creation options that GeoTIFF and COG share, but for their names."""
        return {"compress": "deflate", "num_threads": "all_cpus", "bigtiff": "if_safer"}


class BlockWriter:
    """Writes blocks into an open GeoTIFF. Use from one thread at a time."""

    def __init__(self, dataset: Any, target: str) -> None:
        self._dataset = dataset
        self._target = target

    def write(self, window: Window, values: np.ndarray) -> None:
        """Write all bands [bands, height, width] of a window.

        Raises:
            OutputError: The disk is full, or another fault of the file system.
        """
        place = require("rasterio.windows", "rasterio").Window(
            window.col, window.row, window.width, window.height
        )
        try:
            self._dataset.write(values, window=place)
        except gdal_errors() as err:
            raise write_error(self._target, err) from err

    def tag(self, **tags: str) -> None:
        """Add to the file's metadata what is known only at the end."""
        self._dataset.update_tags(**tags)


@contextmanager
def geotiff(target: str, layout: Layout) -> Iterator[BlockWriter]:
    """Make a GeoTIFF; it stands at ``target`` only when the block has ended without an exception.

    Raises:
        OutputError: The file cannot be written.
    """
    rasterio = require("rasterio")
    with whole_file(target) as temporary:
        plain = f"{temporary}.plain.tif" if layout.cog else temporary
        try:
            with rasterio.open(plain, "w", **_profile(layout)) as dataset:
                dataset.descriptions = layout.bands
                dataset.update_tags(**layout.tags)
                if layout.units:
                    dataset.units = layout.units
                if layout.colours:
                    dataset.write_colormap(
                        1, {value: (*colour, 255) for value, colour in layout.colours.items()}
                    )
                yield BlockWriter(dataset, target)
            _finish(rasterio, plain, layout)
            if layout.cog:
                _rearrange(plain, temporary, layout)
        except gdal_errors() as err:
            raise write_error(target, err) from err


def gdal_errors() -> tuple[type[Exception], ...]:
    """What rasterio raises where a file ends short; overviews let GDAL's own errors through."""
    return (
        require("rasterio.errors", "rasterio").RasterioError,
        require("rasterio._err", "rasterio").CPLE_BaseError,
    )


def _profile(layout: Layout) -> dict[str, Any]:
    grid = layout.grid
    return {
        **layout.compression,
        "driver": "GTiff",
        "dtype": layout.dtype,
        "count": len(layout.bands),
        "width": grid.width,
        "height": grid.height,
        "crs": grid.crs,
        "transform": grid.affine,
        "nodata": layout.nodata,
        "interleave": "band",  # models read some of the bands
        "tiled": True,
        "sparse_ok": True,  # blocks that nobody writes have no data, and take no room
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "predictor": 3 if layout.dtype == "float32" else 2,
        "zlevel": layout.effort,
    }


def _finish(rasterio: Any, path: str, layout: Layout) -> None:
    """Add overviews. Building them reads every pixel back, which finds a file cut short."""
    # Without its driver's name, rasterio finds an empty file to be of the wrong type.
    with rasterio.open(path, "r+", driver="GTiff") as dataset:
        longest = max(dataset.width, dataset.height)
        factors = [2**i for i in range(1, 12) if longest >> (i - 1) > BLOCK]
        if factors:
            dataset.build_overviews(factors, rasterio.enums.Resampling[layout.overviews])
        dataset.checksum(dataset.count)


def _rearrange(plain: str, target: str, layout: Layout) -> None:
    require("rasterio.shutil", "rasterio").copy(
        plain,
        target,
        driver="COG",
        level=layout.effort,
        predictor="yes",
        blocksize=BLOCK,
        overview_resampling=layout.overviews,
        **layout.compression,
    )


def write_error(path: str, err: Exception) -> OutputError:
    """What to tell a user of a raster that cannot be written, and why."""
    # What GDAL says of a file that is empty, or that ends in its header.
    reason = "what was written is cut off" if "not recognized as" in str(err) else err
    return OutputError(
        f"{path} cannot be written ({reason}). Check that the disk has room and that the folder "
        "may be written to. No half-written file was left."
    )
