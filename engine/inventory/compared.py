"""The columns that a comparison of images adds to an inventory: change, and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .fields import Field
from .table import Table

COMPARED = "images before and after"

NEW, SEEN_BEFORE, HIDDEN, UNKNOWN = "new", "seen before", "cloud or shadow", "unknown"
#: What the images before and after suggest of an outline.
EVIDENCE = (NEW, SEEN_BEFORE, HIDDEN, UNKNOWN)

#: Columns that evidence of change adds to those of `inventory.FIELDS`.
EVIDENCE_FIELDS = (
    Field("evidence", str, "", "What the images before and after suggest", COMPARED, EVIDENCE),
    Field("new_score", float, "", "Change against its ring, in usual changes", COMPARED),
    Field("new_share", float, "", "Share of its contrast that is new; 1 all, 0 none", COMPARED),
    Field("seen_share", float, "0..1", "Share of its pixels that both images show", COMPARED),
    Field("dndvi", float, "", "Change of NDVI inside", COMPARED),
    Field("dndvi_ring", float, "", "Change of NDVI in the ring around", COMPARED),
    Field("dbsi", float, "", "Change of the bare soil index inside", COMPARED),
    Field("dbsi_ring", float, "", "Change of the bare soil index in the ring around", COMPARED),
    Field("drg", float, "", "Change of red over green inside", COMPARED),
    Field("drg_ring", float, "", "Change of red over green in the ring around", COMPARED),
)

#: Columns that dating adds.
DATING_FIELDS = (
    Field("date_min", str, "", "Last image without the bare ground, ISO 8601", COMPARED),
    Field("date_max", str, "", "First image with the bare ground, ISO 8601", COMPARED),
    Field("date_conf", float, "0..1", "How sure the two dates are", COMPARED),
    Field("date_note", str, "", "What the series of images shows", COMPARED),
)
COMPARED_FIELDS = (*EVIDENCE_FIELDS, *DATING_FIELDS)


def with_columns(table: Table, fields: Sequence[Field], rows: Sequence[dict[str, Any]]) -> Table:
    """The inventory with these columns, in place of those of the same names that it had.

    Args:
        table: The inventory.
        fields: The columns.
        rows: Their values for each landslide; a column that is left out is empty.
    """
    names = {field.name for field in fields}
    kept = {name: kind for name, kind in table.columns.items() if name.lower() not in names}
    records = tuple(
        replace(
            record,
            values={
                **{name: value for name, value in record.values.items() if name in kept},
                **{field.name: row.get(field.name) for field in fields},
            },
        )
        for record, row in zip(table.records, rows)
    )
    columns = {**kept, **{field.name: field.kind for field in fields}}
    return replace(table, columns=columns, records=records)
