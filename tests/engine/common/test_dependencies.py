"""Packages that are there, but cannot find what belongs to them."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from landslip.engine.common import dependencies
from landslip.engine.common.dependencies import require
from landslip.engine.common.errors import DependencyError

ROOT = Path(__file__).resolve().parents[3]
SYSTEM = Path("/usr/bin/python3")
PROBE = f"""
import importlib.util, sys, warnings
warnings.simplefilter("error")
spec = importlib.util.spec_from_file_location(
    "landslip", {str(ROOT / "__init__.py")!r}, submodule_search_locations=[{str(ROOT)!r}]
)
sys.modules["landslip"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["landslip"])
from landslip.engine.common.dependencies import require
pyproj = require("pyproj")
print(pyproj.Geod(ellps="WGS84").inv(0, 0, 0, 1)[2], pyproj.CRS("EPSG:32654").is_projected)
"""


def test_the_systems_pyproj_finds_its_data_from_a_virtual_environment(tmp_path):
    """Debian's pyproj, seen from an environment, looks below the environment's prefix."""
    there = (
        SYSTEM.is_file()
        and not subprocess.run(
            [SYSTEM, "-c", "import pyproj, ensurepip"], capture_output=True, check=False
        ).returncode
    )
    if not there:
        pytest.skip("no system Python with pyproj and venv")
    options = ["--system-site-packages", "--without-pip"]
    subprocess.run([SYSTEM, "-m", "venv", *options, tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    found = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    metres, projected = found.stdout.split()
    assert 110_500 < float(metres) < 110_650
    assert projected == "True"


def test_data_that_are_nowhere_are_a_sentence(monkeypatch, tmp_path):
    class DataDirError(Exception):
        pass

    def missing():
        raise DataDirError

    fake = SimpleNamespace(
        __file__=str(tmp_path / "pyproj" / "__init__.py"),
        exceptions=SimpleNamespace(DataDirError=DataDirError),
    )
    monkeypatch.setitem(sys.modules, "pyproj.datadir", SimpleNamespace(get_data_dir=missing))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    with pytest.raises(DependencyError, match=r"pyproj.*proj\.db"):
        dependencies._give_proj_its_data(fake)


def test_a_module_that_is_not_there_is_a_sentence():
    with pytest.raises(DependencyError, match="no_such_module"):
        require("no_such_module")


def test_a_folder_without_code_is_a_sentence(monkeypatch, tmp_path):
    """What an interrupted installation leaves is to Python a package with nothing in it."""
    (tmp_path / "slip_half").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    for _ in range(2):
        with pytest.raises(DependencyError, match="incomplete"):
            require("slip_half")
    (tmp_path / "slip_half/__init__.py").touch()
    importlib.invalidate_caches()
    assert require("slip_half").__name__ == "slip_half"


@pytest.mark.parametrize(
    "error",
    ["ValueError('numpy.dtype size changed')", "OSError('libx.so')", "NameError", "SystemExit(1)"],
)
def test_a_package_that_does_not_load_is_a_sentence(monkeypatch, tmp_path, error):
    (tmp_path / "slip_bad.py").write_text(f"raise {error}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DependencyError, match=r"slip_bad.*landslip:setup"):
        require("slip_bad")


def test_an_old_package_that_another_plugin_loaded_is_named(monkeypatch):
    old = ModuleType("scipy")
    old.__version__, old.__file__ = "1.2.0", "/plugins/another/scipy/__init__.py"
    monkeypatch.setitem(sys.modules, "scipy", old)
    monkeypatch.setattr(dependencies, "_accepted", set())
    with pytest.raises(DependencyError, match=r"1\.2\.0.*/plugins/another/scipy.*1\.8 or newer"):
        require("scipy")


def test_the_needs_are_those_of_the_package():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"(?ms)^dependencies = \[$(.*?)^\]", text)[1]
    assert tuple(re.findall(r'(?m)^\s*"([^"]+)"', block)) == dependencies.REQUIREMENTS
