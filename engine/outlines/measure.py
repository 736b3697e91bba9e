"""Measure an inventory of polygons on a DEM and a probability raster, in one pass over both.

The rasters are read in blocks that hold landslides; in each block the polygons are drawn as
labels, and all are counted at once. Polygons that overlap are drawn in turns. No raster is read
for a single polygon, so that a hundred thousand take minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..common.errors import Cancelled
from ..inventory.confidence import confidence_hint
from ..inventory.event import EventFacts, with_facts
from ..inventory.fields import DEM, FIELDS, OUTLINE, PROBABILITY, UNREVIEWED
from ..inventory.polygons import box_of, in_crs
from ..inventory.table import Table
from ..inventory.wkb import Polygon, polygons_of
from ..models.probability import open_probability, read_probability, read_spread
from ..raster.elevation import DemSource, Elevation
from ..raster.grid import Grid
from ..raster.reading import bounded_cache, open_raster
from ..raster.tiling import Window, regions
from .labels import boxes_of, drawn, meets, turns
from .morphometry import morphometry, nearest_neighbours
from .pixel_statistics import Layers, PixelStatistics, concatenated, statistics_of

#: Side of a block, pixels.
BLOCK = 1024


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
    boxes = boxes_of(shapes)
    numbers = [np.zeros(0, dtype=int)]
    parts = [statistics_of(np.zeros((1, 1), int), 0, (0, 0), Layers())]
    windows = list(regions(rasters.grid.area, block)) if rasters.any else []
    for done, window in enumerate(windows, start=1):
        if cancelled and cancelled():
            raise Cancelled("Stopped while measuring. Nothing was written.")
        near = np.flatnonzero(meets(boxes, window))
        if len(near):
            with bounded_cache():
                layers, valid = rasters.read(window)
            for mine in turns(boxes[near]):
                labels = drawn([shapes[i] for i in near[mine]], window)
                origin = (window.row, window.col)
                numbers.append(near[mine])
                parts.append(statistics_of(labels * valid, len(mine), origin, layers))
        if progress:
            progress(done / len(windows), "")
    return concatenated(parts).joined(np.concatenate(numbers), len(shapes))


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
