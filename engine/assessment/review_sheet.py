"""The review sheet: a printable page with a picture of every landslide and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..common.errors import Cancelled, ParameterError
from ..common.report import footer, page, write_page
from ..inventory.polygons import Outlines, ellipsoidal_areas
from ..inventory.table import Table
from ..inventory.wkb import polygons_of
from .image_chips import SIDE, Chip, image_chips

#: In which order landslides come.
ORDERS = ("layer", "largest", "surest", "least sure")
#: What a reviewer can tick.
VERDICTS = ("accept", "edit", "reject")

#: A space at which no line ends.
_STAY = "\N{NO-BREAK SPACE}"
#: Columns that are shown where they are known: name, text, digits, unit.
_SHOWN = (
    ("prob_mean", "probability", 2, ""),
    ("slope_mean", "mean slope", 0, "°"),
    ("height_m", "height H", 0, f"{_STAY}m"),
    ("length_m", "length", 0, f"{_STAY}m"),
    ("width_m", "width", 0, f"{_STAY}m"),
    ("h_l", "H / L", 2, ""),
)
_WORDS = (("ls_type", "type"), ("review_status", "status"), ("change", "change"))

_STYLE = f"""
.card {{ display: inline-block; vertical-align: top; width: {SIDE}px; border: 1px solid #bbb;
padding: 7px; margin: 0 10px 12px 0; break-inside: avoid; font-size: 12px; line-height: 1.35 }}
.card b {{ font-size: 13px }} .card svg {{ display: block; margin: 4px 0 }}
.card p {{ margin: 3px 0 }} .notes {{ border-bottom: 1px solid #999; height: 1.3em }}
.none {{ background: #eee; color: #666; line-height: {SIDE}px; text-align: center }}
@page {{ size: A4; margin: 10mm }}
"""


@dataclass(frozen=True)
class Card:
    """What the sheet shows of one landslide.

    Attributes:
        name: Its id.
        chip: Its picture; None where the image does not show it.
        facts: Short texts about it.
    """

    name: str
    chip: Chip | None
    facts: tuple[str, ...]


def cards(
    table: Table,
    image: str,
    order: str = ORDERS[0],
    band_mapping: str = "",
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Card]:
    """The cards of an inventory, one by one.

    Args:
        table: The inventory.
        image: Raster that the pictures are taken from.
        order: One of `ORDERS`.
        band_mapping: As for `open_stack`.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked before each landslide.

    Raises:
        ParameterError: The inventory is empty.
        RasterError: The image cannot be used.
        Cancelled: The user stopped the run.
    """
    if not table.records:
        raise ParameterError(
            f"There is no landslide in {table.name}; expected polygons. Choose another layer, or "
            "take the filter or the selection off."
        )
    named = table.with_ids().records
    outlines = Outlines.of(table)
    areas = ellipsoidal_areas([polygons_of(wkb) for wkb in outlines.wkb], table.crs)
    places = _ordered(table, areas, order)
    sorted_outlines = Outlines(table.name, table.crs, tuple(outlines.wkb[i] for i in places))
    chips = image_chips(image, sorted_outlines, band_mapping)
    for done, (place, chip) in enumerate(zip(places, chips), start=1):
        if cancelled and cancelled():
            raise Cancelled("Stopped on request. No review sheet was written.")
        record = named[place]
        yield Card(str(record.get("id")), chip, _facts(record.get, float(areas[place])))
        if progress:
            progress(done / len(places), "")


def write_review_sheet(
    cards: Iterable[Card], name: str, about: str, made_by: str, target: str
) -> None:
    """Write the sheet as an HTML file that opens offline and prints on A4.

    Args:
        cards: The landslides.
        name: Name of the inventory.
        about: A line below it.
        made_by: Program and version, for the small print.
        target: Path of the HTML file; replaced when the new one is complete.

    Raises:
        OutputError: The file cannot be written.
    """

    def body() -> Iterator[str]:
        yield from (_card(card, number) for number, card in enumerate(cards, start=1))
        yield footer(f"Made by {made_by}.")

    write_page(target, page(f"Review sheet: {name}", about, body(), _STYLE))


def _ordered(table: Table, areas: np.ndarray, order: str) -> list[int]:
    if order == "largest":
        return [int(i) for i in np.argsort(-areas, kind="stable")]
    if order == ORDERS[0]:
        return list(range(len(areas)))
    known = [record.get("prob_mean") for record in table.records]
    sure = np.array([x if isinstance(x, (int, float)) else np.nan for x in known], float)
    # Unknown ones come last, whichever way.
    return [int(i) for i in np.argsort(-sure if order == "surest" else sure, kind="stable")]


def _facts(get: Callable[[str], Any], area: float) -> tuple[str, ...]:
    facts = [f"area {area:,.0f}{_STAY}m²"]
    for name, text, digits, unit in _SHOWN:
        value = get(name)
        if isinstance(value, (int, float)):
            facts.append(f"{text} {value:,.{digits}f}{unit}")
    facts += [f"{text} {get(name)}" for name, text in _WORDS if get(name)]
    return tuple(facts)


def _card(card: Card, number: int) -> str:
    ticks = " ".join(
        f'<label><input type="radio" name="n{number}">{verdict}</label>' for verdict in VERDICTS
    )
    facts = " · ".join(escape(fact) for fact in card.facts)
    picture = (
        _picture(card.chip, card.name) if card.chip else '<div class="none">not in the image</div>'
    )
    return (
        f'<div class="card"><b>{escape(card.name)}</b>{picture}<p>{facts}</p><p>{ticks}</p>'
        '<p class="notes"></p></div>'
    )


def _picture(chip: Chip, name: str) -> str:
    path = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in chip.outline
    )
    right, bottom = 10 + chip.bar, SIDE - 10
    bar = f"M10 {bottom - 5}V{bottom}H{right:.1f}V{bottom - 5}"
    return (
        f'<svg viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" role="img" '
        f'aria-label="{escape(name)}" font-family="sans-serif" font-size="11">'
        # The older spelling is what QGIS's own viewer understands; browsers know both.
        f'<image xlink:href="{chip.data_uri()}" width="{SIDE}" height="{SIDE}"/>'
        f'<path d="{path}" fill="none" stroke="#000" stroke-opacity="0.6" stroke-width="3"/>'
        f'<path d="{path}" fill="none" stroke="#ffdd33" stroke-width="1.5"/>'
        f'<path d="{bar}" fill="none" stroke="#000" stroke-width="4"/>'
        f'<path d="{bar}" fill="none" stroke="#fff" stroke-width="2"/>'
        f'<g font-weight="bold">{_text(chip, "#000", 2.5)}{_text(chip, "#fff", 0)}</g></svg>'
    )


def _text(chip: Chip, colour: str, stroke: float) -> str:
    """The scale bar's text; drawn twice, dark and wide below, it is legible on any ground."""
    return (
        f'<text x="14" y="{SIDE - 19}" fill="{colour}" stroke="{colour}" '
        f'stroke-width="{stroke}">{length_text(chip.bar_metres)}</text>'
    )


def length_text(metres: float) -> str:
    """A length of a scale bar."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
