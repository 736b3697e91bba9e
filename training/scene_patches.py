"""Patches of a scene that somebody wants a model for, and what the model says of them.

Read by the same path as in detection: the same scaling, the same statistics of the scene.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..engine.adaptation.labels import UNKNOWN
from ..engine.common.errors import Cancelled, RasterError
from ..engine.common.hooks import Check, Progress, Warn
from ..engine.models.card import ModelCard
from ..engine.models.runtime import Model
from ..engine.raster.tiling import Window, regions
from ..engine.stack.as_models_read import as_models_read
from ..engine.stack.reader import Stack, StackReader, open_stack
from ..engine.stack.scene import SceneStatistics, statistics_of

#: Pixels that a model sees around a patch when it is asked what the patch holds.
MARGIN = 32
#: Share of a patch that must have data.
LEAST_VALID = 0.5
BATCH = 8

#: Gives the labels uint8 [h, w] of a window: 1 landslide, 0 none, 255 unknown.
ReadLabels = Callable[[Window], np.ndarray]


@dataclass(frozen=True)
class Scene:
    """A stack as a model reads it.

    Attributes:
        stack: The stack.
        statistics: Of its bands.
        side: Side of a patch, pixels.
    """

    stack: Stack
    statistics: SceneStatistics
    side: int

    @property
    def mean(self) -> np.ndarray:
        """Float32 [C]."""
        return np.asarray(self.statistics.mean, np.float32)

    @property
    def std(self) -> np.ndarray:
        """Float32 [C], never 0; as the engine gives it to a model."""
        return np.maximum(self.statistics.std, 1e-3).astype(np.float32)


@dataclass(frozen=True)
class ScenePatches:
    """Patches of a scene.

    Attributes:
        windows: Where they lie; those at the edge are filled up with its reflection.
        images: Float32 [N, C, H, W], physical units.
        valid: Where there are data, inside the raster, bool [N, H, W].
    """

    windows: list[Window]
    images: np.ndarray
    valid: np.ndarray

    def __len__(self) -> int:
        return len(self.windows)


def open_scene(
    path: str, dem: str | None, band_mapping: str, card: ModelCard, warn: Warn, cancelled: Check
) -> Scene:
    """Open a stack for a model.

    Raises:
        LandslipError: As for `detect`.
    """
    stack = open_stack(path, dem, band_mapping)
    stack.require_bands(card.bands, f"The model {card.name}")
    stack, sample = as_models_read(stack, card.bands, None, warn, cancelled)
    return Scene(stack, statistics_of(sample, card.bands), card.patch_size)


def scene_windows(
    scene: Scene, most: int, rng: np.random.Generator, wanted: Sequence[Window] = ()
) -> list[Window]:
    """Windows side by side that cover a scene; of a large one so many, chosen at random.

    Those that meet a block of ``wanted`` come first.
    """
    size = scene.side
    windows = [Window(w.row, w.col, size, size) for w in regions(scene.stack.grid.area, size)]
    if len(windows) <= most:
        return windows
    first = np.array([any(_meet(window, block) for block in wanted) for window in windows])
    order = rng.permutation(len(windows))
    chosen = order[np.argsort(~first[order], kind="stable")][:most]
    return [windows[i] for i in np.sort(chosen)]


def _meet(one: Window, other: Window) -> bool:
    return (
        one.row < other.row_stop
        and other.row < one.row_stop
        and one.col < other.col_stop
        and other.col < one.col_stop
    )


def read_patches(
    scene: Scene, windows: Sequence[Window], progress: Progress, cancelled: Check
) -> ScenePatches:
    """Read the windows that have data.

    Raises:
        RasterError: None has.
        Cancelled: The user stopped the run.
    """
    images, valid, kept = [], [], []
    with StackReader(scene.stack, scene.statistics.bands) as reader:
        for number, window in enumerate(windows):
            if cancelled():
                raise Cancelled("Stopped while reading the scene. Nothing was written.")
            image, known = reader.read(window)
            known &= _inside(window, scene)
            if known.mean() >= LEAST_VALID or (len(windows) == 1 and known.any()):
                images.append(np.nan_to_num(image))
                valid.append(known)
                kept.append(window)
            progress((number + 1) / len(windows), "")
    if not kept:
        raise RasterError(
            f"No patch of {scene.side} x {scene.side} pixels of {scene.stack.path} has data in "
            "half of its pixels. Give a larger scene."
        )
    return ScenePatches(kept, np.stack(images), np.stack(valid))


def _inside(window: Window, scene: Scene) -> np.ndarray:
    """Whether the pixels of a window lie in the raster, bool [h, w]."""
    rows = np.arange(window.row, window.row_stop)
    cols = np.arange(window.col, window.col_stop)
    grid = scene.stack.grid
    return np.logical_and.outer(
        (rows >= 0) & (rows < grid.height), (cols >= 0) & (cols < grid.width)
    )


def probabilities(
    model: Model,
    scene: Scene,
    windows: Sequence[Window],
    progress: Progress,
    cancelled: Check,
) -> np.ndarray:
    """What a model says of windows, each seen with what surrounds it, float32 [N, H, W].

    Raises:
        Cancelled: The user stopped the run.
    """
    answers = []
    inside = slice(MARGIN, MARGIN + scene.side)
    with StackReader(scene.stack, scene.statistics.bands) as reader:
        for start in range(0, len(windows), BATCH):
            if cancelled():
                raise Cancelled("Stopped while detecting. Nothing was written.")
            some = windows[start : start + BATCH]
            images = np.stack(
                [np.nan_to_num(reader.read(window.grown(MARGIN))[0]) for window in some]
            )
            answers.append(model.run(images, scene.statistics)[:, inside, inside])
            progress((start + len(some)) / len(windows), "")
    return np.concatenate(answers)


def labels_of(read: ReadLabels, patches: ScenePatches) -> np.ndarray:
    """Labels of patches uint8 [N, H, W]; 255 where there are no data."""
    labels = np.stack([read(window) for window in patches.windows])
    return np.where(patches.valid, labels, np.uint8(UNKNOWN))
