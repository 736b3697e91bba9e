"""From a probability raster to landslides: threshold, outline along pixel edges, measure.

The raster is read in bands of rows. A landslide that crosses from one band into the next is kept
open and joined there, so that the outcome does not depend on the bands, and memory does not grow
with the raster.

Pixels belong together where they share an edge; diagonal neighbours are separate landslides. So
every outline is one valid polygon, and its area is exactly that of its pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from .dependencies import require
from .errors import Cancelled, ParameterError
from .inventory import FIELDS, METHODS, UNREVIEWED, Geodesy, Landslide, location_id
from .outline import centroid, pixel_edges, polygon_wkb, trace
from .probability import ProbabilityRaster, open_probability, read_probability
from .terrain import WarpedDem, bounded_cache, open_raster
from .tiling import Window

#: Pixels read at a time.
BAND_PIXELS = 4_000_000


@dataclass(frozen=True)
class VectoriseRequest:
    """What to outline.

    Attributes:
        probability: Probability raster, 0..1.
        dem: DEM raster of any CRS and resolution, or None.
        threshold: Probability from which a pixel is landslide; None for the one of the model that
            made the raster.
        min_area: Smallest landslide to keep, square metres on the ellipsoid.
    """

    probability: str
    dem: str | None = None
    threshold: float | None = None
    min_area: float = 0.0


def vectorise(
    request: VectoriseRequest,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    band_pixels: int = BAND_PIXELS,
) -> Iterator[Landslide]:
    """Outline and measure the landslides of a probability raster, from north to south.

    Args:
        request: What to do.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked between bands of rows.
        band_pixels: Pixels read at a time.

    Raises:
        ParameterError: The threshold or the area makes no sense, or no threshold is known.
        RasterError: The raster or the DEM cannot be used.
        Cancelled: The user stopped the run.
    """
    raster = open_probability(request.probability)
    threshold = known_threshold(request, raster)
    check_minimum_area(request.min_area)
    measure = _Measure(raster, threshold)
    for finished in _finished(raster, request.dem, threshold, progress, cancelled, band_pixels):
        for landslide in measure(finished):
            if landslide["area_m2"] >= request.min_area:
                yield landslide


def known_threshold(request: VectoriseRequest, raster: ProbabilityRaster) -> float:
    """The request's threshold, else that of the model that made the raster.

    Raises:
        ParameterError: Neither is known, or it is outside of 0..1.
    """
    threshold = request.threshold
    if threshold is None:
        threshold = raster.provenance.threshold
    if threshold is None:
        raise ParameterError(
            f"{raster.path} does not say which threshold its model recommends. Give a threshold "
            "between 0 and 1 (0.5 is a common start)."
        )
    check_threshold(threshold)
    return threshold


def check_threshold(threshold: float) -> None:
    """Refuse a threshold outside of 0..1.

    Raises:
        ParameterError: It is.
    """
    if not 0 < threshold <= 1:
        raise ParameterError(
            f"The threshold is {threshold:g}; expected a probability above 0 and up to 1."
        )


def check_minimum_area(min_area: float) -> None:
    """Refuse a negative minimum area.

    Raises:
        ParameterError: It is.
    """
    if not min_area >= 0:
        raise ParameterError(
            f"The minimum area is {min_area:g} m2; expected 0 or more (0 keeps all)."
        )


@dataclass
class _Component:
    """Connected pixels, as far as they have been read."""

    edges: list[np.ndarray] = field(default_factory=list)  # as of outline.pixel_edges
    pixels: int = 0
    sum: float = 0.0
    peak: float = -1.0
    peak_pixel: tuple[int, int] = (0, 0)
    touches_edge: bool = False
    terrain_pixels: int = 0
    z_min: float = np.inf
    z_max: float = -np.inf
    slope_sum: float = 0.0

    def join(self, other: _Component) -> None:
        """Take in the pixels of another component, which lies below or right of this one."""
        self.edges += other.edges
        self.pixels += other.pixels
        self.sum += other.sum
        # Ties go to the first pixel in reading order, whatever the bands of rows.
        if (-other.peak, other.peak_pixel) < (-self.peak, self.peak_pixel):
            self.peak, self.peak_pixel = other.peak, other.peak_pixel
        self.touches_edge |= other.touches_edge
        self.terrain_pixels += other.terrain_pixels
        self.z_min = min(self.z_min, other.z_min)
        self.z_max = max(self.z_max, other.z_max)
        self.slope_sum += other.slope_sum


def _finished(
    raster: ProbabilityRaster,
    dem: str | None,
    threshold: float,
    progress: Callable[[float, str], None] | None,
    cancelled: Callable[[], bool] | None,
    band_pixels: int,
) -> Iterator[list[_Component]]:
    """Read band by band; after each give the components that do not go on below it."""
    grid = raster.grid
    rows = max(1, band_pixels // grid.width)
    open_at = np.full(grid.width, -1)  # which open component is above each column, -1 for none
    waiting: list[_Component] = []
    with ExitStack() as files:
        dataset = files.enter_context(open_raster(raster.path))
        terrain = None
        if dem:
            terrain = WarpedDem(dem, grid)
            files.callback(terrain.close)
        for row in range(0, grid.height, rows):
            if cancelled and cancelled():
                raise Cancelled("Stopped while outlining landslides. No inventory was written.")
            window = Window(row, 0, min(rows, grid.height - row), grid.width)
            with bounded_cache():
                labels, found = _band_components(dataset, raster, terrain, window, threshold)
            finished, waiting, open_at = _join_bands(waiting, open_at, labels, found)
            yield finished
            if progress:
                progress(window.row_stop / grid.height, "")
    yield waiting


def _join_bands(
    waiting: list[_Component], open_at: np.ndarray, labels: np.ndarray, found: list[_Component]
) -> tuple[list[_Component], list[_Component], np.ndarray]:
    """Join a band's components with those still open above it.

    Args:
        waiting: Open components of the bands above.
        open_at: Index into ``waiting`` above each column, or -1.
        labels: This band's labels, 0 for none, i + 1 for ``found[i]``.
        found: This band's components.

    Returns:
        Finished components, those still open, and the latter's index at each column.
    """
    scipy_graph = require("scipy.sparse.csgraph", "scipy")
    sparse = require("scipy.sparse", "scipy")
    first = labels[0]
    meets = (open_at >= 0) & (first > 0)
    above, below = open_at[meets], len(waiting) + first[meets] - 1
    size = len(waiting) + len(found)
    links = sparse.coo_matrix((np.ones(len(above)), (above, below)), shape=(size, size))
    count, group = scipy_graph.connected_components(links, directed=False)

    joined: list[_Component | None] = [None] * count
    for index, component in zip(group, waiting + found):
        known = joined[index]
        if known is None:
            joined[index] = component
        else:
            known.join(component)

    last = labels[-1]
    at_last = np.where(last > 0, group[len(waiting) + last - 1] if size else -1, -1)
    still_open = np.unique(at_last[at_last >= 0])
    renumbered = np.full(count + 1, -1)  # the last entry serves the -1 of 'no component'
    renumbered[still_open] = np.arange(len(still_open))
    components = [component for component in joined if component is not None]
    is_open = np.isin(np.arange(count), still_open)
    return (
        [component for component, opened in zip(components, is_open) if not opened],
        [components[index] for index in still_open],
        renumbered[at_last],
    )


def _band_components(
    dataset: Any,
    raster: ProbabilityRaster,
    terrain: WarpedDem | None,
    window: Window,
    threshold: float,
) -> tuple[np.ndarray, list[_Component]]:
    """Label one band of rows and measure its components.

    Returns:
        Labels int32 [height, width], and the components, the i-th of which has label i + 1.
    """
    ndimage = require("scipy.ndimage", "scipy")
    probability, valid = _read_with_margin(dataset, raster, window)
    covered = valid & (probability >= np.float32(threshold))
    probability = probability[1:-1, 1:-1]
    labels, count = ndimage.label(covered[1:-1, 1:-1])
    labels = labels.astype(np.int32, copy=False)
    found = [_Component() for _ in range(count)]
    if not count:
        return labels, found
    _add_edges(found, *pixel_edges(labels, covered, window.row))
    flat = np.flatnonzero(labels)
    label = labels.ravel()[flat] - 1
    _add_probability(found, flat, label, probability, window)
    for index in np.unique(label[_beside_nothing(valid).ravel()[flat]]):
        found[index].touches_edge = True
    if terrain:
        _add_terrain(found, flat, label, *terrain.read(window))
    return labels, found


def _read_with_margin(
    dataset: Any, raster: ProbabilityRaster, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Probability and validity of a band of rows with one pixel more on each side.

    Beyond the raster nothing is valid.
    """
    first, stop = max(0, window.row - 1), min(raster.grid.height, window.row_stop + 1)
    read = read_probability(dataset, Window(first, 0, stop - first, window.width), raster.path)
    margin = ((first - window.row + 1, window.row_stop + 1 - stop), (1, 1))
    probability, valid = (np.pad(layer, margin) for layer in read)
    return probability, valid


def _add_edges(found: list[_Component], edges: np.ndarray, owner: np.ndarray) -> None:
    order = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[order], np.arange(1, len(found) + 1))
    for component, mine in zip(found, np.split(edges[order], first[1:])):
        component.edges.append(mine)


def _add_probability(
    found: list[_Component],
    flat: np.ndarray,
    label: np.ndarray,
    probability: np.ndarray,
    window: Window,
) -> None:
    values = probability.ravel()[flat]
    pixels = np.bincount(label)
    sums = np.bincount(label, values)
    # By label, then from the highest value, then in reading order: the first of each is its peak.
    order = np.lexsort((flat, -values, label))
    peaks = order[np.searchsorted(label[order], np.arange(len(found)))]
    peak_rows, peak_cols = np.divmod(flat[peaks], window.width)
    for index, component in enumerate(found):
        component.pixels = int(pixels[index])
        component.sum = float(sums[index])
        component.peak = float(values[peaks[index]])
        component.peak_pixel = (int(peak_rows[index]) + window.row, int(peak_cols[index]))


def _beside_nothing(valid: np.ndarray) -> np.ndarray:
    """Which pixels share an edge with nodata or with the raster's edge.

    Args:
        valid: Validity [height + 2, width + 2].

    Returns:
        Bool [height, width].
    """
    return ~(valid[:-2, 1:-1] & valid[2:, 1:-1] & valid[1:-1, :-2] & valid[1:-1, 2:])


def _add_terrain(
    found: list[_Component],
    flat: np.ndarray,
    label: np.ndarray,
    elevation: np.ndarray,
    slope: np.ndarray,
) -> None:
    heights, slopes = elevation.ravel()[flat], slope.ravel()[flat]
    known = np.isfinite(heights) & np.isfinite(slopes)
    label, heights, slopes = label[known], heights[known].astype(float), slopes[known]
    pixels = np.bincount(label, minlength=len(found))
    slope_sums = np.bincount(label, slopes, minlength=len(found))
    z_min, z_max = np.full(len(found), np.inf), np.full(len(found), -np.inf)
    np.minimum.at(z_min, label, heights)
    np.maximum.at(z_max, label, heights)
    for index, component in enumerate(found):
        component.terrain_pixels = int(pixels[index])
        component.slope_sum = float(slope_sums[index])
        component.z_min, component.z_max = float(z_min[index]), float(z_max[index])


class _Measure:
    """Turns components into landslides with all their attributes."""

    def __init__(self, raster: ProbabilityRaster, threshold: float) -> None:
        self._grid = raster.grid
        self._geodesy = Geodesy(raster.grid.crs)
        provenance = raster.provenance
        self._same_for_all = {
            "model": provenance.model or None,
            "model_version": provenance.model_version or None,
            "model_sha": provenance.model_sha256 or None,
            "threshold": threshold,
            "source": provenance.source or Path(raster.path).name,
            "run_date": provenance.run_date or datetime.now(timezone.utc).date().isoformat(),
            "landslip": provenance.landslip or None,
            "method": METHODS[0],
            "review_status": UNREVIEWED,
        }

    def __call__(self, components: list[_Component]) -> Iterator[Landslide]:
        if not components:
            return
        edges = [np.concatenate(component.edges) for component in components]
        owner = np.repeat(np.arange(len(components)), [len(mine) for mine in edges])
        outlines = trace(np.concatenate(edges), owner, len(components))
        for component, rings in zip(components, outlines):
            yield self._landslide(component, rings)

    def _landslide(self, component: _Component, rings: list[np.ndarray]) -> Landslide:
        to_map = self._grid.to_map
        outline = [np.column_stack(to_map(ring[:, 0], ring[:, 1])) for ring in rings]
        area, perimeter = self._geodesy.area_perimeter(outline)
        lon, lat = self._geodesy.lonlat(*to_map(*centroid(rings)))
        row, col = component.peak_pixel
        terrain = component.terrain_pixels
        values = {
            "id": location_id(*self._geodesy.lonlat(*to_map(col + 0.5, row + 0.5))),
            "area_m2": area,
            "perimeter_m": perimeter,
            "pixel_count": component.pixels,
            "prob_mean": component.sum / component.pixels,
            "prob_max": component.peak,
            "touches_edge": int(component.touches_edge),
            "lon": lon,
            "lat": lat,
            "z_min": component.z_min if terrain else None,
            "z_max": component.z_max if terrain else None,
            "slope_mean": component.slope_sum / terrain if terrain else None,
            **self._same_for_all,
        }
        return Landslide(polygon_wkb(outline), tuple(values.get(column.name) for column in FIELDS))
