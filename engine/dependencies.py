"""Import heavy packages where they are needed, and say what to install where they are missing."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
    if module in sys.modules and sys.modules[module] is not None:
        return sys.modules[module]
    try:
        with _own_libraries_first():
            return importlib.import_module(module)
    except ImportError as err:
        raise DependencyError(package or module.split(".")[0], str(err)) from err


@contextmanager
def _own_libraries_first() -> Iterator[None]:
    """Have an extension module bind to the libraries of its own wheel before the process's.

    QGIS loads GDAL, PROJ and GEOS for the whole process. Without this flag, a wheel's modules call
    those instead of the other versions they were built with, and the process crashes
    (``free(): invalid size``, seen with pyproj and shapely in ``qgis_process`` 3.22 on Linux).
    """
    if not hasattr(os, "RTLD_DEEPBIND"):  # only glibc binds across libraries in this way
        yield
        return
    before = sys.getdlopenflags()
    sys.setdlopenflags(before | os.RTLD_DEEPBIND)
    try:
        yield
    finally:
        sys.setdlopenflags(before)
