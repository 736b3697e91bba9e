import numpy as np
import pytest

from landslip.engine import scene
from landslip.engine.errors import Cancelled, RasterError
from landslip.engine.scene import sample_windows, scene_statistics
from landslip.engine.stack import open_stack
from landslip.tests.support import reflectance, write_raster

NAMES = ["B02", "B03", "B04"]


def measure(tmp_path, values):
    return scene_statistics(
        open_stack(write_raster(tmp_path / "s.tif", values, names=NAMES)), NAMES
    )


def test_statistics_are_those_of_the_valid_pixels(tmp_path, rng):
    values = reflectance(rng, height=300, width=700)
    values[:, 40:90, 100:600] = 0
    stack = open_stack(write_raster(tmp_path / "s.tif", values, names=NAMES, nodata=0))
    found = scene_statistics(stack, ("B04", "B02"))
    valid = values[[2, 0]][:, values[0] > 0].astype(float)
    low, high = np.percentile(valid, (2, 98), axis=1)
    assert found.mean == pytest.approx(valid.mean(axis=1))
    assert found.std == pytest.approx(valid.std(axis=1))
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)


def test_large_scenes_are_sampled_evenly(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(scene, "SAMPLE_PIXELS", 512 * 512)
    values = reflectance(rng, height=2048, width=2048)
    stack = open_stack(write_raster(tmp_path / "s.tif", values, names=NAMES))
    windows = list(sample_windows(stack.grid))
    assert 3 <= len(windows) <= 6
    assert len({w.row for w in windows}) == len({w.col for w in windows}) == len(windows)
    found = scene_statistics(stack, ("B04",))
    assert found.mean[0] == pytest.approx(values[2].mean(), rel=0.02)


def test_sampling_pattern_has_no_column_left_out():
    from landslip.engine.grid import Grid

    grid = Grid("", (10, 0, 0, 0, -10, 0), 10980, 10980)
    windows = list(sample_windows(grid))
    share = sum(w.height * w.width for w in windows) / 10980**2
    assert share == pytest.approx(scene.SAMPLE_PIXELS / 10980**2, rel=0.1)
    assert {w.col for w in windows} == set(range(0, 10980, 256))


@pytest.mark.parametrize("fill", [0, np.nan])
def test_nothing_valid(tmp_path, fill):
    with pytest.raises(RasterError, match="no valid pixel in bands B02, B03, B04"):
        measure(tmp_path, np.full((3, 50, 50), fill, "float32"))


def test_a_single_valid_pixel_is_enough(tmp_path):
    values = np.zeros((3, 50, 50), "uint16")
    values[:, 3, 5] = 1000
    assert measure(tmp_path, values).mean == (1000,) * 3


def test_cancel(stack_path):
    with pytest.raises(Cancelled):
        scene_statistics(open_stack(stack_path), ("B04",), lambda: True)
