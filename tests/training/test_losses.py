import itertools
import math

import numpy as np
import pytest
import torch

from landslip.engine.common.errors import ParameterError
from landslip.training.losses import LOSSES, bce, build_loss, dice, lovasz_hinge, ohem, weighted_ce


def pixels(*values):
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 1, -1)


def test_bce_by_hand():
    # sigmoid(0) = 1/2 on both; sigmoid(log 3) = 3/4 on a landslide pixel
    expected = (2 * math.log(2) - math.log(0.75)) / 3
    assert bce(pixels(0, 0, math.log(3)), pixels(1, 0, 1)).item() == pytest.approx(expected)


def test_dice_by_hand():
    # probabilities 3/4, 1/4, 1/2 against 1, 0, 1: overlap 5/4, sums 3/2 and 2
    logits = pixels(math.log(3), -math.log(3), 0)
    expected = 1 - (2 * 1.25 + 1) / (1.5 + 2 + 1)
    assert dice(logits, pixels(1, 0, 1)).item() == pytest.approx(expected)


def test_dice_of_an_empty_batch_is_small_and_differentiable():
    logits = torch.full((1, 1, 8, 8), -12.0, requires_grad=True)
    loss = dice(logits, torch.zeros(1, 1, 8, 8))
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-3)
    assert torch.isfinite(logits.grad).all()


def test_weighted_ce_lets_both_classes_count_the_same():
    # one landslide pixel in four: weights 3/4 and 1/4, mean over a total weight of 3/2
    positive, negative = -math.log(0.75), -math.log(0.5)
    expected = (0.75 * positive + 3 * 0.25 * negative) / 1.5
    logits, target = pixels(math.log(3), 0, 0, 0), pixels(1, 0, 0, 0)
    assert weighted_ce(logits, target).item() == pytest.approx(expected)


def test_ohem_keeps_the_hardest():
    logits, target = pixels(-2, 5, -5, 6), pixels(1, 1, 0, 1)
    assert ohem(logits, target, keep=0.25).item() == pytest.approx(math.log(1 + math.e**2))
    assert ohem(logits, target, keep=1.0).item() == pytest.approx(bce(logits, target).item())


def jaccard_loss(wrong, truth):
    """1 - IoU when the pixels of `wrong` are misclassified."""
    predicted = truth ^ wrong
    union = (predicted | truth).sum()
    return 1 - (predicted & truth).sum() / union if union else 0.0


def lovasz_by_definition(errors, truth):
    """Lovasz extension as the mean of the set function over level sets (Berman 2018, eq. 6)."""
    order = np.argsort(-errors)
    value, wrong = 0.0, np.zeros(truth.size, bool)
    for rank, pixel in enumerate(order):
        before = jaccard_loss(wrong, truth)
        wrong = wrong.copy()
        wrong[pixel] = True
        value += errors[order[rank]] * (jaccard_loss(wrong, truth) - before)
    return value


@pytest.mark.parametrize("seed", range(4))
def test_lovasz_against_its_definition(seed):
    rng = np.random.default_rng(seed)
    truth = rng.random(9) < 0.4
    truth[0] = True
    logits = rng.normal(size=9)
    errors = np.maximum(1 - logits * (2 * truth - 1), 0)
    ours = lovasz_hinge(pixels(*logits), pixels(*truth.astype(float))).item()
    assert ours == pytest.approx(lovasz_by_definition(errors, truth), abs=1e-5)


def test_lovasz_equals_jaccard_on_hard_masks():
    """At logits of -1 and 1 the hinge is 0 or 2: twice the Jaccard loss of the mask."""
    truth = np.array([1, 1, 0, 0], bool)
    for mask in itertools.product([False, True], repeat=4):
        wrong = np.array(mask) ^ truth
        logits = pixels(*np.where(mask, 1.0, -1.0))
        ours = lovasz_hinge(logits, pixels(*truth.astype(float))).item()
        assert ours == pytest.approx(2 * jaccard_loss(wrong, truth), abs=1e-6)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_falls_towards_the_truth(name):
    target = (torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(1)) < 0.1).float()
    logits = torch.zeros(2, 1, 16, 16, requires_grad=True)
    before = LOSSES[name](logits, target)
    before.backward()
    after = LOSSES[name]((logits - 10 * logits.grad).detach() + 2 * (2 * target - 1), target)
    assert after.item() < before.item()


def test_sum_of_losses():
    logits, target = pixels(0.3, -1, 2), pixels(1, 0, 1)
    both = build_loss({"bce": 0.5, "dice": 2.0})(logits, target).item()
    expected = 0.5 * bce(logits, target).item() + 2 * dice(logits, target).item()
    assert both == pytest.approx(expected, rel=1e-6)


def test_unknown_loss_says_so():
    with pytest.raises(ParameterError, match=r"focus.*bce"):
        build_loss({"focus": 1.0})
    with pytest.raises(ParameterError, match="none given"):
        build_loss({})
