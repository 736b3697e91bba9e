"""Networks that judge or teach together: an ensemble, and what it says of the training patches.

One network that learns what several say (Hinton and others 2015, arXiv:1503.02531) costs a user as
much as one, and knows more. The labels stay in it: teachers have seen them, and are too sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from .bands import optical, terrain
from .compute import autocast
from .config import Config
from .data import normalise, physical
from .models import build_model
from .run_folder import load_checkpoint
from .samples import Samples

#: Patches that teachers look at in one piece.
BATCH = 256


class Ensemble(nn.Module):
    """Networks whose probabilities are averaged."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> logits [N, 1, H, W]."""
        said = [torch.sigmoid(network(x).float()) for network in self.networks]
        return torch.logit(torch.stack(said).mean(0), eps=1e-6)


def load_network(config: Config, weights: Path, device: torch.device) -> nn.Module:
    """The network of a recipe with the weights of a file, ready to look."""
    options = {k: v for k, v in config.options.items() if k != "imagenet"}
    network = build_model(config.network, len(config.bands), **options)
    network.load_state_dict(load_checkpoint(weights)["average"])
    return network.to(device, memory_format=torch.channels_last).eval()


@torch.inference_mode()
def taught(teachers: nn.Module, seen: Samples, target: Tensor, labels: float) -> Tensor:
    """Targets [N, 1, H, W] float16: labels, and what teachers say from all eight sides.

    Args:
        teachers: Normalised bands -> logits.
        seen: The patches as the teachers see them.
        target: [N, 1, H, W] bool.
        labels: Share of the labels.
    """
    found = torch.empty(target.shape, dtype=torch.float16, device=target.device)
    for mine in torch.arange(len(target), device=target.device).split(BATCH):
        image = _clean(seen, mine)
        said = torch.zeros(len(mine), 1, *target.shape[2:], device=target.device)
        for turn in range(8):
            with autocast(seen.device):
                logits = teachers(
                    _turned(image, turn).contiguous(memory_format=torch.channels_last)
                )
            said += _turned_back(torch.sigmoid(logits.float()), turn) / 8
        found[mine] = (labels * target[mine] + (1 - labels) * said).half()
    return found


def _clean(seen: Samples, mine: Tensor) -> Tensor:
    """Patches [n, C, H, W] as they are used: nothing is varied."""
    image = physical(seen.levels[mine], seen.step[mine])
    mean, std = seen.mean[mine], seen.std[mine]
    if seen.light is not None and seen.normals is not None:
        every = torch.ones_like(mine, dtype=torch.bool)
        image, mean, std = seen.light[mine].applied(image, (mean, std), seen.normals[mine], every)
    image = normalise(image, mean, std)
    if terrain(seen.bands):
        image[:, len(optical(seen.bands)) :] *= seen.known[mine][:, None, None, None]
    return image


def _turned(x: Tensor, turn: int) -> Tensor:
    return torch.rot90(x.flip(-1) if turn >= 4 else x, turn % 4, (-2, -1))


def _turned_back(x: Tensor, turn: int) -> Tensor:
    x = torch.rot90(x, -(turn % 4), (-2, -1))
    return x.flip(-1) if turn >= 4 else x
