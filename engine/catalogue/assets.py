"""The files of an item: which is which band, where it may be fetched, and what is said of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..common.errors import CatalogueError
from ..products.stac_item import asset_name
from .addresses import refusal, shown_address
from .catalogues import Catalogue
from .items import Item

#: Hashes by the codes of multihash (multiformats.io).
_HASHES = {0x11: "sha1", 0x12: "sha256", 0x13: "sha512", 0x16: "sha3_256", 0xD5: "md5"}
_LAST = 10**9
_ARCHIVES = ("application/zip", "application/x-zip-compressed")


@dataclass(frozen=True)
class Source:
    """A file of an item.

    Attributes:
        name: Band or mask; ``product`` for a whole product.
        place: Address, or path of a local file.
        size: Bytes, as the item says; None where it does not.
        checksum: Multihash, as the item says; empty where it does not.
        scale: As the item says; None where it does not.
        offset: As the item says, of reflectance; None where it does not.
    """

    name: str
    place: str
    size: int | None = None
    checksum: str = ""
    scale: float | None = None
    offset: float | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is a file here."""
        return urlsplit(self.place).scheme not in ("http", "https")


def sources_of(item: Item, catalogue: Catalogue) -> dict[str, Source]:
    """The finest file of each band and mask; of equal ones, one that can be read in pieces.

    Raises:
        CatalogueError: A file lies where a run may not go.
    """
    chosen: dict[str, tuple[tuple[float, bool], str, dict[str, Any]]] = {}
    for key, asset in item.assets.items():
        name = asset_name(key, asset)
        if not name or not any(_hrefs(asset)):
            continue
        size = asset.get("gsd")
        if not isinstance(size, (int, float)):
            size = _gsd_of_bands(asset)
        rank = (size, str(asset.get("href", "")).lower().endswith(".jp2"))
        if name not in chosen or rank < chosen[name][0]:
            chosen[name] = rank, key, asset
    return {name: _source(name, asset, item, catalogue) for name, (_, _, asset) in chosen.items()}


def product_of(item: Item, catalogue: Catalogue) -> Source | None:
    """The whole product as one zip; None where the item has none."""
    for key, asset in item.assets.items():
        roles = asset.get("roles")
        is_archive = isinstance(roles, list) and "archive" in roles
        if (is_archive or key.lower() == "product") and asset.get("type") in _ARCHIVES:
            return _source("product", asset, item, catalogue)
    return None


def check_content(path: Path, source: Source) -> str:
    """Check a file that was fetched whole.

    Returns:
        What was checked, for the log; empty where the item says nothing.

    Raises:
        CatalogueError: It is not what the item says.
    """
    size = path.stat().st_size
    kind, expected = multihash(source.checksum)
    if kind:
        digest = hashlib.new(kind, usedforsecurity=False)
        with open(path, "rb") as file:
            while chunk := file.read(2**20):
                digest.update(chunk)
        if digest.hexdigest() != expected:
            raise CatalogueError(
                f"{shown_address(source.place)} has another {kind} than its item says: it was "
                "damaged on its way, or changed since. It was removed; run again."
            )
        return f"{kind} is as the item says"
    if source.size is not None and size != source.size:
        raise CatalogueError(
            f"{shown_address(source.place)} has {size} bytes and its item says {source.size}: it "
            "broke off, or changed since. It was removed; run again."
        )
    return "" if source.size is None else "its size is as the item says"


def multihash(text: str) -> tuple[str, str]:
    """Name and digest of a multihash; empty where it is none that is known."""
    try:
        content = bytes.fromhex(text)
    except ValueError:
        return "", ""
    code, rest = _varint(content)
    length, digest = _varint(rest)
    known = _HASHES.get(code, "")
    return (known, digest.hex()) if known and length == len(digest) else ("", "")


def _varint(content: bytes) -> tuple[int, bytes]:
    value = 0
    for number, byte in enumerate(content[:9]):
        value |= (byte & 127) << 7 * number
        if byte < 128:
            return value, content[number + 1 :]
    return -1, b""


def _source(name: str, asset: dict[str, Any], item: Item, catalogue: Catalogue) -> Source:
    size, checksum = asset.get("file:size"), asset.get("file:checksum")
    scale, offset = _scaling(asset)
    return Source(
        name,
        _place(name, asset, item, catalogue),
        size if isinstance(size, int) and size > 0 else None,
        checksum if isinstance(checksum, str) else "",
        scale,
        offset,
    )


def _hrefs(asset: dict[str, Any]) -> Iterator[str]:
    """Where a file is, and where else."""
    others = asset.get("alternate")
    for each in (asset, *(others.values() if isinstance(others, dict) else ())):
        href = each.get("href") if isinstance(each, dict) else None
        if isinstance(href, str) and href:
            yield href


def _place(name: str, asset: dict[str, Any], item: Item, catalogue: Catalogue) -> str:
    reasons = []
    for href in _hrefs(asset):
        if catalogue.is_local and (path := _local_path(href, item)):
            return path
        url = href if catalogue.is_local else urljoin(item.address, href)
        reason = refusal(url, catalogue)
        if not reason:
            return url
        reasons.append(f"{shown_address(href)}, {reason}")
    raise CatalogueError(
        f"The file {name} of {item.id} is at {reasons[0]}. Nothing was read from there. Take "
        "another scene or catalogue."
    )


def _local_path(href: str, item: Item) -> str:
    """The path of a file beside a local item, or anywhere on this machine; empty for an address."""
    is_drive = href[1:3] in (":\\", ":/")
    if (urlsplit(href).scheme and not is_drive) or href.startswith(("/vsi", "//", "\\\\")):
        return ""
    return os.path.join(os.path.dirname(item.address.partition("#")[0]), href)


def _gsd_of_bands(asset: dict[str, Any]) -> float:
    """Pixel size that an asset's bands state, as older items do."""
    for each in _bands(asset):
        for key in ("spatial_resolution", "gsd", "raster:spatial_resolution"):
            if isinstance(each.get(key), (int, float)):
                return float(each[key])
    return _LAST


def _bands(asset: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("raster:bands", "bands", "eo:bands"):
        found = asset.get(key)
        yield from (b for b in found if isinstance(b, dict)) if isinstance(found, list) else ()


def _scaling(asset: dict[str, Any]) -> tuple[float | None, float | None]:
    """Scale and offset that an item states of a file, in whichever version of the extension."""
    found: dict[str, float | None] = {"scale": None, "offset": None}
    for each in (asset, *_bands(asset)):
        for name in found:
            for key in (f"raster:{name}", name):
                value = each.get(key)
                if found[name] is None and isinstance(value, (int, float)):
                    found[name] = float(value)
    return found["scale"], found["offset"]
