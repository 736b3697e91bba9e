"""DeepLab-v2 (Chen et al. 2017, arXiv:1606.00915) and DeepLab-v3+ (Chen et al. 2018, 1802.02611).

Both end in parallel dilated convolutions ("atrous spatial pyramid pooling", ASPP) on a ResNet.
Left out of v2: the conditional random field and the fusion of three input sizes, which stand
outside of the network.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import EncoderNetwork, PaddedNetwork, conv_bn_relu, pool_to_bins, spread_bins, upsample
from .resnet import ResNet


class DeepLabV2(PaddedNetwork):
    """ResNet with output stride 8; the sum of four dilated 3 x 3 classifiers; upsampling by 8.

    Args:
        in_channels: Bands of the input.
        width: Channels of the encoder's stem; the paper's is 64.
        depth: Layers of the ResNet; the paper's is 101.
        dropout: Share of the classifiers' input channels dropped in training, 0..1.
        rates: Dilations of the classifiers, pixels of the eighth-size map ("ASPP-L").
    """

    multiple = 8

    def __init__(
        self,
        in_channels: int,
        width: int = 32,
        depth: int = 101,
        dropout: float = 0.0,
        rates: tuple[int, ...] = (6, 12, 18, 24),
    ) -> None:
        super().__init__()
        self.encoder = ResNet(in_channels, depth, width, output_stride=8)
        self.dropout = nn.Dropout2d(dropout)
        outputs = self.encoder.channels[-1]
        self.classifiers = nn.ModuleList(
            nn.Conv2d(outputs, 1, 3, padding=rate, dilation=rate) for rate in rates
        )

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 8."""
        x = self.dropout(self.encoder(x)[-1])
        return upsample(sum(classifier(x) for classifier in self.classifiers), 8)


def separable(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    """Atrous separable convolution: 3 x 3 per channel, then 1 x 1 with BatchNorm and ReLU."""
    depthwise = nn.Conv2d(
        inputs, inputs, 3, padding=dilation, dilation=dilation, groups=inputs, bias=False
    )
    return nn.Sequential(depthwise, *conv_bn_relu(inputs, outputs, 1))


class ASPP(nn.Module):
    """1 x 1, three dilated separable convolutions and the mean of the patch, joined by a 1 x 1.

    Args:
        inputs: Channels in.
        outputs: Channels of each branch, and of the result.
        rates: Dilations.
        dropout: Share of the result's channels dropped in training, 0..1.
    """

    def __init__(self, inputs: int, outputs: int, rates: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [conv_bn_relu(inputs, outputs, 1), *(separable(inputs, outputs, r) for r in rates)]
        )
        self.mean = conv_bn_relu(inputs, outputs, 1)
        self.join = nn.Sequential(
            conv_bn_relu((2 + len(rates)) * outputs, outputs, 1), nn.Dropout2d(dropout)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H, W]."""
        mean = spread_bins(self.mean(pool_to_bins(x, 1)), 1, like=x)
        return self.join(torch.cat([*(branch(x) for branch in self.branches), mean], dim=1))


class DeepLabV3Plus(EncoderNetwork):
    """ResNet with output stride 16, ASPP, and a decoder that adds the quarter-size map.

    The paper's backbones are ResNet-101 and a modified Xception; here it is a ResNet, with 50
    layers by default. The mean of the whole patch inside ASPP makes a pixel depend on its tile, and
    training needs batches of two or more, as in PSPNet.

    Args:
        in_channels: Bands of the input.
        width: Channels of the encoder's stem; the paper's is 64. ASPP has four times as many, the
            projected quarter-size map three quarters (256 and 48 in the paper).
        depth: Layers of the ResNet: 18, 34, 50 or 101.
        dropout: Share of ASPP's channels dropped in training, 0..1.
        rates: Dilations of ASPP, pixels of the sixteenth-size map.
    """

    multiple = 16

    def __init__(
        self,
        in_channels: int,
        width: int = 32,
        depth: int = 50,
        dropout: float = 0.1,
        rates: tuple[int, ...] = (6, 12, 18),
    ) -> None:
        super().__init__()
        inner, low = 4 * width, 3 * width // 4
        self.encoder = ResNet(in_channels, depth, width, output_stride=16)
        self.aspp = ASPP(self.encoder.channels[-1], inner, rates, dropout)
        self.low = conv_bn_relu(self.encoder.channels[1], low, 1)
        self.decoder = nn.Sequential(separable(inner + low, inner), separable(inner, inner))
        self.head = nn.Conv2d(inner, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 16."""
        _, quarter, *_, last = self.encoder(x)
        x = torch.cat([self.low(quarter), upsample(self.aspp(last), 4)], dim=1)
        return upsample(self.head(self.decoder(x)), 4)
