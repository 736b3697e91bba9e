"""The card of a file without ONNX Runtime: what `onnx` and the runtime read is the reference."""

import pytest

from landslip.engine.common.errors import ModelError
from landslip.engine.models import zoo
from landslip.engine.models.card import METADATA_KEY
from landslip.engine.models.card_file import read_card, with_card
from landslip.engine.models.runtime import Model
from landslip.tests.support import card, write_model


@pytest.mark.parametrize("name", zoo.shipped_models())
def test_the_card_is_what_the_runtime_says(name):
    path = zoo.model_path(name)
    assert read_card(path) == Model(path, "cpu").card


def test_another_card_changes_nothing_else(tmp_path):
    import onnx

    path = write_model(
        tmp_path / "m.onnx", metadata={"other": "é" * 300, METADATA_KEY: card().to_json()}
    )
    with open(path, "rb") as file:
        before = file.read()
    new = card(name="new", description="ü" * 20000)
    (tmp_path / "n.onnx").write_bytes(with_card(before, new))
    old, changed = onnx.load(path), onnx.load(str(tmp_path / "n.onnx"))
    assert {p.key: p.value for p in changed.metadata_props} == {
        "other": "é" * 300,
        METADATA_KEY: new.to_json(),
    }
    assert len(changed.metadata_props) == 2
    assert changed.graph == old.graph
    assert changed.opset_import == old.opset_import
    assert read_card(tmp_path / "n.onnx") == new == Model(str(tmp_path / "n.onnx"), "cpu").card


@pytest.mark.parametrize(
    "content",
    # The last two would take minutes if they were as large as a disk, and each field were read.
    [b"", b"x", b"no model", b"\xff" * 40, bytes(10**8), b"\x08\x01" * 10**6],
)
def test_what_is_no_model_is_told(tmp_path, content):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.onnx"):
        read_card(path)


def test_a_file_that_was_cut_off_is_told_wherever_it_was(tmp_path, model_path):
    with open(model_path, "rb") as file:
        content = file.read()
    for length in range(0, len(content), 7):
        (tmp_path / "cut.onnx").write_bytes(content[:length])
        with pytest.raises(ModelError):
            read_card(tmp_path / "cut.onnx")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_card(tmp_path / "none.onnx")
