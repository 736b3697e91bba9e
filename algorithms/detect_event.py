"""Detect landslides of an event: from a place and a date, or two images, to a reviewable result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..engine.assessment.review_page import write_review_sheet
from ..engine.assessment.review_sheet import SheetRequest, cards, sheet_of
from ..engine.catalogue.dem import GLO30
from ..engine.common.errors import LandslipError
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY
from ..engine.common.wording import words_of
from ..engine.detection.event import LEFT_OUT, EventDetection, EventRequest, detect_event
from ..engine.detection.pipeline import DetectRequest
from ..engine.inventory.compared import EVIDENCE_FIELDS
from ..engine.inventory.fields import FIELDS
from ..engine.models.runtime import DEVICE_NAMES
from .assessability import clouds_parameter
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .change_evidence import COUNTS
from .detect_landslides import (
    memory_setting,
    minimum_area_parameter,
    model_parameter,
    processor_parameters,
    threshold_parameter,
)
from .event_parameters import EVENT_HELP, event_facts, event_parameters
from .find_scenes import (
    SEARCH_HELP,
    catalogue_parameters,
    chosen_catalogue,
    search_of,
    search_parameters,
)
from .inventory_layer import INVENTORY_STYLE, use_style
from .network import QgisCarrier, credentials_of
from .outline_parameters import OUTLINE_HELP, outline_parameters, outline_request
from .place import needed_area, place_parameters
from .prepare_stack import product_parameters, products_of
from .review_pdf import write_review_pdf
from .table_layer import Sink, write_table
from .views import show_views

_EVENT_HELP = EVENT_HELP.format(
    "The date of the event is among the main parameters, as a catalogue needs it. Dates of images "
    "that are left empty come from their files."
)
HELP = f"""
<p>A place and a date in, everything out: finds a good image after the event and one of the same
season before it, fetches both with a DEM, lays them on each other, leaves out clouds, detects
landslides, says of each outline whether it is new, and makes an inventory and a sheet to review it,
with pictures of before and after side by side. With two images of your own it needs no network.</p>

<h3>The images</h3>
<p>Either <b>from a catalogue</b>: draw the <b>extent</b> or choose an <b>area of interest</b>, and
give the <b>date of the event</b>. <b>Catalogue</b>, <b>most cloud</b> over the area and <b>look at
the clouds</b> are as in <i>Find scenes</i>. Elevation comes along (Copernicus GLO-30).</p>
<p>Or <b>your own</b>: an image <b>after</b> the event and one from <b>before</b>, each as stacks
or Sentinel-2 products (<code>.SAFE</code> zips, rasters with named bands; several tiles of one
day), or as a folder, with a <b>DEM</b>. They may lie on other grids and in other CRSs: the earlier
one is laid on the later one to a fraction of a pixel. An extent or area then cuts out a part.</p>

<h3>Detection</h3>
<p><b>Model</b>, <b>threshold</b>, <b>minimum area</b>: as in <i>Detect landslides</i>. The image
from before helps: where red over green has risen more than usual, probabilities rise. <b>Leave out
clouds</b>: clouds and their shadow have no data in either image. Masks of the products tell them,
else tests of our own. Masks sometimes take bright, bare landslides for cloud: where you see some
missing below a clear sky, run again without.</p>

<h3>Advanced</h3>
{SEARCH_HELP}
<p><b>Host that may have the token</b>, where the catalogue is none of those above, as in <i>Fetch a
scene</i>. <b>DEM source</b>: with a catalogue and no DEM of your
own, <code>glo30</code> or an address, folder or file, as in <i>Fetch a scene</i>; empty for none.
<b>What tells clouds</b>: as in <i>Change evidence</i>. <b>Band mapping</b> of your own images,
such as <code>B02,B03,B04</code>, where bands have no names. <b>Device</b>, <b>threads</b>,
<b>memory</b>: as in <i>Detect landslides</i>.</p>
{OUTLINE_HELP}
{_EVENT_HELP}
<h3>Outputs</h3>
<p><b>Stack</b> of both images: the bands that the model reads, near and shortwave infrared where
they are there, terrain, those from before (<code>pre_</code>) and the differences. In a project it
loads as a group of views: after, before, change. <b>Probability</b>. <b>Inventory</b>: outlines
with the dates of both images and the fields of <i>Change evidence</i>; sort by
<code>evidence</code>. Nothing is dropped for it. <b>Review sheet</b>: HTML or PDF, the largest
first; <i>Apply a review</i> enters what reviewers said. <b>COUNT</b>, <b>AREA</b> (m2), how many
are new, seen before, hidden or unknown, and which images were taken.</p>
<p>A run that was stopped goes on where it was, if its outputs have names: what was fetched, the
stack and finished parts of the detection are kept beside them until all is done. For other steps in
between, use the algorithms one by one, or edit the model <i>Event, step by step</i>.</p>
"""


class DetectEvent(LandslipAlgorithm):
    """All steps in one call."""

    NAME = "detectevent"
    DISPLAY_NAME = "Detect landslides of an event"
    GROUP = Group.DETECT
    SHORT_DESCRIPTION = (
        "Finds, fetches and compares images before and after an event, and detects its landslides"
    )
    TAGS = ("landslide", "event", "earthquake", "storm", "before and after", "STAC", "sentinel-2")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in (*self._images(), *self._detection(), *self._outputs()):
            self.addParameter(parameter)
        for parameter in self._advanced():
            self.add_advanced(parameter)
        number, text = QgsProcessingOutputNumber, QgsProcessingOutputString
        self.addOutput(number("COUNT", self.tr("Number of landslides")))
        self.addOutput(number("AREA", self.tr("Total area (m2)")))
        for name, word in COUNTS.items():
            self.addOutput(number(name, self.tr(word.capitalize())))
        self.addOutput(text("AFTER", self.tr("Image after the event")))
        self.addOutput(text("AFTER_DATE", self.tr("Its date")))
        self.addOutput(text("BEFORE", self.tr("Image from before the event")))
        self.addOutput(text("BEFORE_DATE", self.tr("Its date")))
        self.addOutput(text("DEVICE_USED", self.tr("Device that ran")))

    def _images(self) -> list[Any]:
        return [
            *place_parameters(self),
            QgsProcessingParameterString(
                "EVENT_DATE", self.tr("Date of the event, such as 2018-09-06"), optional=True
            ),
            *catalogue_parameters(self),
            *product_parameters(
                "INPUT",
                self.tr("Image after the event instead of a catalogue (files)"),
                self.tr("Image after the event (folder)"),
            ),
            *product_parameters(
                "PRE_EVENT",
                self.tr("Image from before the event (files)"),
                self.tr("Image from before the event (folder)"),
            ),
            QgsProcessingParameterRasterLayer(
                "DEM", self.tr("DEM (elevation in metres)"), optional=True
            ),
        ]

    def _detection(self) -> list[Any]:
        return [
            model_parameter(self.tr("Model")),
            threshold_parameter(self.tr("Probability threshold (empty: the model's own)")),
            minimum_area_parameter(self.tr("Minimum area (m2)")),
            QgsProcessingParameterBoolean(
                "MASK_CLOUDS",
                self.tr("Leave out clouds and their shadow, of both images"),
                defaultValue=True,
            ),
        ]

    def _outputs(self) -> list[Any]:
        raster = QgsProcessingParameterRasterDestination
        return [
            raster("STACK", self.tr("Stack of both images")),
            raster("PROBABILITY", self.tr("Landslide probability")),
            QgsProcessingParameterFeatureSink(
                "INVENTORY",
                self.tr("Landslide inventory"),
                type=QgsProcessing.TypeVectorPolygon,
            ),
            QgsProcessingParameterFileDestination(
                "REVIEW_SHEET",
                self.tr("Review sheet"),
                self.tr("HTML files (*.html);;PDF files (*.pdf)"),
                optional=True,
            ),
        ]

    def _advanced(self) -> list[Any]:
        text = QgsProcessingParameterString
        return [
            *search_parameters(self),
            text("TOKEN_HOST", self.tr("Host that may have the token"), optional=True),
            text(
                "DEM_SOURCE",
                self.tr("DEM source, with a catalogue (empty: none)"),
                defaultValue=GLO30,
                optional=True,
            ),
            clouds_parameter(self),
            text("BAND_MAPPING", self.tr("Band mapping, such as B02,B03,B04"), optional=True),
            self.choice_parameter("DEVICE", self.tr("Device"), DEVICE_NAMES),
            *processor_parameters(self.tr),
            *outline_parameters(self.tr),
            *(p for p in event_parameters(self.tr) if p.name() != "EVENT_DATE"),
        ]

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with dates."""
        event_facts(self, parameters, context)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        sheet = self.parameterAsFileOutput(parameters, "REVIEW_SHEET", context)
        authentication = self.parameterAsString(parameters, "AUTH", context)
        with engine_errors():
            if sheet:
                check_report(sheet, (".pdf",))
            request = self._request(parameters, context)
            found = detect_event(
                request, QgisCarrier(), credentials_of(authentication), **hooks(feedback)
            )
        show_views(request.stack, context)
        use_style(request.detection.probability, "probability.qml", context)
        there = self.tr(
            "run 'Vectorise probability' and 'Change evidence': the rasters {} and {} are "
            "complete, and the model need not run again."
        ).format(request.stack, request.detection.probability)
        sink = Sink(self, parameters, "INVENTORY", context, feedback, INVENTORY_STYLE, there)
        inventory = write_table(sink, found.table, (*FIELDS, *EVIDENCE_FIELDS))
        use_style(inventory, INVENTORY_STYLE, context)
        results = {
            "STACK": request.stack,
            "PROBABILITY": request.detection.probability,
            "INVENTORY": inventory,
            **found.results(),
        }
        if sheet and self._write_sheet(found, request, sheet, feedback):
            results["REVIEW_SHEET"] = sheet
        return results

    def _write_sheet(
        self,
        found: EventDetection,
        request: EventRequest,
        sheet: str,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Write the review sheet; returns whether there is anything to review."""
        if not found.table.records:
            feedback.pushInfo(self.tr("There is no landslide to review: no sheet was written."))
            return False
        feedback.pushInfo(self.tr("Making the review sheet"))
        asked = SheetRequest(request.stack, request.stack, "largest")
        write = write_review_pdf if Path(sheet).suffix.lower() == ".pdf" else write_review_sheet
        try:
            shown = cards(found.table, asked, None, feedback.isCanceled)
            write(shown, sheet_of(found.table, asked), MADE_BY, sheet)
        except LandslipError as err:
            raise QgsProcessingException(
                self.tr(
                    "{} The inventory and the rasters are complete: run Review sheet on them."
                ).format(err)
            ) from err
        return True

    def _request(self, parameters: dict[str, Any], context: QgsProcessingContext) -> EventRequest:
        def text(name: str) -> str:
            return str(self.parameterAsString(parameters, name, context)).strip()

        after, before = (
            products_of(self, parameters, name, context) for name in ("INPUT", "PRE_EVENT")
        )
        dem = self.raster_path(parameters, "DEM", context)
        masked = self.parameterAsBool(parameters, "MASK_CLOUDS", context)
        request = EventRequest(
            detection=DetectRequest(
                stack=self.parameterAsOutputLayer(parameters, "STACK", context),
                model="",
                probability=self.parameterAsOutputLayer(parameters, "PROBABILITY", context),
                threshold=self.optional_number(parameters, "THRESHOLD", context),
                min_area=self.parameterAsDouble(parameters, "MIN_AREA", context),
                device=self.choice(parameters, "DEVICE", context),
                threads=self.parameterAsInt(parameters, "THREADS", context),
                memory=self.parameterAsInt(parameters, "MEMORY", context) or memory_setting(),
                outlines=outline_request(self, parameters, context),
                event=event_facts(self, parameters, context),
            ),
            model=text("MODEL"),
            after=after,
            before=before,
            dem=dem,
            out=LEFT_OUT if masked else (),
            clouds=self.choice(parameters, "CLOUDS", context),
            band_mapping=text("BAND_MAPPING"),
        )
        if after or before:
            if not any(parameters.get(name) for name in ("EXTENT", "AREA")):
                return request
            area, clip = needed_area(self, parameters, context)
            return replace(request, area=area, clip=clip)
        area, clip = needed_area(self, parameters, context)
        return replace(
            request,
            dem=dem or text("DEM_SOURCE"),
            area=area,
            clip=clip,
            search=search_of(self, parameters, context, area),
            catalogue=chosen_catalogue(self, parameters, context),
            token_hosts=words_of(text("TOKEN_HOST")),
        )
