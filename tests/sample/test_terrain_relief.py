"""Water runs off the synthetic relief as off eroded ground."""

import numpy as np
import pytest
from scipy import ndimage

from landslip.sample.drainage import CHANNEL_AREA

RIVER = 4 * CHANNEL_AREA


def test_rivers_run_downhill(scene):
    river = np.flatnonzero(scene.drainage > RIVER)
    below = scene.receiver[river]
    moving = below != river
    fall = scene.dem.flat[river] - scene.dem.flat[below]
    assert moving.sum() > 100
    assert fall[moving].min() > -1e-3
    assert fall[moving].max() > 0.5
    assert (scene.drainage.flat[below] > scene.drainage.flat[river])[moving].all()


def test_all_water_leaves_the_scene(scene, scene_request):
    outlet = scene.receiver == np.arange(scene.receiver.size)
    total = scene.drainage.ravel()[outlet].sum()
    assert total == pytest.approx(256 * 256 * scene_request.pixel_size**2, rel=1e-5)
    rows, columns = np.divmod(np.flatnonzero(outlet), 256)
    assert (np.minimum.reduce([rows, columns, 255 - rows, 255 - columns]) == 0).all()


def test_channels_lie_lower_than_their_surroundings(scene):
    around = ndimage.uniform_filter(scene.dem, 21)
    channel = (scene.drainage > CHANNEL_AREA) & (scene.slope > 3)
    assert np.mean(scene.dem[channel] < around[channel]) > 0.85


def test_slope_agrees_with_the_height_model(scene, scene_request):
    south, east = np.gradient(scene.dem.astype(float), scene_request.pixel_size)
    central = np.degrees(np.arctan(np.hypot(south, east)))
    inner = (slice(2, -2),) * 2
    assert np.abs(central - scene.slope)[inner].mean() < 3
    assert abs((central - scene.slope)[inner].mean()) < 1.5
