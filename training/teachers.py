"""Networks that judge or teach together: an ensemble, and what it says of the training patches.

One network that learns what several say (Hinton and others 2015, arXiv:1503.02531) costs a user as
much as one, and knows more. The labels stay in it: teachers have seen them, and are too sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.common.errors import ParameterError
from .augmentation import turned, turned_back
from .compute import autocast
from .config import Config
from .data import scene_statistics
from .export import network_from_checkpoint, with_weights
from .pseudo_labels import Pseudo, pseudo_labels
from .run_folder import load_checkpoint
from .samples import Samples, clean
from .sources import load_unlabelled

#: Patches that teachers look at in one piece.
BATCH = 256


class Ensemble(nn.Module):
    """Networks that read the same bands and teach together: the mean of their probabilities.

    A very sure member has no more than its share in it. `export.Ensemble`, which model files hold,
    takes the mean of logits, which such a member moves far.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> logits [N, 1, H, W]."""
        said = [torch.sigmoid(network(x).float()) for network in self.networks]
        return torch.logit(torch.stack(said).mean(0), eps=1e-6)


def load_network(config: Config, weights: Path, device: torch.device) -> nn.Module:
    """The network of a recipe with the weights of a file, ready to look."""
    network = with_weights(config, len(config.bands), load_checkpoint(weights)["average"])
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
        image = clean(seen, mine)
        said = torch.zeros(len(mine), 1, *target.shape[2:], device=target.device)
        for turn in range(8):
            with autocast(seen.device):
                view = turned(image, turn).contiguous(memory_format=torch.channels_last)
                logits = teachers(view)
            said += turned_back(torch.sigmoid(logits.float()), turn) / 8
        found[mine] = (labels * target[mine] + (1 - labels) * said).half()
    return found


def taught_beside(networks: Sequence[nn.Module], seen: Samples, pseudo: Pseudo) -> Samples:
    """Patches without labels, with the pseudo-labels that networks give them together.

    Args:
        networks: The teachers.
        seen: The patches, normalised by their own scenes; their target counts for nothing.
        pseudo: How.
    """
    index = torch.arange(len(seen.target), device=seen.device)
    images = (clean(seen, mine) for mine in index.split(BATCH))
    return replace(seen, target=pseudo_labels([net.eval() for net in networks], images, pseudo))


def pseudo_labelled(
    config: Config, data: Path, teachers: Sequence[Path], device: torch.device
) -> Samples:
    """The recipe's patches without labels, with what the teachers are sure of.

    They are normalised by statistics of their own, as a region is in use.

    Raises:
        ParameterError: There are no such patches.
    """
    if not config.unlabelled:
        raise ParameterError(
            f"The recipe {config.name} wants pseudo-labels, but names no patches for them. List "
            "their sources under unlabelled."
        )
    patches = load_unlabelled(config.unlabelled, data, config.bands)
    own = scene_statistics(patches, np.arange(len(patches)))
    networks = [network_from_checkpoint(load_checkpoint(t)).to(device) for t in teachers]
    return taught_beside(networks, Samples.of(patches, own, device, config.floor), config.pseudo)
