"""Parameters that say how landslides are outlined and which are dropped, for all that outline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..engine.outlines.vectorise import VectoriseRequest
from .base import LandslipAlgorithm

OUTLINE_HELP = """
<h3>Advanced: outlines</h3>
<p><b>Fill holes</b>: holes up to this size become part of the landslide around them, in m2.</p>
<p><b>Part touching landslides</b>: cuts at necks, where the probability sinks, and along ridges of
the DEM. The number says how far the pass between two parts must lie below the lower of their tops:
0.5 is a common start, lower values part more, empty parts nothing.</p>
<p><b>Smooth outlines</b>: takes the staircase of pixels away. Areas change by 2 % at most, and no
outline crosses its neighbour's.</p>
<p><b>Image whose edges outlines follow</b>: choose the image that landslides were detected in.
Pixels are then landslide or not also by what pixels that look alike around them are (a conditional
random field), so that outlines follow edges in the image, single pixels go, and areas change.
Probabilities stay what the model said.</p>

<h3>Advanced: filters</h3>
<p><b>Smallest mean slope</b> in degrees, and <b>largest elongation</b>, length down the slope over
width. <b>Valley floor</b>: drops landslides that are flatter than this for the most part.
<b>Excluded area</b>: a raster that is not 0 where no landslide can be, such as a map of water;
drops landslides that lie there for the most part. All but the last need the DEM, and keep what it
does not cover.</p>
"""


def outline_parameters(tr: Callable[[str], str]) -> list[Any]:
    """The parameters, all for the advanced ones."""

    # All optional: QGIS calls a model invalid that was saved before a mandatory one came.
    def number(
        name: str, label: str, largest: float | None = None, default: float | None = None
    ) -> Any:
        double = QgsProcessingParameterNumber.Double
        parameter = QgsProcessingParameterNumber(
            name, label, double, default, optional=True, minValue=0
        )
        if largest is not None:
            parameter.setMaximum(largest)
        return parameter

    return [
        number("FILL_HOLES", tr("Fill holes up to (m2)"), default=0),
        number(
            "SPLIT_DEPTH",
            tr("Part touching landslides: depth of the pass, 0 to 1 (empty: do not)"),
            1,
        ),
        QgsProcessingParameterBoolean(
            "SMOOTH", tr("Smooth outlines"), defaultValue=False, optional=True
        ),
        QgsProcessingParameterRasterLayer(
            "EDGE_IMAGE", tr("Image whose edges outlines follow"), optional=True
        ),
        number("MIN_SLOPE", tr("Smallest mean slope (degrees)"), 90, default=0),
        number("MAX_ELONGATION", tr("Largest elongation, length over width (empty: any)")),
        number(
            "FLAT_SLOPE",
            tr("Valley floor: drop what is mostly flatter than (degrees; 0: off)"),
            90,
            default=0,
        ),
        QgsProcessingParameterRasterLayer(
            "EXCLUDE", tr("Excluded area (not 0: water, say)"), optional=True
        ),
    ]


def outline_request(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> VectoriseRequest:
    """What these parameters say; what to outline, and from which probability, is left open."""
    return VectoriseRequest(
        probability="",
        fill_holes=algorithm.parameterAsDouble(parameters, "FILL_HOLES", context),
        split=algorithm.optional_number(parameters, "SPLIT_DEPTH", context),
        smooth=algorithm.parameterAsBoolean(parameters, "SMOOTH", context),
        edge_image=algorithm.raster_path(parameters, "EDGE_IMAGE", context) or None,
        min_slope=algorithm.parameterAsDouble(parameters, "MIN_SLOPE", context),
        max_elongation=algorithm.optional_number(parameters, "MAX_ELONGATION", context),
        flat_slope=algorithm.parameterAsDouble(parameters, "FLAT_SLOPE", context),
        excluded=algorithm.raster_path(parameters, "EXCLUDE", context) or None,
    )
