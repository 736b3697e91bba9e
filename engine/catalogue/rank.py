"""Which scenes serve: the first clear one after an event, the last one of that season before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from .items import Item
from .place import Place
from .search import moment

#: Days by which the seasons of two images may differ: after two months, leaves and sun differ.
SEASON = 45
_YEAR = 365.25
AFTER, BEFORE = "after", "before"


@dataclass(frozen=True)
class Scene:
    """The items of one day, which make one image.

    Attributes:
        items: One for each tile.
        coverage: Share of the place that each covers, 0..1.
        clouds: Cloud over the place in each, percent; None where not known.
        looked: Whether each cloud cover comes from scene classes over the place.
        cover: Share of the place that they cover together.
        purpose: `AFTER` or `BEFORE`; empty where it is neither.
        rank: 1 for the best of its purpose; None where it does not serve.
        best: Whether it is of the best pair.
        note: What it serves for, or why it does not.
    """

    items: tuple[Item, ...]
    coverage: tuple[float, ...]
    clouds: tuple[float | None, ...]
    looked: tuple[bool, ...]
    cover: float
    purpose: str = ""
    rank: int | None = None
    best: bool = False
    note: str = ""

    @property
    def date(self) -> str:
        """When its first tile was sensed."""
        return min(item.date for item in self.items)

    @property
    def cloud(self) -> float | None:
        """Cloud over the place, percent: the mean of its tiles by what they cover."""
        known = [(c, w) for c, w in zip(self.clouds, self.coverage) if c is not None and w]
        total = sum(weight for _, weight in known)
        return sum(c * weight for c, weight in known) / total if total else None


@dataclass(frozen=True)
class Wish:
    """What a scene must be.

    Attributes:
        event: When it happened, and until when that may be: a day alone lasts to its end.
        max_cloud: Most cloud over the place, percent.
        min_cover: Least share of the place, 0..1.
    """

    event: tuple[datetime, datetime]
    max_cloud: float
    min_cover: float


def scenes_of(items: Sequence[Item], place: Place) -> list[Scene]:
    """Items put together by day, each tile once: of the newest baseline, and the most of the place.

    Args:
        items: Those of a search.
        place: The place.
    """
    by_day: dict[str, dict[str, tuple[tuple[str, int, str], Item, np.ndarray]]] = {}
    for item in items:
        cells = place.covered(item.polygons)
        rank = (item.baseline, int(cells.sum()), item.id)
        tiles = by_day.setdefault(item.day, {})
        other = tiles.get(item.tile or item.id)
        if other is None or rank > other[0]:
            tiles[item.tile or item.id] = rank, item, cells
    return [_scene(list(tiles.values()), place) for _, tiles in sorted(by_day.items())]


def _scene(tiles: list[tuple[tuple[str, int, str], Item, np.ndarray]], place: Place) -> Scene:
    tiles = _needed(tiles)
    return Scene(
        items=tuple(item for _, item, _ in tiles),
        coverage=tuple(place.share(cells) for _, _, cells in tiles),
        clouds=tuple(item.cloud for _, item, _ in tiles),
        looked=(False,) * len(tiles),
        cover=place.share(np.any([cells for _, _, cells in tiles], axis=0)),
    )


def _needed(
    tiles: list[tuple[tuple[str, int, str], Item, np.ndarray]],
) -> list[tuple[tuple[str, int, str], Item, np.ndarray]]:
    """The tiles that add something to the larger ones: tiles overlap, and one may do."""
    kept = []
    covered = np.zeros_like(tiles[0][2])
    for tile in sorted(tiles, key=lambda each: (-int(each[2].sum()), each[1].id)):
        if (tile[2] & ~covered).any():
            kept.append(tile)
            covered = covered | tile[2]
    return kept or tiles[:1]


def ranked(scenes: Sequence[Scene], wish: Wish) -> list[Scene]:
    """The scenes with their purposes and ranks, by date; the best pair is marked."""
    judged = [_judged(scene, wish) for scene in scenes]
    after = sorted((s for s in judged if _serves(s, AFTER)), key=lambda s: s.date)
    season = moment(after[0].date) if after else wish.event[0]
    before = sorted((s for s in judged if _serves(s, BEFORE)), key=lambda s: _last(s, season))
    done = {id(s): s for s in judged}
    for purpose, order in ((AFTER, after), (BEFORE, before)):
        for rank, scene in enumerate(order, start=1):
            note = _note(scene, purpose, rank, season)
            done[id(scene)] = replace(scene, rank=rank, best=rank == 1, note=note)
    return sorted(done.values(), key=lambda scene: scene.date)


def _judged(scene: Scene, wish: Wish) -> Scene:
    when = moment(scene.date)
    first, last = wish.event
    if first <= when <= last and first != last:
        return replace(scene, note="on the day of the event: give its time to use it")
    purpose = AFTER if when > last else BEFORE
    problems = []
    cloud = scene.cloud
    if cloud is None:
        problems.append("its cloud is not known")
    elif cloud > wish.max_cloud:
        problems.append(f"cloud {cloud:.0f} %, more than {wish.max_cloud:g} %")
    if scene.cover < wish.min_cover:
        problems.append(f"covers {scene.cover:.0%} of the area, less than {wish.min_cover:.0%}")
    return replace(scene, purpose=purpose, note="; ".join(problems))


def _serves(scene: Scene, purpose: str) -> bool:
    return scene.purpose == purpose and not scene.note


def season_apart(one: datetime, other: datetime) -> float:
    """Days between two dates when years do not count, 0..183."""
    apart = abs(one - other) / timedelta(days=1) % _YEAR
    return min(apart, _YEAR - apart)


def _last(scene: Scene, season: datetime) -> tuple[bool, float]:
    """What comes first: of the same season, and late."""
    when = moment(scene.date)
    return season_apart(when, season) > SEASON, -when.timestamp()


def _note(scene: Scene, purpose: str, rank: int, season: datetime) -> str:
    if purpose == AFTER:
        return "first clear one after the event" if rank == 1 else "clear, after the event"
    apart = season_apart(moment(scene.date), season)
    if apart > SEASON:
        return f"clear, before the event, but {apart:.0f} days off the season"
    return "last clear one of the season before" if rank == 1 else "clear, of the season before"
