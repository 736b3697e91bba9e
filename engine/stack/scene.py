"""What a whole scene looks like: a sample of its pixels, and the mean and spread of its bands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..common.errors import Cancelled, RasterError
from ..raster.band_scale import is_unit_reflectance
from ..raster.grid import Grid
from ..raster.reading import open_raster
from ..raster.tiling import Window
from .reader import OPTICAL_BANDS, Stack, StackReader

#: Reads layers [layers, h, w] and validity [h, w] of a window.
Read = Callable[[Window], "tuple[np.ndarray, np.ndarray]"]

#: Statistics of larger scenes are taken from a regular sample of blocks of about this many pixels.
SAMPLE_PIXELS = 16_000_000
#: Of these, about so many are kept.
KEPT_PIXELS = 1_000_000
_BLOCK = 256
#: A large raster of whose regular sample fewer pixels are valid is looked through for its data:
#: coarsely, at so many pixels a side, and then in so many blocks.
_FEW, _COARSE, _BLOCKS_READ = 2000, 2048, 64


@dataclass(frozen=True)
class SceneStatistics:
    """Statistics over a scene's valid pixels, one value a band, in the band's unit.

    Attributes:
        bands: Band names.
        mean: Mean.
        std: Standard deviation.
        low: 2nd percentile.
        high: 98th percentile.
    """

    bands: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def of(self, bands: Sequence[str]) -> SceneStatistics:
        """Those of some of the bands, in that order."""
        places = [self.bands.index(band) for band in bands]
        columns = (self.mean, self.std, self.low, self.high)
        return SceneStatistics(tuple(bands), *(tuple(c[i] for i in places) for c in columns))


def scene_statistics(
    stack: Stack, bands: Sequence[str], cancelled: Callable[[], bool] | None = None
) -> SceneStatistics:
    """Measure a scene, as `statistics_of` its `scene_sample`."""
    return statistics_of(scene_sample(stack, bands, cancelled), bands)


def scene_sample(
    stack: Stack, bands: Sequence[str], cancelled: Callable[[], bool] | None = None
) -> np.ndarray:
    """Valid pixels of a scene, float32 [bands, n]: all, or a regular sample of a large one.

    It is always the whole raster, never an extent: so a pixel's probability does not depend on
    the extent that was asked for.

    Raises:
        RasterError: Not one pixel is valid.
        Cancelled: The user stopped the run.
    """
    with StackReader(stack, bands) as reader:
        sample = sampled(stack, bands, reader.read, cancelled)
    if not sample.shape[1]:
        raise RasterError(
            f"{stack.path} has no valid pixel in bands {', '.join(bands)}: all are nodata, 0 or "
            "not a number. Check the nodata value, and that the DEM (if any) covers the raster."
        )
    return sample


def looks_like_unit_reflectance(stack: Stack, bands: Sequence[str], sample: np.ndarray) -> bool:
    """Whether a sample [bands, n] of a stack can be nothing but reflectance from 0 to 1."""
    optical = [sample[i] for i, band in enumerate(bands) if band in OPTICAL_BANDS]
    return not stack.scales and is_unit_reflectance(optical, stack.dtype)


def with_unit_reflectance(
    stack: Stack, bands: Sequence[str], sample: np.ndarray
) -> tuple[Stack, np.ndarray]:
    """The stack with its optical bands multiplied by 10000, when they are read and in a sample."""
    factors = [10_000 if band in OPTICAL_BANDS else 1 for band in bands]
    scaled = sample * np.array(factors, np.float32)[:, None]
    optical = [band for band in stack.available_bands if band in OPTICAL_BANDS]
    scales = tuple((band, (0.0, 10_000.0)) for band in sorted(optical))
    return replace(stack, scales=scales), scaled


def sampled(
    stack: Stack,
    bands: Sequence[str],
    read: Read,
    cancelled: Callable[[], bool] | None = None,
    blocks: int | None = None,
) -> np.ndarray:
    """What ``read`` finds at valid pixels of a scene, [layers, n]: all, or a sample of a large one.

    The sample is regular; where it meets hardly any data, blocks in which data were seen.

    Args:
        stack: The scene.
        bands: Bands whose data count in that search.
        read: Gives layers [layers, h, w] and validity [h, w] of a window.
        cancelled: Asked before each window.
        blocks: Most windows of the regular sample to read; None for all.

    Raises:
        Cancelled: The user stopped the run.
    """
    windows = list(sample_windows(stack.grid))
    partial = _pixel_count(windows) < stack.grid.width * stack.grid.height
    if blocks:
        windows = windows[:: -(-len(windows) // blocks)]
    sample = _read_windows(windows, read, cancelled)
    if sample.shape[1] < _FEW and partial:
        found = _read_windows(windows_with_data(stack, bands), read, cancelled)
        sample = max(sample, found, key=lambda pixels: pixels.shape[1])
    return sample


def _read_windows(
    windows: Sequence[Window], read: Read, cancelled: Callable[[], bool] | None
) -> np.ndarray:
    """Valid pixels [layers, n] of some windows, thinned out evenly to about `KEPT_PIXELS`."""
    step = max(1, round((_pixel_count(windows) / KEPT_PIXELS) ** 0.5))
    kept: list[np.ndarray] = []
    for window in windows:
        if cancelled and cancelled():
            raise Cancelled("Stopped while measuring the scene. No file was written.")
        layers, valid = read(window)
        kept.append(layers[:, ::step, ::step][:, valid[::step, ::step]])
    return np.concatenate(kept, axis=1) if kept else np.empty((0, 0), np.float32)


def _pixel_count(windows: Sequence[Window]) -> int:
    return sum(window.height * window.width for window in windows)


def windows_with_data(stack: Stack, bands: Sequence[str]) -> list[Window]:
    """Blocks of a large raster in which a coarse look at one of its bands finds data.

    The look takes every so many pixels, from an overview where there is one: what is smaller than
    that may be passed over. Mosaics that are empty but for a corner are found so.
    """
    grid = stack.grid
    number = next(number for band in bands if (number := stack.number(band)))
    shape = min(grid.height, _COARSE), min(grid.width, _COARSE)
    with open_raster(stack.path) as dataset:
        coarse = dataset.read(number, out_shape=shape, masked=True)
    filled = coarse.astype(np.float32).filled(0)
    places = np.argwhere(np.isfinite(filled) & (filled != 0)) + 0.5
    sides = np.array([grid.height / shape[0], grid.width / shape[1]])
    blocks = np.unique((places * sides // _BLOCK).astype(int), axis=0)
    chosen = blocks[np.linspace(0, len(blocks) - 1, min(len(blocks), _BLOCKS_READ)).astype(int)]
    return [
        Window(row, col, min(_BLOCK, grid.height - row), min(_BLOCK, grid.width - col))
        for row, col in (chosen * _BLOCK).tolist()
    ]


def statistics_of(sample: np.ndarray, bands: Sequence[str]) -> SceneStatistics:
    """Statistics of pixels [bands, n]; training and detection both take theirs from here."""
    low, high = np.percentile(sample, (2, 98), axis=1)
    mean, std = sample.mean(axis=1, dtype=np.float64), sample.std(axis=1, dtype=np.float64)
    as_floats = (tuple(float(x) for x in row) for row in (mean, std, low, high))
    return SceneStatistics(tuple(bands), *as_floats)


def sample_windows(grid: Grid) -> Iterator[Window]:
    """Blocks that cover a small raster wholly, and a large one in a regular, spread-out pattern."""
    step = max(1, round(grid.width * grid.height / SAMPLE_PIXELS))
    for i, row in enumerate(range(0, grid.height, _BLOCK)):
        # A golden-ratio shift from row to row keeps the sample from lining up in columns.
        first = round(i * step * 0.618) % step
        for col in range(first * _BLOCK, grid.width, step * _BLOCK):
            yield Window(row, col, min(_BLOCK, grid.height - row), min(_BLOCK, grid.width - col))
