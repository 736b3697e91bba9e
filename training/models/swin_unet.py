"""U-Net on a Swin Transformer, as the competition's first two places had it.

Encoder: Liu et al. 2021, arXiv:2103.14030 (Swin-T by default: widths 96 to 768, 2, 2, 6 and 2
blocks). Decoder: the U-Net's, with skips from all scales (Ghorbanzadeh et al. 2022, sections IV-B2
and V-A: "U-Net-like skip connection structure"). Written here, as the published implementations fix
the size of the image when they are exported. Open choices: a shallow branch at full resolution,
whose skip the encoder, which begins at a quarter, cannot give; windows of 4 pixels of the map, so
that the coarsest map of a patch of 128 is one window (7 in the paper, for images of 224), which is
why its blocks do not shift.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import EncoderNetwork, UpBlock, double_conv


class WindowAttention(nn.Module):
    """Self-attention inside windows, with a learnt bias for every relative position (section 3.2).

    Args:
        width: Channels.
        heads: Attention heads.
        window: Side of a window.
        shift: How far windows are shifted; 0 or half of the side.
    """

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.to_qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.bias = nn.Parameter(0.02 * torch.randn(heads, (2 * window - 1) ** 2))
        place = torch.cartesian_prod(torch.arange(window), torch.arange(window))
        apart = place[:, None] - place[None] + window - 1
        index = apart[..., 0] * (2 * window - 1) + apart[..., 1]
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[N, H, W, width] -> the same; H and W are multiples of the window."""
        height, width = x.shape[1], x.shape[2]
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        windows = self._divided(x)
        count, pixels, channels = windows.shape
        qkv = self.to_qkv(windows).reshape(count, pixels, 3, self.heads, channels // self.heads)
        qkv = qkv.permute(2, 0, 3, 1, 4)
        query, key, value = qkv[0], qkv[1], qkv[2]
        weight = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
        weight = weight + self.bias[:, self.index]
        if self.shift:
            weight = weight + self._apart(x, weight)
        mixed = (weight.softmax(-1) @ value).transpose(1, 2).reshape(count, pixels, channels)
        x = self._joined(self.project(mixed), height, width)
        return torch.roll(x, (self.shift, self.shift), (1, 2)) if self.shift else x

    def _divided(self, x: Tensor) -> Tensor:
        """[N, H, W, C] -> [N * windows, pixels, C]."""
        side = self.window
        count, height, width, channels = x.shape
        x = x.reshape(count, height // side, side, width // side, side, channels)
        return x.transpose(2, 3).reshape(-1, side * side, channels)

    def _joined(self, windows: Tensor, height: int, width: int) -> Tensor:
        """[N * windows, pixels, C] -> [N, H, W, C]."""
        side, channels = self.window, windows.shape[-1]
        x = windows.reshape(-1, height // side, width // side, side, side, channels)
        return x.transpose(2, 3).reshape(-1, height, width, channels)

    def _apart(self, x: Tensor, weight: Tensor) -> Tensor:
        """-100 between pixels that the shift has brought together from opposite borders."""
        count, height, width = x.shape[:3]
        rows, columns = (self._strip(size, x) for size in (height, width))
        region = (3 * rows[:, None] + columns[None]).expand(count, -1, -1)[..., None]
        mine = self._divided(region)
        differ = (mine != mine.transpose(1, 2)).to(weight.dtype)
        return -100.0 * differ[:, None]

    def _strip(self, size: int, like: Tensor) -> Tensor:
        """[size] 0, but 1 in the last window, and 2 in what came from the other border."""
        place = torch.arange(size, device=like.device)
        last, moved = place >= size - self.window, place >= size - self.shift
        return last.to(torch.float32) + moved.to(torch.float32)


class Block(nn.Module):
    """Window attention and a perceptron, each behind LayerNorm and beside a shortcut (Eq. 3)."""

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = WindowAttention(width, heads, window, shift)
        self.perceptron = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, H, W, width] -> the same."""
        x = x + self.attention(self.before(x))
        return x + self.perceptron(self.between(x))


class Merge(nn.Module):
    """Four neighbours become one pixel of twice the width ("patch merging", section 3.1)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[N, H, W, width] -> [N, H/2, W/2, 2 * width]."""
        rows = torch.cat([x[:, ::2], x[:, 1::2]], -1)
        return self.reduce(self.norm(torch.cat([rows[:, :, ::2], rows[:, :, 1::2]], -1)))


class Swin(nn.Module):
    """The encoder: four maps, at a quarter to a thirty-second of the image.

    Args:
        in_channels: Bands of the input.
        width: Channels at a quarter; doubled at every scale.
        depths: Blocks at each of the four scales.
        heads: Attention heads at a quarter; doubled at every scale.
        window: Side of the windows, pixels of the map.
    """

    def __init__(
        self, in_channels: int, width: int, depths: tuple[int, ...], heads: int, window: int
    ) -> None:
        super().__init__()
        self.channels = tuple(width * 2**scale for scale in range(4))
        self.embed = nn.Conv2d(in_channels, width, 4, stride=4)
        self.norm = nn.LayerNorm(width)
        self.merges = nn.ModuleList(Merge(channels) for channels in self.channels[:-1])
        self.stages = nn.ModuleList()
        for scale, (channels, depth) in enumerate(zip(self.channels, depths, strict=True)):
            shift = window // 2 if scale < 3 else 0
            blocks = (
                Block(channels, heads * 2**scale, window, shift * (place % 2))
                for place in range(depth)
            )
            self.stages.append(nn.Sequential(*blocks))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for channels in self.channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N, C, H, W] -> four maps [N, channels, h, w]."""
        x = self.norm(self.embed(x).permute(0, 2, 3, 1))
        maps = []
        for scale, (stage, norm) in enumerate(zip(self.stages, self.norms, strict=True)):
            x = stage(self.merges[scale - 1](x) if scale else x)
            maps.append(norm(x).permute(0, 3, 1, 2))
        return maps


class SwinUNet(EncoderNetwork):
    """`Swin`, and a U-Net's decoder.

    Args:
        in_channels: Bands of the input.
        width: Channels of the encoder at a quarter; 96 in Swin-T and Swin-S.
        depths: Blocks of its scales; 2, 2, 18, 2 make Swin-S.
        heads: Attention heads at a quarter.
        window: Side of the windows, pixels of the map.
        branch: Channels of the decoder at full resolution.
        dropout: Share of the coarsest map's channels dropped in training, 0..1.
    """

    def __init__(
        self,
        in_channels: int,
        width: int = 96,
        depths: tuple[int, ...] = (2, 2, 6, 2),
        heads: int = 3,
        window: int = 4,
        branch: int = 32,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.multiple = 32 * window
        self.encoder = Swin(in_channels, width, depths, heads, window)
        self.branch = double_conv(in_channels, branch)
        self.dropout = nn.Dropout2d(dropout)
        coarse, skips = self.encoder.channels[:0:-1], self.encoder.channels[-2::-1]
        self.decoder = nn.ModuleList(UpBlock(a, b, b) for a, b in zip(coarse, skips, strict=True))
        self.to_half = UpBlock(width, 0, max(width // 2, branch))
        self.to_full = UpBlock(max(width // 2, branch), branch, branch)
        self.head = nn.Conv2d(branch, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W are multiples of `multiple`."""
        full = self.branch(x)
        maps = self.encoder(x)
        x = self.dropout(maps.pop())
        for unit in self.decoder:
            x = unit(x, maps.pop())
        return self.head(self.to_full(self.to_half(x), full))
