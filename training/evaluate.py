"""How good a checkpoint is: on the held-out blocks, and on a scene that it never saw."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..engine.assess import pixel_accuracy
from ..engine.card import Accuracy
from ..engine.errors import ParameterError
from ..engine.metrics import Confusion, confusion
from ..engine.pipeline import DetectRequest, detect
from .data import Patches, load_l4s, split
from .export import bare_network, card_from_checkpoint, export, network_from_checkpoint
from .train import (
    Config,
    Statistics,
    autocast,
    best_threshold,
    calibrate,
    config_from_dict,
    has_bf16,
    logit,
    predict,
    sigmoid,
    training_batches,
)


def block_accuracy(state: dict[str, Any], data: Path) -> dict[str, Confusion]:
    """Counts on the validation and the test block at the checkpoint's threshold."""
    config = config_from_dict(state["config"])
    patches = load_l4s(data, config.bands)
    parts = split(patches, config.validation, config.test, config.guard)
    network = network_from_checkpoint(state)
    scores = {}
    for part in ("validation", "test"):
        probability = predict(network, patches, parts[part], _statistics(state), bf16=has_bf16())
        scores[part] = confusion(probability >= state["threshold"], patches.mask[parts[part]])
    return scores


def recalibrate(state: dict[str, Any], data: Path, enlarge: float, passes: int = 3) -> Confusion:
    """Choose calibration and threshold anew, for scenes unlike the validation block.

    Calibration is on the validation block as it is. The threshold is chosen on its patches varied
    as in training (statistics of another selection of pixels, smaller slides, other light): what
    is best there is lower than on the block itself, and nearer to what a new region wants.

    Args:
        state: Checkpoint, changed in place.
        data: Folder with the training data.
        enlarge: Factor by which the network enlarges its image; 1 for none.
        passes: How often the validation patches are varied.

    Returns:
        Counts on the varied patches at the new threshold.
    """
    state["config"]["enlarge"] = enlarge
    config = config_from_dict(state["config"])
    patches = load_l4s(data, config.bands)
    chosen = split(patches, config.validation, config.test, config.guard)["validation"]
    network, statistics = bare_network(state), _statistics(state)
    probability = predict(network, patches, chosen, statistics, bf16=has_bf16())
    slope, offset = state["calibration"] = calibrate(probability, patches.mask[chosen])
    probability, truth = _varied_predictions(network, patches, chosen, statistics, config, passes)
    calibrated = sigmoid(slope * logit(probability) + offset)
    state["threshold"], score = best_threshold(calibrated, truth)
    return score


@torch.inference_mode()
def _varied_predictions(
    network: nn.Module,
    patches: Patches,
    chosen: np.ndarray,
    statistics: Statistics,
    config: Config,
    passes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels [N, H, W] of patches varied as in training, with nothing pasted."""
    without_paste = replace(config.augmentation, paste=0.0)
    batch = min(config.batch, len(chosen))  # incomplete batches are dropped
    varied = replace(config, augmentation=without_paste, batch=batch)
    rng = torch.Generator().manual_seed(config.seed)
    probability, truth = [], []
    for _ in range(passes):
        for image, target in training_batches(patches, chosen, statistics, varied, rng):
            with autocast(has_bf16()):
                logits = network(image.contiguous(memory_format=torch.channels_last))
            probability.append(torch.sigmoid(logits.float())[:, 0].numpy())
            truth.append(target[:, 0].numpy() > 0.5)
    return np.concatenate(probability), np.concatenate(truth)


def _statistics(state: dict[str, Any]) -> Statistics:
    return {
        int(scene): (np.array(mean, np.float32), np.array(std, np.float32))
        for scene, (mean, std) in state["statistics"].items()
    }


def scene_accuracy(
    state: dict[str, Any], stack: Path, reference: Path, dem: Path | None = None
) -> Confusion:
    """Counts on a labelled scene, through the very path that users take.

    The checkpoint is exported, the engine detects with it, and its raster is compared.

    Args:
        state: Checkpoint.
        stack: Raster with named bands, reflectance x 10000.
        reference: Raster on its grid: 1 landslide, 0 none, nodata where unknown.
        dem: Elevation, for networks that read terrain.
    """
    with tempfile.TemporaryDirectory() as folder:
        model, probability = Path(folder) / "model.onnx", Path(folder) / "probability.tif"
        export(network_from_checkpoint(state), card_from_checkpoint(state, "0", ()), model)
        detect(
            DetectRequest(
                str(stack),
                str(model),
                str(probability),
                dem=str(dem) if dem else None,
                device="cpu",
            )
        )
        return pixel_accuracy(str(probability), str(reference))


# --- accuracy of a run, kept beside its checkpoint -----------------------------------------------


def accuracy_row(region: str, score: Confusion) -> Accuracy:
    """A row of the model card, to three decimals."""
    values = (round(v, 3) for v in (score.precision, score.recall, score.f1))
    return Accuracy(region, *values)


def read_accuracy(folder: Path) -> tuple[Accuracy, ...]:
    """The rows that `evaluate` stored in the folder of a run.

    Raises:
        ParameterError: The run was never evaluated.
    """
    file = folder / "accuracy.json"
    if not file.is_file():
        raise ParameterError(
            f"{folder} has no held-out accuracy, and no model leaves without one. Run "
            f"'python -m landslip.training evaluate {folder}' first."
        )
    return tuple(Accuracy(**row) for row in json.loads(file.read_text(encoding="utf-8")))


def store_accuracy(folder: Path, row: Accuracy) -> None:
    """Add a row, or replace the one of the same region."""
    file = folder / "accuracy.json"
    rows = read_accuracy(folder) if file.is_file() else ()
    rows = (*(r for r in rows if r.region != row.region), row)
    text = json.dumps([asdict(r) for r in rows], indent=1, ensure_ascii=False)
    file.write_text(text, encoding="utf-8")
