"""The probabilities of regions: read with their halo; each run patch by patch, blended."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from ..common.background import read_ahead
from ..common.errors import DeviceMemoryError
from ..models.card import ModelCard
from ..models.runs import RunSums
from ..models.runtime import Model
from ..models.stitch import RegionBlender
from ..models.test_time import ORIENTATIONS, Orientation
from ..raster.reading import bounded_cache
from ..raster.tiling import Lattice, Window
from ..stack.reader import Stack, StackReader
from ..stack.scene import SceneStatistics
from .kept import Region

#: Most patches of a scene that devices are tried on.
_TRIED = 8
#: What patches that reach into later regions may take, bytes; what finds no room is run again.
_STRADDLING = 256 * 2**20
#: Which pixels of a region are asked for, bool [height, width]; None for all.
Inside = Callable[[Window], "np.ndarray | None"]


@dataclass(frozen=True)
class Member:
    """How one model of a job runs.

    Attributes:
        bands: What it reads, in its order.
        lattice: Where its patches lie.
        batch_size: Patches a call of it.
    """

    bands: tuple[str, ...]
    lattice: Lattice
    batch_size: int


@dataclass(frozen=True)
class RegionJob:
    """All that the probabilities of a scene's regions depend on, beside the models. Pickles.

    Attributes:
        stack: The scene.
        statistics: The scene's, of all bands that a model reads.
        members: One a model.
        test_time: One of `test_time.TEST_TIME`.
    """

    stack: Stack
    statistics: SceneStatistics
    members: tuple[Member, ...]
    test_time: str

    @property
    def orientations(self) -> tuple[Orientation, ...]:
        """How patches lie, one a run of each model."""
        return ORIENTATIONS[self.test_time]

    def patches(self, region: Window) -> int:
        """On how many patches the runs of a region are, at most."""
        once = sum(len(member.lattice.patches(region)) for member in self.members)
        return once * len(self.orientations)

    def halo_window(self, region: Window) -> Window:
        """The region with the halo that all models' patches need."""
        halos = [member.lattice.halo_window(region) for member in self.members]
        row, col = min(halo.row for halo in halos), min(halo.col for halo in halos)
        row_stop = max(halo.row_stop for halo in halos)
        return Window(row, col, row_stop - row, max(halo.col_stop for halo in halos) - col)


def run_regions(
    job: RegionJob,
    models: Sequence[Model],
    regions: Sequence[Window],
    inside: Inside,
    advance: Callable[[int], None],
    tell: Callable[[str], None],
) -> Generator[tuple[Window, Region, int], None, None]:
    """Run the models on regions, reading the next one meanwhile.

    Args:
        job: What to run.
        models: One a member of the job.
        regions: Where.
        inside: See `Inside`.
        advance: Called with a number of patches before they are run; may raise.
        tell: Called with a sentence when batches become smaller.

    Yields:
        A region, what was found in it, and on how many patches the models ran.
    """
    batches = [BatchSize(member.batch_size, tell) for member in job.members]
    straddling = Straddling(regions)
    with closing(_read_regions(job, regions)) as reading:
        for region, values, valid in reading:
            straddling.begin(region)
            scene = _Scene(job, region, values, valid, inside(region))
            sums = RunSums(scene.known)
            ran = 0
            for number, model in enumerate(models):
                for orientation in job.orientations:
                    run = _Run(scene, number, model, orientation, batches[number], straddling)
                    for count in run.batches():
                        advance(count)
                    sums.add(run.probability())
                    ran += run.ran
            probability, spread, pixels = sums.found()
            yield region, Region(probability, scene.known, spread, pixels), ran


class Straddling:
    """What runs said of patches that reach into regions still to come; none is run twice.

    Large windows would otherwise be run half as often again, and patches a sixth. A batch without
    them gives the others what they get with them, bit by bit, on processors.

    Args:
        regions: In the order in which they are run, row by row.
        room: What they may take, bytes.
    """

    def __init__(self, regions: Sequence[Window], room: int = _STRADDLING) -> None:
        self._room = room
        self._row_stop = max((region.row_stop for region in regions), default=0)
        self._col_stop = max((region.col_stop for region in regions), default=0)
        self._said: dict[tuple[object, Window], np.ndarray] = {}

    def begin(self, region: Window) -> None:
        """Forget what neither this region nor a later one needs."""
        self._region = region
        self._said = {k: said for k, said in self._said.items() if k[1].row_stop > region.row}
        self._taken = sum(said.nbytes for said in self._said.values())

    def get(self, run: object, patch: Window) -> np.ndarray | None:
        """What a run said of a patch; None where that is not known."""
        if self._reaches_on(patch):
            return self._said.get((run, patch))
        said = self._said.pop((run, patch), None)
        self._taken -= 0 if said is None else said.nbytes
        return said

    def keep(self, run: object, patch: Window, said: np.ndarray) -> None:
        """Remember a patch of the present region if a later one may need it."""
        if self._reaches_on(patch) and self._taken + said.nbytes <= self._room:
            self._said[run, patch] = said.copy()  # a view would hold the whole batch
            self._taken += said.nbytes

    def _reaches_on(self, patch: Window) -> bool:
        row_stop = min(patch.row_stop, self._row_stop)
        col_stop = min(patch.col_stop, self._col_stop)
        return row_stop > self._region.row_stop or col_stop > self._region.col_stop


class _Scene:
    """What all runs of a region see.

    Attributes:
        known: Which of the region's pixels have data and are asked for.
    """

    def __init__(
        self,
        job: RegionJob,
        region: Window,
        values: np.ndarray,
        valid: np.ndarray,
        inside: np.ndarray | None,
    ) -> None:
        self.job, self.region = job, region
        self._halo = job.halo_window(region)
        self._valid, self._inside = valid, inside
        # The scene's mean is the most neutral content for pixels that are not there.
        for layer, mean in zip(values, job.statistics.mean):
            layer[~valid] = mean
        self._values = values
        known = valid[self._place(region)]
        self.known = known if inside is None else known & inside

    def values(self, patch: Window, bands: Sequence[int]) -> np.ndarray:
        """Bands [bands, patch, patch] of a patch, by their places."""
        return self._values[(bands, *self._place(patch))]

    def matters(self, patch: Window) -> bool:
        """Whether a patch has data, and pixels that are asked for."""
        if not self._valid[self._place(patch)].any():
            return False
        if self._inside is None:
            return True
        region = self.region
        rows = slice(max(0, patch.row - region.row), max(0, patch.row_stop - region.row))
        cols = slice(max(0, patch.col - region.col), max(0, patch.col_stop - region.col))
        return bool(self._inside[rows, cols].any())

    def _place(self, window: Window) -> tuple[slice, slice]:
        return window.slices(self._halo.row, self._halo.col)


class _Run:
    """One model on the patches of a region, lying one way, blended.

    Attributes:
        ran: On how many patches the model ran.
    """

    def __init__(
        self,
        scene: _Scene,
        number: int,
        model: Model,
        orientation: Orientation,
        batches: BatchSize,
        straddling: Straddling,
    ) -> None:
        self._scene, self._model, self._orientation = scene, model, orientation
        self._batches, self._straddling = batches, straddling
        self._name = number, orientation
        member, statistics = scene.job.members[number], scene.job.statistics
        self._bands = [statistics.bands.index(band) for band in member.bands]
        self._statistics = statistics.of(member.bands)
        self._patches = member.lattice.patches(scene.region)
        self._blender = RegionBlender(scene.region, member.lattice.patch)
        self.ran = 0

    def batches(self) -> Iterator[int]:
        """Work batch by batch; gives the number of patches dealt with, before each batch runs."""
        rest = self._patches
        while rest:
            batch, rest = rest[: self._batches.size], rest[self._batches.size :]
            yield len(batch)
            self._run([patch for patch in batch if self._scene.matters(patch)])

    def probability(self) -> np.ndarray:
        """What it says of the region, float32 [height, width]."""
        return self._blender.probability()

    def _run(self, batch: list[Window]) -> None:
        """Blend the patches in their order, so that a pixel's sum is always that of its region."""
        known = {patch: self._straddling.get(self._name, patch) for patch in batch}
        said = {patch: answer for patch, answer in known.items() if answer is not None}
        said.update(self._said_of([patch for patch in batch if patch not in said]))
        for patch in batch:
            self._blender.add(patch, said[patch])

    def _said_of(self, batch: list[Window]) -> dict[Window, np.ndarray]:
        """What the model says of patches."""
        if not batch:
            return {}
        stacked = np.stack([self._scene.values(patch, self._bands) for patch in batch])
        try:
            probability = self._orientation.run(
                stacked, lambda x: self._model.run(x, self._statistics)
            )
        except DeviceMemoryError:
            if len(batch) < 2:
                raise
            self._batches.halve(len(batch))
            pieces: dict[Window, np.ndarray] = {}
            while batch:
                piece, batch = batch[: self._batches.size], batch[self._batches.size :]
                pieces.update(self._said_of(piece))
            return pieces
        self.ran += len(batch)
        said = dict(zip(batch, probability))
        for patch, answer in said.items():
            self._straddling.keep(self._name, patch, answer)
        return said


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
                    reader = StackReader(job.stack, job.statistics.bands)
                    opened.append(files.enter_context(reader))
            return opened[0].read(job.halo_window(region))

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
