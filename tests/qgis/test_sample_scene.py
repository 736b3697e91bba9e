"""A first try without a download."""

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core")

NAME = "landslip:samplescene"


def outputs(folder, **changes):
    files = {name: str(folder / f"{name.lower()}.tif") for name in ("STACK", "DEM", "TRUTH")}
    return {"SIZE": 128, "SEED": 4, **files, **changes}


def test_a_seed_is_a_scene(run, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    results, _ = run(NAME, outputs(tmp_path / "a"))
    again, _ = run(NAME, outputs(tmp_path / "b"))
    for name in ("STACK", "DEM", "TRUTH"):
        with rasterio.open(results[name]) as one, rasterio.open(again[name]) as same:
            assert np.array_equal(one.read(), same.read())
    with rasterio.open(results["STACK"]) as stack, rasterio.open(results["TRUTH"]) as truth:
        assert stack.descriptions == ("B02", "B03", "B04", "B08")
        assert stack.shape == truth.shape == (128, 128)
        assert results["AREA"] == truth.read(1).sum() * 100 > 0


def test_its_landslides_are_found(run, tmp_path):
    made, _ = run(NAME, outputs(tmp_path, SIZE=256))
    run(
        "landslip:detectlandslides",
        {
            "INPUT": made["STACK"],
            "DEM": made["DEM"],
            "PROBABILITY": str(tmp_path / "p.tif"),
            "INVENTORY": str(tmp_path / "i.gpkg"),
        },
    )
    with rasterio.open(tmp_path / "p.tif") as found, rasterio.open(made["TRUTH"]) as known:
        detected, truth = found.read(1) >= 0.5, known.read(1) == 1
    assert (detected & truth).sum() / (detected | truth).sum() > 0.35


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SIZE": 20}, "SIZE"),
        ({"STACK": "/nowhere/at/all/stack.tif"}, "does not exist"),
    ],
)
def test_wrong_input_is_a_sentence(run, tmp_path, changes, message):
    with pytest.raises(qgis_core.QgsProcessingException, match=message):
        run(NAME, outputs(tmp_path, **changes))
    assert not list(tmp_path.glob("*.part*"))
