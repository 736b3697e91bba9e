"""PSPNet (Zhao, Shi, Qi, Wang & Jia 2017, arXiv:1612.01105): a pyramid of means over the patch.

ResNet with output stride 8 and the authors' stem of three 3 x 3 convolutions; 50 layers, the
smallest of the paper's. The auxiliary loss of the paper's training is left out: it is no part of
the network that predicts. With width 64 and depth 101 it is the paper's.

The pyramid's bins are shares of the patch: a pixel depends on the far corner of its tile, so maps
depend on how a scene was cut. Training needs batches of two or more, because the coarsest level has
one value per channel and patch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import PaddedNetwork, conv_bn_relu, pool_to_bins, spread_bins, upsample
from .resnet import ResNet


class PyramidPooling(nn.Module):
    """Means over 1, 4, 9 and 36 bins, each projected and spread out again, beside the input.

    Args:
        inputs: Channels in; out come twice as many.
        bins: Bins along one side, per level.
    """

    def __init__(self, inputs: int, bins: tuple[int, ...] = (1, 2, 3, 6)) -> None:
        super().__init__()
        self.bins = bins
        self.levels = nn.ModuleList(conv_bn_relu(inputs, inputs // len(bins), 1) for _ in bins)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, 2 * inputs, H, W]."""
        levels = [
            spread_bins(level(pool_to_bins(x, bins)), bins, like=x)
            for bins, level in zip(self.bins, self.levels)
        ]
        return torch.cat([x, *levels], dim=1)


class PSPNet(PaddedNetwork):
    """Dilated ResNet, pyramid pooling, one 3 x 3 convolution, bilinear upsampling by 8.

    Args:
        in_channels: Bands of the input.
        width: Channels of the encoder's stem; the paper's is 64.
        depth: Layers of the ResNet: 18, 34, 50 or 101.
        dropout: Share of channels dropped before the last layer in training, 0..1.
    """

    multiple = 8

    def __init__(
        self, in_channels: int, width: int = 32, depth: int = 50, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.encoder = ResNet(in_channels, depth, width, output_stride=8, deep_stem=True)
        outputs = self.encoder.channels[-1]
        self.pyramid = PyramidPooling(outputs)
        self.head = nn.Sequential(
            conv_bn_relu(2 * outputs, 8 * width), nn.Dropout2d(dropout), nn.Conv2d(8 * width, 1, 1)
        )

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 8."""
        return upsample(self.head(self.pyramid(self.encoder(x)[-1])), 8)
