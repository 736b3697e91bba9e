"""Manage models, and a model of one's own in the list of Detect landslides."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from qgis.core import QgsApplication, QgsProcessingException

from landslip.cli.__main__ import main
from landslip.engine.models import zoo
from landslip.tests.support import card, write_model

NAME = "landslip:managemodels"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(folder))
    return folder


def test_the_folder_is_in_the_profile(plugin, monkeypatch):
    monkeypatch.delenv(zoo.FOLDER_VARIABLE, raising=False)
    assert str(zoo.own_folder()).startswith(QgsApplication.qgisSettingsDirPath().rstrip("/"))


def test_an_added_model_runs_by_its_name(run, folder, model_path, stack_path, tmp_path):
    found, _ = run(NAME, {"ACTION": "add", "FILE": model_path, "NAME": "mine"})
    assert found["MODELS"].endswith("fast_rgb, mine")
    assert found["FOLDER"] == str(folder)
    given = {"INPUT": stack_path, "MODEL": "mine", "INVENTORY": "memory:"}
    given["PROBABILITY"] = str(tmp_path / "p.tif")
    run("landslip:detectlandslides", given)
    found, feedback = run(NAME, {"ACTION": 0})
    assert any(line.startswith("mine (your own; B04") for line in feedback.infos)


def test_the_dialog_lists_it(run, folder, model_path):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    run(NAME, {"ACTION": "add", "FILE": model_path, "NAME": "mine"})
    registry = QgsApplication.processingRegistry()
    dialog = AlgorithmDialog(registry.createAlgorithmById("landslip:detectlandslides"))
    shown = dialog.mainWidget().wrappers["MODEL"]._list
    texts = [shown.itemText(i) for i in range(shown.count())]
    assert texts == ["auto", *zoo.shipped_models(), "mine"]


def test_an_open_dialog_lists_what_came_since_and_says_what_it_is(run, folder, tmp_path):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    folder.mkdir()
    (folder / "broken.onnx").write_bytes(b"x")
    registry = QgsApplication.processingRegistry()
    dialog = AlgorithmDialog(registry.createAlgorithmById("landslip:detectlandslides"))
    wrapper = dialog.mainWidget().wrappers["MODEL"]
    assert "broken: cannot be used" in wrapper._about.text()
    wrapper.setValue("typed")
    about = card(name="mine", adapted="fast_rgb, from 40 landslides. F1 0.58 before, 0.66 after.")
    write_model(folder / "mine.onnx", about)
    wrapper._list.showPopup()
    texts = [wrapper._list.itemText(i) for i in range(wrapper._list.count())]
    assert texts == ["auto", *zoo.shipped_models(), "mine"]
    assert wrapper.value() == "typed"
    wrapper.setValue("mine")
    assert wrapper._about.text().startswith("B04, B03, B02. A model for tests.")
    assert "F1 0.58 before, 0.66 after" in wrapper._about.text()


def test_what_a_model_was_adapted_with_is_in_the_raster_and_the_report(run, folder, stack_path):
    from landslip.engine.models.probability import open_probability

    folder.mkdir()
    write_model(folder / "mine.onnx", card(adapted="fast_rgb, from 40 landslides."))
    probability = str(folder.parent / "p.tif")
    given = {"INPUT": stack_path, "MODEL": "mine", "PROBABILITY": probability}
    inventory = str(folder.parent / "i.gpkg")
    run("landslip:detectlandslides", {**given, "INVENTORY": inventory})
    assert open_probability(probability).provenance.adapted == "fast_rgb, from 40 landslides."
    report = {"INPUT": inventory, "PROBABILITY": probability, "EVENT_NAME": "e"}
    found, _ = run("landslip:eventreports", {**report, "OUTPUT_FOLDER": str(folder.parent / "out")})
    with open(found["HTML"], encoding="utf-8") as file:
        assert "fast_rgb, from 40 landslides." in file.read()


def test_a_shipped_model_cannot_be_deleted(run, folder):
    with pytest.raises(QgsProcessingException, match="comes with Landslip"):
        run(NAME, {"ACTION": "delete", "MODEL": "effnet_rgb"})


def test_the_command_does_the_same(folder, model_path, tmp_path, capsys):
    options = [["--action=add", f"--file={model_path}", "--name=mine"]]
    options += [["--action=rename", "--model=mine", "--name=ours"]]
    options += [["--action=share", "--model=ours", f"--output={tmp_path / 'ours.onnx'}"]]
    options += [["--action=delete", "--model=ours"]]
    for given in options:
        capsys.readouterr()
        assert main(["models", *given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["MODELS"].endswith("fast_rgb")
    assert (tmp_path / "ours.onnx").is_file()
