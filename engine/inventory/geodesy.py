"""Lengths, areas and names of places on the ellipsoid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.dependencies import require


class Geodesy:
    """Lengths, areas and positions on the ellipsoid of a CRS."""

    def __init__(self, crs: str) -> None:
        pyproj = require("pyproj")
        parsed = pyproj.CRS(crs)
        self._geod = parsed.get_geod()
        self._to_lonlat = pyproj.Transformer.from_crs(
            parsed, parsed.geodetic_crs, always_xy=True
        ).transform

    @property
    def ellipsoid(self) -> tuple[float, float]:
        """Semi-major axis in metres, and eccentricity squared."""
        return self._geod.a, self._geod.es

    def lonlat(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Longitude and latitude of map points (numbers or arrays), degrees."""
        if np.shape(x) == (1,):  # pyproj takes an array of one for a number, and warns
            lon, lat = self._to_lonlat(float(x[0]), float(y[0]))
            return np.array([lon]), np.array([lat])
        return self._to_lonlat(x, y)

    def area_perimeter(self, rings: Sequence[np.ndarray]) -> tuple[float, float]:
        """Area in m2 and perimeter in m of a polygon.

        Args:
            rings: Open rings [n, 2] in map coordinates, the exterior first.
        """
        measured = [
            self._geod.polygon_area_perimeter(*self._to_lonlat(ring[:, 0], ring[:, 1]))
            for ring in rings
        ]
        exterior, *holes = (abs(area) for area, _ in measured)
        return exterior - sum(holes), sum(perimeter for _, perimeter in measured)


def location_id(lon: float, lat: float) -> str:
    """Name a landslide after a point in it, such as ``LS_42.71305N_141.95230E``.

    Five decimals are about one metre, less than a pixel: two landslides cannot share a name, and
    the same one keeps it in another run, extent or file order.
    """
    return f"LS_{abs(lat):08.5f}{'NS'[lat < 0]}_{abs(lon):09.5f}{'EW'[lon < 0]}"
