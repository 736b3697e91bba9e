"""Change evidence: what the images before and after say of each outline."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..engine.ground.evidence import EvidenceRequest, change_evidence
from ..engine.ground.image import ImageSource
from ..engine.inventory.compared import EVIDENCE, EVIDENCE_FIELDS
from ..engine.inventory.fields import FIELDS
from .assessability import CLOUDS_HELP, clouds_parameter
from .base import Group, LandslipAlgorithm, engine_errors, hooks
from .inventory_layer import INVENTORY_STYLE, use_style
from .inventory_reader import read_inventory
from .table_layer import Sink, write_table

HELP = f"""
<p>Is it new? Compares the images before and after the event inside each outline and in a ring of 50
m around it, and says what they suggest: <i>new</i>, <i>seen before</i>, <i>cloud or shadow</i> or
<i>unknown</i>. Sort by it to review the doubtful ones first: bare fields and old scars that a model
took for landslides are mostly <i>seen before</i>. It decides nothing: no outline is dropped.</p>

<p><b>Inventory</b>: a polygon layer, of Landslip or of anybody else.</p>
<p><b>Image</b> after the event and <b>image from before</b>: stacks with B02, B03 and B04, better
with B08 too; downloaded products go through <i>Prepare</i> first. They may lie on other grids; the
earlier one is laid on the later one to a fraction of a pixel. A stack that <i>Prepare</i> made of
both may be given twice. Take two of one season.</p>
<p><b>DEM</b>: with it, deep shade is told from change where the sun's place is known.</p>
<p><b>Mask</b> and <b>mask of the image from before</b>: those that <i>Prepare</i> made.</p>
{CLOUDS_HELP}
<p><b>Band mapping</b> of both images, such as <code>B02,B03,B04</code>, where bands have no
names.</p>

<h3>Output</h3>
<p>The inventory with more fields. <code>evidence</code>: what is suggested. <code>new_score</code>:
how much more bare than its ring it has become, in usual changes of the scene;
<code>new_share</code>: how much of its contrast to the ring is new. <i>New</i> are outlines with a
score from 1.5 and a share from 0.6, <i>seen before</i> those with a score below 1 or a smaller
share. <code>seen_share</code>: share of its pixels that both images show. <code>dndvi</code>,
<code>dbsi</code>, <code>drg</code> (red over green) and the same of the ring, as far as there are
bands: after minus before. The first of them that both images allow decides. <i>Cloud or shadow</i>
are outlines that are mostly hidden in the image after. On Hokkaido nearly all detected landslides
are called new, and half of the small, dim ones that no model finds; harvested fields look new,
too.</p>
"""

#: Outputs with the number of outlines.
COUNTS = {word.upper().replace(" ", "_"): word for word in EVIDENCE}


class ChangeEvidence(LandslipAlgorithm):
    """From an inventory and two images to what changed."""

    NAME = "changeevidence"
    DISPLAY_NAME = "Change evidence"
    GROUP = Group.INVENTORY
    SHORT_DESCRIPTION = "Says of each outline whether it is new, seen before or hidden by cloud"
    TAGS = (
        "landslide",
        "change",
        "before and after",
        "ndvi",
        "difference",
        "false alarm",
        "review",
    )
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons, raster = [QgsProcessing.TypeVectorPolygon], QgsProcessingParameterRasterLayer
        for parameter in (
            QgsProcessingParameterFeatureSource("INPUT", self.tr("Inventory"), polygons),
            raster("IMAGE", self.tr("Image after the event")),
            raster("PRE_IMAGE", self.tr("Image from before the event")),
            raster("DEM", self.tr("DEM (elevation in metres)"), optional=True),
            QgsProcessingParameterFeatureSink(
                "OUTPUT", self.tr("Inventory with evidence"), type=QgsProcessing.TypeVectorPolygon
            ),
        ):
            self.addParameter(parameter)
        for parameter in (
            raster("MASK", self.tr("Mask that Prepare made"), optional=True),
            raster("PRE_MASK", self.tr("Mask of the image from before"), optional=True),
            clouds_parameter(self),
            QgsProcessingParameterString(
                "BAND_MAPPING", self.tr("Band mapping, such as B02,B03,B04"), optional=True
            ),
        ):
            self.add_advanced(parameter)
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of outlines")))
        for name, word in COUNTS.items():
            self.addOutput(QgsProcessingOutputNumber(name, self.tr(word.capitalize())))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        with engine_errors():
            after = ImageSource(
                path=self.raster_path(parameters, "IMAGE", context),
                mask=self.raster_path(parameters, "MASK", context),
                dem=self.raster_path(parameters, "DEM", context) or None,
                band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
                clouds=self.choice(parameters, "CLOUDS", context),
                flat_slope=0,
            )
            before = replace(
                after,
                path=self.raster_path(parameters, "PRE_IMAGE", context),
                mask=self.raster_path(parameters, "PRE_MASK", context),
            )
            table = read_inventory(self, parameters, "INPUT", context, feedback)
            found = change_evidence(table, EvidenceRequest(after, before), **hooks(feedback))
        sink = Sink(self, parameters, "OUTPUT", context, feedback, INVENTORY_STYLE)
        layer = write_table(sink, found, (*FIELDS, *EVIDENCE_FIELDS))
        use_style(layer, INVENTORY_STYLE, context)
        words = Counter(record.get("evidence") for record in found.records)
        counts = {name: words[word] for name, word in COUNTS.items()}
        return {"OUTPUT": layer, "COUNT": len(found.records), **counts}
