"""Manage models: the list of models, and what the user adds to it."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from ..engine.models.management import ACTIONS, ManageRequest, manage
from .base import Group, LandslipAlgorithm, engine_errors
from .detect_landslides import model_parameter

HELP = """
<p>Lists the models that <i>Detect landslides</i> offers, and keeps your own among them: adapted
ones, trained ones, and those that a colleague has sent. They lie in the folder
<i>Landslip/models</i> of your QGIS profile, each one file with its card inside; a model that is
copied there by hand is in the list, too. Those that the command line keeps are found as well.</p>
<p><b>What to do</b>: <i>list</i> tries all models, and tells what is known of them and which files
of the folder cannot be used; <i>add</i> copies a <b>File</b> into the list, by its own name or by
another; <i>rename</i> gives a model of your own a new <b>Name</b>, in its card, too; <i>share</i>
makes a <b>copy</b> of any model to give away, with its checksum in a file beside it (<i>add</i>
compares them); <i>delete</i> removes one of your own without asking, and tells what is gone. Models
that come with Landslip stay as they are, and <i>auto</i> chooses among these alone.</p>
<p>Every model is opened and tried before it is taken. No code comes with one: ONNX files are
data.</p>
"""


class ManageModels(LandslipAlgorithm):
    """The user's own models in the list."""

    NAME = "managemodels"
    DISPLAY_NAME = "Manage models"
    GROUP = Group.MODELS
    SHORT_DESCRIPTION = "Lists models, and adds, renames, shares and deletes your own"
    TAGS = ("landslide", "model", "onnx", "list", "share", "import", "delete")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.addParameter(self.choice_parameter("ACTION", self.tr("What to do"), ACTIONS))
        model = model_parameter(self.tr("Model (to rename, share or delete)"))
        model.setFlags(model.flags() | model.FlagOptional)
        model.setDefaultValue("")
        for parameter in (
            model,
            QgsProcessingParameterFile(
                "FILE",
                self.tr("File (to add)"),
                fileFilter=self.tr("ONNX models (*.onnx)"),
                optional=True,
            ),
            QgsProcessingParameterString("NAME", self.tr("New name"), optional=True),
            QgsProcessingParameterFileDestination(
                "OUTPUT",
                self.tr("Copy (to share)"),
                self.tr("ONNX models (*.onnx)"),
                optional=True,
                createByDefault=False,
            ),
        ):
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputString("MODELS", self.tr("Names of all models")))
        self.addOutput(QgsProcessingOutputString("FOLDER", self.tr("Folder of your own models")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        request = ManageRequest(
            self.choice(parameters, "ACTION", context),
            self.parameterAsString(parameters, "MODEL", context).strip(),
            self.parameterAsString(parameters, "FILE", context),
            self.parameterAsString(parameters, "NAME", context).strip(),
            self.parameterAsFileOutput(parameters, "OUTPUT", context),
        )
        with engine_errors():
            found = manage(request)
        for line in found.lines:
            feedback.pushInfo(line)
        return {"OUTPUT": request.copy or None, **found.results()}
