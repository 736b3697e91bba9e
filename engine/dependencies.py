"""Import heavy packages where they are needed, and say what to install where they are missing."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import DependencyError


def require(module: str, package: str | None = None) -> Any:
    """Import ``module`` or say which package is missing.

    Args:
        module: Dotted module name.
        package: Name under which pip installs it, where that is not the module's first part.

    Raises:
        DependencyError: The module is not installed, or is but cannot be loaded, or lacks its data.
    """
    if module in sys.modules and sys.modules[module] is not None:
        return sys.modules[module]
    try:
        with _own_libraries_first(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Valid PROJ data", UserWarning)  # see below
            found = importlib.import_module(module)
    except ImportError as err:
        raise DependencyError(package or module.split(".")[0], str(err)) from err
    if module.split(".")[0] == "pyproj":
        _give_proj_its_data(sys.modules["pyproj"])
    return found


def _give_proj_its_data(pyproj: Any) -> None:
    """Show a system's pyproj the system's data.

    It looks for them below the prefix of the running Python. In a virtual environment that sees the
    system's packages that is the environment, which has none. The environment variable that pyproj
    offers is no way out: GDAL, with a PROJ of another version, would read it too.

    Raises:
        DependencyError: There are none below the system's prefix either.
    """
    datadir = importlib.import_module("pyproj.datadir")
    try:
        datadir.get_data_dir()
    except pyproj.exceptions.DataDirError as err:
        prefixes: tuple[str | Path, ...] = (sys.base_prefix, *Path(pyproj.__file__).parents)
        folders = [Path(prefix, "share", "proj") for prefix in prefixes]
        complete = [folder for folder in folders if (folder / "proj.db").is_file()]
        if not complete:
            raise DependencyError("pyproj", "its data, proj.db, are nowhere to be found") from err
        datadir.set_data_dir(str(complete[0]))


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
