"""Vectorise probability: an inventory at another threshold, without running the model again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterRasterLayer,
)

from ..engine.models.probability import open_probability
from ..engine.models.runs import area_numbers
from ..engine.outlines.vectorise import VectoriseRequest, known_threshold, vectorise
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .detect_landslides import area_outputs, minimum_area_parameter, threshold_parameter
from .event_parameters import EVENT_HELP, event_facts, event_parameters
from .inventory_layer import INVENTORY_STYLE, write_inventory
from .outline_parameters import OUTLINE_HELP, outline_parameters, outline_request
from .table_layer import Sink

_EVENT_HELP = EVENT_HELP.format(
    "What is left empty comes from the tags of the raster. Where you say otherwise, the log tells, "
    "and what you say counts."
)
HELP = f"""
<p>Makes a landslide inventory from a probability raster, with a threshold and a minimum area of
your choice. The model does not run, so it takes seconds: try several.</p>
<p><b>Probability</b>: the raster that <i>Detect landslides</i> made, or any raster of one band with
values from 0 to 1.</p>
<p><b>DEM</b>: elevation in metres, of any CRS and resolution, for the fields of
length, width, crown, toe, slope and aspect.</p>
<p><b>Threshold</b>: probability from which a pixel is landslide. Empty: the one that the raster's
model recommends.</p>
<p><b>Minimum area</b>: smaller landslides are dropped, in m2.</p>
{OUTLINE_HELP}
{_EVENT_HELP}
<h3>Output</h3>
<p><b>Inventory</b>: outlines along pixel edges unless smoothed; pixels that only touch at a corner
are separate landslides. An id names the place where the probability peaks, so that most landslides
keep theirs from one threshold to the next. <b>COUNT</b>, <b>AREA</b> (m2), and where several runs
made the raster <b>AREA_STD</b>, <b>AREA_LOW</b> and <b>AREA_HIGH</b>, as <i>Detect landslides</i>
gives them.</p>
"""


class VectoriseProbability(LandslipAlgorithm):
    """From probability to polygons."""

    NAME = "vectoriseprobability"
    DISPLAY_NAME = "Vectorise probability"
    GROUP = Group.DETECT
    SHORT_DESCRIPTION = "Makes an inventory from a probability raster, at any threshold"
    TAGS = ("landslide", "threshold", "polygonize", "inventory")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in (
            QgsProcessingParameterRasterLayer("INPUT", self.tr("Landslide probability")),
            QgsProcessingParameterRasterLayer(
                "DEM", self.tr("DEM (elevation in metres)"), optional=True
            ),
            threshold_parameter(self.tr("Probability threshold (empty: the model's own)")),
            minimum_area_parameter(self.tr("Minimum area (m2)")),
        ):
            self.addParameter(parameter)
        for parameter in (*outline_parameters(self.tr), *event_parameters(self.tr)):
            self.add_advanced(parameter)
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "INVENTORY",
                self.tr("Landslide inventory"),
                type=QgsProcessing.TypeVectorPolygon,
            )
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        self.addOutput(QgsProcessingOutputNumber("AREA", self.tr("Total area (m2)")))
        for output in area_outputs(self.tr):
            self.addOutput(output)

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with the raster."""
        probability = self.raster_path(parameters, "INPUT", context)
        if probability:
            open_probability(probability)
        event_facts(self, parameters, context)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        request = self._request(parameters, context)
        listeners = hooks(feedback)
        with engine_errors():
            raster = open_probability(request.probability)
            threshold = known_threshold(request, raster)
            landslides = list(vectorise(request, **listeners))
        sink = Sink(self, parameters, "INVENTORY", context, feedback, INVENTORY_STYLE)
        inventory = write_inventory(sink, landslides, raster.grid.crs)
        area = sum(landslide["area_m2"] for landslide in landslides)
        feedback.pushInfo(
            self.tr("{} landslides, {:.3f} km2, at threshold {:g}.").format(
                len(landslides), area / 1e6, threshold
            )
        )
        by_runs = raster.area_range(area, threshold)
        if by_runs:
            feedback.pushInfo(by_runs.text)
        return {
            "INVENTORY": inventory,
            "COUNT": len(landslides),
            "AREA": area,
            **area_numbers(by_runs),
        }

    def _request(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> VectoriseRequest:
        return replace(
            outline_request(self, parameters, context),
            probability=self.raster_path(parameters, "INPUT", context),
            dem=self.raster_path(parameters, "DEM", context) or None,
            threshold=self.optional_number(parameters, "THRESHOLD", context),
            min_area=self.parameterAsDouble(parameters, "MIN_AREA", context),
            event=event_facts(self, parameters, context),
        )
