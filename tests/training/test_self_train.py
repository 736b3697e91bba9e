"""A model teaches itself: what it takes for sure, what judges it, and what a stopped run leaves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landslip.engine.adaptation.labels import Labels
from landslip.engine.common.errors import Cancelled, ParameterError
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.models.one_place import work_folder_of
from landslip.engine.models.runtime import Model
from landslip.engine.raster.reading import open_raster
from landslip.tests.support import write_raster
from landslip.training import self_train as module
from landslip.training.fine_tune import FineTuneRequest, fine_tune
from landslip.training.self_train import SelfTrainRequest, pseudo_labels, self_train

from .test_fine_tune import BANDS, MEAN, STD, model, patches  # noqa: F401

SIDE = 384
CRS = "EPSG:32654"


@pytest.fixture(scope="module")
def shy(model, tmp_path_factory):  # noqa: F811
    """A model that knows dark squares from the rest."""
    images, labels = patches(count=8)
    request = FineTuneRequest(model, images, labels, MEAN, STD, "full", 60, 0.01, 4, threads=1)
    path = tmp_path_factory.mktemp("shy") / "shy.onnx"
    path.write_bytes(fine_tune(request))
    return path


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A stack with dark squares, and where they are."""
    rng = np.random.default_rng(5)
    image = rng.normal(800, 60, (3, SIDE, SIDE)).astype(np.float32)
    truth = np.zeros((SIDE, SIDE), bool)
    for row in range(20, SIDE - 30, 60):
        for col in range(20, SIDE - 30, 60):
            truth[row : row + 24, col : col + 24] = True
    image[:, truth] -= 300
    folder = tmp_path_factory.mktemp("scene")
    return write_raster(folder / "stack.tif", image, names=BANDS, nodata=0), truth


@pytest.fixture
def request_of(shy, scene, tmp_path):
    def make(**changes):
        settings = {"rounds": 2, "steps": 6, "device": "cpu", "threads": 1}
        settings["output"] = str(tmp_path / "mine.onnx")
        return SelfTrainRequest(scene[0], str(shy), **{**settings, **changes})

    return make


def labels_of(scene):
    """All squares as polygons, and the whole scene as the area in which they are complete."""
    with open_raster(scene[0]) as dataset:
        step, x, y = dataset.transform.a, dataset.transform.c, dataset.transform.f
        crs = dataset.crs.to_wkt()
    corners = np.argwhere(scene[1])
    starts = [
        (row, col)
        for row, col in corners
        if not scene[1][row - 1, col] and not scene[1][row, col - 1]
    ]

    def polygon(row, col, size):
        around = ((0, 0), (0, size), (size, size), (size, 0))
        return polygon_wkb(
            [np.array([(x + step * (col + c), y - step * (row + r)) for r, c in around])]
        )

    squares = tuple(polygon(row, col, 24) for row, col in starts)
    none = Outlines("", crs, ())
    area = Outlines("", crs, (polygon(0, 0, SIDE),))
    return Labels(Outlines("", crs, squares), none, none, area)


@pytest.mark.parametrize("selection", ["threshold", "share"])
def test_pseudo_labels_are_what_is_sure(selection):
    probability = np.array([0.05, 0.2, 0.3, 0.4, 0.6, 0.65, 0.7, 0.9], np.float32)
    valid = np.ones(8, bool)
    valid[0] = False
    request = SelfTrainRequest("", "", "", selection=selection, sure=0.7, share=0.5)
    found = pseudo_labels(probability, valid, request, threshold=0.5)
    expected = {
        "threshold": [255, 0, 0, 255, 255, 255, 1, 1],
        "share": [255, 0, 0, 255, 255, 255, 1, 1],
    }
    assert found.tolist() == expected[selection]
    every = pseudo_labels(probability, valid, replace(request, share=1.0), threshold=0.5)
    if selection == "share":
        assert every.tolist() == [255, 0, 0, 0, 1, 1, 1, 1]


def test_without_labels_it_says_that_nobody_can_know(request_of):
    said = []
    request = request_of()
    found = self_train(request, lambda share, text: said.append(text))
    assert found.written
    assert found.verdict is None
    assert "Nobody can know" in found.sentence()
    assert "F1_AFTER" not in found.numbers()
    assert [text.split(":")[0] for text in said if text.startswith("Round")] == [
        "Round 1",
        "Round 2",
    ]
    for each in found.rounds:
        assert 0.05 < each.landslide < 0.3
        assert 0.5 < each.other < 1 - each.landslide
        assert each.after == pytest.approx(each.before + each.new - each.gone)
    card = Model(request.output, "cpu").card
    assert card.adapted.startswith("tiny 0.0.1, self-trained on stack.tif in 2 rounds")
    assert "nobody knows" in card.adapted
    assert card.accuracy == ()
    assert not work_folder_of(request.output).exists()


def test_labels_judge_on_blocks_that_took_no_part(request_of, scene):
    found = self_train(request_of(labels=labels_of(scene)))
    assert found.written == (found.verdict.gain >= 0)
    assert len(found.verdict.blocks) >= 2
    assert found.numbers()["F1_AFTER"] == found.verdict.after.f1
    assert "F1" in found.card.adapted


def test_what_labels_call_worse_is_not_written(
    request_of,
    scene,
    model,  # noqa: F811
    monkeypatch,
):
    """Training that forgets everything: what comes out is the network as it was born."""
    monkeypatch.setattr(module, "fine_tune", lambda *_: model.read_bytes())
    request = request_of(labels=labels_of(scene), rounds=1)
    found = self_train(request)
    assert found.verdict.gain < -0.2
    assert not found.written
    assert "is worse" in found.sentence()
    assert "It was not written" in found.sentence()
    assert not Path(request.output).exists()
    forced = self_train(replace(request, force=True))
    assert forced.written
    assert Path(request.output).exists()


def test_a_stopped_run_goes_on_and_ends_the_same(request_of, tmp_path):
    whole = request_of(output=str(tmp_path / "whole.onnx"))
    self_train(whole)
    request = request_of(output=str(tmp_path / "halves.onnx"))
    seen = []

    def stop():
        return any(text.startswith("Round 1") for text in seen)

    with pytest.raises(Cancelled):
        self_train(request, lambda _, text: seen.append(text), stop)
    assert work_folder_of(request.output).is_dir()
    assert not (tmp_path / "halves.onnx").exists()
    again = []
    self_train(request, lambda _, text: again.append(text))
    assert "Resumed after 1 of 2 rounds" in again
    assert not any(text.startswith("Round 1") for text in again)
    one, other = (Model(str(tmp_path / f"{n}.onnx"), "cpu") for n in ("whole", "halves"))
    images = patches(seed=3)[0]
    statistics = type("S", (), {"mean": MEAN, "std": STD})
    np.testing.assert_array_equal(one.run(images, statistics), other.run(images, statistics))


def test_a_round_that_was_damaged_is_trained_anew(request_of):
    request, seen = request_of(), []
    with pytest.raises(Cancelled):
        self_train(
            request,
            lambda _, text: seen.append(text),
            lambda: any(text.startswith("Round 1") for text in seen),
        )
    (work_folder_of(request.output) / "round_1.onnx").write_bytes(b"cut off")
    again = []
    assert self_train(request, lambda _, text: again.append(text)).written
    assert any(text.startswith("Round 1") for text in again)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"selection": "all"}, "Unknown selection 'all'"),
        ({"method": "quick"}, "Unknown method 'quick'"),
        ({"sure": 0.3}, "SURE is 0.3"),
        ({"share": 0.0}, "SHARE is 0"),
        ({"rounds": 0}, "ROUNDS is 0"),
        ({"output": "mine.tif"}, "ends in .onnx"),
        ({"sure": 0.9999999}, r"sure of \d+ pixels of landslides"),
    ],
)
def test_what_makes_no_sense_is_refused(request_of, change, message):
    with pytest.raises(ParameterError, match=message):
        self_train(request_of(**change))


def test_labels_in_one_place_cannot_judge(request_of, scene):
    labels = labels_of(scene)
    first = replace(labels.landslides, wkb=labels.landslides.wkb[:1])
    with pytest.raises(ParameterError, match="too close together"):
        self_train(request_of(labels=replace(labels, landslides=first)))


def test_labels_of_another_place_are_told(request_of, scene):
    labels = labels_of(scene)
    moved = replace(labels.landslides, crs="EPSG:32633")
    with pytest.raises(ParameterError, match="No landslide of the labels has a pixel on"):
        self_train(request_of(labels=replace(labels, landslides=moved)))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
