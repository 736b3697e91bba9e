"""How a detection compares with a reference: pixels, whole landslides, and a map of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dependencies import require
from .errors import RasterError
from .grid import Grid
from .metrics import Confusion, confusion
from .output import whole_file
from .probability import open_probability
from .terrain import open_raster

#: Values of the comparison raster.
TRUE_POSITIVE, FALSE_NEGATIVE, FALSE_POSITIVE = 1, 2, 3


@dataclass(frozen=True)
class Score:
    """What was found.

    Attributes:
        pixels: Counts over all pixels that the reference judges.
        reference: Landslides in the reference (connected pixels).
        found: Of these, with at least half of their pixels detected.
        partly: With less.
        missed: With none.
        false: Detected landslides that touch none of the reference.
    """

    pixels: Confusion
    reference: int
    found: int
    partly: int
    missed: int
    false: int


def pixel_accuracy(probability: str, truth: str) -> Confusion:
    """Count pixels of a probability raster, at its model's threshold, against a reference.

    Args:
        probability: Probability raster.
        truth: Reference on the same grid: 1 landslide, 0 none, its nodata where unknown.

    Raises:
        RasterError: One cannot be read, or they are not on one grid.
    """
    return confusion(*_read(probability, truth))


def score_detection(probability: str, truth: str, min_area: float) -> Score:
    """Compare a probability raster, at its model's threshold, with a reference.

    Args:
        probability: Probability raster.
        truth: Reference on the same grid: 1 landslide, 0 none, its nodata where unknown.
        min_area: Smaller connected pixels count neither as detection nor as reference, m2.
            Pixel scores include them: they judge the raster, not the inventory.
    """
    detected, reference, judged = _read(probability, truth)
    pixel_area = float(np.prod(open_probability(probability).grid.pixel_size_metres()))
    smallest = min_area / pixel_area
    found_labels, found_count = _objects(detected & judged, smallest)
    labels, count = _objects(reference & judged, smallest)
    ndimage = require("scipy.ndimage", "scipy")
    share = np.asarray(ndimage.mean(found_labels > 0, labels, np.arange(1, count + 1)))
    touched = np.unique(found_labels[reference & judged])
    return Score(
        pixels=confusion(detected, reference, judged),
        reference=count,
        found=int((share >= 0.5).sum()),
        partly=int(((share > 0) & (share < 0.5)).sum()),
        missed=int((share == 0).sum()),
        false=found_count - int((touched > 0).sum()),
    )


def write_comparison(probability: str, truth: str, target: str) -> None:
    """Write where detection and reference agree, as `TRUE_POSITIVE`, ...; 0 elsewhere."""
    detected, reference, judged = _read(probability, truth)
    comparison = np.zeros(detected.shape, dtype=np.uint8)
    comparison[judged & detected & reference] = TRUE_POSITIVE
    comparison[judged & ~detected & reference] = FALSE_NEGATIVE
    comparison[judged & detected & ~reference] = FALSE_POSITIVE
    with open_raster(probability) as like:
        profile = {
            "driver": "GTiff",
            "dtype": "uint8",
            "count": 1,
            "nodata": 0,
            "width": like.width,
            "height": like.height,
            "crs": like.crs,
            "transform": like.transform,
            "compress": "deflate",
        }
    with (
        whole_file(target) as temporary,
        require("rasterio").open(temporary, "w", **profile) as out,
    ):
        out.write(comparison, 1)


def _read(probability: str, truth: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Detected, reference, and judged pixels, bool [height, width]."""
    raster = open_probability(probability)
    with open_raster(probability) as dataset:
        values = dataset.read(1, masked=True)
    with open_raster(truth) as dataset:
        labels = dataset.read(1, masked=True)
        grid = Grid.of(dataset, truth)
    if (grid.width, grid.height, grid.transform) != (
        raster.grid.width,
        raster.grid.height,
        raster.grid.transform,
    ):
        raise RasterError(
            f"The reference {truth} ({grid.width} x {grid.height} pixels, {grid.bounds_text()}) is "
            f"not on the grid of the detection ({raster.grid.width} x {raster.grid.height}, "
            f"{raster.grid.bounds_text()}). Warp it to the stack's grid, with nearest neighbour."
        )
    judged = ~np.ma.getmaskarray(labels) & ~np.ma.getmaskarray(values)
    detected = values.filled(0) >= np.float32(raster.provenance.threshold or 0.5)
    return detected, labels.filled(0) == 1, judged


def _objects(mask: np.ndarray, smallest: float) -> tuple[np.ndarray, int]:
    """Label the connected pixels of a mask, without those of fewer than ``smallest`` pixels."""
    labels, count = require("scipy.ndimage", "scipy").label(mask)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    keep = pixels >= smallest
    keep[0] = False
    renumbered = np.cumsum(keep) * keep
    return renumbered[labels], int(keep.sum())
