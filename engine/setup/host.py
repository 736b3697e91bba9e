"""Which program runs us, and which Python interpreter belongs to it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.errors import SetUpError

#: Runs a command without a shell: (command, whether the log shows its lines) -> (code, output).
Run = Callable[[Sequence[str], bool], tuple[int, str]]

#: What an interpreter is asked, to see whether it is the one that QGIS runs.
_PROBE = (
    "import json, sys, numpy; "
    "print(json.dumps([sys.version_info[0], sys.version_info[1], numpy.__version__]))"
)
_FLATPAK_INFO = Path("/.flatpak-info")


@dataclass(frozen=True)
class Host:
    """The running Python, as far as it tells where its interpreter is.

    Attributes:
        platform: As ``sys.platform``.
        executable: As ``sys.executable``: QGIS itself on Windows and macOS.
        prefix: As ``sys.prefix``.
        base_prefix: As ``sys.base_prefix``.
        environment: As ``os.environ``.
        version: Major and minor number of Python.
        numpy: Version of numpy, against which QGIS's own bindings may be compiled.
    """

    platform: str
    executable: str
    prefix: str
    base_prefix: str
    environment: Mapping[str, str]
    version: tuple[int, int]
    numpy: str

    @classmethod
    def running(cls) -> Host:
        """The Python that runs this line."""
        return cls(
            sys.platform,
            sys.executable or "",
            sys.prefix,
            sys.base_prefix,
            dict(os.environ),
            sys.version_info[:2],
            np.__version__,
        )

    @property
    def kind(self) -> str:
        """What sort of installation it is, for people."""
        if self.platform == "win32":
            return "OSGeo4W" if "OSGEO4W_ROOT" in self.environment else "Windows"
        if self.platform == "darwin":
            return "macOS"
        if self._is_flatpak():
            return "Flatpak"
        if self._is_snap():
            return "Snap"
        return "Linux"

    def _is_flatpak(self) -> bool:
        return "FLATPAK_ID" in self.environment or _FLATPAK_INFO.exists()

    def _is_snap(self) -> bool:
        return "qgis" in self.environment.get("SNAP_NAME", "")


def refusal(host: Host, packages: Sequence[str]) -> str:
    """Why nothing can be installed from within this QGIS, and what to do; empty where it can."""
    names = " ".join(packages)
    if host.kind == "Flatpak":
        return (
            "This QGIS is a Flatpak: its Python can be changed only from outside. Run in a "
            f"terminal: flatpak run --devel --command=pip3 org.qgis.qgis install --user {names}   "
            "Then restart QGIS."
        )
    if host.kind == "Snap":
        return (
            "This QGIS is a Snap: its Python cannot be changed, and programs outside of it are out "
            "of its reach. Install QGIS from your distribution's packages or from qgis.org, and "
            "run this algorithm there."
        )
    return ""


def interpreter(host: Host, run: Run) -> str:
    """Path of the interpreter that has the version of Python, and the numpy, that QGIS runs.

    Raises:
        SetUpError: There is none.
    """
    tried = list(dict.fromkeys(filter(_is_program, map(str, _candidates(host)))))
    for path in tried:
        code, output = run([path, "-c", _PROBE], False)
        if code == 0 and _answer(output) == [*host.version, host.numpy]:
            return path
    raise SetUpError(
        f"No interpreter was found that has Python {host.version[0]}.{host.version[1]} and numpy "
        f"{host.numpy}, as this QGIS ({host.kind}) does; looked at {', '.join(tried) or 'none'}. "
        "Install the packages with the pip that came with QGIS, or repair QGIS with its installer."
    )


def _answer(output: str) -> object:
    try:
        return json.loads(output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return None


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _candidates(host: Host) -> Iterator[Path]:
    """Where interpreters lie, the likeliest first."""
    executable, prefix = Path(host.executable), Path(host.prefix)
    if executable.name.lower().startswith("python"):
        yield executable
    if host.platform == "win32":  # OSGeo4W and the standalone installer have the same folders
        roots = [prefix, Path(host.base_prefix)]
        if "OSGEO4W_ROOT" in host.environment:
            roots.append(Path(host.environment["OSGEO4W_ROOT"], "bin"))
        yield from (root / name for root in roots for name in ("python.exe", "python3.exe"))
        return
    for root in (prefix, Path(host.base_prefix)):
        yield root / "bin" / "python3"
    if host.platform == "darwin":
        for folder in (*executable.parents, *prefix.parents):
            if folder.name == "Contents":
                for place in ("MacOS/bin", "MacOS", "Frameworks/bin", "Resources/python/bin"):
                    yield folder / place / "python3"
