"""State of the packages that Landslip needs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import invalidate_caches, metadata, util
from pathlib import Path

from ..common.dependencies import REQUIREMENTS, Requirement, require
from ..common.errors import DependencyError

#: Modules of ours that load nothing by themselves, but that the modules named here need.
_PARTS = {"scipy": ("scipy.ndimage",), "rasterio": ("rasterio.warp",)}


@dataclass(frozen=True)
class PackageState:
    """A package, as the running Python finds it.

    Attributes:
        requirement: What is needed.
        version: What is there; empty where nothing is.
        place: Folder that it was loaded from; empty where it was not.
        problem: Why it will not do; empty where it will.
        damaged: Whether something is there that cannot be loaded.
    """

    requirement: Requirement
    version: str
    place: str
    problem: str
    damaged: bool = False


def package_states() -> list[PackageState]:
    """State of every package that is needed. Loads those that can be loaded."""
    return [_state(Requirement.of(text)) for text in REQUIREMENTS]


def _state(requirement: Requirement) -> PackageState:
    problem = ""
    try:
        for module in (requirement.module, *_PARTS.get(requirement.module, ())):
            require(module, requirement.package)
    except DependencyError as err:
        problem = err.reason
    found = sys.modules.get(requirement.module)
    file = getattr(found, "__file__", None)
    return PackageState(
        requirement,
        str(getattr(found, "__version__", "") or _recorded_version(requirement.package)),
        str(Path(file).parent) if file else "",
        problem,
        bool(problem) and _is_somewhere(requirement.module),
    )


def _is_somewhere(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except ValueError:  # a module that something has blocked
        return False


def _recorded_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def forget(modules: Iterable[str], folder: Path) -> bool:
    """Have Python look for modules anew; ``folder`` is among the places that it looks at.

    Returns:
        Whether it will: compiled code that is loaded cannot be exchanged without a restart.
    """
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    sys.path_importer_cache.pop(str(folder), None)
    invalidate_caches()
    at_once = True
    for top in modules:
        loaded = [name for name in sys.modules if name == top or name.startswith(f"{top}.")]
        if any(_is_compiled(name) for name in loaded):
            at_once = False
            continue
        for name in loaded:
            del sys.modules[name]
    return at_once


def _is_compiled(module: str) -> bool:
    file = getattr(sys.modules[module], "__file__", None)
    return bool(file) and not str(file).endswith(".py")
