"""STAC items as products."""

import json

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import ProductError
from landslip.engine.products.product import open_product
from landslip.engine.products.stac_item import item_paths, open_item
from landslip.tests.support import reflectance, write_raster


def item(name="S2A_54TXN_20180910_0_L2A", properties=None, **assets):
    return {
        "type": "Feature",
        "id": name,
        "properties": {"datetime": "2018-09-10T01:26:51Z", **(properties or {})},
        "assets": assets,
    }


@pytest.fixture
def write(tmp_path, rng):
    for name in ("B04", "B03", "red", "scl"):
        write_raster(tmp_path / f"{name}.tif", reflectance(rng, bands=1), names=[""])

    def file(*items):
        path = tmp_path / "item.json"
        one = {"type": "FeatureCollection", "features": list(items)}
        path.write_text(json.dumps(items[0] if len(items) == 1 else one))
        return str(path)

    return file


def test_bands_masks_and_facts(write, tmp_path):
    properties = {"s2:processing_baseline": "05.00", "earthsearch:boa_offset_applied": True}
    assets = {"red": {"href": "red.tif"}, "scl": {"href": "./scl.tif"}, "thumbnail": {"href": "t"}}
    product = open_product(write(item(properties=properties, **assets)))
    assert [(b.name, b.path, b.offset) for b in product.bands] == [
        ("B04", str(tmp_path / "red.tif"), 0.0)
    ]
    assert [(m.kind, m.path) for m in product.masks] == [("scl", f"{tmp_path}/./scl.tif")]
    assert (product.id, product.level, product.tile) == ("S2A_54TXN_20180910_0_L2A", "L2A", "54TXN")
    assert product.date.startswith("2018-09-10")
    assert product.baseline == "05.00"


def test_numbers_are_read_as_from_a_folder(write, tmp_path):
    product = open_product(write(item(B04={"href": "B04.tif"})))
    with rasterio.open(product.bands[0].path) as one, rasterio.open(tmp_path / "B04.tif") as two:
        assert np.array_equal(one.read(1), two.read(1))


def test_an_offset_that_nothing_says_was_applied_is_subtracted_with_a_warning(write):
    properties = {"s2:processing_baseline": "05.00"}
    product = open_product(write(item(properties=properties, B04={"href": "B04.tif"})))
    assert product.bands[0].offset == -1000
    assert "processing baseline 05.00" in product.warnings[0]


@pytest.mark.parametrize(
    ("asset", "band"),
    [
        (("red", {}), "B04"),
        (("B08", {}), "B08"),
        (("B8A_20m", {}), "B8A"),
        (("nir08", {}), "B8A"),
        (("data", {"eo:bands": [{"name": "B11"}]}), "B11"),
        (("data", {"bands": [{"name": "x", "common_name": "x"}]}), None),
        (("data", {"eo:bands": [{"name": "rouge", "common_name": "red"}]}), "B04"),
        (("visual", {"eo:bands": [{"name": "B04"}, {"name": "B03"}]}), None),
        (("visual", {"eo:bands": "B04"}), None),
    ],
)
def test_which_asset_is_which_band(write, asset, band):
    key, more = asset
    path = write(item(B03={"href": "B03.tif"}, **{key: {"href": "a.tif", **more}}))
    assert set(open_item(path).names) - {"B03.tif", "item.json"} == (
        {f"{band}.tif"} if band else set()
    )


def test_the_finest_file_of_a_band_and_no_jpeg_where_there_is_another(write, tmp_path):
    path = write(
        item(
            B04_20m={"href": "coarse.tif", "gsd": 20},
            B04_10m={"href": "B04.tif", "gsd": 10},
            **{
                "green-jp2": {"href": "B03.jp2", "gsd": 10},
                "green": {"href": "B03.tif", "gsd": 10},
            },
        )
    )
    found = open_item(path)
    assert found.gdal_path("B04.tif") == str(tmp_path / "B04.tif")
    assert found.gdal_path("B03.tif") == str(tmp_path / "B03.tif")


@pytest.mark.parametrize(
    ("href", "opened"),
    [
        ("https://host/a/B04.tif?sig=x", "/vsicurl/https://host/a/B04.tif?sig=x"),
        ("http://host/B04.tif", "/vsicurl/http://host/B04.tif"),
        ("s3://bucket/key/B04.tif", "/vsis3/bucket/key/B04.tif"),
        ("gs://bucket/B04.jp2", "/vsigs/bucket/B04.jp2"),
        ("file:///data/B%2004.tif", "/data/B 04.tif"),
        ("/data/B04.tif", "/data/B04.tif"),
    ],
)
def test_where_files_may_be(write, href, opened):
    assert open_item(write(item(B04={"href": href}))).gdal_path("B04.tif") == opened


@pytest.mark.parametrize(
    "href", ["ftp://host/B04.tif", "/vsizip/a.zip/B04.tif", "file:///vsicurl/x", "javascript:x"]
)
def test_where_files_may_not_be(write, href):
    with pytest.raises(ProductError, match="expected http, https, s3, gs, or a path"):
        open_item(write(item(B04={"href": href})))


def test_several_items_in_a_file(write):
    path = write(item("one", B04={"href": "B04.tif"}), item("two", B04={"href": "B04.tif"}))
    assert item_paths(path) == [f"{path}#one", f"{path}#two"]
    assert open_product(f"{path}#two").id == "two"
    with pytest.raises(ProductError, match=r"holds 2 STAC items \(one, two"):
        open_product(path)
    with pytest.raises(ProductError, match="holds no STAC item 'three'; found one, two"):
        open_product(f"{path}#three")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"type": "Feature"}', '{"type": "FeatureCollection", "features": 3}'],
)
def test_what_is_no_item(tmp_path, text):
    path = tmp_path / "item.json"
    path.write_text(text)
    with pytest.raises(ProductError, match=r"expected a (STAC item|JSON file)"):
        open_product(str(path))


def test_an_item_without_bands(write):
    with pytest.raises(ProductError, match=r"no Sentinel-2 band among its assets \(visual\)"):
        open_product(write(item(visual={"href": "B04.tif"})))
