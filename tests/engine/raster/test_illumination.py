import shutil
import subprocess
from contextlib import closing

import numpy as np
import pytest

from landslip.engine.common.errors import ParameterError
from landslip.engine.raster.elevation import DemSource, Elevation
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.illumination import (
    Sun,
    fitted_sun,
    gradient_east_north,
    grid_directions,
    illumination,
)
from landslip.tests.support import write_raster


def rough(rng, height=60, width=80):
    from scipy.ndimage import gaussian_filter

    return (gaussian_filter(rng.standard_normal((height, width)), 2) * 400 + 500).astype("float32")


@pytest.mark.skipif(not shutil.which("gdaldem"), reason="needs gdaldem (Debian: gdal-bin)")
@pytest.mark.parametrize(("azimuth", "elevation"), [(160, 42), (20, 60), (275, 20)])
def test_equals_the_hillshade_of_gdaldem(tmp_path, rng, azimuth, elevation):
    import rasterio

    path = write_raster(tmp_path / "dem.tif", rough(rng))
    out = str(tmp_path / "shade.tif")
    options = ("-az", str(azimuth), "-alt", str(elevation), "-compute_edges")
    subprocess.run([shutil.which("gdaldem"), "hillshade", path, out, *options], check=True)
    with rasterio.open(out) as dataset:
        expected = dataset.read(1).astype(float)[1:-1, 1:-1]
        grid = Grid.of(dataset, out)
    with closing(Elevation([DemSource(path)], grid)) as dem:
        relief = dem.read_relief(grid.area)
    # gdaldem knows no true north: the sun is turned by as much as the grid is.
    (col_east, col_north), _ = grid_directions(grid)
    turned = azimuth + np.degrees(np.arctan2(-col_north, col_east))
    shade = illumination(*gradient_east_north(relief, grid), Sun(turned, elevation))[1:-1, 1:-1]
    # gdaldem writes 1 + 254 cos i, and 1 where it is dark.
    assert np.abs(1 + 254 * shade.clip(0) - expected).max() < 1.5
    assert np.ptp(expected) > 100


@pytest.mark.parametrize("turn", [0, 40, 90, 217])
def test_turning_land_and_sun_together_changes_nothing(rng, turn):
    east, north = rng.normal(0, 0.5, (2, 500))
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    turned = illumination(east * c + north * s, north * c - east * s, Sun(130 + turn, 35))
    assert np.allclose(turned, illumination(east, north, Sun(130, 35)), atol=1e-6)


def test_a_slope_that_faces_the_sun_is_lit_fully_and_level_land_by_its_height():
    sun = Sun(180, 30)
    level, facing = illumination(np.zeros(2), np.array([0, np.tan(np.radians(60))]), sun)
    assert level == pytest.approx(0.5)
    assert facing == pytest.approx(1)


@pytest.mark.parametrize(("crs", "place"), [("EPSG:32654", (7e5, 5e6)), ("EPSG:4326", (143.4, 45))])
def test_grid_north_is_turned_to_true_north(crs, place):
    import rasterio

    pixel = 10 if crs == "EPSG:32654" else 1e-4
    grid = Grid(
        rasterio.crs.CRS.from_user_input(crs).to_wkt(),
        (pixel, 0, place[0], 0, -pixel, place[1]),
        50,
        50,
    )
    (col_east, col_north), (row_east, row_north) = grid_directions(grid)
    # Convergence of a UTM zone: difference of longitude to its middle times sine of latitude.
    expected = 0 if crs == "EPSG:4326" else -np.radians(2.55 * np.sin(np.radians(45.13)))
    assert np.arctan2(col_north, col_east) == pytest.approx(expected, abs=2e-3)
    assert np.hypot(col_east, col_north) == pytest.approx(1)
    assert col_east * row_north - col_north * row_east == pytest.approx(-1, abs=1e-3)


@pytest.mark.parametrize(("azimuth", "elevation"), [(160, 42), (30, 65), (290, 25)])
def test_the_sun_is_found_again_though_a_tenth_are_landslides(rng, azimuth, elevation):
    east, north = rng.normal(0, 0.4, (2, 20_000))
    brightness = 300 + 500 * illumination(east, north, Sun(azimuth, elevation))
    brightness += rng.normal(0, 30, brightness.shape)
    brightness[:2000] += 800
    found = fitted_sun(brightness, east, north)
    assert found.sun.azimuth == pytest.approx(azimuth, abs=1.5)
    assert found.sun.elevation == pytest.approx(elevation, abs=3)
    assert found.usable
    assert found.correlation > 0.8
    assert found.pixels > 15_000


@pytest.mark.parametrize("slope", [0, 0.4])
def test_land_without_shading_gives_no_sun(rng, slope):
    east, north = rng.normal(0, 1, (2, 5000)) * slope
    assert not fitted_sun(rng.normal(800, 50, 5000), east, north).usable


def test_too_few_pixels_give_no_sun():
    assert not fitted_sun(np.ones(3), np.full(3, np.nan), np.ones(3)).usable


def test_a_sun_below_the_horizon_is_refused():
    with pytest.raises(ParameterError, match="elevation"):
        Sun(160, -3)
