"""FFS-Net (Liu et al. 2023): image and terrain in branches of their own, added pixel by pixel.

The baseline of "A Multi-Source Data Fusion-based Semantic Segmentation Model for Relic Landslide
Detection" (Zhou et al.), which is where all that is built here is described: its sections 3.1 and
3.3, for the parts that both networks share, and section 3.1.1 and Table 4 for how they differ.
Widths that its figures alone name are open choices: what is here comes to 64.2 million parameters
with `width` 64, where Table 6 says 64.55.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import EncoderNetwork, conv_bn_relu, upsample
from .efficientnetv2_unet import Squeeze
from .resnet import ResNet


class CoordinateAttention(nn.Module):
    """Weights channels by row and by column (Hou 2021, arXiv:2103.02907; figure 5).

    The mean of every row and of every column is looked at: a pixel depends on its whole patch.
    """

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.join = conv_bn_relu(width, inner, 1)
        self.row, self.column = nn.Conv2d(inner, width, 1), nn.Conv2d(inner, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, width, H, W] -> the same."""
        height = x.shape[2]
        rows, columns = x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)
        both = self.join(torch.cat([rows, columns], 2))
        row = torch.sigmoid(self.row(both[:, :, :height]))
        column = torch.sigmoid(self.column(both[:, :, height:]).transpose(2, 3))
        return x * row * column


class Branch(nn.Module):
    """Conv Block, max pooling, Conv Block (section 3.1.1): maps at a half and at a quarter."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.first, self.second = conv_bn_relu(inputs, width, 7, 2), conv_bn_relu(width, width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[N, inputs, H, W] -> [N, width, H/2, W/2] and [N, width, H/4, W/4]."""
        first = self.first(x)
        return first, self.second(self.pool(first))


class FeatureExtractor(nn.Module):
    """Image and terrain, fused: section 3.1.1 and figure 5; a stem for a ResNet.

    Args:
        in_channels: Bands; terrain last.
        width: Channels of each branch, and of the result.
        terrain: How many of the bands are terrain. Where there is one band, both branches read it.
        fusion: ``add`` or ``concat``.
        attention: Whether coordinate attention weighs what was fused.
    """

    def __init__(
        self, in_channels: int, width: int, terrain: int, fusion: str, attention: bool
    ) -> None:
        super().__init__()
        relief = max(1, min(terrain, in_channels - 1))
        self.optical, self.relief = max(1, in_channels - relief), relief
        self.image, self.ground = Branch(self.optical, width), Branch(relief, width)
        self.concatenates = fusion == "concat"
        fused = 2 * width if self.concatenates else width
        self.attention = (
            CoordinateAttention(fused, max(fused // 8, 4)) if attention else nn.Identity()
        )
        self.after = nn.Sequential(conv_bn_relu(2 * fused, width), conv_bn_relu(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, width, H/2, W/2]."""
        image, ground = self.image(x[:, : self.optical]), self.ground(x[:, -self.relief :])
        fine, coarse = (
            torch.cat(pair, 1) if self.concatenates else pair[0] + pair[1]
            for pair in zip(image, ground, strict=True)
        )
        return self.after(torch.cat([fine, upsample(self.attention(coarse), 2)], 1))


class AtrousPyramid(nn.Module):
    """ASPP with full convolutions: 1 x 1, three dilations, and the mean of the patch."""

    def __init__(self, inputs: int, outputs: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                conv_bn_relu(inputs, outputs, 1),
                *(conv_bn_relu(inputs, outputs, 3, 1, rate) for rate in rates),
            ]
        )
        # No BatchNorm on one number for each channel: a batch may be one patch.
        self.mean = nn.Sequential(nn.Conv2d(inputs, outputs, 1), nn.ReLU())
        self.join = conv_bn_relu((2 + len(rates)) * outputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H, W]."""
        found = [branch(x) for branch in self.branches]
        mean = self.mean(x.mean((2, 3), keepdim=True))
        return self.join(torch.cat([*found, mean.expand_as(found[0])], 1))


class Encoder(nn.Module):
    """`FeatureExtractor`, dilated ResNet, and the multi-scale extractor (MAFE, section 3.1.2).

    Args:
        extractor: The stem.
        width: Channels of the ResNet's first stage; the paper's is 64.
        depth: Layers of the ResNet; the paper's is 101.
        rates: Dilations of the pyramid, pixels of the eighth-size map.
    """

    def __init__(
        self, extractor: FeatureExtractor, width: int, depth: int, rates: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.resnet = ResNet(width, depth, width, output_stride=16)
        self.resnet.stem = extractor
        _, self.low, middle, _, last = self.resnet.channels
        self.squeeze = Squeeze(middle + last, max((middle + last) // 16, 4))
        self.pyramid = AtrousPyramid(middle + last, 4 * width, rates)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N, C, H, W] -> Block1's map at a quarter, and abstract features at an eighth."""
        _, low, middle, _, last = self.resnet(x)
        joined = self.squeeze(torch.cat([middle, upsample(last, 2)], 1))
        return [low, self.pyramid(joined)]


def _doubled(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """A transposed convolution to twice the size."""
    grow = nn.ConvTranspose2d(inputs, outputs, 2, stride=2, bias=False)
    return grow, nn.BatchNorm2d(outputs), nn.ReLU()


class FFSNet(EncoderNetwork):
    """Two branches, a dilated ResNet, and a decoder of transposed convolutions (section 3.3).

    Args:
        in_channels: Bands of the input; terrain last.
        width: Channels of the branches and of the ResNet's first stage; the paper's is 64.
        depth: Layers of the ResNet; the paper's is 101.
        terrain: How many of the bands are terrain.
        fusion: ``add`` (FFS-Net) or ``concat``.
        attention: Whether coordinate attention follows the fusion; rows of Table 4.
        rates: Dilations of the pyramid.
        dropout: Share of the decoder's channels dropped in training, 0..1.
    """

    multiple = 16

    def __init__(
        self,
        in_channels: int,
        width: int = 32,
        depth: int = 101,
        terrain: int = 1,
        fusion: str = "add",
        attention: bool = False,
        rates: tuple[int, ...] = (6, 12, 18),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        inner, low = 4 * width, 3 * width // 4
        extractor = FeatureExtractor(in_channels, width, terrain, fusion, attention)
        self.encoder = Encoder(extractor, width, depth, rates)
        self.low = conv_bn_relu(self.encoder.low, low, 1)
        self.decoder = nn.Sequential(
            conv_bn_relu(inner + low, inner), nn.Dropout2d(dropout), conv_bn_relu(inner, inner)
        )
        # With BatchNorm: without it, all may be dead that the head sees of a landslide.
        self.up = nn.Sequential(*_doubled(inner, width), *_doubled(width, width))
        self.head = nn.Conv2d(width, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 16."""
        low, context = self.encoder(x)
        x = self.decoder(torch.cat([self.low(low), upsample(context, 2)], 1))
        return self.head(self.up(x))
