"""What an exchange schema consists of, and what it is told about a landslide."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ..common.errors import ParameterError
from .dates import whole_day
from .event import EventFacts
from .table import Record


@dataclass(frozen=True)
class Dataset:
    """What the person who hands an inventory in knows of all its landslides.

    Attributes:
        name: Name of the inventory.
        url: Where it is published.
        version: Its version.
        country: Country of the landslides, in English.
        country_code: Its two letters of ISO 3166-1.
        accuracy: Error of their place, metres; None for the size of the pixels they came from.
        start: First day on which they can have happened, ISO 8601, where a landslide has no dates
            of its own.
        end: Last such day.
        event: What else holds for all of them.
    """

    name: str
    url: str = ""
    version: str = "1"
    country: str = ""
    country_code: str = ""
    accuracy: float | None = None
    start: str = ""
    end: str = ""
    event: EventFacts = field(default_factory=EventFacts)


@dataclass(frozen=True)
class Slide:
    """One landslide that is handed in.

    Attributes:
        record: The landslide, with an ``id``.
        number: Its running number, from 1.
        area: Area on the ellipsoid, m2.
        perimeter: Perimeter on the ellipsoid, m.
        longitude: Of the centroid of its largest part, degrees.
        latitude: Of the same.
        dataset: The inventory that it belongs to.
    """

    record: Record
    number: int
    area: float
    perimeter: float
    longitude: float
    latitude: float
    dataset: Dataset

    def get(self, name: str) -> Any:
        """An attribute; None where it is empty."""
        value = self.record.get(name)
        return None if value == "" else value

    @property
    def first_day(self) -> str | None:
        """First day on which it can have happened, ISO 8601."""
        return self._day("event_date", False) or self._by_images(False) or self._given(False)

    @property
    def last_day(self) -> str | None:
        """Last day on which it can have happened, ISO 8601."""
        return self._day("event_date", True) or self._by_images(True) or self._given(True)

    def _by_images(self, last: bool) -> str | None:
        """What a series of images says, where one dated it; else the images of the detection."""
        if self.get("date_max"):
            return self._day("date_max" if last else "date_min", last)
        return self._day("image_date" if last else "pre_date", last)

    @property
    def accuracy(self) -> float | None:
        """Error of its place, metres."""
        if self.dataset.accuracy is not None:
            return self.dataset.accuracy
        pixels = self.get("pixel_count")
        return round(float((self.area / pixels) ** 0.5), 1) if pixels else None

    def image_day(self, name: str) -> str | None:
        """The day on which an image was taken, by the attribute that holds it, ISO 8601."""
        return self._day(name, False)

    def _day(self, name: str, last: bool) -> str | None:
        value = self.get(name)
        return whole_day(str(value), last, f"{name} of {self.get('id')}") if value else None

    def _given(self, last: bool) -> str | None:
        value = self.dataset.end if last else self.dataset.start
        return whole_day(value, last, f"{'end' if last else 'start'} date") if value else None


@dataclass(frozen=True)
class Form:
    """How a text is written.

    Attributes:
        example: A text that is right.
        pattern: Regular expression of all of it.
        is_date: Whether it starts with a day, year first.
    """

    example: str
    pattern: str
    is_date: bool = True

    def fits(self, text: str) -> bool:
        """Whether a text is written like this, and its day is in the calendar."""
        if not re.fullmatch(self.pattern, text):
            return False
        try:
            return not self.is_date or bool(date.fromisoformat(day_of(text)))
        except ValueError:
            return False


_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?"
DAY = Form("2018-09-06", r"\d{4}-\d\d-\d\d")
SLASHED_DAY = Form("2018/09/06", r"\d{4}/\d\d/\d\d")
INSTANT = Form("2018-09-06T00:00:00Z", rf"\d{{4}}-\d\d-\d\dT{_TIME}(Z|[+-]\d\d:\d\d)?")
COUNTRY_CODE = Form("JP", "[A-Z]{2}", is_date=False)


def country_code(text: str) -> str:
    """The code of a country as schemas write it; empty where none is given.

    Raises:
        ParameterError: It is not of two letters.
    """
    code = text.strip()
    if code and not COUNTRY_CODE.fits(code.upper()):
        raise ParameterError(
            f"The country code is '{code}'; expected two letters of ISO 3166, such as JP."
        )
    return code.upper()


def day_of(value: Any) -> str:
    """The day of a date or a point in time, ISO 8601."""
    return str(value)[:10].replace("/", "-")


@dataclass(frozen=True)
class Column:
    """One column of a schema.

    Attributes:
        name: Its name.
        kind: Type of its values: str, int, float, date or datetime. Dates and points in time are
            texts in ISO 8601 in a `Record`, whatever the type of the column.
        value: Gives a landslide's value, None where it is not known.
        source: Where the value comes from, for people.
        short: Its name in a Shapefile, at most ten characters; its own where that is short enough.
        choices: The values that the schema allows, where it has a list.
        required: Whether it must have a value.
        unique: Whether no two landslides may have the same value.
        form: How its texts are written; of a date, where a format has no dates.
        least: Smallest number or earliest day allowed.
        most: Largest number allowed.
        unknown: A value that stands for one that is not known, whatever `least` says.
        longest: Most characters allowed; 0 for any number.
        also: Types that are taken as well, where the publisher does not settle one.
        optional: Whether a file may lack the column.
    """

    name: str
    kind: type
    value: Callable[[Slide], Any]
    source: str
    short: str = ""
    choices: tuple[Any, ...] = ()
    required: bool = False
    unique: bool = False
    form: Form | None = None
    least: float | str | None = None
    most: float | None = None
    unknown: Any = None
    longest: int = 0
    also: tuple[type, ...] = ()
    optional: bool = False

    @property
    def dbf_name(self) -> str:
        """Its name in a Shapefile."""
        return self.short or self.name

    def as_text(self, value: Any) -> Any:
        """A date as the schema writes it where a format has no dates; others as they are."""
        if value is None or self.kind is not date or self.form is not SLASHED_DAY:
            return value
        return str(value).replace("-", "/")


@dataclass(frozen=True)
class Need:
    """Columns of which one at least must have a value.

    Attributes:
        columns: Their names.
        void: Column in which a reason may stand instead, or empty.
        when: Column that must have a value for this to hold, or empty for always.
    """

    columns: tuple[str, ...]
    void: str = ""
    when: str = ""


@dataclass(frozen=True)
class Preset:
    """A schema.

    Attributes:
        name: Short name.
        title: What to call it.
        columns: Its columns, in order.
        source: Who published the definition, where, and which version of it this is.
        gaps: What of it could not be found, or is not carried.
        crs: Its CRS.
        geometry: Name of the geometry column in a GeoPackage.
        dates: Two columns of which the first may not be later than the second.
        needs: What else must have a value.
        check: Says of the values of a row, by the names of columns, what does not fit together:
            the column and a sentence, or None.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    source: str
    gaps: tuple[str, ...] = ()
    crs: str = "EPSG:4326"
    geometry: str = "geom"
    dates: tuple[str, str] | None = None
    needs: tuple[Need, ...] = ()
    check: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None


#: Types of values that formats lack, by the name of their GDAL driver; texts stand for them.
LACKING: dict[str, tuple[type, ...]] = {
    "ESRI Shapefile": (datetime,),
    "GeoJSON": (date, datetime),
    "CSV": (date, datetime),
}
