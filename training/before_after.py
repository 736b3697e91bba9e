"""What an image from before the event adds to a model's answer, on parts of a labelled scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..engine.assessment.metrics import confusion
from ..engine.detection.fusion import change_score, fused
from ..engine.stack.change import differences
from ..engine.stack.reader import StackReader, open_stack
from .answer import Scene, answer
from .evaluate import best_of_all

#: Weights that are tried; 0 is the model alone.
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
PARTS = ("all", "north", "south", "west", "east")


def before_after(models: Sequence[Path], scene: Scene, pre_event: str) -> str:
    """A Markdown table: F1 at each model's own threshold, by weight and part of the scene.

    The last column is a bound: the threshold that is best on these very labels. Only labelled
    pixels that both dates show are judged; halves are cut at their medians.
    """
    score, both = _change(scene.stack, pre_event)
    columns = ("model", "weight", *PARTS, "all, best threshold")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for model in models:
        said = answer(model, scene)
        parts = _parts(said.judged & both)
        for weight in WEIGHTS:
            moved = replace(said, probability=fused(said.probability, score, weight))
            scores = [confusion(moved.detected, said.truth, part) for part in parts]
            scores.append(best_of_all(moved.probability[parts[0]], said.truth[parts[0]]))
            cells = [f"{counts.f1:.3f}" for counts in scores]
            lines.append(f"| `{model.stem}` | {weight:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _change(stack: str, pre_event: str) -> tuple[np.ndarray, np.ndarray]:
    """Change score of the scene, and where both dates have data."""
    images, valid = [], []
    for path in (pre_event, stack):
        opened = open_stack(path)
        with StackReader(opened, ("B03", "B04")) as reader:
            values, known = reader.read(opened.grid.area)
        images.append(dict(zip(("B03", "B04"), values)))
        valid.append(known)
    both = valid[0] & valid[1]
    change = np.where(both, differences(*images)["dRG"], np.nan)
    return change_score(change), both


def _parts(judged: np.ndarray) -> list[np.ndarray]:
    """The judged pixels, and their halves in the order of `PARTS`."""
    rows, cols = np.indices(judged.shape)
    row, col = np.median(rows[judged]), np.median(cols[judged])
    halves = (rows < row, rows >= row, cols < col, cols >= col)
    return [judged, *(judged & half for half in halves)]
