"""How much of a study area an image let anybody judge, and which landslides lie on that ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..common.errors import Cancelled, ParameterError, RasterError
from ..ground.assessability import MEANING
from ..ground.classes import Ground
from ..inventory.polygons import Outlines
from ..raster.grid import Grid
from ..raster.illumination import Sun
from ..raster.reading import bounded_cache, open_raster, read_window
from ..raster.resample import Sampler
from ..raster.tiling import Window
from ..stack.sunlight import sun_of_tags
from .footprint import PolygonFootprint

#: A landslide with a larger share of its pixels on assessable ground counts.
MOSTLY = 0.5


@dataclass(frozen=True)
class AssessedGround:
    """What a raster of *Assessable ground* says of a study area.

    Attributes:
        path: The raster.
        areas: Area of each class in the study area, m2.
        landslide_area: Landslide area on assessable ground, m2.
        shares: Share of each landslide's pixels on assessable ground [n]; 0 where the raster has
            none of it.
        sun: Where the sun stood, as the raster says.
    """

    path: str
    areas: Mapping[Ground, float]
    landslide_area: float
    shares: np.ndarray
    sun: Sun | None

    @property
    def area(self) -> float:
        """Assessable ground in the study area, m2."""
        return self.areas[Ground.ASSESSABLE]

    @property
    def counted(self) -> np.ndarray:
        """Which landslides lie mostly on assessable ground, bool [n]."""
        return np.asarray(self.shares > MOSTLY)


def assessed_ground(
    path: str,
    inventory: Outlines,
    study: Outlines,
    cancelled: Callable[[], bool] | None,
    band_pixels: int,
) -> AssessedGround:
    """Measure a study area on a raster of *Assessable ground*, in bands of rows.

    Raises:
        RasterError: It is another raster.
        ParameterError: It has no assessable ground in the study area.
        Cancelled: The user stopped the run.
    """
    with open_raster(path) as dataset:
        if MEANING not in dataset.tags() or dataset.descriptions[0] != "ground":
            raise RasterError(
                f"{path} is no raster of assessable ground; expected what 'Assessable ground' "
                "(landslip:assessability) writes. Run it on the image first."
            )
        grid, sun = Grid.of(dataset, path), sun_of_tags(dataset.tags(), path)
        slides, searched = PolygonFootprint(inventory, grid), PolygonFootprint(study, grid)
        area = grid.window_of(searched.bounds)
        rows = max(1, band_pixels // area.width)
        totals, on = np.zeros(len(Ground)), 0.0
        pixels, good = np.zeros((2, len(inventory.wkb)))
        with bounded_cache():
            for row in range(area.row, area.row_stop, rows):
                if cancelled and cancelled():
                    raise Cancelled("Stopped on request. No report was written.")
                window = Window(row, area.col, min(rows, area.row_stop - row), area.width)
                classes = read_window(dataset, 1, window, path).filled(int(Ground.NODATA))
                inside, label = searched.read(window).covered, slides.read(window).label
                size = _pixel_areas(grid, window)
                totals += np.bincount(classes[inside], size[inside], minlength=len(Ground))
                clear = classes == Ground.ASSESSABLE
                on += float(size[inside & clear & (label > 0)].sum())
                for counts, where in ((pixels, label > 0), (good, clear & (label > 0))):
                    counts += np.bincount(label[where] - 1, minlength=len(counts))
    if not totals[Ground.ASSESSABLE]:
        raise ParameterError(
            f"{path} has no assessable ground in the study area: all of it is hidden, flat or "
            "without data, or the raster is that of another place. Choose another image."
        )
    shares = np.divide(good, pixels, out=np.zeros(len(pixels)), where=pixels > 0)
    return AssessedGround(path, dict(zip(Ground, map(float, totals))), on, shares, sun)


def _pixel_areas(grid: Grid, window: Window) -> np.ndarray:
    width, height = grid.pixel_size_metres(np.arange(window.row, window.row_stop))
    return np.broadcast_to((width * height)[:, None], (window.height, window.width))


class GroundMask:
    """Where ground is assessable, on another grid. Use from one thread."""

    def __init__(self, path: str, grid: Grid) -> None:
        self._dataset = open_raster(path)
        self._sampler = Sampler(self._dataset, 1, grid, "nearest")

    def read(self, window: Window) -> np.ndarray:
        """Bool [height, width]."""
        sample = self._sampler.read(window)
        return np.asarray(sample.valid & (sample.values == Ground.ASSESSABLE))

    def close(self) -> None:
        """Close the files."""
        self._sampler.close()
        self._dataset.close()
