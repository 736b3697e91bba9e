"""Date landslides in the Toolbox and as a command, and the dates that are handed in."""

import json
import shutil

import pytest

qgis_core = pytest.importorskip("qgis.core")

from landslip.cli.__main__ import main  # noqa: E402
from landslip.sample.scene import SceneRequest, write_scene  # noqa: E402
from landslip.sample.series import Day, make_pair, seen  # noqa: E402
from landslip.tests.engine.ground.conftest import outlines  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402
from landslip.tests.support import write_outlines  # noqa: E402

NAME = "landslip:datelandslides"
DAYS = ("20180502", "20180611", "20180911", "20181001")


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Parameters: an inventory, two images from before and two from after."""
    from landslip.engine.common.dependencies import require

    shapely = require("shapely")
    folder = tmp_path_factory.mktemp("series")
    before, after = make_pair(SceneRequest(size=192, seed=8))
    paths = []
    for number, (day, scene) in enumerate(zip(DAYS, (before, before, after, after))):
        stack = write_scene(seen(scene, Day(seed=number)).scene, folder / day)["stack"]
        paths.append(str(shutil.copy(stack, folder / f"image_{day}.tif")))
    shapes = [shapely.to_wkt(shapely.from_wkb(r.wkb)) for r in outlines(after).records]
    inventory = write_outlines(
        folder / "i.gpkg", shapes, crs=after.crs, id=[f"L{i}" for i in range(len(shapes))]
    )
    return {"INPUT": inventory, "IMAGES": paths}


def test_dates_come_from_the_series_and_go_into_an_exchange_format(series, run, tmp_path):
    results, feedback = run(NAME, {**series, "OUTPUT": str(tmp_path / "o.gpkg")})
    features = layer_features(results["OUTPUT"])
    assert results["COUNT"] == len(features) > 5
    dated = [f for f in features if f["date_note"] == "dated"]
    assert results["DATED"] == len(dated) > 0.8 * len(features)
    assert {(f["date_min"], f["date_max"]) for f in dated} == {("2018-06-11", "2018-09-11")}
    assert any("4 images from 2018-05-02 to 2018-10-01" in text for text in feedback.infos)
    run(
        "landslip:exportinventory",
        {
            "INPUT": results["OUTPUT"],
            "PRESET": "usgs_v3",
            "NAME": "Made scene",
            "OUTPUT": str(tmp_path / "e.gpkg"),
        },
    )
    handed = layer_features(str(tmp_path / "e.gpkg"))
    days = [(f["Date_Min"], f["Date_Max"]) for f in handed]
    assert days.count(("2018-06-11", "2018-09-11")) == len(dated)


def test_the_command_says_the_same(series, run, tmp_path, capsys):
    results, _ = run(NAME, {**series, "OUTPUT": str(tmp_path / "o.gpkg")})
    images = [part for path in series["IMAGES"] for part in ("--images", path)]
    given = ["date", "--input", series["INPUT"], *images, "--output", str(tmp_path / "c.gpkg")]
    assert main([*given, "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["COUNT"], told["DATED"]) == (results["COUNT"], results["DATED"])
    fields = ("id", "date_min", "date_max", "date_conf", "date_note")
    one, other = (
        sorted([str(feature[name]) for name in fields] for feature in layer_features(path))
        for path in (results["OUTPUT"], told["OUTPUT"])
    )
    assert one == other
    assert main([*given, "--dates", "2018-05-02", "--quiet"]) == 1
    assert "1 dates were given for 4 images" in capsys.readouterr().err


def test_one_image_dates_nothing(series, run, tmp_path):
    given = {**series, "IMAGES": series["IMAGES"][:1], "OUTPUT": str(tmp_path / "o.gpkg")}
    with pytest.raises(qgis_core.QgsProcessingException, match="expected at least 2"):
        run(NAME, given)
    assert not (tmp_path / "o.gpkg").exists()
