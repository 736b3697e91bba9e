"""What a check of a file tells besides its problems, and its problems as a layer."""

from __future__ import annotations

from collections.abc import Sequence

from .presets import PRESETS
from .schema import Preset
from .table import Record, Table
from .validation import Problem, has_columns, unknown_columns
from .wkb import is_polygonal

_COLUMNS: dict[str, type] = {"row": int, "column": str, "problem": str}


def remarks(table: Table, preset: Preset) -> list[str]:
    """What is no problem, but worth knowing."""
    told = []
    others = unknown_columns(table, preset)
    if others:
        told.append(f"Fields that {preset.title} does not have: {', '.join(others)}.")
    alike = [p.name for p in PRESETS.values() if p is not preset and has_columns(table, p)]
    if alike and not has_columns(table, preset):
        told.append(f"The file has all fields of {' and '.join(alike)}: is that the schema meant?")
    return told


def problem_table(table: Table, problems: Sequence[Problem]) -> Table:
    """One row for every problem, at the outline of its landslide where that is a polygon."""

    def outline(problem: Problem) -> bytes:
        wkb = table.records[problem.row - 1].wkb if problem.row else b""
        return wkb if is_polygonal(wkb) else b""

    records = tuple(
        Record(
            outline(problem),
            {"row": problem.row, "column": problem.column, "problem": problem.message},
        )
        for problem in problems
    )
    return Table(table.name, table.crs, _COLUMNS, records)
