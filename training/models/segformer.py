"""SegFormer (Xie et al. 2021, arXiv:2105.15203): a transformer of four scales, an MLP decoder.

One of the three networks of the competition's first place (section IV-B2). Sizes after Table 6 of
the paper: B1 by default (widths 64, 128, 320, 512, two blocks each); `width` 32 makes B0. Written
here for the same reason as `swin_unet`. Open choice: the decoder's map at a quarter is enlarged by
4, as in the paper, so that slides of one pixel are at the limit of what it can draw; scale
promotion (`promotion` of a recipe) is what the first place did about that.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from .blocks import EncoderNetwork, conv_bn_relu, upsample

#: Of the four scales: factor on the width, heads, reduction of keys, kernel and stride of the step.
SCALES = ((1, 1, 8, 7, 4), (2, 2, 4, 3, 2), (5, 5, 2, 3, 2), (8, 8, 1, 3, 2))


class ReducedAttention(nn.Module):
    """Self-attention of all pixels to a map that is smaller by `reduction` (Eq. 2)."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.project = nn.Linear(width, width)
        self.reduce = nn.Conv2d(width, width, reduction, reduction) if reduction > 1 else None
        self.norm = nn.LayerNorm(width) if reduction > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[N, H, W, width] -> the same; H and W are multiples of the reduction."""
        count, height, width, channels = x.shape
        small = x
        if self.reduce is not None:
            small = self.reduce(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        split = (count, -1, self.heads, channels // self.heads)
        query = self.query(x).reshape(split).transpose(1, 2)
        key, value = self.key_value(self.norm(small)).chunk(2, dim=-1)
        key, value = (part.reshape(split).transpose(1, 2) for part in (key, value))
        # Whole scenes have many pixels: here no map of all pairs is kept in training.
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2)
        return self.project(mixed.reshape(count, height, width, channels))


class MixFFN(nn.Module):
    """A perceptron with a 3 x 3 convolution of each channel inside, which tells places (Eq. 3)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.mix = nn.Conv2d(4 * width, 4 * width, 3, padding=1, groups=4 * width)
        self.gelu = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        """[N, H, W, width] -> the same."""
        x = self.mix(self.widen(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return self.narrow(self.gelu(x))


class Block(nn.Module):
    """Attention and Mix-FFN, each behind LayerNorm and beside a shortcut."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.ffn = ReducedAttention(width, heads, reduction), MixFFN(width)

    def forward(self, x: Tensor) -> Tensor:
        """[N, H, W, width] -> the same."""
        x = x + self.attention(self.before(x))
        return x + self.ffn(self.between(x))


class MixTransformer(nn.Module):
    """The encoder (MiT): four maps, at a quarter to a thirty-second of the image."""

    def __init__(self, in_channels: int, width: int, depths: tuple[int, ...]) -> None:
        super().__init__()
        self.channels = tuple(width * factor for factor, *_ in SCALES)
        self.embed, self.stages = nn.ModuleList(), nn.ModuleList()
        inputs = in_channels
        for outputs, depth, scale in zip(self.channels, depths, SCALES, strict=True):
            _, heads, reduction, kernel, stride = scale
            self.embed.append(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2))
            blocks = (Block(outputs, heads, reduction) for _ in range(depth))
            self.stages.append(nn.Sequential(nn.LayerNorm(outputs), *blocks))
            inputs = outputs
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for channels in self.channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N, C, H, W] -> four maps [N, channels, h, w]."""
        maps = []
        for embed, stage, norm in zip(self.embed, self.stages, self.norms, strict=True):
            x = norm(stage(embed(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
            maps.append(x)
        return maps


class SegFormer(EncoderNetwork):
    """`MixTransformer`, and a decoder of 1 x 1 layers (section 3.2).

    Args:
        in_channels: Bands of the input.
        width: Channels of the encoder at a quarter: 32 in B0, 64 from B1 on.
        depths: Blocks of its scales: 2 each in B0 and B1.
        inner: Channels of the decoder: 256 in B0 and B1.
        dropout: Share of the decoder's channels dropped in training, 0..1.
    """

    multiple = 32

    def __init__(
        self,
        in_channels: int,
        width: int = 64,
        depths: tuple[int, ...] = (2, 2, 2, 2),
        inner: int = 256,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.encoder = MixTransformer(in_channels, width, depths)
        self.mlp = nn.ModuleList(nn.Conv2d(c, inner, 1) for c in self.encoder.channels)
        self.fuse = conv_bn_relu(4 * inner, inner, 1)
        self.dropout = nn.Dropout2d(dropout)
        self.head = nn.Conv2d(inner, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 32."""
        maps = [layer(one) for layer, one in zip(self.mlp, self.encoder(x), strict=True)]
        alike = [upsample(one, 2**place) if place else one for place, one in enumerate(maps)]
        return upsample(self.head(self.dropout(self.fuse(torch.cat(alike, 1)))), 4)
