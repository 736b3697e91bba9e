"""How a probability raster does at every threshold, and whether its probabilities are honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .metrics import Confusion

#: Probabilities are counted in steps of 1/100.
STEPS = 100
#: Bins of the reliability diagram.
BINS = 10


@dataclass(frozen=True)
class ProbabilityCounts:
    """Judged pixels by probability; counts of windows add up.

    Attributes:
        positive: Landslide pixels of the reference, by step of probability, [STEPS + 1].
        negative: The others.
        total: Sum of the probabilities of each step's pixels.
    """

    positive: np.ndarray
    negative: np.ndarray
    total: np.ndarray

    @classmethod
    def of(cls, probability: np.ndarray, truth: np.ndarray) -> ProbabilityCounts:
        """Count pixels, given as flat arrays of one length."""
        values = probability.astype(float)
        # 0.7 in float32 is a little below 0.7, and belongs to its own step all the same.
        step = np.floor(values * STEPS + 1e-4).astype(int)
        counts = (
            np.bincount(step[truth], minlength=STEPS + 1),
            np.bincount(step[~truth], minlength=STEPS + 1),
            np.bincount(step, values, minlength=STEPS + 1),
        )
        return cls(*counts)

    def __add__(self, other: ProbabilityCounts) -> ProbabilityCounts:
        return ProbabilityCounts(
            self.positive + other.positive,
            self.negative + other.negative,
            self.total + other.total,
        )

    def confusions(self) -> list[Confusion]:
        """Pixel counts at each of `thresholds`."""
        tp = np.cumsum(self.positive[::-1])[::-1][1:]
        fp = np.cumsum(self.negative[::-1])[::-1][1:]
        positive, negative = self.positive.sum(), self.negative.sum()
        return [
            Confusion(int(found), int(wrong), int(positive - found), int(negative - wrong))
            for found, wrong in zip(tp, fp)
        ]

    def best_threshold(self) -> float:
        """The threshold with the highest F1; the lowest of equals."""
        scores = [counts.f1 for counts in self.confusions()]
        return float(thresholds()[int(np.argmax(scores))])

    def average_precision(self) -> float:
        """Area under the precision-recall curve, as a sum of steps, 0..1."""
        recall = np.array([0.0, *(counts.recall for counts in self.confusions()[::-1])])
        precision = np.array([counts.precision for counts in self.confusions()[::-1]])
        return float((np.diff(recall) * precision).sum())

    def reliability(self) -> Reliability:
        """Mean probability and share of landslide pixels, in `BINS` bins of equal width."""
        bins = np.minimum(np.arange(STEPS + 1) * BINS // STEPS, BINS - 1)
        positive = np.bincount(bins, self.positive, minlength=BINS)
        pixels = positive + np.bincount(bins, self.negative, minlength=BINS)
        total = np.bincount(bins, self.total, minlength=BINS)
        there = pixels > 0
        return Reliability(
            total[there] / pixels[there], positive[there] / pixels[there], pixels[there]
        )


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram, arrays over the bins that have pixels.

    Attributes:
        predicted: Mean probability.
        observed: Share of landslide pixels in the reference.
        pixels: Number of pixels.
    """

    predicted: np.ndarray
    observed: np.ndarray
    pixels: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of the two, weighted by pixels, 0..1."""
        distance = np.abs(self.predicted - self.observed)
        return float(np.average(distance, weights=self.pixels)) if len(distance) else 0.0


def thresholds() -> np.ndarray:
    """The thresholds of the curves, 0.01 to 1."""
    return np.arange(1, STEPS + 1) / STEPS
