"""Update inventory: a new detection merged into an inventory that people have worked on."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..engine.common.file_names import place_of
from ..engine.inventory.doubt import DEFAULT_MARGIN
from ..engine.inventory.fields import FIELDS
from ..engine.inventory.history import CHANGES, HISTORY_FIELDS, result_name, summary
from ..engine.inventory.table import Table
from ..engine.inventory.update import (
    MIXED,
    SAME_DAY,
    UpdateRequest,
    box_around,
    changes,
    inside,
    some_place,
    survey_date,
    update,
)
from .base import Group, LandslipAlgorithm, engine_errors
from .inventory_layer import INVENTORY_STYLE, use_style
from .inventory_reader import read_inventory
from .layer_file import file_of_layer
from .overlaps import overlaps
from .table_layer import Sink, write_table

HELP = """
<p>Merges the detection of a new image into an inventory, and keeps what people have entered
there.</p>
<p><b>Inventory</b>: yours so far, or a published one. <b>Detection</b>: the inventory of the new
image, from <i>Detect landslides</i> or elsewhere. It may be in another CRS.</p>
<p><b>Date</b>: day on which the new image was taken, such as 2019-05-30. Empty: from the
detection's field <code>image_date</code>.</p>
<p><b>Surveyed area</b>: polygons of where the new image shows the ground. Only a landslide that
lies in it for more than half can be called no longer visible. Empty: the rectangle around the
detection.</p>
<p><b>Overlap</b>: share of the smaller of two outlines that must lie in the other one for both to
be the same landslide. <b>Growth</b>: share that a landslide must gain to count as enlarged, or lose
to count as shrunk, of the smaller of its two states.</p>
<p><b>Uncertainty</b>: how far a boundary may lie from where it lay before though nothing happened,
in metres, the shift between the two images included. What that can explain along the whole boundary
counts neither as growth nor as loss. Empty: three quarters of a pixel, 7.5 m at 10 m.</p>
<p><b>Margin</b>: an outline whose mean probability is hardly above the threshold is found in one
image and missed in the next. Below this share of the way from the threshold to 1 (at 0.4 and a
threshold of 0.5: below 0.7) it is called <i>possibly new</i> or <i>possibly gone</i>. 0: never.</p>
<p><b>Other model, threshold or pixel size</b>: what to do where the inventory's outlines were made
with other ones than the detection. <i>flag</i>: tell it in <code>change</code>, with no dates.
<i>as time</i>: take all differences for changes on the ground. <i>refuse</i>: stop.</p>
<p><b>Same day, other data</b>: what to do if the inventory has a survey of that day by another
model, another threshold or from another file. <i>refuse</i>: stop. <i>another part</i>: add to it,
and leave what it says. <i>replace</i>: take back what it wrote (unreviewed new landslides go;
outlines that it redrew stay).</p>

<h3>Output</h3>
<p><b>Updated inventory</b>: the same ids and all columns, then the new landslides. The field
<code>change</code> says <i>unchanged</i>, <i>enlarged</i>, <i>reactivated</i> (visible again),
<i>shrunk</i>, <i>revegetating</i> (shrunk in two surveys running), <i>new</i>, <i>no longer
visible</i>, or <i>possibly new</i> and <i>possibly gone</i> where that may be chance; where
another model, threshold or pixel size looked than before, it says <i>not comparable</i> (both show
it), <i>not found by the model</i> or <i>new to the model</i>.
<code>history</code> keeps every change with its date, and <code>survey_by</code> what the last
survey was made with.</p>
<p>An outline and its measurements are replaced only where the landslide is enlarged, still
<i>unreviewed</i>, and matches one landslide of the detection alone. A rejected one stays rejected,
and is not found again. Merging the same detection a second time changes nothing.</p>
"""


class UpdateInventory(LandslipAlgorithm):
    """An inventory through time."""

    NAME = "updateinventory"
    DISPLAY_NAME = "Update inventory"
    GROUP = Group.INVENTORY
    SHORT_DESCRIPTION = "Merges a new detection into an inventory, and keeps all reviewers' work"
    TAGS = ("landslide", "inventory", "multi-temporal", "change", "merge", "history")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        source = QgsProcessingParameterFeatureSource
        self.addParameter(source("INPUT", self.tr("Inventory so far"), polygons))
        self.addParameter(source("DETECTION", self.tr("Detection of the new image"), polygons))
        self.addParameter(
            QgsProcessingParameterString(
                "DATE", self.tr("Date of the new image (empty: the detection's)"), optional=True
            )
        )
        self.addParameter(source("SURVEYED", self.tr("Surveyed area"), polygons, optional=True))
        self.add_advanced(self._share("OVERLAP", self.tr("Overlap of the same landslide"), 0.3, 1))
        self.add_advanced(self._share("GROWTH", self.tr("Growth of an enlarged one"), 0.25, None))
        self.add_advanced(
            QgsProcessingParameterNumber(
                "UNCERTAINTY",
                self.tr("Uncertainty of a boundary (metres; empty: three quarters of a pixel)"),
                type=QgsProcessingParameterNumber.Double,
                optional=True,
                minValue=0,
            )
        )
        sure = self.tr("Margin of a sure outline (share of the way from the threshold to 1)")
        self.add_advanced(self._share("MARGIN", sure, DEFAULT_MARGIN, 1))
        other = self.tr("Other model, threshold or pixel size")
        self.add_advanced(self.choice_parameter("MIXED", other, MIXED))
        self.add_advanced(
            self.choice_parameter("SAME_DAY", self.tr("Same day, other data"), SAME_DAY)
        )
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "OUTPUT", self.tr("Updated inventory"), type=QgsProcessing.TypeVectorPolygon
            )
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        for change in CHANGES:
            self.addOutput(
                QgsProcessingOutputNumber(result_name(change), self.tr(f"Number {change}"))
            )

    def _share(
        self, name: str, label: str, default: float, largest: float | None
    ) -> QgsProcessingParameterNumber:
        parameter = QgsProcessingParameterNumber(
            name, label, type=QgsProcessingParameterNumber.Double, defaultValue=default, minValue=0
        )
        if largest is not None:
            parameter.setMaximum(largest)
        return parameter

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Refuse to write over the inventory: a run that breaks off would lose it."""
        own = file_of_layer(self.parameterAsVectorLayer(parameters, "INPUT", context))
        target = parameters.get("OUTPUT")
        if isinstance(target, QgsProcessingOutputLayerDefinition):
            target = target.sink.staticValue()
        if own and isinstance(target, str) and place_of(own) == place_of(target.split("|")[0]):
            return False, self.tr(
                "The updated inventory is to be written over the inventory so far ({}); expected "
                "another file, so that nothing is lost if the run breaks off. Choose another name."
            ).format(own)
        return super().checkParameterValues(parameters, context)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        with engine_errors():
            known = read_inventory(self, parameters, "INPUT", context, feedback)
            found = read_inventory(self, parameters, "DETECTION", context, feedback, known.crs)
            request = self._request(parameters, context, found)
            seen = self._surveyed(parameters, context, feedback, known, found)
            shared = overlaps(known, found, feedback)
            updated = update(known, found, shared, seen, request, feedback.pushWarning)
        sink = Sink(self, parameters, "OUTPUT", context, feedback, INVENTORY_STYLE)
        layer = write_table(sink, updated, (*FIELDS, *HISTORY_FIELDS))
        use_style(layer, INVENTORY_STYLE, context)
        counts = changes(updated, request.date)
        feedback.pushInfo(self.tr("Survey of {}: {}.").format(request.date, summary(counts)))
        numbers = {result_name(change): counts[change] for change in CHANGES}
        return {"OUTPUT": layer, "COUNT": len(updated.records), **numbers}

    def _request(
        self, parameters: dict[str, Any], context: QgsProcessingContext, found: Table
    ) -> UpdateRequest:
        return UpdateRequest(
            date=self.parameterAsString(parameters, "DATE", context).strip() or survey_date(found),
            overlap=self.parameterAsDouble(parameters, "OVERLAP", context),
            growth=self.parameterAsDouble(parameters, "GROWTH", context),
            uncertainty=self.optional_number(parameters, "UNCERTAINTY", context),
            margin=self.parameterAsDouble(parameters, "MARGIN", context),
            mixed=self.choice(parameters, "MIXED", context),
            same_day=self.choice(parameters, "SAME_DAY", context),
        )

    def _surveyed(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        known: Table,
        found: Table,
    ) -> list[bool]:
        if parameters.get("SURVEYED"):
            place = read_inventory(self, parameters, "SURVEYED", context, feedback, known.crs)
            some_place(place)
        else:
            place = box_around(found)
        return inside(overlaps(known, place, feedback))
