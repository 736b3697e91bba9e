"""Inventory statistics: sizes, density and terrain of an inventory, as numbers and report."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..engine.assessment.report_maps import Below
from ..engine.assessment.statistics import (
    StatisticsRequest,
    inventory_statistics,
    terrain_attributes,
)
from ..engine.assessment.statistics_report import write_statistics_report
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY
from ..engine.inventory.polygons import Outlines
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .inventory_reader import read_inventory

HELP = """
<p>Describes an inventory of landslides as a whole: how many there are of which size, how dense they
are, where they face, how steep they are and how high they lie.</p>

<p><b>Inventory</b>: a polygon layer, of Landslip or of anybody else.</p>
<p><b>Study area</b>: the polygons that were searched for landslides. Without it, the convex hull of
the inventory serves, and densities come out too high.</p>
<p><b>DEM</b>: elevation in metres, of any CRS. With it, landslides are compared with the terrain
of the study area. Without it, aspect, slope and elevation come from the fields
<code>aspect_deg</code>, <code>slope_mean</code>, <code>z_min</code> and <code>z_max</code>, where
the inventory has them.</p>
<p><b>Assessable ground</b>: the raster that the algorithm of this name made of the image.
Densities, roses and counts are then those of ground on which landslides can be seen; those
elsewhere are told, and not counted. With the DEM, landslides are also counted by how the sun met
the land, with the recall that was measured in such light beside them: what shade hides is not rare
there.</p>
<p><b>Minimum</b> area: smaller landslides are left out. Use it where a few slivers are below the
size from which the inventory was mapped.</p>
<p><b>Landslide probability</b>: the raster that the inventory was made of. Where several runs made
it (test-time flips or an ensemble), the report tells what area each of them finds.</p>
<p><b>Image</b> below the report's map: any raster, shown as in <i>Review sheet</i>. Without one, a
hillshade of the DEM.</p>

<h3>Outputs</h3>
<p><b>Report</b>: an HTML file that opens offline. <b>COUNT</b>; <b>AREA</b> (m2, on the ellipsoid);
<b>DENSITY</b> (landslides per km2); <b>EXPONENT</b> of the power-law tail with the ends of its 95 %
interval; <b>TAIL_START</b> (m2); <b>INVERSE_GAMMA_EXPONENT</b>; <b>ROLLOVER</b> (m2), the most
frequent area. Fits are by maximum likelihood and need at least 50 landslides. <b>AREA_STD</b>,
<b>AREA_LOW</b> and <b>AREA_HIGH</b> (m2): what the total area is uncertain by, as <i>Detect
landslides</i> gives them, where the probability raster says so.</p>
"""

#: Numbers that the algorithm returns, with their labels.
NUMBERS = {
    "COUNT": "Number of landslides",
    "AREA": "Total area (m2)",
    "DENSITY": "Landslides per km2",
    "ASSESSABLE_AREA": "Assessable ground in the study area (m2)",
    "EXPONENT": "Exponent of the power-law tail",
    "EXPONENT_LOW": "Lower end of its 95 % interval",
    "EXPONENT_HIGH": "Upper end of its 95 % interval",
    "TAIL_START": "Start of the tail (m2)",
    "INVERSE_GAMMA_EXPONENT": "Exponent of the inverse gamma distribution",
    "ROLLOVER": "Most frequent area (m2)",
    "AREA_STD": "Standard deviation of the runs' total areas (m2)",
    "AREA_LOW": "Smallest total area by the runs (m2)",
    "AREA_HIGH": "Largest total area by the runs (m2)",
}


class InventoryStatisticsAlgorithm(LandslipAlgorithm):
    """From an inventory to its statistics."""

    NAME = "inventorystatistics"
    DISPLAY_NAME = "Inventory statistics"
    GROUP = Group.REVIEW
    SHORT_DESCRIPTION = "Frequency and area, density, aspect, slope and elevation of an inventory"
    TAGS = ("landslide", "frequency", "power law", "inverse gamma", "rollover", "rose", "density")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        number = QgsProcessingParameterNumber
        for parameter in (
            QgsProcessingParameterFeatureSource("INPUT", self.tr("Inventory"), polygons),
            QgsProcessingParameterFeatureSource(
                "AREA", self.tr("Study area"), polygons, optional=True
            ),
            QgsProcessingParameterRasterLayer(
                "DEM", self.tr("DEM (elevation in metres)"), optional=True
            ),
            QgsProcessingParameterRasterLayer(
                "ASSESSABILITY", self.tr("Assessable ground (raster)"), optional=True
            ),
            number(
                "MIN_AREA",
                self.tr("Minimum area (m2)"),
                type=number.Double,
                defaultValue=0,
                minValue=0,
            ),
        ):
            self.addParameter(parameter)
        self.add_advanced(
            QgsProcessingParameterRasterLayer(
                "PROBABILITY",
                self.tr("Landslide probability that the inventory was made of"),
                optional=True,
            )
        )
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
        for name, label in NUMBERS.items():
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
            dem = self.raster_path(parameters, "DEM", context) or None
            below = Below(self.raster_path(parameters, "IMAGE", context) or None, dem)
            below.check()
            table = read_inventory(self, parameters, "INPUT", context, feedback)
            study = None
            if parameters.get("AREA") is not None:
                study = Outlines.of(read_inventory(self, parameters, "AREA", context, feedback))
            request = StatisticsRequest(
                inventory=Outlines.of(table),
                study=study,
                dem=dem,
                attributes=terrain_attributes(table),
                min_area=self.parameterAsDouble(parameters, "MIN_AREA", context),
                assessability=self.raster_path(parameters, "ASSESSABILITY", context) or None,
                probability=self.raster_path(parameters, "PROBABILITY", context) or None,
            )
            found = inventory_statistics(request, listeners["progress"], listeners["cancelled"])
            write_statistics_report(found, table.name, MADE_BY, report, below)
        feedback.pushInfo(
            self.tr("{} landslides, {:.3f} km2, {:.3g} per km2.").format(
                len(found.areas), found.areas.sum() / 1e6, found.per_km2
            )
        )
        return {"OUTPUT": report, **found.numbers()}
