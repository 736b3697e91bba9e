"""The command line's options, made of the algorithms' parameters."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine.common.errors import OutputError, ParameterError
from ..engine.common.file_names import encoding_problem, place_of
from ..engine.common.wording import number_within
from ..engine.inventory.vector_file import split_source
from . import scenes

DEFINITIONS = Path(__file__).resolve().parent.parent / "resources" / "commands.json"
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
#: What a kind of parameter is called in a usage line; the rest are files.
_WORDS = {
    "authcfg": "VARIABLE",
    "boolean": "TRUE|FALSE",
    "crs": "CRS",
    "enum": "CHOICE",
    "extent": "XMIN,XMAX,YMIN,YMAX",
    "number": "NUMBER",
    "string": "TEXT",
}


@dataclass(frozen=True)
class Option:
    """A parameter of an algorithm.

    Attributes:
        name: As in QGIS.
        label: What the dialog calls it.
        kind: QGIS's word for its kind.
        optional: Whether it may be left out.
        default: What it is then.
        choices: What it may be; empty for anything.
        several: Whether it may be given more than once.
        whole: Whether it is a whole number.
        least: Smallest number; None for none.
        most: Largest number; None for none.
        advanced: Whether the dialog hides it at first.
    """

    name: str
    label: str
    kind: str
    optional: bool
    default: Any = None
    choices: tuple[str, ...] = ()
    several: bool = False
    whole: bool = False
    least: float | None = None
    most: float | None = None
    advanced: bool = False

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.name.lower().replace('_', '-')}"

    def value(self, text: str) -> Any:
        """What a text of the command line means.

        Raises:
            ParameterError: It cannot be that of this option.
        """
        if self.kind == "boolean":
            if text.lower() in (*_YES, *_NO):
                return text.lower() in _YES
            raise ParameterError(f"{self.flag} is '{text}'; expected true or false.")
        if self.kind == "number":
            return self._number(text)
        if self.choices and text not in self.choices:
            raise ParameterError(
                f"{self.flag} is '{text}'; expected one of {', '.join(self.choices)}."
            )
        if problem := encoding_problem(text):
            raise ParameterError(f"{self.flag}: {problem}")
        return text

    def _number(self, text: str) -> float | int:
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            kind = "whole number" if self.whole else "number"
            raise ParameterError(f"{self.flag} is '{text}'; expected a {kind}.") from None
        least = float("-inf") if self.least is None else self.least
        most = float("inf") if self.most is None else self.most
        if not (math.isfinite(number) and least <= number <= most):
            expected = number_within(self.least, self.most, self.whole)
            raise ParameterError(f"{self.flag} is {text}; expected {expected}.")
        return number


@dataclass(frozen=True)
class Command:
    """An algorithm on the command line.

    Attributes:
        name: Its word there.
        algorithm: Its name in QGIS.
        description: What it does, a sentence.
        options: Its parameters.
    """

    name: str
    algorithm: str
    description: str
    options: tuple[Option, ...]


#: Kinds of parameters that name a file to read, and one to write.
_READ = ("raster", "source", "file", "multilayer", "layer", "vector")
_WRITTEN = ("rasterDestination", "sink", "fileDestination", "vectorDestination")


def check_outputs(command: Command, values: dict[str, Any]) -> None:
    """Refuse outputs that would overwrite an input or each other.

    Raises:
        OutputError: One would.
    """
    taken: dict[Path, str] = {}
    for kinds in (_READ, _WRITTEN):
        for option in command.options:
            value = values[option.name]
            for path in value if isinstance(value, list) else [value]:
                if option.kind not in kinds or not path:
                    continue
                other = taken.setdefault(place_of(split_source(path)[0]), option.flag)
                if other != option.flag and option.kind in _WRITTEN:
                    raise OutputError(
                        f"{option.flag} would overwrite {path}, which is given as {other}. Choose "
                        "another file name."
                    )


def commands() -> list[Command]:
    """The commands that there are."""
    found = json.loads(DEFINITIONS.read_text(encoding="utf-8"))
    return [
        Command(
            each["name"],
            each["algorithm"],
            each["description"],
            tuple(
                Option(**{**option, "choices": tuple(option.get("choices", ()))})
                for option in each["options"]
            ),
        )
        for each in found
    ]


def parser_of(known: Sequence[Command], version: str) -> argparse.ArgumentParser:
    """A parser that knows all commands."""
    parser = argparse.ArgumentParser(
        prog="landslip",
        description="Landslip without QGIS. Names and defaults are those of the algorithms.",
    )
    parser.add_argument("--version", action="version", version=version)
    words = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in known:
        word = words.add_parser(
            command.name, help=command.description, description=f"{command.description}."
        )
        groups = {False: word, True: word.add_argument_group("advanced")}
        for option in command.options:
            groups[option.advanced].add_argument(
                option.flag,
                dest=option.name,
                action="append" if option.several else "store",
                required=not (option.optional or command.name == "detect"),
                metavar=_WORDS.get(option.kind, "PATH"),
                help=_help(option),
            )
        if command.name == "detect":
            scenes.add_arguments(word)
        word.add_argument("--json", action="store_true", help="print the results as JSON")
        word.add_argument("--quiet", action="store_true", help="show warnings alone")
    return parser


def _help(option: Option) -> str:
    words = [option.label]
    if option.kind == "authcfg":
        words.append("name of an environment variable with a token")
    if option.choices:
        words.append(f"one of {', '.join(option.choices)}")
    if option.default not in (None, "", []):
        words.append(f"default: {str(option.default).lower()}")
    if option.several:
        words.append("may be given several times")
    return "; ".join(words).replace("%", "%%")


def values_of(command: Command, given: argparse.Namespace) -> dict[str, Any]:
    """The parameters of a command, as its algorithm has them; None where one was left out.

    Raises:
        ParameterError: One cannot be what was given.
    """
    values: dict[str, Any] = {}
    for option in command.options:
        text = getattr(given, option.name)
        if text is None:
            values[option.name] = option.default
        elif option.several:
            values[option.name] = [option.value(each) for each in text]
        else:
            values[option.name] = option.value(text)
    return values
