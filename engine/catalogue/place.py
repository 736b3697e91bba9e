"""The place that is searched: polygons in degrees, and how much of them footprints cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError
from ..inventory.wkb import Polygon
from ..preparation.target_grid import AreaOfInterest, Bounds
from ..products.masks import MaskPolygon, MaskPolygons, Reason, rasterise
from ..raster.grid import Grid, check_order, known_crs

LONLAT = "EPSG:4326"
#: Sides of an extent are cut into so many pieces, as they bend in another CRS.
_PIECES = 20
#: Coverage is counted on so many cells along the longer side.
_CELLS = 200
#: Degrees; a larger place is a slip in the numbers.
_LARGEST = 20.0


def area_of_extent(extent: Bounds, crs: str) -> AreaOfInterest:
    """An extent as a polygon.

    Args:
        extent: xmin, ymin, xmax, ymax; in degrees it may cross the 180th meridian.
        crs: Its CRS.

    Raises:
        ParameterError: It is no extent.
    """
    degrees = bool(known_crs(crs).is_geographic)
    check_order(extent, degrees)
    west, south, east, north = extent
    if degrees and west > east:
        east += 360
    if not (np.isfinite([west, south, east, north]).all() and east > west and north > south):
        raise ParameterError(
            f"The extent is {', '.join(f'{x:.6g}' for x in extent)}, which has no area. Draw the "
            "place that you want images of."
        )
    along, up = np.linspace(west, east, _PIECES + 1), np.linspace(south, north, _PIECES + 1)
    ring = [
        *((x, south) for x in along),
        *((east, y) for y in up[1:]),
        *((x, north) for x in along[::-1][1:]),
        *((west, y) for y in up[::-1][1:]),
    ]
    return AreaOfInterest(crs, ((tuple((float(x), float(y)) for x, y in ring),),))


@dataclass(frozen=True)
class Place:
    """Polygons in degrees; longitudes go on beyond 180 where it crosses that meridian.

    Attributes:
        polygons: For each, its outline and holes [n, 2].
    """

    polygons: tuple[Polygon, ...]

    @classmethod
    def of(cls, area: AreaOfInterest) -> Place:
        """The place of polygons in any CRS.

        Raises:
            ParameterError: It is no place on the Earth, or too large.
        """
        pyproj = require("pyproj")
        move = pyproj.Transformer.from_crs(area.crs, LONLAT, always_xy=True)
        moved = [[_moved(move, ring) for ring in rings] for rings in area.polygons]
        points = np.vstack([ring for rings in moved for ring in rings])
        if not np.isfinite(points).all() or (np.abs(points[:, 1]) > 90).any():
            raise ParameterError(
                "The area has corners that are no place on the Earth. Check its CRS and numbers."
            )
        middle = float(points[0, 0])
        place = cls(tuple([near(ring, middle) for ring in rings] for rings in moved))
        west, south, east, north = place.bounds
        if east - west > _LARGEST or north - south > _LARGEST:
            raise ParameterError(
                f"The area goes over {east - west:.1f} x {north - south:.1f} degrees; expected at "
                f"most {_LARGEST:g} each. Draw a smaller one."
            )
        return place

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north."""
        points = np.vstack([rings[0] for rings in self.polygons])
        (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
        return float(west), float(south), float(east), float(north)

    @property
    def boxes(self) -> tuple[Bounds, ...]:
        """Its extent as searches want it: one, or two beside the 180th meridian."""
        west, south, east, north = self.bounds
        west, east = _within(west, east)
        if east <= 180:
            return ((west, south, east, north),)
        return (west, south, 180.0, north), (-180.0, south, east - 360, north)

    @cached_property
    def _grid(self) -> Grid:
        west, south, east, north = self.bounds
        size = max(east - west, north - south, 1e-9) / _CELLS
        width = max(1, round((east - west) / size))
        height = max(1, round((north - south) / size))
        transform = ((east - west) / width, 0.0, west, 0.0, -(north - south) / height, north)
        return Grid(LONLAT, transform, width, height)

    @cached_property
    def inside(self) -> np.ndarray:
        """The cells that are in it, bool; never none."""
        found = self._burnt(self.polygons)
        return found if found.any() else np.ones_like(found)

    def covered(self, polygons: Iterable[Polygon]) -> np.ndarray:
        """The cells of it that polygons in degrees cover, bool."""
        west, _, east, _ = self.bounds
        moved = [[near(ring, (west + east) / 2) for ring in rings] for rings in polygons]
        return self._burnt(moved) & self.inside

    def share(self, cells: np.ndarray) -> float:
        """The share of it that some cells are, 0..1."""
        return float((cells & self.inside).sum() / self.inside.sum())

    def _burnt(self, polygons: Sequence[Polygon]) -> np.ndarray:
        masks = tuple(MaskPolygon(Reason.OUTSIDE, tuple(rings)) for rings in polygons)
        return np.asarray(rasterise(MaskPolygons(LONLAT, masks), self._grid) != 0)


def near(ring: np.ndarray, longitude: float) -> np.ndarray:
    """A ring in degrees with its longitudes within half a turn of one."""
    moved = ring.astype(float).copy()
    moved[:, 0] = longitude + (moved[:, 0] - longitude + 180) % 360 - 180
    return moved


def _moved(move: object, ring: Sequence[tuple[float, float]]) -> np.ndarray:
    points = np.array(ring, dtype=float)
    x, y = move.transform(points[:, 0], points[:, 1])  # type: ignore[attr-defined]
    moved = np.column_stack((x, y))
    return moved[:-1] if len(moved) > 3 and np.array_equal(moved[0], moved[-1]) else moved


def _within(west: float, east: float) -> tuple[float, float]:
    turns = np.floor((west + 180) / 360)
    return west - 360 * turns, east - 360 * turns
