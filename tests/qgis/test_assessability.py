"""Assessable ground in the Toolbox: the raster, its style, its shares, and what is refused."""

import json

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core")

from landslip.cli.__main__ import main  # noqa: E402
from landslip.engine.ground.classes import COLOURS, NAMES, Ground  # noqa: E402
from landslip.sample.scene import SceneRequest, make_scene, write_scene  # noqa: E402
from landslip.sample.series import Day, seen  # noqa: E402
from landslip.tests.support import write_raster  # noqa: E402

NAME = "landslip:assessability"


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = seen(make_scene(SceneRequest(size=160, seed=2)), Day(cloud=0.2, seed=3))
    return write_scene(made.scene, tmp_path_factory.mktemp("scene"))


def test_shares_are_those_of_the_raster(scene, run, tmp_path):
    given = {"INPUT": str(scene["stack"]), "DEM": str(scene["dem"])}
    outputs = {"OUTPUT": str(tmp_path / "g.tif"), "REPORT": str(tmp_path / "r.html")}
    sun = {"SUN_AZIMUTH": 152, "SUN_ELEVATION": 46}
    results, feedback = run(NAME, {**given, **sun, **outputs})
    with rasterio.open(results["OUTPUT"]) as dataset:
        classes = dataset.read(1)
        assert dataset.tags()["SUN_ELEVATION"] == "46.00"
        assert dataset.colormap(1)[int(Ground.WATER)][:3] == COLOURS[Ground.WATER]
    for ground in Ground:
        if ground != Ground.NODATA:
            assert results[ground.name] == pytest.approx((classes == ground).mean())
    assert results["CLOUD"] > 0.1
    assert "Assessable ground" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert any("% assessable" in text for text in feedback.infos)


def test_the_command_does_the_same(scene, run, tmp_path, capsys):
    files = ["--input", str(scene["stack"]), "--dem", str(scene["dem"])]
    assert main(["ground", *files, "--output", str(tmp_path / "c.tif"), "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    given = {"INPUT": str(scene["stack"]), "DEM": str(scene["dem"])}
    results, _ = run(NAME, {**given, "OUTPUT": str(tmp_path / "q.tif")})
    with rasterio.open(tmp_path / "c.tif") as one, rasterio.open(tmp_path / "q.tif") as other:
        assert np.array_equal(one.read(1), other.read(1))
    assert told["ASSESSABLE"] == pytest.approx(results["ASSESSABLE"])


def test_detection_writes_it_too(scene, run, tmp_path):
    given = {"INPUT": str(scene["stack"]), "DEM": str(scene["dem"]), "MODEL": "fast_rgb"}
    outputs = {name: str(tmp_path / f"{name}.tif") for name in ("PROBABILITY", "ASSESSABILITY")}
    detected, feedback = run(
        "landslip:detectlandslides", {**given, **outputs, "INVENTORY": str(tmp_path / "i.gpkg")}
    )
    alone, _ = run(NAME, {**given, "OUTPUT": str(tmp_path / "g.tif")})
    with (
        rasterio.open(detected["ASSESSABILITY"]) as one,
        rasterio.open(alone["OUTPUT"]) as other,
    ):
        assert np.array_equal(one.read(1), other.read(1))
    assert any("% assessable" in text for text in feedback.infos)


def test_the_layer_comes_in_colours_with_names(scene, plugin):
    from landslip.algorithms.base import RESOURCES

    layer = qgis_core.QgsRasterLayer(str(scene["truth"]), "ground")
    _, done = layer.loadNamedStyle(str(RESOURCES / "assessability.qml"))
    assert done
    found = {
        each.value: (each.label, each.color.getRgb()[:3]) for each in layer.renderer().classes()
    }
    assert found == {int(g): (NAMES[g], COLOURS[g]) for g in Ground if g != Ground.NODATA}


def test_one_image_and_fine_pixels(scene, run, tmp_path):
    target = str(tmp_path / "g.tif")
    with pytest.raises(qgis_core.QgsProcessingException, match="No image was given"):
        run(NAME, {"OUTPUT": target})
    values = np.random.default_rng(0).integers(500, 1500, (3, 60, 60)).astype(np.uint16)
    coarse = write_raster(tmp_path / "c.tif", values, names=["B02", "B03", "B04"], pixel=250.0)
    with pytest.raises(qgis_core.QgsProcessingException, match="250 x 250 m on the ground"):
        run(NAME, {"INPUT": coarse, "OUTPUT": target})
    assert not (tmp_path / "g.tif").exists()
