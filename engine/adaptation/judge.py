"""Before and after, compared on blocks of labels that took no part in fitting or choosing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .fit import THRESHOLDS, Counts, Tried, choose, draws_of_blocks, f1_of

#: Of gains, and of F1. A gain counts where all of it is one: where 19 of 20 draws show one.
_INTERVAL = (5, 95)
#: Landslides below which they must look like the rest of the scene to the old model.
FEW = 20
#: They do where it is as sure of this share of what it detects among them as it is of half of the
#: rest; and how many detected pixels it takes to say so.
_LIKE_THE_REST, _FEWEST_PIXELS = 0.4, (10, 30)


@dataclass(frozen=True)
class Score:
    """Scores of landslide ground, 0..1, with the interval of F1 from draws of blocks (90 %)."""

    precision: float
    recall: float
    f1: float
    low: float
    high: float


@dataclass(frozen=True)
class BlockScore:
    """One block of labels.

    Attributes:
        row: Row of its middle.
        col: Column of its middle.
        landslides: How many lie in it.
        before: F1 of the old model.
        after: F1 of the new one, to which the block was unknown.
    """

    row: float
    col: float
    landslides: int
    before: float
    after: float


@dataclass(frozen=True)
class Verdict:
    """Whether a new model is better.

    Attributes:
        before: The old model at its threshold.
        after: The new one, each block judged by a layer, strength and threshold that it had no
            part in.
        gain: Of F1.
        gain_low: Lower end of its interval (90 %).
        gain_high: Upper end.
        better: Whether 19 of 20 draws of the blocks show a gain.
        blocks: Each block by itself.
    """

    before: Score
    after: Score
    gain: float
    gain_low: float
    gain_high: float
    better: bool
    blocks: tuple[BlockScore, ...]


def judge(
    tried: list[Tried],
    middles: Sequence[tuple[float, float]],
    owners: Sequence[int],
    rng: np.random.Generator,
    patience: float,
) -> Verdict:
    """Judge what was tried, each block by what the others choose.

    Args:
        tried: What there is to choose from; the first has the old model's logits.
        middles: Row and column of the middle of each block.
        owners: How many landslides lie in each.
        rng: For the bootstrap.
        patience: See `fit.choose`.
    """
    blocks = np.flatnonzero(tried[0].counts.landslide > 0)
    start = int(np.flatnonzero(THRESHOLDS == 0)[0])
    old = _ground(tried[0].counts, blocks, np.full(len(blocks), start))
    chosen = [choose(tried, blocks[blocks != block], rng, patience) for block in blocks]
    new = np.concatenate(
        [
            _ground(each.counts, blocks[[number]], np.array([place]))
            for number, (each, place) in enumerate(chosen)
        ]
    )
    return verdict(
        old, new, [middles[block] for block in blocks], [owners[block] for block in blocks], rng
    )


def _ground(counts: Counts, blocks: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Ground right, detected, and landslide of blocks at places of `THRESHOLDS` [G, 3]."""
    right, detected = counts.right[blocks, places], counts.detected[blocks, places]
    return np.column_stack([right, detected, counts.landslide[blocks]])


def verdict(
    old: np.ndarray,
    new: np.ndarray,
    middles: Sequence[tuple[float, float]],
    owners: Sequence[int],
    rng: np.random.Generator,
) -> Verdict:
    """Compare ground right, detected, and landslide in blocks [G, 3]."""
    draws = draws_of_blocks(np.arange(len(old)), rng)
    gains = _f1(new, draws) - _f1(old, draws)
    every, one = np.arange(len(old))[None], np.arange(len(old))[:, None]
    gain = float(_f1(new, every)[0] - _f1(old, every)[0])
    low, high = np.percentile(gains, _INTERVAL)
    single = zip(middles, owners, _f1(old, one).tolist(), _f1(new, one).tolist())
    return Verdict(
        _score(old, draws),
        _score(new, draws),
        gain,
        float(low),
        float(high),
        bool(gain > 0 and low > 0),
        tuple(BlockScore(*middle, count, before, after) for middle, count, before, after in single),
    )


def _f1(counts: np.ndarray, draws: np.ndarray) -> np.ndarray:
    right, detected, landslide = np.moveaxis(counts[draws].sum(axis=1), -1, 0)
    return f1_of(right, detected, landslide)


def _score(counts: np.ndarray, draws: np.ndarray) -> Score:
    right, detected, landslide = counts.sum(axis=0)
    low, high = np.percentile(_f1(counts, draws), _INTERVAL)
    return Score(
        float(right / max(detected, 1e-9)),
        float(right / max(landslide, 1e-9)),
        float(f1_of(right, detected, landslide)),
        float(low),
        float(high),
    )


def are_unlike_the_rest(among: np.ndarray, stands_for: np.ndarray, rest: np.ndarray) -> bool:
    """Whether landslides are so much harder to see than the others that few speak for none.

    No label of the rest is needed: the model is less sure of what it detects among the labels than
    of what it detects elsewhere. A threshold that suits them would then be too low for the rest.

    Args:
        among: Logits of pixels among the labels, less the old threshold [n].
        stands_for: How much ground each of them stands for [n].
        rest: Logits of pixels of the rest of the scene, of equal weight [m].
    """
    found, elsewhere = among >= 0, rest[rest >= 0]
    enough = found.sum() >= _FEWEST_PIXELS[0] and len(elsewhere) >= _FEWEST_PIXELS[1]
    if not enough:
        return False
    surer = found & (among >= np.median(elsewhere))
    return bool(stands_for[surer].sum() < _LIKE_THE_REST * stands_for[found].sum())
