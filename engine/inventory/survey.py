"""What the outlines of a survey were made with: two surveys tell time only if it is the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from .table import Record, Table

#: Digits of a model file's checksum that are enough to tell two files apart.
_DIGITS = 8
#: Pixel sizes up to this many times as large count as the same: smoothing changes areas a little,
#: and the pixels of a grid in degrees are not square.
_SAME_PIXEL = 1.2
#: Between the models, thresholds or files of a detection that has several.
_AND = " + "

_TEXT = re.compile(
    r"(?P<model>.*?)(?:(?:^|, )threshold (?P<threshold>.*?))?"
    r"(?:(?:^|, )pixels of (?P<pixel>[\d.]+) m)?(?:(?:^|, )from (?P<sources>.*))?"
)


@dataclass(frozen=True)
class SurveyData:
    """Model, threshold and image of outlines; what they do not say is empty.

    Attributes:
        model: Name, version and checksum of the model; several where outlines are of several.
        threshold: Probability threshold.
        pixel: Size of the pixels, metres; None where unknown.
        sources: File names of the stacks.
    """

    model: str = ""
    threshold: str = ""
    pixel: float | None = None
    sources: tuple[str, ...] = ()

    @classmethod
    def of(cls, records: Iterable[Record]) -> SurveyData:
        """What outlines say of themselves."""
        listed = list(records)
        sizes = [size for size in map(_pixel, listed) if size]
        return cls(
            model=_AND.join(_distinct(map(_model, listed))),
            threshold=_AND.join(_distinct(map(_threshold, listed))),
            pixel=float(f"{np.median(sizes):.3g}") if sizes else None,
            sources=_distinct(str(record.get("source") or "").strip() for record in listed),
        )

    @classmethod
    def read(cls, text: str | None) -> SurveyData:
        """The data of a text that `text` wrote."""
        found = _TEXT.fullmatch(text or "")
        if not found:
            return cls(model=str(text))
        pixel, sources = found["pixel"], found["sources"]
        return cls(
            model=found["model"],
            threshold=found["threshold"] or "",
            pixel=float(pixel) if pixel else None,
            sources=tuple(sources.split(_AND)) if sources else (),
        )

    @property
    def text(self) -> str:
        """In words: ``fast_rgb 2.1 3fa9c1d2, threshold 0.5, pixels of 10 m, from a.tif``."""
        parts = (
            self.model,
            f"threshold {self.threshold}" if self.threshold else "",
            f"pixels of {self.pixel:g} m" if self.pixel else "",
            f"from {_AND.join(self.sources)}" if self.sources else "",
        )
        return ", ".join(part for part in parts if part)

    @property
    def method(self) -> str:
        """The same without the files, for messages."""
        return replace(self, sources=()).text or "no model that is named"

    def comparable(self, other: SurveyData) -> bool:
        """Whether outlines of both differ by what changed on the ground alone.

        Models and thresholds must be the same, or unknown in both. A pixel size that is unknown
        fits any.
        """
        same = (self.model, self.threshold) == (other.model, other.threshold)
        if not same or self.pixel is None or other.pixel is None:
            return same
        low, high = sorted((self.pixel, other.pixel))
        return high <= _SAME_PIXEL * low

    def same(self, other: SurveyData) -> bool:
        """Whether both may be parts of one survey: comparable, and of one image."""
        known = self.sources and other.sources
        shared = not known or set(self.sources) & set(other.sources)
        return self.comparable(other) and bool(shared)


def others_of_the_day(known: Table, data: SurveyData, date: str) -> Counter[str]:
    """Landslides of that day by other data than these; none if some are by these as well."""
    that_day = [_data_of_day(record, date) for record in known.records]
    known_ones = [other for other in that_day if other != SurveyData()]
    if any(data.same(other) for other in known_ones):
        return Counter()
    return Counter(other.text for other in known_ones)


def _data_of_day(record: Record, date: str) -> SurveyData:
    """What showed a landslide on a day; nothing where it was not seen that day."""
    survey = record.get("survey")
    if survey == date:
        return SurveyData.read(record.get("survey_by"))
    if not survey and str(record.get("image_date") or "")[:10] == date:
        return SurveyData.of([record])
    return SurveyData()


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts) - {""}))


def _model(record: Record) -> str:
    sha = str(record.get("model_sha") or "")[:_DIGITS]
    parts = (record.get("model"), record.get("model_version"), sha)
    return " ".join(str(part) for part in parts if part)


def _threshold(record: Record) -> str:
    value = record.get("threshold")
    return "" if value is None else f"{value:g}"


def _pixel(record: Record) -> float | None:
    area, count = record.get("area_m2"), record.get("pixel_count")
    return float(np.sqrt(area / count)) if area and count else None
