"""Start a network from a pre-trained encoder, and choose the few labels that train the rest.

The few-label regime of "Contrastive Self-Supervised Learning for Globally Distributed Landslide
Detection", sections II-B and III-C: the encoder comes from `pretrain` and is frozen, the decoder
learns from 40 patches with at least 50 landslide pixels each. Its control is a frozen random
encoder that has seen the unlabelled patches too, if only for its BatchNorm statistics.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..engine.common.errors import ParameterError
from .compute import autocast
from .config import Config
from .data import Block, Patches, Statistics, batch_statistics, normalise, physical, split
from .models.resnet import ResNet
from .models.wrappers import core
from .network import network_of
from .run_folder import load_checkpoint
from .samples import floored

#: Patches that are shown at a time to an encoder whose statistics are measured.
SHOWN = 64


def starting_network(
    config: Config,
    patches: Patches,
    unlabelled: np.ndarray,
    held_out: np.ndarray,
    statistics: Statistics,
    device: torch.device,
) -> nn.Module:
    """The network of a recipe before its first step: random, or with a pre-trained encoder.

    Args:
        config: The recipe.
        patches: All patches.
        unlabelled: Indices of those that may be looked at, labelled or not.
        held_out: Indices of those that a pre-training must not have seen.
        statistics: What each scene's patches are normalised with.
        device: Where it goes.

    Raises:
        ParameterError: The encoder does not fit, saw what is held out, or would stay random.
    """
    model = network_of(config, len(patches.bands))
    if config.encoder:
        pretrained = load_checkpoint(Path(config.encoder))
        load_encoder(model, pretrained, patches.bands)
        check_never_seen(patches, held_out, pretrained)
    model = model.to(device, memory_format=torch.channels_last)
    if config.measure_encoder:
        measure_encoder(model, patches, unlabelled, statistics, config.floor)
    if config.freeze_encoder and not config.start:  # else when its weights are there
        source = config.encoder or ("measured" if config.measure_encoder else "")
        freeze_encoder(model, source)
    return model


def few_labelled(
    patches: Patches, chosen: np.ndarray, count: int, least_pixels: int, seed: int
) -> np.ndarray:
    """Draw the patches whose labels may be used.

    Args:
        patches: All patches.
        chosen: Indices to draw from.
        count: How many to draw.
        least_pixels: Landslide pixels that a patch must have.
        seed: Same seed, same patches.

    Returns:
        `count` sorted indices out of `chosen`.

    Raises:
        ParameterError: There are not so many such patches.
    """
    pixels = np.count_nonzero(patches.mask[chosen], axis=(1, 2))
    enough = chosen[pixels >= least_pixels]
    if len(enough) < count:
        raise ParameterError(
            f"Only {len(enough)} training patches have {least_pixels} or more landslide pixels; "
            f"the recipe wants {count}. Lower labelled or labelled_pixels."
        )
    return np.sort(np.random.default_rng(seed).choice(enough, count, replace=False))


def resnet_encoder(model: nn.Module) -> ResNet:
    """The part of a network that SwAV can pre-train.

    Raises:
        ParameterError: There is none.
    """
    encoder = getattr(core(model), "encoder", None)
    if not isinstance(encoder, ResNet):  # a U-Net's is a list of blocks
        raise ParameterError(
            "This network has no ResNet encoder that could be pre-trained. Use swav_unet."
        )
    return encoder


def load_encoder(model: nn.Module, state: dict, bands: tuple[str, ...]) -> None:
    """Give a network the encoder of a pre-training run.

    Args:
        model: A network with an `encoder`.
        state: What `encoder.pt` holds.
        bands: Channels that `model` will see.

    Raises:
        ParameterError: No such encoder in the network, other bands, or another shape.
    """
    encoder = resnet_encoder(model)
    if "encoder" not in state:
        raise ParameterError("This checkpoint holds no encoder. Name encoder.pt of a pretrain run.")
    if tuple(state["bands"]) != bands:
        raise ParameterError(
            f"The encoder was pre-trained on {', '.join(state['bands'])}; "
            f"the patches have {', '.join(bands)}."
        )
    try:
        encoder.load_state_dict(state["encoder"])
    except RuntimeError as err:
        settings = state["config"]
        raise ParameterError(
            f"The encoder is of another shape: it was pre-trained as part of {settings['network']} "
            f"with options {settings['options']}. Give the recipe the same."
        ) from err


def check_never_seen(patches: Patches, held_out: np.ndarray, state: dict) -> None:
    """Refuse an encoder that saw what is to be held out.

    Args:
        patches: All patches.
        held_out: Indices of validation and test.
        state: What `encoder.pt` holds.

    Raises:
        ParameterError: Pre-training used some of them.
    """
    settings = state["config"]
    blocks = (Block(**settings[name]) for name in ("validation", "test"))
    seen = np.intersect1d(split(patches, *blocks, settings["guard"])["train"], held_out)
    if len(seen):
        raise ParameterError(
            f"The encoder was pre-trained on {len(seen)} of the patches that this recipe holds "
            "out for validation and test. Pre-train with the same validation and test rows."
        )


@torch.no_grad()
def measure_encoder(
    model: nn.Module,
    patches: Patches,
    chosen: np.ndarray,
    statistics: Statistics,
    floor: float = 0.0,
) -> None:
    """Give the encoder's BatchNorm the means and variances of these patches; no weight changes.

    Args:
        model: A network with a ResNet encoder.
        patches: All patches.
        chosen: Indices of those that are shown.
        statistics: Of their scenes.
        floor: The recipe's.

    Raises:
        ParameterError: The network has no such encoder.
    """
    encoder = resnet_encoder(model)
    norms = [module for module in encoder.modules() if isinstance(module, nn.BatchNorm2d)]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
    device = next(encoder.parameters()).device
    encoder.train()
    for mine in np.array_split(chosen, max(1, len(chosen) // SHOWN)):
        levels, step = (torch.from_numpy(array[mine]) for array in (patches.levels, patches.step))
        mean, std = batch_statistics(patches, mine, statistics)
        image = normalise(physical(levels, step), mean, floored(mean, std, patches.bands, floor))
        with autocast(device):
            encoder(image.to(device))
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


def freeze_encoder(model: nn.Module, source: str) -> None:
    """Train the rest alone: the encoder's weights and BatchNorm statistics stay.

    Args:
        model: A network with a `freeze_encoder` of its own.
        source: Where its encoder came from: a file, or what was measured.

    Raises:
        ParameterError: The network cannot do that, or its encoder is still random.
    """
    if not source:
        raise ParameterError(
            "freeze_encoder would keep a random encoder, whose BatchNorm has seen nothing. Name a "
            "pre-trained one with encoder, a run to start from with start, or set "
            "measure_encoder=true for a control that is random but has seen the unlabelled patches."
        )
    network = core(model)
    if not hasattr(network, "freeze_encoder"):
        raise ParameterError("This network has no encoder that could be frozen. Use swav_unet.")
    network.freeze_encoder()
