"""The layers that landslides are outlined from and measured on, read window by window."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import RasterError
from ..models.probability import ProbabilityRaster, read_probability, read_spread
from ..raster.elevation import DemSource, Elevation
from ..raster.grid import Grid
from ..raster.reading import open_raster, read_window
from ..raster.resample import Sampler
from ..raster.tiling import Window
from ..stack.reader import OPTICAL_BANDS, canonical_band
from .mean_field import HALO, drawn_to_edges
from .pixel_statistics import Layers

#: Largest side of the sample of an image whose spread is measured, pixels.
EDGE_SAMPLE = 512


@dataclass(frozen=True)
class Reading:
    """A window of all layers.

    Attributes:
        window: The window.
        covered: Whether a pixel is landslide, bool [height + 2, width + 2]: one more on each side.
        layers: What is known of its pixels.
    """

    window: Window
    covered: np.ndarray
    layers: Layers


class LayerReader:
    """Reads the probability raster, with the DEM and the excluded area where there are any."""

    def __init__(
        self,
        raster: ProbabilityRaster,
        threshold: float,
        dem: DemSource | None = None,
        excluded: str | None = None,
        fill_pixels: int = 0,
        flat_below: float = 0.0,
        edge_image: str | None = None,
    ) -> None:
        """Open the files.

        Args:
            raster: The probability raster.
            threshold: Probability from which a pixel is landslide.
            dem: DEM of any CRS and resolution.
            excluded: Raster of any CRS and resolution that is not 0 where no landslide can be.
            fill_pixels: Holes of at most so many pixels become landslide.
            flat_below: Slope below which a pixel counts as flat, degrees.
            edge_image: Image whose edges landslides follow, of any CRS and resolution.

        Raises:
            RasterError: One of them cannot be used.
        """
        self.grid = raster.grid
        self._raster = raster
        self._threshold = np.float32(threshold)
        self._fill_pixels = fill_pixels
        self._flat_below = flat_below
        self._files = ExitStack()
        with ExitStack() as files:
            self._dataset = files.enter_context(open_raster(raster.path))
            self._terrain = self._excluded = self._edges = None
            if dem:
                elevation = Elevation([dem], raster.grid)
                self._terrain = files.enter_context(closing(elevation))
            if excluded:
                self._excluded = files.enter_context(closing(WarpedMask(excluded, raster.grid)))
            if edge_image:
                self._edges = files.enter_context(closing(EdgeImage(edge_image, raster.grid)))
            self._files = files.pop_all()

    def __enter__(self) -> LayerReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def read(self, window: Window) -> Reading:
        """Read a window inside the raster."""
        reach = 1 + self._fill_pixels
        probability, valid, covered = self._covered(window, reach)
        if self._fill_pixels:
            covered |= small_holes(covered, valid, self._fill_pixels)
        margin = slice(reach - 1, reach + window.height + 1), slice(reach - 1, -reach + 1 or None)
        inside = slice(reach, -reach), slice(reach, -reach)
        return Reading(
            window,
            covered[margin],
            Layers(
                probability=probability[inside],
                spread=self._spread(window),
                cut_off=beside_nothing(valid[margin]),
                relief=self._terrain.read_relief(window) if self._terrain else None,
                excluded=self._excluded.read(window) if self._excluded else None,
                flat_below=self._flat_below,
            ),
        )

    def _covered(self, window: Window, reach: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probability, validity and landslides with ``reach`` pixels more on each side."""
        if self._edges is None:
            probability, valid = self._probability(window, reach)
            return probability, valid, valid & (probability >= self._threshold)
        wide = reach + HALO
        probability, valid = self._probability(window, wide)
        image = self._edges.read(window.grown(wide))
        covered = drawn_to_edges(probability, valid, image, float(self._threshold))
        inside = slice(HALO, -HALO), slice(HALO, -HALO)
        return probability[inside], valid[inside], covered[inside]

    def _spread(self, window: Window) -> np.ndarray | None:
        if not self._raster.has_spread:
            return None
        return read_spread(self._dataset, window, self._raster.path)

    def _probability(self, window: Window, reach: int) -> tuple[np.ndarray, np.ndarray]:
        """Probability and validity with ``reach`` pixels more on each side.

        Beyond the raster nothing is valid.
        """
        inside, margin = part_on_grid(window.grown(reach), self.grid)
        read = read_probability(self._dataset, inside, self._raster.path)
        probability, valid = (np.pad(layer, margin) for layer in read)
        return probability, valid


Margin = tuple[tuple[int, int], tuple[int, int]]


def part_on_grid(window: Window, grid: Grid) -> tuple[Window, Margin]:
    """The part of a window that lies on a grid, and how much lies beyond, as `np.pad` asks."""
    row, row_stop = max(0, window.row), min(grid.height, window.row_stop)
    col, col_stop = max(0, window.col), min(grid.width, window.col_stop)
    margin = (
        (row - window.row, window.row_stop - row_stop),
        (col - window.col, window.col_stop - col_stop),
    )
    return Window(row, col, row_stop - row, col_stop - col), margin


def check_mask(path: str) -> None:
    """Check a mask before the work starts.

    Raises:
        RasterError: It cannot be read, or has several bands.
    """
    _open_mask(path).close()


def _open_mask(path: str) -> Any:
    dataset = open_raster(path)
    if dataset.count == 1:
        return dataset
    dataset.close()
    raise RasterError(
        f"{path} has {dataset.count} bands; expected a mask of one band that is not 0 where no "
        "landslide can be (water, say). Give that band as a raster of its own."
    )


class WarpedMask:
    """A mask seen through another grid, by the nearest of its pixels."""

    def __init__(self, path: str, grid: Grid) -> None:
        """Open the mask.

        Raises:
            RasterError: It cannot be read, or has no CRS.
        """
        self._dataset = _open_mask(path)
        self._sampler = Sampler(self._dataset, 1, grid, "nearest")

    def read(self, window: Window) -> np.ndarray:
        """Where the mask is set, bool [height, width]; not where it has no data."""
        sample = self._sampler.read(window)
        return sample.valid & (sample.values != 0)

    def close(self) -> None:
        """Close the files."""
        self._sampler.close()
        self._dataset.close()


def check_edge_image(path: str, grid: Grid) -> None:
    """Check an image whose edges are to be followed before the work starts.

    Raises:
        RasterError: It cannot be used.
    """
    EdgeImage(path, grid).close()


class EdgeImage:
    """The reflectances of an image through another grid, in standard deviations of the image."""

    def __init__(self, path: str, grid: Grid) -> None:
        """Open the image; its bands with Sentinel-2 names are used, or all where none has one.

        Raises:
            RasterError: It cannot be read, has no CRS, or is all of one value.
        """
        self._dataset, self._grid = open_raster(path), grid
        names = [canonical_band(name or "") for name in self._dataset.descriptions]
        numbers = [number for number, name in enumerate(names, 1) if name in OPTICAL_BANDS]
        self._numbers = numbers or list(range(1, self._dataset.count + 1))
        self._spread = self._measured(path)
        self._samplers = [Sampler(self._dataset, n, grid, "nearest") for n in self._numbers]

    def _measured(self, path: str) -> np.ndarray:
        """Standard deviation [C] of some quarter million pixels."""
        height, width = self._dataset.shape
        smaller = max(1, max(height, width) // EDGE_SAMPLE)
        shape = (len(self._numbers), max(1, height // smaller), max(1, width // smaller))
        whole = Window(0, 0, height, width)
        values = read_window(self._dataset, self._numbers, whole, path, out_shape=shape)
        spread = np.ma.filled(values.astype(np.float64).std((1, 2)), 0.0)
        if not (spread > 0).all():
            self._dataset.close()
            raise RasterError(
                f"A band of {path} has one value everywhere, or none: it has no edges that "
                "outlines could follow. Choose the image that landslides were detected in."
            )
        return spread.astype(np.float32)

    def read(self, window: Window) -> np.ndarray:
        """[C, height, width] float32; NaN where there is no data."""
        inside, margin = part_on_grid(window, self._grid)
        samples = [sampler.read(inside) for sampler in self._samplers]
        layers = [np.where(sample.valid, sample.values, np.nan) for sample in samples]
        image = np.stack(layers).astype(np.float32) / self._spread[:, None, None]
        return np.pad(image, ((0, 0), *margin), constant_values=np.nan)

    def close(self) -> None:
        """Close the files."""
        for sampler in self._samplers:
            sampler.close()
        self._dataset.close()


def beside_nothing(valid: np.ndarray) -> np.ndarray:
    """Which pixels share an edge with nodata or with the raster's edge.

    Args:
        valid: Validity [height + 2, width + 2].

    Returns:
        Bool [height, width].
    """
    return ~(valid[:-2, 1:-1] & valid[2:, 1:-1] & valid[1:-1, :-2] & valid[1:-1, 2:])


def small_holes(covered: np.ndarray, valid: np.ndarray, pixels: int) -> np.ndarray:
    """The holes of landslides that have at most ``pixels`` pixels, all of them known.

    Pixels of a hole belong together also diagonally, as those of a landslide do not: so each hole
    lies in one landslide alone. What such a hole holds of other landslides joins the one around.

    Args:
        covered: Whether a pixel is landslide, bool [height, width].
        valid: Whether anything is known of it.
        pixels: Largest hole.

    Returns:
        Bool [height, width]; right for all pixels that are more than ``pixels`` from the border.
    """
    labels, count = require("scipy.ndimage", "scipy").label(~covered, np.ones((3, 3)))
    size = np.bincount(labels.ravel(), minlength=count + 1)
    filled = size <= pixels
    filled[labels[~valid]] = False
    for border in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        filled[border] = False
    filled[0] = False
    return filled[labels]
