"""A band on another grid, compared with what the ground is at the centre of each pixel."""

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import ParameterError
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.resample import METHODS, Sampler, check_method
from landslip.engine.raster.tiling import Window
from landslip.tests.support import UTM, write_raster

WEST, NORTH = 500000.0, 4700000.0


def ground(x, y):
    return 5000 + 2 * (x - WEST) / 10 + 7 * (NORTH - y) / 10


def raster(path, pixel, count=40, origin=(WEST, NORTH), crs=UTM, change=None):
    """The ground at the centres of square pixels."""
    steps = (np.arange(count) + 0.5) * pixel
    values = ground(origin[0] + steps[None], origin[1] - steps[:, None]).astype("float32")
    if change:
        change(values)
    return write_raster(path, values, pixel=pixel, origin=origin, crs=crs)


def grid(west, north, pixel, count, crs=UTM):
    wkt = rasterio.crs.CRS.from_user_input(crs).to_wkt()
    return Grid(wkt, (pixel, 0.0, west, 0.0, -pixel, north), count, count)


def sample(path, target, method, window=None, **options):
    with rasterio.open(path) as dataset:
        sampler = Sampler(dataset, 1, target, method, **options)
        read = sampler.read(window or target.area)
        sampler.close()
        return read


def centres(target):
    x, y = target.to_map(np.arange(target.width) + 0.5, np.arange(target.height) + 0.5)
    return np.meshgrid(x, y)


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
@pytest.mark.parametrize("pixel", [10, 20, 60])
@pytest.mark.parametrize("shift", [0, 5, 3.7])
def test_ground_stays_in_place(tmp_path, method, pixel, shift):
    """Whatever the grids' phase; half a pixel would change it by 4.5."""
    path = raster(tmp_path / "r.tif", pixel)
    target = grid(WEST + 130 + shift, NORTH - 130 - shift, 10.0, 20)
    read = sample(path, target, method)
    assert read.valid.all()
    assert np.abs(read.values - ground(*centres(target))).max() < 0.01


@pytest.mark.parametrize("method", METHODS)
def test_windows_agree_with_the_whole(tmp_path, method):
    path = raster(tmp_path / "r.tif", 20)
    target = grid(WEST - 35, NORTH + 35, 10.0, 100)
    whole = sample(path, target, method)
    assert not whole.valid.all()
    for window in (Window(0, 0, 17, 23), Window(30, 41, 50, 59), Window(90, 90, 10, 10)):
        part = sample(path, target, method, window)
        assert np.array_equal(part.valid, whole.valid[window.slices()])
        both = part.valid
        assert np.array_equal(part.values[both], whole.values[window.slices()][both])


def test_nearest_takes_the_pixel_under_the_centre(tmp_path):
    path = raster(tmp_path / "r.tif", 20)
    target = grid(WEST, NORTH, 10.0, 80)
    with rasterio.open(path) as dataset:
        source = dataset.read(1)
    expected = source.repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(sample(path, target, "nearest").values, expected)


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
def test_no_data_does_not_bleed(tmp_path, method):
    """Beside a hole, values come from what is there; the hole keeps its shape."""

    def hole(values):
        values[10:14, 20:22] = -1

    path = raster(tmp_path / "r.tif", 20, change=hole)
    target = grid(WEST + 100, NORTH - 100, 10.0, 60)
    read = sample(path, target, method, nodata=-1)
    expected = np.ones((60, 60), dtype=bool)
    expected[10:18, 30:34] = False
    assert np.array_equal(read.valid, expected)
    assert np.abs(read.values - ground(*centres(target)))[expected].max() < 15


def test_finer_pixels_are_averaged(tmp_path, rng):
    noise = rng.normal(1000, 200, (200, 200)).astype("float32")
    path = write_raster(tmp_path / "r.tif", noise, pixel=2.0)
    target = grid(WEST, NORTH, 10.0, 40)
    means = noise.reshape(40, 5, 40, 5).mean(axis=(1, 3))
    assert np.allclose(sample(path, target, "bilinear").values, means, atol=0.1)


def test_saturated_pixels_are_told_with_all_that_they_touch(tmp_path):
    def bright(values):
        values[10, 10] = 65535

    path = raster(tmp_path / "r.tif", 20, change=bright)
    touched = sample(path, grid(WEST, NORTH, 10.0, 80), "bilinear", marked=65535).touched
    expected = np.zeros((80, 80), dtype=bool)
    expected[19:23, 19:23] = True
    assert np.array_equal(touched, expected)


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
def test_a_neighbouring_zone(tmp_path, method):
    """Seen from zone 55, the ground of zone 54 lies where pyproj says."""
    from pyproj import Transformer

    path = raster(tmp_path / "r.tif", 10, count=300)
    there = Transformer.from_crs(UTM, "EPSG:32655", always_xy=True)
    x, y = there.transform(WEST + 1500, NORTH - 1500)
    target = grid(x - 400, y + 400, 10.0, 80, crs="EPSG:32655")
    read = sample(path, target, method)
    assert read.valid.all()
    back = Transformer.from_crs("EPSG:32655", UTM, always_xy=True)
    assert np.abs(read.values - ground(*back.transform(*centres(target)))).max() < 1


def test_unknown_method():
    with pytest.raises(ParameterError, match="Choose one of bilinear, cubic, nearest"):
        check_method("lanczos")
