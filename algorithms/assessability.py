"""Assessable ground: where an image lets landslides be seen, and why not elsewhere."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..engine.common.errors import ParameterError
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY
from ..engine.ground.assessability import AssessabilityRequest, assessability
from ..engine.ground.assessability_report import write_assessability_report
from ..engine.ground.classes import Ground
from ..engine.ground.image import CLOUD_TESTS, FLAT_SLOPE, ImageSource
from ..engine.preparation.target_grid import finest_grid
from ..engine.products.product import open_products
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .inventory_layer import GROUND_STYLE, use_style

CLOUDS_HELP = """
<p><b>Clouds</b>: <i>auto</i> takes what the image's masks tell (SCL of L2A, cloud masks of L1C, the
mask of <i>Prepare</i>), and our own tests for the rest; <i>both</i> takes either; <i>own</i> and
<i>masks</i> go by one alone. Our own tests are for images without masks: a cloud is whiter than
ground, its shadow lies where the sun and its place say and is dark. They take thin haze for ground,
white rock, white roofs and salt for cloud, and snow for cloud where B11 is missing.</p>
"""
HELP = f"""
<p>Where does an image let landslides be seen? Tells apart, pixel by pixel, what is assessable, and
what is hidden by cloud, cloud shadow, snow, haze or deep shade, or is water or flat land. A
landslide that is missing in the inventory means something on assessable ground alone.</p>

<p><b>Stack</b> with the bands B02, B03 and B04, better with B08 and B11 too, or instead a
<b>Sentinel-2 product</b> (file or folder).</p>
<p><b>Mask</b> that <i>Prepare</i> made with the stack.</p>
<p><b>DEM</b>: elevation in metres. With it and the sun, deep shade (the sun meets the land at a
cosine below 0.2, or other land hides it) and flat land are told.</p>
<p><b>Sun's azimuth and elevation</b>: left empty, they come from the stack's tags or the image's
time, else with a DEM from its shading. Without a sun, neither deep shade nor cloud shadow is told;
the log says so.</p>
<p><b>Extent</b>: only this part; the same as that part of the whole.</p>
{CLOUDS_HELP}
<p><b>Flat land</b>: land with a mean slope below this, degrees, is flat; 0 for none.</p>
<p>Images with pixels above 40 m are refused: they do not show landslides.</p>

<h3>Outputs</h3>
<p><b>Assessable ground</b>: a raster on the image's grid: 1 assessable, 2 cloud, 3 cloud shadow, 4
snow, 5 haze, 6 deep shade, 7 water, 8 flat land, 0 no data. <b>Report</b>: a page with the area and
the share of each. <b>ASSESSABLE</b> and the like: shares of the ground with data, 0 to 1.</p>
"""

#: Outputs with the share of a class.
SHARES = {
    Ground.ASSESSABLE: "Assessable",
    Ground.CLOUD: "Cloud",
    Ground.CLOUD_SHADOW: "Cloud shadow",
    Ground.SNOW: "Snow",
    Ground.HAZE: "Haze",
    Ground.DEEP_SHADE: "Deep shade",
    Ground.WATER: "Water",
    Ground.FLAT: "Flat land",
}


class AssessabilityAlgorithm(LandslipAlgorithm):
    """From an image to the ground on which it can be judged."""

    NAME = "assessability"
    DISPLAY_NAME = "Assessable ground"
    GROUP = Group.DETECT
    SHORT_DESCRIPTION = "Tells where an image shows landslides, and where cloud, shade or snow hide"
    TAGS = ("cloud mask", "cloud shadow", "snow", "haze", "shade", "water", "completeness", "scl")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        raster, file = QgsProcessingParameterRasterLayer, QgsProcessingParameterFile
        for parameter in (
            raster("INPUT", self.tr("Stack (Sentinel-2 bands)"), optional=True),
            file("PRODUCT", self.tr("Sentinel-2 product instead (file)"), optional=True),
            file(
                "PRODUCT_FOLDER",
                self.tr("Sentinel-2 product or band files instead (folder)"),
                file.Folder,
                optional=True,
            ),
            raster("MASK", self.tr("Mask that Prepare made"), optional=True),
            raster("DEM", self.tr("DEM (elevation in metres)"), optional=True),
            QgsProcessingParameterExtent("EXTENT", self.tr("Extent"), optional=True),
            QgsProcessingParameterRasterDestination("OUTPUT", self.tr("Assessable ground")),
            QgsProcessingParameterFileDestination(
                "REPORT", self.tr("Report"), self.tr("HTML files (*.html)"), None, True, False
            ),
        ):
            self.addParameter(parameter)
        for parameter in sky_parameters(self):
            self.add_advanced(parameter)
        for ground, label in SHARES.items():
            self.addOutput(QgsProcessingOutputNumber(ground.name, self.tr(label)))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        report = self.parameterAsFileOutput(parameters, "REPORT", context)
        with engine_errors():
            if report:
                check_report(report)
            request = AssessabilityRequest(
                image=image_source(self, parameters, context, self._image(parameters, context)),
                output=self.parameterAsOutputLayer(parameters, "OUTPUT", context),
                extent=self._extent(parameters, context),
            )
            made = assessability(request, **hooks(feedback))
            if report:
                write_assessability_report(made, MADE_BY, report)
        use_style(request.output, GROUND_STYLE, context)
        feedback.pushInfo(made.sentence())
        results = {"OUTPUT": request.output, **{g.name: made.share(g) for g in SHARES}}
        return {**results, "REPORT": report} if report else results

    def _image(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """Path of the stack or of the product."""
        stack = self.raster_path(parameters, "INPUT", context)
        others = (self.parameterAsString(parameters, n, context) for n in _PRODUCTS)
        given = [path for path in (stack, *others) if path]
        if len(given) != 1:
            raise ParameterError(
                f"{' and '.join(given) or 'No image'} was given; expected one image. Give INPUT, a "
                "raster with named Sentinel-2 bands, or PRODUCT or PRODUCT_FOLDER, a downloaded "
                "Sentinel-2 product."
            )
        return given[0]

    def _extent(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[float, float, float, float] | None:
        if not parameters.get("EXTENT"):
            return None
        mapping = self.parameterAsString(parameters, "BAND_MAPPING", context)
        product = open_products([self._image(parameters, context)], band_mapping=mapping)[0]
        crs = QgsCoordinateReferenceSystem.fromWkt(finest_grid(product).crs)
        box = self.parameterAsExtent(parameters, "EXTENT", context, crs)
        return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()


_PRODUCTS = ("PRODUCT", "PRODUCT_FOLDER")


def clouds_parameter(algorithm: LandslipAlgorithm) -> QgsProcessingParameterEnum:
    """The parameter CLOUDS."""
    return algorithm.choice_parameter("CLOUDS", algorithm.tr("What tells clouds"), CLOUD_TESTS)


def sky_parameters(algorithm: LandslipAlgorithm) -> list[Any]:
    """The advanced parameters of clouds, sun and land."""
    number, tr = QgsProcessingParameterNumber, algorithm.tr

    def degrees(name: str, label: str, low: float, high: float, **more: Any) -> Any:
        return number(name, label, type=number.Double, minValue=low, maxValue=high, **more)

    return [
        clouds_parameter(algorithm),
        degrees("FLAT_SLOPE", tr("Flat land (degrees; 0: none)"), 0, 45, defaultValue=FLAT_SLOPE),
        degrees(
            "SUN_AZIMUTH",
            tr("Sun's azimuth, degrees from north (empty: as the image says)"),
            0,
            360,
            optional=True,
        ),
        degrees(
            "SUN_ELEVATION",
            tr("Sun's elevation, degrees (empty: as the image says)"),
            0.1,
            90,
            optional=True,
        ),
        QgsProcessingParameterString(
            "BAND_MAPPING",
            tr("Band mapping (for bands without names)"),
            optional=True,
        ),
    ]


def image_source(
    algorithm: LandslipAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
    path: str,
) -> ImageSource:
    """What these parameters say of an image."""
    return ImageSource(
        path=path,
        mask=algorithm.raster_path(parameters, "MASK", context),
        dem=algorithm.raster_path(parameters, "DEM", context) or None,
        sun_azimuth=algorithm.optional_number(parameters, "SUN_AZIMUTH", context),
        sun_elevation=algorithm.optional_number(parameters, "SUN_ELEVATION", context),
        band_mapping=algorithm.parameterAsString(parameters, "BAND_MAPPING", context),
        clouds=algorithm.choice(parameters, "CLOUDS", context),
        flat_slope=algorithm.parameterAsDouble(parameters, "FLAT_SLOPE", context),
    )
