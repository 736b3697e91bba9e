"""Make ``resources/suggestions.qml``: outlines and places in two colours, with their ranks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "resources" / "suggestions.qml"
#: Value, label and colour.
KINDS = (("outline", "outline to review", "#ff4fd8"), ("place", "place to look at", "#00d5ff"))


def main() -> None:
    """Write the file."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import (
        QgsApplication,
        QgsCategorizedSymbolRenderer,
        QgsFillSymbol,
        QgsMapLayer,
        QgsPalLayerSettings,
        QgsRendererCategory,
        QgsTextFormat,
        QgsVectorLayer,
        QgsVectorLayerSimpleLabeling,
    )
    from qgis.PyQt.QtGui import QColor

    application = QgsApplication([], False)
    application.initQgis()
    layer = QgsVectorLayer("MultiPolygon?field=rank:int&field=kind:string", "s", "memory")
    categories = [
        QgsRendererCategory(
            kind,
            QgsFillSymbol.createSimple(
                {"style": "no", "outline_color": colour, "outline_width": "0.6"}
            ),
            label,
        )
        for kind, label, colour in KINDS
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer("kind", categories))
    text = QgsTextFormat()
    text.setSize(9)
    text.setColor(QColor("#222222"))
    buffer = text.buffer()
    buffer.setEnabled(True)
    text.setBuffer(buffer)
    labels = QgsPalLayerSettings()
    labels.fieldName = "rank"
    labels.setFormat(text)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(labels))
    layer.setLabelsEnabled(True)
    parts = QgsMapLayer.Symbology | QgsMapLayer.Labeling
    message, done = layer.saveNamedStyle(str(TARGET), parts)
    if not done:
        sys.exit(message)
    print(TARGET)


if __name__ == "__main__":
    main()
