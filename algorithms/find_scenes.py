"""Find scenes: what there is of a place before and after an event."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..engine.catalogue.catalogues import CATALOGUES, Catalogue, catalogue_of
from ..engine.catalogue.find import FIELDS, FindRequest, find_scenes, results_of, table_of
from ..engine.catalogue.network import Session
from ..engine.preparation.target_grid import AreaOfInterest
from .base import RESOURCES, Group, LandslipAlgorithm, engine_errors, hooks
from .loading import when_loaded
from .network import QgisCarrier, auth_parameter, credentials_of
from .place import needed_area, place_parameters
from .table_layer import Sink, write_table

STYLE = "scenes.qml"

#: What the advanced parameters of a search mean.
SEARCH_HELP = """
<p><b>Days before and after</b> the event; more than a year before, as the season counts. <b>Least
share of the area</b> that the tiles of a day cover. <b>Address</b>: of another STAC API, or a file
or folder of STAC items, instead of the catalogue above. <b>Collection</b>: instead of
<code>sentinel-2-l2a</code>. <b>Authentication</b>: one of QGIS's, for the catalogue's host alone.
On the command line it is the name of an environment variable with the token.</p>
"""
HELP = f"""
<p>Asks a catalogue for the Sentinel-2 scenes of a place, and ranks them: the first clear one after
an event, and the last clear one of the same season before it. The network is used while this runs,
and not otherwise.</p>

<h3>Inputs</h3>
<p><b>Extent</b> or <b>area of interest</b>: the place. <b>Date of the event</b>: a day, or a day
and a time (UTC, or with a zone: <code>2018-09-06T03:08+09:00</code>); scenes of a day without a
time serve neither side. <b>Most cloud</b>: over the area. <b>Look at the clouds</b>: reads some
pixels of the scene classes of each day, so that the cloud over the area itself counts (thin cloud
and shadow with it); else the number of the whole tile counts.</p>
<p><b>Catalogue</b>: <code>earth_search</code> and <code>planetary_computer</code> are open;
<code>copernicus</code> can be searched by all, and gives files to its users.</p>

<h3>Advanced</h3>
{SEARCH_HELP}

<h3>Outputs</h3>
<p><b>Scenes</b>: a footprint for each tile, with date, cloud, share of the area, sun, baseline,
what it serves for (<code>purpose</code>, <code>rank</code>, <code>note</code>), and
<code>best</code>: 1 for the best pair, which is selected when the layer loads. The map tip shows a
small picture, which is loaded from the catalogue then. Give the layer to <i>Fetch a scene</i>.</p>
"""


class FindScenes(LandslipAlgorithm):
    """From a place and a date to two images."""

    NAME = "findscenes"
    DISPLAY_NAME = "Find scenes"
    GROUP = Group.PREPARE
    SHORT_DESCRIPTION = "Lists the Sentinel-2 scenes of a place before and after an event"
    TAGS = ("sentinel-2", "STAC", "catalogue", "search", "download", "event", "before", "after")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        date = QgsProcessingParameterString(
            "EVENT_DATE", self.tr("Date of the event, such as 2018-09-06")
        )
        output = QgsProcessingParameterFeatureSink(
            "OUTPUT", self.tr("Scenes"), type=QgsProcessing.TypeVectorPolygon
        )
        for parameter in (*place_parameters(self), date, *catalogue_parameters(self), output):
            self.addParameter(parameter)
        for parameter in search_parameters(self):
            self.add_advanced(parameter)
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of days with scenes")))
        text = QgsProcessingOutputString
        self.addOutput(text("AFTER", self.tr("Best scenes after")))
        self.addOutput(text("BEFORE", self.tr("Best scenes before")))
        self.addOutput(text("AFTER_DATE", self.tr("Date of the best image after")))
        self.addOutput(text("BEFORE_DATE", self.tr("Date of the best image before")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        listeners = hooks(feedback)
        with engine_errors():
            area, _ = needed_area(self, parameters, context)
            request = search_of(self, parameters, context, area)
            catalogue = chosen_catalogue(self, parameters, context)
            session = Session(
                QgisCarrier(),
                catalogue,
                credentials_of(self.parameterAsString(parameters, "AUTH", context)),
                listeners["cancelled"],
                listeners["warn"],
                catalogue.own_token_hosts,
            )
            found = find_scenes(request, session, listeners["progress"], listeners["warn"])
        sink = Sink(self, parameters, "OUTPUT", context, feedback, style=STYLE)
        layer = write_table(sink, table_of(found), FIELDS)
        when_loaded(layer, context, _show)
        return {"OUTPUT": layer, **results_of(found)}


def catalogue_parameters(algorithm: LandslipAlgorithm) -> list[Any]:
    """Which catalogue, and how much cloud."""
    return [
        algorithm.choice_parameter("CATALOGUE", algorithm.tr("Catalogue"), CATALOGUES),
        _number(algorithm, "MAX_CLOUD", "Most cloud over the area (%)", 20, 100),
        QgsProcessingParameterBoolean(
            "LOOK", algorithm.tr("Look at the clouds over the area"), defaultValue=False
        ),
    ]


def search_parameters(algorithm: LandslipAlgorithm) -> list[Any]:
    """The advanced parameters of a search."""
    text = QgsProcessingParameterString
    days = QgsProcessingParameterNumber.Integer
    return [
        _number(algorithm, "DAYS_BEFORE", "Days before the event", 400, 4000, days),
        _number(algorithm, "DAYS_AFTER", "Days after the event", 60, 4000, days),
        _number(algorithm, "MIN_COVER", "Least share of the area (%)", 90, 100),
        text(
            "ADDRESS",
            algorithm.tr("STAC API, or file or folder of items, instead of the catalogue"),
            optional=True,
        ),
        text("COLLECTION", algorithm.tr("Collection"), optional=True),
        auth_parameter(algorithm),
    ]


def _number(
    algorithm: LandslipAlgorithm,
    name: str,
    label: str,
    default: float,
    most: float,
    kind: Any = QgsProcessingParameterNumber.Double,
) -> QgsProcessingParameterNumber:
    return QgsProcessingParameterNumber(
        name, algorithm.tr(label), kind, default, minValue=0, maxValue=most
    )


def search_of(
    algorithm: LandslipAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
    area: AreaOfInterest,
) -> FindRequest:
    """What these parameters ask a catalogue for."""
    return FindRequest(
        area,
        algorithm.parameterAsString(parameters, "EVENT_DATE", context),
        algorithm.parameterAsInt(parameters, "DAYS_BEFORE", context),
        algorithm.parameterAsInt(parameters, "DAYS_AFTER", context),
        algorithm.parameterAsDouble(parameters, "MAX_CLOUD", context),
        algorithm.parameterAsDouble(parameters, "MIN_COVER", context),
        algorithm.parameterAsBool(parameters, "LOOK", context),
    )


def chosen_catalogue(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> Catalogue:
    """The catalogue that these parameters name.

    Raises:
        ParameterError: There is no such one.
    """
    return catalogue_of(
        algorithm.choice(parameters, "CATALOGUE", context),
        algorithm.parameterAsString(parameters, "ADDRESS", context),
        algorithm.parameterAsString(parameters, "COLLECTION", context),
    )


def _show(layer: QgsMapLayer, _context: QgsProcessingContext) -> None:
    """Give the layer its colours and select the best pair."""
    layer.loadNamedStyle(str(RESOURCES / STYLE))
    layer.selectByExpression('"best" = 1')
    layer.triggerRepaint()
