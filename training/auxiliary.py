"""Terms of the loss that look inside a network, besides those that look at its map.

Each is a module with weights of its own, which training alone needs. It hears what the network's
`encoder` gives, and is asked for its loss after the network has seen a batch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from ..engine.common.errors import ParameterError
from .config import Config
from .models.wrappers import core


class Auxiliary(nn.Module):
    """Hears the last map of an encoder.

    Args:
        network: Whose encoder to hear; its weights are not among these.
        bands: Names of the bands that it reads.

    Raises:
        ParameterError: The network has no encoder that gives maps.
    """

    def __init__(self, network: nn.Module, bands: Sequence[str]) -> None:
        super().__init__()
        encoder = getattr(core(network), "encoder", None)
        if encoder is None or isinstance(encoder, nn.ModuleList):  # a U-Net's is a list of blocks
            raise ParameterError(
                "This network has no encoder to hear. Choose another, such as swin_unet or "
                "deeplab_v3plus, or leave auxiliary out."
            )
        self._encoder, self._bands = [encoder], tuple(bands)  # in a list: no part of this module
        self._heard: list[Tensor] = []
        encoder.register_forward_hook(self._hear)
        with torch.no_grad():
            training, weight = network.training, next(network.parameters())
            network.eval()(torch.zeros(1, len(bands), 64, 64, device=weight.device))
            network.train(training)
        self.channels = self.seen.shape[1]

    def _hear(self, _encoder: nn.Module, inputs: tuple[Tensor], maps: Any) -> None:
        self._heard = [inputs[0], maps[-1]]

    @property
    def seen(self) -> Tensor:
        """The last map [N, channels, h, w] of what the network saw last."""
        return self._heard[1]

    def loss(self, image: Tensor, target: Tensor) -> Tensor:
        """Loss of the batch [N, C, H, W] that the network has just seen, with its target."""
        raise NotImplementedError

    def after_step(self) -> None:
        """What is to be done when the weights have moved."""


class ImageLevel(Auxiliary):
    """Whether there is a landslide in the image at all: Eq. 2 of the competition (section V-A2).

    A fully connected layer behind global pooling. The equation prints the part of images with
    landslides alone, which would be least where all have some: here it has both.
    """

    def __init__(self, network: nn.Module, bands: Sequence[str]) -> None:
        super().__init__(network, bands)
        self.head = nn.Linear(self.channels, 1)

    def loss(self, image: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy of images; one without a known landslide has none."""
        pooled = self.seen.float().mean((2, 3))
        there = (target > 0.5).flatten(1).any(1).float()
        return F.binary_cross_entropy_with_logits(self.head(pooled)[:, 0], there)


class HyperPixelContrast(Auxiliary):
    """Hyper-pixel-wise contrastive learning with global category queues: HPCL-Net, section 3.2.

    A hyper-pixel is the piece of the image behind one pixel of the encoder's last map. Those of
    back and side walls (6 to 58 of 64 pixels are landslide, and it is higher than half of its
    landslide) are told from those of the background. What they are compared with comes from a
    second encoder that follows the first slowly, and is kept in a queue for each class.

    Open choices: the length of the queues; anchors are drawn from what a batch has, be it of one
    class alone. Without a DEM, all of the boundary counts as wall.
    """

    dimension, anchors, keys, hard = 128, 16, 1000, 0.1
    temperature, momentum, length = 0.1, 0.999, 4096
    #: Share of a hyper-pixel's pixels that are landslide on a boundary: more than 6, less than 58.
    boundary = (6 / 64, 58 / 64)

    def __init__(self, network: nn.Module, bands: Sequence[str]) -> None:
        super().__init__(network, bands)
        device = self.seen.device
        self.head = nn.Conv2d(self.channels, self.dimension, 1).to(device)
        encoder = self._encoder[0]
        hooks, encoder._forward_hooks = encoder._forward_hooks, type(encoder._forward_hooks)()
        self.slow_encoder = copy.deepcopy(encoder).requires_grad_(False)
        encoder._forward_hooks = hooks
        self.slow_head = copy.deepcopy(self.head).requires_grad_(False)
        start = F.normalize(torch.randn(2, self.length, self.dimension), dim=-1)
        self.register_buffer("queue", start.to(device))

    def loss(self, image: Tensor, target: Tensor) -> Tensor:
        """Eq. 1, the mean over the anchors of both classes."""
        found = self.drawn(image, target)
        if not any(map(len, found)):
            return self.head.weight.sum() * 0  # nothing to tell apart
        kinds, places = zip(*[(kind, p) for kind, p in enumerate(found) if len(p)], strict=True)
        anchors = self._vectors(self.head(self.seen.float()), places)
        with torch.no_grad():
            slow = self.slow_head(self.slow_encoder(self._heard[0])[-1].float())
            new = self._vectors(slow, places)
        terms = [self.contrast(a, kind) for a, kind in zip(anchors, kinds, strict=True)]
        for vectors, kind in zip(new, kinds, strict=True):  # in at the front, the oldest go out
            self.queue[kind] = torch.cat([vectors.to(self.queue), self.queue[kind]])[: self.length]
        return torch.cat(terms).mean()

    def contrast(self, anchors: Tensor, kind: int) -> Tensor:
        """Eq. 1 of anchors [n, D] of a class, each against keys of both queues; [n]."""
        positive = anchors @ self.queue[kind].clone().T
        negative = anchors @ self.queue[1 - kind].clone().T
        alike = self.chosen_keys(-positive, positive) / self.temperature
        other = torch.logsumexp(self.chosen_keys(negative, negative) / self.temperature, dim=1)
        return (torch.logaddexp(alike, other[:, None]) - alike).mean(1)

    def chosen_keys(self, hardness: Tensor, similarity: Tensor) -> Tensor:
        """Similarities [n, M] of the hardest tenth of the keys, and of others by chance."""
        keys = min(self.keys, similarity.shape[1])
        hardest = round(self.hard * keys)
        order = torch.rand_like(hardness)
        order.scatter_(1, hardness.topk(hardest, dim=1).indices, 2.0)  # above all chance
        return similarity.gather(1, order.topk(keys, dim=1).indices)

    def drawn(self, image: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Places [n, 3] (image, row, column) of background and of landslide anchors in the map."""
        side = target.shape[-1] // self.seen.shape[-1]
        share = F.avg_pool2d((target > 0.5).float(), side)[:, 0]
        known = -F.max_pool2d(-target, side)[:, 0] >= 0
        low, high = self.boundary
        wall = (share > low) & (share < high) & self._upper_half(image, target, side)
        return self._some((share == 0) & known), self._some(wall & known)

    def _upper_half(self, image: Tensor, target: Tensor, side: int) -> Tensor:
        """[N, h, w] bool: hyper-pixels above the median elevation of their landslide."""
        from scipy import ndimage

        count = len(image)
        shape = count, target.shape[-2] // side, target.shape[-1] // side
        if "dem" not in self._bands:
            return torch.ones(shape, dtype=torch.bool, device=image.device)
        dem = image[:, self._bands.index("dem")].float().cpu().numpy()
        slides = (target[:, 0] > 0.5).cpu().numpy()
        upper = np.zeros(shape, bool)
        blocks = (count, shape[1], side, shape[2], side)
        height = dem.reshape(blocks).mean((2, 4))
        for i in range(count):
            label, found = ndimage.label(slides[i])
            if not found:
                continue
            median = np.array([np.inf, *ndimage.median(dem[i], label, range(1, found + 1))])
            # Of a hyper-pixel with pieces of several landslides, the one that it tops counts.
            lowest = median[label].reshape(blocks[1:]).min((1, 3))
            upper[i] = height[i] > lowest
        return torch.from_numpy(upper).to(image.device)

    def _some(self, candidates: Tensor) -> Tensor:
        places = candidates.nonzero()
        return places[torch.randperm(len(places), device=places.device)[: self.anchors]]

    @staticmethod
    def _vectors(projected: Tensor, places: Sequence[Tensor]) -> list[Tensor]:
        return [F.normalize(projected[p[:, 0], :, p[:, 1], p[:, 2]], dim=1) for p in places]

    @torch.no_grad()
    def after_step(self) -> None:
        """Let the second encoder follow: Eq. 2 and 3 with the momentum of appendix B."""
        pairs = ((self.slow_encoder, self._encoder[0]), (self.slow_head, self.head))
        for slow, fast in pairs:
            for mine, theirs in zip(slow.parameters(), fast.parameters(), strict=True):
                mine.lerp_(theirs, 1 - self.momentum)


AUXILIARY: dict[str, Callable[[nn.Module, Sequence[str]], Auxiliary]] = {
    "image_ce": ImageLevel,
    "hyper_pixel": HyperPixelContrast,
}


def build_auxiliary(config: Config, network: nn.Module) -> nn.ModuleDict:
    """The terms that a recipe asks for, by name.

    Raises:
        ParameterError: Unknown, or the network has nothing to hear.
    """
    unknown = sorted(set(config.auxiliary) - set(AUXILIARY))
    if unknown:
        raise ParameterError(
            f"Unknown auxiliary loss {', '.join(unknown)}. Choose from: {', '.join(AUXILIARY)}."
        )
    return nn.ModuleDict(
        {name: AUXILIARY[name](network, config.bands) for name in config.auxiliary}
    )
