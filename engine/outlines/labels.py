"""Polygons drawn as labels in a window, so that all are counted at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..common.dependencies import require
from ..inventory.polygons import box_of, geojson
from ..inventory.wkb import Polygon
from ..raster.tiling import Window

#: Polygons narrower than this count all pixels that they touch, others those whose centre is in
#: them: else a thin one would have no pixel at all. Pixels.
NARROW = 2.0


def boxes_of(shapes: list[list[Polygon]]) -> np.ndarray:
    """First col, first row, last col, last row [n, 4] of shapes in pixel coordinates.

    In whole pixels: two that share no box share no pixel, however they are drawn.
    """
    boxes: np.ndarray = np.array([box_of(shape) for shape in shapes]).reshape(-1, 4)
    return np.column_stack((np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])))


def meets(boxes: np.ndarray, window: Window) -> np.ndarray:
    """Which boxes (first col, first row, last col, last row) [n, 4] meet a window."""
    return np.asarray(
        (boxes[:, 0] < window.col_stop)
        & (boxes[:, 2] > window.col)
        & (boxes[:, 1] < window.row_stop)
        & (boxes[:, 3] > window.row)
    )


def turns(boxes: np.ndarray) -> Iterator[np.ndarray]:
    """Sets of boxes that do not overlap each other, all of them together; greedily few."""
    first, last = boxes[:, None, :2], boxes[:, None, 2:]
    apart = (first >= last.transpose(1, 0, 2)) | (last <= first.transpose(1, 0, 2))
    overlap = np.logical_not(apart.any(axis=2))
    turn = np.full(len(boxes), -1)
    for i in range(len(boxes)):
        taken = set(turn[:i][overlap[i, :i]].tolist())
        turn[i] = next(number for number in range(i + 1) if number not in taken)
    for number in range(int(turn.max()) + 1):
        yield np.flatnonzero(turn == number)


def drawn(shapes: list[list[Polygon]], window: Window) -> np.ndarray:
    """Labels 1, 2, ... of shapes in pixel coordinates, int32 [height, width]."""
    features = require("rasterio.features", "rasterio")
    affine = require("affine", "rasterio").Affine
    labels = np.zeros((window.height, window.width), dtype=np.int32)
    for narrow in (False, True):
        chosen = [
            (geojson(shape), label)
            for label, shape in enumerate(shapes, start=1)
            if _is_narrow(shape) == narrow
        ]
        if chosen:
            features.rasterize(
                chosen,
                out=labels,
                transform=affine.translation(window.col, window.row),
                all_touched=narrow,
            )
    return labels


def _is_narrow(shape: list[Polygon]) -> bool:
    first_col, first_row, last_col, last_row = box_of(shape)
    return min(last_col - first_col, last_row - first_row) < NARROW
