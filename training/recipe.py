"""Recipes: the TOML files that decide a run, with what the command line changes in them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..engine.common.errors import ParameterError
from .augmentation import Augmentation
from .bands import band_names
from .data import Block
from .pseudo_labels import Pseudo
from .sources import Source
from .views import Views

FOLDER = Path(__file__).parent / "recipes"
#: What the tables of a recipe become.
TABLES = {
    "validation": Block,
    "test": Block,
    "augmentation": Augmentation,
    "views": Views,
    "pseudo": Pseudo,
}

Config = TypeVar("Config")


def read_recipe(recipe: Path | str, kind: type[Config], changes: Sequence[str] = ()) -> Config:
    """Read a recipe.

    Args:
        recipe: A TOML file, or the name of a shipped recipe.
        kind: `train.Config` or `pretrain.Config`.
        changes: Settings such as ``epochs=3`` or ``augmentation.gain=0``, instead of the recipe's.

    Raises:
        ParameterError: No such file, no valid TOML, or an unknown key.
    """
    shipped = FOLDER / f"{recipe}.toml"
    values = read_toml(shipped if shipped.is_file() else Path(recipe))
    for change in changes:
        _change(values, change)
    return from_values(kind, values)


def from_values(kind: type[Config], values: dict[str, Any]) -> Config:
    """Build a configuration from plain values, as a recipe or a checkpoint holds them.

    Raises:
        ParameterError: An unknown or misspelt key, or bands that do not exist.
    """
    values = dict(values)
    try:
        for key, table in TABLES.items():
            if key in values:
                pairs = values[key].items()
                values[key] = table(**{k: tuple(v) if isinstance(v, list) else v for k, v in pairs})
        for key in ("sources", "unlabelled"):
            if key in values:
                values[key] = tuple(Source(**source) for source in values[key])
        if "bands" in values:
            values["bands"] = band_names(values["bands"])
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except (TypeError, AttributeError) as err:
        known = ", ".join(field.name for field in dataclasses.fields(kind))  # type: ignore[arg-type]
        raise ParameterError(f"The recipe is wrong: {err}. Known keys: {known}.") from err


def to_values(config: Any) -> dict[str, Any]:
    """A configuration as plain values, which checkpoints hold."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file as plain values.

    Raises:
        ParameterError: No such file, or no valid TOML.
    """
    import tomllib  # Python 3.11; the training floor runs outside of QGIS

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise ParameterError(
            f"There is no recipe or experiment {path}. Name a shipped one, or a TOML file; "
            "training/recipes and training/experiments hold those that are shipped."
        ) from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ParameterError(f"The recipe {path} is not valid TOML: {err}.") from err


def _change(values: dict[str, Any], change: str) -> None:
    """Put ``table.key=value`` into plain values; the value is written as in TOML."""
    import tomllib

    place, equals, text = change.partition("=")
    *tables, key = place.strip().split(".")
    if not equals or not key:
        raise ParameterError(f"'{change}' sets nothing. Write key=value, such as epochs=3.")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise ParameterError(f"'{change}': {table} is a value and no table.")
    try:
        values[key] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        values[key] = text.strip()  # a word without its quotes
