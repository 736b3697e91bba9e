"""Recall of a model file in light and shade, on a labelled scene."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

from ..engine.elevation import Elevation
from ..engine.illumination import gradient_east_north, illumination
from ..engine.pipeline import DetectRequest, detect
from ..engine.shade_recall import ClassScore, by_aspect, by_illumination
from ..engine.stack import dem_source, open_stack
from ..engine.sunlight import with_sun
from ..engine.terrain import open_raster
from .bands import terrain
from .evaluate import Scene
from .export import read_card


def shade_recall(model: Path, scene: Scene) -> tuple[list[ClassScore], list[ClassScore]]:
    """Scores by illumination (none where no sun is to be found) and by aspect.

    The model detects by the path that users take, at its own threshold.

    Args:
        model: Model file.
        scene: The labelled scene; it needs a DEM.
    """
    dem = scene.dem if terrain(read_card(model).bands) else None
    with tempfile.TemporaryDirectory() as folder:
        probability = str(Path(folder) / "probability.tif")
        request = DetectRequest(scene.stack, str(model), probability, dem=dem, device="cpu")
        threshold = detect(request).threshold
        with open_raster(probability) as found, open_raster(scene.labels) as known:
            values, labels = found.read(1, masked=True), known.read(1, masked=True)
    judged = ~np.ma.getmaskarray(values) & ~np.ma.getmaskarray(labels)
    masks = values.filled(0) >= np.float32(threshold), labels.filled(0) == 1, judged
    stack = with_sun(open_stack(scene.stack, scene.dem))
    with closing(Elevation([dem_source(stack)], stack.grid)) as land:
        slopes = gradient_east_north(land.read_relief(stack.grid.area), stack.grid)
    lit = by_illumination(*masks, illumination(*slopes, stack.sun)) if stack.sun else []
    return lit, by_aspect(*masks, *slopes)
