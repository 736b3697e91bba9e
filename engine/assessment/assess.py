"""How a detection compares with a reference: pixels, whole landslides, and a map of both.

Each side is an inventory of polygons or a raster. Both are read in bands of rows on one grid, so
that memory does not grow with the raster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Union

import numpy as np

from ..common.errors import Cancelled, ParameterError, RasterError
from ..common.output import check_geotiff
from ..inventory.polygons import Outlines
from ..inventory.run_facts import Facts, run_facts
from ..models.probability import open_probability
from ..raster.geotiff import Layout, geotiff
from ..raster.grid import Grid
from ..raster.reading import bounded_cache
from ..raster.tiling import Window
from .curves import ProbabilityCounts
from .footprint import Pixels, PolygonFootprint, RasterFootprint, grid_around
from .maps import coarser
from .metrics import Confusion, confusion, finite
from .object_scores import MAX_DISTANCE, ObjectCounts, ObjectScores

#: Values of the comparison raster, and its colours: those of the papers' maps.
TRUE_POSITIVE, FALSE_NEGATIVE, FALSE_POSITIVE = 1, 2, 3
COLOURS = {
    TRUE_POSITIVE: (227, 26, 28),
    FALSE_NEGATIVE: (0, 166, 81),
    FALSE_POSITIVE: (31, 95, 255),
}

#: Threshold of a raster that does not know its model's.
USUAL_THRESHOLD = 0.5
#: Pixels read at a time.
BAND_PIXELS = 2_000_000

#: An inventory, or the path of a raster.
Side = Union[Outlines, str]


@dataclass(frozen=True)
class AssessRequest:
    """What to compare.

    Attributes:
        detected: Inventory or probability raster to judge.
        reference: Inventory, or raster of 1 landslide, 0 none, its nodata where unknown.
        threshold: Of the probability raster; None for its model's.
        min_area: Smaller landslides count neither as detected nor as reference, m2. Pixel scores
            include them.
        overlap: Share of a landslide's pixels that makes it found, above 0 to 1.
        pixel_size: Pixels on which two inventories are compared, metres. A raster brings its own.
        judged: Polygons inside of which the reference is complete, or None for everywhere.
        comparison: Where to write the comparison raster, or None.
    """

    detected: Side
    reference: Side
    threshold: float | None = None
    min_area: float = 0.0
    overlap: float = 0.5
    pixel_size: float = 10.0
    judged: Outlines | None = None
    comparison: str | None = None


@dataclass(frozen=True)
class Assessment:
    """The outcome.

    Attributes:
        pixels: Counts over all judged pixels.
        objects: Scores of whole landslides.
        detected_area: Detected area among the judged pixels, m2.
        reference_area: Landslide area of the reference among them, m2.
        judged_area: Area of the judged pixels, m2.
        threshold: Threshold of the detection; None where it is an inventory.
        curves: Counts by probability; None where the detection has no probability.
        grid: Grid of the comparison.
        overview: The comparison at the size of a map, uint8 [height, width].
        overview_grid: Its grid.
        facts: What is known of the runs behind the detection.
    """

    pixels: Confusion
    objects: ObjectScores
    detected_area: float
    reference_area: float
    judged_area: float
    threshold: float | None
    curves: ProbabilityCounts | None
    grid: Grid
    overview: np.ndarray
    overview_grid: Grid
    facts: Facts

    @property
    def area_bias(self) -> float:
        """Detected area over reference area, minus 1; infinite where the reference has none."""
        return _bias(self.detected_area, self.reference_area)

    @property
    def count_bias(self) -> float:
        """Detected landslides over those of the reference, minus 1."""
        return _bias(len(self.objects.detected.area), len(self.objects.reference.area))

    def numbers(self) -> dict[str, float | None]:
        """Every score by its name; None for what is no number, which JSON has no word for."""
        pixels, objects = self.pixels, self.objects
        scores = {
            "PRECISION": pixels.precision,
            "RECALL": pixels.recall,
            "F1": pixels.f1,
            "IOU": pixels.iou,
            "MIOU": pixels.miou,
            "OBJECT_PRECISION": objects.precision,
            "OBJECT_RECALL": objects.recall,
            "BOUNDARY_DISTANCE": objects.boundary_distance,
            "AREA_BIAS": self.area_bias,
            "COUNT_BIAS": self.count_bias,
            "BEST_THRESHOLD": self.curves.best_threshold() if self.curves else math.nan,
        }
        return finite(scores)


def assess(
    request: AssessRequest,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    band_pixels: int = BAND_PIXELS,
) -> Assessment:
    """Compare a detection with a reference.

    Args:
        request: What to compare.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked between bands of rows.
        band_pixels: Pixels read at a time.

    Raises:
        ParameterError: A setting makes no sense, or there is nothing to compare.
        RasterError: A raster cannot be used, or two rasters are not on one grid.
        OutputError: The comparison raster cannot be written, or would overwrite an input.
        Cancelled: The user stopped the run.
    """
    if not 0 < request.overlap <= 1:
        raise ParameterError(
            f"The overlap is {request.overlap:g}; expected a share above 0 and up to 1."
        )
    grid = _common_grid(request)
    threshold = _threshold(request)
    if request.comparison:
        rasters = [side for side in (request.detected, request.reference) if isinstance(side, str)]
        check_geotiff(request.comparison, rasters, "The comparison")
    with ExitStack() as files:
        files.enter_context(bounded_cache())
        detected = _footprint(files, request.detected, grid, threshold, request.min_area)
        reference = _footprint(files, request.reference, grid, USUAL_THRESHOLD, request.min_area)
        judged = PolygonFootprint(request.judged, grid) if request.judged else None
        write = files.enter_context(_comparison(request.comparison, grid))
        tally = _Tally.of(len(detected.areas), len(reference.areas), grid)
        for window, core in _bands(grid, band_pixels):
            if cancelled and cancelled():
                raise Cancelled("Stopped on request. No comparison was written.")
            pair = _Pair.read(detected, reference, judged, window)
            tally.add(pair, grid, window, core)
            values = pair.core(core, window)
            tally.overview.add(values, core)
            write(values, core)
            if progress:
                progress(core.row_stop / grid.height, "")
    return tally.outcome(grid, detected.areas, reference.areas, request, threshold)


def score_detection(probability: str, truth: str, min_area: float) -> Assessment:
    """Compare a probability raster, at its model's threshold, with a reference raster.

    Args:
        probability: Probability raster.
        truth: Reference on the same grid: 1 landslide, 0 none, its nodata where unknown.
        min_area: Smaller connected pixels count neither as detection nor as reference, m2.
    """
    return assess(AssessRequest(probability, truth, min_area=min_area))


@dataclass(frozen=True)
class _Pair:
    """Both sides of one window, and where they can be judged."""

    detected: Pixels
    reference: Pixels
    judged: np.ndarray

    @classmethod
    def read(cls, detected: Any, reference: Any, judged: Any, window: Window) -> _Pair:
        one, other = detected.read(window), reference.read(window)
        valid = one.valid & other.valid
        return cls(one, other, valid & judged.read(window).covered if judged else valid)

    def core(self, core: Window, window: Window) -> np.ndarray:
        """The comparison's values in the window without its margin."""
        inside = core.slices(window.row, window.col)
        found, true = self.detected.covered[inside], self.reference.covered[inside]
        judged = self.judged[inside]
        values = np.zeros(judged.shape, np.uint8)
        values[judged & found & true] = TRUE_POSITIVE
        values[judged & ~found & true] = FALSE_NEGATIVE
        values[judged & found & ~true] = FALSE_POSITIVE
        return values


@dataclass
class _Overview:
    """The comparison made small: of each block of pixels, what most of the marked ones are."""

    grid: Grid
    factor: int
    counts: np.ndarray

    @classmethod
    def of(cls, grid: Grid) -> _Overview:
        small, factor = coarser(grid)
        return cls(small, factor, np.zeros((len(COLOURS), small.height * small.width), np.int64))

    def add(self, values: np.ndarray, core: Window) -> None:
        """Count a window of the comparison."""
        rows, cols = np.nonzero(values)
        place = (rows + core.row) // self.factor * self.grid.width
        place += (cols + core.col) // self.factor
        found = values[rows, cols]
        for number, value in enumerate(COLOURS):
            chosen = place[found == value]
            self.counts[number] += np.bincount(chosen, minlength=self.counts.shape[1])

    def values(self) -> np.ndarray:
        """The values of `COLOURS`, 0 where nothing is marked."""
        most = np.array(list(COLOURS), np.uint8)[self.counts.argmax(axis=0)]
        shape = self.grid.height, self.grid.width
        return np.where(self.counts.any(axis=0), most, np.uint8(0)).reshape(shape)


@dataclass
class _Tally:
    """What has been counted so far."""

    detected: ObjectCounts
    reference: ObjectCounts
    overview: _Overview
    pixels: Confusion = field(default_factory=lambda: Confusion(0, 0, 0, 0))
    curves: ProbabilityCounts | None = None
    area: np.ndarray = field(default_factory=lambda: np.zeros(3))  # detected, reference, judged

    @classmethod
    def of(cls, detected: int, reference: int, grid: Grid) -> _Tally:
        counts = ObjectCounts.of(detected), ObjectCounts.of(reference)
        return cls(*counts, _Overview.of(grid))

    def add(self, pair: _Pair, grid: Grid, window: Window, core: Window) -> None:
        """Count a window; its margin serves distances only."""
        inside = core.slices(window.row, window.col)
        judged = pair.judged[inside]
        found, true = pair.detected.covered[inside], pair.reference.covered[inside]
        self.pixels += confusion(found, true, judged)
        width, height = grid.pixel_size_metres(np.arange(core.row, core.row_stop))
        self.area += [
            (width * height * (part & judged).sum(axis=1)).sum() for part in (found, true, judged)
        ]
        one, other = pair.detected, pair.reference
        # A detection is right where it meets any reference; a reference landslide is found by
        # what the inventory keeps.
        self.detected.add(one, other, other.covered, pair.judged, inside, (height, width))
        self.reference.add(other, one, one.label > 0, pair.judged, inside, (height, width))
        if one.probability is not None:
            counts = ProbabilityCounts.of(one.probability[inside][judged], true[judged])
            self.curves = self.curves + counts if self.curves else counts

    def outcome(
        self,
        grid: Grid,
        detected: np.ndarray,
        reference: np.ndarray,
        request: AssessRequest,
        threshold: float,
    ) -> Assessment:
        """All scores."""
        scores = ObjectScores(
            self.detected.side(detected), self.reference.side(reference), request.overlap
        )
        found, true, judged = (float(area) for area in self.area)
        return Assessment(
            pixels=self.pixels,
            objects=scores,
            detected_area=found,
            reference_area=true,
            judged_area=judged,
            threshold=threshold if isinstance(request.detected, str) else None,
            curves=self.curves,
            grid=grid,
            overview=self.overview.values(),
            overview_grid=self.overview.grid,
            facts=_facts(request.detected),
        )


def _facts(side: Side) -> Facts:
    if isinstance(side, Outlines):
        return side.facts
    known = asdict(open_probability(side).provenance)
    return run_facts({name: [value] for name, value in known.items()})


def _common_grid(request: AssessRequest) -> Grid:
    rasters = [side for side in (request.detected, request.reference) if isinstance(side, str)]
    grids = [open_probability(path).grid for path in rasters]
    if not grids:
        sides = [
            side for side in (request.detected, request.reference) if not isinstance(side, str)
        ]
        return grid_around(sides, request.pixel_size)
    if len(grids) == 2:
        _check_same(rasters[1], *grids)
    return grids[0]


def _check_same(reference: str, detected: Grid, grid: Grid) -> None:
    if (grid.width, grid.height, grid.transform) != (
        detected.width,
        detected.height,
        detected.transform,
    ):
        raise RasterError(
            f"The reference {reference} ({grid.width} x {grid.height} pixels, "
            f"{grid.bounds_text()}) is not on the grid of the detection ({detected.width} x "
            f"{detected.height}, {detected.bounds_text()}). Warp it to that grid, with nearest "
            "neighbour."
        )


def _threshold(request: AssessRequest) -> float:
    if request.threshold is not None:
        return request.threshold
    if isinstance(request.detected, str):
        return open_probability(request.detected).provenance.threshold or USUAL_THRESHOLD
    return USUAL_THRESHOLD


def _footprint(
    files: ExitStack, side: Side, grid: Grid, threshold: float, min_area: float
) -> PolygonFootprint | RasterFootprint:
    if isinstance(side, Outlines):
        return PolygonFootprint(side, grid, min_area)
    footprint = RasterFootprint(side, grid, threshold, min_area)
    files.callback(footprint.close)
    return footprint


def _bands(grid: Grid, band_pixels: int) -> Iterator[tuple[Window, Window]]:
    """Bands of rows with and without the margin that distances need."""
    margin = int(np.ceil(MAX_DISTANCE / float(grid.pixel_size_metres()[1][0])))
    rows = max(1, band_pixels // grid.width)
    for row in range(0, grid.height, rows):
        core = Window(row, 0, min(rows, grid.height - row), grid.width)
        first, stop = max(0, row - margin), min(grid.height, core.row_stop + margin)
        yield Window(first, 0, stop - first, grid.width), core


@contextmanager
def _comparison(target: str | None, grid: Grid) -> Iterator[Callable[[np.ndarray, Window], None]]:
    """A function that writes the values of a window; it does nothing without a target."""
    if target is None:
        yield lambda values, window: None
        return
    layout = Layout(
        grid,
        ("comparison",),
        dtype="uint8",
        nodata=0,
        colours=COLOURS,
        overviews="nearest",
    )
    with geotiff(target, layout) as writer:
        yield lambda values, window: writer.write(window, values[None])


def _bias(part: float, whole: float) -> float:
    return part / whole - 1 if whole else (float("inf") if part else 0.0)
