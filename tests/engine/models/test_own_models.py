"""The user's own models: into the list, renamed, given away, removed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from landslip.engine.common.errors import LandslipError, ModelError, OutputError, ParameterError
from landslip.engine.models import zoo
from landslip.engine.models.card_file import with_card
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
    assert (tmp_path / "for_you.onnx.sha256").read_text() == f"{checksum}  for_you.onnx\n"
    content = copy.read_bytes()
    with open(added, "rb") as file:
        assert content == file.read()
    assert checksum == hashlib.sha256(content).hexdigest()
    assert share_model("fast_rgb", str(copy)) != checksum


def test_what_comes_with_landslip_is_not_written_over(folder, model_path, tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "FOLDER", tmp_path / "weights")
    shipped = tmp_path / "weights" / "fast_rgb.onnx"
    shipped.parent.mkdir()
    shipped.write_bytes(Path(model_path).read_bytes())
    add_model(model_path, "mine")
    (tmp_path / "link.onnx").symlink_to(shipped)
    for target in (shipped, tmp_path / "link.onnx"):
        with pytest.raises(OutputError, match="comes with Landslip, and stays as it is"):
            share_model("mine", str(target))
    assert shipped.read_bytes() == Path(model_path).read_bytes()


def test_a_name_may_have_its_ending(folder, model_path):
    assert add_model(model_path, "mine.onnx") == str(folder / "mine.onnx")
    assert rename_model("mine", "yours.onnx") == str(folder / "yours.onnx")


def test_a_removed_one_is_gone(folder, model_path):
    add_model(model_path, "mine")
    remove_model("mine")
    assert zoo.own_models() == ()
    with pytest.raises(ModelError, match="There is no model 'mine'"):
        zoo.model_path("mine")


@pytest.mark.parametrize(
    "name",
    [
        *("effnet_rgb", "FAST_RGB", "auto", "resunet_rgb", "mine", "Mine", "mine.onnx"),
        *("a/b", "..", "é", " ", "NUL", "com1", "aux.2018"),
    ],
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
        "adapted (your own; B04, B03, B02): Adapted: fast_rgb with a new threshold, from 40 "
        "landslides."
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


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's folder for data, with no variable and no host that says otherwise."""
    monkeypatch.delenv(zoo.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(zoo, "_of_host", [])
    monkeypatch.setattr(zoo, "_data_folder", lambda: tmp_path / "data")
    return tmp_path / "data"


def test_the_host_says_where_unless_the_user_does(home, tmp_path, monkeypatch):
    assert zoo.own_folder() == home / "landslip" / "models"
    zoo.use_folder(tmp_path / "profile")
    assert zoo.own_folder() == tmp_path / "profile"
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(tmp_path / "mine"))
    assert zoo.own_folders() == (tmp_path / "mine",)


@pytest.mark.parametrize("qgis", ["QGIS3", "QGIS4"])
def test_the_command_line_and_the_profile_find_each_others_models(home, model_path, qgis):
    profile = home / "QGIS" / qgis / "profiles" / "default" / zoo.IN_PROFILE
    zoo.use_folder(profile)
    in_profile = add_model(model_path, "of_qgis")
    assert in_profile == str(profile / "of_qgis.onnx")
    zoo._of_host.clear()
    plain = add_model(model_path, "of_command")
    assert plain == str(home / "landslip" / "models" / "of_command.onnx")
    assert zoo.model_path("of_qgis") == in_profile
    renamed = rename_model("of_qgis", "ours")
    assert renamed == str(profile / "ours.onnx")
    zoo.use_folder(profile)
    assert zoo.own_models() == ("of_command", "ours")
    remove_model("of_command")
    assert zoo.own_models() == ("ours",)


def test_of_two_with_one_name_the_first_folder_counts(home, tmp_path, model_path):
    zoo.use_folder(tmp_path / "profile")
    for folder in zoo.own_folders():
        folder.mkdir(parents=True)
        shutil.copy(model_path, folder / "mine.onnx")
    assert zoo.own_models() == ("mine",)
    assert zoo.model_path("mine") == str(tmp_path / "profile" / "mine.onnx")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("fast_rgb.onnx", "is the name of a model that comes with Landslip"),
        ("Auto.onnx", "is the name of a model that comes with Landslip"),
        ("Iburi 2018.onnx", "cannot be the name of a model"),
    ],
)
def test_files_whose_names_cannot_be_are_told_and_passed_over(folder, model_path, file, sentence):
    folder.mkdir()
    shutil.copy(model_path, folder / file)
    shutil.copy(model_path, folder / ".mine-a1b2c3d4.part.onnx")  # one that is being written
    assert zoo.own_models() == ()
    (told,) = zoo.passed_over()
    assert told.startswith(f"{folder / file} is passed over: ")
    assert sentence in told
    assert manage(ManageRequest()).lines[-1] == told


def test_a_name_that_is_taken_is_no_secret(folder, model_path):
    add_model(model_path, "mine")
    with pytest.raises(ParameterError, match="There is a model 'Mine' already"):
        rename_model("mine", "Mine")
    assert zoo.own_models() == ("mine",)


def test_a_copy_that_was_damaged_on_the_way_is_noticed(folder, model_path, tmp_path):
    add_model(model_path, "mine")
    sent = tmp_path / "sent.onnx"
    share_model("mine", str(sent))
    sent.write_bytes(with_card(sent.read_bytes(), card(version="9.9.9")))
    with pytest.raises(ModelError, match="not what its checksum says"):
        add_model(str(sent), "other")
    (tmp_path / "sent.onnx.sha256").unlink()
    add_model(str(sent), "other")
    assert zoo.own_models() == ("mine", "other")


def test_weights_in_another_file_are_refused(folder, tmp_path):
    import onnx

    whole = write_model(tmp_path / "whole.onnx", kernel=3)
    apart = tmp_path / "apart.onnx"
    onnx.save(
        onnx.load(whole),
        str(apart),
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=100,
    )
    Model(str(apart), "cpu")
    with pytest.raises(ModelError, match="weights lie in files of their own"):
        add_model(str(apart))
    assert list(folder.iterdir()) == []


def test_what_gives_no_probabilities_is_not_taken(folder, tmp_path):
    import onnx

    path = write_model(tmp_path / "raw.onnx")
    model = onnx.load(path)
    (last,) = [node for node in model.graph.node if node.op_type == "Sigmoid"]
    last.op_type = "Identity"
    onnx.save(model, path)
    with pytest.raises(ModelError, match="no probabilities"):
        add_model(path)
    assert zoo.own_models() == ()


def test_what_is_deleted_is_told(folder, model_path):
    add_model(model_path, "mine")
    told = remove_model("mine")
    assert told.startswith(f"{folder / 'mine.onnx'}. It was mine (your own; B04, B03, B02): ")
