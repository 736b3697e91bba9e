"""What the tests for clouds say of real scenes: bright landslides, real clouds, a clear day."""

import numpy as np
import pytest
import rasterio

from landslip.engine.ground.classes import Ground
from landslip.engine.ground.image import GroundImage, ImageSource


def classes_of(path, **more):
    with GroundImage(ImageSource(str(path), **more)) as image:
        return image.read(image.grid.area).classes


@pytest.fixture
def hokkaido(real_data):
    scene = real_data / "hokkaido_2018"
    dem = str(scene / "dsm_aw3d30.tif")
    return scene, classes_of(scene / "s2_post_B02_B03_B04.tif", dem=dem)


def test_bright_landslides_are_no_clouds(hokkaido):
    scene, classes = hokkaido
    with rasterio.open(scene / "label_west.tif") as dataset:
        slides = (dataset.read(1) == 1) & (classes != Ground.NODATA)
    assert slides.sum() > 30_000
    assert np.isin(classes, (Ground.CLOUD, Ground.CLOUD_SHADOW))[slides].mean() < 0.001
    assert (classes == Ground.ASSESSABLE)[slides].mean() > 0.99


def test_the_one_cloud_and_its_shadow_are_found(hokkaido):
    _, classes = hokkaido
    # Read off the image: the cloud in the south, and what it darkens 1.4 km to the north-west.
    assert np.isin(classes[790:815, 495:535], (Ground.CLOUD, Ground.HAZE)).mean() > 0.6
    assert (classes[632:660, 465:495] == Ground.CLOUD_SHADOW).mean() > 0.6
    assert (classes == Ground.CLOUD_SHADOW).mean() < 0.01


def test_a_cloudy_and_a_clear_day_of_one_place(real_data):
    folder = real_data / "ssl4eo_l1c" / "0000200"
    clear, cloudy = (classes_of(path) for path in sorted(folder.iterdir()))
    assert (clear == Ground.ASSESSABLE)[clear != Ground.NODATA].mean() > 0.999
    assert 0.25 < (cloudy == Ground.CLOUD).mean() < 0.45
