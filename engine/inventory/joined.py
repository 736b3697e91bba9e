"""Several inventories as one, in one CRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .polygons import in_crs
from .table import Record, Table
from .wkb import multipolygon_wkb, polygons_of

#: The column that says which inventory a landslide comes from.
SCENE = "scene"
#: The CRS of all where theirs differ.
COMMON_CRS = "EPSG:4326"


def joined(tables: Mapping[str, Table]) -> Table:
    """All landslides of some inventories, each with the name of its own in the column `SCENE`.

    They have the CRS of the inventories, or longitude and latitude where CRSs differ. Ids stay
    where they are unique. Landslides where inventories overlap are there from each.
    """
    crs = {table.crs for table in tables.values()}
    target = next(iter(crs)) if len(crs) == 1 else COMMON_CRS
    columns: dict[str, type] = {SCENE: str}
    records: list[Record] = []
    for name, table in tables.items():
        columns |= table.columns
        for record in _moved(table, target):
            records.append(replace(record, values={SCENE: name, **record.values}))
    return Table("all", target, columns, tuple(records)).with_ids()


def _moved(table: Table, crs: str) -> tuple[Record, ...]:
    if table.crs == crs:
        return table.records
    shapes = in_crs([polygons_of(record.wkb) for record in table.records], table.crs, crs)
    return tuple(
        replace(record, wkb=multipolygon_wkb(shape)) for record, shape in zip(table.records, shapes)
    )
