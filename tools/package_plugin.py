"""Pack the plugin into the zip that plugins.qgis.org and QGIS's 'Install from ZIP' take.

The zip holds what runs inside QGIS and nothing else: what to include is listed, not what to leave
out, so that a new folder cannot slip in. The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import ast
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = (
    "metadata.txt",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "__init__.py",
    "plugin.py",
)
#: What the plugin trains with where PyTorch is, and whatever of `training` these import.
TRAINING = ("adapting", "self_train", "pretrain_encoder")
FOLDERS = ("algorithms", "engine", "resources", "review", "sample", "weights")
SUFFIXES = {
    ".py",
    ".md",
    ".txt",
    ".json",
    ".onnx",
    ".qml",
    ".model3",
    ".svg",
    ".png",
    ".js",
    ".css",
}
MOST_BYTES = 25 * 1024 * 1024  # plugins.qgis.org takes no more
OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    """Write the zip and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, nargs="?", default=ROOT / "build" / "landslip.zip")
    output = parser.parse_args().output
    files = plugin_files(ROOT)
    write_zip(output, files)
    size = output.stat().st_size
    if size > MOST_BYTES:
        output.unlink()
        largest = max(files, key=lambda file: file.stat().st_size)
        sys.exit(
            f"The zip would have {size / 2**20:.1f} MB, and plugins.qgis.org takes at most "
            f"{MOST_BYTES / 2**20:.0f}. The largest file is {largest.relative_to(ROOT)}: ship "
            "smaller or fewer models."
        )
    print(f"{output}: {len(files)} files, {size / 2**20:.1f} MB")


def plugin_files(root: Path) -> list[Path]:
    """Return the files that make up the plugin, in a fixed order."""
    missing = [name for name in FILES if not (root / name).is_file()]
    if missing:
        sys.exit(f"The plugin cannot be packed without {', '.join(missing)}.")
    inside = [file for name in FOLDERS for file in (root / name).rglob("*") if belongs(file)]
    return [root / name for name in FILES] + sorted([*inside, *training_files(root / "training")])


def training_files(folder: Path) -> set[Path]:
    """Return the modules of the training floor that `TRAINING` needs, and their packages."""
    found: set[Path] = set()
    waiting = [folder / f"{name}.py" for name in TRAINING]
    while waiting:
        file = waiting.pop()
        if file in found or folder not in file.parents:
            continue
        found.add(file)
        waiting += [file.parent / "__init__.py", *imported(file)]
    return found


def imported(file: Path) -> list[Path]:
    """Return the files of the modules that a file imports relatively."""
    files = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            names = [base, *(base / alias.name for alias in node.names)]
            files += [
                path.with_suffix(".py") for path in names if path.with_suffix(".py").is_file()
            ]
            files += [path / "__init__.py" for path in names if (path / "__init__.py").is_file()]
    return files


def belongs(file: Path) -> bool:
    """Tell whether a file of a listed folder goes into the zip."""
    hidden = any(part.startswith(".") for part in file.relative_to(ROOT).parts)
    return file.is_file() and file.suffix in SUFFIXES and not hidden


def write_zip(output: Path, files: list[Path]) -> None:
    """Write ``files`` under the folder ``landslip`` of a zip whose bytes depend on them alone."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            name = f"landslip/{file.relative_to(ROOT).as_posix()}"
            entry = zipfile.ZipInfo(name, OLDEST_ZIP_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main()
