"""Items of a STAC catalogue: what is known of a scene before it is fetched. Nothing is trusted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np

from ..common.errors import CatalogueError
from ..inventory.wkb import Polygon
from ..products.safe import iso_date
from .addresses import refusal
from .catalogues import Catalogue

_BASELINE = re.compile(r"(\d\d)\.?(\d\d)", re.ASCII)
_IN_NAME = re.compile(r"_N(\d\d)(\d\d)_", re.ASCII)
_TILE = re.compile(r"(?:^|[^0-9A-Z])T?(\d{1,2}[C-X][A-Z]{2})(?![A-Z0-9])", re.ASCII)
_LONGEST_ID, _MOST_POINTS = 200, 20_000


@dataclass(frozen=True)
class Item:
    """A scene of one tile.

    Attributes:
        id: Its name.
        date: Sensing time, ISO 8601 (UTC) to the second.
        polygons: Its footprint, degrees.
        address: Where the item itself is: an address, or a path with ``#`` and its name.
        cloud: Cloud cover of the whole tile, percent; None where not known.
        sun_elevation: Degrees above the horizon; None where not known.
        baseline: Processing baseline such as ``05.00``; empty where not known.
        tile: MGRS tile; empty where not known.
        platform: Satellite; empty where not known.
        thumbnail: Address of a small picture; empty where there is none to be loaded.
        document: The item as JSON.
    """

    id: str
    date: str
    polygons: tuple[Polygon, ...]
    address: str
    cloud: float | None
    sun_elevation: float | None
    baseline: str
    tile: str
    platform: str
    thumbnail: str
    document: dict[str, Any]

    @property
    def day(self) -> str:
        """Its day."""
        return self.date[:10]

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        """Its files by their keys."""
        return {k: v for k, v in self.document["assets"].items() if isinstance(v, dict)}


def item_of(document: Any, address: str, catalogue: Catalogue) -> Item:
    """An item from its JSON.

    Args:
        document: What a catalogue or file holds.
        address: Where it is, unless it says so itself.
        catalogue: The catalogue.

    Raises:
        CatalogueError: It is no item that is of use; the message says what it lacks.
    """
    fault = _fault(document)
    polygons = _polygons(document["geometry"]) if not fault else ()
    if not fault and not polygons:
        fault = "no outline in degrees"
    if fault:
        name = document.get("id") if isinstance(document, dict) else None
        raise CatalogueError(
            f"The item {str(name)[:60]} of {catalogue.name} has {fault}; expected a STAC item of a "
            "scene. Choose another."
        )
    properties = document["properties"]
    text = _texts(properties)
    name = str(document["id"])
    baseline = _baseline(text("s2:processing_baseline", "processing:version"), document)
    return Item(
        id=name,
        date=_date(properties),
        polygons=polygons,
        address=_own_address(document, catalogue) or address,
        cloud=_number(properties.get("eo:cloud_cover"), 0, 100),
        sun_elevation=_sun_elevation(properties),
        baseline=baseline,
        tile=_tile(text("grid:code", "s2:mgrs_tile"), name),
        platform=text("platform"),
        thumbnail=_thumbnail(document, catalogue),
        document=document,
    )


def _fault(document: Any) -> str:
    """What a document lacks to be an item; empty where nothing."""
    if not isinstance(document, dict) or document.get("type") != "Feature":
        return "another type than Feature"
    name = document.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_ID or not name.isprintable():
        return "no name"
    if not isinstance(document.get("properties"), dict):
        return "no properties"
    if not isinstance(document.get("assets"), dict) or not document["assets"]:
        return "no files (assets)"
    if not _date(document["properties"]):
        return "no date"
    return "" if isinstance(document.get("geometry"), dict) else "no outline"


def _date(properties: dict[str, Any]) -> str:
    """Time to the second; a day alone does not do."""
    text = next(
        (
            properties[k]
            for k in ("datetime", "start_datetime")
            if isinstance(properties.get(k), str)
        ),
        "",
    )
    found = iso_date(text)
    return found if len(found) > 10 else ""


def _texts(properties: dict[str, Any]) -> Callable[..., str]:
    def text(*keys: str) -> str:
        found = (properties.get(key) for key in keys)
        return next((v[:80] for v in found if isinstance(v, str) and v.isprintable()), "")

    return text


def _number(value: Any, least: float, most: float) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good and least <= value <= most else None


def _sun_elevation(properties: dict[str, Any]) -> float | None:
    found = _number(properties.get("view:sun_elevation"), -90, 90)
    if found is not None:
        return found
    zenith = _number(properties.get("s2:mean_solar_zenith"), 0, 180)
    return None if zenith is None else 90 - zenith


def _baseline(text: str, document: dict[str, Any]) -> str:
    match = _BASELINE.fullmatch(text)
    names = (str(document["properties"].get("s2:product_uri", "")), str(document["id"]))
    match = match or next(filter(None, map(_IN_NAME.search, names)), None)
    return f"{match[1]}.{match[2]}" if match else ""


def _tile(stated: str, name: str) -> str:
    match = _TILE.search(stated.rpartition("MGRS-")[2]) or _TILE.search(name)
    return match[1].zfill(5) if match else ""


def _own_address(document: dict[str, Any], catalogue: Catalogue) -> str:
    """Where the item says that it is itself, if a run may go there."""
    if catalogue.is_local:
        return ""
    for link in links(document):
        if link.get("rel") == "self" and not refusal(link["href"], catalogue, resolve=False):
            return str(link["href"])
    collection = document.get("collection")
    if not isinstance(collection, str):
        collection = catalogue.collection
    parts = (quote(text, safe="") for text in (collection, document["id"]))
    return "{}/collections/{}/items/{}".format(catalogue.address, *parts)


def links(document: Any) -> Iterator[dict[str, Any]]:
    """The links of a document that have an address."""
    found = document.get("links") if isinstance(document, dict) else None
    for link in found if isinstance(found, list) else []:
        if isinstance(link, dict) and isinstance(link.get("href"), str):
            yield link


def _thumbnail(document: dict[str, Any], catalogue: Catalogue) -> str:
    """A picture that a map tip may load: over https, from a host of the catalogue's."""
    for key in ("thumbnail", "rendered_preview", "preview"):
        asset = document["assets"].get(key)
        href = asset.get("href") if isinstance(asset, dict) else None
        if isinstance(href, str) and not refusal(href, catalogue, resolve=False):
            return quote(href, safe=":/?&=%+,;@()-._~$!*")
    return ""


def _polygons(geometry: dict[str, Any]) -> tuple[Polygon, ...]:
    """Polygons of a GeoJSON geometry, rings open; none where it is broken."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    parts: Any = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(str(kind), [])
    try:
        polygons = tuple([_ring(ring) for ring in rings] for rings in parts if rings)
    except (TypeError, ValueError, IndexError):
        return ()
    points = sum(len(ring) for rings in polygons for ring in rings)
    good = all(
        len(ring) >= 3 and np.isfinite(ring).all() and (np.abs(ring) <= (360.0, 90.0)).all()
        for rings in polygons
        for ring in rings
    )
    return polygons if good and points <= _MOST_POINTS else ()


def _ring(points: Any) -> np.ndarray:
    ring = np.array([(float(point[0]), float(point[1])) for point in points[: _MOST_POINTS + 1]])
    return ring[:-1] if len(ring) > 3 and np.array_equal(ring[0], ring[-1]) else ring
