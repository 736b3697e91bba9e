"""Vectorise probability: an inventory at another threshold, without running the model again."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..engine.errors import LandslipError
from ..engine.probability import open_probability
from ..engine.vectorise import VectoriseRequest, known_threshold, vectorise
from .base import Group, LandslipAlgorithm, engine_errors, hooks, user_message
from .detect_landslides import minimum_area_parameter, threshold_parameter
from .inventory_layer import INVENTORY_STYLE, write_inventory
from .table_layer import Sink

HELP = """
<p>Makes a landslide inventory from a probability raster, with a threshold and a minimum area of
your choice. The model does not run, so it takes seconds: try several.</p>
<p><b>Probability</b>: the raster that <i>Detect landslides</i> made, or any raster of one band with
values from 0 to 1.</p>
<p><b>DEM</b>: elevation in metres, of any CRS and resolution, for the fields of
length, width, crown, toe, slope and aspect.</p>
<p><b>Threshold</b>: probability from which a pixel is landslide. Empty: the one that the raster's
model recommends.</p>
<p><b>Minimum area</b>: smaller landslides are dropped, in m2.</p>

<h3>Advanced: outlines</h3>
<p><b>Fill holes</b>: holes up to this size become part of the landslide around them, in m2.</p>
<p><b>Part touching landslides</b>: cuts at necks, where the probability sinks, and along ridges of
the DEM. The number says how far the pass between two parts must lie below the lower of their tops:
0.5 is a common start, lower values part more, empty parts nothing.</p>
<p><b>Smooth outlines</b>: takes the staircase of pixels away. Areas change by 2 % at most, and no
outline crosses its neighbour's.</p>

<h3>Advanced: filters</h3>
<p><b>Smallest mean slope</b> in degrees, and <b>largest elongation</b>, length down the slope over
width. <b>Valley floor</b>: drops landslides that are flatter than this for the most part.
<b>Excluded area</b>: a raster that is not 0 where no landslide can be, such as a map of water;
drops landslides that lie there for the most part. All but the last need the DEM, and keep what it
does not cover.</p>

<h3>Output</h3>
<p><b>Inventory</b>: outlines along pixel edges unless smoothed; pixels that only touch at a corner
are separate landslides. An id names the place where the probability peaks, so that most landslides
keep theirs from one threshold to the next.</p>
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
        for parameter in self._advanced_parameters():
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

    def _advanced_parameters(self) -> list[Any]:
        # All optional: QGIS calls a model invalid that was saved before a mandatory one came.
        def number(
            name: str, label: str, largest: float | None = None, default: float | None = None
        ) -> Any:
            double = QgsProcessingParameterNumber.Double
            parameter = QgsProcessingParameterNumber(
                name, label, double, default, optional=True, minValue=0
            )
            if largest is not None:
                parameter.setMaximum(largest)
            return parameter

        return [
            number("FILL_HOLES", self.tr("Fill holes up to (m2)"), default=0),
            number(
                "SPLIT_DEPTH",
                self.tr("Part touching landslides: depth of the pass, 0 to 1 (empty: do not)"),
                1,
            ),
            QgsProcessingParameterBoolean(
                "SMOOTH", self.tr("Smooth outlines"), defaultValue=False, optional=True
            ),
            number("MIN_SLOPE", self.tr("Smallest mean slope (degrees)"), 90, default=0),
            number("MAX_ELONGATION", self.tr("Largest elongation, length over width (empty: any)")),
            number(
                "FLAT_SLOPE",
                self.tr("Valley floor: drop what is mostly flatter than (degrees; 0: off)"),
                90,
                default=0,
            ),
            QgsProcessingParameterRasterLayer(
                "EXCLUDE", self.tr("Excluded area (not 0: water, say)"), optional=True
            ),
        ]

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
        request = self._request(parameters, context)
        listeners = hooks(feedback)
        with engine_errors():
            raster = open_probability(request.probability)
            threshold = known_threshold(request, raster)
            landslides = list(vectorise(request, listeners["progress"], listeners["cancelled"]))
        sink = Sink(self, parameters, "INVENTORY", context, feedback, INVENTORY_STYLE)
        inventory = write_inventory(sink, landslides, raster.grid.crs)
        area = sum(landslide["area_m2"] for landslide in landslides)
        feedback.pushInfo(
            self.tr("{} landslides, {:.3f} km2, at threshold {:g}.").format(
                len(landslides), area / 1e6, threshold
            )
        )
        return {"INVENTORY": inventory, "COUNT": len(landslides), "AREA": area}

    def _request(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> VectoriseRequest:
        return VectoriseRequest(
            probability=self.raster_path(parameters, "INPUT", context),
            dem=self.raster_path(parameters, "DEM", context) or None,
            threshold=self.optional_number(parameters, "THRESHOLD", context),
            min_area=self.parameterAsDouble(parameters, "MIN_AREA", context),
            fill_holes=self.parameterAsDouble(parameters, "FILL_HOLES", context),
            split=self.optional_number(parameters, "SPLIT_DEPTH", context),
            smooth=self.parameterAsBoolean(parameters, "SMOOTH", context),
            min_slope=self.parameterAsDouble(parameters, "MIN_SLOPE", context),
            max_elongation=self.optional_number(parameters, "MAX_ELONGATION", context),
            flat_slope=self.parameterAsDouble(parameters, "FLAT_SLOPE", context),
            excluded=self.raster_path(parameters, "EXCLUDE", context) or None,
        )
