"""Patches whose light was taken out, as the engine takes it out of whole scenes.

A scene is corrected and measured by its own pixels alone: those that are chosen. Patches whose
ground is not known stay as they are, and are measured with their kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..engine.raster.light import LightCorrection, evenly_lit, fitted_correction
from .augmentation import sun_direction
from .bands import optical
from .data import Patches, Statistics, band_scales, batch_statistics
from .ground import TAIWAN_SUN

#: Every so many pixels of a patch take part in a scene's fit.
STEP = 4


@dataclass(frozen=True)
class SceneLight:
    """Correction of a scene, and its statistics after it.

    Attributes:
        correction: How its light is taken out.
        mean: [C] float32.
        std: [C] float32.
    """

    correction: LightCorrection
    mean: np.ndarray
    std: np.ndarray


@dataclass(frozen=True)
class Light:
    """Corrections of patches, one row a patch, on the device of the patches.

    Attributes:
        known: [N] bool, whether the patch can be corrected.
        dark: [N, O, 1, 1] of the O optical bands.
        sky: [N, O, 1, 1].
        level: [N, 1, 1, 1].
        mean: [N, C] of the corrected scene.
        std: [N, C].
    """

    known: Tensor
    dark: Tensor
    sky: Tensor
    level: Tensor
    mean: Tensor
    std: Tensor

    def to(self, device: torch.device) -> Light:
        """The same on a device."""
        return Light(**{name: value.to(device) for name, value in vars(self).items()})

    def applied(
        self, image: Tensor, statistics: tuple[Tensor, Tensor], normals: Tensor, chosen: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Correct some of the patches.

        Args:
            image: [N, C, H, W], physical units, optical bands first.
            statistics: Mean [N, C] and std [N, C] of the scenes as they are.
            normals: [N, 3, H, W] int8 in 127ths.
            chosen: [N] bool; patches of unknown ground stay all the same.

        Returns:
            Image, mean and std.
        """
        chosen = chosen & self.known
        count = self.dark.shape[1]
        even = evenly_lit(image[:, :count], incidence(normals), self.dark, self.sky, self.level)
        even = torch.where(chosen[:, None, None, None], even, image[:, :count])
        mean, std = (
            torch.where(chosen[:, None], own, raw)
            for own, raw in zip((self.mean, self.std), statistics, strict=True)
        )
        return torch.cat([even, image[:, count:]], 1), mean, std

    def __getitem__(self, mine: Tensor) -> Light:
        return Light(**{name: value[mine] for name, value in vars(self).items()})


def incidence(normals: Tensor) -> Tensor:
    """Cosine of the Taiwan sun's incidence [N, 1, H, W] on ground of these normals in 127ths."""
    sun = sun_direction(TAIWAN_SUN.azimuth, TAIWAN_SUN.elevation).to(normals.device)
    return torch.einsum("nchw,c->nhw", normals.float() / 127, sun)[:, None]


def known_ground(patches: Patches) -> np.ndarray:
    """[N] bool: patches the shape of whose ground is known."""
    if patches.normals is None:
        return np.zeros(len(patches), bool)
    return patches.normals[:, :, ::32, ::32].any(axis=(1, 2, 3))


def scene_lights(patches: Patches, chosen: np.ndarray) -> dict[int, SceneLight]:
    """Corrections of the scenes of which chosen patches have known ground."""
    usable = chosen[known_ground(patches)[chosen]]
    scenes = np.unique(patches.scene[usable])
    return {int(s): _scene_light(patches, usable[patches.scene[usable] == s]) for s in scenes}


def _scene_light(patches: Patches, chosen: np.ndarray) -> SceneLight:
    count = len(optical(patches.bands))
    levels = patches.levels[chosen, :count, ::STEP, ::STEP]
    values = (levels + np.float32(0.5)) * patches.step[chosen, :count, None, None]
    values = values.swapaxes(0, 1).reshape(count, -1)
    lit = incidence(torch.from_numpy(patches.normals[chosen][:, :, ::STEP, ::STEP]))
    flat = lit.numpy().ravel()
    correction = fitted_correction(values, flat)
    rest = patches.levels[chosen, count:, ::STEP, ::STEP] + np.float32(0.5)
    rest = (rest * patches.step[chosen, count:, None, None]).swapaxes(0, 1)
    even = correction.applied(values, flat)
    all_bands = np.concatenate([even, rest.reshape(len(patches.bands) - count, flat.size)])
    return SceneLight(correction, *band_scales(all_bands, patches.bands))


def light_of(patches: Patches, lights: dict[int, SceneLight], raw: Statistics) -> Light:
    """Corrections of all patches; those of scenes without one stay as they are.

    Args:
        patches: The patches.
        lights: What `scene_lights` found.
        raw: Statistics of all scenes as they are.
    """
    count = len(optical(patches.bands))
    none = LightCorrection((0.0,) * count, (1.0,) * count, 1.0)
    both = batch_statistics(patches, np.arange(len(patches)), raw)
    mean, std = (part.numpy().copy() for part in both)
    known = known_ground(patches) & np.isin(patches.scene, list(lights))
    rows = []
    for number, scene in enumerate(patches.scene):
        found = lights.get(int(scene))
        rows.append(found.correction if found else none)
        if found:
            mean[number], std[number] = found.mean, found.std
    dark, sky = (
        torch.tensor(np.float32([getattr(row, name) for row in rows]))[:, :, None, None]
        for name in ("dark", "sky")
    )
    level = torch.tensor(np.float32([row.level for row in rows]))[:, None, None, None]
    rest = (torch.from_numpy(part) for part in (mean, std))
    return Light(torch.from_numpy(known), dark, sky, level, *rest)
