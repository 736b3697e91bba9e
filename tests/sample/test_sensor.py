"""The sensor sees covers and slopes of the synthetic scene as Sentinel-2 sees real ones."""

import numpy as np
from scipy import ndimage


def test_soil_is_redder_than_forest(scene):
    slide = ndimage.binary_erosion(scene.truth == 1)
    hills = (scene.slope > 15) & ~ndimage.binary_dilation(scene.truth == 1, iterations=3)
    red, green, infrared = (scene.bands[b].astype(float) for b in ("B04", "B03", "B08"))
    assert np.median(red[slide]) > 1.5 * np.median(red[hills])
    assert np.median((red / green)[slide]) > 1.0 > np.median((red / green)[hills])
    greenness = (infrared - red) / (infrared + red)
    assert np.median(greenness[hills]) > 0.5 > 0.4 > np.median(greenness[slide])


def test_typical_reflectances_are_those_of_sentinel_2(scene):
    hills = (scene.slope > 15) & (scene.truth == 0)
    for name, low, high in (("B02", 780, 980), ("B03", 650, 900), ("B04", 430, 750)):
        assert low < np.median(scene.bands[name][hills]) < high
    assert 1800 < np.median(scene.bands["B08"][hills]) < 3300


def test_slopes_that_face_the_sun_are_brighter(scene, scene_request):
    smooth = ndimage.gaussian_filter(scene.dem, 1)
    south, east = np.gradient(smooth, scene_request.pixel_size)
    hills = (scene.slope > 20) & (scene.truth == 0)
    sunny, shady = hills & (south < -0.2) & (east < 0.2), hills & (south > 0.2) & (east > -0.2)
    infrared = scene.bands["B08"]
    assert np.median(infrared[sunny]) > 1.2 * np.median(infrared[shady])
