"""A raster seen through another grid: interpolated on arrays where axes agree, else warped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.archive import shown
from ..common.dependencies import require
from ..common.errors import ParameterError
from .grid import Grid
from .reading import read_window
from .source import BandSource
from .tiling import Window

#: A DEM pixel smaller than this share of a stack pixel is averaged; a larger one is interpolated.
AVERAGE_BELOW = 0.67

#: Largest error of the approximate transformation between CRSs, DEM pixels.
WARP_TOLERANCE = 0.01

METHODS = ("bilinear", "cubic", "nearest")

#: Source positions closer than this to a pixel's centre are taken as on it, pixels.
_ON_CENTRE = 1e-4
#: Keys' cubic convolution (1981) has this parameter in GDAL too.
_CUBIC = -0.5


def check_method(method: str, allowed: tuple[str, ...] = METHODS) -> None:
    """Check the name of a resampling method.

    Raises:
        ParameterError: There is no such method.
    """
    if method not in allowed:
        raise ParameterError(f"Unknown resampling '{method}'. Choose one of {', '.join(allowed)}.")


@dataclass(frozen=True)
class Sample:
    """A window of a band on another grid.

    Attributes:
        values: Numbers as in the file, float32 [height, width]; anything where not valid.
        valid: Whether there is data, bool [height, width].
        touched: Whether a marked number (saturated) has a share in the value, bool likewise.
    """

    values: np.ndarray
    valid: np.ndarray
    touched: np.ndarray


class Sampler:
    """One band of an open dataset, on a grid. Use from one thread at a time.

    A pixel has data where the source pixel under its centre has; interpolation takes values of
    source pixels with data only.
    """

    def __init__(
        self,
        dataset: Any,
        number: int,
        grid: Grid,
        method: str,
        nodata: float | None = None,
        marked: float | None = None,
    ) -> None:
        """Prepare reading.

        Args:
            dataset: Open rasterio dataset.
            number: The band's number, from 1.
            grid: The grid to see it through.
            method: One of `METHODS`. Where the source is much finer than the grid, it is averaged,
                unless the method is ``nearest``.
            nodata: A number that means no data, besides what the file declares.
            marked: A number to look out for (saturated).
        """
        self._dataset = dataset
        self._number = number
        self._grid = grid
        self._method = method
        self._nodata = nodata
        self._marked = marked
        source = Grid.of(dataset, shown(dataset.name))
        self._source = source
        self._warped = None
        if not _same_axes(source, grid) or (_finer(source, grid) and method != "nearest"):
            self._warped = _warp(dataset, grid, method, source, nodata)

    def close(self) -> None:
        """Close what this has opened; the dataset stays open."""
        if self._warped:
            self._warped.close()

    def read(self, window: Window) -> Sample:
        """Read a window of the grid; it may reach beyond the source."""
        if self._warped:
            return self._read_warped(window)
        a, _, c, _, e, f = self._source.transform
        first_x, first_y = self._grid.to_map(window.col + 0.5, window.row + 0.5)
        step_x, step_y = self._grid.transform[0], self._grid.transform[4]
        cols = _Axis.of((first_x - c) / a, step_x / a, window.width, self._source.width)
        rows = _Axis.of((first_y - f) / e, step_y / e, window.height, self._source.height)
        if not (cols.inside.any() and rows.inside.any()):
            return _nothing(window)
        cols, rows = cols.with_taps(self._method), rows.with_taps(self._method)
        values, valid = self._read_source(rows, cols)
        return _interpolate(values, valid, self._marked, rows, cols)

    def _read_source(self, rows: _Axis, cols: _Axis) -> tuple[np.ndarray, np.ndarray]:
        part = Window(
            rows.first, cols.first, rows.last - rows.first + 1, cols.last - cols.first + 1
        )
        read = read_window(self._dataset, self._number, part, shown(self._dataset.name))
        valid = ~np.ma.getmaskarray(read)
        if self._nodata is not None:
            valid &= read.data != self._nodata
        if read.dtype.kind == "f":
            valid &= np.isfinite(read.data)
        return read.data.astype(np.float32), valid

    def _read_warped(self, window: Window) -> Sample:
        read = read_window(self._warped, self._number, window, shown(self._dataset.name))
        values = read.filled(np.nan)
        # Warping has mixed a marked number with others; what is above half of it has a share.
        limit = np.inf if self._marked is None else self._marked / 2
        valid = np.isfinite(values)
        return Sample(values, valid, valid & (values > limit))


@dataclass(frozen=True)
class _Axis:
    """Where the pixels of a window lie along one axis of the source.

    Attributes:
        position: In source pixels, 0 at the centre of the first.
        inside: Whether the pixel's centre lies on the source.
        length: Pixels of the source.
        index: Source pixels that take part [taps, n].
        weight: Their weights [taps, n], float32.
    """

    position: np.ndarray
    inside: np.ndarray
    length: int
    index: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, start: float, step: float, count: int, length: int) -> _Axis:
        """Positions of ``count`` pixels, from ``start`` (0 at the source's edge) in ``step``s."""
        position = start - 0.5 + step * np.arange(count)
        nearest = np.rint(position)
        position = np.where(np.abs(position - nearest) < _ON_CENTRE, nearest, position)
        inside = (position >= -0.5) & (position <= length - 0.5)
        return cls(position, inside, length, np.empty((0, count), int), np.empty((0, count)))

    def with_taps(self, method: str) -> _Axis:
        """The same with indices and weights; the source's edge pixels are repeated outwards."""
        whole = bool((self.position == np.rint(self.position)).all())
        base = np.floor(self.position)
        if method == "nearest":
            base = np.floor(self.position + 0.5)
        if method == "nearest" or whole:
            weights = [np.ones_like(base)]
            reach = range(1)
        elif method == "bilinear":
            part = self.position - base
            weights, reach = [1 - part, part], range(2)
        else:
            part = self.position - base
            reach = range(-1, 3)
            weights = [_keys(part - offset) for offset in reach]
        index = np.stack([base + offset for offset in reach]).clip(0, self.length - 1)
        weight = np.stack(weights).astype(np.float32)
        return _Axis(self.position, self.inside, self.length, index.astype(np.intp), weight)

    @property
    def first(self) -> int:
        """First source pixel that takes part."""
        return int(self.index.min())

    @property
    def last(self) -> int:
        """Last source pixel that takes part."""
        return int(self.index.max())

    @property
    def nearest(self) -> np.ndarray:
        """The source pixel under each centre, counted from `first`."""
        under = np.floor(self.position + 0.5).clip(self.first, self.last)
        return under.astype(np.intp) - self.first


def _keys(distance: np.ndarray) -> np.ndarray:
    """Weight at a distance in pixels: Keys (1981), *Cubic convolution interpolation*, eq. 4."""
    x, a = np.abs(distance), _CUBIC
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _interpolate(
    values: np.ndarray, valid: np.ndarray, marked: float | None, rows: _Axis, cols: _Axis
) -> Sample:
    place = np.ix_(rows.nearest, cols.nearest)
    within = np.outer(rows.inside, cols.inside)
    marks = values == marked if marked is not None else np.zeros((), dtype=bool)
    touched: np.ndarray = np.zeros(within.shape, dtype=bool)
    if marks.any():
        share = _along(marks.astype(np.float32), rows, cols, absolute=True)
        touched = (share > 0) & within
    if valid.all():
        return Sample(_along(values, rows, cols), within, touched)
    share = _along(valid.astype(np.float32), rows, cols)
    mean = _along(np.where(valid, values, np.float32(0)), rows, cols)
    enough = share > 0.2  # a cubic's negative weights can all but cancel the others
    mean = np.divide(mean, share, out=values[place], where=enough)
    return Sample(mean, valid[place] & within, touched)


def _along(values: np.ndarray, rows: _Axis, cols: _Axis, absolute: bool = False) -> np.ndarray:
    """Weighted sums, first along the columns' axis, then along the rows'."""
    across = _weighted(values, cols, 1, absolute)
    return _weighted(across, rows, 0, absolute)


def _weighted(values: np.ndarray, axis: _Axis, along: int, absolute: bool) -> np.ndarray:
    index = axis.index - axis.first
    if len(index) == 1:
        return np.take(values, index[0], axis=along)
    weight = np.abs(axis.weight) if absolute else axis.weight
    shape = (1, -1) if along else (-1, 1)
    total = np.take(values, index[0], axis=along)
    total *= weight[0].reshape(shape)
    for tap, tap_weight in zip(index[1:], weight[1:]):
        part = np.take(values, tap, axis=along)
        part *= tap_weight.reshape(shape)
        total += part
    return total


def _nothing(window: Window) -> Sample:
    shape = (window.height, window.width)
    none = np.zeros(shape, dtype=bool)
    return Sample(np.zeros(shape, dtype=np.float32), none, none)


def _same_axes(source: Grid, grid: Grid) -> bool:
    turned = any((source.transform[1], source.transform[3], grid.transform[1], grid.transform[3]))
    return not turned and source.same_crs(grid.crs)


def _finer(source: Grid, grid: Grid) -> bool:
    """Whether pixels must be averaged: interpolation would pass most of them by."""
    return _size(source) < AVERAGE_BELOW * _size(grid)


def _size(grid: Grid) -> float:
    return float(grid.pixel_size_metres()[0][0])


def _warp(dataset: Any, grid: Grid, method: str, source: Grid, nodata: float | None) -> Any:
    resampling = require("rasterio.enums", "rasterio").Resampling
    if method != "nearest" and _finer(source, grid):
        method = "average"
    return require("rasterio.vrt", "rasterio").WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=grid.affine,
        width=grid.width,
        height=grid.height,
        resampling=resampling[method],
        tolerance=WARP_TOLERANCE,
        src_nodata=dataset.nodata if nodata is None else nodata,
        nodata=float("nan"),
        dtype="float32",
    )


def band_sampler(dataset: Any, source: BandSource, grid: Grid, method: str) -> Sampler:
    """The sampler of a product's band."""
    return Sampler(dataset, source.number, grid, method, source.nodata, source.saturated)
