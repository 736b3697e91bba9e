"""Train a network on Landslide4Sense patches. One loop, meant to be read from top to bottom.

A run lives in one folder: ``last.pt`` (everything needed to go on after a kill), ``best.pt`` (the
averaged weights with the best validation F1, their calibration, and the threshold that gave it),
``log.csv`` and ``curve.png``. Starting the same command again resumes where the folder left off.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.card import NORMALISATIONS
from ..engine.errors import ParameterError
from .augmentation import Augmentation, augment
from .bands import RGB, optical, terrain
from .calibration import best_threshold, calibrate, logit, sigmoid
from .compute import autocast, device_of, precision_name, to_device
from .data import (
    Block,
    Patches,
    Statistics,
    batch_statistics,
    normalise,
    physical,
    pooled_statistics,
    scene_statistics,
    split,
)
from .losses import build_loss
from .models import build_model, parameter_count
from .recipe import to_values
from .run_folder import (
    Rows,
    load_checkpoint,
    log_row,
    not_a_number,
    progress_state,
    resume,
    save_checkpoint,
)
from .sources import Source, load_patches, load_quiet
from .transfer import check_never_seen, few_labelled, freeze_encoder, load_encoder


@dataclass(frozen=True)
class Config:
    """Everything that decides a run; a recipe file sets any of it.

    Attributes:
        name: Name of the model and of its file.
        description: One sentence for the list of models.
        sources: Where the patches come from.
        bands: Channels, in order, terrain last; or the name of a set (`bands.BAND_SETS`).
        network: A key of `models.MODELS`.
        options: What that network's constructor takes besides the number of bands.
        loss: Registered losses and their weights.
        epochs: Passes over the training patches.
        batch: Patches per step.
        learning_rate: Adam's; the peak of a one-cycle schedule.
        schedule: ``exponential`` (x `decay` after every epoch) or ``onecycle`` (rise over the
            first tenth, cosine to nothing).
        decay: Factor per epoch of the exponential schedule.
        weight_decay: Decoupled (AdamW); 0 is plain Adam.
        clip: Largest gradient norm.
        smoothing: Labels become this and 1 minus this: their borders are imperfect.
        ema: Share that the averaged weights keep at every step; 0 turns averaging off.
        settle: Share of the epochs after which checkpoints compete for the best. Early ones, still
            at a high learning rate, can win on one region by luck and transfer badly.
        enlarge: How much the trained network enlarges its image before it looks (scale promotion).
            It takes effect in the model file, by `recalibrate`; training itself zooms by chance.
        seed: Of weights, order and augmentation.
        validation: Tile rows that choose checkpoint and threshold.
        test: Tile rows that are reported and used for nothing else.
        guard: Tile rows left out on either side of both.
        normalisation: ``scene`` (separated: every scene by its own statistics) or ``fixed``
            (all by those of the training patches).
        repeat: How often the patches of a scene (by number, as text) come up in an epoch.
        augmentation: How much patches vary.
        encoder: ``encoder.pt`` of a pre-training run to start from; empty for random weights.
        freeze_encoder: Whether the encoder's weights and BatchNorm statistics stay as they are.
        labelled: How many labelled training patches may be used; 0 for all. Which ones, `seed`
            decides.
        labelled_pixels: Landslide pixels that each of those must have.
    """

    name: str = "resunet_rgb"
    description: str = "ResU-Net on B04, B03, B02 of one post-event Sentinel-2 scene."
    sources: tuple[Source, ...] = (Source(),)
    bands: tuple[str, ...] = RGB
    network: str = "resunet"
    options: dict[str, Any] = field(default_factory=lambda: {"width": 32, "depth": 4})
    loss: dict[str, float] = field(default_factory=lambda: {"bce": 1.0, "dice": 1.0})
    epochs: int = 40
    batch: int = 32
    learning_rate: float = 1e-3
    schedule: str = "exponential"
    decay: float = 0.95
    weight_decay: float = 0.0
    clip: float = 1.0
    smoothing: float = 0.0
    ema: float = 0.99
    settle: float = 0.5
    enlarge: float = 1.0
    seed: int = 0
    validation: Block = field(default_factory=lambda: Block(1, 20, 25))
    test: Block = field(default_factory=lambda: Block(1, 49, 55))
    guard: int = 1
    normalisation: str = "scene"
    repeat: dict[str, int] = field(default_factory=dict)
    augmentation: Augmentation = field(default_factory=Augmentation)
    encoder: str = ""
    freeze_encoder: bool = False
    labelled: int = 0
    labelled_pixels: int = 50


# --- batches -------------------------------------------------------------------------------------


def statistics_for(config: Config, patches: Patches, chosen: np.ndarray) -> Statistics:
    """What each scene's patches are normalised with, measured on the chosen ones.

    Raises:
        ParameterError: Unknown normalisation.
    """
    if config.normalisation not in NORMALISATIONS:
        raise ParameterError(
            f"Unknown normalisation '{config.normalisation}'. Choose {' or '.join(NORMALISATIONS)}."
        )
    measure = scene_statistics if config.normalisation == "scene" else pooled_statistics
    return measure(patches, chosen)


def training_batches(
    patches: Patches,
    chosen: np.ndarray,
    statistics: Statistics,
    config: Config,
    rng: torch.Generator,
    quiet: Sequence[Tensor] = (),
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of normalised, augmented images [N, C, H, W] and targets [N, 1, H, W].

    The last, incomplete batch is dropped: BatchNorm would see the statistics of a few patches.
    """
    order = torch.randperm(len(chosen), generator=rng).numpy()
    for start in range(0, len(chosen) - config.batch + 1, config.batch):
        mine = chosen[order[start : start + config.batch]]
        levels = torch.from_numpy(patches.levels[mine])
        fraction = torch.rand(levels.shape, generator=rng)
        image = physical(levels, torch.from_numpy(patches.step[mine]), fraction)
        target = torch.from_numpy(patches.mask[mine]).float()[:, None]
        mean, std = batch_statistics(patches, mine, statistics)
        relief = terrain(patches.bands)
        yield augment(image, target, mean, std, config.augmentation, rng, quiet, relief)


@torch.inference_mode()
def predict(
    model: nn.Module,
    patches: Patches,
    chosen: np.ndarray,
    statistics: Statistics,
    device: torch.device,
) -> np.ndarray:
    """Probabilities [N, H, W] float32 of the chosen patches, each normalised by its scene."""
    model.eval()
    result = []
    for start in range(0, len(chosen), 32):
        mine = chosen[start : start + 32]
        image = physical(
            torch.from_numpy(patches.levels[mine]), torch.from_numpy(patches.step[mine])
        )
        mean, std = batch_statistics(patches, mine, statistics)
        image = to_device(normalise(image, mean, std), device)
        with autocast(device):
            logits = model(image)
        result.append(torch.sigmoid(logits.float())[:, 0].cpu().numpy())
    return np.concatenate(result)


# --- optimisation --------------------------------------------------------------------------------


def learning_rate(config: Config, step: int, steps_per_epoch: int) -> float:
    """Learning rate of a step; a plain function of it, so that a resumed run needs no scheduler.

    Raises:
        ParameterError: Unknown schedule.
    """
    if config.schedule == "exponential":  # the benchmark's Adam at 1e-3, less after every epoch
        return config.learning_rate * config.decay ** (step // steps_per_epoch)
    if config.schedule != "onecycle":
        raise ParameterError(
            f"Unknown schedule '{config.schedule}'. Choose exponential or onecycle."
        )
    total = config.epochs * steps_per_epoch
    rise = max(1, total // 10)
    if step < rise:
        return config.learning_rate * (0.05 + 0.95 * step / rise)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / (total - rise)))


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, keep: float) -> None:
    """Move the averaged weights and BatchNorm statistics towards the current ones."""
    current = model.state_dict()
    for name, value in average.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(current[name], 1 - keep)
        else:
            value.copy_(current[name])


def training_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss_function: Callable[[Tensor, Tensor], Tensor],
    image: Tensor,
    target: Tensor,
    config: Config,
    device: torch.device,
) -> float:
    """One step down the gradient. Returns the loss, which may be NaN; then nothing was changed."""
    target = target * (1 - 2 * config.smoothing) + config.smoothing if config.smoothing else target
    with autocast(device):
        logits = model(to_device(image, device))
    loss = loss_function(logits, target.to(device, non_blocking=True))
    if not torch.isfinite(loss):
        return float("nan")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), config.clip)
    optimiser.step()
    return loss.item()


# --- the loop ------------------------------------------------------------------------------------


def train(
    config: Config,
    data: Path,
    folder: Path,
    max_steps: int | None = None,
    device_name: str = "auto",
) -> Path:
    """Train, or go on training.

    Args:
        config: What to train.
        data: Folder with the training data.
        folder: Folder of the run; made if missing.
        max_steps: Stop after this many steps, without validation (a check that all is in place).
        device_name: One of `compute.DEVICES`.

    Returns:
        Path of the best checkpoint.

    Raises:
        ParameterError: The loss is no longer a number, the folder holds another recipe's run, or
            the data are not as the recipe says.
        DeviceError: The device is not there.
    """
    from tqdm import tqdm

    device = device_of(device_name)
    patches = load_patches(config.sources, data, config.bands)
    parts = split(patches, config.validation, config.test, config.guard)
    statistics = statistics_for(config, patches, parts["train"])
    quiet = (
        load_quiet(data / "ssl4eo_l1c", optical(config.bands)) if config.augmentation.paste else []
    )
    if config.labelled:  # after the statistics, which need no labels
        options = config.labelled, config.labelled_pixels, config.seed
        parts["train"] = few_labelled(patches, parts["train"], *options)
    repeats = [config.repeat.get(str(scene), 1) for scene in patches.scene[parts["train"]]]
    chosen = np.repeat(parts["train"], repeats)
    steps_per_epoch = len(chosen) // config.batch
    _check_trainable(patches, chosen, config)

    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    model = _start(config, patches, parts).to(device, memory_format=torch.channels_last)
    average = build_model(config.network, len(patches.bands), **config.options)
    average.load_state_dict(model.state_dict())
    average = average.to(device, memory_format=torch.channels_last)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, weight_decay=config.weight_decay)
    loss_function = build_loss(config.loss)

    folder.mkdir(parents=True, exist_ok=True)
    last, best = folder / "last.pt", folder / "best.pt"
    rows = resume(last, config, optimiser, rng, model=model, average=average)
    print(
        f"{config.network} with {parameter_count(model):,} parameters, {precision_name(device)}; "
        + ", ".join(f"{name} {len(index)} patches" for name, index in parts.items())
    )

    for epoch in range(len(rows), config.epochs):
        model.train()
        started, losses = time.monotonic(), []
        batches = training_batches(patches, chosen, statistics, config, rng, quiet)
        bar = tqdm(batches, total=steps_per_epoch, desc=f"epoch {epoch + 1}/{config.epochs}")
        for index, (image, target) in enumerate(bar):
            step = epoch * steps_per_epoch + index
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(config, step, steps_per_epoch)
            loss = training_step(model, optimiser, loss_function, image, target, config, device)
            if not math.isfinite(loss):
                advice = (
                    f"Lower learning_rate (now {config.learning_rate:g}) or clip (now "
                    f"{config.clip:g})"
                )
                raise not_a_number(last, epoch, step, rows, advice)
            # A short run must not average over its random start: the window grows with the steps.
            update_average(average, model, min(config.ema, (1 + step) / (10 + step)))
            losses.append(loss)
            bar.set_postfix(loss=f"{np.mean(losses[-20:]):.4f}")
            if max_steps is not None and step + 1 >= max_steps:
                return best

        probability = predict(average, patches, parts["validation"], statistics, device)
        truth = patches.mask[parts["validation"]]
        slope, offset = calibrate(probability, truth)
        calibrated = sigmoid(slope * logit(probability) + offset)
        threshold, score = best_threshold(calibrated, truth)
        settled = round(config.settle * config.epochs)
        improved = epoch >= settled and score.f1 > max(
            (row["f1"] for row in rows[settled:]), default=-1.0
        )
        rows.append(
            {
                "epoch": epoch + 1,
                "loss": float(np.mean(losses)),
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
        state = progress_state(optimiser, rng, rows, model=model, average=average)
        save_checkpoint({**described, **state}, last)
        log_row(rows, folder, draw_curves)
    return best


def _start(config: Config, patches: Patches, parts: dict[str, np.ndarray]) -> nn.Module:
    """The network with random weights, or with a pre-trained encoder."""
    model = build_model(config.network, len(patches.bands), **config.options)
    if config.encoder:
        pretrained = load_checkpoint(Path(config.encoder))
        load_encoder(model, pretrained, patches.bands)
        check_never_seen(patches, np.union1d(parts["validation"], parts["test"]), pretrained)
    if config.freeze_encoder:
        freeze_encoder(model, config.encoder)
    return model


def _check_trainable(patches: Patches, chosen: np.ndarray, config: Config) -> None:
    if len(chosen) < config.batch:
        raise ParameterError(
            f"{len(chosen)} training patches are less than a batch of {config.batch}. Lower batch, "
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
