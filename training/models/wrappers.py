"""What a recipe puts around a network or in place of its layers; all is in the model file."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor, nn


class Enlarged(nn.Module):
    """A network that sees its image enlarged, so that slides of few pixels become large ones.

    Scale promotion, as the first place of the Landslide4Sense competition did by 4 (section IV-B).
    It costs the square of the factor in time.
    """

    def __init__(self, network: nn.Module, factor: float) -> None:
        super().__init__()
        self.network, self.factor = network, factor

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> logits [N, 1, H, W]."""
        large = F.interpolate(x, scale_factor=self.factor, mode="bilinear", align_corners=False)
        logits = self.network(large)
        return F.interpolate(logits, size=x.shape[-2:], mode="bilinear", align_corners=False)


class Components(nn.Module):
    """A network that sees the first principal components of the bands (competition, Table III).

    The projection is fitted once to what is trained on, by `fit`, and never learns.

    Args:
        network: Reads `count` bands.
        bands: Bands of the input.
        count: How many components.
    """

    def __init__(self, network: nn.Module, bands: int, count: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("axes", torch.eye(bands)[:count, :, None, None].clone())

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> logits [N, 1, H, W]."""
        return self.network(F.conv2d(x, self.axes))

    @torch.no_grad()
    def fit(self, pixels: Tensor) -> None:
        """Take the axes of pixels [n, bands]; each component gets the spread 1."""
        centred = (pixels - pixels.mean(0)).double()
        value, vector = torch.linalg.eigh(centred.T @ centred / len(centred))
        order = torch.argsort(value, descending=True)[: len(self.axes)]
        axes = vector[:, order] / value[order].clamp_min(1e-9).sqrt()
        # An axis has no direction of its own: the largest entry is made positive.
        largest = axes.abs().argmax(0, keepdim=True)
        axes = axes * axes.gather(0, largest).sign()
        self.axes.copy_(axes.T[:, :, None, None])


class CrossSensorNorm(nn.BatchNorm2d):
    """BatchNorm with statistics for each of two domains, and one scale and shift for both.

    What the competition's first place put in the place of BatchNorm (section IV-B2, after Wang et
    al. 2022, doi:10.1016/j.rse.2022.113058): the first half of a training batch is labelled, the
    second half comes from the region that is to be mapped. In use it has the second half's
    statistics. Left out: the weighting of channels by how alike both domains are.
    """

    def __init__(self, features: int, eps: float = 1e-5, momentum: float | None = 0.1) -> None:
        super().__init__(features, eps, momentum)
        self.register_buffer("target_mean", torch.zeros(features))
        self.register_buffer("target_var", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> the same; in training N is even."""
        affine, momentum = (self.weight, self.bias), self.momentum or 0.1
        target = self.target_mean, self.target_var
        if not self.training:
            return F.batch_norm(x, *target, *affine, False, 0.0, self.eps)
        labelled, other = x.chunk(2)
        source = self.running_mean, self.running_var
        options = True, momentum, self.eps
        return torch.cat(
            [
                F.batch_norm(labelled, *source, *affine, *options),
                F.batch_norm(other, *target, *affine, *options),
            ]
        )


def across_sensors(network: nn.Module) -> nn.Module:
    """Put `CrossSensorNorm` in the place of every BatchNorm of a network, and return it."""
    for name, layer in network.named_children():
        if type(layer) is nn.BatchNorm2d:
            setattr(network, name, CrossSensorNorm(layer.num_features, layer.eps, layer.momentum))
        else:
            across_sensors(layer)
    return network


def core(network: nn.Module) -> nn.Module:
    """The network inside of what a recipe puts around it."""
    while isinstance(network, (Enlarged, Components)):
        network = network.network
    return network
