"""Pseudo-labels: what a network says of patches without labels, where it is sure enough to teach.

Three ways to be sure, as the competition's first three places had them (doi:10.1109/
JSTARS.2022.3220845). Each gives 1 landslide, 0 none, and `UNKNOWN` where it is not sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..engine.common.errors import ParameterError

UNKNOWN = -1.0


@dataclass(frozen=True)
class Pseudo:
    """How patches without labels get some from the teachers of a recipe.

    Attributes:
        method: ``threshold`` (first place), ``share`` (second), ``uncertainty`` (third); empty for
            none: teachers then say what they think of the labelled patches.
        threshold: Probability from which a class is sure (section IV-B3).
        share: Share of the pixels of each class that are kept, the surest first (lambda, Table V).
        background: The same of the background, by uncertainty (section VI-C).
        landslide: And of landslides.
        runs: Runs of the network with dropout.
        dropout: Share of the first convolution's channels that is dropped in them.
    """

    method: str = ""
    threshold: float = 0.7
    share: float = 1.0
    background: float = 0.9
    landslide: float = 0.7
    runs: int = 10
    dropout: float = 0.3


def by_threshold(probability: Tensor, threshold: float) -> Tensor:
    """The class that has at least this probability: section IV-B3, 0.7 in every round."""
    sure = torch.where(probability >= threshold, 1.0, UNKNOWN)
    return torch.where(1 - probability >= threshold, 0.0, sure)


def by_share(probability: Tensor, share: float) -> Tensor:
    """The surest pixels of each class (section V-A3; class by class as in Zou 2018, its ref. 37).

    Args:
        probability: Any shape.
        share: How many of them, 0..1.
    """
    landslide = probability >= 0.5
    return _surest(landslide, (probability - 0.5).abs(), share, share)


def by_uncertainty(mean: Tensor, variance: Tensor, background: float, landslide: float) -> Tensor:
    """The pixels of each class of which several runs differ least (section VI-C).

    Args:
        mean: Mean probability of the runs, any shape.
        variance: Their variance, same shape.
        background: Share of the background to keep, 0..1.
        landslide: Share of the landslides.
    """
    return _surest(mean >= 0.5, -variance, background, landslide)


def _surest(landslide: Tensor, surety: Tensor, background: float, slides: float) -> Tensor:
    """Labels of the share of each class that is surest."""
    labels = torch.full_like(surety, UNKNOWN, dtype=torch.float32)
    for value, mine, share in ((0.0, ~landslide, background), (1.0, landslide, slides)):
        count = round(share * int(mine.sum()))
        if count:
            places = mine.flatten().nonzero()[:, 0]
            order = torch.argsort(surety.flatten()[places], descending=True, stable=True)
            labels.view(-1)[places[order[:count]]] = value
    return labels


class DroppedFirst:
    """Context in which the first convolution of a network drops channels, by seed.

    Section VI-C has a dropout layer behind the first convolution alone.
    """

    def __init__(self, network: nn.Module, share: float, seed: int) -> None:
        first = next((m for m in network.modules() if isinstance(m, nn.Conv2d)), None)
        if first is None:
            raise ParameterError("This network has no convolution behind which to drop channels.")
        self.first, self.share = first, share
        self.rng = torch.Generator(first.weight.device).manual_seed(seed)

    def __enter__(self) -> None:
        self.hook = self.first.register_forward_hook(self._drop)

    def __exit__(self, *_: object) -> None:
        self.hook.remove()

    def _drop(self, _module: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> Tensor:
        drawn = torch.rand(output.shape[:2], generator=self.rng, device=output.device)
        kept = (drawn >= self.share).to(output.dtype) / (1 - self.share)
        return output * kept[..., None, None]


@torch.inference_mode()
def mc_dropout(network: nn.Module, image: Tensor, runs: int, share: float) -> tuple[Tensor, Tensor]:
    """Mean and variance [N, 1, H, W] of the probabilities of several runs with dropout."""
    said = []
    for run in range(runs):
        with DroppedFirst(network, share, run):
            said.append(torch.sigmoid(network(image).float()))
    together = torch.stack(said)
    return together.mean(0), together.var(0)


@torch.inference_mode()
def pseudo_labels(
    networks: Sequence[nn.Module], images: Iterable[Tensor], pseudo: Pseudo
) -> Tensor:
    """Labels [N, 1, H, W] float16 of patches without any.

    The networks answer together by the mean of their probabilities (section IV-B3). Shares are
    those of all patches: where a patch has nothing but sure background, it teaches that.

    Args:
        networks: Normalised bands -> logits, in evaluation mode.
        images: Batches [n, C, H, W] of normalised patches.
        pseudo: How.

    Raises:
        ParameterError: Unknown method.
    """
    if pseudo.method not in ("threshold", "share", "uncertainty"):
        raise ParameterError(
            f"Unknown pseudo-labels '{pseudo.method}'. Choose threshold, share or uncertainty."
        )
    runs = pseudo.runs if pseudo.method == "uncertainty" else 0
    means, variances = [], []
    for image in images:
        if runs:
            found = [mc_dropout(net, image, runs, pseudo.dropout) for net in networks]
        else:
            found = [(torch.sigmoid(net(image).float()), torch.zeros(())) for net in networks]
        means.append(torch.stack([mean for mean, _ in found]).mean(0))
        variances.append(torch.stack([variance for _, variance in found]).mean(0))
    mean = torch.cat(means)
    if pseudo.method == "threshold":
        return by_threshold(mean, pseudo.threshold).half()
    if pseudo.method == "share":
        return by_share(mean, pseudo.share).half()
    return by_uncertainty(mean, torch.cat(variances), pseudo.background, pseudo.landslide).half()
