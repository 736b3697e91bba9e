"""The one way from the rest of the package to `training`, which needs PyTorch.

What is chosen there has its names here, so that dialogs and help work without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .dependencies import TORCH, require
from .errors import DependencyError

#: What trains: ``auto`` is the CUDA graphics card where there is one.
TRAINING_DEVICES = ("auto", "cpu", "cuda", "mps")
#: ``decoder``: the encoder stays; ``full``: all weights move.
FURTHER_METHODS = ("decoder", "full")
#: How pseudo-labels are chosen: above a probability, or the surest share of each class.
SELECTIONS = ("threshold", "share")

_ADVICE = (
    "Training a network needs it; nothing else of Landslip does. It is large (200 MB without, 3 GB "
    "with a graphics card), so that Landslip does not install it by itself: the manual's page "
    "'Adapt a model deeply' says how. To adapt a model without it, use 'Adapt a model to my area' "
    "with METHOD=quick."
)


def deep(module: str) -> Any:
    """A module of `training` by its name.

    Raises:
        DependencyError: PyTorch is not installed; says where to get it.
    """
    try:
        require(TORCH.module)
    except DependencyError as err:
        raise DependencyError(TORCH.package, err.reason, err.outdated, _ADVICE) from err
    require("onnx")
    return import_module(f"{__package__.rsplit('.', 2)[0]}.training.{module}")
