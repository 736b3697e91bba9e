"""Size, shape and course of landslides, from their outlines and the statistics of their pixels.

Each landslide is measured in a plane of its own, in metres to the east and the north of its
centroid, so that projection, latitude and the zone it lies in make no difference. The slope it
went down is that of the plane through its land: the mean of Horn's gradient over its pixels.
Length and width are its extents along and across that direction, not the sides of a bounding box,
which are wrong for landslides wider than long (Niculita 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..inventory.geodesy import Geodesy
from ..inventory.wkb import Polygon, centroid, signed_area
from ..raster.grid import Grid
from .pixel_statistics import PixelStatistics

#: Gradient, metres a metre, below which the land has no direction.
LEVEL = 1e-6

#: A vertex so near a pixel corner lies on it, pixels.
_ON_CORNER = 1e-5

#: Semi-major axis in metres, and eccentricity squared.
_WGS84 = (6378137.0, 0.00669437999014)


def morphometry(
    shapes: Sequence[Sequence[Polygon]],
    grid: Grid,
    statistics: PixelStatistics,
) -> list[dict[str, Any]]:
    """Measure landslides.

    Args:
        shapes: Polygons of each, in columns and rows of the grid (0, 0 is its first corner).
        grid: The grid on which the pixels were counted.
        statistics: Statistics of each landslide's pixels.

    Returns:
        For each its attributes by the names of `inventory.FIELDS`; None where unknown.
    """
    if not shapes:
        return []
    geodesy = Geodesy(grid.crs)
    parts = [[_oriented(rings) for rings in shape] for shape in shapes]
    centres = np.array([_centre(shape) for shape in parts])
    axes = _ground_axes(grid, geodesy, centres)
    columns = {
        **_sizes(parts, grid, geodesy),
        **_position(grid, geodesy, centres),
        **_probability(statistics),
        **_land(statistics, axes),
        **_ends(statistics, grid, geodesy),
    }
    points = [_extent_points(shape) for shape in parts]
    columns.update(_course(points, centres, axes, statistics))
    listed = {name: _plain(column) for name, column in columns.items()}
    return [dict(zip(listed, row)) for row in zip(*listed.values())]


def nearest_neighbours(lon: np.ndarray, lat: np.ndarray) -> list[float | None]:
    """Distance of each point to the nearest other one, metres; None for a single point.

    Measured as a straight line between places on the WGS 84 ellipsoid, which at 10 km is 1 mm
    shorter than the way along it.
    """
    if len(lon) < 2:
        return [None] * len(lon)
    spatial = require("scipy.spatial", "scipy")
    radius, _ = _radii(np.asarray(lat), *_WGS84)
    phi, lam = np.radians(lat), np.radians(lon)
    x, y = radius * np.cos(phi) * np.cos(lam), radius * np.cos(phi) * np.sin(lam)
    places = np.column_stack((x, y, radius * (1 - _WGS84[1]) * np.sin(phi)))
    found: list[float | None] = spatial.cKDTree(places).query(places, k=2)[0][:, 1].tolist()
    return found


def _oriented(rings: Polygon) -> Polygon:
    """The rings with an exterior of positive and holes of negative area."""
    return [
        ring if (signed_area(ring) > 0) == (index == 0) else ring[::-1]
        for index, ring in enumerate(rings)
    ]


def _centre(shape: Sequence[Polygon]) -> tuple[float, float]:
    rings = [ring for polygon in shape for ring in polygon]
    # Far from the origin, products of coordinates lose the digits that make up the centroid.
    col, row = rings[0][0]
    from_corner = centroid([ring - rings[0][0] for ring in rings])
    return from_corner[0] + col, from_corner[1] + row


def _ground_axes(grid: Grid, geodesy: Geodesy, centres: np.ndarray) -> np.ndarray:
    """Metres to the east and north that a step along columns and one along rows make.

    Returns:
        Float64 [n, (east, north), (column, row)].
    """
    a, squared = geodesy.ellipsoid
    axes = np.empty((len(centres), 2, 2))
    for axis in (0, 1):
        step = np.zeros(2)
        step[axis] = 0.5
        lon_0, lat_0 = _lonlat(grid, geodesy, centres - step)
        lon_1, lat_1 = _lonlat(grid, geodesy, centres + step)
        across, along = _radii((lat_0 + lat_1) / 2, a, squared)
        turn = (lon_1 - lon_0 + 180) % 360 - 180
        axes[:, 0, axis] = np.radians(turn) * across * np.cos(np.radians((lat_0 + lat_1) / 2))
        axes[:, 1, axis] = np.radians(lat_1 - lat_0) * along
    return axes


def _radii(lat: np.ndarray, a: float, squared: float) -> tuple[np.ndarray, np.ndarray]:
    """Radii of curvature across and along the meridian, metres (``squared``: eccentricity²)."""
    flattening = 1 - squared * np.sin(np.radians(lat)) ** 2
    return a / np.sqrt(flattening), a * (1 - squared) / flattening**1.5


def _lonlat(grid: Grid, geodesy: Geodesy, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of (col, row) places [n, 2]."""
    lon, lat = geodesy.lonlat(*grid.to_map(places[:, 0], places[:, 1]))
    return np.asarray(lon), np.asarray(lat)


def _sizes(
    parts: Sequence[Sequence[Polygon]], grid: Grid, geodesy: Geodesy
) -> dict[str, np.ndarray]:
    measured = [
        np.sum(
            [
                geodesy.area_perimeter(
                    [np.column_stack(grid.to_map(ring[:, 0], ring[:, 1])) for ring in rings]
                )
                for rings in shape
            ],
            axis=0,
        )
        for shape in parts
    ]
    area, perimeter = np.array(measured).T
    return {
        "area_m2": area,
        "perimeter_m": perimeter,
        "compactness": 4 * np.pi * area / perimeter**2,
    }


def _position(grid: Grid, geodesy: Geodesy, centres: np.ndarray) -> dict[str, np.ndarray]:
    lon, lat = _lonlat(grid, geodesy, centres)
    return {"lon": lon, "lat": lat}


def _probability(statistics: PixelStatistics) -> dict[str, np.ndarray]:
    pixels = statistics.sum("pixels")
    highest, _ = statistics.extreme("peak")
    known = np.where(np.isfinite(highest) & (pixels > 0), pixels, np.nan)
    return {
        "pixel_count": pixels.astype(int),
        "prob_mean": statistics.sum("probability") / known,
        "prob_max": highest,
        "prob_std": statistics.sum("spread") / known,
        "prob_p10": statistics.probability_below(0.1),
    }


def _land(statistics: PixelStatistics, axes: np.ndarray) -> dict[str, np.ndarray]:
    pixels = _known_terrain(statistics)
    steps = np.linalg.norm(axes, axis=1)
    towards = np.stack((statistics.sum("aspect_col"), statistics.sum("aspect_row")), axis=1)
    east, north = np.einsum("nij,nj->in", axes, towards / steps)
    directed = np.hypot(east, north) > LEVEL * statistics.sum("terrain")
    aspect = np.degrees(np.arctan2(east, north)) % 360
    return {
        "slope_mean": statistics.sum("slope") / pixels,
        "slope_max": statistics.extreme("steepest")[0],
        "aspect_deg": np.where(directed, aspect, np.nan),
        "curvature": statistics.sum("curvature") / pixels,
    }


def _ends(statistics: PixelStatistics, grid: Grid, geodesy: Geodesy) -> dict[str, np.ndarray]:
    """Crown and toe, its highest and its lowest pixel."""
    columns = {}
    for name in ("crown", "toe"):
        value, pixel = statistics.extreme(name)
        lon, lat = _lonlat(grid, geodesy, pixel[:, ::-1] + 0.5)
        known = np.isfinite(value)
        columns[f"{name}_lon"] = np.where(known, lon, np.nan)
        columns[f"{name}_lat"] = np.where(known, lat, np.nan)
    columns["z_max"] = statistics.extreme("crown")[0]
    columns["z_min"] = -statistics.extreme("toe")[0]
    return columns


def _course(
    points: Sequence[np.ndarray],
    centres: np.ndarray,
    axes: np.ndarray,
    statistics: PixelStatistics,
) -> dict[str, np.ndarray]:
    """Extents along and across the slope, and the way from crown to toe.

    The way, `travel_m`, is the straight line on the map. But crown and toe of a wide landslide may
    lie at its opposite ends: the way is no longer than the extent down the slope between centres of
    pixels, and so often shorter than the distance of crown and toe. H / L then is that of the slope
    that it went down, not of a line from flank to flank. Then again the way is nowhere steeper than
    the steepest slope, which bounds it for landslides that are a pixel long.
    """
    down = _downslope(statistics, axes)
    across = np.stack((-down[:, 1], down[:, 0]), axis=1)
    length, width = _extent(points, centres, axes, down), _extent(points, centres, axes, across)
    crown, toe = (statistics.extreme(name)[1][:, ::-1] for name in ("crown", "toe"))
    way = np.einsum("nij,nj->ni", axes, toe - crown)
    pixel = np.abs(np.einsum("nij,ni->nj", axes, down)).max(axis=1)
    straight, down_it = np.linalg.norm(way, axis=1), np.abs((way * down).sum(axis=1))
    height = statistics.extreme("crown")[0] + statistics.extreme("toe")[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        steepest = height / np.tan(np.radians(statistics.extreme("steepest")[0]))
        travel = np.minimum(straight, np.maximum.reduce((length - pixel, down_it, steepest)))
        ratio = np.where(travel > 0, height / travel, np.nan)
        elongation = np.where(width > 0, length / width, np.nan)
    return {
        "length_m": length,
        "width_m": width,
        "elongation": elongation,
        "height_m": height,
        "travel_m": travel,
        "h_l": ratio,
        "reach_deg": np.degrees(np.arctan(ratio)),
    }


def _downslope(statistics: PixelStatistics, axes: np.ndarray) -> np.ndarray:
    """Unit vector (east, north) down the mean slope [n, 2]; NaN on level or unknown land."""
    rise = np.stack((statistics.sum("gradient_col"), statistics.sum("gradient_row")), axis=1)
    rise = rise / _known_terrain(statistics)[:, None]
    gradient = np.linalg.solve(np.swapaxes(axes, 1, 2), rise[:, :, None])[:, :, 0]
    steepness = np.linalg.norm(gradient, axis=1, keepdims=True)
    return -gradient / np.where(steepness > LEVEL, steepness, np.nan)


def _known_terrain(statistics: PixelStatistics) -> np.ndarray:
    pixels = statistics.sum("terrain")
    return np.where(pixels > 0, pixels, np.nan)


def _extent(
    points: Sequence[np.ndarray], centres: np.ndarray, axes: np.ndarray, way: np.ndarray
) -> np.ndarray:
    """Extent of each landslide's points along its way, metres [n]."""
    counts = [len(mine) for mine in points]
    first = np.cumsum([0, *counts[:-1]])
    per_pixel = np.repeat(np.einsum("ni,nij->nj", way, axes), counts, axis=0)
    offset = np.concatenate(points) - np.repeat(centres, counts, axis=0)
    along = (offset * per_pixel).sum(axis=1)
    return np.maximum.reduceat(along, first) - np.minimum.reduceat(along, first)


def _extent_points(shape: Sequence[Polygon]) -> np.ndarray:
    """The points of the exteriors that decide how far a landslide reaches.

    Along pixel edges not the corners but the middles of pixel sides: a straight border that runs
    aslant becomes a staircase, and the border goes through the middles of its steps.
    """
    return np.concatenate([_side_middles(rings[0]) for rings in shape])


def _side_middles(ring: np.ndarray) -> np.ndarray:
    """Middles of the first and last pixel side of each run, or the ring if it has other sides."""
    side = np.roll(ring, -1, axis=0) - ring
    astray = np.abs(ring - np.round(ring)).max() > _ON_CORNER
    if astray or np.abs(side).min(axis=1).max() > _ON_CORNER:
        return ring
    half = np.sign(np.round(side)) / 2
    return np.concatenate((ring + half, ring + side - half))


def _plain(column: np.ndarray) -> list[Any]:
    """The column as Python's own numbers, with None for NaN."""
    return [None if value != value else value for value in column.tolist()]
