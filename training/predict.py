"""What a network says of patches."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.outlines.mean_field import mean_field
from .bands import optical, terrain
from .compute import autocast, to_device
from .data import Patches, Statistics, batch_statistics, normalise, physical
from .light import Light
from .samples import floored


@torch.inference_mode()
def predict(
    model: nn.Module,
    patches: Patches,
    chosen: np.ndarray,
    statistics: Statistics,
    device: torch.device,
    floor: float = 0.0,
    light: Light | None = None,
    refine: bool = False,
) -> np.ndarray:
    """Probabilities [N, H, W] float32 of the chosen patches, each normalised by its scene.

    `floor` and `refine` are the recipe's, `light` takes out the light of the patches where it can:
    the network has to see what it was trained on.
    """
    model.eval()
    result = []
    for start in range(0, len(chosen), 32):
        mine = chosen[start : start + 32]
        image = physical(
            torch.from_numpy(patches.levels[mine]), torch.from_numpy(patches.step[mine])
        )
        mean, std = batch_statistics(patches, mine, statistics)
        if light is not None and patches.normals is not None:
            normals, every = torch.from_numpy(patches.normals[mine]), torch.ones(len(mine)).bool()
            own = light[torch.from_numpy(mine)]
            image, mean, std = own.applied(image, (mean, std), normals, every)
        std = floored(mean, std, patches.bands, floor)
        image = to_device(normalise(image, mean, std), device)
        if patches.known is not None and terrain(patches.bands):
            known = torch.from_numpy(patches.known[mine]).to(device)[:, None, None, None]
            image[:, len(optical(patches.bands)) :] *= known
        with autocast(device):
            logits = model(image)
        logits = logits.float()[:, 0].cpu()
        if refine:
            seen = image[:, : len(optical(patches.bands))].float().cpu()
            logits = torch.stack([refined(one, view) for one, view in zip(logits, seen)])
        result.append(torch.sigmoid(logits).numpy())
    return np.concatenate(result)


def refined(logits: Tensor, image: Tensor, valid: Tensor | None = None) -> Tensor:
    """Logits [H, W] drawn to the edges of normalised reflectances [C, H, W], as users can."""
    there = np.ones(logits.shape, bool) if valid is None else valid.numpy()
    return torch.from_numpy(mean_field(logits.numpy(), there, image.numpy()))
