"""Made scenes before and after their landslides, under made skies."""

import pytest

from landslip.sample.scene import SceneRequest, write_scene
from landslip.sample.sensor import SUN_AZIMUTH, SUN_ELEVATION
from landslip.sample.series import make_pair

SUN = {"sun_azimuth": SUN_AZIMUTH, "sun_elevation": SUN_ELEVATION}


@pytest.fixture(scope="session")
def pair():
    """A scene of 384 x 384 pixels before and after its landslides."""
    return make_pair(SceneRequest(size=384, seed=11))


@pytest.fixture
def written(tmp_path):
    """Write scenes; gives the path of the stack and of the DEM."""

    def written(scene, name="scene"):
        paths = write_scene(scene, tmp_path / name)
        return str(paths["stack"]), str(paths["dem"])

    return written
