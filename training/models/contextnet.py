"""ContextNet (Poudel, Bonde, Liwicki & Zach 2018, arXiv:1805.04554): detail and context apart.

A shallow branch sees the full resolution, a deep one a quarter of it; their sum is classified at an
eighth. Layers as in the paper's tables 1 to 3 ("cn14"). Open choice: the quarter-size input is the
mean of 4 x 4 pixels, which does not alias.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from .blocks import PaddedNetwork, conv_bn, conv_bn_relu, upsample

#: Deep branch: expansion, channels (in units of the width), repetitions, stride of the first.
BOTTLENECKS = ((1, 1, 1, 1), (6, 1, 1, 1), (6, 1.5, 3, 2), (6, 2, 3, 2), (6, 3, 2, 1), (6, 4, 2, 1))


def depthwise_separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3 x 3 convolution per channel, then 1 x 1, each with BatchNorm and ReLU."""
    return nn.Sequential(
        conv_bn_relu(inputs, inputs, 3, stride, groups=inputs), conv_bn_relu(inputs, outputs, 1)
    )


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project without activation (MobileNet-v2's bottleneck)."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = expansion * inputs
        self.body = nn.Sequential(
            conv_bn_relu(inputs, inner, 1),
            conv_bn_relu(inner, inner, 3, stride, groups=inner),
            conv_bn(inner, outputs, 1),
        )
        self.residual = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H/stride, W/stride]."""
        return x + self.body(x) if self.residual else self.body(x)


def deep_branch(in_channels: int, width: int) -> nn.Sequential:
    """[N, C, H, W] -> [N, 4 * width, H/8, W/8]."""
    layers: list[nn.Module] = [conv_bn_relu(in_channels, width, 3, stride=2)]
    inputs = width
    for expansion, share, count, stride in BOTTLENECKS:
        outputs = int(share * width)
        for index in range(count):
            layers.append(InvertedResidual(inputs, outputs, expansion, 1 if index else stride))
            inputs = outputs
    return nn.Sequential(*layers)


def shallow_branch(in_channels: int, width: int) -> nn.Sequential:
    """[N, C, H, W] -> [N, 4 * width, H/8, W/8]."""
    return nn.Sequential(
        conv_bn_relu(in_channels, width, 3, stride=2),
        depthwise_separable(width, 2 * width, 2),
        depthwise_separable(2 * width, 4 * width, 2),
        depthwise_separable(4 * width, 4 * width),
    )


class ContextNet(PaddedNetwork):
    """Shallow and deep branch, fusion by addition, classifier, upsampling by 8.

    Args:
        in_channels: Bands of the input.
        width: Channels of the first layers, even; the paper's is 32.
        dropout: Share of channels dropped before the last layer in training, 0..1.
    """

    multiple = 32

    def __init__(self, in_channels: int, width: int = 32, dropout: float = 0.1) -> None:
        super().__init__()
        outputs = 4 * width
        self.shallow = shallow_branch(in_channels, width)
        self.deep = deep_branch(in_channels, width)
        self.fuse_shallow = conv_bn(outputs, outputs, 1)
        self.fuse_deep = nn.Sequential(
            conv_bn_relu(outputs, outputs, 3, dilation=4, groups=outputs),
            conv_bn(outputs, outputs, 1),
        )
        self.classifier = nn.Sequential(
            depthwise_separable(outputs, outputs),
            depthwise_separable(outputs, outputs),
            nn.Dropout2d(dropout),
            nn.Conv2d(outputs, 1, 1),
        )

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 32."""
        context = self.fuse_deep(upsample(self.deep(F.avg_pool2d(x, 4)), 4))
        return upsample(self.classifier(F.relu(self.fuse_shallow(self.shallow(x)) + context)), 8)
