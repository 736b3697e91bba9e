"""Date landslides: since when each outline is bare, from a series of images."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..engine.ground.change_point import DATED
from ..engine.ground.dating import DatingRequest, date_landslides
from ..engine.ground.image import ImageSource
from ..engine.inventory.compared import DATING_FIELDS
from ..engine.inventory.fields import FIELDS
from .assessability import CLOUDS_HELP, clouds_parameter
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .inventory_layer import INVENTORY_STYLE, use_style
from .inventory_reader import read_inventory
from .table_layer import Sink, write_table

HELP = f"""
<p>When did it slide? Looks at each outline in a series of images and finds the last one without and
the first one with the bare ground. <i>Export inventory</i> fills the dates of its schemas from
them.</p>

<p><b>Inventory</b>: a polygon layer, of Landslip or of anybody else.</p>
<p><b>Images</b>: stacks or downloaded products (files), in any order, with B02, B03 and B04, better
with B08 too. Take some from every year in question, from the season with leaves; more of them make
the interval shorter, and single clouds do no harm. They may lie on other grids: each is laid on
the others to a fraction of a pixel.</p>
<p><b>Dates</b> of the images in their order, such as <code>2018-05-02,2018-09-11</code>. Left
empty, they come from the tags that <i>Prepare</i> writes, the names of products, or a date in the
files' names.</p>
<p><b>DEM</b>: with it, deep shade is told from change where the sun's place is known.</p>
{CLOUDS_HELP}
<p><b>Band mapping</b> of all images, such as <code>B02,B03,B04</code>, where bands have no
names.</p>

<h3>How</h3>
<p>In each image that shows at least half of an outline, the outline's bareness (by NDVI, else bare
soil index, else red over green) is compared with a ring of 50 m around it. Images in which the ring
is itself nearly as bare (winter, drought) tell nothing and are passed over. One step up is fitted
to the rest, robust to single wrong images. Where several places of the step fit, the interval holds
them all.</p>

<h3>Output</h3>
<p>The inventory with the fields <code>date_min</code> (last image without), <code>date_max</code>
(first image with), <code>date_conf</code> (0 to 1) and <code>date_note</code>: <i>dated</i>;
<i>bare in all images</i> (it is older than <code>date_max</code>); <i>bare in no image</i>;
<i>too few images show it</i>; <i>unclear</i>. <b>COUNT</b>; <b>DATED</b>: how many have both
dates.</p>
"""


class DateLandslides(LandslipAlgorithm):
    """From an inventory and a series of images to dates."""

    NAME = "datelandslides"
    DISPLAY_NAME = "Date landslides"
    GROUP = Group.INVENTORY
    SHORT_DESCRIPTION = "Finds the last image without and the first with each landslide in a series"
    TAGS = ("landslide", "date", "time series", "change point", "multi-temporal", "age", "event")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons, text = [QgsProcessing.TypeVectorPolygon], QgsProcessingParameterString
        for parameter in (
            QgsProcessingParameterFeatureSource("INPUT", self.tr("Inventory"), polygons),
            QgsProcessingParameterMultipleLayers(
                "IMAGES", self.tr("Images (stacks or products)"), QgsProcessing.TypeFile
            ),
            text("DATES", self.tr("Dates of the images, in their order"), optional=True),
            QgsProcessingParameterRasterLayer(
                "DEM", self.tr("DEM (elevation in metres)"), optional=True
            ),
            QgsProcessingParameterFeatureSink(
                "OUTPUT", self.tr("Dated inventory"), type=QgsProcessing.TypeVectorPolygon
            ),
        ):
            self.addParameter(parameter)
        for parameter in (
            clouds_parameter(self),
            text("BAND_MAPPING", self.tr("Band mapping, such as B02,B03,B04"), optional=True),
        ):
            self.add_advanced(parameter)
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        self.addOutput(QgsProcessingOutputNumber("DATED", self.tr("Number with both dates")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        with engine_errors():
            request = DatingRequest.of(
                self.parameterAsFileList(parameters, "IMAGES", context),
                self.parameterAsString(parameters, "DATES", context),
                ImageSource(
                    path="",
                    dem=self.raster_path(parameters, "DEM", context) or None,
                    band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
                    clouds=self.choice(parameters, "CLOUDS", context),
                    flat_slope=0,
                ),
            )
            table = read_inventory(self, parameters, "INPUT", context, feedback)
            found = date_landslides(table, request, **hooks(feedback))
        sink = Sink(self, parameters, "OUTPUT", context, feedback, INVENTORY_STYLE)
        layer = write_table(sink, found, (*FIELDS, *DATING_FIELDS))
        use_style(layer, INVENTORY_STYLE, context)
        dated = sum(record.get("date_note") == DATED for record in found.records)
        return {"OUTPUT": layer, "COUNT": len(found.records), "DATED": dated}
