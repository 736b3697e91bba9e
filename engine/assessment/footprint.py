"""Where landslides are, on a grid: from polygons, or from a raster, read window by window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError
from ..inventory.drawn import DrawnPolygons
from ..inventory.polygons import Outlines, box_of, ellipsoidal_areas, in_crs
from ..inventory.wkb import polygons_of
from ..models.probability import read_probability
from ..outlines.vectorise import VectoriseRequest, vectorise
from ..raster.grid import Grid
from ..raster.reading import open_raster
from ..raster.tiling import Window

#: Room around polygons on a grid made for them, pixels.
_MARGIN = 2
#: Most pixels a side of such a grid: as many as a band of rows has room for.
_LARGEST = 400_000


@dataclass(frozen=True)
class Pixels:
    """What a footprint says of a window, arrays [height, width].

    Attributes:
        covered: Whether a pixel is landslide, bool.
        label: Number of its landslide from 1, 0 for none, int32. Small landslides that are
            dropped from the inventory are covered, and have no label.
        valid: Whether anything is known there, bool.
        probability: 0..1, or None where the footprint has none.
    """

    covered: np.ndarray
    label: np.ndarray
    valid: np.ndarray
    probability: np.ndarray | None = None


class PolygonFootprint:
    """Landslides given as polygons. A pixel belongs to the polygon that its centre is in."""

    def __init__(self, outlines: Outlines, grid: Grid, min_area: float = 0.0) -> None:
        """Bring the polygons onto a grid.

        Args:
            outlines: The polygons.
            grid: Grid on which they will be read.
            min_area: Smaller ones get no label, m2.
        """
        shapes = [polygons_of(wkb) for wkb in outlines.wkb]
        areas = ellipsoidal_areas(shapes, outlines.crs)
        kept = (areas >= min_area) & (areas > 0)
        self._numbered = np.cumsum(kept) * kept
        # The smaller of two that overlap is drawn last, so that it is not hidden.
        order = np.argsort(-areas, kind="stable").tolist()
        self._drawn = DrawnPolygons(shapes, outlines.crs, grid, order)
        #: Area of the labelled landslides on the ellipsoid, m2 [n].
        self.areas = areas[kept]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The extent of all polygons in the grid's CRS: xmin, ymin, xmax, ymax."""
        return self._drawn.bounds

    def read(self, window: Window) -> Pixels:
        """The pixels of a window inside the grid."""
        drawn = self._drawn.numbers(window)
        numbered = np.append(0, self._numbered)
        return Pixels(drawn > 0, numbered[drawn].astype(np.int32), np.ones(drawn.shape, bool))

    def close(self) -> None:
        """Nothing is open."""


class RasterFootprint:
    """Landslides of a raster of probability, or of a reference of 0 and 1.

    Its landslides are those that `vectorise` outlines.
    """

    def __init__(self, path: str, grid: Grid, threshold: float, min_area: float = 0.0) -> None:
        """Find the landslides of a raster on ``grid``.

        Below ``min_area`` m2 they get no label; where it is infinite, none are looked for.
        """
        request = VectoriseRequest(probability=path, threshold=threshold, min_area=min_area)
        found = tuple(each.wkb for each in vectorise(request)) if np.isfinite(min_area) else ()
        self._objects = PolygonFootprint(Outlines(path, grid.crs, found), grid)
        self.areas = self._objects.areas
        self._threshold = np.float32(threshold)
        self._path = path
        self._dataset = open_raster(path)

    def read(self, window: Window) -> Pixels:
        """The pixels of a window inside the grid."""
        probability, valid = read_probability(self._dataset, window, self._path)
        covered = valid & (probability >= self._threshold)
        return Pixels(covered, self._objects.read(window).label, valid, probability)

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()


def grid_around(outlines: list[Outlines], pixel_size: float) -> Grid:
    """A grid of square pixels on which all the polygons lie.

    Args:
        outlines: The polygons; the grid is in the CRS of the first ones, or in the UTM zone of
            their middle where they are in degrees.
        pixel_size: Size of its pixels, metres.

    Raises:
        ParameterError: There is no polygon, or the size makes no sense for their extent.
    """
    if not pixel_size > 0:
        raise ParameterError(f"The pixel size is {pixel_size:g} m; expected more than 0.")
    crs = _metric_crs(outlines[0])
    boxes = [box for each in outlines if each.wkb for box in _boxes_in(each, crs)]
    if not boxes:
        names = ", ".join(each.name for each in outlines)
        raise ParameterError(f"There is no polygon in {names}; expected landslides to compare.")
    lower, upper = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]
    left, bottom = (np.floor(lower / pixel_size) - _MARGIN) * pixel_size
    right, top = (np.ceil(upper / pixel_size) + _MARGIN) * pixel_size
    width, height = round((right - left) / pixel_size), round((top - bottom) / pixel_size)
    if max(width, height) > _LARGEST:
        names = " and ".join(each.name for each in outlines)
        raise ParameterError(
            f"{names} reach over {(right - left) / 1000:,.0f} x {(top - bottom) / 1000:,.0f} km: "
            f"{width:,} x {height:,} pixels of {pixel_size:g} m, and {_LARGEST:,} a side are the "
            "most. Check that both lie in one region and have the right CRS, compare parts of "
            "them, or choose larger pixels."
        )
    return Grid(crs, (pixel_size, 0.0, float(left), 0.0, -pixel_size, float(top)), width, height)


def _metric_crs(outlines: Outlines) -> str:
    pyproj = require("pyproj")
    crs = pyproj.CRS(outlines.crs)
    if crs.is_projected and abs(crs.axis_info[0].unit_conversion_factor - 1) < 1e-9:
        return str(crs.to_wkt())
    boxes = _boxes_in(outlines, "EPSG:4326")
    xmin, ymin, xmax, ymax = np.array(boxes or [(0.0, 0.0, 0.0, 0.0)]).T
    lon, lat = (xmin.min() + xmax.max()) / 2, (ymin.min() + ymax.max()) / 2
    zone = int((lon + 180) // 6) % 60 + 1
    return str(pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone).to_wkt())


def _boxes_in(outlines: Outlines, crs: str) -> list[tuple[float, float, float, float]]:
    shapes = in_crs([polygons_of(wkb) for wkb in outlines.wkb], outlines.crs, crs)
    return [box_of(shape) for shape in shapes if shape]
