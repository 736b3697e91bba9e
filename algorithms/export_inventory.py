"""Export inventory: the columns, words and formats in which others take it."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
)

from ..engine.inventory.exchange import rows
from ..engine.inventory.exchange_file import file_ending, write_exchange
from ..engine.inventory.presets import PRESETS
from ..engine.inventory.schema import Dataset, country_code
from .base import Group, LandslipAlgorithm, engine_errors
from .event_parameters import EVENT_HELP, event_facts, event_parameters
from .exchange_file import qgis_access
from .inventory_reader import read_inventory

_EVENT_HELP = EVENT_HELP.format(
    "A trigger, a type or a date of the event that a landslide has already stays; dates of images "
    "are replaced. What a schema has no column for goes into its notes."
)
HELP = f"""
<p>Writes an inventory in the fields, value lists, CRS and date format of an exchange schema, as
GeoPackage, Shapefile (with names of ten characters) or GeoJSON, whichever the file name
says.</p>
<p><b>Schema</b>: <i>usgs_v3</i>; <i>uglc</i>, or <i>uglc_2024</i> before its fields changed;
<i>coolr</i> (NASA's report polygons), or <i>coolr_events</i> for the landslides of one event, with
the images they were seen in; <i>inspire_event</i> or <i>inspire_area</i> (natural risk zones). The
manual lists where each value comes from, who published the schema, and what could not be found
of it.</p>
<p><b>Name</b>, <b>address</b>, <b>version</b>, <b>country</b> and its code of two letters: what
holds for the whole inventory.
<b>Accuracy</b>: error of the landslides' place in metres; empty for the size of the pixels.
<b>Start and end date</b>: the period in which landslides happened that have no dates of their
own; 2018-09-06, 2018-09 or 2018.</p>
<p><b>Reviewed only</b>: leave out what nobody has accepted or edited. Rejected landslides are
always left out.</p>
{_EVENT_HELP}
<p>The confidence that is handed in is the reviewer's. A model's probability never becomes one.</p>
<p>The file is read back, compared and checked against the schema before it appears. PROBLEMS counts
what the schema wants and the inventory does not have; <i>Validate inventory</i> lists it row by
row.</p>
"""

#: How many problems the log tells.
_TOLD = 10


class ExportInventory(LandslipAlgorithm):
    """An inventory for others."""

    NAME = "exportinventory"
    DISPLAY_NAME = "Export inventory"
    GROUP = Group.INVENTORY
    SHORT_DESCRIPTION = "Writes an inventory in the schema of USGS, UGLC, NASA COOLR or INSPIRE"
    TAGS = ("landslide", "inventory", "USGS", "UGLC", "COOLR", "INSPIRE", "exchange")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        text = QgsProcessingParameterString
        for parameter in (
            QgsProcessingParameterFeatureSource(
                "INPUT", self.tr("Inventory"), [QgsProcessing.TypeVectorPolygon]
            ),
            preset_parameter(self.tr("Schema")),
            text("NAME", self.tr("Name of the inventory")),
            text("URL", self.tr("Address where it is published"), optional=True),
            text("COUNTRY", self.tr("Country"), optional=True),
            text("START_DATE", self.tr("Start date, where a landslide has none"), optional=True),
            text("END_DATE", self.tr("End date, where a landslide has none"), optional=True),
            QgsProcessingParameterBoolean(
                "REVIEWED_ONLY", self.tr("Only what is accepted or edited"), defaultValue=False
            ),
        ):
            self.addParameter(parameter)
        self.add_advanced(
            text("COUNTRY_CODE", self.tr("Country code, two letters such as JP"), optional=True)
        )
        self.add_advanced(text("VERSION", self.tr("Version of the inventory"), defaultValue="1"))
        self.add_advanced(
            QgsProcessingParameterNumber(
                "ACCURACY",
                self.tr("Error of the place, m (empty: the size of the pixels)"),
                type=QgsProcessingParameterNumber.Double,
                optional=True,
                minValue=0,
            )
        )
        for parameter in event_parameters(self.tr):
            self.add_advanced(parameter)
        self.addParameter(
            QgsProcessingParameterVectorDestination("OUTPUT", self.tr("Inventory to hand in"))
        )
        self.addOutput(QgsProcessingOutputNumber("COUNT", self.tr("Number of landslides")))
        self.addOutput(QgsProcessingOutputNumber("PROBLEMS", self.tr("Number of problems")))

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Say what is wrong with the file name or the country code."""
        country_code(self.parameterAsString(parameters, "COUNTRY_CODE", context))
        event_facts(self, parameters, context)
        file_ending(self.parameterAsOutputLayer(parameters, "OUTPUT", context))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        preset = PRESETS[self.choice(parameters, "PRESET", context)]
        target = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        only = self.parameterAsBoolean(parameters, "REVIEWED_ONLY", context)
        with engine_errors():
            inventory = read_inventory(self, parameters, "INPUT", context, feedback, preset.crs)
            dataset = self._dataset(parameters, context)
            table = rows(inventory, preset, dataset, feedback.pushWarning, only)
            access = qgis_access(context, feedback)
            problems = write_exchange(table, preset, target, access, feedback.pushWarning)
        for problem in problems[:_TOLD]:
            feedback.pushWarning(problem.sentence)
        feedback.pushInfo(
            self.tr("{} landslides written and read back; {} problems with {}.").format(
                len(table.records), len(problems), preset.title
            )
        )
        return {"OUTPUT": target, "COUNT": len(table.records), "PROBLEMS": len(problems)}

    def _dataset(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Dataset:
        def text(name: str) -> str:
            return self.parameterAsString(parameters, name, context).strip()

        return Dataset(
            name=text("NAME"),
            url=text("URL"),
            version=text("VERSION"),
            country=text("COUNTRY"),
            country_code=country_code(text("COUNTRY_CODE")),
            accuracy=self.optional_number(parameters, "ACCURACY", context),
            start=text("START_DATE"),
            end=text("END_DATE"),
            event=event_facts(self, parameters, context),
        )


def preset_parameter(label: str) -> QgsProcessingParameterEnum:
    """The parameter PRESET: the name of an exchange schema."""
    return QgsProcessingParameterEnum(
        "PRESET", label, options=list(PRESETS), usesStaticStrings=True, defaultValue="usgs_v3"
    )
