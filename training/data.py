"""Landslide4Sense patches in physical units, split by space, and augmented.

`l4s_rgb.npz` holds, per 128 x 128 patch, ``rgb = floor(255 * x / xmax)`` of bands B04, B03, B02,
where ``x`` are the benchmark's values (digital numbers divided by a published vector) and ``xmax``
the patch's own maximum, of which ``est_xmax`` is an estimate.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor

from ..engine.errors import ParameterError
from ..engine.scene import statistics_of

#: What the benchmark's authors divided each band by (order B1..B12 without B8A, slope, DEM).
L4S_DIVISOR = {
    "B01": 1111.81236406,
    "B02": 824.63171476,
    "B03": 663.41636217,
    "B04": 445.17289745,
    "B05": 645.8582926,
    "B06": 1547.73508126,
    "B07": 1960.44401001,
    "B08": 1941.32229668,
    "B09": 674.07572865,
    "B10": 9.04787384,
    "B11": 1113.98338755,
    "B12": 519.90397929,
    "slope": 20.29228266,
    "dem": 772.83144788,
}
RGB = ("B04", "B03", "B02")
#: Level and spread of terrain bands, by which they are normalised everywhere alike: a slope of 30
#: degrees means the same in every scene. Terrain bands come after the optical ones.
TERRAIN_SCALE = {"slope": (20.0, 15.0)}
#: Worst alignment of terrain to patches that is used (0 good, 1 fair, 2 weak).
TERRAIN_QUALITY = 1
PATCH = 128  # pixels
#: Normalised values end here: a cloud 50 standard deviations above the scene is just bright.
LIMIT = 8.0


@dataclass(frozen=True)
class Patches:
    """Patches as stored; `physical` turns them into digital numbers.

    Attributes:
        levels: [N, C, 128, 128] uint8, quantised values.
        step: [N, C] float32, physical units per level (reflectance x 10000).
        mask: [N, 128, 128] bool, true where landslide.
        scene: [N] Which scene of the benchmark (1 Taiwan, 4 India).
        row: [N] Row of the patch in its scene's grid of tiles.
        col: [N] Column in the same grid.
        bands: Names of the C channels.
    """

    levels: np.ndarray
    step: np.ndarray
    mask: np.ndarray
    scene: np.ndarray
    row: np.ndarray
    col: np.ndarray
    bands: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.levels)


def data_folder() -> Path:
    """Folder of the training data: ``$LANDSLIP_DATA``, or ``shared/data`` beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("LANDSLIP_DATA", beside))


def load_l4s_rgb(path: Path) -> Patches:
    """Read `l4s_rgb.npz` (its README says how it was made).

    Raises:
        ParameterError: The file is not there.
    """
    if not path.is_file():
        raise ParameterError(
            f"No training data at {path}. Set the environment variable LANDSLIP_DATA to the "
            "folder that holds l4s_rgb.npz, or pass --data."
        )
    with np.load(path) as file:
        divisor = np.array([L4S_DIVISOR[band] for band in RGB], np.float32)
        mask = np.unpackbits(file["mask"], axis=1).reshape(-1, PATCH, PATCH)
        return Patches(
            levels=np.ascontiguousarray(file["rgb"].transpose(0, 3, 1, 2)),
            step=file["est_xmax"][:, None] / 255 * divisor,
            mask=mask.astype(bool),
            scene=file["scene"].astype(int),
            row=file["row"].astype(int),
            col=file["col"].astype(int),
            bands=RGB,
        )


def load_l4s(folder: Path, bands: Sequence[str]) -> Patches:
    """Read the patches with the given bands; with ``slope``, those whose terrain is known.

    Args:
        folder: Folder with ``l4s_rgb.npz`` and ``l4s_terrain.npz``.
        bands: `RGB`, or `RGB` and ``slope``.

    Raises:
        ParameterError: Other bands, or a file is not there.
    """
    if tuple(bands) not in (RGB, (*RGB, "slope")):
        raise ParameterError(
            f"The training data has no bands {', '.join(bands)}. Set bands to "
            f"{', '.join(RGB)}, with or without slope."
        )
    patches = load_l4s_rgb(folder / "l4s_rgb.npz")
    return patches if tuple(bands) == RGB else _with_slope(patches, folder)


def _with_slope(patches: Patches, folder: Path) -> Patches:
    path = folder / "l4s_terrain.npz"
    if not path.is_file():
        raise ParameterError(f"No terrain at {path}. Train on B04, B03, B02, or name its folder.")
    with np.load(folder / "l4s_rgb.npz") as file:
        patch_id = file["patch_id"]
    with np.load(path) as file:
        good = file["quality"] <= TERRAIN_QUALITY
        slope = dict(zip(file["patch_id"][good].tolist(), file["slope"][good], strict=True))
    kept = np.array([i for i, number in enumerate(patch_id.tolist()) if number in slope])
    layer = np.stack([slope[number] for number in patch_id[kept].tolist()])[:, None]
    half_degrees = np.full((len(kept), 1), 0.5, np.float32)
    return Patches(
        levels=np.concatenate([patches.levels[kept], layer], axis=1),
        step=np.concatenate([patches.step[kept], half_degrees], axis=1),
        mask=patches.mask[kept],
        scene=patches.scene[kept],
        row=patches.row[kept],
        col=patches.col[kept],
        bands=(*patches.bands, "slope"),
    )


def terrain_count(bands: Sequence[str]) -> int:
    """How many of the last bands are terrain."""
    return sum(band in TERRAIN_SCALE for band in bands)


def physical(levels: Tensor, step: Tensor, fraction: Tensor | float = 0.5) -> Tensor:
    """Quantised levels [N, C, H, W] and steps [N, C] -> physical units, float32.

    Levels were rounded down; `fraction` says where between two levels the value lay. 0.5 is the
    expectation; a random one in training hides the steps, which other scenes do not have.
    """
    return (levels.float() + fraction) * step[:, :, None, None]


def normalise(image: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Physical units [N, C, H, W] to the network's input, by statistics [C] or [N, C]."""
    return ((image - mean[..., None, None]) / std[..., None, None]).clamp(-LIMIT, LIMIT)


def load_quiet(folder: Path, bands: tuple[str, ...]) -> list[Tensor]:
    """Scenes without landslides: farmland on a plain, half of it bare; clouded dates are skipped.

    Landslide4Sense holds hardly a patch without landslides, and few fields. Bright, bare fields
    are what a network that never saw them takes for slides.

    Args:
        folder: `ssl4eo_l1c` of the training data; its L1C values are reflectance x 10000.
        bands: Names of the channels.

    Returns:
        One [C, H, W] float32 tensor per date.

    Raises:
        ParameterError: There is none.
    """
    import rasterio

    scenes = []
    for date in sorted(path.parent for path in folder.glob("*/*/B2.tif")):
        channels = []
        for band in bands:
            with rasterio.open(date / f"B{band[1:].lstrip('0')}.tif") as raster:
                channels.append(raster.read(1).astype(np.float32))
        scene = torch.from_numpy(np.stack(channels))
        if scene[0].std() < 0.5 * scene[0].mean():  # more is cloud over dark land
            scenes.append(scene)
    if not scenes:
        raise ParameterError(
            f"No scene without landslides in {folder}. Set augmentation.paste to 0, or name the "
            "folder of the training data with --data."
        )
    return scenes


# --- split ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A band of tile rows of one scene, both ends included."""

    scene: int
    first_row: int
    last_row: int


def in_block(patches: Patches, block: Block, margin: int = 0) -> np.ndarray:
    """[N] bool: patches in the block widened by `margin` tile rows."""
    return (
        (patches.scene == block.scene)
        & (patches.row >= block.first_row - margin)
        & (patches.row <= block.last_row + margin)
    )


def split(
    patches: Patches, validation: Block, test: Block, guard: int = 1
) -> dict[str, np.ndarray]:
    """Indices of the patches for training, validation and test, with unused guard rows between.

    Neighbouring tiles show the same slopes under the same light: a random split would leak.

    Args:
        patches: All patches.
        validation: Chooses checkpoint and threshold.
        test: Reported, and used for nothing else.
        guard: Tile rows left out on either side of both blocks (one row is 1.3 km).

    Returns:
        ``train``, ``validation``, ``test``: sorted indices.

    Raises:
        ParameterError: A part is empty, or validation and test are closer than the guard.
    """
    held_out = {"validation": validation, "test": test}
    near = {name: in_block(patches, block, guard) for name, block in held_out.items()}
    parts = {name: in_block(patches, block) for name, block in held_out.items()}
    parts["train"] = ~(near["validation"] | near["test"])
    if (near["validation"] & parts["test"]).any() or (near["test"] & parts["validation"]).any():
        raise ParameterError(f"{validation} and {test} are closer than {guard} guard rows.")
    empty = [name for name, chosen in parts.items() if not chosen.any()]
    if empty:
        raise ParameterError(f"The split leaves no patch for {', '.join(empty)}.")
    return {name: np.flatnonzero(chosen) for name, chosen in parts.items()}


def scene_statistics(
    patches: Patches, chosen: np.ndarray
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Mean [C] and standard deviation [C] of each scene, physical units, over the chosen patches.

    Separated normalisation (Landslide4Sense competition, section IV-B): every scene is brought to
    the same level and spread by its own statistics, measured as the engine measures them.
    """
    result = {}
    for scene in np.unique(patches.scene):
        mine = chosen[patches.scene[chosen] == scene]
        if not len(mine):
            continue
        levels = patches.levels[mine, :, ::2, ::2]
        values = (levels + 0.5) * patches.step[mine][:, :, None, None]
        found = statistics_of(values.swapaxes(0, 1).reshape(values.shape[1], -1), patches.bands)
        mean, std = np.float32(found.mean), np.float32(found.std)
        for index, band in enumerate(patches.bands):
            if band in TERRAIN_SCALE:
                mean[index], std[index] = TERRAIN_SCALE[band]
        result[int(scene)] = (mean, std)
    return result


# --- augmentation --------------------------------------------------------------------------------


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
        slope_blur: Share of patches whose slope is smoothed, as from a coarser DEM.
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
    slope_blur: float = 0.5


def augment(
    image: Tensor,
    target: Tensor,
    mean: Tensor,
    std: Tensor,
    settings: Augmentation,
    rng: torch.Generator,
    quiet: Sequence[Tensor] = (),
    terrain: int = 0,
) -> tuple[Tensor, Tensor]:
    """Vary a batch and normalise it.

    Args:
        image: [N, C, H, W], physical units.
        target: [N, 1, H, W], 0 or 1.
        mean: [N, C], of each patch's scene.
        std: [N, C], of each patch's scene.
        settings: How much.
        rng: Source of all chance.
        quiet: Scenes without landslides to paste from, each [optical, H, W], physical units.
        terrain: How many of the last bands are terrain, which neither sun nor haze changes.

    Returns:
        Normalised image and target, same shapes.
    """
    if settings.paste and quiet:
        image, target = _paste(image, target, mean, std, quiet, settings.paste, rng)
    image, target = _dihedral(image, target, rng)
    if settings.mosaic:
        image, target = _mosaic(image, target, mean, std, settings.mosaic, rng)
    image, target = _zoom(image, target, settings.zoom, rng)
    optical = image.shape[1] - terrain
    light = image[:, :optical] * _brightness(image[:, :optical], settings, rng)
    relief = _vary_slope(image[:, optical:], settings, rng) if terrain else image[:, optical:]
    varied = _vary_statistics(mean[:, :optical], std[:, :optical], settings, rng)
    mean, std = (
        torch.cat(part, 1)
        for part in zip(varied, (mean[:, optical:], std[:, optical:]), strict=True)
    )
    image = normalise(torch.cat([light, relief], 1), mean, std)
    return image + settings.noise * torch.randn(image.shape, generator=rng), target


def _paste(
    image: Tensor,
    target: Tensor,
    mean: Tensor,
    std: Tensor,
    quiet: Sequence[Tensor],
    share: float,
    rng: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Put a blob-shaped piece of a landslide-free scene into some patches.

    The piece is recoloured to the patch's scene, often as bright as slides are: fields must be
    told by their shape, not by the colour that this one plain happens to have.
    """
    image, target = image.clone(), target.clone()
    for patch in torch.nonzero(torch.rand(len(image), generator=rng) < share).flatten().tolist():
        piece = _quiet_piece(quiet, image.shape[-2:], rng)
        optical = len(piece)
        piece = piece * std[patch, :optical, None, None] + mean[patch, :optical, None, None]
        if optical < image.shape[1]:
            piece = torch.cat([piece, _plain(image.shape[1] - optical, image.shape[-2:], rng)])
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
    half = (half - mean[:, :, None, None]) / std[:, :, None, None]
    image, target = image.clone(), target.clone()
    for patch in torch.nonzero(torch.rand(len(image), generator=rng) < share).flatten().tolist():
        a, b, c, d = torch.randint(len(half), (4,), generator=rng).tolist()
        quarters = (
            torch.cat([torch.cat([x[a], x[b]], -1), torch.cat([x[c], x[d]], -1)], -2)
            for x in (half, half_target)
        )
        picture, target[patch] = quarters
        image[patch] = picture * std[patch, :, None, None] + mean[patch, :, None, None]
    return image, target


def _quiet_piece(quiet: Sequence[Tensor], size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """[C, H, W] of a random landslide-free scene in standard deviations, brightened at random."""
    scene = quiet[int(torch.randint(len(quiet), (1,), generator=rng))]
    top, left = (
        int(torch.randint(side - need + 1, (1,), generator=rng))
        for side, need in zip(scene.shape[1:], size, strict=True)
    )
    contrast = (scene - scene.mean((1, 2), keepdim=True)) / scene.std((1, 2), keepdim=True)
    contrast = contrast[:, top : top + size[0], left : left + size[1]]
    strength = 0.7 * torch.exp(0.3 * torch.randn(1, generator=rng))
    level = -0.5 + 3 * torch.rand(1, generator=rng)
    tint = 0.3 * torch.randn(len(scene), 1, 1, generator=rng)
    return contrast * strength + level + tint


def _plain(count: int, size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Slope [count, H, W] of farmland, degrees: 0 to some 6, in patches as a DEM has it."""
    knots = torch.randn(1, count, 16, 16, generator=rng)
    field = F.interpolate(knots, size, mode="bilinear", align_corners=True)[0]
    return field.abs() * 3 * torch.rand(1, generator=rng)


def _vary_slope(slope: Tensor, settings: Augmentation, rng: torch.Generator) -> Tensor:
    """Slope [N, 1, H, W] in degrees, as another DEM might have given it."""
    count = len(slope)
    blurred = F.avg_pool2d(slope, 5, stride=1, padding=2, count_include_pad=False)
    chosen = torch.rand(count, 1, 1, 1, generator=rng) < settings.slope_blur
    gain = torch.exp(settings.slope_gain * _normal(rng, count, 1, 1, 1))
    return torch.where(chosen, blurred, slope) * gain


def _blob(size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """[H, W] bool, a smooth-edged region that covers 15 to 100 %."""
    knots = torch.randn(1, 1, 3, 3, generator=rng)
    field = F.interpolate(knots, size, mode="bicubic", align_corners=True)[0, 0]
    cover = 0.15 + 0.85 * float(torch.rand(1, generator=rng))
    return field >= torch.quantile(field, 1 - cover)


def _normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng)


def _dihedral(image: Tensor, target: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """One of the eight flips and quarter turns for each patch."""
    both = torch.cat([image, target], dim=1)
    kinds = torch.randint(8, (len(both),), generator=rng).tolist()
    turned = [
        torch.rot90(patch.flip(-1) if kind >= 4 else patch, kind % 4, (-2, -1))
        for patch, kind in zip(both, kinds, strict=True)
    ]
    both = torch.stack(turned)
    return both[:, :-1], both[:, -1:]


def _zoom(
    image: Tensor, target: Tensor, zoom: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Magnify or reduce half of the patches about a random point; the border is mirrored.

    Slides of other regions are larger or smaller than Taiwan's, and "10 m" is nominal.
    """
    chosen = torch.rand(len(image), generator=rng) < 0.5
    if not zoom or not chosen.any():
        return image, target
    count = int(chosen.sum())
    scale = torch.exp(zoom * (2 * torch.rand(count, generator=rng) - 1))
    shift = (1 - scale).abs()[:, None] * (2 * torch.rand(count, 2, generator=rng) - 1)
    theta = torch.zeros(count, 2, 3)
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
            drawn = depth * torch.rand(count, 1, 1, 1, generator=rng) * 2
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
