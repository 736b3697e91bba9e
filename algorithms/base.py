"""What all algorithms share: texts, the way from QGIS to plain values, and errors as QGIS's own."""

from __future__ import annotations

from collections.abc import Iterator
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
    QgsProcessingParameterDefinition,
    QgsProviderRegistry,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from .. import __version__
from ..engine.errors import DependencyError, LandslipError
from .installation import install_hint

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
ICON = str(RESOURCES / "icon.svg")
#: What reports name as their maker.
MADE_BY = f"Landslip {__version__}"


class Group(Enum):
    """The Toolbox's groups. QGIS sorts them by their titles."""

    PREPARE = "Prepare"
    DETECT = "Detect"
    INVENTORY = "Inventory"
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

    def optional_number(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> float | None:
        """A number, or None where the field was left empty."""
        if parameters.get(name) is None:
            return None
        return self.parameterAsDouble(parameters, name, context)


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn the engine's errors into QGIS's. The one place where that happens."""
    try:
        yield
    except LandslipError as err:
        raise QgsProcessingException(user_message(err)) from err


def user_message(error: LandslipError) -> str:
    """The error's sentence, with this QGIS's install line where a package is missing."""
    if isinstance(error, DependencyError):
        return f"{error} {install_hint(error.package)}"
    return str(error)


def hooks(feedback: QgsProcessingFeedback) -> dict[str, Any]:
    """The engine's plain callables (progress, cancelled, warn) over QGIS's feedback."""

    def progress(fraction: float, message: str) -> None:
        feedback.setProgress(100 * fraction)
        if message:
            feedback.pushInfo(message)

    return {"progress": progress, "cancelled": feedback.isCanceled, "warn": feedback.pushWarning}
