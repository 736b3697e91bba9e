"""One tester for the whole model family, and each network's structure against published figures."""

import numpy as np
import pytest
import torch
from torch import nn

from landslip.engine.common.errors import ParameterError
from landslip.engine.models.card import Accuracy, ModelCard
from landslip.training.export import export
from landslip.training.models import MODELS, build_model, parameter_count
from landslip.training.models.blocks import bilinear_weights, pool_to_bins, spread_bins
from landslip.training.models.fcn8s import bilinear_up
from landslip.training.models.ffs_net import CoordinateAttention
from landslip.training.models.multispectral_unet import SMU
from landslip.training.models.resnet import DEPTHS, ResNet
from landslip.training.models.swin_unet import WindowAttention
from landslip.training.network_table import PAPERS, gigaflops, table_row

# Smallest widths at which a network still learns; its depth is the registry's unless given.
SMALL = {
    "resunet": {"width": 8, "depth": 3},
    "unet": {"width": 4},
    "pspnet": {"width": 8, "depth": 50, "dropout": 0.0},
    "contextnet": {"width": 8, "dropout": 0.0},
    "deeplab_v2": {"width": 8, "depth": 18},
    "deeplab_v3plus": {"width": 8, "depth": 34, "dropout": 0.0},
    "fcn8s": {"width": 4, "dropout": 0.0},
    "linknet": {"width": 12},
    "frrn_a": {"width": 6},
    "frrn_b": {"width": 6},
    "sqnet": {"width": 8},
    "swav_unet": {"width": 8},
    "efficientnet_unet": {"deepest": 16, "width": 8, "branch": 8},
    "swin_unet": {"width": 8, "depths": (2, 1, 1, 1), "heads": 1, "window": 2, "branch": 4},
    "segformer": {"width": 8, "depths": (1, 1, 1, 1), "inner": 16, "dropout": 0.0},
    "efficientnetv2_unet": {"width": 0.3, "depth": 0.1, "branch": 8},
    "hrnet": {"width": 4, "modules": (1, 1, 1), "units": 1, "stem": 8},
    "multispectral_unet": {"width": 6, "expansion": 2},
    "ffs_net": {"width": 8, "depth": 18, "dropout": 0.0},
    "hpcl_net": {"width": 4, "depth": 18, "dropout": 0.0},
}
CARD = ModelCard(
    name="tiny",
    version="0.0.1",
    architecture="any",
    description="A test model.",
    bands=("B02", "B03", "B04", "B08", "B11"),
    patch_size=128,
    overlap=0.5,
    threshold=0.5,
    normalisation="scene",
    pixel_size=10.0,
    training_data="nothing",
    accuracy=(Accuracy("nowhere", 0.1, 0.2, 0.13),),
    licence="CC-BY-4.0",
    attribution="nobody",
)
networks = pytest.mark.parametrize("name", list(MODELS))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks this small lose more to waiting for each other's threads than they gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small(name, bands=3):
    return build_model(name, bands, **SMALL[name])


def scene(count, bands, height, width):
    """Patterns of 8 pixels and some noise, with the spread of normalised reflectance."""
    coarse = torch.randn(count, bands, height // 8 + 1, width // 8 + 1)
    smooth = coarse.repeat_interleave(8, 2).repeat_interleave(8, 3)[..., :height, :width]
    return smooth + 0.1 * torch.randn(count, bands, height, width)


def settled(name, bands=3):
    """In evaluation mode, with BatchNorm statistics of the scenes it will see."""
    network = small(name, bands)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = None  # the mean over the batches below
        for _ in range(3):
            network.train()(scene(4, bands, 128, 128))
    return network.eval()


def test_every_network_is_tested_and_has_its_paper():
    assert set(SMALL) == set(MODELS) == set(PAPERS)


# --- the contract ---------------------------------------------------------------------------------


@networks
@pytest.mark.parametrize(
    ("bands", "size"), [(1, (37, 53)), (3, (64, 64)), (5, (96, 160)), (14, (40, 33))]
)
def test_forward_and_backward(name, bands, size):
    network = small(name, bands)
    logits = network(torch.randn(2, bands, *size))
    assert logits.shape == (2, 1, *size)
    assert logits.isfinite().all()
    (logits * torch.randn_like(logits)).mean().backward()
    bad = [
        n
        for n, p in network.named_parameters()
        if p.grad is None or not p.grad.isfinite().all() or not p.grad.any()
    ]
    assert bad == []


@networks
def test_any_size_and_no_chance_in_evaluation(name):
    network = settled(name)
    with torch.inference_mode():
        for size in ((128, 128), (1, 1), (131, 9)):
            image = torch.randn(2, 3, *size)
            first = network(image)
            assert first.shape == (2, 1, *size)
            assert torch.equal(first, network(image))


@networks
def test_every_band_counts(name):
    """A change of any one band changes the map."""
    network = settled(name, 5)
    image = torch.randn(1, 5, 64, 64)
    with torch.inference_mode():
        before = network(image)
        for band in range(5):
            other = image.clone()
            other[:, band] += 1
            assert (network(other) - before).abs().max() > 1e-5


@networks
def test_a_patch_does_not_see_the_rest_of_its_batch(name):
    network = settled(name).double()  # the order of a sum must not matter
    batch = torch.randn(3, 3, 61, 64, dtype=torch.float64)
    with torch.inference_mode():
        alone = network(batch[:1])
        beside = network(torch.cat([batch[:1], 50 * batch[1:]]))[:1]
    assert alone.std() > 0
    torch.testing.assert_close(beside, alone, rtol=0, atol=1e-9 * alone.abs().max().item())


@networks
def test_output_lies_where_the_input_does(name):
    """Overfits a patch whose target follows from its bands, with sides that need padding."""
    network = small(name).train()
    image = torch.randn(2, 3, 44, 52)
    image[0, :, 8:24, 28:] += 4
    image[1, :, 20:, 4:20] += 4
    target = torch.zeros(2, 1, 44, 52)
    target[0, :, 8:24, 28:] = 1
    target[1, :, 20:, 4:20] = 1
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(100):
        loss = nn.functional.binary_cross_entropy_with_logits(network(image), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss.item() < 0.1:  # always saying the share of ones would reach 0.48
            break
    assert loss.item() < 0.1


@networks
def test_file_agrees_with_the_network(name, tmp_path):
    """At sizes other than the 128 x 128 of the export, one patch and three."""
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    network = settled(name, len(CARD.bands))
    assert export(network, CARD, tmp_path / "m.onnx", "float32") <= 1e-4
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(tmp_path / "m.onnx"), options, providers=["CPUExecutionProvider"]
    )
    scale = {"mean": np.zeros(5, np.float32), "std": np.ones(5, np.float32)}
    for count, height, width in ((1, 37, 53), (3, 96, 160), (1, 5, 3)):
        stack = scene(count, 5, height, width)
        (theirs,) = session.run(["probability"], {"stack": stack.numpy(), **scale})
        with torch.inference_mode():
            ours = torch.sigmoid(network(stack)).numpy()
        if height > 8:  # below, the map may be constant: one pixel of the coarsest scale
            assert ours.std() > 1e-4  # here a constant would agree with anything
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-4)


# --- blocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(16, 16), (7, 13), (6, 2), (1, 5)])
@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_bins_are_adaptive_average_pooling(size, bins):
    image = torch.randn(2, 3, *size)
    torch.testing.assert_close(pool_to_bins(image, bins), nn.AdaptiveAvgPool2d(bins)(image))


@pytest.mark.parametrize("size", [(16, 16), (7, 13), (1, 300)])
@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_bins_are_spread_bilinearly(size, bins):
    grid = torch.randn(2, 3, bins, bins)
    expected = nn.functional.interpolate(grid, size=size, mode="bilinear", align_corners=False)
    spread = spread_bins(grid, bins, like=torch.zeros(1, 1, *size))
    torch.testing.assert_close(spread, expected, rtol=1e-4, atol=1e-5)


def test_bin_positions_survive_half_precision():
    exact = bilinear_weights(1000, 6, torch.zeros(1))
    half = bilinear_weights(1000, 6, torch.zeros(1, dtype=torch.bfloat16))
    torch.testing.assert_close(half.float(), exact, rtol=0, atol=2**-8)


@pytest.mark.parametrize("factor", [2, 8])
def test_learned_upsampling_starts_bilinear(factor):
    image = torch.randn(1, 1, 6, 7)
    expected = nn.functional.interpolate(image, scale_factor=factor, mode="bilinear")
    inner = (..., slice(factor, -factor), slice(factor, -factor))  # the border differs by padding
    torch.testing.assert_close(bilinear_up(factor)(image)[inner], expected[inner])


@pytest.mark.parametrize(("stride", "coarsest"), [(32, 2), (16, 4), (8, 8)])
def test_output_stride_of_the_resnet(stride, coarsest):
    features = ResNet(3, 18, 4, stride).eval()(torch.randn(1, 3, 64, 64))
    sides = [f.shape[-1] for f in features]
    assert sides == [32, 16, 8, max(4, coarsest), coarsest]


@pytest.mark.parametrize("depth", [18, 50])
def test_dilation_keeps_what_a_stride_skips(depth):
    """Same weights, stride 8 instead of 32: every fourth value is that of the strided network."""
    strided, dilated = ResNet(3, depth, 4, 32).eval(), ResNet(3, depth, 4, 8).eval()
    dilated.load_state_dict(strided.state_dict())
    image = torch.randn(1, 3, 256, 256)
    with torch.inference_mode():
        coarse, fine = strided(image)[-1], dilated(image)[-1]
    inner = slice(2, -2)  # the border sees the padding at other distances
    torch.testing.assert_close(
        fine[..., ::4, ::4][..., inner, inner], coarse[..., inner, inner], rtol=1e-4, atol=1e-5
    )


# --- frozen encoder -------------------------------------------------------------------------------


def test_frozen_encoder_stays_what_it_was():
    network = small("swav_unet")
    network.freeze_encoder()
    network.train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1, weight_decay=0.1)
    network(5 + torch.randn(2, 3, 64, 64)).square().mean().backward()
    optimiser.step()
    changed = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert not any(key.startswith("encoder.") for key in changed)
    assert {k for k, _ in network.decoder.named_parameters("decoder")} <= changed
    assert parameter_count(network) == parameter_count(network.decoder)


def test_thawed_encoder_trains_again():
    network = small("swav_unet").train()
    network.freeze_encoder()
    assert not network.encoder.training
    assert network.decoder.training
    network.freeze_encoder(False)
    assert network.encoder.training
    assert all(p.requires_grad for p in network.parameters())


def test_encoder_takes_the_weights_of_a_resnet():
    """What a self-supervised run stores is a ResNet of the same bands and width."""
    trained = ResNet(4, 18, 8)
    network = build_model("swav_unet", 4, width=8)
    network.encoder.load_state_dict(trained.state_dict())
    image = torch.randn(1, 4, 64, 64)
    torch.testing.assert_close(network.eval().encoder(image)[-1], trained.eval()(image)[-1])


@networks
def test_a_few_steps_overfit_one_patch(name):
    """Blocks of 16 pixels, as coarse as the coarsest output of any network can draw."""
    network = small(name).train()
    coarse = torch.randn(1, 3, 6, 6)
    image = coarse.repeat_interleave(16, 2).repeat_interleave(16, 3)
    image = torch.cat([image, image.flip(-1)])  # BatchNorm after pooling to 1 x 1 needs two
    target = (image[:, :1] > 0.3).float()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    first = None
    for _ in range(100):
        loss = nn.functional.binary_cross_entropy_with_logits(network(image), target)
        first = first or loss.item()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss.item() < 0.14:
            break
    assert loss.item() < 0.15 < first


# --- structure, against published figures ---------------------------------------------------------


def paper_size(name, **options):
    with torch.device("meta"):  # counts need no memory
        return parameter_count(build_model(name, 3, **options))


@pytest.mark.parametrize(
    ("depth", "published"),
    [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032), (101, 44_549_160)],
)
def test_resnet_has_the_published_size(depth, published):
    """torchvision's `num_params`, which include a fully connected layer to 1000 classes."""
    assert set(DEPTHS) == {18, 34, 50, 101}
    with torch.device("meta"):
        network = ResNet(3, depth)
    assert parameter_count(network) + 1000 * (network.channels[-1] + 1) == published


def test_swav_encoder_is_resnet18_without_its_head():
    with torch.device("meta"):
        assert parameter_count(build_model("swav_unet", 3).encoder) == 11_176_512


def test_baseline_unet_has_23_convolutions_4_of_them_transposed():
    """Competition report, section II-B."""
    layers = list(build_model("unet", 14, width=4).modules())
    transposed = sum(isinstance(layer, nn.ConvTranspose2d) for layer in layers)
    assert transposed == 4
    assert sum(isinstance(layer, nn.Conv2d) for layer in layers) + transposed == 23


def test_unet_size():
    """Ronneberger's layers with biases and 1 band: 31,030,593; here 3 bands, BatchNorm, no bias.

    BatchNorm has two values where a bias has one: 18 convolutions with 64 to 1024 channels.
    """
    channels = 2 * (2 * (64 + 128 + 256 + 512) + 1024)
    assert paper_size("unet", width=64) == 31_030_593 + 2 * 9 * 64 + channels


def test_pspnet_size():
    """65.7 M with ResNet-101, the figure tables of efficient networks quote (19 classes)."""
    classes = 18 * (512 + 1)
    assert paper_size("pspnet", width=64, depth=101) + classes == pytest.approx(65.7e6, rel=1e-3)


def test_deeplab_v2_size():
    """44.0 M with ResNet-101 and 21 classes: the ResNet without its head, and four classifiers."""
    classifiers = 4 * (9 * 2048 + 1)
    assert paper_size("deeplab_v2", width=64) == 44_549_160 - 1000 * 2049 + classifiers
    assert paper_size("deeplab_v2", width=64) + 20 * classifiers == pytest.approx(44.0e6, rel=5e-3)


def test_deeplab_v3plus_size():
    """26,682,725 with ResNet-50 and 21 classes (segmentation_models.pytorch, issue 819)."""
    assert paper_size("deeplab_v3plus", width=64) + 20 * (256 + 1) == 26_682_725


def test_fcn8s_size():
    """VGG-16 (138,357,544 with its 1000 classes, torchvision; 134 M in table 1 of the paper)."""
    vgg16 = 138_357_544 - 1000 * (4096 + 1)
    batch_norm = 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512 + 2 * 4096  # two values for one bias
    scores = (4096 + 1) + (512 + 1) + (256 + 1)
    upsampling = 4 * 4 + 4 * 4 + 16 * 16
    assert paper_size("fcn8s", width=64) == vgg16 + batch_norm + scores + upsampling
    assert paper_size("fcn8s", width=64) == pytest.approx(134e6, rel=5e-3)


def test_linknet_size():
    """11.5 M parameters: abstract of the paper."""
    assert paper_size("linknet", width=64) == pytest.approx(11.5e6, rel=5e-3)


@pytest.mark.parametrize(("name", "published"), [("frrn_a", 17.7e6), ("frrn_b", 24.8e6)])
def test_frrn_size(name, published):
    """Reported for the paper's networks; B comes out 0.3 % below."""
    assert paper_size(name, width=48) == pytest.approx(published, rel=5e-3)


def test_frrn_b_is_deeper():
    def coarsest(name):
        return max(getattr(m, "scale", 1) for m in build_model(name, 3, width=6).modules())

    assert (coarsest("frrn_a"), coarsest("frrn_b")) == (16, 32)


def test_contextnet_size():
    """0.85 M in the paper, with 19 classes; its tables leave biases and BatchNorm open."""
    assert paper_size("contextnet", width=32) == pytest.approx(0.85e6, rel=0.035)


def test_sqnet_size():
    """Encoder: SqueezeNet 1.1 without its classifier (torchvision: 1,235,496 - 513,000).

    Whole: public implementations with a stem of 96 channels have 16.26 M (19 classes).
    """
    with torch.device("meta"):
        network = build_model("sqnet", 3, width=64)
    assert parameter_count(network.stem) + parameter_count(network.encoder) == 722_496
    assert parameter_count(network) == pytest.approx(16.26e6, rel=0.025)


def test_swin_encoder_is_swin_t():
    """torchvision's `swin_t` (28,288,354) without its head, with windows of 4 instead of 7 pixels
    and a LayerNorm behind each of the finer three maps."""
    with torch.device("meta"):
        encoder = build_model("swin_unet", 3).encoder
    heads = 3 * (2 * 1 + 2 * 2 + 6 * 4 + 2 * 8)
    norms = 2 * (96 + 192 + 384)
    expected = 28_288_354 - 1000 * (768 + 1) - heads * (13**2 - 7**2) + norms
    assert parameter_count(encoder) == expected


def test_windows_of_the_swin_encoder_do_not_see_across_opposite_borders():
    """Windows are shifted around the border: what stands at the other side must stay apart."""
    attention = WindowAttention(4, 1, 4, 2).double()
    image = torch.randn(1, 16, 16, 4, dtype=torch.float64)
    other = image.clone()
    other[:, :2] += 100  # the two rows that the shift takes to the end
    change = (attention(other) - attention(image)).abs().amax((0, 2, 3))
    assert change[:2].min() > 0
    assert change[2:].max() == 0
    inside = image.clone()
    inside[:, 7] += 100  # rows 6 to 9 are one shifted window
    change = (attention(inside) - attention(image)).abs().amax((0, 2, 3))
    assert (change > 0).nonzero().flatten().tolist() == [6, 7, 8, 9]


@pytest.mark.parametrize(("width", "published"), [(32, 3.8e6), (64, 13.7e6)])
def test_segformer_size(width, published):
    """B0 and B1 in Table 1 of the paper, with 150 classes."""
    classes = 149 * (256 + 1)
    assert paper_size("segformer", width=width) + classes == pytest.approx(published, rel=0.015)


def test_efficientnetv2_encoder_is_efficientnetv2_s():
    """torchvision's `efficientnet_v2_s` (21,458,488) without last convolution and classifier."""
    with torch.device("meta"):
        encoder = build_model("efficientnetv2_unet", 3).encoder
    last = 256 * 1280 + 2 * 1280 + 1000 * (1280 + 1)
    assert parameter_count(encoder) == 21_458_488 - last


@pytest.mark.parametrize(
    ("options", "published"),
    [({"width": 48, "modules": (1, 4, 3), "units": 4}, 65.8e6), ({}, 3.9e6)],
)
def test_hrnet_size(options, published):
    """HRNetV2-W48 and W18 small v2, both with 19 classes (the authors' repository)."""
    width = options.get("width", 18)
    classes = 18 * (15 * width + 1)
    assert paper_size("hrnet", **options) + classes == pytest.approx(published, rel=0.015)


@pytest.mark.parametrize(("name", "published"), [("ffs_net", 64.55e6), ("hpcl_net", 67.23e6)])
def test_relic_landslide_networks_have_their_size(name, published):
    """Table 6; what of HPCL-Net is trained. Its figures name widths that its text does not."""
    assert paper_size(name, width=64) == pytest.approx(published, rel=0.05)


@pytest.mark.parametrize("x", [-3.0, -0.5, 0.0, 0.2, 4.0])
def test_smu_against_its_equation(x):
    """Eq. 10 and 11 of the competition, the integral by hand."""
    alpha, mu = 0.25, 1.7
    step = mu * (1 - alpha) * x / 20_000
    middles = (np.arange(20_000) + 0.5) * step
    erf = 2 / np.sqrt(np.pi) * np.exp(-(middles**2)).sum() * step
    expected = (x * (1 + alpha) + x * (1 - alpha) * erf) / 2
    assert SMU(alpha, mu)(torch.tensor(x)).item() == pytest.approx(expected, abs=1e-6)


def test_high_resolution_branch_reads_the_bands_of_10_m():
    """A change of B11 at one pixel reaches the other branch alone; B02 reaches both."""
    network = build_model("multispectral_unet", 14, width=6).eval()
    seen = []
    network.high.register_forward_hook(lambda *found: seen.append(found[2]))
    image = torch.randn(1, 14, 16, 16)
    with torch.inference_mode():
        for band in (None, 10, 1):
            other = image.clone()
            if band is not None:
                other[:, band] += 1
            network(other)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])
    with pytest.raises(ParameterError, match="there are 3 bands"):
        build_model("multispectral_unet", 3, fine=[1, 2, 3])


def test_coordinate_attention_weighs_rows_and_columns():
    """A row of ones is told from its neighbours although the mean of the channel is the same."""
    attention = CoordinateAttention(2, 4).eval()
    image = torch.zeros(1, 2, 8, 8)
    image[:, :, 2] = 1
    with torch.inference_mode():
        weighed = attention(image + 1e-3)
        mirrored = attention(image.flip(2) + 1e-3)
    torch.testing.assert_close(weighed.flip(2), mirrored)
    ratio = weighed / (image + 1e-3)
    assert ratio[0, 0, 2, 0] != ratio[0, 0, 3, 0]


def test_terrain_has_a_branch_of_its_own():
    network = build_model("hpcl_net", 5, width=4, depth=18, terrain=2).eval()
    extractor = network.encoder.resnet.stem
    seen = []
    extractor.image.register_forward_hook(lambda *found: seen.append(found[1][0]))
    extractor.ground.register_forward_hook(lambda *found: seen.append(found[1][0]))
    image = torch.randn(1, 5, 32, 32)
    with torch.inference_mode():
        network(image)
    assert torch.equal(seen[0], image[:, :3])
    assert torch.equal(seen[1], image[:, 3:])


# --- the table ------------------------------------------------------------------------------------


def test_operations_of_a_convolution():
    """9 multiply-adds per pixel, input and output channel, two operations each."""
    conv = nn.Conv2d(3, 5, 3, padding=1, bias=False)
    assert gigaflops(conv, 3) == pytest.approx(2 * 9 * 3 * 5 * 128 * 128 / 1e9)


def test_row_of_the_table():
    cells = [cell.strip() for cell in table_row("contextnet").strip("|").split("|")]
    assert cells[0] == "`contextnet`"
    assert cells[2] == f"{parameter_count(build_model('contextnet', 3)):,}"
    assert 0 < float(cells[3]) < float(cells[4]) < 1  # more bands cost more
