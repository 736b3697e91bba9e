"""Adapt a model to my area: from a few polygons to a model of one's own."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from ..engine.adaptation.adapt import METHODS, TRAINED, AdaptRequest, adapt
from ..engine.adaptation.labels import labels_of
from ..engine.adaptation.material import Train
from ..engine.adaptation.report import verdict_text, write_adaptation_report
from ..engine.common.dependencies import require_pytorch
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY
from ..engine.models.one_place import work_folder_of
from ..engine.models.own_models import add_model, check_name
from .base import Group, engine_errors, hooks
from .inventory_reader import read_inventory
from .model_on_stack import ModelOnStack

HELP = """
<p>Makes a model of your own from a shipped one and a few landslides that you know. A new country
looks different from where a model was trained; twenty to forty polygons, all over the scene, are
often enough to find more landslides in the rest of it. It takes less than a minute and needs no
graphics card.</p>

<p><b>Stack</b> and <b>DEM</b>: the image that the landslides were mapped on.</p>
<p><b>Model</b>: which one to start from. An adapted one can be adapted again.</p>
<p><b>Labels</b>: an inventory that you have reviewed (accepted and edited outlines are landslides,
rejected ones are not, unreviewed ones say nothing), or any polygons of landslides. Take some that
the model has missed: from what it found itself it learns only what to leave out.</p>
<p><b>Area</b> in which the labels are complete. It helps most: with it, precision is known. Without
it a threshold goes half as far. How far it goes grows with the number of landslides, too.</p>
<p><b>Negatives</b>: polygons without landslides, such as quarries and fields that were taken for
some.</p>
<p><b>Method</b>: <i>quick</i> fits a new last layer, and falls back to a threshold where the labels
do not bear more; <i>threshold</i> only shifts probabilities, so that 0.5 divides best.
<i>decoder</i> trains the network behind its encoder further, and <i>full</i> all of it: these need
PyTorch and take minutes, and a run that was stopped goes on where it was.</p>
<p><b>Write it all the same</b>: else, nothing is written where the new model is not better on
labels that took no part.</p>
<p><b>Band mapping</b> as in <i>Detect landslides</i>. The <b>seed</b> decides which pixels are
drawn where there are many; <b>threads</b> of the processor, 0 for all.</p>
<p><b>Name in the list of models</b> of <i>Detect landslides</i>, under which a model that was
written is added; see <i>Manage models</i>.</p>

<h3>Outputs</h3>
<p><b>Model</b>: an ONNX file to choose in <i>Detect landslides</i>, whose card says what it was
adapted with. Where none was written, this is the model that it started from, so that models and
scripts go on with that. <b>Report</b>: before and after on left-out labels, a map of both, and
where more labels would help. F1_BEFORE, F1_AFTER, GAIN_LOW, GAIN_HIGH (nine of ten draws of the
labels), and which probability of the old model divides best (THRESHOLD_LOW, THRESHOLD_HIGH).</p>
<p>The gain is measured on your labels. Judge the model on other ones with <i>Assess inventory</i>
before you publish with it.</p>
"""

#: Numbers that the algorithm returns, with their labels.
SCORES = {
    "F1_BEFORE": "F1 of the old model",
    "F1_AFTER": "F1 of the adapted model",
    "GAIN_LOW": "Lowest gain in nine of ten draws",
    "GAIN_HIGH": "Highest gain in nine of ten draws",
    "THRESHOLD_LOW": "Lowest of the old model's best thresholds",
    "THRESHOLD_HIGH": "Highest of the old model's best thresholds",
    "LANDSLIDES": "Labelled landslides on the image",
}


class AdaptModel(ModelOnStack):
    """From a model and labels to a model of one's own."""

    NAME = "adaptmodel"
    DISPLAY_NAME = "Adapt a model to my area"
    GROUP = Group.MODELS
    SHORT_DESCRIPTION = "Makes a model of your own from a shipped one and a few known landslides"
    TAGS = ("landslide", "training", "fine-tuning", "few labels", "onnx", "threshold", "transfer")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        source = QgsProcessingParameterFeatureSource
        for parameter in (
            *self.ground_parameters(),
            source("LABELS", self.tr("Labels (reviewed inventory or landslides)"), polygons),
            source(
                "AREA",
                self.tr("Area in which the labels are complete"),
                polygons,
                optional=True,
            ),
            source("NEGATIVES", self.tr("Negatives (without landslides)"), polygons, optional=True),
            self.choice_parameter("METHOD", self.tr("Method"), METHODS),
            QgsProcessingParameterBoolean(
                "FORCE", self.tr("Write it all the same if it is not better"), False
            ),
        ):
            self.addParameter(parameter)
        self.add_advanced(
            QgsProcessingParameterString(
                "ADD_AS", self.tr("Name in the list of models (empty: not added)"), optional=True
            )
        )
        self.add_run_parameters()
        destination = QgsProcessingParameterFileDestination
        self.addParameter(
            destination("OUTPUT", self.tr("Adapted model"), self.tr("ONNX models (*.onnx)"))
        )
        self.addParameter(
            destination("REPORT", self.tr("Report"), self.tr("HTML files (*.html)"), optional=True)
        )
        for name, label in SCORES.items():
            self.addOutput(QgsProcessingOutputNumber(name, self.tr(label)))
        self.addOutput(QgsProcessingOutputBoolean("WRITTEN", self.tr("Whether it was written")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        report = self.parameterAsFileOutput(parameters, "REPORT", context)
        with engine_errors():
            if report:
                check_report(report)
            name = self.parameterAsString(parameters, "ADD_AS", context).strip()
            if name:
                check_name(name)
            request = self._request(parameters, context, feedback)
            found = adapt(request, **hooks(feedback), train=self._trainer(request))
            used = request.output if found.written else request.model
            if report:
                write_adaptation_report(found, request, MADE_BY, report)
            if name and found.written:
                feedback.pushInfo(
                    self.tr("In the list of models: {}").format(add_model(used, name))
                )
        tell = feedback.pushInfo if found.verdict.better else feedback.pushWarning
        tell(self.tr(verdict_text(found)))
        return {"OUTPUT": used, "REPORT": report, "WRITTEN": found.written, **found.numbers()}

    def _request(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> AdaptRequest:
        labels = read_inventory(self, parameters, "LABELS", context, feedback)
        return AdaptRequest(
            stack=self.raster_path(parameters, "INPUT", context),
            dem=self.raster_path(parameters, "DEM", context) or None,
            model=self.model_file(parameters, context),
            labels=labels_of(
                labels,
                self.outlines("NEGATIVES", parameters, context, feedback),
                self.outlines("AREA", parameters, context, feedback),
            ),
            output=self.parameterAsFileOutput(parameters, "OUTPUT", context),
            method=self.choice(parameters, "METHOD", context),
            force=self.parameterAsBool(parameters, "FORCE", context),
            band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
            threads=self.parameterAsInt(parameters, "THREADS", context),
            seed=self.parameterAsInt(parameters, "SEED", context),
        )

    def _trainer(self, request: AdaptRequest) -> Train | None:
        """What trains a network, for the methods that do."""
        if request.method not in TRAINED:
            return None
        require_pytorch()
        from ..training.adapting import trainer

        folder = work_folder_of(request.output)
        return trainer(request.method, folder, request.threads, request.seed)
