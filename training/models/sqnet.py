"""SQNet (Treml et al. 2016, "Speeding up semantic segmentation for autonomous driving").

SqueezeNet encoder with ELU, four parallel dilated convolutions, and a decoder whose refinement
modules join a transposed convolution with a filtered skip (openreview.net/forum?id=S1uHiFyyg). Open
choices: the encoder is SqueezeNet 1.1 (Iandola et al. 2016, arXiv:1602.07360), its padding keeps
sizes to powers of two. No BatchNorm, as in the paper: ELU and He's initialisation stand in for it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from .blocks import PaddedNetwork

#: Fire modules per scale: squeeze and expand channels in units of a quarter of the width.
FIRES = (((1, 4), (1, 4)), ((2, 8), (2, 8)), ((3, 12), (3, 12), (4, 16), (4, 16)))
DILATIONS = (1, 2, 3, 4)


def conv_elu(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3 x 3 convolution and ELU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ELU(inplace=True))


def up_conv(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """Transposed 3 x 3 convolution that doubles the size."""
    return nn.ConvTranspose2d(inputs, outputs, 3, 2, padding=1, output_padding=1)


class Fire(nn.Module):
    """1 x 1 convolution to few channels, then 1 x 1 and 3 x 3 side by side."""

    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, 2 * expand, H, W]."""
        x = F.elu(self.squeeze(x))
        return F.elu(torch.cat([self.expand1(x), self.expand3(x)], dim=1))


class ParallelDilated(nn.Module):
    """Sum of four 3 x 3 convolutions with dilations 1 to 4."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=d, dilation=d) for d in DILATIONS
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, width, H, W] -> the same."""
        return sum(F.elu(branch(x)) for branch in self.branches)


class Refinement(nn.Module):
    """Transposed convolution beside a filtered skip, joined by a 3 x 3 convolution."""

    def __init__(self, inputs: int, skip: int) -> None:
        super().__init__()
        self.up = up_conv(inputs, skip)
        self.skip = conv_elu(skip, skip)
        self.join = conv_elu(2 * skip, 2 * skip)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """[N, inputs, H, W] and [N, skip, 2H, 2W] -> [N, 2 * skip, 2H, 2W]."""
        return self.join(torch.cat([self.skip(skip), F.elu(self.up(x))], dim=1))


class SQNet(PaddedNetwork):
    """Four scales down, dilated convolutions, four scales up.

    Args:
        in_channels: Bands of the input.
        width: Channels of the stem, a multiple of 4; SqueezeNet 1.1 has 64.
        dropout: Share of the coarsest map's channels dropped in training, 0..1.
    """

    multiple = 16

    def __init__(self, in_channels: int, width: int = 64, dropout: float = 0.0) -> None:
        super().__init__()
        self.stem = conv_elu(in_channels, width, stride=2)
        stages, channels = [], [width]
        for fires in FIRES:
            stage, inputs = [], channels[-1]
            for squeeze, expand in fires:
                stage.append(Fire(inputs, squeeze * width // 4, expand * width // 4))
                inputs = 2 * expand * width // 4
            stages.append(nn.Sequential(*stage))
            channels.append(inputs)
        self.encoder = nn.ModuleList(stages)
        self.context = nn.Sequential(nn.Dropout2d(dropout), ParallelDilated(channels[-1]))
        skips = channels[-2::-1]
        inputs = [channels[-1], *(2 * skip for skip in skips)]
        self.decoder = nn.ModuleList(Refinement(a, b) for a, b in zip(inputs, skips))
        self.head = up_conv(inputs[-1], 1)
        self.apply(_he)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 16."""
        x = self.stem(x)
        skips = []
        for stage in self.encoder:
            skips.append(x)
            x = stage(F.max_pool2d(x, 2))
        x = self.context(x)
        for refine in self.decoder:
            x = refine(x, skips.pop())
        return self.head(x)


def _he(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
