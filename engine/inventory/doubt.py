"""Whether an outline is so near to the threshold that to find it, or not, may be chance.

A landslide whose probability hardly exceeds the threshold is found in one image and not in the
next: a little more haze, or patches that are cut elsewhere, and it is below. Measured on one image
of Hokkaido that was looked at twice; `docs/guides/update.md` has the numbers.
"""

from __future__ import annotations

from .table import Record

#: Share of the way from the threshold to 1 below which an outline is doubtful.
DEFAULT_MARGIN = 0.4


def is_doubtful(record: Record, margin: float) -> bool:
    """Whether the mean probability of an outline lies within a margin above its threshold.

    An outline that knows neither, such as one that was drawn by hand, is not doubtful.

    Args:
        record: The outline, with `prob_mean` and `threshold`.
        margin: Share of the way from the threshold to 1.
    """
    probability, threshold = record.get("prob_mean"), record.get("threshold")
    if probability is None or threshold is None:
        return False
    return bool(probability - threshold < margin * (1 - threshold))
