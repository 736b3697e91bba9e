"""Further training: what learns and what stays, what a killed run leaves, and what is refused."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from landslip.engine.common.errors import Cancelled, ParameterError
from landslip.engine.models.card import ModelCard
from landslip.engine.models.runtime import Model
from landslip.engine.stack.scene import SceneStatistics
from landslip.training.export import export
from landslip.training.fine_tune import CHECKPOINT, FineTuneRequest, fine_tune
from landslip.training.models import build_model
from landslip.training.onnx_network import OnnxNetwork

from .test_networks import CARD

BANDS = ("B04", "B03", "B02")
MEAN, STD = np.full(3, 800, np.float32), np.full(3, 200, np.float32)


def patches(count=6, side=64, seed=0):
    """Dark squares are landslides here, though nobody told the network: with labels of both."""
    rng = np.random.default_rng(seed)
    images = rng.normal(800, 60, (count, 3, side, side)).astype(np.float32)
    labels = np.zeros((count, side, side), np.uint8)
    for image, label in zip(images, labels):
        row, col = rng.integers(4, side - 28, 2)
        image[:, row : row + 24, col : col + 24] -= 350
        label[row : row + 24, col : col + 24] = 1
    return images, labels


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    card: ModelCard = replace(CARD, bands=BANDS, normalisation="scene", patch_size=64)
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    export(build_model("resunet", 3, width=8, depth=2), card, path)
    return path


@pytest.fixture
def request_of(model, tmp_path):
    images, labels = patches()

    def make(**changes):
        settings = {"steps": 40, "learning_rate": 0.01, "batch": 4, "pull": 0.0}
        settings |= {"device": "cpu", "threads": 1}
        return FineTuneRequest(model, images, labels, MEAN, STD, **{**settings, **changes})

    return make


def f1(content, folder, seed=9):
    """F1 of a file on patches that it has not seen, by the engine."""
    path = folder / "tuned.onnx"
    path.write_bytes(content)
    images, labels = patches(seed=seed)
    statistics = SceneStatistics(BANDS, tuple(MEAN), tuple(STD), (0,) * 3, (0,) * 3)
    found = Model(str(path), "cpu").run(images, statistics) >= 0.5
    right = (found & (labels == 1)).sum()
    return 2 * right / (found.sum() + (labels == 1).sum())


def weights(content):
    graph = onnx.load_from_string(content).graph
    return {t.name: numpy_helper.to_array(t) for t in graph.initializer}


@pytest.mark.parametrize("method", ["decoder", "full"])
def test_it_learns_and_trains_what_it_should(model, request_of, tmp_path, method):
    before = model.read_bytes()
    said = []
    made = fine_tune(request_of(method=method), lambda share, text: said.append((share, text)))
    assert f1(made, tmp_path) > max(0.8, f1(before, tmp_path) + 0.2)
    old, new = weights(before), weights(made)
    moved = {name for name in old if not np.array_equal(old[name], new[name])}
    network = OnnxNetwork(model)
    assert moved == (network.decoder if method == "decoder" else set(network.names))
    assert said[0][1].endswith("on cpu")
    assert said[-1][0] == 1.0
    assert any("Step 40 of 40" in text for _, text in said)


def test_unknown_pixels_teach_nothing(request_of):
    # A patch of which nothing is known is never drawn; where a half is, only that half is learnt.
    request = request_of(steps=2)
    labels = request.labels.copy()
    labels[:3] = 255
    made = fine_tune(replace(request, labels=labels))
    spoilt = request.patches.copy()
    spoilt[:3] = 5
    assert made == fine_tune(replace(request, labels=labels, patches=spoilt))
    labels[3:, :, 32:] = 255
    half = fine_tune(replace(request, labels=labels))
    labels[3:, :, 32:] = 0
    assert half != fine_tune(replace(request, labels=labels))


def test_pulled_weights_stay_nearer_to_the_start(model, request_of):
    start = weights(model.read_bytes())

    def way(content):
        new = weights(content)
        return sum(float(np.square(new[n].astype("f8") - start[n]).sum()) for n in start) ** 0.5

    free, held = (way(fine_tune(request_of(steps=15, pull=pull))) for pull in (0, 20))
    assert 0 < held < 0.8 * free


def test_a_run_that_was_stopped_goes_on_and_ends_the_same(request_of, tmp_path):
    whole = fine_tune(request_of(steps=12))
    folder = tmp_path / "run"
    asked = iter(range(100))
    with pytest.raises(Cancelled, match=r"Stopped after 7 of 12 steps.*goes on from there"):
        fine_tune(request_of(steps=12, folder=folder), cancelled=lambda: next(asked) == 7)
    said = []
    made = fine_tune(request_of(steps=12, folder=folder), lambda _, text: said.append(text))
    assert "resumed after 7 of 12 steps" in said[0]
    assert made == whole
    assert not (folder / CHECKPOINT).exists(), "a finished run leaves nothing"


@pytest.mark.parametrize("change", [{"seed": 1}, {"pull": 1.0}, {"method": "full"}])
def test_a_checkpoint_of_another_run_is_passed_over(request_of, tmp_path, change):
    asked = iter(range(100))
    with pytest.raises(Cancelled):
        fine_tune(request_of(steps=4, folder=tmp_path), cancelled=lambda: next(asked) == 2)
    made = fine_tune(request_of(steps=4, folder=tmp_path, **change))
    assert made == fine_tune(request_of(steps=4, **change))


def test_a_damaged_checkpoint_is_passed_over(request_of, tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"garbage")
    assert fine_tune(request_of(steps=2, folder=tmp_path)) == fine_tune(request_of(steps=2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "all"}, "Unknown method 'all'"),
        ({"steps": 0}, "0 steps"),
        ({"labels": np.zeros((6, 64, 64), np.uint8)}, "0 pixels of landslides"),
        ({"labels": np.zeros((5, 64, 64), np.uint8)}, r"expected \[N, C, H, W\] and \[N, H, W\]"),
        ({"patches": np.zeros((6, 2, 64, 64), np.float32)}, "reads 3 bands"),
        ({"learning_rate": 1e9}, "no longer a number"),
    ],
)
def test_what_makes_no_sense_is_refused(request_of, change, message):
    with pytest.raises(ParameterError, match=message):
        fine_tune(replace(request_of(), **change))
