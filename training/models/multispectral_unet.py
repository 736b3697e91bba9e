"""Multispectral U-Net: the competition's special prize (section VII, figure 12).

Two branches: what Sentinel-2 has at 10 m stays at full resolution all the way; all bands go through
a U-Net of three steps down, with convolutions of stride 2, bilinear steps up and skips by addition.
Both end in as many channels, which are concatenated. Activations are SMU (Eq. 10 and 11).

Open choices: the paper's 128 channels at full resolution are 32 by default; the high-resolution
branch has three inverted residuals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from ...engine.common.errors import ParameterError
from .blocks import PaddedNetwork, conv_bn, upsample

#: Places of the 10 m bands (B02, B03, B04, B08) among the 14 of the benchmark.
FINE_OF_ALL = (1, 2, 3, 7)


class SMU(nn.Module):
    """Smooth maximum unit, Eq. 11 (Biswas et al. 2022, arXiv:2111.04682); `sharpness` is learnt.

    With alpha 0.25 it is a leaky ReLU without its corner: the larger the sharpness, the closer. The
    paper starts at a value of which erf has no gradient left; here it starts at 1, so that it can
    be learnt.
    """

    def __init__(self, alpha: float = 0.25, sharpness: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.sharpness = nn.Parameter(torch.tensor(sharpness))

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> the same."""
        # As erf(z) = 2 Phi(sqrt(2) z) - 1, this is a GELU and a line, in a quarter less time.
        rest = 1 - self.alpha
        scale = math.sqrt(2) * self.sharpness * rest
        return torch.add(F.gelu(scale * x) * (rest / scale), x, alpha=self.alpha)


def cba(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm, activation ("CBA" in figure 12)."""
    return conv_bn(inputs, outputs, 3, stride).append(SMU())


class InvertedResidual(nn.Module):
    """Widen by 1 x 1, filter each channel, narrow again, beside a shortcut (MobileNetV2)."""

    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        inner = width * expansion
        self.body = nn.Sequential(
            *conv_bn(width, inner, 1),
            SMU(),
            *conv_bn(inner, inner, 3, groups=inner),
            SMU(),
            *conv_bn(inner, width, 1),  # a linear bottleneck
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N, width, H, W] -> the same."""
        return x + self.body(x)


class Residual(nn.Module):
    """Two CBA beside a shortcut: the U-Net branch's step at each scale."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(cba(width, width), conv_bn(width, width))
        self.activate = SMU()

    def forward(self, x: Tensor) -> Tensor:
        """[N, width, H, W] -> the same."""
        return self.activate(x + self.body(x))


class MultispectralUNet(PaddedNetwork):
    """A branch at full resolution beside a U-Net.

    Args:
        in_channels: Bands of the input.
        width: Channels of both branches at full resolution; the paper's are 128.
        fine: Places of the bands with a native resolution of 10 m. By default those of the
            benchmark's 14 bands, else the first four at most.
        expansion: Factor on the channels inside an inverted residual.
        dropout: Share of the coarsest map's channels dropped in training, 0..1.

    Raises:
        ParameterError: A place is not among the bands.
    """

    multiple = 8

    def __init__(
        self,
        in_channels: int,
        width: int = 32,
        fine: Sequence[int] = (),
        expansion: int = 4,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.fine = list(fine) or self._usual(in_channels)
        if not all(0 <= place < in_channels for place in self.fine):
            raise ParameterError(
                f"The fine bands are {', '.join(map(str, self.fine))}, but there are {in_channels} "
                "bands. Count them from 0, in the order of the recipe's bands."
            )
        self.high = nn.Sequential(
            cba(len(self.fine), width // 2),  # two steps, as the paper has it: 4 to 128 at once is
            cba(width // 2, width),  # much
            *(InvertedResidual(width, expansion) for _ in range(3)),
        )
        widths = [width * 2**scale for scale in range(4)]
        self.enter = cba(in_channels, width)
        self.down = nn.ModuleList(cba(a, b, 2) for a, b in zip(widths, widths[1:]))
        self.steps = nn.ModuleList(Residual(w) for w in widths)
        self.dropout = nn.Dropout2d(dropout)
        self.narrow = nn.ModuleList(cba(b, a) for a, b in zip(widths, widths[1:]))
        self.up_steps = nn.ModuleList(Residual(w) for w in widths[:-1])
        self.head = nn.Sequential(cba(2 * width, width), nn.Conv2d(width, 1, 1))

    @staticmethod
    def _usual(in_channels: int) -> list[int]:
        return list(FINE_OF_ALL) if in_channels == 14 else list(range(min(4, in_channels)))

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W multiples of 8."""
        high = self.high(x[:, self.fine])
        x = self.steps[0](self.enter(x))
        skips = []
        for down, step in zip(self.down, self.steps[1:]):
            skips.append(x)
            x = step(down(x))
        x = self.dropout(x)
        for narrow, step in zip(reversed(self.narrow), reversed(self.up_steps)):
            x = step(upsample(narrow(x), 2) + skips.pop())
        return self.head(torch.cat([high, x], 1))
