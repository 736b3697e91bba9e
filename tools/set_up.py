"""Make everything that Landslip's make targets need: QGIS, a virtual environment, packages.

``set_up.py qgis`` finds QGIS, or installs it where apt is there and allowed.
``set_up.py run`` makes the environment with what the plugin needs at run time.
``set_up.py dev`` adds what tests, training, benchmarks and the manual need, PyTorch among it.

Only the standard library is used, because this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_QGIS = (3, 22)
APT_PACKAGES = (
    "qgis",  # qgis_process, providers, the Processing plugin
    "python3-qgis",
    "python3-gdal",  # Processing imports osgeo
    "gdal-bin",  # tests compare our slope with gdaldem's
    "python3-venv",
    "fonts-dejavu-core",  # without any font, offscreen Qt draws no labels
)
#: Exits with 0 where all is there, and prints QGIS's version.
PROBE = """
import ensurepip, venv
import osgeo.gdal
from qgis.core import Qgis
print(getattr(Qgis, 'QGIS_VERSION_INT', None) or Qgis.versionInt())
"""


def main() -> None:
    """Run the step named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("qgis", "run", "dev"))
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    args = parser.parse_args()
    if args.step == "qgis":
        ensure_qgis()
    else:
        install(args.venv, args.step)


def ensure_qgis() -> None:
    """Stop with a sentence unless a QGIS that is new enough is there or can be installed."""
    version = qgis_version()
    if version is None:
        apt_install()
        version = qgis_version()
    if version is None:
        sys.exit(advice("apt-get installed the packages, but qgis.core still cannot be imported"))
    if version < OLDEST_QGIS:
        sys.exit(advice(f"QGIS {version[0]}.{version[1]} is too old"))
    print(f"QGIS {version[0]}.{version[1]} for {sys.executable}")


def qgis_version() -> tuple[int, int] | None:
    """Return (major, minor) of the QGIS that this Python can import, None where it cannot."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode:
        return None
    number = int(probe.stdout.split()[-1])
    return number // 10000, number // 100 % 100


def apt_install() -> None:
    """Install QGIS from the distribution, without a question; stop where that is impossible."""
    if not shutil.which("apt-get"):
        sys.exit(advice("there is no apt-get to install it with"))
    prefix = root_prefix()
    if prefix is None:
        sys.exit(advice("installing it needs root, and sudo is missing or asks for a password"))
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    print("Installing from the distribution:", " ".join(APT_PACKAGES), flush=True)
    try:
        subprocess.run([*apt, "update", "-q"], check=True)
        subprocess.run(
            [*apt, "install", "-q", "-y", "--no-install-recommends", *APT_PACKAGES], check=True
        )
    except subprocess.CalledProcessError as err:
        sys.exit(advice(f"'apt-get {err.cmd[len(apt)]}' failed, see above"))


def root_prefix() -> list[str] | None:
    """Return what to put before a command to run it as root, None where that is impossible."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    silent = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if silent.returncode == 0 else None


def advice(reason: str) -> str:
    """Return the sentence for a machine on which QGIS has to be installed by hand."""
    return (
        f"\nLandslip needs QGIS {OLDEST_QGIS[0]}.{OLDEST_QGIS[1]} or newer with its Python "
        f"bindings, GDAL's, and the venv module, and {sys.executable} does not have them all: "
        f"{reason}.\n"
        f"On Debian and Ubuntu run as root: apt-get install {' '.join(APT_PACKAGES)}\n"
        "Elsewhere install QGIS from https://qgis.org/download. Then run make again; if another "
        "Python is the one that can 'import qgis', with PYTHON=/path/to/that/python3.\n"
        "To work on the engine without QGIS: make test-engine."
    )


def install(venv: Path, step: str) -> None:
    """Make the virtual environment and install the project in it, editable."""
    if not (venv / "bin" / "python").exists():
        # QGIS's bindings are no pip package: the environment sees the system's packages.
        subprocess.run(
            [sys.executable, "-m", "venv", "--system-site-packages", str(venv)], check=True
        )
    if step == "dev":
        # By itself and first, because only torch may come from another index.
        index = os.environ.get("TORCH_INDEX")
        pip(venv, *(["--index-url", index] if index else []), "torch")
    pip(venv, "--editable", f"{ROOT}{'[cli,cluster,training,docs,test]' if step == 'dev' else ''}")
    name_for_mypy(venv / "typing")


def name_for_mypy(folder: Path) -> None:
    """Show this folder, whatever it is called, under the package's name to mypy.

    mypy does not see editable installs of a package that is itself the root of its repository.
    """
    folder.mkdir(exist_ok=True)
    link = folder / "landslip"
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT, target_is_directory=True)


def pip(venv: Path, *what: str) -> None:
    """Install with pip, within the constraints."""
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", *options, *constraints, *what]
    print("pip install", *what, flush=True)
    subprocess.run(command, check=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"\n'{' '.join(map(str, failed.cmd))}' failed, see above.")
