import shutil
import subprocess
from contextlib import closing

import numpy as np
import pytest

from landslip.engine.common.errors import RasterError
from landslip.engine.raster.elevation import DemSource, Elevation
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.reading import bounded_cache, open_raster, read_window
from landslip.engine.raster.slope import horn_slope
from landslip.engine.raster.tiling import Window
from landslip.tests.support import UTM, write_raster


def read(dem_path, grid, window=None):
    with closing(Elevation([DemSource(dem_path)], grid)) as dem:
        terrain = dem.read(window or grid.area)
    return terrain.elevation, terrain.slope


def grid_of(path):
    import rasterio

    with rasterio.open(path) as dataset:
        return Grid.of(dataset, path)


def rough(rng, height=60, width=80):
    from scipy.ndimage import gaussian_filter

    return (gaussian_filter(rng.standard_normal((height, width)), 2) * 400 + 500).astype("float32")


@pytest.mark.skipif(not shutil.which("gdaldem"), reason="needs gdaldem (Debian: gdal-bin)")
def test_slope_equals_gdaldem(tmp_path, rng):
    import rasterio

    path = write_raster(tmp_path / "dem.tif", rough(rng))
    out = str(tmp_path / "slope.tif")
    subprocess.run([shutil.which("gdaldem"), "slope", path, out, "-compute_edges"], check=True)
    with rasterio.open(out) as dataset:
        expected = dataset.read(1)
    _, slope = read(path, grid_of(path))
    assert np.abs(slope[1:-1, 1:-1] - expected[1:-1, 1:-1]).max() < 1e-3
    assert np.median(slope) > 5


@pytest.mark.parametrize("azimuth", [0, 30, 45, 120, 200])
@pytest.mark.parametrize("degrees", [1, 20, 60])
def test_plane_has_its_slope_everywhere_also_at_the_edge(azimuth, degrees):
    y, x = np.mgrid[0:12, 0:15] * 10.0
    way = np.radians(azimuth)
    plane = (x * np.sin(way) + y * np.cos(way)) * np.tan(np.radians(degrees))
    plane[0, :] = np.nan  # no neighbour to the north: extrapolated
    slope = horn_slope(plane, 10.0, 10.0)
    assert slope.shape == (10, 13)
    assert np.allclose(slope, degrees, atol=1e-3)


def test_no_centre_no_slope(rng):
    dem = rough(rng, 10, 10)
    dem[5, 5] = np.nan
    slope = horn_slope(dem, 10.0, 10.0)
    assert np.isnan(slope[4, 4])
    assert np.isfinite(np.delete(slope.ravel(), 4 * 8 + 4)).all()


def test_dem_on_the_same_grid_is_taken_as_it_is(tmp_path, rng):
    dem = rough(rng)
    path = write_raster(tmp_path / "dem.tif", dem)
    elevation, _ = read(path, grid_of(path))
    assert np.array_equal(elevation, dem)


def test_windows_agree_with_the_whole(tmp_path, rng):
    path = write_raster(tmp_path / "dem.tif", rough(rng), pixel=30.0)
    stack = write_raster(tmp_path / "stack.tif", np.zeros((150, 190), "uint16"), pixel=10.0)
    grid = grid_of(stack)
    whole = read(path, grid)
    window = Window(37, 51, 40, 60)
    part = read(path, grid, window)
    for a, b in zip(whole, part):
        assert np.allclose(a[window.slices()], b, atol=1e-3)


def test_dem_in_degrees_gives_the_same_slope_as_in_metres(tmp_path):
    """A plane that rises 1 m on 4 m to the east, once in UTM and once in degrees at 60 N."""
    from pyproj import Transformer

    to_utm = Transformer.from_crs("EPSG:4326", UTM, always_xy=True)
    west, north = 140.9, 60.1
    lon = west + (np.arange(400) + 0.5) * 0.0005
    lat = north - (np.arange(300) + 0.5) * 0.0005
    x, _ = to_utm.transform(*np.meshgrid(lon, lat))
    path = write_raster(
        tmp_path / "dem.tif",
        ((x - x.min()) / 4).astype("float32"),
        crs="EPSG:4326",
        pixel=0.0005,
        origin=(west, north),
    )
    centre = to_utm.transform(141.0, 60.03)
    stack = write_raster(tmp_path / "stack.tif", np.zeros((100, 100), "uint16"), origin=centre)
    expected = np.degrees(np.arctan(0.25))
    assert np.allclose(read(path, grid_of(stack))[1], expected, atol=0.15)
    # The DEM's own grid: pixels in degrees, measured on the ellipsoid.
    assert np.allclose(read(path, grid_of(path))[1][5:-5, 5:-5], expected, atol=0.15)


def test_fine_dem_is_averaged_not_sampled(tmp_path, rng):
    noise = rng.normal(100, 20, (500, 500)).astype("float32")
    path = write_raster(tmp_path / "dem.tif", noise, pixel=1.0)
    stack = write_raster(tmp_path / "stack.tif", np.zeros((50, 50), "uint16"), pixel=10.0)
    elevation, _ = read(path, grid_of(stack))
    means = noise.reshape(50, 10, 50, 10).mean(axis=(1, 3))
    assert np.allclose(elevation, means, atol=1.5)


def test_dem_elsewhere_is_refused(tmp_path, rng):
    path = write_raster(tmp_path / "dem.tif", rough(rng), origin=(900000, 4700000))
    stack = write_raster(tmp_path / "stack.tif", np.zeros((50, 50), "uint16"))
    with pytest.raises(RasterError, match="does not touch the stack"):
        Elevation([DemSource(path)], grid_of(stack))


def test_dem_of_three_bands_is_refused(tmp_path, rng):
    path = write_raster(tmp_path / "dem.tif", np.zeros((3, 50, 50), "float32"))
    with pytest.raises(RasterError, match="3 bands; expected a DEM of one band"):
        Elevation([DemSource(path)], grid_of(path))


@pytest.mark.parametrize(
    ("crs", "origin", "pixel"),
    [("EPSG:4326", (141.0, 60.0), 0.0001), ("EPSG:3857", (15_696_000, 8_400_000), 10.0)],
)
def test_pixel_size_is_measured_on_the_ellipsoid(tmp_path, crs, origin, pixel):
    from pyproj import CRS, Geod, Transformer

    path = write_raster(
        tmp_path / "x.tif", np.zeros((100, 100), "uint8"), crs=crs, origin=origin, pixel=pixel
    )
    width, height = (size[0] for size in grid_of(path).pixel_size_metres())
    to_lonlat = Transformer.from_crs(crs, CRS(crs).geodetic_crs, always_xy=True)
    x, y = origin[0] + 50 * pixel, origin[1] - 50 * pixel
    lon, lat = to_lonlat.transform([x - 50 * pixel, x + 50 * pixel], [y, y])
    expected = Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])[2] / 100
    assert width == pytest.approx(expected, rel=1e-3)
    assert abs(width / height - 1) > 0.3 or crs == "EPSG:3857"
    assert width < 6.5


def test_feet_are_turned_into_metres(tmp_path):
    path = write_raster(
        tmp_path / "x.tif",
        np.zeros((10, 10), "uint8"),
        crs="EPSG:2263",  # New York, US survey feet
        origin=(980000, 200000),
        pixel=100.0,
    )
    width, height = (size[0] for size in grid_of(path).pixel_size_metres())
    assert width == pytest.approx(30.48, rel=1e-4)
    assert height == pytest.approx(30.48, rel=1e-4)


def test_the_bounded_cache_keeps_blocks(tmp_path, rng):
    """A block that was read comes from memory the next time: the file may change meanwhile."""
    path = tmp_path / "dem.tif"
    write_raster(path, rough(rng, 384, 384))
    with bounded_cache(), open_raster(str(path)) as dataset:
        first = read_window(dataset, 1, Window(0, 0, 384, 384), str(path))
        path.write_bytes(bytes(path.stat().st_size))
        again = read_window(dataset, 1, Window(10, 10, 50, 50), str(path))
    np.testing.assert_array_equal(again, first[10:60, 10:60])
