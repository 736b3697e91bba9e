"""Whole landslides in a comparison: which were found, by size, and how far borders are apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..common.dependencies import require
from .footprint import Pixels

#: Boundaries further apart count as this far, metres.
MAX_DISTANCE = 300.0
#: Borders of the size classes, m2.
SIZE_CLASSES = (1e3, 1e4, 1e5)


@dataclass
class ObjectCounts:
    """Judged pixels of each landslide of one side, counted window by window; arrays [n].

    Attributes:
        pixels: Its pixels.
        shared: Those that are landslide on the other side as well.
        boundary: Its pixels that border on no landslide.
        distance: Sum of their distances to the boundary of the other side, metres.
    """

    pixels: np.ndarray
    shared: np.ndarray
    boundary: np.ndarray
    distance: np.ndarray

    @classmethod
    def of(cls, count: int) -> ObjectCounts:
        """Counts of none."""
        return cls(*(np.zeros(count) for _ in range(4)))

    def add(
        self,
        mine: Pixels,
        other: Pixels,
        shared: np.ndarray,
        judged: np.ndarray,
        inside: tuple[slice, slice],
        pixel: tuple[np.ndarray, np.ndarray],
    ) -> None:
        """Count a window.

        Args:
            mine: This side, with a margin.
            other: The other side, likewise.
            shared: What counts as landslide of the other side, likewise.
            judged: Where to count, likewise.
            inside: The window without the margin.
            pixel: Height and width of its pixels, metres [rows].
        """
        label = np.where(judged, mine.label, 0)[inside]
        self.pixels += _count(label, len(self.pixels))
        self.shared += _count(label[shared[inside]], len(self.pixels))
        border = _boundary(mine.covered)[inside] & (label > 0)
        if not border.any():
            return
        size = tuple(float(side.mean()) for side in pixel)
        away = _distance(_boundary(other.covered & judged), size)[inside][border]
        self.boundary += _count(label[border], len(self.pixels))
        self.distance += _count(label[border], len(self.pixels), away)

    def side(self, area: np.ndarray) -> ObjectSide:
        """The landslides that have a judged pixel, with their ``area`` in m2."""
        seen = self.pixels > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            return ObjectSide(
                area[seen],
                (self.shared / self.pixels)[seen],
                (self.distance / self.boundary)[seen],
                int((~seen).sum()),
            )


@dataclass(frozen=True)
class ObjectSide:
    """The judged landslides of one side, arrays [n].

    Attributes:
        area: Square metres.
        share: Share of its pixels that are landslide on the other side, 0..1.
        distance: Mean distance of its boundary from the other side's, metres, at most
            `MAX_DISTANCE`; NaN without a boundary.
        unseen: Landslides without a judged pixel: outside, or smaller than a pixel.
    """

    area: np.ndarray
    share: np.ndarray
    distance: np.ndarray
    unseen: int


@dataclass(frozen=True)
class SizeClass:
    """Landslides of one size.

    Attributes:
        low: Smallest area, m2.
        high: Area that is too large, m2.
        reference: Landslides of the reference.
        found: Of these, found.
        detected: Detected landslides.
        correct: Of these, right.
    """

    low: float
    high: float
    reference: int
    found: int
    detected: int
    correct: int


@dataclass(frozen=True)
class ObjectScores:
    """Scores of whole landslides.

    Attributes:
        detected: The detection's landslides.
        reference: The reference's.
        overlap: Share of its pixels that makes a landslide found, or a detection right.
    """

    detected: ObjectSide
    reference: ObjectSide
    overlap: float

    @property
    def found(self) -> int:
        """Reference landslides of which enough was detected."""
        return int((self.reference.share >= self.overlap).sum())

    @property
    def partly(self) -> int:
        """Those of which less was detected."""
        share = self.reference.share
        return int(((share > 0) & (share < self.overlap)).sum())

    @property
    def missed(self) -> int:
        """Those of which nothing was detected."""
        return int((self.reference.share == 0).sum())

    @property
    def correct(self) -> int:
        """Detected landslides of which enough lies on the reference's."""
        return int((self.detected.share >= self.overlap).sum())

    @property
    def false(self) -> int:
        """Detected landslides that touch none of the reference's."""
        return int((self.detected.share == 0).sum())

    @property
    def recall(self) -> float:
        """Share of the reference's landslides that were found, 0..1."""
        return self.found / max(1, len(self.reference.share))

    @property
    def precision(self) -> float:
        """Share of the detected landslides that are right, 0..1."""
        return self.correct / max(1, len(self.detected.share))

    @property
    def boundary_distance(self) -> float:
        """Median over landslides that meet of how far their boundaries are apart, metres.

        Both ways: from detected landslides to the reference's, and back. NaN where none meet.
        """
        meeting = [
            side.distance[(side.share > 0) & np.isfinite(side.distance)]
            for side in (self.detected, self.reference)
        ]
        distances = np.concatenate(meeting)
        return float(np.median(distances)) if len(distances) else float("nan")

    def by_size(self) -> list[SizeClass]:
        """Counts by `SIZE_CLASSES`."""
        borders = (0.0, *SIZE_CLASSES, float("inf"))
        return [self._of_size(low, high) for low, high in zip(borders, borders[1:])]

    def _of_size(self, low: float, high: float) -> SizeClass:
        counts = []
        for side in (self.reference, self.detected):
            share = side.share[(side.area >= low) & (side.area < high)]
            counts += [len(share), int((share >= self.overlap).sum())]
        return SizeClass(low, high, *counts)


def _count(label: np.ndarray, count: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Pixels (or their weights) of each label from 1 on, float64 [count]."""
    return np.bincount(label.ravel(), weights, minlength=count + 1)[1:].astype(float)


def _boundary(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask that share an edge with one outside of it, or with the window's."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner


def _distance(target: np.ndarray, size: tuple[float, ...]) -> np.ndarray:
    """Distance of each pixel to the nearest of ``target``, metres, at most `MAX_DISTANCE`."""
    if not target.any():
        return np.full(target.shape, MAX_DISTANCE)
    ndimage = require("scipy.ndimage", "scipy")
    return np.minimum(ndimage.distance_transform_edt(~target, sampling=size), MAX_DISTANCE)
