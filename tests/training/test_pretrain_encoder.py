"""SwAV from a model's encoder: what learns, what stays, and what a stopped run leaves."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from landslip.engine.common.errors import Cancelled, ParameterError
from landslip.engine.models.one_place import work_folder_of
from landslip.engine.models.runtime import Model
from landslip.training.onnx_network import OnnxNetwork
from landslip.training.pretrain_encoder import Encoder, EncoderRequest, pretrain_encoder
from landslip.training.views import Views

from .test_fine_tune import model  # noqa: F401
from .test_self_train import one_thread, scene  # noqa: F401

SMALL = Views(global_size=32, small_size=32, small_count=1)


@pytest.fixture
def request_of(model, scene, tmp_path):  # noqa: F811
    def make(**changes):
        settings = {"stacks": (scene[0],), "output": str(tmp_path / "encoder.onnx"), "steps": 6}
        settings |= {"batch": 8, "prototypes": 4, "device": "cpu", "threads": 1, "views": SMALL}
        return EncoderRequest(model=str(model), **{**settings, **changes})

    return make


def weights(path):
    graph = onnx.load(path).graph
    return {t.name: numpy_helper.to_array(t) for t in graph.initializer}


def test_the_encoder_learns_and_the_decoder_stays(request_of):
    request = request_of()
    said = []
    found = pretrain_encoder(request, lambda share, text: said.append((share, text)))
    old, new = weights(request.model), weights(request.output)
    moved = {name for name in old if not np.array_equal(old[name], new[name])}
    network = OnnxNetwork(Path(request.model))
    assert moved
    assert not moved & network.decoder
    assert found.patches == 36
    assert 0 < found.loss < 2 * np.log(request.prototypes)
    assert 0 <= found.usage <= 1.001
    card = Model(request.output, "cpu").card
    assert "by SwAV from 36 patches of stack.tif" in card.adapted
    assert "METHOD=decoder" in card.weaknesses
    assert "METHOD=decoder" in found.sentence()
    assert said[-1][0] == 1.0
    assert not work_folder_of(request.output).exists()


def test_the_graph_sees_a_view_as_detection_shows_it_to_it(request_of):
    """Views are normalised for the jitter, and the graph normalises by itself."""
    network = OnnxNetwork(Path(request_of().model))
    mean, std = torch.tensor([800.0, 700, 600]), torch.tensor([200.0, 150, 100])
    stack = 700 + 100 * torch.randn(2, 3, 64, 64)
    encoder = Encoder(network)
    encoder.scaling = (mean, std)
    views = (stack - mean[:, None, None]) / std[:, None, None]
    with torch.inference_mode():
        torch.testing.assert_close(
            encoder(views)[-1], network.deepest(stack, mean, std), rtol=1e-3, atol=1e-4
        )


def test_a_stopped_run_goes_on_and_ends_the_same(request_of, tmp_path):
    whole = request_of(output=str(tmp_path / "whole.onnx"))
    pretrain_encoder(whole)
    request = request_of()
    seen = []

    def stop():
        return sum(share > 0.05 for share, _ in seen) >= 3

    with pytest.raises(Cancelled, match="Stopped after 3 of 6 steps"):
        pretrain_encoder(request, lambda share, text: seen.append((share, text)), stop)
    again = []
    pretrain_encoder(request, lambda _, text: again.append(text))
    assert any("resumed after 3 of 6" in text for text in again)
    old, new = weights(whole.output), weights(request.output)
    assert all(np.array_equal(old[name], new[name]) for name in old)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stacks": ()}, "No scene was given"),
        ({"steps": 0}, "0 steps"),
        ({"batch": 64}, "36 patches of 64 pixels with data; expected 64 or more"),
        ({"output": "encoder.pt"}, "ends in .onnx"),
    ],
)
def test_what_makes_no_sense_is_refused(request_of, change, message):
    with pytest.raises(ParameterError, match=message):
        pretrain_encoder(request_of(**change))
