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
from .fields import FIELDS, Landslide
from .table import Record, Table
from .vector_file import read_layer, write_layer

#: Name of the layer.
LAYER = "inventory"


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
    names = [field.name for field in FIELDS]
    records = tuple(Record(s.wkb, dict(zip(names, s.values))) for s in landslides)
    columns = {field.name: field.kind for field in FIELDS}
    write_inventory(Table(LAYER, crs, columns, records), target, warn, "Polygon")


def write_inventory(
    table: Table,
    target: str,
    warn: Callable[[str], None] | None = None,
    geometry: str = "MultiPolygon",
    layer: str = LAYER,
) -> None:
    """Write a table as a layer of a GeoPackage, read it back, and put the file in place.

    Args:
        table: The table; columns that would hide the format's own get other names.
        target: Path of the file, which changes when the new layer is complete.
        warn: Told which other layers are in the file, which stay.
        geometry: Type of the outlines.
        layer: Name of the layer, which replaces one of that name.

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
            layers = "SELECT table_name FROM gpkg_contents WHERE table_name <> 'layer_styles'"
            names = [str(name) for (name,) in old.execute(layers)]
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as err:
        raise OutputError(
            f"{source} is there and cannot be kept: it is no GeoPackage, or another program is "
            f"writing to it ({err}). Remove it, or choose another file name."
        ) from err
    return names
