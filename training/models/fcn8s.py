"""FCN-8s (Long, Shelhamer & Darrell 2015, arXiv:1411.4038): VGG-16 made convolutional.

Scores at an eighth, sixteenth and thirty-second of the resolution are upsampled and added. Open
choices: BatchNorm follows every convolution, because VGG-16 hardly learns from random weights
without it; convolutions are padded to keep the size, where the paper pads the image by 100 pixels
and crops.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import PaddedNetwork, conv_bn_relu

#: Convolutions per stage and channels in units of the width, configuration D of VGG (1409.1556).
STAGES = ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8))


def vgg_stage(inputs: int, outputs: int, count: int) -> nn.Sequential:
    """`count` 3 x 3 convolutions, then the maximum of 2 x 2 pixels."""
    units = [conv_bn_relu(inputs if i == 0 else outputs, outputs) for i in range(count)]
    return nn.Sequential(*units, nn.MaxPool2d(2))


def bilinear_up(factor: int) -> nn.ConvTranspose2d:
    """Learned upsampling of one channel that starts as bilinear interpolation.

    Raises:
        ValueError: The factor is odd.
    """
    if factor % 2:
        raise ValueError(f"The factor is {factor}, expected an even one.")
    layer = nn.ConvTranspose2d(1, 1, 2 * factor, factor, padding=factor // 2, bias=False)
    row = 1 - ((torch.arange(2 * factor) + 0.5) / factor - 1).abs()
    with torch.no_grad():
        layer.weight.copy_(torch.outer(row, row))
    return layer


class FCN8s(PaddedNetwork):
    """Five stages, two layers that were fully connected, three scores.

    Args:
        in_channels: Bands of the input.
        width: Channels at full resolution; the paper's is 64. The former fully connected layers
            have 64 times as many (4096 in the paper), and most of the weights.
        dropout: Share of their channels dropped in training, 0..1; the paper's is 0.5.
    """

    multiple = 32

    def __init__(self, in_channels: int, width: int = 16, dropout: float = 0.5) -> None:
        super().__init__()
        widths = [share * width for _, share in STAGES]
        inputs = [in_channels, *widths[:-1]]
        self.stages = nn.ModuleList(
            vgg_stage(a, b, count) for a, b, (count, _) in zip(inputs, widths, STAGES)
        )
        hidden = 64 * width
        self.connected = nn.Sequential(
            conv_bn_relu(widths[-1], hidden, 7),
            nn.Dropout2d(dropout),
            conv_bn_relu(hidden, hidden, 1),
            nn.Dropout2d(dropout),
        )
        self.scores = nn.ModuleList(nn.Conv2d(c, 1, 1) for c in (hidden, widths[3], widths[2]))
        self.ups = nn.ModuleList(bilinear_up(factor) for factor in (2, 2, 8))

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 32."""
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        sources = (self.connected(maps[4]), maps[3], maps[2])
        coarse, middle, fine = (score(m) for score, m in zip(self.scores, sources))
        up_coarse, up_middle, up_fine = self.ups
        return up_fine(up_middle(up_coarse(coarse) + middle) + fine)
