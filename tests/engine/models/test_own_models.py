"""The user's own models: into the list, renamed, given away, removed."""

from __future__ import annotations

import hashlib

import pytest

from landslip.engine.common.errors import LandslipError, ModelError, OutputError, ParameterError
from landslip.engine.models import zoo
from landslip.engine.models.management import ManageRequest, manage
from landslip.engine.models.own_models import (
    add_model,
    listed_models,
    remove_model,
    rename_model,
    share_model,
)
from landslip.engine.models.runtime import Model
from landslip.tests.support import card, write_model


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(folder))
    return folder


def test_a_model_is_added_and_found_by_its_name(folder, model_path):
    added = add_model(model_path, "mine")
    assert added == str(folder / "mine.onnx")
    assert zoo.own_models() == ("mine",)
    assert zoo.model_path("mine") == added
    assert Model(added, "cpu").card.name == "mine"
    assert zoo.best_model(("B04", "B03", "B02", "slope")) in zoo.shipped_models()


def test_without_a_name_it_is_called_as_its_file(folder, model_path):
    add_model(model_path)
    assert zoo.own_models() == ("model",)


def test_renaming_changes_the_card_too(folder, model_path):
    add_model(model_path, "mine")
    renamed = rename_model("mine", "Iburi-2018")
    assert zoo.own_models() == ("Iburi-2018",)
    assert Model(renamed, "cpu").card.name == "Iburi-2018"


def test_a_shared_copy_is_the_file_itself(folder, model_path, tmp_path):
    added = add_model(model_path, "mine")
    copy = tmp_path / "for_you.onnx"
    checksum = share_model("mine", str(copy))
    content = copy.read_bytes()
    with open(added, "rb") as file:
        assert content == file.read()
    assert checksum == hashlib.sha256(content).hexdigest()
    assert share_model("fast_rgb", str(copy)) != checksum


def test_a_removed_one_is_gone(folder, model_path):
    add_model(model_path, "mine")
    remove_model("mine")
    assert zoo.own_models() == ()
    with pytest.raises(ModelError, match="There is no model 'mine'"):
        zoo.model_path("mine")


@pytest.mark.parametrize(
    "name", ["effnet_rgb", "FAST_RGB", "auto", "resunet_rgb", "mine", "Mine", "a/b", "..", "é", " "]
)
def test_names_that_cannot_be_are_refused(folder, model_path, name):
    add_model(model_path, "mine")
    with pytest.raises(ParameterError):
        add_model(model_path, name)
    assert zoo.own_models() == ("mine",)


@pytest.mark.parametrize("action", [remove_model, lambda name: rename_model(name, "other")])
@pytest.mark.parametrize("name", ["effnet_rgb", "nothing"])
def test_only_ones_own_models_are_changed(folder, action, name):
    with pytest.raises(ParameterError, match=f"The model '{name}'"):
        action(name)
    assert len(zoo.shipped_models()) == 3


def test_a_file_that_is_no_model_is_not_taken(folder, tmp_path):
    path = tmp_path / "text.onnx"
    path.write_text("no model")
    with pytest.raises(ModelError):
        add_model(str(path))
    assert zoo.own_models() == ()


def test_a_damaged_file_stops_nothing(folder, model_path):
    add_model(model_path, "mine")
    (folder / "broken.onnx").write_bytes(b"x")
    found = {each.name: each for each in listed_models()}
    assert found["broken"].card is None
    assert "cannot be used" in found["broken"].text
    assert found["mine"].card is not None
    assert [each.own for each in listed_models()] == [False] * 3 + [True] * 2


def test_a_file_named_as_a_shipped_model_does_not_hide_it(folder, model_path):
    folder.mkdir()
    with open(model_path, "rb") as file:
        (folder / "fast_rgb.onnx").write_bytes(file.read())
    assert zoo.own_models() == ()
    assert zoo.model_path("fast_rgb").startswith(str(zoo.FOLDER))


def test_a_folder_that_cannot_be_made_is_told(tmp_path, monkeypatch, model_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(tmp_path / "file" / "models"))
    assert zoo.own_models() == ()
    with pytest.raises(OutputError, match="cannot be made"):
        add_model(model_path, "mine")


def test_the_list_says_what_a_model_was_adapted_with(folder, tmp_path):
    about = card(name="adapted", adapted="fast_rgb with a new threshold, from 40 landslides.")
    add_model(write_model(tmp_path / "adapted.onnx", about))
    lines = manage(ManageRequest()).lines
    assert lines[-1] == (
        "adapted (B04, B03, B02): fast_rgb with a new threshold, from 40 landslides."
    )


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (ManageRequest("add"), "To add, give the FILE to add."),
        (ManageRequest("rename"), "To rename, give the MODEL to rename and its new NAME."),
        (ManageRequest("share", model="fast_rgb"), "OUTPUT"),
        (ManageRequest("burn"), "Unknown action 'burn'"),
        (ManageRequest("share", model="fast_rgb", copy="x.txt"), "ends in .onnx"),
    ],
)
def test_what_is_missing_is_told(folder, request_, sentence):
    with pytest.raises(LandslipError, match=sentence):
        manage(request_)


def test_the_host_says_where_unless_the_user_does(tmp_path, monkeypatch):
    monkeypatch.delenv(zoo.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(zoo, "_of_host", [])
    assert zoo.own_folder().name == "models"
    zoo.use_folder(tmp_path / "profile")
    assert zoo.own_folder() == tmp_path / "profile"
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(tmp_path / "mine"))
    assert zoo.own_folder() == tmp_path / "mine"
