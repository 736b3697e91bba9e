"""One vocabulary of how sure an outline is: words for mean probabilities.

The hint, the colours of the map and their legend all take their limits from here. What the words
are worth was measured: `docs/reference/inventory.md` has the table, and
``python -m landslip.training confidence`` makes it again.
"""

from __future__ import annotations

import numpy as np

from .fields import CONFIDENCES

#: Mean probability from which a landslide is suggested to be probable, likely, confident. Below, it
#: is possible. High confidence is for people to say.
LIMITS = (0.5, 0.7, 0.9)
#: The words, lowest first.
WORDS = CONFIDENCES[: len(LIMITS) + 1]


def confidence_hint(probability: float | None) -> str | None:
    """The confidence that a mean probability suggests."""
    if probability is None:
        return None
    return WORDS[sum(probability >= limit for limit in LIMITS)]


def is_disputed(mean: np.ndarray, spread: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Whether outlines lie less than one spread of the runs above the threshold.

    One spread lower, such an outline would no longer be a landslide in the mean of its pixels.

    Args:
        mean: Mean probability of each, NaN where unknown, like all of them.
        spread: Its spread (``prob_std``).
        threshold: Its threshold.
    """
    return np.asarray(mean - spread < threshold)


def ranges() -> list[tuple[str, float | None, float | None]]:
    """Each word with the mean probability from which, and below which, it holds."""
    return list(zip(WORDS, (None, *LIMITS), (*LIMITS, None)))
