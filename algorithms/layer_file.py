"""Vector files that QGIS writes for us: beside their target first, read back, then put in place.

QGIS's writers report success where the disk was full when the file was closed, and formats cut what
they cannot hold without a word. So every file is opened again, by GDAL alone, and compared.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsDataSourceUri,
    QgsFeature,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProviderRegistry,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt

from ..engine.common.dependencies import require
from ..engine.common.errors import OutputError
from ..engine.common.output import work_folder

#: Where a sink is no file of its own.
_ELSEWHERE = ("memory:", "ogr:", "postgis:", "spatialite:", "mssql:", "oracle:", "TEMPORARY_OUTPUT")
_GEOPACKAGE = "ogr:"
#: Room for styles and indexes, bytes.
_STYLE_ROOM = 2**18
#: Endings of formats that have no attributes.
_OUTLINES_ALONE = (".dxf", ".dgn")
#: Relative difference of numbers that is rounding.
_ROUNDING = 1e-6
#: How many columns a warning names.
_NAMED = 5


def file_of_sink(value: Any, context: QgsProcessingContext) -> Path | None:
    """The file that a sink's value names.

    None for layers in memory and in databases, and for those whose columns are mapped onto others.

    Raises:
        OutputError: A format that has no place for attributes.
    """
    if isinstance(value, QgsProcessingOutputLayerDefinition) and value.useRemapping():
        return None
    file = file_of_output(value, context)
    if file is None:
        return None
    if file.suffix.lower() in _OUTLINES_ALONE:
        raise OutputError(
            f"The format of {file.name} keeps outlines but no attributes. Choose another, such as "
            "GeoPackage (.gpkg)."
        )
    known = file.suffix[1:].lower() in QgsVectorFileWriter.supportedFormatExtensions()
    # QGIS adds an ending that it knows, and so writes another file than it was told.
    return file if known else Path(f"{file}.{QgsProcessingUtils.defaultVectorExtension()}")


def file_of_output(value: Any, context: QgsProcessingContext) -> Path | None:
    """The file that the value of any destination names; None where it is none, or is temporary."""
    text = sink_text(value, context)
    return Path(text) if text and not text.startswith(_ELSEWHERE) else None


def file_of_layer(layer: QgsVectorLayer | None) -> Path | None:
    """The file that a layer is read from; None for no layer, and for one that is in no file."""
    if layer is None or layer.providerType() != "ogr":
        return None
    path = QgsProviderRegistry.instance().decodeUri("ogr", layer.source()).get("path")
    return Path(path) if path else None


def sink_text(value: Any, context: QgsProcessingContext) -> str:
    """What a sink's value says, as text."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        found, known = value.sink.valueAsString(context.expressionContext())
        return found if known else ""
    return value if isinstance(value, str) else ""


def redirected(value: Any, path: str) -> Any:
    """The same sink, but to another file."""
    if not isinstance(value, QgsProcessingOutputLayerDefinition):
        return path
    other = QgsProcessingOutputLayerDefinition(path, value.destinationProject)
    other.destinationName, other.createOptions = value.destinationName, value.createOptions
    return other


def loaded_from(context: QgsProcessingContext, temporary: str, target: str) -> None:
    """Have QGIS load the layer from its target, not from where it was written first."""
    layers = context.layersToLoadOnCompletion()
    moved = {key.replace(temporary, target): details for key, details in layers.items()}
    context.setLayersToLoadOnCompletion(moved)


# --- reading back --------------------------------------------------------------------------------


def check_written(path: str, features: Sequence[QgsFeature], names: Sequence[str]) -> list[str]:
    """Read a file and compare it with what was written into it.

    Args:
        path: The file, closed.
        features: What was written.
        names: Names of their columns in the file.

    Returns:
        What the format did not keep, a sentence each.

    Raises:
        OutputError: The file cannot be read, or lacks features, or keeps no attributes at all.
    """
    found, rows, has_crs = _rows(path)
    if len(rows) != len(features):
        raise OutputError(
            f"{Path(path).name} was read back and holds {len(rows)} of {len(features)} landslides. "
            "Check that the disk has room, then run again. Nothing was left behind."
        )
    kept = [name for name in names if name in found]
    if features and not kept:
        raise OutputError(
            f"The format of {Path(path).name} keeps outlines but no attributes. Choose another, "
            "such as GeoPackage (.gpkg)."
        )
    lost = [name for name in names if name not in found]
    told = [f"the columns {', '.join(lost)} are not in it"] if lost else []
    if not has_crs and any(feature.hasGeometry() for feature in features):
        told.append("it does not say in which coordinate reference system its outlines are")
    return [*told, *_changed(features, rows, names, found)]


def _rows(path: str) -> tuple[list[str], list[tuple[list[Any], bool]], bool]:
    """Names of columns, values and presence of an outline of each feature, presence of a CRS."""
    gdal = require("osgeo.gdal")
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        options = ["DATE_AS_STRING=YES"] if path.lower().endswith("json") else []
        data = gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_READONLY, open_options=options)
        layer = data.GetLayer(0) if data is not None and data.GetLayerCount() else None
        if layer is None:
            raise OutputError(
                f"{Path(path).name} was read back and no layer is in it. Check that the disk has "
                "room, then run again. Nothing was left behind."
            )
        definition = layer.GetLayerDefn()
        fields = range(definition.GetFieldCount())
        names = [definition.GetFieldDefn(i).GetName() for i in fields]
        rows = []
        for feature in layer:
            values = [
                feature.GetField(i) if feature.IsFieldSetAndNotNull(i) else None for i in fields
            ]
            rows.append((values, feature.GetGeometryRef() is not None))
        return names, rows, layer.GetSpatialRef() is not None
    except RuntimeError as err:  # where somebody has switched GDAL's exceptions on
        raise OutputError(
            f"{Path(path).name} was read back and is damaged ({' '.join(str(err).split())}). Check "
            "that the disk has room, then run again. Nothing was left behind."
        ) from err
    finally:
        gdal.PopErrorHandler()


def _changed(
    features: Sequence[QgsFeature],
    rows: Sequence[tuple[list[Any], bool]],
    names: Sequence[str],
    found: Sequence[str],
) -> list[str]:
    """Sentences about values and outlines that came back otherwise."""
    places = [(i, found.index(name), name) for i, name in enumerate(names) if name in found]
    changed: Counter[str] = Counter()
    outlines = 0
    for feature, (values, outline) in zip(_in_order(features, rows, places), rows):
        outlines += feature.hasGeometry() and not outline
        attributes = feature.attributes()
        for ours, theirs, name in places:
            changed[name] += not same_value(attributes[ours], values[theirs])
    told = [f"{outlines} landslides lost their outlines"] if outlines else []
    touched = [name for name, count in changed.items() if count]
    if touched:
        more = f" and {len(touched) - _NAMED} more" if len(touched) > _NAMED else ""
        told.append(
            f"{sum(changed.values())} values came back otherwise (empty ones as 0, or texts cut), "
            f"in the columns {', '.join(touched[:_NAMED])}{more}"
        )
    return told


def _in_order(
    features: Sequence[QgsFeature],
    rows: Sequence[tuple[list[Any], bool]],
    places: Sequence[tuple[int, int, str]],
) -> Sequence[QgsFeature]:
    """The features in the order of the rows: some formats sort them by place."""
    ids = [(ours, theirs) for ours, theirs, name in places if name == "id"]
    if not ids:
        return features
    ours, theirs = ids[0]
    by_id = {feature.attributes()[ours]: feature for feature in features}
    if len(by_id) < len(features) or any(values[theirs] not in by_id for values, _ in rows):
        return features
    return [by_id[values[theirs]] for values, _ in rows]


def same_value(written: Any, read: Any) -> bool:
    """Whether a value of QGIS came back from a file: as text too, and rounded as formats do."""
    if written is None or (hasattr(written, "isNull") and written.isNull()):
        return read in (None, "")
    if read is None:
        return written == ""
    if isinstance(written, str):
        return str(read) == written
    if isinstance(written, (int, float)):
        try:
            return abs(float(read) - written) <= _ROUNDING * max(1.0, abs(written))
        except (TypeError, ValueError):
            return False
    # What else there is (lists, bytes) is no value of an inventory.
    return _same_moment(written, read) if isinstance(written, (QDate, QDateTime)) else True


def _same_moment(written: Any, read: Any) -> bool:
    """Whether a date or a moment came back: formats write the numbers with other signs between."""
    text = written.toString(Qt.DateFormat.ISODate)
    ours, theirs = (re.findall(r"\d+", str(value))[:6] for value in (text, read))
    # Without a time, a moment is its day.
    return list(map(int, ours)) == list(map(int, theirs))[: len(ours)]


# --- style ---------------------------------------------------------------------------------------

#: Columns of the table in which QGIS looks for the style of a GeoPackage's layer.
_STYLE_COLUMNS = (
    ("f_table_catalog", 256),
    ("f_table_schema", 256),
    ("f_table_name", 256),
    ("f_geometry_column", 256),
    ("styleName", 30),
    ("styleQML", 0),
    ("styleSLD", 0),
    ("useAsDefault", -1),
    ("description", 0),
    ("owner", 30),
    ("ui", 30),
    ("update_time", -2),
)
_STYLE_TABLE = "layer_styles"


def keep_style(path: str, style: Path, name: str = "") -> None:
    """Put a style into a GeoPackage as the default of a layer, the first if none is named.

    Files of other formats stay as they are.

    The table is QGIS's own: the layer opens with its colours and its form anywhere.

    Raises:
        OutputError: The file takes no table (disk full).
    """
    if Path(path).suffix.lower() != ".gpkg":
        return
    gdal, ogr = require("osgeo.gdal"), require("osgeo.ogr")
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        data = gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_UPDATE)
        layer = data and (data.GetLayerByName(name) if name else data.GetLayer(0))
        if layer is None:
            raise OutputError(
                f"{Path(path).name} cannot be written. Check that the disk has room; run again."
            )
        described = layer.GetName(), layer.GetGeometryColumn()
        table = data.GetLayerByName(_STYLE_TABLE)
        if table is None:
            table = data.CreateLayer(_STYLE_TABLE, None, ogr.wkbNone, ["FID=id"])
            for name, width in _STYLE_COLUMNS:
                table.CreateField(_style_column(ogr, name, width))
        table.SetAttributeFilter(f"f_table_name = '{described[0].replace(chr(39), chr(39) * 2)}'")
        for old in [feature.GetFID() for feature in table]:
            table.DeleteFeature(old)
        row = ogr.Feature(table.GetLayerDefn())
        row["f_table_catalog"] = row["f_table_schema"] = ""
        row["f_table_name"], row["f_geometry_column"] = described
        row["styleName"], row["useAsDefault"] = "Landslip", 1
        row["styleQML"] = style.read_text(encoding="utf-8")
        row["description"] = "Colours and form of a landslide inventory"
        written = table.CreateFeature(row) == 0
        del row, table, layer
        written = data.FlushCache() in (None, 0) and written
        del data
    except (RuntimeError, AttributeError) as err:
        raise OutputError(f"{Path(path).name} takes no style ({err}). Check the disk.") from err
    finally:
        gdal.PopErrorHandler()
    if not written:
        raise OutputError(
            f"{Path(path).name} cannot be written. Check that the disk has room, then run again."
        )


def _style_column(ogr: Any, name: str, width: int) -> Any:
    kinds = {-1: ogr.OFTInteger, -2: ogr.OFTDateTime}
    column = ogr.FieldDefn(name, kinds.get(width, ogr.OFTString))
    if width > 0:
        column.SetWidth(width)
    if width == -1:
        column.SetSubType(ogr.OFSTBoolean)
    return column


# --- layers that are no file of their own --------------------------------------------------------


def check_layer(layer: QgsVectorLayer | None, name: str, count: int) -> None:
    """Count what is in a layer in memory or in a database after it was written.

    Raises:
        OutputError: It cannot be read, or lacks features.
    """
    found = sum(1 for _ in layer.getFeatures()) if layer is not None and layer.isValid() else 0
    if found < count:
        raise OutputError(
            f"{name} was read back and holds {found} of {count} landslides. Check that the disk "
            "or the database has room, then run again."
        )


def check_room(text: str, write: Callable[[str], Any]) -> None:
    """Check that a layer has room in the GeoPackage that a sink's text names, before it changes.

    QGIS writes into the file as it lies there, and what a full disk cuts off is lost with what was
    there before. So the layer is written beside it first, to see how large it is.

    Args:
        text: Such as ``ogr:dbname='/maps/a.gpkg' table="slides" (geom)``.
        write: Writes the layer into the file that it is given.

    Raises:
        OutputError: There is no room.
    """
    if not text.startswith(_GEOPACKAGE):
        return
    file = Path(QgsDataSourceUri(text[len(_GEOPACKAGE) :]).database())
    if not file.parent.is_dir():  # which QGIS says by itself
        return
    with work_folder(file) as folder:
        trial = folder / "trial.gpkg"
        write(str(trial))
        size = trial.stat().st_size
        free = shutil.disk_usage(folder).free + size
    # SQLite keeps what it replaces in a journal until it has finished.
    needed = 2 * size + (file.stat().st_size if file.is_file() else 0) + _STYLE_ROOM
    if free < needed:
        raise OutputError(
            f"{file} needs about {needed // 2**20 + 1} MiB of room on its disk while a layer is "
            f"written into it, and {free // 2**20} MiB are free. Make room, or choose another "
            "file. The file is as it was."
        )


def geopackage_layer(layer: QgsVectorLayer | None) -> tuple[str, str]:
    """Path and name of a layer that lies in a GeoPackage with others; empty where it does not."""
    if layer is None or layer.providerType() != "ogr":
        return "", ""
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path = parts.get("path") or ""
    return (path, parts.get("layerName") or "") if path.endswith(".gpkg") else ("", "")
