"""Where water runs on a height model, and how much of it.

``receiver`` holds, for each cell, the flat index of the cell it drains to; outlets drain to
themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import coo_matrix, csgraph

from .grids import Array

CHANNEL_AREA = 2.5e5  # m2 of catchment above which a stream has a floor of its own

_NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def route(dem: Array, outlet: Array) -> Array:
    """Flat index of the cell each cell drains to: D8, pits spilling over their lowest pass.

    Args:
        dem: Heights.
        outlet: True where water leaves; these cells drain to themselves.
    """
    rows, columns = dem.shape
    padded = np.pad(dem, 1, constant_values=np.inf)
    receiver = np.arange(dem.size).reshape(dem.shape)
    here, best = receiver.copy(), np.zeros(dem.shape)
    for down, right in _NEIGHBOURS:
        neighbour = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        drop = (dem - neighbour) / np.hypot(down, right)
        steeper = drop > best
        best[steeper] = drop[steeper]
        receiver[steeper] = here[steeper] + down * columns + right
    receiver[outlet] = here[outlet]
    return _spill(dem, receiver.ravel(), outlet.ravel())


def flow_levels(receiver: Array) -> Iterator[Array]:
    """Cells by the number of steps to their outlet: level 0 first."""
    depth = (receiver != np.arange(receiver.size)).astype(np.int32)
    ahead = receiver
    while True:
        step = depth[ahead]
        if not step.any():
            break
        depth = depth + step
        ahead = ahead[ahead]
    order = np.argsort(depth, kind="stable")
    yield from np.split(order, np.cumsum(np.bincount(depth))[:-1])


def accumulate(levels: Sequence[Array], receiver: Array, cell: float) -> Array:
    """Catchment area of each cell in m2, its own included.

    Args:
        levels: What ``flow_levels`` yields.
        receiver: Flat index of the cell each cell drains to.
        cell: Cell side in metres.
    """
    area = np.full(receiver.size, cell * cell)
    for cells in reversed(levels[1:]):
        np.add.at(area, receiver[cells], area[cells])
    return area


def drainage_area(receiver: Array, cell: float) -> Array:
    """Catchment area in m2 from receivers alone."""
    return accumulate(list(flow_levels(receiver)), receiver, cell)


def catchment(receiver: Array, site: int) -> Array:
    """True in the catchment of one cell."""
    cut = receiver.copy()
    cut[site] = site
    return _roots(cut) == site


def _roots(receiver: Array) -> Array:
    """Where the water of each cell ends, by pointer doubling."""
    while True:
        further = receiver[receiver]
        if np.array_equal(further, receiver):
            return receiver
        receiver = further


def _spill(dem: Array, receiver: Array, outlet: Array) -> Array:
    """Join basins that end in pits over their lowest passes (Cordonnier et al. 2019)."""
    root = _roots(receiver)
    pits = np.flatnonzero((receiver == np.arange(receiver.size)) & ~outlet)
    basin: Array = np.zeros(receiver.size, np.int64)  # 0: everything that already reaches an outlet
    basin[pits] = np.arange(1, pits.size + 1)
    basin = basin[root]
    inner, outer, height = _passes(dem, basin)
    graph = coo_matrix((height, (basin[inner], basin[outer])), shape=(pits.size + 1,) * 2)
    tree = csgraph.minimum_spanning_tree(graph.tocsr())
    order, parent = csgraph.breadth_first_order(tree, 0, directed=False)
    over = {}
    for a, b in zip(inner, outer):
        over[basin[a], basin[b]], over[basin[b], basin[a]] = b, a
    joined = receiver.copy()
    for child in order[1:]:
        joined[pits[child - 1]] = over[child, parent[child]]
    return joined


def _passes(dem: Array, basin: Array) -> tuple[Array, Array, Array]:
    """Lowest pass between each pair of neighbouring basins: a cell on either side, its height."""
    index = np.arange(dem.size).reshape(dem.shape)
    a = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    b = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    border = basin[a] != basin[b]
    a, b = a[border], b[border]
    swap = basin[a] > basin[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    height = np.maximum(dem.flat[a], dem.flat[b])
    order = np.lexsort((height, basin[b], basin[a]))
    pair = np.stack([basin[a], basin[b]])[:, order]
    first = np.ones(order.size, bool)
    first[1:] = (np.diff(pair) != 0).any(axis=0)
    keep = order[first]
    # The sparse graph takes a zero weight for a missing edge.
    return a[keep], b[keep], height[keep] - dem.min() + 1
