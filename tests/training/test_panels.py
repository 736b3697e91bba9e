"""The map panels: the right colour in the right place."""

import numpy as np
import pytest

from landslip.engine.common.errors import ParameterError
from landslip.tests.support import card, reflectance, write_model, write_raster
from landslip.training.answer import Scene
from landslip.training.panels import COLOURS, _painted, draw_panels, hillshade

matplotlib = pytest.importorskip("matplotlib")


def test_each_outcome_has_its_colour():
    picture = np.full((2, 2, 3), 0.5)
    painted = _painted(picture, np.array([[0, 1], [2, 3]]))
    assert painted[0, 0] == pytest.approx([0.675] * 3)
    for value, colour in zip([(0, 1), (1, 0), (1, 1)], COLOURS.values()):
        assert tuple(painted[value]) == pytest.approx(matplotlib.colors.to_rgb(colour))
    red, green, blue = (matplotlib.colors.to_rgb(colour) for colour in COLOURS.values())
    assert np.argmax(red) == 0
    assert np.argmax(green) == 1
    assert np.argmax(blue) == 2


def test_panels_of_a_scene(tmp_path, rng):
    """Of a bright square that is labelled in part, all three outcomes are in the picture."""
    image = reflectance(rng, height=140, width=150)
    image[:, 40:90, 40:90] += 3000
    labels = np.zeros((140, 150), np.uint8)
    labels[40:90, 60:110] = 1
    labels[:, 130:] = 255
    stack = write_raster(tmp_path / "s.tif", image, names=["B02", "B03", "B04"])
    known = write_raster(tmp_path / "l.tif", labels, nodata=255)
    model = write_model(tmp_path / "m.onnx", card())
    draw_panels([tmp_path / "m.onnx"], Scene("plain", stack, known), tmp_path / "p.png", "nobody")
    assert model
    drawn = matplotlib.image.imread(tmp_path / "p.png")[..., :3]
    for colour in COLOURS.values():
        near = np.abs(drawn - matplotlib.colors.to_rgb(colour)).max(axis=2) < 0.02
        assert near.sum() > 300


def test_the_relief_is_shaded(tmp_path, rng):
    """Slopes that face the map maker's sun, in the north-west, are brighter than those behind."""
    ridge = np.tile(400 - 8.0 * np.abs(np.arange(60) - 30), (60, 1))
    stack = write_raster(tmp_path / "s.tif", reflectance(rng, height=60, width=60))
    dem = write_raster(tmp_path / "d.tif", ridge.astype("float32"))
    shade = hillshade(Scene("ridge", stack, stack, dem))
    assert shade.shape == (60, 60, 3)
    assert shade[30, 15].mean() > shade[30, 45].mean() + 0.1
    with pytest.raises(ParameterError, match="no DEM that could be shaded"):
        hillshade(Scene("ridge", stack, stack, ""))
