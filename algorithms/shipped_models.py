"""The models of QGIS's designer that come with Landslip, in the Toolbox beside the algorithms."""

from __future__ import annotations

from qgis.core import QgsProcessingModelAlgorithm
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from .base import ICON, MANUAL, RESOURCES, Group


class ShippedModel(QgsProcessingModelAlgorithm):
    """A model in a file of `RESOURCES`. Subclasses say which, and where it is found.

    QGIS knows models by their titles; scripts get a name here that stays.
    """

    NAME = ""
    GROUP: Group
    FILE = ""
    PAGE = ""

    def __init__(self) -> None:
        super().__init__()
        self.fromFile(str(RESOURCES / self.FILE))

    def createInstance(self) -> ShippedModel:
        """A fresh copy of this model."""
        return type(self)()

    def name(self) -> str:
        """The name that scripts use; never changed."""
        return self.NAME

    def group(self) -> str:
        """The title of its group in the Toolbox."""
        return QCoreApplication.translate("Landslip", self.GROUP.value)

    def groupId(self) -> str:
        """The group's name for scripts."""
        return self.GROUP.id

    def shortDescription(self) -> str:
        """The tool tip in the Toolbox."""
        return str(self.helpContent().get("ALG_DESC", ""))

    def helpUrl(self) -> str:
        """Its page in the manual."""
        return MANUAL.replace("reference/algorithms", f"guides/{self.PAGE}.html")

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(ICON)


class DetectAdaptDetect(ShippedModel):
    """A reviewed inventory to an adapted model, a new detection, and what to review next."""

    NAME = "detectadaptdetect"
    GROUP = Group.MODELS
    FILE = "detect_adapt_detect.model3"
    PAGE = "review_loop"


class DownloadToLandslides(ShippedModel):
    """Products to a stack, a detection and an inventory."""

    NAME = "downloadtolandslides"
    GROUP = Group.DETECT
    FILE = "download_to_landslides.model3"
    PAGE = "scripts"


class EventStepByStep(ShippedModel):
    """What *Detect landslides of an event* does, as separate steps."""

    NAME = "eventstepbystep"
    GROUP = Group.DETECT
    FILE = "event.model3"
    PAGE = "event"


MODELS = (DetectAdaptDetect, DownloadToLandslides, EventStepByStep)
