"""The grid that a stack is made on: the product's own, or any CRS, extent and pixel size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..common.archive import shown
from ..common.dependencies import require
from ..common.errors import ParameterError
from ..products.masks import MaskPolygon, MaskPolygons, Reason, rasterise
from ..raster.grid import Grid, check_order, known_crs
from ..raster.reading import open_raster
from ..raster.source import Product

Bounds = tuple[float, float, float, float]

#: A larger grid is a slip in the pixel size: twenty Sentinel-2 tiles at 10 m.
_MOST_PIXELS = 20 * 10980**2
#: A pixel of a tenth of a degree is a slip in the unit, degrees.
_LARGEST_DEGREES = 0.1


@dataclass(frozen=True)
class AreaOfInterest:
    """Polygons outside of which a stack has no data. Pickles.

    Attributes:
        crs: Their CRS, as WKT or a code.
        polygons: For each, its outline and holes, each a closed list of x and y.
    """

    crs: str
    polygons: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]

    @property
    def bounds(self) -> Bounds:
        """xmin, ymin, xmax, ymax."""
        points = np.array([point for rings in self.polygons for point in rings[0]])
        (xmin, ymin), (xmax, ymax) = points.min(axis=0), points.max(axis=0)
        return float(xmin), float(ymin), float(xmax), float(ymax)

    def outside(self, grid: Grid) -> np.ndarray:
        """Which pixels of a grid have their centre outside, bool [height, width]."""
        polygons = tuple(
            MaskPolygon(Reason.OUTSIDE, tuple(np.array(ring) for ring in rings))
            for rings in self.polygons
        )
        return np.asarray(rasterise(MaskPolygons(self.crs, polygons), grid) == 0)


@dataclass(frozen=True)
class GridRequest:
    """What is asked of a stack's grid; whatever is left out is as in the product.

    Attributes:
        crs: CRS, as WKT or a code such as ``EPSG:32632``.
        pixel_size: In units of the CRS.
        extent: xmin, ymin, xmax, ymax.
        extent_crs: CRS of the extent, where it is not that of the grid.
        area: Area of interest; without an extent, its bounds are the extent.
    """

    crs: str = ""
    pixel_size: float | None = None
    extent: Bounds | None = None
    extent_crs: str = ""
    area: AreaOfInterest | None = None


def finest_grid(product: Product) -> Grid:
    """The grid of the product's band with the smallest pixels; sizes are those of the files.

    Raises:
        RasterError: A band cannot be read, or has no CRS or georeference.
    """
    grids = []
    for path in dict.fromkeys(source.path for source in product.bands):
        with open_raster(path) as dataset:
            grids.append(Grid.of(dataset, shown(path)))
    return min(grids, key=lambda grid: abs(grid.affine.determinant))


def target_grid(products: Sequence[Grid], request: GridRequest) -> Grid:
    """The grid of a stack.

    Pixels keep the product's corners where the CRS is the product's; else corners lie on whole
    multiples of the pixel size, so that stacks of one CRS fit onto each other.

    Args:
        products: The finest grid of each granule.
        request: What is asked for.

    Raises:
        ParameterError: The CRS is unknown, the pixel size makes no sense, or the extent does not
            touch the products.
    """
    first = products[0]
    _check_crs(request.crs)
    own = not request.crs or first.same_crs(request.crs)
    crs = first.crs if own else _wkt(request.crs)
    width, height = _pixel_size(first, crs, own, request.pixel_size)
    corner = (first.transform[2], first.transform[5]) if own else (0.0, 0.0)
    whole = _snapped(_union(products, crs), crs, corner, (width, height))
    extent = _extent(whole, request)
    grid = whole.shifted(whole.window_of(extent)) if extent else whole
    if grid.width * grid.height > _MOST_PIXELS:
        raise ParameterError(
            f"The stack would have {grid.width} x {grid.height} pixels of {width:g} x {height:g}; "
            f"expected at most {_MOST_PIXELS / 1e9:.1f} thousand million. Give a larger pixel "
            "size or a smaller extent."
        )
    return grid


def _check_crs(crs: str) -> None:
    if not crs:
        return
    known = known_crs(crs)
    if not (known.is_geographic or known.is_projected):
        raise ParameterError(
            f"The CRS '{crs[:80]}' is neither projected nor geographic, so pixels in it have no "
            "size on the ground. Give one such as EPSG:32632 (UTM)."
        )


def _wkt(crs: str) -> str:
    return str(known_crs(crs).to_wkt())


def _pixel_size(first: Grid, crs: str, own: bool, wanted: float | None) -> tuple[float, float]:
    """Width and height in units of the CRS."""
    if wanted is not None:
        degrees = known_crs(crs).is_geographic
        if not wanted > 0 or (degrees and wanted > _LARGEST_DEGREES):
            raise ParameterError(
                f"The pixel size is {wanted:g} {'degrees' if degrees else 'in units of the CRS'}; "
                f"expected {'some 0.0001 (10 m)' if degrees else 'a positive number such as 10'}."
            )
        return wanted, wanted
    a, b, _, d, e, _ = first.transform
    if own:
        return math.hypot(a, d), math.hypot(b, e)
    warp = require("rasterio.warp", "rasterio")
    transform, _, _ = warp.calculate_default_transform(
        first.crs, crs, first.width, first.height, *first.bounds
    )
    return _rounded(float(transform.a)), _rounded(float(transform.a))


def _rounded(size: float) -> float:
    """Two digits: a new grid need not have pixels of 9.97 m."""
    return float(f"{size:.1e}")


def _union(products: Sequence[Grid], crs: str) -> Bounds:
    bounds = np.array([bounds_in(grid.crs, crs, grid.bounds) for grid in products])
    xmin, ymin = bounds[:, :2].min(axis=0)
    xmax, ymax = bounds[:, 2:].max(axis=0)
    return float(xmin), float(ymin), float(xmax), float(ymax)


def bounds_in(crs: str, target: str, bounds: Bounds) -> Bounds:
    """An extent in another CRS; along its sides too, as they may bend outwards.

    Raises:
        ParameterError: A CRS is unknown, there is no way from one to the other, or the extent's
            numbers are in another order.
    """
    check_order(bounds, known_crs(crs).is_geographic)
    try:
        moved = require("rasterio.warp", "rasterio").transform_bounds(crs, target, *bounds)
    except require("rasterio.errors", "rasterio").RasterioError as err:
        raise ParameterError(
            f"The extent {', '.join(f'{x:.6g}' for x in bounds)} cannot be moved into the CRS of "
            f"the stack ({err}). Check the extent and the CRS."
        ) from err
    west, south, east, north = moved
    return west, south, east, north


def _snapped(
    bounds: Bounds, crs: str, corner: tuple[float, float], size: tuple[float, float]
) -> Grid:
    """The smallest grid on a lattice that covers an extent."""
    xmin, ymin, xmax, ymax = bounds
    (x, y), (width, height) = corner, size
    # An extent that ends on the lattice must not gain a pixel through rounding.
    first_col, last_col = round((xmin - x) / width, 6), round((xmax - x) / width, 6)
    first_row, last_row = round((y - ymax) / height, 6), round((y - ymin) / height, 6)
    col, row = math.floor(first_col), math.floor(first_row)
    return Grid(
        crs,
        (width, 0.0, x + col * width, 0.0, -height, y - row * height),
        max(1, math.ceil(last_col) - col),
        max(1, math.ceil(last_row) - row),
    )


def _extent(whole: Grid, request: GridRequest) -> Bounds | None:
    extent, crs = request.extent, request.extent_crs
    if extent is None and request.area is not None:
        extent, crs = request.area.bounds, request.area.crs
    if extent is None or not crs or whole.same_crs(crs):
        return extent
    return bounds_in(crs, whole.crs, extent)
