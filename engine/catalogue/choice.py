"""Which scenes of a table of footprints are to be fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.errors import ParameterError
from ..common.wording import words_of
from .rank import AFTER, BEFORE

PAIR = "pair"
#: What can be fetched: an image, or that after with that before.
WHICH = (AFTER, BEFORE, PAIR)
_NEEDED = ("id", "date", "item", "catalogue")


@dataclass(frozen=True)
class Choice:
    """What to fetch.

    Attributes:
        catalogue: As in the table.
        items: Addresses of the items of the image.
        before: Those of the image before it; empty where it is not asked for.
        names: Names of all.
    """

    catalogue: str
    items: tuple[str, ...]
    before: tuple[str, ...]
    names: tuple[str, ...]


def choose(rows: Sequence[Mapping[str, Any]], which: str, names: str = "") -> Choice:
    """The scenes to fetch.

    Args:
        rows: Those of a table of `find.table_of`; where the user has selected some, those.
        which: One of `WHICH`. The best of that purpose count; where none of the rows is the best,
            all rows of that purpose, which must be of one day.
        names: Names of scenes, parted by commas, that count instead.

    Raises:
        ParameterError: It is another table, there is no such scene, or nobody can tell which.
    """
    missing = [name for name in _NEEDED if rows and name not in rows[0]]
    if not rows or missing:
        raise ParameterError(
            f"The layer of scenes has no {', '.join(missing) or 'row'}; expected the footprints "
            "that Find scenes makes. Run it first, or clear the selection."
        )
    wanted = words_of(names)
    if wanted:
        there = {str(row["id"]) for row in rows}
        unknown = [name for name in wanted if name not in there]
        if unknown:
            raise ParameterError(
                f"The layer has no scene {unknown[0]}; it has {', '.join(sorted(there)[:3])}, ... "
                "Copy the name from the column id."
            )
        rows = [row for row in rows if str(row["id"]) in wanted]
    after = _of(rows, AFTER, bool(wanted)) if which in (AFTER, PAIR) else []
    before = _of(rows, BEFORE, bool(wanted)) if which in (BEFORE, PAIR) else []
    chosen = [*after, *before]
    catalogues = {str(row["catalogue"]) for row in chosen}
    if len(catalogues) > 1:
        raise ParameterError(
            f"The scenes are of {len(catalogues)} catalogues ({', '.join(sorted(catalogues))}); "
            "expected one. Choose those of one."
        )

    def addresses(found: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        return tuple(str(row["item"]) for row in found)

    image = after if which != BEFORE else before
    return Choice(
        catalogues.pop(),
        addresses(image),
        addresses(before) if which == PAIR else (),
        tuple(str(row["id"]) for row in chosen),
    )


def _of(rows: Sequence[Mapping[str, Any]], purpose: str, named: bool) -> list[Mapping[str, Any]]:
    """The rows of a purpose: the best, else all of one day.

    Raises:
        ParameterError: There is none, or they are of several days.
    """
    found = [row for row in rows if row.get("purpose") == purpose]
    if not named:
        found = [row for row in found if row.get("best") == 1] or found
    days = sorted({str(row["date"])[:10] for row in found})
    if not found:
        raise ParameterError(
            f"No scene {purpose} the event is among those that were chosen. Select one, or name it "
            "(SCENE); Find scenes with more days or more cloud may find others."
        )
    if len(days) > 1:
        raise ParameterError(
            f"The scenes {purpose} the event are of {len(days)} days ({', '.join(days[:4])}) and "
            "none is marked as the best. Select those of one day, or name them (SCENE)."
        )
    return found
