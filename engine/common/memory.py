"""How much memory there is."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def memory() -> tuple[int | None, int | None]:
    """Free and total memory in bytes, None where the system does not tell.

    What systems hold as a cache of files counts as free, and a container's limit is kept to.
    """
    if os.name == "nt":
        return _windows_memory()
    total = _pages("SC_PHYS_PAGES")
    free = _available() or _pages("SC_AVPHYS_PAGES")
    limit = _number(_CGROUP / "memory.max")
    if free is None or limit is None:
        return free, total
    left = limit - (_number(_CGROUP / "memory.current") or 0)
    return max(0, min(free, left)), limit if total is None else min(total, limit)


def _available() -> int | None:
    """What Linux says could be had without swapping."""
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such group, or the word max
        return None


def _pages(name: str) -> int | None:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):  # macOS knows no free pages
        return None


def _windows_memory() -> tuple[int | None, int | None]:
    class Status(ctypes.Structure):  # MEMORYSTATUSEX of the Windows API
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # type: ignore[attr-defined]
        return None, None
    return status.free, status.total
