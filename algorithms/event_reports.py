"""Reports of an event: one call for a page, a PDF and KML."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..engine.assessment.event_report import (
    EventReportRequest,
    event_files,
    event_map,
    event_parts,
    event_report,
    one_page_parts,
    write_event_kml,
    write_event_page,
)
from ..engine.assessment.report_maps import Below
from ..engine.common.report import MADE_BY
from ..engine.inventory.polygons import Outlines
from .assess_inventory import side_of
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .event_pdf import write_event_pdf, write_map
from .inventory_reader import read_inventory

HELP = """
<p>Reports on an event in one call: a page with a map to move in, a PDF of the same, one page of it
to hand around, the map as a picture, and the outlines as KML for Google Earth and phones. They hold
map and locator, the largest landslides with their pictures, sizes and statistics, a comparison with
a reference, what to bear in mind, sources and licences.</p>

<p><b>Inventory</b>: a polygon layer, of Landslip or of anybody else. Rejected landslides are left
out.</p>
<p><b>Name</b> of the event, such as <i>Iburi 2018</i>. The files are named after it.</p>
<p><b>Reference</b>: an inventory or a raster to compare it with, as in <i>Assess inventory</i>.
<b>Landslide</b> probability: the raster that the inventory was made of; it adds curves over
thresholds to that comparison, and whom its model asks to name.</p>
<p><b>Image</b>: lies below the maps, and gives the pictures. <b>Image from before</b>: the same
places are shown beside, in their own contrast; a stack that <i>Prepare</i> made of both may be
given twice. <b>DEM</b>: elevation in metres; without an image its hillshade lies below the maps,
and statistics compare landslides with all land.</p>
<p><b>Area</b> that was searched, and in which the reference is complete. Without it, the convex
hull of the inventory serves, and densities come out too high.</p>
<p><b>Band</b> mapping, such as <code>B02,B03,B04</code>, for an image without band names.</p>

<h3>Outputs</h3>
<p><b>Folder</b>: gets the files. <b>HTML</b>: opens offline in any browser; it loads nothing from
anywhere. <b>PDF</b>: all of it; <b>PAGE</b>: map, numbers, the largest landslides, caveats and
sources on one page of A4; <b>PNG</b>: the map; <b>KML</b>; <b>COUNT</b> and <b>AREA</b> (m2). Each
file is whole or not there. PDF and PNG need QGIS: the command makes the page and KML.</p>
"""


class EventReports(LandslipAlgorithm):
    """From an inventory to what is handed around."""

    NAME = "eventreports"
    DISPLAY_NAME = "Reports of an event"
    GROUP = Group.REVIEW
    SHORT_DESCRIPTION = (
        "Makes a page with a map, PDFs, a picture and KML of the landslides of an event"
    )
    TAGS = ("landslide", "report", "map", "html", "pdf", "kml", "google earth", "summary")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        raster = QgsProcessingParameterRasterLayer
        for parameter in (
            QgsProcessingParameterFeatureSource("INPUT", self.tr("Inventory"), polygons),
            QgsProcessingParameterString("EVENT_NAME", self.tr("Name of the event")),
            QgsProcessingParameterMapLayer(
                "REFERENCE",
                self.tr("Reference (inventory or raster)"),
                optional=True,
                types=[QgsProcessing.TypeRaster, QgsProcessing.TypeVectorPolygon],
            ),
            raster("PROBABILITY", self.tr("Landslide probability"), optional=True),
            raster("IMAGE", self.tr("Image"), optional=True),
            raster("DEM", self.tr("DEM (elevation in metres)"), optional=True),
            QgsProcessingParameterFeatureSource(
                "AREA", self.tr("Area that was searched"), polygons, optional=True
            ),
            raster("PRE_IMAGE", self.tr("Image from before the event"), optional=True),
        ):
            self.addParameter(parameter)
        self.add_advanced(
            QgsProcessingParameterString(
                "BAND_MAPPING", self.tr("Band mapping, such as B02,B03,B04"), optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterFolderDestination(
                "OUTPUT_FOLDER", self.tr("Folder of the reports")
            )
        )
        self.addOutput(QgsProcessingOutputHtml("HTML", self.tr("Report as a page")))
        self.addOutput(QgsProcessingOutputFile("PDF", self.tr("Report as PDF")))
        self.addOutput(QgsProcessingOutputFile("KML", self.tr("Outlines as KML")))
        self.addOutput(QgsProcessingOutputFile("PNG", self.tr("Map as a picture")))
        self.addOutput(QgsProcessingOutputFile("PAGE", self.tr("Report on one page (PDF)")))
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        self.addOutput(QgsProcessingOutputNumber("AREA", self.tr("Total area (m2)")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        listeners = hooks(feedback)
        name = self.parameterAsString(parameters, "EVENT_NAME", context).strip()
        folder = self.parameterAsString(parameters, "OUTPUT_FOLDER", context)
        with engine_errors():
            files = event_files(folder, name)
            request = self._request(parameters, context, feedback, name)
            report = event_report(request, listeners["progress"], listeners["cancelled"])
            write_event_page(report, MADE_BY, files)
            write_event_kml(report, MADE_BY, files.kml)
            parts = event_parts(report, MADE_BY, interactive=False)
            write_event_pdf(name, report.about, parts, MADE_BY, files.pdf)
            drawing, _, _ = event_map(report)
            write_map(drawing, files.png)
            parts = one_page_parts(report, drawing, MADE_BY)
            write_event_pdf(name, report.about, parts, MADE_BY, files.page, one_page=True)
        areas = report.statistics.areas
        feedback.pushInfo(self.tr("{}. Written: {}.").format(report.about, ", ".join(files)))
        return {
            "OUTPUT_FOLDER": folder,
            "HTML": files.html,
            "PDF": files.pdf,
            "KML": files.kml,
            "PNG": files.png,
            "PAGE": files.page,
            "COUNT": len(areas),
            "AREA": float(areas.sum()),
        }

    def _request(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        name: str,
    ) -> EventReportRequest:
        given = {key: parameters.get(key) not in (None, "") for key in ("REFERENCE", "AREA")}
        study = reference = None
        if given["AREA"]:
            study = Outlines.of(read_inventory(self, parameters, "AREA", context, feedback))
        if given["REFERENCE"]:
            reference = side_of(self, parameters, "REFERENCE", context, feedback)
        return EventReportRequest(
            inventory=read_inventory(self, parameters, "INPUT", context, feedback),
            name=name,
            reference=reference,
            probability=self.raster_path(parameters, "PROBABILITY", context) or None,
            study=study,
            before=self.raster_path(parameters, "PRE_IMAGE", context),
            below=Below(
                self.raster_path(parameters, "IMAGE", context) or None,
                self.raster_path(parameters, "DEM", context) or None,
                self.parameterAsString(parameters, "BAND_MAPPING", context),
            ),
        )
