"""How good a checkpoint is: on the held-out blocks, and on a scene that it never saw."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..engine.assessment.metrics import Confusion, confusion
from ..engine.common.errors import ParameterError
from ..engine.models.card import Accuracy
from .answer import Scene, answer
from .calibration import best_threshold, calibrate, logit, sigmoid
from .compute import autocast, device_of, to_device
from .config import Config
from .data import PATCH, Patches, Statistics, split
from .export import bare_network, export_checkpoint, network_from_checkpoint
from .models import TITLES
from .network_table import gigaflops
from .predict import predict
from .recipe import from_values
from .samples import Samples, training_batches
from .sources import load_patches


def block_accuracy(state: dict[str, Any], data: Path) -> dict[str, Confusion]:
    """Counts on the validation and the test block at the checkpoint's threshold."""
    pixels = part_pixels(state, data, ("validation", "test"))
    return {
        part: confusion(probability >= state["threshold"], truth)
        for part, (probability, truth) in pixels.items()
    }


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
    config = from_values(Config, state["config"])
    patches = load_patches(config.sources, data, config.bands)
    chosen = split(patches, config.validation, config.test, config.guard)["validation"]
    device = device_of("auto")
    network, statistics = bare_network(state).to(device), _statistics(state)
    probability = predict(network, patches, chosen, statistics, device, config.floor)
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
    device = next(network.parameters()).device
    rng = torch.Generator(device).manual_seed(config.seed)
    samples = Samples.of(patches, statistics, device, config.floor)
    probability, truth = [], []
    for _ in range(passes):
        for image, target in training_batches(samples, chosen, without_paste, batch, rng):
            with autocast(device):
                logits = network(to_device(image, device))
            probability.append(torch.sigmoid(logits.float())[:, 0].cpu().numpy())
            truth.append(target[:, 0].cpu().numpy() > 0.5)
    return np.concatenate(probability), np.concatenate(truth)


def _statistics(state: dict[str, Any]) -> Statistics:
    return {
        int(scene): (np.array(mean, np.float32), np.array(std, np.float32))
        for scene, (mean, std) in state["statistics"].items()
    }


def ensemble(states: list[dict[str, Any]], name: str, mean: str = "logits") -> dict[str, Any]:
    """Checkpoint of several trained networks that answer together.

    Members may read fewer bands than the one that reads most. Calibration and threshold are still
    that one's: `recalibrate` it.

    Args:
        states: Their checkpoints.
        name: Of the run.
        mean: Of their ``logits`` or of their ``probabilities``.

    Raises:
        ParameterError: Fewer than two, or they differ in normalisation or what they held out, or
            none reads all the bands of the others; or there is no such mean.
    """
    if mean not in ("logits", "probabilities"):
        raise ParameterError(f"Unknown mean '{mean}'. Choose logits or probabilities.")
    configs = [from_values(Config, state["config"]) for state in states]
    alike = {(c.normalisation, c.validation, c.test, c.guard) for c in configs}
    widest = max(states, key=lambda state: len(state["bands"]))
    covered = all(set(state["bands"]) <= set(widest["bands"]) for state in states)
    if len(states) < 2 or len(alike) > 1 or not covered:
        raise ParameterError(
            f"{len(states)} runs cannot answer together. Name two or more with the same "
            "normalisation, validation and test rows, one of which reads all the bands of the "
            "others."
        )
    keys = ("config", "bands", "average", "calibration", "statistics")
    members = [{key: state[key] for key in keys} for state in states]
    described = {key: value for key, value in widest.items() if key != "average"}
    networks = " and ".join(sorted({TITLES[c.network] for c in configs}))
    description = f"{len(states)} networks ({networks}) that answer together."
    config = {**widest["config"], "name": name, "description": description, "enlarge": 1.0}
    whole = {"config": config, "members": members, "calibration": [1.0, 0.0], "mean": mean}
    return {**described, **whole}


def scene_accuracy(state: dict[str, Any], scene: Scene, test_time: str = "none") -> Confusion:
    """Counts on a labelled scene, at the checkpoint's threshold, through the path that users take.

    The checkpoint is exported, the engine detects with it, and its raster is compared.

    Raises:
        RasterError: The labels are not of the scene's size.
    """
    probability, truth = scene_pixels(state, scene, test_time)
    return confusion(probability >= state["threshold"], truth)


def scene_pixels(
    state: dict[str, Any], scene: Scene, test_time: str = "none"
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities [n] and labels [n] of the labelled pixels of a scene, by that same path.

    Raises:
        RasterError: The labels are not of the scene's size.
    """
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.onnx"
        export_checkpoint(state, model, "0", (), "float32")
        said = answer(model, scene, test_time)
    return said.probability[said.judged], said.truth[said.judged]


def part_pixels(
    state: dict[str, Any], data: Path, names: Sequence[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Probabilities and labels [N, H, W] of held-out parts; the data are read once.

    Args:
        state: Checkpoint.
        data: Folder with the training data.
        names: ``validation``, ``test``, or scenes that the recipe does not train on (``scene 4``).

    Raises:
        ParameterError: No such part, or the scene was trained on.
    """
    config = from_values(Config, state["config"])
    patches = load_patches(config.sources, data, config.bands)
    parts = split(patches, config.validation, config.test, config.guard)
    device = device_of("auto")
    network = network_from_checkpoint(state).to(device)
    pixels = {}
    for name in names:
        chosen = _part(name, patches, parts, config)
        options = _statistics(state), device, config.floor, None, config.refine
        probability = predict(network, patches, chosen, *options)
        pixels[name] = probability, patches.mask[chosen]
    return pixels


def _part(name: str, patches: Patches, parts: dict[str, np.ndarray], config: Config) -> np.ndarray:
    """Indices of the patches of a held-out part."""
    if name.startswith("scene "):
        number = name.removeprefix("scene ")
        if config.repeat.get(number, 1):
            raise ParameterError(f"{config.name} is trained on {name}: set repeat.{number}=0.")
        parts = {name: np.flatnonzero(patches.scene == int(number))}
    if name not in parts or not len(parts[name]):
        raise ParameterError(f"There is no part '{name}' with patches. Choose validation or test.")
    return parts[name]


def score_pixels(
    state: dict[str, Any], probability: np.ndarray, truth: np.ndarray
) -> dict[str, dict[str, int]]:
    """Counts at the validated threshold, at 0.5 before calibration, and at the best threshold."""
    offset = state["calibration"][1]
    return {
        "validated": asdict(confusion(probability >= state["threshold"], truth)),
        "half": asdict(confusion(probability >= sigmoid(np.float64(offset)), truth)),
        "best": asdict(best_of_all(probability, truth)),
    }


def best_of_all(probability: np.ndarray, truth: np.ndarray) -> Confusion:
    """Counts at the threshold, of all there are, that has the highest F1: a bound for choosers."""
    order = np.argsort(-probability.ravel(), kind="stable")
    hits = np.cumsum(truth.ravel()[order])
    found, positives = np.arange(1, len(order) + 1), int(hits[-1])
    at = int(np.argmax(2 * hits / (found + positives)))
    tp, fp = int(hits[at]), int(found[at] - hits[at])
    return Confusion(tp, fp, positives - tp, len(order) - positives - fp)


def measure_cost(state: dict[str, Any], repeats: int = 5) -> dict[str, Any]:
    """Networks, parameters, operations, and milliseconds of a patch in ONNX Runtime, one thread."""
    import onnxruntime

    config = from_values(Config, state["config"])
    members = [member["config"]["network"] for member in state.get("members", ())]
    network, bands = bare_network(state), len(state["bands"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export_checkpoint(state, path, "0", ())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    feed = {"stack": np.full((8, bands, PATCH, PATCH), 800, np.float32)}
    if config.normalisation == "scene":
        feed |= {"mean": np.full(bands, 700, np.float32), "std": np.full(bands, 200, np.float32)}
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        session.run(None, feed)
        times.append((time.perf_counter() - started) / 8 * 1000)
    return {
        "networks": members or [config.network],
        "parameters": sum(p.numel() for p in network.parameters()),
        "gigaflops": gigaflops(network, bands),
        "milliseconds": min(times),  # what the machine can do when nothing else runs
    }


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
