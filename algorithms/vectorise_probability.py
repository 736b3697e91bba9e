"""Vectorise probability: an inventory at another threshold, without running the model again."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterRasterLayer,
)

from ..engine.errors import LandslipError
from ..engine.probability import open_probability
from ..engine.vectorise import VectoriseRequest, known_threshold, vectorise
from .base import LandslipAlgorithm, engine_errors, hooks, user_message
from .detect_landslides import minimum_area_parameter, threshold_parameter
from .inventory_layer import write_inventory

HELP = """
<p>Makes a landslide inventory from a probability raster, with a threshold and a minimum area of
your choice. The model does not run, so it takes seconds: try several.</p>
<p><b>Probability</b>: the raster that <i>Detect landslides</i> made, or any raster of one band with
values from 0 to 1.</p>
<p><b>DEM</b>: elevation in metres, of any CRS and resolution, for the elevation and slope
fields.</p>
<p><b>Threshold</b>: probability from which a pixel is landslide. Empty: the one that the raster's
model recommends.</p>
<p><b>Minimum area</b>: smaller landslides are dropped, in m2.</p>
<p><b>Inventory</b>: outlines along pixel edges; pixels that only touch at a corner are separate
landslides. An id names the place where the probability peaks, so that most landslides keep theirs
from one threshold to the next.</p>
"""


class VectoriseProbability(LandslipAlgorithm):
    """From probability to polygons."""

    NAME = "vectoriseprobability"
    DISPLAY_NAME = "Vectorise probability"
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
            QgsProcessingParameterFeatureSink(
                "INVENTORY",
                self.tr("Landslide inventory"),
                type=QgsProcessing.TypeVectorPolygon,
            ),
        ):
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        self.addOutput(QgsProcessingOutputNumber("AREA", self.tr("Total area (m2)")))

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Say what is wrong with the raster before the run starts."""
        try:
            probability = self.raster_path(parameters, "INPUT", context)
            if probability:
                open_probability(probability)
        except LandslipError as err:
            return False, user_message(err)
        return super().checkParameterValues(parameters, context)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        request = VectoriseRequest(
            probability=self.raster_path(parameters, "INPUT", context),
            dem=self.raster_path(parameters, "DEM", context) or None,
            threshold=self.optional_number(parameters, "THRESHOLD", context),
            min_area=self.parameterAsDouble(parameters, "MIN_AREA", context),
        )
        listeners = hooks(feedback)
        with engine_errors():
            raster = open_probability(request.probability)
            threshold = known_threshold(request, raster)
            landslides = list(vectorise(request, listeners["progress"], listeners["cancelled"]))
        inventory = write_inventory(self, landslides, raster.grid.crs, parameters, context)
        area = sum(landslide["area_m2"] for landslide in landslides)
        feedback.pushInfo(
            self.tr("{} landslides, {:.3f} km2, at threshold {:g}.").format(
                len(landslides), area / 1e6, threshold
            )
        )
        return {"INVENTORY": inventory, "COUNT": len(landslides), "AREA": area}
