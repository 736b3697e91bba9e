"""What an inventory remembers of each landslide from survey to survey."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .fields import Field
from .table import Record

UPDATE = "comparison with a later detection"

UNCHANGED, ENLARGED, REACTIVATED = "unchanged", "enlarged", "reactivated"
NEW, GONE = "new", "no longer visible"
#: What a survey can say of a landslide.
CHANGES = (UNCHANGED, ENLARGED, REACTIVATED, NEW, GONE)

#: Columns that an update adds to those of `inventory.FIELDS`.
HISTORY_FIELDS = (
    Field("change", str, "", "What the last survey that covered it says", UPDATE, CHANGES),
    Field("survey", str, "", "Date of the last survey that covered it, ISO 8601", UPDATE),
    Field("first_seen", str, "", "Date of the first survey that shows it, ISO 8601", UPDATE),
    Field("last_seen", str, "", "Date of the last survey that shows it, ISO 8601", UPDATE),
    Field("seen_id", str, "", "Its ids in that survey's detection", UPDATE),
    Field("seen_m2", float, "m2", "Area detected in that survey", UPDATE),
    Field("history", str, "", "Every change with the date of its survey", UPDATE),
)

#: Between the changes of a history, and between ids.
BETWEEN = "; "


def result_name(change: str) -> str:
    """The result of an update that counts a change."""
    return change.upper().replace(" ", "_")


def entries(record: Record) -> list[str]:
    """The changes so far, oldest first, such as ``2019-05-01 new``."""
    history = record.get("history")
    return history.split(BETWEEN) if history else []


def was_gone(record: Record) -> bool:
    """Whether the last change is that it can no longer be seen."""
    return any(entry.endswith(GONE) for entry in entries(record)[-1:])


def without_survey(record: Record, date: str) -> Record:
    """The record without the changes of a survey."""
    kept = [entry for entry in entries(record) if not entry.startswith(date)]
    return with_values(record, history=BETWEEN.join(kept) or None)


def with_change(record: Record, date: str, change: str, remark: str = "") -> Record:
    """The record after a survey.

    Args:
        record: The record before it.
        date: Date of the survey, ISO 8601.
        change: One of `CHANGES`.
        remark: What to write behind the change in its history.
    """
    before = entries(record)
    told = change == UNCHANGED or (change == GONE and was_gone(record))
    now = [] if told else [f"{date} {change}{remark}"]
    return with_values(
        record, change=change, survey=date, history=BETWEEN.join(before + now) or None
    )


def with_values(record: Record, **values: Any) -> Record:
    """The record with other values; those that are None go."""
    merged = {**record.values, **values}
    return replace(record, values={k: v for k, v in merged.items() if v is not None})
