"""Make ``resources/event.model3``: the landslides of an event, step by step.

Run it with QGIS 3.22, whose models newer versions read.
"""

from __future__ import annotations

from typing import Any

from make_loop_model import ROOT, child, component, outputs, write

TARGET = ROOT / "resources" / "event.model3"
#: What the model says of itself; keys are QGIS's, and names of inputs and outputs.
HELP = {
    "ALG_DESC": "What 'Detect landslides of an event' does, as separate steps: find the images "
    "before and after, fetch them as a stack, detect, compare before and after, and make a review "
    "sheet and the reports. Edit it in the designer to put other steps in between.",
    "ALG_CREATOR": "Landslip",
    "place": "Where to look.",
    "date": "Day of the event, such as 2018-09-06; the first clear image after it is taken, and "
    "the last of the same season before it.",
    "name": "Name of the event; the reports are named after it.",
    "catalogue": "A STAC API, or a file or folder of items, instead of Earth Search.",
    "dem": "glo30 for Copernicus GLO-30, or an address, folder or file; empty for none.",
    "model": "auto, a name of the list, or the path of an ONNX file.",
    "folder": "Gets the page, the PDF, the map and the KML of the reports.",
    "find:Scenes": "What the catalogue has, ranked; the best pair is taken.",
    "fetch:Stack of both images": "The image after, its terrain, and the bands from before.",
    "detect:Landslide probability": "0 to 1.",
    "evidence:Landslides with evidence": "Each with what the images before and after suggest.",
    "sheet:Review sheet": "Before and after side by side; Apply a review enters what was said.",
}


def made() -> Any:
    """The model."""
    from qgis.core import (
        QgsProcessingModelAlgorithm,
        QgsProcessingParameterExtent,
        QgsProcessingParameterString,
    )
    from qgis.PyQt.QtCore import QPointF

    text = QgsProcessingParameterString
    model = QgsProcessingModelAlgorithm("Event, step by step", "Detect", "Detect")
    name = text("model", "Model", "auto")
    wrapper = "landslip.algorithms.model_widget.ModelWidgetWrapper"
    name.setMetadata({"widget_wrapper": {"class": wrapper}})
    inputs = (
        QgsProcessingParameterExtent("place", "Extent"),
        text("date", "Date of the event, such as 2018-09-06"),
        text("name", "Name of the event"),
        text("catalogue", "Another catalogue", optional=True),
        text("dem", "DEM", "glo30", optional=True),
        name,
    )
    for row, parameter in enumerate(inputs):
        model.addModelParameter(parameter, component(parameter.name(), QPointF(120, 80 * row)))
    model.setParameterOrder([parameter.name() for parameter in inputs])
    stack = ("fetch", "OUTPUT")
    steps = (
        child(
            "find",
            "findscenes",
            QPointF(420, 0),
            EXTENT="place",
            EVENT_DATE="date",
            ADDRESS="catalogue",
        ),
        child(
            "fetch",
            "fetchscene",
            QPointF(420, 140),
            {"WHICH": "pair", "OUT": ["cloud", "shadow"], "ALIGN": True},
            INPUT=("find", "OUTPUT"),
            EXTENT="place",
            DEM="dem",
            MODEL="model",
        ),
        child(
            "detect",
            "detectlandslides",
            QPointF(660, 140),
            INPUT=stack,
            PRE_EVENT=stack,
            MODEL="model",
            EVENT_DATE="date",
        ),
        child(
            "evidence",
            "changeevidence",
            QPointF(900, 140),
            INPUT=("detect", "INVENTORY"),
            IMAGE=stack,
            PRE_IMAGE=stack,
        ),
        child(
            "sheet",
            "reviewsheet",
            QPointF(900, 280),
            {"ORDER": "largest"},
            INPUT=("evidence", "OUTPUT"),
            IMAGE=stack,
            PRE_IMAGE=stack,
        ),
        child(
            "reports",
            "eventreports",
            QPointF(900, 420),
            INPUT=("evidence", "OUTPUT"),
            EVENT_NAME="name",
            PROBABILITY=("detect", "PROBABILITY"),
            IMAGE=stack,
            PRE_IMAGE=stack,
        ),
    )
    kept = {
        "find": {"Scenes": "OUTPUT"},
        "fetch": {"Stack of both images": "OUTPUT"},
        "detect": {"Landslide probability": "PROBABILITY"},
        "evidence": {"Landslides with evidence": "OUTPUT"},
        "sheet": {"Review sheet": "OUTPUT"},
        "reports": {"Folder of the reports": "OUTPUT_FOLDER"},
    }
    for step in steps:
        step.setModelOutputs(outputs(step, kept[step.childId()]))
        model.addChildAlgorithm(step)
    model.setHelpContent(HELP)
    return model


if __name__ == "__main__":
    write(made, TARGET)
