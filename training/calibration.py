"""From probabilities that rank pixels to honest ones, and to the threshold that divides them."""

from __future__ import annotations

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
