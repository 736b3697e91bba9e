"""The network of a recipe: out of the registry, with what the recipe puts around it."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ..engine.common.errors import ParameterError
from .config import Config
from .models import build_model
from .models.wrappers import Components, Enlarged, across_sensors
from .samples import Samples, clean

#: Patches that principal components are taken from, and every which pixel of theirs.
COMPONENT_PATCHES, COMPONENT_STEP = 256, 8


def network_of(config: Config, bands: int, imagenet: bool = True) -> nn.Module:
    """Build it.

    Args:
        config: The recipe.
        bands: How many bands there are.
        imagenet: Whether it may start from published weights; not where others take their place.

    Raises:
        ParameterError: Unknown network, option or normalisation layer, or too many components.
    """
    if config.components > bands:
        raise ParameterError(
            f"{config.components} principal components of {bands} bands cannot be. Lower "
            "components, or name more bands."
        )
    options = {k: v for k, v in config.options.items() if imagenet or k != "imagenet"}
    network = build_model(config.network, config.components or bands, **options)
    if config.norm not in ("batch", "cross_sensor"):
        raise ParameterError(f"Unknown norm '{config.norm}'. Choose batch or cross_sensor.")
    if config.norm == "cross_sensor":
        if not config.pseudo.method:
            raise ParameterError(
                "norm='cross_sensor' is for patches with pseudo-labels beside labelled ones. Set "
                "pseudo.method and teachers, or norm='batch'."
            )
        network = across_sensors(network)
    if config.promotion != 1:
        network = Enlarged(network, config.promotion)
    if config.components:
        network = Components(network, bands, config.components)
    return network


def fit_components(network: nn.Module, samples: Samples, chosen: np.ndarray) -> None:
    """Take the principal components of the patches that are trained on, where a recipe has them."""
    if not isinstance(network, Components):
        return
    picked = np.linspace(0, len(chosen) - 1, min(len(chosen), COMPONENT_PATCHES)).astype(int)
    image = clean(samples, torch.from_numpy(chosen[picked]).to(samples.device))
    pixels = image[:, :, ::COMPONENT_STEP, ::COMPONENT_STEP].movedim(1, -1).flatten(0, -2)
    network.fit(pixels)
