"""A graph in PyTorch says what ONNX Runtime says, and goes back into its file."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from landslip.engine.common.errors import ModelError
from landslip.engine.models.zoo import FOLDER, shipped_models
from landslip.training.export import export
from landslip.training.models import MODELS, build_model
from landslip.training.onnx_network import OnnxNetwork

from .test_networks import CARD, SMALL

SHAPES = ((2, 77, 53), (1, 131, 9))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def answers(path, network):
    """What both say of a few images of odd sizes."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for count, height, width in SHAPES:
        stack = rng.normal(900, 300, (count, network.bands, height, width)).astype(np.float32)
        feed = {"stack": stack}
        if "mean" in network.inputs:
            feed["mean"] = rng.uniform(700, 1000, network.bands).astype(np.float32)
            feed["std"] = rng.uniform(200, 400, network.bands).astype(np.float32)
        with torch.inference_mode():
            values = [torch.from_numpy(value) for value in feed.values()]
            ours, logits = network(*values), network.logits(*values)
        theirs = session.run(["probability"], feed)[0]
        yield ours.numpy(), torch.sigmoid(logits).numpy(), theirs


def assert_same(path, network):
    for ours, from_logits, theirs in answers(path, network):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < 1e-4
        assert np.abs(from_logits - theirs).max() < 1e-4
        assert np.ptp(theirs) > 1e-3, "an answer that says nothing proves nothing"


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_model_says_the_same(name):
    path = FOLDER / f"{name}.onnx"
    network = OnnxNetwork(path)
    assert_same(path, network)
    encoder, decoder = (sum(p.numel() for p in part) for part in network.parts())
    assert encoder > decoder > 10_000


@pytest.mark.parametrize("name", list(MODELS))
def test_every_network_says_the_same_after_export(name, tmp_path):
    torch.manual_seed(0)
    network = build_model(name, len(CARD.bands), **SMALL[name])
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):  # statistics that are none would hide mistakes
            nn.init.uniform_(layer.running_mean, -0.2, 0.2)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
    path = tmp_path / f"{name}.onnx"
    export(Lively(network), CARD, path)
    assert_same(path, OnnxNetwork(path))


class Lively(nn.Module):
    """A network whose answers differ from pixel to pixel though nothing was learnt."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        logits = self.network(x)
        return 3 * (logits - logits.mean((2, 3), keepdim=True)) + 0.3 * x[:, :1]


class Foreign(nn.Module):
    """What others' networks are made of: squeeze-and-excitation, normalisations, activations."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 2, 1)
        self.norm = nn.InstanceNorm2d(8, affine=True)
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
        self.excite = nn.Sequential(nn.Hardswish(), nn.Linear(4, 8), nn.Hardsigmoid())
        self.deep = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(8, 8, 3, padding=2, dilation=2))
        self.slope = nn.PReLU(8)
        self.up = nn.ConvTranspose2d(8, 8, 3, 2, 1, 1)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        size = x.shape[-2:]
        x = F.silu(self.norm(self.first(F.pad(x / 500 - 2, (1, 0, 1, 0), mode="reflect"))))
        x = x * self.excite(self.squeeze(x))[:, :, None, None]
        x = F.leaky_relu(self.slope(self.deep(x))) + x.amax((2, 3), keepdim=True)
        x = F.gelu(self.up(F.interpolate(x, scale_factor=2, mode="nearest")))
        x = F.interpolate(self.last(x), size, mode="bicubic", align_corners=True)
        return torch.sigmoid(x).clamp(0.01, 0.99)


def traced(network, path, bands=3):
    free = {0: "N", 2: "H", 3: "W"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.rand(2, bands, 128, 128),),
            str(path),
            input_names=["stack"],
            output_names=["probability"],
            dynamic_axes={"stack": free, "probability": free},
            opset_version=17,
            dynamo=False,
        )
    return path


def test_a_foreign_network_says_the_same(tmp_path):
    torch.manual_seed(1)
    path = traced(Foreign(), tmp_path / "foreign.onnx")
    network = OnnxNetwork(path)
    assert_same(path, network)
    encoder, decoder = network.parts()
    # The slope behind the deepest convolution, what enlarges, and the last convolution.
    assert {tuple(p.shape) for p in decoder} == {(8, 1, 1), (8, 8, 3, 3), (8,), (1, 8, 1, 1), (1,)}
    normalisation = 2
    assert len(encoder) + len(decoder) == len(list(Foreign().parameters())) - normalisation


def test_weights_go_back_into_the_file_and_nothing_else_changes(tmp_path):
    source = FOLDER / "fast_rgb.onnx"
    network = OnnxNetwork(source)
    assert network.to_bytes() == network.proto.SerializeToString(), "untouched, the same file"
    with torch.no_grad():
        for weight in network.parts()[1]:
            weight.mul_(1.05)
    path = tmp_path / "changed.onnx"
    path.write_bytes(network.to_bytes())
    before, after = onnx.load(source), onnx.load(path)
    assert after.metadata_props == before.metadata_props
    assert after.graph.node == before.graph.node
    changed = {
        a.name: (numpy_helper.to_array(a), numpy_helper.to_array(b))
        for a, b in zip(before.graph.initializer, after.graph.initializer)
        if a != b
    }
    assert len(changed) == len(network.parts()[1])
    for old, new in changed.values():
        assert new.dtype == old.dtype
        np.testing.assert_allclose(new, 1.05 * old.astype(np.float32), rtol=1e-3, atol=1e-6)
    # Large weights are stored in half precision, which moves a probability by less than this.
    for ours, _, theirs in answers(path, network):
        assert np.abs(ours - theirs).max() < 5e-3
    assert_same(path, OnnxNetwork(path))


def test_the_encoder_of_swav_unet_is_told_by_its_name(tmp_path):
    network = build_model("swav_unet", 3, **SMALL["swav_unet"])
    path = traced(nn.Sequential(network, nn.Sigmoid()), tmp_path / "swav.onnx")
    read = OnnxNetwork(path)
    encoder, decoder = read.parts()
    folded = [p for n, p in network.encoder.named_parameters() if p.ndim == 4]
    assert sum(p.ndim == 4 for p in encoder) == len(folded)
    assert sum(p.ndim == 4 for p in decoder) == sum(
        p.ndim == 4 for p in network.decoder.parameters()
    )
    assert read.deepest(torch.rand(1, 3, 64, 96)).shape == (1, network.encoder.channels[-1], 2, 3)


def small_graph(nodes, path, initializers=()):
    stack = helper.make_tensor_value_info("stack", TensorProto.FLOAT, ["N", 2, "H", "W"])
    answer = helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", 1, "H", "W"])
    graph = helper.make_graph(nodes, "g", [stack], [answer], list(initializers))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def test_an_unknown_operation_is_named(tmp_path):
    node = helper.make_node("Det", ["stack"], ["probability"])
    with pytest.raises(ModelError, match=r"strange.onnx has operations .*: Det\. Use METHOD=quick"):
        OnnxNetwork(small_graph([node], tmp_path / "strange.onnx"))


def test_a_known_operation_in_an_unknown_way_is_named(tmp_path):
    weight = numpy_helper.from_array(np.ones((1, 2, 3, 3), np.float32), "w")
    node = helper.make_node("Conv", ["stack", "w"], ["probability"], auto_pad="SAME_UPPER")
    path = small_graph([node], tmp_path / "padded.onnx", [weight])
    with pytest.raises(ModelError, match=r"Conv in a way .* \(auto_pad SAME_UPPER\)"):
        OnnxNetwork(path)


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_what_is_no_model_is_refused(tmp_path, content):
    path = Path(tmp_path / "broken.onnx")
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        OnnxNetwork(path)
