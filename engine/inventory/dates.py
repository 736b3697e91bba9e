"""Dates in ISO 8601 of which no more may be known than the month or the year."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime

from ..common.errors import ParameterError

_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T.*| .*|Z)?")
_TIME = re.compile(r"[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")


def whole_day(text: str, last: bool, what: str) -> str:
    """The first or last day of a date that may be a month or a year only, ISO 8601.

    Args:
        text: The date, with a time behind it or without.
        last: Whether the last day is asked for.
        what: What it is the date of, for the message.

    Raises:
        ParameterError: It is no such date.
    """
    matched = _PARTIAL.fullmatch(text.strip().replace("/", "-"))
    try:
        if matched is None:
            raise ValueError(text)
        year, month, day = (int(part) if part else 0 for part in matched.groups())
        month = month or (12 if last else 1)
        day = day or (calendar.monthrange(year, month)[1] if last else 1)
        return date(year, month, day).isoformat()
    except ValueError:
        raise ParameterError(
            f"The {what} is '{text}'; expected a date in ISO 8601: 2018-09-06, 2018-09 or 2018. "
            "Correct it and run again."
        ) from None


def checked_date(text: str, what: str, whole: bool) -> str:
    """A date that a person gave, in ISO 8601 with hyphens; empty where none was given.

    Args:
        text: A year, a month, a day, or a day and a time.
        what: What it is the date of, for the message.
        whole: Whether a day is needed.

    Raises:
        ParameterError: It is no such date.
    """
    given = text.strip().replace("/", "-")
    if not given:
        return ""
    is_day = len(given) >= 10
    if is_day and given[10:] and not _is_time(given[10:]):
        raise ParameterError(
            f"The {what} is '{text}'; expected no more than a time behind the day, such as "
            "2018-09-06T03:07:00+09:00. Correct it and run again."
        )
    whole_day(given[:10], False, what)
    if whole and not is_day:
        raise ParameterError(
            f"The {what} is '{text}'; expected a day, such as 2018-09-25: an image has one. "
            "Correct it, or leave it empty."
        )
    return given


def _is_time(text: str) -> bool:
    matched = _TIME.fullmatch(text)
    try:
        return matched is not None and bool(datetime.fromisoformat(f"2000-01-01T{matched[1]}"))
    except ValueError:
        return False
