"""Import heavy packages where they are needed, and say what to install where they are missing."""

from __future__ import annotations

import importlib
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import DependencyError, PyTorchError

#: What the engine needs, as pip reads it; pyproject.toml says why of each.
REQUIREMENTS = (
    "numpy>=1.22",
    "onnxruntime>=1.16",
    "rasterio>=1.3",
    "pyproj>=3.1",
    "scipy>=1.8",
    "attrs>=23.1",
)
#: Modules of packages whose name is another.
_MODULES = {"attrs": "attr"}
#: What the import of a package may raise that is damaged, or was built for another one: anything.
BROKEN = (Exception, SystemExit)
#: Packages that were found to be new enough.
_accepted: set[str] = set()


@dataclass(frozen=True)
class Requirement:
    """A package that is needed, in the oldest version that will do.

    Attributes:
        text: As pip reads it, such as ``scipy>=1.8``.
        package: Name for pip.
        minimum: Oldest version.
        module: Name for Python.
    """

    text: str
    package: str
    minimum: str
    module: str

    @classmethod
    def of(cls, text: str) -> Requirement:
        """From ``package>=version``."""
        package, minimum = text.split(">=")
        return cls(text, package, minimum, _MODULES.get(package, package))


#: What adapting a model needs besides.
ADAPTING = Requirement.of("onnx>=1.16")
#: By module.
_NEEDED = {item.module: item for item in (*map(Requirement.of, REQUIREMENTS), ADAPTING)}


def require(module: str, package: str | None = None) -> Any:
    """Import ``module`` or say which package is missing.

    Args:
        module: Dotted module name.
        package: Name under which pip installs it, where that is not the module's first part.

    Raises:
        DependencyError: The module is not installed, or is but cannot be loaded, is too old, or
            lacks its data. Its sentence, with what to do, is made in `errors`.
    """
    top = module.split(".")[0]
    package = package or top
    if top in _accepted and sys.modules.get(module) is not None:
        return sys.modules[module]
    try:
        with _own_libraries_first(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Valid PROJ data", UserWarning)  # see below
            found = importlib.import_module(module)
    except BROKEN as err:
        raise DependencyError(package, str(err) or type(err).__name__) from err
    _accept(top, package)
    if top == "pyproj":
        _give_proj_its_data(sys.modules["pyproj"])
    return found


def require_pytorch() -> None:
    """Check that a network can be trained here.

    Raises:
        PyTorchError: It cannot.
    """
    if sys.version_info < (3, 11):
        raise PyTorchError(f"Python is {sys.version.split()[0]}, and 3.11 or newer is needed")
    try:
        require("torch")
    except DependencyError as err:
        raise PyTorchError(err.reason) from err


def _accept(top: str, package: str) -> None:
    """Remember that a package will do.

    Raises:
        DependencyError: Its folder has no code (an install was interrupted), or it is too old.
    """
    found = sys.modules[top]
    file = getattr(found, "__file__", None)
    if file is None and hasattr(found, "__path__"):
        del sys.modules[top]  # or it would be found there once it is mended
        folders = ", ".join(found.__path__)
        raise DependencyError(package, f"{folders} is there, but incomplete")
    version = getattr(found, "__version__", "")
    minimum = _NEEDED[top].minimum if top in _NEEDED else ""
    if version and minimum and numbers(version) < numbers(minimum):
        raise DependencyError(
            package,
            f"version {version} was loaded from {Path(file or '').parent}, and {minimum} or "
            "newer is needed; if another plugin brought it, update or disable that plugin",
            outdated=True,
        )
    _accepted.add(top)


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare by: 1.24.2rc1 as (1, 24, 2)."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


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
