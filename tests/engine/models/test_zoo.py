"""Which models are shipped, and which of them a stack gets."""

import numpy as np
import pytest

from landslip.engine.common.errors import ModelError
from landslip.engine.models import zoo
from landslip.engine.models.runtime import Model
from landslip.engine.stack.reader import open_stack
from landslip.tests.support import card, reflectance, write_model, write_raster

VISIBLE = ("B02", "B03", "B04")


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Two models, the best not the first by name."""
    monkeypatch.setattr(zoo, "FOLDER", tmp_path)
    for name, bands in (("effnet_rgb", ("B04", "B03")), ("all_bands", ("B10", "slope"))):
        write_model(tmp_path / f"{name}.onnx", card(name=name, bands=bands))


@pytest.mark.parametrize(
    ("bands", "best"),
    [
        (VISIBLE, "effnet_rgb"),
        ((*VISIBLE, "slope", "dem"), "effnet_rgb_slope"),
        (("B08", "B11", "slope"), "effnet_rgb"),  # the run then says what is missing
        ((), "effnet_rgb"),
    ],
)
def test_terrain_decides(bands, best):
    assert zoo.best_model(bands) == best
    assert zoo.model_path("auto", bands).endswith(f"{best}.onnx")


def test_bands_that_a_stack_has(tmp_path, rng):
    image = reflectance(rng, bands=4, height=40, width=50)
    dem = write_raster(tmp_path / "heights.tif", np.ones((40, 50), np.float32))
    plain, slope, height = (
        write_raster(tmp_path / f"{name}.tif", image, names=[*VISIBLE, name])
        for name in ("x", "slope", "dem")
    )
    assert open_stack(plain).available_bands == {*VISIBLE}
    assert open_stack(plain, dem).available_bands == {*VISIBLE, "slope", "dem", "illumination"}
    assert open_stack(slope).available_bands == {*VISIBLE, "slope"}
    assert open_stack(height).available_bands == {*VISIBLE, "slope", "dem", "illumination"}


def test_what_is_not_shipped_is_not_chosen(shipped):
    assert zoo.best_model((*VISIBLE, "slope")) == "effnet_rgb"


@pytest.mark.parametrize("name", zoo.BEST)
def test_bands_are_those_of_the_card(name):
    assert Model(zoo.model_path(name), "cpu").card.bands == zoo.BEST[name]


@pytest.mark.parametrize(("former", "now"), zoo.SUCCESSORS.items())
def test_names_of_former_models_go_on_working(former, now):
    assert zoo.model_path(former) == zoo.model_path(now)


def test_the_best_come_first():
    assert zoo.shipped_models()[: len(zoo.BEST)] == tuple(zoo.BEST)


def test_own_files(tmp_path):
    (tmp_path / "own.onnx").touch()
    assert zoo.model_path(str(tmp_path / "own.onnx")) == str(tmp_path / "own.onnx")


def test_cards_of_the_shipped_models(shipped):
    cards = zoo.shipped_cards()
    assert [(card.name, card.bands) for card in cards] == [
        ("effnet_rgb", ("B04", "B03")),
        ("all_bands", ("B10", "slope")),
    ]


def test_unknown_model(shipped):
    with pytest.raises(ModelError, match=r"Choose auto or .*\(effnet_rgb, all_bands\)"):
        zoo.model_path("nothing")
