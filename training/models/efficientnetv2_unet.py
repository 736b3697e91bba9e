"""U-Net on EfficientNetV2 (Tan & Le 2021, arXiv:2104.00298), of the competition's first place.

Encoder after Table 4 of the paper (EfficientNetV2-S); decoder with skips from all scales
(Ghorbanzadeh et al. 2022, section IV-B2, "U-Decoder"). Open choices: a shallow branch at full
resolution, and no stochastic depth. Squeeze-and-excitation, from the fourth stage on, looks at the
whole patch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import EncoderNetwork, conv_bn, conv_bn_relu, double_conv, upsample

#: Stages: fused, blocks, stride, expansion, channels.
STAGES = (
    (True, 2, 1, 1, 24),
    (True, 4, 2, 4, 48),
    (True, 4, 2, 4, 64),
    (False, 6, 2, 4, 128),
    (False, 9, 1, 6, 160),
    (False, 15, 2, 6, 256),
)
#: Channels of the first convolution.
STEM = 24
#: Stages whose output goes to the decoder: 1/2, 1/4, 1/8, 1/16, 1/32.
TAPS = (0, 1, 2, 4, 5)


def _unit(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return conv_bn(inputs, outputs, kernel, stride, groups=groups).append(nn.SiLU())


class Squeeze(nn.Module):
    """Squeeze-and-excitation: every channel is weighted by what the whole patch holds."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Conv2d(channels, inner, 1), nn.SiLU(), nn.Conv2d(inner, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, H, W] -> the same."""
        return x * self.weigh(x.mean((2, 3), keepdim=True))


class MBConv(nn.Module):
    """Expand, filter, project; fused, the first two are one convolution (figure 2)."""

    def __init__(self, fused: bool, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        if fused and expansion == 1:
            self.body = _unit(inputs, outputs, 3, stride)
        elif fused:
            self.body = nn.Sequential(_unit(inputs, inner, 3, stride), conv_bn(inner, outputs, 1))
        else:
            self.body = nn.Sequential(
                _unit(inputs, inner, 1),
                _unit(inner, inner, 3, stride, groups=inner),
                Squeeze(inner, max(inputs // 4, 1)),
                conv_bn(inner, outputs, 1),
            )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H/stride, W/stride]."""
        y = self.body(x)
        return x + y if self.residual else y


class EfficientNetV2(nn.Module):
    """The encoder: five maps, at a half to a thirty-second of the image.

    Args:
        in_channels: Bands of the input.
        width: Factor on the channels.
        depth: Factor on the blocks of a stage.
    """

    def __init__(self, in_channels: int, width: float, depth: float) -> None:
        super().__init__()
        self.stem = _unit(in_channels, _rounded(STEM * width), 3, 2)
        self.stages, self.channels = nn.ModuleList(), ()
        inputs = _rounded(STEM * width)
        for place, (fused, count, stride, expansion, base) in enumerate(STAGES):
            outputs = _rounded(base * width)
            blocks = []
            for index in range(max(1, round(count * depth))):
                step = stride if index == 0 else 1
                blocks.append(MBConv(fused, inputs, outputs, step, expansion))
                inputs = outputs
            self.stages.append(nn.Sequential(*blocks))
            if place in TAPS:
                self.channels += (outputs,)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N, C, H, W] -> five maps [N, channels, h, w]."""
        x, maps = self.stem(x), []
        for place, stage in enumerate(self.stages):
            x = stage(x)
            if place in TAPS:
                maps.append(x)
        return maps


def _rounded(channels: float) -> int:
    """Channels as a multiple of 8, at least 8."""
    return max(8, int(channels + 4) // 8 * 8)


class EfficientNetV2UNet(EncoderNetwork):
    """`EfficientNetV2`, and a decoder that reduces channels before it enlarges.

    Args:
        in_channels: Bands of the input.
        width: Factor on the encoder's channels; 1 is EfficientNetV2-S.
        depth: Factor on its blocks.
        branch: Channels of the branch and of the decoder at full resolution; they grow to 6 times
            as many.
        dropout: Share of the coarsest map's channels dropped in training, 0..1.
    """

    multiple = 32

    def __init__(
        self,
        in_channels: int,
        width: float = 1.0,
        depth: float = 1.0,
        branch: int = 24,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.encoder = EfficientNetV2(in_channels, width, depth)
        self.branch = double_conv(in_channels, branch)
        self.dropout = nn.Dropout2d(dropout)
        skips = [branch, *self.encoder.channels[:-1]]
        widths = [round(branch * factor) for factor in (1, 1.5, 2, 4, 6)]
        below = [*widths[1:], self.encoder.channels[-1]]
        self.reduce = nn.ModuleList(
            conv_bn_relu(b, w, 1) for b, w in zip(below, widths, strict=True)
        )
        self.decoder = nn.ModuleList(
            double_conv(w + s, w) for w, s in zip(widths, skips, strict=True)
        )
        self.head = nn.Conv2d(branch, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 32."""
        maps = [self.branch(x), *self.encoder(x)]
        x = self.dropout(maps.pop())
        for reduce, unit in zip(reversed(self.reduce), reversed(self.decoder), strict=True):
            x = unit(torch.cat([upsample(reduce(x), 2), maps.pop()], dim=1))
        return self.head(x)
