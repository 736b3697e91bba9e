import numpy as np
import pytest
import rasterio

from landslip.demo.download_to_map import composite, write_product
from landslip.engine.products.product import open_product
from landslip.sample.scene import SceneRequest, make_scene
from landslip.tests.support import write_raster


def test_a_scene_as_a_product_is_read_as_it_was(tmp_path):
    scene = make_scene(SceneRequest(size=96, seed=3))
    product = open_product(write_product(scene, tmp_path))
    assert (product.level, product.baseline, product.tile) == ("L1C", "05.09", "54TWN")
    for source in product.bands:
        with rasterio.open(source.path) as dataset:
            numbers = dataset.read(1).astype(int)
            assert dataset.transform == scene.transform
        assert source.offset == -1000
        assert np.array_equal(numbers + int(source.offset), scene.bands[source.name])


@pytest.mark.filterwarnings("error")
def test_composite_is_white_where_there_is_no_data(tmp_path, rng):
    values = rng.integers(200, 4000, (3, 40, 50)).astype("float32")
    values[:, :10] = -9999
    path = write_raster(tmp_path / "s.tif", values, names=["B02", "B03", "B04"], nodata=-9999)
    picture = composite(path, ("B04", "B03", "B02"))
    assert picture.shape == (40, 50, 3)
    assert (picture[:10] == 1).all()
    assert 0 <= picture.min() < 0.05
    assert np.corrcoef(picture[10:, :, 0].ravel(), values[2, 10:].ravel())[0, 1] > 0.95
