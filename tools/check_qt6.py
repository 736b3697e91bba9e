"""Check that every Qt name in the plugin exists in PyQt6: ``tools/check_qt6.py [FILE ...]``.

QGIS 4 is built on Qt 6, whose Python bindings know enumerations only by their full names
(``Qt.DateFormat.ISODate``, not ``Qt.ISODate``). Walks the syntax trees; needs the PyQt6 wheel, and
no QGIS. What stands in the ``else`` of a question for QGIS's version is for QGIS 3 alone.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: What runs inside QGIS.
PLACES = ("__init__.py", "plugin.py", "algorithms", "demo", "engine", "review", "sample", "tools")
_VERSION = "QGIS_VERSION_INT"
#: What QGIS calls its Qt, and the wheel.
_QT, _QT6 = "qgis.PyQt", "PyQt6"


def main() -> int:
    """Print what PyQt6 does not know; the exit status is 1 where there is something."""
    chosen = [Path(argument) for argument in sys.argv[1:]] or files()
    found = [problem for file in chosen for problem in problems(file)]
    print("\n".join(found) or "PyQt6 has every Qt name that is used.")
    return int(bool(found))


def files() -> Iterator[Path]:
    """The Python files of the plugin."""
    for place in PLACES:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def problems(file: Path) -> Iterator[str]:
    """Sentences about names in a file that PyQt6 lacks."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    known: dict[str, object] = {}
    chains: list[tuple[int, list[str]]] = []
    for node in _walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_QT):
            module = importlib.import_module(str(node.module).replace(_QT, _QT6, 1))
            for name in node.names:
                if hasattr(module, name.name):
                    known[name.asname or name.name] = getattr(module, name.name)
                else:
                    yield f"{file}:{node.lineno}: {module.__name__} has no {name.name}"
        elif isinstance(node, ast.Attribute) and (parts := _chain(node)):
            chains.append((node.lineno, parts))
    for line, (first, *rest) in chains:
        if first in known and not _resolves(known[first], rest):
            yield f"{file}:{line}: PyQt6 has no {'.'.join([first, *rest])}"


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that are for QGIS 3 alone."""
    yield node
    for field, value in ast.iter_fields(node):
        if field == "orelse" and isinstance(node, ast.If) and _VERSION in ast.dump(node.test):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _chain(node: ast.expr) -> list[str]:
    """The names of ``A.b.c``; empty where it does not begin with a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def _resolves(value: object, names: list[str]) -> bool:
    for name in names:
        if not hasattr(value, name):
            return False
        value = getattr(value, name)
    return True


if __name__ == "__main__":
    sys.exit(main())
