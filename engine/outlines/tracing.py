"""Outlines of labelled pixels, traced along pixel edges.

Own code, where GDAL's polygonize and a union in GEOS would do: with edges, joining two bands of
rows is exact by construction and needs no cleaning up, and QGIS users need one package less.

Coordinates are pixel corners (col, row); (0, 0) is the raster's first corner, rows run downwards.
An edge is directed so that its landslide lies to the right of the way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inventory.wkb import signed_area


def pixel_edges(labels: np.ndarray, covered: np.ndarray, row: int) -> tuple[np.ndarray, np.ndarray]:
    """The edges between labelled pixels and the rest, straight runs as one.

    Args:
        labels: Labels [height, width] of a band of rows, 0 for none; pixels of one label are
            connected along edges, and two labels never share an edge.
        covered: Whether a pixel is labelled, [height + 2, width + 2]: the same band with one row
            or column more on each side, which tells where it goes on.
        row: The band's first row in the raster.

    Returns:
        Edges int64 [n, 4] (start col, start row, end col, end row) and their labels [n].
    """
    inside = covered[1:-1, 1:-1]
    parts = [
        _runs(inside & ~covered[:-2, 1:-1], labels, along_rows=True, shift=0, forward=True),
        _runs(inside & ~covered[2:, 1:-1], labels, along_rows=True, shift=1, forward=False),
        _runs(inside & ~covered[1:-1, :-2], labels, along_rows=False, shift=0, forward=False),
        _runs(inside & ~covered[1:-1, 2:], labels, along_rows=False, shift=1, forward=True),
    ]
    edges = np.concatenate([edges for edges, _ in parts])
    edges[:, (1, 3)] += row
    return edges, np.concatenate([owner for _, owner in parts])


def _runs(
    sides: np.ndarray, labels: np.ndarray, *, along_rows: bool, shift: int, forward: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Join neighbouring pixel sides of one direction into runs.

    Neighbours with a side on the same line are connected pixels, so that a run has one label.
    """
    if not along_rows:
        sides, labels = sides.T, labels.T
    padded = np.pad(sides, ((0, 0), (1, 1)))
    line, start = np.nonzero(padded[:, 1:-1] & ~padded[:, :-2])
    _, last = np.nonzero(padded[:, 1:-1] & ~padded[:, 2:])
    owner = labels[line, start]
    first, stop, line = start, last + 1, line + shift
    if not forward:
        first, stop = stop, first
    columns = (first, line, stop, line) if along_rows else (line, first, line, stop)
    return np.column_stack(columns).astype(np.int64), owner


def trace(edges: np.ndarray, owner: np.ndarray, count: int) -> list[list[np.ndarray]]:
    """Link the edges of landslides into rings.

    Where two pixels of one landslide meet at a corner only, the rings part in such a way that the
    landslide goes on through the corner: every ring then passes a corner once, and the polygon is
    valid.

    Args:
        edges: Edges [n, 4] of any number of landslides, all edges of each.
        owner: Index of each edge's landslide, 0..count-1.
        count: Number of landslides.

    Returns:
        For each landslide its rings, the exterior first. A ring is an array [corners, 2] of
        (col, row), not closed, without corners at which it goes straight on.
    """
    following = _following(edges, owner).tolist()
    corners = edges[:, :2]
    rings: list[list[np.ndarray]] = [[] for _ in range(count)]
    seen = bytearray(len(edges))
    for first in range(len(edges)):
        if seen[first]:
            continue
        ring: list[int] = []
        edge: Any = first
        while not seen[edge]:
            seen[edge] = 1
            ring.append(edge)
            edge = following[edge]
        rings[owner[first]].append(_without_straight_corners(corners[ring]))
    for mine in rings:
        # Exterior and holes run in opposite senses; the exterior's area is positive here.
        mine.sort(key=signed_area, reverse=True)
    return rings


def _following(edges: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Index of the edge that follows each."""
    span = int(edges.max(initial=0)) + 1
    start = (owner.astype(np.int64) * span + edges[:, 1]) * span + edges[:, 0]
    end = (owner.astype(np.int64) * span + edges[:, 3]) * span + edges[:, 2]
    order = np.argsort(start, kind="stable")
    place = np.searchsorted(start[order], end)
    one = order[place]
    other = order[np.minimum(place + 1, len(order) - 1)]
    way = np.sign(edges[:, 2:] - edges[:, :2])
    to_the_left = np.column_stack((way[:, 1], -way[:, 0]))
    turns_left = (start[other] == end) & (way[other] == to_the_left).all(axis=1)
    return np.where(turns_left, other, one)


def _without_straight_corners(ring: np.ndarray) -> np.ndarray:
    """Drop the corners at which the ring goes straight on (left where two bands of rows met)."""
    way = np.sign(np.roll(ring, -1, axis=0) - ring)
    return ring[(way != np.roll(way, 1, axis=0)).any(axis=1)]
