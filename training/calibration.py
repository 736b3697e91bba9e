"""Honest probabilities from those that rank pixels; how far off they are; where to divide them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.assessment.metrics import Confusion, confusion

THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.01), 2)


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


# --- how far off probabilities are --------------------------------------------------------------

#: Logits beyond are counted in the last bin.
LIMIT = 12.0
BINS = 480
#: Logits in the middle of the bins, and at their lower edges, which are the thresholds.
CENTRES = (np.arange(BINS) + 0.5) * 2 * LIMIT / BINS - LIMIT
EDGES = np.arange(BINS) * 2 * LIMIT / BINS - LIMIT


def pooled(regions: Sequence[np.ndarray]) -> np.ndarray:
    """Counts [2, BINS] of regions as shares of each, so that all weigh the same."""
    return np.mean([c.sum(0) / c.sum() for c in regions], axis=0)


def reliability(weights: np.ndarray, bins: int = 15) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is said, what is there, and the share of pixels, in bins of probability with any pixel.

    Args:
        weights: Counts [2, BINS].
        bins: Number of bins, of equal width.
    """
    probability = sigmoid(CENTRES)
    place = np.minimum((probability * bins).astype(int), bins - 1)
    total = weights.sum(0)
    share = np.bincount(place, total, bins)
    said, there = (np.bincount(place, v, bins) for v in (probability * total, weights[1]))
    some = share > 0
    return said[some] / share[some], there[some] / share[some], share[some] / share.sum()


def calibration_error(weights: np.ndarray, slope: float, offset: float, bins: int = 15) -> float:
    """Expected calibration error of weights [2, BINS] after ``sigmoid(slope * logit + offset)``.

    Bins of equal width; the mean over pixels of the gap between what is said and what is there
    (Naeini et al. 2015).
    """
    probability = sigmoid(slope * CENTRES + offset)
    place = np.minimum((probability * bins).astype(int), bins - 1)
    total = weights.sum(0)
    said = np.bincount(place, probability * total, bins)
    there = np.bincount(place, weights[1], bins)
    return float(np.abs(said - there).sum() / total.sum())
