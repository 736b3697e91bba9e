"""The interpreter that belongs to a QGIS, on systems that are not this one."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from landslip.engine.common.errors import SetUpError
from landslip.engine.setup import host as host_module
from landslip.engine.setup.host import Host, interpreter, refusal

ANSWER = json.dumps([3, 12, "1.26.4"])


def made_host(platform, root, executable, prefix, **environment):
    paths = (str(root / executable), str(root / prefix), str(root / prefix))
    return Host(platform, *paths, environment, (3, 12), "1.26.4")


def program(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return str(path)


def answers(**by_path):
    """Runs nothing; says what interpreters at some paths would say."""

    def run(command, shown):
        said = by_path.get(command[0])
        return (0, f"a warning\n{said}\n") if said else (1, "Traceback")

    return run


LAYOUTS = {
    "OSGeo4W": (
        "win32",
        "bin/qgis-bin.exe",
        "apps/Python312",
        "apps/Python312/python.exe",
        {"OSGEO4W_ROOT": "C:\\OSGeo4W"},
    ),
    "Windows": ("win32", "bin/qgis-bin.exe", "apps/Python312", "apps/Python312/python3.exe", {}),
    "macOS": (
        "darwin",
        "QGIS.app/Contents/MacOS/QGIS",
        "QGIS.app/Contents/Frameworks",
        "QGIS.app/Contents/MacOS/bin/python3",
        {},
    ),
    "Linux": ("linux", "usr/bin/qgis", "usr", "usr/bin/python3", {}),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_layouts_of_systems(tmp_path, kind):
    platform, executable, prefix, place, environment = LAYOUTS[kind]
    root = tmp_path / "Größe 'a b'"
    program(root / executable)
    wanted = program(root / place)
    host = made_host(platform, root, executable, prefix, **environment)
    assert host.kind == kind
    assert interpreter(host, answers(**{wanted: ANSWER})) == wanted


def test_qgis_itself_is_never_started_as_python(tmp_path):
    program(tmp_path / "bin/qgis-bin.exe")
    python = program(tmp_path / "apps/Python312/python.exe")
    host = made_host("win32", tmp_path, "bin/qgis-bin.exe", "apps/Python312")
    asked = []

    def run(command, shown):
        asked.append(command[0])
        return 0, ANSWER

    assert interpreter(host, run) == python
    assert asked == [python]


def test_another_version_is_passed_over(tmp_path):
    first = program(tmp_path / "usr/bin/python3")
    own = program(tmp_path / "opt/bin/python3")
    host = replace(
        made_host("linux", tmp_path, "usr/bin/qgis", "usr"), base_prefix=str(tmp_path / "opt")
    )
    other = json.dumps([3, 9, "1.26.4"])
    assert interpreter(host, answers(**{first: other, own: ANSWER})) == own
    other_numpy = json.dumps([3, 12, "2.1.0"])
    with pytest.raises(SetUpError, match=r"Python 3\.12 and numpy 1\.26\.4"):
        interpreter(host, answers(**{first: other_numpy, own: "no JSON"}))


def test_no_interpreter_is_a_sentence(tmp_path):
    host = made_host("win32", tmp_path, "bin/qgis-bin.exe", "apps/Python312")
    with pytest.raises(SetUpError, match="looked at none"):
        interpreter(host, answers())


def test_the_interpreter_that_runs_this_is_found():
    def run(command, shown):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    found = interpreter(Host.running(), run)
    code = "import sys; print(sys.version_info[:2])"
    said = subprocess.run([found, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(sys.version_info[:2])


def test_flatpak_and_snap_refuse_with_what_to_do(monkeypatch, tmp_path):
    flatpak = made_host("linux", tmp_path, "app/bin/qgis", "app", FLATPAK_ID="org.qgis.qgis")
    assert "flatpak run" in refusal(flatpak, ["scipy", "rasterio"])
    assert "scipy rasterio" in refusal(flatpak, ["scipy", "rasterio"])
    snap = made_host("linux", tmp_path, "snap/bin/qgis", "snap", SNAP_NAME="qgis")
    assert "Snap" in refusal(snap, ["scipy"])
    plain = made_host("linux", tmp_path, "usr/bin/qgis", "usr", SNAP_NAME="firefox")
    monkeypatch.setattr(host_module, "_FLATPAK_INFO", tmp_path / "none")
    assert refusal(plain, ["scipy"]) == ""
    assert os.sep in host_module.Host.running().prefix
