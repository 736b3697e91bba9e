"""Start a network from a pre-trained encoder, and choose the few labels that train the rest.

The few-label regime of "Contrastive Self-Supervised Learning for Globally Distributed Landslide
Detection", sections II-B and III-C: the encoder comes from `pretrain` and is frozen, the decoder
learns from 40 patches with at least 50 landslide pixels each.
"""

from __future__ import annotations

import numpy as np
from torch import nn

from ..engine.common.errors import ParameterError
from .data import Block, Patches, split
from .models.resnet import ResNet
from .models.wrappers import core


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


def freeze_encoder(model: nn.Module, source: str) -> None:
    """Train the rest alone: the encoder's weights and BatchNorm statistics stay.

    Args:
        model: A network with a `freeze_encoder` of its own.
        source: Where its encoder came from.

    Raises:
        ParameterError: The network cannot do that, or its encoder is still random.
    """
    if not source:
        raise ParameterError(
            "freeze_encoder would keep a random encoder. Name a pre-trained one with encoder, or a "
            "run to start from with start."
        )
    network = core(model)
    if not hasattr(network, "freeze_encoder"):
        raise ParameterError("This network has no encoder that could be frozen. Use swav_unet.")
    network.freeze_encoder()
