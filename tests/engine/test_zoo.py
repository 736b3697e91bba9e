import pytest

from landslip.engine import zoo
from landslip.engine.errors import BandError, ModelError
from landslip.engine.source import BandSource, Product
from landslip.tests.support import card, write_model

RGB, ALL = ("B04", "B03", "B02"), ("B02", "B08", "B10", "slope")


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Two models, of which one needs cirrus and slope."""
    monkeypatch.setattr(zoo, "FOLDER", tmp_path)
    for name, bands in (("resunet_rgb", RGB), ("all_bands", ALL)):
        write_model(tmp_path / f"{name}.onnx", card(name=name, bands=bands))


def product(*bands, level="L2A"):
    sources = tuple(BandSource(band, f"{band}.jp2") for band in bands)
    return Product("x.zip", "S2A_X", level=level, bands=sources)


def test_models_for_bands(shipped):
    assert zoo.models_for((*RGB, "B08")) == ("resunet_rgb",)
    assert zoo.models_for((*RGB, *ALL)) == ("resunet_rgb", "all_bands")
    assert zoo.models_for(("B11",)) == ()


def test_unknown_model(shipped):
    with pytest.raises(ModelError, match=r"\(resunet_rgb, all_bands\)"):
        zoo.model_path("nothing")


@pytest.mark.parametrize(
    ("there", "level", "dem", "message"),
    [
        (("B02", "B03", "B04", "B08"), "L2A", True,
         r"needs band B10, which S2A_X does not have; it has B02, B03, B04, B08, slope, dem\. Give "
         r"the L1C product of that day, as no L2A product has B10 \(cirrus\), or choose a model "
         r"that works with these bands \(resunet_rgb\)\.$"),
        (("B02", "B08"), "L1C", True,
         r"needs band B10, .*\. Give a product with all its bands\.$"),
        (("B02", "B08", "B10"), "L1C", False,
         r"needs band slope, .*\. Give a DEM\.$"),
        (("B03",), "L1C", False,
         r"needs bands B02, B08, B10, slope, .*all its bands\.$"),
    ],
)  # fmt: skip
def test_a_missing_band_names_the_models_that_do_without(shipped, there, level, dem, message):
    with pytest.raises(BandError, match=message):
        zoo.check_product_bands(ALL, [product(*there, level=level)], "The model all_bands", dem)


def test_every_granule_is_looked_at(shipped):
    whole, part = product("B02", "B08", "B10"), product("B02", "B08")
    zoo.check_product_bands(ALL, [whole, whole], "The model all_bands", True)
    with pytest.raises(BandError, match="needs band B10"):
        zoo.check_product_bands(ALL, [whole, part], "The model all_bands", True)
