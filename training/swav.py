"""SwAV: features learnt without labels, by predicting the cluster of one view from another.

"Unsupervised Learning of Visual Features by Contrasting Cluster Assignments" (Caron et al. 2020,
arXiv:2006.09882), as section II of "Contrastive Self-Supervised Learning for Globally Distributed
Landslide Detection" uses it; the equation numbers are the latter's. Views come from `views`, the
loop is in `pretrain`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from .views import GLOBAL

# --- codes and loss ------------------------------------------------------------------------------


@torch.no_grad()
def sinkhorn(scores: Tensor, iterations: int = 3, epsilon: float = 0.05) -> Tensor:
    """Soft assignment of samples to prototypes that uses all prototypes alike.

    Sinkhorn-Knopp (Cuturi 2013, arXiv:1306.0895) on exp(scores / epsilon), section 3.1 of Caron et
    al. 2020: rows and columns are scaled in turn, here as logarithms, which cannot overflow.

    Args:
        scores: [N, K] similarity of N samples to K prototypes.
        iterations: Rounds; more bring the prototypes' shares closer to each other.
        epsilon: Smoothness; large values make all codes alike.

    Returns:
        Codes [N, K] float32: every row sums to 1, every column to about N / K.
    """
    codes = scores.float() / epsilon
    for _ in range(iterations):
        codes = codes - torch.logsumexp(codes, dim=0, keepdim=True)
        codes = codes - torch.logsumexp(codes, dim=1, keepdim=True)
    return torch.softmax(codes, dim=1)


def swapped_prediction(
    scores: Sequence[Tensor], codes: Sequence[Tensor], temperature: float = 0.1
) -> Tensor:
    """Cross-entropy of every view against the codes of every *other* global view, Eq. 1 and 2.

    The mean over the pairs instead of their sum: the value at no knowledge is log K, whatever the
    number of views.

    Args:
        scores: [N, K] for each view, the global ones first.
        codes: [N, K] for each global view; they carry no gradient.
        temperature: Of the softmax over prototypes.

    Returns:
        The loss, a scalar.
    """
    logs = [F.log_softmax(view.float() / temperature, dim=1) for view in scores]
    pairs = [
        -(code.detach() * log).sum(dim=1).mean()
        for i, code in enumerate(codes)
        for v, log in enumerate(logs)
        if v != i
    ]
    return torch.stack(pairs).mean()


# --- collapse watch ------------------------------------------------------------------------------


def prototype_counts(scores: Tensor) -> Tensor:
    """[K] How many of [N, K] samples are nearest to each prototype.

    Before Sinkhorn: its codes use all prototypes alike even when all features have become one.
    """
    return torch.bincount(scores.argmax(dim=1), minlength=scores.shape[1])


def usage_entropy(counts: Tensor) -> float:
    """Entropy of the prototypes' shares: log K when all are used alike, 0 when one takes all."""
    share = counts.double() / counts.sum().clamp_min(1)
    return float(torch.special.entr(share).sum())


# --- network -------------------------------------------------------------------------------------


class Queue(nn.Module):
    """Embeddings of former steps, newest first, which help small batches to balanced codes.

    Args:
        size: Embeddings per global view; 0 for none.
        dimension: Length of an embedding.
    """

    embeddings: Tensor
    filled: Tensor

    def __init__(self, size: int, dimension: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("embeddings", torch.zeros(GLOBAL, size, dimension))
        self.register_buffer("filled", torch.tensor(0))

    @property
    def ready(self) -> bool:
        """Whether every row holds an embedding."""
        return 0 < self.size <= int(self.filled)

    @torch.no_grad()
    def push(self, embeddings: Sequence[Tensor]) -> None:
        """Put [N, dimension] of each global view in front; the oldest fall out."""
        if not self.size:
            return
        new = torch.stack([view.detach().float() for view in embeddings])
        self.embeddings.copy_(torch.cat([new, self.embeddings], dim=1)[:, : self.size])
        self.filled.fill_(min(self.size, int(self.filled) + new.shape[1]))


class SwAV(nn.Module):
    """Encoder, projection head and prototypes.

    Args:
        encoder: Maps [N, C, H, W] to feature maps, the coarsest last.
        features: Channels of the coarsest map.
        prototypes: K, number of clusters.
        hidden: Width of the projection head.
        dimension: Length of an embedding.
        queue: Embeddings of former steps that take part in the assignment; 0 for none.
    """

    def __init__(
        self,
        encoder: nn.Module,
        features: int,
        prototypes: int = 64,
        hidden: int = 512,
        dimension: int = 128,
        queue: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(
            nn.Linear(features, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, dimension),
        )
        self.prototypes = nn.Linear(dimension, prototypes, bias=False)
        self.queue = Queue(queue, dimension)
        self.normalise_prototypes()

    @torch.no_grad()
    def normalise_prototypes(self) -> None:
        """Bring every prototype to unit length; to be called after each step."""
        self.prototypes.weight.copy_(F.normalize(self.prototypes.weight, dim=1))

    def forward(self, views: Sequence[Tensor]) -> list[Tensor]:
        """Views [N, C, H, W] -> unit embeddings [N, dimension], views of one size in one pass."""
        embeddings: list[Tensor] = []
        for _, run in groupby(views, key=lambda view: view.shape[-1]):
            same = list(run)
            batch = torch.cat(same).contiguous(memory_format=torch.channels_last)
            pooled = self.encoder(batch)[-1].float().mean(dim=(2, 3))
            embeddings += F.normalize(self.head(pooled).float(), dim=1).chunk(len(same))
        return embeddings

    def scores(self, embeddings: Sequence[Tensor]) -> list[Tensor]:
        """Cosine [N, K] of embeddings and prototypes, float32 whatever the precision around."""
        with torch.autocast(self.prototypes.weight.device.type, enabled=False):
            return [self.prototypes(view.float()) for view in embeddings]

    @torch.no_grad()
    def codes(self, scores: Sequence[Tensor], iterations: int, epsilon: float) -> list[Tensor]:
        """Codes [N, K] of the global views; a full queue takes part in balancing them."""
        if not self.queue.ready:
            return [sinkhorn(view, iterations, epsilon) for view in scores[:GLOBAL]]
        former = self.scores(self.queue.embeddings.unbind())
        both = [torch.cat(pair) for pair in zip(scores[:GLOBAL], former)]
        count = len(scores[0])
        return [sinkhorn(view, iterations, epsilon)[:count] for view in both]


# --- LARS ----------------------------------------------------------------------------------------


class LARS(torch.optim.Optimizer):
    """Momentum with a step size per layer (You, Gitman & Ginsburg 2017, arXiv:1708.03888).

    Biases and BatchNorm, the one-dimensional parameters, take plain steps without weight decay.

    Args:
        parameters: What to train.
        lr: Learning rate.
        momentum: Share of the former step that is kept.
        weight_decay: Pull towards zero.
        trust: Largest step of a layer as a share of its norm, at a learning rate of 1.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 0.3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust: float = 0.001,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "trust": trust}
        super().__init__(parameters, settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step down the gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, group)
        return loss

    def _move(self, parameter: Tensor, group: dict) -> None:
        step = parameter.grad
        if parameter.ndim > 1:
            step = step + group["weight_decay"] * parameter
            weight, gradient = parameter.norm(), step.norm()
            if weight > 0 and gradient > 0:
                step = step * (group["trust"] * weight / gradient)
        velocity = self.state[parameter].setdefault("velocity", torch.zeros_like(parameter))
        velocity.mul_(group["momentum"]).add_(step)
        parameter.sub_(group["lr"] * velocity)
