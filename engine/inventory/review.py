"""What reviewers said on review sheets: read from files, checked, entered into an inventory."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import ParameterError
from ..common.file_names import encoding_problem
from .fields import CONFIDENCES, FIELDS, MOVEMENTS, UNREVIEWED
from .geodesy import Geodesy
from .history import BETWEEN, with_values
from .table import Record, Table
from .wkb import polygons_of

#: How the files begin, and how their names end.
FORMAT, VERSION, ENDING = "landslip review", 1, ".review.json"
#: What a reviewer can say, and the review status that it becomes.
VERDICTS = {"accept": "accepted", "edit": "edited", "reject": "rejected"}
#: Letters that a reviewer may fill.
LONGEST_NAME, LONGEST_NOTE = 100, 2000
#: What to do where a review says otherwise than the inventory or another review.
KEEP, REVIEW, STOP = "keep", "review", "stop"
CONFLICTS = (KEEP, REVIEW, STOP)

_MOST_BYTES, _MOST_VERDICTS, _LONGEST_ID = 16 * 2**20, 100_000, 1000
_HEAD = ("format", "version", "sheet", "inventory", "reviewer", "saved_at", "verdicts")
_KEYS = (
    "id", "verdict", "ls_type", "confidence", "note", "reviewed_at", "area_m2", "outline"
)  # fmt: skip
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Fields in which two can differ.
_DECIDED = ("review_status", "ls_type", "confidence")
_COLUMNS = (*_DECIDED, "notes", "reviewer", "reviewed_at")
#: Ids that are told of each kind of conflict.
_TOLD = 3


@dataclass(frozen=True)
class Opinion:
    """What one reviewer said of one landslide.

    Attributes:
        id: The landslide.
        reviewer: Who said it.
        reviewed_at: When, ISO 8601 in UTC, to the second.
        values: What was said, by the inventory's fields `review_status`, `ls_type` and
            `confidence`; what was left open is not there.
        note: A remark, or empty.
        outline: `outline_hashes` of the outline on the sheet.
        area_m2: Its area.
    """

    id: str
    reviewer: str
    reviewed_at: str
    values: dict[str, str]
    note: str
    outline: str
    area_m2: float


@dataclass(frozen=True)
class Review:
    """A file that a review sheet saved.

    Attributes:
        name: What to call it in messages.
        opinions: What it says, each landslide once.
    """

    name: str
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True)
class Applied:
    """What became of reviews.

    Attributes:
        table: The inventory with them.
        entered: Number of landslides that a review was entered for.
        conflicting: Number of landslides told of in `conflicts`.
        conflicts: A sentence for each kind of conflict that there was.
    """

    table: Table
    entered: int
    conflicting: int
    conflicts: tuple[str, ...]

    def summary(self, reviews: Sequence[Review]) -> str:
        """What was done, in a sentence."""
        said = Counter(o.reviewer for review in reviews for o in review.opinions)
        names = ", ".join(f"{name} ({count})" for name, count in said.items()) or "nobody (0)"
        return (
            f"Reviews entered for {self.entered} of {len(self.table.records)} landslides; the "
            f"files are of {names}."
        )


# --- outlines ------------------------------------------------------------------------------------


def outline_hashes(table: Table) -> list[str]:
    """A short name for the shape and place of each outline.

    It is made of the sides, to a millionth of a degree: the CRS and how a format orders rings and
    vertices do not matter.
    """
    geodesy = Geodesy(table.crs)
    return [_outline_hash(record.wkb, geodesy) for record in table.records]


def _outline_hash(wkb: bytes, geodesy: Geodesy) -> str:
    sides = [_sides(ring, geodesy) for rings in polygons_of(wkb) for ring in rings]
    ordered = np.unique(np.concatenate(sides), axis=0) if sides else np.zeros((0, 4))
    return hashlib.sha256(ordered.astype("<i8").tobytes()).hexdigest()[:12]


def _sides(ring: np.ndarray, geodesy: Geodesy) -> np.ndarray:
    """The sides of a ring as whole numbers [n, 4], each with its lesser end first."""
    degrees = np.column_stack(geodesy.lonlat(ring[:, 0], ring[:, 1]))
    # Round coordinates are frequent: the shift keeps them away from where rounding turns.
    points = np.floor(degrees * 1e6 + 0.37).astype(np.int64)
    ends = np.roll(points, -1, axis=0)
    turned = (points[:, 0] > ends[:, 0]) | (
        (points[:, 0] == ends[:, 0]) & (points[:, 1] > ends[:, 1])
    )
    first, last = np.where(turned[:, None], ends, points), np.where(turned[:, None], points, ends)
    return np.hstack((first, last))[(points != ends).any(axis=1)]


# --- files ---------------------------------------------------------------------------------------


def read_reviews(paths: Iterable[str]) -> list[Review]:
    """Read all files of a run.

    Raises:
        ParameterError: One cannot be read, or there is none.
    """
    reviews = [read_review(path) for path in paths]
    if not reviews:
        raise ParameterError(
            f"No review was given; expected at least one file that a review sheet saved ({ENDING})."
        )
    return reviews


def read_review(path: str) -> Review:
    """Read a file that a review sheet saved. It may come from anybody: nothing in it is trusted.

    Raises:
        ParameterError: It cannot be read, or is no review.
    """
    return _Reader(path).review()


class _Reader:
    """Reads one file."""

    def __init__(self, path: str) -> None:
        self._path, self._name = path, Path(path).name

    def review(self) -> Review:
        """The review."""
        found = self._object(self._json(), _HEAD, "The file")
        if found.get("format") != FORMAT:
            raise self._error("it is not a saved review")
        if found.get("version") != VERSION or isinstance(found["version"], bool):
            raise self._error(
                f"its version is {_shown(found.get('version'))}, but this Landslip reads "
                f"{VERSION}; it may need a newer one"
            )
        reviewer = self._text(found, "reviewer", "The file", LONGEST_NAME).strip()
        if not reviewer:
            raise self._error("it does not say who the reviewer is")
        entries = found.get("verdicts")
        if not isinstance(entries, list) or len(entries) > _MOST_VERDICTS:
            raise self._error(f"'verdicts' is no list of at most {_MOST_VERDICTS:,}")
        opinions = tuple(self._opinion(i, each, reviewer) for i, each in enumerate(entries, 1))
        self._check_once(opinions)
        return Review(self._name, opinions)

    def _json(self) -> Any:
        if problem := encoding_problem(self._path):
            raise ParameterError(problem)
        try:
            with open(self._path, "rb") as file:
                content = file.read(_MOST_BYTES + 1)
        except (OSError, ValueError) as err:
            reason = getattr(err, "strerror", None) or err
            raise ParameterError(
                f"The review {self._path} cannot be read ({reason}); expected a file that a review "
                f"sheet saved ({ENDING}). Check the path."
            ) from err
        if len(content) > _MOST_BYTES:
            raise self._error(f"it is larger than {_MOST_BYTES // 2**20} MB")
        try:
            return json.loads(
                content.decode("utf-8-sig"),
                object_pairs_hook=self._once,
                parse_constant=lambda word: self._refuse(f"it holds the number {word}"),
            )
        except (ValueError, RecursionError) as err:
            raise self._error(f"it is no JSON ({type(err).__name__})") from err

    def _once(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise self._error("a key comes twice")
        return dict(pairs)

    def _refuse(self, what: str) -> None:
        raise self._error(what)

    def _error(self, what: str) -> ParameterError:
        return ParameterError(
            f"The review {self._name} cannot be used: {what}. Expected a file as a review sheet "
            f"saves it ({ENDING}); save the review once more from the sheet."
        )

    def _object(self, value: Any, keys: tuple[str, ...], what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._error(f"{what.lower()} holds no object")
        unknown = sorted(set(value) - set(keys))
        if unknown:
            raise self._error(f"{what.lower()} has the unknown key {_shown(unknown[0])}")
        return value

    def _opinion(self, number: int, value: Any, reviewer: str) -> Opinion:
        what = f"Verdict {number}"
        entry = self._object(value, _KEYS, what)
        name = self._text(entry, "id", what, _LONGEST_ID)
        time = self._text(entry, "reviewed_at", what, 20)
        if not name or not _is_time(time):
            wrong = f"its time is {_shown(time)}" if name else "its id is missing"
            raise self._error(f"in {what.lower()} {wrong}")
        said = {
            "review_status": VERDICTS.get(self._choice(entry, "verdict", what, tuple(VERDICTS))),
            "ls_type": self._choice(entry, "ls_type", what, MOVEMENTS),
            "confidence": self._choice(entry, "confidence", what, CONFIDENCES),
        }
        return Opinion(
            name,
            reviewer,
            time,
            {key: text for key, text in said.items() if text},
            self._text(entry, "note", what, LONGEST_NOTE).strip(),
            self._text(entry, "outline", what, 64),
            self._area(entry, what),
        )

    def _area(self, entry: dict[str, Any], what: str) -> float:
        area = entry.get("area_m2")
        if isinstance(area, bool) or not isinstance(area, (int, float)) or not 0 <= area < 1e15:
            raise self._error(f"in {what.lower()} 'area_m2' is {_shown(area)}, no area")
        return float(area)

    def _text(self, entry: dict[str, Any], key: str, what: str, longest: int) -> str:
        text = entry.get(key, "")
        if not isinstance(text, str):
            raise self._error(f"in {what.lower()} '{key}' is {_shown(text)}, no text")
        if len(text) > longest:
            raise self._error(f"in {what.lower()} '{key}' is longer than {longest:,} letters")
        if _CONTROL.search(text) or not _is_unicode(text):
            raise self._error(f"in {what.lower()} '{key}' holds letters that are none")
        return text

    def _choice(self, entry: dict[str, Any], key: str, what: str, choices: tuple[str, ...]) -> str:
        text = self._text(entry, key, what, LONGEST_NOTE)
        if text and text not in choices:
            raise self._error(
                f"in {what.lower()} '{key}' is {_shown(text)}, which is none of "
                f"{', '.join(choices)}"
            )
        return text

    def _check_once(self, opinions: Iterable[Opinion]) -> None:
        seen: set[str] = set()
        for opinion in opinions:
            if opinion.id in seen:
                raise self._error(f"the landslide {_shown(opinion.id)} comes twice")
            seen.add(opinion.id)


def _shown(value: Any) -> str:
    """A value of a file, short enough for a message."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = ascii(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a pair of surrogates
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return _TIME.fullmatch(text) is not None


# --- entering them -------------------------------------------------------------------------------


@dataclass
class _Conflicts:
    """The landslides of each kind of conflict."""

    decided: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    redrawn: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def sentences(self, rule: str) -> Iterator[str]:
        """What there was, and what was done about it."""
        taken = rule == REVIEW
        for names, what, left, entered in (
            (
                self.decided,
                "Decided otherwise in the inventory",
                "the inventory stays",
                "the review was taken",
            ),
            (
                self.differing,
                "Judged otherwise by another reviewer",
                "neither was entered",
                "the later one was taken",
            ),
            (
                self.redrawn,
                "With another outline than on the sheet",
                "the review was not entered",
                "the review was taken",
            ),
            (self.unknown, "Not in the inventory", "left out", "left out"),
        ):
            if names:
                told = ", ".join(names[:_TOLD]) + (", ..." if names[_TOLD:] else "")
                done = "" if rule == STOP else f"; {entered if taken else left}"
                yield f"{what}: {len(names)} ({told}){done}."


def apply_reviews(table: Table, reviews: Sequence[Review], rule: str = KEEP) -> Applied:
    """Enter reviews into an inventory.

    Verdicts find their landslides by id. A landslide in a conflict is left alone as a whole, or
    takes all that the review says. Of a reviewer who judged a landslide more than once, the last
    word counts. The same review entered once more changes nothing.

    Args:
        table: The inventory.
        reviews: From `read_review`.
        rule: One of `CONFLICTS`: what the inventory has stays, the review is taken, or neither.

    Returns:
        The inventory in its order, with the columns of a review.

    Raises:
        ParameterError: There are conflicts, and the rule is to stop.
    """
    inventory = _with_columns(table.with_ids())
    said, conflicts = _last_words(reviews), _Conflicts()
    hashes = outline_hashes(inventory)
    records, entered = [], 0
    for record, outline in zip(inventory.records, hashes):
        opinions = said.pop(str(record.get("id")), [])
        kept = _judged(record, outline, opinions, conflicts, rule)
        entered += bool(kept)
        for opinion in kept:
            record = _entered(record, opinion)
        records.append(record)
    conflicts.unknown += said
    sentences = tuple(conflicts.sentences(rule))
    if sentences and rule == STOP:
        raise ParameterError(
            f"Reviews are in conflict. {' '.join(sentences)} Expected none, as asked for: nothing "
            f"was written. Choose '{KEEP}' or '{REVIEW}' for conflicts, or settle them first."
        )
    told = {name for names in vars(conflicts).values() for name in names}
    return Applied(replace(inventory, records=tuple(records)), entered, len(told), sentences)


def _last_words(reviews: Iterable[Review]) -> dict[str, list[Opinion]]:
    """Of each landslide the last that each reviewer said, the latest at the end."""
    every = sorted((o for review in reviews for o in review.opinions), key=lambda o: o.reviewed_at)
    words: dict[str, dict[str, Opinion]] = {}
    for opinion in every:
        mine = words.setdefault(opinion.id, {})
        mine.pop(opinion.reviewer.casefold(), None)
        mine[opinion.reviewer.casefold()] = opinion
    return {name: list(mine.values()) for name, mine in words.items()}


def _judged(
    record: Record, outline: str, opinions: list[Opinion], conflicts: _Conflicts, rule: str
) -> list[Opinion]:
    """The opinions on a landslide that are to be entered."""
    name = str(record.get("id"))
    same = [opinion for opinion in opinions if opinion.outline == outline]
    if len(same) < len(opinions):
        conflicts.redrawn.append(name)
        opinions = opinions if rule == REVIEW else same
    if any(_differ(a.values, b.values) for a in opinions for b in opinions):
        conflicts.differing.append(name)
        opinions = opinions if rule == REVIEW else []
    known = {key: str(record.get(key)) for key in _DECIDED if record.get(key)}
    if any(_differ(known, opinion.values) for opinion in opinions):
        conflicts.decided.append(name)
        opinions = opinions if rule == REVIEW else []
    return opinions


def _differ(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether two have decided the same question otherwise."""
    both = set(one) & set(other)
    return any(one[k] != other[k] and UNREVIEWED not in (one[k], other[k]) for k in both)


def _entered(record: Record, opinion: Opinion) -> Record:
    values: dict[str, Any] = dict(opinion.values)
    notes = str(record.get("notes") or "")
    # The whole remark, not a part of one.
    if opinion.note and f"{BETWEEN}{opinion.note}{BETWEEN}" not in f"{BETWEEN}{notes}{BETWEEN}":
        values["notes"] = f"{notes}{BETWEEN}{opinion.note}" if notes else opinion.note
    if record.get("reviewer") and all(record.get(k) == text for k, text in values.items()):
        return record
    return with_values(record, **values, reviewer=opinion.reviewer, reviewed_at=opinion.reviewed_at)


def _with_columns(table: Table) -> Table:
    """The table with the columns of a review, spelled and typed as the inventory's."""
    own = {name if name in table.columns else table.own_name(name): name for name in _COLUMNS}
    columns = {own.get(name, name): kind for name, kind in table.columns.items()}
    columns |= {each.name: each.kind for each in FIELDS if each.name in _COLUMNS}
    records = tuple(
        replace(record, values=dict(_spelled(record.values, own))) for record in table.records
    )
    return replace(table, columns=columns, records=records)


def _spelled(values: dict[str, Any], own: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        known = own.get(name)
        if known is None:
            yield name, value
        elif value is not None and value != "" and not _is_nan(value):
            yield known, str(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
