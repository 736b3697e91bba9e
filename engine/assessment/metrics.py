"""Pixel accuracy of a detection: counts first, scores from them, so that parts can be added.

Equations (6) to (11) of the HPCL-Net paper (relic landslides on the Loess Plateau).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Confusion:
    """Pixel counts of a two-class comparison.

    Attributes:
        tp: Landslide in both.
        fp: Detected, but no landslide in the reference.
        fn: Landslide in the reference, but not detected.
        tn: Landslide in neither.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn
        )

    @property
    def precision(self) -> float:
        """Share of detected pixels that are landslide, 0..1; 0 where nothing was detected (6)."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Share of landslide pixels that were detected, 0..1; 0 where there is no landslide (7)."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1 (8)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def iou(self) -> float:
        """Intersection over union of detected and true landslide area, 0..1 (9)."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def background_iou(self) -> float:
        """The same of what is no landslide, 0..1 (10)."""
        return _ratio(self.tn, self.tn + self.fn + self.fp)

    @property
    def miou(self) -> float:
        """Mean of the two intersections over union, 0..1 (11)."""
        return (self.iou + self.background_iou) / 2


def confusion(
    prediction: np.ndarray, truth: np.ndarray, valid: np.ndarray | None = None
) -> Confusion:
    """Count agreements and disagreements of two masks.

    Args:
        prediction: Boolean array, true where a landslide was detected.
        truth: Boolean array of the same shape, true where there is one.
        valid: Boolean array of the same shape, false where the reference says nothing; all pixels
            count when it is left out.

    Raises:
        ValueError: The shapes differ.
    """
    prediction, truth = np.asarray(prediction, bool), np.asarray(truth, bool)
    valid = np.ones(truth.shape, bool) if valid is None else np.asarray(valid, bool)
    if not prediction.shape == truth.shape == valid.shape:
        raise ValueError(
            f"Shapes differ: prediction {prediction.shape}, truth {truth.shape}, valid "
            f"{valid.shape}. Bring them onto one grid first."
        )
    tp, fp, fn, tn = (
        int(np.count_nonzero(part & valid))
        for part in (
            prediction & truth,
            prediction & ~truth,
            ~prediction & truth,
            ~prediction & ~truth,
        )
    )
    return Confusion(tp, fp, fn, tn)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers by name, with None for those that are no number or infinite, as JSON wants it."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}
