"""Measure inventory: size, shape, terrain and probability of landslides from anywhere."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
)

from ..engine.inventory.fields import FIELDS
from ..engine.outlines.measure import MeasureRequest, measure
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .event_parameters import EVENT_HELP, event_facts, event_parameters
from .inventory_layer import INVENTORY_STYLE, use_style
from .inventory_reader import read_inventory
from .table_layer import Sink, write_table

_EVENT_HELP = EVENT_HELP.format(
    "A trigger, a type or a date of the event that a landslide has already stays; dates of images "
    "are replaced. The log tells how many say otherwise."
)
HELP = f"""
<p>Gives any polygon inventory the measured fields of a Landslip inventory: area and perimeter on
the ellipsoid; with a DEM length down the slope and width across it, crown and toe, height and
reach angle, slope, aspect and curvature; with a probability raster mean, highest and 10th
percentile.</p>
<p><b>Inventory</b>: polygons of any CRS, mapped by hand or detected. Outlines edited by a reviewer
are measured anew.</p>
<p><b>DEM</b>: elevation in metres, of any CRS and resolution. <b>Probability</b>: the raster that
<i>Detect landslides</i> made. Pixels are those of the probability raster, else those of the DEM; a
pixel belongs to the polygon that holds its centre, and a polygon narrower than two pixels counts
all that it touches.</p>
{_EVENT_HELP}
<h3>Output</h3>
<p>The inventory with all fields, empty ones to be filled in by people, and its own other columns.
What people have entered stays, and so does what cannot be measured for want of a raster.</p>
"""


class MeasureInventory(LandslipAlgorithm):
    """Attributes for polygons that are there already."""

    NAME = "measureinventory"
    DISPLAY_NAME = "Measure inventory"
    GROUP = Group.INVENTORY
    SHORT_DESCRIPTION = "Measures size, shape and terrain of the landslides of any inventory"
    TAGS = ("landslide", "inventory", "morphometry", "reach angle", "zonal statistics", "length")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        raster = QgsProcessingParameterRasterLayer
        for parameter in (
            QgsProcessingParameterFeatureSource("INPUT", self.tr("Landslide inventory"), polygons),
            raster("DEM", self.tr("DEM (elevation in metres)"), optional=True),
            raster("PROBABILITY", self.tr("Landslide probability"), optional=True),
            QgsProcessingParameterFeatureSink(
                "OUTPUT", self.tr("Measured inventory"), type=QgsProcessing.TypeVectorPolygon
            ),
        ):
            self.addParameter(parameter)
        for parameter in event_parameters(self.tr):
            self.add_advanced(parameter)
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        self.addOutput(QgsProcessingOutputNumber("AREA", self.tr("Total area (m2)")))

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with a date."""
        event_facts(self, parameters, context)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        request = MeasureRequest(
            dem=self.raster_path(parameters, "DEM", context) or None,
            probability=self.raster_path(parameters, "PROBABILITY", context) or None,
            event=event_facts(self, parameters, context),
        )
        with engine_errors():
            table = read_inventory(self, parameters, "INPUT", context, feedback)
            measured = measure(table, request, **hooks(feedback))
        sink = Sink(self, parameters, "OUTPUT", context, feedback, INVENTORY_STYLE)
        layer = write_table(sink, measured, FIELDS)
        use_style(layer, INVENTORY_STYLE, context)
        area = sum(record.values["area_m2"] for record in measured.records)
        feedback.pushInfo(
            self.tr("{} landslides, {:.3f} km2.").format(len(measured.records), area / 1e6)
        )
        return {"OUTPUT": layer, "COUNT": len(measured.records), "AREA": area}
