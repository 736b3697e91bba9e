"""A new last layer from labelled pixels, and how far it may leave the old one.

The layer is a logistic regression on the model's own logit and its feature maps,

    logit = factor * old + shift + sum over channels of weight * feature,

fitted by L-BFGS to the log loss of the labelled pixels with a Gaussian prior at the old layer
(factor 1, weights 0). The pixels of one landslide tell nearly the same thing, so that the weights
of all pixels together sum to the number of landslides: five polygons move little, eighty move more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..common.dependencies import require

#: Strengths of the prior on the features' weights that are tried; None leaves them at 0.
STRENGTHS: tuple[float | None, ...] = (None, 30.0, 10.0, 3.0, 1.0)
#: Strengths of the priors on the old logit's factor, and on the shift.
_ON_FACTOR, _ON_SHIFT = 3.0, 0.01
#: Logits that are tried as thresholds of a layer.
THRESHOLDS = np.unique(np.r_[0, -np.geomspace(0.1, 8, 28), np.geomspace(0.1, 5, 16)])
#: Landslides with which a threshold goes half of its way, and the share of that which is gone where
#: labels are not complete: what they say of detected ground is half a guess.
_HALF_WITH, _GUESSED = 10, 0.5
#: Standard errors by which the best threshold must be ahead of one that is nearer to the old.
_AHEAD = 0.75
#: Logits from the old threshold within which a new one may be: probabilities of 0.05 and 0.95.
_FARTHEST = 2.95
_DRAWS = 200


@dataclass(frozen=True)
class Sample:
    """What a layer is fitted to and judged on; arrays [n].

    What is fitted and what is counted need not be the same pixels: where labels are not complete,
    detected ground is counted on a sample of the whole scene, of which nobody knows what it is
    (`ground.counted`).

    Attributes:
        logits: What the old model says, less its threshold: from 0 on a pixel is landslide.
        features: Standardised features [n, K].
        truth: Whether it is labelled as landslide.
        weights: Of a pixel in the fit; 0 where it takes no part.
        landslide: How much landslide ground it stands for when scores are counted.
        ground: How much ground it stands for when detected ground is counted.
        groups: Number of its block, from 0; blocks are left out whole.
        landslides: How many landslides the truth is made of.
        complete: Whether labels are complete where ground is counted.
    """

    logits: np.ndarray
    features: np.ndarray
    truth: np.ndarray
    weights: np.ndarray
    landslide: np.ndarray
    ground: np.ndarray
    groups: np.ndarray
    landslides: int
    complete: bool

    def at(self, which: np.ndarray) -> Sample:
        """Some of the pixels, which stand for as many landslides as is their share."""
        slides = self.weights * self.truth
        share = slides[which].sum() / max(slides.sum(), 1e-9)
        return Sample(
            self.logits[which],
            self.features[which],
            self.truth[which],
            self.weights[which],
            self.landslide[which],
            self.ground[which],
            self.groups[which],
            max(1, round(self.landslides * share)),
            self.complete,
        )


@dataclass(frozen=True)
class Fit:
    """A fitted layer.

    Attributes:
        factor: Of the old logit.
        shift: Added.
        weights: Of the standardised features [K].
    """

    factor: float = 1.0
    shift: float = 0.0
    weights: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def logits(self, sample: Sample) -> np.ndarray:
        """What it says of pixels [n]."""
        own = sample.features @ self.weights if self.weights.size else 0.0
        return self.factor * sample.logits + self.shift + own


def fit_layer(sample: Sample, strength: float | None) -> Fit:
    """Fit a layer; without a strength the old one stays, and only its threshold is chosen."""
    if strength is None:
        return Fit()
    optimize, special = require("scipy.optimize", "scipy"), require("scipy.special", "scipy")
    used = sample.weights > 0
    ones = np.ones(int(used.sum()))
    columns = np.column_stack([sample.features[used], sample.logits[used], ones])
    columns = columns.astype(np.float32)
    count = columns.shape[1] - 2
    prior = np.r_[np.full(count, strength), _ON_FACTOR, _ON_SHIFT]
    start = np.r_[np.zeros(count), 1.0, 0.0]
    truth, weights = sample.truth[used].astype(float), sample.weights[used]
    weights = weights * (sample.landslides / weights.sum())

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        logits = (columns @ values.astype(np.float32)).astype(float)
        error = weights * (special.expit(logits) - truth)
        apart = values - start
        fitted = float(weights @ (np.logaddexp(0, logits) - truth * logits))
        gradient = (error.astype(np.float32) @ columns).astype(float) + prior * apart
        return fitted + 0.5 * float(prior @ apart**2), gradient

    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x
    return Fit(float(found[-2]), float(found[-1]), found[:-2])


@dataclass(frozen=True)
class Counts:
    """Ground in each block [G] at each of `THRESHOLDS` [G, T].

    Attributes:
        right: Landslide that is detected.
        detected: All that is detected.
        landslide: All that is landslide [G].
        way: Share of its way that a threshold goes, 0..1: few landslides are no sample of a scene.
    """

    right: np.ndarray
    detected: np.ndarray
    landslide: np.ndarray
    way: float = 1.0

    def f1(self, blocks: np.ndarray | None = None) -> np.ndarray:
        """F1 at each threshold over blocks, each counted as often as it is named [T]."""
        which = slice(None) if blocks is None else blocks
        return f1_of(
            self.right[which].sum(axis=0),
            self.detected[which].sum(axis=0),
            self.landslide[which].sum(),
        )


def f1_of(right: np.ndarray, detected: np.ndarray, landslide: np.ndarray) -> np.ndarray:
    """F1 of what was detected; 0 where there is nothing to find."""
    return np.asarray(2 * right / np.maximum(detected + landslide, 1e-9))


def draws_of_blocks(blocks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bootstrap draws of blocks [draws, G], for intervals."""
    return rng.choice(blocks, (_DRAWS, len(blocks)))


def choose_threshold(
    counts: Counts, base: Counts, blocks: np.ndarray, rng: np.random.Generator
) -> tuple[int, int]:
    """The threshold nearest to the old one that is no worse than the best beyond its noise.

    It is the rule of one standard error, but for its size: where few labels leave the best open,
    nothing moves. And no more ground is detected than the old model gives a logit of `_FARTHEST`
    below its threshold, and no less than it gives so much above: what it is that sure of takes more
    than a few labels. Of the way there, by the logarithm of detected ground, the share `Counts.way`
    is gone; from no ground at all the way begins at one pixel.

    Args:
        counts: Of the layer.
        base: Of the old model.
        blocks: On which they are compared.
        rng: For the bootstrap.

    Returns:
        Its place in `THRESHOLDS`, and that of the best.
    """
    most, least = np.interp((-_FARTHEST, _FARTHEST), THRESHOLDS, base.detected[blocks].sum(axis=0))
    detected = counts.detected[blocks].sum(axis=0)
    # Of steps, one may lie beside the limits.
    allowed = (detected <= most * 1.02) & (detected >= least * 0.98)
    f1 = counts.f1(blocks)
    if not allowed.any():
        allowed = np.abs(detected - most) == np.abs(detected - most).min()
    best = int(np.where(allowed, f1, -1).argmax())
    drawn = np.array([counts.f1(each) for each in draws_of_blocks(blocks, rng)])
    error = (drawn[:, [best]] - drawn).std(axis=0)
    good = np.flatnonzero(allowed & (f1 >= f1[best] - _AHEAD * error))
    place = int(good[np.abs(THRESHOLDS[good]).argmin()])
    start = int(np.flatnonzero(THRESHOLDS == 0)[0])
    before = np.log(np.maximum(base.detected[blocks].sum(axis=0)[start], 1))
    apart = np.log(np.maximum(detected, 1)) - before
    off = np.abs(apart - counts.way * apart[place])
    nearest = np.flatnonzero(off <= off.min() + 1e-9)  # several, where none is between them
    return int(nearest[np.abs(THRESHOLDS[nearest]).argmin()]), best


@dataclass(frozen=True)
class Tried:
    """A strength of the prior, and what layers of it say of blocks that took no part.

    Attributes:
        strength: See `STRENGTHS`.
        logits: Of pixels, from the layer that was fitted without their block [n].
        counts: What they are worth.
    """

    strength: float | None
    logits: np.ndarray
    counts: Counts


#: Stands for a strength where a network was trained.
TRAINED = 0.0


def count_trained(sample: Sample, logits: list[np.ndarray], parts: np.ndarray) -> Tried:
    """Count what trained networks say of blocks that took no part.

    Args:
        sample: The labelled pixels.
        logits: What each network says of all pixels [n].
        parts: Number of the network that each block took no part in [G].
    """
    held_out = np.choose(parts[sample.groups], logits)
    return Tried(TRAINED, held_out, _counts(sample, lambda block: logits[int(parts[block])]))


def try_strength(sample: Sample, strength: float | None) -> Tried:
    """Fit with each block left out, and count what the layer says of that block.

    Where labels are not complete, a block's detected ground is its share of what the same layer
    detects in the whole scene (`ground`).
    """
    held_out = sample.logits.astype(float).copy()
    said: dict[int, np.ndarray] = {}
    for block in np.unique(sample.groups):
        out = sample.groups == block
        rest = (sample.weights * sample.truth)[~out].any()
        logits = (fit_layer(sample.at(~out), strength) if rest else Fit()).logits(sample)
        held_out[out] = logits[out]
        said[int(block)] = logits
    return Tried(strength, held_out, _counts(sample, lambda block: said[block]))


def _counts(sample: Sample, logits_of: Callable[[int], np.ndarray]) -> Counts:
    """Count each block by the logits [n] of what it took no part in."""
    blocks = int(sample.groups.max()) + 1
    right, detected = np.zeros((2, blocks, len(THRESHOLDS)))
    landslide = np.bincount(sample.groups, sample.landslide, minlength=blocks)
    for block in np.unique(sample.groups):
        out, logits = sample.groups == block, logits_of(int(block))
        right[block] = _from_each(logits[out], sample.landslide[out])
        if sample.complete:
            detected[block] = _from_each(logits[out], sample.ground[out])
        else:
            share = landslide[block] / landslide.sum()
            detected[block] = share * _from_each(logits, sample.ground)
    way = sample.landslides / (sample.landslides + _HALF_WITH)
    return Counts(right, detected, landslide, way if sample.complete else _GUESSED * way)


def _from_each(logits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of the weights of pixels [n] from each of `THRESHOLDS` on [T]."""
    place = np.searchsorted(THRESHOLDS, logits, side="right")
    sums = np.bincount(place, weights, minlength=len(THRESHOLDS) + 1)
    return np.asarray(np.cumsum(sums[::-1])[::-1][1:])


def choose(
    tried: list[Tried], blocks: np.ndarray, rng: np.random.Generator, patience: float
) -> tuple[Tried, int]:
    """The strongest prior that is no worse than the best beyond its noise, and its threshold.

    Args:
        tried: The strongest prior first.
        blocks: On which they are compared.
        rng: For the bootstrap.
        patience: Standard errors by which the best must be ahead of a stronger prior.
    """
    base = tried[0].counts
    places = [choose_threshold(each.counts, base, blocks, rng) for each in tried]
    draws = draws_of_blocks(blocks, rng)

    def at_best(number: int, which: np.ndarray) -> float:
        return float(tried[number].counts.f1(which)[places[number][1]])

    f1 = np.array([at_best(number, blocks) for number in range(len(tried))])
    best = int(f1.argmax())
    for number, each in enumerate(tried):
        apart = [at_best(best, draw) - at_best(number, draw) for draw in draws]
        if f1[best] - f1[number] <= patience * float(np.std(apart)) or number == best:
            return each, places[number][0]
    raise AssertionError("the best is among them")
