"""QGIS layers written whole or not at all, and an engine's table as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QMetaType, Qt, QVariant

from ..engine.inventory import Field
from ..engine.table import Record, Table
from .base import LandslipAlgorithm


@dataclass(frozen=True)
class LayerKind:
    """What a layer consists of.

    Attributes:
        fields: Its columns.
        geometry: Type of its geometries.
        crs: Its CRS as WKT.
    """

    fields: QgsFields
    geometry: Any
    crs: str


def write_table(
    algorithm: LandslipAlgorithm,
    table: Table,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
    known: tuple[Field, ...] = (),
) -> str:
    """Write a table into a sink of multi-polygons and return the layer's id.

    Args:
        algorithm: The algorithm that has the sink.
        table: What to write.
        parameters: The algorithm's parameters.
        name: Name of the sink's parameter.
        context: QGIS's.
        known: Fields whose meaning becomes the comment of the columns of their names.

    Raises:
        QgsProcessingException: The sink cannot be made or filled.
    """
    fields = table_fields(table.columns, known)
    kind = LayerKind(fields, QgsWkbTypes.MultiPolygon, table.crs)
    features = (table_feature(record, fields) for record in table.records)
    return write_features(algorithm, features, kind, parameters, name, context)


def write_features(
    algorithm: LandslipAlgorithm,
    features: Iterable[QgsFeature],
    kind: LayerKind,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
    advice: str = "run again.",
) -> str:
    """Write features into a sink and return the layer's id.

    Args:
        algorithm: The algorithm that has the sink.
        features: What to write.
        kind: What the layer consists of.
        parameters: The algorithm's parameters.
        name: Name of the sink's parameter.
        context: QGIS's.
        advice: What to do when the reason of a failure is out of the way.

    Raises:
        QgsProcessingException: The sink cannot be made, or takes no feature (disk full). A file
            that would be incomplete is removed.
    """
    crs = QgsCoordinateReferenceSystem.fromWkt(kind.crs)
    sink, destination = algorithm.parameterAsSink(
        parameters, name, context, kind.fields, kind.geometry, crs
    )
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(parameters, name))
    fast = QgsFeatureSink.FastInsert
    if not (all(sink.addFeature(feature, fast) for feature in features) and sink.flushBuffer()):
        reason = sink.lastError() or "no reason given"
        del sink  # closes the file
        Path(destination).unlink(missing_ok=True)
        raise QgsProcessingException(
            algorithm.tr(
                "The layer cannot be written ({}). Check that the disk has room and that the "
                "folder may be written to, then {}"
            ).format(reason, advice)
        )
    return destination


def qgis_types() -> dict[type, Any]:
    """QGIS's type of a field for each Python type."""
    if Qgis.QGIS_VERSION_INT >= 33800:
        types: Any = QMetaType.Type
        texts = {str: types.QString, date: types.QDate, datetime: types.QDateTime}
    else:
        types = QVariant
        texts = {str: types.String, date: types.Date, datetime: types.DateTime}
    return {**texts, int: types.LongLong, float: types.Double}


def table_fields(columns: dict[str, type], known: tuple[Field, ...] = ()) -> QgsFields:
    """Columns as QGIS fields."""
    meanings = {field.name: field.meaning for field in known}
    fields = QgsFields()
    for column, kind in columns.items():
        field = QgsField(column, qgis_types()[kind])
        field.setComment(meanings.get(column, ""))
        fields.append(field)
    return fields


def table_feature(record: Record, fields: QgsFields) -> QgsFeature:
    """A record as a feature with a multi-polygon, or with no geometry where it has none."""
    feature = QgsFeature(fields)
    if record.wkb:
        geometry = QgsGeometry()
        geometry.fromWkb(record.wkb)
        geometry.convertToMultiType()
        feature.setGeometry(geometry)
    readers = {qgis_types()[date]: QDate.fromString, qgis_types()[datetime]: QDateTime.fromString}
    values = []
    for field in fields:
        value, reader = record.values.get(field.name()), readers.get(field.type())
        values.append(reader(value, Qt.DateFormat.ISODate) if reader and value else value)
    feature.setAttributes(values)
    return feature
