"""A report as one HTML file that opens offline: every value escaped, figures inside.

A page may bring one script of its own; it then says that it runs no other, and loads nothing.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from ... import __version__
from .output import whole_file

#: What made a report, as reports name it.
MADE_BY = f"Landslip {__version__}"

_STYLE = """
body { font: 15px/1.5 sans-serif; color: #222; max-width: 1020px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em; margin-bottom: 0 } h2 { font-size: 1.2em; margin-top: 1.8em }
p.about { color: #555; margin-top: .3em }
table { border-collapse: collapse; margin: .8em 0 }
td, th { padding: .25em .9em; text-align: left } .n { text-align: right }
th { border-bottom: 1px solid #999; font-weight: 600 }
td:first-child, th:first-child { padding-left: 0 }
tr + tr td { border-top: 1px solid #eee }
figure { display: inline-block; margin: .6em 1.2em .6em 0; vertical-align: top; max-width: 480px }
figure.wide { max-width: 100% }
figcaption { color: #555; font-size: .9em } svg, img { max-width: 100%; height: auto }
footer { color: #777; font-size: .85em; margin-top: 2.5em; border-top: 1px solid #ddd }
@media print {
body { margin: 0 } h2, figure, table { break-inside: avoid } h2 { break-after: avoid }
}
"""


def page(
    title: str, about: str, body: Iterable[str], style: str = "", script: str = ""
) -> Iterator[str]:
    """The lines of a whole HTML page, made one by one so that a long page needs no memory.

    Args:
        title: Heading; plain text.
        about: A line below it; plain text.
        body: Parts made by the other functions of this module.
        style: More CSS.
        script: JavaScript that runs when the page is there; written by us, never made of values.
    """
    css = f"{_STYLE}{style}"
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    if script:
        yield _policy(css, script)
    yield f"<title>{escape(title)}</title><style>{css}</style></head><body>"
    yield f'<h1>{escape(title)}</h1>\n<p class="about">{escape(about)}</p>'
    yield from body
    if script:
        yield f"<script>{script}</script>"
    yield "</body></html>"


def _policy(css: str, script: str) -> str:
    """What a page with a script may do: show its pictures, and run that script."""

    def allowed(text: str) -> str:
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        return f"'sha256-{digest}'"

    # Where hashes are known, 'unsafe-inline' counts for nothing; QGIS's old viewer knows none.
    rules = (
        "default-src 'none'",
        "img-src data:",
        f"style-src 'unsafe-inline' {allowed(css)}",
        f"script-src {allowed(script)}",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'


def heading(text: str) -> str:
    """A heading within the page."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain texts; columns of numbers are aligned right, the others left."""
    rows = list(rows)
    numeric = [all(_is_number(row[column]) for row in rows) for column in range(len(header))]

    def line(tag: str, texts: Sequence[str]) -> str:
        cells = (
            f"<{tag}{' class=n' * is_number}>{escape(text)}</{tag}>"
            for text, is_number in zip(texts, numeric)
        )
        return f"<tr>{''.join(cells)}</tr>"

    return f"<table>{line('th', header)}{''.join(line('td', row) for row in rows)}</table>"


def figure(drawing: str, caption: str) -> str:
    """A drawing of `figures` with a caption in plain text."""
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def footer(text: str) -> str:
    """The small print."""
    return f"<footer><p>{escape(text)}</p></footer>"


def number(value: float | None, digits: int = 0) -> str:
    """A number for people: thousands apart, a dash where it is unknown."""
    if value is None or math.isnan(value):
        return "\N{EN DASH}"
    return f"{value:,.{digits}f}"


def _is_number(text: str) -> bool:
    return not text or text[0].isdigit() or text[0] in "+-\N{EN DASH}"


def write_page(target: str, lines: Iterable[str]) -> None:
    """Write a page; the file is there whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    with whole_file(target) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
