"""Inventories from anywhere: read, repaired where that is safe, refused where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFeatureRequest,
    QgsField,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt

from ..engine.common.errors import Cancelled, ParameterError
from ..engine.inventory.field_names import FIELD_KINDS, full_name
from ..engine.inventory.table import Record, Table
from .base import LandslipAlgorithm
from .table_layer import qgis_types

#: How many landslides a warning names.
_NAMED = 5


def read_inventory(
    algorithm: LandslipAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
    crs: str = "",
) -> Table:
    """Read a polygon layer as an inventory.

    Outlines that cross themselves are made valid, heights and measures dropped, landslides without
    an outline left out, each with a warning.

    Args:
        algorithm: The algorithm that asks.
        parameters: Its parameters.
        name: Name of the parameter that is a feature source.
        context: QGIS's.
        feedback: Gets the warnings.
        crs: CRS to bring the outlines into, as WKT or authority code; empty for the layer's own.

    Raises:
        ParameterError: The layer has no CRS, no polygons, or coordinates that its CRS cannot have.
        Cancelled: The user stopped the run.
    """
    source = inventory_source(algorithm, parameters, name, context)
    if not source.sourceCrs().isValid():
        raise ParameterError(
            f"The layer {source.sourceName()} has no coordinate reference system; expected one, to "
            "know where its landslides are. Set it (right-click the layer > Layer CRS) and run "
            "again."
        )
    target = _crs(crs) if crs else source.sourceCrs()
    repair = _Repair(source, target, context)
    columns = _Columns(source.fields(), _row_numbers(algorithm, parameters, name, context))
    records = tuple(
        Record(bytes(geometry.asWkb()), columns.values(values))
        for feature, values in _features(source, feedback)
        if (geometry := repair(feature)) is not None
    )
    repair.tell(feedback.pushWarning)
    return Table(source.sourceName(), target.toWkt(_WKT), columns.kinds, records)


class _Columns:
    """Columns of a layer as those of an inventory, whatever format it went through.

    Shapefiles cut names to ten letters, others keep numbers as text: fields of an inventory get
    their names and types back, so that what a reviewer said counts in every format. Row numbers
    that a format gives by itself are no column of the inventory, and would collide in the next
    file.
    """

    def __init__(self, fields: Any, row_numbers: Sequence[str]) -> None:
        found = columns_of(fields)
        self._names = {
            column: full_name(column, found) for column in found if column not in row_numbers
        }
        self.kinds = {
            name: FIELD_KINDS.get(name, found[column]) for column, name in self._names.items()
        }

    def values(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row under the names of the inventory."""
        return {
            name: _typed(row[column], FIELD_KINDS.get(name)) for column, name in self._names.items()
        }


def _typed(value: Any, kind: type | None) -> Any:
    """A text as the number that the field holds; what is none stays."""
    if kind is None or not isinstance(value, str) or kind is str:
        return value
    try:
        return kind(value) if value.strip() else None
    except ValueError:
        return value


def _row_numbers(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], name: str, context: Any
) -> list[str]:
    """Names of the columns that a layer's format counts its rows with."""
    layer = algorithm.parameterAsVectorLayer(parameters, name, context)
    if layer is None or layer.providerType() != "ogr":
        return []
    return [layer.fields()[place].name() for place in layer.primaryKeyAttributes()]


def raw_inventory(source: Any, feedback: QgsProcessingFeedback) -> Table:
    """Read a feature source or layer as it is; `Record.fault` says what is wrong with an outline.

    Raises:
        Cancelled: The user stopped the run.
    """
    records = tuple(
        Record(bytes(feature.geometry().asWkb()), values, fault_of(feature.geometry()))
        for feature, values in _features(source, feedback)
    )
    name = source.sourceName()
    crs = source.sourceCrs()
    wkt = crs.toWkt(_WKT) if crs.isValid() else ""
    columns = {each.name(): _exact_kind(each) for each in source.fields()}
    return Table(name, wkt, columns, records)


def inventory_source(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], name: str, context: Any
) -> QgsProcessingFeatureSource:
    """The feature source of a parameter, if it has polygons.

    Raises:
        QgsProcessingException: It cannot be opened.
        ParameterError: It has no polygons.
    """
    source = algorithm.parameterAsSource(parameters, name, context)
    if source is None:
        raise QgsProcessingException(algorithm.invalidSourceError(parameters, name))
    kind = source.wkbType()
    if QgsWkbTypes.geometryType(kind) != QgsWkbTypes.PolygonGeometry and source.featureCount():
        raise ParameterError(
            f"The layer {source.sourceName()} holds {QgsWkbTypes.displayString(kind) or 'no'} "
            "geometries; expected polygons, the outlines of landslides. Choose a polygon layer."
        )
    return source


def columns_of(fields: Any) -> dict[str, type]:
    """Type of the values in each column."""
    return {each.name(): _kind(each) for each in fields}


def fault_of(geometry: QgsGeometry) -> str:
    """What is wrong with an outline, or empty."""
    if geometry.isNull() or geometry.isEmpty():
        return "no outline"
    if geometry.isGeosValid():
        return ""
    errors = geometry.validateGeometry(QgsGeometry.ValidatorGeos)
    return "; ".join(error.what() for error in errors) or "not a valid polygon"


@dataclass
class _Repair:
    """Makes outlines usable, and remembers what it did."""

    source: QgsProcessingFeatureSource
    target: QgsCoordinateReferenceSystem
    context: QgsProcessingContext
    done: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_place = _PlaceCheck(self.source)
        self._transform = QgsCoordinateTransform(
            self.source.sourceCrs(), self.target, self.context.transformContext()
        )

    def __call__(self, feature: QgsFeature) -> QgsGeometry | None:
        """A valid flat outline in the target CRS, or None where there is none."""
        geometry = QgsGeometry(feature.geometry())
        if geometry.isNull() or geometry.isEmpty():
            self._note("landslides without an outline, left out", feature)
            return None
        self._check_place(geometry, feature)
        geometry = self._flat(geometry, feature)
        if not self._transform.isShortCircuited():
            geometry.transform(self._transform)
        if not geometry.isGeosValid():
            geometry = _polygons(geometry.makeValid())
            if geometry is None:
                self._note("landslides whose outline has no area, left out", feature)
                return None
            self._note("outlines that were not valid, repaired", feature)
        return geometry

    def _flat(self, geometry: QgsGeometry, feature: QgsFeature) -> QgsGeometry:
        if QgsWkbTypes.isCurvedType(geometry.wkbType()):
            geometry = QgsGeometry(geometry.constGet().segmentize())
            self._note("curved outlines, made of straight pieces", feature)
        shape = geometry.get()
        if shape.is3D() or shape.isMeasure():
            shape.dropZValue()
            shape.dropMValue()
            self._note("outlines with heights or measures (Z, M), dropped", feature)
        return geometry

    def _note(self, what: str, feature: QgsFeature) -> None:
        self.done.setdefault(what, []).append(str(feature.id()))

    def tell(self, warn: Callable[[str], None]) -> None:
        """Say what was done to which landslides."""
        for what, names in self.done.items():
            more = ", ..." if len(names) > _NAMED else ""
            told = ", ".join(names[:_NAMED])
            warn(f"{self.source.sourceName()}: {what}: {len(names)} (feature {told}{more}).")


class _PlaceCheck:
    """Finds coordinates that the layer's CRS cannot have: those of another CRS."""

    def __init__(self, source: QgsProcessingFeatureSource) -> None:
        self._name = source.sourceName()
        self._crs = source.sourceCrs()

    def __call__(self, geometry: QgsGeometry, feature: QgsFeature) -> None:
        box = geometry.boundingBox()
        largest_x = max(abs(box.xMinimum()), abs(box.xMaximum()))
        largest_y = max(abs(box.yMinimum()), abs(box.yMaximum()))
        if not (largest_x < float("inf") and largest_y < float("inf")):
            found = "coordinates that are no numbers"
        elif self._crs.isGeographic() and (largest_x > 360 or largest_y > 90.001):
            found = f"the coordinates {box.xMinimum():.1f}, {box.yMinimum():.1f}"
        elif not self._crs.isGeographic() and largest_x <= 180 and largest_y <= 90:
            found = f"coordinates like degrees ({box.xMinimum():.4f}, {box.yMinimum():.4f})"
        else:
            return
        raise ParameterError(
            f"Feature {feature.id()} of {self._name} has {found}, which the layer's CRS "
            f"({self._crs.authid() or self._crs.description()}) cannot have. The layer's CRS is "
            "set wrongly, or landslides in two CRSs were put into one layer: set the CRS, or "
            "reproject each part (Reproject layer) and merge them (Merge vector layers)."
        )


def _polygons(geometry: QgsGeometry) -> QgsGeometry | None:
    """The polygons of what a repair has left, or None where it left lines and points only."""
    if geometry.isNull() or geometry.isEmpty():
        return None
    parts = [
        part
        for part in geometry.asGeometryCollection()
        if part.type() == QgsWkbTypes.PolygonGeometry and part.area() > 0
    ]
    return QgsGeometry.collectGeometry(parts) if parts else None


def _features(
    source: Any, feedback: QgsProcessingFeedback
) -> Iterator[tuple[QgsFeature, dict[str, Any]]]:
    names = source.fields().names()
    for feature in _iterator(source):
        if feedback.isCanceled():
            raise Cancelled("Stopped on request. Nothing was written.")
        yield feature, dict(zip(names, map(_plain, feature.attributes())))


def _iterator(source: Any) -> Any:
    if isinstance(source, QgsVectorLayer):
        return source.getFeatures()
    # What is not valid is repaired or told here; QGIS would stop at it, or leave it out.
    unchecked = QgsProcessingFeatureSource.FlagSkipGeometryValidityChecks
    return source.getFeatures(QgsFeatureRequest(), unchecked)


def _plain(value: Any) -> Any:
    """A value of QGIS as str, int, float or None; dates in ISO 8601."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    if isinstance(value, (QDate, QDateTime)):
        return value.toString(Qt.DateFormat.ISODate)
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, (str, int, float)) else str(value)


def _kind(each: QgsField) -> type:
    if not each.isNumeric():
        return str
    return float if each.type() == qgis_types()[float] else int


def _exact_kind(each: QgsField) -> type:
    """Type of the values in a column, dates apart from texts."""
    dates = {qgis_types()[kind]: kind for kind in (date, datetime)}
    return dates.get(each.type()) or _kind(each)


_WKT = QgsCoordinateReferenceSystem.WKT_PREFERRED


def _crs(text: str) -> QgsCoordinateReferenceSystem:
    found = QgsCoordinateReferenceSystem.fromWkt(text)
    return found if found.isValid() else QgsCoordinateReferenceSystem(text)
