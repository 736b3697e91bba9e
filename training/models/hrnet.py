"""HRNet (Wang et al. 2020, arXiv:1908.07919), of the competition's third place (section VI).

Maps of four scales run side by side from a quarter of the image on, and exchange what they found
after every few units; HRNetV2's head joins all four. `width` is that of the finest map: 48 in the
paper's segmentation, 18 in its small ones. Half of the paper's units (2 instead of 4 in a row) and
fewer exchanges by default, as in its "W18 small v2".
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import PaddedNetwork, conv_bn, conv_bn_relu, upsample
from .resnet import BasicUnit, Bottleneck


class Exchange(nn.Module):
    """Every map becomes the sum of all, brought to its own scale (figure 3)."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(
            nn.ModuleList(self._path(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )
        self.relu = nn.ReLU()

    @staticmethod
    def _path(widths: list[int], source: int, target: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:  # coarser: 1 x 1, enlarged in `forward`
            return conv_bn(widths[source], widths[target], 1)
        steps = [
            conv_bn_relu(widths[source], widths[source], 3, 2) for _ in range(target - source - 1)
        ]
        return nn.Sequential(*steps, conv_bn(widths[source], widths[target], 3, 2))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Maps of 1/4, 1/8 ... -> the same shapes."""
        result = []
        for target, paths in enumerate(self.paths):
            total = maps[target]
            for source, (path, one) in enumerate(zip(paths, maps, strict=True)):
                if source != target:
                    brought = path(one)
                    factor = 2 ** (source - target) if source > target else 1
                    total = total + (upsample(brought, factor) if factor > 1 else brought)
            result.append(self.relu(total))
        return result


class Module(nn.Module):
    """A row of units on every map, and one exchange."""

    def __init__(self, widths: list[int], units: int) -> None:
        super().__init__()
        self.rows = nn.ModuleList(
            nn.Sequential(*(BasicUnit(width, width, 1, (1, 1)) for _ in range(units)))
            for width in widths
        )
        self.exchange = Exchange(widths)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Maps of 1/4, 1/8 ... -> the same shapes."""
        return self.exchange([row(one) for row, one in zip(self.rows, maps, strict=True)])


class HRNet(PaddedNetwork):
    """Stem, four stages of one to four maps, and the head of HRNetV2.

    Args:
        in_channels: Bands of the input.
        width: Channels of the finest map, doubled at every coarser one.
        modules: Exchanges of stages 2 to 4; 1, 4, 3 in the paper.
        units: Units between two exchanges; 4 in the paper, as is the number of bottlenecks before.
        stem: Channels of the stem; the paper's is 64.
    """

    multiple = 32

    def __init__(
        self,
        in_channels: int,
        width: int = 18,
        modules: tuple[int, ...] = (1, 3, 2),
        units: int = 2,
        stem: int = 64,
    ) -> None:
        super().__init__()
        first = [Bottleneck(stem, stem, 1, (1, 1))]
        first += [Bottleneck(4 * stem, stem, 1, (1, 1)) for _ in range(units - 1)]
        self.stem = nn.Sequential(
            conv_bn_relu(in_channels, stem, 3, 2), conv_bn_relu(stem, stem, 3, 2), *first
        )
        widths = [width * 2**scale for scale in range(4)]
        self.finest = conv_bn_relu(4 * stem, width, 3)
        # A new, coarser map begins with each stage; the first of them leaves the stem.
        inputs = [4 * stem, *widths[1:-1]]
        self.begin = nn.ModuleList(
            conv_bn_relu(a, b, 3, 2) for a, b in zip(inputs, widths[1:], strict=True)
        )
        self.stages = nn.ModuleList(
            nn.ModuleList(Module(widths[: scale + 2], units) for _ in range(count))
            for scale, count in enumerate(modules)
        )
        total = sum(widths)
        self.head = nn.Sequential(conv_bn_relu(total, total, 1), nn.Conv2d(total, 1, 1))

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 32."""
        x = self.stem(x)
        maps, coarsest = [self.finest(x)], x
        for begin, stage in zip(self.begin, self.stages, strict=True):
            maps = [*maps, begin(coarsest)]
            for module in stage:
                maps = module(maps)
            coarsest = maps[-1]
        alike = [upsample(one, 2**scale) if scale else one for scale, one in enumerate(maps)]
        return upsample(self.head(torch.cat(alike, 1)), 4)
