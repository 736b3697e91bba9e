"""Names of files: where they lead, and whether GDAL takes them."""

from __future__ import annotations

import os
from pathlib import Path


def place_of(path: str | Path) -> Path:
    """Where a name leads when all links are followed, to tell one file from another.

    Links that lead in a circle stay as they are: `output.check_writable`, or opening them, says so.
    """
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):  # no name of a file
        return Path(path)


def encoding_problem(path: str) -> str:
    """What is wrong with a name that is not UTF-8, which GDAL needs; empty where nothing is."""
    try:
        path.encode()
    except UnicodeEncodeError:
        plain = path.encode(errors="backslashreplace").decode()
        return (
            f"The name {plain} is not UTF-8; GDAL takes no other encoding. Rename the file or its "
            "folder."
        )
    return ""


def stem_of(text: str) -> str:
    """A name for files made of any text: what is no letter, digit, hyphen or dot is ``_``."""
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in text.strip())
    return plain.lstrip(".")
