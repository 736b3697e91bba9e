"""Which shipped model a stack gets."""

import numpy as np
import pytest

from landslip.engine import zoo
from landslip.engine.errors import ModelError
from landslip.engine.runtime import Model
from landslip.engine.stack import open_stack
from landslip.tests.support import reflectance, write_raster


@pytest.fixture
def stacks(tmp_path, rng):
    """Without terrain, with a DEM beside it, with a slope band, and without visible bands."""
    image = reflectance(rng, bands=4, height=40, width=50)
    dem = write_raster(tmp_path / "dem.tif", np.ones((40, 50), np.float32))
    names = {"rgb": ["B02", "B03", "B04", "x"], "slope": ["B02", "B03", "B04", "slope"]}
    paths = {key: write_raster(tmp_path / f"{key}.tif", image, names=n) for key, n in names.items()}
    other = write_raster(tmp_path / "other.tif", image, names=["B08", "B11", "B12", "x"])
    return {
        "rgb": open_stack(paths["rgb"]),
        "dem": open_stack(paths["rgb"], dem),
        "slope": open_stack(paths["slope"]),
        "other": open_stack(other),
    }


def test_terrain_decides(stacks):
    assert zoo.best_model(stacks["rgb"]) == "resunet_rgb"
    assert zoo.best_model(stacks["dem"]) == "resunet_rgb_slope"
    assert zoo.best_model(stacks["slope"]) == "resunet_rgb_slope"
    # None fits: the run then says which bands are missing.
    assert zoo.best_model(stacks["other"]) == "resunet_rgb"
    assert zoo.best_model(None) == "resunet_rgb"


def test_what_is_not_shipped_is_not_chosen(stacks, tmp_path, monkeypatch):
    (tmp_path / "resunet_rgb.onnx").touch()
    monkeypatch.setattr(zoo, "FOLDER", tmp_path)
    assert zoo.best_model(stacks["dem"]) == "resunet_rgb"


@pytest.mark.parametrize("name", zoo.BEST)
def test_bands_are_those_of_the_card(name):
    assert Model(zoo.model_path(name), "cpu").card.bands == zoo.BEST[name]


def test_paths(stacks, tmp_path):
    assert zoo.model_path("auto", stacks["dem"]).endswith("resunet_rgb_slope.onnx")
    assert zoo.model_path("auto").endswith("resunet_rgb.onnx")
    (tmp_path / "own.onnx").touch()
    assert zoo.model_path(str(tmp_path / "own.onnx")) == str(tmp_path / "own.onnx")
    with pytest.raises(ModelError, match=r"no model .unet..*auto or one of"):
        zoo.model_path("unet")


def test_the_best_come_first():
    assert zoo.shipped_models()[: len(zoo.BEST)] == tuple(zoo.BEST)
