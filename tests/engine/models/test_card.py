import json

import pytest

from landslip.engine.common.errors import ModelError
from landslip.engine.models.card import METADATA_KEY, card_from_metadata
from landslip.tests.support import card


def test_round_trip():
    original = card()
    assert card_from_metadata({METADATA_KEY: original.to_json()}, "m.onnx") == original


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bands": []}, "it names no bands"),
        ({"bands": ["B04", "red"]}, "unknown bands red"),
        ({"bands": ["B04", "B04"]}, "names a band twice"),
        ({"patch_size": 4}, r"patch size 4 \(expected 16..4096\)"),
        ({"overlap": 0.9}, "overlap 0.9"),
        ({"threshold": 1.5}, "threshold 1.5"),
        ({"threshold": "high"}, "a field of the wrong type"),
        ({"normalisation": "batch"}, "normalisation 'batch'"),
        ({"pixel_size": 0}, "pixel size 0"),
        ({"accuracy": [{"f2": 1}]}, "a field of the wrong type"),
    ],
)
def test_wrong_fields_are_named(changes, message):
    fields = {**json.loads(card().to_json()), **changes}
    with pytest.raises(ModelError, match=message):
        card_from_metadata({METADATA_KEY: json.dumps(fields)}, "m.onnx")


def test_missing_fields_are_named():
    fields = json.loads(card().to_json())
    del fields["threshold"], fields["bands"]
    with pytest.raises(ModelError, match="lacks bands, threshold"):
        card_from_metadata({METADATA_KEY: json.dumps(fields)}, "m.onnx")


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not valid JSON"), ("[1]", "is a list, expected a JSON object")]
)
def test_no_card_at_all(text, message):
    with pytest.raises(ModelError, match=message):
        card_from_metadata({METADATA_KEY: text}, "m.onnx")
