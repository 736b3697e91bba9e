"""From a downloaded product to landslides: prepare the bands that models read, then detect."""

from __future__ import annotations

from dataclasses import replace

from ..common.errors import ParameterError
from ..common.file_names import place_of
from ..common.hooks import Check, Progress, Warn, or_silent
from ..common.output import work_folder
from ..preparation.prepare import PrepareRequest, prepare
from ..products.product import open_products
from ..stack.even_light import check_elevation
from .pipeline import Detection, DetectRequest, check_request, detect, tell_ground

#: Share of the progress bar that preparing takes; networks take longer than resampling.
_PREPARING_SHARE = 0.3


def detect_in_product(
    request: DetectRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> Detection:
    """Find landslides in a product, by way of a stack that is there only as long as it is needed.

    Nothing is masked: masks sometimes take bright, bare landslides for cloud.

    Args:
        request: As for `pipeline.detect`, but ``stack`` is a product, as for
            `products.product.open_products`, and the extent is in the product's CRS.
        progress: As for `detect`.
        cancelled: As for `detect`.
        warn: As for `detect`.

    Raises:
        BandError: The product lacks a band that a model reads; names models that do without.
        LandslipError: As for `detect` and `landslip.engine.preparation.prepare.prepare`.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    check_request(request)
    if request.pre_event:
        raise ParameterError(
            "An image from before the event was given with a Sentinel-2 product; expected a stack. "
            "Run Prepare Sentinel-2 + terrain stack with both products: it lays them on each other."
        )
    if request.even_light:
        check_elevation(request.stack, bool(request.dem))
    product = open_products([request.stack], band_mapping=request.band_mapping)[0].id
    # Beside the result, where there is room; a full tile of all bands takes some gigabytes.
    with work_folder(place_of(request.probability)) as folder:
        stack = str(folder / "stack.tif")
        prepare(
            _preparation(request, stack),
            lambda fraction, message: progress(_PREPARING_SHARE * fraction, message),
            cancelled,
            warn,
        )
        found = detect(
            replace(
                request,
                stack=stack,
                band_mapping="",
                product=product,
                origin=request.stack,
                assessability="",
            ),
            lambda fraction, message: progress(
                _PREPARING_SHARE + (1 - _PREPARING_SHARE) * fraction, message
            ),
            cancelled,
            lambda message: warn(message.replace(stack, product)),
        )
    if request.assessability:  # of the product, which has masks
        tell_ground(request, progress, cancelled, warn)
    return found


def _preparation(request: DetectRequest, stack: str) -> PrepareRequest:
    return PrepareRequest(
        products=(request.stack,),
        stack=stack,
        dems=(request.dem,) if request.dem else (),
        model=request.model,
        ensemble=request.ensemble,
        band_mapping=request.band_mapping,
    )
