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

from ..engine.errors import ParameterError
from ..engine.presets import PRESETS
from ..engine.table import Record, Table
from ..engine.validation import Problem, validate
from .base import LandslipAlgorithm, engine_errors
from .exchange_file import literal_source
from .export_inventory import preset_parameter
from .inventory_reader import raw_inventory
from .table_layer import write_table

HELP = """
<p>Checks a layer against an exchange schema: names and types of its fields, values that must be
there, value lists, date formats and their order, numbers that must not repeat, CRS and
outlines.</p>
<p><b>Problems</b>: a layer with one row for every problem, at the outline of its landslide, that
says what was found, what was expected and what to do. <b>VALID</b> is true where there is none.
Nothing is changed in the file.</p>
"""

_COLUMNS: dict[str, type] = {"row": int, "column": str, "problem": str}


class ValidateInventory(LandslipAlgorithm):
    """The check before an inventory is handed in."""

    NAME = "validateinventory"
    DISPLAY_NAME = "Validate inventory"
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
        preset = PRESETS[self.parameterAsEnumString(parameters, "PRESET", context)]
        with engine_errors():
            table = raw_inventory(self._layer(parameters, context), feedback)
            problems = validate(table, preset)
        for problem in problems:
            if not problem.row:
                feedback.pushWarning(f"{problem.column} {problem.message}".strip())
        feedback.pushInfo(
            self.tr("{} landslides, {} problems with {}.").format(
                len(table.records), len(problems), preset.title
            )
        )
        results: dict[str, Any] = {"COUNT": len(problems), "VALID": not problems}
        if parameters.get("OUTPUT") is not None:
            layer = _problem_table(table, problems)
            results["OUTPUT"] = write_table(self, layer, parameters, "OUTPUT", context)
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


def _problem_table(table: Table, problems: list[Problem]) -> Table:
    return Table(
        table.name,
        table.crs,
        _COLUMNS,
        tuple(
            Record(
                table.records[problem.row - 1].wkb if problem.row else b"",
                {"row": problem.row, "column": problem.column, "problem": problem.message},
            )
            for problem in problems
        ),
    )
