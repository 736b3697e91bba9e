"""When an image was taken, as its file tells: by its tags, by the name of its product."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..common.errors import ParameterError
from ..inventory.dates import checked_date
from ..inventory.event import OF_IMAGES, EventFacts
from .reader import ACQUISITION_TAGS

#: What programs write into a TIFF as its date: of some the image's, of others the file's.
TIFF_DATE = "TIFFTAG_DATETIME"
_TIFF_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d)(?: (\d\d:\d\d:\d\d))?")
#: How names of Sentinel-2 products and tiles, and of Landsat scenes, begin: with the acquisition.
_NAMES = re.compile(
    r"(?:S2[A-D]_MSIL[12][AC]|(?<![A-Z0-9])T\d\d[A-Z]{3})_(\d{8})T(\d{6})"
    r"|L[COTEM]0\d_L\w\w\w_\d{6}_(\d{8})_"
)


def image_facts(tags: Mapping[str, str], names: Iterable[str] = ()) -> EventFacts:
    """The dates of an image.

    Args:
        tags: Those of its file.
        names: What it is called; the first that tells a date counts, if no tag does.
    """
    known = {name: _date(tags.get(ACQUISITION_TAGS[name], "")) for name in OF_IMAGES}
    named = [_date_in(text) for text in (tags.get(ACQUISITION_TAGS["product_id"], ""), *names)]
    known["image_date"] = known["image_date"] or next(filter(None, named), "") or tiff_date(tags)
    return EventFacts(**known)


def tiff_date(tags: Mapping[str, str]) -> str:
    """The date that a TIFF has, ISO 8601; empty where it has none."""
    matched = _TIFF_DATE.fullmatch(tags.get(TIFF_DATE, "").strip())
    if not matched:
        return ""
    year, month, day, time = matched.groups()
    return _date(f"{year}-{month}-{day}{f'T{time}' if time else ''}")


def _date_in(name: str) -> str:
    matched = _NAMES.search(name)
    if not matched:
        return ""
    day, time = matched[1] or matched[3], matched[2]
    text = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return _date(f"{text}T{time[:2]}:{time[2:4]}:{time[4:]}Z" if time else text)


def _date(text: str) -> str:
    """A date as it is; empty where a file calls something else one."""
    try:
        return checked_date(text, "date", whole=True)
    except ParameterError:
        return ""
