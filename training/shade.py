"""Recall of a model file in light and shade, on a labelled scene."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ..engine.assessment.shade_recall import ClassScore, by_aspect, by_illumination
from ..engine.raster.elevation import Elevation
from ..engine.raster.illumination import gradient_east_north, illumination
from ..engine.stack.reader import dem_source, open_stack
from ..engine.stack.sunlight import with_sun
from .answer import Scene, answer


def shade_recall(model: Path, scene: Scene) -> tuple[list[ClassScore], list[ClassScore]]:
    """Scores by illumination (none where no sun is to be found) and by aspect.

    The model detects by the path that users take, at its own threshold.

    Args:
        model: Model file.
        scene: The labelled scene; it needs a DEM.
    """
    said = answer(model, scene)
    masks = said.detected, said.truth, said.judged
    stack = with_sun(open_stack(scene.stack, scene.dem))
    with closing(Elevation([dem_source(stack)], stack.grid)) as land:
        slopes = gradient_east_north(land.read_relief(stack.grid.area), stack.grid)
    lit = by_illumination(*masks, illumination(*slopes, stack.sun)) if stack.sun else []
    return lit, by_aspect(*masks, *slopes)
