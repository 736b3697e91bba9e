"""Measure inventory, run as the Toolbox runs it."""

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.engine.inventory.event import PARAMETERS  # noqa: E402
from landslip.engine.inventory.fields import FIELDS  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402
from landslip.tests.support import write_raster  # noqa: E402

NAME = "landslip:measureinventory"


@pytest.fixture
def detected(run, tmp_path):
    """A detection with its probability raster and DEM."""
    values = np.zeros((50, 60), "float32")
    values[5:25, 10:16] = 0.8
    values[30:40, 20:50] = 0.6
    land = np.add.outer(900 - 4.0 * np.arange(50), np.arange(60) * 0.5).astype("float32")
    paths = {
        "INPUT": write_raster(tmp_path / "p.tif", values, nodata=-9999),
        "DEM": write_raster(tmp_path / "d.tif", land),
        "INVENTORY": str(tmp_path / "i.gpkg"),
    }
    run("landslip:vectoriseprobability", {**paths, "THRESHOLD": 0.5})
    return paths


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert names == ["INPUT", "DEM", "PROBABILITY", "OUTPUT", *PARAMETERS]
    assert {o.name() for o in algorithm.outputDefinitions()} == {"OUTPUT", "COUNT", "AREA"}


def test_measured_again_it_is_the_same(run, detected, tmp_path):
    target = str(tmp_path / "m.gpkg")
    results, _ = run(
        NAME,
        {
            "INPUT": detected["INVENTORY"],
            "DEM": detected["DEM"],
            "PROBABILITY": detected["INPUT"],
            "OUTPUT": target,
        },
    )
    before, after = layer_features(detected["INVENTORY"]), layer_features(target)
    assert results["COUNT"] == len(before) == len(after) == 2
    assert results["AREA"] == pytest.approx(sum(f["area_m2"] for f in before))
    for one, other in zip(before, after):
        for field in FIELDS:
            value = one[field.name]
            expected = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            assert other[field.name] == expected, field.name


def test_without_rasters_only_the_outline_is_measured(run, detected):
    results, _ = run(NAME, {"INPUT": detected["INVENTORY"], "OUTPUT": "memory:"})
    found = list(results["OUTPUT"].getFeatures())
    assert all(f["area_m2"] > 0 and f["compactness"] > 0 for f in found)
    assert all(f["slope_mean"] > 0 for f in found), "what was measured before stays"


def test_dem_of_another_place(run, detected, tmp_path):
    dem = write_raster(tmp_path / "e.tif", np.ones((9, 9), "float32"), origin=(0.0, 0.0))
    parameters = {
        "INPUT": detected["INVENTORY"],
        "DEM": dem,
        "PROBABILITY": detected["INPUT"],
        "OUTPUT": "memory:",
    }
    with pytest.raises(qgis_core.QgsProcessingException, match="does not touch the stack"):
        run(NAME, parameters)
