"""Labelled patches in physical units: split by space, measured scene by scene, normalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..engine.common.errors import ParameterError
from ..engine.stack.scene import statistics_of
from .bands import TERRAIN_SCALE

PATCH = 128  # pixels
#: Normalised values end here: a cloud 50 standard deviations above the scene is just bright.
LIMIT = 8.0
#: Names of the arrays of `Patches`.
ARRAYS = ("levels", "step", "mask", "scene", "row", "col", "known", "normals")
#: Mean [C] and standard deviation [C] of each scene, physical units.
Statistics = dict[int, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Patches:
    """Patches as stored; `physical` turns them into digital numbers, degrees and metres.

    Attributes:
        levels: [N, C, 128, 128] uint8 or int16, quantised values, rounded down.
        step: [N, C] float32, physical units per level (reflectance x 10000, degrees, metres).
        mask: [N, 128, 128] bool, true where landslide.
        scene: [N] Which scene (of the benchmark: 1 Taiwan, 4 India).
        row: [N] Row of the patch in its scene's grid of tiles.
        col: [N] Column in the same grid.
        bands: Names of the C channels.
        known: [N] bool, false where nothing is known of the terrain and its bands hold 0; None
            where all is known.
        normals: [N, 3, 128, 128] int8, unit normals of the ground in 127ths (east, north, up), 0
            where unknown; None where nobody asked for them.
    """

    levels: np.ndarray
    step: np.ndarray
    mask: np.ndarray
    scene: np.ndarray
    row: np.ndarray
    col: np.ndarray
    bands: tuple[str, ...]
    known: np.ndarray | None = None
    normals: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.levels)


def joined(parts: Sequence[Patches]) -> Patches:
    """Patches of several sources with the same bands as one."""
    if len(parts) == 1:
        return parts[0]
    names = ("levels", "step", "mask", "scene", "row", "col")
    arrays = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
    known = [np.ones(len(part), bool) if part.known is None else part.known for part in parts]
    flat = any(part.normals is not None for part in parts)
    return Patches(
        *arrays,
        bands=parts[0].bands,
        known=np.concatenate(known),
        normals=np.concatenate([_normals(part) for part in parts]) if flat else None,
    )


def chosen_patches(patches: Patches, chosen: np.ndarray) -> Patches:
    """Some of the patches."""
    arrays = {name: getattr(patches, name) for name in ARRAYS}
    picked = {k: value if value is None else value[chosen] for k, value in arrays.items()}
    return Patches(**picked, bands=patches.bands)


def _normals(part: Patches) -> np.ndarray:
    """Normals of a part; 0 where it has none."""
    if part.normals is not None:
        return part.normals
    return np.zeros((len(part), 3, *part.levels.shape[2:]), np.int8)


def physical(levels: Tensor, step: Tensor, fraction: Tensor | float = 0.5) -> Tensor:
    """Quantised levels [N, C, H, W] and steps [N, C] -> physical units, float32.

    Levels were rounded down; `fraction` says where between two levels the value lay. 0.5 is the
    expectation; a random one in training hides the steps, which other scenes do not have.
    """
    return (levels.float() + fraction) * step[:, :, None, None]


def normalise(image: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Physical units [N, C, H, W] to the network's input, by statistics [C] or [N, C]."""
    return ((image - mean[..., None, None]) / std[..., None, None]).clamp(-LIMIT, LIMIT)


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
        found = ", ".join(
            f"scene {scene} with rows {rows.min()} to {rows.max()}"
            for scene in np.unique(patches.scene)
            if len(rows := patches.row[patches.scene == scene])
        )
        raise ParameterError(
            f"The split leaves no patch for {', '.join(empty)}: validation is {validation}, test "
            f"is {test}, {guard} rows between are unused, and there are {len(patches)} patches "
            f"({found}). Choose other rows, or a smaller guard."
        )
    return {name: np.flatnonzero(chosen) for name, chosen in parts.items()}


def repeated(patches: Patches, chosen: np.ndarray, times: Mapping[str, int]) -> np.ndarray:
    """The chosen indices, each as often as its scene (by number, as text) comes up in an epoch."""
    return np.repeat(chosen, [times.get(str(scene), 1) for scene in patches.scene[chosen]])


# --- statistics ----------------------------------------------------------------------------------


def scene_statistics(patches: Patches, chosen: np.ndarray) -> Statistics:
    """Statistics of each scene over the chosen patches, as its patches are normalised with.

    Separated normalisation (Landslide4Sense competition, section IV-B): every scene is brought to
    the same level and spread by its own statistics, measured as the engine measures them. Terrain
    has scales of its own, `TERRAIN_SCALE`.
    """
    scenes = np.unique(patches.scene[chosen])
    return {int(s): _statistics(patches, chosen[patches.scene[chosen] == s]) for s in scenes}


def pooled_statistics(patches: Patches, chosen: np.ndarray) -> Statistics:
    """The same for every scene: statistics of all chosen patches (normalisation ``fixed``)."""
    pooled = _statistics(patches, chosen)
    return {int(scene): pooled for scene in np.unique(patches.scene)}


def _statistics(patches: Patches, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    levels = patches.levels[chosen, :, ::2, ::2]
    values = (levels + np.float32(0.5)) * patches.step[chosen][:, :, None, None]
    return band_scales(values.swapaxes(0, 1).reshape(values.shape[1], -1), patches.bands)


def band_scales(values: np.ndarray, bands: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Mean [C] and standard deviation [C] of pixels [C, n]; terrain has scales of its own."""
    found = statistics_of(values, bands)
    mean, std = np.float32(found.mean), np.float32(found.std)
    for index, band in enumerate(bands):
        if band in TERRAIN_SCALE:
            level, std[index] = TERRAIN_SCALE[band]
            mean[index] = mean[index] if level is None else level
    return mean, std


def batch_statistics(
    patches: Patches, chosen: np.ndarray, statistics: Statistics
) -> tuple[Tensor, Tensor]:
    """Mean [N, C] and std [N, C] of the scene of each chosen patch."""
    pairs = [statistics[int(scene)] for scene in patches.scene[chosen]]
    mean, std = (np.stack(part) for part in zip(*pairs, strict=True))
    return torch.from_numpy(mean), torch.from_numpy(std)
