"""An engine's table as a QGIS layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
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

from ..engine.inventory import Field
from ..engine.table import Record, Table
from .base import LandslipAlgorithm
from .inventory_layer import qgis_types


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
        QgsProcessingException: The sink cannot be made, or takes no feature (disk full). A file
            that would be incomplete is removed.
    """
    fields = table_fields(table.columns, known)
    crs = QgsCoordinateReferenceSystem.fromWkt(table.crs)
    sink, destination = algorithm.parameterAsSink(
        parameters, name, context, fields, QgsWkbTypes.MultiPolygon, crs
    )
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(parameters, name))
    features = (table_feature(record, fields) for record in table.records)
    fast = QgsFeatureSink.FastInsert
    if not (all(sink.addFeature(feature, fast) for feature in features) and sink.flushBuffer()):
        reason = sink.lastError() or "no reason given"
        del sink  # closes the file
        Path(destination).unlink(missing_ok=True)
        raise QgsProcessingException(
            algorithm.tr(
                "The layer cannot be written ({}). Check that the disk has room and that the "
                "folder may be written to, then run again."
            ).format(reason)
        )
    return destination


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
    feature.setAttributes([record.values.get(name) for name in fields.names()])
    return feature
