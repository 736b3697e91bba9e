"""The command line without QGIS gives what the algorithm gives."""

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")
pyogrio = pytest.importorskip("pyogrio")

from landslip.cli.__main__ import main  # noqa: E402
from landslip.cli.options import commands  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402


def test_commands_have_the_parameters_and_the_defaults_of_the_algorithms(registry):
    for command in commands():
        algorithm = registry.algorithmById(f"landslip:{command.algorithm}")
        parameters = algorithm.parameterDefinitions()
        assert [option.name for option in command.options] == [p.name() for p in parameters]
        for option, parameter in zip(command.options, parameters):
            if not (parameter.isDestination() or option.several):
                assert option.default == parameter.defaultValue(), option.name


def test_both_find_the_same(run, stack_path, model_path, tmp_path, rng):
    from landslip.tests.support import write_raster

    dem = (rng.random((100, 100)) * 20 + np.arange(100) * 15).astype("float32")
    dem_path = write_raster(tmp_path / "dem.tif", dem, pixel=30.0)
    outputs = {"PROBABILITY": str(tmp_path / "a.tif"), "INVENTORY": str(tmp_path / "a.gpkg")}
    given = {"INPUT": stack_path, "MODEL": model_path, "DEM": dem_path, "DEVICE": "cpu"}
    run("landslip:detectlandslides", {**given, **outputs})
    flags = [part for name, value in given.items() for part in (f"--{name.lower()}", value)]
    flags += ["--probability", str(tmp_path / "b.tif"), "--inventory", str(tmp_path / "b.gpkg")]
    assert main(["detect", "--quiet", *flags]) == 0
    rasters = []
    for name in ("a.tif", "b.tif"):
        with rasterio.open(tmp_path / name) as dataset:
            rasters.append(dataset.read(1))
    assert np.array_equal(*rasters)
    ours, theirs = (layer_features(str(tmp_path / name)) for name in ("b.gpkg", "a.gpkg"))
    assert len(ours) == len(theirs) > 5
    for one, other in zip(ours, theirs):
        assert one.geometry().equals(other.geometry())
        for field in ("area_m2", "slope_mean", "prob_mean", "aspect_deg"):
            if field in [f.name() for f in other.fields()]:
                assert one[field] == pytest.approx(other[field], nan_ok=True)
