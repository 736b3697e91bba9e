"""QGIS layers written whole or not at all, and an engine's table as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QMetaType, Qt, QVariant

from ..engine.common.output import whole_files
from ..engine.inventory.field_names import names_in
from ..engine.inventory.fields import Field
from ..engine.inventory.table import Record, Table
from .base import RESOURCES, LandslipAlgorithm, engine_errors
from .layer_file import (
    check_layer,
    check_room,
    check_written,
    file_of_sink,
    geopackage_layer,
    keep_style,
    loaded_from,
    redirected,
    sink_text,
)


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


@dataclass(frozen=True)
class Sink:
    """Where a layer goes.

    Attributes:
        algorithm: The algorithm that has the parameter.
        parameters: The algorithm's parameters.
        name: Name of the parameter.
        context: QGIS's.
        feedback: Gets a warning for everything that the format does not keep.
        style: File in `RESOURCES` that a GeoPackage carries along; empty for none.
        advice: What to do when the reason of a failure is out of the way.
    """

    algorithm: LandslipAlgorithm
    parameters: dict[str, Any]
    name: str
    context: QgsProcessingContext
    feedback: QgsProcessingFeedback
    style: str = ""
    advice: str = "run again."


def write_table(sink: Sink, table: Table, known: tuple[Field, ...] = ()) -> str:
    """Write a table into a sink of multi-polygons and return the layer's id.

    Args:
        sink: Where to.
        table: What to write.
        known: Fields whose meaning becomes the comment of the columns of their names.

    Raises:
        QgsProcessingException: The sink cannot be made or filled.
    """
    fields = table_fields(table.columns, known)
    kind = LayerKind(fields, QgsWkbTypes.MultiPolygon, table.crs)
    return write_features(sink, (table_feature(record, fields) for record in table.records), kind)


def write_features(sink: Sink, features: Iterable[QgsFeature], kind: LayerKind) -> str:
    """Write features into a sink and return the layer's id.

    A file is written beside its target, read back, and put in place when it is whole. A layer in a
    database is read back where it is.

    Raises:
        QgsProcessingException: The sink cannot be made or filled, or does not hold what was written
            (disk full). A file is not there then; what stood there before stays.
    """
    written = list(features)
    value = sink.parameters.get(sink.name)
    with engine_errors():
        target = file_of_sink(value, sink.context)
        if target is None:
            return _write_elsewhere(sink, written, kind)
        with whole_files(str(target)) as temporary:
            names = names_in(kind.fields.names(), target)
            renamed = replace(kind, fields=_renamed(kind.fields, names))
            destination = _fill(sink, redirected(value, temporary), written, renamed)
            if sink.style:
                keep_style(temporary, RESOURCES / sink.style)
            lost = check_written(temporary, written, names)
        _tell_lost(sink, target, kind, names, lost)
    loaded_from(sink.context, temporary, str(target))
    return destination.replace(temporary, str(target))


def _fill(sink: Sink, value: Any, features: Sequence[QgsFeature], kind: LayerKind) -> str:
    """Write features where a value of the sink's parameter says; returns the layer's id."""
    crs = QgsCoordinateReferenceSystem.fromWkt(kind.crs)
    parameters = {**sink.parameters, sink.name: value}
    opened, destination = sink.algorithm.parameterAsSink(
        parameters, sink.name, sink.context, kind.fields, kind.geometry, crs
    )
    if opened is None:
        raise QgsProcessingException(sink.algorithm.invalidSinkError(sink.parameters, sink.name))
    fast = QgsFeatureSink.FastInsert
    done = all(opened.addFeature(feature, fast) for feature in features) and opened.flushBuffer()
    reason = opened.lastError() or "no reason given"
    del opened  # closes the file
    if not done:
        raise QgsProcessingException(
            sink.algorithm.tr(
                "The layer cannot be written ({}). Check that the disk has room and that the "
                "folder may be written to, then {}"
            ).format(reason, sink.advice)
        )
    return destination


def _write_elsewhere(sink: Sink, features: Sequence[QgsFeature], kind: LayerKind) -> str:
    names = [field.name() for field in kind.fields]
    if not sink_text(sink.parameters.get(sink.name), sink.context).startswith("memory:"):
        names = names_in(names, Path("database.gpkg"))
    renamed = replace(kind, fields=_renamed(kind.fields, names))
    value = sink.parameters.get(sink.name)
    check_room(
        sink_text(value, sink.context),
        lambda path: _fill(sink, path, features, renamed),
    )
    destination = _fill(sink, value, features, renamed)
    layer = QgsProcessingUtils.mapLayerFromString(destination, sink.context)
    check_layer(layer, destination, len(features))
    path, name = geopackage_layer(layer)
    if sink.style and path:
        keep_style(path, RESOURCES / sink.style, name)
    return destination


def _renamed(fields: QgsFields, names: Sequence[str]) -> QgsFields:
    """The same fields under other names."""
    renamed = QgsFields()
    for field, name in zip(fields, names):
        other = QgsField(field)
        other.setName(name)
        renamed.append(other)
    return renamed


def _tell_lost(
    sink: Sink, target: Path, kind: LayerKind, names: Sequence[str], lost: Sequence[str]
) -> None:
    """Warn of what the format did not keep."""
    pairs = zip((field.name() for field in kind.fields), names)
    shortened = [f"{full} as {name}" for full, name in pairs if full != name]
    if shortened:
        sink.feedback.pushInfo(
            f"{target.name} keeps shorter names of columns: {', '.join(shortened)}. All Landslip "
            "algorithms understand them."
        )
    if lost:
        sink.feedback.pushWarning(
            f"The format of {target.name} does not keep everything: {'; '.join(lost)}. A "
            "GeoPackage (.gpkg) does."
        )


def qgis_types() -> dict[type, Any]:
    """QGIS's type of a field for each Python type."""
    if Qgis.QGIS_VERSION_INT >= 33800:
        types: Any = QMetaType.Type
        texts = {str: types.QString, date: types.QDate, datetime: types.QDateTime}
    else:
        types = QVariant
        texts = {str: types.String, date: types.Date, datetime: types.DateTime}
    return {**texts, bool: types.Bool, int: types.LongLong, float: types.Double}


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
