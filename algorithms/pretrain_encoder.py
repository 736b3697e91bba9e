"""Pre-train an encoder: what a model looks at learns from scenes without labels."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
)

from ..engine.adaptation.choices import TRAINING_DEVICES
from ..engine.common.dependencies import require_pytorch
from ..engine.common.errors import ParameterError
from .base import Group, engine_errors, hooks
from .model_on_stack import ModelOnStack

HELP = """
<p>Trains the encoder of a model further on scenes without labels, by SwAV: it learns to tell from
one view of a patch to which group another view of it belongs. It needs PyTorch, and takes from
half an hour to hours without a graphics card.</p>
<p><b>What comes out cannot detect by itself.</b> The decoder behind the encoder does not know what
has changed. Adapt the model with labels afterwards: <i>Adapt a model to my area</i>, METHOD
<i>decoder</i>, which keeps the encoder.</p>

<p><b>Stacks</b> without labels, of the bands that the model reads; the more land and seasons, the
better. <b>DEM</b> for models that read slope; it must cover all of them.</p>
<p><b>Model</b> whose encoder it starts from.</p>
<p><b>Steps</b> of training, <b>batch</b> of patches a step, the peak of the <b>learning rate</b>,
and the number of <b>prototypes</b> (groups) in which patches are sorted; <b>device</b> that trains;
<b>band mapping</b> as in <i>Detect landslides</i>. The <b>seed</b> decides all draws;
<b>threads</b> of the processor, 0 for all. A run that was stopped goes on where it was.</p>

<h3>Outputs</h3>
<p><b>Model</b>: an ONNX file to adapt. LOSS at the end, and how evenly the prototypes are used
(USAGE: 1 alike; near 0 the features have collapsed, and the model is of no use).</p>
"""


class PretrainEncoder(ModelOnStack):
    """From a model and scenes to a model that must be adapted."""

    NAME = "pretrainencoder"
    DISPLAY_NAME = "Pre-train an encoder without labels"
    GROUP = Group.MODELS
    SHORT_DESCRIPTION = "Trains what a model looks at on scenes without labels, before adapting it"
    TAGS = ("landslide", "training", "swav", "self-supervised", "unlabelled", "pytorch", "encoder")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        number = QgsProcessingParameterNumber
        for parameter in (
            *self.ground_parameters(),
            number("STEPS", self.tr("Steps"), defaultValue=200, minValue=1, maxValue=10**7),
        ):
            self.addParameter(parameter)
        for parameter in (
            number("BATCH", self.tr("Patches a step"), defaultValue=16, minValue=2, maxValue=1024),
            number(
                "LEARNING_RATE",
                self.tr("Learning rate"),
                number.Double,
                3e-4,
                minValue=1e-7,
                maxValue=10,
            ),
            number("PROTOTYPES", self.tr("Prototypes"), defaultValue=32, minValue=2, maxValue=4096),
            self.choice_parameter("DEVICE", self.tr("Device"), TRAINING_DEVICES),
        ):
            self.add_advanced(parameter)
        self.add_run_parameters()
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUTPUT", self.tr("Model to adapt"), self.tr("ONNX models (*.onnx)")
            )
        )
        self.addOutput(QgsProcessingOutputNumber("LOSS", self.tr("Loss at the end")))
        self.addOutput(QgsProcessingOutputNumber("USAGE", self.tr("Use of prototypes, 0 to 1")))

    def input_parameter(self) -> QgsProcessingParameterMultipleLayers:
        """The images."""
        return QgsProcessingParameterMultipleLayers(
            "INPUT", self.tr("Stacks without labels"), QgsProcessing.TypeRaster
        )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        with engine_errors():
            require_pytorch()
            from ..training.pretrain_encoder import EncoderRequest, pretrain_encoder

            request = EncoderRequest(
                stacks=self._stacks(parameters, context),
                model=self.model_file(parameters, context),
                output=self.parameterAsFileOutput(parameters, "OUTPUT", context),
                dem=self.raster_path(parameters, "DEM", context) or None,
                steps=self.parameterAsInt(parameters, "STEPS", context),
                batch=self.parameterAsInt(parameters, "BATCH", context),
                learning_rate=self.parameterAsDouble(parameters, "LEARNING_RATE", context),
                prototypes=self.parameterAsInt(parameters, "PROTOTYPES", context),
                band_mapping=self.parameterAsString(parameters, "BAND_MAPPING", context),
                device=self.choice(parameters, "DEVICE", context),
                threads=self.parameterAsInt(parameters, "THREADS", context),
                seed=self.parameterAsInt(parameters, "SEED", context),
            )
            found = pretrain_encoder(request, **hooks(feedback))
        feedback.pushWarning(self.tr(found.sentence()))
        return {"OUTPUT": request.output, "LOSS": found.loss, "USAGE": found.usage}

    def stack_file(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """Path of the first stack; all have the bands that its model reads."""
        return self._stacks(parameters, context)[0]

    def _stacks(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[str, ...]:
        """Files of the stacks, each once; QGIS itself would leave out those it cannot load.

        Raises:
            ParameterError: There is none.
        """
        given = parameters.get("INPUT") or ()
        layers = given if isinstance(given, (list, tuple)) else [given]
        paths = (self.raster_path({"INPUT": layer}, "INPUT", context) for layer in layers)
        if not (stacks := tuple(dict.fromkeys(paths))):
            raise ParameterError("No scene was given; expected one or more stacks (INPUT).")
        return stacks
