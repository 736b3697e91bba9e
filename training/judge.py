"""One number for a way of training: how well it does where nothing was trained on or chosen.

What a network says of a region is kept as counts of logits, by square of the ground and by class.
From these come F1 at every threshold, calibration and intervals, without a network being run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..engine.assessment.metrics import Confusion
from .calibration import BINS, EDGES, LIMIT, calibration_error, pooled

#: Thresholds, as logits, at which false alarms are counted.
ALARM_LEVELS = np.arange(-4.0, 6.01, 0.5)
#: What a false landslide in 100 square kilometres of quiet land takes from the number: ten of them
#: weigh as much as a point of F1. No scene takes more than ten points.
ALARM_PENALTY, ALARM_CAP = 0.001, 100.0


def counted(logits: np.ndarray, truth: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Counts [squares, 2, BINS] int64 of logits, of what is no landslide and of what is.

    Args:
        logits: [n, ...] of labelled pixels.
        truth: [n, ...] bool.
        square: [n] Number of the square of each entry, from 0.
    """
    inside = np.clip(logits, -LIMIT, LIMIT) + LIMIT  # no data is minus infinity
    index = np.minimum((inside * (BINS / (2 * LIMIT))).astype(np.int32), BINS - 1)
    index += BINS * truth.astype(np.int32)
    squares = int(square.max()) + 1
    found = np.zeros((squares, 2 * BINS), np.int64)
    for number in range(squares):
        found[number] = np.bincount(index[square == number].ravel(), minlength=2 * BINS)
    return found.reshape(squares, 2, BINS)


def f1_curve(counts: np.ndarray) -> np.ndarray:
    """F1 [..., BINS] at every threshold of `EDGES`, of counts [..., 2, BINS]."""
    above = counts[..., ::-1].cumsum(-1)[..., ::-1].astype(float)
    tp, fp = above[..., 1, :], above[..., 0, :]
    positives = counts[..., 1, :].sum(-1, keepdims=True)
    return 2 * tp / np.maximum(tp + fp + positives, 1)


def confusion_at(counts: np.ndarray, threshold: float) -> Confusion:
    """Counts [..., 2, BINS] divided at a logit."""
    total = counts.reshape(-1, 2, BINS).sum(0)
    at = int(np.argmin(np.abs(EDGES - threshold)))
    fn, tp = int(total[1, :at].sum()), int(total[1, at:].sum())
    tn, fp = int(total[0, :at].sum()), int(total[0, at:].sum())
    return Confusion(tp, fp, fn, tn)


def chosen_threshold(regions: Sequence[np.ndarray]) -> float:
    """The logit with the highest mean F1 over regions, all of the same weight."""
    curves = [f1_curve(counts.sum(0)) for counts in regions]
    return float(EDGES[np.argmax(np.mean(curves, axis=0))])


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one seed.

    Attributes:
        scores: Of every region, counts at the threshold that the other regions chose.
        best: Of every region, F1 at the best of all thresholds.
        threshold: Logit that all regions together choose.
        alarms: False landslides per 100 square kilometres of every quiet scene, at that threshold.
        f1_at_half: Mean F1 over regions where the network is divided at a probability of 0.5.
        error: Expected calibration error, regions weighing the same.
        weights: Shares [2, BINS] that it was measured with.
    """

    scores: dict[str, Confusion]
    best: dict[str, float]
    threshold: float
    alarms: dict[str, float]
    f1_at_half: float
    error: float
    weights: np.ndarray

    @property
    def f1(self) -> float:
        """Mean F1 over regions."""
        return float(np.mean([score.f1 for score in self.scores.values()]))

    @property
    def alarm_rate(self) -> float:
        """Mean of the false alarms, each scene's capped."""
        return float(np.mean([min(value, ALARM_CAP) for value in self.alarms.values()] or [0.0]))

    @property
    def number(self) -> float:
        """The number that decides: mean F1, less the penalty for false alarms."""
        return self.f1 - ALARM_PENALTY * self.alarm_rate


def judged(regions: dict[str, np.ndarray], alarms: dict[str, np.ndarray]) -> Verdict:
    """The verdict on counts [squares, 2, BINS] of regions and alarms at `ALARM_LEVELS`."""
    scores = {
        name: confusion_at(counts, chosen_threshold([c for n, c in regions.items() if n != name]))
        for name, counts in regions.items()
    }
    best = {name: float(f1_curve(counts.sum(0)).max()) for name, counts in regions.items()}
    threshold = chosen_threshold(list(regions.values()))
    at = int(np.argmin(np.abs(ALARM_LEVELS - threshold)))
    weights = pooled(list(regions.values()))
    return Verdict(
        scores,
        best,
        threshold,
        {name: float(v[at]) for name, v in alarms.items()},
        float(np.mean([confusion_at(counts, 0.0).f1 for counts in regions.values()])),
        calibration_error(weights, 1.0, 0.0),
        weights,
    )


def interval(counts: np.ndarray, threshold: float, draws: int = 1000) -> tuple[float, float]:
    """95 % interval of F1 at a logit, by drawing squares of the ground with replacement."""
    at = int(np.argmin(np.abs(EDGES - threshold)))
    tp, fp = counts[:, 1, at:].sum(-1), counts[:, 0, at:].sum(-1)
    positives = counts[:, 1].sum(-1)
    picked = np.random.default_rng(0).integers(len(counts), size=(draws, len(counts)))
    f1 = 2 * tp[picked].sum(1) / np.maximum((tp + fp + positives)[picked].sum(1), 1)
    low, high = np.percentile(f1, (2.5, 97.5))
    return float(low), float(high)
