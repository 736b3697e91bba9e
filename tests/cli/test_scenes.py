"""`landslip detect SCENES...`: many scenes, an inventory of each and one of all."""

import json
import shutil

import numpy as np
import pytest
import rasterio

pyogrio = pytest.importorskip("pyogrio")

from landslip.cli.__main__ import STOPPED, main  # noqa: E402
from landslip.engine.detection import pipeline  # noqa: E402
from landslip.tests.support import card, reflectance, write_model, write_raster  # noqa: E402

NAMES = ["B02", "B03", "B04"]


@pytest.fixture
def folder(tmp_path, rng):
    """Two stacks of neighbouring zones, in a folder."""
    inside = tmp_path / "in"
    inside.mkdir()
    for name, zone in (("west", 32653), ("east", 32654)):
        write_raster(inside / f"{name}.tif", reflectance(rng), names=NAMES, crs=f"EPSG:{zone}")
    return inside


@pytest.fixture
def detect(tmp_path, monkeypatch, capsys):
    model = write_model(tmp_path / "model.onnx", card(bands=tuple(NAMES)), kernel=3)

    def run(*scenes, out="out", more=()):
        options = ("--output-folder", tmp_path / out, "--model", model, "--device", "cpu")
        given = [str(each) for each in ("detect", *scenes, *options, "--json", *more)]
        status = main(given)
        printed = capsys.readouterr()
        return status, json.loads(printed.out or "{}"), printed.err

    return run


@pytest.fixture
def ran(monkeypatch):
    """Batches that models of this test ran."""
    batches = []
    run = pipeline.Model.run
    monkeypatch.setattr(
        pipeline.Model, "run", lambda self, x, s: batches.append(len(x)) or run(self, x, s)
    )
    return batches


def layer(path):
    about, _, wkb, columns = pyogrio.raw.read(path)
    return about["crs"], wkb, dict(zip(about["fields"], columns, strict=True))


def test_a_folder_gives_an_inventory_of_each_scene_and_one_of_all(folder, detect, tmp_path):
    status, results, _ = detect(folder)
    assert (status, results["SCENES"], results["FAILED"]) == (0, 2, 0)
    out = tmp_path / "out"
    crs, _, together = layer(out / "all.gpkg")
    assert crs == "EPSG:4326"  # the scenes' differ
    own = {name: layer(out / f"{name}.gpkg") for name in ("west", "east")}
    assert [own[name][0] for name in ("west", "east")] == ["EPSG:32653", "EPSG:32654"]
    for name, (_, _, columns) in own.items():
        mine = together["scene"] == name
        assert mine.sum() == len(columns["id"]) > 0
        for column in ("area_m2", "lon", "model", "prob_mean"):
            assert np.array_equal(together[column][mine], columns[column]), column
    assert len(set(together["id"])) == len(together["id"]) == results["COUNT"]
    assert results["AREA"] == pytest.approx(together["area_m2"].sum())


def test_outlines_of_all_lie_where_those_of_the_scenes_do(folder, detect, tmp_path):
    shapely = pytest.importorskip("shapely")
    detect(folder)
    _, shapes, columns = layer(tmp_path / "out" / "all.gpkg")
    centres = shapely.centroid(shapely.from_wkb(shapes))
    assert np.allclose(shapely.get_x(centres), columns["lon"], atol=2e-6)
    assert np.allclose(shapely.get_y(centres), columns["lat"], atol=2e-6)


def test_finished_scenes_are_passed_over_until_something_changes(
    folder, detect, ran, tmp_path, rng
):
    detect(folder)
    once, ran[:] = len(ran), []
    first = layer(tmp_path / "out" / "all.gpkg")[2]
    status, _, said = detect(folder)
    assert (status, ran) == (0, [])
    assert "west is done already" in said
    assert np.array_equal(layer(tmp_path / "out" / "all.gpkg")[2]["id"], first["id"])
    detect(folder, more=("--threads", "1"))  # how, not what
    assert ran == []
    write_raster(folder / "west.tif", reflectance(rng), names=NAMES, crs="EPSG:32653")
    detect(folder)
    assert 0 < len(ran) < once
    ran.clear()
    detect(folder, more=("--threshold", "0.6"))
    assert len(ran) == once


def test_a_scene_that_fails_does_not_stop_the_others(folder, detect, tmp_path):
    (folder / "broken.tif").write_text("no raster")
    status, results, said = detect(folder)
    assert (status, results["SCENES"], results["FAILED"]) == (1, 2, 1)
    assert "broken failed: " in said
    assert "cannot be read as a raster" in said
    assert set(layer(tmp_path / "out" / "all.gpkg")[2]["scene"]) == {"west", "east"}


def test_all_that_fail_are_a_sentence(tmp_path, detect):
    (tmp_path / "broken.tif").write_text("no raster")
    status, results, said = detect(tmp_path / "broken.tif")
    assert (status, results) == (1, {})
    assert "The scene failed; the messages" in said


def test_names_that_meet_get_numbers(folder, detect, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(folder / "west.tif", other / "west.tif")
    shutil.copy(folder / "west.tif", other / "all.tif")
    status, results, _ = detect(folder / "west.tif", other)
    assert (status, results["SCENES"]) == (0, 3)
    made = {path.name for path in (tmp_path / "out").glob("*.gpkg")}
    assert made == {"west.gpkg", "west-2.gpkg", "all-scene.gpkg", "all.gpkg"}


def test_items_of_a_catalogue(folder, detect, tmp_path):
    features = []
    for name in ("west", "east"):
        bands = tmp_path / "bands" / name
        bands.mkdir(parents=True)
        with rasterio.open(folder / f"{name}.tif") as stack:
            for number, colour in enumerate(("blue", "green", "red"), 1):
                profile = {**stack.profile, "count": 1}
                with rasterio.open(bands / f"{colour}.tif", "w", **profile) as target:
                    target.write(stack.read(number), 1)
        assets = {c: {"href": f"bands/{name}/{c}.tif"} for c in ("red", "green", "blue")}
        features.append({"type": "Feature", "id": name, "properties": {}, "assets": assets})
    items = tmp_path / "items.json"
    items.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert detect(items, out="from_items")[0] == 0
    detect(folder, out="from_stacks")
    for name in ("west", "east"):
        with (
            rasterio.open(tmp_path / "from_items" / f"{name}.tif") as one,
            rasterio.open(tmp_path / "from_stacks" / f"{name}.tif") as other,
        ):
            assert np.array_equal(one.read(), other.read())


def test_stopping_keeps_what_is_finished(folder, detect, ran, tmp_path, monkeypatch):
    from landslip.cli import scenes

    begun = []
    share = scenes._share

    def stop_at_the_second(listeners, name, number, count):
        begun.append(name)
        own = share(listeners, name, number, count)
        return scenes.Listeners(own.progress, lambda: len(begun) > 1, own.warn)

    monkeypatch.setattr(scenes, "_share", stop_at_the_second)
    status, _, said = detect(folder)
    assert status == STOPPED
    assert "1 finished scene stays: the same command passes over it. all.gpkg is made" in said
    assert (tmp_path / "out" / "east.gpkg").exists()
    assert not (tmp_path / "out" / "all.gpkg").exists()
    monkeypatch.setattr(scenes, "_share", share)
    status, results, said = detect(folder)
    assert (status, results["SCENES"]) == (0, 2)
    assert "east is done already" in said


def test_without_a_scheduler_no_further_scene_is_tried(folder, detect, monkeypatch):
    pytest.importorskip("distributed")
    from landslip.engine.detection import cluster

    monkeypatch.setattr(cluster, "_ANSWER", 1)
    status, results, said = detect(folder, more=("--scheduler", "tcp://127.0.0.1:9"))
    assert (status, results) == (1, {})
    assert said.count("No scheduler answers") == 1
    assert "west" not in said


@pytest.mark.parametrize(
    "given",
    [
        ("a.tif",),
        ("a.tif", "--output-folder", "out", "--input", "b.tif"),
        ("a.tif", "--output-folder", "out", "--inventory", "b.gpkg"),
        ("--input", "a.tif"),
        ("--input", "a.tif", "--output-folder", "out"),
    ],
)
def test_one_scene_or_many(given, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["detect", *given])
    assert ended.value.code == 2
    assert "--output-folder" in capsys.readouterr().err


def test_a_path_that_leads_nowhere_ends_the_run_before_it_begins(folder, detect, tmp_path):
    status, _, said = detect(folder, tmp_path / "nothere")
    assert status == 1
    assert "There is no " in said
    assert "nothere; expected a stack" in said
    assert not (tmp_path / "out").exists()


def test_nothing_to_detect_in(tmp_path, detect):
    status, _, said = detect(tmp_path)
    assert status == 1
    assert "holds no scene; expected stacks" in said
