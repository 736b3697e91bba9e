"""Where shadows fall: of the land by a DEM and the sun, of clouds by their place and the sun.

Both are worked out on pixels of about 30 m, as fine as the DEMs that there are, and reach no
further than `REACH`: so what is found in a window does not depend on how the image was cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..raster.grid import Grid
from ..raster.illumination import Sun, grid_directions

#: Ground that the sun meets at less than this cosine is in deep shade: of what a model finds there,
#: most is wrong (docs/accuracy.md).
LEAST_LIGHT = 0.2
#: Shadows are followed so far, metres.
REACH = 3000.0
#: Clouds hang so high above the ground, metres; thinner ones that are higher cast hardly a shadow.
_CLOUD_HEIGHTS = (200.0, 4000.0)
#: Cells of the coarse lattice, metres.
_CELL = 30.0


class Shadows:
    """Shadows on one grid under one sun.

    Attributes:
        sun: The sun.
    """

    def __init__(self, grid: Grid, sun: Sun) -> None:
        self.sun = sun
        width, height = (float(size[0]) for size in grid.pixel_size_metres())
        self._pixel = width, height
        azimuth = math.radians(sun.azimuth)
        towards = math.sin(azimuth), math.cos(azimuth)
        # Columns and rows from a place towards the sun, a metre of ground.
        self._cols, self._rows = (
            (towards[0] * east + towards[1] * north) / size
            for (east, north), size in zip(grid_directions(grid), (width, height))
        )

    @property
    def cell(self) -> int:
        """Pixels along a side of the coarse lattice's cells."""
        return cell_of(self._pixel[0])

    def cast(self, elevation: np.ndarray) -> np.ndarray:
        """Where other land hides the sun, bool.

        Args:
            elevation: Metres, NaN where unknown; with a margin, in which the answer may be wrong.
        """
        coarse = _pooled(elevation, self.cell)
        known = np.isfinite(coarse)
        if not known.any():
            return np.zeros(elevation.shape, bool)
        coarse = np.where(known, coarse, np.nanmin(coarse))
        highest, lowest = float(coarse.max()), float(coarse.min())
        rise = math.tan(math.radians(self.sun.elevation))
        hidden = np.zeros(coarse.shape, bool)
        for distance in self._distances(0.0, (highest - lowest) / rise):
            ahead = self._moved(coarse, distance)
            # Half a cell of tolerance: a DEM's own noise casts no shadow.
            hidden |= ahead - distance * rise > coarse + 0.5 * _CELL * rise
        return _spread(hidden & known, self.cell, elevation.shape)

    def of_clouds(self, cloud: np.ndarray) -> np.ndarray:
        """Where a cloud's shadow may fall, whatever height it has, bool.

        Args:
            cloud: Bool, with a margin, beyond which no cloud is known.
        """
        coarse = _pooled(cloud, self.cell)
        rise = math.tan(math.radians(self.sun.elevation))
        shaded = np.zeros(coarse.shape, bool)
        if coarse.any():
            low, high = (height / rise for height in _CLOUD_HEIGHTS)
            for distance in self._distances(low, high):
                shaded |= self._moved(coarse, distance, False)
        return _spread(shaded, self.cell, cloud.shape)

    def _distances(self, start: float, stop: float) -> Iterator[float]:
        step = self.cell * min(self._pixel)
        first = max(1, math.floor(start / step))
        return (step * n for n in range(first, math.floor(min(stop, REACH) / step) + 1))

    def _moved(self, coarse: np.ndarray, distance: float, beyond: bool | None = None) -> np.ndarray:
        """What lies so far towards the sun from each cell; ``beyond`` outside, else the edge's."""
        down = round(self._rows * distance / self.cell)
        right = round(self._cols * distance / self.cell)
        rows, cols = (np.arange(n) + by for n, by in zip(coarse.shape, (down, right)))
        inside = [(at >= 0) & (at < n) for at, n in zip((rows, cols), coarse.shape)]
        clipped = (at.clip(0, n - 1) for at, n in zip((rows, cols), coarse.shape))
        moved = coarse[np.ix_(*clipped)]
        return moved if beyond is None else np.where(np.outer(*inside), moved, beyond)


def cell_of(pixel: float) -> int:
    """Pixels of this size, metres, along a side of the coarse lattice's cells."""
    return max(1, round(_CELL / pixel))


def _pooled(values: np.ndarray, cell: int) -> np.ndarray:
    """The mean of the known pixels of each cell, of bool whether any is set."""
    height, width = (-(-n // cell) * cell for n in values.shape)
    padded = np.pad(
        values, ((0, height - values.shape[0]), (0, width - values.shape[1])), mode="edge"
    )
    blocks = padded.reshape(height // cell, cell, width // cell, cell)
    if values.dtype == bool:
        return np.asarray(blocks.any(axis=(1, 3)))
    known = np.isfinite(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, 0).sum(axis=(1, 3))
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _spread(cells: np.ndarray, cell: int, shape: tuple[int, ...]) -> np.ndarray:
    """Cells as pixels again."""
    pixels = cells.repeat(cell, axis=0).repeat(cell, axis=1)
    return np.asarray(pixels[: shape[0], : shape[1]])
