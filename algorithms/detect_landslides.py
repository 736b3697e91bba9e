"""Detect landslides: from a stack or a product to a probability raster and an inventory layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsSettings,
)

from ..engine.common.errors import ParameterError
from ..engine.detection.in_product import detect_in_product
from ..engine.detection.pipeline import DetectRequest, detect
from ..engine.inventory.polygons import Outlines
from ..engine.models.card import ModelCard
from ..engine.models.runs import area_numbers
from ..engine.models.runtime import DEVICE_NAMES
from ..engine.models.test_time import TEST_TIME
from ..engine.models.zoo import AUTO
from ..engine.preparation.model_choice import detection_model, ensemble_models
from ..engine.preparation.target_grid import finest_grid
from ..engine.products.product import open_products
from ..engine.raster.grid import Grid
from ..engine.stack.reader import open_stack
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .event_parameters import EVENT_HELP, event_facts, event_parameters
from .inventory_layer import (
    GROUND_STYLE,
    INVENTORY_STYLE,
    VECTORISE_ADVICE,
    use_style,
    write_inventory,
)
from .inventory_reader import read_inventory
from .outline_parameters import OUTLINE_HELP, outline_parameters, outline_request
from .table_layer import Sink

_EVENT_HELP = EVENT_HELP.format(
    "Dates that are left empty come from the tags of the image's file, which <i>Prepare</i> "
    "writes, or from the name of its product. Where you say otherwise, the log tells, and what you "
    "say counts."
)
HELP = f"""
<p>Finds landslides in a Sentinel-2 image, after an earthquake or a storm, with a neural network.
It gives a raster of landslide probability and a polygon layer, the inventory, with area,
probability and (with a DEM) elevation and slope of every landslide.</p>

<h3>Inputs</h3>
<p><b>Stack</b>: raster with the Sentinel-2 bands that the model reads, as reflectance x 10000 on a
10 m grid. Bands are found by their names (B02, B03, B04 ...). No names? Use the band mapping.</p>
<p><b>Sentinel-2 product</b>, instead of a stack: a downloaded <code>.SAFE</code> zip, or the
<code>MTD_MSIL1C.xml</code> or <code>MTD_MSIL2A.xml</code> of an unpacked one, or as a folder the
product's or one of band files such as <code>B02.tif</code>. The bands that the model reads are
prepared beside the result and removed afterwards. To leave out clouds or water, to join tiles, or
to keep the stack, run <i>Prepare Sentinel-2 + terrain stack</i> first.</p>
<p><b>DEM</b>: elevation in metres, of any CRS and resolution; it is warped to the stack's grid and
its slope computed. Give one where you can: models that see the slope confuse fewer bare fields
with landslides, and without one the inventory's fields from the DEM (length, width, crown, toe,
slope, aspect ...) stay empty.</p>
<p><b>Image from before the event</b>, with B03 and B04 on the stack's grid: where red over green
has risen more than usual in the scene, probabilities rise, and where it has fallen they fall. Give
it to <i>Prepare</i>, which lays it on the stack as <code>pre_</code> bands, and choose that stack
here again. On the only pair of dates we have (Hokkaido) this gained 2 to 5 points of F1 where both
show the ground. Harvests, snow or haze in one of them look like change, too: compare the result
with one without before you rely on it.</p>
<p><b>Model</b>: <i>auto</i> takes the best shipped model for the bands that are there (with slope
where there is a DEM); or name a shipped model, or the path of an ONNX file with a Landslip model
card. The log says which one ran, with its accuracy in regions that it never saw.</p>
<p><b>Extent</b>: only this part. The result is the same as that part of the whole: the scene's
statistics are always taken from the whole raster.</p>
<p><b>Mask</b>: polygons of any CRS, such as a catchment or the mountains. Outside of them nothing
is looked for, which saves the time, and the raster has no data. Inside, the result is the same as
without.</p>
<p><b>Threshold</b>: probability from which a pixel is landslide. Leave empty for the model's own,
chosen on validation data. Higher finds fewer and surer ones. To try others afterwards, run
<i>Vectorise probability</i>: it takes seconds.</p>
<p><b>Minimum area</b>: smaller landslides are dropped, in m2. One Sentinel-2 pixel is 100 m2; below
some 5 pixels a detection is mostly noise.</p>

<h3>Advanced</h3>
<p><b>Overlap</b>: share of a patch that its neighbour repeats. Left empty, the model's own: 0.375,
or larger windows instead of patches where the model says the same in them (<i>fast_rgb</i>). 0.5
blends best and takes half as long again as 0.375; 0 is fastest, with seams.</p>
<p><b>Batch size</b>: patches at a time. Lower it when a graphics card runs out of memory.</p>
<p><b>Device</b>: <i>auto</i> tries each device on a piece of the scene and takes the fastest that
says the same as the processor; the answer is remembered. The log and DEVICE_USED say which one
really ran, and why others were passed over.</p>
<p><b>Scheduler</b>: address of the scheduler of a Dask cluster whose workers share the work. They
need Landslip's Python package in the same version, and must see the image and the DEM under the
same path. The result is that of a run on this machine. Leave it empty to work alone; the manual's
page <i>Many scenes and clusters</i> has the rest. Connect to schedulers that you trust only.</p>
<p><b>Threads</b>: of the processor. 0 takes what OMP_NUM_THREADS says, else all.</p>
<p><b>Memory</b>: what the run may take, in MiB. It decides how large the regions are in which the
raster is read, run and written, not the result; below some 450 MiB (600 for 14 bands) there is
nothing left to save. 0 takes the setting <code>Landslip/memory</code> of QGIS's advanced settings,
else a quarter of what is free.</p>
<p><b>Band mapping</b>: names in band order, such as <code>B02,B03,B04</code> (<code>-</code> skips
a band), or pairs such as <code>B04=1,B03=2,B02=3</code>.</p>
<p><b>Test-time flips</b>: averages the model over mirrored (4 runs) or mirrored and turned (8
runs) patches, and tells their spread; 4 or 8 times slower. On Hokkaido F1 fell by a point at a
threshold of 0.5, and was the same at the best one.</p>
<p><b>Ensemble</b>: other models that run as well; the probability is the mean of all. Names of
shipped models or paths of ONNX files, such as <code>effnet_rgb,fast_rgb</code> (semicolons between
them where a path has a comma). The image must have the bands that each of them reads. An empty
threshold is that of <i>Model</i>.</p>
<p><b>Even light</b>: takes the light of slopes out of the image before the model looks, by the DEM
and the sun (C correction). Models miss most slides in shade; with it they find more
there, and fewer in full sun and in all: on Hokkaido, recall at an incidence of 0.2 to 0.4 rose from
0.12 to 0.36, and fell from 0.85 to 0.75 above 0.9. Worth it where what lies in shade matters and
the DEM is good; look at both results.</p>
<p><b>Sun's azimuth and elevation</b>: for even light, and for models that read the illumination,
which is computed from the DEM and the sun. Left empty, they come from the stack's tags
<code>SUN_AZIMUTH</code> and <code>SUN_ELEVATION</code>, else from the time in its tag
<code>ACQUISITION_DATE</code>, which <i>Prepare</i> writes; else the sun is fitted to the shading
of the scene, and the log says how well. Where nothing tells, all land counts as evenly lit.</p>

{OUTLINE_HELP}
{_EVENT_HELP}
<h3>Outputs</h3>
<p><b>Probability</b>: 0 to 1 on exactly the stack's grid, -9999 where the stack has no data. With
test-time flips or an ensemble it is the mean of several runs, and a second band holds their spread:
the standard deviation of the runs' probabilities.
<b>Inventory</b>: outlines along pixel edges; pixels that only touch at a corner are separate
landslides. <b>Assessable ground</b>, if asked for: where the image shows landslides, and where
cloud, shade, snow, water or flat land keep them from sight, as the algorithm of that name tells.
<b>COUNT</b>, <b>AREA</b> (m2, on the ellipsoid) and <b>DEVICE_USED</b>. Of several runs
also <b>AREA_LOW</b> and <b>AREA_HIGH</b>, the least and the most area that one of them, or their
mean, finds, and <b>AREA_STD</b>, the standard deviation of their areas. What all runs miss is not
in it.</p>
<p>A detection is not a mapped landslide: bare fields, quarries, river banks and clouds can look
alike. Look through the inventory before you publish it.</p>
"""


class DetectLandslides(LandslipAlgorithm):
    """The Toolbox's main entry."""

    NAME = "detectlandslides"
    DISPLAY_NAME = "Detect landslides"
    GROUP = Group.DETECT
    SHORT_DESCRIPTION = "Finds landslides in a Sentinel-2 (and terrain) stack with a neural network"
    TAGS = ("landslide", "sentinel-2", "deep learning", "onnx", "hazard", "segmentation", "u-net")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in self._main_parameters():
            self.addParameter(parameter)
        for parameter in self._advanced_parameters():
            self.add_advanced(parameter)
        for parameter in (*outline_parameters(self.tr), *event_parameters(self.tr)):
            self.add_advanced(parameter)
        self.addParameter(
            QgsProcessingParameterRasterDestination("PROBABILITY", self.tr("Landslide probability"))
        )
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "INVENTORY",
                self.tr("Landslide inventory"),
                type=QgsProcessing.TypeVectorPolygon,
            )
        )
        self.addParameter(
            QgsProcessingParameterRasterDestination(
                "ASSESSABILITY",
                self.tr("Assessable ground"),
                optional=True,
                createByDefault=False,
            )
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        self.addOutput(QgsProcessingOutputNumber("AREA", self.tr("Total area (m2)")))
        for output in area_outputs(self.tr):
            self.addOutput(output)
        self.addOutput(QgsProcessingOutputString("DEVICE_USED", self.tr("Device that ran")))

    def _main_parameters(self) -> list[Any]:
        file = QgsProcessingParameterFile
        return [
            QgsProcessingParameterRasterLayer(
                "INPUT", self.tr("Stack (Sentinel-2 bands)"), optional=True
            ),
            file("PRODUCT", self.tr("Sentinel-2 product instead (file)"), optional=True),
            file(
                "PRODUCT_FOLDER",
                self.tr("Sentinel-2 product or band files instead (folder)"),
                file.Folder,
                optional=True,
            ),
            QgsProcessingParameterRasterLayer(
                "DEM", self.tr("DEM (elevation in metres)"), optional=True
            ),
            QgsProcessingParameterRasterLayer(
                "PRE_EVENT",
                self.tr("Image from before the event (on the stack's grid)"),
                optional=True,
            ),
            model_parameter(self.tr("Model")),
            QgsProcessingParameterExtent("EXTENT", self.tr("Extent"), optional=True),
            QgsProcessingParameterFeatureSource(
                "MASK",
                self.tr("Mask (polygons to look in)"),
                [QgsProcessing.TypeVectorPolygon],
                optional=True,
            ),
            threshold_parameter(self.tr("Probability threshold (empty: the model's own)")),
            minimum_area_parameter(self.tr("Minimum area (m2)")),
        ]

    def _advanced_parameters(self) -> list[Any]:
        number = QgsProcessingParameterNumber
        return [
            number(
                "OVERLAP",
                self.tr("Overlap of patches, 0 to 0.75 (empty: the model's own)"),
                type=number.Double,
                optional=True,
                minValue=0,
                maxValue=0.75,
            ),
            number(
                "BATCH_SIZE",
                self.tr("Batch size (patches)"),
                type=number.Integer,
                defaultValue=8,
                minValue=1,
                maxValue=1024,
            ),
            self.choice_parameter("DEVICE", self.tr("Device"), DEVICE_NAMES),
            QgsProcessingParameterString(
                "SCHEDULER",
                self.tr("Scheduler of a Dask cluster, such as tcp://host:8786"),
                optional=True,
            ),
            *processor_parameters(self.tr),
            QgsProcessingParameterString(
                "BAND_MAPPING", self.tr("Band mapping, such as B02,B03,B04"), optional=True
            ),
            self.choice_parameter("TTA", self.tr("Test-time flips and rotations"), TEST_TIME),
            QgsProcessingParameterString(
                "ENSEMBLE",
                self.tr("Ensemble (other models whose mean and spread are taken)"),
                optional=True,
            ),
            QgsProcessingParameterBoolean(
                "EVEN_LIGHT",
                self.tr("Even light: take the light of slopes out (needs a DEM)"),
                defaultValue=False,
                optional=True,
            ),
            number(
                "SUN_AZIMUTH",
                self.tr("Sun's azimuth (degrees clockwise from north; empty: from the image)"),
                type=number.Double,
                optional=True,
                minValue=0,
                maxValue=360,
            ),
            number(
                "SUN_ELEVATION",
                self.tr("Sun's elevation (degrees; empty: from the image)"),
                type=number.Double,
                optional=True,
                minValue=0,
                maxValue=90,
            ),
        ]

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with the image, the DEM or the model's name."""
        self._grid(parameters, context)
        self._model(parameters, context)
        self._ensemble(parameters, context)
        event_facts(self, parameters, context)

    def _grid(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Grid:
        """The grid of the stack or of the product; opens both and the DEM, but reads no pixel."""
        stack, product = self._inputs(parameters, context)
        mapping = self.parameterAsString(parameters, "BAND_MAPPING", context)
        if product:
            return finest_grid(open_products([product], band_mapping=mapping)[0])
        return open_stack(stack, self.raster_path(parameters, "DEM", context), mapping).grid

    def _model(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """Path of the model; for `AUTO`, of the best for the bands that are there."""
        stack, product = self._inputs(parameters, context)
        return detection_model(
            self.parameterAsString(parameters, "MODEL", context),
            stack or product,
            bool(product),
            self.raster_path(parameters, "DEM", context),
            self.parameterAsString(parameters, "BAND_MAPPING", context),
        )

    def _inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[str, str]:
        """Paths of the stack and of the product; one of them is empty."""
        stack = self.raster_path(parameters, "INPUT", context)
        file = self.parameterAsString(parameters, "PRODUCT", context)
        folder = self.parameterAsString(parameters, "PRODUCT_FOLDER", context)
        given = [path for path in (stack, file, folder) if path]
        if len(given) != 1:
            raise ParameterError(
                f"{' and '.join(given) or 'No image'} was given; expected one image. Give INPUT, a "
                "raster with named Sentinel-2 bands, or PRODUCT or PRODUCT_FOLDER, a downloaded "
                "Sentinel-2 product. To join several, run Prepare Sentinel-2 + terrain stack."
            )
        product = file or folder
        return stack, product

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        with engine_errors():
            request = self._request(parameters, context, feedback)
            work = detect_in_product if self._inputs(parameters, context)[1] else detect
            detection = work(request, **hooks(feedback))
        for card in (detection.card, *detection.others):
            feedback.pushInfo(_model_text(card))
        use_style(request.probability, "probability.qml", context)
        sink = Sink(
            self, parameters, "INVENTORY", context, feedback, INVENTORY_STYLE, VECTORISE_ADVICE
        )
        inventory = write_inventory(sink, detection.landslides, detection.crs)
        feedback.pushInfo(
            self.tr(
                "{} landslides, {:.3f} km2, at threshold {:g}. {} patches on {} in {:.0f} s."
            ).format(
                len(detection.landslides),
                detection.area / 1e6,
                detection.threshold,
                detection.patches,
                detection.device,
                detection.seconds,
            )
        )
        ground = {}
        if request.assessability:
            use_style(request.assessability, GROUND_STYLE, context)
            ground = {"ASSESSABILITY": request.assessability}
        if detection.area_range:
            feedback.pushInfo(detection.area_range.text)
        return {
            **ground,
            "PROBABILITY": request.probability,
            "INVENTORY": inventory,
            "COUNT": len(detection.landslides),
            "AREA": detection.area,
            **area_numbers(detection.area_range),
            "DEVICE_USED": detection.device,
        }

    def _request(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> DetectRequest:
        stack, product = self._inputs(parameters, context)
        return DetectRequest(
            stack=stack or product,
            model=self._model(parameters, context),
            ensemble=self._ensemble(parameters, context),
            probability=self.parameterAsOutputLayer(parameters, "PROBABILITY", context),
            dem=self.raster_path(parameters, "DEM", context) or None,
            extent=self._extent(parameters, context),
            mask=self._mask(parameters, context, feedback),
            threshold=self.optional_number(parameters, "THRESHOLD", context),
            min_area=self.parameterAsDouble(parameters, "MIN_AREA", context),
            overlap=self.optional_number(parameters, "OVERLAP", context),
            batch_size=self.parameterAsInt(parameters, "BATCH_SIZE", context),
            device=self.choice(parameters, "DEVICE", context),
            scheduler=self.parameterAsString(parameters, "SCHEDULER", context).strip(),
            threads=self.parameterAsInt(parameters, "THREADS", context),
            memory=self.parameterAsInt(parameters, "MEMORY", context) or memory_setting(),
            band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
            test_time=self.choice(parameters, "TTA", context),
            outlines=outline_request(self, parameters, context),
            event=event_facts(self, parameters, context),
            even_light=self.parameterAsBoolean(parameters, "EVEN_LIGHT", context),
            sun_azimuth=self.optional_number(parameters, "SUN_AZIMUTH", context),
            pre_event=self.raster_path(parameters, "PRE_EVENT", context) or None,
            assessability=self._ground(parameters, context),
            sun_elevation=self.optional_number(parameters, "SUN_ELEVATION", context),
        )

    def _ground(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        if parameters.get("ASSESSABILITY") in (None, ""):
            return ""
        return self.parameterAsOutputLayer(parameters, "ASSESSABILITY", context)

    def _ensemble(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[str, ...]:
        return ensemble_models(self.parameterAsString(parameters, "ENSEMBLE", context))

    def _extent(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[float, float, float, float] | None:
        if not parameters.get("EXTENT"):
            return None
        crs = QgsCoordinateReferenceSystem.fromWkt(self._grid(parameters, context).crs)
        box = self.parameterAsExtent(parameters, "EXTENT", context, crs)
        return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()

    def _mask(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> Outlines | None:
        if parameters.get("MASK") in (None, ""):
            return None
        crs = self._grid(parameters, context).crs
        return Outlines.of(read_inventory(self, parameters, "MASK", context, feedback, crs))


def processor_parameters(tr: Callable[[str], str]) -> list[QgsProcessingParameterNumber]:
    """THREADS and MEMORY; optional, so that models from before there were any go on."""
    number = QgsProcessingParameterNumber
    wanted = (
        ("THREADS", tr("Threads of the processor (0: all)"), 1024),
        ("MEMORY", tr("Memory (MiB; 0: a quarter of what is free)"), 2**30),
    )
    return [
        number(name, label, number.Integer, 0, optional=True, minValue=0, maxValue=most)
        for name, label, most in wanted
    ]


def memory_setting() -> int:
    """What the user's QGIS grants all runs, MiB; 0 where it says nothing that can be."""
    asked = str(QgsSettings().value("Landslip/memory", ""))
    return int(asked) if asked.isdigit() else 0


def _model_text(card: ModelCard) -> str:
    """Which model ran, and how well it does on what it never saw."""
    rows = "; ".join(
        f"{row.region}: precision {row.precision:.2f}, recall {row.recall:.2f}, F1 {row.f1:.2f}"
        for row in card.accuracy
    )
    scores = f"Held-out accuracy: {rows}." if rows else card.worth
    return f"Model {card.name} {card.version} on {', '.join(card.bands)}. {scores}"


def area_outputs(tr: Callable[[str], str]) -> list[QgsProcessingOutputNumber]:
    """What the total area is uncertain by, where several runs made the raster."""
    number = QgsProcessingOutputNumber
    return [
        number("AREA_STD", tr("Standard deviation of the runs' total areas (m2)")),
        number("AREA_LOW", tr("Smallest total area by the runs (m2)")),
        number("AREA_HIGH", tr("Largest total area by the runs (m2)")),
    ]


def model_parameter(label: str) -> QgsProcessingParameterString:
    """A model by its name or path; the dialog has a list of those that there are."""
    model = QgsProcessingParameterString("MODEL", label, defaultValue=AUTO)
    model.setMetadata(
        {"widget_wrapper": {"class": f"{__package__}.model_widget.ModelWidgetWrapper"}}
    )
    return model


def threshold_parameter(label: str) -> QgsProcessingParameterNumber:
    """The parameter THRESHOLD; without a value, the model's own threshold serves."""
    return QgsProcessingParameterNumber(
        "THRESHOLD",
        label,
        type=QgsProcessingParameterNumber.Double,
        optional=True,
        minValue=0,
        maxValue=1,
    )


def minimum_area_parameter(label: str) -> QgsProcessingParameterNumber:
    """The parameter MIN_AREA, m2."""
    return QgsProcessingParameterNumber(
        "MIN_AREA",
        label,
        type=QgsProcessingParameterNumber.Double,
        defaultValue=500,
        minValue=0,
    )
