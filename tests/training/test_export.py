from dataclasses import replace

import numpy as np
import pytest
import torch

from landslip.engine.common.errors import ModelError
from landslip.engine.models.card import Accuracy, ModelCard, card_from_metadata
from landslip.training import export as exporting
from landslip.training.export import Enlarged, PhysicalModel, export, read_card, rewrite_card
from landslip.training.models import build_model

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

SMALL = {"resunet": {"width": 8, "depth": 3}}
CARD = ModelCard(
    name="tiny",
    version="0.0.1",
    architecture="ResU-Net",
    description="A test model: größe.",
    bands=("B04", "B03", "B02"),
    patch_size=128,
    overlap=0.5,
    threshold=0.42,
    normalisation="scene",
    pixel_size=10.0,
    training_data="nothing",
    accuracy=(Accuracy("nowhere", 0.1, 0.2, 0.13),),
    licence="CC-BY-4.0",
    attribution="nobody",
)


@pytest.fixture(params=sorted(SMALL))
def network(request):
    torch.manual_seed(0)
    network = build_model(request.param, 3, **SMALL[request.param])
    network.train()(torch.randn(4, 3, 64, 64))  # BatchNorm statistics that are not 0 and 1
    return network.eval()


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("storage", ["float32", "float16"])
def test_file_agrees_with_the_network(network, tmp_path, storage):
    difference = export(network, CARD, tmp_path / "m.onnx", storage)
    assert difference <= {"float32": 1e-4, "float16": 5e-3}[storage]
    # Once more by hand, on a size that `parity` does not try.
    stack = torch.rand(2, 3, 45, 110) * 2000
    mean, std = torch.tensor([700.0, 800, 900]), torch.tensor([200.0, 250, 300])
    theirs = session(tmp_path / "m.onnx").run(
        ["probability"], {"stack": stack.numpy(), "mean": mean.numpy(), "std": std.numpy()}
    )[0]
    with torch.inference_mode():
        normalised = (stack - mean[:, None, None]) / std[:, None, None]
        ours = torch.sigmoid(network(normalised)).numpy()
    assert np.abs(ours - theirs).max() <= {"float32": 1e-4, "float16": 5e-3}[storage]
    assert ours.std() > 1e-4  # a constant would agree with anything


def test_half_precision_halves_the_file(network, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "SMALL_WEIGHTS", 0)  # these networks are all small
    export(network, CARD, tmp_path / "full.onnx", "float32")
    export(network, CARD, tmp_path / "half.onnx", "float16")
    full, half = ((tmp_path / f"{n}.onnx").stat().st_size for n in ("full", "half"))
    assert 0.4 < half / full < 0.75


def test_file_keeps_the_contract(network, tmp_path):
    export(network, CARD, tmp_path / "m.onnx")
    loaded = session(tmp_path / "m.onnx")
    inputs = {i.name: (i.type, i.shape) for i in loaded.get_inputs()}
    assert inputs == {
        "stack": ("tensor(float)", ["N", 3, "H", "W"]),
        "mean": ("tensor(float)", [3]),
        "std": ("tensor(float)", [3]),
    }
    (output,) = loaded.get_outputs()
    assert (output.name, output.type) == ("probability", "tensor(float)")
    metadata = loaded.get_modelmeta().custom_metadata_map
    assert card_from_metadata(metadata, "m.onnx") == CARD


def test_fixed_normalisation_takes_the_stack_alone(network, tmp_path):
    mean, std = np.array([700, 800, 900.0]), np.array([200, 0, 300.0])
    card = replace(CARD, normalisation="fixed")
    export(network, card, tmp_path / "m.onnx", "float32", statistics=(mean, std))
    loaded = session(tmp_path / "m.onnx")
    assert [i.name for i in loaded.get_inputs()] == ["stack"]
    with pytest.raises(ModelError, match="needs statistics"):
        export(network, card, tmp_path / "m.onnx")
    with pytest.raises(ModelError, match="takes no statistics"):
        export(network, CARD, tmp_path / "m.onnx", statistics=(mean, std))


def test_constant_band_gives_numbers(network, tmp_path):
    """A standard deviation of 0 must not divide."""
    export(network, CARD, tmp_path / "m.onnx")
    stack = np.full((1, 3, 32, 32), 500, np.float32)
    feed = {"stack": stack, "mean": stack[0, :, 0, 0], "std": np.zeros(3, np.float32)}
    probability = session(tmp_path / "m.onnx").run(None, feed)[0]
    assert np.isfinite(probability).all()
    with torch.inference_mode():
        expected = torch.sigmoid(network(torch.zeros(1, 3, 32, 32))).numpy()
    np.testing.assert_allclose(probability, expected, atol=5e-3)


def test_units_are_physical():
    """Twice the reflectance with twice the statistics is the same normalised picture."""
    model = PhysicalModel(torch.nn.Conv2d(3, 1, 3))
    stack, mean, std = torch.rand(1, 3, 9, 9) * 1000, torch.rand(3) * 500, torch.rand(3) * 200 + 50
    torch.testing.assert_close(model(stack, mean, std), model(2 * stack, 2 * mean, 2 * std))
    assert not torch.allclose(model(stack, mean, std), model(2 * stack, mean, std))


def test_disagreement_is_refused_and_nothing_written(network, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "parity", lambda *_: 0.3)
    with pytest.raises(ModelError, match=r"differ by 0\.3"):
        export(network, CARD, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_wrong_card_is_refused(network, tmp_path):
    with pytest.raises(ModelError, match="threshold"):
        export(network, replace(CARD, threshold=1.5), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_card_can_be_changed_later(network, tmp_path):
    path = tmp_path / "m.onnx"
    export(network, CARD, path)
    rewrite_card(path, threshold=0.6)
    assert read_card(path) == replace(CARD, threshold=0.6)


@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_enlarging_networks_agree_with_their_file(network, tmp_path, factor):
    """`export` itself refuses a file that differs, on odd sizes too."""
    difference = export(Enlarged(network, factor), CARD, tmp_path / "m.onnx", "float32")
    assert difference <= 1e-4


def test_enlarging_shows_the_network_a_larger_image():
    class Seen(torch.nn.Module):
        def forward(self, x):
            self.size = tuple(x.shape[-2:])
            return x[:, :1]

    network = Seen()
    smooth = torch.linspace(0, 1, 40).expand(1, 3, 30, 40)
    result = Enlarged(network, 2.0)(smooth)
    assert network.size == (60, 80)
    assert result.shape == (1, 1, 30, 40)
    torch.testing.assert_close(result[..., 1:-1], smooth[:, :1, :, 1:-1], atol=1e-5, rtol=0)


def test_slope_is_scaled_alike_in_every_scene(network, tmp_path):
    """The scene's statistics of a terrain band are passed over."""
    card = replace(CARD, bands=("B04", "B03", "slope"))
    export(network, card, tmp_path / "m.onnx", "float32")
    stack = torch.rand(2, 3, 40, 50) * torch.tensor([2000.0, 2000.0, 60.0])[:, None, None]
    theirs = [
        session(tmp_path / "m.onnx").run(
            ["probability"],
            {
                "stack": stack.numpy(),
                "mean": np.array([700, 800, mean], np.float32),
                "std": np.array([200, 250, 5], np.float32),
            },
        )[0]
        for mean in (3, 30)
    ]
    np.testing.assert_array_equal(*theirs)
    mean, std = torch.tensor([700.0, 800, 20]), torch.tensor([200.0, 250, 15])
    with torch.inference_mode():
        normalised = (stack - mean[:, None, None]) / std[:, None, None]
        ours = torch.sigmoid(network(normalised)).numpy()
    np.testing.assert_allclose(theirs[0], ours, rtol=0, atol=1e-4)
