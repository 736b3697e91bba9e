"""Late fusion: a model's probability, raised where an earlier image shows that soil is new."""

from __future__ import annotations

import numpy as np

#: Departures of more standard deviations say no more: clouds of either date reach any number.
LIMIT = 4.0
_NEAREST = 1e-4  # probabilities of exactly 0 or 1 have no logit


def change_score(difference: np.ndarray) -> np.ndarray:
    """How unusual a pixel's change is in its scene, by median and MAD, -`LIMIT` to `LIMIT`.

    Args:
        difference: Red over green after the event minus before it (``dRG``), any shape, NaN where
            either date has no data.

    Returns:
        Float32 of that shape; 0, no evidence, where the difference is unknown or constant.
    """
    known = np.isfinite(difference)
    if not known.any():
        return np.zeros(difference.shape, np.float32)
    middle = np.median(difference[known])
    spread = 1.4826 * np.median(np.abs(difference[known] - middle))
    if not spread > 0:
        return np.zeros(difference.shape, np.float32)
    score = np.clip((difference - middle) / spread, -LIMIT, LIMIT)
    return np.where(known, score, 0).astype(np.float32)


def fused(probability: np.ndarray, score: np.ndarray, weight: float) -> np.ndarray:
    """Probability whose logit is raised by ``weight`` times the change score; float32."""
    near = np.clip(probability.astype(np.float64), _NEAREST, 1 - _NEAREST)
    logit = np.log(near / (1 - near)) + weight * score
    moved = np.where(score == 0, probability, 1 / (1 + np.exp(-logit)))
    return np.asarray(moved, np.float32)
