import pytest

from landslip.engine import zoo
from landslip.engine.errors import ModelError
from landslip.tests.support import card, write_model


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Two models, the default not the first by name."""
    monkeypatch.setattr(zoo, "FOLDER", tmp_path)
    for name, bands in (("resunet_rgb", ("B04", "B03")), ("all_bands", ("B10", "slope"))):
        write_model(tmp_path / f"{name}.onnx", card(name=name, bands=bands))


def test_cards_of_the_shipped_models(shipped):
    cards = zoo.shipped_cards()
    assert [(card.name, card.bands) for card in cards] == [
        ("resunet_rgb", ("B04", "B03")),
        ("all_bands", ("B10", "slope")),
    ]


def test_unknown_model(shipped):
    with pytest.raises(ModelError, match=r"\(resunet_rgb, all_bands\)"):
        zoo.model_path("nothing")
