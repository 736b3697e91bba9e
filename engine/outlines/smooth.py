"""Outlines without the staircase of pixels, that keep their area and cross no neighbour.

The outline is drawn through the middles of its pixel sides, then its corners are cut twice
(Chaikin 1974). Each cut depends on the sides next to it alone, so that two landslides that share a
border still share it, and none leaves the pixels next to its border. That takes about two thirds
of a pixel from the area of a landslide without holes; where this would be more than
`LARGEST_CHANGE` of it, corners are cut closer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..inventory.wkb import Polygon, signed_area

#: Largest change of an area, as a share of it.
LARGEST_CHANGE = 0.02

#: How far from its corner a side is cut, pixels: half a pixel side.
_FULL_CUT = 0.5


def smooth_outlines(shapes: Sequence[Polygon]) -> list[Polygon]:
    """Smooth the outlines of landslides that may touch each other.

    Args:
        shapes: Rings of each along pixel edges, in columns and rows, the exterior first.

    Returns:
        Smooth rings of each. The shapes get the same treatment, the strongest that all of them
        bear, as they may share borders.
    """
    rounded = [[_chaikin(_chaikin(_sides_cut(ring, _FULL_CUT))) for ring in s] for s in shapes]
    if all(_keeps_area(before, after) for before, after in zip(shapes, rounded)):
        return [[_without_straight_points(ring) for ring in rings] for rings in rounded]
    cut = min(_FULL_CUT, *(_largest_cut(rings) for rings in shapes))
    return [[_without_straight_points(_sides_cut(ring, cut)) for ring in s] for s in shapes]


def _area(rings: Polygon) -> float:
    return sum(signed_area(ring) for ring in rings)


def _keeps_area(before: Polygon, after: Polygon) -> bool:
    return abs(_area(after) / _area(before) - 1) <= LARGEST_CHANGE


def _largest_cut(rings: Polygon) -> float:
    """The cut that changes the area by `LARGEST_CHANGE`.

    Along pixel edges an exterior has four more convex corners than concave ones, and a hole four
    fewer; each corner cut at c takes or gives c² / 2.
    """
    balance = abs(2 * (2 - len(rings)))
    return float(np.sqrt(LARGEST_CHANGE * _area(rings) / balance)) if balance else _FULL_CUT


def _sides_cut(ring: np.ndarray, cut: float) -> np.ndarray:
    """The ring with each pixel side cut at ``cut`` from both ends (one point in the middle)."""
    after = np.roll(ring, -1, axis=0)
    lengths = np.abs(after - ring).sum(axis=1).astype(int)
    way = np.repeat(np.sign(after - ring), lengths, axis=0)
    number = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    start = np.repeat(ring, lengths, axis=0) + way * number[:, None]
    if cut == _FULL_CUT:
        middles: np.ndarray = start + way / 2
        return middles
    return np.stack((start + way * cut, start + way * (1 - cut)), axis=1).reshape(-1, 2)


def _chaikin(ring: np.ndarray) -> np.ndarray:
    """Cut each corner at a quarter of the sides next to it."""
    after = np.roll(ring, -1, axis=0)
    cut = np.stack((0.75 * ring + 0.25 * after, 0.25 * ring + 0.75 * after), axis=1)
    return cut.reshape(-1, 2)


def _without_straight_points(ring: np.ndarray) -> np.ndarray:
    """Drop the points at which the ring goes straight on."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return ring[np.abs(turn) > 1e-9]
