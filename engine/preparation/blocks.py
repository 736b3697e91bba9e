"""The blocks of a stack in the making: bands, terrain, the time before the event, and masks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from ..products.masks import Reason
from ..raster.elevation import Elevation, Terrain
from ..raster.geotiff import NODATA
from ..raster.grid import Grid
from ..raster.source import Product
from ..raster.tiling import Window
from ..stack.change import difference_name, differences
from ..stack.reader import OPTICAL_BANDS
from .coregister import moved
from .mosaic import Block, Mosaic
from .stack_plan import COVER_RULES, StackPlan

#: Metres, degrees: finer is noise, and random digits do not compress.
_TERRAIN_STEP = 1 / 64
_INDEX_STEP = 1 / 4096


@dataclass(frozen=True)
class StackBlock:
    """A window of a stack.

    Attributes:
        values: Float32 [bands, height, width], `NODATA` where there is none.
        reasons: Why a pixel is out, `Reason` bits, uint8 [height, width]; 0 where it is not.
        void: Where the DEM has no data of its own, bool [height, width].
    """

    values: np.ndarray
    reasons: np.ndarray
    void: np.ndarray


class StackBlocks:
    """Makes the blocks of one stack. Use from one thread at a time."""

    def __init__(self, plan: StackPlan) -> None:
        """Open all inputs.

        Raises:
            RasterError: One cannot be read, or does not touch the stack.
        """
        self._plan = plan
        self._files = ExitStack()
        try:
            self._image = self._mosaic(plan.products, plan.from_image, plan.grid)
            self._before = None
            if plan.pre_products:
                grid = moved(plan.grid, plan.shift) if plan.shift else plan.grid
                self._before = self._mosaic(plan.pre_products, plan.from_pre_image, grid)
            self._elevation = self._terrain() if plan.dems else None
        except BaseException:
            self._files.close()
            raise

    def _mosaic(self, products: tuple[Product, ...], bands: tuple[str, ...], grid: Grid) -> Mosaic:
        plan = self._plan
        mosaic = Mosaic(products, grid, bands, plan.resampling, plan.from_masks)
        return self._files.enter_context(closing(mosaic))

    def _terrain(self) -> Elevation:
        plan = self._plan
        elevation = Elevation(plan.dems, plan.grid, plan.dem_resampling, plan.fill_voids)
        return self._files.enter_context(closing(elevation))

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def read(self, window: Window) -> StackBlock:
        """Make one block.

        Raises:
            RasterError: A file is damaged.
        """
        plan = self._plan
        image = self._image.read(window)
        layers = dict(zip(plan.from_image, image.values))
        terrain = self._elevation.read(window) if self._elevation else None
        reasons = self._reasons(window, image, layers, terrain)
        if terrain:
            layers.update(dem=terrain.elevation, slope=terrain.slope)
        valid = reasons == 0
        values = np.full((len(plan.names), *valid.shape), NODATA, dtype=np.float32)
        for target, band in zip(values, plan.bands):
            _put(target, layers[band], valid, 1.0 if band in OPTICAL_BANDS else _TERRAIN_STEP)
        if self._before:
            self._put_change(values, self._before.read(window), layers, valid)
        void = terrain.void if terrain else np.zeros(valid.shape, dtype=bool)
        return StackBlock(values, reasons, void & valid)

    def _reasons(
        self,
        window: Window,
        image: Block,
        layers: Mapping[str, np.ndarray],
        terrain: Terrain | None,
    ) -> np.ndarray:
        plan = self._plan
        reasons = image.reasons & np.uint8(plan.out)
        slope = terrain.slope if terrain else layers.get("slope")
        for rule in plan.rules:
            reason, find, _ = COVER_RULES[rule]
            reasons[image.valid & find(layers, slope)] |= np.uint8(reason)
        if plan.area:
            reasons[plan.area.outside(plan.grid.shifted(window))] |= np.uint8(Reason.OUTSIDE)
        return np.asarray(reasons)

    def _put_change(
        self,
        values: np.ndarray,
        before: Block,
        layers: Mapping[str, np.ndarray],
        valid: np.ndarray,
    ) -> None:
        plan = self._plan
        old = dict(zip(plan.from_pre_image, before.values))
        valid = valid & (before.reasons & np.uint8(plan.out) == 0)
        start = len(plan.bands)
        for target, band in zip(values[start:], plan.pre_bands):
            _put(target, old[band], valid, 1.0)
        if plan.indices:
            changes = differences(old, layers)
            for target, index in zip(values[start + len(plan.pre_bands) :], plan.indices):
                _put(target, changes[difference_name(index)], valid, _INDEX_STEP)


def _put(target: np.ndarray, layer: np.ndarray, valid: np.ndarray, step: float) -> None:
    """Write a layer, rounded to a step, where it is valid."""
    rounded = np.rint(layer if step == 1 else layer / np.float32(step))
    if step != 1:
        rounded *= np.float32(step)
    np.copyto(target, rounded, where=valid & np.isfinite(layer))
