"""Where the patches lie: origins, regions, reflection at the raster's edge, blending weights.

The patch lattice is anchored at the raster's first pixel, never at a region or an extent. So a
pixel's probability is made of the same patches however the work was cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..common.errors import ParameterError


@dataclass(frozen=True)
class Window:
    """A block of pixels; it may reach beyond the raster.

    Attributes:
        row: First row.
        col: First column.
        height: Rows.
        width: Columns.
    """

    row: int
    col: int
    height: int
    width: int

    @property
    def row_stop(self) -> int:
        """The row after the last."""
        return self.row + self.height

    @property
    def col_stop(self) -> int:
        """The column after the last."""
        return self.col + self.width

    def grown(self, margin: int) -> Window:
        """The window with so many pixels more on each side."""
        return Window(
            self.row - margin,
            self.col - margin,
            self.height + 2 * margin,
            self.width + 2 * margin,
        )

    def slices(self, origin_row: int = 0, origin_col: int = 0) -> tuple[slice, slice]:
        """Row and column slices into an array whose first pixel is (origin_row, origin_col)."""
        return (
            slice(self.row - origin_row, self.row_stop - origin_row),
            slice(self.col - origin_col, self.col_stop - origin_col),
        )


@dataclass(frozen=True)
class Lattice:
    """The regular arrangement of overlapping square patches.

    Attributes:
        patch: Side of a patch, pixels.
        stride: Step from one patch to the next, pixels.
    """

    patch: int
    stride: int

    @classmethod
    def from_overlap(cls, patch: int, overlap: float) -> Lattice:
        """Make the lattice in which neighbours share ``overlap`` (0..0.75) of their side.

        Raises:
            ParameterError: The overlap is outside of 0..0.75.
        """
        if not 0 <= overlap <= 0.75:
            raise ParameterError(
                f"The overlap is {overlap:g}; expected a share of the patch between 0 and 0.75 "
                "(0.5 blends well; more is slower)."
            )
        return cls(patch, max(1, round(patch * (1 - overlap))))

    def origins(self, start: int, stop: int) -> range:
        """Origins, along one axis, of the patches that touch pixels ``start`` to ``stop - 1``.

        The lattice begins one overlap before the raster, so that the pixels at its edge are
        blended from as many patches as those inside.
        """
        first = -(self.patch - self.stride)
        skipped = max(0, (start - self.patch - first) // self.stride + 1)
        return range(first + skipped * self.stride, stop, self.stride)

    def patches(self, region: Window) -> list[Window]:
        """All patches that touch a region, row by row."""
        return [
            Window(row, col, self.patch, self.patch)
            for row in self.origins(region.row, region.row_stop)
            for col in self.origins(region.col, region.col_stop)
        ]

    def halo_window(self, region: Window) -> Window:
        """The region with the halo that its patches need; it may reach beyond the raster."""
        rows = self.origins(region.row, region.row_stop)
        cols = self.origins(region.col, region.col_stop)
        return Window(
            rows[0],
            cols[0],
            rows[-1] + self.patch - rows[0],
            cols[-1] + self.patch - cols[0],
        )


def regions(area: Window, size: int) -> Iterator[Window]:
    """Cut an area into blocks of at most ``size`` x ``size`` pixels, row by row.

    Cuts lie on multiples of ``size`` from the area's first pixel, which is the output's: where
    ``size`` is a multiple of the TIFF's blocks, each of these is written once.
    """
    for row in range(area.row, area.row_stop, size):
        for col in range(area.col, area.col_stop, size):
            yield Window(row, col, min(size, area.row_stop - row), min(size, area.col_stop - col))


def reflected(start: int, stop: int, length: int) -> np.ndarray:
    """Indices ``start..stop-1`` folded back into ``0..length-1`` by mirroring at the edge pixels.

    Works for any reach, also where the raster is smaller than the halo.
    """
    if length == 1:
        return np.zeros(stop - start, dtype=np.intp)
    period = 2 * (length - 1)
    index = np.arange(start, stop, dtype=np.intp) % period
    return np.where(index < length, index, period - index)
