"""Landslides that touch, parted where they were most likely joined: at necks, ridges and saddles.

A watershed from the tops down. The height of a pixel is its distance to the outline, lowered where
the probability is low and where the land turns away to two sides (a ridge). From its top, each
basin grows downwards; where two meet, they stay apart if the pass between them is low against the
lower of their tops, and become one otherwise.
"""

from __future__ import annotations

import numpy as np

from ..common.dependencies import require
from ..raster.relief import Relief

#: Side of the square over which the agreement of aspects is taken, pixels.
_RIDGE_WINDOW = 5

_NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def split(
    inside: np.ndarray,
    probability: np.ndarray,
    relief: Relief | None,
    depth: float,
    smallest: int,
) -> np.ndarray:
    """Part one landslide.

    Args:
        inside: Its pixels, bool [height, width].
        probability: 0..1 [height, width].
        relief: The land, or None.
        depth: How far below the lower top a pass must lie, as a share of that top, 0..1. Low
            values part more.
        smallest: Pixels above the pass that each part must have.

    Returns:
        Labels from 1, in the order of their first pixels, int32 [height, width]; 0 outside.
    """
    heights = _heights(inside, probability, relief)
    padded = np.pad(heights, 1, constant_values=-1.0)  # nothing has a neighbour beyond the border
    basins = _Basins(1 - depth, smallest)
    _flood(padded.ravel().tolist(), padded.shape[1], basins)
    labels = np.zeros(padded.size, dtype=np.int32)
    for pixel, basin in basins.of_pixel.items():
        labels[pixel] = basins.root(basin) + 1
    return _renumbered(labels.reshape(padded.shape)[1:-1, 1:-1])


def _heights(inside: np.ndarray, probability: np.ndarray, relief: Relief | None) -> np.ndarray:
    ndimage = require("scipy.ndimage", "scipy")
    distance = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    heights = distance * probability
    if relief is not None:
        heights = heights * _off_ridges(relief)
    # Rounded, so that pixels of equal height keep the order of reading everywhere.
    return np.where(inside, np.round(heights, 6), -1.0)


def _off_ridges(relief: Relief) -> np.ndarray:
    """1 where the land around goes down in one direction or is hollow, towards 0 on a ridge."""
    ndimage = require("scipy.ndimage", "scipy")
    means = [
        ndimage.uniform_filter(np.nan_to_num(part), _RIDGE_WINDOW, mode="nearest")
        for part in relief.aspect_vector()
    ]
    bent = ndimage.uniform_filter(np.nan_to_num(relief.curvature), _RIDGE_WINDOW, mode="nearest")
    # A thousandth of 1/m is a bend of half a degree between pixels of 10 m: level, in a DEM.
    return np.where(bent > 1e-3, np.minimum(np.hypot(*means), 1), 1.0)


class _Basins:
    """Basins with their tops, and which of them have become one."""

    def __init__(self, pass_share: float, smallest: int) -> None:
        self.of_pixel: dict[int, int] = {}
        self._pass_share = pass_share
        self._smallest = smallest
        self._parent: list[int] = []
        self._top: list[float] = []
        self._pixels: list[int] = []

    def new(self, top: float) -> int:
        self._parent.append(len(self._parent))
        self._top.append(top)
        self._pixels.append(0)
        return len(self._parent) - 1

    def root(self, basin: int) -> int:
        while self._parent[basin] != basin:
            self._parent[basin] = basin = self._parent[self._parent[basin]]
        return basin

    def add(self, pixel: int, basin: int) -> None:
        self.of_pixel[pixel] = basin
        self._pixels[basin] += 1

    def meet(self, one: int, other: int, height: float) -> None:
        """Two basins meet at a pass: keep them apart, or let the higher take in the lower."""
        if self._top[one] < self._top[other]:
            one, other = other, one
        deep = height < self._pass_share * self._top[other]
        if deep and min(self._pixels[one], self._pixels[other]) >= self._smallest:
            return
        self._parent[other] = one
        self._pixels[one] += self._pixels[other]


def _flood(heights: list[float], width: int, basins: _Basins) -> None:
    """Give every pixel to a basin, from the highest down."""
    order = sorted((p for p, h in enumerate(heights) if h >= 0), key=lambda p: -heights[p])
    steps = [row * width + col for row, col in _NEIGHBOURS]
    for pixel in order:
        height = heights[pixel]
        near = {
            basins.root(basins.of_pixel[pixel + step])
            for step in steps
            if pixel + step in basins.of_pixel
        }
        if not near:
            basins.add(pixel, basins.new(height))
            continue
        home, *others = sorted(near)
        for other in others:
            basins.meet(basins.root(home), basins.root(other), height)
        basins.add(pixel, basins.root(home))


def _renumbered(labels: np.ndarray) -> np.ndarray:
    """Labels 1, 2, ... in the order of their first pixels."""
    present, first = np.unique(labels, return_index=True)
    present = present[np.argsort(first)]
    present = present[present > 0]
    number = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.int32)
    number[present] = np.arange(1, len(present) + 1)
    return number[labels]
