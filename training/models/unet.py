"""U-Net (Ronneberger, Fischer & Brox 2015, arXiv:1505.04597), baseline of Landslide4Sense 2022.

23 convolutional layers, 4 of them transposed, as the competition report counts them (Ghorbanzadeh
et al. 2022, doi:10.1109/JSTARS.2022.3220845, section II-B). Open choices: convolutions are padded,
so that a patch keeps its size, and followed by BatchNorm, which the paper of 2015 did not have yet.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from .blocks import PaddedNetwork, UpBlock, double_conv


class UNet(PaddedNetwork):
    """Five scales of two convolutions each, joined by concatenation.

    Args:
        in_channels: Bands of the input.
        width: Channels at full resolution, doubled at every level; the paper's is 64.
        dropout: Share of the lowest level's channels dropped in training, 0..1.
    """

    multiple = 16

    def __init__(self, in_channels: int, width: int = 32, dropout: float = 0.0) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(5)]
        inputs = [in_channels, *widths[:-1]]
        self.encoder = nn.ModuleList(double_conv(a, b) for a, b in zip(inputs, widths))
        self.dropout = nn.Dropout2d(dropout)
        self.decoder = nn.ModuleList(UpBlock(2 * w, w, w) for w in widths[-2::-1])
        self.head = nn.Conv2d(width, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 16."""
        skips = []
        for level, unit in enumerate(self.encoder):
            x = unit(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        x = self.dropout(skips.pop())
        for unit in self.decoder:
            x = unit(x, skips.pop())
        return self.head(x)
