"""What is asked of a stack, and the plan that comes of it once the inputs are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from ..common.errors import BandError, ParameterError
from ..common.hooks import Warn
from ..common.output import check_geotiff
from ..models.runtime import Model
from ..models.zoo import shipped_cards
from ..products.masks import Reason, tells
from ..products.product import open_products
from ..raster.elevation import METHODS as DEM_METHODS
from ..raster.elevation import DemSource
from ..raster.grid import Grid
from ..raster.hemisphere import tile_warning
from ..raster.resample import check_method
from ..raster.source import Product
from ..stack.change import possible_indices
from ..stack.reader import OPTICAL_BANDS, STORED_TERRAIN
from ..stack.terrain_sanity import check_dem
from .band_choice import all_bands, check_bands_there, common_bands, stored_bands
from .stack_plan import COVER_RULES, StackPlan
from .target_grid import GridRequest, finest_grid, target_grid

#: Reasons for which a pixel can be left out, by the names that users give.
REASONS = {
    reason.name.lower(): reason
    for reason in (
        Reason.CLOUD,
        Reason.CIRRUS,
        Reason.SHADOW,
        Reason.SNOW,
        Reason.WATER,
        Reason.DEFECTIVE,
    )
    if reason.name
}


@dataclass(frozen=True)
class PrepareRequest:
    """What to make a stack of, and where to put it. Pickles.

    Attributes:
        products: Sentinel-2 products of one day, as for `product.open_products`.
        stack: Path of the GeoTIFF to write.
        dems: DEM rasters of any CRS and resolution, metres; the first counts where several have
            data.
        mask: Path of a GeoTIFF that says why pixels are out (`Reason` bits); empty for none.
        model: Path of a model, to get just the bands that it reads; empty for all.
        ensemble: Paths of other models, whose bands are made as well.
        bands: Names of the bands to make, where no model is given; empty for all that are there,
            in the order of Landslide4Sense, then ``B8A``.
        grid: The stack's grid.
        out: Names of `REASONS` for which masks make pixels nodata.
        tested: Whether the caller looks for what no mask tells: there is nothing to warn of then.
        rules: Names of `stack_plan.COVER_RULES`: pixels that look so become nodata.
        also: Names of bands to make besides those of the model, where they are there.
        pre_event: Products of one day before the event, on whose bands ``pre_`` is put.
        align: Whether the image before is laid on the other to a fraction of a pixel.
        resampling: Of bands, one of `resample.METHODS`.
        dem_resampling: One of `elevation.METHODS`.
        fill_voids: Widest void of the DEM to fill, metres.
        offset: What to add to digital numbers, instead of what the metadata says.
        band_mapping: For a raster without band names, as in `stack.open_stack`.
        cog: Whether to write a cloud-optimised GeoTIFF.
    """

    products: tuple[str, ...]
    stack: str
    dems: tuple[str, ...] = ()
    mask: str = ""
    model: str = ""
    ensemble: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    grid: GridRequest = field(default_factory=GridRequest)
    out: tuple[str, ...] = ()
    tested: bool = False
    rules: tuple[str, ...] = ()
    pre_event: tuple[str, ...] = ()
    align: bool = False
    also: tuple[str, ...] = ()
    resampling: str = "bilinear"
    dem_resampling: str = "cubic"
    fill_voids: float = 0.0
    offset: float | None = None
    band_mapping: str = ""
    cog: bool = False


def check_request(request: PrepareRequest) -> None:
    """Check, before any work, all that can be checked without opening a file.

    Raises:
        ParameterError: A setting makes no sense.
        OutputError: An output would overwrite an input or the other, or is no GeoTIFF.
    """
    check_method(request.resampling)
    check_method(request.dem_resampling, DEM_METHODS)
    for names, known, what in (
        (request.out, tuple(REASONS), "reason to leave pixels out"),
        (request.rules, tuple(COVER_RULES), "rule"),
    ):
        if unknown := [name for name in names if name not in known]:
            raise ParameterError(f"Unknown {what} '{unknown[0]}'. Choose from {', '.join(known)}.")
    inputs = (*request.products, *request.dems, *request.pre_event, request.model)
    check_geotiff(request.stack, inputs, "The stack")
    if request.mask:
        check_geotiff(request.mask, (*inputs, request.stack), "The mask")


# --- what is made ---


def make_plan(request: PrepareRequest, warn: Warn) -> StackPlan:
    """Look at all inputs and decide what the stack will be; no pixel is read.

    Raises:
        LandslipError: An input is missing or wrong, or inputs do not go together.
    """
    products = open_products(request.products, request.offset, request.band_mapping)
    for path in request.dems:
        check_dem(path)
    pre_products: tuple[Product, ...] = ()
    if request.pre_event:
        pre_products = open_products(request.pre_event, request.offset, request.band_mapping)
        _check_dates(products[0], pre_products[0], warn)
    grids = [finest_grid(product) for product in products]
    for product, grid in zip(products, grids):
        _warn_of(product, grid, request, warn)
    bands = _bands(request, products)
    there = common_bands(products)
    before = common_bands(pre_products) if pre_products else ()
    both = tuple(band for band in OPTICAL_BANDS if band in there and band in before)
    plan = StackPlan(
        grid=target_grid(grids, request.grid),
        products=products,
        bands=bands,
        dems=_dems(request, products, bands),
        out=_reasons(request),
        rules=request.rules,
        area=request.grid.area,
        pre_products=pre_products,
        pre_bands=tuple(band for band in bands if band in both),
        indices=possible_indices(both),
        resampling=request.resampling,
        dem_resampling=request.dem_resampling,
        fill_voids=request.fill_voids,
    )
    if not plan.from_image:
        raise BandError(
            f"{request.products[0]} has no band of Sentinel-2 (found: "
            f"{', '.join(there) or 'none'}). Choose an image; a raster of elevation goes where the "
            "DEM is asked for."
        )
    return plan


def _bands(request: PrepareRequest, products: tuple[Product, ...]) -> tuple[str, ...]:
    check = partial(check_bands_there, products=products, dems=request.dems)
    for rule in request.rules:
        check(COVER_RULES[rule][2], who=f"The rule for {rule}")
    if request.model:
        cards = [Model(path, "cpu").card for path in (request.model, *request.ensemble)]
        for card in cards:
            who = f"The model {card.name}"
            check(stored_bands(card.bands), who=who, others=shipped_cards)
        there = all_bands(products, request.dems)
        more = [band for band in request.also if band in there]
        return stored_bands([*(band for card in cards for band in card.bands), *more])
    if request.bands:
        check(request.bands, who="The stack")
        return request.bands
    return all_bands(products, request.dems)


def _dems(
    request: PrepareRequest, products: tuple[Product, ...], bands: tuple[str, ...]
) -> tuple[DemSource, ...]:
    """Where elevation comes from: the DEMs, else the products' own band of it."""
    if not set(bands) & set(STORED_TERRAIN):
        return ()
    if request.dems:
        return tuple(DemSource(path) for path in request.dems)
    own = [source for product in products for source in product.bands if source.name == "dem"]
    return tuple(DemSource(source.path, source.number) for source in own)


def _reasons(request: PrepareRequest) -> Reason:
    out = Reason.NODATA | Reason.OUTSIDE
    for name in request.out:
        out |= REASONS[name]
    return out


# --- what the user should know beforehand ---


def _warn_of(product: Product, grid: Grid, request: PrepareRequest, warn: Warn) -> None:
    for sentence in (*product.warnings, tile_warning(product.tile, grid.crs)):
        if sentence:
            warn(sentence)
    told = Reason.DEFECTIVE  # by the numbers themselves
    for mask in product.masks:
        told |= tells(mask)
    untold = [n for n in request.out if not REASONS[n] & told and n not in request.rules]
    if untold and not request.tested:
        rules = [name for name in untold if name in COVER_RULES]
        advice = f" Use the rule for {' and '.join(rules)}." if rules else ""
        warn(
            f"{product.id} comes without a mask of {', '.join(untold)}, so such pixels stay in."
            f"{advice}"
        )


def _check_dates(after: Product, before: Product, warn: Warn) -> None:
    if after.level and before.level and after.level != before.level:
        warn(
            f"{before.id} has level {before.level} and {after.id} has level {after.level}: the "
            "difference bands show the air, too. Take two products of one level."
        )
    if after.date and before.date and before.date[:10] >= after.date[:10]:
        warn(
            f"The pre-event product {before.id} was sensed on {before.date[:10]}, not before "
            f"{after.id} ({after.date[:10]}). Check that they are not swapped."
        )
