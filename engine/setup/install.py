"""Install packages into a folder on QGIS's path: all of them and checked, or none.

Packages go to ``<profile>/python``. They serve this profile alone, need no administrator, and leave
QGIS and the system as they are. pip is asked first what is missing, so that QGIS's own packages,
numpy above all, stay in use. What it brings is put beside the target and tried before it moves.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from ..common.dependencies import numbers
from ..common.errors import Cancelled, OutputError, SetUpError
from ..common.output import check_writable
from .host import Host, Run

#: pip learned to report what it would install in 22.2; in 23 the report got its final form.
_OLDEST_PIP = (23,)
_STAGING, _LOCK = ".landslip-new-", "lock"
_PYTHON_IN_VENV = {False: ("bin", "python"), True: ("Scripts", "python.exe")}
#: Runs pip as if packages of another folder were installed too. Settings of the user's own pip that
#: forbid a folder as target do not count.
_PIP = (
    "import os, runpy, sys; os.environ.update(PIP_USER='0', PIP_REQUIRE_VIRTUALENV='0'); "
    "sys.path[0] = sys.argv.pop(1); sys.argv[0] = 'pip'; "
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)
#: Imports modules from folders that come first on the path.
_TRY = (
    "import importlib, json, sys; folders, names = json.loads(sys.argv[1]); "
    "sys.path[:1] = folders; [importlib.import_module(name) for name in names]"
)
_FULL = "No space left on device"
#: Never installed: QGIS's own bindings are compiled against its own.
_NEVER = ("numpy",)


@dataclass(frozen=True)
class InstallRequest:
    """What to install, with what, and where.

    Attributes:
        host: The running Python.
        interpreter: Its interpreter.
        target: The folder, on the path of QGIS.
        wanted: Requirements as pip reads them.
        modules: What must be loadable afterwards.
        wheels: Folder of wheels to install from without a network; None asks the package index.
        anew: Whether what lies in the target is installed again, because it is damaged.
        instead: Packages of the target that make way for what comes.
    """

    host: Host
    interpreter: str
    target: Path
    wanted: tuple[str, ...]
    modules: tuple[str, ...]
    wheels: Path | None = None
    anew: bool = False
    instead: tuple[str, ...] = ()


def install(request: InstallRequest, run: Run) -> list[str]:
    """Install; afterwards the folder has all that is missing, or is as it was.

    Args:
        request: What, with what, and where.
        run: Runs a command.

    Returns:
        Names and versions of what was installed, ``name==version``.

    Raises:
        SetUpError: There is no pip, or it fails, or what it brought does not load.
        OutputError: The folder cannot be written.
        Cancelled: By ``run``.
    """
    check_wheels(request.wheels)
    with _folder(request.target), _staging(request.target) as staging:
        pip = _pip(request, run, staging / "pip")
        missing = _missing(request, run, pip, staging)
        if missing:
            new = staging / "new"
            _run_pip(request, run, [*pip, "--no-deps", "--target", str(new), *missing])
            _try(request, run, new)
            _move_in(new, request.target, staging / "old", request.instead)
    return missing


def check_wheels(folder: Path | None) -> None:
    """Raise a sentence where a folder of wheels is none.

    Raises:
        SetUpError: It is missing, or has no wheels.
    """
    if folder is not None and not any(folder.glob("*.whl")):
        raise SetUpError(
            f"There are no wheels (*.whl) in {folder}. On a machine with a network and the same "
            "system and Python, fill a folder with 'pip download', and choose that one."
        )


def _check_writable(target: Path) -> None:
    try:
        check_writable(str(target / "package"))
    except OutputError as err:
        raise OutputError(
            f"{target} cannot be written to. Packages are installed into the QGIS profile: make "
            "that folder writable, or start QGIS with another profile."
        ) from err


@contextmanager
def _folder(target: Path) -> Iterator[None]:
    """Have the folder there, and take it away again where nothing came into it."""
    made = []
    for folder in (target, *target.parents):
        if folder.exists():
            break
        made.append(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise OutputError(
            f"{target} cannot be made ({err.strerror or err}). Packages are installed into the "
            "QGIS profile: make that folder writable, or start QGIS with another profile."
        ) from err
    try:
        _check_writable(target)
        yield
    finally:
        for folder in made:
            if not any(folder.iterdir()):
                folder.rmdir()


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """A folder on the same disk as the target; those of runs that were killed go, too.

    Raises:
        SetUpError: Another installation is at work.
    """
    clean(target)
    folder = Path(tempfile.mkdtemp(prefix=_STAGING, dir=target))
    try:
        with open(folder / _LOCK, "w", encoding="utf-8") as lock:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clean(target: Path) -> None:
    """Remove what installations that were killed have left.

    Raises:
        SetUpError: An installation is at work: it holds its lock.
    """
    for left in target.glob(f"{_STAGING}*"):
        if _is_held(left / _LOCK):
            raise SetUpError(
                f"Another installation into {target} is running. Wait until it has ended, then "
                "run this again."
            )
        shutil.rmtree(left, ignore_errors=True)


def _is_held(lock: Path) -> bool:
    """Whether a process has a lock: on Windows, an open file cannot be removed."""
    try:
        if not fcntl:
            lock.unlink()
            return False
        with open(lock, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


# --- pip -----------------------------------------------------------------------------------------


def _pip(request: InstallRequest, run: Run, folder: Path) -> list[str]:
    """Start of a pip command: that of the interpreter, else one of an environment of its own."""
    python = request.interpreter
    if _pip_version(run, [python, "-m", "pip"]) < _OLDEST_PIP:
        options = ["--system-site-packages", str(folder)]
        code, output = run([python, "-m", "venv", *options], False)
        if code:
            raise SetUpError(
                f"{python} has no pip that is new enough, and cannot make an environment that has "
                f"one ({_reason(output)}). On Debian and Ubuntu, run in a terminal: sudo apt "
                "install python3-pip python3-venv   Then run this again."
            )
        python = str(folder.joinpath(*_PYTHON_IN_VENV[request.host.platform == "win32"]))
        if _pip_version(run, [python, "-m", "pip"]) < _OLDEST_PIP:
            options = ["install", "--upgrade", *_sources(request), "pip>=23"]
            code, output = run([python, "-m", "pip", *options], True)
            if code:
                raise SetUpError(
                    f"{python} has a pip that is too old, and a newer one could not be fetched "
                    f"({_reason(output)}). Update it, or put the wheel of pip 23 or newer into the "
                    "folder of packages. The profile is as it was."
                )
    options = ["--only-binary", ":all:", "--disable-pip-version-check", "--no-input"]
    options += ["--progress-bar", "off", "--root-user-action", "ignore"]
    seen = folder if request.anew else request.target  # what is damaged counts as not there
    return [python, "-c", _PIP, str(seen), "install", *options, *_sources(request)]


def _pip_version(run: Run, pip: Sequence[str]) -> tuple[int, ...]:
    code, output = run([*pip, "--version"], False)
    found = re.search(r"pip (\S+)", output)
    return numbers(found[1]) if found and not code else ()


def _sources(request: InstallRequest) -> list[str]:
    if request.wheels is None:
        return []
    return ["--no-index", "--find-links", str(request.wheels)]


def _missing(request: InstallRequest, run: Run, pip: Sequence[str], staging: Path) -> list[str]:
    """What pip would install, each with its version."""
    report = staging / "report.json"
    options = ["--dry-run", "--report", str(report), f"numpy=={request.host.numpy}"]
    _run_pip(request, run, [*pip, *options, *request.wanted])
    found = json.loads(report.read_text(encoding="utf-8"))["install"]
    named = [(item["metadata"]["name"], item["metadata"]["version"]) for item in found]
    return [f"{name}=={version}" for name, version in named if name.lower() not in _NEVER]


def _run_pip(request: InstallRequest, run: Run, command: Sequence[str]) -> None:
    code, output = run(command, True)
    if not code:
        return
    if "Operation cancelled by user" in output:
        raise Cancelled("The installation was cancelled. The profile is as it was.")
    raise SetUpError(
        f"pip could not install {', '.join(request.wanted)} ({_reason(output)}). "
        f"{_remedy(request, output)}. The profile is as it was."
    )


def _remedy(request: InstallRequest, output: str) -> str:
    if _FULL in output:
        return (
            f"Make room on the disk of {request.target} and on that of {tempfile.gettempdir()}: "
            "some 300 MB, with an accelerator more"
        )
    if request.wheels is None:
        return (
            "Check the network and its proxy, or put wheels into a folder on another machine "
            "('pip download') and choose it as the folder of packages"
        )
    if "is invalid" in output or "BadZipFile" in output:
        return "A wheel is damaged: copy or download it again"
    python = ".".join(map(str, request.host.version))
    return (
        f"Check that {request.wheels} has wheels of all of them for Python {python} and numpy "
        f"{request.host.numpy} on this system"
    )


def _reason(output: str) -> str:
    """The line that tells most of what a program said before it gave up."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    full = [line for line in lines if _FULL in line]
    errors = [line for line in lines if line.startswith("ERROR") and "Exception:" not in line]
    return (full or errors or lines or ["it said nothing"])[-1][:300]


# --- what it brought -----------------------------------------------------------------------------


def _try(request: InstallRequest, run: Run, new: Path) -> None:
    """Load the modules from the new folder in another process."""
    what = json.dumps([[str(new), str(request.target)], list(request.modules)])
    code, output = run([request.interpreter, "-c", _TRY, what], False)
    if code:
        raise SetUpError(
            f"What pip brought cannot be loaded ({_reason(output)}). The profile is as it was. "
            "Update QGIS, or report this with the log."
        )


def _move_in(new: Path, target: Path, old: Path, instead: Sequence[str]) -> None:
    """Move all that is in one folder into another; on a failure, all is as it was.

    Raises:
        OutputError: A file is in use, or the disk fails.
    """
    old.mkdir()
    moved: list[tuple[Path, Path]] = []

    def move(source: Path, goal: Path) -> None:
        os.replace(source, goal)
        moved.append((source, goal))

    try:
        for record in _replaced_records(new, target, instead):
            move(record, old / record.name)
        for number, (item, goal) in enumerate(_pairs(new, target)):
            if goal.exists():
                move(goal, old / f"{number}")
            move(item, goal)
    except OSError as err:
        for source, goal in reversed(moved):
            os.replace(goal, source)
        raise OutputError(
            f"{err.filename or target} cannot be replaced ({err.strerror or err}). If QGIS uses it "
            "just now, restart QGIS and run this before anything else. The profile is as it was."
        ) from err


def _pairs(new: Path, target: Path) -> list[tuple[Path, Path]]:
    """Items to move and where to. Folders that several packages share are gone through."""
    pairs: list[tuple[Path, Path]] = []
    for item in sorted(new.iterdir()):
        goal = target / item.name
        shared = item.is_dir() and goal.is_dir() and not (item / "__init__.py").exists()
        pairs += _pairs(item, goal) if shared else [(item, goal)]
    return pairs


def _replaced_records(new: Path, target: Path, instead: Sequence[str]) -> list[Path]:
    """Records of other versions of what comes, and of what makes way for it."""
    coming = {_package_of(record.name) for record in new.glob("*.dist-info")} | set(instead)
    records = sorted(target.glob("*.dist-info"))
    return [record for record in records if _package_of(record.name) in coming]


def _package_of(record: str) -> str:
    return record.split("-")[0].lower().replace("_", "-")
