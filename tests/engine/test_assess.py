import numpy as np
import pytest

from landslip.engine.assess import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    TRUE_POSITIVE,
    score_detection,
    write_comparison,
)
from landslip.engine.errors import RasterError
from landslip.tests.support import write_raster


@pytest.fixture
def scene(tmp_path):
    """Four reference landslides: found, partly found, missed, not judged; and a false alarm."""
    truth = np.zeros((60, 60), "uint8")
    truth[2:12, 2:12] = truth[2:12, 20:30] = truth[20:30, 2:12] = truth[40:50, 40:50] = 1
    detected = np.zeros((60, 60), "float32")
    detected[2:12, 2:10] = 0.9  # 80 of 100 pixels
    detected[2:12, 26:36] = 0.7  # 40 of 100, and as many beside
    detected[20:28, 40:48] = 0.6  # on nothing
    detected[0, 0] = 0.9  # too small to count
    detected[40:50, 40:50] = 0.9
    truth[40:55, 35:55] = 255
    return (
        write_raster(tmp_path / "p.tif", detected, nodata=-9999),
        write_raster(tmp_path / "t.tif", truth, nodata=255),
    )


def test_landslides_and_pixels(scene):
    score = score_detection(*scene, min_area=500)
    assert (score.reference, score.found, score.partly, score.missed) == (3, 1, 1, 1)
    assert score.false == 1
    assert (score.pixels.tp, score.pixels.fp, score.pixels.fn) == (120, 60 + 64 + 1, 180)
    assert score.pixels.f1 == pytest.approx(240 / (240 + 125 + 180))


def test_comparison(scene, tmp_path):
    import rasterio

    target = str(tmp_path / "c.tif")
    write_comparison(*scene, target)
    with rasterio.open(target) as dataset:
        values = dataset.read(1)
    assert (values == TRUE_POSITIVE).sum() == 120
    assert (values == FALSE_NEGATIVE).sum() == 180
    assert (values == FALSE_POSITIVE).sum() == 125
    assert (values[40:55, 35:55] == 0).all()


def test_reference_on_another_grid(scene, tmp_path):
    other = write_raster(tmp_path / "o.tif", np.zeros((60, 60), "uint8"), pixel=20.0)
    with pytest.raises(RasterError, match="is not on the grid of the detection"):
        score_detection(scene[0], other, 0)
