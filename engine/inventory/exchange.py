"""From an inventory to the rows of an exchange schema, and the check that a file holds them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from .event import with_facts
from .fields import FIELDS, REVIEW_STATUS, UNREVIEWED
from .geodesy import Geodesy
from .schema import LACKING, Column, Dataset, Preset, Slide
from .table import Record, Table, middle
from .wkb import polygons_of

#: Longest text that a Shapefile holds, bytes.
DBF_WIDTH = 254
#: What a format may round coordinates by, degrees: a millimetre.
_ROUNDING = 1e-8
_REJECTED = REVIEW_STATUS[-1]


def rows(
    inventory: Table,
    preset: Preset,
    dataset: Dataset,
    warn: Callable[[str], None],
    reviewed_only: bool = False,
) -> Table:
    """The landslides of an inventory in the columns of a schema. Rejected ones are left out.

    Args:
        inventory: The inventory, in the schema's CRS.
        preset: The schema.
        dataset: What holds for all its landslides.
        warn: Told what people should know before they hand it in.
        reviewed_only: Whether landslides that no one has accepted or edited are left out too.

    Raises:
        ParameterError: A date cannot be read.
    """
    kept = _handed_in(_lower_case(inventory), warn, reviewed_only).with_ids()
    kept = with_facts(kept, dataset.event, warn)
    _tell_unknown_words(kept, warn)
    records = tuple(
        replace(slide.record, values={c.name: _typed(c.value(slide), c) for c in preset.columns})
        for slide in _slides(kept, dataset)
    )
    return Table(dataset.name, kept.crs, {c.name: c.kind for c in preset.columns}, records)


def fitting(table: Table, preset: Preset, driver: str, warn: Callable[[str], None]) -> Table:
    """The table as a format can hold it.

    Args:
        table: Rows of the schema.
        preset: The schema.
        driver: Name of the format's GDAL driver.
        warn: Told what is lost.
    """
    table = _with_texts(table, preset, LACKING.get(driver, ()))
    return _for_shapefile(table, preset, warn) if driver == "ESRI Shapefile" else table


def _with_texts(table: Table, preset: Preset, lacking: tuple[type, ...]) -> Table:
    """The table with texts in columns whose type the format does not have."""
    changed = {c.name: c for c in preset.columns if c.kind in lacking}
    kinds = {name: str if name in changed else kind for name, kind in table.columns.items()}
    records = tuple(
        replace(
            record,
            values={
                name: changed[name].as_text(value) if name in changed else value
                for name, value in record.values.items()
            },
        )
        for record in table.records
    )
    return replace(table, columns=kinds, records=records)


def _for_shapefile(table: Table, preset: Preset, warn: Callable[[str], None]) -> Table:
    """The table with the names and text lengths that a Shapefile can hold."""
    short = {column.name: column.dbf_name for column in preset.columns}
    cut: Counter[str] = Counter()
    records = []
    for record in table.records:
        values = {}
        for name, value in record.values.items():
            shortened = _shortened(value)
            cut[name] += shortened != value
            values[short[name]] = shortened
        records.append(replace(record, values=values))
    for name, count in (+cut).items():
        warn(
            f"Texts in {name} longer than the {DBF_WIDTH} bytes that a Shapefile holds, cut: "
            f"{count}. A GeoPackage keeps them whole."
        )
    columns = {short[name]: kind for name, kind in table.columns.items()}
    return replace(table, columns=columns, records=tuple(records))


def differences(written: Table, read: Table) -> list[str]:
    """In what a file that was read back differs from what was written into it."""
    if len(written.records) != len(read.records):
        return [f"{len(read.records)} landslides instead of {len(written.records)}"]
    missing = [name for name in written.columns if name not in read.columns]
    if missing:
        return [f"no column {name}" for name in missing]
    told = []
    for number, (one, other) in enumerate(zip(written.records, read.records), start=1):
        if not _same_outline(one, other):
            told.append(f"another outline in landslide {number}")
        told += [
            f"{name} {other.values[name]!r} instead of {value!r} in landslide {number}"
            for name, value in one.values.items()
            if not _same(value, other.values[name], written.columns[name])
        ]
    return told


def _typed(value: Any, column: Column) -> Any:
    """A value for a column; numbers that an inventory of others holds become texts for a text."""
    return str(value) if column.kind is str and value is not None else value


def _lower_case(inventory: Table) -> Table:
    """The inventory with its columns in lower case: others write ``ID`` or ``Notes``."""
    records = (
        replace(r, values={name.lower(): value for name, value in r.values.items()})
        for r in inventory.records
    )
    columns = {name.lower(): kind for name, kind in inventory.columns.items()}
    return replace(inventory, columns=columns, records=tuple(records))


def _handed_in(inventory: Table, warn: Callable[[str], None], reviewed_only: bool) -> Table:
    status = Counter(record.get("review_status") for record in inventory.records)
    out: set[str | None] = {_REJECTED}
    if status[_REJECTED]:
        warn(f"Rejected landslides, left out: {status[_REJECTED]}.")
    if reviewed_only:
        out |= {UNREVIEWED, None}
        warn(f"Landslides without a review, left out: {status[UNREVIEWED] + status[None]}.")
    elif status[UNREVIEWED]:
        warn(
            f"Landslides that no one has looked at yet: {status[UNREVIEWED]}. A detection is not a "
            "mapped landslide; review them before you hand them in."
        )
    kept = tuple(r for r in inventory.records if r.get("review_status") not in out)
    return replace(inventory, records=kept)


def _tell_unknown_words(inventory: Table, warn: Callable[[str], None]) -> None:
    for field in FIELDS:
        if not field.choices:
            continue
        values = (record.get(field.name) for record in inventory.records)
        strange = Counter(v for v in values if v not in (None, "", *field.choices))
        if strange:
            found = ", ".join(f"'{word}' ({count})" for word, count in strange.most_common(3))
            warn(
                f"The field {field.name} holds {found}; expected {', '.join(field.choices)}. "
                "These count as unknown: pick from the list to have them handed in."
            )


def _slides(inventory: Table, dataset: Dataset) -> Iterable[Slide]:
    geodesy = Geodesy(inventory.crs)
    for number, record in enumerate(inventory.records, start=1):
        parts = [geodesy.area_perimeter(rings) for rings in polygons_of(record.wkb)]
        area, perimeter = (float(sum(each)) for each in zip(*parts))
        longitude, latitude = middle(record.wkb, geodesy)
        yield Slide(_known_words(record), number, area, perimeter, longitude, latitude, dataset)


def _known_words(record: Record) -> Record:
    """The record with words that are on no list taken out."""
    known = {
        name: None if name in _CHOICES and value not in _CHOICES[name] else value
        for name, value in record.values.items()
    }
    return replace(record, values=known)


_CHOICES = {field.name: field.choices for field in FIELDS if field.choices}


def _shortened(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.encode()[:DBF_WIDTH].decode(errors="ignore")


def _same_outline(one: Record, other: Record) -> bool:
    if not (one.wkb and other.wkb):
        return one.wkb == other.wkb
    return bool(np.allclose(_extent(one), _extent(other), rtol=0, atol=_ROUNDING))


def _extent(record: Record) -> list[float]:
    """Bounding box and mean side, which the order of points and rings does not change."""
    outlines = [ring for rings in polygons_of(record.wkb) for ring in rings]
    points = np.concatenate(outlines)
    sides = sum(np.abs(ring - np.roll(ring, -1, axis=0)).sum() for ring in outlines)
    return [*points.min(axis=0), *points.max(axis=0), float(sides / len(points))]


def _same(one: Any, other: Any, kind: type) -> bool:
    if one in (None, "") or other in (None, ""):
        return one in (None, "") and other in (None, "")
    if isinstance(one, float):
        return math.isclose(one, float(other), rel_tol=1e-6, abs_tol=1e-6)
    if kind is datetime:
        return _moment(one) == _moment(other)
    return bool(one == other)


def _moment(text: str) -> datetime:
    """A point in time; UTC where it has no zone."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
