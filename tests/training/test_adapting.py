"""The engine's material trained, and what was trained taken over by the next run."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from landslip.engine.adaptation.graph import Graph
from landslip.engine.adaptation.material import Material
from landslip.engine.common.errors import OutputError
from landslip.engine.models.zoo import model_path
from landslip.training import adapting, run_folder


@pytest.fixture
def material(rng):
    labels = np.zeros((2, 64, 64), np.uint8)
    labels[:, 20:40, 20:40] = 1
    labels[:, :, :8] = 255
    patches = rng.normal(900, 100, (2, 3, 64, 64)) + 600 * (labels[:, None] == 1)
    return Material(
        model_path("fast_rgb"),
        patches.astype(np.float32),
        labels,
        np.full(3, 900, np.float32),
        np.full(3, 300, np.float32),
        np.zeros((2, 64, 64), np.uint8),
    )


def short(monkeypatch):
    """Trainings of few steps; counts them."""
    ran = []
    fine_tune = adapting.fine_tune

    def run(request, progress, cancelled):
        ran.append(request)
        few = {**request.__dict__, "steps": 2, "batch": 2}
        return fine_tune(type(request)(**few), progress, cancelled)

    monkeypatch.setattr(adapting, "fine_tune", run)
    return ran


def test_what_was_trained_is_taken_over(material, tmp_path, monkeypatch):
    ran = short(monkeypatch)
    train = adapting.trainer("decoder", tmp_path / "t", threads=1)
    told = []
    first = train(material, lambda share, text: None, lambda: False)
    again = train(material, lambda share, text: told.append(text), lambda: False)
    assert first == again
    assert len(ran) == 1
    assert told == ["Trained before the last run ended."]
    (tmp_path / "x.onnx").write_bytes(first)
    assert Graph(str(tmp_path / "x.onnx")).ending.maps


@pytest.mark.parametrize("change", ["labels", "method", "seed"])
def test_another_training_is_another(material, tmp_path, monkeypatch, change):
    ran = short(monkeypatch)
    adapting.trainer("decoder", tmp_path, 1)(material, lambda s, t: None, lambda: False)
    other = material.without(np.array([7])) if change != "labels" else material
    if change == "labels":
        other.labels[0, 10, 10] = 1
    method = "full" if change == "method" else "decoder"
    seed = 1 if change == "seed" else 0
    adapting.trainer(method, tmp_path, 1, seed)(other, lambda s, t: None, lambda: False)
    assert len(ran) == 2


def test_what_is_no_model_is_not_taken_over(material, tmp_path, monkeypatch):
    ran = short(monkeypatch)
    train = adapting.trainer("decoder", tmp_path, threads=1)
    train(material, lambda share, text: None, lambda: False)
    (done,) = tmp_path.glob("*.onnx")
    done.write_bytes(b"cut off")
    assert len(train(material, lambda share, text: None, lambda: False)) > 1000
    assert len(ran) == 2


def test_another_run_that_ends_first_takes_no_folder_away(material, tmp_path, monkeypatch):
    short(monkeypatch)
    folder = tmp_path / "t"

    def other_run_ends(share, text):
        shutil.rmtree(folder, ignore_errors=True)

    train = adapting.trainer("decoder", folder, threads=1)
    assert train(material, other_run_ends, lambda: False)


def test_a_full_disk_is_a_sentence_and_keeps_the_former_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run" / "last.pt"
    run_folder.save_checkpoint({"step": 1}, path)

    def full(state, part):
        Path(part).write_bytes(b"half")
        raise RuntimeError("unexpected pos 64 vs 0")

    monkeypatch.setattr(run_folder.torch, "save", full)
    with pytest.raises(OutputError, match="Check that the disk has room"):
        run_folder.save_checkpoint({"step": 2}, path)
    assert run_folder.load_checkpoint(path) == {"step": 1}
    assert [each.name for each in path.parent.iterdir()] == ["last.pt"]
