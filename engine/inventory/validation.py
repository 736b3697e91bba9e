"""Does a file keep to an exchange schema? What is wrong, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ..common.dependencies import require
from .schema import DAY, LACKING, Column, Need, Preset, day_of
from .table import Record, Table


@dataclass(frozen=True)
class Problem:
    """Something that the schema does not allow.

    Attributes:
        row: Row of the landslide from 1; 0 where the whole file is meant.
        column: Column, or empty where the outline or the file is meant.
        message: What was found, what was expected, what to do.
    """

    row: int
    column: str
    message: str

    @property
    def sentence(self) -> str:
        """Where it is, and what it is."""
        row = f"row {self.row}" if self.row else ""
        place = ", ".join(filter(None, (row, self.column)))
        return f"{place}: {self.message}" if place else self.message


def validate(table: Table, preset: Preset, driver: str = "") -> list[Problem]:
    """Check a file against a schema.

    Columns may have their full names or those of a Shapefile; columns that the schema does not
    know are no problem.

    Args:
        table: The file as it is, not repaired.
        preset: The schema.
        driver: Name of the format's GDAL driver: where it has no dates, texts stand for them.

    Returns:
        All problems, those of the whole file first; empty where it keeps to the schema.
    """
    present = {c: name for c in preset.columns if (name := _present(table, c)) is not None}
    if driver == _TEXTS:
        table = _with_numbers(table, present)
    return [
        *_file_problems(table, preset, present, driver),
        *_unmet_needs(preset, present),
        *(
            p
            for row, r in enumerate(table.records, 1)
            for p in _row_problems(row, r, _Columns(table, preset, present))
        ),
        *_repeated(table, present),
    ]


#: A table of texts has no types: QGIS guesses them, and some versions guess none.
_TEXTS = "CSV"


def _with_numbers(table: Table, present: dict[Column, str]) -> Table:
    """A table of texts with numbers where the schema has numbers, and all texts are some."""
    columns, read = dict(table.columns), {}
    for column, name in present.items():
        if column.kind not in (int, float) or table.columns[name] is not str:
            continue
        try:
            for record in table.records:
                if not _is_empty(record.values.get(name)):
                    column.kind(record.values[name])
        except ValueError:
            continue
        columns[name], read[name] = column.kind, column.kind
    records = tuple(
        replace(
            record,
            values={
                name: read[name](value) if name in read and not _is_empty(value) else value
                for name, value in record.values.items()
            },
        )
        for record in table.records
    )
    return replace(table, columns=columns, records=records)


def unknown_columns(table: Table, preset: Preset) -> list[str]:
    """Columns that the schema does not have; row numbers of formats aside."""
    known = {name for c in preset.columns for name in (c.name, c.dbf_name)}
    return [n for n in table.columns if n not in known and n.lower() not in _ROW_NUMBERS]


def has_columns(table: Table, preset: Preset) -> bool:
    """Whether a file has all columns of a schema."""
    needed = (column for column in preset.columns if not column.optional)
    return all(_present(table, column) is not None for column in needed)


@dataclass(frozen=True)
class _Columns:
    """The columns of a schema that a file has."""

    table: Table
    preset: Preset
    names: dict[Column, str]

    def kind(self, column: Column) -> type:
        """Type of the values of a column in the file."""
        return self.table.columns[self.names[column]]

    def values(self, record: Record) -> dict[str, Any]:
        """The values of a row by the full names of its columns."""
        return {column.name: record.values.get(name) for column, name in self.names.items()}


_ROW_NUMBERS = ("fid", "ogc_fid", "objectid")


def _present(table: Table, column: Column) -> str | None:
    return next((name for name in (column.name, column.dbf_name) if name in table.columns), None)


def _file_problems(
    table: Table, preset: Preset, present: dict[Column, str], driver: str
) -> Iterator[Problem]:
    if not _is_crs(table.crs, preset.crs):
        yield Problem(
            0,
            "",
            f"The CRS is {_crs_name(table.crs)}; {preset.title} expects {preset.crs}. Reproject "
            "the layer.",
        )
    if not table.records:
        yield Problem(0, "", "There is no landslide in it; expected at least one.")
    for column in preset.columns:
        if column not in present:
            if not column.optional or _alike(table, column):
                yield Problem(0, column.name, _missing(table, column))
        elif not _fits(table, present[column], column, driver):
            yield Problem(
                0,
                column.name,
                f"{present[column]} holds {_WORDS[table.columns[present[column]]]}; expected "
                f"{_WORDS[column.kind]}. Change its type (Refactor fields).",
            )


def _missing(table: Table, column: Column) -> str:
    like = _alike(table, column)
    found = f"There is {like}" if like else "There is no such column"
    names = " or ".join(dict.fromkeys((column.name, column.dbf_name)))
    return (
        f"{found}; expected {names} with {_WORDS[column.kind]}. {'Rename' if like else 'Add'} it."
    )


def _alike(table: Table, column: Column) -> str:
    """A column that is spelled differently, or empty."""
    wanted = {column.name.lower(), column.dbf_name.lower(), column.name.replace(" ", "_").lower()}
    return next((name for name in table.columns if name.lower() in wanted), "")


def _unmet_needs(preset: Preset, present: dict[Column, str]) -> Iterator[Problem]:
    """Needs for which a file has no column at all, where the columns may be left out singly."""
    names = {column.name for column in present}
    left_out = {column.name for column in preset.columns if column.optional} - names
    for need in preset.needs:
        if not need.when and left_out.issuperset((*need.columns, need.void)):
            yield Problem(
                0,
                need.columns[0],
                f"There is none of the columns {', '.join(need.columns)}, nor one with the reason, "
                f"{need.void}; expected at least one. Add it.",
            )


def _row_problems(row: int, record: Record, columns: _Columns) -> Iterator[Problem]:
    if record.fault:
        yield Problem(row, "", f"Its outline: {record.fault}. Repair it (Fix geometries).")
    values = columns.values(record)
    for column in columns.names:
        told = _value_problem(values[column.name], column, columns.kind(column))
        if told:
            yield Problem(row, column.name, told)
    for name, told in _joint_problems(values, columns.preset):
        yield Problem(row, name, told)


def _joint_problems(values: Mapping[str, Any], preset: Preset) -> Iterator[tuple[str, str]]:
    """What is wrong with values that belong together: the column, and a sentence."""
    values = {name: None if _is_empty(value) else value for name, value in values.items()}
    if preset.dates:
        first, last = (values.get(name) for name in preset.dates)
        if first and last and day_of(first) > day_of(last):
            yield (
                preset.dates[0],
                f"{first} is later than {preset.dates[1]} ({last}). Exchange or correct them.",
            )
    for need in preset.needs:
        told = _need_problem(values, need)
        if told:
            yield need.void or need.columns[0], told
    if preset.check and (found := preset.check(values)):
        yield found


def _need_problem(values: Mapping[str, Any], need: Need) -> str:
    if need.when:
        concerned = values.get(need.when) is not None
    else:  # a file without any of the columns is told once, not in each row
        concerned = any(name in values for name in (*need.columns, need.void))
    if not concerned:
        return ""
    names = " or ".join(need.columns)
    given = any(values.get(name) is not None for name in need.columns)
    reason = values.get(need.void) is not None
    if given and reason:
        return f"It gives a reason why {names} is empty, which has a value. Empty one of them."
    if given or reason:
        return ""
    if not need.void:
        return f"It is empty; expected a value beside {need.when}. Fill it in."
    return (
        f"It is empty, and so is {names}; expected a value there or the reason here. Fill one in."
    )


def _is_empty(value: Any) -> bool:
    """Whether there is no value; NaN is none."""
    return value is None or value == "" or value != value


def _value_problem(value: Any, column: Column, kind: type) -> str:
    """What is wrong with a value of a column that has a type in the file, or empty."""
    if _is_empty(value):
        return "It is empty; expected a value. Fill it in." if column.required else ""
    if column.choices and value not in column.choices:
        allowed = ", ".join(str(choice) for choice in column.choices)
        return f"{value!r} is not on the list. Choose one of: {allowed}."
    if column.form and kind is str and not _is_written_well(str(value), column):
        what = "no date in the schema's format" if column.form.is_date else "not in its format"
        return f"{value!r} is {what}. Write it like {column.form.example}."
    if column.longest and len(str(value)) > column.longest:
        return (
            f"{value!r} has {len(str(value))} characters; expected at most {column.longest}. "
            "Shorten it."
        )
    return _range_problem(value, column)


def _is_written_well(text: str, column: Column) -> bool:
    """Whether a text has the schema's form; one that stands for a date may be as GDAL writes it."""
    stands_for_date = column.kind is date and DAY.fits(text)
    return stands_for_date or column.form is None or column.form.fits(text)


def _range_problem(value: Any, column: Column) -> str:
    if column.unknown is not None and value == column.unknown:
        return ""
    if isinstance(column.least, str):
        early = column.form is not None and day_of(value) < column.least
        return (
            f"{value} is before {column.least}, the first day allowed. Correct it." if early else ""
        )
    if not isinstance(value, (int, float)):
        return ""
    if column.least is not None and value < column.least:
        return f"{value:g} is below {column.least:g}, the smallest value allowed. Correct it."
    if column.most is not None and value > column.most:
        return f"{value:g} is above {column.most:g}, the largest value allowed. Correct it."
    return ""


def _repeated(table: Table, present: dict[Column, str]) -> Iterator[Problem]:
    for column, name in present.items():
        if not column.unique:
            continue
        counts = Counter(record.values.get(name) for record in table.records)
        for row, record in enumerate(table.records, 1):
            value = record.values.get(name)
            if not _is_empty(value) and counts[value] > 1:
                message = (
                    f"{value!r} stands in {counts[value]} rows; expected it once. Number anew."
                )
                yield Problem(row, column.name, message)


_WORDS = {
    str: "text",
    int: "whole numbers",
    float: "numbers",
    date: "dates",
    datetime: "dates with a time",
}


def _fits(table: Table, name: str, column: Column, driver: str) -> bool:
    """Whether a column has the type of the schema, or one that its format has instead."""
    found = table.columns[name]
    allowed = {column.kind, *column.also}
    if allowed.intersection(LACKING.get(driver, ())):
        allowed.add(str)
    if found in allowed or (found is int and float in allowed):
        return True
    # Of a table of texts, QGIS takes the version 2 for a number.
    if driver == _TEXTS and column.kind is str:
        return True
    # A GeoJSON does not say of what type an empty column is.
    return all(record.values.get(name) is None for record in table.records)


def _is_crs(found: str, expected: str) -> bool:
    """Whether both are one CRS, whatever the order of its axes (GeoJSON's is longitude first)."""
    crs = require("pyproj").CRS
    return bool(found) and bool(crs(found).equals(crs(expected), ignore_axis_order=True))


def _crs_name(crs: str) -> str:
    return str(require("pyproj").CRS(crs).name) if crs else "not set"
