"""Where the values of a schema's columns come from: small functions of one landslide."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ..common.errors import ParameterError
from .fields import TRIGGERS
from .schema import Slide
from .vocabulary import type_in

Value = Callable[[Slide], Any]


def attribute(name: str) -> Value:
    """An attribute of the landslide, such as ``notes``."""
    return lambda slide: slide.get(name)


def constant(value: Any) -> Value:
    """The same for all."""
    return lambda slide: value


def listed(name: str, words: tuple[str, ...], unknown: str) -> Value:
    """An attribute that holds a word of a schema's own list, else the word for unknown."""

    def value(slide: Slide) -> str:
        word = slide.get(name)
        return word if word in words else unknown

    return value


def count(name: str, unknown: int | None) -> Value:
    """People harmed: a column that a reviewer may have added."""

    def value(slide: Slide) -> int | None:
        found = _number(slide, name)
        if found is not None and not found.is_integer():
            raise _no_number(slide, name, "a whole number")
        return unknown if found is None else int(found)

    return value


def number(name: str) -> Value:
    """A number in a column that a reviewer may have added."""
    return lambda slide: _number(slide, name)


def _number(slide: Slide, name: str) -> float | None:
    """A finite number; None where there is none, NaN included."""
    found = slide.get(name)
    try:
        read = math.nan if found is None else float(found)
    except ValueError:
        raise _no_number(slide, name, "a number") from None
    if math.isinf(read):
        raise _no_number(slide, name, "a number")
    return None if math.isnan(read) else read


def _no_number(slide: Slide, name: str, expected: str) -> ParameterError:
    return ParameterError(
        f"The column {name} of {slide.get('id')} holds '{slide.get(name)}'; expected {expected}. "
        "Correct it and run again."
    )


def type_text(slide: Slide) -> str | None:
    """Such as ``debris flow``."""
    movement, material = slide.get("ls_type"), slide.get("material")
    return " ".join(part for part in (material, movement) if part) or None


def notes_and(*others: Value) -> Value:
    """The reviewer's notes, and behind them sentences on what a schema has no column for."""

    def value(slide: Slide) -> str | None:
        notes = slide.get("notes")
        told = ". ".join(text for other in others if (text := other(slide)))
        if notes is None or not told:
            return told or notes
        return f"{str(notes).rstrip('. ')}. {told}"

    return value


def trigger_beside(words: Mapping[str, str], vague: str = "") -> Value:
    """The trigger in words, where a schema has none for it, or only a vague one."""

    def value(slide: Slide) -> str | None:
        trigger = slide.get("trigger")
        unkept = trigger in TRIGGERS and trigger != "unknown" and words.get(trigger, vague) == vague
        return f"Trigger: {trigger}" if unkept else None

    return value


def type_beside(words: dict[tuple[str, str | None], str], vague: str = "") -> Value:
    """The type of landslide in words, likewise."""

    def value(slide: Slide) -> str | None:
        kept = type_in(words, slide.get("ls_type"), slide.get("material"), vague)
        return f"Type: {type_text(slide)}" if kept == vague and slide.get("ls_type") else None

    return value


def images_beside(slide: Slide) -> str | None:
    """The days of the images, where the date of the landslide takes their place in a schema."""
    if not slide.get("event_date"):
        return None
    before, after = (slide.image_day(name) for name in ("pre_date", "image_date"))
    parts = (f"image before {before}" if before else "", f"image after {after}" if after else "")
    return ", ".join(filter(None, parts)).capitalize() or None


def period(slide: Slide) -> str | None:
    """What is known of the date, in words, where the day is not."""
    first, last = slide.first_day, slide.last_day
    if first == last:
        return None
    parts = (f"not before {first}" if first else "", f"not later than {last}" if last else "")
    return "Happened " + " and ".join(part for part in parts if part)


def slashed(day: str | None) -> str | None:
    """A day with slashes."""
    return day.replace("-", "/") if day else None


def instant(moment: Any) -> str | None:
    """A date, or a date and time, as a point in time in UTC, ISO 8601; without a zone it is in UTC.

    Raises:
        ParameterError: It is neither.
    """
    if not moment:
        return None
    try:
        read = datetime.fromisoformat(str(moment).strip().replace("/", "-").replace("Z", "+00:00"))
    except ValueError:
        raise ParameterError(
            f"The inventory holds the date '{moment}'; expected one in ISO 8601, such as "
            "2018-09-06 or 2018-09-06T01:27:01Z. Correct it and run again."
        ) from None
    utc = read.astimezone(timezone.utc) if read.tzinfo else read
    return f"{utc.replace(tzinfo=None, microsecond=0).isoformat()}Z"
