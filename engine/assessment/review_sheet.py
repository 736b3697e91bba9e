"""What a review sheet shows: a picture of every landslide, and what is known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import Cancelled, ParameterError
from ..common.file_names import place_of
from ..inventory.compared import EVIDENCE
from ..inventory.fields import UNREVIEWED
from ..inventory.polygons import Outlines, ellipsoidal_areas
from ..inventory.review import outline_hashes
from ..inventory.run_facts import shown_name
from ..inventory.table import Table
from ..inventory.wkb import polygons_of
from ..stack.reader import earlier_bands
from .image_chips import Chip, image_chips

#: In which order landslides come.
ORDERS = ("layer", "largest", "surest", "least sure")
#: A space at which no line ends.
_STAY = "\N{NO-BREAK SPACE}"
#: Columns that are shown where they are known: name, text, digits, unit.
_SHOWN = (
    ("prob_mean", "probability", 2, ""),
    ("prob_std", "spread", 2, ""),
    ("slope_mean", "mean slope", 0, "°"),
    ("height_m", "height H", 0, f"{_STAY}m"),
    ("length_m", "length", 0, f"{_STAY}m"),
    ("width_m", "width", 0, f"{_STAY}m"),
    ("h_l", f"H{_STAY}/{_STAY}L", 2, ""),
)
_WORDS = (
    ("ls_type", "type"),
    ("review_status", "status"),
    ("change", "change"),
)
_UNTOLD = (None, "", UNREVIEWED)


@dataclass(frozen=True)
class SheetRequest:
    """What to show.

    Attributes:
        image: Raster that the pictures are taken from.
        pre_image: Raster from before the event; empty for no pictures of then. Where it is the
            image itself, the bands from before that *Prepare* wrote into it.
        order: One of `ORDERS`.
        band_mapping: As for `open_stack`, for both.
    """

    image: str
    pre_image: str = ""
    order: str = ORDERS[0]
    band_mapping: str = ""


@dataclass(frozen=True)
class Sheet:
    """What is the same for the whole sheet.

    Attributes:
        id: The same for another sheet of the same outlines.
        name: Name of the inventory.
        about: A line below it.
        before: Whether there are pictures from before.
    """

    id: str
    name: str
    about: str
    before: bool

    @property
    def title(self) -> str:
        """Its heading."""
        return f"Review sheet: {self.name}"


@dataclass(frozen=True)
class Card:
    """What the sheet shows of one landslide.

    Attributes:
        name: Its id.
        chip: Its picture; None where the image does not show it.
        before: The same place before the event; None where there is no picture.
        facts: Short texts about it.
        area: Its area, m2.
        outline: Its outline, as `outline_hashes` names it.
    """

    name: str
    chip: Chip | None
    before: Chip | None
    facts: tuple[str, ...]
    area: float
    outline: str


def sheet_of(table: Table, request: SheetRequest) -> Sheet:
    """The sheet of an inventory."""
    ids = [str(record.get("id")) for record in table.with_ids().records]
    content = "\n".join(f"{i} {h}" for i, h in sorted(zip(ids, outline_hashes(table))))
    count = len(ids)
    about = f"{count:,} landslide{'s' * (count != 1)}. Image: {Path(request.image).name}"
    if request.pre_image and before_mapping(request) != request.band_mapping:
        about += ", of both dates"
    elif request.pre_image:
        about += f"; before the event: {Path(request.pre_image).name}"
    name = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Sheet(name, shown_name(table.name), about, bool(request.pre_image))


def cards(
    table: Table,
    request: SheetRequest,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Card]:
    """The cards of an inventory, one by one.

    Args:
        table: The inventory.
        request: What to show.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked before each landslide.

    Raises:
        ParameterError: The inventory is empty.
        RasterError: An image cannot be used.
        Cancelled: The user stopped the run.
    """
    if not table.records:
        raise ParameterError(
            f"There is no landslide in {table.name}; expected polygons. Choose another layer, or "
            "take the filter or the selection off."
        )
    named, hashes = table.with_ids().records, outline_hashes(table)
    outlines = Outlines.of(table)
    areas = ellipsoidal_areas([polygons_of(wkb) for wkb in outlines.wkb], table.crs)
    places = _ordered(table, areas, request.order)
    pictures = _pictures(
        request, Outlines(table.name, table.crs, tuple(outlines.wkb[i] for i in places))
    )
    for done, (place, (chip, before)) in enumerate(zip(places, pictures), start=1):
        if cancelled and cancelled():
            raise Cancelled("Stopped on request. No review sheet was written.")
        record, area = named[place], float(areas[place])
        facts = _facts(record.get, area)
        yield Card(str(record.get("id")), chip, before, facts, area, hashes[place])
        if progress:
            progress(done / len(places), "")


def _pictures(
    request: SheetRequest, outlines: Outlines
) -> Iterator[tuple[Chip | None, Chip | None]]:
    """Of each landslide the picture, and that from before."""
    chips = image_chips(request.image, outlines, request.band_mapping)
    if not request.pre_image:
        return zip(chips, repeat(None))
    return zip(
        chips,
        image_chips(request.pre_image, outlines, before_mapping(request), like=request.image),
    )


def before_mapping(request: SheetRequest) -> str:
    """The bands of the image before: in a stack of both, those that *Prepare* wrote of it."""
    if request.band_mapping or place_of(request.pre_image) != place_of(request.image):
        return request.band_mapping
    numbers = earlier_bands(request.image)
    return ",".join(f"{band}={number}" for band, number in numbers.items())


def _ordered(table: Table, areas: np.ndarray, order: str) -> list[int]:
    if order == "largest":
        return [int(i) for i in np.argsort(-areas, kind="stable")]
    if order == ORDERS[0]:
        return list(range(len(areas)))
    known = [[record.get(name) for name in ("prob_mean", "prob_std")] for record in table.records]
    numbers = [[x if isinstance(x, (int, float)) else np.nan for x in row] for row in known]
    mean, spread = np.array(numbers, float).T
    sure = mean - np.nan_to_num(spread)  # of several runs, one spread lower
    # Unknown ones come last, whichever way.
    return [int(i) for i in np.argsort(-sure if order == "surest" else sure, kind="stable")]


def _facts(get: Callable[[str], Any], area: float) -> tuple[str, ...]:
    facts = [f"area {area:,.0f}{_STAY}m²"]
    if get("evidence") in EVIDENCE:  # early: it is what a reviewer looks at the pictures for
        facts.append(f"{get('evidence')}")
    for name, text, digits, unit in _SHOWN:
        value = get(name)
        if isinstance(value, (int, float)):
            facts.append(f"{text} {value:,.{digits}f}{unit}")
    facts += [f"{text} {get(name)}" for name, text in _WORDS if get(name) not in _UNTOLD]
    return tuple(facts)


def length_text(metres: float) -> str:
    """A length of a scale bar."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
