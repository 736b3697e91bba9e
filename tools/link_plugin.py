"""Put the plugin, as it lies here, into a QGIS profile, or take it out again.

``link_plugin.py install`` links this folder as a plugin, enables it, and installs the Python
packages that QGIS's Python lacks into the profile's own ``python`` folder, which QGIS puts on its
path. Nothing outside of the profile is touched: no system package is replaced, and pip needs no
``--break-system-packages``. ``link_plugin.py uninstall`` removes the link and the setting.

Run it with the Python that QGIS uses.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = "landslip"
SECTION = "[PythonPlugins]"


def main() -> None:
    """Run the action named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("install", "uninstall"))
    parser.add_argument("--profile", type=Path, help="QGIS profile folder (default: the user's)")
    parser.add_argument("--no-packages", action="store_true", help="install no Python packages")
    args = parser.parse_args()
    profile = (args.profile or default_profile()).expanduser().absolute()
    if args.action == "uninstall":
        uninstall(profile)
        return
    link(profile)
    enable(profile, True)
    if not args.no_packages:
        install_packages(profile / "python" / "plugins", profile / "python")
    print("Restart QGIS: Landslip is in the Processing toolbox.")


def default_profile() -> Path:
    """Return the folder of the user's default profile, of QGIS 3 unless only 4 has one."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ["APPDATA"])
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    profiles = [base / "QGIS" / name / "profiles" / "default" for name in ("QGIS3", "QGIS4")]
    return next((profile for profile in profiles if profile.is_dir()), profiles[0])


def link(profile: Path) -> None:
    """Link this folder into the profile's plugins; stop where another copy is in the way."""
    target = profile / "python" / "plugins" / PLUGIN
    if target.exists() and not target.is_symlink():
        sys.exit(
            f"{target} is already there and no link: another copy of the plugin. "
            "Uninstall that one in QGIS's plugin manager, then try again."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.symlink_to(ROOT, target_is_directory=True)
    print(f"Linked {target} -> {ROOT}")


def uninstall(profile: Path) -> None:
    """Remove the link and the setting."""
    target = profile / "python" / "plugins" / PLUGIN
    if not target.is_symlink():
        sys.exit(f"Nothing to do: {target} is no link.")
    target.unlink()
    enable(profile, False)
    print(f"Removed {target}. Packages stay in {profile / 'python'}: other plugins may use them.")


def enable(profile: Path, wanted: bool) -> None:
    """Set in the profile's settings whether QGIS loads the plugin."""
    file = profile / "QGIS" / ("QGIS4.ini" if "QGIS4" in profile.parts else "QGIS3.ini")
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".landslip-new")
    new.write_text(with_plugin(text, wanted), encoding="utf-8")
    new.replace(file)
    print(f"{'Enabled' if wanted else 'Disabled'} in {file}")


def with_plugin(settings: str, wanted: bool) -> str:
    """Return QGIS settings with the plugin's line set or gone, and all else as it was.

    By lines, because ``configparser`` would change the case of keys and lose duplicates.
    """
    sections = re.split(r"(?m)^(?=\[)", settings)
    mine = next((i for i, text in enumerate(sections) if text.startswith(SECTION)), None)
    if mine is None:
        return f"{settings.rstrip()}\n\n{SECTION}\n{PLUGIN}=true\n".lstrip() if wanted else settings
    kept = re.sub(rf"(?m)^{PLUGIN}=.*\n?", "", sections[mine])
    added = f"{SECTION}\n{PLUGIN}=true" if wanted else SECTION
    sections[mine] = kept.replace(SECTION, added, 1)
    return "".join(sections)


def install_packages(plugins: Path, target: Path) -> None:
    """Install what QGIS's Python lacks into ``target``, as 'Check and set up' does."""
    sys.path.insert(0, str(plugins))  # by the link that was just made
    from landslip.engine.common.dependencies import REQUIREMENTS, Requirement
    from landslip.engine.common.errors import LandslipError
    from landslip.engine.setup.host import Host, interpreter
    from landslip.engine.setup.install import InstallRequest, install

    def run(command: Sequence[str], shown: bool) -> tuple[int, str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    host = Host.running()
    modules = tuple(Requirement.of(text).module for text in REQUIREMENTS)
    try:
        python = interpreter(host, run)
        request = InstallRequest(host, python, target, REQUIREMENTS, modules)
        installed = install(request, run)
    except LandslipError as err:
        sys.exit(str(err))
    print(f"Installed into {target}: {', '.join(installed) or 'nothing, all is there'}")


if __name__ == "__main__":
    main()
