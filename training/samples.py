"""Patches on the device that trains, and the batches that an epoch makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..engine.common.errors import ParameterError
from .augmentation import Augmentation, augment, relight
from .bands import optical, terrain
from .data import Patches, Statistics, batch_statistics, normalise, physical
from .light import Light, SceneLight, light_of

#: Patches that are varied at a time: many small steps would leave a graphics card waiting.
CHUNK = {"cpu": 256, "cuda": 2048}


@dataclass(frozen=True)
class Samples:
    """Patches with the statistics of their scenes, as tensors on one device.

    Attributes:
        levels: [N, C, H, W] uint8 or int16.
        step: [N, C] float32, physical units per level.
        target: [N, 1, H, W] bool, or shares 0..1 that teachers gave; negative where unknown.
        mean: [N, C] float32, of each patch's scene.
        std: [N, C] float32, of each patch's scene.
        known: [N] bool, false where the terrain bands hold nothing.
        normals: [N, 3, H, W] int8, unit normals of the ground in 127ths (east, north, up), 0 where
            unknown; or None.
        bands: Names of the C channels.
        light: How the light is taken out of each patch; None where nobody asked for it.
    """

    levels: Tensor
    step: Tensor
    target: Tensor
    mean: Tensor
    std: Tensor
    known: Tensor
    normals: Tensor | None
    bands: tuple[str, ...]
    light: Light | None = None

    @classmethod
    def of(
        cls,
        patches: Patches,
        statistics: Statistics,
        device: torch.device,
        floor: float = 0.0,
        lights: dict[int, SceneLight] | None = None,
    ) -> Samples:
        """Patches of scenes whose statistics are known; others must not be asked for.

        Args:
            patches: What to train on.
            statistics: Of their scenes.
            device: Where to put them.
            floor: Smallest standard deviation of an optical band, as a share of its mean.
            lights: Corrections of their scenes.
        """
        anything = next(iter(statistics.values()))
        complete = {int(s): statistics.get(int(s), anything) for s in np.unique(patches.scene)}
        mean, std = batch_statistics(patches, np.arange(len(patches)), complete)
        std = floored(mean, std, patches.bands, floor)
        known = np.ones(len(patches), bool) if patches.known is None else patches.known
        normals = None if patches.normals is None else torch.from_numpy(patches.normals).to(device)
        arrays = (patches.levels, patches.step, patches.mask[:, None])
        tensors = (torch.from_numpy(array).to(device) for array in arrays)
        rest = (tensor.to(device) for tensor in (mean, std, torch.from_numpy(known)))
        light = light_of(patches, lights, complete).to(device) if lights else None
        return cls(*tensors, *rest, normals=normals, bands=patches.bands, light=light)

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.levels.device


def floored(mean: Tensor, std: Tensor, bands: Sequence[str], floor: float) -> Tensor:
    """Standard deviations [..., C] that are no smaller than a share of the mean, in optical bands.

    A plain without contrast would otherwise be stretched until its fields look like landslides.
    """
    optical = len(bands) - len(terrain(bands))
    lifted = torch.maximum(std[..., :optical], floor * mean[..., :optical])
    return torch.cat([lifted, std[..., optical:]], dim=-1)


def training_batches(
    samples: Samples,
    chosen: np.ndarray,
    settings: Augmentation,
    batch: int,
    rng: torch.Generator,
    quiet: Sequence[Tensor] = (),
    sampler: str = "each",
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of normalised, augmented images [N, C, H, W] and targets [N, 1, H, W].

    The last, incomplete batch is dropped: BatchNorm would see the statistics of a few patches.

    Args:
        samples: All patches.
        chosen: Indices of those of this epoch, in any order.
        settings: How much they vary.
        batch: Patches per step.
        rng: Source of all chance, on the samples' device.
        quiet: Scenes without landslides to paste from.
        sampler: How the patches of an epoch are drawn, a key of `SAMPLERS`.

    Raises:
        ParameterError: Unknown sampler.
    """
    device = samples.device
    mine = torch.from_numpy(np.ascontiguousarray(chosen)).to(device)
    if sampler not in SAMPLERS:
        raise ParameterError(f"Unknown sampler '{sampler}'. Choose one of {', '.join(SAMPLERS)}.")
    order = SAMPLERS[sampler](samples, mine, rng)
    whole = len(order) // batch * batch
    step = max(batch, CHUNK[device.type] // batch * batch)
    for start in range(0, whole, step):
        image, target = varied(
            samples, order[start : min(start + step, whole)], settings, rng, quiet
        )
        yield from zip(image.split(batch), target.split(batch), strict=True)


def each(_samples: Samples, chosen: Tensor, rng: torch.Generator) -> Tensor:
    """Every patch once, in any order."""
    return chosen[torch.randperm(len(chosen), generator=rng, device=chosen.device)]


def balanced(samples: Samples, chosen: Tensor, rng: torch.Generator) -> Tensor:
    """As many patches with landslides as without, drawn with replacement, each kind by chance.

    Of the published training patches, two in five hold none; of ours, nearly all hold some.
    """
    holds = torch.stack([(samples.target[i] > 0.5).any() for i in chosen])
    count = holds.sum()
    weight = torch.where(holds, 1 / count.clamp_min(1), 1 / (len(holds) - count).clamp_min(1))
    return chosen[torch.multinomial(weight, len(chosen), replacement=True, generator=rng)]


#: How the patches of an epoch are drawn.
SAMPLERS: dict[str, Callable[[Samples, Tensor, torch.Generator], Tensor]] = {
    "each": each,
    "balanced": balanced,
}


def beside(
    labelled: Iterator[tuple[Tensor, Tensor]],
    other: Samples,
    settings: Augmentation,
    rng: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of which the second half, drawn with replacement, has pseudo-labels."""
    for image, target in labelled:
        mine = torch.randint(len(other.target), (len(image),), generator=rng, device=rng.device)
        pair = varied(other, mine, settings, rng)
        yield tuple(map(torch.cat, zip((image, target), pair, strict=True)))  # type: ignore[misc]


def varied(
    samples: Samples,
    mine: Tensor,
    settings: Augmentation,
    rng: torch.Generator,
    quiet: Sequence[Tensor] = (),
) -> tuple[Tensor, Tensor]:
    """The patches of these indices, normalised and varied as the settings say."""
    levels = samples.levels[mine]
    fraction = torch.rand(levels.shape, generator=rng, device=samples.device)
    image = physical(levels, samples.step[mine], fraction)
    relief = terrain(samples.bands)
    if settings.relight and samples.normals is not None:
        image = relight(image, samples.normals[mine], settings.relight, rng, samples.bands)
    mean, std = samples.mean[mine], samples.std[mine]
    if settings.corrected and samples.light is not None and samples.normals is not None:
        chosen = torch.rand(len(mine), generator=rng, device=samples.device) < settings.corrected
        image, mean, std = samples.light[mine].applied(
            image, (mean, std), samples.normals[mine], chosen
        )
    return augment(
        image,
        samples.target[mine].float(),
        mean,
        std,
        settings,
        rng,
        quiet,
        relief,
        samples.known[mine] if relief else None,
    )


def clean(seen: Samples, mine: Tensor) -> Tensor:
    """Patches [n, C, H, W] as they are used: nothing is varied."""
    image = physical(seen.levels[mine], seen.step[mine])
    mean, std = seen.mean[mine], seen.std[mine]
    if seen.light is not None and seen.normals is not None:
        every = torch.ones_like(mine, dtype=torch.bool)
        image, mean, std = seen.light[mine].applied(image, (mean, std), seen.normals[mine], every)
    image = normalise(image, mean, std)
    if terrain(seen.bands):
        image[:, len(optical(seen.bands)) :] *= seen.known[mine][:, None, None, None]
    return image
