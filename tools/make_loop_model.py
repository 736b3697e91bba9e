"""Make ``resources/detect_adapt_detect.model3``: the review loop's second half.

Run it with QGIS 3.22, whose models newer versions read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "resources" / "detect_adapt_detect.model3"
#: What the model says of itself; keys are QGIS's, and names of inputs and outputs.
HELP = {
    "ALG_DESC": "Adapts a model to an inventory that was reviewed, detects with the adapted model, "
    "and suggests what to review next. Where adapting gains nothing, detection goes on with the "
    "model that it started from, and the report says why.",
    "ALG_CREATOR": "Landslip",
    "stack": "The stack in which the landslides were reviewed, and are looked for again.",
    "dem": "Elevation in metres; models that read slope need it.",
    "labels": "Reviewed outlines: accepted and edited ones are landslides, rejected ones are not.",
    "area": "Polygons in which every landslide was mapped; makes the verdict much surer.",
    "model": "The model to start from: auto, a name of the list, or the path of an ONNX file.",
    "outlines": "How many outlines to suggest for the next review.",
    "adapt:Adapted model": "An ONNX file to choose in Detect landslides; not written where it is "
    "not better.",
    "adapt:Report": "Scores before and after, a map of both, and where more labels would help.",
    "detect:Landslide probability": "Of the new detection.",
    "detect:Landslide inventory": "Of the new detection; nothing of it is reviewed yet.",
    "suggest:Suggestions": "What to review next; what was reviewed before is passed over.",
}


def write(made: Callable[[], Any], target: Path) -> None:
    """Write a model.

    Args:
        made: Makes it, once QGIS is there.
        target: The file.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication

    application = QgsApplication([], False)
    application.initQgis()
    sys.path.append(f"{application.pkgDataPath()}/python/plugins")
    from processing.core.Processing import Processing

    Processing.initialize()
    import landslip

    plugin = landslip.classFactory(None)
    plugin.initProcessing()
    model = made()
    valid, problems = model.validate()
    if not valid or not model.toFile(str(target)):
        sys.exit(f"{target} was not written. {problems}")
    print(target)


def made() -> Any:
    """The model."""
    from qgis.core import (
        QgsProcessing,
        QgsProcessingModelAlgorithm,
        QgsProcessingParameterNumber,
        QgsProcessingParameterRasterLayer,
        QgsProcessingParameterString,
        QgsProcessingParameterVectorLayer,
    )
    from qgis.PyQt.QtCore import QPointF

    polygons = [QgsProcessing.TypeVectorPolygon]
    raster, vector = QgsProcessingParameterRasterLayer, QgsProcessingParameterVectorLayer
    model = QgsProcessingModelAlgorithm("Detect, adapt, detect again", "Models", "Models")
    name = QgsProcessingParameterString("model", "Model to start from", "auto")
    wrapper = "landslip.algorithms.model_widget.ModelWidgetWrapper"
    name.setMetadata({"widget_wrapper": {"class": wrapper}})
    inputs = (
        raster("stack", "Stack (Sentinel-2 bands)"),
        raster("dem", "DEM (elevation in metres)", optional=True),
        name,
        vector("labels", "Reviewed inventory", polygons),
        vector("area", "Area in which every landslide is mapped", polygons, optional=True),
        QgsProcessingParameterNumber("outlines", "Outlines to suggest", defaultValue=30),
    )
    for row, parameter in enumerate(inputs):
        model.addModelParameter(parameter, component(parameter.name(), QPointF(120, 80 * row)))
    model.setParameterOrder([parameter.name() for parameter in inputs])
    adapt = child(
        "adapt",
        "adaptmodel",
        QPointF(420, 60),
        INPUT="stack",
        DEM="dem",
        MODEL="model",
        LABELS="labels",
        AREA="area",
    )
    detect = child(
        "detect",
        "detectlandslides",
        QPointF(660, 180),
        INPUT="stack",
        DEM="dem",
        MODEL=("adapt", "OUTPUT"),
    )
    suggest = child(
        "suggest",
        "suggestreview",
        QPointF(900, 300),
        INPUT=("detect", "INVENTORY"),
        PROBABILITY=("detect", "PROBABILITY"),
        REVIEWED="labels",
        OUTLINES="outlines",
    )
    kept = (
        (adapt, {"Adapted model": "OUTPUT", "Report": "REPORT"}),
        (detect, {"Landslide probability": "PROBABILITY", "Landslide inventory": "INVENTORY"}),
        (suggest, {"Suggestions": "OUTPUT"}),
    )
    for step, named in kept:
        step.setModelOutputs(outputs(step, named))
        model.addChildAlgorithm(step)
    model.setHelpContent(HELP)
    return model


def component(name: str, place: Any) -> Any:
    """Where an input lies."""
    from qgis.core import QgsProcessingModelParameter

    made = QgsProcessingModelParameter(name)
    made.setPosition(place)
    return made


def child(
    name: str,
    algorithm: str,
    place: Any,
    fixed: dict[str, Any] | None = None,
    **sources: str | tuple[str, str],
) -> Any:
    """A step; its sources are inputs of the model, or a step and its output, or a fixed value."""
    from qgis.core import QgsProcessingModelChildAlgorithm, QgsProcessingModelChildParameterSource

    source = QgsProcessingModelChildParameterSource
    fixed = fixed or {}
    made = QgsProcessingModelChildAlgorithm(f"landslip:{algorithm}")
    made.setChildId(name)
    made.setDescription(made.algorithm().displayName())
    made.setPosition(place)
    for definition in made.algorithm().parameterDefinitions():
        optional = bool(definition.flags() & definition.FlagOptional)
        if not (optional or definition.isDestination() or definition.name() in sources):
            value = fixed.get(definition.name(), definition.defaultValue())
            made.addParameterSources(definition.name(), [source.fromStaticValue(value)])
        elif definition.name() in fixed:
            value = source.fromStaticValue(fixed[definition.name()])
            made.addParameterSources(definition.name(), [value])
    for parameter, given in sources.items():
        if isinstance(given, tuple):
            told = source.fromChildOutput(*given)
        else:
            told = source.fromModelParameter(given)
        made.addParameterSources(parameter, [told])
    return made


def outputs(step: Any, named: dict[str, str]) -> dict[str, Any]:
    """Outputs of a step that are those of the model, by their titles."""
    from qgis.core import QgsProcessingModelOutput
    from qgis.PyQt.QtCore import QPointF

    found = {}
    for row, (label, output) in enumerate(named.items()):
        made = QgsProcessingModelOutput(label, label)
        made.setChildId(step.childId())
        made.setChildOutputName(output)
        made.setPosition(step.position() + QPointF(240, 60 * row - 30))
        found[label] = made
    return found


if __name__ == "__main__":
    write(made, TARGET)
