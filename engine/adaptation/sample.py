"""The pixels that a model is adapted on, and what it says of them: their logits and features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import Cancelled, ModelError
from ..common.hooks import Check, Progress
from ..models.card import ModelCard
from ..models.stitch import blending_weights
from ..raster.grid import Grid
from ..raster.tiling import Lattice, Window
from ..stack.reader import Stack, StackReader
from ..stack.scene import SceneStatistics
from .graph import SCALES, Graph
from .labels import BORDER, LANDSLIDE, STOPPED, UNKNOWN, DrawnLabels

#: Most labelled pixels, of landslides, of their borders (where most mistakes lie) and other ground.
_LANDSLIDES, _BORDERS, _OTHERS = 5_000, 4_000, 8_000
#: Landslides up to which each has a pixel in the sample, however small it is beside the others: how
#: many there are decides how far a model moves.
_EACH = 200
#: Most pixels kept of a block, and of all blocks, before that.
_A_BLOCK, _IN_MEMORY = 20_000, 200_000
#: Places all over the scene, and as many among the labels; how many pixels of each, and the
#: probability from which a pixel is not quiet. Quiet ones hold a model to what it rightly leaves
#: alone.
_PLACES, _A_PLACE, QUIET = 40, 300, 0.05
#: Pixels around the labelled landslides in which their mapper looked, too.
_MARGIN = 32.0
_BATCH = 8


@dataclass(frozen=True)
class Pixels:
    """Places of pixels, and what is known of them; arrays [n].

    Attributes:
        rows: Row.
        cols: Column.
        labels: One of `labels.LANDSLIDE`, `NOT`, `NEAR`, `BORDER`, or `UNKNOWN` for the scene at
            large.
        owners: Number of the landslide, from 1; 0 for none.
        weights: How many pixels of the ground each stands for.
    """

    rows: np.ndarray
    cols: np.ndarray
    labels: np.ndarray
    owners: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, which: np.ndarray) -> Pixels:
        """Some of them."""
        return Pixels(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def joined(parts: Sequence[Pixels]) -> Pixels:
    """Pixels one after the other."""
    names = Pixels.__dataclass_fields__
    return Pixels(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def labelled_pixels(drawn: DrawnLabels, rng: np.random.Generator, cancelled: Check) -> Pixels:
    """A sample of the labelled pixels, which stands for all of them."""
    kinds = _LANDSLIDES, _BORDERS, _OTHERS
    pools = [_Pool(rng) for _ in kinds]
    for block in drawn.blocks():
        if cancelled():
            raise Cancelled(STOPPED)
        labels, owners = drawn.read(block)
        slides, border = labels == LANDSLIDE, labels == BORDER
        others = ~slides & ~border & (labels != UNKNOWN)
        for pool, wanted in zip(pools, (slides, border, others)):
            pool.add(block, labels, owners, wanted)
    return joined(
        [_thinned(joined(pool.parts), most, rng) for pool, most in zip(pools, kinds) if pool.parts]
    )


class _Pool:
    """Pixels of one kind, of which no more are kept than fit into memory."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.parts: list[Pixels] = []
        self._rng = rng

    def add(
        self, block: Window, labels: np.ndarray, owners: np.ndarray, wanted: np.ndarray
    ) -> None:
        """Add the wanted pixels of a block."""
        rows, cols = np.nonzero(wanted)
        if not len(rows):
            return
        some = Pixels(
            rows + block.row, cols + block.col, labels[wanted], owners[wanted], np.ones(len(rows))
        )
        self.parts.append(_thinned(some, _A_BLOCK, self._rng))
        if sum(map(len, self.parts)) > 2 * _IN_MEMORY:
            self.parts = [_thinned(joined(self.parts), _IN_MEMORY, self._rng)]


def _thinned(pixels: Pixels, most: int, rng: np.random.Generator) -> Pixels:
    """At most so many pixels of one weight, and those of `_with_each`, for the same ground."""
    if len(pixels) <= most:
        return pixels
    total = pixels.weights.sum()
    kept = rng.choice(len(pixels), most, replace=False, p=pixels.weights / total)
    some = pixels.at(np.sort(kept))
    weights = np.full(most, total / most)
    return _with_each(replace(some, weights=weights), pixels)


def _with_each(kept: Pixels, every: Pixels) -> Pixels:
    """Pixels that were kept, and one of each landslide of which none was, if those are few."""
    numbers, first, place = np.unique(every.owners, return_index=True, return_inverse=True)
    lost = ~np.isin(numbers, kept.owners)
    if len(numbers) > _EACH or not lost.any():
        return kept
    ground = np.bincount(place.ravel(), every.weights)
    left = kept.weights * (ground[~lost].sum() / ground.sum())
    return joined(
        [replace(kept, weights=left), replace(every.at(first[lost]), weights=ground[lost])]
    )


def scene_pixels(
    grid: Grid, lattice: Lattice, landslides: Pixels, rng: np.random.Generator
) -> Pixels:
    """Pixels of places all over the scene, and of more among the landslides; nothing is known."""
    every = lattice.patches(grid.area)
    middles = np.array([(p.row + p.height / 2, p.col + p.width / 2) for p in every])
    inside = np.flatnonzero(_inside(middles, hull_of(landslides)))
    chosen = {
        int(index)
        for some in (np.arange(len(every)), inside)
        for index in rng.choice(some, min(_PLACES, len(some)), replace=False)
    }
    rows, cols = [], []
    for patch in (every[index] for index in sorted(chosen)):
        rows.append(rng.integers(max(0, patch.row), min(grid.height, patch.row_stop), _A_PLACE))
        cols.append(rng.integers(max(0, patch.col), min(grid.width, patch.col_stop), _A_PLACE))
    flat = np.unique(np.concatenate(rows) * grid.width + np.concatenate(cols))
    row, col = np.divmod(flat, grid.width)
    nothing = np.full(len(flat), UNKNOWN, np.uint8)
    return Pixels(row, col, nothing, np.zeros(len(flat), np.int32), np.ones(len(flat)))


def hull_of(landslides: Pixels) -> np.ndarray:
    """The convex hull of landslides and of some ground around them, as half-planes [m, 3]."""
    return np.asarray(_hull(landslides).equations)


def share_of(landslides: Pixels, grid: Grid) -> float:
    """How much of a raster their hull takes, 0..1."""
    return min(float(_hull(landslides).volume) / (grid.height * grid.width), 1.0)


def _hull(landslides: Pixels) -> Any:
    spatial = require("scipy.spatial", "scipy")
    points = np.column_stack([landslides.rows, landslides.cols]).astype(float)
    corners = _MARGIN * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    return spatial.ConvexHull((points[:, None] + corners).reshape(-1, 2))


def in_hull(pixels: Pixels, hull: np.ndarray) -> np.ndarray:
    """Which pixels lie in a hull, bool [n]."""
    return _inside(np.column_stack([pixels.rows, pixels.cols]).astype(float), hull)


def _inside(points: np.ndarray, hull: np.ndarray) -> np.ndarray:
    return np.asarray((points @ hull[:, :2].T + hull[:, 2] <= 0).all(axis=1))


@dataclass(frozen=True)
class Said:
    """What a model says of pixels.

    Attributes:
        logits: Of landslide, float32 [n].
        features: One array [n, K] for each feature map of `names`.
        names: The maps' names in the graph.
        valid: Whether the image has data there, bool [n].
    """

    logits: np.ndarray
    features: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    valid: np.ndarray

    def at(self, which: np.ndarray) -> Said:
        """Of some of the pixels."""
        features = tuple(each[which] for each in self.features)
        return Said(self.logits[which], features, self.names, self.valid[which])

    @property
    def table(self) -> np.ndarray:
        """All features side by side, float32 [n, sum of K]."""
        return np.concatenate(self.features, axis=1)


class FeatureReader:
    """Runs a model on the patches around pixels, and keeps its features there.

    Features of overlapping patches are blended as probabilities are (`models.stitch`), so that
    the logit of blended features is that of the probability raster to about 0.001.

    Args:
        graph: The model's graph.
        card: Its card.
        threads: Of the processor; 0 for all.
    """

    def __init__(self, graph: Graph, card: ModelCard, threads: int = 0) -> None:
        ort = require("onnxruntime")
        options = ort.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads
        self._names = (graph.ending.head, *graph.ending.maps)
        content = graph.with_outputs(self._names)
        providers = ["CPUExecutionProvider"]
        self._session = ort.InferenceSession(content, options, providers=providers)
        self._graph, self._card = graph, card
        self._lattice = Lattice.from_overlap(card.patch_size, card.overlap)

    @property
    def lattice(self) -> Lattice:
        """Where the patches lie."""
        return self._lattice

    def read(
        self,
        stack: Stack,
        statistics: SceneStatistics,
        pixels: Pixels,
        progress: Progress,
        cancelled: Check,
    ) -> Said:
        """What the model says of pixels.

        Raises:
            ModelError: The model's maps do not fit its patches.
            Cancelled: The user stopped the run.
        """
        patches = _around(pixels, self._lattice)
        count = len(pixels)
        total = np.zeros(count, np.float32)
        sums: list[np.ndarray] = []
        names: tuple[str, ...] = ()
        valid = np.zeros(count, bool)
        blend = blending_weights(self._lattice.patch).astype(np.float32)
        done = 0
        with StackReader(stack, self._card.bands) as reader:
            for batch in _batches(patches):
                if cancelled():
                    raise Cancelled(STOPPED)
                said, kept, valid_here = self._run(reader, statistics, [p for p, _ in batch])
                if not sums:
                    names = kept
                    sums = [np.zeros((count, m.shape[1]), np.float32) for m in said]
                for number, (patch, inside) in enumerate(batch):
                    rows, cols = pixels.rows[inside] - patch.row, pixels.cols[inside] - patch.col
                    weight = blend[rows] * blend[cols]
                    total[inside] += weight
                    valid[inside] = valid_here[number][rows, cols]
                    for place, layer in zip(sums, said):
                        values = at_pixels(layer[number], rows, cols, self._lattice.patch)
                        place[inside] += weight[:, None] * values
                done += len(batch)
                progress(done / len(patches), "")
        means = [each / total[:, None] for each in sums]
        ending = self._graph.ending
        logits = ending.slope * means[0][:, 0] + ending.offset
        return Said(logits, tuple(means[1:]), names, valid)

    def _run(
        self, reader: StackReader, statistics: SceneStatistics, patches: Sequence[Window]
    ) -> tuple[list[np.ndarray], tuple[str, ...], np.ndarray]:
        """The head and the maps, the maps' names, and which pixels have data."""
        values, valid = read_patches(reader, patches, statistics)
        inputs = {"stack": values}
        if self._card.normalisation == "scene":
            inputs["mean"] = np.asarray(statistics.mean, np.float32)
            inputs["std"] = np.maximum(statistics.std, 1e-3).astype(np.float32)
        found = self._session.run(list(self._names), inputs)
        side = self._lattice.patch
        if found[0].shape[2:] != (side, side):
            raise ModelError(
                f"The model {self._card.name} gives {found[0].shape[2:]} for patches of {side} "
                "pixels before it crops them; such a model cannot be adapted."
            )
        kept: dict[int, tuple[str, np.ndarray]] = {}
        for name, layer in zip(self._names[1:], found[1:]):
            scale = side / layer.shape[2]
            if layer.shape[2] == layer.shape[3] and scale in SCALES:
                kept.setdefault(int(scale), (name, layer))
        names = tuple(name for name, _ in kept.values())
        return [found[0], *(layer for _, layer in kept.values())], names, valid


def read_patches(
    reader: StackReader, patches: Sequence[Window], statistics: SceneStatistics
) -> tuple[np.ndarray, np.ndarray]:
    """Patches [N, C, S, S] whose gaps hold the scene's mean, and where data are, bool [N, S, S]."""
    values, valid = zip(*(reader.read(patch) for patch in patches))
    for value, there in zip(values, valid):
        for layer, mean in zip(value, statistics.mean):
            layer[~there] = mean
    return np.stack(values), np.stack(valid)


def at_pixels(maps: np.ndarray, rows: np.ndarray, cols: np.ndarray, side: int) -> np.ndarray:
    """Maps [K, h, h] of a patch at some of its pixels, float32 [n, K], as the added layer has them.

    Bilinear, with pixels as areas (``half_pixel`` of ONNX).
    """
    small = maps.shape[1]
    if small == side:
        return maps[:, rows, cols].T
    values = np.zeros((len(rows), maps.shape[0]), np.float32)
    for row, share in _neighbours(rows, small, side):
        for col, part in _neighbours(cols, small, side):
            values += (share * part)[:, None] * maps[:, row, col].T
    return values


def _neighbours(places: np.ndarray, small: int, large: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Both neighbours of places of a large axis on a small one, each with its share."""
    place = np.clip((places + 0.5) * small / large - 0.5, 0, small - 1)
    low = np.floor(place).astype(int)
    share = (place - low).astype(np.float32)
    return [(low, 1 - share), (np.minimum(low + 1, small - 1), share)]


def _around(pixels: Pixels, lattice: Lattice) -> list[tuple[Window, np.ndarray]]:
    """The patches that pixels lie in, row by row, each with the numbers of its pixels."""
    cells: dict[tuple[int, int], list[int]] = {}
    for index, (row, col) in enumerate(zip(pixels.rows.tolist(), pixels.cols.tolist())):
        cells.setdefault((row // lattice.patch, col // lattice.patch), []).append(index)
    found: dict[Window, list[np.ndarray]] = {}
    for (row, col), numbers in cells.items():
        cell = Window(row * lattice.patch, col * lattice.patch, lattice.patch, lattice.patch)
        members = np.array(numbers)
        for patch in lattice.patches(cell):
            rows, cols = pixels.rows[members], pixels.cols[members]
            inside = (rows >= patch.row) & (rows < patch.row_stop)
            inside &= (cols >= patch.col) & (cols < patch.col_stop)
            if inside.any():
                found.setdefault(patch, []).append(members[inside])
    order = sorted(found, key=lambda patch: (patch.row, patch.col))
    return [(patch, np.concatenate(found[patch])) for patch in order]


def _batches(
    patches: list[tuple[Window, np.ndarray]],
) -> Iterator[list[tuple[Window, np.ndarray]]]:
    for start in range(0, len(patches), _BATCH):
        yield patches[start : start + _BATCH]
