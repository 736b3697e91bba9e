"""The plugin folder, the package, the zip and the install are one thing and must agree."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import landslip

ROOT = Path(landslip.__file__).resolve().parent
HEAVY = ("qgis", "osgeo", "torch", "onnxruntime", "rasterio", "pyogrio", "h5py", "matplotlib")
#: What the code of each floor may import from the package itself.
FLOORS = {
    "engine": {"engine"},
    "training": {"training", "engine", "sample"},
    "sample": {"sample", "engine"},
    "cli": {"cli", "engine", "sample", "training"},
    "algorithms": {"algorithms", "engine", "sample", "training"},
    "review": {"review", "algorithms", "engine"},
}


#: The engine's rooms. Each may import from those before it.
ROOMS = (
    "common",
    "raster",
    "inventory",
    "stack",
    "products",
    "models",
    "preparation",
    "catalogue",
    "outlines",
    "ground",
    "detection",
    "assessment",
    "adaptation",
    "setup",
)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run this Python with ``command``, and return what it printed."""
    return subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=False
    )


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


# --- the package ---


def test_every_folder_with_code_is_listed_as_a_package():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"(?ms)^packages = \[(.*?)^\]", text)
    assert block is not None
    listed = re.findall(r'"([\w.]+)"', block.group(1))
    others = {".venv", "build", "dist", "tests", "runs"}
    tops = [top for top in ROOT.iterdir() if top.is_dir() and top.name not in others]
    inits = [ROOT / "__init__.py", *(init for top in tops for init in top.rglob("__init__.py"))]
    folders = [".".join(("landslip", *i.parent.relative_to(ROOT).parts)) for i in inits]
    assert sorted(listed) == sorted(folders)


#: QGIS has its own plugins, Processing among them, on the path.
INSIDE_QGIS = """
import os, sys
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import QgsApplication
app = QgsApplication([], False)
sys.path.append(app.pkgDataPath() + "/python/plugins")
"""

IMPORT_ALL = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is blocked by the test")

sys.meta_path.insert(0, Blocked())
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if {deep} and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        print(module.name)
"""


@pytest.mark.parametrize(("package", "deep"), [("landslip", False), ("landslip.engine", True)])
def test_importing_needs_none_of_the_heavy_packages(package, deep):
    done = run("-c", IMPORT_ALL.format(blocked=HEAVY, package=package, deep=deep))
    assert done.returncode == 0, done.stderr
    if deep:
        assert "landslip.engine.models.card" in done.stdout.split()


@pytest.mark.parametrize("package", ["landslip.algorithms", "landslip.review"])
def test_importing_what_is_for_qgis_needs_qgis_only(package):
    pytest.importorskip("qgis.core")
    blocked = tuple(name for name in HEAVY if name not in {"qgis", "osgeo"})
    code = IMPORT_ALL.format(blocked=blocked, package=package, deep=True)
    done = run("-c", INSIDE_QGIS + code)
    assert done.returncode == 0, done.stderr


# --- the floors ---


def imports(file: Path) -> list[tuple[int, str]]:
    """Return every import of a file, those in functions too, as (level, dotted name)."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [f"{base}.{alias.name}".strip(".") for alias in node.names]
            found += [(node.level, name) for name in ([base] if base else names)]
    return found


def inside(file: Path, level: int, name: str) -> str:
    """Return what a relative import of ``file`` names, from the package's root on."""
    parents = file.relative_to(ROOT).parts[:-1]
    return ".".join((*parents[: len(parents) - (level - 1)], name))


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_downwards(floor):
    wrong = [
        f"{file.relative_to(ROOT)}: {inside(file, level, name)}"
        for file in sources(floor)
        for level, name in imports(file)
        if level and inside(file, level, name).split(".")[0] not in FLOORS[floor] | {"__version__"}
    ]
    assert wrong == []


@pytest.mark.parametrize("floor", ["algorithms", "cli"])
def test_training_is_reached_only_inside_functions(floor):
    """So that nothing of it is loaded where PyTorch is not."""
    wrong = [
        str(file.relative_to(ROOT))
        for file in sources(floor)
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "training"
    ]
    assert wrong == []


def test_a_room_imports_only_from_rooms_before_it():
    engine = ROOT / "engine"
    assert sorted(ROOMS) == sorted(init.parent.name for init in engine.glob("*/__init__.py"))
    assert [path.name for path in engine.glob("*.py")] == ["__init__.py"]
    wrong = []
    for file in sources("engine"):
        room = file.parent.name
        for level, name in imports(file):
            parts = inside(file, level, name).split(".") if level else []
            if len(parts) < 2 or parts[0] != "engine":
                continue
            if ROOMS.index(parts[1]) > ROOMS.index(room):
                wrong.append(f"{file.relative_to(ROOT)}: {'.'.join(parts)}")
    assert wrong == []


def test_imports_inside_the_package_are_relative():
    files = [*ROOT.glob("*.py"), *(f for name in (*FLOORS, "demo") for f in sources(name))]
    wrong = [
        str(file.relative_to(ROOT))
        for file in files
        for level, name in imports(file)
        if not level and name.split(".")[0] == "landslip"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("package", "floors"),
    [
        ("qgis", ("engine", "training")),
        ("torch", ("engine", "algorithms", "review")),
        ("PyQt5", FLOORS),
    ],
)
def test_a_floor_leaves_the_packages_of_others_alone(package, floors):
    wrong = [
        str(file.relative_to(ROOT))
        for floor in floors
        for file in sources(floor)
        for level, name in imports(file)
        if not level and name.split(".")[0] == package
    ]
    assert wrong == []


# --- metadata ---

REQUIRED = (
    *("name", "version", "qgisMinimumVersion", "qgisMaximumVersion", "description", "about"),
    *("author", "email", "tracker", "repository", "homepage", "license", "changelog"),
    *("hasProcessingProvider", "category", "tags", "icon"),
)


@pytest.fixture(scope="module")
def metadata() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    return parser["general"]


def test_metadata_has_what_the_plugin_repository_requires(metadata):
    assert [key for key in REQUIRED if not metadata.get(key)] == []
    assert metadata["hasProcessingProvider"] == "yes"
    assert (metadata["qgisMinimumVersion"], metadata["qgisMaximumVersion"]) == ("3.22", "4.99")


def test_metadata_and_changelog_tell_the_version_of_the_package(metadata):
    assert metadata["version"] == landslip.__version__
    assert metadata["changelog"].startswith(landslip.__version__)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{landslip.__version__}]" in changelog


def test_the_icon_exists(metadata):
    assert (ROOT / metadata["icon"]).is_file()


# --- the zip ---


@pytest.fixture(scope="module")
def plugin_zip(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("zip") / "landslip.zip"
    done = run(ROOT / "tools/package_plugin.py", file)
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(scope="module")
def unpacked(plugin_zip, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("plugins")
    with zipfile.ZipFile(plugin_zip) as archive:
        archive.extractall(folder)
    return folder


def test_the_zip_holds_one_folder_with_what_qgis_needs(unpacked):
    assert [path.name for path in unpacked.iterdir()] == ["landslip"]
    for name in ("metadata.txt", "LICENSE", "__init__.py", "plugin.py", "resources/icon.svg"):
        assert (unpacked / "landslip" / name).is_file(), name


def test_the_zip_is_small_enough_and_holds_no_foreign_files(plugin_zip):
    assert plugin_zip.stat().st_size <= 25 * 1024 * 1024
    with zipfile.ZipFile(plugin_zip) as archive:
        names = archive.namelist()
    parts = {part for name in names for part in name.split("/")}
    binaries = (".so", ".dll", ".exe", ".sh", ".bat", ".cmd", ".ps1", ".pyc", ".zip")
    assert [name for name in names if name.lower().endswith(binaries)] == []
    assert [part for part in parts if part.startswith((".", "__pycache__", "__MACOSX"))] == []
    assert parts.isdisjoint({"tests", "recipes", "benchmarks", "demo", "tools", "runs"})


def test_the_zip_holds_every_module_and_model_of_the_plugin(plugin_zip):
    with zipfile.ZipFile(plugin_zip) as archive:
        names = set(archive.namelist())
    others = [*(ROOT / "weights").glob("*.onnx"), *(ROOT / "resources").iterdir()]
    shipped = [*sources("engine"), *sources("algorithms"), *others]
    assert {f"landslip/{file.relative_to(ROOT).as_posix()}" for file in shipped} <= names


IMPORT_TRAINING = """
import sys
sys.path.insert(0, {folder!r})
from landslip.training import adapting, pretrain_encoder, self_train
import landslip
print(landslip.__file__)
"""


def test_the_zip_can_train_where_pytorch_is(unpacked):
    pytest.importorskip("torch")
    done = run("-I", "-c", IMPORT_TRAINING.format(folder=str(unpacked)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(unpacked / "landslip" / "__init__.py")
    assert not (unpacked / "landslip/training/gpu_run.py").exists(), "only what is needed"


def test_the_zip_is_the_same_bytes_every_time(plugin_zip, tmp_path):
    run(ROOT / "tools/package_plugin.py", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == plugin_zip.read_bytes()


def test_the_zip_passes_the_security_scan_of_the_plugin_repository(unpacked):
    pytest.importorskip("bandit")
    done = run("-m", "bandit", "--quiet", "--recursive", unpacked)
    assert done.returncode == 0, done.stdout


# --- the install ---

SETTINGS = """\
[General]
Locale\\Size=@Size(10 20)

[PythonPlugins]
processing=true
landslip=false
otherLandslip=true

[qgis]
landslip=kept
"""


@pytest.fixture
def profile(tmp_path) -> Path:
    settings = tmp_path / "a profile" / "QGIS" / "QGIS3.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    return tmp_path / "a profile"


def link(action: str, profile: Path) -> subprocess.CompletedProcess[str]:
    return run(ROOT / "tools/link_plugin.py", action, "--profile", profile, "--no-packages")


def test_install_links_and_enables_and_uninstall_takes_back(profile):
    settings = profile / "QGIS" / "QGIS3.ini"
    linked = profile / "python" / "plugins" / "landslip"

    assert link("install", profile).returncode == 0
    assert linked.resolve() == ROOT
    enabled = SETTINGS.replace("landslip=false\n", "", 1)
    enabled = enabled.replace("[PythonPlugins]\n", "[PythonPlugins]\nlandslip=true\n")
    assert settings.read_text(encoding="utf-8") == enabled

    assert link("install", profile).returncode == 0, "a second time changes nothing"
    assert settings.read_text(encoding="utf-8") == enabled

    assert link("uninstall", profile).returncode == 0
    assert not linked.is_symlink()
    without = SETTINGS.replace("landslip=false\n", "", 1)
    assert settings.read_text(encoding="utf-8") == without
    assert (ROOT / "metadata.txt").is_file(), "the link goes, not what it points to"


def test_install_into_a_new_profile_writes_its_settings(tmp_path):
    assert link("install", tmp_path).returncode == 0
    settings = (tmp_path / "QGIS" / "QGIS3.ini").read_text(encoding="utf-8")
    assert settings == "[PythonPlugins]\nlandslip=true\n"


def test_install_does_not_replace_another_copy(profile):
    other = profile / "python" / "plugins" / "landslip"
    other.mkdir(parents=True)
    (other / "mine.txt").write_text("kept", encoding="utf-8")
    done = link("install", profile)
    assert done.returncode == 1
    assert "another copy of the plugin" in done.stderr
    assert (other / "mine.txt").read_text(encoding="utf-8") == "kept"


# --- the set-up ---


def test_without_qgis_and_without_apt_the_set_up_says_what_to_do(tmp_path):
    python = tmp_path / "env" / "bin" / "python"
    made = run("-m", "venv", "--without-pip", tmp_path / "env")
    assert made.returncode == 0, made.stderr
    done = subprocess.run(
        [python, ROOT / "tools/set_up.py", "qgis"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no apt-get" in done.stderr
    assert "QGIS 3.22 or newer" in done.stderr
    assert "make test-engine" in done.stderr


def test_the_make_targets_are_explained():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.M)
    assert phony is not None
    explained = re.findall(r"^([a-z-]+):.*## ", text, re.M)
    assert sorted(phony.group(1).split()) == sorted(explained)


# --- Qt 6 ---


def qt6_problems(*arguments):
    # In a process of its own: PyQt5 and PyQt6 do not go together.
    command = [sys.executable, ROOT / "tools/check_qt6.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_qt_name_exists_in_qt6():
    pytest.importorskip("PyQt6")
    found = qt6_problems()
    assert found.returncode == 0, found.stdout + found.stderr


def test_names_that_qt6_lacks_are_found(tmp_path):
    pytest.importorskip("PyQt6")
    old = tmp_path / "old.py"
    old.write_text(
        "from qgis.PyQt.QtCore import Qt, QStringList\n"
        "a = Qt.ISODate\n"
        "b = Qt.DateFormat.ISODate\n"
        "if Qgis.QGIS_VERSION_INT >= 33800:\n    pass\nelse:\n    c = Qt.TextDate\n"
    )
    found = qt6_problems(old)
    assert found.returncode == 1
    assert [line.split(": ")[1] for line in found.stdout.splitlines()] == [
        "PyQt6.QtCore has no QStringList",
        "PyQt6 has no Qt.ISODate",
    ]


# --- what lies in the repository ---


def test_nothing_strays_at_the_root():
    """Names that some systems do not know, or that a test has left behind."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    files = [name for name in listed.stdout.splitlines() if "/" not in name]
    known = r"\w+\.(md|py|txt|toml|yml)|\.gitignore|LICENSE|Makefile"
    assert [name for name in files if not re.fullmatch(known, name)] == []
