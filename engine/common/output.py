"""Files that appear whole or not at all.

What is written first has a name of its own beside the target, such as ``.map-x1y2z3a4.part.tif``,
with a mark ``.map-x1y2z3a4.part`` that its run holds locked. A run that is killed leaves both; the
next one that writes the same target finds the mark free, and removes them.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError
from .file_names import encoding_problem, place_of
from .lock import hold

#: Endings of the files beside one of a format, in place of its own: they are of no other format.
STALE = {".shp": (".qix", ".sbn", ".sbx", ".cpg", ".qpj", ".idm", ".ind"), ".tab": (".ind",)}
#: What follows the name of a database, whatever its ending.
JOURNALS = ("-wal", "-shm", "-journal")

#: What the longest of the names beside a file has more than its own, apart from a dot before it.
_BESIDE = "-x1y2z3a4.part.files"

#: Marks younger than this may be about to be locked, seconds.
_NEW = 5.0


@contextmanager
def whole_file(target: str) -> Iterator[str]:
    """Give a temporary path beside ``target``, renamed to it when the block ends well.

    On any exception the temporary file goes, and what stood at ``target`` before stays.

    Raises:
        OutputError: The folder is missing or not writable, or the disk is full.
    """
    path = _where_links_lead(target)
    check_writable(str(path))
    try:
        with _own_name(path) as name:
            temporary = f"{name}{path.suffix}"
            yield temporary
            _to_disk(temporary)
            os.replace(temporary, path)
            # Statistics and overviews of an older file of this name would no longer be true.
            for stale in (f"{path}.aux.xml", f"{path}.ovr"):
                Path(stale).unlink(missing_ok=True)
    except OSError as err:
        raise OutputError(
            f"{target} cannot be written ({err.strerror or err}). Check that the disk has room, "
            "and that no other program holds the file open."
        ) from err


@contextmanager
def whole_files(target: str) -> Iterator[str]:
    """Give a path of the same name in a temporary folder, for formats of several files.

    When the block ends well, all files of that folder move beside each other to where ``target``
    is; on any exception none does, and what stood there before stays.

    Raises:
        OutputError: The folder is missing or not writable, or the disk is full.
    """
    path = _where_links_lead(target)
    check_writable(str(path))
    try:
        with work_folder(path) as folder:
            yield str(folder / path.name)
            made = sorted(folder.iterdir())
            for file in made:
                _to_disk(str(file))
            for file in made:
                os.replace(file, path.parent / file.name)
            _remove_stale(path, [file.name for file in made])
    except OSError as err:
        raise OutputError(
            f"{target} cannot be written ({err.strerror or err}). Check that the disk has room, "
            "and that no other program holds the file open."
        ) from err


@contextmanager
def work_folder(beside: Path) -> Iterator[Path]:
    """A folder beside a file, for what is needed as long as the block lasts: there is the room.

    Raises:
        OSError: It cannot be made.
    """
    with _own_name(beside) as name:
        folder = Path(f"{name}.files")
        folder.mkdir()
        yield folder


@contextmanager
def _own_name(path: Path) -> Iterator[str]:
    """A name beside a file that no other run has; what begins with it goes at the end.

    What killed runs left there goes before.
    """
    remove_leftovers(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
    os.close(descriptor)
    try:
        mark = hold(Path(name))
    except OSError:  # a file system without locks: what is left there stays
        mark = None
    try:
        yield name
    finally:
        if mark:
            mark.close()  # Windows removes no open file
        _remove(path.parent, Path(name).name)


def remove_leftovers(path: Path) -> None:
    """Remove what runs that were killed left beside a file that they wrote."""
    pattern = re.compile(re.escape(f".{path.stem}-") + r"[a-z0-9_]{8}\.part")
    for mark in path.parent.glob(f".{glob.escape(path.stem)}-*.part"):
        try:
            dead = pattern.fullmatch(mark.name) and time.time() - mark.stat().st_mtime > _NEW
            held = hold(mark) if dead else None
        except OSError:  # it has gone, is not ours, or nobody can tell whether its run lives
            continue
        if held:
            held.close()
            _remove(mark.parent, mark.name)


def _remove(folder: Path, name: str) -> None:
    """Remove files and folders whose names begin so, the mark last."""
    for leftover in sorted(folder.glob(f"{glob.escape(name)}*"), reverse=True):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _where_links_lead(target: str) -> Path:
    """The file itself: a link to another disk stays a link, and what it leads to is replaced."""
    path = Path(target)
    return place_of(path) if path.is_symlink() else path


def _to_disk(path: str) -> None:
    """Wait until a file is on the disk: some file systems find out only then that they are full."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _remove_stale(path: Path, made: list[str]) -> None:
    """Remove what belonged to an older file of this name: indexes, encodings, journals."""
    beside = [path.with_suffix(ending) for ending in STALE.get(path.suffix.lower(), ())]
    for stale in (*beside, *(Path(f"{path}{ending}") for ending in JOURNALS)):
        if stale.name not in made:
            stale.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in; one that is there stays as it is.

    Raises:
        OutputError: It cannot be made, or is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise OutputError(f"The folder {folder} cannot be made ({err.strerror}).") from err


def write_whole(target: Path, content: bytes) -> None:
    """Write bytes to a file, whole or not at all, and make its folder.

    Raises:
        OutputError: It cannot be written.
    """
    make_folder(target.parent)
    with whole_file(str(target)) as part:
        Path(part).write_bytes(content)


def check_writable(target: str) -> None:
    """Check, before the work starts, that ``target`` can be made.

    Raises:
        OutputError: The folder is missing or not writable, or the target is a folder, or its name
            cannot be that of a file.
    """
    _check_name(target)
    path = _where_links_lead(target)
    if path.is_dir():
        raise OutputError(f"{target} is a folder. Give the name of a file in it.")
    if not path.parent.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist. Make it, or choose another.")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as err:
        raise OutputError(
            f"The folder {path.parent} cannot be written to ({err.strerror}). Choose another "
            "folder, or ask for the right to write there."
        ) from err


def _check_name(target: str) -> None:
    """Refuse names that no file can have, and links that lead in a circle."""
    if problem := encoding_problem(os.path.abspath(target)):
        raise OutputError(problem)
    folder, name = os.path.split(target)
    for path in (target, os.path.join(folder, f".{name}{_BESIDE}")):
        try:
            os.stat(path)
        except (FileNotFoundError, NotADirectoryError):  # to be made, or its folder is
            pass
        except (OSError, ValueError) as err:  # the latter: a null character
            reason = getattr(err, "strerror", None) or err
            raise OutputError(
                f"{target} cannot be written ({reason}). Choose another file name or folder."
            ) from err


def check_geotiff(target: str, inputs: Iterable[str], what: str) -> None:
    """Check, before the work starts, the name of a GeoTIFF and that it can be made.

    Args:
        target: The file.
        inputs: What must not be overwritten.
        what: What is written, for messages, such as ``The stack``.

    Raises:
        OutputError: It would overwrite an input, is no name of a GeoTIFF, or cannot be made.
    """
    if place_of(target) in [place_of(path) for path in inputs]:
        raise OutputError(f"{what} would overwrite an input ({target}). Choose another file name.")
    _check_ending(target, (".tif", ".tiff"), what, "GeoTIFF")
    check_writable(target)


def check_report(target: str, more: tuple[str, ...] = ()) -> None:
    """Check, before the work starts, the name of a report and that it can be made.

    Args:
        target: The file.
        more: Endings of other formats than HTML that it may have.

    Raises:
        OutputError: It is named as another sort of file, or cannot be made.
    """
    _check_ending(target, (".html", ".htm", *more), "The report", "HTML")
    check_writable(target)


def _check_ending(target: str, endings: tuple[str, ...], what: str, kind: str) -> None:
    if Path(target).suffix.lower() not in endings:
        raise OutputError(
            f"{what} is written as {kind}, but {target} does not end in {endings[0]}. Choose a "
            "file name that does."
        )
