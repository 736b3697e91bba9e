"""What a network is trained on when it is adapted: patches around the labels, and their labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..common.errors import Cancelled
from ..common.hooks import Check, Progress
from ..raster.tiling import Window
from ..stack.reader import Stack, StackReader
from ..stack.scene import SceneStatistics
from .labels import BORDER, LANDSLIDE, NEAR, NOT, STOPPED, UNKNOWN, DrawnLabels
from .sample import Pixels, read_patches

#: Most patches with labels, and places of the scene at large whose quiet ground is added.
_LABELLED, _QUIET = 240, 24


@dataclass(frozen=True)
class Material:
    """Patches of a scene, and what is known of them.

    Attributes:
        model: Path of the ONNX file to start from.
        patches: Float32 [N, C, S, S] in physical units.
        labels: Uint8 [N, S, S]: 1 landslide, 0 not, 255 unknown.
        mean: Of the scene's bands, float32 [C].
        std: Likewise.
        blocks: Number of each pixel's block of labels, uint8 [N, S, S].
    """

    model: str
    patches: np.ndarray
    labels: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    blocks: np.ndarray

    def without(self, blocks: np.ndarray) -> Material:
        """The same, with nothing known in some of the blocks."""
        out = np.isin(self.blocks, blocks)
        return replace(self, labels=np.where(out, UNKNOWN, self.labels).astype(np.uint8))


#: Trains a network: material, progress, cancelled -> the bytes of an ONNX file.
Train = Callable[[Material, Progress, Check], bytes]


def collect(
    model: str,
    stack: Stack,
    bands: tuple[str, ...],
    statistics: SceneStatistics,
    drawn: DrawnLabels,
    pixels: Pixels,
    quiet: np.ndarray,
    doubtful: np.ndarray,
    middles: np.ndarray,
    side: int,
    rng: np.random.Generator,
    cancelled: Check,
) -> Material:
    """Read the patches.

    Args:
        model: Path of the model.
        stack: The scene.
        bands: What the model reads.
        statistics: The scene's.
        drawn: The labels.
        pixels: A sample of labelled pixels, and of the scene at large.
        quiet: Which of them the old model is sure to be none [n].
        doubtful: Which are beside a landslide, and landslide for the old model [n].
        middles: Of the blocks of labels [G, 2].
        side: Of a patch, pixels.
        rng: For the choice of patches where there are many.
        cancelled: Asked between patches.

    Raises:
        Cancelled: The user stopped the run.
    """
    places = [
        *_cells(pixels, pixels.labels != UNKNOWN, side, _LABELLED, rng),
        *_cells(pixels, quiet, side, _QUIET, rng),
    ]
    windows = list(dict.fromkeys(Window(row, col, side, side) for row, col in places))
    patches, labels, blocks = [], [], []
    with StackReader(stack, bands) as reader:
        for window in windows:
            if cancelled():
                raise Cancelled(STOPPED)
            values, valid = read_patches(reader, [window], statistics)
            known = _known(drawn, window, valid[0], pixels, quiet, doubtful)
            patches.append(values[0])
            labels.append(known)
            blocks.append(_nearest(window, middles))
    return Material(
        model,
        np.stack(patches),
        np.stack(labels),
        np.asarray(statistics.mean, np.float32),
        np.maximum(statistics.std, 1e-3).astype(np.float32),
        np.stack(blocks),
    )


def _cells(
    pixels: Pixels, which: np.ndarray, side: int, most: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """First row and column of the cells that hold some of the pixels."""
    cells = np.column_stack([pixels.rows[which] // side, pixels.cols[which] // side])
    cells = np.unique(cells, axis=0)
    if len(cells) > most:
        cells = cells[np.sort(rng.choice(len(cells), most, replace=False))]
    return [(int(row) * side, int(col) * side) for row, col in cells]


def _known(
    drawn: DrawnLabels,
    window: Window,
    valid: np.ndarray,
    pixels: Pixels,
    quiet: np.ndarray,
    doubtful: np.ndarray,
) -> np.ndarray:
    """Labels of a patch, with the sample's quiet pixels as ground without landslides."""
    labels, _ = drawn.read(window)
    labels = np.select([labels == NEAR, labels == BORDER], [NOT, UNKNOWN], labels)
    for which, value in ((quiet, NOT), (doubtful, UNKNOWN)):
        rows, cols = pixels.rows[which] - window.row, pixels.cols[which] - window.col
        inside = (rows >= 0) & (rows < window.height) & (cols >= 0) & (cols < window.width)
        at = rows[inside], cols[inside]
        taken = labels[at] == LANDSLIDE
        labels[at] = np.where(taken, LANDSLIDE, value)
    return np.where(valid, labels, UNKNOWN).astype(np.uint8)


def _nearest(window: Window, middles: np.ndarray) -> np.ndarray:
    """Number of the block whose middle is nearest, at each pixel of a window."""
    rows = np.arange(window.row, window.row_stop)[:, None, None] - middles[:, 0]
    cols = np.arange(window.col, window.col_stop)[None, :, None] - middles[:, 1]
    return np.asarray((rows**2 + cols**2).argmin(axis=2), np.uint8)
