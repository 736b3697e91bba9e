"""The granules of one day as one image on a grid: reflectance x 10000, and masks as reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.errors import RasterError
from ..products.masks import Reason, raster_reasons, rasterise, read_polygons, tells
from ..raster.grid import Grid
from ..raster.hemisphere import hemisphere_hint
from ..raster.reading import open_raster
from ..raster.resample import Sampler, band_sampler
from ..raster.source import MaskSource, Product
from ..raster.tiling import Window
from ..stack.reader import OPTICAL_BANDS
from .target_grid import bounds_in


@dataclass(frozen=True)
class Block:
    """A window of an image.

    Attributes:
        values: Float32 [bands, height, width] in the bands' units; anything where not valid.
        valid: Whether all bands have data, bool [height, width].
        reasons: `Reason` bits, uint8 [height, width].
    """

    values: np.ndarray
    valid: np.ndarray
    reasons: np.ndarray


class Mosaic:
    """Granules on one grid; where two have data, the first that was given counts.

    Use from one thread at a time.
    """

    def __init__(
        self,
        products: Sequence[Product],
        grid: Grid,
        bands: Sequence[str],
        method: str,
        reasons: Reason,
    ) -> None:
        """Open the granules.

        Args:
            products: One a granule.
            grid: The grid to see them through.
            bands: Names of the bands.
            method: How bands are resampled, one of `resample.METHODS`.
            reasons: What masks are read for; those that tell of nothing else are not.

        Raises:
            BandError: A granule lacks a band.
            RasterError: A file cannot be read, or no granule touches the grid.
        """
        self._files = ExitStack()
        try:
            self._granules = [
                _Granule(self._files, product, grid, bands, method, reasons) for product in products
            ]
            _check_overlap(self._granules, grid)
        except BaseException:
            self._files.close()
            raise
        self._bands = len(bands)

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def read(self, window: Window) -> Block:
        """Read a window of the grid.

        Raises:
            RasterError: A file is damaged.
        """
        merged: Block | None = None
        for granule in self._granules:
            if granule.touches(window):
                block = granule.read(window)
                merged = block if merged is None else _laid_under(merged, block)
            if merged is not None and merged.valid.all():
                break
        return merged or self._nothing(window)

    def _nothing(self, window: Window) -> Block:
        shape = (window.height, window.width)
        return Block(
            np.zeros((self._bands, *shape), np.float32),
            np.zeros(shape, dtype=bool),
            np.full(shape, Reason.NODATA, dtype=np.uint8),
        )


def _laid_under(upper: Block, lower: Block) -> Block:
    take = lower.valid & ~upper.valid
    return Block(
        np.where(take, lower.values, upper.values),
        upper.valid | take,
        np.where(take, lower.reasons, upper.reasons),
    )


def _check_overlap(granules: Sequence[_Granule], grid: Grid) -> None:
    if any(granule.touches(grid.area) for granule in granules):
        return
    hint = next(filter(None, (hemisphere_hint(g.own_grid, grid) for g in granules)), "")
    first = granules[0]
    raise RasterError(
        f"{first.identifier} does not touch the stack: it covers "
        f"{', '.join(f'{x:.6g}' for x in first.bounds)} in the stack's CRS, the stack "
        f"{grid.bounds_text()}. {hint or 'Give a product of the same place.'}"
    )


class _Granule:
    """One granule on a grid."""

    def __init__(
        self,
        files: ExitStack,
        product: Product,
        grid: Grid,
        bands: Sequence[str],
        method: str,
        reasons: Reason,
    ) -> None:
        self.identifier = product.id
        self._grid = grid
        self._files = files
        self._datasets: dict[str, Any] = {}
        self._bands = [product.band(band) for band in bands]
        self._samplers = [
            files.enter_context(closing(band_sampler(self._open(b.path), b, grid, method)))
            for b in self._bands
        ]
        # A ready raster may say nothing of its margins, which are 0 in all optical bands.
        self._optical = [i for i, band in enumerate(bands) if band in OPTICAL_BANDS]
        self._asked = np.uint8(reasons)
        masks = [mask for mask in product.masks if not mask.band or mask.band in bands]
        self._masks = [self._mask(mask) for mask in masks if tells(mask) & reasons]
        self.own_grid = Grid.of(self._open(self._bands[0].path), self._bands[0].path)
        self.bounds = bounds_in(self.own_grid.crs, grid.crs, self.own_grid.bounds)

    def _open(self, path: str) -> Any:
        if path not in self._datasets:
            self._datasets[path] = self._files.enter_context(open_raster(path))
        return self._datasets[path]

    def _mask(self, mask: MaskSource) -> Callable[[Window], np.ndarray]:
        """What reads the mask's reasons in a window."""
        if not mask.number:
            polygons = read_polygons(mask)
            return lambda window: rasterise(polygons, self._grid.shifted(window))
        sampler = self._files.enter_context(
            closing(Sampler(self._open(mask.path), mask.number, self._grid, "nearest"))
        )

        def read(window: Window) -> np.ndarray:
            sample = sampler.read(window)
            reasons = raster_reasons(mask, sample.values)
            return np.where(sample.valid, reasons, np.uint8(0))

        return read

    def touches(self, window: Window) -> bool:
        """Whether the granule may have data in a window."""
        west, south, east, north = self._grid.shifted(window).bounds
        xmin, ymin, xmax, ymax = self.bounds
        return west < xmax and east > xmin and south < ymax and north > ymin

    def read(self, window: Window) -> Block:
        """Read a window of the grid."""
        shape = (window.height, window.width)
        values = np.empty((len(self._bands), *shape), dtype=np.float32)
        valid, lit = np.ones(shape, dtype=bool), np.zeros(shape, dtype=bool)
        reasons = np.zeros(shape, dtype=np.uint8)
        for number, (band, sampler) in enumerate(zip(self._bands, self._samplers)):
            sample = sampler.read(window)
            valid &= sample.valid
            reasons[sample.touched] |= np.uint8(Reason.DEFECTIVE)
            if number in self._optical:
                lit |= sample.values != 0
            np.add(sample.values, band.offset, out=values[number])
            values[number] *= band.scale
        if self._optical:
            valid &= lit
        for mask in self._masks:
            reasons |= mask(window) & np.uint8(self._asked)
        reasons[~valid] |= np.uint8(Reason.NODATA)
        return Block(values, valid, reasons)
