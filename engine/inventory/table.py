"""An inventory that comes from outside: any polygons with any columns, read but not yet trusted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .fields import FIELDS, Landslide
from .geodesy import Geodesy, location_id
from .wkb import centroid, polygons_of, signed_area

#: What the inventory of a detection is called.
DETECTED = "inventory"


@dataclass(frozen=True)
class Record:
    """One landslide of such an inventory.

    Attributes:
        wkb: Outline as well-known binary, polygon or multi-polygon; empty where there is none.
        values: Attributes by column; None where unknown.
        fault: What is wrong with the outline, or empty.
    """

    wkb: bytes
    values: dict[str, Any]
    fault: str = ""

    def get(self, name: str) -> Any:
        """A value by the name of its column; None where there is no such column."""
        return self.values.get(name)


@dataclass(frozen=True)
class Table:
    """An inventory with its own columns.

    Attributes:
        name: What to call it in messages.
        crs: CRS as WKT; empty where it has none.
        columns: Type of the values of each column: str, int, float, date or datetime; values of the
            last two are texts in ISO 8601.
        records: Its landslides.
    """

    name: str
    crs: str
    columns: dict[str, type]
    records: tuple[Record, ...]

    def with_ids(self, taken: Iterable[str] = ()) -> Table:
        """The table with an ``id`` in every record, and none twice.

        An id that is there and unique stays. Others are made from the place of the landslide, so
        that the same outline gets the same id again.

        Args:
            taken: Ids that belong to other landslides.
        """
        geodesy = Geodesy(self.crs)
        own = self.own_name("id")
        used, records = set(taken), []
        for record in self.records:
            values = dict(record.values)
            given = values.pop(own, None)
            name = str(given).strip() if given is not None else ""
            if not name or name in used:
                name = unused_name(name or location_id(*middle(record.wkb, geodesy)), used)
            used.add(name)
            records.append(replace(record, values={"id": name, **values}))
        others = {column: kind for column, kind in self.columns.items() if column != own}
        return replace(self, columns={"id": str, **others}, records=tuple(records))

    def own_name(self, name: str) -> str:
        """How the table spells a column, whose case may differ; the name itself without one."""
        return next((each for each in self.columns if each.lower() == name.lower()), name)


def detected(landslides: Iterable[Landslide], crs: str) -> Table:
    """The landslides of a detection as a table.

    Args:
        landslides: The inventory; may be empty.
        crs: Its CRS as WKT.
    """
    names = [field.name for field in FIELDS]
    records = tuple(Record(s.wkb, dict(zip(names, s.values))) for s in landslides)
    return Table(DETECTED, crs, {field.name: field.kind for field in FIELDS}, records)


def unused_name(name: str, used: set[str]) -> str:
    """The name, or with a number behind it the first that is not used."""
    number = 2
    candidate = name
    while candidate in used:
        candidate = f"{name}-{number}"
        number += 1
    return candidate


def middle(wkb: bytes, geodesy: Geodesy) -> tuple[float, float]:
    """Longitude and latitude of the centroid of the largest part, holes aside."""
    outlines = [part[0] for part in polygons_of(wkb)]
    # Far from the origin, products of coordinates lose the digits that make up the centroid.
    origin = outlines[0][0]
    largest = max((outline - origin for outline in outlines), key=lambda o: abs(signed_area(o)))
    x, y = centroid([largest])
    return geodesy.lonlat(float(x + origin[0]), float(y + origin[1]))
