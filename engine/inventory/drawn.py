"""Polygons on a grid, drawn window by window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.dependencies import require
from ..raster.grid import Grid
from ..raster.tiling import Window
from .polygons import Outlines, box_of, geojson, in_crs
from .wkb import Polygon, polygons_of


class DrawnPolygons:
    """Polygons brought onto a grid. A pixel belongs to the polygon that its centre is in.

    Args:
        shapes: The polygons.
        crs: Their CRS.
        grid: The grid.
        order: Their numbers in the order of drawing: the last covers the others.
    """

    def __init__(
        self,
        shapes: Sequence[list[Polygon]],
        crs: str,
        grid: Grid,
        order: Sequence[int] | None = None,
    ) -> None:
        self._grid = grid
        self._shapes = in_crs(list(shapes), crs, grid.crs)
        self._boxes = np.array([box_of(shape) for shape in self._shapes]).reshape(-1, 4)
        self._order = range(len(self._shapes)) if order is None else order

    @classmethod
    def of(cls, outlines: Outlines, grid: Grid) -> DrawnPolygons:
        """The polygons of some outlines, in their order."""
        return cls([polygons_of(wkb) for wkb in outlines.wkb], outlines.crs, grid)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The extent of all polygons in the grid's CRS: xmin, ymin, xmax, ymax."""
        (xmin, ymin), (xmax, ymax) = self._boxes[:, :2].min(axis=0), self._boxes[:, 2:].max(axis=0)
        return float(xmin), float(ymin), float(xmax), float(ymax)

    def numbers(self, window: Window) -> np.ndarray:
        """Number from 1 of the polygon at each pixel of a window, int32 [h, w]; 0 for none."""
        place = self._grid.shifted(window)
        near = self._near(window)
        shapes = [(geojson(self._shapes[i]), int(i) + 1) for i in self._order if near[i]]
        drawn = np.zeros((window.height, window.width), np.int32)
        if shapes:
            features = require("rasterio.features", "rasterio")
            features.rasterize(shapes, out=drawn, transform=place.affine)
        return drawn

    def near(self, window: Window) -> bool:
        """Whether the box of a polygon touches a window."""
        return bool(self._near(window).any())

    def _near(self, window: Window) -> np.ndarray:
        xmin, ymin, xmax, ymax = self._grid.shifted(window).bounds
        west, south, east, north = self._boxes.T
        return (west <= xmax) & (east >= xmin) & (south <= ymax) & (north >= ymin)
