"""Pre-train an encoder on patches without labels. One loop, meant to be read from top to bottom.

A run lives in one folder: ``last.pt`` (everything needed to go on after a kill), ``encoder.pt``
(the encoder alone, which `train` loads), ``encoder-EPOCH.pt`` for every epoch in `snapshots`,
``log.csv`` and ``curve.png``. Starting the same command again resumes where the folder left off.
Labels are never read; the tile rows that `train` holds out for validation and test are held out
here too, so that their scores stay honest.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.common.errors import ParameterError
from .bands import RGB
from .compute import autocast, device_of, precision_name, to_device
from .data import (
    Block,
    Patches,
    Statistics,
    batch_statistics,
    physical,
    scene_statistics,
    split,
)
from .models import build_model, parameter_count
from .recipe import to_values
from .run_folder import (
    Rows,
    log_row,
    not_a_number,
    progress_state,
    resume,
    run_epoch,
    save_checkpoint,
)
from .sources import Source, load_patches
from .swav import LARS, SwAV, prototype_counts, swapped_prediction, usage_entropy
from .transfer import resnet_encoder
from .views import GLOBAL, Views, multi_crop, optical_bands


@dataclass(frozen=True)
class Config:
    """Everything that decides a run; a recipe file sets any of it.

    Attributes:
        name: Name of the run.
        sources: Where the patches come from; their labels are not used.
        bands: Channels, in order, terrain last; or the name of a set (`bands.BAND_SETS`).
        network: A key of `models.MODELS` whose network has an `encoder`.
        options: What that network's constructor takes besides the number of bands.
        epochs: Passes over the patches.
        batch: Patches per step.
        optimiser: ``adam`` or ``lars``.
        learning_rate: Peak of the schedule (linear rise, then cosine to nothing): about 1e-3 for
            Adam, 0.6 for LARS.
        warmup: Share of the steps in which the learning rate rises.
        weight_decay: 0 for none; decoupled with Adam.
        prototypes: Number of clusters.
        frozen_prototypes: First steps in which prototypes stay as they are, while the features
            find their way; prevents an early collapse.
        hidden: Width of the projection head.
        dimension: Length of an embedding.
        temperature: Of the softmax over prototypes.
        epsilon: Smoothness of the codes; lower it if all codes become alike.
        iterations: Rounds of Sinkhorn-Knopp.
        queue: Embeddings of former steps that help to balance the codes; 0 for none. Worth having
            where a batch has fewer patches than there are prototypes.
        queue_start: Epochs before the queue is filled.
        low_usage: Prototype usage below which the run warns of a collapse, 0..1.
        seed: Of weights, order and views.
        validation: Tile rows that are held out here because `train` chooses thresholds on them.
        test: Tile rows that are held out because `train` reports them.
        guard: Tile rows left out on either side of both.
        snapshots: Epochs after which the encoder is also kept under a name of its own; 0 is the
            random start.
        views: How the views of a patch differ.
    """

    name: str = "swav_rgb"
    sources: tuple[Source, ...] = (Source(),)
    bands: tuple[str, ...] = RGB
    network: str = "swav_unet"
    options: dict[str, Any] = field(default_factory=dict)
    epochs: int = 40
    batch: int = 128
    optimiser: str = "adam"
    learning_rate: float = 1e-3
    warmup: float = 0.1
    weight_decay: float = 1e-6
    prototypes: int = 64
    frozen_prototypes: int = 8
    hidden: int = 512
    dimension: int = 128
    temperature: float = 0.1
    epsilon: float = 0.05
    iterations: int = 3
    queue: int = 0
    queue_start: int = 5
    low_usage: float = 0.5
    seed: int = 0
    validation: Block = field(default_factory=lambda: Block(1, 20, 25))
    test: Block = field(default_factory=lambda: Block(1, 49, 55))
    guard: int = 1
    snapshots: tuple[int, ...] = ()
    views: Views = field(default_factory=Views)


# --- parts of a step -----------------------------------------------------------------------------


def build_swav(config: Config, bands: int) -> SwAV:
    """Encoder of the configured network, projection head and prototypes.

    Raises:
        ParameterError: The network has no encoder to pre-train.
    """
    encoder = resnet_encoder(build_model(config.network, bands, **config.options))
    return SwAV(
        encoder,
        encoder.channels[-1],
        config.prototypes,
        config.hidden,
        config.dimension,
        config.queue,
    )


def build_optimiser(config: Config, model: nn.Module) -> torch.optim.Optimizer:
    """Adam or LARS; the learning rate is set at every step.

    Raises:
        ParameterError: Neither of them.
    """
    if config.optimiser == "adam":
        return torch.optim.AdamW(model.parameters(), weight_decay=config.weight_decay)
    if config.optimiser == "lars":
        return LARS(model.parameters(), weight_decay=config.weight_decay)
    raise ParameterError(f"Unknown optimiser '{config.optimiser}'. Choose adam or lars.")


def learning_rate(config: Config, step: int, steps: int) -> float:
    """Learning rate of a step of `steps`: linear rise, then cosine."""
    rise = max(1, round(config.warmup * steps))
    if step < rise:
        return config.learning_rate * (step + 1) / rise
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / (steps - rise)))


def view_batches(
    patches: Patches,
    chosen: np.ndarray,
    statistics: Statistics,
    config: Config,
    rng: torch.Generator,
) -> Iterator[list[Tensor]]:
    """One epoch of normalised views, made where `rng` is; the last, incomplete batch is dropped."""
    place = rng.device
    optical = optical_bands(patches.bands).to(place)
    order = torch.randperm(len(chosen), generator=rng, device=place).cpu().numpy()
    for start in range(0, len(chosen) - config.batch + 1, config.batch):
        mine = chosen[order[start : start + config.batch]]
        levels = torch.from_numpy(patches.levels[mine]).to(place)
        fraction = torch.rand(levels.shape, generator=rng, device=place)
        image = physical(levels, torch.from_numpy(patches.step[mine]).to(place), fraction)
        mean, std = (part.to(place) for part in batch_statistics(patches, mine, statistics))
        yield multi_crop(image, mean, std, optical, config.views, rng)


def pretraining_step(
    model: SwAV,
    optimiser: torch.optim.Optimizer,
    views: list[Tensor],
    config: Config,
    step: int,
    fill_queue: bool,
    device: torch.device,
) -> tuple[float, Tensor]:
    """One step down the gradient.

    Returns:
        The loss, which may be NaN (then no weight was changed), and how many of the global views
        fell on each prototype [K].
    """
    with autocast(device):
        embeddings = model([to_device(view, device) for view in views])
    scores = model.scores(embeddings)
    counts = prototype_counts(torch.cat(scores[:GLOBAL]))
    codes = model.codes(scores, config.iterations, config.epsilon)
    loss = swapped_prediction(scores, codes, config.temperature)
    if not torch.isfinite(loss):
        return float("nan"), counts
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if step < config.frozen_prototypes:
        model.prototypes.weight.grad = None
    optimiser.step()
    model.normalise_prototypes()
    if fill_queue:
        model.queue.push(embeddings[:GLOBAL])
    return loss.item(), counts


def snapshot(folder: Path, epoch: int) -> Path:
    """Where the encoder after an epoch in `Config.snapshots` is kept."""
    return folder / f"encoder-{epoch}.pt"


# --- the loop ------------------------------------------------------------------------------------


def pretrain(
    config: Config,
    data: Path,
    folder: Path,
    max_steps: int | None = None,
    device_name: str = "auto",
    stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Pre-train, or go on with it.

    Args:
        config: What to pre-train.
        data: Folder with the training data.
        folder: Folder of the run; made if missing.
        max_steps: Stop after this many steps (a check that all is in place).
        device_name: One of `compute.DEVICES`.
        stop: Asked before every epoch; the same call goes on from there.

    Returns:
        Path of the encoder, for `train`.

    Raises:
        ParameterError: The loss is no longer a number, the folder holds another recipe's run, or
            there are fewer patches than a batch needs.
        DeviceError: The device is not there.
    """
    device = device_of(device_name)
    patches = load_patches(config.sources, data, config.bands)
    chosen = split(patches, config.validation, config.test, config.guard)["train"]
    statistics = scene_statistics(patches, chosen)
    steps_per_epoch = len(chosen) // config.batch
    if not steps_per_epoch:
        raise ParameterError(
            f"{len(chosen)} patches are less than a batch of {config.batch}. Lower batch, or add "
            "sources."
        )
    steps = config.epochs * steps_per_epoch

    torch.manual_seed(config.seed)
    # Views are made on the device: a processor beside a graphics card would keep it waiting.
    rng = torch.Generator(device).manual_seed(config.seed)
    model = build_swav(config, len(patches.bands)).to(device, memory_format=torch.channels_last)
    optimiser = build_optimiser(config, model)

    folder.mkdir(parents=True, exist_ok=True)
    last, encoder = folder / "last.pt", folder / "encoder.pt"
    rows = resume(last, config, optimiser, rng, model=model)
    print(
        f"Encoder of {config.network} with {parameter_count(model.encoder):,} parameters, "
        f"{precision_name(device)}; {len(chosen)} patches without labels"
    )

    counts = torch.zeros(config.prototypes, dtype=torch.long)

    def keep_encoder(epoch: int) -> None:
        described = {"config": to_values(config), "bands": list(patches.bands), "epoch": epoch}
        state = {**described, "encoder": model.encoder.state_dict()}
        save_checkpoint(state, encoder)
        if epoch in config.snapshots:
            save_checkpoint(state, snapshot(folder, epoch))

    if not rows:
        keep_encoder(0)

    def step(number: int, views: list[Tensor]) -> float:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(config, number, steps)
        fill_queue = number // steps_per_epoch >= config.queue_start
        loss, used = pretraining_step(model, optimiser, views, config, number, fill_queue, device)
        counts.add_(used.cpu())
        return loss

    def failed(number: int) -> ParameterError:
        advice = f"Lower learning_rate (now {config.learning_rate:g})"
        return not_a_number(last, number // steps_per_epoch, number, rows, advice)

    for epoch in range(len(rows), config.epochs):
        if stop():
            return encoder
        model.train()
        started = time.monotonic()
        counts.zero_()
        batches = view_batches(patches, chosen, statistics, config, rng)
        place = epoch, config.epochs, steps_per_epoch
        loss = run_epoch(batches, *place, step, failed, max_steps)
        if loss is None:
            return encoder

        entropy = usage_entropy(counts)
        rows.append(
            {
                "epoch": epoch + 1,
                "loss": loss,
                "entropy": entropy,
                "usage": entropy / math.log(config.prototypes),
                "seconds": time.monotonic() - started,
            }
        )
        # encoder before last: a kill between the two repeats one epoch and loses nothing.
        keep_encoder(epoch + 1)
        described = {"config": to_values(config), "bands": list(patches.bands)}
        save_checkpoint({**described, **progress_state(optimiser, rng, rows, model=model)}, last)
        log_row(rows, folder, functools.partial(draw_curves, prototypes=config.prototypes))
        _warn_of_collapse(rows[-1]["usage"], config)
    return encoder


def _warn_of_collapse(usage: float, config: Config) -> None:
    if usage < config.low_usage:
        print(
            f"Warning: the views fall on few of the {config.prototypes} prototypes (usage "
            f"{usage:.2f}, 1 is even): the features may be collapsing. Lower learning_rate or "
            "epsilon, raise frozen_prototypes, or take fewer prototypes.",
            flush=True,
        )


def draw_curves(left: Any, right: Any, rows: Rows, prototypes: int) -> None:
    """Loss on the left, how evenly the prototypes are used on the right."""
    epochs = [row["epoch"] for row in rows]
    left.plot(epochs, [row["loss"] for row in rows])
    left.axhline(math.log(prototypes), color="grey", linestyle=":", label="no knowledge")
    left.set(xlabel="epoch", ylabel="swapped prediction loss")
    left.legend()
    right.plot(epochs, [row["usage"] for row in rows])
    right.set(xlabel="epoch", ylabel="prototype usage (0 is collapse)", ylim=(0, 1.02))
