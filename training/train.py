"""Train a network on Landslide4Sense patches. One loop, meant to be read from top to bottom.

A run lives in one folder: ``last.pt`` (everything needed to go on after a kill), ``best.pt`` (the
averaged weights with the best validation F1, their calibration, and the threshold that gave it),
``log.csv`` and ``curve.png``. Starting the same command again resumes where the folder left off.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.errors import ParameterError
from ..engine.metrics import Confusion, confusion
from .data import (
    RGB,
    Augmentation,
    Block,
    Patches,
    augment,
    load_l4s,
    load_quiet,
    normalise,
    physical,
    scene_statistics,
    split,
    terrain_count,
)
from .losses import build_loss
from .models import build_model, parameter_count
from .recipe_file import read_recipe_file
from .transfer import check_never_seen, few_labelled, freeze_encoder, load_encoder

THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.01), 2)


@dataclass(frozen=True)
class Config:
    """Everything that decides a run; a recipe file sets any of it.

    Attributes:
        name: Name of the model and of its file.
        description: One sentence for the list of models.
        bands: Channels, in order; terrain (``slope``) last.
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
    repeat: dict[str, int] = field(default_factory=dict)
    augmentation: Augmentation = field(default_factory=Augmentation)
    encoder: str = ""
    freeze_encoder: bool = False
    labelled: int = 0
    labelled_pixels: int = 50


def config_from_dict(values: dict[str, Any]) -> Config:
    """Build a configuration from plain values, as a recipe or a checkpoint holds them.

    Raises:
        ParameterError: An unknown or misspelt key.
    """
    values = dict(values)
    try:
        if "bands" in values:
            values["bands"] = tuple(values["bands"])
        for key, kind in (("validation", Block), ("test", Block), ("augmentation", Augmentation)):
            if key in values:
                values[key] = kind(**values[key])
        return Config(**values)
    except TypeError as err:
        known = ", ".join(f.name for f in dataclasses.fields(Config))
        raise ParameterError(f"The recipe is wrong: {err}. Known keys: {known}.") from err


def read_recipe(path: Path) -> Config:
    """Read a TOML recipe.

    Raises:
        ParameterError: No such file, no valid TOML, or an unknown key.
    """
    return config_from_dict(read_recipe_file(path))


# --- the processor -------------------------------------------------------------------------------


def has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 natively (AMX or AVX512-BF16): 6 times faster."""
    capability = torch.backends.cpu.get_cpu_capability()
    ask = (
        getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("amx_tile", "avx512_bf16")
    )
    return "AVX512" in capability and any(f is not None and f() for f in ask)


def autocast(enabled: bool) -> torch.autocast:
    """bfloat16 where the processor has it, else float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)


# --- batches -------------------------------------------------------------------------------------


Statistics = dict[int, tuple[np.ndarray, np.ndarray]]


def batch_statistics(
    patches: Patches, chosen: np.ndarray, statistics: Statistics
) -> tuple[Tensor, Tensor]:
    """Mean [N, C] and std [N, C] of the scene of each chosen patch."""
    pairs = [statistics[int(scene)] for scene in patches.scene[chosen]]
    mean, std = (np.stack(part) for part in zip(*pairs, strict=True))
    return torch.from_numpy(mean), torch.from_numpy(std)


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
        terrain = terrain_count(patches.bands)
        yield augment(image, target, mean, std, config.augmentation, rng, quiet, terrain)


@torch.inference_mode()
def predict(
    model: nn.Module, patches: Patches, chosen: np.ndarray, statistics: Statistics, bf16: bool
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
        image = normalise(image, mean, std)
        with autocast(bf16):
            logits = model(image.contiguous(memory_format=torch.channels_last))
        result.append(torch.sigmoid(logits.float())[:, 0].numpy())
    return np.concatenate(result)


def best_threshold(probability: np.ndarray, truth: np.ndarray) -> tuple[float, Confusion]:
    """The threshold with the highest F1, and its counts."""
    scores = {float(t): confusion(probability >= t, truth) for t in THRESHOLDS}
    threshold = max(scores, key=lambda t: scores[t].f1)
    return threshold, scores[threshold]


def logit(probability: np.ndarray) -> np.ndarray:
    """Inverse of the sigmoid, finite: float32 probabilities reach 0 and 1."""
    probability = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(probability / (1 - probability))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logistic function."""
    return 1 / (1 + np.exp(-logits))


def calibrate(
    probability: np.ndarray, truth: np.ndarray, iterations: int = 12
) -> tuple[float, float]:
    """Slope and offset on the logits that make probabilities honest (Platt 1999).

    A network trained with Dice says 0.9 where 6 of 10 pixels are landslide. Its ranking of pixels,
    and so every score at the best threshold, stays as it is.

    Args:
        probability: Of validation pixels, any shape.
        truth: Boolean, same shape.
        iterations: Newton steps down the cross-entropy, which is convex.

    Returns:
        slope, offset: ``sigmoid(slope * logit(p) + offset)`` is calibrated.
    """
    x = logit(probability.astype(np.float64).ravel())
    y = truth.ravel()
    parameters = np.array([1.0, 0.0])
    for _ in range(iterations):
        p = sigmoid(parameters[0] * x + parameters[1])
        error, weight = p - y, p * (1 - p)
        gradient = np.array([error @ x, error.sum()])
        off = weight @ x
        hessian = np.array([[weight @ (x * x), off], [off, weight.sum()]])
        # The small ridge keeps a perfectly separated validation set from running away.
        step = np.linalg.solve(hessian + 1e-3 * np.eye(2), gradient)
        parameters -= np.clip(step, -1, 1)
    slope, offset = parameters
    return float(np.clip(slope, 0.05, 20)), float(np.clip(offset, -20, 20))


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
    bf16: bool,
) -> float:
    """One step down the gradient. Returns the loss, which may be NaN; then nothing was changed."""
    target = target * (1 - 2 * config.smoothing) + config.smoothing if config.smoothing else target
    with autocast(bf16):
        logits = model(image.contiguous(memory_format=torch.channels_last))
    loss = loss_function(logits, target)
    if not torch.isfinite(loss):
        return float("nan")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), config.clip)
    optimiser.step()
    return loss.item()


# --- files of a run ------------------------------------------------------------------------------


def save_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all: a kill in the middle leaves the former one."""
    beside = path.with_suffix(".part")
    torch.save(state, beside)
    os.replace(beside, path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint as data; ``weights_only`` refuses anything that would run code.

    Raises:
        ParameterError: There is no such file.
    """
    if not path.is_file():
        raise ParameterError(f"There is no checkpoint {path}. Train first, or name another run.")
    return torch.load(path, map_location="cpu", weights_only=True)


def write_log(rows: list[dict[str, float]], folder: Path) -> None:
    """Write the log as CSV and, where matplotlib is installed, as a figure."""
    with open(folder / "log.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:  # the CSV holds the same
        return
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in rows]
    left.plot(epochs, [row["loss"] for row in rows])
    left.set(xlabel="epoch", ylabel="training loss")
    for key in ("precision", "recall", "f1"):
        right.plot(epochs, [row[key] for row in rows], label=key)
    right.set(xlabel="epoch", ylabel="validation", ylim=(0, 1))
    right.legend()
    figure.savefig(folder / "curve.png", dpi=120)


# --- the loop ------------------------------------------------------------------------------------


def train(config: Config, data: Path, folder: Path, max_steps: int | None = None) -> Path:
    """Train, or go on training.

    Args:
        config: What to train.
        data: Folder with `l4s_rgb.npz`.
        folder: Folder of the run; made if missing.
        max_steps: Stop after this many steps, without validation (a check that all is in place).

    Returns:
        Path of the best checkpoint.

    Raises:
        ParameterError: The loss is no longer a number, or the folder holds another recipe's run.
    """
    from tqdm import tqdm

    patches = load_l4s(data, config.bands)
    parts = split(patches, config.validation, config.test, config.guard)
    statistics = scene_statistics(patches, parts["train"])
    quiet = load_quiet(data / "ssl4eo_l1c", RGB) if config.augmentation.paste else []
    if config.labelled:  # after the statistics, which need no labels
        options = config.labelled, config.labelled_pixels, config.seed
        parts["train"] = few_labelled(patches, parts["train"], *options)
    repeats = [config.repeat.get(str(scene), 1) for scene in patches.scene[parts["train"]]]
    chosen = np.repeat(parts["train"], repeats)
    steps_per_epoch = len(chosen) // config.batch

    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    bf16 = has_bf16()
    model = build_model(config.network, len(patches.bands), **config.options)
    if config.encoder:
        pretrained = load_checkpoint(Path(config.encoder))
        load_encoder(model, pretrained, patches.bands)
        check_never_seen(patches, np.union1d(parts["validation"], parts["test"]), pretrained)
    if config.freeze_encoder:
        freeze_encoder(model, config.encoder)
    average = build_model(config.network, len(patches.bands), **config.options)
    average.load_state_dict(model.state_dict())
    model, average = (m.to(memory_format=torch.channels_last) for m in (model, average))
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, weight_decay=config.weight_decay)
    loss_function = build_loss(config.loss)

    folder.mkdir(parents=True, exist_ok=True)
    last, best = folder / "last.pt", folder / "best.pt"
    plain = json.loads(json.dumps(dataclasses.asdict(config)))
    rows: list[dict[str, float]] = []
    if last.exists():
        state = load_checkpoint(last)
        former = config_from_dict(state["config"])  # keys that it does not know yet: the defaults
        if dataclasses.replace(former, epochs=0) != dataclasses.replace(config, epochs=0):
            raise ParameterError(
                f"{folder} holds a run of another recipe. Choose another folder, or remove it."
            )
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        rng.set_state(state["rng"])
        torch.set_rng_state(state["torch_rng"])
        rows = state["rows"]
        print(f"Resumed from {last}: {len(rows)} epochs done.")
    print(
        f"{config.network} with {parameter_count(model):,} parameters, "
        f"{'bfloat16' if bf16 else 'float32'}; "
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
            loss = training_step(model, optimiser, loss_function, image, target, config, bf16)
            if not math.isfinite(loss):
                raise ParameterError(
                    f"The loss is no longer a number (epoch {epoch + 1}, step {step}). "
                    f"{_last_good(last, rows)} Lower learning_rate (now "
                    f"{config.learning_rate:g}) or clip (now {config.clip:g}), and start again."
                )
            # A short run must not average over its random start: the window grows with the steps.
            update_average(average, model, min(config.ema, (1 + step) / (10 + step)))
            losses.append(loss)
            bar.set_postfix(loss=f"{np.mean(losses[-20:]):.4f}")
            if max_steps is not None and step + 1 >= max_steps:
                return best

        probability = predict(average, patches, parts["validation"], statistics, bf16)
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
        print(" ".join(f"{key} {value:.4g}" for key, value in rows[-1].items()), flush=True)
        trained = {
            "config": plain,
            "bands": list(patches.bands),
            "statistics": {
                str(scene): [mean.tolist(), std.tolist()]
                for scene, (mean, std) in statistics.items()
            },
            "average": average.state_dict(),
        }
        # best before last: a kill between the two repeats one epoch and loses nothing.
        if improved:
            save_checkpoint({**trained, **rows[-1], "calibration": [slope, offset]}, best)
        save_checkpoint(
            {
                **trained,
                "model": model.state_dict(),
                "optimiser": optimiser.state_dict(),
                "rng": rng.get_state(),
                "torch_rng": torch.get_rng_state(),
                "rows": rows,
            },
            last,
        )
        write_log(rows, folder)
    return best


def _last_good(last: Path, rows: list[dict[str, float]]) -> str:
    if not rows:
        return "No checkpoint has been written yet."
    return f"The state after epoch {len(rows)} is kept in {last}."
