"""Self-training and pre-training, as the Toolbox and the command line run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")
pytest.importorskip("onnx")
pytest.importorskip("torch", reason="needs PyTorch")

import torch
from qgis.core import QgsProcessingException

from landslip.algorithms import pretrain_encoder, self_train
from landslip.cli.__main__ import main
from landslip.engine.common.errors import PyTorchError
from landslip.engine.models.runtime import Model
from landslip.engine.models.zoo import model_path
from landslip.sample.scene import SceneRequest, make_scene, write_scene
from landslip.tests.support import card, write_outlines
from landslip.training.export import export
from landslip.training.models import build_model

BANDS = ("B04", "B03", "B02")
MODULES = {"selftrain": "self_train", "pretrainencoder": "pretrain_encoder"}
FEW = {"STEPS": 2, "DEVICE": "cpu", "THREADS": 1}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A made scene, and its landslides as a GeoPackage."""
    import rasterio.features
    from shapely.geometry import shape

    folder = tmp_path_factory.mktemp("training")
    scene = make_scene(SceneRequest(size=512, seed=3, landslide_share=0.08))
    paths = write_scene(scene, folder)
    shapes = rasterio.features.shapes(scene.truth, scene.truth > 0, 8, scene.transform)
    outlines = [shape(each).wkt for each, _ in shapes]
    labels = write_outlines(folder / "labels.gpkg", outlines, crs=scene.crs)
    return {"INPUT": str(paths["stack"]), "LABELS": str(labels)}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A model of small patches, of which the made scene has enough for clusters."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    settings = {"bands": BANDS, "normalisation": "scene", "patch_size": 64}
    export(build_model("resunet", 3, width=8, depth=2), card(**settings), path)
    return path


def test_a_model_trains_itself(run, place, tmp_path):
    given = {"INPUT": place["INPUT"], "MODEL": "fast_rgb", "ROUNDS": 1, "SURE": 0.6, **FEW}
    found, feedback = run("landslip:selftrain", {**given, "OUTPUT": str(tmp_path / "mine.onnx")})
    assert found["WRITTEN"]
    assert any("Nobody can know" in text for text in feedback.warnings)
    assert any(text.startswith("Round 1:") for text in feedback.infos)
    detected = {"PROBABILITY": str(tmp_path / "p.tif"), "INVENTORY": "memory:"}
    detected |= {"INPUT": place["INPUT"], "MODEL": found["OUTPUT"]}
    assert run("landslip:detectlandslides", detected)[0]["COUNT"] > 0


def test_labels_judge_what_the_command_trains(place, tmp_path, capsys):
    options = {**place, "MODEL": "fast_rgb", "ROUNDS": 1, "SURE": 0.6, **FEW}
    flags = [f"--{name.lower()}={value}" for name, value in options.items()]
    target = str(tmp_path / "mine.onnx")
    assert main(["self-train", *flags, f"--output={target}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["OUTPUT"] == (target if found["WRITTEN"] else model_path("fast_rgb"))
    assert found["WRITTEN"] == (found["F1_AFTER"] >= found["F1_BEFORE"])
    assert Path(target).exists() == found["WRITTEN"]


def test_an_encoder_is_trained_by_both(run, place, tiny, tmp_path, capsys):
    settings = {"MODEL": str(tiny), "BATCH": 4, "PROTOTYPES": 4, **FEW}
    one, other = str(tmp_path / "one.onnx"), str(tmp_path / "other.onnx")
    given = {**settings, "INPUT": [place["INPUT"]], "OUTPUT": one}
    found, feedback = run("landslip:pretrainencoder", given)
    assert any("do not detect with it" in text for text in feedback.warnings)
    assert 0 <= found["USAGE"] <= 1.001
    flags = [f"--{name.lower()}={value}" for name, value in settings.items()]
    arguments = [f"--input={place['INPUT']}", *flags, f"--output={other}", "--json"]
    assert main(["pretrain-encoder", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["LOSS"] == pytest.approx(found["LOSS"])
    assert Model(one, "cpu").card.weaknesses.startswith("Its encoder was trained further")


@pytest.mark.parametrize("given", [{}, {"INPUT": []}, {"INPUT": None}])
def test_without_a_scene_there_is_nothing_to_learn_from(run, tmp_path, given):
    with pytest.raises(QgsProcessingException, match="No scene was given"):
        run("landslip:pretrainencoder", {**given, "OUTPUT": str(tmp_path / "mine.onnx")})


@pytest.mark.parametrize("name", ["selftrain", "pretrainencoder"])
def test_a_full_disk_is_a_sentence(run, place, tmp_path, monkeypatch, name):
    def full(*_given, **_named):
        raise OSError(28, "No space left on device", "state.json")

    monkeypatch.setattr(f"landslip.training.{MODULES[name]}.open_scene", full)
    given = {"INPUT": place["INPUT"], "OUTPUT": str(tmp_path / "mine.onnx")}
    with pytest.raises(QgsProcessingException, match=r"state\.json cannot be read or written"):
        run(f"landslip:{name}", given)


@pytest.mark.parametrize("name", ["selftrain", "pretrainencoder"])
def test_without_pytorch_a_sentence_says_where_it_is(run, place, tmp_path, monkeypatch, name):
    def missing():
        raise PyTorchError("No module named 'torch'")

    for module in (self_train, pretrain_encoder):
        monkeypatch.setattr(module, "require_pytorch", missing)
    given = {"INPUT": place["INPUT"], "OUTPUT": str(tmp_path / "mine.onnx")}
    with pytest.raises(QgsProcessingException, match="needs PyTorch"):
        run(f"landslip:{name}", given)
    assert not (tmp_path / "mine.onnx").exists()
