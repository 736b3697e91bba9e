"""The probability raster of the project: read where the reviewer looks, outlined, grown from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsDistanceArea,
    QgsFeatureRequest,
    QgsGeometry,
    QgsLineString,
    QgsMultiLineString,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)

from ..engine.common.errors import ParameterError
from ..engine.inventory.drawn import DrawnPolygons
from ..engine.inventory.wkb import polygon_wkb, polygons_of
from ..engine.raster.grid import Grid
from ..engine.raster.tiling import Window
from .outline_edits import fitting, name_of
from .review import REJECTED
from .review_layer import STATUS, ReviewLayer
from .shapes import grow, rings_above

#: Pixels of the longer side up to which a view is read as it is, and those of a larger one: what is
#: drawn follows the slider, and one pixel in many cannot be told from its neighbour on a screen.
MOST_PIXELS, COARSE_PIXELS = 1000, 500
#: Pixels around a click that a landslide may fill, and those of the largest landslide.
_LEAST_AROUND, _MOST_AROUND = 64, 512


@dataclass(frozen=True)
class View:
    """A part of the raster.

    Attributes:
        values: Probabilities [height, width], NaN where there is none.
        extent: Its extent in the raster's CRS.
    """

    values: np.ndarray
    extent: QgsRectangle

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """From pixels to the map, as `Grid` has it."""
        (rows, cols), box = self.values.shape, self.extent
        width, height = box.width() / cols, box.height() / rows
        return width, 0.0, box.xMinimum(), 0.0, -height, box.yMaximum()

    def pixel_of(self, point: QgsPointXY) -> tuple[int, int]:
        """Row and column of a point inside."""
        width, _, left, _, height, upper = self.transform
        (rows, cols) = self.values.shape
        row, col = int((point.y() - upper) / height), int((point.x() - left) / width)
        return min(row, rows - 1), min(col, cols - 1)

    def on_map(self, ring: np.ndarray) -> np.ndarray:
        """Map coordinates [n, 2] of pixel corners (col, row)."""
        width, _, left, _, height, upper = self.transform
        x, y = left + ring[:, 0] * width, upper + ring[:, 1] * height
        return np.column_stack((x, y))


def read_view(layer: QgsRasterLayer, extent: QgsRectangle) -> View | None:
    """The raster inside an extent of its CRS, coarser where that is large; None outside of it."""
    whole = layer.extent()
    if not whole.intersects(extent):
        return None
    size_x, size_y = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    inside = whole.intersect(extent)
    first = math.floor((inside.xMinimum() - whole.xMinimum()) / size_x + 1e-6)
    last = math.ceil((inside.xMaximum() - whole.xMinimum()) / size_x - 1e-6)
    upper = math.floor((whole.yMaximum() - inside.yMaximum()) / size_y + 1e-6)
    lower = math.ceil((whole.yMaximum() - inside.yMinimum()) / size_y - 1e-6)
    if last <= first or lower <= upper:
        return None
    aligned = QgsRectangle(
        whole.xMinimum() + first * size_x,
        whole.yMaximum() - lower * size_y,
        whole.xMinimum() + last * size_x,
        whole.yMaximum() - upper * size_y,
    )
    longest = max(last - first, lower - upper)
    coarser = longest / COARSE_PIXELS if longest > MOST_PIXELS else 1.0
    shape = (max(1, round((lower - upper) / coarser)), max(1, round((last - first) / coarser)))
    return View(_values(layer, aligned, shape), aligned)


def _values(layer: QgsRasterLayer, extent: QgsRectangle, shape: tuple[int, int]) -> np.ndarray:
    provider = layer.dataProvider()
    block = provider.block(1, extent, shape[1], shape[0])
    block.convert(Qgis.DataType.Float32)
    values = np.frombuffer(bytes(block.data()), np.float32).reshape(shape).copy()
    if provider.sourceHasNoDataValue(1):
        values[values == np.float32(provider.sourceNoDataValue(1))] = np.nan
    return values


def live_outlines(layer: QgsRasterLayer, extent: QgsRectangle, threshold: float) -> QgsGeometry:
    """Lines around all pixels from a threshold on inside an extent, in the raster's CRS."""
    view = read_view(layer, extent)
    lines = QgsMultiLineString()
    if view is not None:
        for ring in rings_above(view.values, threshold):
            corners = view.on_map(np.vstack((ring, ring[:1])))
            lines.addGeometry(QgsLineString(corners[:, 0].tolist(), corners[:, 1].tolist()))
    return QgsGeometry(lines)


def missed_landslide(
    raster: QgsRasterLayer, point: QgsPointXY, hectares: float, layer: QgsVectorLayer
) -> tuple[QgsGeometry, dict[str, str]]:
    """A landslide around a point of the raster's CRS, and what is known of it.

    Args:
        raster: The probability raster.
        point: A point of it.
        hectares: Area that the landslide may have at most.
        layer: The layer that it is for.

    Raises:
        ParameterError: There is no landslide.
    """
    if not raster.crs().isValid():
        raise ParameterError(
            f"The raster '{raster.name()}' has no coordinate reference system. Assign one (Raster "
            "> Projections > Assign Projection), then click again."
        )
    pixel = _pixel_hectares(raster, point)
    most = max(1, int(hectares / pixel))
    around = min(max(_LEAST_AROUND, 2 * math.ceil(math.sqrt(most))), _MOST_AROUND)
    width, height = (
        2 * around * size for size in (raster.rasterUnitsPerPixelX(), raster.rasterUnitsPerPixelY())
    )
    view = read_view(raster, QgsRectangle.fromCenterAndSize(point, width, height))
    grown = None
    if view is not None and view.extent.contains(point):
        row, col = view.pixel_of(point)
        taken = _taken(view, raster, layer)
        if taken[row, col]:
            raise ParameterError(
                "There is an outline here already. Edit it, or reject it before you add another."
            )
        grown = grow(np.where(taken, np.nan, view.values), row, col, most)
    if view is None or grown is None:
        raise ParameterError(
            "No landslide can be told from its surroundings here: the probability is below 0.02, "
            f"or what is connected is larger than {hectares:g} ha or than the raster. Allow a "
            "larger one, or draw the outline with QGIS's Add Polygon Feature."
        )
    shape = QgsGeometry()
    shape.fromWkb(polygon_wkb([view.on_map(ring) for ring in grown.rings]))
    values = {"id": name_of(shape, raster.crs())}
    shape.transform(QgsCoordinateTransform(raster.crs(), layer.crs(), QgsProject.instance()))
    return fitting(shape, layer), values


def _taken(view: View, raster: QgsRasterLayer, layer: QgsVectorLayer) -> np.ndarray:
    """Where outlines are already that nobody has rejected, bool [height, width]."""
    from_layer = QgsCoordinateTransform(layer.crs(), raster.crs(), QgsProject.instance())
    back = QgsCoordinateTransform(raster.crs(), layer.crs(), QgsProject.instance())
    request = QgsFeatureRequest(back.transformBoundingBox(view.extent))
    status = ReviewLayer(layer).text_columns().get(STATUS)
    shapes = []
    for feature in layer.getFeatures(request):
        if feature.hasGeometry() and (status is None or feature[status] != REJECTED):
            shape = feature.geometry()
            shape.convertToStraightSegment()  # layers of others have curves
            shape.transform(from_layer)
            shapes.append(polygons_of(bytes(shape.asWkb())))
    rows, cols = view.values.shape
    grid = Grid(raster.crs().toWkt(), view.transform, cols, rows)
    return DrawnPolygons(shapes, grid.crs, grid).numbers(Window(0, 0, rows, cols)) > 0


def _pixel_hectares(raster: QgsRasterLayer, point: QgsPointXY) -> float:
    measure = QgsDistanceArea()
    measure.setSourceCrs(raster.crs(), QgsProject.instance().transformContext())
    measure.setEllipsoid(raster.crs().ellipsoidAcronym() or "WGS84")
    size = raster.rasterUnitsPerPixelX(), raster.rasterUnitsPerPixelY()
    box = QgsGeometry.fromRect(QgsRectangle.fromCenterAndSize(point, *size))
    return measure.measureArea(box) / 10_000
