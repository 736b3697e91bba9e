"""Which networks may have large windows: measured, and written into the card."""

import pytest
import torch
from torch import nn

from landslip.engine.models.card import ModelCard
from landslip.training import windows
from landslip.training.export import export, read_card
from landslip.training.windows import measure_windows, windows_table, write_windows

pytest.importorskip("onnxruntime")

CARD = ModelCard(
    name="tiny",
    version="0.0.1",
    architecture="one convolution",
    description="A test model.",
    bands=("B04", "B03", "B02"),
    patch_size=128,
    overlap=0.25,
    threshold=0.5,
    normalisation="scene",
    pixel_size=10.0,
    training_data="nothing",
    accuracy=(),
    licence="CC-BY-4.0",
    attribution="nobody",
)


class Local(nn.Module):
    """A network that looks at a few pixels."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 1, 5, padding=2)

    def forward(self, x):
        return self.convolution(x)


class Whole(Local):
    """One that looks at its whole image, whatever its size."""

    def forward(self, x):
        return super().forward(x) + 3 * x.mean((1, 2, 3), keepdim=True)


ALL = windows.WINDOWS


@pytest.fixture(autouse=True)
def small_scenes(monkeypatch, one_small_window):
    monkeypatch.setattr(windows, "SIDE", 420)
    monkeypatch.setattr(windows, "WINDOWS", ALL[:3])


@pytest.mark.parametrize("network", [Local, Whole])
def test_only_who_looks_at_few_pixels_gets_windows(tmp_path, network):
    path = tmp_path / "tiny.onnx"
    export(network(), CARD, path, "float32")
    found = write_windows(path)
    wide = [each for each in found if each.window > CARD.patch_size]
    assert {each.work < found[1].work for each in wide} == {True}
    assert {each.serves for each in wide} == {network is Local}
    card = read_card(path)
    assert (card.window, card.window_overlap) == ((512, 32) if network is Local else (0, 0))
    # All else stays as it was.
    assert (card.overlap, card.description) == (CARD.overlap, CARD.description)


def test_measuring_leaves_the_file_alone(tmp_path):
    path = tmp_path / "tiny.onnx"
    export(Local(), CARD, path, "float32")
    before = path.read_bytes()
    table = windows_table("tiny", measure_windows(path))
    assert path.read_bytes() == before
    assert "| `tiny` | 512 | 32 | 1.14 |" in table
