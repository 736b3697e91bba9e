"""Places that users give: an extent, or the polygons of a layer."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsWkbTypes,
)

from ..engine.catalogue.place import area_of_extent
from ..engine.common.errors import ParameterError
from ..engine.preparation.target_grid import AreaOfInterest, Bounds
from .base import LandslipAlgorithm


def place_parameters(algorithm: LandslipAlgorithm) -> list[Any]:
    """An extent and a layer of polygons, either of which may be left out."""
    return [
        QgsProcessingParameterExtent("EXTENT", algorithm.tr("Extent"), optional=True),
        QgsProcessingParameterFeatureSource(
            "AREA",
            algorithm.tr("Area of interest"),
            [QgsProcessing.TypeVectorPolygon],
            optional=True,
        ),
    ]


def extent_of(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> tuple[Bounds | None, str]:
    """The extent and its CRS as WKT; none where it was left out."""
    if not parameters.get("EXTENT"):
        return None, ""
    box = algorithm.parameterAsExtent(parameters, "EXTENT", context)
    crs = algorithm.parameterAsExtentCrs(parameters, "EXTENT", context).toWkt()
    return (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()), crs


def area_of(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> AreaOfInterest | None:
    """The polygons; None where they were left out.

    Raises:
        ParameterError: The layer has none.
    """
    source = algorithm.parameterAsSource(parameters, "AREA", context)
    if source is None:
        return None
    polygons = tuple(
        rings for feature in source.getFeatures() for rings in polygon_rings(feature.geometry())
    )
    if not polygons:
        raise ParameterError(
            "The area of interest has no polygon; expected at least one. Choose a layer of "
            "polygons, or select some if only selected features are used."
        )
    return AreaOfInterest(source.sourceCrs().toWkt(), polygons)


def needed_area(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> tuple[AreaOfInterest, bool]:
    """The place of a run that needs one, and whether it is polygons.

    Raises:
        ParameterError: Neither was given, or both.
    """
    area = area_of(algorithm, parameters, context)
    extent, crs = extent_of(algorithm, parameters, context)
    if (area is None) == (extent is None):
        given = "Neither EXTENT nor AREA was" if area is None else "EXTENT and AREA were both"
        raise ParameterError(f"{given} given; expected one of them. Draw an extent over the place.")
    if area is not None:
        return area, True
    if extent is None or not crs:
        raise ParameterError(
            "The extent says no CRS; expected such as '141.9,142.1,42.6,42.8 [EPSG:4326]'."
        )
    return area_of_extent(extent, crs), False


def polygon_rings(
    geometry: QgsGeometry,
) -> list[tuple[tuple[tuple[float, float], ...], ...]]:
    """Outline and holes of each polygon of a geometry, as plain numbers."""
    if geometry.isEmpty() or geometry.type() != QgsWkbTypes.PolygonGeometry:
        return []
    parts = geometry.asMultiPolygon() if geometry.isMultipart() else [geometry.asPolygon()]
    return [
        tuple(tuple((point.x(), point.y()) for point in ring) for ring in rings) for rings in parts
    ]
