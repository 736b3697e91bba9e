"""From a recipe to a model file by the commands alone, on synthetic patches."""

import sys

import pytest

from landslip.training.__main__ import main, parser
from landslip.training.export import read_card

RECIPE = """
name = "tiny"
description = "test"
epochs = 1
batch = 3
options = { width = 4, depth = 2 }
validation = { scene = 1, first_row = 4, last_row = 4 }
test = { scene = 1, first_row = 6, last_row = 6 }
"""


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["landslip.training", *map(str, arguments)])
    return main()


def test_train_evaluate_export_table(tmp_path, synthetic_folder, monkeypatch, capsys):
    pytest.importorskip("onnxruntime")
    recipe, folder, file = tmp_path / "tiny.toml", tmp_path / "run", tmp_path / "w" / "tiny.onnx"
    recipe.write_text(RECIPE)
    data = ("--data", synthetic_folder)
    flags = ("--set", "augmentation.noise=0.01", "--device", "cpu", *data)
    assert run(monkeypatch, "train", recipe, "--run", folder, *flags) == 0
    assert run(monkeypatch, "export", folder, "--output", file) == 1
    assert "no held-out accuracy" in capsys.readouterr().err
    assert run(monkeypatch, "evaluate", folder, *data) == 0
    assert run(monkeypatch, "recalibrate", folder, "--enlarge", 2, *data) == 0
    assert "Enlarged by 2" in capsys.readouterr().out
    # Scores of the network as it was before are gone: it must be evaluated again.
    assert run(monkeypatch, "export", folder, "--output", file) == 1
    assert run(monkeypatch, "evaluate", folder, *data) == 0
    assert run(monkeypatch, "export", folder, "--output", file, "--version", "2.1.0") == 0
    assert run(monkeypatch, "card-table", file.parent) == 0
    card = read_card(file)
    assert (card.name, card.version, card.bands) == ("tiny", "2.1.0", ("B04", "B03", "B02"))
    # Two of them answer together.
    both = tmp_path / "both"
    assert run(monkeypatch, "ensemble", folder, folder, "--run", both) == 0
    assert run(monkeypatch, "recalibrate", both, *data) == 0
    assert run(monkeypatch, "evaluate", both, *data) == 0
    assert run(monkeypatch, "export", both, "--output", tmp_path / "both.onnx") == 0
    joined = read_card(tmp_path / "both.onnx")
    assert (joined.name, joined.architecture) == ("both", "ResU-Net + ResU-Net")
    assert joined.accuracy[0].f1 == pytest.approx(card.accuracy[0].f1, abs=0.02)
    table = (file.parent / "README.md").read_text(encoding="utf-8")
    assert f"F1 {card.accuracy[0].f1:.3f}" in table
    assert "`tiny.onnx` 2.1.0" in table


@pytest.mark.parametrize(
    "command",
    ["train", "pretrain", "evaluate", "recalibrate", "ensemble", "export", "compare", "panels"],
)
def test_help_explains(command, capsys):
    with pytest.raises(SystemExit) as end:
        parser().parse_args([command, "--help"])
    assert end.value.code == 0
    assert len(capsys.readouterr().out) > 200


def test_mistake_is_one_sentence(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, "evaluate", tmp_path) == 1
    assert capsys.readouterr().err.startswith("error: There is no checkpoint")
