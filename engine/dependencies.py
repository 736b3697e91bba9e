"""Import heavy packages where they are needed, and say what to install where they are missing."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import DependencyError


def require(module: str, package: str | None = None) -> Any:
    """Import ``module`` or say which package is missing.

    Args:
        module: Dotted module name.
        package: Name under which pip installs it, where that is not the module's first part.

    Raises:
        DependencyError: The module is not installed, or is but cannot be loaded.
    """
    try:
        return importlib.import_module(module)
    except ImportError as err:
        raise DependencyError(package or module.split(".")[0], str(err)) from err
