"""Layers of vector files, read and written by GDAL without QGIS (pyogrio)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError
from .table import Record, Table

#: What parts the path of a file from the name of a layer in it, as in QGIS.
_PART = "|layername="
#: QGIS's step along a curve; GDAL's own is four degrees.
_ARC_STEP = {"OGR_ARC_STEPSIZE": "1"}
#: The newest GeoPackage that the GDAL of QGIS 3.22 knows.
_VERSION = {"VERSION": "1.2"}
#: What pyogrio 0.7 would write with latitudes first.
_LONGITUDE_FIRST = {("GeoJSON", "EPSG:4326"): "OGC:CRS84"}
_POLYGONS = ("Polygon", "Surface", "Unknown", "Collection")
#: A moment as GDAL writes it, by version: with signs and a zone of its own.
_DAY = re.compile(r"(\d+)[-/](\d+)[-/](\d+)")
_MOMENT = re.compile(_DAY.pattern + r"[T ](\d+):(\d+):(\d+)(?:\.\d+)?\s*(.*)")
_UTC = ("Z", "+00", "+00:00", "+0000")
_UTC_FOR_GDAL = 100
#: Floats hold whole numbers up to here.
_EXACT = 2.0**53
_DTYPES: dict[type, Any] = {
    str: object,
    int: np.int64,
    float: np.float64,
    date: "datetime64[D]",
    datetime: "datetime64[ms]",
}


@dataclass(frozen=True)
class VectorLayer:
    """A layer as its file has it.

    Attributes:
        table: Its landslides; nothing is repaired.
        numbers: The number of each in the file [n].
        geometry: GDAL's name for its type of geometries; empty where it has none.
        driver: Name of the GDAL driver of its format.
    """

    table: Table
    numbers: np.ndarray
    geometry: str
    driver: str


def split_source(source: str) -> tuple[str, str]:
    """The path of a file, and the name of the layer that is meant; empty for its only one."""
    path, _, layer = source.partition(_PART)
    return path, layer


def read_layer(
    source: str, warn: Callable[[str], None] | None = None, dates_as_texts: bool = False
) -> VectorLayer:
    """Read a layer of a vector file.

    Args:
        source: Path, with ``|layername=...`` where the file has several layers.
        warn: Told what GDAL does not read.
        dates_as_texts: Whether a GeoJSON's texts that look like dates stay texts.

    Raises:
        DependencyError: pyogrio is not installed.
        ParameterError: The file or the layer cannot be read.
    """
    pyogrio, raw = require("pyogrio"), require("pyogrio.raw", "pyogrio")
    pyogrio.set_gdal_config_options(_ARC_STEP)
    path, wanted = split_source(source)
    with _readable(path, warn):
        layers = {str(name): str(kind or "") for name, kind in pyogrio.list_layers(path)}
        layer = _chosen(path, layers, wanted)
        about = pyogrio.read_info(path, layer=layer)
        options = {"DATE_AS_STRING": "YES"} if dates_as_texts and _is_geojson(path) else {}
        meta, numbers, shapes, columns = raw.read(
            path, layer=layer, return_fids=True, datetime_as_string=True, **options
        )
        names = [str(name) for name in meta["fields"]]
        types = dict(zip(map(str, about["fields"]), map(str, about["dtypes"])))
        if options:
            types = {name: _as_text(kind) for name, kind in types.items()}
        values = [_values(column, types[name]) for name, column in zip(names, columns)]
        for place, column in enumerate(columns):
            if _is_rounded(column, types[names[place]]):
                values[place] = _whole_numbers(path, layer, names[place], numbers)
    rows = zip(*values) if values else iter([()] * len(numbers))
    outlines = [b""] * len(numbers) if shapes is None else [bytes(wkb or b"") for wkb in shapes]
    records = tuple(Record(wkb, dict(zip(names, row))) for wkb, row in zip(outlines, rows))
    kinds = {name: _kind(types[name]) for name in names}
    table = Table(source, str(meta["crs"] or ""), kinds, records)
    return VectorLayer(table, numbers, str(meta["geometry_type"] or ""), _driver(path, about))


def write_layer(
    path: str,
    table: Table,
    driver: str,
    layer: str,
    geometry: str = "MultiPolygon",
    options: dict[str, str] | None = None,
) -> str:
    """Write a table as a layer of polygons. A GeoPackage's other layers stay.

    Args:
        path: The file.
        table: What to write; records may be without an outline.
        driver: Name of the GDAL driver of its format.
        layer: Name of the layer, where the format has one.
        geometry: Type of the outlines; single polygons are made multi-polygons for that.
        options: What else the driver is told about the layer.

    Returns:
        Why it cannot be written; empty where it was.

    Raises:
        DependencyError: pyogrio is not installed.
    """
    raw = require("pyogrio.raw", "pyogrio")
    values = [[record.values.get(name) for record in table.records] for name in table.columns]
    kinds = list(table.columns.values())
    columns = [_column(column, kind) for column, kind in zip(values, kinds)]
    moments = [name for name, kind in table.columns.items() if kind is datetime]
    zones = np.full(len(table.records), _UTC_FOR_GDAL, np.int32)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what was lost is seen when the file is read back
            raw.write(
                path,
                geometry=_array([record.wkb or None for record in table.records]),
                field_data=columns,
                fields=list(table.columns),
                field_mask=[np.array([v is None for v in c], bool) for c in values],
                geometry_type=geometry,
                promote_to_multi=geometry.startswith("Multi"),
                crs=_LONGITUDE_FIRST.get((driver, table.crs), table.crs) or None,
                driver=driver,
                layer=layer,
                encoding="UTF-8",
                dataset_options=_VERSION if driver == "GPKG" else None,
                layer_options=options,
                gdal_tz_offsets=dict.fromkeys(moments, zones),
            )
    except (RuntimeError, ValueError, OverflowError) as err:
        return _told(err) or type(err).__name__
    return ""


@contextmanager
def _readable(path: str, warn: Callable[[str], None] | None) -> Iterator[None]:
    """Turn what GDAL says while a file is read into sentences."""
    _check_there(path)
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield
    except UnicodeDecodeError as err:
        raise ParameterError(
            f"{path} holds texts that are not UTF-8 (byte {err.object[err.start]:#x}); expected "
            "UTF-8. Save it again in that encoding (in QGIS, Export > Save Features As)."
        ) from err
    except (RuntimeError, ValueError, NameError) as err:  # pyogrio's, of damaged dates and CRSs too
        raise ParameterError(
            f"{path} cannot be read as polygons ({_told(err)}). Choose a vector file that is "
            "whole, such as a GeoPackage."
        ) from err
    for said in dict.fromkeys(str(each.message) for each in heard):
        if warn:
            warn(f"{path}: {said}")


def _check_there(path: str) -> None:
    if not path:
        raise ParameterError("The name of an input is empty; expected a file with polygons.")
    if path.startswith("/vsi") or "://" in path:
        return
    try:
        there = Path(path).exists()
    except (OSError, ValueError):  # a name that no file can have
        there = False
    if not there:
        raise ParameterError(
            f"{path} cannot be read as polygons: there is no such file. Check the name."
        )


def _told(err: BaseException) -> str:
    # SQLite's reason follows all of the statement that failed; GDAL's advice is for programmers.
    reason = " ".join(str(err).split()).partition("; It might help")[0]
    return reason.rpartition("failed: ")[2].rstrip(".")


def _chosen(path: str, layers: dict[str, str], wanted: str) -> str:
    """The layer that is meant.

    Raises:
        ParameterError: There is no such layer, or nobody can tell which of several.
    """
    if wanted and wanted not in layers:
        raise ParameterError(
            f"{path} has no layer {wanted}; expected one of {', '.join(layers) or 'none'}."
        )
    if wanted or len(layers) == 1:
        return wanted or next(iter(layers))
    shapes = [name for name, kind in layers.items() if kind]
    polygons = [name for name in shapes if _may_hold_polygons(layers[name])] or shapes
    if len(polygons) == 1:
        return polygons[0]
    if not layers:
        raise ParameterError(f"{path} has no layer; expected one with polygons.")
    several = polygons or list(layers)
    raise ParameterError(
        f"{path} has the layers {', '.join(several)}; expected one with polygons. Say which: "
        f"'{path}{_PART}{several[-1]}'."
    )


def _may_hold_polygons(kind: str) -> bool:
    return any(word in kind for word in _POLYGONS)


def _is_geojson(path: str) -> bool:
    return Path(path).suffix.lower() in (".geojson", ".json")


#: By the endings of file names, for versions of pyogrio that do not say it.
_DRIVERS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".csv": "CSV",
}


def _driver(path: str, about: dict[str, Any]) -> str:
    return str(about.get("driver") or _DRIVERS.get(Path(path).suffix.lower(), ""))


def _as_text(dtype: str) -> str:
    return "object" if dtype.startswith("datetime") else dtype


def _kind(dtype: str) -> type:
    """Type of a table's values for numpy's of a column."""
    if dtype.startswith("datetime64"):
        return date if dtype.endswith("[D]") else datetime
    if dtype.startswith(("int", "uint", "bool")):
        return int
    return float if dtype.startswith("float") else str


def _values(column: np.ndarray, dtype: str) -> list[Any]:
    """A column as str, int, float or None; dates in ISO 8601."""
    kind = _kind(dtype)
    if column.dtype.kind == "M":
        return [None if np.isnat(value) else str(value) for value in column]
    if kind in (date, datetime):
        read = _day if kind is date else _moment
        return [None if value is None else read(str(value)) for value in column]
    values = column.tolist()
    if kind is str:
        return [v if v is None or isinstance(v, str) else _text(v) for v in values]
    return [None if value is None or value != value else kind(value) for value in values]


def _is_rounded(column: np.ndarray, dtype: str) -> bool:
    """Whether whole numbers have lost digits: with empty ones among them, pyogrio reads floats."""
    return column.dtype.kind == "f" and _kind(dtype) is int and bool((abs(column) >= _EXACT).any())


def _whole_numbers(path: str, layer: str, name: str, numbers: np.ndarray) -> list[Any]:
    """A column of whole numbers, read without its empty ones."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    _, there, _, (column,) = require("pyogrio.raw", "pyogrio").read(
        path,
        layer=layer,
        columns=[name],
        read_geometry=False,
        return_fids=True,
        where=f'"{quoted}" IS NOT NULL',
    )
    known = dict(zip(there.tolist(), column.tolist()))
    return [known.get(number) for number in numbers.tolist()]


def _text(value: Any) -> str:
    return str(value.tolist() if isinstance(value, np.ndarray) else value)


def _day(text: str) -> str:
    """A date in ISO 8601."""
    match = _DAY.match(text)
    return "-".join(f"{int(number):02}" for number in match.groups()) if match else text


def _moment(text: str) -> str:
    """A date and a time in ISO 8601, without fractions of a second."""
    match = _MOMENT.fullmatch(text)
    if not match:
        return text
    *numbers, zone = match.groups()
    year, month, day, hour, minute, second = (f"{int(number):02}" for number in numbers)
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}{'Z' if zone in _UTC else zone}"


def _column(values: Sequence[Any], kind: type) -> np.ndarray:
    """Values of a column as pyogrio takes them; what stands for None there is masked."""
    if kind is str:
        return _array([None if value is None else str(value) for value in values])
    if kind is datetime:
        values = [None if value is None else _in_utc(str(value)) for value in values]
    empty = {int: 0, float: float("nan")}.get(kind, "NaT")
    return np.array([empty if value is None else value for value in values], _DTYPES[kind])


def _in_utc(text: str) -> str:
    """A moment without its zone, which is UTC in all schemas."""
    return text[:-1] if text.endswith("Z") else text


def _array(values: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array
