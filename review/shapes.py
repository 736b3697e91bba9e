"""Outlines out of probabilities, for the screen and for a landslide that was missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..engine.common.dependencies import require
from ..engine.outlines.tracing import pixel_edges, trace

#: By how much the threshold is lowered at a time.
_STEP = 0.02
#: A landslide is not followed to less than this share of the probability that was clicked on.
_LEAST_SHARE = 0.5


def rings_above(probability: np.ndarray, threshold: float) -> list[np.ndarray]:
    """Outlines of all pixels from a threshold on.

    Args:
        probability: [height, width], NaN where there is none.
        threshold: Probability from which a pixel counts.

    Returns:
        Rings [n, 2] of pixel corners (col, row), not closed; holes are rings too.
    """
    return _rings(np.nan_to_num(probability) >= threshold)


def _rings(inside: np.ndarray) -> list[np.ndarray]:
    # All pixels as one: which outline is whose matters to nobody who only draws them.
    edges, owner = pixel_edges(inside.astype(np.uint8), np.pad(inside, 1), 0)
    return trace(edges, owner.astype(np.int64) - 1, 1)[0] if len(edges) else []


@dataclass(frozen=True)
class Grown:
    """A landslide around a pixel.

    Attributes:
        rings: Its outline, the exterior first [n, 2] (col, row).
        pixels: How many pixels it has.
        threshold: The probability that all of them have.
    """

    rings: list[np.ndarray]
    pixels: int
    threshold: float


def grow(
    probability: np.ndarray, row: int, col: int, most_pixels: int, least: float = 0.02
) -> Grown | None:
    """The landslide around a pixel: what is connected to it above a threshold.

    The threshold starts at the pixel's own probability and is lowered step by step, until the next
    step would take more pixels than allowed, reach the array's border, or go below half of that
    probability. Holes are filled.

    Args:
        probability: Surroundings of the pixel [height, width], NaN where there is none.
        row: Row of the pixel.
        col: Column of the pixel.
        most_pixels: Pixels it may have at most.
        least: Lowest probability to start at.

    Returns:
        The landslide; None where the pixel's probability says nothing.
    """
    label = require("scipy.ndimage", "scipy").label
    fill = require("scipy.ndimage", "scipy").binary_fill_holes
    known = np.nan_to_num(probability)
    start = float(known[row, col])
    if start < least:
        return None
    best, found = np.zeros(known.shape, bool), start
    best[row, col] = True
    for threshold in np.arange(start, start * _LEAST_SHARE, -_STEP):
        labels, _ = label(known >= threshold)
        mine = fill(labels == labels[row, col])
        border = mine[0].any() or mine[-1].any() or mine[:, 0].any() or mine[:, -1].any()
        if border or mine.sum() > most_pixels:
            break
        best, found = mine, float(threshold)
    return Grown(_rings(best), int(best.sum()), found)
