"""Late fusion: a model's probability, raised where an earlier image shows that soil is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..common.dependencies import require
from ..common.errors import BandError, RasterError
from ..raster.tiling import Window
from ..stack.change import differences
from ..stack.reader import Stack, StackReader, earlier_bands, open_stack
from ..stack.scene import sampled

#: Departures of more standard deviations say no more: clouds of either date reach any number.
LIMIT = 4.0
#: What a standard deviation of change adds to the logit, where detection uses an earlier image.
#: On Hokkaido every weight up to 1 helped every shipped model (docs/experiments/before_after.md);
#: this is the cautious half.
WEIGHT = 0.5
_NEAREST = 1e-4  # probabilities of exactly 0 or 1 have no logit
_BANDS = ("B03", "B04")


@dataclass(frozen=True)
class ChangeScale:
    """What change is usual in a scene.

    Attributes:
        middle: Median of the differences.
        spread: Their standard deviation, by the median of absolute deviations; 0 where they are
            constant or unknown.
    """

    middle: float
    spread: float

    @classmethod
    def of(cls, difference: np.ndarray) -> ChangeScale:
        """From differences of any shape, NaN where unknown."""
        known = difference[np.isfinite(difference)]
        if not known.size:
            return cls(0.0, 0.0)
        middle = float(np.median(known))
        return cls(middle, 1.4826 * float(np.median(np.abs(known - middle))))

    def score(self, difference: np.ndarray) -> np.ndarray:
        """How unusual each change is, float32, -`LIMIT` to `LIMIT`; 0, no evidence, at NaN."""
        known = np.isfinite(difference)
        if not self.spread > 0:
            return np.zeros(difference.shape, np.float32)
        score = np.clip((difference - self.middle) / self.spread, -LIMIT, LIMIT)
        return np.where(known, score, 0).astype(np.float32)


def change_score(difference: np.ndarray) -> np.ndarray:
    """How unusual a pixel's change is in its scene, by median and MAD, -`LIMIT` to `LIMIT`.

    Args:
        difference: Red over green after the event minus before it (``dRG``), any shape, NaN where
            either date has no data.

    Returns:
        Float32 of that shape; 0, no evidence, where the difference is unknown or constant.
    """
    return ChangeScale.of(difference).score(difference)


def fused(probability: np.ndarray, score: np.ndarray, weight: float) -> np.ndarray:
    """Probability whose logit is raised by ``weight`` times the change score; float32."""
    near = np.clip(probability.astype(np.float64), _NEAREST, 1 - _NEAREST)
    logit = np.log(near / (1 - near)) + weight * score
    moved = np.where(score == 0, probability, 1 / (1 + np.exp(-logit)))
    return np.asarray(moved, np.float32)


def open_pre_event(path: str, stack: Stack) -> Stack:
    """The image from before the event, its bands named as those of the stack.

    Args:
        path: Raster on the stack's grid with B03 and B04, or with ``pre_B03`` and ``pre_B04``, as
            *Prepare* writes them beside those of the event.
        stack: The stack.

    Raises:
        RasterError: It cannot be read, or lies on another grid.
        BandError: It, or the stack, has no such bands.
    """
    stack.require_bands(_BANDS, "The comparison with an image from before the event")
    opened = open_stack(path)
    names = dict(opened.bands)
    earlier = earlier_bands(path)
    if set(_BANDS) <= set(earlier):
        opened = replace(opened, bands=tuple((band, earlier[band]) for band in _BANDS))
    elif not set(_BANDS) <= set(names):
        raise BandError(
            f"{path} has the bands {', '.join(names) or 'none with names'}; the image from before "
            "the event needs B03 and B04, or pre_B03 and pre_B04. Prepare Sentinel-2 + terrain "
            "stack writes them."
        )
    there, grid = opened.grid, stack.grid
    crs = require("pyproj").CRS
    same_size = (there.width, there.height) == (grid.width, grid.height)
    same_place = np.allclose(there.transform, grid.transform, atol=1e-6)
    if not (same_size and same_place and crs(there.crs) == crs(grid.crs)):
        raise RasterError(
            f"{path} has another grid or CRS than {stack.path}; expected pixels that lie on each "
            "other. "
            "Give the image as PRE_EVENT to Prepare Sentinel-2 + terrain stack, which moves it "
            "onto the stack, and give that stack here."
        )
    return opened


class PreEvent:
    """Raises probabilities by what changed since an earlier image. Use from one thread.

    Args:
        before: The earlier image, as from `open_pre_event`.
        stack: The stack.
        cancelled: Asked between blocks of the scene.

    Raises:
        RasterError: The two have no valid pixel in common.
        Cancelled: The user stopped the run.
    """

    def __init__(
        self, before: Stack, stack: Stack, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self._before = StackReader(before, _BANDS)
        self._after = StackReader(stack, _BANDS)
        # It is always the whole raster, never an extent, as for the scene's statistics.
        sample = sampled(stack, _BANDS, self._read, cancelled)
        if not sample.size:
            raise RasterError(
                f"{before.path} shows no ground that {stack.path} shows, too: where one has data, "
                "the other has none. Check its bands and its nodata value, or go without it."
            )
        self.scale = ChangeScale.of(sample)

    def __enter__(self) -> PreEvent:
        return self

    def __exit__(self, *_: object) -> None:
        self._before.close()
        self._after.close()

    def _read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Difference [1, h, w] of a window, and where both dates have data [h, w]."""
        (before, known), (after, valid) = self._before.read(window), self._after.read(window)
        change = differences(dict(zip(_BANDS, before)), dict(zip(_BANDS, after)))["dRG"]
        return change[None], known & valid & np.isfinite(change)

    def raised(self, probability: np.ndarray, window: Window) -> np.ndarray:
        """Probability [h, w] of a window, with the evidence of change."""
        change, known = self._read(window)
        score = self.scale.score(np.where(known, change[0], np.nan))
        return fused(probability, score, WEIGHT)
