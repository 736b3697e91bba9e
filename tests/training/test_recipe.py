import dataclasses

import pytest

from landslip.engine.common.errors import ParameterError
from landslip.training import pretrain, train
from landslip.training.__main__ import PRETRAINING
from landslip.training.bands import BAND_SETS, L4S_DIVISOR, RGB, band_names
from landslip.training.recipe import FOLDER, from_values, read_recipe, to_values

RECIPES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", RECIPES)
def test_shipped_recipes_are_valid_and_survive_a_checkpoint(name):
    kind = pretrain.Config if name in PRETRAINING else train.Config
    config = read_recipe(name, kind)
    assert config.name == name
    assert from_values(kind, to_values(config)) == config


def test_the_command_line_changes_what_it_names():
    changes = ["epochs=3", "augmentation.gain=0.5", "bands=rgb+slope", "network = unet"]
    changed = read_recipe("resunet_rgb", train.Config, changes)
    plain = read_recipe("resunet_rgb", train.Config)
    assert changed == dataclasses.replace(
        plain,
        epochs=3,
        network="unet",
        bands=(*RGB, "slope"),
        augmentation=dataclasses.replace(plain.augmentation, gain=0.5),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("epochs", "Write key=value"),
        ("epochs.first=3", "epochs is a value"),
        ("learnig_rate=1", r"learnig_rate.*Known keys: .*learning_rate"),
        ("augmentation.gian=1", "gian"),
        ("augmentation=3", "recipe is wrong"),
        ("bands=rgb+snow", r"no band set 'rgb\+snow'.*rgb\+slope\+dem"),
        ('bands=["B04", "B4"]', "list of different bands"),
        ('bands=["B04", "B04"]', "list of different bands"),
        ('bands=["slope", "B04"]', "Put slope and dem last"),
    ],
)
def test_wrong_settings_are_told(change, message):
    with pytest.raises(ParameterError, match=message):
        read_recipe("resunet_rgb", train.Config, [change])


def test_files_that_are_no_recipes(tmp_path):
    (tmp_path / "bad.toml").write_text("epochs = = 3")
    with pytest.raises(ParameterError, match="not valid TOML"):
        read_recipe(tmp_path / "bad.toml", train.Config)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParameterError, match="not valid TOML"):
        read_recipe(tmp_path / "binary.toml", train.Config)
    with pytest.raises(ParameterError, match="no recipe or experiment"):
        read_recipe(tmp_path / "missing.toml", train.Config)


def test_the_seven_scenarios_have_their_bands():
    sizes = [len(bands) for bands in BAND_SETS.values()]
    assert sizes[:8] == [3, 4, 5, 5, 4, 5, 6, 14]  # and illumination, which the paper has not
    assert sizes[8:] == [3, 3, 6, 7]  # the competition's Table III
    assert BAND_SETS["all"] == tuple(L4S_DIVISOR)
    assert all(band_names(name) == band_names(bands) for name, bands in BAND_SETS.items())
