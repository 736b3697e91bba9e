"""Self-train on a scene: a model learns from its own sure answers, without labels."""

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
    QgsProcessingParameterNumber,
)

from ..engine.adaptation.adapt import TRAINED
from ..engine.adaptation.choices import SELECTIONS, TRAINING_DEVICES
from ..engine.adaptation.labels import Labels, labels_if_any
from ..engine.common.dependencies import require_pytorch
from .base import Group, engine_errors, hooks
from .inventory_reader import read_inventory
from .model_on_stack import ModelOnStack

HELP = """
<p>Lets a model learn from its own sure answers on a scene without labels: what it is sure of
becomes what it is trained on, and the trained model labels the scene anew, for some rounds. The
winners of the Landslide4Sense competition did so on the images that they were judged on. It needs
PyTorch, and takes minutes.</p>
<p>It makes a model surer of what it says already. It may be wrong surer, too: <b>without labels
nobody can know.</b> With few labels, use <i>Adapt a model to my area</i> instead, which knows.</p>

<p><b>Stack</b>, <b>DEM</b>, <b>Model</b>: as in <i>Detect landslides</i>.</p>
<p><b>Rounds</b> of labelling and training. The <b>self-trained model</b> is the output.</p>
<p><b>What is taken for sure</b>: <i>threshold</i> takes pixels with a probability of <b>Sure
from</b> or more for landslides, and those as far from the other end for none; <i>share</i> takes
the surest <b>share</b> of each class.</p>
<p><b>Method</b>: <i>full</i> trains all weights, <i>decoder</i> those behind the encoder.</p>
<p><b>Labels</b>, if you have some: landslides or a reviewed inventory. Those in every second block
of patches are learnt; the others judge, and where they say that the new model is worse, nothing is
written unless you ask for it (<b>Write it all the same</b>). <b>Area</b>: where they are
complete.</p>
<p><b>Steps</b> of training in each round; <b>device</b> that trains; <b>band mapping</b> as in
<i>Detect landslides</i>. The <b>seed</b> decides all draws; <b>threads</b> of the processor, 0 for
all.</p>

<h3>Outputs</h3>
<p><b>Model</b>: an ONNX file to choose in <i>Detect landslides</i>. Where none was written, this is
the model that it started from. DETECTED_BEFORE and DETECTED_AFTER are the share of the ground that
is detected; F1_BEFORE and F1_AFTER are of the labels that judge. A run that was stopped goes on
where it was.</p>
"""

#: Numbers that the algorithm returns, with their labels.
SCORES = {
    "DETECTED_BEFORE": "Share of the ground detected before",
    "DETECTED_AFTER": "Share of the ground detected after",
    "F1_BEFORE": "F1 of the old model on held-out labels",
    "F1_AFTER": "F1 of the new model on held-out labels",
}


class SelfTrain(ModelOnStack):
    """From a model and a scene to a model that is surer of itself there."""

    NAME = "selftrain"
    DISPLAY_NAME = "Self-train on a scene"
    GROUP = Group.MODELS
    SHORT_DESCRIPTION = "Trains a model on its own sure answers on a scene without labels"
    TAGS = ("landslide", "training", "pseudo-labels", "self-training", "unlabelled", "pytorch")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        polygons = [QgsProcessing.TypeVectorPolygon]
        source, number = QgsProcessingParameterFeatureSource, QgsProcessingParameterNumber
        for parameter in (
            *self.ground_parameters(),
            number("ROUNDS", self.tr("Rounds"), defaultValue=2, minValue=1, maxValue=20),
            self.choice_parameter("SELECTION", self.tr("What is taken for sure"), SELECTIONS),
            self._share("SURE", self.tr("Sure from (probability)"), 0.5, 0.999),
            self._share("SHARE", self.tr("Surest share of each class"), 0.01, 1),
            self.choice_parameter("METHOD", self.tr("Method"), TRAINED[::-1]),
            source(
                "LABELS", self.tr("Labels (reviewed inventory or landslides)"), polygons, None, True
            ),
            source("AREA", self.tr("Area in which the labels are complete"), polygons, None, True),
            QgsProcessingParameterBoolean(
                "FORCE", self.tr("Write it all the same if labels say it is worse"), False
            ),
        ):
            self.addParameter(parameter)
        for parameter in (
            number("STEPS", self.tr("Steps a round"), defaultValue=60, minValue=1, maxValue=10**6),
            self.choice_parameter("DEVICE", self.tr("Device"), TRAINING_DEVICES),
        ):
            self.add_advanced(parameter)
        self.add_run_parameters()
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUTPUT", self.tr("Self-trained model"), self.tr("ONNX models (*.onnx)")
            )
        )
        for name, label in SCORES.items():
            self.addOutput(QgsProcessingOutputNumber(name, self.tr(label)))
        self.addOutput(QgsProcessingOutputBoolean("WRITTEN", self.tr("Whether it was written")))

    def _share(
        self, name: str, label: str, least: float, most: float
    ) -> QgsProcessingParameterNumber:
        number = QgsProcessingParameterNumber
        return number(name, label, number.Double, 0.7, minValue=least, maxValue=most)

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        with engine_errors():
            require_pytorch()
            from ..training.self_train import SelfTrainRequest, self_train

            request = SelfTrainRequest(
                stack=self.raster_path(parameters, "INPUT", context),
                model=self.model_file(parameters, context),
                output=self.parameterAsFileOutput(parameters, "OUTPUT", context),
                dem=self.raster_path(parameters, "DEM", context) or None,
                rounds=self.parameterAsInt(parameters, "ROUNDS", context),
                selection=self.choice(parameters, "SELECTION", context),
                sure=self.parameterAsDouble(parameters, "SURE", context),
                share=self.parameterAsDouble(parameters, "SHARE", context),
                method=self.choice(parameters, "METHOD", context),
                steps=self.parameterAsInt(parameters, "STEPS", context),
                labels=self._labels(parameters, context, feedback),
                force=self.parameterAsBool(parameters, "FORCE", context),
                band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
                device=self.choice(parameters, "DEVICE", context),
                threads=self.parameterAsInt(parameters, "THREADS", context),
                seed=self.parameterAsInt(parameters, "SEED", context),
            )
            found = self_train(request, **hooks(feedback))
        better = found.verdict is not None and found.verdict.better
        (feedback.pushInfo if better else feedback.pushWarning)(self.tr(found.sentence()))
        used = request.output if found.written else request.model
        return {"OUTPUT": used, "WRITTEN": found.written, **found.numbers()}

    def _labels(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> Labels | None:
        labels = None
        if parameters.get("LABELS") not in (None, ""):
            labels = read_inventory(self, parameters, "LABELS", context, feedback)
        return labels_if_any(labels, self.outlines("AREA", parameters, context, feedback))
