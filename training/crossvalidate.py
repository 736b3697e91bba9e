"""Leave one region out: train without it, look at it, and count what the network says.

Every fold leaves out a region with its guard rows and some kinds of quiet land, and looks at them
and at Hokkaido, which no fold trains on. What came out is kept in a small file for each fold, so
that a run that was killed goes on, and verdicts need no second look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .calibration import logit
from .compute import autocast, to_device
from .config import Config
from .data import joined, scene_statistics
from .data import normalise as normalised
from .fit import Fit, fit_together
from .folds import Fold, folds, squares
from .judge import ALARM_LEVELS, counted, f1_curve
from .material import BANDS, UNKNOWN, Land, Material, quiet_patches, with_bands
from .predict import predict
from .quiet_land import false_alarms
from .samples import Samples, floored

#: Side of the squares of a scene that the bootstrap draws, pixels: as many as three tiles.
SCENE_SQUARE = 384
#: Largest side of a window that is looked at in one piece, pixels.
WINDOW, HALO = 1024, 96


@dataclass(frozen=True)
class Job:
    """A fold of a recipe with a seed."""

    config: Config
    fold: Fold

    @property
    def name(self) -> str:
        """Name of its files."""
        return file_name(self.config, self.fold.region)


def file_name(config: Config, region: str) -> str:
    """Name of the files of a recipe's fold, without an ending."""
    parts = (config.name, f"seed{config.seed}", region)
    return "--".join(re.sub(r"[^a-z0-9_]+", "-", part.lower()) for part in parts)


def jobs(configs: Sequence[Config], material: Material, seeds: int) -> list[Job]:
    """All trainings: seed by seed, so that a first answer is there early."""
    every = folds(material.patches, material.kinds)
    seeded = [replace(c, seed=c.seed + seed) for seed in range(seeds) for c in configs]
    return [Job(config, fold) for config in seeded for fold in every]


class Bench:
    """Material of one set of bands on the device, shared by all jobs that read them."""

    def __init__(self, material: Material, bands: Sequence[str], device: torch.device) -> None:
        quiet, self.kinds = quiet_patches([land for land in material.lands if land.kind])
        labelled = with_bands(material.patches, bands)
        self.count = len(labelled)
        self.patches = joined([labelled, with_bands(quiet, bands)])
        self.lands, self.bands, self.device = material.lands, tuple(bands), device
        self.held: dict[Any, Samples] = {}

    def quiet_without(self, kinds: Sequence[str]) -> np.ndarray:
        """Indices of the quiet patches of all other kinds."""
        return self.count + np.flatnonzero(~np.isin(self.kinds, kinds))

    def samples(self, fold: Fold, floor: float) -> Samples:
        """Patches on the device, each scene by the statistics of what the fold trains on."""
        key = (fold.region, floor)
        if key not in self.held:
            quiet = np.arange(self.count, len(self.patches))
            chosen = np.concatenate([fold.train, quiet])
            statistics = scene_statistics(self.patches, chosen)
            self.held[key] = Samples.of(self.patches, statistics, self.device, floor)
        return self.held[key]

    def fit(self, job: Job, stream: Any, graphed: bool) -> Fit:
        """The training of a job, ready to take its steps."""
        samples = self.samples(job.fold, job.config.floor)
        if self.device.type == "cuda":  # what was copied on another stream has to be there
            torch.cuda.synchronize()
        quiet = self.quiet_without(job.fold.quiet)
        return Fit(job.config, samples, job.fold.train, quiet, stream, graphed)


def crossvalidate(
    todo: Sequence[Job],
    material: Material,
    folder: Path,
    device: torch.device,
    together: int = 1,
    report: Callable[[str], None] = print,
    graphed: bool = True,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Run the jobs whose files are not there yet.

    Args:
        todo: What to run.
        material: What to train on and look at.
        folder: Where a file of counts and a file of weights is kept for each job.
        device: What computes.
        together: How many run side by side.
        report: Gets a line for each job that is done.
        graphed: Whether a graphics card records its steps.
        stop: Asked after every step; what is not done then is given up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    todo = [job for job in todo if not (folder / f"{job.name}.npz").exists()]
    benches = {
        bands: Bench(material, bands, device) for bands in {job.config.bands for job in todo}
    }

    def start(job: Job) -> Callable[[Any], Fit]:
        return lambda stream: benches[job.config.bands].fit(job, stream, graphed)

    def done(place: int, fit: Fit) -> None:
        job, bench = todo[place], benches[todo[place].config.bands]
        seen = look(fit.average, job, bench)
        torch.save({"average": half(fit.average)}, folder / f"{job.name}.pt")
        truth, square = bench.patches.mask[job.fold.test], squares(bench.patches, job.fold.test)
        lands = [land for land in bench.lands if land.name in seen]
        counting.append((job, fit.losses, workers.submit(count, seen, truth, square, lands)))
        collect(wait=False)

    def collect(wait: bool) -> None:
        for entry in list(counting):
            job, losses, future = entry
            if wait or future.done():
                found = future.result()
                np.savez_compressed(folder / f"{job.name}.npz", losses=np.array(losses), **found)
                score = f1_curve(found["region"].sum(0)).max()
                report(f"{job.name}: loss {losses[-1]:.4f}, F1 at best {score:.3f}")
                counting.remove(entry)

    # Counting needs no device, and waits for none: the next steps go on meanwhile.
    counting: list[tuple[Job, list[float], Future]] = []
    with ProcessPoolExecutor(min(together, 12), get_context("spawn")) as workers:
        fit_together([start(job) for job in todo], together, done, stop)
        collect(wait=True)


def final_fits(
    configs: Sequence[Config],
    seeds: int,
    material: Material,
    folder: Path,
    device: torch.device,
    together: int = 1,
    report: Callable[[str], None] = print,
    graphed: bool = True,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Train on all that there is: the weights that ship. Writes ``NAME--seedN--all.pt``."""
    folder.mkdir(parents=True, exist_ok=True)
    everything = Fold("all", np.arange(len(material.patches)), np.empty(0, int), ())
    seeded = [replace(c, seed=c.seed + seed) for seed in range(seeds) for c in configs]
    todo = [Job(config, everything) for config in seeded]
    benches = {bands: Bench(material, bands, device) for bands in {c.bands for c in configs}}

    def start(job: Job) -> Callable[[Any], Fit]:
        return lambda stream: benches[job.config.bands].fit(job, stream, graphed)

    def done(place: int, fit: Fit) -> None:
        torch.save({"average": half(fit.average)}, folder / f"{todo[place].name}.pt")
        report(f"{todo[place].name}: loss {fit.losses[-1]:.4f}")

    fit_together([start(job) for job in todo], together, done, stop)


def half(network: nn.Module) -> dict[str, Tensor]:
    """Weights for a file of half the size; BatchNorm's numbers stay as they are."""
    state = network.state_dict()
    return {name: v.cpu().half() if v.dim() == 4 else v.cpu() for name, v in state.items()}


# --- looking -------------------------------------------------------------------------------------


def look(network: nn.Module, job: Job, bench: Bench) -> dict[str, np.ndarray]:
    """Logits of the left-out region [n, H, W], of Hokkaido, and of left-out quiet land [H, W]."""
    fold, floor = job.fold, job.config.floor
    patches, device = bench.patches, bench.device
    own = scene_statistics(patches, fold.test)  # a new region is known by its own pixels alone
    probability = predict(network, patches, fold.test, own, device, floor)
    seen = {"": logit(probability).astype(np.float16)}
    for land in bench.lands:
        if not land.kind or land.kind in fold.quiet:
            seen[land.name] = land_logits(network, land, bench.bands, device, floor)
    return seen


def count(
    seen: dict[str, np.ndarray], truth: np.ndarray, square: np.ndarray, lands: Sequence[Land]
) -> dict[str, np.ndarray]:
    """What is kept of a look: counts of logits, and false alarms at all levels.

    Args:
        seen: What `look` found.
        truth: [n, H, W] bool, labels of the region.
        square: [n] Square of ground of each of its patches.
        lands: The scenes that were looked at.
    """
    found = {"region": counted(seen[""].astype(np.float32), truth, square)}
    for land in lands:
        logits = seen[land.name]
        if land.kind:
            alarms = [false_alarms(logits, level) for level in ALARM_LEVELS]
            found[f"alarms {land.name}"] = np.array(alarms) * 100 / land.square_km
        else:
            found[f"scene {land.name}"] = scene_counts(logits, land)
    return found


@torch.inference_mode()
def land_logits(
    network: nn.Module, land: Land, bands: Sequence[str], device: torch.device, floor: float
) -> np.ndarray:
    """Logits [H, W] of a scene, in windows with a halo."""
    image = normalised_land(land, bands, floor)
    height, width = image.shape[-2:]
    result = np.empty((height, width), np.float32)
    for row in range(0, height, WINDOW):
        for col in range(0, width, WINDOW):
            top, left = max(0, row - HALO), max(0, col - HALO)
            piece = image[None, :, top : row + WINDOW + HALO, left : col + WINDOW + HALO]
            with autocast(device):
                logits = network(to_device(piece, device))
            inner = logits[0, 0, row - top :, col - left :].float().cpu().numpy()
            inner = inner[:WINDOW, :WINDOW]
            result[row : row + inner.shape[0], col : col + inner.shape[1]] = inner
    result[~land.valid] = -np.inf
    return result


def normalised_land(land: Land, bands: Sequence[str], floor: float) -> Tensor:
    """[C, H, W], as the network reads it; 0 where there are no data."""
    places = [BANDS.index(band) for band in bands]
    mean, std = (torch.from_numpy(values[places]) for values in (land.mean, land.std))
    std = floored(mean[None], std[None], bands, floor)[0]
    image = normalised(torch.from_numpy(land.image(bands))[None], mean, std)[0]
    return image * torch.from_numpy(land.valid)


def scene_counts(logits: np.ndarray, land: Land) -> np.ndarray:
    """Counts [squares, 2, BINS] of the labelled pixels of a scene.

    Labelled pixels without data are counted as what a user gets there: no landslide.
    """
    row, col = np.indices(land.label.shape) // SCENE_SQUARE
    judged_pixels = land.label != UNKNOWN
    square = np.unique((row * 1000 + col)[judged_pixels], return_inverse=True)[1]
    return counted(logits[judged_pixels], land.label[judged_pixels] == 1, square)


# --- what was kept -------------------------------------------------------------------------------


def read_folds(
    folder: Path, config: Config, region_names: Sequence[str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]] | None:
    """Counts by region and alarms by scene of one seed; None where a fold is missing.

    Hokkaido is seen by every fold: its counts are the sum, its score that of the average fold.
    """
    regions: dict[str, np.ndarray] = {}
    alarms: dict[str, np.ndarray] = {}
    for region in region_names:
        path = folder / f"{file_name(config, region)}.npz"
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as file:
            regions[region] = file["region"]
            for key in file.files:
                what, _, name = key.partition(" ")
                if what == "scene":
                    regions[name] = regions.get(name, 0) + file[key]
                elif what == "alarms":
                    alarms[name] = file[key]
    return regions, alarms
