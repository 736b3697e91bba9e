"""The registry of networks: a name, and a function that builds it for a number of bands.

A network maps normalised bands [N, C, H, W] to logits [N, 1, H, W] for any H and W, and depends on
no statistics of the batch in evaluation mode. PSPNet, DeepLab-v3+, EfficientNetV2, FFS-Net and
HPCL-Net pool over the whole patch, and SegFormer attends to it, as their papers have it; with all
others a pixel depends on its receptive field alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from ...engine.common.errors import ParameterError
from .contextnet import ContextNet
from .deeplab import DeepLabV2, DeepLabV3Plus
from .efficientnet_unet import EfficientNetUNet
from .efficientnetv2_unet import EfficientNetV2UNet
from .fcn8s import FCN8s
from .ffs_net import FFSNet
from .frrn import FRRNA, FRRNB
from .hpcl_net import HPCLNet
from .hrnet import HRNet
from .linknet import LinkNet
from .multispectral_unet import MultispectralUNet
from .pspnet import PSPNet
from .resunet import ResUNet
from .segformer import SegFormer
from .sqnet import SQNet
from .swav_unet import SwavUNet
from .swin_unet import SwinUNet
from .unet import UNet

MODELS: dict[str, Callable[..., nn.Module]] = {
    "resunet": ResUNet,
    "unet": UNet,
    "pspnet": PSPNet,
    "contextnet": ContextNet,
    "deeplab_v2": DeepLabV2,
    "deeplab_v3plus": DeepLabV3Plus,
    "fcn8s": FCN8s,
    "linknet": LinkNet,
    "frrn_a": FRRNA,
    "frrn_b": FRRNB,
    "sqnet": SQNet,
    "swav_unet": SwavUNet,
    "efficientnet_unet": EfficientNetUNet,
    "swin_unet": SwinUNet,
    "segformer": SegFormer,
    "efficientnetv2_unet": EfficientNetV2UNet,
    "hrnet": HRNet,
    "multispectral_unet": MultispectralUNet,
    "ffs_net": FFSNet,
    "hpcl_net": HPCLNet,
}

#: The networks in the literature's terms.
TITLES = {
    "resunet": "ResU-Net",
    "unet": "U-Net",
    "pspnet": "PSPNet",
    "contextnet": "ContextNet",
    "deeplab_v2": "DeepLab-v2",
    "deeplab_v3plus": "DeepLab-v3+",
    "fcn8s": "FCN-8s",
    "linknet": "LinkNet",
    "frrn_a": "FRRN-A",
    "frrn_b": "FRRN-B",
    "sqnet": "SQNet",
    "swav_unet": "SwAV-U-Net",
    "efficientnet_unet": "U-Net on EfficientNet-Lite",
    "swin_unet": "Swin-U-Net",
    "segformer": "SegFormer",
    "efficientnetv2_unet": "U-Net on EfficientNetV2",
    "hrnet": "HRNet",
    "multispectral_unet": "multispectral U-Net",
    "ffs_net": "FFS-Net",
    "hpcl_net": "HPCL-Net",
}


def build_model(name: str, in_channels: int, **options: Any) -> nn.Module:
    """Build a network by its registered name.

    Args:
        name: A key of `MODELS`.
        in_channels: Bands of the input.
        **options: What that network's constructor takes, such as ``width``.

    Raises:
        ParameterError: Unknown network, or an option that it does not take.
    """
    if name not in MODELS:
        raise ParameterError(f"Unknown network '{name}'. Choose one of: {', '.join(MODELS)}.")
    try:
        return MODELS[name](in_channels, **options)
    except TypeError as err:
        raise ParameterError(f"Network '{name}' cannot be built with {options}: {err}.") from err


def parameter_count(model: nn.Module) -> int:
    """Number of trainable values."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
