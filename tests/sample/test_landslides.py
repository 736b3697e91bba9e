"""Landslides of the synthetic scene lie, cluster and vary in size as mapped ones do."""

import dataclasses

import numpy as np
from scipy import ndimage

from landslip.sample.scene import SceneRequest, make_scene


def test_scars_lie_on_steep_slopes(scene):
    scars = scene.slope[scene.scars == 1]
    assert 20 < np.median(scars) < 45
    assert np.median(scars) > np.median(scene.slope) + 1
    assert np.median(scars) > np.median(scene.slope[(scene.truth == 1) & (scene.scars == 0)])


def test_scars_lie_above_the_rest_of_their_landslide(scene):
    label, count = ndimage.label(scene.truth, np.ones((3, 3)))
    below = (scene.truth == 1) & (scene.scars == 0)
    index = [i for i in range(1, count + 1) if (below & (label == i)).any()]
    index = [i for i in index if ((scene.scars == 1) & (label == i)).any()]
    top = ndimage.mean(scene.dem, np.where(scene.scars == 1, label, 0), index)
    rest = ndimage.mean(scene.dem, np.where(below, label, 0), index)
    assert len(index) > 10
    assert np.mean(top > rest) > 0.9


def test_landslides_keep_off_water_and_plain(scene):
    assert (scene.slope[scene.truth == 1] < 3).mean() < 0.08
    lowest = scene.dem < np.percentile(scene.dem, 5)
    assert scene.truth[lowest].mean() < 0.005


def test_landslides_have_many_small_and_few_large_sizes():
    scene = make_scene(SceneRequest(size=512, seed=5))
    label, _ = ndimage.label(scene.truth, np.ones((3, 3)))
    sizes = np.bincount(label.ravel())[1:]
    assert sizes.size > 80
    assert sizes.min() >= 5
    assert np.median(sizes) < 0.7 * sizes.mean()
    assert np.percentile(sizes, 99) > 8 * np.median(sizes)


def test_landslides_cluster_under_the_storm():
    scene = make_scene(SceneRequest(size=512, seed=5))
    quarters = scene.truth.reshape(4, 128, 4, 128).mean(axis=(1, 3))
    assert quarters.max() > 2.5 * quarters.mean()


def test_number_of_landslides_can_be_limited(scene_request):
    few = make_scene(dataclasses.replace(scene_request, landslides=3))
    _, count = ndimage.label(few.truth, np.ones((3, 3)))
    assert 1 <= few.truth.sum() < 2500
    assert count <= 8
    none = make_scene(dataclasses.replace(scene_request, landslide_share=0.0))
    assert none.truth.sum() == 0
