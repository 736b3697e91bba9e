"""Files that appear whole or not at all."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError

#: Endings of the files beside a Shapefile, in place of its own; and what follows a GeoPackage's.
STALE = (".qix", ".sbn", ".sbx", ".cpg", ".qpj", ".idm", ".ind", "-wal", "-shm", "-journal")


@contextmanager
def whole_file(target: str) -> Iterator[str]:
    """Give a temporary path beside ``target``, renamed to it when the block ends well.

    On any exception the temporary file goes, and what stood at ``target`` before stays.

    Raises:
        OutputError: The folder is missing or not writable, or the disk is full.
    """
    path = _where_links_lead(target)
    check_writable(str(path))
    descriptor, temporary = tempfile.mkstemp(
        prefix=f".{path.stem}-", suffix=f".part{path.suffix}", dir=path.parent
    )
    os.close(descriptor)
    os.unlink(temporary)  # drivers want to make the file themselves; the name stays ours
    try:
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
    finally:
        for leftover in path.parent.glob(f"{glob.escape(Path(temporary).name)}*"):
            leftover.unlink(missing_ok=True)


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
        with tempfile.TemporaryDirectory(
            prefix=f".{path.stem}-", suffix=".part", dir=path.parent
        ) as folder:
            yield str(Path(folder) / path.name)
            made = sorted(Path(folder).iterdir())
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


def _where_links_lead(target: str) -> Path:
    """The file itself: a link to another disk stays a link, and what it leads to is replaced."""
    path = Path(target)
    return path.resolve() if path.is_symlink() else path


def _to_disk(path: str) -> None:
    """Wait until a file is on the disk: some file systems find out only then that they are full."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _remove_stale(path: Path, made: list[str]) -> None:
    """Remove what belonged to an older file of this name: indexes, encodings, journals."""
    for ending in STALE:
        stale = path.with_suffix(ending) if ending[0] == "." else Path(f"{path}{ending}")
        if stale.name not in made and stale != path:
            stale.unlink(missing_ok=True)


def check_writable(target: str) -> None:
    """Check, before the work starts, that ``target`` can be made.

    Raises:
        OutputError: The folder is missing or not writable, or the target is a folder.
    """
    path = Path(target)
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


def check_geotiff(target: str, inputs: Iterable[str], what: str) -> None:
    """Check the name of a GeoTIFF to write.

    Args:
        target: The file.
        inputs: What must not be overwritten.
        what: What is written, for messages, such as ``The stack``.

    Raises:
        OutputError: It would overwrite an input, or is no name of a GeoTIFF.
    """
    if Path(target).resolve() in [Path(path).resolve() for path in inputs]:
        raise OutputError(f"{what} would overwrite an input ({target}). Choose another file name.")
    _check_ending(target, (".tif", ".tiff"), what, "GeoTIFF")


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
