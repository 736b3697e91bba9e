import numpy as np
import pytest

from landslip.engine.raster.illumination import Sun
from landslip.training.ground import PIXEL, TAIWAN_SUN
from landslip.training.illumination import patch_illumination, taiwan_sun


@pytest.mark.parametrize(("facing", "lit"), [("north", 0.5), ("south", np.sqrt(3) / 2)])
def test_a_plane_is_lit_by_where_it_faces_also_at_the_border_of_its_patch(facing, lit):
    rows = np.arange(128)[:, None] * np.ones(128)
    down = rows if facing == "south" else -rows
    dem = 5000 - down * PIXEL[1] * np.tan(np.radians(15))
    light = patch_illumination(dem[None], np.full((1, 128, 128), 15.0), Sun(180, 45))
    assert light.dtype == np.float32
    assert np.allclose(light, lit, atol=1e-3)


def test_the_steps_of_a_terrain_model_leave_no_stripes_of_level_land():
    cols = np.arange(128) * np.ones((128, 1))
    steps = np.floor(cols / 2) * 8.0
    light = patch_illumination(steps, np.full((128, 128), 20.0), Sun(270, 40))
    assert np.ptp(light[:, 6:-6]) < 1e-3


def test_the_shading_of_taiwan_has_its_azimuth(real_data):
    found = taiwan_sun(real_data)
    assert found.sun.azimuth == pytest.approx(TAIWAN_SUN.azimuth, abs=1)
    assert found.correlation > 0.6
