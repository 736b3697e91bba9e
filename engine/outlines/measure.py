"""Measure an inventory of polygons on a DEM and a probability raster, in one pass over both.

The rasters are read in blocks that hold landslides; in each block the polygons are drawn as
labels, and all are counted at once. Polygons that overlap are drawn in turns. No raster is read
for a single polygon, so that a hundred thousand take minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import Cancelled
from ..inventory.confidence import confidence_hint
from ..inventory.event import EventFacts, with_facts
from ..inventory.fields import DEM, FIELDS, OUTLINE, PROBABILITY, UNREVIEWED
from ..inventory.polygons import box_of, geojson, in_crs
from ..inventory.table import Table
from ..inventory.wkb import Polygon, polygons_of
from ..models.probability import open_probability, read_probability, read_spread
from ..raster.elevation import DemSource, Elevation
from ..raster.grid import Grid
from ..raster.reading import bounded_cache, open_raster
from ..raster.tiling import Window, regions
from .morphometry import morphometry, nearest_neighbours
from .pixel_statistics import Layers, PixelStatistics, concatenated, statistics_of

#: Side of a block, pixels.
BLOCK = 1024

#: Polygons narrower than this count all pixels that they touch, others those whose centre is in
#: them: else a thin one would have no pixel at all. Pixels.
NARROW = 2.0


@dataclass(frozen=True)
class MeasureRequest:
    """What to measure on.

    Attributes:
        dem: DEM raster of any CRS and resolution, or None.
        probability: Probability raster, or None. Its grid is used, else the DEM's.
        event: What holds for all landslides (`event.with_facts`).
    """

    dem: str | None = None
    probability: str | None = None
    event: EventFacts = field(default_factory=EventFacts)


def measure(
    table: Table,
    request: MeasureRequest,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    warn: Callable[[str], None] | None = None,
    block: int = BLOCK,
) -> Table:
    """Give an inventory the measured fields of `inventory.FIELDS`.

    Fields for which there is no source (no DEM, say) keep the values they had.

    Args:
        table: The inventory.
        request: What to measure on.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked between blocks.
        warn: Called with each sentence that the user should see.
        block: Side of the blocks, pixels.

    Returns:
        The inventory with all columns of `inventory.FIELDS` first, then its own.

    Raises:
        RasterError: The DEM or the probability raster cannot be used.
        Cancelled: The user stopped the run.
    """
    table = table.with_ids()
    grid = _grid(table, request)
    shapes = in_crs([polygons_of(record.wkb) for record in table.records], table.crs, grid.crs)
    shapes = [[[grid.to_pixels(ring) for ring in rings] for rings in shape] for shape in shapes]
    with _Rasters(request, grid) as rasters:
        statistics = _counted(shapes, rasters, block, progress, cancelled)
    measured = morphometry(shapes, grid, statistics)
    _complete(measured, shapes, statistics, grid, request)
    if warn and (request.dem or request.probability):
        _warn_of_unseen(measured, warn)
    sources = {OUTLINE}
    sources |= {DEM} if request.dem else set()
    sources |= {PROBABILITY} if request.probability else set()
    return with_facts(
        _with_fields(table, measured, sources), request.event, warn or (lambda _: None)
    )


def _grid(table: Table, request: MeasureRequest) -> Grid:
    if request.probability:
        return open_probability(request.probability).grid
    if request.dem:
        with open_raster(request.dem) as dataset:
            return Grid.of(dataset, request.dem)
    # Without a raster, map units serve as pixels; nothing is counted.
    return Grid(table.crs, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 1, 1)


class _Rasters:
    """The DEM and the probability raster on one grid, as far as there are any."""

    def __init__(self, request: MeasureRequest, grid: Grid) -> None:
        self.grid = grid
        self.any = bool(request.dem or request.probability)
        self._path = request.probability or ""
        self._has_spread = bool(self._path) and open_probability(self._path).has_spread
        with ExitStack() as files:
            self._terrain = self._probability = None
            if request.dem:
                elevation = Elevation([DemSource(request.dem)], grid)
                self._terrain = files.enter_context(closing(elevation))
            if self._path:
                self._probability = files.enter_context(open_raster(self._path))
            self._files = files.pop_all()

    def __enter__(self) -> _Rasters:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def read(self, window: Window) -> tuple[Layers, np.ndarray]:
        """The layers of a window, and where its probability is known."""
        relief = self._terrain.read_relief(window) if self._terrain else None
        if self._probability is None:
            return Layers(relief=relief), np.ones((window.height, window.width), bool)
        probability, valid = read_probability(self._probability, window, self._path)
        spread = None
        if self._has_spread:
            spread = read_spread(self._probability, window, self._path)
        return Layers(probability=probability, spread=spread, relief=relief), valid


def _counted(
    shapes: list[list[Polygon]],
    rasters: _Rasters,
    block: int,
    progress: Callable[[float, str], None] | None,
    cancelled: Callable[[], bool] | None,
) -> PixelStatistics:
    """Statistics of the pixels of each shape."""
    boxes: np.ndarray = np.array([box_of(shape) for shape in shapes]).reshape(-1, 4)
    # In whole pixels: two that share no box share no pixel, however they are drawn.
    boxes = np.column_stack((np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])))
    numbers = [np.zeros(0, dtype=int)]
    parts = [statistics_of(np.zeros((1, 1), int), 0, (0, 0), Layers())]
    windows = list(regions(rasters.grid.area, block)) if rasters.any else []
    for done, window in enumerate(windows, start=1):
        if cancelled and cancelled():
            raise Cancelled("Stopped while measuring. Nothing was written.")
        near = np.flatnonzero(_meets(boxes, window))
        if len(near):
            with bounded_cache():
                layers, valid = rasters.read(window)
            for mine in _turns(boxes[near]):
                labels = _drawn([shapes[i] for i in near[mine]], window)
                origin = (window.row, window.col)
                numbers.append(near[mine])
                parts.append(statistics_of(labels * valid, len(mine), origin, layers))
        if progress:
            progress(done / len(windows), "")
    return concatenated(parts).joined(np.concatenate(numbers), len(shapes))


def _meets(boxes: np.ndarray, window: Window) -> np.ndarray:
    """Which boxes (first col, first row, last col, last row) [n, 4] meet a window."""
    return np.asarray(
        (boxes[:, 0] < window.col_stop)
        & (boxes[:, 2] > window.col)
        & (boxes[:, 1] < window.row_stop)
        & (boxes[:, 3] > window.row)
    )


def _turns(boxes: np.ndarray) -> Iterator[np.ndarray]:
    """Sets of boxes that do not overlap each other, all of them together; greedily few."""
    first, last = boxes[:, None, :2], boxes[:, None, 2:]
    apart = (first >= last.transpose(1, 0, 2)) | (last <= first.transpose(1, 0, 2))
    overlap = np.logical_not(apart.any(axis=2))
    turn = np.full(len(boxes), -1)
    for i in range(len(boxes)):
        taken = set(turn[:i][overlap[i, :i]].tolist())
        turn[i] = next(number for number in range(i + 1) if number not in taken)
    for number in range(int(turn.max()) + 1):
        yield np.flatnonzero(turn == number)


def _drawn(shapes: list[list[Polygon]], window: Window) -> np.ndarray:
    """Labels 1, 2, ... of shapes in pixel coordinates, int32 [height, width]."""
    features = require("rasterio.features", "rasterio")
    affine = require("affine", "rasterio").Affine
    labels = np.zeros((window.height, window.width), dtype=np.int32)
    for narrow in (False, True):
        chosen = [
            (geojson(shape), label)
            for label, shape in enumerate(shapes, start=1)
            if _is_narrow(shape) == narrow
        ]
        if chosen:
            features.rasterize(
                chosen,
                out=labels,
                transform=affine.translation(window.col, window.row),
                all_touched=narrow,
            )
    return labels


def _is_narrow(shape: list[Polygon]) -> bool:
    first_col, first_row, last_col, last_row = box_of(shape)
    return min(last_col - first_col, last_row - first_row) < NARROW


def _complete(
    measured: list[dict[str, Any]],
    shapes: list[list[Polygon]],
    statistics: PixelStatistics,
    grid: Grid,
    request: MeasureRequest,
) -> None:
    """Add what needs more than one landslide or the grid."""
    lon, lat = (np.array([values[name] for values in measured]) for name in ("lon", "lat"))
    without = statistics.sum("terrain") < statistics.sum("pixels") if request.dem else None
    for i, distance in enumerate(nearest_neighbours(lon, lat)):
        first_col, first_row, last_col, last_row = box_of(shapes[i])
        leaves = min(first_col, first_row) < 0 or last_col > grid.width or last_row > grid.height
        raster = request.dem or request.probability
        unknown = without is not None and bool(without[i])
        measured[i].update(
            neighb_m=distance,
            touches_edge=int(leaves or unknown) if raster else None,
            conf_hint=confidence_hint(measured[i]["prob_mean"]),
        )


def _warn_of_unseen(measured: list[dict[str, Any]], warn: Callable[[str], None]) -> None:
    unseen = sum(values["pixel_count"] == 0 for values in measured)
    if unseen:
        warn(
            f"{unseen} of {len(measured)} landslides lie outside of the rasters: their fields from "
            "the DEM and the probability stay empty. Give rasters of the whole inventory to fill "
            "them."
        )


def _with_fields(table: Table, measured: list[dict[str, Any]], sources: set[str]) -> Table:
    """The table with all fields of an inventory, those of ``sources`` as measured."""
    names = {field.name for field in FIELDS}
    new = {field.name for field in FIELDS if field.source in sources} - {"id"}
    columns = {field.name: field.kind for field in FIELDS}
    columns.update((k, kind) for k, kind in table.columns.items() if k.lower() not in names)
    records = []
    for record, values in zip(table.records, measured):
        # Layers tell no upper from lower case: Trigger is the field trigger.
        had = {k.lower(): value for k, value in record.values.items()}
        known = {k: _cast(had.get(k.lower()), kind) for k, kind in columns.items()}
        known.update((name, values.get(name)) for name in new)
        known["review_status"] = known["review_status"] or UNREVIEWED
        records.append(replace(record, values=known))
    return replace(table, columns=columns, records=tuple(records))


def _cast(value: Any, kind: type) -> Any:
    """A value as the column's type; None where that cannot be."""
    try:
        return None if value is None else kind(value)
    except ValueError:
        return None
