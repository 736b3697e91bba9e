"""The blocks of a stack in the making: bands, terrain, the time before the event, and masks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from . import cover
from .change import INDICES, difference_name, differences
from .elevation import DemSource, Elevation, Terrain
from .geotiff import NODATA
from .grid import Grid
from .masks import Reason
from .mosaic import Block, Mosaic
from .source import Product
from .stack import OPTICAL_BANDS, TERRAIN_BANDS
from .target_grid import AreaOfInterest
from .tiling import Window

#: Rules that find by the bands what a product has no mask for, and the bands that they read.
COVER_RULES = {
    "water": (Reason.WATER, cover.water, cover.WATER_BANDS),
    "shadow": (Reason.SHADOW, cover.shadow, cover.SHADOW_BANDS),
}

#: Metres, degrees: finer is noise, and random digits do not compress.
_TERRAIN_STEP = 1 / 64
_INDEX_STEP = 1 / 4096


@dataclass(frozen=True)
class StackPlan:
    """All that decides what is in a stack. Pickles.

    Attributes:
        grid: Its grid.
        products: Granules that make the image.
        bands: Its bands of the image and of terrain, in order.
        dems: Where elevation comes from; empty for none.
        out: Reasons for which pixels become nodata.
        rules: Names of `COVER_RULES` to go by, too.
        area: Outside of it pixels become nodata; None for no limit.
        pre_products: Granules of the image before the event; empty for none.
        pre_bands: Its bands, by the names they have in ``bands``.
        indices: Names of `change.INDICES` to give the differences of.
        resampling: Of bands, one of `resample.METHODS`.
        dem_resampling: One of `elevation.METHODS`.
        fill_voids: Widest void of the DEM to fill, metres.
    """

    grid: Grid
    products: tuple[Product, ...]
    bands: tuple[str, ...]
    dems: tuple[DemSource, ...] = ()
    out: Reason = Reason.NODATA
    rules: tuple[str, ...] = ()
    area: AreaOfInterest | None = None
    pre_products: tuple[Product, ...] = ()
    pre_bands: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()
    resampling: str = "bilinear"
    dem_resampling: str = "cubic"
    fill_voids: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all bands of the stack."""
        return (
            *self.bands,
            *(f"pre_{band}" for band in self.pre_bands),
            *map(difference_name, self.indices),
        )

    @property
    def from_image(self) -> tuple[str, ...]:
        """Bands to read from the image: those of the stack, then those that rules need."""
        computed = TERRAIN_BANDS if self.dems else ()
        needed = [band for rule in self.rules for band in COVER_RULES[rule][2]]
        bands = [band for band in self.bands if band not in computed]
        return tuple(dict.fromkeys((*bands, *self.for_indices, *needed)))

    @property
    def from_masks(self) -> Reason:
        """What masks are read for. Which pixels have no data, numbers tell: only lost ones differ.

        Quality masks have a hundred layers; reading them all takes as long as the bands.
        """
        asked = self.out & ~(Reason.NODATA | Reason.OUTSIDE)
        return asked | Reason.NODATA if Reason.DEFECTIVE in asked else asked

    @property
    def for_indices(self) -> tuple[str, ...]:
        """Bands that the indices are made of."""
        return tuple(dict.fromkeys(band for index in self.indices for band in INDICES[index]))

    @property
    def from_pre_image(self) -> tuple[str, ...]:
        """Bands to read from the image before the event."""
        return tuple(dict.fromkeys((*self.pre_bands, *self.for_indices)))


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
            self._image = self._mosaic(plan.products, plan.from_image)
            self._before = None
            if plan.pre_products:
                self._before = self._mosaic(plan.pre_products, plan.from_pre_image)
            self._elevation = self._terrain() if plan.dems else None
        except BaseException:
            self._files.close()
            raise

    def _mosaic(self, products: tuple[Product, ...], bands: tuple[str, ...]) -> Mosaic:
        plan = self._plan
        mosaic = Mosaic(products, plan.grid, bands, plan.resampling, plan.from_masks)
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
            reasons[image.valid & find(layers, slope)] |= reason
        if plan.area:
            reasons[plan.area.outside(plan.grid.shifted(window))] |= Reason.OUTSIDE
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
