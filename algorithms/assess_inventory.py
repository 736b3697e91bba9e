"""Assess inventory: how a detection compares with a reference, as numbers, map and report."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsVectorLayer,
)

from ..engine.assessment.assess import AssessRequest, Side, assess
from ..engine.assessment.report import write_assessment_report
from ..engine.assessment.report_maps import Below
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY
from ..engine.inventory.polygons import Outlines
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .detect_landslides import minimum_area_parameter, threshold_parameter
from .inventory_layer import use_style
from .inventory_reader import read_inventory

HELP = """
<p>Compares a detection with a reference: how much of the landslide area was found, how many of the
landslides, how far off their borders are, and which threshold would have been best.</p>

<p><b>Detection</b>: an inventory of polygons, or a raster of landslide probability. Only a raster
gives curves over thresholds and a reliability diagram.</p>
<p><b>Reference</b>: an inventory of polygons, or a raster of 1 (landslide), 0 (none) and nodata
(nobody looked). Two rasters must lie on one grid.</p>
<p><b>Area</b> in which the reference is complete, as polygons. Without it, everything outside of
the reference's landslides counts as free of landslides.</p>
<p><b>Probability</b> threshold of a raster. Empty: its model's own.</p>
<p><b>Minimum</b> area: smaller landslides count neither as detected nor as reference. Pixel scores
include them.</p>
<p><b>Share</b> of its pixels that makes a landslide found, and a detection correct.</p>
<p><b>Pixel</b> size on which two inventories are compared, in metres. A raster brings its own.</p>
<p><b>Image</b> below the report's map: any raster, shown as in <i>Review sheet</i>.</p>

<h3>Outputs</h3>
<p><b>Report</b>: an HTML file that opens offline, with all scores and figures. <b>Comparison</b>: a
raster in the papers' colours: red found, green missed, blue false alarm. Scores as numbers, after
Eq. 6-11 of the HPCL-Net paper; BOUNDARY_DISTANCE in metres; AREA_BIAS and COUNT_BIAS are 0 where
the detection has as much as the reference, and 0.5 where it has half as much again.</p>
<p>A threshold that is best here is fitted to this reference. Judge it on another one.</p>
"""

#: Numbers that the algorithm returns, with their labels.
SCORES = {
    "PRECISION": "Precision of pixels",
    "RECALL": "Recall of pixels",
    "F1": "F1 of pixels",
    "IOU": "Intersection over union of landslide pixels",
    "MIOU": "Mean intersection over union",
    "OBJECT_PRECISION": "Precision of landslides",
    "OBJECT_RECALL": "Recall of landslides",
    "BOUNDARY_DISTANCE": "Distance of boundaries (m)",
    "AREA_BIAS": "Area bias",
    "COUNT_BIAS": "Count bias",
    "BEST_THRESHOLD": "Threshold with the best F1",
}


class AssessInventory(LandslipAlgorithm):
    """From a detection and a reference to scores."""

    NAME = "assessinventory"
    DISPLAY_NAME = "Assess inventory"
    GROUP = Group.REVIEW
    SHORT_DESCRIPTION = "Compares a detection with a reference: scores, map and report"
    TAGS = ("landslide", "accuracy", "validation", "precision", "recall", "confusion", "iou")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        kinds = [QgsProcessing.TypeRaster, QgsProcessing.TypeVectorPolygon]
        polygons = [QgsProcessing.TypeVectorPolygon]
        number = QgsProcessingParameterNumber
        for parameter in (
            QgsProcessingParameterMapLayer(
                "INPUT", self.tr("Detection (inventory or probability)"), types=kinds
            ),
            QgsProcessingParameterMapLayer(
                "REFERENCE", self.tr("Reference (inventory or raster)"), types=kinds
            ),
            QgsProcessingParameterFeatureSource(
                "AREA", self.tr("Area in which the reference is complete"), polygons, optional=True
            ),
            threshold_parameter(self.tr("Probability threshold (empty: the model's own)")),
            minimum_area_parameter(self.tr("Minimum area (m2)")),
        ):
            self.addParameter(parameter)
        for parameter in (
            number(
                "OVERLAP",
                self.tr("Share of pixels that makes a landslide found"),
                type=number.Double,
                defaultValue=0.5,
                minValue=0.01,
                maxValue=1,
            ),
            number(
                "PIXEL_SIZE",
                self.tr("Pixel size for two inventories (m)"),
                type=number.Double,
                defaultValue=10,
                minValue=0.1,
            ),
        ):
            self.add_advanced(parameter)
        self.add_advanced(
            QgsProcessingParameterRasterLayer(
                "IMAGE", self.tr("Image below the map in the report"), optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUTPUT", self.tr("Report"), self.tr("HTML files (*.html)")
            )
        )
        self.addParameter(
            QgsProcessingParameterRasterDestination(
                "COMPARISON", self.tr("Comparison"), optional=True
            )
        )
        for name, label in SCORES.items():
            self.addOutput(QgsProcessingOutputNumber(name, self.tr(label)))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        listeners = hooks(feedback)
        report = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        with engine_errors():
            check_report(report)
            below = Below(self.raster_path(parameters, "IMAGE", context) or None)
            below.check()
            request = self._request(parameters, context, feedback)
            found = assess(request, listeners["progress"], listeners["cancelled"])
            detected, reference = _name_of(request.detected), _name_of(request.reference)
            write_assessment_report(found, detected, reference, MADE_BY, report, below)
        if request.comparison:
            use_style(request.comparison, "comparison.qml", context)
        objects = found.objects
        feedback.pushInfo(
            self.tr(
                "Pixels: precision {:.3f}, recall {:.3f}, F1 {:.3f}. {} of {} landslides found, "
                "{} of {} detections correct."
            ).format(
                found.pixels.precision,
                found.pixels.recall,
                found.pixels.f1,
                objects.found,
                len(objects.reference.area),
                objects.correct,
                len(objects.detected.area),
            )
        )
        return {"OUTPUT": report, "COMPARISON": request.comparison, **found.numbers()}

    def _request(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> AssessRequest:
        judged = None
        if parameters.get("AREA") is not None:
            judged = Outlines.of(read_inventory(self, parameters, "AREA", context, feedback))
        return AssessRequest(
            detected=side_of(self, parameters, "INPUT", context, feedback),
            reference=side_of(self, parameters, "REFERENCE", context, feedback),
            threshold=self.optional_number(parameters, "THRESHOLD", context),
            min_area=self.parameterAsDouble(parameters, "MIN_AREA", context),
            overlap=self.parameterAsDouble(parameters, "OVERLAP", context),
            pixel_size=self.parameterAsDouble(parameters, "PIXEL_SIZE", context),
            judged=judged,
            comparison=self.parameterAsOutputLayer(parameters, "COMPARISON", context) or None,
        )


def side_of(
    algorithm: LandslipAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> Side:
    """One side of a comparison: polygons, or the path of a raster."""
    if isinstance(algorithm.parameterAsLayer(parameters, name, context), QgsVectorLayer):
        return Outlines.of(read_inventory(algorithm, parameters, name, context, feedback))
    return algorithm.raster_path(parameters, name, context)


def _name_of(side: Side) -> str:
    return side if isinstance(side, str) else side.name
