"""What a recipe is put together of: losses, schedules, mixing, pseudo-labels, layers, terms."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from landslip.engine.common.errors import ParameterError
from landslip.training.augmentation import Augmentation
from landslip.training.auxiliary import HyperPixelContrast, ImageLevel, build_auxiliary
from landslip.training.config import Config
from landslip.training.data import Block, Patches, scene_statistics
from landslip.training.fit import Fit, Step, mixing_share
from landslip.training.losses import LOSSES, balanced_ce, bce, build_loss, jaccard, soft_ce
from landslip.training.models import build_model
from landslip.training.models.wrappers import (
    Components,
    CrossSensorNorm,
    Enlarged,
    across_sensors,
    core,
)
from landslip.training.network import fit_components, network_of
from landslip.training.pseudo_labels import (
    UNKNOWN,
    Pseudo,
    by_share,
    by_threshold,
    by_uncertainty,
    mc_dropout,
    pseudo_labels,
)
from landslip.training.run_folder import load_checkpoint
from landslip.training.samples import Samples, beside, training_batches
from landslip.training.schedules import epoch_count, epoch_steps, learning_rate
from landslip.training.sources import Source
from landslip.training.train import train

OFF = Augmentation(**dict.fromkeys(Augmentation.__dataclass_fields__, 0.0))
CPU = torch.device("cpu")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks this small lose more to waiting for each other's threads than they gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pixels(*values):
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 1, -1)


# --- losses ---------------------------------------------------------------------------------------


def test_jaccard_by_hand():
    # probabilities 3/4, 1/4, 1/2 against 1, 0, 1: overlap 5/4, sums 3/2 and 2
    logits = pixels(math.log(3), -math.log(3), 0)
    expected = 1 - (1.25 + 1) / (1.5 + 2 - 1.25 + 1)
    assert jaccard(logits, pixels(1, 0, 1)).item() == pytest.approx(expected)


def test_soft_cross_entropy_by_hand():
    expected = -(0.95 * math.log(0.75) + 0.05 * math.log(0.25))
    assert soft_ce(pixels(math.log(3)), pixels(1)).item() == pytest.approx(expected)


def test_landslides_weigh_by_their_own_image():
    """One pixel of four, and two of four: weights 3 and 1; an empty image counts as it is."""
    logits = torch.zeros(3, 1, 1, 4)
    target = torch.tensor([[1.0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]).reshape(3, 1, 1, 4)
    weights = (3 + 3) + (2 + 2) + 4
    assert balanced_ce(logits, target).item() == pytest.approx(weights * math.log(2) / 12)
    rare = torch.zeros(1, 1, 10, 10)
    rare[..., 0, 0] = 1
    capped = balanced_ce(torch.zeros(1, 1, 10, 10), rare).item()
    assert capped == pytest.approx((49 + 99) * math.log(2) / 100)


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"balanced_ce"}))
def test_unknown_pixels_teach_nothing(name):
    target = torch.tensor([1.0, 0, 1, 0, -1, -1]).reshape(1, 1, 1, 6)
    logits = torch.tensor([0.3, 1.2, -0.4, -2, 3, -3]).reshape(1, 1, 1, 6).requires_grad_()
    loss = build_loss({name: 1.0})(logits, target)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert gradient[..., 4:].abs().max() == 0
    assert gradient[..., :4].abs().max() > 0
    other = logits.detach().clone()
    other[..., 4:] = 7.0
    assert build_loss({name: 1.0})(other, target).item() == pytest.approx(loss.item(), abs=1e-6)


# --- schedules ------------------------------------------------------------------------------------


def test_poly_and_constant():
    poly = Config(learning_rate=0.007, schedule="poly", epochs=10)
    assert learning_rate(poly, 0, 10) == pytest.approx(0.007)
    assert learning_rate(poly, 50, 10) == pytest.approx(0.007 * 0.5**0.9)
    assert learning_rate(Config(learning_rate=1e-3, schedule="constant"), 77, 10) == 1e-3


def test_cosine_restarts_with_twice_the_length():
    config = Config(learning_rate=1e-3, schedule="restarts", warm_up=2, cycle=5, epochs=40)
    rate = [learning_rate(config, step, 10) for step in range(400)]
    assert rate[0] == pytest.approx(1e-5)
    assert rate[:20] == sorted(rate[:20])
    starts = [2 * 10, 7 * 10, 17 * 10, 37 * 10]  # cycles of 5, 10, 20 epochs behind 2 of warm-up
    assert [rate[s] for s in starts] == pytest.approx([1e-3] * 4)
    peaks = [i for i in range(1, 399) if rate[i - 1] < rate[i] >= rate[i + 1]]
    assert peaks == starts
    assert rate[7 * 10 - 1] < 1e-4


def test_iterations_cut_the_last_epoch():
    config = Config(iterations=250, epochs=3)
    assert epoch_count(config, 100) == 3
    assert [epoch_steps(config, 100, epoch) for epoch in range(4)] == [100, 100, 50, 0]
    assert epoch_count(Config(epochs=7), 100) == 7


# --- mixing ---------------------------------------------------------------------------------------


def test_mix_up_is_equations_8_and_9():
    torch.manual_seed(0)
    model = nn.Conv2d(2, 1, 3, padding=1)
    step = Step(Config(mixup=0.4, loss={"bce": 1.0}), model, nn.Conv2d(2, 1, 3), CPU)
    image, target = torch.randn(4, 2, 8, 8), (torch.rand(4, 1, 8, 8) < 0.3).float()
    step.set_rates(1e-3, 0.9, share=0.3)
    other = torch.tensor([3, 0, 1, 2])
    logits = model(0.3 * image + 0.7 * image[other])
    expected = 0.3 * bce(logits, target) + 0.7 * bce(logits, target[other])
    assert step.loss(image, target).item() == pytest.approx(expected.item(), rel=1e-2)


def test_labelled_patches_and_others_are_mixed_among_themselves():
    """Eq. 5 to 9: each kind with its own, and the sum of what both lose."""
    torch.manual_seed(0)
    model = nn.Conv2d(2, 1, 3, padding=1)
    config = Config(mixup=0.4, loss={"bce": 1.0, "jaccard": 1.0}, pseudo=Pseudo("uncertainty"))
    step = Step(config, model, nn.Conv2d(2, 1, 3), CPU)
    image, target = torch.randn(6, 2, 8, 8), (torch.rand(6, 1, 8, 8) < 0.3).float()
    step.set_rates(1e-3, 0.9, share=0.3)
    expected = 0.0
    for mine, other in (([0, 1, 2], [2, 0, 1]), ([3, 4, 5], [5, 3, 4])):
        logits = model(0.3 * image[mine] + 0.7 * image[other])
        for share, side in ((0.3, target[mine]), (0.7, target[other])):
            expected += share * (bce(logits, side) + jaccard(logits, side)).item()
    assert step.loss(image, target).item() == pytest.approx(expected, rel=1e-2)


def test_share_of_a_mix_follows_from_seed_and_step():
    config = Config(mixup=0.4, seed=3)
    drawn = [mixing_share(config, step) for step in range(200)]
    assert drawn == [mixing_share(config, step) for step in range(200)]
    assert 0 <= min(drawn) < 0.2
    assert 0.8 < max(drawn) <= 1
    assert mixing_share(Config(), 5) == 1


# --- patches --------------------------------------------------------------------------------------


def patches(count=8, bands=("B04", "B03", "B02"), empty=0, scene=1, seed=0):
    """Bright squares on dark noise; the first `empty` patches have none."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(500, 700, (count, len(bands), 128, 128)).astype(np.int16)
    mask = np.zeros((count, 128, 128), bool)
    mask[empty:, 40:80, 30:90] = True
    levels += (900 * mask[:, None]).astype(np.int16)
    step = np.ones((count, len(bands)), np.float32)
    place = np.full(count, scene), np.arange(count), np.zeros(count, int)
    return Patches(levels, step, mask, *place, bands=bands)


def samples(**changes):
    found = patches(**changes)
    return Samples.of(found, scene_statistics(found, np.arange(len(found))), CPU)


def drawn(sampler, seed=0):
    found = samples(count=10, empty=8)
    rng = torch.Generator().manual_seed(seed)
    batches = training_batches(found, np.arange(10), OFF, 5, rng, sampler=sampler)
    return torch.cat([target for _, target in batches]).flatten(1).any(1)


def test_balanced_sampler_draws_both_kinds_alike():
    assert drawn("each").sum() == 2
    share = torch.cat([drawn("balanced", seed) for seed in range(12)]).float().mean()
    assert 0.35 < share < 0.65  # 120 draws; 0.2 for one that takes every patch once
    with pytest.raises(ParameterError, match="Unknown sampler 'some'"):
        drawn("some")


def test_unlabelled_patches_are_the_second_half_of_a_batch():
    found, other = samples(), samples(seed=5)
    other = replace(other, target=torch.full((8, 1, 128, 128), UNKNOWN))
    rng = torch.Generator().manual_seed(0)
    labelled = training_batches(found, np.arange(8), OFF, 2, rng)
    for image, target in beside(labelled, other, OFF, rng):
        assert image.shape == (4, 3, 128, 128)
        assert target[:2].min() == 0
        assert target[2:].max() == UNKNOWN


def test_what_is_unknown_stays_so_through_augmentation():
    settings = replace(OFF, mosaic=1.0, zoom=0.3, fade=1.0, cutmix=0.5)
    found = replace(samples(), target=torch.full((8, 1, 128, 128), UNKNOWN))
    rng = torch.Generator().manual_seed(0)
    for image, target in training_batches(found, np.arange(8), settings, 4, rng):
        assert (target < 0).all()
        assert image.isfinite().all()


# --- pseudo-labels --------------------------------------------------------------------------------


def test_threshold_keeps_the_class_that_is_sure():
    found = by_threshold(torch.tensor([0.05, 0.31, 0.5, 0.69, 0.7, 0.99]), 0.7)
    assert found.tolist() == [0, -1, -1, -1, 1, 1]


def test_share_of_each_class():
    probability = torch.tensor([0.01, 0.2, 0.3, 0.4, 0.6, 0.9])
    assert by_share(probability, 0.5).tolist() == [0, 0, -1, -1, -1, 1]
    assert by_share(probability, 1.0).tolist() == [0, 0, 0, 0, 1, 1]


def test_least_uncertain_of_each_class():
    mean = torch.cat([torch.full((10,), 0.1), torch.full((10,), 0.8)])
    variance = torch.arange(20.0)
    found = by_uncertainty(mean, variance, 0.9, 0.7)
    assert found.tolist() == [0] * 9 + [-1] + [1] * 7 + [-1] * 3


def test_dropout_behind_the_first_convolution():
    torch.manual_seed(0)
    network = build_model("unet", 3, width=4).eval()
    image = torch.randn(2, 3, 32, 32)
    mean, variance = mc_dropout(network, image, 10, 0.3)
    again = mc_dropout(network, image, 10, 0.3)
    assert torch.equal(mean, again[0])
    assert variance.max() > 0
    still, none = mc_dropout(network, image, 3, 0.0)
    torch.testing.assert_close(still, torch.sigmoid(network(image)))
    assert none.max() < 1e-12
    assert not network.encoder[0][0][0]._forward_hooks


def test_networks_label_together():
    class Says(nn.Module):
        def __init__(self, probability):
            super().__init__()
            self.value = math.log(probability / (1 - probability))

        def forward(self, x):
            return torch.full((len(x), 1, 2, 2), self.value)

    image = torch.zeros(1, 3, 2, 2)
    pseudo = Pseudo("threshold", threshold=0.7)
    for others, label in (((0.9, 0.6), 1), ((0.9, 0.4), UNKNOWN), ((0.1, 0.2), 0)):
        found = pseudo_labels([Says(p) for p in others], [image], pseudo)
        assert found.unique().tolist() == [label]
    with pytest.raises(ParameterError, match="threshold, share or uncertainty"):
        pseudo_labels([], [], Pseudo("luck"))


# --- layers ---------------------------------------------------------------------------------------


def test_statistics_of_both_domains_stay_apart():
    norm = CrossSensorNorm(2, momentum=1.0).train()
    batch = torch.cat([torch.randn(4, 2, 8, 8), 5 + 3 * torch.randn(4, 2, 8, 8)])
    out = norm(batch)
    for half in out.chunk(2):
        torch.testing.assert_close(half.mean((0, 2, 3)), torch.zeros(2), atol=1e-4, rtol=0)
    assert norm.running_mean.abs().max() < 0.5
    assert (norm.target_mean - 5).abs().max() < 1
    in_use = norm.eval()(batch[4:])  # the region that is mapped
    torch.testing.assert_close(in_use.mean((0, 2, 3)), torch.zeros(2), atol=1e-2, rtol=0)


def test_every_norm_of_a_network_is_replaced():
    network = across_sensors(build_model("unet", 3, width=4))
    kinds = {type(m) for m in network.modules() if isinstance(m, nn.BatchNorm2d)}
    assert kinds == {CrossSensorNorm}
    with pytest.raises(ParameterError, match="is for patches with pseudo-labels"):
        network_of(Config(norm="cross_sensor"), 3)


def test_principal_components_against_numpy():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4)) + 3
    layer = Components(nn.Identity(), 4, 2)
    layer.fit(torch.from_numpy(values).float())
    found = layer(torch.from_numpy(values).float().T.reshape(1, 4, 500, 1))[0, :, :, 0].numpy()
    _, spread, axes = np.linalg.svd(values - values.mean(0))
    expected = values @ axes[:2].T / (spread[:2] / np.sqrt(500))
    for mine, theirs in zip(found, expected.T, strict=True):
        assert abs(np.corrcoef(mine, theirs)[0, 1]) == pytest.approx(1, abs=1e-4)
        assert mine.std() == pytest.approx(1, abs=1e-3)


def test_what_a_recipe_puts_around_a_network():
    config = Config(network="unet", options={"width": 4}, promotion=2.0, components=2)
    network = network_of(config, 4)
    assert core(network).encoder[0][0][0].in_channels == 2
    seen = []
    core(network).register_forward_hook(lambda *found: seen.append(found[1][0].shape))
    assert network.eval()(torch.randn(1, 4, 128, 128)).shape == (1, 1, 128, 128)
    assert seen == [(1, 2, 256, 256)]
    assert isinstance(network, Components)
    assert isinstance(network.network, Enlarged)
    found = samples(bands=("B08", "B04", "B03", "B02"))
    before = network.axes.clone()
    fit_components(network, found, np.arange(8))
    assert not torch.equal(before, network.axes)


# --- terms that look inside -----------------------------------------------------------------------


class Coarse(nn.Module):
    """A network whose encoder is the mean of blocks of 8 pixels."""

    def __init__(self):
        super().__init__()
        self.encoder = Blocks()
        self.head = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        return self.head(self.encoder(x)[-1])


class Blocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 8, 8)

    def forward(self, x):
        return [x, self.conv(x)]


def test_image_level_term():
    network = Coarse()
    term = ImageLevel(network, ("B04", "dem"))
    nn.init.zeros_(term.head.weight)
    nn.init.constant_(term.head.bias, math.log(3))  # says 3/4 of every image
    image, target = torch.randn(2, 2, 16, 16), torch.zeros(2, 1, 16, 16)
    target[1, :, 3, 3] = 1
    network(image)
    expected = -(math.log(0.25) + math.log(0.75)) / 2
    assert term.loss(image, target).item() == pytest.approx(expected)


def hill():
    """A landslide on a slope that falls to the south, with its boundary aside the blocks of 8."""
    image = torch.zeros(1, 2, 64, 64)
    image[0, 1] = torch.linspace(1, -1, 64)[:, None]
    target = torch.zeros(1, 1, 64, 64)
    target[..., 12:52, 12:36] = 1
    return image, target


def test_anchors_lie_on_back_and_side_walls():
    network = Coarse()
    term = HyperPixelContrast(network, ("B04", "dem"))
    image, target = hill()
    network(image)
    background, wall = term.drawn(image, target)
    places = {tuple(place[1:].tolist()) for place in wall}
    # Blocks that are part slide, part not: rows 1 and 6, columns 1 and 4; of them the upper half.
    assert places == {(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 4), (3, 1), (3, 4)}
    assert len(background) == term.anchors
    assert all(
        target[0, 0, 8 * r : 8 * r + 8, 8 * c : 8 * c + 8].sum() == 0 for _, r, c in background
    )


def test_contrast_is_equation_1():
    term = HyperPixelContrast(Coarse(), ("B04", "dem"))
    term.queue = nn.functional.normalize(torch.randn(2, 6, 128), dim=-1)
    anchor = nn.functional.normalize(torch.randn(1, 128), dim=-1)
    positive = (anchor @ term.queue[1].T / 0.1).exp()
    negative = (anchor @ term.queue[0].T / 0.1).exp().sum()
    expected = -(positive / (positive + negative)).log().mean()
    assert term.contrast(anchor, 1).item() == pytest.approx(expected.item(), rel=1e-4)


def test_hardest_keys_are_always_chosen():
    term = HyperPixelContrast(Coarse(), ("B04", "dem"))
    similarity = torch.linspace(-1, 1, 4096)[None]
    chosen = term.chosen_keys(similarity, similarity)
    assert chosen.shape == (1, 1000)
    assert set(similarity[0, -100:].tolist()) <= set(chosen[0].tolist())
    assert chosen.min() < -0.9  # the rest by chance


def test_queues_and_second_encoder_follow():
    torch.manual_seed(0)
    network = Coarse()
    config = Config(auxiliary={"hyper_pixel": 0.1}, bands=("B04", "dem"), optimiser="sgd")
    step = Step(config, network, Coarse(), CPU)
    term = step.auxiliary["hyper_pixel"]
    before, slow = term.queue.clone(), term.slow_encoder.conv.weight.clone()
    head = term.head.weight.clone()
    image, target = hill()
    small = nn.functional.max_pool2d(target, 8)
    network(image)
    loss = term.loss(image, target)
    loss.backward()
    assert network.encoder.conv.weight.grad.abs().sum() > 0
    assert term.slow_encoder.conv.weight.grad is None
    assert torch.equal(term.queue[1, 8:], before[1, :-8])  # eight walls in front
    assert torch.equal(term.queue[0, 16:], before[0, :-16])
    network.encoder.conv.weight.data += 1
    term.after_step()
    moved = term.slow_encoder.conv.weight - slow
    torch.testing.assert_close(moved, torch.full_like(moved, 1e-3), atol=2e-5, rtol=0)
    assert set(step.parts()) == {"model", "average", "auxiliary"}
    assert torch.equal(head, term.head.weight)
    assert any(p is term.head.weight for p in step.trained)
    assert small.shape == (1, 1, 8, 8)


@pytest.mark.parametrize("name", ["mixup", "iterations", "components", "promotion"])
def test_numbers_that_cannot_be(name):
    with pytest.raises(ParameterError, match=f"{name} = -1. It must be at least"):
        replace(Config(), **{name: -1})
    with pytest.raises(ParameterError, match="4 principal components of 3 bands"):
        network_of(Config(components=4), 3)


def test_terms_that_cannot_be():
    with pytest.raises(ParameterError, match="no encoder to hear"):
        build_auxiliary(Config(auxiliary={"image_ce": 1.0}), build_model("unet", 3, width=4))
    with pytest.raises(ParameterError, match="Unknown auxiliary loss colour"):
        build_auxiliary(Config(auxiliary={"colour": 1.0}), Coarse())


# --- whole runs -----------------------------------------------------------------------------------


@pytest.fixture
def tiny():
    return Config(
        network="swav_unet",
        options={"width": 4},
        epochs=1,
        batch=4,
        augmentation=OFF,
        validation=Block(1, 4, 4),
        test=Block(1, 6, 6),
        seed=3,
    )


def test_two_stages_and_a_student(tiny, synthetic_folder, tmp_path):
    """Balanced training, its second stage, and a student of that on patches without labels."""
    first = replace(tiny, loss={"balanced_ce": 1.0, "lovasz": 1.0}, auxiliary={"image_ce": 1.0})
    one = train(first, synthetic_folder, tmp_path / "one")
    second = replace(tiny, loss={"bce": 1.0}, start="one", freeze_encoder=True)
    two = train(second, synthetic_folder, tmp_path / "two", start=one)
    before, after = (load_checkpoint(path.parent / "last.pt")["model"] for path in (one, two))
    same = {name for name in before if torch.equal(before[name], after[name])}
    average = load_checkpoint(one)["average"]
    frozen = {name for name in after if name.startswith("encoder.")}
    assert all(torch.equal(after[name], average[name]) for name in frozen)
    assert not any(name.startswith("decoder.head") for name in same)

    student = replace(
        tiny,
        pseudo=Pseudo("share", share=0.8),
        unlabelled=(Source(),),
        norm="cross_sensor",
        iterations=3,
        optimiser="sgd",
        schedule="poly",
        mixup=0.4,
    )
    three = train(student, synthetic_folder, tmp_path / "three", teachers=[two])
    found = load_checkpoint(three)
    assert len(load_checkpoint(tmp_path / "three" / "last.pt")["rows"]) == 1
    assert any(name.endswith("target_mean") for name in found["average"])
    with pytest.raises(ParameterError, match="nobody gives them"):
        train(student, synthetic_folder, tmp_path / "four")
    with pytest.raises(ParameterError, match="names no patches"):
        train(replace(student, unlabelled=()), synthetic_folder, tmp_path / "f", teachers=[two])
    with pytest.raises(ParameterError, match="whose weights are not here"):
        train(second, synthetic_folder, tmp_path / "five")


def test_fit_without_epochs_counts_steps():
    config = Config(
        network="unet",
        options={"width": 4},
        iterations=3,
        batch=4,
        augmentation=OFF,
        bands=("B04",),
    )
    fit = Fit(config, samples(bands=("B04",)), np.arange(8))
    assert list(fit.steps()) == [1, 2, 3]
    assert len(fit.losses) == 2
