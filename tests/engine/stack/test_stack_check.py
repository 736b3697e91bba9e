"""What is said of a stack and its DEM before a detection."""

import numpy as np
import pytest
import rasterio
from scipy.ndimage import gaussian_filter

from landslip.engine.common.errors import RasterError, ScaleError
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.slope import horn_slope
from landslip.engine.stack.check import check_pixel_size, check_stack
from landslip.engine.stack.reader import open_stack
from landslip.engine.stack.scene import scene_sample
from landslip.tests.support import reflectance, write_raster

BANDS = ("B02", "B03", "B04")
SIZE = 200


@pytest.fixture
def relief(rng):
    noise = gaussian_filter(rng.standard_normal((SIZE, SIZE)), 12, mode="nearest")
    return (800 + 30 * noise / noise.std()).astype("float32")


def optical(rng):
    return reflectance(rng, height=SIZE, width=SIZE).astype("float32")


def check(path, bands, dem=None):
    stack = open_stack(path, dem)
    return check_stack(stack, bands, scene_sample(stack, bands))


def test_a_good_stack_and_dem(tmp_path, rng, relief):
    stack = write_raster(tmp_path / "s.tif", optical(rng), names=BANDS)
    dem = write_raster(tmp_path / "dem.tif", relief)
    assert check(stack, (*BANDS, "slope", "dem"), dem) == []


def test_a_dem_that_covers_a_part(tmp_path, rng, relief):
    stack = write_raster(tmp_path / "s.tif", optical(rng), names=BANDS)
    dem = write_raster(tmp_path / "dem.tif", relief[:, : SIZE * 3 // 4])
    (found,) = check(stack, (*BANDS, "slope"), dem)
    share = float(found.split("no data on ")[1].split("%")[0])
    assert share == pytest.approx(25, abs=1)
    assert check(stack, BANDS, dem) == [], "the model does not read it"


def test_a_dem_in_feet_by_its_own_word(tmp_path, rng, relief):
    stack = write_raster(tmp_path / "s.tif", optical(rng), names=BANDS)
    dem = write_raster(tmp_path / "dem.tif", relief)
    with rasterio.open(dem, "r+") as dataset:
        dataset.set_band_unit(1, "ft")
    with pytest.raises(ScaleError, match="heights in 'ft'; expected metres"):
        check(stack, BANDS, dem)


@pytest.mark.parametrize("beside", [False, True])
def test_a_slope_band_in_percent(tmp_path, rng, relief, beside):
    """Told by the stack's own elevation, or by the DEM beside it; degrees are not complained of."""
    slope = horn_slope(np.pad(relief, 1, mode="edge"), 10.0, 10.0)
    percent = 100 * np.tan(np.radians(slope))
    dem = write_raster(tmp_path / "dem.tif", relief) if beside else None
    elevation = np.zeros_like(relief) if beside else relief
    for layer, expected in ((slope, 0), (percent, 1)):
        layers = np.stack([*optical(rng), layer, elevation])
        path = write_raster(tmp_path / "s.tif", layers, names=[*BANDS, "slope", "dem"])
        found = check(path, (*BANDS, "slope"), dem)
        assert len(found) == expected
        assert all("Band slope of" in text and "in percent" in text for text in found)


@pytest.mark.parametrize(
    ("pixel", "told"),
    [
        (10, ""),
        (12, ""),
        (20, "Expect lower accuracy."),
        (40, "Expect lower accuracy."),
        (2.5, "resample the stack to 10 m"),
    ],
)
def test_pixels_that_are_not_as_large_as_expected(pixel, told):
    grid = Grid("EPSG:32654", (pixel, 0, 5e5, 0, -pixel, 47e5), 50, 50)
    sentence = check_pixel_size(grid, 10, "s.tif", "the model m")
    assert bool(sentence) == bool(told)
    assert told in sentence
    assert ("resample" in sentence) == (pixel < 10)


def test_pixels_that_hold_whole_landslides_are_refused():
    grid = Grid("EPSG:32654", (250, 0, 5e5, 0, -250, 47e5), 50, 50)
    with pytest.raises(RasterError, match=r"s\.tif measure 250 x 250 m.*at most 40 m"):
        check_pixel_size(grid, 10, "s.tif", "the model m")
