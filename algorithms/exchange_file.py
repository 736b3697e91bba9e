"""Files of an exchange schema, written and read by QGIS."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFields,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..engine.inventory.exchange import DBF_WIDTH
from ..engine.inventory.exchange_file import DRIVERS, FileAccess, file_ending, layer_options
from ..engine.inventory.schema import Preset
from ..engine.inventory.table import Table
from .inventory_reader import raw_inventory
from .table_layer import table_feature, table_fields

_SHAPEFILE = ".shp"
#: A whole number of more digits would be read back as a decimal one; others the driver chooses.
_DBF_LENGTHS = {str: DBF_WIDTH, int: 10}


def qgis_access(context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> FileAccess:
    """QGIS's way to write and read vector files."""
    return FileAccess(
        lambda table, preset, path: _write(table, preset, path, context),
        lambda path, preset: read_file(path, feedback),
    )


def read_file(path: str, feedback: QgsProcessingFeedback) -> Table:
    """Read a vector file as it is; texts that look like dates stay texts."""
    return raw_inventory(QgsVectorLayer(literal_source(path), Path(path).stem, "ogr"), feedback)


def literal_source(source: str) -> str:
    """The source of a layer, told not to take texts of a GeoJSON for dates."""
    geojson = Path(source.split("|")[0]).suffix.lower() in (".geojson", ".json")
    return f"{source}|option:DATE_AS_STRING=YES" if geojson else source


def _write(table: Table, preset: Preset, path: str, context: QgsProcessingContext) -> str:
    """Write the file; returns why it cannot be written, empty where it was."""
    ending = file_ending(path)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = DRIVERS[ending]
    options.fileEncoding = "UTF-8"
    options.layerName = preset.name
    options.layerOptions = [f"{key}={value}" for key, value in layer_options(preset, path).items()]
    fields = _fields(table, ending)
    writer = QgsVectorFileWriter.create(
        path,
        fields,
        QgsWkbTypes.MultiPolygon,
        QgsCoordinateReferenceSystem(preset.crs),
        context.transformContext(),
        options,
    )
    written = all(writer.addFeature(table_feature(record, fields)) for record in table.records)
    done = written and writer.hasError() == QgsVectorFileWriter.NoError
    reason = writer.errorMessage()
    del writer  # closes the file
    return "" if done else reason or "no reason given"


def _fields(table: Table, ending: str) -> QgsFields:
    fields = table_fields(table.columns)
    if ending != _SHAPEFILE:
        return fields
    sized = QgsFields()
    for field, kind in zip(fields, table.columns.values()):
        field.setLength(_DBF_LENGTHS.get(kind, 0))
        sized.append(field)
    return sized
