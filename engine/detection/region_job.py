"""The probabilities of regions: read with their halo, run patch by patch, blended."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from ..common.background import read_ahead
from ..common.errors import DeviceMemoryError
from ..models.card import ModelCard
from ..models.runtime import Model
from ..models.stitch import RegionBlender
from ..models.test_time import run_with_test_time
from ..raster.reading import bounded_cache
from ..raster.tiling import Lattice, Window
from ..stack.reader import Stack, StackReader
from ..stack.scene import SceneStatistics
from .kept import Region

#: Most patches of a scene that devices are tried on.
_TRIED = 8
#: Which pixels of a region are asked for, bool [height, width]; None for all.
Inside = Callable[[Window], "np.ndarray | None"]


@dataclass(frozen=True)
class RegionJob:
    """All that the probabilities of a scene's regions depend on, beside the model. Pickles.

    Attributes:
        stack: The scene.
        bands: What the model reads, in its order.
        statistics: The scene's.
        lattice: Where the patches lie.
        test_time: One of `test_time.TEST_TIME`.
        batch_size: Patches a call of the model.
    """

    stack: Stack
    bands: tuple[str, ...]
    statistics: SceneStatistics
    lattice: Lattice
    test_time: str
    batch_size: int


def run_regions(
    job: RegionJob,
    model: Model,
    regions: Sequence[Window],
    inside: Inside,
    advance: Callable[[int], None],
    tell: Callable[[str], None],
) -> Generator[tuple[Window, Region, int], None, None]:
    """Run the model on regions, reading the next one meanwhile.

    Args:
        job: What to run.
        model: The model.
        regions: Where.
        inside: See `Inside`.
        advance: Called with a number of patches before they are run; may raise.
        tell: Called with a sentence when batches become smaller.

    Yields:
        A region, what was found in it, and on how many patches the model ran.
    """
    batches = BatchSize(job.batch_size, tell)
    straddling = Straddling(regions, with_spread=job.test_time != "none")
    with closing(_read_regions(job, regions)) as reading:
        for region, values, valid in reading:
            straddling.begin(region)
            runner = _RegionRunner(
                job, model, region, values, valid, inside(region), batches, straddling
            )
            for count in runner.batches():
                advance(count)
            yield region, runner.found(), runner.ran


#: Probability and spread of a patch, float32 [patch, patch] each.
_Said = tuple[np.ndarray, np.ndarray]


class Straddling:
    """What the model said of patches that reach into regions still to come; none is run twice.

    Large windows would otherwise be run half as often again, and patches a sixth. A batch without
    them gives the others what they get with them, bit by bit, on processors.

    Args:
        regions: In the order in which they are run, row by row.
        with_spread: Whether the spread of several runs is wanted, too.
    """

    def __init__(self, regions: Sequence[Window], with_spread: bool) -> None:
        self._with_spread = with_spread
        self._row_stop = max((region.row_stop for region in regions), default=0)
        self._col_stop = max((region.col_stop for region in regions), default=0)
        self._said: dict[Window, _Said] = {}

    def begin(self, region: Window) -> None:
        """Forget what neither this region nor a later one needs."""
        self._region = region
        self._said = {p: said for p, said in self._said.items() if p.row_stop > region.row}

    def get(self, patch: Window) -> _Said | None:
        """What was said of a patch; None where it has not been run."""
        reaches_on = self._reaches_on(patch)
        return self._said.get(patch) if reaches_on else self._said.pop(patch, None)

    def keep(self, patch: Window, said: _Said) -> None:
        """Remember a patch of the present region if a later one may need it."""
        if self._reaches_on(patch):
            kept = said[0].copy()  # a view would hold the whole batch
            # Where nobody wants a spread, one array stands for both.
            self._said[patch] = kept, said[1].copy() if self._with_spread else kept

    def _reaches_on(self, patch: Window) -> bool:
        row_stop = min(patch.row_stop, self._row_stop)
        col_stop = min(patch.col_stop, self._col_stop)
        return row_stop > self._region.row_stop or col_stop > self._region.col_stop


class _RegionRunner:
    """Runs the model on the patches of one region and blends them."""

    def __init__(
        self,
        job: RegionJob,
        model: Model,
        region: Window,
        values: np.ndarray,
        valid: np.ndarray,
        inside: np.ndarray | None,
        batches: BatchSize,
        straddling: Straddling,
    ) -> None:
        self._job = job
        self._straddling = straddling
        self._batches = batches
        self._model = model
        self._inside = inside
        self._patches = job.lattice.patches(region)
        self._region = region
        self._halo = job.lattice.halo_window(region)
        self._valid = valid
        # The scene's mean is the most neutral content for pixels that are not there.
        for layer, mean in zip(values, job.statistics.mean):
            layer[~valid] = mean
        self._values = values
        self._blender = RegionBlender(region, job.lattice.patch)
        self._spread = None
        if job.test_time != "none":
            self._spread = RegionBlender(region, job.lattice.patch)
        self.ran = 0

    def batches(self) -> Iterator[int]:
        """Work batch by batch; gives the number of patches dealt with, before each batch runs."""
        rest = self._patches
        while rest:
            batch, rest = rest[: self._batches.size], rest[self._batches.size :]
            yield len(batch)
            self._run([patch for patch in batch if self._matters(patch)])

    def _matters(self, patch: Window) -> bool:
        """Whether a patch has data, and pixels that are asked for."""
        if not self._valid[self._place(patch)].any():
            return False
        if self._inside is None:
            return True
        region = self._region
        rows = slice(max(0, patch.row - region.row), max(0, patch.row_stop - region.row))
        cols = slice(max(0, patch.col - region.col), max(0, patch.col_stop - region.col))
        return bool(self._inside[rows, cols].any())

    def _run(self, batch: list[Window]) -> None:
        """Blend the patches in their order, so that a pixel's sum is always that of its region."""
        known = {patch: self._straddling.get(patch) for patch in batch}
        said = {patch: answer for patch, answer in known.items() if answer is not None}
        said.update(self._said_of([patch for patch in batch if patch not in said]))
        for patch in batch:
            probability, spread = said[patch]
            self._blender.add(patch, probability)
            if self._spread:
                self._spread.add(patch, spread)

    def _said_of(self, batch: list[Window]) -> dict[Window, _Said]:
        """What the model says of patches."""
        if not batch:
            return {}
        stacked = np.stack([self._values[(slice(None), *self._place(patch))] for patch in batch])
        try:
            probability, spread = run_with_test_time(
                self._job.test_time, stacked, lambda x: self._model.run(x, self._job.statistics)
            )
        except DeviceMemoryError:
            if len(batch) < 2:
                raise
            self._batches.halve(len(batch))
            pieces: dict[Window, _Said] = {}
            while batch:
                piece, batch = batch[: self._batches.size], batch[self._batches.size :]
                pieces.update(self._said_of(piece))
            return pieces
        self.ran += len(batch)
        said = dict(zip(batch, zip(probability, spread)))
        for patch, answer in said.items():
            self._straddling.keep(patch, answer)
        return said

    def _place(self, patch: Window) -> tuple[slice, slice]:
        return patch.slices(self._halo.row, self._halo.col)

    def found(self) -> Region:
        """The region's probability, its valid pixels, and the spread of runs, if there are some."""
        valid = self._valid[self._place(self._region)]
        if self._inside is not None:
            valid = valid & self._inside
        spread = self._spread.probability() if self._spread else None
        return Region(self._blender.probability(), valid, spread)


def real_batch(stack: Stack, card: ModelCard, statistics: SceneStatistics, size: int) -> np.ndarray:
    """Up to `_TRIED` patches [size, C, H, W] of a scene's middle, whose gaps hold its mean."""
    side, size = card.patch_size, min(size, _TRIED)
    row, col = max(0, stack.grid.height - side) // 2, max(0, stack.grid.width - side * size) // 2
    with StackReader(stack, card.bands) as reader:
        values, valid = reader.read(Window(row, col, side, side * size))
    for layer, mean in zip(values, statistics.mean):
        layer[~valid] = mean
    return np.stack(np.split(values, size, axis=2))


def _read_regions(
    job: RegionJob, regions: Sequence[Window]
) -> Generator[tuple[Window, np.ndarray, np.ndarray], None, None]:
    """Read regions with their halo, always one ahead of the one in work."""
    opened: list[StackReader] = []  # GDAL datasets belong to the thread that opened them
    with ExitStack() as files:

        def read(region: Window) -> tuple[np.ndarray, np.ndarray]:
            if not opened:
                # Without it each file brings an environment, and closing those on another thread
                # would end that of `detect`.
                with bounded_cache():
                    opened.append(files.enter_context(StackReader(job.stack, job.bands)))
            return opened[0].read(job.lattice.halo_window(region))

        with closing(read_ahead(regions, read)) as reading:
            for region, (values, valid) in reading:
                yield region, values, valid


class BatchSize:
    """How many patches a device gets at a time: fewer once its memory was full.

    Args:
        size: To begin with.
        tell: Called with a sentence when it changes.
    """

    def __init__(self, size: int, tell: Callable[[str], None]) -> None:
        self.size, self._tell = size, tell

    def halve(self, tried: int) -> None:
        """From now on, batches have half as many patches as the one that did not fit."""
        self.size = min(self.size, tried // 2)
        self._tell(
            f"The device's memory is too small for {tried} patches; it goes on with {self.size} at "
            "a time."
        )
