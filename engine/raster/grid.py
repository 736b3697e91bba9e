"""The pixel grid of a raster: where its pixels lie, and how large they are on the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError, RasterError
from .tiling import Window

if TYPE_CHECKING:
    from affine import Affine

#: A projected CRS whose scale differs more than this from 1 (Web Mercator away from the equator)
#: is measured on the ellipsoid, like a geographic one. UTM stays below 0.2 % inside its zone.
MAX_SCALE_ERROR = 0.01
#: No map coordinate is larger, whatever the unit of the CRS.
_FARTHEST = 1e12
#: xmin, ymin, xmax, ymax.
Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Grid:
    """A raster's grid, in plain values so that requests pickle.

    Attributes:
        crs: Coordinate reference system as WKT.
        transform: GDAL-ordered-as-Affine coefficients (a, b, c, d, e, f): pixel to map.
        width: Columns.
        height: Rows.
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    width: int
    height: int

    @classmethod
    def of(cls, dataset: Any, path: str) -> Grid:
        """Read the grid of an open rasterio dataset.

        Raises:
            RasterError: The raster has no CRS or no georeference.
        """
        if dataset.crs is None:
            raise RasterError(
                f"{path} has no coordinate reference system, so areas and slopes cannot be "
                "measured. Assign one (Raster > Projections > Assign Projection in QGIS) and "
                "run again."
            )
        if dataset.transform.is_identity:
            raise RasterError(
                f"{path} has a CRS but no georeference: its pixels have no place on the map. "
                "Georeference it (Layer > Georeferencer in QGIS) and run again."
            )
        return cls(
            dataset.crs.to_wkt(), tuple(dataset.transform)[:6], dataset.width, dataset.height
        )

    @property
    def affine(self) -> Affine:
        """The transform as rasterio wants it."""
        return require("affine", "rasterio").Affine(*self.transform)

    @property
    def area(self) -> Window:
        """The whole raster as a window."""
        return Window(0, 0, self.height, self.width)

    @property
    def is_geographic(self) -> bool:
        """Whether the CRS counts in degrees."""
        return bool(require("pyproj").CRS(self.crs).is_geographic)

    def same_crs(self, crs: str) -> bool:
        """Whether another CRS is this one, however it is written.

        Raises:
            ParameterError: There is no such CRS.
        """
        return bool(self.crs == crs or known_crs(self.crs) == known_crs(crs))

    def to_map(self, col: Any, row: Any) -> tuple[Any, Any]:
        """Map coordinates of pixel positions (numbers or arrays; 0, 0 is the first corner)."""
        a, b, c, d, e, f = self.transform
        return a * col + b * row + c, d * col + e * row + f

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Columns and rows (0, 0 is the first corner) of map coordinates [n, 2]."""
        a, b, c, d, e, f = self.transform
        return np.asarray((points - (c, f)) @ np.linalg.inv(np.array([[a, b], [d, e]])).T)

    def shifted(self, window: Window) -> Grid:
        """The grid of a window, which may reach beyond this one."""
        a, b, _, d, e, _ = self.transform
        x, y = self.to_map(window.col, window.row)
        return Grid(self.crs, (a, b, x, d, e, y), window.width, window.height)

    def window_of(self, extent: Extent) -> Window:
        """The pixels that an extent (xmin, ymin, xmax, ymax in this CRS) touches.

        Raises:
            ParameterError: The extent lies outside of the raster, is not finite, or has its
                numbers in another order.
        """
        check_order(extent)
        xmin, ymin, xmax, ymax = extent
        if not all(abs(value) <= _FARTHEST for value in extent):  # false for NaN, too
            raise ParameterError(
                f"The extent is {xmin:.6g}, {ymin:.6g}, {xmax:.6g}, {ymax:.6g}, which is no place "
                f"on the Earth; the raster covers {self.bounds_text()}. Draw the extent over the "
                "raster, or leave it empty."
            )
        a, b, c, d, e, f = self.transform
        corners = np.array([(x - c, y - f) for x in (xmin, xmax) for y in (ymin, ymax)])
        # Extents typed or drawn on pixel borders must not gain a pixel through rounding.
        cols, rows = np.linalg.solve([[a, b], [d, e]], corners.T).round(6)
        col, col_stop = max(0, math.floor(min(cols))), min(self.width, math.ceil(max(cols)))
        row, row_stop = max(0, math.floor(min(rows))), min(self.height, math.ceil(max(rows)))
        if col >= col_stop or row >= row_stop:
            raise ParameterError(
                f"The extent {xmin:.6g}, {ymin:.6g}, {xmax:.6g}, {ymax:.6g} does not touch the "
                f"raster, which covers {self.bounds_text()}. Draw it over the raster, or leave it "
                "empty."
            )
        return Window(row, col, row_stop - row, col_stop - col)

    def lonlat_of_middle(self) -> tuple[float, float]:
        """Longitude and latitude of the middle, degrees."""
        pyproj = require("pyproj")
        crs = pyproj.CRS(self.crs)
        to_lonlat = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        lon, lat = to_lonlat.transform(*self.to_map(self.width / 2, self.height / 2))
        return float(lon), float(lat)

    def bounds_text(self) -> str:
        """The map extent for messages: xmin, ymin, xmax, ymax."""
        return ", ".join(f"{value:.6g}" for value in self.bounds)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The map extent: xmin, ymin, xmax, ymax."""
        xs, ys = self.to_map(
            np.array([0, 0, self.width, self.width]), np.array([0, self.height, 0, self.height])
        )
        return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())

    def pixel_size_metres(self, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Ground width and height of pixels, metres, along the middle column.

        In projected CRSs it is the nominal size (what ``gdaldem`` uses), as long as that is
        within `MAX_SCALE_ERROR` of the size on the ellipsoid; else, and in degrees, the latter.

        Args:
            rows: Row numbers (centres); the middle row where not given.

        Returns:
            Two float64 arrays of the shape of ``rows``.
        """
        rows = np.atleast_1d(self.height / 2 if rows is None else rows).astype(float)
        width, height = self._ellipsoidal_pixel_size(rows)
        if self.is_geographic:
            return width, height
        pyproj = require("pyproj")
        to_metres = pyproj.CRS(self.crs).axis_info[0].unit_conversion_factor
        a, b, _, d, e, _ = self.transform
        nominal_width, nominal_height = math.hypot(a, d) * to_metres, math.hypot(b, e) * to_metres
        if np.all(np.abs(nominal_width / width - 1) < MAX_SCALE_ERROR):
            return np.full_like(rows, nominal_width), np.full_like(rows, nominal_height)
        return width, height

    def _ellipsoidal_pixel_size(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pyproj = require("pyproj")
        crs = pyproj.CRS(self.crs)
        to_lonlat = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        geod = crs.get_geod()
        count = len(rows)
        rows = np.append(rows, rows[-1])  # pyproj takes an array of one for a number, and warns
        col = np.full_like(rows, self.width / 2)

        def lonlat(dcol: float, drow: float) -> tuple[np.ndarray, np.ndarray]:
            return to_lonlat.transform(*self.to_map(col + dcol, rows + 0.5 + drow))

        width = geod.inv(*lonlat(-0.5, 0), *lonlat(0.5, 0))[2]
        height = geod.inv(*lonlat(0, -0.5), *lonlat(0, 0.5))[2]
        return np.asarray(width)[:count], np.asarray(height)[:count]


def known_crs(text: str) -> Any:
    """The CRS of rasterio that a user named.

    Raises:
        ParameterError: There is no such CRS.
    """
    failures = require("rasterio.errors", "rasterio").CRSError, ValueError
    try:
        return require("rasterio.crs", "rasterio").CRS.from_user_input(text)
    except failures as err:  # ValueError: what follows EPSG: is no number
        reason = f" ({err})" if isinstance(err, failures[0]) else ""
        raise ParameterError(
            f"'{text[:80]}' is no CRS{reason}. Give a code such as EPSG:32632, or WKT."
        ) from err


def check_order(extent: Extent, degrees: bool = False) -> None:
    """Check that an extent's smaller numbers come first; one that is not finite passes.

    Args:
        extent: What to check.
        degrees: Whether it is in degrees, so that it may cross the 180th meridian: 179 to -179.

    Raises:
        ParameterError: They do not.
    """
    xmin, ymin, xmax, ymax = extent
    crosses = degrees and -180 <= xmax < 0 < xmin <= 180 and xmin - xmax > 180
    if (xmin > xmax and not crosses) or ymin > ymax:
        raise ParameterError(
            f"The extent goes from {xmin:.10g} to {xmax:.10g} in x and from {ymin:.10g} to "
            f"{ymax:.10g} in y; expected the smaller number first. Check the order of the numbers."
        )
