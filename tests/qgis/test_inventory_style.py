"""How an inventory looks: colours by review status, a form to pick from, map tips with a chip."""

import base64
import re

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from qgis.PyQt.QtGui import QImage  # noqa: E402

from landslip.engine.inventory.compared import COMPARED_FIELDS  # noqa: E402
from landslip.engine.inventory.confidence import is_disputed  # noqa: E402
from landslip.engine.inventory.fields import FIELDS, METHODS, PERSON, REVIEW_STATUS  # noqa: E402
from landslip.engine.inventory.history import HISTORY_FIELDS  # noqa: E402
from landslip.tests.support import UTM, write_raster  # noqa: E402

ALL_FIELDS = (*FIELDS, *COMPARED_FIELDS, *HISTORY_FIELDS)


@pytest.fixture
def layer(plugin):
    """An inventory of one landslide, 100 m wide, in style."""
    from landslip.algorithms.base import RESOURCES
    from landslip.algorithms.inventory_layer import inventory_fields
    from landslip.algorithms.table_layer import qgis_types

    made = qgis_core.QgsVectorLayer(f"Polygon?crs={UTM}", "inventory", "memory")
    more = (*COMPARED_FIELDS, *HISTORY_FIELDS)
    history = [qgis_core.QgsField(f.name, qgis_types()[f.kind]) for f in more]
    made.dataProvider().addAttributes([*inventory_fields(), *history])
    made.updateFields()
    feature = qgis_core.QgsFeature(made.fields())
    box = qgis_core.QgsRectangle(501000, 4698900, 501100, 4699000)
    feature.setGeometry(qgis_core.QgsGeometry.fromRect(box))
    values = {"id": "LS_1", "area_m2": 10000.0, "prob_mean": 0.734, "review_status": "unreviewed"}
    for name, value in values.items():
        feature[name] = value
    made.dataProvider().addFeature(feature)
    _, done = made.loadNamedStyle(str(RESOURCES / "inventory.qml"))
    assert done
    qgis_core.QgsProject.instance().addMapLayer(made)
    yield made
    qgis_core.QgsProject.instance().clear()


@pytest.mark.parametrize("field", ALL_FIELDS, ids=lambda field: field.name)
def test_form_knows_the_field(layer, field):
    """An alias, a list where the field has choices, and no typing over what was measured."""
    index = layer.fields().indexOf(field.name)
    assert layer.attributeAlias(index)
    assert layer.editFormConfig().readOnly(index) == (field.source != PERSON)
    setup = layer.editorWidgetSetup(index)
    if field.choices:
        assert setup.type() == "ValueMap"
        entries = [value for entry in setup.config()["map"] for value in entry.values()]
        assert tuple(entries[1:]) == field.choices  # the first is the empty one
    elif field.kind is str:
        assert setup.type() == "TextEdit"


def test_form_shows_every_field_once(layer):
    config = layer.editFormConfig()
    tabs = config.tabs()
    assert [tab.name() for tab in tabs][:2] == ["Review", "Size and place"]
    shown = [element.name() for tab in tabs for element in tab.children()]
    assert sorted(shown) == sorted(field.name for field in ALL_FIELDS)
    assert METHODS  # the list that the method is picked from


@pytest.mark.parametrize(
    ("status", "probability", "label"),
    [
        ("unreviewed", 0.45, "unreviewed, possible (below 0.5)"),
        (None, 0.5, "unreviewed, probable (0.5 to 0.7)"),
        ("unreviewed", 0.75, "unreviewed, likely (0.7 to 0.9)"),
        ("unreviewed", 0.9, "unreviewed, confident (0.9 and more)"),
        ("accepted", 0.2, "accepted"),
        ("edited", None, "edited"),
        ("rejected", 0.9, "rejected"),
        ("unreviewed", None, "unknown"),
    ],
)
def test_colours_by_status_and_probability(layer, status, probability, label):
    feature = next(layer.getFeatures())
    feature["review_status"], feature["prob_mean"] = status, probability
    assert rules_of(layer, feature) == [label]


@pytest.mark.parametrize(
    ("status", "probability", "spread", "disputed"),
    [
        ("unreviewed", 0.75, 0.3, True),
        ("unreviewed", 0.75, 0.2, False),
        ("unreviewed", 0.75, None, False),
        ("accepted", 0.75, 0.3, False),
    ],
)
def test_what_the_runs_dispute_has_a_casing(layer, status, probability, spread, disputed):
    """White beside the line of its colour, where one spread less would be below the threshold."""
    feature = next(layer.getFeatures())
    feature["review_status"], feature["prob_mean"] = status, probability
    feature["prob_std"], feature["threshold"] = spread, 0.5
    values = (np.array([v if v is not None else np.nan]) for v in (probability, spread, 0.5))
    assert bool(is_disputed(*values)[0]) == (disputed or status == "accepted")
    found = rules_of(layer, feature)
    assert ("unreviewed, disputed by the runs" in found) == disputed
    assert len(found) == 1 + disputed


def rules_of(layer, feature):
    """Labels of the rules that draw a landslide."""
    renderer = layer.renderer()
    context = qgis_core.QgsRenderContext()
    context.expressionContext().appendScope(layer.createExpressionContextScope())
    context.expressionContext().setFeature(feature)
    renderer.startRender(context, layer.fields())
    keys = renderer.legendKeysForFeature(feature, context)
    renderer.stopRender(context)
    labels = {rule.ruleKey(): rule.label() for rule in renderer.rootRule().children()}
    return [labels[key] for key in keys if key in labels]


def test_the_image_stays_visible_below(layer):
    for rule in layer.renderer().rootRule().children():
        fill = rule.symbol().symbolLayer(0)
        assert fill.fillColor().alpha() < 60
        assert fill.strokeColor().alpha() == 255
        assert fill.fillColor().hue() == fill.strokeColor().hue()


def test_all_statuses_have_a_colour(layer):
    filters = " ".join(rule.filterExpression() for rule in layer.renderer().rootRule().children())
    for status in REVIEW_STATUS:
        assert f"'{status}'" in filters


def tip(layer):
    """What the map tip of the landslide says."""
    context = qgis_core.QgsExpressionContext()
    context.appendScopes(qgis_core.QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    return qgis_core.QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


def test_map_tip_without_an_image(layer):
    text = tip(layer)
    assert "LS_1" in text
    assert "mean probability 0.73" in text
    assert "[%" not in text
    assert "img" not in text
    assert "slope" not in text  # nothing is known of it
    assert "()" not in text


def test_map_tip_says_how_sure_and_what_changed(layer):
    values = {"conf_hint": "likely", "survey": "2019-05-30", "change": "not comparable"}
    feature = next(layer.getFeatures())
    numbers = {layer.fields().indexOf(name): value for name, value in values.items()}
    layer.dataProvider().changeAttributeValues({feature.id(): numbers})
    text = tip(layer)
    assert "mean probability 0.73 (likely)" in text
    assert "2019-05-30: not comparable" in text


def test_map_tip_says_how_far_runs_differ(layer):
    place = layer.fields().indexOf("prob_std")
    feature = next(layer.getFeatures())
    layer.dataProvider().changeAttributeValues({feature.id(): {place: 0.127}})
    assert "mean probability 0.73 ± 0.13" in tip(layer)


def test_map_tip_before_an_update(layer):
    fields = [layer.fields().indexOf(field.name) for field in HISTORY_FIELDS]
    layer.dataProvider().deleteAttributes(fields)
    layer.updateFields()
    assert "[%" not in tip(layer)


def test_map_tip_without_the_plugin(layer, plugin):
    from landslip.algorithms import map_tip

    map_tip.unregister()
    text = tip(layer)
    map_tip.register()
    assert "[%" not in text
    assert "10,000" in text


@pytest.mark.parametrize("crs", [UTM, "EPSG:32655"])
def test_map_tip_shows_the_landslide(layer, tmp_path, crs):
    """Its middle is red and its surroundings are grey, also in an image of another CRS."""
    qgis_core.QgsProject.instance().setCrs(qgis_core.QgsCoordinateReferenceSystem("EPSG:3857"))
    to_image = qgis_core.QgsCoordinateTransform(
        layer.crs(), qgis_core.QgsCoordinateReferenceSystem(crs), qgis_core.QgsProject.instance()
    )
    box = to_image.transformBoundingBox(next(layer.getFeatures()).geometry().boundingBox())
    values = np.full((3, 200, 200), 90, "uint8")
    values[1:, 95:106, 95:106] = 20
    values[0, 95:106, 95:106] = 240
    origin = (box.center().x() - 1005, box.center().y() + 1005)
    path = write_raster(tmp_path / "image.tif", values, crs=crs, origin=origin)
    image = qgis_core.QgsRasterLayer(path, "image")
    qgis_core.QgsProject.instance().addMapLayer(image)
    (encoded,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', tip(layer))
    picture = QImage.fromData(base64.b64decode(encoded))
    assert (picture.width(), picture.height()) == (200, 200)
    middle, corner = picture.pixelColor(100, 100), picture.pixelColor(10, 10)
    assert middle.red() > middle.blue() + 80
    assert abs(corner.red() - corner.blue()) < 20
    line = [picture.pixelColor(100, row) for row in range(200)]
    yellow = [row for row, c in enumerate(line) if c.red() > c.blue() + 80 and c.green() > 120]
    assert len(yellow) >= 2  # the outline above and below the middle
    assert min(yellow) < 100 < max(yellow)
