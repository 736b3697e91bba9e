"""Apply a review: what reviewers said on review sheets, entered into an inventory."""

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
)

from ..engine.inventory.fields import FIELDS
from ..engine.inventory.history import HISTORY_FIELDS
from ..engine.inventory.review import CONFLICTS, apply_reviews, read_reviews
from .base import Group, LandslipAlgorithm, engine_errors
from .inventory_layer import INVENTORY_STYLE, use_style
from .inventory_reader import read_inventory
from .table_layer import Sink, write_table

HELP = """
<p>Enters what reviewers said on <i>review sheets</i> into the inventory: status, type, confidence,
notes, who it was and when.</p>
<p><b>Inventory</b>: the one that the sheets were made of, or what has become of it. <b>Reviews</b>:
one or several files that the sheets saved (<code>.review.json</code>). Where a reviewer gave more
than one, the last word on each landslide counts.</p>
<p><b>Conflicts</b>: what to do where a review says otherwise than the inventory, where two
reviewers differ, and where the outline is no longer the one on the sheet. <code>keep</code>: the
landslide stays as it is in the inventory. <code>review</code>: the review is taken, of two the
later one. <code>stop</code>: nothing is written. The log tells how many landslides there are of
each kind, and names the first. A landslide that the inventory does not have is left out, and
told.</p>

<h3>Output</h3>
<p><b>Reviewed inventory</b>: a new layer, with all landslides and columns. <i>Accept</i> becomes
<i>accepted</i>, <i>edit</i> becomes <i>edited</i>, <i>reject</i> becomes <i>rejected</i>; a note is
put behind those that are there. Applying the same review again changes nothing. <b>APPLIED</b>:
number of landslides that a review was entered for. <b>CONFLICTING</b>: number of those told of.</p>
"""


class ApplyReview(LandslipAlgorithm):
    """From review sheets back into the inventory."""

    NAME = "applyreview"
    DISPLAY_NAME = "Apply a review"
    GROUP = Group.REVIEW
    SHORT_DESCRIPTION = "Enters what reviewers said on review sheets into an inventory"
    TAGS = ("landslide", "review", "verdict", "inventory", "json", "quality control")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in (
            QgsProcessingParameterFeatureSource(
                "INPUT", self.tr("Inventory"), [QgsProcessing.TypeVectorPolygon]
            ),
            QgsProcessingParameterMultipleLayers(
                "REVIEW", self.tr("Reviews (.review.json)"), QgsProcessing.TypeFile
            ),
            self.choice_parameter("CONFLICTS", self.tr("Conflicts"), CONFLICTS),
            QgsProcessingParameterFeatureSink(
                "OUTPUT", self.tr("Reviewed inventory"), type=QgsProcessing.TypeVectorPolygon
            ),
        ):
            self.addParameter(parameter)
        for name, meaning in (
            ("COUNT", "Number of landslides"),
            ("APPLIED", "Number with a review entered"),
            ("CONFLICTING", "Number in conflict"),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, self.tr(meaning)))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        files = filter(None, self.parameterAsFileList(parameters, "REVIEW", context))
        with engine_errors():
            reviews = read_reviews(files)
            table = read_inventory(self, parameters, "INPUT", context, feedback)
            rule = self.choice(parameters, "CONFLICTS", context)
            applied = apply_reviews(table, reviews, rule)
        for sentence in applied.conflicts:
            feedback.pushWarning(sentence)
        sink = Sink(self, parameters, "OUTPUT", context, feedback, INVENTORY_STYLE)
        layer = write_table(sink, applied.table, (*FIELDS, *HISTORY_FIELDS))
        use_style(layer, INVENTORY_STYLE, context)
        feedback.pushInfo(applied.summary(reviews))
        return {
            "OUTPUT": layer,
            "COUNT": len(applied.table.records),
            "APPLIED": applied.entered,
            "CONFLICTING": applied.conflicting,
        }
