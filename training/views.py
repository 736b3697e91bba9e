"""Random views of unlabelled patches for pre-training: multi-crop and band-aware jitter.

Reflectances are no photographs: brightness varies with sun and haze, but the hue of a slope is what
tells bare soil from grass. So bands get gains and offsets and never change places, and terrain
(slope, elevation) is cropped and turned with them, but keeps its values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor

from .bands import optical
from .data import normalise

#: The eight flips and quarter turns of a square as matrices on (x, y).
DIHEDRAL = torch.tensor(
    [[[a, 0.0], [0.0, b]] for a in (1, -1) for b in (1, -1)]
    + [[[0.0, a], [b, 0.0]] for a in (1, -1) for b in (1, -1)]
)
#: Five binomial taps, close to a Gaussian of one pixel.
BLUR = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
#: Global views: Eq. 1 swaps the codes of two.
GLOBAL = 2


@dataclass(frozen=True)
class Views:
    """How the views of a patch differ. Zero switches a part of the jitter off.

    Attributes:
        global_size: Pixels of the two global views.
        small_size: Pixels of the small views.
        small_count: How many small views.
        global_area: Smallest and largest share of the patch that a global view shows.
        small_area: The same for a small view.
        aspect: Largest ratio of the sides of what a view shows.
        gain: Spread of the brightness, all optical bands alike, natural logarithm.
        band_gain: The same for each optical band by itself.
        band_offset: Spread of a value added to each optical band, in scene standard deviations.
        blur: Share of the views that are blurred.
    """

    global_size: int = 128
    small_size: int = 96
    small_count: int = 2
    global_area: tuple[float, float] = (0.4, 1.0)
    small_area: tuple[float, float] = (0.1, 0.4)
    aspect: float = 4 / 3
    gain: float = 0.25
    band_gain: float = 0.10
    band_offset: float = 0.20
    blur: float = 0.3


def optical_bands(bands: tuple[str, ...]) -> Tensor:
    """[C] bool: true for reflectances (B01 .. B12), false for terrain."""
    return torch.tensor([band in optical(bands) for band in bands])


def multi_crop(
    image: Tensor,
    mean: Tensor,
    std: Tensor,
    optical: Tensor,
    settings: Views,
    rng: torch.Generator,
) -> list[Tensor]:
    """Normalised views of each patch, the two global ones first (Caron et al. 2020, section 3.2).

    Args:
        image: [N, C, H, W], physical units.
        mean: [N, C], of each patch's scene.
        std: [N, C], of each patch's scene.
        optical: [C] bool, from `optical_bands`.
        settings: How much the views differ.
        rng: Source of all chance, on the image's device.

    Returns:
        Two [N, C, global_size, global_size], then `small_count` [N, C, small_size, small_size].
    """
    kinds = [(settings.global_size, settings.global_area)] * GLOBAL
    kinds += [(settings.small_size, settings.small_area)] * settings.small_count
    views = []
    for size, area in kinds:
        view = random_crop(image, size, area, settings.aspect, rng)
        view = blur(view, settings.blur, rng)
        views.append(jitter(view, mean, std, optical, settings, rng))
    return views


def random_crop(
    image: Tensor, size: int, area: tuple[float, float], aspect: float, rng: torch.Generator
) -> Tensor:
    """Crop, flip, turn by quarters and resize each patch in one bilinear resampling.

    Args:
        image: [N, C, H, W].
        size: Pixels of the result.
        area: Smallest and largest share of the patch.
        aspect: Largest ratio of the sides.
        rng: Source of all chance.

    Returns:
        [N, C, size, size].
    """
    count, place = len(image), image.device
    share = area[0] + (area[1] - area[0]) * torch.rand(count, generator=rng, device=place)
    ratio = torch.exp(math.log(aspect) * (2 * torch.rand(count, generator=rng, device=place) - 1))
    extent = torch.stack([share * ratio, share / ratio], dim=1).sqrt().clamp(max=1)
    centre = (1 - extent) * (2 * torch.rand(count, 2, generator=rng, device=place) - 1)
    turn = DIHEDRAL.to(place)[torch.randint(len(DIHEDRAL), (count,), generator=rng, device=place)]
    theta = torch.cat([extent[:, :, None] * turn, centre[:, :, None]], dim=2)
    grid = F.affine_grid(theta, [count, 1, size, size], align_corners=False)
    # Half an output pixel may reach over the patch's edge.
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


def blur(image: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Blur a share of the batch, each patch by a random part of one pixel's Gaussian."""
    place = image.device
    chosen = torch.rand(len(image), generator=rng, device=place) < share
    if not chosen.any():
        return image
    sharp = image[chosen]
    bands, taps = image.shape[1], BLUR.to(place)
    soft = F.pad(sharp, (2, 2, 2, 2), mode="replicate")
    soft = F.conv2d(soft, taps.view(1, 1, 1, 5).expand(bands, 1, 1, 5), groups=bands)
    soft = F.conv2d(soft, taps.view(1, 1, 5, 1).expand(bands, 1, 5, 1), groups=bands)
    strength = torch.rand(len(sharp), 1, 1, 1, generator=rng, device=place)
    image = image.clone()
    image[chosen] = torch.lerp(sharp, soft, strength)
    return image


def jitter(
    image: Tensor,
    mean: Tensor,
    std: Tensor,
    optical: Tensor,
    settings: Views,
    rng: torch.Generator,
) -> Tensor:
    """Vary the optical bands' gain and offset, and normalise. Terrain bands are only normalised."""
    (count, bands), place = image.shape[:2], image.device
    gain = settings.gain * torch.randn(count, 1, generator=rng, device=place)
    gain = gain + settings.band_gain * torch.randn(count, bands, generator=rng, device=place)
    offset = settings.band_offset * torch.randn(count, bands, generator=rng, device=place)
    gain, offset = torch.exp(gain * optical), offset * optical
    return normalise(image * gain[:, :, None, None], mean - offset * std, std)
