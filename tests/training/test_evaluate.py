import numpy as np
import pytest

from landslip.engine.card import Accuracy
from landslip.engine.errors import BandError, ParameterError
from landslip.training.evaluate import (
    Scene,
    read_accuracy,
    read_scene,
    scene_probability,
    shift_change,
    store_accuracy,
)


def red_band(windows):
    """A predictor without context: each pixel's probability is its own first band."""
    return windows[:, 0]


def window_position(windows):
    """The opposite: a predictor that sees nothing but the place in the window."""
    return np.broadcast_to(np.linspace(0, 1, windows.shape[-1]), windows[:, 0].shape)


@pytest.mark.parametrize("size", [(128, 128), (200, 150), (64, 333), (20, 30)])
@pytest.mark.parametrize("shift", [0, 1, 37, 64])
def test_blending_returns_a_pointwise_prediction(size, shift):
    image = np.random.default_rng(0).random((2, *size), np.float32)
    result = scene_probability(red_band, image, shift=shift)
    np.testing.assert_allclose(result, image[0], atol=1e-5)


def test_shift_change_tells_context_from_position():
    image = np.random.default_rng(0).random((1, 300, 260), np.float32)
    valid = np.ones((300, 260), bool)
    change = {
        predict: shift_change(
            *(scene_probability(predict, image, shift=shift) for shift in (0, 37)), valid
        )
        for predict in (red_band, window_position)
    }
    assert change[red_band] == pytest.approx(0, abs=1e-5)
    assert change[window_position] > 0.05


def test_scene_is_normalised_over_valid_pixels_only():
    rng = np.random.default_rng(0)
    image = rng.normal(800, 200, (2, 50, 60)).astype(np.float32)
    valid = rng.random((50, 60)) < 0.7
    image[:, ~valid] = -9999
    result = Scene(image, valid).normalised()
    np.testing.assert_allclose(result[:, valid].mean(1), 0, atol=1e-4)
    np.testing.assert_allclose(result[:, valid].std(1), 1, atol=1e-4)
    assert not result[:, ~valid].any()


def test_bands_are_found_by_name(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    path = tmp_path / "s.tif"
    shape = {"width": 4, "height": 3, "count": 2, "dtype": "uint16", "nodata": 0}
    with rasterio.open(path, "w", driver="GTiff", **shape) as raster:
        raster.write(np.stack([np.full((3, 4), 2), np.arange(12).reshape(3, 4)]).astype("uint16"))
        raster.descriptions = ("B02", "B04")
    scene = read_scene(path, ("B04", "B02"))
    assert scene.image[:, 0, 1].tolist() == [1, 2]
    assert scene.valid.sum() == 11
    with pytest.raises(BandError, match=r"no band B08.*B02, B04"):
        read_scene(path, ("B08",))


def test_accuracy_rows_are_kept_and_replaced(tmp_path):
    with pytest.raises(ParameterError, match="evaluate"):
        read_accuracy(tmp_path)
    store_accuracy(tmp_path, Accuracy("a", 0.1, 0.2, 0.3))
    store_accuracy(tmp_path, Accuracy("b", 0.4, 0.5, 0.6))
    store_accuracy(tmp_path, Accuracy("a", 0.7, 0.8, 0.9))
    assert read_accuracy(tmp_path) == (Accuracy("b", 0.4, 0.5, 0.6), Accuracy("a", 0.7, 0.8, 0.9))
