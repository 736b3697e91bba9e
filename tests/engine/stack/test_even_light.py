"""Even light in a stack and in detection, on a made scene that one sun lights."""

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import ParameterError, RasterError
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.probability import open_probability
from landslip.engine.raster.illumination import Sun
from landslip.engine.raster.tiling import Window
from landslip.engine.stack.even_light import light_text, with_even_light
from landslip.engine.stack.reader import StackReader, open_stack
from landslip.engine.stack.sunlight import with_sun
from landslip.tests.support import card, write_model, write_raster

SUN = Sun(150, 40)
BANDS = ("B04", "B03", "B02")


@pytest.fixture
def lit(tmp_path, rng):
    """Paths of a stack that `SUN` lights, and of its DEM."""
    from scipy.ndimage import gaussian_filter

    dem = (gaussian_filter(rng.standard_normal((150, 170)), 4) * 1500 + 500).astype("float32")
    dem_path = write_raster(tmp_path / "dem.tif", dem)
    blank = write_raster(tmp_path / "blank.tif", np.ones((1, *dem.shape), "uint16"), names=["B04"])
    with StackReader(with_sun(open_stack(blank, dem_path), SUN), ("illumination",)) as reader:
        light = reader.read(Window(0, 0, *dem.shape))[0].clip(0)
    image = 300 + 500 * (light + 0.4) * rng.normal(1, 0.05, (3, *dem.shape))
    image[:, :4, :20] = 300  # water
    image = image.astype("uint16")
    path = write_raster(tmp_path / "stack.tif", image, names=["B02", "B03", "B04"])
    return path, dem_path


def read(stack, window=None):
    with StackReader(stack, BANDS) as reader:
        return reader.read(window or stack.grid.area)[0]


def test_the_shading_is_gone_and_a_part_reads_as_the_whole(lit):
    raw = open_stack(*lit)
    even = with_even_light(raw, BANDS, SUN, pytest.fail)
    assert read(even)[:, 8:].std() < 0.5 * read(raw)[:, 8:].std()
    part = Window(40, 50, 30, 60)
    assert np.array_equal(read(even)[(slice(None), *part.slices())], read(even, part))
    assert "azimuth 150 and elevation 40" in light_text(even)
    assert with_even_light(even, BANDS).light == even.light  # not corrected twice


def test_without_a_sun_the_stack_stays_and_the_log_says_so(tmp_path, rng, lit):
    noise = rng.integers(400, 700, (3, 150, 170)).astype("uint16")
    path = write_raster(tmp_path / "noise.tif", noise, names=["B02", "B03", "B04"])
    said = []
    stack = with_even_light(open_stack(path, lit[1]), BANDS, warn=said.append)
    assert stack.light is None
    assert "does not say where the sun stood" in said[0]
    assert light_text(stack) == "The light of slopes stays as it is."


def test_a_sun_that_stood_elsewhere_changes_nothing_and_is_told(lit):
    said = []
    even = with_even_light(open_stack(*lit), BANDS, Sun(330, 40), said.append)
    assert even.light is None
    assert "does not follow the light of a sun at azimuth 330" in said[0]


def test_level_land_is_not_the_suns_fault(tmp_path, lit):
    flat = write_raster(tmp_path / "flat.tif", np.full((150, 170), 100, "float32"))
    said = []
    assert with_even_light(open_stack(lit[0], flat), BANDS, SUN, said.append).light is None
    assert said == [f"Even light changes nothing in {lit[0]}: the land is level."]


def test_a_band_called_illumination_is_not_the_suns(tmp_path, lit):
    with rasterio.open(lit[0]) as dataset:
        values = dataset.read()
    path = write_raster(
        tmp_path / "own.tif",
        np.concatenate([values, np.full_like(values[:1], 60)]),
        names=["B02", "B03", "B04", "illumination"],
    )
    plain = with_even_light(open_stack(*lit), BANDS, SUN)
    assert with_even_light(open_stack(path, lit[1]), BANDS, SUN).light == plain.light


def test_a_fitted_sun_is_not_believed_too_low_or_too_high(lit, monkeypatch):
    from landslip.engine.raster.illumination import FittedSun
    from landslip.engine.stack import sunlight

    for fitted, taken in ((15.0, 30), (75.0, 60), (44.0, 44)):
        found = FittedSun(Sun(150, fitted), 0.8, 1000)
        monkeypatch.setattr(sunlight, "scene_sun", lambda *_, found=found: found)
        said = []
        assert with_even_light(open_stack(*lit), BANDS, warn=said.append).sun == Sun(150, taken)
        assert any("even light takes" in text for text in said) == (fitted != taken)
    assert with_even_light(open_stack(*lit), BANDS, Sun(150, 20)).sun == Sun(150, 20)


def test_a_dem_with_gaps_is_told_and_one_without_data_refused(tmp_path, lit):
    with rasterio.open(lit[1]) as dataset:
        dem = dataset.read(1)
    dem[:, 85:] = -9999
    half = write_raster(tmp_path / "half.tif", dem, nodata=-9999)
    said = []
    even = with_even_light(open_stack(lit[0], half), BANDS, SUN, said.append)
    assert even.light is not None
    assert "50 % of the valid pixels" in said[0] or "49 % of the valid pixels" in said[0]
    dem[:] = -9999
    empty = write_raster(tmp_path / "empty.tif", dem, nodata=-9999)
    with pytest.raises(RasterError, match=r"The DEM .*empty\.tif has no data on the valid pixels"):
        with_even_light(open_stack(lit[0], empty), BANDS, SUN)


@pytest.mark.parametrize(
    "tags", [{"SUN_AZIMUTH": "150"}, {"SUN_AZIMUTH": "1", "SUN_ELEVATION": "-5"}]
)
def test_half_a_sun_in_the_tags_is_a_sentence(lit, tags):
    with rasterio.open(lit[0], "r+") as dataset:
        dataset.update_tags(**tags)
    with pytest.raises(ParameterError, match=r"SUN_ELEVATION=.*Correct both or remove both"):
        with_even_light(open_stack(*lit), BANDS)


def test_gaps_in_the_image_give_no_warnings(tmp_path, rng, lit):
    nodata = float(np.finfo("float32").min)
    with rasterio.open(lit[0]) as dataset:
        values = dataset.read().astype("float32")
    values[:, :40] = nodata
    path = write_raster(tmp_path / "gaps.tif", values, names=["B02", "B03", "B04"], nodata=nodata)
    even = with_even_light(open_stack(path, lit[1]), BANDS, SUN)
    with np.errstate(all="raise"):
        read(even, Window(0, 0, 80, 80))


def test_without_elevation_there_is_a_sentence(lit):
    with pytest.raises(ParameterError, match="Give a DEM raster, or switch even light off"):
        with_even_light(open_stack(lit[0]), BANDS, SUN)


def test_detection_reads_even_light_and_writes_down_that_it_did(tmp_path, lit):
    model = write_model(tmp_path / "model.onnx", card(bands=BANDS), kernel=3)

    def probability(name, **changes):
        path = str(tmp_path / name)
        sun = {"sun_azimuth": 150.0, "sun_elevation": 40.0}
        detect(DetectRequest(lit[0], model, path, dem=lit[1], **sun, **changes))
        with rasterio.open(path) as dataset:
            return dataset.read(1, window=((0, 64), (0, 64))), dataset.bounds, path

    raw, bounds, raw_path = probability("raw.tif")
    even, _, even_path = probability("even.tif", even_light=True, region_size=64)
    assert not np.allclose(raw, even, atol=1e-3)
    part = (bounds.left, bounds.top - 640, bounds.left + 640, bounds.top)
    assert np.allclose(even, probability("part.tif", even_light=True, extent=part)[0], atol=1e-5)
    assert "sun at azimuth 150" in open_probability(even_path).provenance.even_light
    assert open_probability(raw_path).provenance.even_light == ""


def test_reflectance_from_0_to_1_is_scaled_before_it_is_corrected(tmp_path, lit):
    with rasterio.open(lit[0]) as dataset:
        values, profile = dataset.read(), dataset.profile
    path = str(tmp_path / "unit.tif")
    profile |= {"dtype": "float32"}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values.astype("float32") / 10_000)
        for number, name in enumerate(("B02", "B03", "B04"), start=1):
            dataset.set_band_description(number, name)
    model = write_model(tmp_path / "model.onnx", card(bands=BANDS), kernel=3)
    sun = {"sun_azimuth": 150.0, "sun_elevation": 40.0, "even_light": True}
    found = []
    for stack in (lit[0], path):
        target = str(tmp_path / "p.tif")
        detect(DetectRequest(stack, model, target, dem=lit[1], **sun))
        with rasterio.open(target) as dataset:
            found.append(dataset.read(1))
    assert np.allclose(*found, atol=1e-4)
