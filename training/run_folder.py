"""The folder of a run: checkpoints that a kill cannot damage, a log, and its curves."""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..engine.common.errors import OutputError, ParameterError
from ..engine.common.output import make_folder, whole_file
from .recipe import from_values

Rows = list[dict[str, float]]


def save_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all: a kill in the middle leaves the former one.

    Raises:
        OutputError: It cannot be written.
    """
    make_folder(path.parent)
    with whole_file(str(path)) as part:
        try:
            torch.save(state, part)
        except RuntimeError as err:  # what PyTorch makes of a full disk
            raise OutputError(
                f"The checkpoint {path} cannot be written. Check that the disk has room, and run "
                "again: what was kept before is still there."
            ) from err


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint as data; ``weights_only`` refuses anything that would run code.

    Raises:
        ParameterError: There is no such file.
    """
    if not path.is_file():
        raise ParameterError(f"There is no checkpoint {path}. Train first, or name another run.")
    return torch.load(path, map_location="cpu", weights_only=True)


def finished(folder: Path, epochs: int, counts_steps: bool = False) -> bool:
    """Whether the run of a folder has all its epochs, or, where it counts steps, says so."""
    last = folder / "last.pt"
    if not last.is_file():
        return False
    state = load_checkpoint(last)
    return bool(state.get("finished")) if counts_steps else len(state["rows"]) >= epochs


def progress_state(
    optimiser: torch.optim.Optimizer, rng: torch.Generator, rows: Rows, **models: nn.Module
) -> dict[str, Any]:
    """Everything besides the recipe that a run needs to go on as if it had never stopped."""
    return {
        **{name: model.state_dict() for name, model in models.items()},
        "optimiser": optimiser.state_dict(),
        "rng": rng.get_state(),
        "torch_rng": torch.get_rng_state(),
        "rows": rows,
    }


def resume(
    last: Path,
    config: Any,
    optimiser: torch.optim.Optimizer,
    rng: torch.Generator,
    **models: nn.Module,
) -> Rows:
    """Bring everything to where the folder's last checkpoint left off.

    Returns:
        The log so far; empty where the folder is new.

    Raises:
        ParameterError: The folder holds a run of another recipe (more epochs are no other recipe).
    """
    if not last.exists():
        return []
    state = load_checkpoint(last)
    former = from_values(type(config), state["config"])  # keys it does not know: the defaults
    if dataclasses.replace(former, epochs=0) != dataclasses.replace(config, epochs=0):
        raise ParameterError(
            f"{last.parent} holds a run of another recipe. Choose another folder, or remove it."
        )
    for name, model in models.items():
        model.load_state_dict(state[name])
    optimiser.load_state_dict(state["optimiser"])
    rng.set_state(state["rng"])
    torch.set_rng_state(state["torch_rng"])
    print(f"Resumed from {last}: {len(state['rows'])} epochs done.")
    return state["rows"]


def not_a_number(last: Path, epoch: int, step: int, rows: Rows, advice: str) -> ParameterError:
    """What to raise when the loss is no longer a number."""
    kept = f"The state after epoch {len(rows)} is kept in {last}."
    return ParameterError(
        f"The loss is no longer a number (epoch {epoch + 1}, step {step}). "
        f"{kept if rows else 'No checkpoint has been written yet.'} {advice}, and start again."
    )


def run_epoch(
    batches: Iterable[Any],
    epoch: int,
    epochs: int,
    steps: int,
    take_step: Callable[[int, Any], float],
    failed: Callable[[int], ParameterError],
    max_steps: int | None = None,
) -> float | None:
    """One epoch, with a bar that shows the loss.

    Args:
        batches: What to learn from.
        epoch: Number of the epoch, from 0.
        epochs: How many there are.
        steps: How many batches an epoch has.
        take_step: Takes the step of this number with this batch; returns its loss.
        failed: What to raise when the loss of the step of this number is no number.
        max_steps: Stop after so many steps of all epochs.

    Returns:
        Mean loss; None where it stopped early.
    """
    from tqdm import tqdm

    losses: list[float] = []
    bar = tqdm(batches, total=steps, desc=f"epoch {epoch + 1}/{epochs}")
    for number, batch in enumerate(bar, epoch * steps):
        losses.append(take_step(number, batch))
        if not math.isfinite(losses[-1]):
            raise failed(number)
        bar.set_postfix(loss=f"{np.mean(losses[-20:]):.4f}")
        if max_steps is not None and number + 1 >= max_steps:
            return None
    return float(np.mean(losses))


def log_row(rows: Rows, folder: Path, draw: Callable[[Any, Any, Rows], None]) -> None:
    """Print the newest row, and write the log as CSV and, where matplotlib is, as a figure.

    Args:
        rows: The log, one row an epoch.
        folder: Of the run.
        draw: Draws the rows on a left and a right pair of axes.
    """
    print(" ".join(f"{key} {value:.4g}" for key, value in rows[-1].items()), flush=True)
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
    draw(*figure.subplots(1, 2), rows)
    figure.savefig(folder / "curve.png", dpi=120)
