"""Train a network on Landslide4Sense patches. One loop, meant to be read from top to bottom.

A run lives in one folder: ``last.pt`` (everything needed to go on after a kill), ``best.pt`` (the
averaged weights with the best validation F1, their calibration, and the threshold that gave it),
``log.csv`` and ``curve.png``. Starting the same command again resumes where the folder left off.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..engine.common.errors import ParameterError
from ..engine.models.card import NORMALISATIONS
from .bands import optical
from .calibration import best_threshold, calibrate, logit, sigmoid
from .compute import device_of, precision_name
from .config import Config
from .data import Patches, Statistics, pooled_statistics, repeated, scene_statistics, split
from .fit import Step, epoch_batches, labelled_batch, mixing_share, start_from
from .models import parameter_count
from .network import fit_components
from .predict import predict
from .recipe import to_values
from .run_folder import (
    Rows,
    load_checkpoint,
    log_row,
    not_a_number,
    progress_state,
    resume,
    run_epoch,
    save_checkpoint,
)
from .samples import Samples
from .schedules import epoch_count, epoch_steps, learning_rate
from .sources import load_patches, load_quiet
from .teachers import pseudo_labelled
from .transfer import few_labelled, starting_network


def statistics_for(config: Config, patches: Patches, chosen: np.ndarray) -> Statistics:
    """What each scene's patches are normalised with, measured on the chosen ones.

    Raises:
        ParameterError: Unknown normalisation.
    """
    if config.normalisation not in NORMALISATIONS:
        raise ParameterError(
            f"Unknown normalisation '{config.normalisation}'. Choose {' or '.join(NORMALISATIONS)}."
        )
    if config.normalisation == "scene":
        found = scene_statistics(patches, chosen)
        rest = np.flatnonzero(~np.isin(patches.scene, list(found)))  # held out whole: by their own
        return {**scene_statistics(patches, rest), **found}
    # What all scenes share must not know scenes that the recipe leaves out.
    left_out = [int(scene) for scene, times in config.repeat.items() if not times]
    return pooled_statistics(patches, chosen[~np.isin(patches.scene[chosen], left_out)])


# --- the loop ------------------------------------------------------------------------------------


def train(
    config: Config,
    data: Path,
    folder: Path,
    max_steps: int | None = None,
    device_name: str = "auto",
    teachers: Sequence[Path] = (),
    start: Path | None = None,
) -> Path:
    """Train, or go on training.

    Args:
        config: What to train.
        data: Folder with the training data.
        folder: Folder of the run; made if missing.
        max_steps: Stop after this many steps, without validation (a check that all is in place).
        device_name: One of `compute.DEVICES`.
        teachers: Checkpoints that label the patches without labels, if the recipe has any.
        start: Checkpoint whose weights to start from, if the recipe starts from another run.

    Returns:
        Path of the best checkpoint.

    Raises:
        ParameterError: The loss is no longer a number, the folder holds another recipe's run, or
            the data are not as the recipe says.
        DeviceError: The device is not there.
    """
    device = device_of(device_name)
    patches = load_patches(config.sources, data, config.bands)
    parts = split(patches, config.validation, config.test, config.guard)
    statistics = statistics_for(config, patches, parts["train"])
    pasted = optical(config.bands) if config.augmentation.paste else ()
    quiet = [q.to(device) for q in load_quiet(data / "ssl4eo_l1c", pasted)] if pasted else []
    unlabelled = parts["train"]
    if config.labelled:  # after the statistics, which need no labels
        options = config.labelled, config.labelled_pixels, config.seed
        parts["train"] = few_labelled(patches, parts["train"], *options)
    chosen = repeated(patches, parts["train"], config.repeat)
    steps_per_epoch = len(chosen) // labelled_batch(config)
    _check_trainable(patches, chosen, config, teachers)
    other = pseudo_labelled(config, data, teachers, device) if config.pseudo.method else None

    torch.manual_seed(config.seed)
    rng = torch.Generator(device).manual_seed(config.seed)
    samples = Samples.of(patches, statistics, device, config.floor)
    held_out = np.union1d(parts["validation"], parts["test"])
    model = starting_network(config, patches, unlabelled, held_out, statistics, device)
    fit_components(model, samples, chosen)
    start_from(model, config, load_checkpoint(start)["average"] if start else None)
    average = copy.deepcopy(model)
    take_step = Step(config, model, average, device)
    optimiser = take_step.optimiser

    folder.mkdir(parents=True, exist_ok=True)
    last, best = folder / "last.pt", folder / "best.pt"
    rows = resume(last, config, optimiser, rng, **take_step.parts())
    print(
        f"{config.network} with {parameter_count(model):,} parameters, {precision_name(device)}; "
        + ", ".join(f"{name} {len(index)} patches" for name, index in parts.items())
    )

    def step(number: int, batch: tuple[Tensor, Tensor]) -> float:
        rate = learning_rate(config, number, steps_per_epoch)
        # A short run must not average over its random start: the window grows with the steps.
        keep = min(config.ema, (1 + number) / (10 + number))
        return float(take_step(*batch, rate, keep, mixing_share(config, number)))

    def failed(number: int) -> ParameterError:
        advice = f"Lower learning_rate (now {config.learning_rate:g}) or clip (now {config.clip:g})"
        return not_a_number(last, number // steps_per_epoch, number, rows, advice)

    epochs = epoch_count(config, steps_per_epoch)
    for epoch in range(len(rows), epochs):
        model.train()
        started = time.monotonic()
        batches = epoch_batches(config, samples, chosen, rng, quiet, other)
        batches = islice(batches, epoch_steps(config, steps_per_epoch, epoch))
        loss = run_epoch(batches, epoch, epochs, steps_per_epoch, step, failed, max_steps)
        if loss is None:
            return best

        options = statistics, device, config.floor, None, config.refine
        probability = predict(average, patches, parts["validation"], *options)
        truth = patches.mask[parts["validation"]]
        slope, offset = calibrate(probability, truth)
        calibrated = sigmoid(slope * logit(probability) + offset)
        threshold, score = best_threshold(calibrated, truth)
        settled = min(round(config.settle * epochs), epochs - 1)
        improved = epoch >= settled and score.f1 > max(
            (row["f1"] for row in rows[settled:]), default=-1.0
        )
        rows.append(
            {
                "epoch": epoch + 1,
                "loss": loss,
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
                "threshold": threshold,
                "seconds": time.monotonic() - started,
            }
        )
        described = {
            "config": to_values(config),
            "bands": list(patches.bands),
            "statistics": {
                str(scene): [mean.tolist(), std.tolist()]
                for scene, (mean, std) in statistics.items()
            },
        }
        # best before last: a kill between the two repeats one epoch and loses nothing.
        if improved:
            found = {"average": average.state_dict(), "calibration": [slope, offset]}
            save_checkpoint({**described, **rows[-1], **found}, best)
        described["finished"] = epoch + 1 == epochs
        state = progress_state(optimiser, rng, rows, **take_step.parts())
        save_checkpoint({**described, **state}, last)
        log_row(rows, folder, draw_curves)
    return best


def _check_trainable(
    patches: Patches, chosen: np.ndarray, config: Config, teachers: Sequence[Path]
) -> None:
    if config.pseudo.method and not teachers:
        raise ParameterError(
            f"The recipe {config.name} wants pseudo-labels, and nobody gives them. Name one or "
            "more trained runs with --teacher."
        )
    if config.teachers and not config.pseudo.method:
        raise ParameterError(
            f"The recipe {config.name} is taught by '{config.teachers}', a run of the judge's "
            "experiment. Train it with crossvalidate or gpu_run, or set teachers='' to train on "
            "labels alone."
        )
    size = labelled_batch(config)
    if len(chosen) < size:
        raise ParameterError(
            f"{len(chosen)} training patches are less than a batch of {size}. Lower batch, "
            "or add sources."
        )
    if not patches.mask[chosen].any():
        raise ParameterError(
            f"None of the {len(chosen)} training patches has a landslide pixel. Check the masks, "
            "or hold out other rows."
        )


def draw_curves(left: Any, right: Any, rows: Rows) -> None:
    """Loss on the left, scores on validation on the right."""
    epochs = [row["epoch"] for row in rows]
    left.plot(epochs, [row["loss"] for row in rows])
    left.set(xlabel="epoch", ylabel="training loss")
    for key in ("precision", "recall", "f1"):
        right.plot(epochs, [row[key] for row in rows], label=key)
    right.set(xlabel="epoch", ylabel="validation", ylim=(0, 1))
    right.legend()
