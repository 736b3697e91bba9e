"""The items of a place and a time: asked of a STAC API, or looked up in files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from ..common.archive import MAX_DEPTH, MAX_FILES, read_bytes
from ..common.errors import CatalogueError, ProductError
from ..common.hooks import Progress, Warn
from ..preparation.target_grid import Bounds
from .items import Item, item_of, links
from .network import Session
from .place import Place

#: Items of a page, pages, and items in all, after which a search is too wide.
_PAGE, _MOST_PAGES, _MOST_ITEMS = 100, 60, 3000


def search(
    session: Session,
    place: Place,
    start: datetime,
    end: datetime,
    progress: Progress,
    warn: Warn,
) -> list[Item]:
    """All items of a catalogue's collection that touch a place within a time.

    Raises:
        CatalogueError: The catalogue does not answer, or gives nonsense.
        Cancelled: The user stopped the run.
    """
    local = session.catalogue.is_local
    documents = _local(session) if local else _pages(session, place, start, end, progress, warn)
    found: dict[str, Item] = {}
    faults: list[str] = []
    for document, address in documents:
        try:
            item = item_of(document, address, session.catalogue)
        except CatalogueError as err:
            faults.append(str(err))
            continue
        if start <= moment(item.date) <= end and place.covered(item.polygons).any():
            found.setdefault(item.id, item)
    if faults:
        more = f", and {len(faults) - 1} more" if faults[1:] else ""
        warn(f"{len(faults)} items were passed over: {faults[0]}{more}")
    return list(found.values())


def moment(text: str) -> datetime:
    """A time of an item."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


# --- an API ---


def _pages(
    session: Session,
    place: Place,
    start: datetime,
    end: datetime,
    progress: Progress,
    warn: Warn,
) -> Iterator[tuple[Any, str]]:
    address = _search_address(session)
    for box in place.boxes:
        yield from _pages_of_box(session, _query(session, address, box, start, end), progress, warn)


def _search_address(session: Session) -> str:
    """Where the API's landing page says that it is searched.

    Raises:
        CatalogueError: It is no STAC API.
    """
    home = session.catalogue.address
    landing = session.json(home)
    searches = [link for link in links(landing) if link.get("rel") == "search"]
    for link in sorted(searches, key=lambda each: str(each.get("method", "GET")).upper() != "GET"):
        return urljoin(f"{home}/", link["href"])
    raise CatalogueError(
        f"{home} is no STAC API that can be searched: its first page has no link 'search'. Give "
        "the address of the API's landing page, such as https://earth-search.aws.element84.com/v1."
    )


def _query(session: Session, address: str, box: Bounds, start: datetime, end: datetime) -> str:
    asked = {
        "collections": session.catalogue.collection,
        "bbox": ",".join(f"{x:.6f}" for x in box),
        "datetime": "/".join(t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (start, end)),
        "limit": _PAGE,
    }
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _pages_of_box(
    session: Session, url: str, progress: Progress, warn: Warn
) -> Iterator[tuple[Any, str]]:
    seen: set[str] = set()
    names: set[str] = set()
    while url:
        if url in seen or len(seen) >= _MOST_PAGES or len(names) >= _MOST_ITEMS:
            why = "leads in a circle" if url in seen else f"has more than {len(names)} scenes"
            warn(
                f"The list of {session.catalogue.name} {why}; what was found until there counts. "
                "Narrow the days or the area if a scene is missing."
            )
            return
        seen.add(url)
        page = session.json(url)
        features = page.get("features") if isinstance(page, dict) else None
        if not isinstance(features, list):
            raise CatalogueError(
                f"{session.catalogue.name} answered a search with no list of scenes; expected a "
                "FeatureCollection. Check the address."
            )
        fresh = {str(f.get("id")) for f in features if isinstance(f, dict)} - names
        names |= fresh
        progress(0, f"{len(names)} scenes listed")
        yield from ((feature, "") for feature in features)
        # A page of old scenes alone is how a circle looks whose addresses differ.
        url = urljoin(url, _next(page)) if fresh and _next(page) else ""


def _next(page: dict[str, Any]) -> str:
    """The address of the next page; empty where this is the last."""
    for link in links(page):
        if link.get("rel") == "next" and str(link.get("method", "GET")).upper() == "GET":
            return str(link["href"])
    return ""


# --- files ---


def _local(session: Session) -> Iterator[tuple[Any, str]]:
    root = Path(session.catalogue.address)
    for file in _files(root):
        session.check()
        try:
            document = json.loads(read_bytes(str(file)))
        except (ProductError, ValueError, RecursionError) as err:
            if root.is_dir():  # JSON of something else may lie there
                continue
            raise CatalogueError(
                f"{file} is no JSON ({str(err)[:100]}); expected STAC items."
            ) from err
        kind = document.get("type") if isinstance(document, dict) else None
        features = document.get("features") if kind == "FeatureCollection" else [document]
        for feature in features if isinstance(features, list) else []:
            if isinstance(feature, dict) and feature.get("type") == "Feature":
                yield feature, f"{file}#{feature.get('id')}"


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    count = 0
    for folder, subfolders, names in os.walk(root):
        if len(Path(folder).relative_to(root).parts) >= MAX_DEPTH:
            subfolders.clear()
        subfolders.sort()
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                raise CatalogueError(
                    f"{root} holds more than {MAX_FILES} files. Give a folder of STAC items alone."
                )
            if name.lower().endswith((".json", ".geojson")):
                yield Path(folder, name)
