"""What an inventory remembers of each landslide from survey to survey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .fields import UNREVIEWED, Field
from .table import Record

UPDATE = "comparison with a later detection"

UNCHANGED, ENLARGED, REACTIVATED = "unchanged", "enlarged", "reactivated"
SHRUNK, REVEGETATING = "shrunk", "revegetating"
NEW, GONE = "new", "no longer visible"
#: The same of outlines that are found by chance: see `doubt`.
MAYBE_NEW, MAYBE_GONE = "possibly new", "possibly gone"
#: Where another model, threshold or pixel size looked than before: seen by both, by the former one
#: alone, by the new one alone. None of them is a change in time.
NOT_COMPARABLE = "not comparable"
NOT_FOUND, NEW_TO_MODEL = "not found by the model", "new to the model"
NOT_IN_TIME = (NOT_COMPARABLE, NOT_FOUND, NEW_TO_MODEL)
#: What a survey can say of a landslide.
CHANGES = (
    *(UNCHANGED, ENLARGED, REACTIVATED, SHRUNK, REVEGETATING),
    *(NEW, MAYBE_NEW, GONE, MAYBE_GONE),
    *NOT_IN_TIME,
)
#: Those of a landslide that the survey did not show.
UNSEEN = (GONE, MAYBE_GONE, NOT_FOUND)
#: Those of a landslide that it showed first.
FIRST = (NEW, MAYBE_NEW, NEW_TO_MODEL)

#: Columns that an update adds to those of `inventory.FIELDS`.
HISTORY_FIELDS = (
    Field("change", str, "", "What the last survey that covered it says", UPDATE, CHANGES),
    Field("survey", str, "", "Date of the last survey that covered it, ISO 8601", UPDATE),
    Field("survey_by", str, "", "Model, threshold, pixel size and files of that survey", UPDATE),
    Field("first_seen", str, "", "Date of the first survey that shows it, ISO 8601", UPDATE),
    Field("last_seen", str, "", "Date of the last survey that shows it, ISO 8601", UPDATE),
    Field("seen_id", str, "", "Its ids in the last detection that shows it", UPDATE),
    Field("seen_m2", float, "m2", "Its area in the last detection that shows it", UPDATE),
    Field("history", str, "", "Every change with the date of its survey", UPDATE),
)

#: Between the changes of a history, and between ids.
BETWEEN = "; "


def result_name(change: str) -> str:
    """The result of an update that counts a change."""
    return change.upper().replace(" ", "_")


def summary(counts: Mapping[str, int]) -> str:
    """How many landslides there are of each change; what is no change in time only where it is."""
    words = [change for change in CHANGES if change not in NOT_IN_TIME or counts[change]]
    return ", ".join(f"{counts[word]} {word}" for word in words)


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


def taken_back(record: Record, date: str) -> Record | None:
    """The record without a survey of that date; None where only that survey knows it.

    What it was before an outline was redrawn, nobody remembers: the outline stays.
    """
    if record.get("survey") != date:
        return record
    if record.get("change") in FIRST and record.get("review_status") in (None, UNREVIEWED):
        return None
    dates = {n: None for n in ("first_seen", "last_seen") if record.get(n) == date}
    told = dict.fromkeys(("change", "survey", "survey_by", "seen_id", "seen_m2"))
    return with_values(without_survey(record, date), **told, **dates)


def with_change(record: Record, date: str, by: str | None, change: str, remark: str = "") -> Record:
    """The record after a survey.

    Args:
        record: The record before it.
        date: Date of the survey, ISO 8601.
        by: What it was made with; None where unknown.
        change: One of `CHANGES`.
        remark: What to write behind the change in its history.
    """
    before = entries(record)
    quiet = change in (UNCHANGED, MAYBE_GONE, NOT_COMPARABLE, NOT_FOUND)
    known = quiet or (change == GONE and was_gone(record))
    now = [] if known else [f"{date} {change}{remark}"]
    history = BETWEEN.join(before + now) or None
    return with_values(record, change=change, survey=date, survey_by=by, history=history)


def with_values(record: Record, **values: Any) -> Record:
    """The record with other values; those that are None go."""
    merged = {**record.values, **values}
    return replace(record, values={k: v for k, v in merged.items() if v is not None})
