"""Inventories from anywhere, read without QGIS: repaired where that is safe, else refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine.common.dependencies import require
from ..engine.common.errors import ParameterError
from ..engine.common.hooks import Warn
from ..engine.inventory.repair import (
    FLATTENED,
    NO_AREA,
    NO_OUTLINE,
    REPAIRED,
    Columns,
    PlaceCheck,
    Repairs,
    without_crs,
    without_polygons,
)
from ..engine.inventory.table import Record, Table
from ..engine.inventory.vector_file import VectorLayer, read_layer
from ..engine.inventory.wkb import polygon_wkb, polygons_of
from .listeners import Listeners

#: Where an outline crosses itself, behind the reason that GEOS gives.
_PLACE = re.compile(r"\[[^\]]*\]$")


def read_inventory(source: str, listeners: Listeners, crs: str = "") -> Table:
    """Read a layer of polygons as an inventory, as `algorithms.inventory_reader` does.

    Outlines that cross themselves are made valid, heights dropped, landslides without an outline
    left out, each with a warning.

    Args:
        source: The file, with ``|layername=...`` where it has several layers of polygons.
        listeners: Get the warnings.
        crs: CRS to bring the outlines into; empty for the layer's own.

    Raises:
        DependencyError: pyogrio or shapely is not installed.
        ParameterError: The layer cannot be read, has no CRS, no polygons, or coordinates that its
            CRS cannot have.
        Cancelled: The user stopped the run.
    """
    layer = read_layer(source, listeners.warn)
    listeners.check()
    repair = _Repair(layer)
    own = _known_crs(layer.table)
    repair.check_places(PlaceCheck(source, _crs_name(layer.table.crs, own), own.is_geographic))
    repair.flatten()
    repair.move(own, crs)
    repair.mend()
    repair.done.tell(listeners.warn)
    listeners.check()
    found = {name: _text_for_dates(kind) for name, kind in layer.table.columns.items()}
    columns = Columns(found)
    records = tuple(
        Record(outline, columns.values(layer.table.records[i].values))
        for i, outline in repair.outlines()
    )
    return Table(source, crs or layer.table.crs, columns.kinds, records)


def raw_inventory(source: str, warn: Warn | None = None) -> tuple[Table, str]:
    """Read a layer as it is; `Record.fault` says what is wrong with an outline.

    Returns:
        The table, and the name of the GDAL driver of its format.

    Raises:
        DependencyError: pyogrio or shapely is not installed.
        ParameterError: It cannot be read.
    """
    layer = read_layer(source, warn, dates_as_texts=True)
    found = layer.table
    records = tuple(
        Record(record.wkb, record.values, _fault(shape, record.wkb))
        for record, shape in zip(found.records, _shapes(layer))
    )
    return Table(source, "" if _is_unknown(found.crs) else found.crs, found.columns, records), (
        layer.driver
    )


def _text_for_dates(kind: type) -> type:
    return kind if kind in (str, int, float) else str


# --- where it is ---------------------------------------------------------------------------------


def _is_unknown(crs: str) -> bool:
    """Whether a CRS says nothing: a GeoPackage has one of its own for what is not known."""
    return not crs or bool(require("pyproj").CRS(crs).is_engineering)


def _known_crs(table: Table) -> Any:
    pyproj = require("pyproj")
    try:
        if not _is_unknown(table.crs):
            return pyproj.CRS(table.crs)
    except pyproj.exceptions.CRSError as err:
        raise ParameterError(
            f"The CRS of {table.name} cannot be understood ({err}); expected one that PROJ knows. "
            "Set it anew (in QGIS, right-click the layer > Layer CRS) and run again."
        ) from err
    raise without_crs(table.name)


def _crs_name(text: str, crs: Any) -> str:
    return text if text.startswith("EPSG:") else str(crs.name)


# --- outlines ------------------------------------------------------------------------------------


class _Repair:
    """Makes the outlines of a layer usable, and remembers what it did.

    Raises:
        ParameterError: Not all of them are polygons.
    """

    def __init__(self, layer: VectorLayer) -> None:
        shapely = require("shapely")
        self.done = Repairs(layer.table.name)
        self._layer = layer
        self._shapes = _shapes(layer)
        _check_kind(layer, self._shapes)
        self._kept = np.arange(len(self._shapes))
        self._leave_out(shapely.is_missing(self._shapes) | shapely.is_empty(self._shapes))

    def _leave_out(self, there: np.ndarray, what: str = NO_OUTLINE) -> None:
        self._note(what, there)
        self._shapes, self._kept = self._shapes[~there], self._kept[~there]

    def _note(self, what: str, there: np.ndarray) -> None:
        for number in self._layer.numbers[self._kept[there]]:
            self.done.note(what, int(number))

    def check_places(self, check: PlaceCheck) -> None:
        """Refuse coordinates that the layer's CRS cannot have.

        Raises:
            ParameterError: There are some.
        """
        shapely = require("shapely")
        points, owners = shapely.get_coordinates(self._shapes, return_index=True)
        boxes = shapely.bounds(self._shapes).reshape(-1, 4)
        boxes[owners[~np.isfinite(points).all(axis=1)]] = np.nan
        for number, box in zip(self._layer.numbers[self._kept], boxes.tolist()):
            check(int(number), tuple(box))

    def flatten(self) -> None:
        """Drop heights. GDAL has made curves straight when it read them, without a word."""
        shapely = require("shapely")
        high = shapely.has_z(self._shapes)
        self._note(FLATTENED, high)
        self._shapes[high] = shapely.force_2d(self._shapes[high])

    def move(self, own: Any, crs: str) -> None:
        """Bring the outlines into another CRS.

        Raises:
            ParameterError: It has no place for them.
        """
        shapely, pyproj = require("shapely"), require("pyproj")
        target = pyproj.CRS(crs) if crs else own
        if own == target:
            return
        change = pyproj.Transformer.from_crs(own, target, always_xy=True).transform
        self._shapes = shapely.transform(
            self._shapes, lambda points: np.column_stack(change(points[:, 0], points[:, 1]))
        )
        if not np.isfinite(shapely.get_coordinates(self._shapes)).all():
            raise ParameterError(
                f"{self.done.name} has outlines where the CRS {target.name} cannot show them; "
                "expected landslides of one place. Check the CRS of both layers."
            )

    def mend(self) -> None:
        """Make valid what is not, and leave out what has no area then."""
        shapely = require("shapely")
        wrong = ~shapely.is_valid(self._shapes)
        self._shapes[wrong] = _array(map(_polygons, shapely.make_valid(self._shapes[wrong])))
        gone = shapely.is_missing(self._shapes)
        self._note(REPAIRED, wrong & ~gone)
        self._leave_out(gone, NO_AREA)

    def outlines(self) -> list[tuple[int, bytes]]:
        """What is left: the place of each in the layer, and its outline."""
        made = require("shapely").to_wkb(self._shapes, byte_order=1)
        return [(int(i), bytes(outline)) for i, outline in zip(self._kept, made)]


def _shapes(layer: VectorLayer) -> np.ndarray:
    """The geometries of a layer [n]; None where there is none."""
    outlines = _array(record.wkb or None for record in layer.table.records)
    shapes = _array(require("shapely").from_wkb(outlines, on_invalid="ignore"))
    for i, wkb in enumerate(outlines):
        if wkb is not None and shapes[i] is None:
            shapes[i] = _closed(wkb)
    return shapes


def _closed(wkb: bytes) -> Any:
    """An outline whose rings a file has not closed; None where that is not what is wrong."""
    shapely = require("shapely")
    try:
        parts = [polygon_wkb(rings) for rings in polygons_of(wkb)]
    except ParameterError:
        return None
    return shapely.multipolygons(shapely.from_wkb(parts)) if parts else None


def _check_kind(layer: VectorLayer, shapes: np.ndarray) -> None:
    others = [shape.geom_type for shape in shapes if shape is not None and not _is_polygon(shape)]
    if others or (len(shapes) and not layer.geometry):
        raise without_polygons(layer.table.name, others[0] if others else "")


def _is_polygon(shape: Any) -> bool:
    return shape.geom_type in ("Polygon", "MultiPolygon")


def _polygons(shape: Any) -> Any:
    """The polygons of what a repair has left; None where it left lines and points only."""
    shapely = require("shapely")
    parts = shapely.get_parts(shapely.get_parts(shape))  # a collection may hold multi-polygons
    kept = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
    return shapely.multipolygons(kept) if kept else None


def _fault(shape: Any, wkb: bytes) -> str:
    """What is wrong with an outline, or empty; the words are those of GEOS, as in QGIS."""
    shapely = require("shapely")
    if not wkb or (shape is not None and shape.is_empty):
        return "no outline"
    if shape is None:
        return "not a valid polygon"
    if not _is_polygon(shape):
        return f"a {shape.geom_type}, not a polygon"
    return "" if shape.is_valid else _PLACE.sub("", shapely.is_valid_reason(shape))


def _array(values: Iterable[Any]) -> np.ndarray:
    listed = list(values)
    array = np.empty(len(listed), object)
    array[:] = listed
    return array
