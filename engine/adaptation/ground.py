"""How much ground each pixel of a sample stands for, with complete labels and without.

With an area in which the labels are complete, landslide ground and detected ground are counted
there. Without one, nobody knows which detections outside of the labels are right. Two things are
known all the same: the share of the labelled landslides that is found, r, and how much ground is
detected among them, D. F1 = 2 r P / (D + P) needs the landslide ground P, too. It is taken for the
most that is possible: r P is never more than D, as no precision is above 1. All of it holds if the
labels are a fair sample of the landslides.

Precision times recall, r^2 / D but for a constant (Lee and Liu 2003, on learning from positive and
unlabelled examples), needs no P. But its best threshold is farther down than that of F1, and on two
scenes it lost up to 9 points of F1 elsewhere (docs/experiments/adaptation.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fit import THRESHOLDS
from .labels import BORDER, LANDSLIDE, NEAR, UNKNOWN
from .sample import Pixels, hull_of, in_hull

#: Least share of landslides that a scene is thought to have.
_LEAST_SHARE = 0.002
#: Quiet ground weighs at least this much of the labelled ground in a fit.
_LEAST_QUIET = 0.1
#: Least recall that says something of the scene's landslide ground.
_TOLD = 0.2


@dataclass(frozen=True)
class Ground:
    """Arrays [n] over the pixels of a sample; see `fit.Sample`."""

    weights: np.ndarray
    landslide: np.ndarray
    ground: np.ndarray


def counted(
    pixels: Pixels, logits: np.ndarray, doubtful: np.ndarray, quiet: np.ndarray, complete: bool
) -> Ground:
    """What pixels stand for.

    Args:
        pixels: The sample, with pixels of the scene at large (`labels.UNKNOWN`).
        logits: What the old model says of them, less its threshold [n].
        doubtful: Labelled pixels whose label nobody vouches for, bool [n].
        quiet: Pixels of the scene at large that the old model is sure of, bool [n].
        complete: Whether there is an area in which the labels are complete.
    """
    whole = pixels.labels == UNKNOWN
    truth = pixels.labels == LANDSLIDE
    border = pixels.labels == BORDER
    weights = np.where(whole | doubtful | border, 0, pixels.weights)
    slides, labelled = weights[truth].sum(), weights.sum()
    share = max(float((logits[whole] >= 0).mean()) if whole.any() else 0, _LEAST_SHARE)
    if quiet.any():
        # The labels are a part of the scene that has more landslides than the scene has. Its quiet
        # ground makes up for that.
        missing = max(slides / share - labelled, _LEAST_QUIET * labelled)
        weights[quiet] = missing / quiet.sum()
    around = whole & in_hull(pixels, hull_of(pixels.at(truth)))
    if complete or not around.any():
        # What the old model detects beside landslides beyond the area is left out, and so must be
        # what a lower threshold adds there.
        near = pixels.labels == NEAR
        ground = np.where(border, pixels.weights, np.where(near, 0, weights))
        return Ground(weights, np.where(truth, weights, 0), ground)
    return Ground(weights, *_without_area(truth, around, pixels.weights, logits))


def _without_area(
    truth: np.ndarray, whole: np.ndarray, weights: np.ndarray, logits: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Landslide ground and detected ground where labels are not complete."""
    slides, scene = np.sort(logits[truth]), np.sort(logits[whole])
    recall = 1 - np.searchsorted(slides, THRESHOLDS) / len(slides)
    detected = np.maximum(len(scene) - np.searchsorted(scene, THRESHOLDS), 1)
    told = recall >= _TOLD
    most = detected[told] + 2 * np.sqrt(detected[told])  # of a sample, few pixels may be fewer
    total = min([detected[0], *(most / recall[told])])
    landslide = np.where(truth, weights, 0)
    return landslide * (total / landslide.sum()), whole.astype(float)
