import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from landslip.engine.common.errors import Cancelled, RasterError
from landslip.engine.raster.band_scale import is_unit_reflectance
from landslip.engine.stack import scene
from landslip.engine.stack.reader import open_stack
from landslip.engine.stack.scene import (
    looks_like_unit_reflectance,
    sample_windows,
    scene_sample,
    scene_statistics,
    with_unit_reflectance,
)
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
    from landslip.engine.raster.grid import Grid

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


def sparse(path, rng, dtype="uint16"):
    """A raster of 131,072 x 300 pixels that is empty but for 300 x 300 far from its start."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=131_072,
        height=300,
        count=3,
        dtype=dtype,
        nodata=0,
        crs="EPSG:32654",
        transform=from_origin(500_000, 4_700_000, 10, 10),
        tiled=True,
        sparse_ok=True,
    ) as file:
        values = reflectance(rng, height=300, width=300)
        file.write(values, window=rasterio.windows.Window(100_100, 0, 300, 300))
        file.descriptions = NAMES
    return values


def test_data_are_found_wherever_they_are(tmp_path, rng):
    values = sparse(tmp_path / "sparse.tif", rng)
    stack = open_stack(str(tmp_path / "sparse.tif"))
    found = scene_statistics(stack, NAMES)
    assert found.mean == pytest.approx(values.mean((1, 2), dtype=float), rel=0.01)
    assert found.std == pytest.approx(values.std((1, 2), dtype=float), rel=0.02)
    windows = scene.windows_with_data(stack, NAMES)
    assert all(99_800 < window.col < 100_400 for window in windows)


def test_the_regular_sample_serves_where_it_finds_enough(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(scene, "SAMPLE_PIXELS", 40_000)
    monkeypatch.setattr(scene, "windows_with_data", lambda *_: pytest.fail("looked further"))
    values = reflectance(rng, height=600, width=600)
    stack = open_stack(write_raster(tmp_path / "s.tif", values, names=NAMES, nodata=0))
    scene_statistics(stack, NAMES)


@pytest.mark.parametrize(
    ("values", "dtype", "is_one"),
    [
        ([0.02, 0.08, 0.3, 1.1], "float32", True),
        ([-0.01, 0.02, 0.04], "float64", True),
        ([0, 1, 1, 0], "uint8", False),  # a mask
        ([200.0, 900.0, 3000.0], "float32", False),
        ([0.0, 0.001, 0.002], "float32", False),  # nothing to see
        ([0.1, 0.2, 60.0], "float32", False),
    ],
)
def test_reflectance_from_0_to_1_is_unmistakable_or_left(values, dtype, is_one):
    assert is_unit_reflectance([np.repeat(np.array(values, float), 30)], dtype) == is_one


def test_reflectance_from_0_to_1_is_read_as_what_it_is(tmp_path, rng):
    values = reflectance(rng)
    whole = open_stack(write_raster(tmp_path / "w.tif", values, names=NAMES))
    shares = (values / 1e4).astype(np.float32)
    unit = open_stack(write_raster(tmp_path / "u.tif", shares, names=NAMES))
    sample = scene_sample(unit, NAMES)
    assert looks_like_unit_reflectance(unit, NAMES, sample)
    assert not looks_like_unit_reflectance(whole, NAMES, scene_sample(whole, NAMES))
    scaled, found = with_unit_reflectance(unit, NAMES, sample)
    np.testing.assert_allclose(found, scene_sample(whole, NAMES), rtol=1e-5)
    np.testing.assert_allclose(found, scene_sample(scaled, NAMES), rtol=1e-6)
