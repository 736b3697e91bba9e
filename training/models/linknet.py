"""LinkNet (Chaurasia & Culurciello 2017, arXiv:1707.03718): ResNet-18, and a decoder by addition.

As in the paper's table I and figure 2. Open choice: the transposed convolutions of a decoder block
are padded such that sizes double exactly.
"""

from __future__ import annotations

from torch import Tensor, nn

from .blocks import PaddedNetwork, conv_bn_relu
from .resnet import ResNet


def up_conv_bn_relu(inputs: int, outputs: int) -> nn.Sequential:
    """Transposed 3 x 3 convolution that doubles the size, BatchNorm, ReLU."""
    conv = nn.ConvTranspose2d(inputs, outputs, 3, 2, padding=1, output_padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def decoder_block(inputs: int, outputs: int, up: bool) -> nn.Sequential:
    """1 x 1 convolution to a quarter of the channels, 3 x 3, 1 x 1 to `outputs` (figure 2)."""
    inner = max(inputs // 4, 1)
    middle = up_conv_bn_relu if up else conv_bn_relu
    return nn.Sequential(
        conv_bn_relu(inputs, inner, 1), middle(inner, inner), conv_bn_relu(inner, outputs, 1)
    )


class LinkNet(PaddedNetwork):
    """Each decoder block adds its result to the encoder's map of the same scale.

    Args:
        in_channels: Bands of the input.
        width: Channels of the encoder's stem; the paper's is 64.
        dropout: Share of the coarsest map's channels dropped in training, 0..1.
    """

    multiple = 32

    def __init__(self, in_channels: int, width: int = 64, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = ResNet(in_channels, 18, width)
        self.dropout = nn.Dropout2d(dropout)
        stem, *scales = self.encoder.channels
        self.decoder = nn.ModuleList(
            decoder_block(a, b, up=True) for a, b in zip(scales[:0:-1], scales[-2::-1])
        )
        half = max(width // 2, 1)
        self.head = nn.Sequential(
            decoder_block(scales[0], stem, up=False),
            up_conv_bn_relu(stem, half),
            conv_bn_relu(half, half),
            nn.ConvTranspose2d(half, 1, 2, stride=2),
        )

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 32."""
        _, *skips = self.encoder(x)
        x = self.dropout(skips.pop())
        for block in self.decoder:
            x = block(x) + skips.pop()
        return self.head(x)
