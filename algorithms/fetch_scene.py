"""Fetch a scene: the bands and the window that are needed, as a stack."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import Qt

from ..engine.catalogue.catalogues import catalogue_of
from ..engine.catalogue.choice import WHICH, choose
from ..engine.catalogue.dem import GLO30
from ..engine.catalogue.fetch import FetchRequest, fetch_scenes, results_of
from ..engine.common.wording import words_of
from ..engine.preparation.plan import REASONS
from ..engine.preparation.prepare import PrepareRequest
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .network import QgisCarrier, auth_parameter, credentials_of
from .place import needed_area, place_parameters
from .prepare_stack import align_parameter
from .views import show_views

HELP = """
<p>Fetches scenes that <i>Find scenes</i> has listed, and makes the stack of them that <i>Detect
landslides</i> reads. Of cloud-optimised files just the blocks of the bands that the area needs
come over the network; what a catalogue has as whole products alone comes whole.</p>

<h3>Inputs</h3>
<p><b>Scenes</b>: the layer of footprints; tick <i>Selected features only</i> to take those that
you selected. <b>Which</b>: the image <code>after</code> the event, the one <code>before</code>, or
the <code>pair</code>: the one after with the bands of the one before, and their differences, as
<i>Prepare</i> adds them. The best of the layer count; <b>Scene</b> names others (column
<code>id</code>; several tiles of one day parted by commas). Tiles of one day are joined.</p>
<p><b>Extent</b> or <b>area of interest</b>: what is fetched; outside of an area's polygons there
is no data. <b>DEM</b>: <code>glo30</code> for Copernicus GLO-30 from its public bucket, another
address with tiles of the same names, a folder or file, or empty for none. <b>Bands of this
model</b>: <code>auto</code> for those of the best that fits; empty for the bands named below it,
or else all. <b>Pixels to leave out</b>: by the scene classes, as <i>Prepare</i> does.</p>

<h3>The numbers</h3>
<p>Scale and offset are those that the catalogue and the processing baseline state. Catalogues
contradict themselves about the offset of 1000: where pixels show that it was removed already, it
is not removed again. The log says what was done, and why.</p>

<h3>Advanced</h3>
<p><b>Folder</b>: where the fetched files stay; <i>Prepare</i> reads the <code>item.json</code> in
it. Without it they lie beside the stack until that is finished, and a run that was stopped goes on
with them. <b>Whole products</b>: also where their bands could be had. <b>Authentication</b>: one
of QGIS's; its header goes to the hosts of a known catalogue, and to the one that you name (<b>Host
that may have the token</b>). On the command line it is the name of an environment variable with
the token. <b>Lay on</b>: the image from before is moved onto the other, as <i>Prepare</i> does.</p>

<h3>Outputs</h3>
<p><b>Stack</b> and <b>mask</b>: as <i>Prepare</i> makes them.</p>
"""


class FetchScene(LandslipAlgorithm):
    """From footprints to a stack."""

    NAME = "fetchscene"
    DISPLAY_NAME = "Fetch a scene"
    GROUP = Group.PREPARE
    SHORT_DESCRIPTION = "Fetches scenes that were found, with a DEM, and makes a stack of them"
    TAGS = ("sentinel-2", "STAC", "COG", "download", "stack", "dem", "GLO-30", "before", "after")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in (*self._inputs(), *self._outputs()):
            self.addParameter(parameter)
        for parameter in self._advanced():
            self.add_advanced(parameter)
        number = QgsProcessingOutputNumber
        self.addOutput(number("VALID", self.tr("Share of pixels with data")))
        self.addOutput(number("RECEIVED", self.tr("Bytes that came over the network")))
        self.addOutput(QgsProcessingOutputString("REMARKS", self.tr("What was done")))

    def _inputs(self) -> list[Any]:
        text, one_of = QgsProcessingParameterString, QgsProcessingParameterEnum
        return [
            QgsProcessingParameterFeatureSource(
                "INPUT", self.tr("Scenes"), [QgsProcessing.TypeVectorPolygon]
            ),
            self.choice_parameter("WHICH", self.tr("Which"), WHICH),
            text("SCENE", self.tr("Scene (empty: the best)"), optional=True),
            *place_parameters(self),
            text("DEM", self.tr("DEM (empty: none)"), defaultValue=GLO30, optional=True),
            text("MODEL", self.tr("Bands of this model"), optional=True),
            text("BANDS", self.tr("Bands, such as B02,B03,B04,B08"), optional=True),
            one_of(
                "OUT",
                self.tr("Pixels to leave out, by the scene classes"),
                options=list(REASONS),
                allowMultiple=True,
                usesStaticStrings=True,
                optional=True,
            ),
        ]

    def _outputs(self) -> list[Any]:
        raster = QgsProcessingParameterRasterDestination
        return [
            raster("OUTPUT", self.tr("Stack")),
            raster(
                "MASK", self.tr("Mask (why pixels are out)"), optional=True, createByDefault=False
            ),
        ]

    def _advanced(self) -> list[Any]:
        return [
            QgsProcessingParameterFile(
                "FOLDER",
                self.tr("Folder for the fetched files"),
                QgsProcessingParameterFile.Folder,
                optional=True,
            ),
            QgsProcessingParameterBoolean("WHOLE", self.tr("Whole products"), defaultValue=False),
            auth_parameter(self),
            QgsProcessingParameterString(
                "TOKEN_HOST", self.tr("Host that may have the token"), optional=True
            ),
            align_parameter(self),
        ]

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        authentication = self.parameterAsString(parameters, "AUTH", context)
        with engine_errors():
            request = self._request(parameters, context, feedback)
            made = fetch_scenes(
                request, QgisCarrier(), credentials_of(authentication), **hooks(feedback)
            )
        show_views(made.prepared.stack, context)
        results = {"OUTPUT": made.prepared.stack, **results_of(made)}
        return {**results, "MASK": made.prepared.mask} if made.prepared.mask else results

    def _request(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> FetchRequest:
        def text(name: str) -> str:
            return str(self.parameterAsString(parameters, name, context)).strip()

        area, clip = needed_area(self, parameters, context)
        rows = self._rows(parameters, context)
        choice = choose(rows, self.choice(parameters, "WHICH", context), text("SCENE"))
        feedback.pushInfo(self.tr("Fetching {}.").format(", ".join(choice.names)))
        given = {
            name: self.parameterAsOutputLayer(parameters, name, context)
            for name in ("OUTPUT", "MASK")
            if parameters.get(name)
        }
        return FetchRequest(
            catalogue=catalogue_of(choice.catalogue),
            items=choice.items,
            before=choice.before,
            area=area,
            clip=clip,
            stack=PrepareRequest(
                products=(),
                stack=given["OUTPUT"],
                mask=given.get("MASK", ""),
                model=text("MODEL"),
                bands=words_of(text("BANDS")),
                out=tuple(filter(None, self.choices(parameters, "OUT", context))),
                align=self.parameterAsBool(parameters, "ALIGN", context),
            ),
            dem=text("DEM"),
            folder=text("FOLDER"),
            whole=self.parameterAsBool(parameters, "WHOLE", context),
            token_hosts=words_of(text("TOKEN_HOST")),
        )

    def _rows(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> list[dict[str, Any]]:
        source = self.parameterAsSource(parameters, "INPUT", context)
        names = source.fields().names() if source else []
        return [
            {name: _plain(value) for name, value in zip(names, feature.attributes())}
            for feature in (source.getFeatures() if source else [])
        ]


def _plain(value: Any) -> Any:
    """A value of a feature as Python has it; dates as texts in ISO 8601."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    return value.toString(Qt.DateFormat.ISODate) if hasattr(value, "toString") else value
