"""Weights that were trained on all there is become a model file whose card says what was judged.

The accuracy in the card is that of networks trained alike with a region left out, at the file's
threshold, and of the file itself on a scene that nothing was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.assessment.metrics import Confusion
from ..engine.common.errors import ParameterError
from ..engine.models.card import Accuracy, ModelCard
from .answer import Scene, answer
from .bands import terrain
from .calibration import calibration_error, pooled
from .config import Config
from .crossvalidate import read_folds
from .evaluate import accuracy_row
from .export import (
    ATTRIBUTION,
    TERRAIN_ATTRIBUTION,
    card_from_checkpoint,
    export_checkpoint,
    read_card,
    rewrite_card,
)
from .folds import GUARD, REGIONS
from .judge import ALARM_LEVELS, confusion_at, interval
from .recipe import to_values
from .run_folder import load_checkpoint
from .windows import write_windows

#: Weights of which a file stays below a megabyte as they are.
SMALL = 250_000
#: A probability of one half, as a logit.
HALF = 0.0


@dataclass(frozen=True)
class Evidence:
    """What is known of a way of training.

    Attributes:
        folds: Folder with the judge's counts.
        judged_as: Name under which the judge knows it.
        spread: With which share of a scene's deviation as one it was judged.
        note: How the judged networks differ from the file's, if they do.
        scene: A labelled scene that nothing was trained on.
    """

    folds: Path
    judged_as: str
    spread: float
    note: str
    scene: Scene


def ship(
    config: Config,
    weights: Path,
    evidence: Evidence,
    output: Path,
    version: str,
    weaknesses: str,
) -> ModelCard:
    """Write a model file.

    Args:
        config: What was trained; its name becomes the file's.
        weights: What `crossvalidate.final_fits` wrote.
        evidence: What is known of them.
        output: The model file.
        version: Of the weights.
        weaknesses: What the model is bad at, for the card.

    Raises:
        ParameterError: The judge has not seen all folds.
    """
    state = checkpoint(config, weights)
    seen = read_folds(evidence.folds, replace(config, name=evidence.judged_as), list(REGIONS))
    if seen is None:
        raise ParameterError(
            f"{evidence.folds} has not all folds of '{evidence.judged_as}'. Run 'python -m "
            "landslip.training crossvalidate' first."
        )
    regions, alarms = seen
    left_out = {name: counts for name, counts in regions.items() if name in REGIONS}
    rows = [_row(name, counts) for name, counts in left_out.items()]
    card = _card(state, config, version, tuple(rows), left_out, alarms)
    stretched = (
        f" The file stretches scenes by {1 / config.spread:.2f}, which those networks did not."
        if config.spread != evidence.spread
        else ""
    )
    judged = f"{card.judged}{stretched} {evidence.note}".strip()
    card = replace(card, weaknesses=weaknesses, judged=judged)
    # A small file need not be made smaller at the cost of its last digits.
    small = sum(value.numel() for value in state["average"].values()) < SMALL
    storage = "float32" if small else "float16"
    export_checkpoint(state, output, version, card.accuracy, storage, config.description)
    rewrite_card(output, **_changes(card))
    write_windows(output, [evidence.scene])
    name = f"{evidence.scene.region}, nothing of it trained on (not blind: it took part in choices)"
    found = accuracy_row(name, answer(output, evidence.scene).counts)
    rewrite_card(output, accuracy=(*rows, found))
    return read_card(output)


def checkpoint(config: Config, weights: Path) -> dict[str, Any]:
    """A checkpoint as `export` reads it: probabilities as the network says them, divided at 0.5."""
    average = {
        name: value.float() if value.is_floating_point() else value
        for name, value in load_checkpoint(weights)["average"].items()
    }
    return {
        "config": to_values(config),
        "bands": list(config.bands),
        "average": average,
        "calibration": [1.0, 0.0],
        "threshold": 0.5,
        "statistics": {"1": [[], []], "4": [[], []]},
    }


def _row(name: str, counts: np.ndarray) -> Accuracy:
    low, high = interval(counts, HALF)
    region = f"{name}, left out of a network trained alike (95 % of F1: {low:.2f} to {high:.2f})"
    return accuracy_row(region, confusion_at(counts, HALF))


def _card(
    state: dict[str, Any],
    config: Config,
    version: str,
    rows: Sequence[Accuracy],
    regions: dict[str, np.ndarray],
    alarms: dict[str, np.ndarray],
) -> ModelCard:
    at = int(np.argmin(np.abs(ALARM_LEVELS - HALF)))
    found = {name: float(values[at]) for name, values in alarms.items()}
    worst = max(found, key=lambda name: found[name])
    median = float(np.median(list(found.values())))
    error = calibration_error(pooled(list(regions.values())), 1.0, 0.0)
    total = sum((confusion_at(c, HALF) for c in regions.values()), Confusion(0, 0, 0, 0))
    return replace(
        card_from_checkpoint(state, version, tuple(rows)),
        name=config.name,
        training_data=(
            "Trained on all 1,507 Landslide4Sense training patches that we have, scenes 1 (Taiwan, "
            "1,430) and 4 (India, 77), and on land without landslides: made scenes, and real ones "
            "of SSL4EO-S12 and Major-TOM."
            + (" Slope is known for 1,333 of the Taiwan patches." if terrain(config.bands) else "")
        ),
        attribution=ATTRIBUTION
        + (TERRAIN_ATTRIBUTION if terrain(config.bands) else "")
        + "; SSL4EO-S12; Major-TOM; encoder from EfficientNet-Lite weights (Apache-2.0)",
        judged=(
            f"Five networks trained alike, one seed each: a region and {GUARD} rows of tiles "
            f"around it were left out of each. Pixels of all regions: precision "
            f"{total.precision:.2f}, recall {total.recall:.2f}, F1 {total.f1:.2f}."
        ),
        false_alarms=(
            f"Per 100 km2 of land without landslides, of kinds that the network had not seen: "
            f"median {median:.1f} over {len(found)} scenes, worst {found[worst]:.0f} ({worst})."
        ),
        calibration=f"Expected calibration error on the left-out regions: {error:.3f}.",
    )


def _changes(card: ModelCard) -> dict[str, Any]:
    names = ("training_data", "attribution", "judged", "false_alarms", "calibration", "weaknesses")
    return {name: getattr(card, name) for name in names}
