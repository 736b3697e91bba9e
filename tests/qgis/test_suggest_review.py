"""Suggest what to review next: a layer to review, which then is what a model learns from."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")
pytest.importorskip("pyogrio")

from landslip.cli.__main__ import main  # noqa: E402
from landslip.engine.adaptation.labels import labels_of  # noqa: E402
from landslip.engine.inventory.vector_file import read_layer  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402
from landslip.tests.support import write_outlines, write_raster  # noqa: E402

NAME = "landslip:suggestreview"


def square(x, y=4699800, width=100):
    return f"POLYGON(({x} {y},{x + width} {y},{x + width} {y + 100},{x} {y + 100},{x} {y}))"


@pytest.fixture
def inventory(tmp_path):
    return write_outlines(
        tmp_path / "i.gpkg",
        [square(500100 + 300 * i) for i in range(4)],
        id=["a", "b", "c", "d"],
        prob_mean=[0.55, 0.95, 0.51, 0.6],
        review_status=["unreviewed", "unreviewed", "unreviewed", "accepted"],
        ls_type=["slide", None, None, None],
        mine=[1, 2, 3, 4],
    )


@pytest.fixture
def probability(tmp_path):
    values = np.full((144, 192), 0.01, "float32")
    values[120:126, 30:36] = 0.4
    return write_raster(tmp_path / "p.tif", values, nodata=-9999)


@pytest.fixture
def suggested(run, inventory, probability, tmp_path):
    target = str(tmp_path / "s.gpkg")
    given = {"INPUT": inventory, "PROBABILITY": probability, "OUTLINES": 3, "PLACES": 4}
    found, feedback = run(NAME, {**given, "OUTPUT": target})
    assert found["COUNT"] == 7
    assert "3 outlines and 4 places to look at." in feedback.infos
    return target


def test_rows_are_in_their_rank_and_wait_for_a_review(suggested):
    features = layer_features(suggested)
    assert [f["rank"] for f in features] == list(range(1, 8))
    assert {f["review_status"] for f in features} == {"unreviewed"}
    outlines = {f["id"]: f for f in features if f["kind"] == "outline"}
    assert set(outlines) == {"a", "b", "c"}
    assert outlines["c"]["rank"] < outlines["a"]["rank"] < outlines["b"]["rank"]
    assert (outlines["a"]["mine"], outlines["a"]["ls_type"]) == (1, "slide")
    places = [f for f in features if f["kind"] == "place"]
    assert "nearly found" in {f["why"] for f in places}
    assert {f["mine"] for f in places} == {qgis_core.NULL}
    for kind in ("outline", "place"):
        gains = [f["gain"] for f in features if f["kind"] == kind]
        assert gains == sorted(gains, reverse=True)
    assert {f["kind"] for f in features[:2]} == {"outline", "place"}


def test_the_command_gives_the_same(suggested, inventory, probability, tmp_path):
    target = str(tmp_path / "t.gpkg")
    given = [f"--input={inventory}", f"--probability={probability}", "--outlines=3", "--places=4"]
    assert main(["suggest-review", *given, f"--output={target}"]) == 0
    ours, theirs = read_layer(target).table, read_layer(suggested).table
    assert list(ours.columns) == [name for name in theirs.columns if name != "fid"]
    for one, other in zip(ours.records, theirs.records):
        assert one.values == {name: other.values[name] for name in one.values}


def test_the_reviewed_layer_is_what_a_model_learns_from(suggested):
    """Accepted squares are no landslides, what is drawn in one is, rejected ones are ground."""
    layer = qgis_core.QgsVectorLayer(suggested, "s", "ogr")
    verdicts = {("outline", "a"): "accepted", ("outline", "b"): "rejected"}
    place = layer.fields().indexOf("review_status")
    changes, squares = {}, iter(["accepted", "rejected"])
    for feature in layer.getFeatures():
        if feature["kind"] == "place":
            said = next(squares, "unreviewed")
        else:
            said = verdicts.get((feature["kind"], feature["id"]), "unreviewed")
        changes[feature.id()] = {place: said}
    assert layer.dataProvider().changeAttributeValues(changes)
    drawn = qgis_core.QgsFeature(layer.fields())
    drawn["review_status"] = "accepted"
    drawn.setGeometry(qgis_core.QgsGeometry.fromWkt(square(501500)))
    assert layer.dataProvider().addFeatures([drawn])[0]
    labels = labels_of(read_layer(suggested).table, None, None)
    assert len(labels.landslides.wkb) == 2
    assert len(labels.others.wkb) == 2
    assert len(labels.open.wkb) == 4


def test_the_panel_goes_by_rank(suggested, plugin):
    from landslip.review.queue import Order, ordered
    from landslip.review.review_layer import ReviewLayer

    layer = ReviewLayer(qgis_core.QgsVectorLayer(suggested, "s", "ogr"))
    assert layer.missing_fields() == []
    layer.check_ready()
    rows = ordered(layer.read_columns(), Order.SUGGESTED, True)
    assert rows.tolist() == list(range(7))


def test_the_map_moves_to_what_was_suggested(run_and_load, inventory, probability, monkeypatch):
    from qgis import utils
    from qgis.gui import QgsMapCanvas

    canvas = QgsMapCanvas()
    canvas.resize(300, 300)
    monkeypatch.setattr(utils, "iface", SimpleNamespace(mapCanvas=lambda: canvas))
    given = {"INPUT": inventory, "PROBABILITY": probability}
    project = run_and_load(NAME, {**given, "OUTPUT": "TEMPORARY_OUTPUT"})
    (layer,) = project.mapLayers().values()
    assert layer.renderer().type() == "categorizedSymbol"
    assert layer.labeling().settings().fieldName == "rank"
    assert canvas.extent().contains(layer.extent())
    assert canvas.extent().width() < 3 * layer.extent().width()


def test_a_second_round_passes_over_the_first(run, suggested, inventory, probability, tmp_path):
    layer = qgis_core.QgsVectorLayer(suggested, "s", "ogr")
    place = layer.fields().indexOf("review_status")
    said = {f.id(): {place: "rejected"} for f in layer.getFeatures() if f["id"] in ("a", "b")}
    assert layer.dataProvider().changeAttributeValues(said)
    target = str(tmp_path / "second.gpkg")
    given = {"INPUT": inventory, "PROBABILITY": probability, "PLACES": 0, "REVIEWED": suggested}
    run(NAME, {**given, "OUTPUT": target})
    assert [f["id"] for f in layer_features(target)] == ["c"]
    options = [f"--input={inventory}", f"--probability={probability}", "--places=0"]
    again = str(tmp_path / "again.gpkg")
    assert main(["suggest-review", *options, f"--reviewed={suggested}", f"--output={again}"]) == 0
    assert [r.values["id"] for r in read_layer(again).table.records] == ["c"]


def test_nothing_to_suggest_is_told(run, tmp_path):
    done = write_outlines(tmp_path / "d.gpkg", [square(500100)], review_status=["rejected"])
    with pytest.raises(qgis_core.QgsProcessingException, match="There is nothing to suggest"):
        run(NAME, {"INPUT": done, "OUTPUT": str(tmp_path / "s.gpkg")})
    assert not (tmp_path / "s.gpkg").exists()
