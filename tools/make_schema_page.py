"""Make ``docs/reference/schemas.md``: the exchange schemas, field by field.

Everything in it comes from `landslip.engine.inventory.presets`. Run it with the project's
Python after a change there. With ``--check`` nothing is written; the exit status says whether the
page is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from landslip.engine.inventory.presets import PRESETS
from landslip.engine.inventory.schema import Column, Need, Preset

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "schemas.md"

KINDS = {
    str: "text",
    int: "whole number",
    float: "number",
    date: "date",
    datetime: "date and time",
}

#: Longest list of values that a table's cell shows, characters; longer ones stand below the table.
CELL = 60

HEAD = """\
# Exchange schemas

<!-- Made by tools/make_schema_page.py from engine/inventory/presets.py: change that; run it. -->

*Export inventory* writes these schemas, *Validate inventory* checks files against them: names and
types of fields, values that must be there, value lists, the form of dates, smallest and largest
values, ids that must not repeat, values that must fit each other, CRS and outlines. Fields that a
schema does not have are told in the log and are no problem.

| preset | schema | CRS |
|---|---|---|
{presets}

In the tables, *NAME* and other words in capitals are parameters of *Export inventory*; `id` and the
like are fields of the inventory, and a field that Landslip does not make is one that you may add. A
date may be a month or a year there: its first or last day is then written. The confidence that is
handed in is the reviewer's alone; the model's probability never becomes one, nor a likelihood.

Dates are dates in a GeoPackage and a Shapefile. GeoJSON has none: there they are texts. Points in
time are texts in a Shapefile too.

A schema changes from time to time. What is written here was compared with copies of the publishers'
definitions in November 2026; below each table stands what could not be found in them. An older
version of a schema has a preset of its own, with the year in its name.
"""


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is stale."""
    made = page()
    if "--check" in arguments:
        stale = not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != made
        print(f"{TARGET} is {'stale: run ' + sys.argv[0] if stale else 'up to date'}")
        return int(stale)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(made, encoding="utf-8")
    print(f"{TARGET} written")
    return 0


def page() -> str:
    """The whole page."""
    presets = "\n".join(
        f"| [`{p.name}`](#{p.name}) | {p.title} | {p.crs} |" for p in PRESETS.values()
    )
    parts = [HEAD.format(presets=presets), *("\n".join(_section(p)) for p in PRESETS.values())]
    return "\n".join(parts)


def _section(preset: Preset) -> Iterator[str]:
    yield f"## `{preset.name}`"
    yield ""
    yield f"{preset.title}. {preset.crs}{_geometry(preset)}."
    yield ""
    yield f"Published definition: {_linked(preset.source)}."
    yield ""
    yield "| field | in a Shapefile | type | values | where the value comes from |"
    yield "|---|---|---|---|---|"
    yield from map(_row, preset.columns)
    yield ""
    yield from _lists(preset)
    yield from _rules(preset)
    yield "What could not be found, or is not carried:"
    yield ""
    yield from (f"- {gap}" for gap in preset.gaps)
    yield ""


def _geometry(preset: Preset) -> str:
    named = preset.geometry != "geom"
    return f"; the outline's column in a GeoPackage is `{preset.geometry}`" if named else ""


def _linked(text: str) -> str:
    """The text with its addresses as links."""
    words = []
    for word in text.split(" "):
        address = word.rstrip(",;.)")
        is_address = address.startswith("https://")
        words.append(f"<{address}>{word[len(address) :]}" if is_address else word)
    return " ".join(words)


def _row(column: Column) -> str:
    short = f"`{column.short}`" if column.short else ""
    cells = (f"`{column.name}`", short, KINDS[column.kind], _values(column), column.source)
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def _values(column: Column) -> str:
    """What a value must be, for a cell."""
    told = ["needed"] if column.required else []
    told += ["may be left out"] if column.optional else []
    told += ["each once"] if column.unique else []
    if column.choices:
        told.append("from a list" if _is_long(column) else " or ".join(map(str, column.choices)))
    if column.form:
        told.append(f"like {column.form.example}")
    if column.least is not None:
        told.append(f"{column.least} or {'later' if column.form else 'more'}")
    if column.most is not None:
        told.append(f"{column.most} or less")
    if column.unknown is not None:
        told.append(f"{column.unknown} for unknown")
    if column.longest:
        told.append(f"at most {column.longest} characters")
    return "; ".join(told)


def _is_long(column: Column) -> bool:
    return len(" or ".join(map(str, column.choices))) > CELL


def _lists(preset: Preset) -> Iterator[str]:
    """Value lists that are too long for a cell; the same list once."""
    lists: dict[tuple[object, ...], list[str]] = {}
    for column in preset.columns:
        if _is_long(column):
            lists.setdefault(column.choices, []).append(f"`{column.name}`")
    for choices, names in lists.items():
        yield f"Values of {', '.join(names)}: {', '.join(map(str, choices))}."
        yield ""


def _rules(preset: Preset) -> Iterator[str]:
    """What values of several fields must be together."""
    told = list(map(_rule, preset.needs))
    if preset.dates:
        told.append(f"`{preset.dates[0]}` may not be later than `{preset.dates[1]}`.")
    if preset.check:
        told.append((preset.check.__doc__ or "").splitlines()[0])
    if told:
        yield "Together:"
        yield ""
        yield from (f"- {line}" for line in told)
        yield ""


def _rule(need: Need) -> str:
    names = " or ".join(f"`{name}`" for name in need.columns)
    if need.when:
        return f"{names} has a value where `{need.when}` has one."
    return f"{names} has a value, or else `{need.void}`."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
