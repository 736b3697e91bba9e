"""What all algorithms share: texts, the way from QGIS to plain values, and errors as QGIS's own."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from configparser import ConfigParser
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProviderRegistry,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from ..engine.common.errors import LandslipError, OutputError, file_problem
from ..engine.common.file_names import place_of
from ..engine.common.output import check_writable
from ..engine.common.wording import number_within
from .layer_file import file_of_layer, file_of_output, file_of_sink

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
ICON = str(RESOURCES / "icon.svg")
_SWITCHES = ("true", "false", "1", "0")
#: QGIS's limits where an algorithm sets none, of either sign.
_ENDLESS = sys.float_info.max


class Group(Enum):
    """The Toolbox's groups. QGIS sorts them by their titles."""

    PREPARE = "Prepare"
    DETECT = "Detect"
    INVENTORY = "Inventory"
    MODELS = "Models"
    REVIEW = "Review and report"
    SET_UP = "Set-up"

    @property
    def id(self) -> str:
        """The name that scripts see; never changed."""
        return "".join(filter(str.isalpha, self.value.lower()))


def _homepage() -> str:
    metadata = ConfigParser(interpolation=None)
    metadata.read(RESOURCES.parent / "metadata.txt", encoding="utf-8")
    return metadata["general"]["homepage"].rstrip("/")


#: Where the manual has a page for each algorithm, by its name.
MANUAL = f"{_homepage()}/reference/algorithms"


class LandslipAlgorithm(QgsProcessingAlgorithm):
    """Base of the algorithms. Subclasses set the texts and implement what differs."""

    NAME = ""
    DISPLAY_NAME = ""
    GROUP: Group
    SHORT_DESCRIPTION = ""
    TAGS: tuple[str, ...] = ()
    HELP = ""

    def createInstance(self) -> LandslipAlgorithm:
        """A fresh copy of this algorithm."""
        return type(self)()

    def name(self) -> str:
        """The name that scripts use; never changed."""
        return self.NAME

    def displayName(self) -> str:
        """The name in the Toolbox."""
        return self.tr(self.DISPLAY_NAME)

    def group(self) -> str:
        """The title of its group in the Toolbox."""
        return self.tr(self.GROUP.value)

    def groupId(self) -> str:
        """The group's name for scripts."""
        return self.GROUP.id

    def helpUrl(self) -> str:
        """Its page in the manual."""
        return f"{MANUAL}/{self.NAME}.html"

    def shortDescription(self) -> str:
        """The tool tip in the Toolbox."""
        return self.tr(self.SHORT_DESCRIPTION)

    def shortHelpString(self) -> str:
        """The help beside the dialog, as HTML. QGIS would show line ends as new lines."""
        return " ".join(self.tr(self.HELP).split())

    def tags(self) -> list[str]:
        """Words under which the Toolbox's search finds it."""
        return [self.tr(tag) for tag in self.TAGS]

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(ICON)

    def tr(self, text: str) -> str:
        """Translate."""
        return QCoreApplication.translate("Landslip", text)

    def add_advanced(self, parameter: QgsProcessingParameterDefinition) -> None:
        """Add a parameter under 'Advanced parameters'."""
        advanced = QgsProcessingParameterDefinition.FlagAdvanced
        parameter.setFlags(parameter.flags() | advanced)
        self.addParameter(parameter)

    def raster_path(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> str:
        """The file of a raster parameter; empty where an optional one is not given.

        A path that QGIS cannot load is passed on as it is: the engine says what is wrong with it.

        Raises:
            QgsProcessingException: The layer is not a file (a web service, say).
        """
        layer = self.parameterAsRasterLayer(parameters, name, context)
        if layer is None:
            return self.parameterAsString(parameters, name, context)
        if layer.providerType() != "gdal":
            raise QgsProcessingException(
                self.tr(
                    "The layer '{}' comes from the provider '{}'; expected a raster file. Export "
                    "it first (right-click the layer > Export > Save As), then run again."
                ).format(layer.name(), layer.providerType())
            )
        parts = QgsProviderRegistry.instance().decodeUri("gdal", layer.source())
        return layer.source() if parts.get("layerName") else parts["path"]

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Check the values; options may be given by their numbers, as QGIS's help says."""
        try:
            self.check_inputs(parameters, context)
            for definition in self.parameterDefinitions():
                problem = value_problem(definition, parameters.get(definition.name()))
                if problem:
                    return False, self.tr(problem)
            self._check_destinations(parameters, context)
        except LandslipError as err:
            return False, str(err)
        return super().checkParameterValues(self._with_texts(parameters), context)

    def check_inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Look at inputs before the run starts; an algorithm says here what is wrong with its own.

        Raises:
            LandslipError: It cannot run on them.
        """

    def _check_destinations(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> None:
        """Check before hours of work that all files can be made, each beside the others.

        Raises:
            OutputError: One cannot, or two are the same.
        """
        taken: dict[Path, str] = {}
        for definition in self.parameterDefinitions():
            name = definition.name()
            is_folder = isinstance(definition, QgsProcessingParameterFolderDestination)
            if is_folder or not definition.isDestination():
                continue
            is_layer = isinstance(definition, QgsProcessingParameterFeatureSink)
            file = (file_of_sink if is_layer else file_of_output)(parameters.get(name), context)
            if file is None:
                continue
            check_writable(str(file))
            other = taken.setdefault(place_of(file), name)
            if other != name:
                raise OutputError(
                    f"{other} and {name} have the same file name, {file}. Choose another one for "
                    f"{name}."
                )
        self._check_sources(parameters, context, taken)

    def _check_sources(
        self, parameters: dict[str, Any], context: QgsProcessingContext, taken: dict[Path, str]
    ) -> None:
        """Refuse outputs that would replace the file of a layer that is read."""
        for definition in self.parameterDefinitions():
            name = definition.name()
            if not isinstance(definition, QgsProcessingParameterFeatureSource):
                continue
            file = file_of_layer(self.parameterAsVectorLayer(parameters, name, context))
            output = taken.get(place_of(file)) if file else None
            if output:
                raise OutputError(
                    f"{output} would overwrite {file}, which is read as {name}. Choose another "
                    f"file name for {output}."
                )

    def choice_parameter(
        self, name: str, label: str, options: Iterable[str]
    ) -> QgsProcessingParameterEnum:
        """A parameter for one of some words; the first is the default."""
        words = list(options)
        return QgsProcessingParameterEnum(
            name, label, options=words, defaultValue=words[0], usesStaticStrings=True
        )

    def choice(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        """The option that was chosen, by its text or by its number."""
        return self.parameterAsEnumString(self._with_texts(parameters), name, context)

    def choices(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> list[str]:
        """The options that were chosen where there may be several."""
        return self.parameterAsEnumStrings(self._with_texts(parameters), name, context)

    def _with_texts(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The same parameters with the texts of options where their numbers were given."""
        texts = {
            definition.name(): option_texts(parameters[definition.name()], definition.options())
            for definition in self.parameterDefinitions()
            if isinstance(definition, QgsProcessingParameterEnum)
            and definition.name() in parameters
        }
        return {**parameters, **texts}

    def optional_number(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> float | None:
        """A number, or None where the field was left empty."""
        if parameters.get(name) is None:
            return None
        return self.parameterAsDouble(parameters, name, context)


def value_problem(definition: QgsProcessingParameterDefinition, value: Any) -> str:
    """What is wrong with a value that QGIS would take otherwise, or refuse without a reason."""
    if isinstance(definition, QgsProcessingParameterNumber):
        return number_problem(definition, value)
    named = f"{definition.description()} ({definition.name()})"
    if isinstance(definition, QgsProcessingParameterEnum) and not definition.allowMultiple():
        given = option_texts(value, definition.options())
        if isinstance(given, (str, int)) and given != "" and given not in definition.options():
            return f"{named} is {given!r}; expected one of {', '.join(definition.options())}."
    is_switch = isinstance(definition, QgsProcessingParameterBoolean)
    # QGIS takes every text but 'false' and '0' for a yes: also a 'no'.
    if is_switch and isinstance(value, str) and value.lower() not in _SWITCHES:
        return f"{named} is {value!r}; expected true or false."
    return ""


def number_problem(definition: QgsProcessingParameterNumber, value: Any) -> str:
    """What is wrong with a number; empty where nothing is, or where QGIS makes the number."""
    try:
        number = float(value)
    except (TypeError, ValueError):  # none, an expression, or no number: QGIS's business
        return ""
    low, high = definition.minimum(), definition.maximum()
    whole = definition.dataType() == QgsProcessingParameterNumber.Integer
    if low <= number <= high and not (whole and number % 1):
        return ""
    least = low if low > -_ENDLESS else None
    expected = number_within(least, high if high < _ENDLESS else None, whole)
    return (
        f"{definition.description()} ({definition.name()}) is {number:.10g}; expected {expected}."
    )


def option_texts(value: Any, options: Sequence[str]) -> Any:
    """Texts of options in place of their numbers: a number, its text, or several of either.

    What is no number of an option stays as it is, for QGIS to refuse.
    """
    if isinstance(value, (list, tuple)):
        return [option_texts(one, options) for one in value]
    if isinstance(value, str) and "," in value and value not in options:
        return ",".join(str(option_texts(one.strip(), options)) for one in value.split(","))
    text = str(value)
    if isinstance(value, bool) or text in options or not text.isdecimal():
        return value
    return options[int(text)] if int(text) < len(options) else value


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn the engine's errors into QGIS's. The one place where that happens."""
    try:
        yield
    except LandslipError as err:
        raise QgsProcessingException(str(err)) from err
    except OSError as err:
        raise QgsProcessingException(file_problem(err)) from err


def hooks(feedback: QgsProcessingFeedback) -> dict[str, Any]:
    """The engine's plain callables (progress, cancelled, warn) over QGIS's feedback."""

    def progress(fraction: float, message: str) -> None:
        feedback.setProgress(100 * fraction)
        if message:
            feedback.pushInfo(message)

    return {"progress": progress, "cancelled": feedback.isCanceled, "warn": feedback.pushWarning}
