"""Adapt a model to my area, as the Toolbox and the command line run it."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")
pytest.importorskip("onnx")

from qgis.core import QgsProcessingException

from landslip.cli.__main__ import main
from landslip.engine.adaptation.graph import Graph, Layer
from landslip.engine.models.card import card_from_metadata
from landslip.engine.models.card_file import with_card
from landslip.engine.models.runtime import Model
from landslip.engine.models.zoo import model_path
from landslip.sample.scene import SceneRequest, make_scene, write_scene
from landslip.tests.qgis.support import layer_features
from landslip.tests.support import write_outlines

NAME = "landslip:adaptmodel"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A made scene, a shy model, and the landslides as a GeoPackage."""
    import rasterio.features
    from shapely.geometry import shape

    folder = tmp_path_factory.mktemp("adapt")
    scene = make_scene(SceneRequest(size=256, seed=3, landslide_share=0.08))
    paths = write_scene(scene, folder)
    graph = Graph(model_path("fast_rgb"))
    card = card_from_metadata({p.key: p.value for p in graph.model.metadata_props}, "fast_rgb")
    graph.add_layer(Layer(1.0, -4.0))
    (folder / "shy.onnx").write_bytes(with_card(graph.content(), card))
    shapes = rasterio.features.shapes(scene.truth, scene.truth > 0, 8, scene.transform)
    outlines = [shape(each).wkt for each, _ in shapes]
    labels = write_outlines(folder / "labels.gpkg", outlines, crs=scene.crs)
    return {"INPUT": str(paths["stack"]), "MODEL": str(folder / "shy.onnx"), "LABELS": str(labels)}


def outlines_of(path):
    return [feature.geometry().asWkt() for feature in layer_features(path)]


def test_an_adapted_model_detects_more(run, place, tmp_path):
    """From labels to a model, and on to a detection with it."""
    given = {**place, "OUTPUT": str(tmp_path / "mine.onnx"), "REPORT": str(tmp_path / "r.html")}
    found, feedback = run(NAME, {**given, "METHOD": "threshold"})
    assert found["WRITTEN"]
    assert found["F1_AFTER"] > found["F1_BEFORE"]
    assert 0 < found["GAIN_LOW"] <= found["GAIN_HIGH"]
    assert any("better here" in text for text in feedback.infos)
    assert (tmp_path / "r.html").stat().st_size > 10_000
    counts = []
    for model in (place["MODEL"], found["OUTPUT"]):
        detected = {"PROBABILITY": str(tmp_path / "p.tif"), "INVENTORY": "memory:"}
        detected |= {"INPUT": place["INPUT"], "MODEL": model}
        counts.append(run("landslip:detectlandslides", detected)[0]["AREA"])
    assert counts[1] > 1.2 * counts[0] > 0


def test_what_is_not_better_leaves_the_old_model(run, place, tmp_path):
    model = model_path("fast_rgb")
    few = write_outlines(tmp_path / "few.gpkg", outlines_of(place["LABELS"])[:5], crs="EPSG:32654")
    given = {**place, "MODEL": "fast_rgb", "OUTPUT": str(tmp_path / "mine.onnx")}
    given["LABELS"] = str(few)
    found, feedback = run(NAME, {**given, "METHOD": "threshold"})
    assert not found["WRITTEN"]
    assert found["OUTPUT"] == model
    assert not (tmp_path / "mine.onnx").exists()
    assert any("not better beyond its noise" in text for text in feedback.warnings)


def test_the_command_does_the_same(run, place, tmp_path, capsys):
    target = str(tmp_path / "mine.onnx")
    found, _ = run(NAME, {**place, "OUTPUT": target, "METHOD": "threshold"})
    options = [f"--{k.lower()}={v}" for k, v in place.items()]
    capsys.readouterr()
    again = str(tmp_path / "again" / "mine.onnx")
    (tmp_path / "again").mkdir()
    assert main(["adapt", *options, f"--output={again}", "--method=threshold", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    for name in ("F1_BEFORE", "F1_AFTER", "GAIN_LOW", "THRESHOLD_HIGH", "LANDSLIDES"):
        assert said[name] == pytest.approx(found[name])
    with open(target, "rb") as one, open(again, "rb") as two:
        assert one.read() == two.read()


def test_labels_that_nobody_reviewed_are_refused(run, place, tmp_path):
    outline = "POLYGON((572900 4735700,573000 4735700,573000 4735600,572900 4735700))"
    labels = write_outlines(
        tmp_path / "open.gpkg", [outline], crs="EPSG:32654", review_status=["unreviewed"]
    )
    given = {**place, "LABELS": str(labels), "OUTPUT": str(tmp_path / "mine.onnx")}
    with pytest.raises(QgsProcessingException, match="None of the 1 outlines"):
        run(NAME, given)
    assert not (tmp_path / "mine.onnx").exists()


def test_a_card_of_an_adapted_model_says_so(run, place, tmp_path):
    target = str(tmp_path / "mine.onnx")
    run(NAME, {**place, "OUTPUT": target, "METHOD": "threshold"})
    graph = Graph(target)
    card = card_from_metadata({p.key: p.value for p in graph.model.metadata_props}, "mine")
    assert card.adapted.startswith("fast_rgb 2.1.1 with a new threshold (method threshold)")
    assert Model(target, "cpu").card == card


def test_the_loop_in_the_toolbox(run, place, tmp_path):
    """The model that comes along: adapts, detects again, and suggests what nobody has reviewed."""
    first = {"PROBABILITY": str(tmp_path / "p.tif"), "INVENTORY": str(tmp_path / "i.gpkg")}
    first |= {"INPUT": place["INPUT"], "MODEL": place["MODEL"]}
    before = run("landslip:detectlandslides", first)[0]["AREA"]
    labels = [(text, "accepted") for text in outlines_of(place["LABELS"])[::2]]
    reviewed = write_outlines(
        tmp_path / "reviewed.gpkg",
        [text for text, _ in labels],
        crs="EPSG:32654",
        review_status=[said for _, said in labels],
    )
    paths = {
        "adapt:Adapted model": "a.onnx",
        "adapt:Report": "a.html",
        "detect:Landslide probability": "q.tif",
        "detect:Landslide inventory": "j.gpkg",
        "suggest:Suggestions": "s.gpkg",
    }
    given = {"stack": place["INPUT"], "model": place["MODEL"], "labels": reviewed, "outlines": 5}
    outputs = {name: str(tmp_path / file) for name, file in paths.items()}
    found, _ = run("landslip:detectadaptdetect", {**given, **outputs})
    assert {name: found[name] for name in outputs} == outputs
    card = Model(outputs["adapt:Adapted model"], "cpu").card
    assert "F1" in card.adapted
    after = layer_features(outputs["detect:Landslide inventory"])
    assert {feature["model"] for feature in after} == {card.name}
    assert sum(feature["area_m2"] for feature in after) > 1.2 * before
    suggested = [f for f in layer_features(outputs["suggest:Suggestions"]) if f["id"]]
    known = [feature.geometry() for feature in layer_features(reviewed)]
    assert len(suggested) == 5
    for feature in suggested:
        shape = feature.geometry()
        shared = sum(shape.intersection(each).area() for each in known)
        assert shared < 0.5 * shape.area()
