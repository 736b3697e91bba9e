"""Make ``resources/scenes.qml``: footprints by what they serve for, with pictures as map tips.

QGIS itself writes the file. Run it with the project's Python after a change of
`landslip.engine.catalogue.find.FIELDS`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from landslip.engine.catalogue.find import FIELDS

TARGET = Path(__file__).resolve().parent.parent / "resources" / "scenes.qml"

#: Label, filter, colour, line style, width and opacity of the fill (of 255) of each rule.
RULES = (
    ("best after", '"best" = 1 AND "purpose" = \'after\'', "#e6550d", "solid", 0.7, 40),
    ("best before", '"best" = 1 AND "purpose" = \'before\'', "#2171b5", "solid", 2.0, 25),
    ("serves after", '"rank" > 0 AND "purpose" = \'after\'', "#fdae6b", "solid", 0.3, 0),
    ("serves before", '"rank" > 0 AND "purpose" = \'before\'', "#9ecae1", "solid", 0.3, 0),
    ("does not serve", "ELSE", "#969696", "dot", 0.2, 0),
)
LABEL = """CASE WHEN "best" = 1 THEN "purpose" || ': ' || format_date("date", 'yyyy-MM-dd') ||
coalesce(', cloud ' || round("cloud") || ' %', '') || '\\n' || "tile" END"""
MAP_TIP = """<b>[% format_date("date", 'yyyy-MM-dd HH:mm') %]</b> [% "id" %]<br>
[% CASE WHEN "thumbnail" LIKE 'https://%' OR "thumbnail" LIKE 'http://%'
THEN '<img width="240" src="' || replace(replace("thumbnail", '"', ''), '<', '') || '"><br>'
ELSE '' END %]
[% coalesce("note", '') %]<br>
cloud [% coalesce(round("cloud") || ' %', 'not known') %], [% round("coverage") %] % of the area
[% coalesce(', sun ' || round("sun_elevation") || '°', '') %]
[% coalesce(', baseline ' || "baseline", '') %]"""


def main() -> None:
    """Write the style."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_HASH_SEED"] = "0"  # the same order of attributes in every run
    from qgis.core import QgsApplication, QgsMapLayer, QgsVectorLayer

    application = QgsApplication([], True)
    application.initQgis()
    from landslip.algorithms.table_layer import table_fields

    layer = QgsVectorLayer("MultiPolygon?crs=EPSG:4326", "scenes", "memory")
    columns = {field.name: field.kind for field in FIELDS}
    layer.dataProvider().addAttributes(list(table_fields(columns, FIELDS)))
    layer.updateFields()
    layer.setRenderer(_renderer())
    layer.setLabeling(_labels())
    layer.setLabelsEnabled(True)
    layer.setMapTipTemplate(MAP_TIP)
    layer.setDisplayExpression('"id"')
    kinds = QgsMapLayer
    categories = kinds.Symbology | kinds.Labeling | kinds.MapTips | kinds.Rendering
    message, done = layer.saveNamedStyle(str(TARGET), QgsMapLayer.StyleCategories(categories))
    if not done:
        sys.exit(message)
    print(message)


def _renderer() -> Any:
    from qgis.core import QgsFillSymbol, QgsRuleBasedRenderer

    root = QgsRuleBasedRenderer.Rule(None)
    root.setRuleKey("scenes")
    for label, condition, colour, line, width, fill in RULES:
        symbol = QgsFillSymbol.createSimple(
            {
                "color": ",".join(str(part) for part in (*bytes.fromhex(colour[1:]), fill)),
                "outline_color": colour,
                "outline_style": line,
                "outline_width": str(width),
                "style": "solid" if fill else "no",
            }
        )
        rule = QgsRuleBasedRenderer.Rule(symbol, label=label)
        rule.setFilterExpression(condition)
        rule.setRuleKey(label)  # not a new random one each time
        root.appendChild(rule)
    return QgsRuleBasedRenderer(root)


def _labels() -> Any:
    from qgis.core import (
        QgsPalLayerSettings,
        QgsProperty,
        QgsTextBufferSettings,
        QgsVectorLayerSimpleLabeling,
    )

    settings = QgsPalLayerSettings()
    settings.fieldName, settings.isExpression = LABEL, True
    # The best two lie on each other as a rule: one label goes up, the other down.
    settings.placement = QgsPalLayerSettings.OverPoint
    settings.centroidInside = True
    shift = QgsProperty.fromExpression("if(\"purpose\" = 'after', '0,-8', '0,8')")
    settings.dataDefinedProperties().setProperty(QgsPalLayerSettings.OffsetXY, shift)
    text = settings.format()
    text.setSize(9)
    buffer = QgsTextBufferSettings()
    buffer.setEnabled(True)
    text.setBuffer(buffer)
    settings.setFormat(text)
    return QgsVectorLayerSimpleLabeling(settings)


if __name__ == "__main__":
    main()
