"""Products as items of a STAC catalogue: a JSON file that says where the band files are.

A file holds one item or a collection of them (*ItemCollection*); ``items.json#ID`` means one of
these. Band files are opened where they lie, over the network too; who gives such a file asks for
that.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from ..common.archive import Container, read_bytes
from ..common.errors import ProductError
from .band_files import MASK_NAMES, band_name

#: How GDAL opens what lies elsewhere, by the scheme of its address.
_REMOTE = {"https": "/vsicurl/https://", "http": "/vsicurl/http://"}
_BUCKETS = {"s3": "/vsis3/", "gs": "/vsigs/"}
_LAST = 10**9


@dataclass(frozen=True)
class ItemFiles(Container):
    """The band files and masks of an item, named as `band_files` finds them.

    Attributes:
        item: The item as JSON.
        places: What GDAL opens, by name.
        id: The item's.
    """

    item: bytes = b""
    places: tuple[tuple[str, str], ...] = ()
    id: str = ""

    @property
    def stem(self) -> str:
        """The item's name."""
        return self.id

    def gdal_path(self, name: str) -> str:
        """What GDAL opens to read a file of it."""
        return dict(self.places)[name]

    def read(self, name: str) -> bytes:
        """The item itself, which is the one text file."""
        return self.item


def is_item_file(path: str) -> bool:
    """Whether a path names a JSON file, or an item in one."""
    return path.partition("#")[0].lower().endswith((".json", ".geojson"))


def item_paths(path: str) -> list[str]:
    """One path for each item of a file.

    Raises:
        ProductError: It is no STAC file, or has no item.
    """
    file, _, wanted = path.partition("#")
    return [path] if wanted else [f"{file}#{name}" for name in _items(file)]


def open_item(path: str) -> ItemFiles:
    """Find the files of an item; none is opened.

    Raises:
        ProductError: It is no STAC item, is not in the file, or has no band.
    """
    file, _, wanted = path.partition("#")
    items = _items(file)
    if not wanted and len(items) > 1:
        raise ProductError(
            f"{file} holds {len(items)} STAC items ({', '.join([*items][:3])}, ...); expected one "
            f"here. Write {file}#ID for one of them."
        )
    name = wanted or next(iter(items))
    if name not in items:
        raise ProductError(
            f"{file} holds no STAC item '{name}'; found {', '.join([*items][:5])}. Check the name "
            "after the #."
        )
    item = items[name]
    places = dict(_places(item, file, name))
    if not any(place.startswith("B") for place in places):
        raise ProductError(
            f"The STAC item {name} of {file} has no Sentinel-2 band among its assets "
            f"({', '.join([*item['assets']][:5]) or 'none'}); expected names such as B02 or red."
        )
    content = json.dumps(item).encode()
    names = (*places, "item.json")
    return ItemFiles(path, names, False, content, tuple(places.items()), name)


def _items(path: str) -> dict[str, dict[str, Any]]:
    """The items of a file by their names."""
    try:
        document = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as err:
        raise ProductError(f"{path} is no JSON ({err}); expected a STAC item.") from err
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") if kind == "FeatureCollection" else [document]
    found = {
        str(item.get("id", number)): item
        for number, item in enumerate(features if isinstance(features, list) else [])
        if isinstance(item, dict) and isinstance(item.get("assets"), dict)
    }
    if not found:
        raise ProductError(
            f"{path} holds no STAC item; expected a JSON file of type Feature with assets, or a "
            "FeatureCollection of such."
        )
    return found


def _places(item: dict[str, Any], file: str, name: str) -> Iterator[tuple[str, str]]:
    """Names and places of an item's band files, the finest of each band, and of its masks."""
    chosen: dict[str, tuple[tuple[float, bool], str]] = {}
    for key, asset in item["assets"].items():
        href = asset.get("href") if isinstance(asset, dict) else None
        known = asset_name(key, asset) if isinstance(href, str) else None
        if known is None or not isinstance(href, str):
            continue
        size = asset.get("gsd")
        rank = (size if isinstance(size, (int, float)) else _LAST, href.lower().endswith(".jp2"))
        if known not in chosen or rank < chosen[known][0]:
            chosen[known] = rank, href
    for known, (_, href) in chosen.items():
        yield f"{known}.tif", _place(href, file, name)


def asset_name(key: str, asset: dict[str, Any]) -> str | None:
    """The band or mask that an asset is; None for previews, metadata and what holds several."""
    plain = re.sub(r"[-_](jp2|\d\dm)$", "", key)
    if plain.lower() in MASK_NAMES:
        return plain.lower()
    bands = asset.get("eo:bands") or asset.get("bands") or []
    if not isinstance(bands, list) or len(bands) > 1:
        return None
    stated = bands[0] if bands and isinstance(bands[0], dict) else {}
    names = (plain, stated.get("name"), stated.get("common_name"))
    return next((band for text in names if text and (band := band_name(str(text)))), None)


def _place(href: str, file: str, name: str) -> str:
    """What GDAL opens for an address in an item.

    Raises:
        ProductError: It is none that an item should hold.
    """
    parts = urlsplit(href)
    rest = href.partition("://")[2]
    if parts.scheme in _REMOTE:
        return _REMOTE[parts.scheme] + rest
    if parts.scheme in _BUCKETS:
        return _BUCKETS[parts.scheme] + rest
    local = unquote(parts.path) if parts.scheme == "file" else href
    drive = re.match(r"[A-Za-z]:[\\/]", href)
    if (parts.scheme not in ("", "file") and not drive) or local.startswith("/vsi"):
        raise ProductError(
            f"The STAC item {name} of {file} has its files at '{href[:100]}'; expected http, "
            "https, s3, gs, or a path. Correct the item."
        )
    return os.path.join(os.path.dirname(os.path.abspath(file)), local)
