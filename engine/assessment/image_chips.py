"""Small pictures of landslides: the image around each, its outline, and a scale bar."""

from __future__ import annotations

import base64
import math
import warnings
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..inventory.polygons import Outlines, box_of, in_crs
from ..inventory.wkb import Polygon, polygons_of
from ..raster.grid import Grid
from ..raster.reading import bounded_cache, open_raster, read_window
from ..raster.tiling import Window
from ..stack.reader import Stack, open_stack

#: Side of a chip, pixels.
SIDE = 240
#: What a chip shows is this many times as long as the landslide, and at least so many pixels.
_CONTEXT, _LEAST = 2.0, 32
#: Contrast between these percentiles of the whole image: scars keep their colour.
_STRETCH = (2, 99)
_SAMPLE = 512


@dataclass(frozen=True)
class Chip:
    """One picture.

    Attributes:
        rgb: Colours, uint8 [3, SIDE, SIDE].
        outline: Rings of the landslide in the chip's pixels, each [n, 2] as (col, row).
        bar: Length of the scale bar, in the chip's pixels.
        bar_metres: What it stands for.
    """

    rgb: np.ndarray
    outline: list[np.ndarray]
    bar: float
    bar_metres: float

    def data_uri(self) -> str:
        """The picture as a JPEG that a page can hold inside."""
        return jpeg_uri(self.rgb)


def jpeg_uri(rgb: np.ndarray, quality: int = 85) -> str:
    """Colours, uint8 [3, height, width], as a JPEG that a page can hold inside."""
    rasterio = require("rasterio")
    count, height, width = rgb.shape
    profile = {"driver": "JPEG", "dtype": "uint8", "quality": str(quality)}
    size = {"count": count, "height": height, "width": width}
    with rasterio.io.MemoryFile() as memory:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with memory.open(**profile, **size) as picture:
                picture.write(rgb)
        encoded = base64.b64encode(memory.read()).decode("ascii")
    return f"data:image/jpeg;base64,{encoded}"


def shown_bands(stack: Stack, count: int) -> list[int]:
    """Numbers of the bands that are shown as red, green and blue, of a raster of ``count``."""
    named = [stack.number(name) for name in ("B04", "B03", "B02")]
    if all(named):
        return [number for number in named if number]
    return [1, 2, 3] if count >= 3 else [1, 1, 1]


def image_chips(
    image: str, outlines: Outlines, band_mapping: str = "", like: str = ""
) -> Iterator[Chip | None]:
    """A chip of each landslide, in the order of the outlines.

    Args:
        image: Raster with bands B04, B03, B02; without known names its first three are taken as
            red, green and blue, and of one or two the first as grey.
        outlines: The landslides, in any CRS.
        band_mapping: As for `open_stack`.
        like: Another image, whose windows are shown; empty for this one's own.

    Yields:
        None for a landslide that the image does not show.

    Raises:
        RasterError: The image cannot be used.
    """
    stack = open_stack(image, band_mapping=band_mapping)
    grid = _grid(like) if like else stack.grid
    shapes = in_crs([polygons_of(wkb) for wkb in outlines.wkb], outlines.crs, grid.crs)
    with bounded_cache(), closing(open_raster(image)) as dataset:
        bands = shown_bands(stack, dataset.count)
        with nullcontext(dataset) if grid == stack.grid else _warped(dataset, grid) as shown:
            source = _Source(shown, bands, grid)
            for shape in shapes:
                window = _window(shape, grid)
                yield source.chip(window, shape) if window else None


def _grid(image: str) -> Grid:
    with closing(open_raster(image)) as dataset:
        return Grid.of(dataset, image)


def _warped(dataset: Any, grid: Grid) -> Any:
    """An open raster as it looks on another grid."""
    return require("rasterio.vrt", "rasterio").WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=grid.affine,
        width=grid.width,
        height=grid.height,
        resampling=require("rasterio.enums", "rasterio").Resampling.bilinear,
        nodata=float("nan"),
        dtype="float32",
    )


def _stretch(dataset: Any, bands: list[int]) -> np.ndarray:
    """Darkest and brightest value of each band, [3, 2]."""
    scale = max(1.0, max(dataset.shape) / _SAMPLE)
    shape = (len(bands), *(math.ceil(side / scale) for side in dataset.shape))
    whole = Window(0, 0, *dataset.shape)
    sample = read_window(dataset, bands, whole, dataset.name, out_shape=shape).astype(float)
    usable = ~np.ma.getmaskarray(sample) & np.isfinite(sample.data)
    return stretch_of(sample.data, usable)


def stretch_of(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Darkest and brightest value to show of each band, [bands, 2], from values [bands, ...]."""
    ends = [
        np.percentile(band[known], _STRETCH) if known.any() else (0.0, 1.0)
        for band, known in zip(values, valid)
    ]
    return np.array(ends)


def _window(shape: list[Polygon], grid: Grid) -> Window | None:
    """A square of pixels around a landslide, inside the image where there is room."""
    xmin, ymin, xmax, ymax = box_of(shape)
    left, bottom, right, top = grid.bounds
    if not (xmin < right and xmax > left and ymin < top and ymax > bottom):
        return None
    touched = grid.window_of((xmin, ymin, xmax, ymax))
    side = max(_LEAST, math.ceil(_CONTEXT * max(touched.height, touched.width)))
    height, width = min(side, grid.height), min(side, grid.width)
    row = touched.row + (touched.height - height) // 2
    col = touched.col + (touched.width - width) // 2
    row, col = min(max(row, 0), grid.height - height), min(max(col, 0), grid.width - width)
    return Window(row, col, height, width)


class _Source:
    """An open image, and what is the same for all of its chips."""

    def __init__(self, dataset: Any, bands: list[int], grid: Grid) -> None:
        self._dataset, self._bands, self._grid = dataset, bands, grid
        self._stretch = _stretch(dataset, bands)
        self._pixel_width, _ = grid.pixel_size_metres(np.arange(grid.height))

    def chip(self, window: Window, shape: list[Polygon]) -> Chip | None:
        """The chip of a window around a landslide; None where nothing is known there."""
        # A window cut by the image's edge keeps its proportions.
        zoom = SIDE / max(window.height, window.width)
        height, width = round(window.height * zoom), round(window.width * zoom)
        values = np.ma.masked_invalid(self._read(window, height, width))
        if np.ma.getmaskarray(values).all():
            return None
        rgb = np.full((3, SIDE, SIDE), 255, np.uint8)
        rgb[:, :height, :width] = stretched(values, self._stretch)
        metres = float(self._pixel_width[window.row + window.height // 2]) / zoom
        bar = round_length(SIDE * metres / 3)
        outline = [_in_chip(ring, self._grid, window, zoom) for rings in shape for ring in rings]
        return Chip(rgb, outline, bar / metres, bar)

    def _read(self, window: Window, height: int, width: int) -> Any:
        return read_window(
            self._dataset,
            self._bands,
            window,
            self._dataset.name,
            out_shape=(len(self._bands), height, width),
            resampling=require("rasterio.enums", "rasterio").Resampling.bilinear,
        )


def stretched(values: Any, stretch: np.ndarray) -> np.ndarray:
    """Masked values [bands, height, width] between the ends of `stretch_of` as uint8."""
    low, high = stretch[:, 0, None, None], stretch[:, 1, None, None]
    scaled = (values.astype(float) - low) / np.maximum(high - low, 1e-12)
    # White is where there is no image; where a single band has no value, it is dark.
    scaled = scaled.filled(0).clip(0, 1)
    scaled[:, np.ma.getmaskarray(values).all(axis=0)] = 1
    return np.asarray((scaled * 255).astype(np.uint8))


def _in_chip(ring: np.ndarray, grid: Grid, window: Window, zoom: float) -> np.ndarray:
    return np.asarray((grid.to_pixels(ring) - (window.col, window.row)) * zoom)


def round_length(most: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is not above ``most``."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most)
