"""Losses for rare, imperfectly labelled landslide pixels. All take logits and targets [N, 1, H, W].

Sums over the whole batch, never per patch: many patches hold a handful of landslide pixels, and a
per-patch Dice or Jaccard would let those few decide. Where a target is negative, nothing is known:
such pixels add nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor

from ..engine.common.errors import ParameterError


def bce(logits: Tensor, target: Tensor) -> Tensor:
    """Mean binary cross-entropy."""
    return F.binary_cross_entropy_with_logits(logits, target)


def weighted_ce(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy with each class weighted by the other's share of the batch.

    The weighting of the competition's second place (section V-A2, Eq. 3): both classes count the
    same.
    """
    share = target.mean()
    weight = target * (1 - share) + (1 - target) * share
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    # Divided by the mean weight, so that the value stays comparable with `bce`.
    return (weight * loss).sum() / weight.sum().clamp_min(1e-6)


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """Soft Dice loss, 1 - 2|P.T| / (|P| + |T|) (Milletari 2016, arXiv:1606.04797, without squares).

    One pixel is added above and below, so that an empty batch has a defined, small loss.
    """
    probability = torch.sigmoid(logits)
    overlap = (probability * target).sum()
    return 1 - (2 * overlap + 1) / (probability.sum() + target.sum() + 1)


def lovasz_hinge(logits: Tensor, target: Tensor) -> Tensor:
    """Lovasz hinge, a convex stand-in for 1 - IoU (Berman 2018, arXiv:1705.08790, eq. 8-9)."""
    logits, target = logits.reshape(-1), target.reshape(-1)
    errors = 1 - logits * (2 * target - 1)
    errors, order = torch.sort(errors, descending=True)
    return torch.dot(F.relu(errors), _jaccard_gradient(target[order]))


def _jaccard_gradient(sorted_target: Tensor) -> Tensor:
    """Growth of 1 - IoU with each further error, largest error first (Berman, algorithm 1)."""
    total = sorted_target.sum()
    intersection = total - sorted_target.cumsum(0)
    union = total + (1 - sorted_target).cumsum(0)
    jaccard = 1 - intersection / union
    return torch.diff(jaccard, prepend=jaccard.new_zeros(1))


def ohem(logits: Tensor, target: Tensor, keep: float = 0.25) -> Tensor:
    """Online hard example mining: cross-entropy of the hardest pixels (Shrivastava 2016).

    Args:
        logits: [N, 1, H, W].
        target: [N, 1, H, W].
        keep: Share of the batch's pixels that count, 0..1.
    """
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none").reshape(-1)
    return loss.topk(max(1, round(keep * loss.numel()))).values.mean()


def soft_ce(logits: Tensor, target: Tensor, smoothing: float = 0.1) -> Tensor:
    """Cross-entropy with labels moved towards one half (Szegedy 2016, arXiv:1512.00567, section 7).

    What the competition's first place did about noisy pseudo-labels (section IV-B2). The losses
    beside it still see hard labels, unlike with a recipe's `smoothing`.
    """
    return F.binary_cross_entropy_with_logits(logits, target * (1 - smoothing) + smoothing / 2)


def jaccard(logits: Tensor, target: Tensor) -> Tensor:
    """Soft Jaccard loss, 1 - |P.T| / (|P| + |T| - |P.T|): the competition's third place, Eq. 6.

    One pixel is added above and below, as in `dice`.
    """
    probability = torch.sigmoid(logits)
    overlap = (probability * target).sum()
    return 1 - (overlap + 1) / (probability.sum() + target.sum() - overlap + 1)


def balanced_ce(logits: Tensor, target: Tensor, most: float = 49.0) -> Tensor:
    """Cross-entropy whose landslide pixels weigh N_neg / N_pos of their own image (Eq. 3).

    The competition's second place (section V-A2). The equation prints the landslides' part alone,
    which would be least where all is landslide: here the rest keeps the weight 1.

    Args:
        logits: [N, 1, H, W].
        target: [N, 1, H, W].
        most: Largest weight. An image with one pixel would weigh as much as all others; 49 is the
            ratio of the whole training set (figure 3b).
    """
    positive = target.sum((1, 2, 3), keepdim=True)
    negative = target[0].numel() - positive
    weight = (negative / positive.clamp_min(1e-6)).clamp_max(most)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (loss * (target * weight + (1 - target))).mean()


#: A logit so low that a pixel without landslide adds nothing to any loss.
CERTAIN = -30.0

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bce": bce,
    "weighted_ce": weighted_ce,
    "dice": dice,
    "lovasz": lovasz_hinge,
    "ohem": ohem,
    "soft_ce": soft_ce,
    "jaccard": jaccard,
    "balanced_ce": balanced_ce,
}


def build_loss(weights: dict[str, float]) -> Callable[[Tensor, Tensor], Tensor]:
    """Weighted sum of registered losses, such as ``{"bce": 1.0, "dice": 1.0}``.

    Raises:
        ParameterError: No loss, or an unknown one.
    """
    unknown = sorted(set(weights) - set(LOSSES))
    if unknown or not weights:
        raise ParameterError(
            f"Unknown loss {', '.join(unknown) or '(none given)'}. "
            f"Choose from: {', '.join(LOSSES)}."
        )

    def total(logits: Tensor, target: Tensor) -> Tensor:
        # float32: the sums of half a million bfloat16 values would lose the rare class.
        logits, target = logits.float(), target.float()
        # Unknown pixels become sure ones without landslide. Leaving them out would change the shape
        # of what follows, which a recorded graph cannot.
        logits, target = torch.where(target < 0, CERTAIN, logits), target.clamp_min(0)
        return torch.stack([w * LOSSES[name](logits, target) for name, w in weights.items()]).sum()

    return total
