"""The command that finds the landslides of an event."""

from __future__ import annotations

from dataclasses import replace

from ..engine.assessment.review_page import write_review_sheet
from ..engine.assessment.review_sheet import SheetRequest, cards, sheet_of
from ..engine.catalogue.catalogues import Catalogue
from ..engine.catalogue.network import Credentials
from ..engine.catalogue.plain_carrier import PlainCarrier, token_for
from ..engine.common.errors import LandslipError, OutputError
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY
from ..engine.common.wording import words_of
from ..engine.detection.event import LEFT_OUT, EventDetection, EventRequest, detect_event
from ..engine.detection.pipeline import DetectRequest
from ..engine.inventory.event import EventFacts
from ..engine.inventory.geopackage import write_inventory
from .catalogue_commands import chosen_catalogue, search_of
from .inventory_commands import check_geopackage
from .listeners import Listeners, Values
from .place import needed_area
from .values import outlines_of, products_of


def landslides_of_an_event(values: Values, listeners: Listeners) -> Values:
    """From a place and a date, or two images, to an inventory and a sheet to review it."""
    check_geopackage(values["INVENTORY"])
    if values["REVIEW_SHEET"]:
        check_report(values["REVIEW_SHEET"])
    request = _request(values, listeners)
    found = detect_event(
        request,
        PlainCarrier(),
        _credentials(values, request.catalogue),
        listeners.progress,
        listeners.cancelled,
        listeners.warn,
    )
    probability = request.detection.probability
    try:
        write_inventory(found.table, values["INVENTORY"], listeners.warn)
    except OutputError as err:
        raise OutputError(
            f"{err} The probability raster {probability} is complete: 'landslip vectorise --input "
            f"{probability}' and 'landslip evidence' make the inventory of it, so the model need "
            "not run again."
        ) from err
    results = {
        "STACK": request.stack,
        "PROBABILITY": probability,
        "INVENTORY": values["INVENTORY"],
        **found.results(),
    }
    if values["REVIEW_SHEET"] and found.table.records:
        _write_sheet(found, request, values["REVIEW_SHEET"], listeners)
        results["REVIEW_SHEET"] = values["REVIEW_SHEET"]
    return results


def _write_sheet(
    found: EventDetection, request: EventRequest, target: str, listeners: Listeners
) -> None:
    listeners.say("Making the review sheet")
    asked = SheetRequest(request.stack, request.stack, "largest")
    try:
        shown = cards(found.table, asked, None, listeners.cancelled)
        write_review_sheet(shown, sheet_of(found.table, asked), MADE_BY, target)
    except LandslipError as err:
        done = "The inventory and the rasters are complete: run 'landslip review-sheet' on them."
        err.args = (f"{err} {done}",)
        raise


def _request(values: Values, listeners: Listeners) -> EventRequest:
    after, before = products_of(values, "INPUT"), products_of(values, "PRE_EVENT")
    request = EventRequest(
        detection=DetectRequest(
            stack=values["STACK"],
            model="",
            probability=values["PROBABILITY"],
            threshold=values["THRESHOLD"],
            min_area=values["MIN_AREA"],
            device=values["DEVICE"],
            threads=values["THREADS"],
            memory=values["MEMORY"],
            outlines=outlines_of(values),
            event=EventFacts.of(values),
        ),
        model=values["MODEL"].strip(),
        after=after,
        before=before,
        dem=values["DEM"] or "",
        out=LEFT_OUT if values["MASK_CLOUDS"] else (),
        clouds=values["CLOUDS"],
        band_mapping=values["BAND_MAPPING"] or "",
    )
    if (after or before) and not (values["EXTENT"] or values["AREA"]):
        return request
    area, clip = needed_area(values, listeners)
    request = replace(request, area=area, clip=clip)
    if after or before:
        return request
    return replace(
        request,
        dem=values["DEM"] or values["DEM_SOURCE"] or "",
        search=search_of(values, area),
        catalogue=chosen_catalogue(values),
        token_hosts=words_of(values["TOKEN_HOST"] or ""),
    )


def _credentials(values: Values, catalogue: Catalogue | None) -> Credentials | None:
    return token_for(catalogue, values["AUTH"] or "") if catalogue else None
