"""Suggest what to review next: the outlines and places from which a model learns most."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..engine.adaptation.labels import OUTLINE
from ..engine.adaptation.suggest import SuggestRequest, suggest
from ..engine.inventory.fields import FIELDS
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .detect_landslides import threshold_parameter
from .inventory_layer import SUGGESTIONS_STYLE, use_style
from .inventory_reader import read_inventory
from .table_layer import Sink, write_table

HELP = """
<p>Chooses which outlines of a detection to review next, and which places without an outline to look
at, so that thirty looks tell as much as possible to <i>Adapt a model to my area</i>.</p>
<p><b>Inventory</b>, as <i>Detect landslides</i> makes it. Reviewed outlines are passed over, and
what is like them counts less.</p>
<p><b>Probability</b>: its raster, for places: most where the model nearly found a landslide, the
rest spread over ground of which it is sure. Only looking there shows what it misses.</p>
<p><b>Reviewed before</b>: suggestions that you have reviewed, or an older inventory. Outlines that
lie in what was reviewed there are passed over, and so are its squares.</p>
<p>What counts is how uncertain an outline is (near the threshold, or disputed by several runs),
the square root of its area, and how unlike it is to what was chosen or reviewed before, in place,
size, slope and probability.</p>
<p><b>Number</b> of outlines and of places, 0 for none. The <b>seed</b> decides which quiet places
are chosen.</p>
<h3>Output</h3>
<p><b>Suggestions</b>: outlines, and squares for places, numbered by rank in turn, with the
inventory's own columns, <i>why</i> each was chosen and its expected gain. Review this layer (in the
review panel by the order <i>Suggested first</i>): accept, edit or reject the outlines. In a square,
add the landslides that you see, then reject the square: the rest of it counts as ground without
landslides. The layer is then the <i>Labels</i> of <i>Adapt a model to my area</i>.</p>
"""


class SuggestReview(LandslipAlgorithm):
    """What to look at next."""

    NAME = "suggestreview"
    DISPLAY_NAME = "Suggest what to review next"
    GROUP = Group.REVIEW
    SHORT_DESCRIPTION = "Chooses the outlines and places whose review tells a model most"
    TAGS = ("landslide", "review", "active learning", "uncertainty", "sampling", "adapt")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        number = QgsProcessingParameterNumber
        for parameter in (
            QgsProcessingParameterFeatureSource("INPUT", self.tr("Inventory"), polygons),
            QgsProcessingParameterRasterLayer(
                "PROBABILITY", self.tr("Landslide probability (for places)"), optional=True
            ),
            QgsProcessingParameterFeatureSource(
                "REVIEWED",
                self.tr("Reviewed before (in another layer)"),
                polygons,
                optional=True,
            ),
            number("OUTLINES", self.tr("Number of outlines"), defaultValue=30, minValue=0),
            number("PLACES", self.tr("Number of places"), defaultValue=10, minValue=0),
        ):
            self.addParameter(parameter)
        self.add_advanced(
            threshold_parameter(self.tr("Probability threshold (empty: the detection's)"))
        )
        self.add_advanced(number("SEED", self.tr("Seed of draws"), defaultValue=0, minValue=0))
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "OUTPUT", self.tr("Suggestions"), type=QgsProcessing.TypeVectorPolygon
            )
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of suggestions")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        listeners = hooks(feedback)
        with engine_errors():
            before = parameters.get("REVIEWED") not in (None, "")
            request = SuggestRequest(
                read_inventory(self, parameters, "INPUT", context, feedback),
                self.raster_path(parameters, "PROBABILITY", context) or None,
                self.parameterAsInt(parameters, "OUTLINES", context),
                self.parameterAsInt(parameters, "PLACES", context),
                self.optional_number(parameters, "THRESHOLD", context),
                self.parameterAsInt(parameters, "SEED", context),
                read_inventory(self, parameters, "REVIEWED", context, feedback) if before else None,
            )
            found = suggest(request, listeners["progress"], listeners["cancelled"])
        sink = Sink(self, parameters, "OUTPUT", context, feedback, SUGGESTIONS_STYLE)
        layer = write_table(sink, found, FIELDS)
        use_style(layer, SUGGESTIONS_STYLE, context)
        outlines = sum(record.values["kind"] == OUTLINE for record in found.records)
        feedback.pushInfo(
            self.tr("{} outlines and {} places to look at.").format(
                outlines, len(found.records) - outlines
            )
        )
        return {"OUTPUT": layer, "COUNT": len(found.records)}
