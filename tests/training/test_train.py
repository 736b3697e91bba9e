import dataclasses

import numpy as np
import pytest
import torch

from landslip.engine.common.errors import ParameterError
from landslip.training import fit as training
from landslip.training.calibration import best_threshold, calibrate, logit, sigmoid
from landslip.training.config import Config
from landslip.training.data import Block
from landslip.training.fit import Step, learning_rate
from landslip.training.run_folder import load_checkpoint, save_checkpoint
from landslip.training.train import train


@pytest.fixture
def tiny():
    return Config(
        options={"width": 4, "depth": 2, "dropout": 0.1},
        epochs=2,
        batch=3,
        validation=Block(1, 4, 4),
        test=Block(1, 6, 6),
        guard=1,
        seed=3,
    )


def test_resumed_run_equals_uninterrupted_run(tiny, synthetic_folder, tmp_path):
    train(tiny, synthetic_folder, tmp_path / "whole")
    train(dataclasses.replace(tiny, epochs=1), synthetic_folder, tmp_path / "parts")
    train(tiny, synthetic_folder, tmp_path / "parts")
    whole, parts = (load_checkpoint(tmp_path / name / "last.pt") for name in ("whole", "parts"))
    for part in ("model", "average"):
        assert whole[part].keys() == parts[part].keys()
        assert all(torch.equal(whole[part][key], parts[part][key]) for key in whole[part])
    assert [row["loss"] for row in whole["rows"]] == [row["loss"] for row in parts["rows"]]
    assert (tmp_path / "whole" / "log.csv").read_text().count("\n") == 3
    assert not list(tmp_path.rglob("*.part"))


def test_folder_of_another_recipe_is_refused(tiny, synthetic_folder, tmp_path):
    train(dataclasses.replace(tiny, epochs=1), synthetic_folder, tmp_path / "run")
    with pytest.raises(ParameterError, match="another recipe"):
        train(dataclasses.replace(tiny, batch=2), synthetic_folder, tmp_path / "run")


def test_nan_loss_ends_with_a_sentence_and_keeps_the_last_checkpoint(
    tiny, synthetic_folder, tmp_path, monkeypatch
):
    folder = tmp_path / "run"
    train(dataclasses.replace(tiny, epochs=1), synthetic_folder, folder)
    before = (folder / "last.pt").read_bytes()
    monkeypatch.setattr(
        training, "build_loss", lambda weights: lambda logits, target: logits.sum() * float("nan")
    )
    with pytest.raises(ParameterError, match=r"no longer a number.*epoch 1 is kept.*learning_rate"):
        train(tiny, synthetic_folder, folder)
    assert (folder / "last.pt").read_bytes() == before


def test_a_failed_write_leaves_the_former_checkpoint(tmp_path):
    path = tmp_path / "last.pt"
    save_checkpoint({"epoch": 1}, path)
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        save_checkpoint({"epoch": (i for i in range(3))}, path)  # a generator cannot be stored
    assert load_checkpoint(path) == {"epoch": 1}


def test_checkpoint_with_code_is_refused(tmp_path):
    torch.save({"model": torch.nn.Linear(1, 1)}, tmp_path / "evil.pt")
    with pytest.raises(Exception, match="weights_only"):
        load_checkpoint(tmp_path / "evil.pt")


def test_schedules():
    exponential = Config(learning_rate=1e-3, schedule="exponential", decay=0.95)
    assert learning_rate(exponential, 0, 10) == pytest.approx(1e-3)
    assert learning_rate(exponential, 25, 10) == pytest.approx(1e-3 * 0.95**2)
    cycle = Config(learning_rate=1e-3, schedule="onecycle", epochs=10)
    rates = [learning_rate(cycle, step, 10) for step in range(100)]
    assert rates[0] == pytest.approx(5e-5)
    assert max(rates) == rates[10] == pytest.approx(1e-3)
    assert 0 < rates[-1] < 1e-6
    assert rates[10:] == sorted(rates[10:], reverse=True)
    with pytest.raises(ParameterError, match="Unknown schedule"):
        learning_rate(Config(schedule="steps"), 0, 10)


def test_average_moves_by_its_share():
    average, model = torch.nn.BatchNorm2d(1), torch.nn.BatchNorm2d(1)
    model.weight.data.fill_(3.0)
    model.running_mean.fill_(10.0)
    model.num_batches_tracked.fill_(5)
    step = Step(Config(), model, average, torch.device("cpu"))
    step.set_rates(rate=0.0, keep=0.9)
    step.move_average()
    assert average.weight.item() == pytest.approx(1.2)
    assert average.running_mean.item() == pytest.approx(1.0)
    assert average.num_batches_tracked.item() == 5


def test_a_resumed_optimiser_gets_its_learning_rate():
    """On a graphics card it is a tensor, and loading a state puts another one in its place."""
    model, average = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    step = Step(Config(), model, average, torch.device("cpu"))
    group = step.optimiser.param_groups[0]
    group["lr"] = torch.tensor(0.5)
    step.set_rates(rate=0.25, keep=0.9)
    assert float(group["lr"]) == 0.25


def test_best_threshold_separates():
    probability = np.array([0.1, 0.3, 0.42, 0.6, 0.7])
    threshold, score = best_threshold(probability, np.array([0, 0, 0, 1, 1], bool))
    assert 0.42 < threshold <= 0.6
    assert score.f1 == 1


def test_calibration_finds_a_known_distortion():
    """Honest logits stretched by 2 and shifted by 1 come back with slope 1/2 and offset -1/2."""
    rng = np.random.default_rng(0)
    honest = rng.normal(-2, 2, 200_000)
    truth = rng.random(honest.size) < sigmoid(honest)
    slope, offset = calibrate(sigmoid(2 * honest + 1), truth)
    assert slope == pytest.approx(0.5, abs=0.01)
    assert offset == pytest.approx(-0.5, abs=0.02)
    calibrated = sigmoid(slope * logit(sigmoid(2 * honest + 1)) + offset)
    sure = (calibrated > 0.55) & (calibrated < 0.65)
    assert truth[sure].mean() == pytest.approx(0.6, abs=0.02)


def test_calibration_of_a_perfect_separation_stays_finite():
    probability = np.linspace(0, 1, 101, dtype=np.float32)
    slope, offset = calibrate(probability, probability > 0.5)
    assert np.isfinite([slope, offset]).all()
    assert slope > 1


def test_early_checkpoints_do_not_compete(tiny, synthetic_folder, tmp_path):
    config = dataclasses.replace(tiny, epochs=3, settle=0.67)
    train(config, synthetic_folder, tmp_path / "run")
    assert load_checkpoint(tmp_path / "run" / "best.pt")["epoch"] == 3


def test_a_recipe_that_others_teach_is_for_the_judge(tiny, synthetic_folder, tmp_path):
    taught = dataclasses.replace(tiny, teachers="light, 16 epochs")
    with pytest.raises(ParameterError, match="Train it with crossvalidate or gpu_run"):
        train(taught, synthetic_folder, tmp_path / "run")
