"""The few-label regime with its controls: nothing labelled has a say but the few patches.

Every cell is one way to start and one draw of the labelled patches. The weights are the last ones,
and the threshold is 0.5, or the one that divides best what was held out of the few patches
themselves. Each network is scored twice: with every scene normalised by its own statistics, and
with those of the training patches for all. A cell leaves one small file, so that a run that was
killed goes on, and the table is written anew from what is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..engine.assessment.metrics import Confusion, confusion
from ..engine.common.errors import ParameterError
from .bands import optical
from .calibration import best_threshold, sigmoid
from .compare import Experiment, Run, check_names
from .compute import device_of
from .config import Config
from .crossvalidate import land_logits, normalised_land
from .data import Patches, Statistics, pooled_statistics, repeated, scene_statistics, split
from .evaluate import best_of_all
from .export import Stretched
from .few_label_table import Row, write_results
from .fit import Fit
from .material import UNKNOWN, Land, labelled_lands
from .predict import predict
from .pretrain import Config as PretrainConfig
from .pretrain import pretrain, snapshot
from .recipe import from_values, read_recipe, to_values
from .run_folder import finished
from .samples import Samples
from .sources import SCENE_NAMES, load_patches
from .transfer import few_labelled, starting_network

#: Parts of the few patches that choose the threshold: each is held out once.
FOLDS = 2


@dataclass(frozen=True)
class Ground:
    """What all cells of one recipe look at.

    Attributes:
        patches: All patches.
        parts: Indices for training (which draws are from), and held out.
        statistics: Of each scene, measured on the training patches.
        lands: Labelled scenes that nothing is trained on.
        device: What computes.
    """

    patches: Patches
    parts: dict[str, np.ndarray]
    statistics: Statistics
    lands: tuple[Land, ...]
    device: torch.device

    @classmethod
    def of(cls, config: Config, data: Path, device: torch.device) -> Ground:
        """Read the patches of a recipe, and the scenes."""
        patches = load_patches(config.sources, data, config.bands)
        parts = split(patches, config.validation, config.test, config.guard)
        statistics = scene_statistics(patches, parts["train"])
        return cls(patches, parts, statistics, tuple(labelled_lands(data)), device)


# --- one cell ------------------------------------------------------------------------------------


def run_cell(config: Config, ground: Ground) -> dict[str, Any]:
    """Train on one draw, choose the threshold from it, and count what is right elsewhere.

    Returns:
        ``threshold``, ``loss`` of the last epoch, and ``counts``: a list of plain values.

    Raises:
        ParameterError: The recipe does not fit the patches.
    """
    options = config.labelled, config.labelled_pixels, config.seed
    chosen = few_labelled(ground.patches, ground.parts["train"], *options)
    threshold = own_threshold(config, ground, chosen)
    network, losses = fitted(config, ground, chosen)
    ways = {"half": 0.5, "own": threshold}
    counts = [
        {"region": region, "normalisation": kind, "way": way, **asdict(count)}
        for region, kind, probability, truth in looks(config, ground, network)
        for way, count in _counts(probability, truth, ways).items()
    ]
    return {"threshold": threshold, "loss": losses[-1], "counts": counts}


def fitted(config: Config, ground: Ground, chosen: np.ndarray) -> tuple[nn.Module, list[float]]:
    """The network after the last step on the chosen patches, and the loss of every epoch."""
    torch.manual_seed(config.seed)
    held_out = np.union1d(ground.parts["validation"], ground.parts["test"])
    network = starting_network(
        config, ground.patches, ground.parts["train"], held_out, ground.statistics, ground.device
    )
    samples = Samples.of(ground.patches, ground.statistics, ground.device, config.floor)
    fit = Fit(config, samples, repeated(ground.patches, chosen, config.repeat), network=network)
    for _ in fit.steps():
        pass
    return fit.average, fit.losses


def own_threshold(config: Config, ground: Ground, chosen: np.ndarray) -> float:
    """The threshold that divides the few patches best, each by a network that did not learn it."""
    order = np.random.default_rng(config.seed).permutation(chosen)
    folds = np.array_split(order, FOLDS)
    said = []
    for number, fold in enumerate(folds):
        others = np.concatenate(folds[:number] + folds[number + 1 :])
        network, _ = fitted(config, ground, np.sort(others))
        said.append(
            predict(
                _in_use(config, network),
                ground.patches,
                fold,
                ground.statistics,
                ground.device,
                config.floor,
            )
        )
    return best_threshold(np.concatenate(said), ground.patches.mask[order])[0]


def looks(
    config: Config, ground: Ground, network: nn.Module
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Region, normalisation, probabilities and labels of all that is held out."""
    patches, device = ground.patches, ground.device
    network = _in_use(config, network)
    # One mean and deviation for all, measured on the training patches of every scene.
    shared = pooled_statistics(patches, ground.parts["train"])
    test, block = ground.parts["test"], config.test
    place = SCENE_NAMES.get(block.scene, f"scene {block.scene}")
    region = f"{place}, rows {block.first_row}-{block.last_row}"
    for kind, statistics in (("fixed", shared), ("scene", ground.statistics)):
        probability = predict(network, patches, test, statistics, device, config.floor)
        yield region, kind, probability, patches.mask[test]
    for land in ground.lands:
        judged = land.label != UNKNOWN
        for kind in ("fixed", "scene"):
            seen = with_statistics(land, *next(iter(shared.values()))) if kind == "fixed" else land
            image = normalised_land(seen, patches.bands, config.floor, False).to(device)
            logits = land_logits(network, image, land.valid)
            yield land.name, kind, sigmoid(logits[judged]), land.label[judged] == 1


def with_statistics(land: Land, mean: np.ndarray, std: np.ndarray) -> Land:
    """A scene as it is normalised by the statistics of another; its terrain stays."""
    count = len(mean)
    return replace(
        land,
        mean=np.concatenate([mean, land.mean[count:]]),
        std=np.concatenate([std, land.std[count:]]),
    )


def _in_use(config: Config, network: nn.Module) -> nn.Module:
    """The network as its model file has it."""
    network = network.eval()
    if config.spread == 1:
        return network
    return Stretched(network, 1 / config.spread, len(optical(config.bands)))


def _counts(
    probability: np.ndarray, truth: np.ndarray, thresholds: dict[str, float]
) -> dict[str, Confusion]:
    found = {way: confusion(probability >= t, truth) for way, t in thresholds.items()}
    return {**found, "best": best_of_all(probability, truth)}


# --- all of them ---------------------------------------------------------------------------------


def run_few_labels(
    experiment: Experiment,
    data: Path,
    folder: Path,
    only: Sequence[str] | None = None,
    draws: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    device_name: str = "auto",
) -> str:
    """Run the cells whose files are not there yet, draw by draw, and write the table.

    Args:
        experiment: Its `runs` are the ways to start, its `seeds` the draws.
        data: Folder with the training data.
        folder: Where encoders, cells and tables are kept.
        only: Names of the runs to train; all where it is left out.
        draws: How many of the experiment's draws are trained; all where it is left out.
        stop: Asked before every cell, and after every epoch of a pre-training.
        device_name: One of `compute.DEVICES`.

    Returns:
        The table in Markdown.

    Raises:
        ParameterError: A recipe is wrong, or does not fit the data.
    """
    check_names(experiment, only)
    grounds: dict[Any, Ground] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for draw in experiment.seeds[:draws]:
        for run in experiment.runs:
            path = cell_file(folder, run.name, draw)
            if path.is_file():
                check_recipe(path, cell_config(experiment, run, draw, ""))
                continue
            if (only is not None and run.name not in only) or stop():
                continue
            encoder = _encoder(experiment, run, data, folder, stop, device_name)
            if encoder is None:
                continue
            config = cell_config(experiment, run, draw, encoder)
            key = config.sources, config.bands, config.validation, config.test, config.guard
            if key not in grounds:
                grounds[key] = Ground.of(config, data, device_of(device_name))
            cell = {"recipe": recipe_of(config), **run_cell(config, grounds[key])}
            write_cell(path, cell)
            _results(experiment, folder)
            print(f"{run.name}, draw {draw}: done", flush=True)
    return _results(experiment, folder)


def _results(experiment: Experiment, folder: Path) -> str:
    names = [run.name for run in experiment.runs]
    return write_results(experiment.title, read_cells(experiment, folder), folder, names)


def cell_config(experiment: Experiment, run: Run, draw: int, encoder: str) -> Config:
    """The recipe of a cell."""
    changes = [f"seed={draw}", f"name={run.name}", *run.set]
    if encoder:
        changes.append(f"encoder={json.dumps(encoder)}")
    config = read_recipe(run.recipe or experiment.recipe, Config, changes)
    if not config.labelled:
        raise ParameterError(f"The run '{run.name}' names no number of labelled patches: labelled.")
    return config


def _encoder(
    experiment: Experiment,
    run: Run,
    data: Path,
    folder: Path,
    stop: Callable[[], bool],
    device_name: str,
) -> str | None:
    """Path of the encoder that a run starts from, '' for none; None where there was no time."""
    if not run.encoder:
        return ""
    encoder = next(e for e in experiment.encoders if e.name == run.encoder)
    config = read_recipe(encoder.recipe, PretrainConfig, encoder.set)
    place = folder / encoder.name
    if run.snapshot and run.snapshot not in config.snapshots:
        raise ParameterError(
            f"The run '{run.name}' wants the encoder after epoch {run.snapshot}; {encoder.recipe} "
            f"keeps those after {', '.join(map(str, config.snapshots)) or 'none'}."
        )
    kept = snapshot(place, run.snapshot)

    def there() -> bool:
        return kept.is_file() if run.snapshot else finished(place, config.epochs)

    if not there():
        pretrain(config, data, place, device_name=device_name, stop=lambda: stop() or there())
    if not there():
        return None
    return str(kept if run.snapshot else place / "encoder.pt")


# --- files ---------------------------------------------------------------------------------------


def cell_file(folder: Path, run: str, draw: int) -> Path:
    """Where a cell is kept."""
    return folder / "cells" / f"{run}-{draw}.json"


def write_cell(path: Path, cell: dict[str, Any]) -> None:
    """Write a cell whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(cell, indent=1), encoding="utf-8")
    beside.replace(path)


def recipe_of(config: Config) -> dict[str, Any]:
    """What decides a cell, as plain values; where its encoder lies does not."""
    return to_values(replace(config, name="", description="", encoder=""))


def check_recipe(path: Path, config: Config) -> None:
    """Refuse a cell of another recipe: a table of both would compare nothing.

    Raises:
        ParameterError: The recipe was changed since.
    """
    values = json.loads(path.read_text(encoding="utf-8"))["recipe"]
    former = from_values(Config, values)  # keys that were not known then have their defaults
    kept, wanted = recipe_of(former), recipe_of(config)
    other = sorted(key for key in wanted if kept[key] != wanted[key])
    if other:
        raise ParameterError(
            f"{path} is of another recipe ({', '.join(other)}). Choose another folder, or remove "
            "the cell."
        )


def read_cells(experiment: Experiment, folder: Path) -> list[Row]:
    """All rows of the cells that are there, in the order of the experiment."""
    rows = []
    for run in experiment.runs:
        for draw in experiment.seeds:
            path = cell_file(folder, run.name, draw)
            if path.is_file():
                cell = json.loads(path.read_text(encoding="utf-8"))
                rows += [Row(run.name, draw, cell["threshold"], **c) for c in cell["counts"]]
    return rows
