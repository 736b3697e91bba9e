"""Whether an outline has grown or shrunk by more than outlines are uncertain by.

The boundary of an outline is where pixels end and a model's probability crosses a threshold: seen
again, the same landslide gets it some metres farther out or in. If all of a boundary of length P
moves outwards by u, a convex shape gains u P + pi u^2, and any other one no more (Steiner's formula
for parallel bodies). That much therefore says nothing of the landslide. It is the most that the
uncertainty can do, as if all of the boundary had moved the same way: what counts beyond it is sure,
and small changes of small landslides are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .history import ENLARGED, SHRUNK, UNCHANGED

#: Uncertainty of a boundary that is not given, pixels. On Hokkaido, at pixels of 10 m, the boundary
#: of what a model found lies within 5 m of the mapped one for half of its length and within 10 m
#: for three quarters; where the same model looked at mirrored patches too, within 5 m of its own
#: for three quarters and within 10 m for nine tenths.
DEFAULT_PIXELS = 0.75


@dataclass(frozen=True)
class Size:
    """Area in m2 and perimeter in m of an outline."""

    area: float
    perimeter: float


def explained(perimeter: float, uncertainty: float) -> float:
    """Area in m2 that a boundary of that length may gain or lose if it is uncertain by so much.

    Args:
        perimeter: Length of the boundary, metres.
        uncertainty: How far it may be displaced, metres.
    """
    return uncertainty * perimeter + float(np.pi) * uncertainty**2


def size_change(
    before: Size, after: Size, gained: float, lost: float, growth: float, uncertainty: float
) -> str:
    """Whether a landslide is enlarged, shrunk or unchanged.

    Both are measured against the smaller state, the one before for growth and the one after for
    loss: what is enlarged from one survey to the other is shrunk from the other to the one. A
    landslide that gained and lost is enlarged.

    Args:
        before: Its outline so far.
        after: Its outline now.
        gained: Area that it covers now and did not before, m2.
        lost: Area that it covered before and does not now, m2.
        growth: Share of the smaller state's area from which a change counts.
        uncertainty: How far a boundary may be displaced, metres.
    """
    if _counts(gained, before, growth, uncertainty):
        return ENLARGED
    return SHRUNK if _counts(lost, after, growth, uncertainty) else UNCHANGED


def _counts(area: float, smaller: Size, growth: float, uncertainty: float) -> bool:
    beyond = area > explained(smaller.perimeter, uncertainty)
    return beyond and area >= growth * smaller.area
