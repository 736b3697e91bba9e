"""Make a sample scene: a first try of Landslip that needs no download."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from ..engine.common.dependencies import require
from ..engine.common.errors import Cancelled
from ..engine.common.output import check_geotiff
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .views import show_views

#: QGIS reads whole numbers of 32 bits.
LARGEST_SEED = 2**31 - 1

HELP = """
<p>Makes a Sentinel-2 scene after a storm that never was: mountains, forest, fields, rivers, and
landslides whose outlines are known to the pixel. Use it to try <i>Detect landslides</i> and what
follows without a download.</p>
<p><b>Size</b>: width and height in pixels of 10 m, 96 to 4096. 768 takes some seconds, 2048 a
minute, 4096 some minutes and 4 GB of memory.</p>
<p><b>Seed</b>: a whole number from 0 to 2147483647; each makes another scene, and always the
same.</p>
<p><b>Share of landslides</b>: share of the area that landslides cover, 0 to 0.2.</p>
<p><b>Relic landslides</b>: large, old scars under forest, which the relief alone shows, in pixels
of 5 m with a DEM as fine. For models that are trained to find such; the shipped ones look for fresh
ones.</p>

<h3>Outputs</h3>
<p><b>Stack</b>: the bands B02, B03, B04, B08, reflectance x 10000. <b>DEM</b>: elevation in metres,
on a grid in degrees, as downloaded ones are. <b>Truth</b>: 1 in landslides, else 0.</p>
<p>The scene is easier than a real one: do not quote how well it is detected as accuracy.</p>
"""


class SampleScene(LandslipAlgorithm):
    """A made scene from a seed."""

    NAME = "samplescene"
    DISPLAY_NAME = "Make a sample scene"
    GROUP = Group.SET_UP
    SHORT_DESCRIPTION = "Makes a synthetic stack, DEM and truth, to try Landslip without a download"
    TAGS = ("landslide", "sample", "demo", "synthetic", "try", "example")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        whole, real = QgsProcessingParameterNumber.Integer, QgsProcessingParameterNumber.Double
        raster = QgsProcessingParameterRasterDestination
        for parameter in (
            QgsProcessingParameterNumber(
                "SIZE", self.tr("Size (pixels)"), whole, 768, minValue=96, maxValue=4096
            ),
            QgsProcessingParameterNumber(
                "SEED", self.tr("Seed"), whole, 20180906, minValue=0, maxValue=LARGEST_SEED
            ),
            raster("STACK", self.tr("Stack")),
            raster("DEM", self.tr("DEM")),
            raster("TRUTH", self.tr("Truth")),
        ):
            self.addParameter(parameter)
        self.add_advanced(
            QgsProcessingParameterNumber(
                "SHARE", self.tr("Share of landslides"), real, 0.045, minValue=0, maxValue=0.2
            )
        )
        self.add_advanced(
            QgsProcessingParameterBoolean(
                "RELIC",
                self.tr("Relic landslides (overgrown, in pixels of 5 m)"),
                defaultValue=False,
                optional=True,
            )
        )
        self.addOutput(QgsProcessingOutputNumber("AREA", self.tr("Area of landslides (m2)")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        outputs = {
            name: self.parameterAsOutputLayer(parameters, name, context)
            for name in ("STACK", "DEM", "TRUTH")
        }
        listeners = hooks(feedback)

        def progress(done: float) -> None:
            if feedback.isCanceled():
                raise Cancelled("Stopped on request. No sample scene was written.")
            listeners["progress"](0.95 * done, "")

        with engine_errors():
            for name, target in outputs.items():
                check_geotiff(target, [], name)
            for package in ("scipy", "rasterio"):
                require(package)
            from ..sample.scene import SceneRequest, make_scene, write_files

            request = SceneRequest.of(
                self.parameterAsInt(parameters, "SIZE", context),
                self.parameterAsInt(parameters, "SEED", context),
                self.parameterAsDouble(parameters, "SHARE", context),
                self.parameterAsBoolean(parameters, "RELIC", context),
            )
            scene = make_scene(request, progress)
            write_files(scene, outputs["STACK"], outputs["DEM"], outputs["TRUTH"])
        show_views(outputs["STACK"], context)
        area = float(scene.truth.sum()) * request.pixel_size**2
        feedback.pushInfo(self.tr("Landslides cover {:.2f} km2.").format(area / 1e6))
        return {**outputs, "AREA": area}
