"""The models of QGIS's designer that come along are in the Toolbox, and run as algorithms do."""

from __future__ import annotations

import importlib.util

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.algorithms.shipped_models import MODELS  # noqa: E402
from landslip.tests.conftest import ROOT  # noqa: E402


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.NAME)
def test_its_steps_and_outputs_are_known(registry, model):
    listed = registry.algorithmById(f"landslip:{model.NAME}")
    made = registry.createAlgorithmById(f"landslip:{model.NAME}")
    for each in (listed, made):
        assert each.canExecute() == (True, "")
        assert all(step.algorithm() for step in each.childAlgorithms().values())
        valid, problems = each.validate()
        assert valid, problems
    destinations = [p.name() for p in listed.destinationParameterDefinitions()]
    assert destinations == [p.name() for p in made.destinationParameterDefinitions()]
    assert len(destinations) >= 3


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.NAME)
def test_scripts_have_a_name_that_stays_and_people_a_title(registry, model):
    listed = registry.algorithmById(f"landslip:{model.NAME}")
    assert listed.name().isalnum()
    assert " " in listed.displayName()
    assert listed.shortDescription()
    assert "Landslip" not in listed.group()


def test_it_is_there_once_when_the_toolbox_is_read_anew(registry):
    provider = registry.providerById("landslip")
    before = sorted(each.id() for each in provider.algorithms())
    provider.refreshAlgorithms()
    after = sorted(each.id() for each in provider.algorithms())
    assert after == before
    assert len(set(after)) == len(after)


@pytest.mark.parametrize("name", ["make_loop_model", "make_event_model"])
def test_the_files_are_what_their_tools_make(registry, monkeypatch, name):
    tool = ROOT / "tools" / f"{name}.py"
    monkeypatch.syspath_prepend(str(tool.parent))
    spec = importlib.util.spec_from_file_location(name, tool)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kept = qgis_core.QgsProcessingModelAlgorithm()
    assert kept.fromFile(str(module.TARGET))
    assert kept.asPythonCode(qgis_core.QgsProcessing.PythonQgsProcessingAlgorithmSubclass, 4) == (
        module.made().asPythonCode(qgis_core.QgsProcessing.PythonQgsProcessingAlgorithmSubclass, 4)
    )


def test_a_dialog_of_it_has_the_list_of_models(plugin, registry):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    dialog = AlgorithmDialog(registry.createAlgorithmById("landslip:detectadaptdetect"))
    wrapper = dialog.mainWidget().wrappers["model"]
    assert wrapper.value() == "auto"
    assert wrapper._list.findText("fast_rgb") > 0
