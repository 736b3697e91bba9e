"""How to install a missing Python package into the QGIS that is running.

QGIS puts ``<profile>/python`` on its module path. Packages put there serve this profile alone,
need no administrator, and leave the system's Python as it is.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
from qgis.core import QgsApplication

#: Module and pip name of what the engine imports and QGIS may not have brought along.
PACKAGES = {
    "onnxruntime": "onnxruntime",
    "rasterio": "rasterio",
    "scipy": "scipy",
    "pyproj": "pyproj",
}


def install_hint(package: str) -> str:
    """The sentence with the command line that installs all packages still missing."""
    missing = [pip for module, pip in PACKAGES.items() if not _is_there(module)]
    names = " ".join(dict.fromkeys([*missing, package]))
    target = Path(QgsApplication.qgisSettingsDirPath()) / "python"
    # QGIS's own bindings are compiled against its numpy: another one must not slip in before it.
    command = f'{_python()} -m pip install --target "{target}" "numpy=={np.__version__}" {names}'
    shell = "the OSGeo4W Shell (Start menu)" if os.name == "nt" else "a terminal"
    return f"For this QGIS, run in {shell}: {command}   Then restart QGIS."


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # a module that something has blocked
        return False


def _python() -> str:
    """The interpreter beside QGIS; ``sys.executable`` is QGIS itself on Windows and macOS."""
    if os.name == "nt":
        return "python3"
    return f'"{Path(sys.prefix) / "bin" / "python3"}"'
