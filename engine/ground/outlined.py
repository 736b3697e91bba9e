"""Outlines on a grid, and the ring of land around each: sums over the pixels of many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..common.dependencies import require
from ..inventory.polygons import in_crs
from ..inventory.table import Table
from ..inventory.wkb import polygons_of
from ..outlines.labels import boxes_of, drawn, meets, turns
from ..raster.grid import Grid
from ..raster.tiling import Window, regions

#: Side of the blocks worked on at a time, pixels.
BLOCK = 1024
#: A ring begins so far outside of the outline and is so wide, pixels: mixed pixels at the border
#: belong to neither.
GAP, WIDTH = 1.5, 5.0
_REACH = 8


@dataclass(frozen=True)
class Place:
    """Some outlines in a window.

    Attributes:
        window: Where.
        numbers: Which outlines, counted from 0 [k].
        inside: Label 1..k of each pixel's outline, int32 [height, width]; 0 for none.
        ring: Label of the outline in whose ring it lies; no pixel of any outline.
    """

    window: Window
    numbers: np.ndarray
    inside: np.ndarray
    ring: np.ndarray

    def sums(self, labels: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Sum of the values of each of the outlines [k]; ``labels`` is `inside` or `ring`."""
        count = len(self.numbers) + 1
        return np.bincount(labels.ravel(), values.ravel().astype(float), minlength=count)[1:]


class Outlined:
    """The outlines of an inventory on a grid.

    Attributes:
        count: How many there are.
    """

    def __init__(self, table: Table, grid: Grid) -> None:
        shapes = in_crs([polygons_of(record.wkb) for record in table.records], table.crs, grid.crs)
        self._shapes = [[[grid.to_pixels(r) for r in rings] for rings in one] for one in shapes]
        self._boxes = boxes_of(self._shapes)
        self._grid = grid
        self.count = len(shapes)

    def blocks(self, block: int = BLOCK) -> list[Window]:
        """The windows in which there are pixels of outlines or rings, together without overlap."""
        return [
            found
            for window in regions(self._grid.area, block)
            if (found := self._trimmed(window)) is not None
        ]

    def _trimmed(self, window: Window) -> Window | None:
        """The part of a window that outlines and rings reach; None where none does."""
        near = self._boxes[meets(self._boxes, window.grown(_REACH))]
        if not len(near):
            return None
        col, row = np.maximum(near[:, :2].min(axis=0) - _REACH, (window.col, window.row))
        col_stop, row_stop = np.minimum(
            near[:, 2:].max(axis=0) + _REACH, (window.col_stop, window.row_stop)
        )
        if col >= col_stop or row >= row_stop:
            return None
        return Window(int(row), int(col), int(row_stop - row), int(col_stop - col))

    def places(self, window: Window) -> Iterator[Place]:
        """The outlines of a window and their rings; those that overlap come one after the other."""
        ndimage = require("scipy.ndimage", "scipy")
        wide = window.grown(_REACH)
        near = np.flatnonzero(meets(self._boxes, wide))
        found = [
            (near[mine], drawn([self._shapes[i] for i in near[mine]], wide))
            for mine in turns(self._boxes[near])
        ]
        if not found:
            return
        # One pixel more than the outlines: those at their borders are mixed.
        outline = ndimage.binary_dilation(np.logical_or.reduce([labels > 0 for _, labels in found]))
        core = window.slices(wide.row, wide.col)
        for numbers, labels in found:
            if not labels.any():
                continue
            distance, nearest = ndimage.distance_transform_edt(labels == 0, return_indices=True)
            around = (distance > GAP) & (distance <= GAP + WIDTH) & ~outline
            ring = np.where(around, labels[tuple(nearest)], 0)
            yield Place(window, numbers, labels[core], ring[core])
