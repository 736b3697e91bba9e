import numpy as np
import pytest

from landslip.engine.preparation.cover import SHADOW_BANDS, shadow, water

#: B03, B08 and B11 at the top of the atmosphere or at the surface: what it is, water, shadow.
PIXELS = {
    "deep lake": ((530, 110, 35), True, False),
    "muddy river": ((1300, 800, 80), True, False),
    "forest": ((700, 2900, 1400), False, False),
    "forest in shadow": ((420, 500, 250), False, True),
    "fresh landslide": ((1300, 2300, 3000), False, False),
    "dim landslide": ((800, 1100, 1300), False, False),
    "burnt forest": ((500, 800, 1500), False, False),
    "asphalt": ((900, 1200, 1300), False, False),
    "snow": ((9000, 8200, 900), False, False),
    "cloud": ((5500, 6000, 4500), False, False),
}


def bands(pixel):
    return {band: np.array([[value]]) for band, value in zip(SHADOW_BANDS, pixel)}


@pytest.mark.parametrize("kind", PIXELS)
def test_kinds_of_ground(kind):
    pixel, is_water, is_shadow = PIXELS[kind]
    assert water(bands(pixel)).item() is is_water
    assert shadow(bands(pixel)).item() is is_shadow


def test_a_steep_lake_is_a_shadow():
    lake = bands(PIXELS["deep lake"][0])
    steep, level, unknown = (np.array([[slope]]) for slope in (35.0, 1.0, np.nan))
    assert not water(lake, steep).item()
    assert shadow(lake, steep).item()
    for slope in (level, unknown):
        assert water(lake, slope).item()
        assert not shadow(lake, slope).item()


def test_hardly_a_real_landslide_is_lost(real_data):
    """Less than 1 % of pixels, in labelled patches of which one is in half shadow."""
    divisors = {"B03": 663.41636217, "B08": 1941.32229668, "B11": 1113.98338755}
    columns = {"B03": 2, "B08": 7, "B11": 10}
    with np.load(real_data / "l4s_train_14band_labelled_2.npz") as file:
        image, mask = file["img"], file["mask"] > 0
    scene = {band: image[..., columns[band]] * divisors[band] for band in divisors}
    slope = image[..., 12] * 20.29228266
    out = water(scene, slope) | shadow(scene, slope)
    assert out[mask].mean() < 0.01
