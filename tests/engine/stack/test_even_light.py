"""Even light in a stack and in detection, on a made scene that one sun lights."""

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import ParameterError
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
    assert "no sun is known" in light_text(stack)


def test_a_sun_that_stood_elsewhere_changes_nothing_and_is_told(lit):
    said = []
    raw = open_stack(*lit)
    even = with_even_light(raw, BANDS, Sun(330, 40), said.append)
    assert np.abs(read(even) - read(raw)).max() < 0.05 * read(raw).max()
    assert "does not follow the light of a sun at azimuth 330" in said[0]


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
