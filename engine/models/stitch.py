"""Blend the probabilities of overlapping patches into one region."""

from __future__ import annotations

import numpy as np

from ..raster.tiling import Window

#: Blending weights are whole multiples of 1/256: their products with a float32 probability fit into
#: float64 without rounding. Where all patches agree, the weighted mean is then exact.
WEIGHT_STEPS = 256


class RegionBlender:
    """Weighted mean of all patches over a region.

    Where all patches agree on a pixel, the blend is their value to the last bit (see
    `WEIGHT_STEPS`). Patches are added row by row, so that a pixel's sum has the same order
    of terms whatever the region.
    """

    def __init__(self, region: Window, patch: int) -> None:
        self._region = region
        self._weights = blending_weights(patch)
        self._sum = np.zeros((region.height, region.width))
        self._weight_sum = np.zeros((region.height, region.width))

    def add(self, patch: Window, probability: np.ndarray) -> None:
        """Add one patch of probabilities [patch, patch]; what lies outside the region is cut."""
        region = self._region
        row, row_stop = max(patch.row, region.row), min(patch.row_stop, region.row_stop)
        col, col_stop = max(patch.col, region.col), min(patch.col_stop, region.col_stop)
        inside = Window(row, col, row_stop - row, col_stop - col)
        rows, cols = inside.slices(patch.row, patch.col)
        weight = np.outer(self._weights[rows], self._weights[cols])
        target = inside.slices(region.row, region.col)
        self._sum[target] += weight * probability[rows, cols]
        self._weight_sum[target] += weight

    def probability(self) -> np.ndarray:
        """Return the blend, float32 [height, width]; 0 where no patch was added."""
        blend = np.divide(
            self._sum, self._weight_sum, out=self._sum.copy(), where=self._weight_sum > 0
        )
        return blend.astype(np.float32)


def blending_weights(patch: int) -> np.ndarray:
    """Weights [patch] along one axis, in steps of 1/`WEIGHT_STEPS`, never 0.

    A Hann window squared: near its border a patch has not seen all that surrounds a pixel, and at
    half overlap a plain Hann window still gives such pixels a quarter of the say. Squared, moving
    the lattice changes probabilities a quarter less (99th percentile, on a real scene).

    The weight of a pixel in a patch is the product of its row's and its column's.
    """
    hann = np.sin(np.pi * (np.arange(patch) + 0.5) / patch) ** 2
    return np.maximum(np.round(hann**2 * WEIGHT_STEPS), 1) / WEIGHT_STEPS
