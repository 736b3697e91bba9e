"""An inventory as a layer of a GeoPackage, without QGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from ..common.errors import OutputError
from ..common.output import whole_files
from .exchange import differences
from .field_names import names_in
from .fields import Landslide
from .table import DETECTED, Table, detected
from .vector_file import read_layer, write_layer

#: Name of the layer.
LAYER = DETECTED
#: Its colours and form in QGIS.
STYLE = Path(__file__).resolve().parents[2] / "resources" / "inventory.qml"
#: Where QGIS looks for the style of a layer, as it makes that table itself.
_STYLES = "layer_styles"
_STYLE_TABLE = f"""
CREATE TABLE IF NOT EXISTS {_STYLES} (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME
)"""


def write_geopackage(
    landslides: Sequence[Landslide],
    crs: str,
    target: str,
    warn: Callable[[str], None] | None = None,
) -> None:
    """Write the inventory of a detection as GeoPackage, for work without QGIS.

    Args:
        landslides: The inventory; may be empty.
        crs: Its CRS as WKT.
        target: Path of the file, which changes when the new layer is complete.
        warn: Told which other layers are in the file.

    Raises:
        DependencyError: pyogrio is not installed.
        OutputError: The file cannot be written.
    """
    write_inventory(detected(landslides, crs), target, warn, "Polygon")


def write_inventory(
    table: Table,
    target: str,
    warn: Callable[[str], None] | None = None,
    geometry: str = "MultiPolygon",
    layer: str = LAYER,
    style: Path | None = STYLE,
) -> None:
    """Write a table as a layer of a GeoPackage, read it back, and put the file in place.

    Args:
        table: The table; columns that would hide the format's own get other names.
        target: Path of the file, which changes when the new layer is complete.
        warn: Told which other layers are in the file, which stay.
        geometry: Type of the outlines.
        layer: Name of the layer, which replaces one of that name.
        style: How QGIS shows it, unless the file tells already; None for as it pleases.

    Raises:
        DependencyError: pyogrio is not installed.
        OutputError: The file cannot be written, or does not hold what was written into it.
    """
    written = _renamed(table, names_in(list(table.columns), Path(target)))
    with beside_other_layers(target, layer, warn) as temporary:
        reason = write_layer(temporary, written, "GPKG", layer, geometry)
        if reason:
            raise OutputError(
                f"{target} cannot be written ({reason.replace(temporary, target)}). Check that the "
                "disk has room and that the folder may be written to."
            )
        if style:
            _keep_style(temporary, layer, style)
        wrong = differences(written, read_layer(f"{temporary}|layername={layer}").table)
        if wrong:
            raise OutputError(
                f"{target} was read back and differs from what was written: {wrong[0]}"
                f"{f' and {len(wrong) - 1} more' if wrong[1:] else ''}. Check the disk, then run "
                "again. Nothing was left behind."
            )


def _renamed(table: Table, names: Sequence[str]) -> Table:
    pairs = [(old, new) for old, new in zip(table.columns, names) if old != new]
    if not pairs:
        return table
    new_names = dict(zip(table.columns, names))
    columns = {new_names[name]: kind for name, kind in table.columns.items()}
    records = tuple(
        replace(r, values={new_names[k]: v for k, v in r.values.items() if k in new_names})
        for r in table.records
    )
    return replace(table, columns=columns, records=records)


@contextmanager
def beside_other_layers(
    target: str, layer: str, warn: Callable[[str], None] | None = None
) -> Iterator[str]:
    """Give a path to write a layer to; when the block ends well, it becomes ``target``.

    Where ``target`` is a GeoPackage that is there already, the path holds a copy of it, so that its
    other layers are kept. On any exception it stays as it was. Other formats are written anew.

    Raises:
        OutputError: ``target`` cannot be written, or is there and is no GeoPackage.
    """
    path = Path(target)
    with whole_files(target) as temporary:
        if path.suffix.lower() == ".gpkg" and path.is_file() and path.stat().st_size:
            others = [name for name in _copy(target, temporary) if name != layer]
            if others and warn:
                warn(f"{target} holds the layers {', '.join(others)} besides; they stay.")
        yield temporary


def _copy(source: str, target: str) -> list[str]:
    """Copy a GeoPackage with what its journal holds; returns the names of its layers."""
    uri = f"{Path(source).resolve().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(uri, uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            tables = old.execute("SELECT table_name FROM gpkg_contents").fetchall()
            names = [str(name) for (name,) in tables if name != _STYLES]
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as err:
        raise OutputError(
            f"{source} is there and cannot be kept: it is no GeoPackage, or another program is "
            f"writing to it ({err}). Remove it, or choose another file name."
        ) from err
    return names


def _keep_style(path: str, layer: str, style: Path) -> None:
    """Put a style into a GeoPackage as the default of a layer that has none."""
    try:
        with closing(sqlite3.connect(path)) as data, data:
            data.execute(_STYLE_TABLE)
            known = "SELECT count(*) FROM layer_styles WHERE f_table_name = ?"
            if data.execute(known, [layer]).fetchone()[0]:
                return
            data.execute(
                "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                "VALUES (?, 'attributes', ?, 0)",
                [_STYLES, _STYLES],
            )
            data.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, useAsDefault, description) "
                "SELECT '', '', table_name, column_name, 'Landslip', ?, 1, ? "
                "FROM gpkg_geometry_columns WHERE table_name = ?",
                [
                    style.read_text(encoding="utf-8"),
                    "Colours and form of a landslide inventory",
                    layer,
                ],
            )
    except sqlite3.Error as err:
        raise OutputError(
            f"{Path(path).name} takes no style ({err}). Check that the disk has room, then run "
            "again."
        ) from err
