"""What several runs say of the same pixels: their mean, their spread, and the area that each finds.

A run is one model with its patches lying one way. The **spread** is, everywhere in Landslip, the
standard deviation of the runs' probabilities of a pixel (all runs alike, divided by their number).

The **range of the area** comes from the runs, too: each finds some number of pixels at the
threshold, and what the runs differ by there is what the total is uncertain by, as far as they can
tell. Adding up the spread of pixels or outlines would not do: as if independent, the errors of
thousands of outlines would cancel to nothing; as if all moved together, they would not cancel at
all. How far they move together shows in the totals of the runs alone.

There is no such range for a single outline. What one run finds less of lies inside of it, but what
another finds more of lies between outlines, and belongs to none of them.

Neither tells what all runs have in common: models that were trained alike miss the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..raster.grid import Grid

#: Pixels are counted from each of these probabilities on.
STEPS = 100
_EDGES = (np.arange(STEPS + 1) / STEPS).astype(np.float32)


@dataclass(frozen=True)
class AreaRange:
    """What an area that was outlined on the mean of some runs is uncertain by, m2.

    Attributes:
        runs: How many runs there were.
        std: Standard deviation of the areas that they find.
        low: The smallest of these areas and of the mean's own.
        high: The largest.
    """

    runs: int
    std: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """In a sentence."""
        return (
            f"By {self.runs} runs, the area is {self.low / 1e6:.3f} to {self.high / 1e6:.3f} km2 "
            f"(standard deviation {self.std / 1e6:.3f} km2). What they all miss is not in it."
        )


def area_numbers(found: AreaRange | None) -> dict[str, float | None]:
    """The numbers by the names that algorithms and commands give them; None where unknown."""
    ends = (found.std, found.low, found.high) if found else (None, None, None)
    return dict(zip(("AREA_STD", "AREA_LOW", "AREA_HIGH"), ends))


@dataclass(frozen=True)
class RunCounts:
    """Pixels that each run finds, by threshold.

    Attributes:
        names: Of the runs.
        pixels: Pixels of at least 0, 1/`STEPS`, ... 1; int64 [runs + 1, STEPS + 1]. The last row is
            the mean of the runs.
    """

    names: tuple[str, ...]
    pixels: np.ndarray

    def areas(self, area: float, threshold: float) -> np.ndarray:
        """The area that each run finds, where that of outlines on their mean is known, m2 [runs].

        A run's area is its share in the pixels of the mean at the threshold, times the area: what
        is dropped as too small or too flat is taken to be the same share in every run. Thresholds
        between two steps are interpolated. NaN where the mean has no pixel at that threshold.
        """
        steps = np.arange(STEPS + 1) / STEPS
        *counts, mean = (float(np.interp(threshold, steps, row)) for row in self.pixels)
        return area * np.array(counts) / (mean or np.nan)

    def area_range(self, area: float, threshold: float) -> AreaRange | None:
        """What an area is uncertain by that was outlined on the mean of the runs, by `areas`.

        The mean's own area is one answer more: averaging takes away what single runs see by
        chance, so that it may find less than each of them.

        Returns:
            None where the mean has no pixel at that threshold.
        """
        areas = self.areas(area, threshold)
        if np.isnan(areas).any():
            return None
        ends = float(areas.min(initial=area)), float(areas.max(initial=area))
        return AreaRange(len(areas), float(areas.std()), *ends)

    def to_json(self, grid: Grid) -> str:
        """The text of a raster's tag."""
        size = [grid.width, grid.height]
        return json.dumps({"runs": self.names, "size": size, "pixels": self.pixels.tolist()})

    @classmethod
    def from_json(cls, text: str | None, grid: Grid) -> RunCounts | None:
        """What a raster's tag says; None where it says nothing, or speaks of another extent."""
        try:
            found = json.loads(text or "")
            names, pixels = tuple(map(str, found["runs"])), np.array(found["pixels"], np.int64)
            of_this = found["size"] == [grid.width, grid.height]
        except (ValueError, TypeError, KeyError):
            return None
        fits = of_this and pixels.shape == (len(names) + 1, STEPS + 1)
        return cls(names, pixels) if fits else None


class RunSums:
    """Adds up the runs of a region, one after the other.

    Args:
        known: Which pixels count, bool [height, width].
    """

    def __init__(self, known: np.ndarray) -> None:
        self._known = known
        self._runs = 0
        self._first: np.ndarray | None = None
        self._total = self._squares = np.zeros(0)
        self._pixels: list[np.ndarray] = []

    def add(self, probability: np.ndarray) -> None:
        """Add what a run says, float32 [height, width]."""
        self._runs += 1
        if self._first is None:
            self._first = probability
            return
        if self._runs == 2:
            self._total, self._squares = np.zeros(self._known.shape), np.zeros(self._known.shape)
            self._sum_up(self._first)
        self._sum_up(probability)

    def _sum_up(self, probability: np.ndarray) -> None:
        self._total += probability
        self._squares += np.square(probability, dtype=np.float64)
        self._pixels.append(self._counted(probability))

    def found(self) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Mean and spread, float32, and pixels as in `RunCounts`; without the last two of one run.

        Raises:
            ValueError: There was no run.
        """
        if self._first is None:
            raise ValueError("no run was added")
        if self._runs == 1:
            return self._first, None, None
        mean = self._total / self._runs
        variance = np.maximum(self._squares / self._runs - mean**2, 0)
        probability = mean.astype(np.float32)
        pixels = np.stack([*self._pixels, self._counted(probability)])
        return probability, np.sqrt(variance).astype(np.float32), pixels

    def _counted(self, probability: np.ndarray) -> np.ndarray:
        step = np.searchsorted(_EDGES, probability[self._known], side="right")
        counts = np.bincount(step, minlength=STEPS + 2)
        reached: np.ndarray = np.cumsum(counts[::-1])[::-1][1:]
        return reached


def run_names(models: Sequence[str], orientations: Sequence[object]) -> tuple[str, ...]:
    """Names of the runs of some models, in the order in which they are run."""
    return tuple(
        f"{model}, {way}" if str(way) else model for model in models for way in orientations
    )
