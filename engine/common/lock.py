"""Marks of living runs: files that a run holds locked, and that a killed run lets go of."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import IO, Any

#: What systems say of a file that somebody else holds. Windows says the last two.
_HELD = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


def hold(path: Path) -> IO[bytes] | None:
    """Lock a file, made where it is missing, until it is closed or the process ends.

    Returns:
        The open file; None where another run holds it.

    Raises:
        OSError: It cannot be opened, or its file system has no locks.
    """
    file = path.open("ab")
    try:
        _lock(file)
    except OSError as err:
        file.close()
        if err.errno in _HELD:
            return None
        raise
    return file


def _lock(file: IO[Any]) -> None:
    """Lock an open file at once, or raise OSError. Windows has another call for it."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
