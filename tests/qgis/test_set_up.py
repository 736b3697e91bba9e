"""'Check and set up' in a QGIS that has all, and in one that has not."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

qgis_core = pytest.importorskip("qgis.core")

from landslip.algorithms import set_up  # noqa: E402
from landslip.engine.common import dependencies  # noqa: E402
from landslip.engine.common.errors import Cancelled, SetUpError  # noqa: E402
from landslip.engine.models import runtime  # noqa: E402
from landslip.engine.setup import machine  # noqa: E402
from landslip.engine.setup.host import Host  # noqa: E402
from landslip.tests.qgis.support import Feedback  # noqa: E402

NAME = "landslip:setup"


@pytest.fixture(autouse=True)
def profile(monkeypatch, tmp_path, qgis):
    """A profile that is not this test run's own."""
    folder = tmp_path / "profile" / "python"
    monkeypatch.setattr(set_up, "profile_packages", lambda: folder)
    return folder


@pytest.fixture
def without(monkeypatch):
    def without(module):
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.setattr(dependencies, "_accepted", set())

    return without


def test_a_qgis_that_has_all_is_ready(run, tmp_path, profile):
    results, feedback = run(NAME, {"OUTPUT": str(tmp_path / "report.html")})
    assert results["READY"]
    assert not results["MISSING"]
    assert "cpu" in results["DEVICES"]
    page = Path(results["OUTPUT"]).read_text(encoding="utf-8")
    assert "Landslip is ready." in page
    for name in ("numpy", "onnxruntime", "rasterio", "scipy", "QGIS", "free of"):
        assert name in page
    assert any("patches/s" in line for line in feedback.infos)
    assert not profile.exists()


def test_what_is_missing_is_named(run, tmp_path, without):
    without("onnxruntime")
    results, feedback = run(NAME, {"OUTPUT": str(tmp_path / "report.html")})
    assert not results["READY"]
    assert results["MISSING"] == "onnxruntime"
    assert results["DEVICES"] == ""
    page = Path(results["OUTPUT"]).read_text(encoding="utf-8")
    assert "Landslip cannot work yet" in page
    assert "ticked" in page
    assert feedback.warnings


def test_every_missing_package_leads_here(run, tmp_path, without):
    files = {name: str(tmp_path / f"{name}.tif") for name in ("STACK", "DEM", "TRUTH")}
    sample = run("landslip:samplescene", {"SIZE": 128, **files})[0]["STACK"]
    without("onnxruntime")
    with pytest.raises(qgis_core.QgsProcessingException, match="landslip:setup"):
        run(
            "landslip:detectlandslides",
            {"INPUT": sample, "PROBABILITY": "TEMPORARY_OUTPUT", "INVENTORY": "memory:"},
        )


def test_nothing_missing_installs_nothing(run, tmp_path, profile):
    results, feedback = run(NAME, {"OUTPUT": str(tmp_path / "report.html"), "INSTALL": True})
    assert results["READY"]
    assert any("Nothing was missing" in line for line in feedback.infos)
    assert not profile.exists()


def test_a_folder_without_wheels_is_a_sentence(run, tmp_path, without):
    without("onnxruntime")
    parameters = {
        "OUTPUT": str(tmp_path / "report.html"),
        "INSTALL": True,
        "PACKAGES_FOLDER": str(tmp_path),
    }
    with pytest.raises(qgis_core.QgsProcessingException, match="There are no wheels"):
        run(NAME, parameters)
    assert not (tmp_path / "report.html").exists()


def test_a_flatpak_refuses(run, tmp_path, without, monkeypatch):
    without("onnxruntime")
    monkeypatch.setenv("FLATPAK_ID", "org.qgis.qgis")
    parameters = {"OUTPUT": str(tmp_path / "report.html"), "INSTALL": True}
    with pytest.raises(qgis_core.QgsProcessingException, match="Flatpak"):
        run(NAME, parameters)
    results, _ = run(NAME, {**parameters, "INSTALL": False})
    assert "flatpak run" in Path(results["OUTPUT"]).read_text(encoding="utf-8")


def test_commands_run_through_qgis(qgis, tmp_path):
    feedback = Feedback()
    code = "import sys; print('one', sys.argv[1]); sys.exit(3)"
    python = Host.running().executable
    found = set_up.run_command([python, "-c", code, "a 'b' \"c\" ü"], True, feedback)
    assert found[0] == 3
    assert found[1].strip() == "one a 'b' \"c\" ü"
    with pytest.raises(SetUpError, match="cannot be run"):
        set_up.run_command([str(tmp_path / "no program")], True, feedback)


def test_cancelling_a_command_says_so(qgis):
    feedback = Feedback()
    feedback.cancel()
    with pytest.raises(Cancelled, match="as it was"):
        set_up.run_command([Host.running().executable, "-c", "print(1)"], True, feedback)


def test_an_accelerator_needs_the_tick(run, tmp_path, profile):
    parameters = {"OUTPUT": str(tmp_path / "report.html"), "ACCELERATOR": "openvino"}
    _, feedback = run(NAME, parameters)
    assert any("tick 'Install" in line for line in feedback.infos)
    assert not profile.exists()


@pytest.mark.parametrize("accelerator", ["directml", "cuda"])
def test_an_accelerator_for_other_machines_is_refused(run, tmp_path, monkeypatch, accelerator):
    monkeypatch.setattr(machine, "suitable_accelerators", lambda host: ("openvino",))
    parameters = {"OUTPUT": str(tmp_path / "r.html"), "INSTALL": True, "ACCELERATOR": accelerator}
    with pytest.raises(qgis_core.QgsProcessingException, match="Suitable here: openvino"):
        run(NAME, parameters)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ACCELERATOR": "nonsense"}, "expected one of none, cuda, directml, openvino"),
        ({"ACCELERATOR": 7}, "is 7; expected one of"),
        ({"INSTALL": "no"}, "is 'no'; expected true or false"),
        ({"OUTPUT": "report.txt"}, "does not end in .html"),
    ],
)
def test_wrong_values_are_sentences(run, tmp_path, changes, told):
    with pytest.raises(qgis_core.QgsProcessingException, match=told):
        run(NAME, {"OUTPUT": str(tmp_path / "r.html"), **changes})


def test_a_plug_in_that_cannot_be_loaded_is_a_row(run, tmp_path, monkeypatch):
    package = tmp_path / "broken" / "onnxruntime_ep_openvino"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise OSError('libopenvino.so: cannot open')\n")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delitem(sys.modules, "onnxruntime_ep_openvino", raising=False)
    monkeypatch.delitem(runtime.plugin_problems, "openvino", raising=False)
    results, _ = run(NAME, {"OUTPUT": str(tmp_path / "report.html")})
    assert "cpu" in results["DEVICES"]
    assert "libopenvino.so" in Path(results["OUTPUT"]).read_text(encoding="utf-8")
    runtime.plugin_problems.clear()


def test_an_older_package_that_comes_first_is_named_and_not_installed_again(
    run, tmp_path, monkeypatch
):
    """Another plugin has loaded it; pip sees the good one in the profile."""
    old = ModuleType("scipy")
    old.__version__, old.__file__ = "1.2.0", "/plugins/another/scipy/__init__.py"
    monkeypatch.setitem(sys.modules, "scipy", old)
    monkeypatch.setattr(dependencies, "_accepted", set())
    monkeypatch.setattr(set_up, "install", lambda request, run: [])
    parameters = {"OUTPUT": str(tmp_path / "report.html"), "INSTALL": True}
    results, feedback = run(NAME, parameters)
    assert results["MISSING"] == "scipy"
    assert any("from /plugins/another/scipy" in line for line in feedback.infos)
    assert not any("Run 'Check and set up' again" in line for line in feedback.infos)
