"""What a whole scene looks like: a sample of its pixels, and the mean and spread of its bands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import Cancelled, RasterError
from .grid import Grid
from .stack import Stack, StackReader
from .tiling import Window

#: Statistics of larger scenes are taken from a regular sample of blocks of about this many pixels.
SAMPLE_PIXELS = 16_000_000
#: Of these, about so many are kept.
KEPT_PIXELS = 1_000_000
_BLOCK = 256


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
    windows = list(sample_windows(stack.grid))
    pixels = sum(window.height * window.width for window in windows)
    step = max(1, round((pixels / KEPT_PIXELS) ** 0.5))
    kept = []
    with StackReader(stack, bands) as reader:
        for window in windows:
            if cancelled and cancelled():
                raise Cancelled("Stopped while measuring the scene. No file was written.")
            values, valid = reader.read(window)
            kept.append(values[:, ::step, ::step][:, valid[::step, ::step]])
    sample = np.concatenate(kept, axis=1)
    if not sample.shape[1]:
        raise RasterError(
            f"{stack.path} has no valid pixel in bands {', '.join(bands)}: all are nodata, 0 or "
            "not a number. Check the nodata value, and that the DEM (if any) covers the raster."
        )
    return sample


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
