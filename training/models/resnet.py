"""ResNet (He, Zhang, Ren & Sun 2016, arXiv:1512.03385): the encoder of half of the networks here.

Without its average pooling and fully connected layer. Depths 18 and 34 have basic units, 50 and
101 bottlenecks with the stride on the 3 x 3 convolution (torchvision's "v1.5").
"""

from __future__ import annotations

from torch import Tensor, nn

from .blocks import conv_bn, conv_bn_relu


class BasicUnit(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, figure 5 left of the paper."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int, dilations: tuple[int, int]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_bn_relu(inputs, width, 3, stride, dilations[0]),
            conv_bn(width, width, 3, 1, dilations[1]),
        )
        self.shortcut = _shortcut(inputs, width, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, width, H/stride, W/stride]."""
        return self.relu(self.body(x) + self.shortcut(x))


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolution beside a shortcut, figure 5 right of the paper."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int, dilations: tuple[int, int]) -> None:
        super().__init__()
        outputs = self.expansion * width
        self.body = nn.Sequential(
            conv_bn_relu(inputs, width, 1),
            conv_bn_relu(width, width, 3, stride, dilations[0]),
            conv_bn(width, outputs, 1),
        )
        self.shortcut = _shortcut(inputs, outputs, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, 4 * width, H/stride, W/stride]."""
        return self.relu(self.body(x) + self.shortcut(x))


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    """The identity where shapes agree, else a projection (option B of the paper)."""
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return conv_bn(inputs, outputs, 1, stride)


#: Units per stage, by depth: table 1 of the paper.
DEPTHS = {
    18: (BasicUnit, (2, 2, 2, 2)),
    34: (BasicUnit, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
}


class ResNet(nn.Module):
    """Feature maps at five scales.

    Args:
        in_channels: Bands of the input.
        depth: A key of `DEPTHS`.
        width: Channels of the stem; the paper's is 64.
        output_stride: 32, or less: then the last stages keep their resolution, and their
            convolutions are dilated instead (DeepLab, arXiv:1606.00915, section 3.1).
        deep_stem: Three 3 x 3 convolutions instead of one 7 x 7, the last of twice the width, as
            in the authors' PSPNet.

    Attributes:
        channels: Channels of the five feature maps.
    """

    def __init__(
        self,
        in_channels: int,
        depth: int = 18,
        width: int = 64,
        output_stride: int = 32,
        deep_stem: bool = False,
    ) -> None:
        super().__init__()
        unit, counts = DEPTHS[depth]
        self.stem = (
            nn.Sequential(
                conv_bn_relu(in_channels, width, 3, stride=2),
                conv_bn_relu(width, width),
                conv_bn_relu(width, 2 * width),
            )
            if deep_stem
            else conv_bn_relu(in_channels, width, 7, stride=2)
        )
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        channels = [2 * width if deep_stem else width]
        stages = []
        reached, dilation = 4, 1
        for level, count in enumerate(counts):
            stride, before = 1 if level == 0 else 2, dilation
            if reached * stride > output_stride:
                stride, dilation = 1, 2 * dilation
            reached *= stride
            inputs, inner = channels[-1], width * 2**level
            outputs = unit.expansion * inner
            # The first 3 x 3 convolution of a stage still sees the grid of the stage before.
            first = unit(inputs, inner, stride, (before, dilation))
            rest = [unit(outputs, inner, 1, (dilation, dilation)) for _ in range(count - 1)]
            stages.append(nn.Sequential(first, *rest))
            channels.append(outputs)
        self.stages = nn.ModuleList(stages)
        self.channels = tuple(channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N, C, H, W] -> maps at 1/2, 1/4, 1/8, 1/16, 1/32, as far as `output_stride` lets."""
        features = [self.stem(x)]
        x = self.pool(features[0])
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features
