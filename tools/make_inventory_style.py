"""Make ``resources/inventory.qml``: colours by review status, a form with value lists, map tips.

QGIS itself writes the file, from the table of fields, so that the form knows every field. Run it
with the project's Python after a change of `landslip.engine.inventory.FIELDS`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from landslip.engine.inventory.compared import COMPARED, COMPARED_FIELDS
from landslip.engine.inventory.confidence import ranges
from landslip.engine.inventory.fields import DEM, FIELDS, OUTLINE, PERSON, PROBABILITY, RUN, Field
from landslip.engine.inventory.history import HISTORY_FIELDS, UPDATE

TARGET = Path(__file__).resolve().parent.parent / "resources" / "inventory.qml"

#: Tabs of the form, by where fields come from.
TABS = {
    PERSON: "Review",
    OUTLINE: "Size and place",
    PROBABILITY: "Probability",
    DEM: "Terrain",
    COMPARED: "Before and after",
    UPDATE: "History",
    RUN: "Where it comes from",
}
#: What QGIS writes for an empty entry of a value list.
NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"

UNREVIEWED = "coalesce(\"review_status\", 'unreviewed') = 'unreviewed'"
#: Colours of what is still to be looked at, from possible to confident.
COLOURS = ("#ffe066", "#ff9f1c", "#f03b20", "#d6007a")


def _unreviewed() -> Iterator[tuple[str, str, str, str]]:
    """Label, filter, colour and line style of the rules of `conf_hint`'s words."""
    for (word, low, high), colour in zip(ranges(), COLOURS, strict=True):
        limits = [f'"prob_mean" >= {low}'] if low else []
        limits += [f'"prob_mean" < {high}'] if high else []
        told = f"below {high}" if not low else f"{low} to {high}" if high else f"{low} and more"
        condition = " AND ".join((UNREVIEWED, *limits))
        yield f"unreviewed, {word} ({told})", condition, colour, "solid"


_CASING = "casing"
#: As `landslip.engine.inventory.confidence.is_disputed`.
DISPUTED = '"prob_mean" - "prob_std" < "threshold"'
#: Label, filter, colour and line style of each rule.
RULES = (
    # Drawn first: what is wide and white stays to be seen on both sides of the coloured line.
    ("unreviewed, disputed by the runs", f"{UNREVIEWED} AND {DISPUTED}", "#ffffff", _CASING),
    *_unreviewed(),
    ("accepted", "\"review_status\" = 'accepted'", "#00d5ff", "solid"),
    ("edited", "\"review_status\" = 'edited'", "#b18cff", "solid"),
    ("rejected", "\"review_status\" = 'rejected'", "#bbbbbb", "dot"),
    ("unknown", "ELSE", "#ffffff", "solid"),
)

#: Opacity of the fill, of 255: the image below stays visible.
_FILL = 30

MAP_TIP = """<b>[% "id" %]</b> [% "review_status" %]<br>
[% eval('landslip_chip()') %]
[% format_number("area_m2", 0) %] m²[% coalesce(', mean probability ' || round("prob_mean", 2), '')
%][% coalesce(' ± ' || round("prob_std", 2), '') %][% coalesce(' (' || "conf_hint" || ')', '')
%][% coalesce(', slope ' || round("slope_mean") || '°', '') %]
[% coalesce('<br>' || attribute($currentfeature, 'evidence'), '') %]
[% coalesce('<br>' || attribute($currentfeature, 'survey') || ': ' ||
attribute($currentfeature, 'change'), '') %]"""

UNITS = {"m2": "m²", "degrees": "°", "0..1": "", "0/1": "", "pixels": ""}
#: Names in the form, where the field's meaning is too long for a label.
ALIASES = {
    "id": "Name",
    "area_m2": "Area",
    "perimeter_m": "Perimeter",
    "length_m": "Length down the slope",
    "width_m": "Width across the slope",
    "elongation": "Elongation",
    "compactness": "Compactness",
    "pixel_count": "Pixels",
    "prob_mean": "Mean probability",
    "prob_max": "Highest probability",
    "prob_p10": "Lowest tenth of the probability",
    "prob_std": "Spread of the probability",
    "touches_edge": "Cut off at an edge",
    "neighb_m": "Distance to the next one",
    "lon": "Longitude",
    "lat": "Latitude",
    "z_max": "Elevation of the crown",
    "z_min": "Elevation of the toe",
    "height_m": "Height H",
    "travel_m": "Distance L",
    "reach_deg": "Reach angle",
    "crown_lon": "Longitude of the crown",
    "crown_lat": "Latitude of the crown",
    "toe_lon": "Longitude of the toe",
    "toe_lat": "Latitude of the toe",
    "slope_mean": "Mean slope",
    "slope_max": "Steepest slope",
    "aspect_deg": "Aspect",
    "curvature": "Mean curvature",
    "model": "Model",
    "model_version": "Model version",
    "model_sha": "Model checksum",
    "threshold": "Threshold",
    "source": "Stack",
    "product_id": "Satellite product",
    "pre_date": "Image before",
    "image_date": "Image",
    "run_date": "Date of detection",
    "landslip": "Version of Landslip",
    "method": "Method",
    "review_status": "Review status",
    "ls_type": "Type of movement",
    "material": "Material",
    "activity": "Activity",
    "trigger": "Trigger",
    "confidence": "Confidence",
    "conf_hint": "Confidence that the probability suggests",
    "event_date": "Date of the landslide",
    "reviewer": "Reviewer",
    "reviewed_at": "Time of the review (UTC)",
    "evidence": "Evidence of change",
    "new_score": "Change against its ring, in usual changes",
    "new_share": "New share of its contrast",
    "seen_share": "Share that both images show",
    "dndvi": "Change of NDVI",
    "dndvi_ring": "Change of NDVI around",
    "dbsi": "Change of the bare soil index",
    "dbsi_ring": "Change of the bare soil index around",
    "drg": "Change of red over green",
    "drg_ring": "Change of red over green around",
    "date_min": "Last image without it",
    "date_max": "First image with it",
    "date_conf": "How sure the dates are",
    "date_note": "What the images show",
    "change": "Change",
    "survey": "Last survey",
    "survey_by": "Model, threshold and image of the last survey",
    "first_seen": "First seen",
    "last_seen": "Last seen",
    "seen_id": "Ids in the last detection",
    "seen_m2": "Area in the last detection",
    "history": "History",
}


def main() -> None:
    """Write the style."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_HASH_SEED"] = "0"  # the same order of attributes in every run
    from qgis.core import QgsApplication, QgsMapLayer, QgsVectorLayer

    application = QgsApplication([], True)
    application.initQgis()
    from landslip.algorithms.inventory_layer import inventory_fields
    from landslip.algorithms.table_layer import qgis_types

    layer = QgsVectorLayer("Polygon?crs=EPSG:4326", "inventory", "memory")
    layer.dataProvider().addAttributes([*inventory_fields(), *_more(qgis_types())])
    layer.updateFields()
    layer.setRenderer(_renderer())
    for field in (*FIELDS, *COMPARED_FIELDS, *HISTORY_FIELDS):
        _set_up(layer, field)
    _add_tabs(layer)
    layer.setMapTipTemplate(MAP_TIP)
    layer.setDisplayExpression('"id"')
    kinds = QgsMapLayer
    categories = kinds.Symbology | kinds.Fields | kinds.Forms | kinds.MapTips | kinds.Rendering
    message, done = layer.saveNamedStyle(str(TARGET), QgsMapLayer.StyleCategories(categories))
    if not done:
        sys.exit(message)
    print(message)


def _more(types: dict[type, Any]) -> list[Any]:
    from qgis.core import QgsField

    return [
        QgsField(field.name, types[field.kind]) for field in (*COMPARED_FIELDS, *HISTORY_FIELDS)
    ]


def _renderer() -> Any:
    from qgis.core import QgsFillSymbol, QgsRuleBasedRenderer

    root = QgsRuleBasedRenderer.Rule(None)
    root.setRuleKey("inventory")
    for label, condition, colour, line in RULES:
        symbol = QgsFillSymbol.createSimple(
            {
                "color": ",".join(str(part) for part in (*bytes.fromhex(colour[1:]), _FILL)),
                "outline_color": colour,
                "outline_style": "solid" if line == _CASING else line,
                "outline_width": "1.1" if line == _CASING else "0.4",
                "style": "solid" if line == "solid" else "no",
            }
        )
        rule = QgsRuleBasedRenderer.Rule(symbol, label=label)
        rule.setFilterExpression(condition)
        rule.setRuleKey(label)  # not a new random one each time
        root.appendChild(rule)
    return QgsRuleBasedRenderer(root)


def _set_up(layer: Any, field: Field) -> None:
    from qgis.core import QgsEditorWidgetSetup

    index = layer.fields().indexOf(field.name)
    unit = UNITS.get(field.unit, field.unit)
    name = ALIASES.get(field.name, field.meaning)
    layer.setFieldAlias(index, f"{name} ({unit})" if unit else name)
    if field.choices:
        entries = [{"": NULL}, *({choice: choice} for choice in field.choices)]
        layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("ValueMap", {"map": entries}))
    elif field.name in ("notes", "history"):
        layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("TextEdit", {"IsMultiline": True}))
    elif field.kind is str:
        layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("TextEdit", {}))


def _add_tabs(layer: Any) -> None:
    from qgis.core import QgsAttributeEditorContainer, QgsAttributeEditorField, QgsEditFormConfig

    config = layer.editFormConfig()
    config.clearTabs()
    config.setLayout(QgsEditFormConfig.TabLayout)
    for source, title in TABS.items():
        tab = QgsAttributeEditorContainer(title, config.invisibleRootContainer())
        tab.setIsGroupBox(False)
        for field in (*FIELDS, *COMPARED_FIELDS, *HISTORY_FIELDS):
            if field.source != source:
                continue
            index = layer.fields().indexOf(field.name)
            tab.addChildElement(QgsAttributeEditorField(field.name, index, tab))
            # What was measured is not typed over.
            config.setReadOnly(index, source != PERSON)
        config.addTab(tab)
    layer.setEditFormConfig(config)


if __name__ == "__main__":
    main()
