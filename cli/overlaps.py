"""Areas that two inventories have in common, by shapely's geometry and its spatial index."""

from __future__ import annotations

import numpy as np

from ..engine.common.dependencies import require
from ..engine.inventory.table import Table
from ..engine.inventory.update import Overlaps
from .listeners import Listeners

#: Outlines between two looks at whether the run is to stop.
_AT_ONCE = 1000


def overlaps(known: Table, found: Table, listeners: Listeners) -> Overlaps:
    """How the outlines of two tables in one CRS lie on each other, as `algorithms.overlaps` says.

    Areas are those of the map, in the square of its units: only their ratios count.

    Raises:
        DependencyError: shapely is not installed.
        Cancelled: The user stopped the run.
    """
    shapely = require("shapely")
    ours, theirs = _geometries(known), _geometries(found)
    tree = require("shapely.strtree", "shapely").STRtree(theirs)
    shared: dict[tuple[int, int], float] = {}
    for start in range(0, len(ours), _AT_ONCE):
        listeners.check()
        listeners.progress(start / len(ours), "")
        here = ours[start : start + _AT_ONCE]
        i, j = tree.query(here, predicate="intersects")
        areas = shapely.area(shapely.intersection(here[i], theirs[j]))
        pairs = zip((i + start).tolist(), j.tolist(), areas.tolist())
        shared.update({(one, other): area for one, other, area in sorted(pairs) if area > 0})
    return Overlaps(shapely.area(ours), shapely.area(theirs), shared)


def _geometries(table: Table) -> np.ndarray:
    shapes = np.empty(len(table.records), object)
    if table.records:
        shapes[:] = require("shapely").from_wkb([record.wkb for record in table.records])
    return shapes
