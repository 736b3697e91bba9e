"""Landslides as connected pixels of a probability raster, read in bands of rows.

A landslide that crosses from one band into the next is kept open and joined there, so that the
outcome does not depend on the bands, and memory does not grow with the raster.

Pixels belong together where they share an edge; diagonal neighbours are separate landslides. So
every outline is one valid polygon, and its area is exactly that of its pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..common.dependencies import require
from ..common.errors import Cancelled
from ..raster.reading import bounded_cache
from ..raster.tiling import Window
from .layers import LayerReader, Reading
from .pixel_statistics import PixelStatistics, concatenated, statistics_of
from .tracing import pixel_edges


@dataclass(frozen=True)
class Components:
    """Connected pixels, as far as they have been read.

    Attributes:
        statistics: Statistics of their pixels.
        edges: Their edges as `outline.pixel_edges` gives them [m, 4].
        owner: Number of each edge's component [m].
    """

    statistics: PixelStatistics
    edges: np.ndarray
    owner: np.ndarray

    def __len__(self) -> int:
        return len(self.statistics)

    @classmethod
    def of(cls, labels: np.ndarray, covered: np.ndarray, reading: Reading) -> Components:
        """The components of a window.

        Args:
            labels: Labels [height, width], 0 for none, else 1..count.
            covered: As for `outline.pixel_edges`.
            reading: The window's layers.
        """
        window, count = reading.window, int(labels.max(initial=0))
        edges, owner = pixel_edges(labels, covered, window.row)
        edges[:, (0, 2)] += window.col
        origin = (window.row, window.col)
        return cls(statistics_of(labels, count, origin, reading.layers), edges, owner - 1)

    def boxes(self) -> list[Window]:
        """The rectangle around each component."""
        upper = np.full((len(self), 2), np.iinfo(np.int64).max)
        lower = np.zeros((len(self), 2), dtype=np.int64)
        np.minimum.at(upper, self.owner, self.edges[:, 1::-1])
        np.maximum.at(lower, self.owner, self.edges[:, 1::-1])
        return [
            Window(row, col, row_stop - row, col_stop - col)
            for (row, col), (row_stop, col_stop) in zip(upper.tolist(), lower.tolist())
        ]

    def joined(self, group: np.ndarray, count: int) -> Components:
        """Join components: those of a group become one."""
        return Components(self.statistics.joined(group, count), self.edges, group[self.owner])

    def taken(self, chosen: np.ndarray) -> Components:
        """The components with the numbers ``chosen``, in rising order, renumbered from 0."""
        renumbered = np.full(len(self), -1)
        renumbered[chosen] = np.arange(len(chosen))
        owner = renumbered[self.owner]
        mine = owner >= 0
        return Components(self.statistics.taken(chosen), self.edges[mine], owner[mine])


def side_by_side(parts: list[Components]) -> Components:
    """The components of all parts, one part after the other."""
    shifts = np.cumsum([0, *(len(part) for part in parts)])
    return Components(
        concatenated([part.statistics for part in parts]),
        np.concatenate([part.edges for part in parts]),
        np.concatenate([part.owner + shift for part, shift in zip(parts, shifts)]),
    )


def finished_components(
    layers: LayerReader,
    band_pixels: int,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Components]:
    """Read band by band; after each give the components that do not go on below it.

    Raises:
        Cancelled: The user stopped the run.
    """
    grid = layers.grid
    rows = max(1, band_pixels // grid.width)
    open_at = np.full(grid.width, -1)  # which open component is above each column, -1 for none
    waiting: Components | None = None
    for row in range(0, grid.height, rows):
        if cancelled and cancelled():
            raise Cancelled("Stopped while outlining landslides. No inventory was written.")
        window = Window(row, 0, min(rows, grid.height - row), grid.width)
        with bounded_cache():
            labels, found = _band(layers, window)
        finished, waiting, open_at = _join_bands(waiting, open_at, labels, found)
        yield finished
        if progress:
            progress(window.row_stop / grid.height, "")
    if waiting is not None:
        yield waiting


def _band(layers: LayerReader, window: Window) -> tuple[np.ndarray, Components]:
    reading = layers.read(window)
    labels, _ = require("scipy.ndimage", "scipy").label(reading.covered[1:-1, 1:-1])
    labels = labels.astype(np.int32, copy=False)
    return labels, Components.of(labels, reading.covered, reading)


def _join_bands(
    waiting: Components | None, open_at: np.ndarray, labels: np.ndarray, found: Components
) -> tuple[Components, Components, np.ndarray]:
    """Join a band's components with those still open above it.

    Args:
        waiting: Open components of the bands above.
        open_at: Number among ``waiting`` above each column, or -1.
        labels: This band's labels, 0 for none, i + 1 for ``found[i]``.
        found: This band's components.

    Returns:
        Finished components, those still open, and the latter's number at each column.
    """
    csgraph = require("scipy.sparse.csgraph", "scipy")
    sparse = require("scipy.sparse", "scipy")
    above_count = 0 if waiting is None else len(waiting)
    both = found if waiting is None else side_by_side([waiting, found])
    if not len(both):
        return both, both, np.full(labels.shape[1], -1)
    first, last = labels[0], labels[-1]
    meets = (open_at >= 0) & (first > 0)
    above, below = open_at[meets], above_count + first[meets] - 1
    links = sparse.coo_matrix((np.ones(len(above)), (above, below)), shape=(len(both),) * 2)
    count, group = csgraph.connected_components(links, directed=False)
    joined = both.joined(group, count)

    at_last = np.where(last > 0, group[above_count + last - 1], -1)
    still_open = np.unique(at_last[at_last >= 0])
    renumbered = np.full(count + 1, -1)  # the last entry serves the -1 of 'no component'
    renumbered[still_open] = np.arange(len(still_open))
    done = np.setdiff1d(np.arange(count), still_open)
    return joined.taken(done), joined.taken(still_open), renumbered[at_last]
