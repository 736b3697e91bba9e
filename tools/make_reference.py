"""Write the pages of the manual's reference that come from definitions in the code.

``docs/reference/algorithms/*.md`` from the parameters, outputs and help of each algorithm,
``fields.md`` from the inventory's fields, ``models.md`` and ``model_card.md`` from the cards of the
shipped models. Run it with the project's Python after a change there; ``--check`` writes nothing,
and its exit status says whether a page is stale.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from landslip.engine.inventory.compared import (
    COMPARED_FIELDS,
    DATING_FIELDS,
    EVIDENCE_FIELDS,
)
from landslip.engine.inventory.fields import FIELDS, Field
from landslip.engine.inventory.history import HISTORY_FIELDS
from landslip.engine.models.card import ModelCard
from landslip.engine.models.zoo import FOLDER, shipped_cards

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference"
#: The definitions that the command line is made of, and its words for the algorithms.
COMMANDS = ROOT / "resources" / "commands.json"
CLI = {
    "find-scenes": "findscenes",
    "fetch-scene": "fetchscene",
    "event": "detectevent",
    "prepare": "preparestack",
    "detect": "detectlandslides",
    "vectorise": "vectoriseprobability",
    "ground": "assessability",
    "assess": "assessinventory",
    "statistics": "inventorystatistics",
    "measure": "measureinventory",
    "review-sheet": "reviewsheet",
    "apply-review": "applyreview",
    "evidence": "changeevidence",
    "date": "datelandslides",
    "update": "updateinventory",
    "export": "exportinventory",
    "check": "validateinventory",
    "sample": "samplescene",
    "report": "eventreports",
    "adapt": "adaptmodel",
    "self-train": "selftrain",
    "pretrain-encoder": "pretrainencoder",
    "suggest-review": "suggestreview",
    "models": "managemodels",
}
#: What an example needs besides the parameters that must be given.
EXAMPLES = {
    "detectlandslides": ["INPUT=stack.tif", "DEM=dem.tif"],
    "preparestack": ["INPUT=S2A_MSIL2A_....SAFE.zip", "DEM=dem.tif"],
}
NOTE = "<!-- Made by tools/make_reference.py. Change {source} and run it. -->"

#: What Processing calls a kind of parameter or output, and what a reader does.
KINDS = {
    "authcfg": "authentication",
    "boolean": "yes or no",
    "crs": "CRS",
    "enum": "choice",
    "extent": "extent",
    "file": "file",
    "fileDestination": "file to write",
    "folderDestination": "folder to write to",
    "layer": "raster or polygons",
    "multilayer": "several files",
    "number": "number",
    "rasterDestination": "raster to write",
    "raster": "raster",
    "sink": "polygons to write",
    "source": "polygons",
    "string": "text",
    "vector": "polygons",
    "vectorDestination": "polygons to write",
    "outputBoolean": "yes or no",
    "outputFile": "file",
    "outputHtml": "file",
    "outputNumber": "number",
    "outputString": "text",
}

FIELDS_HEAD = """\
# Fields

{note}

The columns of [the inventory](inventory.md), in their order. Fields with a list of possible values
have it at the end of this page.

"""

MODELS_HEAD = """\
# Shipped models

{note}

What the cards inside the model files say. [Choose a model](../guides/models.md) compares them. *P*,
*R* and *F1* are precision, recall and F1 of landslide pixels at the model's threshold, in regions
held out from training.

"""

CARD_HEAD = """\
# Model cards

{note}

A model is one ONNX file that holds its scaling and its card. The card is a JSON object under the
key `landslip` of the file's `metadata_props`, so that a model cannot be separated from it.
`python -m landslip.training export` writes it. Landslip checks it before a model runs, and says
what is wrong with it.

{keys}

## Inputs and outputs of the file

{inputs}

N, H and W are dynamic.
"""


#: Inputs and outputs of a model's file.
SIGNATURE = (
    (
        "`stack`",
        "N, C, H, W; float32",
        "input: the card's bands in its order, in the units of [the stack](stack.md)",
    ),
    (
        "`mean`, `std`",
        "C; float32",
        "inputs with the normalisation `scene` only: statistics of the whole scene, which "
        "Landslip measures",
    ),
    ("`probability`", "N, 1, H, W; float32", "output: probability of landslide, 0 to 1"),
)


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale."""
    made = {**{TARGET / name: text for name, text in pages().items()}, COMMANDS: commands_file()}
    if "--check" in arguments:
        stale = sorted(path for path, text in made.items() if _written(path) != text)
        for path in stale:
            print(f"{path} is stale: run {sys.argv[0]}")
        return int(bool(stale))
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(made) - 1} pages written below {TARGET}, and {COMMANDS}")
    return 0


def pages() -> dict[str, str]:
    """The text of every page, by its file's name below the reference."""
    algorithms = {f"algorithms/{a.name()}.md": algorithm_page(a) for a in _algorithms()}
    others = {"fields.md": fields_page(), "models.md": models_page(), "model_card.md": card_page()}
    return {**algorithms, **others}


def _written(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


# --- the command line ---


def commands_file() -> str:
    """The parameters of the algorithms that are commands without QGIS, as JSON."""
    found = {algorithm.name(): algorithm for algorithm in _algorithms()}
    made = [
        {
            "name": word,
            "algorithm": name,
            "description": found[name].shortDescription(),
            "options": [_option(p) for p in found[name].parameterDefinitions()],
        }
        for word, name in CLI.items()
    ]
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _option(parameter: Any) -> dict[str, Any]:
    """A parameter as `landslip.cli.options.Option` has it, without what is as usual."""
    kind = parameter.type()
    written = parameter.isDestination()
    default = None if written else parameter.defaultValue()
    created = written and not parameter.flags() & parameter.FlagOptional
    several = kind == "multilayer" or (kind == "enum" and parameter.allowMultiple())
    option: dict[str, Any] = {
        "name": parameter.name(),
        "label": parameter.description(),
        "kind": kind,
        "optional": not created
        and (bool(parameter.flags() & parameter.FlagOptional) or default is not None),
    }
    if default is not None and not several:
        option["default"] = default
    if kind == "enum":
        option["choices"] = list(parameter.options())
    if several:
        option["several"] = True
    if kind == "number":
        option |= _bounds(parameter)
    if parameter.flags() & parameter.FlagAdvanced:
        option["advanced"] = True
    return option


def _bounds(parameter: Any) -> dict[str, Any]:
    """What a number may be; QGIS bounds what has no bounds by the largest numbers there are."""
    limits = {"least": parameter.minimum(), "most": parameter.maximum()}
    found: dict[str, Any] = {k: v for k, v in limits.items() if abs(v) < 1e30}
    if parameter.dataType() == parameter.Integer:
        found["whole"] = True
    return found


def _algorithms() -> list[Any]:
    """Every algorithm with its parameters, as the Toolbox gets them."""
    from landslip.algorithms import ALGORITHMS

    return [algorithm().create() for algorithm in ALGORITHMS]


# --- algorithms ---


def algorithm_page(algorithm: Any) -> str:
    """The page of one algorithm."""
    parameters = algorithm.parameterDefinitions()
    advanced = [p for p in parameters if p.flags() & p.FlagAdvanced]
    made = {p.name() for p in parameters}
    results = [o for o in algorithm.outputDefinitions() if o.name() not in made]
    parts = [
        f"# {algorithm.displayName()}",
        NOTE.format(source=f"algorithms/{Path(inspect.getfile(type(algorithm))).name}"),
        f"`landslip:{algorithm.name()}`",
        markdown(algorithm.shortHelpString()),
        "## Parameters",
        table(
            ("name", "label", "kind", "default", "values"),
            (_parameter(p) for p in parameters if p not in advanced),
        ),
    ]
    if advanced:
        rows = map(_parameter, advanced)
        parts += ["### Advanced", table(("name", "label", "kind", "default", "values"), rows)]
    if results:
        rows = ((f"`{o.name()}`", o.description(), KINDS[o.type()]) for o in results)
        parts += ["## Results", table(("name", "meaning", "kind"), rows)]
    parts += ["## On the command line", command(algorithm)]
    return "\n\n".join(parts) + "\n"


def _parameter(parameter: Any) -> tuple[str, ...]:
    optional = parameter.flags() & parameter.FlagOptional
    return (
        f"`{parameter.name()}`",
        parameter.description(),
        KINDS[parameter.type()],
        _default(parameter, bool(optional)),
        _values(parameter),
    )


def _default(parameter: Any, optional: bool) -> str:
    value = parameter.defaultValue()
    if value is None or parameter.isDestination():
        return "optional" if optional else "needed"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else f"`{value}`"


def _values(parameter: Any) -> str:
    """What a parameter may be: its options, or its bounds."""
    if parameter.type() == "enum":
        several = "any of " if parameter.allowMultiple() else ""
        return several + ", ".join(f"`{option}`" for option in parameter.options())
    if parameter.type() == "file":
        return "a folder" if parameter.behavior() == parameter.Folder else "a file"
    if parameter.type() != "number":
        return ""
    # QGIS bounds what has no bounds by the largest numbers there are.
    least, most = parameter.minimum(), parameter.maximum()
    words = [f"from {least:g}"] if least > -1e30 else []
    words += [f"to {most:g}"] if most < 1e30 else []
    whole = ["whole"] if parameter.dataType() == parameter.Integer else []
    return ", ".join([" ".join(words), *whole]) if words else "".join(whole)


def command(algorithm: Any) -> str:
    """A call with the parameters that are needed."""
    given = EXAMPLES.get(algorithm.name(), []) + [
        f"{p.name()}={_example(p)}"
        for p in algorithm.parameterDefinitions()
        if _default(p, bool(p.flags() & p.FlagOptional)) == "needed"
    ]
    lines = [f"qgis_process run landslip:{algorithm.name()} --", *given]
    return "```sh\n" + " \\\n    ".join(lines) + "\n```"


def _example(parameter: Any) -> str:
    kind, name = parameter.type(), parameter.name().lower()
    endings = {"raster": "tif", "rasterDestination": "tif", "fileDestination": "html"}
    endings |= dict.fromkeys(("source", "sink", "vector", "vectorDestination", "layer"), "gpkg")
    return f"{name}.{endings[kind]}" if kind in endings else '"..."'


def markdown(html: str) -> str:
    """The help of an algorithm, whose HTML has paragraphs, headings, bold, italics and code."""
    text = re.sub(r"<h3>(.*?)</h3>", r"\n\n**\1**\n\n", html)
    text = re.sub(r"</?p>", "\n\n", text)
    for tag, mark in (("b", "**"), ("i", "*"), ("code", "`")):
        text = re.sub(rf"</?{tag}>", mark, text)
    left = re.findall(r"</?\w+>", text)
    if left:
        raise ValueError(f"The help uses {' '.join(left)}; expected p, h3, b, i and code.")
    return re.sub(r"\s*\n\n\s*", "\n\n", text).strip()


# --- fields and models ---


def fields_page() -> str:
    """All fields of the inventory, and those that an update adds."""
    parts = [FIELDS_HEAD.format(note=NOTE.format(source="engine/inventory/fields.py")).rstrip()]
    parts += [_field_table(FIELDS), "## After an update"]
    parts += ["*Change evidence* adds these:", _field_table(EVIDENCE_FIELDS)]
    parts += ["*Date landslides* adds these:", _field_table(DATING_FIELDS)]
    parts += ["*Update inventory* adds these:", _field_table(HISTORY_FIELDS), "## Value lists"]
    parts += [f"- `{f.name}`: {', '.join(f.choices)}" for f in _listed()]
    return re.sub(r"(\n- [^\n]*)\n(?=\n- )", r"\1", "\n\n".join(parts)) + "\n"


def _listed() -> Iterator[Field]:
    return (field for field in (*FIELDS, *COMPARED_FIELDS, *HISTORY_FIELDS) if field.choices)


def _field_table(fields: Iterable[Field]) -> str:
    kinds = {str: "text", float: "number", int: "whole number"}
    rows = ((f"`{f.name}`", kinds[f.kind], f.unit, f.meaning, f.source) for f in fields)
    return table(("field", "type", "unit", "meaning", "from"), rows)


def models_page() -> str:
    """One section for each shipped model."""
    cards = shipped_cards()
    head = MODELS_HEAD.format(note=NOTE.format(source="the files in weights/")).rstrip()
    return "\n\n".join([head, *map(_model, cards)]) + "\n"


def _model(card: ModelCard) -> str:
    size = (FOLDER / f"{card.name}.onnx").stat().st_size / 1e6
    facts = (
        ("network", card.architecture),
        ("version", card.version),
        ("size", f"{size:.1f} MB"),
        ("bands", " ".join(card.bands)),
        ("threshold", f"{card.threshold:g}"),
        ("normalisation", f"`{card.normalisation}`"),
        ("pixel size", f"{card.pixel_size:g} m"),
        *((f"held out: {a.region}", _scores(a)) for a in card.accuracy),
        ("how it was judged", card.judged),
        ("false alarms", card.false_alarms),
        ("calibration", card.calibration),
        ("what it is bad at", card.weaknesses),
        ("trained on", card.training_data),
        ("licence", card.licence),
        ("attribution", card.attribution),
    )
    return "\n\n".join([f"## `{card.name}`", card.description, table(("", ""), facts)])


def _scores(accuracy: Any) -> str:
    return f"P {accuracy.precision:.3f}, R {accuracy.recall:.3f}, F1 {accuracy.f1:.3f}"


def card_page() -> str:
    """What a card holds, from the docstring of its class."""
    told = dict(re.findall(r"^\s+(\w+): (.+(?:\n {12}.+)*)", inspect.getdoc(ModelCard) or "", re.M))
    names = [field.name for field in dataclasses.fields(ModelCard)]
    return CARD_HEAD.format(
        note=NOTE.format(source="engine/models/card.py"),
        keys=table(("key", "meaning"), ((f"`{name}`", _plain(told[name])) for name in names)),
        inputs=table(("name", "shape", "meaning"), SIGNATURE),
    )


def _plain(docstring: str) -> str:
    text = " ".join(docstring.split()).replace("``", "`")
    from landslip.engine.models.card import NORMALISATIONS

    return text.replace("`NORMALISATIONS`", " and ".join(f"`{n}`" for n in NORMALISATIONS))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    body = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    body += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(re.sub(r" +\|", " |", line) for line in body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
