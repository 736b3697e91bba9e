"""Patches of a scene that somebody wants a model for, and what the model says of them.

Read by the same path as in detection: the same scaling, the same statistics of the scene.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..engine.adaptation.labels import LANDSLIDE, NEAR, NOT, UNKNOWN, DrawnLabels, Labels
from ..engine.adaptation.sample import QUIET
from ..engine.common.errors import Cancelled, ParameterError, RasterError
from ..engine.common.hooks import Check, Progress, Warn
from ..engine.models.card import ModelCard
from ..engine.models.runtime import Model
from ..engine.raster.tiling import Lattice, Window, regions
from ..engine.stack.reader import Stack, StackReader, open_stack
from ..engine.stack.scene import (
    SceneStatistics,
    looks_like_unit_reflectance,
    scene_sample,
    statistics_of,
    with_unit_reflectance,
)
from ..engine.stack.sunlight import sun_of, with_sun

#: Pixels that a model sees around a patch when it is asked what the patch holds.
MARGIN = 32
#: Share of a patch that must have data.
LEAST_VALID = 0.5
BATCH = 8
#: Most patches around labels, and all over the scene, that a few labels are learnt with.
MOST = 200

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
    if "illumination" in card.bands and stack.number("illumination") is None:
        stack = with_sun(stack, sun_of(None, None), warn, cancelled)
    sample = scene_sample(stack, card.bands, cancelled)
    if looks_like_unit_reflectance(stack, card.bands, sample):
        stack, sample = with_unit_reflectance(stack, card.bands, sample)
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
            images = np.stack([np.nan_to_num(reader.read(_wider(window))[0]) for window in some])
            answers.append(model.run(images, scene.statistics)[:, inside, inside])
            progress((start + len(some)) / len(windows), "")
    return np.concatenate(answers)


def _wider(window: Window) -> Window:
    return Window(
        window.row - MARGIN,
        window.col - MARGIN,
        window.height + 2 * MARGIN,
        window.width + 2 * MARGIN,
    )


def labels_of(read: ReadLabels, patches: ScenePatches) -> np.ndarray:
    """Labels of patches uint8 [N, H, W]; 255 where there are no data."""
    labels = np.stack([read(window) for window in patches.windows])
    return np.where(patches.valid, labels, np.uint8(UNKNOWN))


def labelled_windows(
    scene: Scene, read: ReadLabels, blocks: Iterable[Window], most: int, rng: np.random.Generator
) -> list[Window]:
    """Windows that overlap by half where something is known; those with landslides first.

    Args:
        scene: The scene.
        read: Labels of a window.
        blocks: Parts of the raster in which something is known.
        most: How many windows at most.
        rng: Chooses among too many.
    """
    lattice = Lattice(scene.side, scene.side // 2)
    every = {window for block in blocks for window in lattice.patches(block)}
    slides, others = [], []
    for window in sorted(every, key=lambda each: (each.row, each.col)):
        labels = read(window)
        if (labels == LANDSLIDE).any():
            slides.append(window)
        elif (labels == NOT).any():
            others.append(window)
    slides = [slides[i] for i in np.sort(rng.permutation(len(slides))[:most])]
    others = [others[i] for i in np.sort(rng.permutation(len(others))[: most - len(slides)])]
    return slides + others


def training_material(
    scene: Scene,
    model: Model,
    labels: Labels,
    rng: np.random.Generator,
    progress: Progress,
    cancelled: Check,
) -> tuple[np.ndarray, np.ndarray]:
    """What `fine_tune` learns from a few labels: patches [N, C, H, W] and their labels [N, H, W].

    Ground all over the scene of which the model is sure that it is none counts as none, or a model
    that sees little but landslides finds them everywhere.

    Args:
        scene: The scene.
        model: The model to be trained further.
        labels: What is known of the ground.
        rng: Of all draws.
        progress: Called with the share done.
        cancelled: Asked between pieces of work.

    Raises:
        ParameterError: No label lies on the scene.
        Cancelled: The user stopped the run.
    """
    drawn = DrawnLabels(labels, scene.stack.grid)

    def read(window: Window) -> np.ndarray:
        found = drawn.read(window)[0]
        return np.where(found == NEAR, np.uint8(NOT), found)

    near = labelled_windows(scene, read, drawn.blocks(), MOST, rng)
    if not near:
        raise ParameterError(
            f"No label has a pixel on {scene.stack.path}. Check that they lie on the image, and "
            "their CRS."
        )
    windows = [*near, *scene_windows(scene, MOST, rng)]
    patches = read_patches(scene, windows, lambda share, _: progress(0.3 * share, ""), cancelled)
    known = labels_of(read, patches)
    said = probabilities(
        model,
        scene,
        patches.windows,
        lambda share, _: progress(0.3 + 0.7 * share, ""),
        cancelled,
    )
    quiet = np.float32(min(QUIET, model.card.threshold / 2))
    known[(known == UNKNOWN) & (said < quiet) & patches.valid] = NOT
    return patches.images, known
