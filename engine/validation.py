"""Does a file keep to an exchange schema? What is wrong, row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from .dependencies import require
from .schema import Column, Preset
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


def validate(table: Table, preset: Preset) -> list[Problem]:
    """Check a file against a schema.

    Columns may have their full names or those of a Shapefile; columns that the schema does not
    know are no problem.

    Args:
        table: The file as it is, not repaired.
        preset: The schema.

    Returns:
        All problems, those of the whole file first; empty where it keeps to the schema.
    """
    present = {c: name for c in preset.columns if (name := _present(table, c)) is not None}
    return [
        *_file_problems(table, preset, present),
        *(
            p
            for row, r in enumerate(table.records, 1)
            for p in _row_problems(row, r, preset, present)
        ),
        *_repeated(table, present),
    ]


def _present(table: Table, column: Column) -> str | None:
    return next((name for name in (column.name, column.dbf_name) if name in table.columns), None)


def _file_problems(table: Table, preset: Preset, present: dict[Column, str]) -> Iterator[Problem]:
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
            yield Problem(0, column.name, _missing(table, column))
        elif not _fits(table, present[column], column.kind):
            yield Problem(
                0,
                column.name,
                f"{present[column]} holds {_WORDS[table.columns[present[column]]]}; expected "
                f"{_WORDS[column.kind]}. Change its type (Refactor fields).",
            )


def _missing(table: Table, column: Column) -> str:
    wanted = {column.name.lower(), column.dbf_name.lower(), column.name.replace(" ", "_").lower()}
    like = [name for name in table.columns if name.lower() in wanted]
    found = f"There is {like[0]}" if like else "There is no such column"
    names = " or ".join(dict.fromkeys((column.name, column.dbf_name)))
    return (
        f"{found}; expected {names} with {_WORDS[column.kind]}. {'Rename' if like else 'Add'} it."
    )


def _row_problems(
    row: int, record: Record, preset: Preset, present: dict[Column, str]
) -> Iterator[Problem]:
    if record.fault:
        yield Problem(row, "", f"Its outline: {record.fault}. Repair it (Fix geometries).")
    for column, name in present.items():
        told = _value_problem(record.values.get(name), column)
        if told:
            yield Problem(row, column.name, told)
    if preset.dates:
        first, last = (_by_name(record, present, name) for name in preset.dates)
        if first and last and str(first) > str(last):
            yield Problem(
                row,
                preset.dates[0],
                f"{first} is later than {preset.dates[1]} ({last}). Exchange or correct them.",
            )


def _value_problem(value: Any, column: Column) -> str:
    if value in (None, ""):
        return "It is empty; expected a value. Fill it in." if column.required else ""
    if column.choices and value not in column.choices:
        allowed = ", ".join(str(choice) for choice in column.choices)
        return f"{value!r} is not on the list. Choose one of: {allowed}."
    if column.pattern and not _is_date(str(value), column.pattern):
        example = "2018/09/06" if "/" in column.pattern else "2018-09-06"
        return f"{value!r} is no date in the schema's format. Write it like {example}."
    if column.least is not None and isinstance(value, (int, float)) and value < column.least:
        return f"{value:g} is below {column.least:g}, the smallest value allowed. Correct it."
    return ""


def _is_date(text: str, pattern: str) -> bool:
    if not re.fullmatch(pattern, text):
        return False
    try:
        date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return False
    return True


def _repeated(table: Table, present: dict[Column, str]) -> Iterator[Problem]:
    for column, name in present.items():
        if not column.unique:
            continue
        counts = Counter(record.values.get(name) for record in table.records)
        for row, record in enumerate(table.records, 1):
            value = record.values.get(name)
            if value not in (None, "") and counts[value] > 1:
                message = (
                    f"{value!r} stands in {counts[value]} rows; expected it once. Number anew."
                )
                yield Problem(row, column.name, message)


def _by_name(record: Record, present: dict[Column, str], name: str) -> Any:
    return next((record.values.get(n) for c, n in present.items() if c.name == name), None)


_WORDS = {str: "text", int: "whole numbers", float: "numbers"}


def _fits(table: Table, name: str, expected: type) -> bool:
    found = table.columns[name]
    if found is expected or (found is int and expected is float):
        return True
    # A GeoJSON does not say of what type an empty column is.
    return all(record.values.get(name) is None for record in table.records)


def _is_crs(found: str, expected: str) -> bool:
    """Whether both are one CRS, whatever the order of its axes (GeoJSON's is longitude first)."""
    crs = require("pyproj").CRS
    return bool(found) and bool(crs(found).equals(crs(expected), ignore_axis_order=True))


def _crs_name(crs: str) -> str:
    return str(require("pyproj").CRS(crs).name) if crs else "not set"
