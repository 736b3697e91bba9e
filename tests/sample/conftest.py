import pytest

from landslip.sample.scene import SceneRequest, make_scene


@pytest.fixture(scope="session")
def scene_request():
    return SceneRequest(size=256, seed=3)


@pytest.fixture(scope="session")
def scene(scene_request):
    return make_scene(scene_request)
