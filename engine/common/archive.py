"""The files of a product, in a folder or in a zip that is never unpacked."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import ProductError

#: Largest text file (XML, GML, JSON) that is read; a genuine one stays below 2 MiB, cloud masks
#: of the worst scenes below 20.
MAX_TEXT_BYTES = 32 * 2**20
#: Largest image in a zip; a genuine 10 m band takes 0.15 GiB.
MAX_IMAGE_BYTES = 4 * 2**30
#: An old product of a whole datatake has some thousand files.
MAX_FILES = 50_000
#: Names in the longest product have 250 characters.
MAX_NAME = 1000
#: A product in a folder has its band files five folders down.
MAX_DEPTH = 6

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,  # a compression that Python lacks, or an archive in several volumes
    RuntimeError,
    ValueError,
)
_ARCHIVED = re.compile(r"/vsizip/(?:\{(?P<braced>.+)\}|(?P<plain>.+?\.zip))/(?P<member>.+)", re.I)


@dataclass(frozen=True)
class Container:
    """A folder or a zip, with the names of the files in it.

    Attributes:
        path: The folder or the zip.
        names: Of all files, relative to it, with forward slashes, sorted.
        zipped: Whether it is a zip.
    """

    path: str
    names: tuple[str, ...]
    zipped: bool

    @property
    def stem(self) -> str:
        """Its own name, without the ending of a zip or a product folder."""
        name = os.path.basename(os.path.abspath(self.path))
        return re.sub(r"(\.SAFE)?(\.zip)?$", "", name, count=1, flags=re.IGNORECASE)

    def gdal_path(self, name: str) -> str:
        """What GDAL opens to read a file of it."""
        if not self.zipped:
            return os.path.join(self.path, *name.split("/"))
        archive = os.path.abspath(self.path)
        # Braces tell GDAL where the name of the zip ends; it counts those in the name itself.
        if archive.count("{") == archive.count("}"):
            return f"/vsizip/{{{archive}}}/{name}"
        return f"/vsizip/{archive}/{name}"

    def read(self, name: str) -> bytes:
        """Read a text file whole.

        Raises:
            ProductError: It cannot be read, or is larger than `MAX_TEXT_BYTES`.
        """
        return read_bytes(self.gdal_path(name))


def open_container(path: str) -> Container:
    """List the files of a folder or zip.

    Raises:
        ProductError: It cannot be read; a zip that is damaged, encrypted or built to deceive; or
            it has more files than a product.
    """
    if os.path.isdir(path):
        return Container(path, _names_in_folder(path), zipped=False)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _ZIP_ERRORS as err:
        raise ProductError(
            f"{path} is not a whole zip file ({err}). The download probably broke off: download "
            "it again."
        ) from err
    _check_members(path, members)
    return Container(path, tuple(sorted(m.filename for m in members if not m.is_dir())), True)


def read_bytes(path: str) -> bytes:
    """Read a text file whole, also one inside a zip.

    Args:
        path: As `Container.gdal_path` gives it.

    Raises:
        ProductError: It cannot be read, or is larger than `MAX_TEXT_BYTES`.
    """
    inside = _ARCHIVED.fullmatch(path)
    try:
        content = _read_member(inside) if inside else _read_file(path)
    except KeyError as err:
        raise ProductError(f"{shown(path)} is not there. Download the product again.") from err
    except _ZIP_ERRORS as err:
        raise ProductError(
            f"{shown(path)} cannot be read ({err}). The product is damaged: download it again."
        ) from err
    if len(content) > MAX_TEXT_BYTES:
        raise ProductError(
            f"{shown(path)} is larger than {MAX_TEXT_BYTES >> 20} MiB; a file of this kind never "
            "is in a genuine product. Download the product from its origin."
        )
    return content


def shown(path: str) -> str:
    """A path of `Container.gdal_path` as people write it, for messages."""
    inside = _ARCHIVED.fullmatch(path)
    return f"{inside['braced'] or inside['plain']}/{inside['member']}" if inside else path


def _read_member(inside: re.Match[str]) -> bytes:
    archive = zipfile.ZipFile(inside["braced"] or inside["plain"])
    with archive, archive.open(inside["member"]) as file:
        return file.read(MAX_TEXT_BYTES + 1)


def _read_file(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(MAX_TEXT_BYTES + 1)


def _names_in_folder(path: str) -> tuple[str, ...]:
    names: list[str] = []
    for folder, subfolders, files in os.walk(path, onerror=_refuse):
        inside = os.path.relpath(folder, path).replace(os.sep, "/")
        prefix = "" if inside == "." else f"{inside}/"
        if prefix.count("/") >= MAX_DEPTH:
            subfolders.clear()
        names += [prefix + file for file in files]
        if len(names) > MAX_FILES:
            raise ProductError(
                f"{path} holds more than {MAX_FILES} files, more than any product. Give the "
                "product's own folder."
            )
    return tuple(sorted(names))


def _refuse(err: OSError) -> None:
    raise ProductError(
        f"The folder {err.filename} cannot be read ({err.strerror}). Ask for the right to read it, "
        "or copy the product."
    ) from err


def _check_members(path: str, members: list[zipfile.ZipInfo]) -> None:
    """Refuse what no honest zip of a product has.

    Nothing is ever unpacked; but GDAL looks files up by name on its own, and must find those that
    were checked here.
    """
    again = "Download the product from its origin, or unpack it yourself and give the folder."
    if len(members) > MAX_FILES:
        raise ProductError(f"{path} has {len(members)} files, more than any product. {again}")
    for member in members:
        if fault := _fault(member):
            raise ProductError(
                f"{path} has a file {member.orig_filename[:80]!r} that {fault}. {again}"
            )
    if twice := _twice(member.filename.rstrip("/") for member in members):
        raise ProductError(f"{path} has more than one file named {twice}. {again}")
    # Members that share their bytes can swell a small file to any size.
    if sum(member.compress_size for member in members) > os.path.getsize(path):
        raise ProductError(f"{path} has files that overlap. {again}")


def _fault(member: zipfile.ZipInfo) -> str:
    name = member.orig_filename
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        return "has an absolute name; expected names inside the zip"
    if len(name) > MAX_NAME:
        return f"has a name of {len(name)} characters; expected at most {MAX_NAME}"
    if "\\" in name or any(ord(character) < 32 for character in name):
        return "has a name with a backslash or a control character"
    if {"", ".", ".."} & set(name.rstrip("/").split("/")):
        return "has a name that leads out of its folder, or an empty one"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted; expected a zip without a password"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that GDAL cannot read; expected none, or deflate"
    if member.file_size > MAX_IMAGE_BYTES:
        return f"unpacks to {member.file_size >> 30} GiB, more than any band"
    return ""


def _twice(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""
