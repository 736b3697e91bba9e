"""Statistics of labelled pixels: arrays over labels, which join where a label goes on elsewhere.

What is counted in one window and joined with the next is the same as what would be counted in one
piece, so that attributes need one pass over a raster and no second look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..raster.relief import Relief

#: What is added up over the pixels of a label. Gradients are in metres a column or row; aspects
#: are unit vectors down the slope along columns and rows. A spread that is not known is NaN.
SUMS = (
    *("pixels", "probability", "spread", "cut_off", "excluded"),
    *("terrain", "slope", "flat", "curvature"),
    *("gradient_col", "gradient_row", "aspect_col", "aspect_row"),
)
#: Of what the highest value and its pixel are kept. The toe's value is minus its elevation.
EXTREMES = ("peak", "crown", "toe", "steepest")

#: Probabilities are counted in steps of 1/1000, for percentiles.
PROBABILITY_STEPS = 1000


@dataclass(frozen=True)
class Layers:
    """What is known of the pixels of a window, each [height, width] or None.

    Attributes:
        probability: 0..1.
        spread: Spread of the probability between the runs of the model, 0..1.
        cut_off: Whether nothing is known beside the pixel.
        excluded: Whether it lies on water, say, where no landslide can be.
        relief: Elevation and its derivatives.
        flat_below: Slope below which a pixel counts as flat, degrees.
    """

    probability: np.ndarray | None = None
    spread: np.ndarray | None = None
    cut_off: np.ndarray | None = None
    excluded: np.ndarray | None = None
    relief: Relief | None = None
    flat_below: float = 0.0


@dataclass(frozen=True)
class PixelStatistics:
    """Statistics of n labels.

    Attributes:
        sums: Float64 [n, `SUMS`].
        extremes: Float64 [n, `EXTREMES`, (value, row, col)]; the value is -inf where unknown.
        histogram: Int64 [m, (label, step of probability, pixels)], sorted.
    """

    sums: np.ndarray
    extremes: np.ndarray
    histogram: np.ndarray

    def __len__(self) -> int:
        return len(self.sums)

    def sum(self, name: str) -> np.ndarray:
        """One of `SUMS`, [n]."""
        column: np.ndarray = self.sums[:, SUMS.index(name)]
        return column

    def extreme(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Value [n] and pixel [n, (row, col)] of one of `EXTREMES`; NaN where unknown."""
        known = self.extremes[:, EXTREMES.index(name)]
        value = np.where(np.isfinite(known[:, 0]), known[:, 0], np.nan)
        return value, known[:, 1:]

    def probability_below(self, share: float) -> np.ndarray:
        """Probability that ``share`` of a label's pixels do not exceed [n], NaN where unknown."""
        label, step, pixels = self.histogram.T
        counted = np.cumsum(pixels)
        first = np.searchsorted(label, np.arange(len(self)))
        stop = np.searchsorted(label, np.arange(len(self)), side="right")
        before = np.concatenate(([0], counted))
        wanted = before[first] + share * (before[stop] - before[first])
        place = np.maximum(np.searchsorted(counted, wanted), first)
        below = np.full(len(self), np.nan)
        known = stop > first
        below[known] = step[place[known]] / PROBABILITY_STEPS
        return below

    def joined(self, group: np.ndarray, count: int) -> PixelStatistics:
        """Join labels.

        Args:
            group: New label of each, 0..count-1 [n].
            count: Number of new labels; one that got nothing has sums of 0.
        """
        sums = np.column_stack(
            [np.bincount(group, column, minlength=count) for column in self.sums.T]
        )
        extremes = np.stack(
            [_highest(group, count, *self.extremes[:, k].T) for k in range(len(EXTREMES))], axis=1
        )
        label, step, pixels = self.histogram.T
        return PixelStatistics(sums, extremes, _histogram(group[label], step, pixels))

    def taken(self, chosen: np.ndarray) -> PixelStatistics:
        """The labels with the numbers ``chosen``, in rising order, renumbered from 0."""
        renumbered = np.full(len(self), -1)
        renumbered[chosen] = np.arange(len(chosen))
        mine = self.histogram[renumbered[self.histogram[:, 0]] >= 0].copy()
        mine[:, 0] = renumbered[mine[:, 0]]
        return PixelStatistics(self.sums[chosen], self.extremes[chosen], mine)


def concatenated(parts: Sequence[PixelStatistics]) -> PixelStatistics:
    """Statistics of the labels of all parts, one part after the other."""
    shifts = np.cumsum([0, *(len(part) for part in parts)])
    return PixelStatistics(
        np.concatenate([part.sums for part in parts]),
        np.concatenate([part.extremes for part in parts]),
        np.concatenate(
            [part.histogram + np.array([shift, 0, 0]) for part, shift in zip(parts, shifts)]
        ),
    )


def statistics_of(
    labels: np.ndarray, count: int, origin: tuple[int, int], layers: Layers
) -> PixelStatistics:
    """Count the pixels of a window.

    Args:
        labels: Labels [height, width], 0 for none, else 1..count.
        count: Number of labels.
        origin: Row and column of the window's first pixel in the raster.
        layers: What is known of the pixels.
    """
    flat = np.flatnonzero(labels)
    label = labels.ravel()[flat].astype(np.int64) - 1
    sums = {"pixels": np.bincount(label, minlength=count)}
    extremes = {}
    rows, cols = np.divmod(flat, labels.shape[1])
    place = (rows + origin[0], cols + origin[1])

    def add(name: str, values: np.ndarray, of: np.ndarray = label) -> None:
        sums[name] = np.bincount(of, values, minlength=count)

    histogram = np.zeros((0, 3), dtype=np.int64)
    if layers.probability is not None:
        values = layers.probability.ravel()[flat].astype(float)
        add("probability", values)
        extremes["peak"] = _highest(label, count, values, *place)
        # Float32 does not know 0.9: what is a hair below a step belongs to it.
        steps = np.floor(values * PROBABILITY_STEPS + 1e-3).astype(np.int64)
        histogram = _histogram(label, steps, np.ones_like(label))
    for name in ("spread", "cut_off", "excluded"):
        layer = getattr(layers, name)
        if layer is not None:
            add(name, layer.ravel()[flat])
    if layers.relief is not None:
        relief = layers.relief.at(flat)
        known = relief.known
        relief, label, place = relief.at(known), label[known], (place[0][known], place[1][known])
        for name, values in _terrain_sums(relief, layers.flat_below).items():
            add(name, values, label)
        extremes["crown"] = _highest(label, count, relief.elevation, *place)
        extremes["toe"] = _highest(label, count, -relief.elevation, *place)
        extremes["steepest"] = _highest(label, count, relief.slope, *place)
    nothing, unknown = np.zeros(count), _highest(label[:0], count, *np.zeros((3, 0)))
    if layers.spread is None:
        sums["spread"] = np.full(count, np.nan)
    return PixelStatistics(
        np.column_stack([sums.get(name, nothing) for name in SUMS]).astype(float),
        np.stack([extremes.get(name, unknown) for name in EXTREMES], axis=1),
        histogram,
    )


def _terrain_sums(relief: Relief, flat_below: float) -> dict[str, np.ndarray]:
    aspect_col, aspect_row = relief.aspect_vector()
    return {
        "terrain": np.ones_like(relief.slope),
        "slope": relief.slope,
        "flat": relief.slope < flat_below,
        "curvature": relief.curvature,
        "gradient_col": relief.gradient_col,
        "gradient_row": relief.gradient_row,
        "aspect_col": aspect_col,
        "aspect_row": aspect_row,
    }


def _highest(
    label: np.ndarray, count: int, value: np.ndarray, row: np.ndarray, col: np.ndarray
) -> np.ndarray:
    """Highest value of each label and its pixel [count, (value, row, col)].

    Ties go to the first pixel in reading order, whatever the windows.
    """
    highest = np.full((count, 3), (-np.inf, 0, 0), dtype=float)
    order = np.lexsort((col, row, -value, label))
    present, first = np.unique(label[order], return_index=True)
    chosen = order[first]
    highest[present] = np.column_stack((value[chosen], row[chosen], col[chosen]))
    return highest


def _histogram(label: np.ndarray, step: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Counts by label and step [m, (label, step, pixels)], sorted."""
    keys, place = np.unique(label * (PROBABILITY_STEPS + 1) + step, return_inverse=True)
    counts = np.bincount(place, pixels, minlength=len(keys))
    return np.column_stack((*np.divmod(keys, PROBABILITY_STEPS + 1), counts)).astype(np.int64)
