"""Manage models, and a model of one's own in the list of Detect landslides."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from qgis.core import QgsApplication, QgsProcessingException

from landslip.cli.__main__ import main
from landslip.engine.models import zoo

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
    assert any(line.startswith("mine (B04") for line in feedback.infos)


def test_the_dialog_lists_it(run, folder, model_path):
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    run(NAME, {"ACTION": "add", "FILE": model_path, "NAME": "mine"})
    registry = QgsApplication.processingRegistry()
    dialog = AlgorithmDialog(registry.createAlgorithmById("landslip:detectlandslides"))
    shown = dialog.mainWidget().wrappers["MODEL"]._list
    texts = [shown.itemText(i) for i in range(shown.count())]
    assert texts == ["auto", *zoo.shipped_models(), "mine"]


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
