"""Run an algorithm as a shell script would: through ``qgis_process``, in a profile of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.common.errors import LandslipError

ROOT = Path(__file__).resolve().parents[1]

# Debian's wrapper qgis_process of QGIS 3.22 passes on an option that the program does not know.
PROGRAMS = ("qgis_process.bin", "qgis_process")


class AlgorithmError(LandslipError):
    """The algorithm ended with an error; the message is what it said."""


def run_algorithm(name: str, parameters: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Run an algorithm and return its results.

    Args:
        name: Id, such as ``landslip:detectlandslides``.
        parameters: Its parameters; None is left out.
        folder: Where the profile is kept.

    Raises:
        AlgorithmError: The algorithm failed, or there is no ``qgis_process``.
    """
    given = [f"{key}={value}" for key, value in parameters.items() if value is not None]
    process = subprocess.run(  # noqa: S603 - a fixed program, and no shell
        [_program(), "--json", "run", name, "--", *given],
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(process.stdout[process.stdout.index("{") :])
    except ValueError:
        raise AlgorithmError(_last_words(process)) from None
    if process.returncode or "results" not in report:
        raise AlgorithmError(_last_words(process))
    return dict(report["results"])


def _program() -> str:
    for program in PROGRAMS:
        path = shutil.which(program)
        if path:
            return path
    raise AlgorithmError(
        f"There is no program {' or '.join(PROGRAMS)} on the path. It comes with QGIS 3.22 and "
        "newer: install QGIS ('make setup' does on Debian and Ubuntu)."
    )


def _environment(folder: Path) -> dict[str, str]:
    """A profile in which the plugin of this checkout is enabled, and this Python's packages."""
    plugins = folder / "plugins"
    settings = folder / "profile" / "profiles" / "default" / "QGIS" / "QGIS3.ini"
    plugins.mkdir(parents=True, exist_ok=True)
    settings.parent.mkdir(parents=True, exist_ok=True)
    link = plugins / "landslip"
    if not link.exists():
        link.symlink_to(ROOT, target_is_directory=True)
    settings.write_text("[PythonPlugins]\nlandslip=true\nprocessing=true\n", encoding="utf-8")
    return {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"),
        "QGIS_PLUGINPATH": str(plugins),
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }


def _last_words(process: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in process.stderr.splitlines() if line.strip()]
    said = [line for line in lines if "XDG_RUNTIME_DIR" not in line and "Warning" not in line]
    return "\n".join(said[-6:]) or f"qgis_process ended with status {process.returncode}."
