"""Packages that are there, but cannot find what belongs to them."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from landslip.engine import dependencies
from landslip.engine.dependencies import require
from landslip.engine.errors import DependencyError

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = Path("/usr/bin/python3")
PROBE = f"""
import importlib.util, sys, warnings
warnings.simplefilter("error")
spec = importlib.util.spec_from_file_location(
    "landslip", {str(ROOT / "__init__.py")!r}, submodule_search_locations=[{str(ROOT)!r}]
)
sys.modules["landslip"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["landslip"])
from landslip.engine.dependencies import require
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
