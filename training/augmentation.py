"""How training patches vary: light, haze, scale, scene statistics, other farmland, other DEMs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor

from .bands import optical
from .data import normalise
from .ground import TAIWAN_SUN

#: Share of the contrast that a faded slide loses at most, and how far its ground is looked for.
FADE_MOST, FADE_REACH = 0.7, 15


@dataclass(frozen=True)
class Augmentation:
    """How much training patches vary. Zero switches a part off.

    Attributes:
        gain: Spread of the patch's brightness against its scene, natural logarithm (the level of
            each patch is an estimate).
        band_gain: The same for each band by itself, natural logarithm.
        shading: Depth of a smooth brightness pattern across the patch (haze, valleys), natural
            logarithm.
        relief: The same with ridges and gullies some 10 pixels apart: slides in shadow stay slides.
        mean_shift: Shift of the scene mean, all bands alike, in scene standard deviations. The
            statistics of a new scene come from all of it: sea, cloud, fields.
        band_mean_shift: The same for each band by itself.
        std_scale: Spread of the scene's standard deviation, all bands alike, natural logarithm.
        band_std_scale: The same for each band by itself.
        zoom: Largest magnification or reduction, natural logarithm.
        noise: Pixel noise in scene standard deviations.
        paste: Share of patches into which a piece of a scene without landslides is pasted.
        mosaic: Share of patches that become four patches of the batch at half scale, side by side.
        slope_gain: Spread of the slope's steepness, natural logarithm: coarse DEMs are gentler.
        slope_gentler: How much gentler slopes become on average, natural logarithm: of what was
            trained on, Taiwan's mountains are at the steep end of where landslides happen.
        slope_blur: Share of patches whose slope is smoothed, as from a coarser DEM.
        dem_gain: Spread of the relief about the patch's mean elevation, natural logarithm.
        cutmix: Share of patches of which about half, along a smooth line, becomes another patch.
        fade: Share of patches whose slides are brought nearer to the ground around them, by up to
            `FADE_MOST`: elsewhere, forests are brighter against the same soil, or the sun is lower.
        relight: Share of patches that are lit by another sun, by the shape of their ground.
        unknown: Share of patches whose terrain is taken away: a network that leans on the slope
            alone fails where the DEM does.
        corrected: Share of patches of known ground whose light is taken out (`light`). Above 0,
            scenes with a DEM are corrected when the network is used.
        dem_shift: Spread of the elevation of the patch in its scene, metres: which elevations
            slide is a habit of one region.
    """

    gain: float = 0.12
    band_gain: float = 0.04
    shading: float = 0.12
    relief: float = 0.0
    mean_shift: float = 0.40
    band_mean_shift: float = 0.15
    std_scale: float = 0.30
    band_std_scale: float = 0.10
    zoom: float = 0.30
    noise: float = 0.03
    paste: float = 0.0
    mosaic: float = 0.0
    slope_gain: float = 0.15
    slope_gentler: float = 0.0
    slope_blur: float = 0.5
    dem_gain: float = 0.2
    dem_shift: float = 300.0
    cutmix: float = 0.0
    fade: float = 0.0
    relight: float = 0.0
    unknown: float = 0.0
    corrected: float = 0.0


def augment(
    image: Tensor,
    target: Tensor,
    mean: Tensor,
    std: Tensor,
    settings: Augmentation,
    rng: torch.Generator,
    quiet: Sequence[Tensor] = (),
    terrain: Sequence[str] = (),
    known: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Vary a batch and normalise it.

    Args:
        image: [N, C, H, W], physical units.
        target: [N, 1, H, W], 0 or 1; negative where nothing is known.
        mean: [N, C], of each patch's scene.
        std: [N, C], of each patch's scene.
        settings: How much.
        rng: Source of all chance.
        quiet: Scenes without landslides to paste from, each [optical, H, W], physical units.
        terrain: Names of the last bands that are terrain, which neither sun nor haze changes.
        known: [N] bool, false where terrain bands hold nothing; they become 0, which is the middle
            of what they can be.

    Returns:
        Normalised image and target, same shapes.
    """
    if settings.paste and quiet:
        image, target = _paste(image, target, mean, std, quiet, settings.paste, rng, terrain)
    image, target = _dihedral(image, target, rng)
    if settings.mosaic:
        image, target = _mosaic(image, target, mean, std, settings.mosaic, rng)
    image, target = _zoom(image, target, settings.zoom, rng)
    optical = image.shape[1] - len(terrain)
    if settings.fade:
        faded = _fade(image[:, :optical], target, settings.fade, rng)
        image = torch.cat([faded, image[:, optical:]], 1)
    light = image[:, :optical] * _brightness(image[:, :optical], settings, rng)
    relief = _vary_terrain(image[:, optical:], terrain, settings, rng)
    varied = _vary_statistics(mean[:, :optical], std[:, :optical], settings, rng)
    mean, std = (
        torch.cat(part, 1)
        for part in zip(varied, (mean[:, optical:], std[:, optical:]), strict=True)
    )
    image = normalise(torch.cat([light, *relief], 1), mean, std)
    if known is not None:
        drawn = _uniform(rng, len(image))
        image[:, optical:] *= (known & (drawn >= settings.unknown))[:, None, None, None]
    if settings.cutmix:
        image, target = _cutmix(image, target, settings.cutmix, rng)
    noise = _normal(rng, *image.shape)
    return image + settings.noise * noise, target


def relight(
    image: Tensor, normals: Tensor, share: float, rng: torch.Generator, bands: Sequence[str]
) -> Tensor:
    """Light some patches by another sun (physical units in, physical units out).

    What a pixel gets is direct light by the cosine of its incidence, and diffuse light from the
    sky; both suns' sums are divided (the model behind the C correction, Teillet et al. 1982). A
    slide in deep shade is still a slide, and Taiwan's morning sun is not every sun.

    Args:
        image: [N, C, H, W], optical bands first.
        normals: [N, 3, H, W] int8 in 127ths, 0 where unknown: those patches stay.
        share: How many patches.
        rng: Source of all chance.
        bands: Names of the C channels; an ``illumination`` follows the new sun.
    """
    count, chosen = len(image), _uniform(rng, len(image)) < share
    chosen &= normals.flatten(1).any(1)
    ground = normals.float() / 127
    old = sun_direction(TAIWAN_SUN.azimuth, TAIWAN_SUN.elevation).to(image.device).expand(count, 3)
    azimuth = TAIWAN_SUN.azimuth + 45 * _normal(rng, count)
    elevation = 25 + 45 * _uniform(rng, count)
    new = torch.where(chosen[:, None], sun_direction(azimuth, elevation), old)
    before, after = (
        torch.einsum("nchw,nc->nhw", ground, sun).clamp(min=0)[:, None] for sun in (old, new)
    )
    sky = (0.25 + 0.5 * _uniform(rng, count))[:, None, None, None]
    factor = torch.where(chosen[:, None, None, None], (after + sky) / (before + sky), 1.0)
    first = len(optical(bands))
    image = torch.cat([image[:, :first] * factor, image[:, first:]], 1)
    if "illumination" in bands:
        place = list(bands).index("illumination")
        lit = torch.einsum("nchw,nc->nhw", ground, new)
        image[:, place] = torch.where(chosen[:, None, None], lit, image[:, place])
    return image


def sun_direction(azimuth: float | Tensor, elevation: float | Tensor) -> Tensor:
    """Unit vector [..., 3] (east, north, up) to the sun; azimuth is clockwise from north."""
    azimuth, elevation = (
        torch.deg2rad(torch.as_tensor(angle, dtype=torch.float32)) for angle in (azimuth, elevation)
    )
    flat = torch.cos(elevation)
    east, north = flat * torch.sin(azimuth), flat * torch.cos(azimuth)
    return torch.stack([east, north, torch.sin(elevation)], dim=-1)


def _fade(image: Tensor, target: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Optical bands [N, C, H, W] with slides that stand out less, or a little more.

    The ground around a slide is the mean of what is no slide within `FADE_REACH` pixels.
    """
    count, size = len(image), 2 * FADE_REACH + 1
    target = target.clamp_min(0)  # nothing is known of a slide where it is negative
    other = 1 - target

    def nearby(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, size, stride=1, padding=FADE_REACH)

    whole = (image * other).mean((2, 3), keepdim=True) / other.mean((2, 3), keepdim=True).clamp(
        min=1e-3
    )
    near = nearby(other)
    ground = torch.where(near > 0.02, nearby(image * other) / near.clamp(min=0.02), whole)
    chosen = _uniform(rng, count, 1, 1, 1) < share
    amount = torch.where(chosen, FADE_MOST * (1.3 * _uniform(rng, count, 1, 1, 1) - 0.3), 0.0)
    soft = F.avg_pool2d(target, 3, stride=1, padding=1)
    return image - amount * soft * (image - ground)


def _cutmix(
    image: Tensor, target: Tensor, share: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """About half of some patches becomes another patch of the batch (Yun 2019, arXiv:1905.04899).

    Both are normalised: slides stand next to ground of another scene.
    """
    count = len(image)
    other = torch.randperm(count, generator=rng, device=rng.device)
    field = F.interpolate(
        _normal(rng, count, 1, 3, 3), image.shape[-2:], mode="bicubic", align_corners=True
    )
    drawn = _uniform(rng, count, 1, 1, 1)
    taken = (field > 0) & (drawn < share)
    return torch.where(taken, image[other], image), torch.where(taken, target[other], target)


def _paste(
    image: Tensor,
    target: Tensor,
    mean: Tensor,
    std: Tensor,
    quiet: Sequence[Tensor],
    share: float,
    rng: torch.Generator,
    terrain: Sequence[str] = (),
) -> tuple[Tensor, Tensor]:
    """Put a blob-shaped piece of a landslide-free scene into some patches.

    The piece is recoloured to the patch's scene, often as bright as slides are: fields must be
    told by their shape, not by the colour that this one plain happens to have.
    """
    image, target = image.clone(), target.clone()
    for patch in torch.nonzero(_uniform(rng, len(image)) < share).flatten().tolist():
        piece = _quiet_piece(quiet, image.shape[-2:], rng)
        optical = len(piece)
        piece = piece * std[patch, :optical, None, None] + mean[patch, :optical, None, None]
        levels = mean[patch, optical:].tolist()
        for name, level in zip(terrain, levels, strict=True):
            piece = torch.cat([piece, _plain(name, level, image.shape[-2:], rng)])
        blob = _blob(image.shape[-2:], rng)
        image[patch] = torch.where(blob, piece, image[patch])
        target[patch] = torch.where(blob, 0.0, target[patch])
    return image, target


def _mosaic(
    image: Tensor, target: Tensor, mean: Tensor, std: Tensor, share: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Replace some patches by four patches of the batch at half scale, two by two.

    Where slides are small, a network that only saw large ones takes them for noise. Magnifying the
    scene helps as well (the competition's winners did, section IV-B), at several times the cost.
    Each quarter is brought from its own scene's statistics to those of the patch it goes into.
    """
    half, half_target = F.avg_pool2d(image, 2), (F.avg_pool2d(target, 2) >= 0.5).float()
    half_target = torch.where(-F.max_pool2d(-target, 2) < 0, -1.0, half_target)  # stays unknown
    half = (half - mean[:, :, None, None]) / std[:, :, None, None]
    image, target = image.clone(), target.clone()
    for patch in torch.nonzero(_uniform(rng, len(image)) < share).flatten().tolist():
        a, b, c, d = torch.randint(len(half), (4,), generator=rng, device=rng.device).tolist()
        quarters = (
            torch.cat([torch.cat([x[a], x[b]], -1), torch.cat([x[c], x[d]], -1)], -2)
            for x in (half, half_target)
        )
        picture, target[patch] = quarters
        image[patch] = picture * std[patch, :, None, None] + mean[patch, :, None, None]
    return image, target


def _quiet_piece(quiet: Sequence[Tensor], size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """[C, H, W] of a random landslide-free scene in standard deviations, brightened at random."""
    scene = quiet[int(torch.randint(len(quiet), (1,), generator=rng, device=rng.device))]
    top, left = (
        int(torch.randint(side - need + 1, (1,), generator=rng, device=rng.device))
        for side, need in zip(scene.shape[1:], size, strict=True)
    )
    contrast = (scene - scene.mean((1, 2), keepdim=True)) / scene.std((1, 2), keepdim=True)
    contrast = contrast[:, top : top + size[0], left : left + size[1]]
    strength = 0.7 * torch.exp(0.3 * _normal(rng, 1))
    level = -0.5 + 3 * _uniform(rng, 1)
    tint = 0.3 * _normal(rng, len(scene), 1, 1)
    return contrast * strength + level + tint


def _plain(name: str, level: float, size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Terrain [1, H, W] of farmland: slopes of 0 to some 6 degrees, or a level of some metres."""
    knots = _normal(rng, 1, 1, 16, 16)
    field = F.interpolate(knots, size, mode="bilinear", align_corners=True)[0]
    if name == "dem":  # plains lie at the foot of their mountains, and on plateaus
        return level - 300 + 300 * _normal(rng, 1) + 3 * field
    return field.abs() * 3 * _uniform(rng, 1)


def _vary_terrain(
    image: Tensor, names: Sequence[str], settings: Augmentation, rng: torch.Generator
) -> list[Tensor]:
    """Terrain [N, len(names), H, W] in degrees and metres, as another DEM and region have it."""
    vary = {"slope": _vary_slope, "dem": _vary_elevation, "illumination": _vary_illumination}
    return [vary[name](image[:, i : i + 1], settings, rng) for i, name in enumerate(names)]


def _vary_slope(slope: Tensor, settings: Augmentation, rng: torch.Generator) -> Tensor:
    """Slope [N, 1, H, W] in degrees, as another DEM might have given it."""
    count = len(slope)
    blurred = F.avg_pool2d(slope, 5, stride=1, padding=2, count_include_pad=False)
    chosen = _uniform(rng, count, 1, 1, 1) < settings.slope_blur
    gain = torch.exp(settings.slope_gain * _normal(rng, count, 1, 1, 1) - settings.slope_gentler)
    return torch.where(chosen, blurred, slope) * gain


def _vary_elevation(dem: Tensor, settings: Augmentation, rng: torch.Generator) -> Tensor:
    """Elevation [N, 1, H, W] in metres, higher or lower in its scene, with more relief or less."""
    count = len(dem)
    level = dem.mean((1, 2, 3), keepdim=True)
    gain = torch.exp(settings.dem_gain * _normal(rng, count, 1, 1, 1))
    shift = settings.dem_shift * _normal(rng, count, 1, 1, 1)
    return level + shift + (dem - level) * gain


def _vary_illumination(lit: Tensor, settings: Augmentation, rng: torch.Generator) -> Tensor:
    """Illumination [N, 1, H, W]: a fitted sun is off by some degrees, a coarse DEM is gentler."""
    count = len(lit)
    blurred = F.avg_pool2d(lit, 5, stride=1, padding=2, count_include_pad=False)
    chosen = _uniform(rng, count, 1, 1, 1) < settings.slope_blur
    level = lit.mean((1, 2, 3), keepdim=True)
    gain = torch.exp(settings.slope_gain * _normal(rng, count, 1, 1, 1))
    return level + (torch.where(chosen, blurred, lit) - level) * gain


def _blob(size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """[H, W] bool, a smooth-edged region that covers 15 to 100 %."""
    knots = _normal(rng, 1, 1, 3, 3)
    field = F.interpolate(knots, size, mode="bicubic", align_corners=True)[0, 0]
    cover = 0.15 + 0.85 * float(_uniform(rng, 1))
    return field >= torch.quantile(field, 1 - cover)


def _uniform(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(shape, generator=rng, device=rng.device)


def _normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, device=rng.device)


def _dihedral(image: Tensor, target: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """One of the eight flips and quarter turns for each patch."""
    both = torch.cat([image, target], dim=1)
    kinds = torch.randint(8, (len(both),), generator=rng, device=rng.device)
    for kind in range(8):
        mine = kinds == kind
        both[mine] = turned(both[mine], kind)
    return both[:, :-1], both[:, -1:]


def turned(x: Tensor, kind: int) -> Tensor:
    """One of the eight flips and quarter turns, 0..7, of patches [..., H, W]; 0 changes nothing."""
    return torch.rot90(x.flip(-1) if kind >= 4 else x, kind % 4, (-2, -1))


def turned_back(x: Tensor, kind: int) -> Tensor:
    """What `turned` was given, of what it gave."""
    x = torch.rot90(x, -(kind % 4), (-2, -1))
    return x.flip(-1) if kind >= 4 else x


def _zoom(
    image: Tensor, target: Tensor, zoom: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Magnify or reduce half of the patches about a random point; the border is mirrored.

    Slides of other regions are larger or smaller than Taiwan's, and "10 m" is nominal.
    """
    chosen = _uniform(rng, len(image)) < 0.5
    if not zoom or not chosen.any():
        return image, target
    count = int(chosen.sum())
    scale = torch.exp(zoom * (2 * _uniform(rng, count) - 1))
    shift = (1 - scale).abs()[:, None] * (2 * _uniform(rng, count, 2) - 1)
    theta = torch.zeros(count, 2, 3, device=rng.device)
    theta[:, 0, 0] = theta[:, 1, 1] = scale
    theta[:, :, 2] = shift
    grid = F.affine_grid(theta, [count, 1, *image.shape[-2:]], align_corners=False)
    image, target = image.clone(), target.clone()
    options = {"padding_mode": "reflection", "align_corners": False}
    image[chosen] = F.grid_sample(image[chosen], grid, mode="bilinear", **options)
    target[chosen] = F.grid_sample(target[chosen], grid, mode="nearest", **options)
    return image, target


def _brightness(image: Tensor, settings: Augmentation, rng: torch.Generator) -> Tensor:
    """[N, C, H, W] factor around 1: level of the patch, of each band, and a smooth pattern."""
    count, bands, height, width = image.shape
    level = settings.gain * _normal(rng, count, 1, 1, 1)
    level = level + settings.band_gain * _normal(rng, count, bands, 1, 1)
    for depth, knots in ((settings.shading, 3), (settings.relief, 12)):
        if depth:
            # Each patch draws its own depth: flat land has no relief.
            drawn = depth * _uniform(rng, count, 1, 1, 1) * 2
            coarse = drawn * _normal(rng, count, 1, knots, knots)
            level = level + F.interpolate(
                coarse, size=(height, width), mode="bicubic", align_corners=True
            )
    return torch.exp(level)


def _vary_statistics(
    mean: Tensor, std: Tensor, settings: Augmentation, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Scene statistics [N, C] as another selection of pixels of the scene might have given them."""
    count, bands = mean.shape
    shift = settings.mean_shift * _normal(rng, count, 1)
    shift = shift + settings.band_mean_shift * _normal(rng, count, bands)
    scale = settings.std_scale * _normal(rng, count, 1)
    scale = scale + settings.band_std_scale * _normal(rng, count, bands)
    return mean + shift * std, std * torch.exp(scale)
