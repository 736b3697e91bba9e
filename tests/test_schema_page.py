"""The page of the exchange schemas says what the presets hold."""

import importlib.util
from pathlib import Path

import pytest

from landslip.engine.inventory.presets import PRESETS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def tool():
    path = ROOT / "tools" / "make_schema_page.py"
    spec = importlib.util.spec_from_file_location("make_schema_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_not_stale(tool, monkeypatch, tmp_path, capsys):
    assert tool.main(["--check"]) == 0, "run tools/make_schema_page.py"
    monkeypatch.setattr(tool, "TARGET", tmp_path / "schemas.md")
    assert tool.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().out
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_every_field_and_value_stands_there(tool, preset):
    _, _, after = tool.page().partition(f"## `{preset.name}`\n")
    section, _, _ = after.partition("\n## `")
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in rows] == [column.name for column in preset.columns]
    for column in preset.columns:
        assert column.source in section
        assert all(str(choice) in section for choice in column.choices)
    assert all(gap in section for gap in preset.gaps)
    guide = (ROOT / "docs" / "guides" / "hand_in.md").read_text(encoding="utf-8")
    assert f"`{preset.name}`" in guide
