"""A model that misses landslides learns from a few of them, and nothing is written for nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from landslip.engine.adaptation import adapt as adapting
from landslip.engine.adaptation import judge
from landslip.engine.adaptation.adapt import AdaptRequest, adapt
from landslip.engine.adaptation.graph import Graph, Layer
from landslip.engine.adaptation.ground import counted
from landslip.engine.adaptation.labels import Labels
from landslip.engine.adaptation.report import verdict_text, write_adaptation_report
from landslip.engine.assessment.metrics import confusion
from landslip.engine.common.errors import Cancelled, ModelError, ParameterError
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.models.card import card_from_metadata
from landslip.engine.models.card_file import with_card
from landslip.engine.models.one_place import work_folder_of
from landslip.engine.models.runtime import Model
from landslip.engine.models.zoo import model_path
from landslip.sample.scene import SceneRequest, make_scene, write_scene

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A made scene, a model that is shy there, and all landslides as outlines."""
    from rasterio import features

    folder = tmp_path_factory.mktemp("place")
    scene = make_scene(SceneRequest(size=384, seed=3, landslide_share=0.08))
    paths = write_scene(scene, folder)
    graph = Graph(model_path("fast_rgb"))
    card = card_from_metadata({p.key: p.value for p in graph.model.metadata_props}, "fast_rgb")
    graph.add_layer(Layer(1.0, -4.0))
    shy = folder / "shy.onnx"
    shy.write_bytes(with_card(graph.content(), dataclasses.replace(card, name="shy")))
    shapes = features.shapes(scene.truth, scene.truth > 0, 8, scene.transform)
    wkb = [polygon_wkb([np.array(r[:-1]) for r in s["coordinates"]]) for s, _ in shapes]
    return {
        "stack": str(paths["stack"]),
        "model": str(shy),
        "wkb": wkb,
        "crs": scene.crs,
        "truth": scene.truth > 0,
    }


def labels_of(place, wkb, area=None):
    crs = place["crs"]
    none = Outlines("", crs, ())
    return Labels(Outlines("labels", crs, tuple(wkb)), none, none, area)


def request_of(place, tmp_path, wkb, **changes):
    output = str(tmp_path / "mine.onnx")
    return AdaptRequest(place["stack"], place["model"], labels_of(place, wkb), output, **changes)


def test_a_shy_model_finds_more(place, tmp_path):
    request = request_of(place, tmp_path, place["wkb"][::2], method="threshold")
    found = adapt(request)
    assert found.verdict.better
    assert found.written
    assert found.threshold < 0.4
    assert found.threshold_low <= found.threshold_high < 0.5
    card = Model(request.output, "cpu").card
    assert card.name == "mine"
    assert card.threshold == 0.5
    assert card.adapted.startswith("shy 2.1.1 with a new threshold")
    # The new model says what the old one did, but for the threshold.
    old, new = found.compared.before, found.compared.after
    np.testing.assert_array_equal(new >= 0.5 + 1e-3, old >= found.threshold * 1.003)


def test_labels_of_a_corner_are_told(place, tmp_path):
    told = []
    corner = request_of(place, tmp_path, place["wkb"][:12], method="threshold")
    adapt(corner, warn=told.append)
    assert any("give some from all over" in text for text in told)
    told.clear()
    adapt(request_of(place, tmp_path, place["wkb"][::2], method="threshold"), warn=told.append)
    assert not any("give some from all over" in text for text in told)


def test_the_report_has_its_parts(place, tmp_path):
    request = request_of(place, tmp_path, place["wkb"][::2])
    report = tmp_path / "report.html"
    write_adaptation_report(adapt(request), request, "Landslip", str(report))
    text = report.read_text(encoding="utf-8")
    for part in ("Verdict", "Before and after", "Map", "Where more labels would help", "mine"):
        assert part in text
    assert str(tmp_path) not in text


def test_a_model_that_is_not_better_is_not_written(place, tmp_path):
    place = {**place, "model": model_path("fast_rgb")}
    request = request_of(place, tmp_path, place["wkb"][:4], method="threshold")
    found = adapt(request)
    assert not found.verdict.better
    assert not found.written
    assert list(tmp_path.iterdir()) == []
    forced = adapt(dataclasses.replace(request, force=True))
    assert forced.written
    assert Model(request.output, "cpu").card.adapted


def test_the_same_request_gives_the_same_file(place, tmp_path):
    first = request_of(place, tmp_path, place["wkb"][::3], force=True)
    second = dataclasses.replace(first, output=str(tmp_path / "again" / "mine.onnx"))
    (tmp_path / "again").mkdir()
    adapt(first)
    adapt(second)
    with open(first.output, "rb") as one, open(second.output, "rb") as two:
        assert one.read() == two.read()


def test_with_an_area_scores_are_those_of_its_pixels(place, tmp_path):
    area = Outlines("area", place["crs"], (_all_of(place),))
    labels = labels_of(place, place["wkb"], area)
    request = request_of(place, tmp_path, place["wkb"], method="threshold", force=True)
    found = adapt(dataclasses.replace(request, labels=labels))
    assert found.sample.complete
    part, truth = found.compared, place["truth"]  # patch beside patch, so a little different
    assert part.before.shape == truth.shape
    old = confusion(part.before >= part.threshold, truth)
    assert found.verdict.before.precision == pytest.approx(old.precision, abs=0.015)
    assert found.verdict.before.f1 == pytest.approx(old.f1, abs=0.03)
    # The borders of landslides count: it is there that a lower threshold loses precision.
    new = confusion(part.after >= 0.5, truth)
    assert found.verdict.after.recall > found.verdict.before.recall
    assert found.verdict.after.precision == pytest.approx(new.precision, abs=0.05)


def test_few_landslides_that_are_harder_than_the_rest_are_not_enough(place, tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "_LIKE_THE_REST", 2.0)  # nothing is like it
    request = request_of(place, tmp_path, place["wkb"][:12], method="threshold")
    found = adapt(request)
    assert not found.alike
    assert not found.verdict.better
    assert not found.written
    gained = dataclasses.replace(found.verdict, gain=0.1, gain_low=0.02)
    text = verdict_text(dataclasses.replace(found, verdict=gained))
    assert "may suit its 12 landslides alone" in text
    assert text.endswith("label more, all over the scene.")
    # Where nothing is gained on the labels either, that is what there is to say.
    lost = dataclasses.replace(found.verdict, gain=0.0, gain_low=-0.02)
    text = verdict_text(dataclasses.replace(found, verdict=lost))
    assert "is not better beyond its noise" in text
    forced = adapt(dataclasses.replace(request, force=True))
    assert forced.written
    assert verdict_text(forced).endswith("as FORCE asks.")
    # Many speak for themselves.
    assert adapt(request_of(place, tmp_path, place["wkb"][:20], method="threshold")).alike


def test_a_labelled_landslide_is_never_quiet_ground(place, tmp_path, monkeypatch):
    seen = []

    def spied(pixels, logits, doubtful, quiet, complete):
        seen.append(pixels.at(quiet))
        return counted(pixels, logits, doubtful, quiet, complete)

    monkeypatch.setattr(adapting, "counted", spied)
    area = Outlines("area", place["crs"], (_all_of(place),))
    request = request_of(place, tmp_path, place["wkb"], method="threshold")
    adapt(dataclasses.replace(request, labels=labels_of(place, place["wkb"], area)))
    quiet = seen[0]
    assert len(quiet) > 1000
    near = ndimage.distance_transform_edt(~place["truth"]) <= 1.5
    assert not near[quiet.rows, quiet.cols].any()


@pytest.fixture
def compared(monkeypatch):
    """What is compared: logits and weights among the landslides, and the rest's logits."""
    found = []

    def compare(*given):
        found.append(given)
        return False

    monkeypatch.setattr(adapting, "are_unlike_the_rest", compare)
    return found


def test_what_labels_say_is_none_is_no_part_of_the_rest(place, tmp_path, compared):
    corner = place["wkb"][:12]
    request = request_of(place, tmp_path, corner, method="threshold")
    adapt(request)
    assert len(compared[0][2]) > 100
    area = Outlines("area", place["crs"], (_all_of(place),))
    adapt(dataclasses.replace(request, labels=labels_of(place, corner, area)))
    assert len(compared[1][2]) == 0


def test_negatives_beyond_the_area_are_not_compared_with_the_rest(place, tmp_path, compared):
    corner = place["wkb"][:12]
    labels = labels_of(place, corner, Outlines("area", place["crs"], tuple(corner)))
    request = request_of(place, tmp_path, corner, method="threshold")
    adapt(dataclasses.replace(request, labels=labels))
    others = Outlines("quarries", place["crs"], tuple(place["wkb"][60:]))
    adapt(dataclasses.replace(request, labels=dataclasses.replace(labels, others=others)))
    alone, with_others = (weights.sum() for _, weights, _ in compared)
    assert with_others == pytest.approx(alone, rel=0.01)


def _all_of(place):
    from landslip.engine.raster.grid import Grid
    from landslip.engine.raster.reading import open_raster

    with open_raster(place["stack"]) as dataset:
        west, south, east, north = Grid.of(dataset, "x").bounds
    return polygon_wkb([np.array([[west, north], [east, north], [east, south], [west, south]])])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda r, p: dataclasses.replace(r, labels=labels_of(p, p["wkb"][:2])), "have 2 land"),
        (
            lambda r, p: dataclasses.replace(
                r, labels=labels_of({**p, "crs": "EPSG:32633"}, p["wkb"])
            ),
            "No landslide of the labels has a pixel on",
        ),
        (lambda r, p: dataclasses.replace(r, output=r.output[:-5] + ".h5"), "ends in .onnx"),
        (lambda r, p: dataclasses.replace(r, output=p["model"]), "the model to start from"),
        (lambda r, p: dataclasses.replace(r, method="magic"), "Unknown method"),
        (
            lambda r, p: dataclasses.replace(
                r,
                labels=dataclasses.replace(r.labels, event_dates=("2030-01-01",)),
                stack=_dated(r, p),
            ),
            "cannot be seen there",
        ),
    ],
)
def test_what_cannot_work_is_told(place, tmp_path, change, sentence):
    request = change(request_of(place, tmp_path, place["wkb"]), place)
    with pytest.raises(ParameterError, match=sentence):
        adapt(request)
    assert not (tmp_path / "mine.onnx").exists()


def _dated(request, place):
    import shutil

    import rasterio

    copy = request.output.replace("mine.onnx", "dated.tif")
    shutil.copy(place["stack"], copy)
    with rasterio.open(copy, "r+") as dataset:
        dataset.update_tags(ACQUISITION_DATE="2018-09-08")
    return copy


def test_labels_of_another_day_are_told(place, tmp_path):
    request = request_of(place, tmp_path, place["wkb"][::2], method="threshold")
    labels = dataclasses.replace(request.labels, dates=("2017-01-01",))
    told = []
    adapt(
        dataclasses.replace(request, labels=labels, stack=_dated(request, place)), warn=told.append
    )
    assert any("Some labels are of another date (2017-01-01)" in text for text in told)


def test_few_landslides_move_only_the_threshold(place, tmp_path):
    told = []
    found = adapt(request_of(place, tmp_path, place["wkb"][:5]), warn=told.append)
    assert not found.features
    assert any("only a threshold is fitted" in text for text in told)


def spoilt(place, tmp_path):
    """The place with a model whose last layer is full of noise."""
    rng = np.random.default_rng(0)
    graph = Graph(model_path("fast_rgb"))
    card = card_from_metadata({p.key: p.value for p in graph.model.metadata_props}, "fast_rgb")
    graph.add_layer(Layer(0.5, -2.0, ((graph.ending.maps[0], rng.normal(0, 0.6, 16)),)))
    path = tmp_path / "spoilt.onnx"
    path.write_bytes(with_card(graph.content(), card))
    return {**place, "model": str(path)}


def trainer(shift, seen):
    """Stands for a training: the shipped network with a shift; keeps what it was given."""

    def train(material, progress, cancelled):
        seen.append(material)
        progress(1.0, "")
        graph = Graph(model_path("fast_rgb"))
        graph.add_layer(Layer(1.0, shift))
        return graph.content()

    return train


def test_a_trained_network_is_judged_on_blocks_it_never_saw(place, tmp_path):
    seen = []
    request = request_of(spoilt(place, tmp_path), tmp_path, place["wkb"][::2], method="decoder")
    found = adapt(request, train=trainer(0.0, seen))
    assert found.verdict.better
    assert len(seen) == 4  # three without a part of the blocks, and one with all
    whole = seen[-1]
    assert whole.labels.shape == whole.blocks.shape == whole.patches[:, 0].shape
    for part in seen[:-1]:
        lost = (part.labels == 255) & (whole.labels != 255)
        assert lost.any()
        hidden = np.unique(whole.blocks[lost])
        assert not np.isin(whole.blocks[part.labels != 255], hidden).any()
    assert (whole.labels == 1).sum() > 50
    assert (whole.labels == 0).sum() > 50
    assert "a decoder trained (method decoder)" in Model(request.output, "cpu").card.adapted


def test_a_training_that_spoils_is_not_taken(place, tmp_path):
    """The threshold alone is still tried beside it."""
    seen, told = [], []
    request = request_of(place, tmp_path, place["wkb"][:20], method="full")
    found = adapt(request, train=trainer(-90.0, seen), warn=told.append)
    assert any("trained on fewer than 40 were worse elsewhere" in text for text in told)
    assert not found.features
    assert len(seen) == 3  # nothing is trained on all labels for nothing


def test_training_needs_a_trainer(place, tmp_path):
    with pytest.raises(ParameterError, match="needs PyTorch"):
        adapt(request_of(place, tmp_path, place["wkb"], method="full"))


def test_a_run_can_be_stopped(place, tmp_path):
    with pytest.raises(Cancelled):
        adapt(request_of(place, tmp_path, place["wkb"]), cancelled=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_an_adapted_model_is_adapted_again_and_what_another_run_needs_stays(place, tmp_path):
    request = request_of(place, tmp_path, place["wkb"][::2], method="threshold", force=True)
    kept = work_folder_of(request.output)
    kept.mkdir()
    adapt(request)
    again = dataclasses.replace(request, model=request.output, output=str(tmp_path / "again.onnx"))
    card = adapt(again).card
    assert card.version == "2.1.1+adapted"
    assert card.weaknesses.count("made for one place") == 1
    assert card.adapted.startswith("mine 2.1.1+adapted with a new threshold")
    assert kept.is_dir()


def test_the_card_counts_landslides_that_are_on_the_image(place, tmp_path):
    far = polygon_wkb([np.array([[9e5, 5e6], [9.1e5, 5e6], [9e5, 5.1e6]])])
    request = request_of(place, tmp_path, [*place["wkb"][:5], far], method="threshold")
    assert "from 5 landslides" in adapt(request).card.adapted


def test_a_report_of_nothing_new_names_nothing_new(place, tmp_path):
    request = request_of(place, tmp_path, place["wkb"][:4], method="threshold")
    request = dataclasses.replace(request, model=model_path("fast_rgb"))
    write_adaptation_report(adapt(request), request, "Landslip", str(tmp_path / "r.html"))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "No model was written" in text
    assert "What is new" not in text


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04K\x01."])
def test_a_file_that_is_no_model_is_told(place, tmp_path, content):
    other = tmp_path / "other.onnx"
    other.write_bytes(content)
    request = dataclasses.replace(request_of(place, tmp_path, place["wkb"]), model=str(other))
    with pytest.raises(ModelError, match=r"other\.onnx"):
        adapt(request)
