"""ResU-Net: a U-Net of pre-activation residual units (Zhang, Liu & Wang 2018, arXiv:1711.10684).

Four choices differ from the paper, the first three for maps that do not depend on where the tiles
were cut:

* Downsampling is a fixed binomial blur and a stride of 2 (Zhang 2019, arXiv:1904.11486) instead of
  a strided convolution, which aliases: its result changes when the tile origin moves by one pixel.
* Upsampling is bilinear with the same pixel centres as the blur.
* Normalisation is BatchNorm only. Anything that looks at the statistics of the patch (InstanceNorm,
  squeeze-and-excitation, global pooling) would make a pixel depend on the far corner of its tile.
* A 1 x 1 convolution halves the channels before each upsampling, so that a decoder unit reads
  twice its width, from below and from the skip in equal parts. The paper's reads three times its
  width: what comes from below is not reduced.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn


class BlurDown(nn.Module):
    """Halve height and width behind a binomial low-pass filter (1 3 3 1)/8.

    The even kernel puts the output pixel centre between four input pixels, where bilinear
    upsampling by 2 expects it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
        kernel = torch.outer(row, row).expand(channels, 1, 4, 4).clone()
        self.register_buffer("kernel", kernel, persistent=False)  # a constant, not a weight
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H/2, W/2]; H and W even."""
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        return F.conv2d(x, self.kernel.to(x.dtype), stride=2, groups=self.channels)


class ResidualUnit(nn.Module):
    """x -> shortcut(x) + conv(relu(bn(conv(relu(bn(x)))))), figure 1b of the paper."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.shortcut = (
            nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H, W]."""
        y = self.conv1(F.relu_(self.bn1(x)))  # in place: training is bound by memory traffic
        y = self.conv2(F.relu_(self.bn2(y)))
        return y + self.shortcut(x)


class ResUNet(nn.Module):
    """Encoder of `depth` levels, the last one the bridge; decoder with skips by concatenation.

    Args:
        in_channels: Bands of the input.
        width: Channels at full resolution; doubled at every level.
        depth: Levels. 4 is the paper's; each further level doubles the context a pixel sees, and
            with it the distance at which the edge of a tile is felt.
        dropout: Share of the bridge's channels dropped in training, 0..1.
    """

    def __init__(
        self, in_channels: int, width: int = 32, depth: int = 4, dropout: float = 0.0
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth)]
        self.stem = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.first = ResidualUnit(width, width)
        self.down = nn.ModuleList(BlurDown(w) for w in widths[:-1])
        self.encoder = nn.ModuleList(
            ResidualUnit(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self.dropout = nn.Dropout2d(dropout)
        # Channels are halved before the upsampling, where there are four times fewer pixels.
        self.project = nn.ModuleList(nn.Conv2d(2 * w, w, 1, bias=False) for w in widths[-2::-1])
        self.decoder = nn.ModuleList(ResidualUnit(2 * w, w) for w in widths[-2::-1])
        self.head_bn = nn.BatchNorm2d(width)
        self.head = nn.Conv2d(width, 1, 1)
        self.multiple = 2 ** (depth - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> landslide logits [N, 1, H, W], for any H and W."""
        height, width = x.shape[-2:]
        # Padding lives here, inside the exported graph, so that no caller has to know `multiple`.
        x = F.pad(x, (0, -width % self.multiple, 0, -height % self.multiple), mode="replicate")
        x = self.first(self.stem(x))
        skips = []
        for down, unit in zip(self.down, self.encoder, strict=True):
            skips.append(x)
            x = unit(down(x))
        x = self.dropout(x)
        for project, unit in zip(self.project, self.decoder, strict=True):
            x = F.interpolate(project(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = unit(torch.cat([x, skips.pop()], dim=1))
        return self.head(F.relu_(self.head_bn(x)))[..., :height, :width]
