"""Full-resolution residual networks FRRN-A and FRRN-B (Pohlen et al. 2017, arXiv:1611.08323).

A residual stream keeps the full resolution from end to end; a pooling stream goes down and up, and
the two exchange at every unit (figure 3 and table 1 of the paper; B goes one scale deeper). Open
choices: the exchange pools by the maximum and spreads by repetition, the pooling stream goes up
bilinearly, as in public implementations.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from .blocks import PaddedNetwork, conv_bn, conv_bn_relu, double_conv, upsample

#: Units per stage and channels in units of the width, finest stage first, then the way back up.
DOWN = {"A": ((3, 2), (4, 4), (2, 8), (2, 8)), "B": ((3, 2), (4, 4), (2, 8), (2, 8), (2, 8))}
UP = {"A": ((2, 4), (2, 4), (2, 2)), "B": ((2, 4), (2, 4), (2, 4), (2, 2))}


class ResidualUnit(nn.Module):
    """Two 3 x 3 convolutions added to their input (RU)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv_bn_relu(width, width), conv_bn(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """[N, width, H, W] -> the same."""
        return x + self.body(x)


class FullResolutionUnit(nn.Module):
    """Unit of both streams (FRRU), at `scale` times coarser resolution."""

    def __init__(self, inputs: int, outputs: int, residual: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.body = double_conv(inputs + residual, outputs)
        self.to_residual = nn.Conv2d(outputs, residual, 1)

    def forward(self, pooled: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Pooling stream [N, inputs, H/scale, W/scale], residual stream [N, residual, H, W]."""
        seen = F.max_pool2d(residual, self.scale)
        pooled = self.body(torch.cat([pooled, seen], dim=1))
        change = F.interpolate(self.to_residual(pooled), scale_factor=float(self.scale))
        return pooled, residual + change


class FRRN(PaddedNetwork):
    """Two streams between a stem and a tail of three residual units each.

    Args:
        in_channels: Bands of the input.
        width: Channels at full resolution, a multiple of 3; the paper's is 48. The residual stream
            has two thirds of them.
        dropout: Share of the coarsest map's channels dropped in training, 0..1.
        variant: ``A`` or ``B``.
    """

    def __init__(
        self, in_channels: int, width: int = 24, dropout: float = 0.0, variant: str = "A"
    ) -> None:
        super().__init__()
        residual = 2 * width // 3
        self.stem = nn.Sequential(
            conv_bn_relu(in_channels, width, 5), *(ResidualUnit(width) for _ in range(3))
        )
        self.split = nn.Conv2d(width, residual, 1)
        inputs, scale = width, 1
        stages = []
        for level, (count, share) in enumerate(DOWN[variant] + UP[variant]):
            scale = scale * 2 if level < len(DOWN[variant]) else scale // 2
            stage = []
            for _ in range(count):
                stage.append(FullResolutionUnit(inputs, share * width, residual, scale))
                inputs = share * width
            stages.append(nn.ModuleList(stage))
        self.down = nn.ModuleList(stages[: len(DOWN[variant])])
        self.up = nn.ModuleList(stages[len(DOWN[variant]) :])
        self.dropout = nn.Dropout2d(dropout)
        self.merge = nn.Conv2d(inputs + residual, width, 1)
        self.tail = nn.Sequential(*(ResidualUnit(width) for _ in range(3)), nn.Conv2d(width, 1, 1))
        self.multiple = 2 ** len(DOWN[variant])

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of `multiple`."""
        pooled = self.stem(x)
        residual = self.split(pooled)
        for stage in self.down:
            pooled = F.max_pool2d(pooled, 2)
            for unit in stage:
                pooled, residual = unit(pooled, residual)
        pooled = self.dropout(pooled)
        for stage in self.up:
            pooled = upsample(pooled, 2)
            for unit in stage:
                pooled, residual = unit(pooled, residual)
        return self.tail(self.merge(torch.cat([upsample(pooled, 2), residual], dim=1)))


class FRRNA(FRRN):
    """FRRN-A: four scales below the full resolution."""

    def __init__(self, in_channels: int, width: int = 24, dropout: float = 0.0) -> None:
        super().__init__(in_channels, width, dropout, "A")


class FRRNB(FRRN):
    """FRRN-B: five scales below the full resolution."""

    def __init__(self, in_channels: int, width: int = 24, dropout: float = 0.0) -> None:
        super().__init__(in_channels, width, dropout, "B")
