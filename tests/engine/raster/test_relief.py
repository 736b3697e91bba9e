"""Gradient, aspect and curvature of a DEM against GDAL and against a surface known by formula."""

import shutil
import subprocess
from contextlib import closing

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from landslip.engine.raster.elevation import DemSource, Elevation
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.tiling import Window
from landslip.tests.support import write_raster


def relief_of(path, window=None):
    with rasterio.open(path) as dataset:
        grid = Grid.of(dataset, path)
    with closing(Elevation([DemSource(path)], grid)) as elevation:
        return elevation.read_relief(window or grid.area)


def test_aspect_is_that_of_gdaldem(tmp_path, rng):
    gdaldem = shutil.which("gdaldem")
    if gdaldem is None:
        pytest.skip("needs gdaldem")
    rough = ndimage.gaussian_filter(rng.standard_normal((60, 70)), 3) * 300
    path = write_raster(tmp_path / "d.tif", rough.astype("float32"))
    target = str(tmp_path / "aspect.tif")
    subprocess.run([gdaldem, "aspect", path, target, "-q"], check=True)
    with rasterio.open(target) as dataset:
        expected = dataset.read(1)[1:-1, 1:-1]
    col, row = relief_of(path).aspect_vector()
    aspect = (np.degrees(np.arctan2(col, -row)) % 360)[1:-1, 1:-1]
    difference = (aspect - expected + 180) % 360 - 180
    assert np.abs(difference).max() < 0.01
    assert np.hypot(col, row) == pytest.approx(1)


def test_gradient_and_curvature_of_a_paraboloid(tmp_path):
    rows, cols = np.mgrid[:40, :50] * 10.0
    dem = 500 + 0.2 * cols - 0.1 * rows - cols**2 / 4000 + rows**2 / 2000
    relief = relief_of(write_raster(tmp_path / "d.tif", dem.astype("float64")))
    inside = slice(1, -1), slice(1, -1)
    assert relief.gradient_col[inside] == pytest.approx((2 - cols / 200)[inside], abs=1e-3)
    assert relief.gradient_row[inside] == pytest.approx((-1 + rows / 100)[inside], abs=1e-3)
    assert relief.curvature[inside] == pytest.approx(1 / 2000 - 1 / 1000, abs=1e-5)


def test_nodata_and_windows(tmp_path, rng):
    dem = ndimage.gaussian_filter(rng.standard_normal((40, 50)), 3).astype("float32") * 100
    dem[10:12, 20:23] = np.nan
    path = write_raster(tmp_path / "d.tif", dem)
    whole, part = relief_of(path), relief_of(path, Window(7, 15, 20, 20))
    assert np.array_equal(whole.known, np.isfinite(dem))
    for name in vars(whole):
        assert np.array_equal(
            getattr(whole, name)[7:27, 15:35], getattr(part, name), equal_nan=True
        ), name
