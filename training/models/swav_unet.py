"""U-shaped network on a ResNet-18 that SwAV can pre-train.

After section II-B of "Contrastive Self-Supervised Learning for Globally Distributed Landslide
Detection": the encoder is the original ResNet-18 without average pooling and fully connected layer,
the decoder mirrors its five scales with skip connections. Open choices: the decoder's step is the
U-Net's, its widths are the encoder's in reverse, and the step to full resolution, where the encoder
has no map, has half the encoder's width. That step has no skip unless `skip` asks for one: the
encoder's finest map is at half resolution, and landslides one pixel wide are lost in it.
"""

from __future__ import annotations

from torch import Tensor, nn

from .blocks import EncoderNetwork, UpBlock, double_conv
from .resnet import ResNet


class Decoder(nn.Module):
    """From the five maps of a ResNet back to full resolution.

    Args:
        channels: Channels of the five maps, finest first.
        width: Channels at full resolution.
        skip: Channels of a sixth map, at full resolution; 0 for none.
    """

    def __init__(self, channels: tuple[int, ...], width: int, skip: int = 0) -> None:
        super().__init__()
        coarse, skips = channels[:0:-1], channels[-2::-1]
        self.steps = nn.ModuleList(UpBlock(a, b, b) for a, b in zip(coarse, skips))
        self.last = UpBlock(channels[0], skip, width)
        self.head = nn.Conv2d(width, 1, 1)

    def forward(
        self, features: list[Tensor], dropout: nn.Module, full: Tensor | None = None
    ) -> Tensor:
        """Five maps, 1/2 to 1/32, and perhaps one at full resolution -> logits [N, 1, H, W]."""
        x = dropout(features[-1])
        for step, skip in zip(self.steps, features[-2::-1]):
            x = step(x, skip)
        return self.head(self.last(x, full))


class SwavUNet(EncoderNetwork):
    """`encoder` (a `ResNet` of depth 18, whose weights SwAV may bring) and `decoder`.

    Args:
        in_channels: Bands of the input.
        width: Channels of the encoder's stem; ResNet-18's own is 64.
        dropout: Share of the coarsest map's channels dropped in training, 0..1.
        skip: Channels of a shallow branch at full resolution beside the encoder, for the last step;
            0 for none. SwAV does not train it: it learns with the decoder.
    """

    multiple = 32

    def __init__(
        self, in_channels: int, width: int = 64, dropout: float = 0.0, skip: int = 0
    ) -> None:
        super().__init__()
        self.encoder = ResNet(in_channels, 18, width)
        self.dropout = nn.Dropout2d(dropout)
        self.decoder = Decoder(self.encoder.channels, max(width // 2, 1), skip)
        self.branch = double_conv(in_channels, skip) if skip else None

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 32."""
        full = None if self.branch is None else self.branch(x)
        return self.decoder(self.encoder(x), self.dropout, full)
