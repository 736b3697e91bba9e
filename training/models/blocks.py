"""What the networks share: padding and cropping, convolution units, pooling to a grid of bins.

Every resampling here has one meaning in PyTorch and in ONNX: bilinear with half-pixel centres
(``align_corners=False``) and an integer factor, or an explicit matrix of weights.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column of [N, C, H, W] until H and W are multiples."""
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def upsample(x: Tensor, factor: int) -> Tensor:
    """[N, C, H, W] -> [N, C, factor*H, factor*W], bilinear."""
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)


class PaddedNetwork(nn.Module):
    """A network whose body wants H and W to be multiples; its output has the input's own size.

    A subclass sets `multiple` and defines `logits`. Padding lives here, inside the exported graph,
    so that no caller has to know `multiple`.
    """

    multiple = 1

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> landslide logits [N, 1, H, W], for any H and W."""
        height, width = x.shape[-2:]
        return self.logits(pad_to_multiple(x, self.multiple))[..., :height, :width]

    def logits(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, 1, H, W]; H and W are multiples of `multiple`."""
        raise NotImplementedError


class EncoderNetwork(PaddedNetwork):
    """A network with an `encoder` that gives a list of maps, and that can be frozen."""

    encoder: nn.Module
    encoder_frozen = False

    def freeze_encoder(self, frozen: bool = True) -> None:
        """Train the rest alone: the encoder's weights and BatchNorm statistics stay."""
        self.encoder_frozen = frozen
        self.encoder.requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> EncoderNetwork:
        """Switch between training and evaluation; a frozen encoder remains in evaluation."""
        super().train(mode)
        if self.encoder_frozen:
            self.encoder.eval()
        return self


def conv_bn(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution and BatchNorm; padded so that stride 1 keeps the size."""
    padding = dilation * (kernel // 2)
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


def conv_bn_relu(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU; padded so that stride 1 keeps the size."""
    unit = conv_bn(inputs, outputs, kernel, stride, dilation, groups)
    return unit.append(nn.ReLU(inplace=True))


def double_conv(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3 x 3 convolutions with BatchNorm and ReLU: the step of a U-Net at each scale."""
    return nn.Sequential(conv_bn_relu(inputs, outputs), conv_bn_relu(outputs, outputs))


class UpBlock(nn.Module):
    """Step up of a U-Net: transposed convolution 2 x 2, concatenation with a skip, double conv.

    Args:
        inputs: Channels from below.
        skip: Channels of the skip connection; 0 for none.
        outputs: Channels of the result, and of the transposed convolution.
    """

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
        self.conv = double_conv(outputs + skip, outputs)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """[N, inputs, H, W] and [N, skip, 2H, 2W] -> [N, outputs, 2H, 2W]."""
        x = self.up(x)
        return self.conv(x if skip is None else torch.cat([skip, x], dim=1))


# --- bins, and back ------------------------------------------------------------------------------
# Pooling to a fixed number of bins is no ONNX operator once H and W are free. It is linear and
# separable, so two products with matrices computed from the shape give the same numbers.


def bin_weights(size: int | Tensor, bins: int, like: Tensor) -> Tensor:
    """Weights [bins, size] of `nn.AdaptiveAvgPool2d` along one axis.

    Bin i is the mean of positions floor(i*size/bins) .. ceil((i+1)*size/bins) - 1.
    """
    index = torch.arange(bins, device=like.device)[:, None]
    position = torch.arange(size, device=like.device)[None, :]
    start = torch.div(index * size, bins, rounding_mode="floor")
    stop = torch.div((index + 1) * size + bins - 1, bins, rounding_mode="floor")
    member = ((position >= start) & (position < stop)).to(like.dtype)
    return member / (stop - start).to(like.dtype)


def bilinear_weights(size: int | Tensor, bins: int, like: Tensor) -> Tensor:
    """Weights [size, bins] of bilinear resampling with half-pixel centres along one axis."""
    # Positions in float32: bfloat16 counts pixels exactly up to 256 only.
    position = torch.arange(size, device=like.device).to(torch.float32)[:, None]
    source = ((position + 0.5) * bins / size - 0.5).clamp(0, bins - 1)
    index = torch.arange(bins, device=like.device).to(torch.float32)[None, :]
    return (1 - (source - index).abs()).clamp(min=0).to(like.dtype)


def _resample(x: Tensor, weights: Callable, size: tuple, other: tuple) -> Tensor:
    rows = weights(size[0], other[0], x)
    columns = weights(size[1], other[1], x)
    return torch.matmul(torch.matmul(rows, x), columns.transpose(0, 1))


def pool_to_bins(x: Tensor, bins: int) -> Tensor:
    """[N, C, H, W] -> [N, C, bins, bins]; the numbers of `nn.AdaptiveAvgPool2d(bins)`."""
    return _resample(x, bin_weights, x.shape[-2:], (bins, bins))


def spread_bins(x: Tensor, bins: int, like: Tensor) -> Tensor:
    """[N, C, bins, bins] -> [N, C, H, W] of `like`, bilinear."""
    return _resample(x, bilinear_weights, like.shape[-2:], (bins, bins))
