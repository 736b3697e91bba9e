"""A new detection merged into an inventory that people have worked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError
from .doubt import DEFAULT_MARGIN, is_doubtful
from .fields import FIELDS, PERSON, REVIEW_STATUS, UNREVIEWED
from .history import (
    BETWEEN,
    ENLARGED,
    FIRST,
    GONE,
    HISTORY_FIELDS,
    MAYBE_GONE,
    MAYBE_NEW,
    NEW,
    NEW_TO_MODEL,
    NOT_COMPARABLE,
    NOT_FOUND,
    NOT_IN_TIME,
    REACTIVATED,
    REVEGETATING,
    SHRUNK,
    UNCHANGED,
    UNSEEN,
    taken_back,
    was_gone,
    with_change,
    with_values,
    without_survey,
)
from .polygons import box_of, ellipsoidal_sizes
from .size_change import DEFAULT_PIXELS, Size, size_change
from .survey import SurveyData, others_of_the_day
from .table import Record, Table, unused_name
from .wkb import polygon_wkb, polygons_of

_REJECTED = REVIEW_STATUS[-1]


@dataclass(frozen=True)
class Overlaps:
    """How two sets of outlines lie on each other, in the square units of one map.

    Attributes:
        known: Area of each landslide of the inventory [n].
        found: Area of each landslide of the detection [m].
        shared: Area that two have in common, by their places in both; pairs without are left out.
    """

    known: np.ndarray
    found: np.ndarray
    shared: dict[tuple[int, int], float]


#: What to do with what differs because another model, threshold or pixel size looked.
FLAG, AS_TIME, REFUSE = "flag", "as time", "refuse"
MIXED = (FLAG, AS_TIME, REFUSE)
#: What to do if the inventory has a survey of the same day that was made with other data.
ANOTHER_PART, REPLACE = "another part", "replace"
SAME_DAY = (REFUSE, ANOTHER_PART, REPLACE)


@dataclass(frozen=True)
class UpdateRequest:
    """How to merge.

    Attributes:
        date: Date of the survey, the acquisition of the detection's image, ISO 8601.
        overlap: Share of the smaller of two outlines that must lie in the other one for both to
            be the same landslide, above 0 to 1.
        growth: Share of the smaller of two states of a landslide that must be gained or lost for
            it to count as enlarged or shrunk.
        uncertainty: How far a boundary may be displaced from one survey to the next, metres; None
            for `size_change.DEFAULT_PIXELS`, and for 0 where the pixel size is unknown.
        margin: Share of the way from the threshold to 1 that the mean probability of an outline
            must have gone for the outline to be new, or no longer visible, for sure.
        mixed: One of `MIXED`.
        same_day: One of `SAME_DAY`.
    """

    date: str
    overlap: float = 0.3
    growth: float = 0.25
    uncertainty: float | None = None
    margin: float = DEFAULT_MARGIN
    mixed: str = FLAG
    same_day: str = REFUSE


def update(
    known: Table,
    found: Table,
    overlaps: Overlaps,
    surveyed: Sequence[bool],
    request: UpdateRequest,
    warn: Callable[[str], None] | None = None,
) -> Table:
    """Merge a detection into an inventory.

    Every landslide of the inventory keeps its id, its columns and what a person entered. Its
    outline and measurements give way to those of the detection only where it is enlarged, nobody
    has reviewed it, and the match is one to one. The same survey merged once more changes nothing.
    What another model, threshold or pixel size sees is no change in time, and gets no dates.

    Args:
        known: The inventory.
        found: The detection, in the inventory's CRS.
        overlaps: How they lie on each other.
        surveyed: For each landslide of the inventory, whether the survey saw its place [n].
        request: How to merge.
        warn: Called with each sentence that the user should see.

    Returns:
        The inventory in its order, then the new landslides.

    Raises:
        ParameterError: A setting makes no sense, the inventory has seen a later survey, or one of
            that day that was made with other data, or a column's values do not fit the inventory's
            field of that name.
    """
    columns = _columns(known, found)
    known, found = (_in_columns(table.with_ids(), columns) for table in (known, found))
    _check(request, known)
    data = SurveyData.of(found.records)
    others = others_of_the_day(known, data, request.date)
    if others and request.same_day == REFUSE:
        made, count = others.most_common(1)[0]
        raise ParameterError(
            f"{known.name} has a survey of {request.date} already ({count} landslides by {made}), "
            f"and {found.name} is by {data.text or data.method}; expected one set of data for a "
            f"day. Say with SAME_DAY what it is: '{ANOTHER_PART}' of the survey, or to "
            f"'{REPLACE}' it."
        )
    if others and request.same_day == REPLACE:
        known, overlaps, surveyed = _without_day(known, overlaps, surveyed, request.date)
    survey = _Survey(known, found, overlaps, request)
    records = [
        survey.seen(place) if survey.matches[place] else survey.unseen(place, seen_place)
        for place, seen_place in enumerate(surveyed)
    ]
    records += survey.new()
    _tell_mixed(survey, records, known, found, request, warn)
    return replace(known, columns=columns, records=tuple(records))


def inside(place: Overlaps) -> list[bool]:
    """For each landslide of an inventory, whether more than half of it lies in a place.

    Args:
        place: How the inventory lies on the polygons of the place.
    """
    covered = np.zeros(len(place.known))
    for (i, _), area in place.shared.items():
        covered[i] += area
    return [bool(each) for each in covered > place.known / 2]


def box_around(table: Table) -> Table:
    """The rectangle around all outlines as a table; empty where there are none."""
    boxes = [box_of(polygons_of(record.wkb)) for record in table.records]
    if not boxes:
        return Table(table.name, table.crs, {}, ())
    low, high = np.array(boxes)[:, :2].min(axis=0), np.array(boxes)[:, 2:].max(axis=0)
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    return Table(table.name, table.crs, {}, (Record(polygon_wkb([corners]), {}),))


def some_place(place: Table) -> None:
    """Check that a surveyed area is one.

    Raises:
        ParameterError: It has no polygon.
    """
    if not place.records:
        raise ParameterError(
            f"The surveyed area {place.name} has no polygon; expected where the new image shows "
            "the ground. Draw it, or leave it out."
        )


def survey_date(found: Table) -> str:
    """The day on which the image of a detection was taken, ISO 8601.

    Raises:
        ParameterError: The detection does not say.
    """
    dates = {str(r.get("image_date"))[:10] for r in found.records if r.get("image_date")}
    if len(dates) == 1:
        return dates.pop()
    told = ", ".join(sorted(dates)[:3]) or "none"
    raise ParameterError(
        f"The date of the survey was not given, and the field image_date of {found.name} holds "
        f"{told}; expected one date. Give the day on which the image was taken, such as 2019-05-30."
    )


def changes(table: Table, date: str) -> Counter[str]:
    """How many landslides of each kind of change the survey of that date has."""
    return Counter(r.get("change") for r in table.records if r.get("survey") == date)


class _Survey:
    """Which landslides of the detection belong to which of the inventory."""

    def __init__(
        self, known: Table, found: Table, overlaps: Overlaps, request: UpdateRequest
    ) -> None:
        self._known, self._found, self._overlaps = known, found, overlaps
        self._date, self._request = request.date, request
        self.data = SurveyData.of(found.records)
        self.before = [SurveyData.of([record]) for record in known.records]
        self._areas, self._perimeters = _sizes(found).T
        self._known_sizes = [Size(*size) for size in _sizes(known).tolist()]
        self.matches = self._matched()
        self._owners = Counter(j for mine in self.matches for j in mine)
        self._main = self._largest_partner()
        # Areas that the other side knows, of each landslide of both.
        self._covered = np.zeros(len(found.records))
        self._still = np.zeros(len(known.records))
        for (i, j), area in overlaps.shared.items():
            self._covered[j] += area
            self._still[i] += area

    def _matched(self) -> list[list[int]]:
        matches: list[set[int]] = [set() for _ in self._known.records]
        for (i, j), area in self._overlaps.shared.items():
            smaller = min(self._overlaps.known[i], self._overlaps.found[j])
            if area >= self._request.overlap * smaller:
                matches[i].add(j)
        # Where a reviewer has redrawn an outline, the same survey still knows what it was.
        by_id = {str(record.get("id")): j for j, record in enumerate(self._found.records)}
        for i, record in enumerate(self._known.records):
            if record.get("survey") == self._date and record.get("change") not in UNSEEN:
                matches[i] |= self._seen_before(record, by_id)
        return [sorted(mine) for mine in matches]

    def _seen_before(self, record: Record, by_id: dict[str, int]) -> set[int]:
        names = (record.get("seen_id") or "").split(BETWEEN)
        places = {by_id[name] for name in names if name in by_id}
        area = float(sum(self._areas[j] for j in places))
        # Inventories that number their landslides share ids by accident, but not areas too.
        return places if np.isclose(area, record.get("seen_m2") or 0, rtol=1e-6) else set()

    def _largest_partner(self) -> dict[int, int]:
        """For each landslide of the detection, the one of the inventory that it covers most."""
        main: dict[int, int] = {}
        shared = self._overlaps.shared
        for i, mine in enumerate(self.matches):
            for j in mine:
                if j not in main or shared.get((i, j), 0) > shared.get((main[j], j), 0):
                    main[j] = i
        return main

    def _same_outline(self, i: int) -> bool:
        """Whether the outline of a landslide may be compared with those of the survey."""
        return self._request.mixed == AS_TIME or self.data.comparable(self.before[i])

    def _follows(self, i: int) -> bool:
        """Whether the last survey of a landslide saw it, with data like this one's."""
        record = self._known.records[i]
        last = SurveyData.read(record.get("survey_by"))
        seen = record.get("survey") and record.get("change") != NOT_FOUND
        return bool(seen) and self.data.comparable(last)

    def _comparable(self, i: int) -> bool:
        return self._same_outline(i) or self._follows(i)

    def _size_change(self, i: int) -> str:
        """Whether the detection shows more or less of a landslide."""
        mine, record = self.matches[i], self._known.records[i]
        after = Size(float(sum(self._areas[mine])), float(sum(self._perimeters[mine])))
        if self._same_outline(i):
            before = self._known_sizes[i]
            scale = before.area / self._overlaps.known[i]  # the map's square units to m2
            gained = scale * self._added(i)
            lost = scale * max(0.0, self._overlaps.known[i] - self._still[i])
        else:  # the outline is another model's, but the last survey was of this one
            before = Size(record.get("seen_m2") or after.area, after.perimeter)
            gained, lost = after.area - before.area, before.area - after.area
        return size_change(before, after, gained, lost, self._request.growth, self._uncertainty(i))

    def _added(self, i: int) -> float:
        """Area that the detection adds to a landslide, in the square units of the map."""
        mine = [j for j in self.matches[i] if self._main[j] == i]
        return float(sum(max(0.0, self._overlaps.found[j] - self._covered[j]) for j in mine))

    def _uncertainty(self, i: int) -> float:
        if self._request.uncertainty is not None:
            return self._request.uncertainty
        pixels = (self.data.pixel, self.before[i].pixel)
        return DEFAULT_PIXELS * max(pixel or 0 for pixel in pixels)

    def seen(self, i: int) -> Record:
        """A landslide of the inventory that the detection shows."""
        record = self._known.records[i]
        if record.get("review_status") == _REJECTED:
            return record
        if record.get("survey") == self._date:
            by = SurveyData.read(record.get("survey_by"))
            if record.get("change") not in UNSEEN or not self.data.comparable(by):
                return record  # this survey is in it already, or another one of that day
            record = without_survey(record, self._date)  # another part of the same survey shows it
        area = float(sum(self._areas[self.matches[i]]))
        names = BETWEEN.join(str(self._found.records[j].get("id")) for j in self.matches[i])
        seen = {"seen_id": names, "seen_m2": area}
        if not self._comparable(i):
            return self._changed(with_values(record, **seen), NOT_COMPARABLE)
        size = self._size_change(i)
        change = self._change(i, record, size, area)
        areas = f", {self._known_sizes[i].area:.0f} to {area:.0f} m2"
        first = record.get("first_seen") or _first_date(record)
        if size == ENLARGED and self._may_be_redrawn(i):
            record = _redrawn(record, self._found.records[self.matches[i][0]])
        record = with_values(record, first_seen=first, last_seen=self._date, **seen)
        return self._changed(record, change, "" if size == UNCHANGED else areas)

    def _change(self, i: int, record: Record, size: str, area: float) -> str:
        """The change of a landslide whose size changed like that since it was `record`."""
        # Gone for one model, it may have been seen by another since.
        last = self._known.records[i].get("change")
        if was_gone(record) and (last == GONE or self._same_outline(i)):
            return REACTIVATED
        running = size == SHRUNK and last in (SHRUNK, REVEGETATING)
        if running and area <= (record.get("seen_m2") or 0):
            return REVEGETATING
        return size

    def _changed(self, record: Record, change: str, remark: str = "") -> Record:
        return with_change(record, self._date, self.data.text or None, change, remark)

    def _may_be_redrawn(self, i: int) -> bool:
        record, mine = self._known.records[i], self.matches[i]
        alone = len(mine) == 1 and self._owners[mine[0]] == 1
        return alone and record.get("review_status") == UNREVIEWED

    def unseen(self, i: int, surveyed: bool) -> Record:
        """A landslide of the inventory that the detection does not show."""
        record = self._known.records[i]
        done = record.get("survey") == self._date
        if done or not surveyed or record.get("review_status") == _REJECTED:
            return record
        if not self._comparable(i):
            return self._changed(record, NOT_FOUND)
        first = record.get("first_seen") or _first_date(record)
        sure = was_gone(record) or not self._is_doubtful(record)
        return self._changed(with_values(record, first_seen=first), GONE if sure else MAYBE_GONE)

    def _is_doubtful(self, record: Record) -> bool:
        return is_doubtful(record, self._request.margin)

    def new(self) -> list[Record]:
        """The landslides that the inventory did not have."""
        used = {str(record.get("id")) for record in self._known.records}
        fresh = [j for j in range(len(self._found.records)) if j not in self._main]
        records = []
        for j, in_time in zip(fresh, self._ground_was_seen(fresh)):
            record = self._found.records[j]
            found_id = str(record.get("id"))
            name = unused_name(found_id, used)
            used.add(name)
            date = self._date if in_time else None
            made = with_values(
                record,
                id=name,
                review_status=record.get("review_status") or UNREVIEWED,
                first_seen=date,
                last_seen=date,
                seen_id=found_id,
                seen_m2=float(self._areas[j]),
                history=None,
            )
            change = MAYBE_NEW if self._is_doubtful(record) else NEW
            records.append(self._changed(made, change if in_time else NEW_TO_MODEL))
        return records

    def _ground_was_seen(self, fresh: list[int]) -> list[bool]:
        """Whether data like the survey's showed the ground of these landslides before.

        The nearest landslide of the inventory tells. Without any, nothing says otherwise.
        """
        near = [i for i, record in enumerate(self._known.records) if self._is_witness(record)]
        if not fresh or not near or self._request.mixed == AS_TIME:
            return [True] * len(fresh)
        tree = require("scipy.spatial", "scipy").cKDTree(_middles(self._known, near))
        _, nearest = tree.query(_middles(self._found, fresh))
        return [self._was_comparable(near[place]) for place in nearest]

    def _is_witness(self, record: Record) -> bool:
        of_this_survey = record.get("survey") == self._date and record.get("change") in FIRST
        return record.get("review_status") != _REJECTED and not of_this_survey

    def _was_comparable(self, i: int) -> bool:
        record = self._known.records[i]
        if record.get("survey") == self._date:  # merged in part: what it was found to be then
            return record.get("change") not in NOT_IN_TIME
        last = SurveyData.read(record.get("survey_by"))
        surveyed = record.get("survey") and self.data.comparable(last)
        return bool(surveyed) or self._same_outline(i)


def _sizes(table: Table) -> np.ndarray:
    """Area in m2 and perimeter in m of each landslide [n, 2]."""
    return ellipsoidal_sizes([polygons_of(record.wkb) for record in table.records], table.crs)


def _middles(table: Table, places: list[int]) -> np.ndarray:
    """Middles of the extents of some landslides, on the map [n, 2]."""
    boxes = np.array([box_of(polygons_of(table.records[i].wkb)) for i in places])
    return (boxes[:, :2] + boxes[:, 2:]) / 2


# --- other models, and the same day ---


def _tell_mixed(
    survey: _Survey,
    records: Sequence[Record],
    known: Table,
    found: Table,
    request: UpdateRequest,
    warn: Callable[[str], None] | None,
) -> None:
    """Warn of what is no change in time, or refuse it."""
    told = [record.get("change") for record in records if record.get("survey") == request.date]
    counts = {change: told.count(change) for change in NOT_IN_TIME}
    if not any(counts.values()):
        return
    methods = Counter(data.method for data in survey.before).most_common(1)
    before = methods[0][0] if methods else SurveyData().method
    sentence = (
        f"{known.name} is by {before}; {found.name} is by {survey.data.method}. What differs "
        "between them tells of these as much as of the land: "
        + ", ".join(f"{count} {change}" for change, count in counts.items())
    )
    if request.mixed == REFUSE:
        raise ParameterError(
            f"{sentence}. Detect both images with one model and threshold, or choose what MIXED "
            f"is to do: '{FLAG}' or '{AS_TIME}'."
        )
    if warn:
        warn(
            f"{sentence}. None of that is a change in time, and no dates were written. Detect "
            f"both images with one model and threshold, or set MIXED to '{AS_TIME}'."
        )


def _without_day(
    known: Table, overlaps: Overlaps, surveyed: Sequence[bool], date: str
) -> tuple[Table, Overlaps, list[bool]]:
    """The inventory without a survey, and what belongs to the landslides that are left."""
    taken = [taken_back(record, date) for record in known.records]
    place = {i: n for n, i in enumerate(i for i, record in enumerate(taken) if record)}
    left = tuple(record for record in taken if record)
    shared = {(place[i], j): area for (i, j), area in overlaps.shared.items() if i in place}
    areas = overlaps.known[list(place)]
    kept = Overlaps(areas, overlaps.found, shared)
    return replace(known, records=left), kept, [surveyed[i] for i in place]


#: Columns that follow the outline when it is redrawn.
_MEASURED = tuple(f.name for f in FIELDS if f.source != PERSON and f.name != "id")


def _redrawn(record: Record, found: Record) -> Record:
    measured = {name: found.get(name) for name in _MEASURED}
    return replace(with_values(record, **measured), wkb=found.wkb)


def _first_date(record: Record) -> str | None:
    known = record.get("event_date") or record.get("image_date")
    return str(known)[:10] if known else None


def _columns(known: Table, found: Table) -> dict[str, type]:
    columns = {field.name: field.kind for field in (*FIELDS, *HISTORY_FIELDS)}
    taken = {name.lower() for name in columns}
    for table in (known, found):
        for name, kind in table.columns.items():
            if name.lower() not in taken:
                columns[name] = kind
                taken.add(name.lower())
    return columns


def _in_columns(table: Table, columns: dict[str, type]) -> Table:
    """The table with its columns spelled and typed like these; unknown values take no room."""
    own = {name: table.own_name(name) for name in columns}
    records = []
    for record in table.records:
        values = {
            name: _cast(record.values[spelled], columns[name], name, table.name)
            for name, spelled in own.items()
            if record.values.get(spelled) not in (None, "")
        }
        records.append(replace(record, values=values))
    return replace(table, columns=columns, records=tuple(records))


def _cast(value: Any, kind: type, column: str, table: str) -> Any:
    if isinstance(value, kind):
        return value
    try:
        cast = kind(value)
    except ValueError:
        cast = None
    if cast is None or (kind is int and cast != value):
        expected = {int: "whole numbers", float: "numbers"}[kind]
        raise ParameterError(
            f"The column {column} of {table} holds {value!r}; expected {expected}, which the "
            "inventory keeps under that name. Rename the column (Refactor fields) and run again."
        )
    return cast


def _is_day(text: str) -> bool:
    """Whether it is a day as surveys are compared by; newer Pythons read 20190530 too."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check(request: UpdateRequest, known: Table) -> None:
    if not _is_day(request.date):
        raise ParameterError(
            f"The date of the survey is '{request.date}'; expected the day on which its image was "
            "taken, such as 2019-05-30."
        )
    if not 0 < request.overlap <= 1:
        raise ParameterError(
            f"The overlap is {request.overlap:g}; expected a share above 0 and up to 1."
        )
    if not request.growth > 0:
        raise ParameterError(f"The growth is {request.growth:g}; expected a share above 0.")
    if request.uncertainty is not None and not request.uncertainty >= 0:
        raise ParameterError(
            f"The uncertainty is {request.uncertainty:g}; expected metres, 0 or more."
        )
    if not 0 <= request.margin <= 1:
        raise ParameterError(f"The margin is {request.margin:g}; expected a share from 0 to 1.")
    later = [r.get("survey") for r in known.records if (r.get("survey") or "") > request.date]
    if later:
        raise ParameterError(
            f"The survey is of {request.date}, but {len(later)} landslides of {known.name} have "
            f"been updated with one of {max(later)}. Merge surveys in the order of their dates, "
            "starting from the inventory as it was before."
        )
