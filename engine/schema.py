"""What an exchange schema consists of, and what it is told about a landslide."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from .errors import ParameterError
from .table import Record


@dataclass(frozen=True)
class Dataset:
    """What the person who hands an inventory in knows of all its landslides.

    Attributes:
        name: Name of the inventory.
        url: Where it is published.
        version: Its version.
        country: Country of the landslides, in English.
        accuracy: Error of their place, metres; None for the size of the pixels they came from.
        start: First day on which they can have happened, ISO 8601, where a landslide has no dates
            of its own.
        end: Last such day.
    """

    name: str
    url: str = ""
    version: str = "1"
    country: str = ""
    accuracy: float | None = None
    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class Slide:
    """One landslide that is handed in.

    Attributes:
        record: The landslide, with an ``id``.
        number: Its running number, from 1.
        area: Area on the ellipsoid, m2.
        perimeter: Perimeter on the ellipsoid, m.
        dataset: The inventory that it belongs to.
    """

    record: Record
    number: int
    area: float
    perimeter: float
    dataset: Dataset

    def get(self, name: str) -> Any:
        """An attribute; None where it is empty."""
        value = self.record.get(name)
        return None if value == "" else value

    @property
    def first_day(self) -> str | None:
        """First day on which it can have happened, ISO 8601."""
        return self._day("event_date", False) or self._day("pre_date", False) or self._given(False)

    @property
    def last_day(self) -> str | None:
        """Last day on which it can have happened, ISO 8601."""
        return self._day("event_date", True) or self._day("image_date", True) or self._given(True)

    @property
    def accuracy(self) -> float | None:
        """Error of its place, metres."""
        if self.dataset.accuracy is not None:
            return self.dataset.accuracy
        pixels = self.get("pixel_count")
        return round(float((self.area / pixels) ** 0.5), 1) if pixels else None

    def _day(self, name: str, last: bool) -> str | None:
        value = self.get(name)
        return _whole_day(str(value), last, f"{name} of {self.get('id')}") if value else None

    def _given(self, last: bool) -> str | None:
        value = self.dataset.end if last else self.dataset.start
        return _whole_day(value, last, f"{'end' if last else 'start'} date") if value else None


_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T.*| .*|Z)?")


def _whole_day(text: str, last: bool, what: str) -> str:
    """The first or last day of a date that may be a month or a year only, ISO 8601."""
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


@dataclass(frozen=True)
class Column:
    """One column of a schema.

    Attributes:
        name: Its name.
        kind: Type of its values: str, int or float.
        value: Gives a landslide's value, None where it is not known.
        source: Where the value comes from, for people.
        short: Its name in a Shapefile, at most ten characters; its own where that is short enough.
        choices: The values that the schema allows, where it has a list.
        required: Whether it must have a value.
        unique: Whether no two landslides may have the same value.
        pattern: Regular expression of its texts.
        least: Smallest number allowed.
    """

    name: str
    kind: type
    value: Callable[[Slide], Any]
    source: str
    short: str = ""
    choices: tuple[Any, ...] = ()
    required: bool = False
    unique: bool = False
    pattern: str = ""
    least: float | None = None

    @property
    def dbf_name(self) -> str:
        """Its name in a Shapefile."""
        return self.short or self.name


@dataclass(frozen=True)
class Preset:
    """A schema.

    Attributes:
        name: Short name.
        title: What to call it.
        columns: Its columns, in order.
        crs: Its CRS.
        geometry: Name of the geometry column in a GeoPackage.
        dates: Two columns of which the first may not be later than the second.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    crs: str = "EPSG:4326"
    geometry: str = "geom"
    dates: tuple[str, str] | None = None
