"""Leave one region out: train without it, look at it, and count what the network says.

Every fold leaves out a region with its guard rows and some kinds of quiet land, and looks at them
and at Hokkaido, which no fold trains on. What came out is kept in a small file for each fold, so
that a run that was killed goes on, and verdicts need no second look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.common.errors import ParameterError
from ..engine.raster.light import fitted_correction
from .bands import optical
from .calibration import logit
from .compute import autocast
from .config import Config
from .data import Statistics, band_scales, chosen_patches, joined, scene_statistics
from .data import normalise as normalised
from .export import Stretched
from .fit import Fit, fit_together
from .folds import Fold, squares
from .judge import ALARM_LEVELS, counted, f1_curve
from .light import Light, light_of, scene_lights
from .material import BANDS, UNKNOWN, Land, Material, quiet_patches, with_bands
from .predict import predict, refined
from .quiet_land import false_alarms
from .run_folder import load_checkpoint
from .samples import Samples, floored
from .teachers import Ensemble, load_network, taught, taught_beside
from .transfer import few_labelled

#: Side of the squares of a scene that the bootstrap draws, pixels: as many as three tiles.
SCENE_SQUARE = 384
#: Largest side of a window that is looked at in one piece, pixels.
WINDOW, HALO = 1024, 96


@dataclass(frozen=True)
class Job:
    """A fold of a recipe with a seed.

    Attributes:
        config: The recipe.
        fold: What is left out.
        teachers: Recipes of the networks that teach, or are judged, if there are.
        start: Recipe of the network whose weights this one starts from, if there is.
    """

    config: Config
    fold: Fold
    teachers: tuple[Config, ...] = ()
    start: Config | None = None

    @property
    def name(self) -> str:
        """Name of its files."""
        return file_name(self.config, self.fold.region)


def file_name(config: Config, region: str) -> str:
    """Name of the files of a recipe's fold, without an ending."""
    parts = (config.name, f"seed{config.seed}", region)
    return "--".join(re.sub(r"[^a-z0-9_]+", "-", part.lower()) for part in parts)


def jobs(configs: Sequence[Config], every: Sequence[Fold], seeds: int) -> list[Job]:
    """All trainings: seed by seed, so that a first answer is there early; taught ones last.

    Raises:
        ParameterError: Teachers that are no run among these.
    """
    seeded = [replace(c, seed=c.seed + seed) for seed in range(seeds) for c in configs]
    seeded.sort(key=lambda config: bool(config.teachers or config.start))
    return [
        Job(c, fold, teachers_of(c, configs), start_of(c, configs))
        for c in seeded
        for fold in every
    ]


def teachers_of(config: Config, configs: Sequence[Config]) -> tuple[Config, ...]:
    """Recipes of the networks that teach a recipe, out of a list."""
    names = config.teachers.split(" + ") if config.teachers else ()
    if config.pseudo.method and not names:
        raise ParameterError(
            f"'{config.name}' wants pseudo-labels, and nobody gives them. Name runs of the "
            "experiment in teachers."
        )
    found = [_run(name, config, configs) for name in names]
    return tuple(replace(f, seed=config.seed + k) for f in found for k in range(config.members))


def start_of(config: Config, configs: Sequence[Config]) -> Config | None:
    """Recipe of the network whose weights a recipe starts from, out of a list."""
    if not config.start:
        return None
    return replace(_run(config.start, config, configs), seed=config.seed)


def _run(name: str, config: Config, configs: Sequence[Config]) -> Config:
    found = [other for other in configs if other.name == name]
    if not found:
        raise ParameterError(
            f"'{config.name}' is to learn from '{name}', which is no run of the experiment. Its "
            f"runs are {', '.join(other.name for other in configs)}."
        )
    return found[0]


class Given:
    """Networks that were trained before, in the place of a fit: no steps to take."""

    def __init__(self, networks: Sequence[nn.Module], stream: Any) -> None:
        self.average = networks[0] if len(networks) == 1 else Ensemble(networks).eval()
        self.stream, self.losses = stream, [float("nan")]

    def steps(self) -> Iterator[int]:
        """None."""
        return iter(())


class Bench:
    """Material of one set of bands on the device, shared by all jobs that read them."""

    def __init__(self, material: Material, bands: Sequence[str], device: torch.device) -> None:
        quiet, self.kinds = quiet_patches([land for land in material.lands if land.kind])
        labelled = with_bands(material.patches, bands)
        self.count = len(labelled)
        self.patches = joined([labelled, with_bands(quiet, bands)])
        self.lands, self.bands, self.device = material.lands, tuple(bands), device
        self.held: dict[Any, Samples] = {}
        self.images: dict[Any, Tensor] = {}
        self.known: dict[Any, tuple[Statistics, Light | None]] = {}
        self.scenes = np.unique(self.patches.scene)

    def quiet_without(self, kinds: Sequence[str]) -> np.ndarray:
        """Indices of the quiet patches of all other kinds."""
        return self.count + np.flatnonzero(~np.isin(self.kinds, kinds))

    def samples(self, fold: Fold, config: Config) -> Samples:
        """Patches on the device, each scene by the statistics of what the fold trains on."""
        key = (fold.region, config.floor, corrects(config))
        if key not in self.held:
            quiet = np.arange(self.count, len(self.patches))
            chosen = np.concatenate([fold.train, quiet])
            statistics = scene_statistics(self.patches, chosen)
            lights = scene_lights(self.patches, chosen) if corrects(config) else None
            self.held[key] = Samples.of(self.patches, statistics, self.device, config.floor, lights)
        return self.held[key]

    def own(self, fold: Fold, correct: bool) -> tuple[Statistics, Light | None]:
        """A region as a new one is known: by its own pixels alone."""
        key = (fold.region, correct)
        if key not in self.known:
            own = scene_statistics(self.patches, fold.test)
            anything = next(iter(own.values()))
            every = {int(scene): own.get(int(scene), anything) for scene in self.scenes}
            lights = scene_lights(self.patches, fold.test) if correct else None
            self.known[key] = own, light_of(self.patches, lights, every) if lights else None
        return self.known[key]

    def image(self, land: Land, config: Config) -> Tensor:
        """A scene [C, H, W] on the device, as the network reads it."""
        key = (land.name, config.floor, corrects(config))
        if key not in self.images:
            image = normalised_land(land, self.bands, config.floor, corrects(config))
            self.images[key] = image.to(self.device)
        return self.images[key]

    def unlabelled(self, fold: Fold, config: Config) -> Samples:
        """The region that a fold leaves out, by statistics of its own; labels to be replaced."""
        if not len(fold.test):
            raise ParameterError(
                f"{config.name} learns from a region without labels, and nothing is left out here. "
                "Train it with crossvalidate, or with 'train' and its own unlabelled sources."
            )
        patches = chosen_patches(self.patches, fold.test)
        own, _ = self.own(fold, corrects(config))
        return Samples.of(patches, own, self.device, config.floor)

    def fit(
        self,
        job: Job,
        stream: Any,
        graphed: bool,
        targets: Tensor | None = None,
        other: Samples | None = None,
        weights: dict[str, Tensor] | None = None,
    ) -> Fit:
        """The training of a job, ready to take its steps; `targets` go before the labels."""
        samples = self.samples(job.fold, job.config)
        if targets is not None:
            samples = replace(samples, target=targets)
        if self.device.type == "cuda":  # what was copied on another stream has to be there
            torch.cuda.synchronize()
        quiet = self.quiet_without(job.fold.quiet)
        chosen = job.fold.train
        if job.config.labelled:
            options = job.config.labelled, job.config.labelled_pixels, job.config.seed
            chosen = few_labelled(self.patches, chosen, *options)
        return Fit(job.config, samples, chosen, quiet, stream, graphed, other, weights)


def corrects(config: Config) -> bool:
    """Whether the light is taken out of scenes before a recipe's network looks."""
    return config.augmentation.corrected > 0


@dataclass(frozen=True)
class Setting:
    """With what jobs are run, and how.

    Attributes:
        material: What to train on and look at.
        device: What computes.
        together: How many run side by side. A teacher has to be done before it teaches: jobs that
            are taught run one after the other.
        report: Gets a line for each job that is done.
        graphed: Whether a graphics card records its steps.
        stop: Asked after every step; what is not done then is given up.
    """

    material: Material
    device: torch.device
    together: int = 1
    report: Callable[[str], None] = print
    graphed: bool = True
    stop: Callable[[], bool] = lambda: False

    def run(
        self, todo: Sequence[Job], room: Room, done: Callable[[int, Fit | Given], None]
    ) -> None:
        """Run jobs; `done` gets the place of each in the list, and its fit."""
        together = 1 if any(job.teachers or job.start for job in todo) else self.together
        fit_together([room.start(job) for job in todo], together, done, self.stop)


@dataclass(frozen=True)
class Room:
    """Where jobs find what they need.

    Attributes:
        benches: Material by bands.
        folder: Where weights are kept.
        device: What computes.
        graphed: Whether a graphics card records its steps.
    """

    benches: dict[tuple[str, ...], Bench]
    folder: Path
    device: torch.device
    graphed: bool

    @classmethod
    def for_jobs(cls, todo: Sequence[Job], folder: Path, setting: Setting) -> Room:
        """A room with the material of all bands that the jobs and their teachers read."""
        folder.mkdir(parents=True, exist_ok=True)
        bands = {c.bands for job in todo for c in (job.config, *job.teachers)}
        device = setting.device
        benches = {names: Bench(setting.material, names, device) for names in bands}
        return cls(benches, folder, device, setting.graphed)

    def bench(self, job: Job) -> Bench:
        """The material of a job."""
        return self.benches[job.config.bands]

    def start(self, job: Job) -> Callable[[Any], Fit | Given]:
        """What makes a job's fit, with its stream."""

        def begin(stream: Any) -> Fit | Given:
            if self.device.type == "cuda":  # what another stream wrote has to be there
                torch.cuda.synchronize()
            networks = [
                load_network(c, self.folder / f"{file_name(c, job.fold.region)}.pt", self.device)
                for c in job.teachers
            ]
            if networks and not job.config.epochs:
                return Given(networks, stream)
            bench, pseudo = self.bench(job), job.config.pseudo
            other = targets = weights = None
            if networks and pseudo.method:
                other = taught_beside(networks, bench.unlabelled(job.fold, job.config), pseudo)
            elif networks:
                targets = self.targets(job, networks)
            if job.start:
                path = self.folder / f"{file_name(job.start, job.fold.region)}.pt"
                weights = load_checkpoint(path)["average"]
            return bench.fit(job, stream, self.graphed, targets, other, weights)

        return begin

    def targets(self, job: Job, networks: Sequence[nn.Module]) -> Tensor:
        """What the teachers of a job make of its labels."""
        teacher = job.teachers[0]
        seen = self.benches[teacher.bands].samples(job.fold, teacher)
        return taught(Ensemble(networks).eval(), seen, seen.target, job.config.labels)


def crossvalidate(todo: Sequence[Job], folder: Path, setting: Setting) -> None:
    """Run the jobs whose files are not there yet.

    Args:
        todo: What to run.
        folder: Where a file of counts and one of weights is kept for each job, and one of logits
            for those that were taught.
        setting: With what, and how.
    """
    todo = [job for job in todo if not (folder / f"{job.name}.npz").exists()]
    room = Room.for_jobs(todo, folder, setting)

    def done(place: int, fit: Fit | Given) -> None:
        job, bench = todo[place], room.bench(todo[place])
        seen = look(fit.average, job, bench)
        if isinstance(fit, Fit):
            torch.save({"average": half(fit.average)}, folder / f"{job.name}.pt")
        truth, square = bench.patches.mask[job.fold.test], squares(bench.patches, job.fold.test)
        lands = [land for land in bench.lands if land.name in seen]
        counting.append((job, fit.losses, workers.submit(count, seen, truth, square, lands)))
        if job.teachers and isinstance(fit, Fit):
            keeping.append(workers.submit(keep_logits, seen, folder / f"{job.name}.logits"))
        collect(wait=False)

    def collect(wait: bool) -> None:
        for entry in list(counting):
            job, losses, future = entry
            if wait or future.done():
                found = future.result()
                np.savez_compressed(folder / f"{job.name}.npz", losses=np.array(losses), **found)
                score = f1_curve(found["region"].sum(0)).max()
                setting.report(f"{job.name}: loss {losses[-1]:.4f}, F1 at best {score:.3f}")
                counting.remove(entry)

    # Counting needs no device, and waits for none: the next steps go on meanwhile.
    counting: list[tuple[Job, list[float], Future]] = []
    keeping: list[Future] = []
    count_of_workers = 12 if setting.device.type == "cuda" else 1
    with ProcessPoolExecutor(count_of_workers, get_context("spawn")) as workers:
        setting.run(todo, room, done)
        collect(wait=True)
        for future in keeping:
            future.result()


def final_fits(
    configs: Sequence[Config], names: Sequence[str], seeds: int, folder: Path, setting: Setting
) -> None:
    """Train on all that there is: the weights that ship. Writes ``NAME--seedN--all.pt``.

    Args:
        configs: The runs of an experiment, teachers among them.
        names: Those to train.
        seeds: How many of each.
        folder: Where the weights go.
        setting: With what, and how.
    """
    everything = Fold("all", np.arange(len(setting.material.patches)), np.empty(0, int), ())
    wanted = [job for job in jobs(configs, [everything], seeds) if job.config.name in names]
    missing = [job for job in wanted if not (folder / f"{job.name}.pt").exists()]
    todo = [job for job in missing if job.config.epochs]
    room = Room.for_jobs(todo, folder, setting)

    def done(place: int, fit: Fit | Given) -> None:
        torch.save({"average": half(fit.average)}, folder / f"{todo[place].name}.pt")
        setting.report(f"{todo[place].name}: loss {fit.losses[-1]:.4f}")

    setting.run(todo, room, done)


def half(network: nn.Module) -> dict[str, Tensor]:
    """Weights for a file of half the size; BatchNorm's numbers stay as they are."""
    state = network.state_dict()
    return {name: v.cpu().half() if v.dim() == 4 else v.cpu() for name, v in state.items()}


# --- looking -------------------------------------------------------------------------------------


def look(network: nn.Module, job: Job, bench: Bench) -> dict[str, np.ndarray]:
    """Logits of the left-out region [n, H, W], of Hokkaido, and of left-out quiet land [H, W].

    Scenes are corrected and stretched as the recipe has it for its users.
    """
    config, fold, patches, device = job.config, job.fold, bench.patches, bench.device
    if config.spread != 1:
        network = Stretched(network, 1 / config.spread, len(optical(bench.bands)))
    own, light = bench.own(fold, corrects(config))
    # Of shapes that are seen once, no time is to be measured.
    with torch.backends.cudnn.flags(benchmark=False):
        options = own, device, config.floor, light, config.refine
        probability = predict(network, patches, fold.test, *options)
        seen = {"": logit(probability).astype(np.float16)}
        for land in bench.lands:
            if not land.kind or land.kind in fold.quiet:
                image = bench.image(land, config)
                seen[land.name] = land_logits(network, image, land.valid)
                if config.refine:
                    view = image[: len(optical(bench.bands))].float().cpu()
                    said = torch.from_numpy(seen[land.name]), view, torch.from_numpy(land.valid)
                    seen[land.name] = np.where(land.valid, refined(*said).numpy(), -np.inf)
    return seen


def keep_logits(seen: dict[str, np.ndarray], path: Path) -> None:
    """Keep logits of the region and of labelled scenes in tenths, int8, for what counts hide."""
    kept = {
        name: np.clip(np.round(10 * v.astype(np.float32)), -127, 127) for name, v in seen.items()
    }
    arrays = {name or "region": values.astype(np.int8) for name, values in kept.items()}
    np.savez_compressed(path, **arrays)


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
def land_logits(network: nn.Module, image: Tensor, valid: np.ndarray) -> np.ndarray:
    """Logits [H, W] of a normalised scene [C, H, W], in windows with a halo."""
    height, width = image.shape[-2:]
    result = np.empty((height, width), np.float32)
    for row in range(0, height, WINDOW):
        for col in range(0, width, WINDOW):
            top, left = max(0, row - HALO), max(0, col - HALO)
            piece = image[None, :, top : row + WINDOW + HALO, left : col + WINDOW + HALO]
            with autocast(image.device):
                logits = network(piece.contiguous(memory_format=torch.channels_last))
            inner = logits[0, 0, row - top :, col - left :].float().cpu().numpy()
            inner = inner[:WINDOW, :WINDOW]
            result[row : row + inner.shape[0], col : col + inner.shape[1]] = inner
    result[~valid] = -np.inf
    return result


def normalised_land(land: Land, bands: Sequence[str], floor: float, correct: bool) -> Tensor:
    """[C, H, W], as the network reads it; 0 where there are no data.

    Args:
        land: The scene.
        bands: What the network reads.
        floor: Smallest standard deviation of an optical band, as a share of its mean.
        correct: Whether its light is taken out first.
    """
    places = [BANDS.index(band) for band in bands]
    mean, std, image = land.mean[places], land.std[places], land.image(bands)
    if correct:
        lit, count = land.image(["illumination"])[0], len(optical(bands))
        correction = fitted_correction(image[:count, land.valid], lit[land.valid])
        image[:count] = correction.applied(image[:count], lit)
        mean, std = band_scales(image[:, land.valid], bands)
    mean, std = torch.from_numpy(mean), torch.from_numpy(std)
    std = floored(mean[None], std[None], bands, floor)[0]
    return normalised(torch.from_numpy(image)[None], mean, std)[0] * torch.from_numpy(land.valid)


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
