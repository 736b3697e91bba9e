"""A scene follows from its request and is written as such scenes are delivered."""

import dataclasses

import numpy as np
import pytest

from landslip.engine.common.errors import ParameterError
from landslip.sample.land_cover import BANDS
from landslip.sample.scene import SceneRequest, make_scene, write_scene


@pytest.fixture(scope="module")
def paths(scene, tmp_path_factory):
    return write_scene(scene, tmp_path_factory.mktemp("scene"))


def arrays(scene):
    found = {**vars(scene), **scene.bands}
    return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}


def test_same_seed_makes_the_same_scene(scene, scene_request):
    again = arrays(make_scene(scene_request))
    assert len(again) == 10
    for name, values in arrays(scene).items():
        np.testing.assert_array_equal(values, again[name], err_msg=name)


def test_another_seed_makes_another_scene(scene, scene_request):
    other = make_scene(dataclasses.replace(scene_request, seed=scene_request.seed + 1))
    assert abs(np.corrcoef(scene.dem.ravel(), other.dem.ravel())[0, 1]) < 0.95
    assert (scene.truth != other.truth).mean() > 0.01
    assert (scene.bands["B04"] != other.bands["B04"]).mean() > 0.9


@pytest.mark.parametrize("seed", [0, 1, 2, 4])
def test_any_seed_has_landslides_relief_and_plain(seed):
    scene = make_scene(SceneRequest(size=192, seed=seed))
    assert 0.03 <= scene.truth.mean() <= 0.06
    assert 20 < np.ptp(scene.dem) < 900
    assert 0.08 < (scene.slope < 3).mean() < 0.5
    assert np.percentile(scene.slope, 99) < 50


def test_arrays_have_the_types_and_ranges_promised(scene):
    for name in BANDS:
        assert scene.bands[name].dtype == np.uint16
        assert scene.bands[name].shape == (256, 256)
        assert 1 <= scene.bands[name].min() < scene.bands[name].max() < 10_000
    assert scene.dem.dtype == scene.slope.dtype == np.float32
    assert scene.truth.dtype == np.uint8
    assert set(np.unique(scene.truth)) == {0, 1}


def test_stack_reads_back(scene, paths, scene_request):
    import rasterio

    with rasterio.open(paths["stack"]) as stack:
        assert stack.descriptions == BANDS
        assert stack.crs.to_epsg() == scene_request.epsg
        assert stack.transform == scene.transform
        assert stack.res == (10.0, 10.0)
        assert (stack.bounds.left, stack.bounds.top) == (scene_request.west, scene_request.north)
        assert set(stack.dtypes) == {"uint16"}
        assert stack.nodata == 0
        assert stack.block_shapes == [(256, 256)] * 4
        assert stack.compression.value == "DEFLATE"
        for number, name in enumerate(BANDS, start=1):
            np.testing.assert_array_equal(stack.read(number), scene.bands[name])
    with rasterio.open(paths["truth"]) as truth:
        np.testing.assert_array_equal(truth.read(1), scene.truth)
        assert truth.transform == scene.transform
    assert not list(paths["stack"].parent.glob("*.part"))


def test_height_file_warped_back_agrees(scene, paths):
    import rasterio
    from rasterio.vrt import WarpedVRT
    from rasterio.warp import Resampling

    grid = {"crs": scene.crs, "transform": scene.transform, "width": 256, "height": 256}
    with rasterio.open(paths["dem"]) as dem:
        assert dem.crs.to_epsg() == 4326
        assert dem.dtypes == ("float32",)
        with WarpedVRT(dem, resampling=Resampling.cubic, nodata=-9999.0, **grid) as warped:
            heights = warped.read(1)
    difference = heights - scene.dem
    assert heights.min() > 0  # no nodata anywhere on the scene
    assert abs(np.median(difference)) < 0.5
    assert 0.1 < np.sqrt((difference**2).mean()) < 6  # it is a coarser model, not a copy


@pytest.mark.parametrize(
    ("change", "message"),
    [({"size": 50}, "96 or more"), ({"landslide_share": 3.0}, "expected 0 to 0.2")],
)
def test_bad_requests_say_what_to_give(change, message):
    with pytest.raises(ParameterError, match=message):
        SceneRequest(**change)
