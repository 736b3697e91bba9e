import re
import zipfile
from datetime import datetime

import numpy as np
import pytest

from landslip.engine.common.errors import ParameterError
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.preparation.target_grid import finest_grid
from landslip.engine.products.product import open_products
from landslip.engine.raster.illumination import NEUTRAL, Sun
from landslip.engine.raster.tiling import Window
from landslip.engine.stack.reader import StackReader, open_stack
from landslip.engine.stack.sunlight import scene_sun, sun_of, sun_position, with_sun
from landslip.tests.support import card, write_model, write_raster

SUN = Sun(150, 40)


@pytest.fixture
def lit(tmp_path, rng):
    """Paths of a stack that is lit by `SUN`, and of its DEM; tags may be added."""
    from scipy.ndimage import gaussian_filter

    dem = (gaussian_filter(rng.standard_normal((150, 170)), 4) * 1500 + 500).astype("float32")
    dem_path = write_raster(tmp_path / "dem.tif", dem)
    blank = write_raster(tmp_path / "blank.tif", np.ones((1, *dem.shape), "uint16"), names=["B04"])
    light = read(with_sun(open_stack(blank, dem_path), SUN), ("illumination",))[0]
    noise = rng.normal(0, 20, (3, *dem.shape))
    image = (600 + 400 * light + noise).astype("uint16")
    return write_raster(tmp_path / "stack.tif", image, names=["B02", "B03", "B04"]), dem_path


def read(stack, bands, window=None):
    with StackReader(stack, bands) as reader:
        return reader.read(window or stack.grid.area)[0]


def tag(path, **tags):
    import rasterio

    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(**tags)


def test_the_sun_is_fitted_where_nothing_tells_and_the_log_says_so(lit):
    said = []
    sun = with_sun(open_stack(*lit), warn=said.append).sun
    assert sun.azimuth == pytest.approx(SUN.azimuth, abs=3)
    assert sun.elevation == pytest.approx(SUN.elevation, abs=5)
    assert "Its shading fits a sun at azimuth 1" in said[0]


def test_tags_go_before_the_date_and_the_user_before_both(lit):
    tag(lit[0], ACQUISITION_DATE="2018-06-29T02:30:00Z")
    by_date = with_sun(open_stack(*lit), warn=pytest.fail).sun
    tag(lit[0], SUN_AZIMUTH="140", SUN_ELEVATION="33.5")
    stack = open_stack(*lit)
    assert by_date != Sun(140, 33.5)
    assert with_sun(stack, warn=pytest.fail).sun == Sun(140, 33.5)
    assert with_sun(stack, SUN, pytest.fail).sun == SUN


def test_tags_that_are_no_sun_are_refused(lit):
    tag(lit[0], SUN_AZIMUTH="south", SUN_ELEVATION="33.5")
    with pytest.raises(ParameterError, match="SUN_AZIMUTH=south"):
        with_sun(open_stack(*lit))


def test_half_a_sun_is_refused():
    with pytest.raises(ParameterError, match="both or neither"):
        sun_of(150, None)


def test_unlit_land_is_neutral_and_said_to_be(tmp_path, lit, rng):
    flat = rng.integers(500, 900, (1, 150, 170)).astype("uint16")
    path = write_raster(tmp_path / "flat.tif", flat, names=["B04"])
    said = []
    stack = with_sun(open_stack(path, lit[1]), warn=said.append)
    assert np.all(read(stack, ("illumination",)) == np.float32(NEUTRAL))
    assert "does not tell" in said[0]


def test_windows_cut_anywhere_hold_the_same_light_and_the_same_slope(lit):
    stack = with_sun(open_stack(*lit), SUN)
    bands = ("B04", "slope", "illumination", "dem")
    whole = read(stack, bands)
    for window in (Window(0, 0, 40, 30), Window(37, 61, 50, 90), Window(100, 120, 50, 50)):
        part = read(stack, bands, window)
        assert np.array_equal(part, whole[(slice(None), *window.slices(0, 0))])
    assert np.allclose(whole[1], read(stack, ("slope",))[0], atol=1e-4)
    assert np.ptp(whole[2]) > 0.3


def test_a_model_that_reads_illumination_detects_the_same_in_a_part(tmp_path, lit):
    bands = ("B04", "illumination")
    model = write_model(tmp_path / "model.onnx", card(bands=bands), kernel=3)

    def probability(name, **changes):
        import rasterio

        path = str(tmp_path / name)
        said = []
        detect(DetectRequest(lit[0], model, path, dem=lit[1], **changes), warn=said.append)
        with rasterio.open(path) as dataset:
            return dataset.read(1, window=((0, 64), (0, 64))), dataset.bounds, said

    whole, bounds, said = probability("whole.tif", region_size=64)
    part = (bounds.left, bounds.top - 640, bounds.left + 640, bounds.top)
    assert np.allclose(whole, probability("part.tif", extent=part)[0], atol=1e-5)
    assert any("shading fits" in sentence for sentence in said)
    told = probability("told.tif", sun_azimuth=330.0, sun_elevation=20.0)
    assert not any("shading" in sentence for sentence in told[2])
    assert not np.allclose(whole, told[0], atol=1e-4)


def test_the_sun_by_date_is_that_of_a_products_own_metadata(real_data):
    path = next(real_data.glob("S2A_MSIL1C_*.zip"))
    with zipfile.ZipFile(path) as file:
        name = next(n for n in file.namelist() if n.endswith("MTD_TL.xml"))
        metadata = file.read(name).decode()
    angles = re.search(r"<Mean_Sun_Angle>.*?</Mean_Sun_Angle>", metadata, re.DOTALL)[0]
    zenith, azimuth = (float(angle) for angle in re.findall(r">([\d.]+)</", angles))
    product = open_products([str(path)])[0]
    when = datetime.fromisoformat(product.date.replace("Z", "+00:00"))
    found = sun_position(when, *finest_grid(product).lonlat_of_middle())
    # The product's time is the start of its strip, some minutes before the tile's.
    assert found[0] == pytest.approx(azimuth, abs=1)
    assert found[1] == pytest.approx(90 - zenith, abs=0.5)


@pytest.mark.parametrize(
    ("when", "place", "expected"),
    [
        # Noon at Greenwich on the days of equinox and solstice: 90 - latitude + declination.
        ("2020-03-20T12:07:30+00:00", (0.0, 51.5), (180.0, 38.64)),
        ("2020-06-20T12:01:40+00:00", (0.0, 51.5), (180.0, 61.94)),
        ("2020-12-21T11:58:10+00:00", (0.0, -30.0), (0.0, 83.44)),
    ],
)
def test_the_sun_at_noon(when, place, expected):
    azimuth, elevation = sun_position(datetime.fromisoformat(when), *place)
    assert (azimuth - expected[0] + 180) % 360 - 180 == pytest.approx(0, abs=1.5)
    assert elevation == pytest.approx(expected[1], abs=0.1)


def test_a_scene_in_a_corner_of_an_empty_raster_has_its_sun(lit, tmp_path, monkeypatch):
    import rasterio

    from landslip.engine.stack import scene

    with rasterio.open(lit[0]) as dataset:
        image = np.zeros((3, 300, 1500), "uint16")
        image[:, :150, -170:] = dataset.read()
        west = rasterio.Affine.translation(-(1500 - 170), 0)
        options = {"crs": dataset.crs, "transform": dataset.transform * west, "nodata": 0}
    names = {"count": 3, "height": 300, "width": 1500, "dtype": "uint16", "driver": "GTiff"}
    with rasterio.open(tmp_path / "wide.tif", "w", **names, **options) as dataset:
        dataset.write(image)
        dataset.descriptions = ("B02", "B03", "B04")
    monkeypatch.setattr(scene, "SAMPLE_PIXELS", 65_536)
    wide = open_stack(str(tmp_path / "wide.tif"), lit[1])
    assert scene_sun(wide).sun.azimuth == pytest.approx(SUN.azimuth, abs=3)
