"""How many outlines of a model file are right, by the words that their mean probability gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..engine.inventory.confidence import WORDS, confidence_hint
from .answer import Answer

#: Smaller outlines are not counted, pixels: the 500 m2 below which users see none, at 10 m.
SMALLEST = 5
#: Standard deviations on both sides that hold 95 %.
_95 = 1.96


@dataclass(frozen=True)
class Outlined:
    """Outlines as arrays [n].

    Attributes:
        probability: Mean probability of each.
        right: Whether at least half of its pixels are mapped as landslide.
    """

    probability: np.ndarray
    right: np.ndarray


def outlined(said: Answer, threshold: float) -> Outlined:
    """The outlines at a threshold of which somebody has looked at every pixel."""
    labels, count = ndimage.label(said.probability >= np.float32(threshold))
    places = np.arange(1, count + 1)
    pixels = ndimage.sum_labels(np.ones(labels.shape), labels, places)
    probability, mapped, judged = (
        ndimage.mean(values, labels, places) if count else np.zeros(0)
        for values in (said.probability, said.truth.astype(float), said.judged.astype(float))
    )
    counted = (pixels >= SMALLEST) & (judged == 1)
    return Outlined(np.asarray(probability)[counted], np.asarray(mapped)[counted] >= 0.5)


def interval(right: int, count: int) -> tuple[float, float]:
    """Where a share lies with 95 % (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    share, squared = right / count, _95**2
    middle = (share + squared / 2 / count) / (1 + squared / count)
    half = _95 * np.sqrt(share * (1 - share) / count + squared / 4 / count**2)
    half = float(half / (1 + squared / count))
    return middle - half, middle + half


def confidence_table(said: Answer, thresholds: Sequence[float]) -> str:
    """A Markdown table: outlines and the share of right ones by threshold and word."""
    lines = ["| threshold | word | outlines | right | 95 % interval |", "|---|---|---|---|---|"]
    for threshold in thresholds:
        found = outlined(said, threshold)
        words = np.array([confidence_hint(value) for value in found.probability.tolist()])
        for word in WORDS:
            mine = found.right[words == word]
            if not mine.size:
                continue
            low, high = interval(int(mine.sum()), mine.size)
            lines.append(
                f"| {threshold:g} | {word} | {mine.size} | {mine.mean():.2f} | "
                f"{low:.2f} to {high:.2f} |"
            )
    return "\n".join(lines)
