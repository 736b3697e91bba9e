"""Inventories from anywhere: read, repaired where that is safe, refused where it is not."""

from __future__ import annotations

from collections.abc import Iterator
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
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from ..engine.common.errors import Cancelled
from ..engine.inventory.repair import (
    FLATTENED,
    NO_AREA,
    NO_OUTLINE,
    REPAIRED,
    STRAIGHTENED,
    Columns,
    PlaceCheck,
    Repairs,
    without_crs,
    without_polygons,
)
from ..engine.inventory.table import Record, Table
from .base import LandslipAlgorithm
from .table_layer import qgis_types


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
    if not is_known(source.sourceCrs()):
        raise without_crs(source.sourceName())
    target = _crs(crs) if crs else source.sourceCrs()
    repair = _Repair(source, target, context)
    row_numbers = _row_numbers(algorithm, parameters, name, context)
    columns = Columns(columns_of(source.fields()), row_numbers)
    records = tuple(
        Record(bytes(geometry.asWkb()), columns.values(values))
        for feature, values in _features(source, feedback)
        if (geometry := repair(feature)) is not None
    )
    repair.done.tell(feedback.pushWarning)
    return Table(source.sourceName(), target.toWkt(_WKT), columns.kinds, records)


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
    wkt = crs.toWkt(_WKT) if is_known(crs) else ""
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
        raise without_polygons(source.sourceName(), QgsWkbTypes.displayString(kind))
    return source


def is_known(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a CRS says anything: a GeoPackage has one of its own for what is not known."""
    wkt = crs.toWkt(_WKT) if crs.isValid() else ""
    return bool(wkt) and not wkt.startswith(("ENGCRS", "LOCAL_CS"))


def columns_of(fields: Any) -> dict[str, type]:
    """Type of the values in each column."""
    return {each.name(): _kind(each) for each in fields}


def fault_of(geometry: QgsGeometry) -> str:
    """What is wrong with an outline, or empty."""
    if geometry.isNull() or geometry.isEmpty():
        return "no outline"
    if geometry.type() != QgsWkbTypes.PolygonGeometry:
        return f"a {QgsWkbTypes.displayString(geometry.wkbType())}, not a polygon"
    if geometry.isGeosValid():
        return ""
    errors = geometry.validateGeometry(QgsGeometry.ValidatorGeos)
    return "; ".join(error.what() for error in errors) or "not a valid polygon"


class _Repair:
    """Makes outlines usable, and remembers what it did."""

    def __init__(
        self,
        source: QgsProcessingFeatureSource,
        target: QgsCoordinateReferenceSystem,
        context: QgsProcessingContext,
    ) -> None:
        crs, name = source.sourceCrs(), source.sourceName()
        self.done = Repairs(name)
        crs_name = crs.authid() or crs.description()
        self._check_place = PlaceCheck(name, crs_name, crs.isGeographic())
        self._transform = QgsCoordinateTransform(crs, target, context.transformContext())

    def __call__(self, feature: QgsFeature) -> QgsGeometry | None:
        """A valid flat outline in the target CRS, or None where there is none."""
        geometry = QgsGeometry(feature.geometry())
        if geometry.isNull() or geometry.isEmpty():
            self.done.note(NO_OUTLINE, feature.id())
            return None
        box = geometry.boundingBox()
        extent = box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()
        self._check_place(feature.id(), extent)
        geometry = self._flat(geometry, feature)
        if not self._transform.isShortCircuited():
            geometry.transform(self._transform)
        if not geometry.isGeosValid():
            geometry = _polygons(geometry.makeValid())
            if geometry is None:
                self.done.note(NO_AREA, feature.id())
                return None
            self.done.note(REPAIRED, feature.id())
        return geometry

    def _flat(self, geometry: QgsGeometry, feature: QgsFeature) -> QgsGeometry:
        if QgsWkbTypes.isCurvedType(geometry.wkbType()):
            geometry = QgsGeometry(geometry.constGet().segmentize())
            self.done.note(STRAIGHTENED, feature.id())
        shape = geometry.get()
        if shape.is3D() or shape.isMeasure():
            shape.dropZValue()
            shape.dropMValue()
            self.done.note(FLATTENED, feature.id())
        return geometry


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
    """A value of QGIS as str, int, float or None; dates and times in ISO 8601."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    if isinstance(value, (QDate, QDateTime, QTime)):
        return value.toString(Qt.DateFormat.ISODate)
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, (str, int, float)) else str(value)


def _kind(each: QgsField) -> type:
    if each.type() == qgis_types()[bool]:
        return int
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
