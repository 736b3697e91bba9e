"""The manual builds without a dead link, and says what the code defines."""

import configparser
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import landslip
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.history import HISTORY_FIELDS
from landslip.engine.models.zoo import shipped_models

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
#: Markdown's links and pictures: what stands between the brackets.
LINK = re.compile(r"\]\(([^)\s]+)\)")


def load(name):
    """A script in tools/, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look it up there
    spec.loader.exec_module(module)
    return module


# --- the site ---


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("manual")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stderr
    return folder


def build(settings, folder):
    command = [sys.executable, "-m", "mkdocs", "build", "-f", settings, "-d", folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_site_loads_nothing_from_the_network(site):
    loading = re.compile(r"""<(?:script|img|link|iframe)[^>]*(?:src|href)=["']?(?:https?:)?//""")
    found = {page.name: loading.findall(page.read_text("utf-8")) for page in site.rglob("*.html")}
    assert {"index.html", "start.html", "detectlandslides.html"} <= set(found)
    assert [page for page, loaded in found.items() if loaded] == []


@pytest.mark.parametrize(
    "wrong", ["[x](guides/nothing.md)", "![x](images/nothing.png)", "[x](start.md#nothing)"]
)
def test_a_dead_link_stops_the_build(tmp_path, wrong):
    pytest.importorskip("mkdocs")
    settings = (ROOT / "mkdocs.yml").read_text("utf-8")
    (tmp_path / "mkdocs.yml").write_text(settings.partition("\nnav:")[0], encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Page\n\n[start](start.md)\n", encoding="utf-8")
    (tmp_path / "docs" / "start.md").write_text("# Start\n", encoding="utf-8")
    assert build(tmp_path / "mkdocs.yml", tmp_path / "site").returncode == 0
    (tmp_path / "docs" / "start.md").write_text(f"# Start\n\n{wrong}\n", encoding="utf-8")
    assert build(tmp_path / "mkdocs.yml", tmp_path / "site").returncode == 1


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_pages_outside_of_the_manual_lead_somewhere(name):
    links = LINK.findall((ROOT / name).read_text("utf-8"))
    files = [link.partition("#")[0] for link in links if "://" not in link]
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_the_readme_is_one_page():
    text = (ROOT / "README.md").read_text("utf-8")
    # 200 words a minute, commands and tables among them.
    assert len(text.split()) <= 700
    assert text.count("](docs/images/") == 1


def test_every_picture_is_shown_somewhere():
    pages = [*DOCS.rglob("*.md"), ROOT / "README.md"]
    shown = {Path(link).name for page in pages for link in LINK.findall(page.read_text("utf-8"))}
    assert sorted(file.name for file in (DOCS / "images").iterdir() if file.name not in shown) == []


# --- pages made from definitions ---


@pytest.fixture(scope="module")
def reference():
    pytest.importorskip("qgis.core")
    return load("make_reference")


def test_no_page_of_the_reference_is_stale(reference, monkeypatch, tmp_path, capsys):
    assert reference.main(["--check"]) == 0, capsys.readouterr().out
    monkeypatch.setattr(reference, "TARGET", tmp_path)
    assert reference.main(["--check"]) == 1
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    fields = tmp_path / "fields.md"
    fields.write_text(fields.read_text("utf-8").replace("Mean slope", "Slope"), encoding="utf-8")
    assert reference.main(["--check"]) == 1
    assert str(fields) in capsys.readouterr().out


def test_every_algorithm_has_a_page_with_all_its_parameters(reference):
    from landslip.algorithms import ALGORITHMS

    there = {file.stem for file in (DOCS / "reference" / "algorithms").iterdir()}
    assert there == {algorithm.NAME for algorithm in ALGORITHMS}
    for algorithm in ALGORITHMS:
        made = algorithm().create()
        page = reference.algorithm_page(made)
        named = re.findall(r"^\| `(\w+)` \|", page, re.M)
        wanted = [*made.parameterDefinitions(), *made.outputDefinitions()]
        assert set(named) == {definition.name() for definition in wanted}


def test_markup_that_markdown_lacks_is_refused(reference):
    assert reference.markdown("<p><b>DEM</b>: in\nm.</p><h3>In</h3>") == "**DEM**: in\nm.\n\n**In**"
    with pytest.raises(ValueError, match="<table>"):
        reference.markdown("<table>")


def test_fields_and_models_are_all_there():
    fields = (DOCS / "reference" / "fields.md").read_text("utf-8")
    assert all(f"| `{field.name}` |" in fields for field in (*FIELDS, *HISTORY_FIELDS))
    models = (DOCS / "reference" / "models.md").read_text("utf-8")
    assert re.findall(r"^## `(\w+)`", models, re.M) == list(shipped_models())


# --- figures ---


def test_every_figure_has_a_step_that_draws_it():
    pytest.importorskip("qgis.core")
    drawn = [name for step in load("make_figures").STEPS for name in step.figures]
    assert sorted(drawn) == sorted(file.name for file in (DOCS / "images").iterdir())


def test_what_cannot_be_drawn_without_data_is_said(monkeypatch, capsys):
    figures = load("make_figures")
    monkeypatch.delenv("LANDSLIP_DATA", raising=False)
    monkeypatch.setattr(sys, "argv", ["make_figures.py", "--only", "frequency_area.svg"])
    assert figures.main() == 0
    said = capsys.readouterr().out
    assert "not drawn: frequency_area.svg" in said
    assert "inventories/China.zip" in said


# --- the changelogs ---


def test_both_changelogs_tell_the_same():
    """Versions in the same order, each with the same first line."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    long = (ROOT / "CHANGELOG.md").read_text("utf-8")
    sections = re.findall(r"^## \[(\d[\w.]*)\][^\n]*\n\n([^#]*?)\n\n", long, re.M)
    short = re.findall(r"^(\d[\w.]*)\n- (.+)", metadata["general"]["changelog"], re.M)
    assert short == [(version, " ".join(first.split())) for version, first in sections]
    assert short[0][0] == landslip.__version__
