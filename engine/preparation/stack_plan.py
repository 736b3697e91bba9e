"""All that decides what is in a stack, before its first pixel is read."""

from __future__ import annotations

from dataclasses import dataclass

from ..products.masks import Reason
from ..raster.elevation import DemSource
from ..raster.grid import Grid
from ..raster.source import Product
from ..stack.change import INDICES, difference_name
from ..stack.reader import STORED_TERRAIN
from . import cover
from .coregister import Shift
from .target_grid import AreaOfInterest

#: Rules that find by the bands what a product has no mask for, and the bands that they read.
COVER_RULES = {
    "water": (Reason.WATER, cover.water, cover.WATER_BANDS),
    "shadow": (Reason.SHADOW, cover.shadow, cover.SHADOW_BANDS),
}


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
        shift: By how much the image before lies off, pixels, to be laid right; None to leave it.
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
    shift: Shift | None = None

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
        computed = STORED_TERRAIN if self.dems else ()
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
