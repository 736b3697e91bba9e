"""The review sheet as a page: it keeps verdicts, saves them to a file, and prints on A4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from ..common.report import footer, page, write_page
from ..inventory.fields import CONFIDENCES, MOVEMENTS
from ..inventory.review import FORMAT, LONGEST_NAME, LONGEST_NOTE, VERDICTS, VERSION
from .image_chips import SIDE, Chip
from .review_sheet import Card, Sheet, length_text

#: What makes the page work, and look.
_RESOURCES = Path(__file__).resolve().parents[2] / "resources"
_SCRIPT, _STYLE = _RESOURCES / "review_sheet.js", _RESOURCES / "review_sheet.css"

_KEYS = (
    "Keys: a accept, e edit, r reject, u take back; 1 to 5 confidence; n note, Enter leaves it; "
    "arrows go to another landslide. The page keeps what you enter; save it to a file to hand it "
    "on."
)


def write_review_sheet(cards: Iterable[Card], sheet: Sheet, made_by: str, target: str) -> None:
    """Write the sheet as one HTML file that opens offline.

    Args:
        cards: The landslides.
        sheet: What is the same for all.
        made_by: Program and version, for the small print.
        target: Path of the HTML file; replaced when the new one is complete.

    Raises:
        OutputError: The file cannot be written.
    """

    def body() -> Iterator[str]:
        yield _bar(sheet, Path(target).stem)
        yield f'<main class="{"pairs" if sheet.before else "single"}">'
        yield from (_card(card, number, sheet) for number, card in enumerate(cards, start=1))
        yield "</main>"
        yield footer(f"Made by {made_by}.")

    style, script = (path.read_text(encoding="utf-8") for path in (_STYLE, _SCRIPT))
    write_page(target, page(sheet.title, sheet.about, body(), style, script))


def _bar(sheet: Sheet, file: str) -> str:
    """What stays at the top, and what the script knows of the sheet."""
    known = {
        "format": FORMAT,
        "version": VERSION,
        "sheet": sheet.id,
        "inventory": sheet.name,
        "file": file,
    }
    data = " ".join(f'data-{key}="{escape(str(value))}"' for key, value in known.items())
    return (
        f'<nav id="bar" {data}><b id="count"></b> '
        f'<label>Your name <input id="reviewer" maxlength="{LONGEST_NAME}" '
        'autocomplete="name"></label> '
        '<label>Show <select id="filter"><option value="all">all</option>'
        '<option value="open">not yet reviewed</option></select></label> '
        '<button id="save">Save review</button> <button id="load">Load review</button>'
        '<input type="file" id="file" accept=".json" hidden> <output id="told"></output>'
        f'<p class="keys">{_KEYS}</p>'
        "<noscript><p>Scripts are off here: nothing that you enter is kept. Open this file in a "
        "browser, or print it.</p></noscript></nav>"
    )


def _card(card: Card, number: int, sheet: Sheet) -> str:
    facts = " · ".join(escape(fact) for fact in card.facts)
    pictures = chip_svg(card.chip, card.name, "after" if sheet.before else "")
    if sheet.before:
        pictures = f"{chip_svg(card.before, card.name, 'before')}{pictures}"
    return (
        f'<article class="card" tabindex="-1" data-id="{escape(card.name)}" '
        f'data-area="{card.area:.1f}" data-outline="{card.outline}"><b>{escape(card.name)}</b>'
        f'<div class="pictures">{pictures}</div><p>{facts}</p>{_entries(number)}</article>'
    )


def _entries(number: int) -> str:
    """What a reviewer fills."""
    ticks = " ".join(
        f'<label><input type="radio" name="n{number}" value="{verdict}">{verdict}</label>'
        for verdict in VERDICTS
    )
    return (
        f'<p class="verdict">{ticks}</p><p class="more">{_select("type", MOVEMENTS)} '
        f"{_select('confidence', CONFIDENCES)}</p>"
        f'<p><input class="note" placeholder="note" aria-label="note" maxlength="{LONGEST_NOTE}">'
        "</p>"
    )


def _select(name: str, choices: Sequence[str]) -> str:
    options = "".join(f"<option>{escape(choice)}</option>" for choice in choices)
    return (
        f'<select class="{name}" aria-label="{name}"><option value="">{name}</option>'
        f"{options}</select>"
    )


#: Width of a drawing of before and after, and what is between the two, of a picture's pixels.
PAIR_WIDTH, _APART = 380, 6


def chip_svg(chip: Chip | None, name: str, label: str = "") -> str:
    """A picture with its outline and scale bar, for a page; words where there is none."""
    if chip is None:
        missing = f"{label}: not in the image" if label else "not in the image"
        return f'<div class="none"><span>{missing}</span></div>'
    return _drawing(SIDE, SIDE, f"{name} {label}".rstrip(), _picture(chip, label))


def pair_svg(before: Chip | None, after: Chip | None, name: str) -> str:
    """The pictures of before and after beside each other, as one drawing."""
    drawn = "".join(
        f'<g transform="translate({place * (SIDE + _APART)} 0)">{_picture(chip, label)}</g>'
        for place, (chip, label) in enumerate(((before, "before"), (after, "after")))
    )
    scale = PAIR_WIDTH / (2 * SIDE + _APART)
    inside = f'<g transform="scale({scale:.4f})">{drawn}</g>'
    return _drawing(PAIR_WIDTH, SIDE * scale, f"{name} before and after", inside)


def _drawing(width: float, height: float, title: str, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="11">{inside}</svg>'
    )


def _picture(chip: Chip | None, label: str) -> str:
    """What is drawn of a chip."""
    if chip is None:
        frame = f'<rect width="{SIDE}" height="{SIDE}" fill="#eee"/>'
        return f"{frame}{_text(f'{label}: not in the image', 8, SIDE // 2)}"
    path = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in chip.outline
    )
    right, bottom = 10 + chip.bar, SIDE - 10
    bar = f"M10 {bottom - 5}V{bottom}H{right:.1f}V{bottom - 5}"
    return (
        # The older spelling is what QGIS's own viewer understands; browsers know both.
        f'<image xlink:href="{chip.data_uri()}" width="{SIDE}" height="{SIDE}"/>'
        f'<path d="{path}" fill="none" stroke="#000" stroke-opacity="0.6" stroke-width="3"/>'
        f'<path d="{path}" fill="none" stroke="#ffdd33" stroke-width="1.5"/>'
        f'<path d="{bar}" fill="none" stroke="#000" stroke-width="4"/>'
        f'<path d="{bar}" fill="none" stroke="#fff" stroke-width="2"/>'
        f'<g font-weight="bold">{_text(length_text(chip.bar_metres), 14, SIDE - 19)}'
        f"{_text(label, 8, 16)}</g>"
    )


def _text(text: str, x: int, y: int) -> str:
    """A text drawn twice: dark and wide below, it is legible on any ground."""
    return "".join(
        f'<text x="{x}" y="{y}" fill="{colour}" stroke="{colour}" stroke-width="{width}">'
        f"{escape(text)}</text>"
        for colour, width in (("#000", 2.5), ("#fff", 0))
        if text
    )
