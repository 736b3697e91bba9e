"""Find scenes: what a catalogue has of a place around an event, ranked, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..common.errors import ParameterError
from ..common.hooks import Progress, Warn, or_silent
from ..inventory.dates import checked_date
from ..inventory.fields import Field
from ..inventory.table import Record, Table
from ..inventory.wkb import multipolygon_wkb
from ..preparation.target_grid import AreaOfInterest
from .look import look
from .network import Session
from .place import LONLAT, Place
from .rank import AFTER, BEFORE, Scene, Wish, ranked, scenes_of
from .search import search

#: Name of the layer.
LAYER = "scenes"


@dataclass(frozen=True)
class FindRequest:
    """What is wanted.

    Attributes:
        area: The place.
        event: When it happened: a day, or a day and a time (UTC, or with a zone).
        days_before: Days before the event to search.
        days_after: Days after.
        max_cloud: Most cloud over the place, percent.
        min_cover: Least share of the place, percent.
        look: Whether to read scene classes for the cloud over the place itself.
    """

    area: AreaOfInterest
    event: str
    days_before: int = 400
    days_after: int = 60
    max_cloud: float = 20.0
    min_cover: float = 90.0
    look: bool = False


@dataclass(frozen=True)
class Found:
    """What there is.

    Attributes:
        scenes: By date, ranked.
        catalogue: Name of the catalogue.
    """

    scenes: tuple[Scene, ...]
    catalogue: str

    def best(self, purpose: str) -> Scene | None:
        """The scene that serves a purpose best."""
        return next((s for s in self.scenes if s.best and s.purpose == purpose), None)


def find_scenes(
    request: FindRequest,
    session: Session,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Found:
    """Search, look if asked to, rank.

    Raises:
        ParameterError: A setting makes no sense.
        CatalogueError: The catalogue does not answer as it should.
        Cancelled: The user stopped the run.
    """
    progress, _, warn = or_silent(progress, None, warn)
    event = event_span(request.event)
    place = Place.of(request.area)
    start = event[0] - timedelta(days=request.days_before)
    end = event[1] + timedelta(days=request.days_after)
    progress(0, f"Asking {session.catalogue.name}")
    items = search(session, place, start, end, progress, warn)
    scenes = scenes_of(items, place)
    if request.look:
        progress(0, f"Looking at the clouds of {len(scenes)} days")
        scenes = look(session, scenes, request.area, progress, warn)
    wish = Wish(event, request.max_cloud, request.min_cover / 100)
    found = Found(tuple(ranked(scenes, wish)), session.catalogue.name)
    _tell(found, request, progress, warn)
    return found


def event_span(text: str) -> tuple[datetime, datetime]:
    """The first and the last moment at which an event may have been.

    Raises:
        ParameterError: It is no day.
    """
    given = checked_date(text, "date of the event", whole=True)
    if not given:
        raise ParameterError("The date of the event is empty; expected such as 2018-09-06.")
    when = datetime.fromisoformat(given.replace("Z", "+00:00"))
    when = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
    is_day = len(given) == 10
    return when, when + timedelta(days=1, seconds=-1) if is_day else when


def _tell(found: Found, request: FindRequest, progress: Progress, warn: Warn) -> None:
    progress(1, f"{len(found.scenes)} days with scenes")
    if not found.scenes:
        warn(
            f"{found.catalogue} has no scene of the area within {request.days_before} days before "
            f"and {request.days_after} days after {request.event}. Take more days, or check the "
            "area and the collection."
        )
        return
    for purpose in (BEFORE, AFTER):
        best = found.best(purpose)
        if best:
            cloud = "" if best.cloud is None else f", cloud {best.cloud:.0f} %"
            progress(1, f"{purpose}: {best.date}, {best.note}{cloud}")
            if "off the season" in best.note:
                warn(f"The image {purpose} is {best.note}: leaves, snow and sun may differ.")
        else:
            warn(
                f"No scene {purpose} the event serves: {why_none(found, purpose)}. Allow more "
                "cloud, take more days, or another catalogue."
            )


def why_none(found: Found, purpose: str) -> str:
    """Why no scene serves a purpose."""
    scenes = [s for s in found.scenes if s.purpose == purpose]
    least = min(scenes, key=lambda s: (s.cloud is None, s.cloud or 0, -s.cover), default=None)
    return "there is none" if least is None else f"the best, of {least.date[:10]}, {least.note}"


def results_of(found: Found) -> dict[str, Any]:
    """What an algorithm and a command give back besides the layer."""
    best = {purpose: found.best(purpose) for purpose in (AFTER, BEFORE)}
    results: dict[str, Any] = {"COUNT": len(found.scenes)}
    for purpose, scene in best.items():
        items = scene.items if scene else ()
        results[purpose.upper()] = ",".join(item.id for item in items)
    for purpose, scene in best.items():
        results[f"{purpose.upper()}_DATE"] = scene.date if scene else ""
    return results


# --- the table ---

_ABOUT = "the catalogue"
FIELDS = (
    Field("id", str, "", "Name of the scene", _ABOUT),
    Field("date", datetime, "", "When it was sensed (UTC)", _ABOUT),
    Field("purpose", str, "", "after or before the event; empty on its day", _ABOUT),
    Field("rank", int, "", "1 for the best of its purpose; empty where it does not serve", _ABOUT),
    Field("best", int, "0/1", "Whether it is of the best pair", _ABOUT),
    Field("cloud", float, "%", "Cloud over the area, of this tile", _ABOUT),
    Field("cloud_from", str, "", "item: of the whole tile; scene classes: over the area", _ABOUT),
    Field("coverage", float, "%", "Share of the area that this tile covers", _ABOUT),
    Field("day_coverage", float, "%", "Share of the area that all tiles of the day cover", _ABOUT),
    Field("sun_elevation", float, "degrees", "Sun above the horizon", _ABOUT),
    Field("baseline", str, "", "Processing baseline", _ABOUT),
    Field("tile", str, "", "MGRS tile", _ABOUT),
    Field("platform", str, "", "Satellite", _ABOUT),
    Field("note", str, "", "What it serves for, or why it does not", _ABOUT),
    Field("thumbnail", str, "", "Address of a small picture, which the map tip loads", _ABOUT),
    Field("item", str, "", "Where the item is, for Fetch scenes", _ABOUT),
    Field("catalogue", str, "", "Where it comes from, for Fetch scenes", _ABOUT),
)


def table_of(found: Found) -> Table:
    """A footprint for every tile, the best last so that they lie on top."""
    scenes = sorted(found.scenes, key=lambda s: (s.best, s.rank is not None, -(s.rank or 0)))
    records = tuple(
        _record(scene, number, found.catalogue)
        for scene in scenes
        for number in range(len(scene.items))
    )
    columns = {field.name: field.kind for field in FIELDS}
    return Table(LAYER, LONLAT, columns, records)


def _record(scene: Scene, number: int, catalogue: str) -> Record:
    item = scene.items[number]
    cloud = scene.clouds[number]
    values = {
        "id": item.id,
        "date": item.date,
        "purpose": scene.purpose or None,
        "rank": scene.rank,
        "best": int(scene.best),
        "cloud": None if cloud is None else round(cloud, 1),
        "cloud_from": "scene classes" if scene.looked[number] else "item",
        "coverage": round(100 * scene.coverage[number], 1),
        "day_coverage": round(100 * scene.cover, 1),
        "sun_elevation": None if item.sun_elevation is None else round(item.sun_elevation, 1),
        "baseline": item.baseline or None,
        "tile": item.tile or None,
        "platform": item.platform or None,
        "note": scene.note or None,
        "thumbnail": item.thumbnail or None,
        "item": item.address,
        "catalogue": catalogue,
    }
    return Record(multipolygon_wkb(list(item.polygons)), values)
