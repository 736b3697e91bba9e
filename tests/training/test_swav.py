"""SwAV's parts against references computed another way, and whole runs on synthetic patches."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from landslip.engine.common.errors import ParameterError
from landslip.training import pretrain as pretraining
from landslip.training.config import Config as TrainConfig
from landslip.training.data import Block, Patches
from landslip.training.models import build_model
from landslip.training.pretrain import Config, learning_rate, pretrain
from landslip.training.recipe import from_values
from landslip.training.run_folder import load_checkpoint
from landslip.training.swav import (
    LARS,
    Queue,
    SwAV,
    prototype_counts,
    sinkhorn,
    swapped_prediction,
    usage_entropy,
)
from landslip.training.train import train
from landslip.training.transfer import few_labelled, freeze_encoder, load_encoder
from landslip.training.views import Views, blur, jitter, multi_crop, optical_bands, random_crop

HELD_OUT = {"validation": Block(1, 4, 4), "test": Block(1, 6, 6), "guard": 1}
SMALL_VIEWS = Views(global_size=32, small_size=32, small_count=1)


@pytest.fixture
def tiny():
    return Config(
        options={"width": 4},
        epochs=2,
        batch=4,
        prototypes=4,
        frozen_prototypes=1,
        hidden=8,
        dimension=8,
        queue=6,
        queue_start=0,
        seed=3,
        views=SMALL_VIEWS,
        **HELD_OUT,
    )


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(5)


def random_scores(samples, prototypes, seed=0):
    """Cosines of random unit vectors."""
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(n, 16, generator=generator) for n in (samples, prototypes))
    return nn.functional.normalize(a) @ nn.functional.normalize(b).T


# --- sinkhorn ------------------------------------------------------------------------------------


def test_codes_are_nearly_doubly_stochastic():
    codes = sinkhorn(random_scores(96, 12), iterations=100, epsilon=0.05)
    torch.testing.assert_close(codes.sum(dim=1), torch.ones(96), atol=1e-5, rtol=0)
    torch.testing.assert_close(codes.sum(dim=0), torch.full((12,), 8.0), atol=0, rtol=1e-3)
    skewed = random_scores(96, 12) + torch.linspace(-0.3, 0.3, 12)
    none, few = (sinkhorn(skewed, n, epsilon=0.05).sum(dim=0) for n in (0, 3))
    assert few.std() < 0.2 * none.std()


@pytest.mark.parametrize("epsilon", [0.03, 0.05, 0.5])
def test_sinkhorn_equals_the_paper_algorithm_in_float64(epsilon):
    """The listing in appendix A of Caron et al. 2020: exponential first, then divisions."""
    scores = random_scores(40, 7, seed=2)
    q = np.exp(scores.numpy().astype(np.float64) / epsilon).T
    q /= q.sum()
    for _ in range(3):
        q *= (1 / q.shape[0]) / q.sum(axis=1, keepdims=True)
        q *= (1 / q.shape[1]) / q.sum(axis=0, keepdims=True)
    np.testing.assert_allclose(
        sinkhorn(scores, 3, epsilon).numpy(), (q / q.sum(axis=0)).T, rtol=2e-4, atol=1e-7
    )


def test_sinkhorn_survives_a_tiny_epsilon():
    codes = sinkhorn(random_scores(40, 7), iterations=3, epsilon=1e-3)
    torch.testing.assert_close(codes.sum(dim=1), torch.ones(40), atol=1e-4, rtol=0)


# --- loss ----------------------------------------------------------------------------------------


def test_perfect_assignments_have_no_loss_and_no_gradient():
    scores = torch.eye(4).repeat(3, 1).requires_grad_()
    codes = torch.eye(4).repeat(3, 1)
    loss = swapped_prediction([scores, scores], [codes, codes], temperature=0.02)
    loss.backward()
    assert 0 <= loss.item() < 1e-6
    assert scores.grad.abs().max() < 1e-6
    wrong = swapped_prediction([scores, scores], [codes, codes.roll(1, 1)], temperature=0.02)
    assert wrong.item() == pytest.approx(25, rel=0.01)  # half of the pairs, 1 / 0.02 each


def test_swapped_prediction_is_symmetric_in_the_two_views():
    a, b = random_scores(20, 5, seed=1), random_scores(20, 5, seed=2)
    qa, qb = sinkhorn(a), sinkhorn(b)
    there = swapped_prediction([a, b], [qa, qb])
    back = swapped_prediction([b, a], [qb, qa])
    assert there.item() == pytest.approx(back.item(), rel=1e-6)
    unswapped = swapped_prediction([a, b], [qb, qa])
    assert abs(unswapped.item() - there.item()) > 0.1


def test_swapped_prediction_equals_equation_2_in_float64():
    scores = [random_scores(10, 5, seed=s) for s in range(4)]
    codes = [sinkhorn(view) for view in scores[:2]]
    terms = []
    for i in range(2):
        for v in range(4):
            if v != i:
                p = np.exp(scores[v].numpy().astype(np.float64) / 0.1)
                p /= p.sum(axis=1, keepdims=True)
                terms.append(-(codes[i].numpy() * np.log(p)).sum(axis=1).mean())
    assert len(terms) == 6
    assert swapped_prediction(scores, codes, 0.1).item() == pytest.approx(np.mean(terms), rel=1e-5)


def test_no_knowledge_costs_log_k():
    flat = torch.zeros(8, 5)
    assert swapped_prediction([flat] * 3, [sinkhorn(flat)] * 2).item() == pytest.approx(math.log(5))


class FlatEncoder(nn.Module):
    """Bands to one map of features: the smallest thing that SwAV can train."""

    def __init__(self, bands, features):
        super().__init__()
        self.body = nn.Conv2d(bands, features, 1)

    def forward(self, x):
        return [self.body(x)]


@pytest.mark.parametrize("optimiser", ["adam", "lars"])
def test_loss_falls_on_a_toy_problem(optimiser, rng):
    """Four colours, noise between the views: the codes become predictable."""
    torch.manual_seed(0)
    model = SwAV(FlatEncoder(3, 16), 16, prototypes=4, hidden=16, dimension=8)
    step = (
        torch.optim.Adam(model.parameters(), lr=5e-3)
        if optimiser == "adam"
        else LARS(model.parameters(), lr=5.0, trust=0.02)
    )
    colours = torch.tensor([[2.0, 0, 0], [0, 2, 0], [0, 0, 2], [-2, -2, -2]])
    kind = torch.arange(32) % 4
    losses = []
    for _ in range(60):
        image = colours[kind][:, :, None, None].expand(-1, -1, 4, 4)
        views = [image + 0.3 * torch.randn(image.shape, generator=rng) for _ in range(3)]
        scores = model.scores(model(views))
        loss = swapped_prediction(scores, model.codes(scores, 3, 0.05))
        step.zero_grad()
        loss.backward()
        step.step()
        model.normalise_prototypes()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]
    assert usage_entropy(prototype_counts(scores[0])) == pytest.approx(math.log(4), abs=0.01)
    torch.testing.assert_close(model.prototypes.weight.norm(dim=1), torch.ones(4))


def test_lars_step_has_the_layers_own_length():
    weight, bias = nn.Parameter(torch.full((2, 2), 3.0)), nn.Parameter(torch.zeros(2))
    weight.grad, bias.grad = torch.full((2, 2), 1e-4), torch.full((2,), 0.5)
    LARS([weight, bias], lr=2.0, trust=0.01).step()
    expected = torch.full((2, 2), 3 - 2 * 0.01 * 3)  # whatever the size of the gradient
    torch.testing.assert_close(weight.detach(), expected)
    torch.testing.assert_close(bias.detach(), torch.full((2,), -1.0))


# --- queue and collapse watch --------------------------------------------------------------------


def test_queue_holds_the_newest_first():
    queue = Queue(5, 2)
    assert queue.embeddings.shape == (2, 5, 2)
    for value in (1.0, 2.0, 3.0):
        assert not queue.ready
        queue.push([torch.full((2, 2), value), torch.full((2, 2), 10 * value)])
    assert queue.ready
    assert queue.embeddings[0, :, 0].tolist() == [3, 3, 2, 2, 1]
    assert queue.embeddings[1, :, 1].tolist() == [30, 30, 20, 20, 10]
    empty = Queue(0, 2)
    empty.push([torch.ones(2, 2)] * 2)
    assert not empty.ready


def test_queue_takes_part_in_the_codes():
    torch.manual_seed(0)
    model = SwAV(FlatEncoder(3, 4), 4, prototypes=3, hidden=8, dimension=4, queue=6)
    embeddings = model([torch.randn(4, 3, 8, 8) for _ in range(3)])
    scores = model.scores(embeddings)
    alone = model.codes(scores, 3, 0.05)
    former = nn.functional.normalize(torch.randn(6, 4), dim=1)
    model.queue.push([former, former])
    together = model.codes(scores, 3, 0.05)
    assert [code.shape for code in together] == [(4, 3), (4, 3)]
    whole = sinkhorn(torch.cat([scores[0], model.scores([former])[0]]), 3, 0.05)[:4]
    torch.testing.assert_close(together[0], whole)
    assert (together[0] - alone[0]).abs().max() > 0.01


def test_usage_entropy_ends():
    assert usage_entropy(torch.full((16,), 3)) == pytest.approx(math.log(16))
    assert usage_entropy(torch.tensor([0, 48, 0])) == 0
    same = torch.tensor([[0.1, 0.9, 0.2]]).repeat(7, 1)
    assert prototype_counts(same).tolist() == [0, 7, 0]


# --- views ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bands", [("B04", "B03", "B02"), ("B04", "B03", "B02", "slope", "dem")])
def test_multi_crop_shapes(bands, rng):
    count = len(bands)
    image = torch.rand(3, count, 128, 128, generator=rng) * 2000
    mean, std = torch.full((3, count), 1000.0), torch.full((3, count), 500.0)
    views = multi_crop(image, mean, std, optical_bands(bands), Views(), rng)
    sizes = [(3, count, 128, 128)] * 2 + [(3, count, 96, 96)] * 2
    assert [tuple(view.shape) for view in views] == sizes
    assert (views[0] - views[1]).abs().mean() > 0.1


def test_whole_crop_is_one_of_the_eight_turns(rng):
    image = torch.rand(1, 2, 16, 16, generator=rng)
    turns = [torch.rot90(flip, k, (2, 3)) for flip in (image, image.flip(3)) for k in range(4)]
    seen = set()
    for _ in range(60):
        view = random_crop(image, 16, (1.0, 1.0), 1.0, rng)
        match = [k for k, turn in enumerate(turns) if torch.allclose(view, turn, atol=1e-5)]
        assert len(match) == 1
        seen.add(match[0])
    assert seen == set(range(8))


def test_crop_shows_its_share_of_the_patch(rng):
    """On a ramp, the spread along x and y tells how much of the patch a view covers."""
    ramp = torch.linspace(-1, 1, 64)
    image = torch.stack([ramp.expand(64, 64), ramp[:, None].expand(64, 64)])
    view = random_crop(image.expand(200, 2, 64, 64), 32, (0.25, 0.25), 4 / 3, rng)
    extent = view.amax(dim=(2, 3)) - view.amin(dim=(2, 3))
    share = (extent / 2 * 32 / 31).prod(dim=1)
    assert share.mean() == pytest.approx(0.25, abs=0.02)
    assert share.min() > 0.22
    assert share.max() < 0.28


def test_jitter_leaves_terrain_alone(rng):
    image = 100 * torch.rand(50, 3, 8, 8, generator=rng)
    mean, std = torch.full((50, 3), 50.0), torch.full((50, 3), 30.0)
    result = jitter(image, mean, std, optical_bands(("B04", "slope", "dem")), Views(), rng)
    plain = (image - 50) / 30
    torch.testing.assert_close(result[:, 1:], plain[:, 1:], atol=1e-4, rtol=1e-4)
    gains = result[:, 0].std(dim=(1, 2)) / plain[:, 0].std(dim=(1, 2))
    assert gains.log().std() == pytest.approx(math.hypot(0.25, 0.10), rel=0.35)


def test_blur_keeps_the_mean_and_takes_detail(rng):
    image = torch.rand(40, 1, 32, 32, generator=rng)
    assert torch.equal(blur(image, 0.0, rng), image)
    soft = blur(image, 1.0, rng)
    assert soft.mean() == pytest.approx(image.mean().item(), abs=0.01)
    assert soft.std() < 0.8 * image.std()


# --- the loop ------------------------------------------------------------------------------------


def test_learning_rate_rises_and_falls():
    config = Config(learning_rate=1e-3, warmup=0.1)
    rates = [learning_rate(config, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == rates[10] == pytest.approx(1e-3)
    assert 0 < rates[-1] < 1e-6


@pytest.mark.parametrize("optimiser", ["adam", "lars"])
def test_resumed_run_equals_uninterrupted_run(tiny, synthetic_folder, tmp_path, optimiser):
    tiny = dataclasses.replace(tiny, optimiser=optimiser, epochs=3)
    pretrain(tiny, synthetic_folder, tmp_path / "whole")
    killed = tmp_path / "killed"

    def stop(*args):
        if len(args[0]) == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretraining, "log_row", stop)
        with pytest.raises(KeyboardInterrupt):
            pretrain(tiny, synthetic_folder, killed)
    pretrain(tiny, synthetic_folder, killed)
    whole, parts = (load_checkpoint(tmp_path / name / "last.pt") for name in ("whole", "killed"))
    assert whole["model"].keys() == parts["model"].keys()
    assert all(torch.equal(whole["model"][key], parts["model"][key]) for key in whole["model"])
    assert whole["model"]["queue.filled"] == 6
    assert [r["loss"] for r in whole["rows"]] == [r["loss"] for r in parts["rows"]]
    assert (killed / "log.csv").read_text().startswith("epoch,loss,entropy,usage,seconds\n1,")
    assert not list(tmp_path.rglob("*.part"))


def test_held_out_rows_and_labels_are_never_read(tiny, synthetic_folder, tmp_path, monkeypatch):
    seen = []

    def load(*arguments):
        patches = original(*arguments)
        object.__setattr__(patches, "mask", None)
        return patches

    def batches(patches, chosen, *rest):
        seen.extend(patches.row[chosen])
        return views(patches, chosen, *rest)

    original, views = pretraining.load_patches, pretraining.view_batches
    monkeypatch.setattr(pretraining, "load_patches", load)
    monkeypatch.setattr(pretraining, "view_batches", batches)
    pretrain(dataclasses.replace(tiny, epochs=1), synthetic_folder, tmp_path)
    assert set(seen) == {0, 1, 2}  # rows 4 and 6 are held out, 3, 5 and 7 guard them


def test_nan_loss_ends_with_a_sentence_and_keeps_the_last_checkpoint(
    tiny, synthetic_folder, tmp_path, monkeypatch
):
    pretrain(dataclasses.replace(tiny, epochs=1), synthetic_folder, tmp_path)
    before = (tmp_path / "last.pt").read_bytes()
    monkeypatch.setattr(
        pretraining, "swapped_prediction", lambda scores, *_: scores[0].sum() * float("nan")
    )
    with pytest.raises(ParameterError, match=r"no longer a number.*epoch 1 is kept.*learning_rate"):
        pretrain(tiny, synthetic_folder, tmp_path)
    assert (tmp_path / "last.pt").read_bytes() == before


def test_collapse_is_told(tiny, synthetic_folder, tmp_path, monkeypatch, capsys):
    config = dataclasses.replace(tiny, epochs=1)
    pretrain(dataclasses.replace(config, low_usage=0.0), synthetic_folder, tmp_path / "good")
    assert "Warning" not in capsys.readouterr().out
    monkeypatch.setattr(
        SwAV, "scores", lambda self, views: [0 * v[:, :4] + self.one for v in views]
    )
    monkeypatch.setattr(
        SwAV, "one", torch.tensor([0.9, 0, 0, 0], requires_grad=True), raising=False
    )
    pretrain(config, synthetic_folder, tmp_path / "collapsed")
    assert "few of the 4 prototypes (usage 0.00" in capsys.readouterr().out


def test_mistakes_are_sentences(tiny, synthetic_folder, tmp_path):
    with pytest.raises(ParameterError, match="no ResNet encoder"):
        pretrain(dataclasses.replace(tiny, network="unet"), synthetic_folder, tmp_path)
    with pytest.raises(ParameterError, match="Unknown optimiser 'sgd'"):
        pretrain(dataclasses.replace(tiny, optimiser="sgd"), synthetic_folder, tmp_path)
    with pytest.raises(ParameterError, match="6 patches are less than a batch of 99"):
        pretrain(dataclasses.replace(tiny, batch=99), synthetic_folder, tmp_path)
    with pytest.raises(ParameterError, match=r"learnig_rate.*Known keys"):
        from_values(Config, {"learnig_rate": 1})
    pretrain(dataclasses.replace(tiny, epochs=1), synthetic_folder, tmp_path)
    with pytest.raises(ParameterError, match="another recipe"):
        pretrain(dataclasses.replace(tiny, batch=3), synthetic_folder, tmp_path)


# --- few labels ----------------------------------------------------------------------------------


def patches_with(pixels):
    """One patch per entry, with so many landslide pixels."""
    mask = np.zeros((len(pixels), 128 * 128), bool)
    for patch, count in enumerate(pixels):
        mask[patch, :count] = True
    place = np.zeros(len(pixels), int)
    empty = np.zeros((len(pixels), 0))
    return Patches(empty, empty, mask.reshape(-1, 128, 128), place, place, place, ())


def test_few_labels_have_enough_landslide_and_are_seeded():
    patches = patches_with([0, 49, 50, 51, 900, 2000, 50, 3, 77, 60])
    chosen = np.arange(10)[1:]
    first = few_labelled(patches, chosen, 4, 50, seed=1)
    assert len(set(first)) == 4
    assert patches.mask[first].sum(axis=(1, 2)).min() >= 50
    assert np.array_equal(first, few_labelled(patches, chosen, 4, 50, seed=1))
    draws = {tuple(few_labelled(patches, chosen, 4, 50, seed)) for seed in range(40)}
    assert len(draws) > 10
    assert set(np.concatenate([list(d) for d in draws])) == {2, 3, 4, 5, 6, 8, 9}
    with pytest.raises(ParameterError, match="Only 7 training patches have 50"):
        few_labelled(patches, chosen, 8, 50, seed=1)


@pytest.mark.parametrize("bands", [3, 5])
def test_frozen_encoder_does_not_change(bands):
    """Weights and BatchNorm statistics stay bit for bit; the decoder moves."""
    torch.manual_seed(0)
    donor, model = (build_model("swav_unet", bands, width=4) for _ in range(2))
    names = tuple(f"B{k:02}" for k in range(bands))
    state = {"config": {}, "bands": list(names), "encoder": donor.encoder.state_dict()}
    load_encoder(model, state, names)
    freeze_encoder(model, "encoder.pt")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=0.1, weight_decay=0.1)
    for _ in range(2):
        model.train()
        loss = model(torch.randn(2, bands, 64, 64)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    moved = {k for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
    assert moved
    assert not [key for key in moved if key.startswith("encoder.")]
    for key, value in donor.encoder.state_dict().items():
        assert torch.equal(model.encoder.state_dict()[key], value)


@pytest.fixture
def few(tmp_path):
    return TrainConfig(
        network="swav_unet",
        options={"width": 4},
        loss={"bce": 1.0},
        epochs=2,
        batch=2,
        encoder=str(tmp_path / "pre" / "encoder.pt"),
        freeze_encoder=True,
        labelled=4,
        labelled_pixels=50,
        seed=3,
        **HELD_OUT,
    )


def test_pretraining_then_few_labels(tiny, few, synthetic_folder, tmp_path):
    encoder = pretrain(dataclasses.replace(tiny, epochs=1), synthetic_folder, tmp_path / "pre")
    train(few, synthetic_folder, tmp_path / "few")
    train(dataclasses.replace(few, epochs=1), synthetic_folder, tmp_path / "parts")
    train(few, synthetic_folder, tmp_path / "parts")
    given = load_checkpoint(encoder)["encoder"]
    whole, parts = (load_checkpoint(tmp_path / name / "last.pt") for name in ("few", "parts"))
    for kind in ("model", "average"):
        for key, value in given.items():
            assert torch.equal(whole[kind][f"encoder.{key}"], value), key
        assert all(torch.equal(whole[kind][key], parts[kind][key]) for key in whole[kind])
    torch.manual_seed(few.seed)
    fresh = build_model("swav_unet", 3, width=4).state_dict()
    assert not torch.equal(fresh["decoder.head.weight"], whole["model"]["decoder.head.weight"])


def test_training_takes_only_the_few_labels(few, synthetic_folder, tmp_path, monkeypatch):
    from landslip.training import train as training

    seen = []
    batches = training.epoch_batches

    def watch(config, samples, chosen, *rest):
        seen.append(set(chosen))
        return batches(config, samples, chosen, *rest)

    monkeypatch.setattr(training, "epoch_batches", watch)
    scratch = dataclasses.replace(few, encoder="", freeze_encoder=False, epochs=1)
    train(scratch, synthetic_folder, tmp_path / "run")
    assert len(seen[0]) == 4
    assert seen[0] <= set(range(6))  # rows 0 to 2, two tiles each


def test_unfit_encoders_are_refused(tiny, few, synthetic_folder, tmp_path):
    pretrain(dataclasses.replace(tiny, epochs=1), synthetic_folder, tmp_path / "pre")

    def refused(message, **changes):
        with pytest.raises(ParameterError, match=message):
            train(dataclasses.replace(few, **changes), synthetic_folder, tmp_path / "run")

    refused("no checkpoint", encoder=str(tmp_path / "none.pt"))
    refused("holds no encoder", encoder=str(tmp_path / "pre" / "last.pt"))
    refused("another shape.*'width': 4", options={"width": 8})
    refused("pre-trained on 2 of the patches", test=Block(1, 0, 0), guard=0)
    refused("no ResNet encoder", network="resunet")
    refused("keep a random encoder", encoder="")
    refused("Only 6 training patches", labelled=7)
    state = load_checkpoint(tmp_path / "pre" / "encoder.pt")
    torch.save({**state, "bands": ["B04", "B08", "B02"]}, tmp_path / "other.pt")
    refused("pre-trained on B04, B08, B02", encoder=str(tmp_path / "other.pt"))
