"""Validate inventory: what is wrong with a file that is to be handed in."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
)

from ..engine.common.errors import ParameterError
from ..engine.inventory.findings import problem_table, remarks
from ..engine.inventory.presets import PRESETS
from ..engine.inventory.validation import validate
from .base import Group, LandslipAlgorithm, engine_errors
from .exchange_file import literal_source
from .export_inventory import preset_parameter
from .inventory_reader import raw_inventory
from .table_layer import Sink, write_table

HELP = """
<p>Checks a layer against an exchange schema as its publisher defines it: names and types of its
fields, values that must be there, or the reason why they are not, value lists, date formats and
their order, smallest and largest values, numbers that must not repeat, values that must fit each
other, CRS and outlines. The log names the published definition; the manual says what of it could
not be found. Fields that the schema does not have are told, but are no problem.</p>
<p><b>Problems</b>: a layer with one row for every problem, at the outline of its landslide, that
says what was found, what was expected and what to do. <b>VALID</b> is true where there is none.
Nothing is changed in the file.</p>
"""


class ValidateInventory(LandslipAlgorithm):
    """The check before an inventory is handed in."""

    NAME = "validateinventory"
    DISPLAY_NAME = "Validate inventory"
    GROUP = Group.INVENTORY
    SHORT_DESCRIPTION = "Says what a file lacks to keep to the schema of USGS, UGLC, COOLR, INSPIRE"
    TAGS = ("landslide", "inventory", "check", "USGS", "UGLC", "COOLR", "INSPIRE", "exchange")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        self.addParameter(
            QgsProcessingParameterVectorLayer("INPUT", self.tr("File to check"), polygons)
        )
        self.addParameter(preset_parameter(self.tr("Schema")))
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                "OUTPUT",
                self.tr("Problems"),
                type=QgsProcessing.TypeVectorPolygon,
                optional=True,
                createByDefault=True,
            )
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of problems")))
        self.addOutput(QgsProcessingOutputBoolean("VALID", self.tr("Keeps to the schema")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        preset = PRESETS[self.choice(parameters, "PRESET", context)]
        with engine_errors():
            layer = self._layer(parameters, context)
            table = raw_inventory(layer, feedback)
            problems = validate(table, preset, _driver(layer))
        feedback.pushInfo(self.tr("Checked against: {}.").format(preset.source))
        for told in remarks(table, preset):
            feedback.pushInfo(told)
        for problem in problems:
            if not problem.row:
                feedback.pushWarning(problem.sentence)
        feedback.pushInfo(
            self.tr("{} landslides, {} problems with {}.").format(
                len(table.records), len(problems), preset.title
            )
        )
        results: dict[str, Any] = {"COUNT": len(problems), "VALID": not problems}
        if parameters.get("OUTPUT") is not None:
            layer = problem_table(table, problems)
            results["OUTPUT"] = write_table(
                Sink(self, parameters, "OUTPUT", context, feedback), layer
            )
        return results

    def _layer(self, parameters: dict[str, Any], context: QgsProcessingContext) -> QgsVectorLayer:
        layer = self.parameterAsVectorLayer(parameters, "INPUT", context)
        if layer is None:
            raise ParameterError(
                f"{parameters.get('INPUT')} is no vector layer; expected polygons. Choose another."
            )
        if layer.providerType() != "ogr":
            return layer
        return QgsVectorLayer(literal_source(layer.source()), layer.name(), "ogr")


def _driver(layer: QgsVectorLayer) -> str:
    """Name of the GDAL driver of a layer, or empty."""
    if layer.providerType() == "delimitedtext":
        return "CSV"
    return str(layer.dataProvider().storageType()) if layer.providerType() == "ogr" else ""
