"""Which ground an image shows, against made skies, arithmetic and masks."""

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import BandError, Cancelled, ParameterError, RasterError
from landslip.engine.ground.assessability import AssessabilityRequest, assessability
from landslip.engine.ground.assessability_report import write_assessability_report
from landslip.engine.ground.classes import NAMES, Ground, of_reasons, seen
from landslip.engine.ground.image import GroundImage, ImageSource
from landslip.engine.ground.shade import Shadows
from landslip.engine.ground.sky import Level, sky_classes
from landslip.engine.products.masks import Reason
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.illumination import Sun
from landslip.engine.raster.tiling import Window, regions
from landslip.sample.series import Day
from landslip.sample.series import seen as seen_on
from landslip.tests.engine.ground.conftest import SUN
from landslip.tests.support import UTM, write_raster


def made(source, target, **more):
    result = assessability(AssessabilityRequest(source, str(target), **more))
    with rasterio.open(target) as dataset:
        return result, dataset.read(1)


def share(found, where):
    return found[where].mean()


@pytest.mark.parametrize("bands", [("B02", "B03", "B04"), ("B02", "B03", "B04", "B08")])
def test_made_clouds_and_shadows_are_found_and_slides_are_not_taken_for_them(
    pair, written, tmp_path, bands
):
    cloudy = seen_on(pair[1], Day(cloud=0.15, seed=5))
    stack, dem = written(cloudy.scene)
    if len(bands) == 3:
        with rasterio.open(stack) as dataset:
            values, transform = dataset.read([1, 2, 3]), dataset.transform
        stack = write_raster(
            tmp_path / "rgb.tif", values, names=bands, nodata=0, origin=(transform.c, transform.f)
        )
    source = ImageSource(stack, dem=dem, flat_slope=0, **SUN)
    result, classes = made(source, tmp_path / "g.tif")
    hidden = np.isin(classes, (Ground.CLOUD, Ground.HAZE))
    assert share(hidden, cloudy.cloud) > 0.97
    clear = ~cloudy.cloud & ~cloudy.haze & ~cloudy.shadow
    assert share(hidden, clear) < 0.06  # beside clouds
    dark = np.isin(classes, (Ground.CLOUD_SHADOW, Ground.DEEP_SHADE))
    assert share(dark | hidden, cloudy.shadow) > 0.6
    assert share(classes == Ground.CLOUD_SHADOW, clear) < 0.03
    slides = pair[1].truth.astype(bool) & clear
    assert share(np.isin(classes, (Ground.CLOUD, Ground.CLOUD_SHADOW)), slides) < 0.03
    assert result.share(Ground.CLOUD) == pytest.approx((classes == Ground.CLOUD).mean())
    assert sum(result.share(g) for g in Ground if g != Ground.NODATA) == pytest.approx(1)


def test_a_clear_scene_has_neither_cloud_nor_its_shadow(pair, written, tmp_path):
    for number, scene in enumerate(pair):
        stack, dem = written(scene, str(number))
        _, classes = made(ImageSource(stack, dem=dem, **SUN), tmp_path / f"{number}.tif")
        assert share(np.isin(classes, (Ground.CLOUD, Ground.CLOUD_SHADOW)), classes > 0) < 0.002
        water = classes == Ground.WATER
        assert water.any()
        assert not (water & scene.truth.astype(bool)).any()


def test_what_is_found_does_not_depend_on_where_the_image_is_cut(pair, written, tmp_path):
    cloudy = seen_on(pair[1], Day(cloud=0.1, seed=2))
    stack, dem = written(cloudy.scene)
    with GroundImage(ImageSource(stack, dem=dem, **SUN)) as image:
        whole = image.read(image.grid.area).classes
        for window in regions(image.grid.area, 150):
            part = image.read(window).classes
            assert np.array_equal(part, whole[window.slices()])


def test_level_and_steep_land_under_a_sun(tmp_path):
    """A ridge from north to south, sun in the east: its west side lies in shade."""
    cols = np.arange(200) * 10.0
    ridge = np.maximum(0, 600 - np.abs(cols - 1000) * 1.2)
    dem = np.broadcast_to(ridge, (120, 200)).astype(np.float32)
    values = np.full((3, 120, 200), 900, np.uint16)
    values[:, ::7] = 700
    stack = write_raster(tmp_path / "s.tif", values, names=["B02", "B03", "B04"], nodata=0)
    land = write_raster(tmp_path / "d.tif", dem, names=["dem"])
    source = ImageSource(stack, dem=land, sun_azimuth=90, sun_elevation=30, flat_slope=3)
    _, classes = made(source, tmp_path / "g.tif")
    middle = classes[60]
    # It faces away from the sun, and its shadow is 600 m / tan 30 = 1039 m long.
    assert (middle[52:98] == Ground.DEEP_SHADE).all()
    assert (middle[102:148] == Ground.ASSESSABLE).all()
    assert (middle[155:197] == Ground.FLAT).all()
    dark = np.flatnonzero(middle == Ground.DEEP_SHADE)
    assert dark.min() == pytest.approx(100 - 104, abs=4) or dark.min() == 0


def test_a_shadow_ends_where_arithmetic_says():
    grid = Grid(rasterio.crs.CRS.from_string(UTM).to_wkt(), (10, 0, 5e5, 0, -10, 47e5), 300, 60)
    wall = np.zeros((60, 300), np.float32)
    wall[:, 240:243] = 300
    shadows = Shadows(grid, Sun(90, 20))
    hidden = shadows.cast(wall)[30]
    length = 300 / np.tan(np.radians(20)) / 10
    assert 240 - np.flatnonzero(hidden).min() == pytest.approx(length, abs=5)
    assert hidden[240 - 60 : 239].all()
    assert not hidden[244:].any()
    assert not shadows.cast(np.full((60, 300), np.nan)).any()


def test_snow_and_water_where_the_bands_tell_them():
    def pixels(**values):
        return {name: np.full((9, 9), value, np.float32) for name, value in values.items()}

    names = ("B02", "B03", "B04", "B08", "B11")
    level = Level(names, (800, 600, 400, 200, 100), (200,) * 5)
    snow = pixels(B02=6000, B03=6000, B04=5800, B08=5000, B11=700)
    assert (sky_classes(snow, level) == Ground.SNOW).all()
    lake = pixels(B02=950, B03=800, B04=450, B08=250, B11=120)
    assert (sky_classes(lake, level) == Ground.WATER).all()
    soil = pixels(B02=1400, B03=1700, B04=2300, B08=2900, B11=3500)
    assert (sky_classes(soil, level) == Ground.ASSESSABLE).all()
    three = Level(names[:3], level.air[:3], level.dim[:3])
    del snow["B11"]
    assert (sky_classes(snow, three)[2:-2, 2:-2] == Ground.CLOUD).all()


def test_masks_come_before_our_own_tests(pair, written, tmp_path):
    cloudy = seen_on(pair[1], Day(cloud=0.1, seed=2))
    stack, _ = written(cloudy.scene)
    reasons = np.zeros(pair[1].truth.shape, np.uint8)
    reasons[:20], reasons[20:30], reasons[30:40] = Reason.SNOW, Reason.CLOUD, Reason.OUTSIDE
    with rasterio.open(stack) as dataset:
        origin = dataset.transform.c, dataset.transform.f
    mask = write_raster(tmp_path / "m.tif", reasons, origin=origin)
    _, classes = made(ImageSource(stack, mask=mask, clouds="masks"), tmp_path / "g.tif")
    assert (classes[:20] == Ground.SNOW).all()
    assert (classes[20:30] == Ground.CLOUD).all()
    assert (classes[30:40] == Ground.NODATA).all()
    assert (classes[40:] == Ground.ASSESSABLE).all()
    _, both = made(ImageSource(stack, mask=mask, clouds="both"), tmp_path / "b.tif")
    assert (both[40:] == Ground.CLOUD).any()
    assert (both[:20] == Ground.SNOW).all()


def test_bits_of_masks_as_classes():
    bits = np.array([0, 4, 8, 16, 32, 64, 1, 2, 128, 4 | 16, 4 | 1], np.uint8)
    names = [NAMES[Ground(code)] for code in of_reasons(bits)]
    assert names == (
        "assessable cloud haze,cloud shadow,snow,water,no data,no data,no data,cloud,no data"
    ).replace("assessable cloud haze", "assessable,cloud,haze").split(",")
    assert seen(of_reasons(bits)).tolist() == [True] + [False] * 10


def test_an_extent_is_that_part_of_the_whole(pair, written, tmp_path):
    stack, dem = written(pair[1])
    source = ImageSource(stack, dem=dem, **SUN)
    _, whole = made(source, tmp_path / "w.tif")
    with rasterio.open(stack) as dataset:
        x, y = dataset.transform.c, dataset.transform.f
    extent = (x + 500, y - 1500, x + 1700, y - 300)
    result, part = made(source, tmp_path / "p.tif", extent=extent)
    assert np.array_equal(part, whole[30:150, 50:170])
    assert sum(result.areas.values()) == pytest.approx(120 * 120 * 100)


def test_coarse_pixels_are_refused_and_never_advised_to_be_resampled(tmp_path):
    values = np.random.default_rng(1).integers(500, 1500, (3, 80, 80)).astype(np.uint16)
    stack = write_raster(tmp_path / "s.tif", values, names=["B02", "B03", "B04"], pixel=250.0)
    with pytest.raises(RasterError, match=r"measure 250 x 250 m.*at most 40 m") as raised:
        made(ImageSource(stack), tmp_path / "g.tif")
    assert "resample the" not in str(raised.value)
    assert not (tmp_path / "g.tif").exists()


def test_reflectance_from_0_to_1_gives_the_same(pair, written, tmp_path):
    cloudy = seen_on(pair[1], Day(cloud=0.1, seed=2))
    stack, _ = written(cloudy.scene)
    with rasterio.open(stack) as dataset:
        values = dataset.read().astype(np.float32) / 10_000
        names, origin = dataset.descriptions, (dataset.transform.c, dataset.transform.f)
    unit = write_raster(tmp_path / "u.tif", values, names=names, origin=origin, nodata=0)
    _, one = made(ImageSource(stack), tmp_path / "1.tif")
    _, other = made(ImageSource(unit), tmp_path / "2.tif")
    assert (one == other).mean() > 0.999


def test_wrong_input_gets_a_sentence_and_no_file(pair, written, tmp_path):
    stack, _ = written(pair[1])
    target = tmp_path / "g.tif"
    with pytest.raises(ParameterError, match="Unknown test for clouds 'some'"):
        made(ImageSource(stack, clouds="some"), target)
    red = write_raster(tmp_path / "r.tif", np.full((1, 50, 50), 900.0), names=["B04"])
    with pytest.raises(BandError, match="has no band B02"):
        made(ImageSource(red), target)
    empty = write_raster(
        tmp_path / "e.tif", np.zeros((3, 50, 50)), names=["B02", "B03", "B04"], nodata=0
    )
    with pytest.raises(RasterError, match="shows nothing"):
        made(ImageSource(empty), target)
    with pytest.raises(Cancelled):
        assessability(AssessabilityRequest(ImageSource(stack), str(target)), None, lambda: True)
    assert not target.exists()


def test_the_report_tells_shares_and_what_cannot_be_told(pair, written, tmp_path):
    stack, _ = written(pair[1])
    told = []
    result = assessability(
        AssessabilityRequest(ImageSource(stack), str(tmp_path / "g.tif")), warn=told.append
    )
    assert "snow" in told[-1]
    write_assessability_report(result, "Landslip", str(tmp_path / "r.html"))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "cannot be told" in text
    assert f"{100 * result.share(Ground.ASSESSABLE):.2f}" in text
    assert result.sentence().startswith(f"Of the ground that {result.name} shows: ")


def test_a_window_of_a_grid_beside_the_image_has_no_data(pair, written):
    stack, _ = written(pair[1])
    with GroundImage(ImageSource(stack)) as own:
        wider = own.grid.shifted(Window(-50, -50, 484, 484))
    with GroundImage(ImageSource(stack), wider) as image:
        classes = image.read(Window(0, 0, 100, 100)).classes
    assert (classes[:49] == Ground.NODATA).all()
    assert (classes[52:, 52:] != Ground.NODATA).all()
