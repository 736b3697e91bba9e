"""Files of an exchange schema: written, read back and compared before they appear."""

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

from ..engine.common.errors import OutputError, ParameterError
from ..engine.common.output import whole_files
from ..engine.inventory.exchange import DBF_WIDTH, differences, fitting
from ..engine.inventory.schema import Preset
from ..engine.inventory.table import Table
from ..engine.inventory.validation import Problem, validate
from .inventory_reader import raw_inventory
from .table_layer import table_feature, table_fields

#: Drivers by the endings of file names.
DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}

_SHAPEFILE = ".shp"
#: A whole number of more digits would be read back as a decimal one; others the driver chooses.
_DBF_LENGTHS = {str: DBF_WIDTH, int: 10}


def write_exchange(
    table: Table,
    preset: Preset,
    target: str,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> list[Problem]:
    """Write a table in the columns of a schema, as its file name says.

    Returns:
        Where the file does not keep to the schema, such as empty fields that must not be.

    Raises:
        ParameterError: The name has another ending than `DRIVERS`.
        OutputError: The file cannot be written, or does not hold what was written into it.
        Cancelled: The user stopped the run.
    """
    driver = DRIVERS[file_ending(target)]
    table = fitting(table, preset, driver, feedback.pushWarning)
    with whole_files(target) as temporary:
        reason = _write(table, preset, temporary, context)
        if reason:
            raise OutputError(
                f"{target} cannot be written ({reason.replace(temporary, target)}). Check that the "
                "disk has room and that the folder may be written to."
            )
        read = read_file(temporary, feedback)
        wrong = differences(table, read)
        if wrong:
            other = "Write a GeoPackage instead" if driver != "GPKG" else "Check the disk"
            raise OutputError(
                f"{target} was read back and differs from what was written: {wrong[0]}"
                f"{f' and {len(wrong) - 1} more' if wrong[1:] else ''}. {other}."
            )
        problems = validate(read, preset, driver)
    return problems


def file_ending(target: str) -> str:
    """The ending of a file name, if there is a driver for it.

    Raises:
        ParameterError: There is none.
    """
    ending = Path(target).suffix.lower()
    if ending not in DRIVERS:
        raise ParameterError(
            f"The file is to be {target}; expected a name that ends with {', '.join(DRIVERS)}. "
            "Choose one of these formats."
        )
    return ending


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
    options.layerOptions = _layer_options(preset, ending)
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


def _layer_options(preset: Preset, ending: str) -> list[str]:
    if ending == ".gpkg":
        return [f"GEOMETRY_NAME={preset.geometry}"]
    if ending == ".geojson":
        # The standard knows WGS 84 only; the older form of the format names its CRS.
        standard = "YES" if preset.crs == "EPSG:4326" else "NO"
        return [f"RFC7946={standard}", "COORDINATE_PRECISION=9"]
    return []
