"""Relic landslides: walls above, a deposit below, and nothing in the colours."""

import dataclasses

import numpy as np
import pytest
import rasterio

from landslip.sample.relic import make_relics
from landslip.sample.scene import SceneRequest, make_scene, write_scene
from landslip.sample.terrain_relief import Relief, Valley

REQUEST = SceneRequest.of(256, 3, 0.08, relic=True)


@pytest.fixture(scope="module")
def relic_scene():
    return make_scene(REQUEST)


def plane(n=220, degrees=20.0, cell=5.0):
    """A hillside that falls to the south."""
    down = np.tan(np.radians(degrees)) * cell * np.arange(n)[::-1, None]
    dem, none = np.repeat(down, n, 1).astype(np.float32), np.zeros((n, n), bool)
    valley = Valley(none, np.zeros((n, n)), np.full((n, n), 99.0), np.zeros((n, n)))
    rest = np.full((n, n), degrees, np.float32), np.ones((n, n), np.float32), np.arange(n * n)
    return Relief(dem, *rest, valley, none)


def test_hollow_above_and_deposit_below():
    before = plane()
    made = make_relics(before, 5.0, 0.2, 1, np.random.default_rng(1))
    change = made.relief.dem - before.dem
    rows, _ = np.nonzero(made.inside)
    third = (rows.max() - rows.min()) / 3
    below = made.inside & (np.arange(220)[:, None] > rows.max() - third)
    assert made.upper.sum() > 50
    assert change[made.upper].min() < -10
    assert change[made.upper].mean() < -3
    assert change[below].mean() > 1
    far = ~np.pad(made.inside, 8).reshape(236, 236)[8:-8, 8:-8]
    assert np.abs(change[far]).mean() < 0.5
    # The back wall is steeper than the hillside, the tread behind it gentler.
    steep = made.relief.slope[made.inside]
    assert np.percentile(steep, 98) > 30
    assert np.percentile(steep, 10) < 15


def test_they_cover_the_share_and_lie_apart(relic_scene):
    assert 0.06 <= relic_scene.truth.mean() <= 0.16
    assert relic_scene.scars.sum() < 0.5 * relic_scene.truth.sum()
    assert (relic_scene.scars <= relic_scene.truth).all()
    again = make_scene(REQUEST)
    assert np.array_equal(again.dem, relic_scene.dem)
    assert np.array_equal(again.bands["B04"], relic_scene.bands["B04"])


def test_colours_tell_less_than_those_of_fresh_ones(relic_scene):
    """Landslide ground over the rest, red to green: bare soil is red, forest on both is not."""

    def contrast(scene):
        index = scene.bands["B04"] / scene.bands["B03"]
        inside = scene.truth.astype(bool)
        return abs(np.median(index[inside]) - np.median(index[~inside])) / index[~inside].std()

    fresh = make_scene(dataclasses.replace(REQUEST, relic=False, pixel_size=10.0))
    assert contrast(relic_scene) < 0.6
    assert contrast(fresh) > 3 * contrast(relic_scene)


def test_dem_is_as_fine_as_the_image(relic_scene, tmp_path):
    paths = write_scene(relic_scene, tmp_path)
    with rasterio.open(paths["dem"]) as dem, rasterio.open(paths["stack"]) as stack:
        assert dem.transform == stack.transform
        assert stack.transform.a == 5
        assert np.array_equal(dem.read(1), relic_scene.dem)
