"""Names of an inventory's columns in the formats of files, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from .fields import FIELDS
from .history import HISTORY_FIELDS

#: Type of each field of an inventory.
FIELD_KINDS = {field.name: field.kind for field in (*FIELDS, *HISTORY_FIELDS)}
#: Letters that a Shapefile keeps of a name.
_SHAPEFILE, _CUT = ".shp", 10
#: Columns that formats use for their own row numbers, and the endings of those formats.
_ROW_NUMBER, _NUMBERED = "fid", (".gpkg", ".sqlite", ".db")


def names_in(names: Sequence[str], path: Path) -> list[str]:
    """What the columns are called in a file, each otherwise than all others.

    Shapefile keeps ten letters and no case; formats with row numbers of their own keep them apart.
    The fields of an inventory come first: by their first ten letters they are known again.
    """
    ending = path.suffix.lower()
    longest = _CUT if ending == _SHAPEFILE else max(map(len, names), default=0) + 2
    taken = {_ROW_NUMBER} if ending in _NUMBERED else set()
    found = {}
    for name in sorted(names, key=lambda name: name not in FIELD_KINDS):
        cut, number = name[:longest], 0
        while cut.lower() in taken:
            number += 1
            cut = f"{name[: longest - len(str(number)) - 1]}_{number}"
        taken.add(cut.lower())
        found[name] = cut
    return [found[name] for name in names]


def full_name(column: str, there: Iterable[str]) -> str:
    """Name of the inventory's field that a column holds, else the column's own.

    A cut name counts where it is cut from one field alone, and that field is not there itself.
    """
    if column in FIELD_KINDS:
        return column
    meant = [name for name in FIELD_KINDS if len(name) > _CUT and name[:_CUT] == column]
    return meant[0] if len(meant) == 1 and meant[0] not in there else column
