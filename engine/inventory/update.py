"""A new detection merged into an inventory that people have worked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from ..common.errors import ParameterError
from .fields import FIELDS, PERSON, REVIEW_STATUS, UNREVIEWED
from .history import (
    BETWEEN,
    ENLARGED,
    GONE,
    HISTORY_FIELDS,
    NEW,
    REACTIVATED,
    UNCHANGED,
    was_gone,
    with_change,
    with_values,
    without_survey,
)
from .polygons import box_of, ellipsoidal_areas
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


@dataclass(frozen=True)
class UpdateRequest:
    """How to merge.

    Attributes:
        date: Date of the survey, the acquisition of the detection's image, ISO 8601.
        overlap: Share of the smaller of two outlines that must lie in the other one for both to
            be the same landslide, above 0 to 1.
        growth: Newly covered share of a landslide's area from which it counts as enlarged.
    """

    date: str
    overlap: float = 0.3
    growth: float = 0.25


def update(
    known: Table,
    found: Table,
    overlaps: Overlaps,
    surveyed: Sequence[bool],
    request: UpdateRequest,
) -> Table:
    """Merge a detection into an inventory.

    Every landslide of the inventory keeps its id, its columns and what a person entered. Its
    outline and measurements give way to those of the detection only where it is enlarged, nobody
    has reviewed it, and the match is one to one. The same survey merged once more changes nothing.

    Args:
        known: The inventory.
        found: The detection, in the inventory's CRS.
        overlaps: How they lie on each other.
        surveyed: For each landslide of the inventory, whether the survey saw its place [n].
        request: How to merge.

    Returns:
        The inventory in its order, then the new landslides.

    Raises:
        ParameterError: A setting makes no sense, the inventory has seen a later survey, or a
            column's values do not fit the inventory's field of that name.
    """
    columns = _columns(known, found)
    known, found = (_in_columns(table.with_ids(), columns) for table in (known, found))
    _check(request, known)
    survey = _Survey(known, found, overlaps, request)
    records = [
        survey.seen(place) if survey.matches[place] else survey.unseen(place, seen_place)
        for place, seen_place in enumerate(surveyed)
    ]
    return replace(known, columns=columns, records=(*records, *survey.new()))


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
        shapes = [polygons_of(record.wkb) for record in found.records]
        self._areas = ellipsoidal_areas(shapes, found.crs)
        self.matches = self._matched()
        self._owners = Counter(j for mine in self.matches for j in mine)
        self._main = self._largest_partner()
        # Area of each landslide of the detection that the inventory knows already.
        self._covered = np.zeros(len(found.records))
        for (_, j), area in overlaps.shared.items():
            self._covered[j] += area

    def _matched(self) -> list[list[int]]:
        matches: list[set[int]] = [set() for _ in self._known.records]
        for (i, j), area in self._overlaps.shared.items():
            smaller = min(self._overlaps.known[i], self._overlaps.found[j])
            if area >= self._request.overlap * smaller:
                matches[i].add(j)
        # Where a reviewer has redrawn an outline, the same survey still knows what it was.
        by_id = {str(record.get("id")): j for j, record in enumerate(self._found.records)}
        for i, record in enumerate(self._known.records):
            if record.get("survey") == self._date and record.get("change") != GONE:
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

    def _growth(self, i: int) -> float:
        """Area that the detection adds to a landslide, as a share of its own."""
        added = sum(
            max(0.0, self._overlaps.found[j] - self._covered[j])
            for j in self.matches[i]
            if self._main[j] == i
        )
        return float(added / self._overlaps.known[i])

    def seen(self, i: int) -> Record:
        """A landslide of the inventory that the detection shows."""
        record = self._known.records[i]
        if record.get("review_status") == _REJECTED:
            return record
        if record.get("survey") == self._date:
            if record.get("change") != GONE:
                return record  # this survey is in it already
            record = without_survey(record, self._date)  # another part of the same survey shows it
        enlarged = self._growth(i) >= self._request.growth
        area = float(sum(self._areas[j] for j in self.matches[i]))
        remark = f", {_area_text(record, self._known.crs)} to {area:.0f} m2" if enlarged else ""
        change = REACTIVATED if was_gone(record) else ENLARGED if enlarged else UNCHANGED
        first = record.get("first_seen") or _first_date(record)
        names = BETWEEN.join(str(self._found.records[j].get("id")) for j in self.matches[i])
        if enlarged and self._may_be_redrawn(i):
            record = _redrawn(record, self._found.records[self.matches[i][0]])
        record = with_values(
            record, first_seen=first, last_seen=self._date, seen_id=names, seen_m2=area
        )
        return with_change(record, self._date, change, remark)

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
        first = record.get("first_seen") or _first_date(record)
        return with_change(with_values(record, first_seen=first), self._date, GONE)

    def new(self) -> list[Record]:
        """The landslides that the inventory did not have."""
        used = {str(record.get("id")) for record in self._known.records}
        records = []
        for j, record in enumerate(self._found.records):
            if j in self._main:
                continue
            found_id = str(record.get("id"))
            name = unused_name(found_id, used)
            used.add(name)
            fresh = with_values(
                record,
                id=name,
                review_status=record.get("review_status") or UNREVIEWED,
                first_seen=self._date,
                last_seen=self._date,
                seen_id=found_id,
                seen_m2=float(self._areas[j]),
                history=None,
            )
            records.append(with_change(fresh, self._date, NEW))
        return records


#: Columns that follow the outline when it is redrawn.
_MEASURED = tuple(f.name for f in FIELDS if f.source != PERSON and f.name != "id")


def _redrawn(record: Record, found: Record) -> Record:
    measured = {name: found.get(name) for name in _MEASURED}
    return replace(with_values(record, **measured), wkb=found.wkb)


def _area_text(record: Record, crs: str) -> str:
    return f"{ellipsoidal_areas([polygons_of(record.wkb)], crs)[0]:.0f}"


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


def _check(request: UpdateRequest, known: Table) -> None:
    try:
        date.fromisoformat(request.date)
    except ValueError:
        raise ParameterError(
            f"The date of the survey is '{request.date}'; expected the day on which its image was "
            "taken, such as 2019-05-30."
        ) from None
    if not 0 < request.overlap <= 1:
        raise ParameterError(
            f"The overlap is {request.overlap:g}; expected a share above 0 and up to 1."
        )
    if not request.growth > 0:
        raise ParameterError(f"The growth is {request.growth:g}; expected a share above 0.")
    later = [r.get("survey") for r in known.records if (r.get("survey") or "") > request.date]
    if later:
        raise ParameterError(
            f"The survey is of {request.date}, but {len(later)} landslides of {known.name} have "
            f"been updated with one of {max(later)}. Merge surveys in the order of their dates, "
            "starting from the inventory as it was before."
        )
