"""State of the packages that Landslip needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib import invalidate_caches, metadata, util
from pathlib import Path

from ..common.dependencies import REQUIREMENTS, Requirement, require
from ..common.errors import DependencyError
from .host import Run

#: Modules of ours that load nothing by themselves, but that the modules named here need.
_PARTS = {"scipy": ("scipy.ndimage",), "rasterio": ("rasterio.warp",)}
#: Loads modules one by one, and says each name before: the last one is what crashed it.
_LOAD = """
import importlib, json, sys
sys.path[:], names = json.loads(sys.argv[1])
for name in names:
    print("loading", name, flush=True)
    try:
        importlib.import_module(name)
        if name.startswith("onnxruntime_ep_"):
            import onnxruntime
            library = sys.modules[name].get_library_path()
            onnxruntime.register_execution_provider_library(name, library)
    except BaseException:
        pass
print("loading done", flush=True)
"""


@dataclass(frozen=True)
class PackageState:
    """A package, as the running Python finds it.

    Attributes:
        requirement: What is needed.
        version: What is there; empty where nothing is.
        place: Folder that it was loaded from; empty where it was not.
        problem: Why it will not do; empty where it will.
        damaged: Whether something is there that cannot be loaded.
        outdated: Whether it works, but is too old.
    """

    requirement: Requirement
    version: str
    place: str
    problem: str
    damaged: bool = False
    outdated: bool = False


def package_states(crashing: Collection[str] = ()) -> list[PackageState]:
    """State of every package that is needed. Loads those that can be loaded.

    Args:
        crashing: Modules that are known to end the process; they are not loaded.
    """
    return [_state(Requirement.of(text), crashing) for text in REQUIREMENTS]


def crashing_modules(python: str, run: Run, modules: Sequence[str]) -> list[str]:
    """Modules that end a process when they are loaded, as damaged libraries do.

    Args:
        python: The interpreter to try them with.
        run: Runs a command.
        modules: What to load; those that this process has loaded already are passed over.
    """
    left = [name for name in modules if name not in sys.modules]
    found: list[str] = []
    while left:
        code, output = run([python, "-c", _LOAD, json.dumps([sys.path, left])], False)
        said = [line.split()[1] for line in output.splitlines() if line.startswith("loading ")]
        if not said or said[-1] == "done" or not code:
            break
        found.append(said[-1])
        left = left[left.index(said[-1]) + 1 :]
    return found


def modules_to_load() -> list[str]:
    """The modules of all packages that are needed."""
    return [Requirement.of(text).module for text in REQUIREMENTS]


def _state(requirement: Requirement, crashing: Collection[str]) -> PackageState:
    problem, outdated = "", False
    if requirement.module in crashing:
        problem = "it crashes when it is loaded: its files are damaged"
    else:
        try:
            for module in (requirement.module, *_PARTS.get(requirement.module, ())):
                require(module, requirement.package)
        except DependencyError as err:
            problem, outdated = err.reason, err.outdated
    found = sys.modules.get(requirement.module)
    file = getattr(found, "__file__", None)
    recorded = recorded_version(requirement.package)
    there = bool(recorded) or is_somewhere(requirement.module)
    return PackageState(
        requirement,
        str(getattr(found, "__version__", "") or recorded),
        str(Path(file).parent) if file else "",
        problem,
        damaged=bool(problem) and there and not outdated,
        outdated=outdated,
    )


def is_somewhere(module: str) -> bool:
    """Whether Python finds a module, without loading it."""
    try:
        return util.find_spec(module) is not None
    except ValueError:  # a module that something has blocked
        return False


def recorded_version(package: str) -> str:
    """Version that a package's record tells; empty where there is no record."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def forget(modules: Iterable[str], folder: Path, others: Collection[str] = ()) -> bool:
    """Have Python look for modules anew; ``folder`` is among the places that it looks at.

    Args:
        modules: Top names.
        folder: Where they are now.
        others: Modules that somebody else loaded, and may be using.

    Returns:
        Whether it will: what others use, and compiled code that is loaded, cannot be exchanged
        without a restart.
    """
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    sys.path_importer_cache.pop(str(folder), None)
    invalidate_caches()
    at_once = True
    for top in modules:
        loaded = [name for name in sys.modules if name == top or name.startswith(f"{top}.")]
        if any(name in others or _is_compiled(name) for name in loaded):
            at_once = False
            continue
        for name in loaded:
            del sys.modules[name]
    return at_once


def _is_compiled(module: str) -> bool:
    file = getattr(sys.modules[module], "__file__", None)
    return bool(file) and not str(file).endswith(".py")
