"""From downloaded products and DEMs to a stack: the whole preparation in one call."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ... import __version__
from ..common.background import Background, read_ahead
from ..common.errors import Cancelled
from ..common.hooks import Check, Progress, Warn, or_silent
from ..products.masks import Reason
from ..raster.geotiff import BlockWriter, Layout, geotiff
from ..raster.grid import Grid
from ..raster.reading import bounded_cache
from ..raster.source import Product
from ..raster.tiling import Window, regions
from ..stack.reader import ACQUISITION_TAGS, OPTICAL_BANDS
from .blocks import StackBlock, StackBlocks
from .coregister import Place, Shift, is_clear, scene_places, scene_shift
from .mosaic import Mosaic
from .plan import PrepareRequest, check_request, make_plan
from .stack_plan import StackPlan
from .summary import StackSummary

__all__ = ["PrepareRequest", "Prepared", "prepare"]


#: Side of the blocks worked on at a time, pixels: that of the tiles in the product's own images,
#: and a multiple of the output's.
BLOCK_SIZE = 1024
#: Holds a row of tiles of all bands, so that each tile is unpacked once.
_CACHE_MEGABYTES = 512

_STREAMING_SHARE = 0.85
_UNITS = {"dem": "metre", "slope": "degree"}


@dataclass(frozen=True)
class Prepared:
    """What came out.

    Attributes:
        stack: Path of the stack.
        mask: Path of the mask; empty where none was asked for.
        product: Names of the products.
        bands: Names of the stack's bands.
        grid: Its grid.
        valid_share: Share of its pixels with data, 0..1.
        void_share: Share of these for which the DEM has none of its own, 0..1.
        shift: By how much the image before the event is moved; None where not known.
        seconds: How long it took.
    """

    stack: str
    mask: str
    product: str
    bands: tuple[str, ...]
    grid: Grid
    valid_share: float
    void_share: float
    shift: Shift | None
    seconds: float


def prepare(
    request: PrepareRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> Prepared:
    """Make a stack, block by block, in one pass over the inputs.

    Args:
        request: What to do.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked between blocks; when it says True the run stops.
        warn: Called with each sentence that the user should see though the run goes on.

    Raises:
        LandslipError: Any of its subclasses; the message says what to do. No half-written file
            is left.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    started = time.monotonic()
    check_request(request)
    with bounded_cache(_CACHE_MEGABYTES):
        plan = make_plan(request, warn)
        if request.align and plan.pre_bands:
            plan = replace(plan, shift=_shift(plan, progress, cancelled))
        progress(0, f"{', '.join(plan.names)} on {plan.grid.width} x {plan.grid.height} pixels")
        summary = _write(request, plan, progress, cancelled, warn)
    return Prepared(
        stack=request.stack,
        mask=request.mask,
        product=_names(plan.products),
        bands=plan.names,
        grid=plan.grid,
        valid_share=summary.valid_share,
        void_share=summary.void_share,
        shift=summary.shift,
        seconds=time.monotonic() - started,
    )


def _shift(plan: StackPlan, progress: Progress, cancelled: Check) -> Shift | None:
    """By how much the image before is to be moved; None where that is not clear."""
    bands = ("B04" if "B04" in plan.pre_bands else plan.pre_bands[0],)
    with ExitStack() as files:
        images = [
            files.enter_context(
                closing(Mosaic(products, plan.grid, bands, plan.resampling, plan.from_masks))
            )
            for products in (plan.products, plan.pre_products)
        ]

        def look(window: Window) -> Place:
            one, other = (image.read(window) for image in images)
            out = (one.reasons | other.reasons) & np.uint8(plan.out)
            return one.values[0], other.values[0], one.valid & other.valid & (out == 0)

        found = scene_shift(scene_places(plan.grid, look, cancelled))
    if found is None or not is_clear(found):
        return None
    name = plan.pre_products[0].id
    progress(0, f"{name} lay {found.length:.2f} pixels off; it is laid on.")
    return found


# --- writing ---


def _write(
    request: PrepareRequest, plan: StackPlan, progress: Progress, cancelled: Check, warn: Warn
) -> StackSummary:
    windows = list(regions(plan.grid.area, BLOCK_SIZE))
    summary = StackSummary(plan, len(windows))
    with ExitStack() as context:
        mask = None
        if request.mask:
            mask = context.enter_context(geotiff(request.mask, _mask_layout(plan)))
        # Last in, first finished: if the disk fills up, no mask without its stack is left.
        stack = context.enter_context(geotiff(request.stack, _layout(request, plan)))
        blocks = context.enter_context(closing(StackBlocks(plan)))
        writing = context.enter_context(Background(partial(_put, stack, mask)))
        reading = context.enter_context(closing(read_ahead(windows, blocks.read)))
        for count, (window, block) in enumerate(reading, start=1):
            _stop_if(cancelled)
            summary.add(window, block)
            writing.put(window, block)
            progress(_STREAMING_SHARE * count / len(windows), "")
        for sentence in summary.warnings():
            warn(sentence)
        _stop_if(cancelled)
        progress(_STREAMING_SHARE, "Adding overviews")
    progress(1, f"{summary.valid_share:.1%} of the pixels have data")
    return summary


def _stop_if(cancelled: Check) -> None:
    if cancelled():
        raise Cancelled("Stopped on request. No file was written.")


def _put(stack: BlockWriter, mask: BlockWriter | None, window: Window, block: StackBlock) -> None:
    stack.write(window, block.values)
    if mask:
        mask.write(window, block.reasons[None])


def _layout(request: PrepareRequest, plan: StackPlan) -> Layout:
    return Layout(
        plan.grid,
        plan.names,
        tuple(map(_unit, plan.names)),
        tags=_tags(plan),
        effort=2,
        cog=request.cog,
    )


def _unit(band: str) -> str:
    if band.removeprefix("pre_") in OPTICAL_BANDS:
        return "reflectance x 10000"
    return _UNITS.get(band, "")


def _mask_layout(plan: StackPlan) -> Layout:
    meaning = ", ".join(f"{reason.value} {(reason.name or '').lower()}" for reason in Reason)
    tags = {"LANDSLIP": __version__, "MEANING": f"Sum of what applies: {meaning}; 0 is good"}
    return Layout(
        plan.grid, ("reasons",), dtype="uint8", nodata=None, tags=tags, overviews="nearest"
    )


def _tags(plan: StackPlan) -> dict[str, str]:
    """Metadata of the file, in plain text that other programs show."""
    first = plan.products[0]
    tags = {
        ACQUISITION_TAGS["product_id"]: _names(plan.products),
        ACQUISITION_TAGS["image_date"]: first.date,
        "PROCESSING_LEVEL": first.level,
        "PROCESSING_BASELINE": first.baseline,
        "TILES": ", ".join(product.tile for product in plan.products if product.tile),
        "REFLECTANCE_SCALE": "10000",
        "RESAMPLING": plan.resampling,
        "LANDSLIP": __version__,
    }
    if plan.pre_products:
        tags["PRE_EVENT_PRODUCT_ID"] = _names(plan.pre_products)
        tags[ACQUISITION_TAGS["pre_date"]] = plan.pre_products[0].date
    return {key: value for key, value in tags.items() if value}


def _names(products: tuple[Product, ...]) -> str:
    return ", ".join(dict.fromkeys(product.id for product in products))
