"""Review sheet: a page with a picture of every landslide, to judge it on screen or on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..engine.assessment.review_page import write_review_sheet
from ..engine.assessment.review_sheet import ORDERS, SheetRequest, cards, sheet_of
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY
from ..engine.stack.reader import open_stack
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .inventory_reader import read_inventory
from .review_pdf import write_review_pdf

HELP = """
<p>Makes a sheet to review an inventory on screen or on paper: every landslide with its picture,
outline, scale bar, name and attributes, and what a reviewer says of it: accept, edit or reject, its
type, a confidence, a note. The HTML sheet keeps that in the browser and saves it to a small file,
which <i>Apply a review</i> enters into the inventory. It suits reviewers without QGIS.</p>

<p><b>Inventory</b>: a polygon layer, of Landslip or of anybody else. To review a part of it, select
or filter it first.</p>
<p><b>Image</b>: the stack, or any raster to look at. Bands B04, B03 and B02 are shown as red, green
and blue; a raster without these names shows its first three bands. <b>Image from before</b>: any
raster from before the event. The same place is shown beside, in its own contrast; it may be on
another grid. A stack that <i>Prepare</i> made of both may be given twice.</p>
<p><b>Order</b>: as in the layer, the largest first, or by mean probability, less its spread where
several runs made it, the surest or the least sure first. Least sure first puts the work where it is
needed.</p>
<p><b>Band</b> mapping, such as <code>B02,B03,B04</code>, for a raster without band names.</p>

<h3>Outputs</h3>
<p><b>Review sheet</b>: by its name either HTML, which opens offline in any browser and prints on
A4, or PDF, with 25 landslides on a page, or 18 with an image from before. <b>COUNT</b>: number of
landslides on it.</p>
"""


class ReviewSheet(LandslipAlgorithm):
    """From an inventory and an image to a sheet."""

    NAME = "reviewsheet"
    DISPLAY_NAME = "Review sheet"
    GROUP = Group.REVIEW
    SHORT_DESCRIPTION = "Makes a sheet with a picture of every landslide, to judge each of them"
    TAGS = ("landslide", "review", "contact sheet", "atlas", "print", "pdf", "quality control")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in (
            QgsProcessingParameterFeatureSource(
                "INPUT", self.tr("Inventory"), [QgsProcessing.TypeVectorPolygon]
            ),
            QgsProcessingParameterRasterLayer("IMAGE", self.tr("Image")),
            QgsProcessingParameterRasterLayer(
                "PRE_IMAGE", self.tr("Image from before the event"), optional=True
            ),
            self.choice_parameter("ORDER", self.tr("Order"), ORDERS),
        ):
            self.addParameter(parameter)
        self.add_advanced(
            QgsProcessingParameterString(
                "BAND_MAPPING", self.tr("Band mapping, such as B02,B03,B04"), optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUTPUT",
                self.tr("Review sheet"),
                self.tr("HTML files (*.html);;PDF files (*.pdf)"),
            )
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with the image."""
        mapping = self.parameterAsString(parameters, "BAND_MAPPING", context)
        for name in ("IMAGE", "PRE_IMAGE"):
            image = self.raster_path(parameters, name, context)
            if image:
                open_stack(image, band_mapping=mapping)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        listeners = hooks(feedback)
        sheet = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        write = write_review_pdf if Path(sheet).suffix.lower() == ".pdf" else write_review_sheet
        with engine_errors():
            check_report(sheet, (".pdf",))
            table = read_inventory(self, parameters, "INPUT", context, feedback)
            request = SheetRequest(
                image=self.raster_path(parameters, "IMAGE", context),
                pre_image=self.raster_path(parameters, "PRE_IMAGE", context),
                order=self.choice(parameters, "ORDER", context),
                band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
            )
            shown = cards(table, request, listeners["progress"], listeners["cancelled"])
            write(shown, sheet_of(table, request), MADE_BY, sheet)
        return {"OUTPUT": sheet, "COUNT": len(table.records)}
