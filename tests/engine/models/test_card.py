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
        (
            {"accuracy": [{"region": "x", "precision": 1, "recall": 1, "f1": "good"}]},
            "a field of the wrong type",
        ),
        ({"patch_size": float("inf")}, "a field of the wrong type"),
    ],
)
def test_wrong_fields_are_named(changes, message):
    fields = {**json.loads(card().to_json()), **changes}
    with pytest.raises(ModelError, match=message):
        card_from_metadata({METADATA_KEY: json.dumps(fields)}, "m.onnx")


def test_texts_of_strangers_fit_a_line_of_a_log():
    fields = json.loads(card().to_json())
    fields |= {"description": "\x1b[2J\x00red\u202e", "adapted": "x" * 10**6}
    found = card_from_metadata({METADATA_KEY: json.dumps(fields)}, "m.onnx")
    assert found.description == " [2J red "
    assert len(found.adapted) == 20_000


def test_missing_fields_are_named():
    fields = json.loads(card().to_json())
    del fields["threshold"], fields["bands"]
    with pytest.raises(ModelError, match="lacks bands, threshold"):
        card_from_metadata({METADATA_KEY: json.dumps(fields)}, "m.onnx")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1]", "is a list, expected a JSON object"),
    ],
)
def test_no_card_at_all(text, message):
    with pytest.raises(ModelError, match=message):
        card_from_metadata({METADATA_KEY: text}, "m.onnx")
