"""When did ground turn bare? One step in a short, gappy and noisy series, with how sure it is.

The state of an outline in an image is where its bareness lies between that of the ring around it
(0) and the barest that it was ever seen (1), so that it has no unit, and season, haze and light,
which change the ring as well, drop out. An image tells nothing where the ring is itself half as
bare as that: leafless forest, fields after harvest, thin snow.

The series is fitted with one step up (Page 1955; the Bayesian form of Chernoff and Zacks 1964), by
the median of either side. Residuals count as normal up to a cap, which gives each image a chance to
be an outlier (a cloud that was missed), so that a single image cannot make a step against others.
All places of the step, and that there is none, are weighed against each other; the interval widens
until it holds nine tenths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DATED = "dated"
ALL_BARE, NEVER_BARE = "bare in all images", "bare in no image"
TOO_FEW, UNCLEAR = "too few images show it", "unclear"
#: What a series can say.
NOTES = (DATED, ALL_BARE, NEVER_BARE, TOO_FEW, UNCLEAR)

#: Spread of a state around its level, and the chance that an image says something else.
_SPREAD, _OUTLIER = 0.15, 0.02
_CAP = -2 * np.log(_OUTLIER)
#: A step goes up by at least this much.
_LEAST_STEP = 0.4
#: Above this state without a step, ground is bare.
_BARE = 0.5
#: What an interval must hold, and with less there is none to tell.
_MASS, _LEAST_MASS = 0.9, 0.6
#: An image tells the state where the ring is at most so far on the way to bare.
_TELLING = 0.5


@dataclass(frozen=True)
class Step:
    """What a series says.

    Attributes:
        note: One of `NOTES`.
        last_without: Number of the last image without the bare ground; None where there is none.
        first_with: Number of the first image with it; None likewise.
        confidence: 0..1; None where nothing was found.
    """

    note: str
    last_without: int | None = None
    first_with: int | None = None
    confidence: float | None = None


def dated(inside: np.ndarray, ring: np.ndarray, least_contrast: float) -> Step:
    """When an outline turned bare.

    Args:
        inside: Bareness of the outline in each image, by date [n]; NaN where it is not seen.
        ring: Bareness of the land around it [n], NaN likewise.
        least_contrast: Barest less greenest that is more than noise, in the same unit.
    """
    known = np.flatnonzero(np.isfinite(inside) & np.isfinite(ring))
    if len(known) < 2:
        return Step(TOO_FEW)
    one, around = inside[known], ring[known]
    green, bare = float(np.min(around)), float(np.quantile(one, 0.9, method="closest_observation"))
    if len(known) > 2:
        green = float(np.quantile(around, 0.1))
    if bare - green < least_contrast:
        return Step(NEVER_BARE)
    telling = around <= green + _TELLING * (bare - green)
    known, one, around = known[telling], one[telling], around[telling]
    if len(known) < 2:
        return Step(TOO_FEW)
    state = np.clip((one - around) / (bare - around), -0.5, 1.5)
    return _step(state, known)


def _step(state: np.ndarray, known: np.ndarray) -> Step:
    """The step in states [n] of the images ``known``."""
    cost = np.array([_no_step(state), *(_with_step(state, k) for k in range(1, len(state)))])
    weight = np.exp(-0.5 * (cost - cost.min()))
    # No step, or one anywhere: even chances before the images are looked at.
    weight[1:] /= max(1, len(state) - 1)
    weight /= weight.sum()
    if weight[0] >= 0.5:
        return _unchanged(state, known, float(weight[0]))
    places = weight[1:]
    first = last = int(places.argmax())
    while places[first : last + 1].sum() < _MASS * places.sum():
        before = places[first - 1] if first else -1.0
        after = places[last + 1] if last + 1 < len(places) else -1.0
        first, last = (first - 1, last) if before >= after else (first, last + 1)
    mass = float(places[first : last + 1].sum())
    if mass < _LEAST_MASS:
        return Step(UNCLEAR, confidence=round(mass, 2))
    return Step(DATED, int(known[first]), int(known[last + 1]), round(mass, 2))


def _unchanged(state: np.ndarray, known: np.ndarray, mass: float) -> Step:
    if mass < _LEAST_MASS:
        return Step(UNCLEAR, confidence=round(mass, 2))
    if np.median(state) >= _BARE:
        return Step(ALL_BARE, None, int(known[0]), round(mass, 2))
    return Step(NEVER_BARE, confidence=round(mass, 2))


def _no_step(state: np.ndarray) -> float:
    return _misfit(state, float(np.median(state)))


def _with_step(state: np.ndarray, k: int) -> float:
    """Cost of a step before image ``k``; beyond all bounds where it does not go up."""
    low, high = float(np.median(state[:k])), float(np.median(state[k:]))
    if high - low < _LEAST_STEP:
        return float("inf")
    return _misfit(state[:k], low) + _misfit(state[k:], high)


def _misfit(state: Sequence[float] | np.ndarray, level: float) -> float:
    residual = (np.asarray(state) - level) / _SPREAD
    return float(np.minimum(residual**2, _CAP).sum())
