"""Many scenes for one run: files, folders of them, and collections of STAC items."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import LandslipError, ParameterError
from ..common.file_names import stem_of
from ..products.product import open_products
from ..products.stac_item import is_item_file, item_paths

#: Rasters that may be stacks.
_STACKS = (".tif", ".tiff", ".vrt", ".img", ".jp2")


@dataclass(frozen=True)
class Scene:
    """A scene.

    Attributes:
        name: What its outputs are called; no two scenes of a run have the same.
        path: Of a stack or a product.
        is_product: Whether it is a downloaded product.
    """

    name: str
    path: str
    is_product: bool


def find_scenes(paths: Sequence[str]) -> list[Scene]:
    """The scenes that are meant: stacks and products, those in folders, and STAC items.

    A folder that is a product is one; of any other, every stack and product in it counts.

    Raises:
        ParameterError: There is none, or one of the paths leads nowhere.
        ProductError: A JSON file holds no STAC item.
    """
    for path in paths:
        if not (path.startswith("/vsi") or "://" in path or os.path.exists(path)):
            raise ParameterError(
                f"There is no {path}; expected a stack, a product, or a folder of them. Check the "
                "path. Nothing was detected."
            )
    found = list(dict.fromkeys(scene for path in paths for scene in _scenes_of(path)))
    if not found:
        raise ParameterError(
            f"{', '.join(paths)} holds no scene; expected stacks ({', '.join(_STACKS)}), "
            "Sentinel-2 products (.SAFE, .zip), folders of these, or a file of STAC items."
        )
    names = _unique(_name(path) for path, _ in found)
    return [Scene(name, path, product) for name, (path, product) in zip(names, found)]


def _scenes_of(path: str) -> Iterator[tuple[str, bool]]:
    if is_item_file(path):
        yield from ((item, True) for item in item_paths(path))
    elif not os.path.isdir(path) or _is_product(path):
        yield path, not path.lower().endswith(_STACKS)
    else:
        for inside in sorted(Path(path).iterdir()):
            if inside.name.startswith("."):
                continue
            if inside.suffix.lower() in (".zip", ".safe") or (
                inside.is_dir() and _is_product(str(inside))
            ):
                yield str(inside), True
            elif inside.suffix.lower() in _STACKS:
                yield str(inside), False


def _is_product(folder: str) -> bool:
    if folder.rstrip("/\\").upper().endswith(".SAFE"):
        return True
    try:
        open_products([folder])
    except LandslipError:
        return False
    return True


def _name(path: str) -> str:
    """A file name for the outputs of a scene."""
    file, _, item = path.partition("#")
    text = item or Path(os.path.abspath(file)).name
    for ending in (".zip", ".SAFE", *_STACKS, ".json", ".geojson"):
        if text.lower().endswith(ending.lower()):
            text = text[: -len(ending)]
    return stem_of(text) or "scene"


def _unique(names: Iterator[str]) -> list[str]:
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 2
        while candidate.lower() in taken:  # file systems that tell no case apart
            candidate, number = f"{name}-{number}", number + 1
        taken.add(candidate.lower())
        result.append(candidate)
    return result
