"""Landslides as polygons in any CRS: areas, extents, and other CRSs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.dependencies import require
from .geodesy import Geodesy
from .run_facts import Facts, run_facts
from .table import Table
from .wkb import Polygon


@dataclass(frozen=True)
class Outlines:
    """Landslides as polygons.

    Attributes:
        name: What to call them in messages.
        crs: CRS as WKT, or another text that PROJ reads.
        wkb: One well-known binary for each landslide.
        facts: What their columns say of the runs that they came from.
    """

    name: str
    crs: str
    wkb: tuple[bytes, ...]
    facts: Facts = ()

    @classmethod
    def of(cls, table: Table) -> Outlines:
        """The outlines of an inventory that was read."""
        names = {name.lower(): name for name in table.columns}
        columns = {low: [r.get(name) for r in table.records] for low, name in names.items()}
        outlines = tuple(record.wkb for record in table.records)
        return cls(table.name, table.crs, outlines, run_facts(columns))


def ellipsoidal_areas(shapes: list[list[Polygon]], crs: str) -> np.ndarray:
    """Area of each shape on the ellipsoid, m2 [n]."""
    return ellipsoidal_sizes(shapes, crs)[:, 0]


def ellipsoidal_sizes(shapes: list[list[Polygon]], crs: str) -> np.ndarray:
    """Area in m2 and perimeter in m of each shape on the ellipsoid [n, 2]."""
    geodesy = Geodesy(crs)
    sizes = np.zeros((len(shapes), 2))
    for place, shape in enumerate(shapes):
        for rings in shape:
            sizes[place] += geodesy.area_perimeter(rings)
    return sizes


def in_crs(shapes: list[list[Polygon]], crs: str, target: str) -> list[list[Polygon]]:
    """The shapes in another CRS; both are texts that PROJ reads."""
    pyproj = require("pyproj")
    source, wanted = pyproj.CRS(crs), pyproj.CRS(target)
    if source == wanted:
        return shapes
    transform = pyproj.Transformer.from_crs(source, wanted, always_xy=True).transform
    return [
        [[np.column_stack(transform(ring[:, 0], ring[:, 1])) for ring in rings] for rings in shape]
        for shape in shapes
    ]


def box_of(shape: list[Polygon]) -> tuple[float, float, float, float]:
    """Extent of a shape: xmin, ymin, xmax, ymax; inside out where it is empty."""
    if not shape:
        return (np.inf, np.inf, -np.inf, -np.inf)
    points = np.concatenate([rings[0] for rings in shape])
    (xmin, ymin), (xmax, ymax) = points.min(axis=0), points.max(axis=0)
    return float(xmin), float(ymin), float(xmax), float(ymax)


def geojson(shape: list[Polygon]) -> dict[str, Any]:
    """The shape as rasterio takes it."""
    closed = [[np.vstack((ring, ring[:1])).tolist() for ring in rings] for rings in shape]
    return {"type": "MultiPolygon", "coordinates": closed}
