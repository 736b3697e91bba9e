"""Recipes: the TOML files that decide a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..engine.errors import ParameterError


def read_recipe_file(path: Path) -> dict[str, Any]:
    """Read a recipe as plain values.

    Raises:
        ParameterError: No such file, or no valid TOML.
    """
    import tomllib  # Python 3.11; the training floor runs outside of QGIS

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise ParameterError(f"There is no recipe {path}.") from err
    except tomllib.TOMLDecodeError as err:
        raise ParameterError(f"The recipe {path} is not valid TOML: {err}.") from err
