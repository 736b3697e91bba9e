"""From a probability raster to landslides: threshold, outline along pixel edges, measure.

What is asked for beyond that is done in this order: outlines are drawn to the edges of an image;
holes are filled before pixels are joined to landslides; touching landslides are parted; each is
measured on its pixels; those that the filters do not want are dropped; what is left may be
smoothed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError
from ..inventory.confidence import confidence_hint
from ..inventory.event import EventFacts
from ..inventory.fields import FIELD_INDEX, FIELDS, METHODS, UNREVIEWED, Landslide
from ..inventory.geodesy import Geodesy, location_id
from ..inventory.wkb import Polygon, polygon_wkb
from ..models.probability import ProbabilityRaster, open_probability
from ..raster.elevation import DemSource
from ..raster.grid import Grid
from ..raster.tiling import Window
from .components import Components, finished_components, side_by_side
from .layers import LayerReader
from .morphometry import morphometry, nearest_neighbours
from .pixel_statistics import PixelStatistics
from .smooth import smooth_outlines
from .split import split
from .tracing import trace

#: Pixels read at a time.
BAND_PIXELS = 4_000_000

#: Largest hole that can be filled, pixels: so many rows are read around each band.
LARGEST_HOLE = 400

#: Pixels of the largest rectangle around a landslide that is parted: it is read in one piece.
LARGEST_SPLIT = 16_000_000

#: Share of a landslide's pixels that must be excluded or flat to drop it.
_MOST = 0.5


@dataclass(frozen=True)
class VectoriseRequest:
    """What to outline.

    Attributes:
        probability: Probability raster, 0..1.
        dem: DEM raster of any CRS and resolution, or None.
        threshold: Probability from which a pixel is landslide; None for the one of the model that
            made the raster.
        min_area: Smallest landslide to keep, square metres on the ellipsoid.
        fill_holes: Holes up to this size become part of the landslide, square metres.
        split: How far the pass between two touching landslides must lie below the lower of them
            to part them, 0..1 (see `split.split`); None parts nothing.
        smooth: Whether to smooth the outlines; else they run along pixel edges.
        min_slope: Smallest mean slope to keep, degrees; needs a DEM.
        max_elongation: Largest length over width to keep; None keeps all; needs a DEM.
        flat_slope: Landslides of which most is flatter than this are dropped, degrees (valley
            floors); needs a DEM.
        excluded: Raster that is not 0 where no landslide can be (water, say); those that lie
            there for the most part are dropped.
        edge_image: Image whose edges landslides follow; None for outlines by probability alone. The
            probabilities that they are measured by stay the model's.
        event: What is known of the event; it wins over what the probability raster says.
        dem_band: Number of the DEM's band; None for a raster that has only one.
    """

    probability: str
    dem: str | None = None
    threshold: float | None = None
    min_area: float = 0.0
    fill_holes: float = 0.0
    split: float | None = None
    smooth: bool = False
    min_slope: float = 0.0
    max_elongation: float | None = None
    flat_slope: float = 0.0
    excluded: str | None = None
    edge_image: str | None = None
    event: EventFacts = field(default_factory=EventFacts)
    dem_band: int | None = None

    @property
    def elevation(self) -> DemSource | None:
        """Where elevation comes from; None for none."""
        return DemSource(self.dem, self.dem_band) if self.dem else None


def vectorise(
    request: VectoriseRequest,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    band_pixels: int = BAND_PIXELS,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Landslide]:
    """Outline and measure the landslides of a probability raster, from north to south.

    Args:
        request: What to do.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked between bands of rows.
        band_pixels: Pixels read at a time.
        warn: Told what the raster says otherwise of the event.

    Raises:
        ParameterError: A setting makes no sense, or no threshold is known.
        RasterError: The raster or the DEM cannot be used.
        Cancelled: The user stopped the run.
    """
    raster = open_probability(request.probability)
    threshold = known_threshold(request, raster)
    check_settings(request)
    holes = hole_pixels(request.fill_holes, raster.grid)
    raster = _with_event(raster, request.event, warn)
    options = request.elevation, request.excluded, holes, request.flat_slope, request.edge_image
    with LayerReader(raster, threshold, *options) as layers:
        outline = _Outliner(request, raster, threshold, layers)
        found = [
            landslide
            for finished in finished_components(layers, band_pixels, progress, cancelled)
            for landslide in outline(finished)
        ]
    yield from _with_neighbours(found)


def _with_event(
    raster: ProbabilityRaster, event: EventFacts, warn: Callable[[str], None] | None
) -> ProbabilityRaster:
    """The raster as if its tags said what a person said of the event."""
    known = event.over(raster.provenance.event, Path(raster.path).name, warn or (lambda _: None))
    return replace(raster, provenance=raster.provenance.with_event(known))


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


def check_settings(request: VectoriseRequest) -> None:
    """Refuse settings that make no sense, or that need a DEM where there is none.

    Raises:
        ParameterError: Says which.
    """
    check_minimum_area(request.min_area)
    if request.split is not None and not 0 < request.split < 1:
        raise ParameterError(
            f"The depth of a pass that parts landslides is {request.split:g}; expected a share "
            "between 0 and 1 (0.5 is a common start; lower parts more)."
        )
    for name, value in (
        ("smallest mean slope", request.min_slope),
        ("slope of a valley floor", request.flat_slope),
    ):
        if not 0 <= value < 90:
            raise ParameterError(f"The {name} is {value:g}; expected 0 (off) to 90 degrees.")
    if request.max_elongation is not None and not request.max_elongation > 0:
        raise ParameterError(
            f"The largest elongation is {request.max_elongation:g}; expected length over width, "
            "above 0 (10 keeps all but stripes)."
        )
    terrain = request.min_slope or request.flat_slope or request.max_elongation is not None
    if terrain and not request.dem:
        raise ParameterError(
            "Filters by slope, valley floor or elongation need the lie of the land, but there is "
            "no DEM. Give a DEM, or switch these filters off."
        )


def hole_pixels(area: float, grid: Grid) -> int:
    """Pixels of the largest hole to fill.

    Raises:
        ParameterError: The area is negative or too large.
    """
    pixel_area = float(np.prod(grid.pixel_size_metres()))
    if not 0 <= area <= LARGEST_HOLE * pixel_area:
        raise ParameterError(
            f"Holes of up to {area:g} m2 are to be filled; expected 0 (none) to "
            f"{LARGEST_HOLE * pixel_area:.0f} m2, which are {LARGEST_HOLE} pixels of this raster."
        )
    return int(area / pixel_area + 1e-9)


class _Outliner:
    """Turns components into landslides with all their attributes."""

    def __init__(
        self,
        request: VectoriseRequest,
        raster: ProbabilityRaster,
        threshold: float,
        layers: LayerReader,
    ) -> None:
        self._request = request
        self._grid = raster.grid
        self._layers = layers
        self._geodesy = Geodesy(raster.grid.crs)
        self._smallest = max(
            1, int(request.min_area / float(np.prod(raster.grid.pixel_size_metres())))
        )
        self._same_for_all = run_values(raster, threshold)

    def __call__(self, components: Components) -> Iterator[Landslide]:
        """The landslides of components that are complete, as far as the filters want them."""
        if not len(components):
            return
        group = np.arange(len(components))
        if self._request.split is not None:
            components, group = self._parted(components, self._request.split)
        rings = trace(components.edges, components.owner, len(components))
        measured = self._measured(rings, components.statistics)
        kept = [i for i, values in enumerate(measured) if self._wanted(values, components, i)]
        if self._request.smooth:
            rings = _smoothed(rings, group)
            smooth = morphometry(
                [[rings[i]] for i in kept],
                self._grid,
                components.statistics.taken(np.array(kept, dtype=int)),
            )
            for i, values in zip(kept, smooth):
                measured[i].update(values)
        for i in kept:
            yield Landslide(
                polygon_wkb(self._on_map(rings[i])),
                tuple(measured[i].get(column.name) for column in FIELDS),
            )

    def _measured(self, rings: list[Polygon], statistics: PixelStatistics) -> list[dict[str, Any]]:
        shapes = [[mine] for mine in rings]
        measured = morphometry(shapes, self._grid, statistics)
        _, peak = statistics.extreme("peak")
        lon, lat = self._geodesy.lonlat(*self._grid.to_map(peak[:, 1] + 0.5, peak[:, 0] + 0.5))
        cut_off = statistics.sum("cut_off") > 0
        for i, values in enumerate(measured):
            values.update(
                self._same_for_all,
                id=location_id(float(lon[i]), float(lat[i])),
                touches_edge=int(cut_off[i]),
                conf_hint=confidence_hint(values["prob_mean"]),
            )
        return measured

    def _wanted(self, values: dict[str, Any], components: Components, i: int) -> bool:
        """Whether the filters keep it. What the DEM does not cover is kept: nothing speaks."""
        request, statistics = self._request, components.statistics
        slope, elongation = values["slope_mean"], values["elongation"]
        most_terrain = _MOST * statistics.sum("terrain")[i]
        return bool(
            values["area_m2"] >= request.min_area
            and (slope is None or slope >= request.min_slope)
            and (
                request.max_elongation is None
                or elongation is None
                or elongation <= request.max_elongation
            )
            and statistics.sum("flat")[i] <= most_terrain
            and statistics.sum("excluded")[i] <= _MOST * values["pixel_count"]
        )

    def _parted(self, components: Components, depth: float) -> tuple[Components, np.ndarray]:
        """Split components where that is called for; also which one each part came from."""
        boxes = components.boxes()
        large = components.statistics.sum("pixels") >= 2 * self._smallest
        found = {
            i: parts
            for i in map(int, np.flatnonzero(large))
            if (parts := self._split(components, i, boxes[i], depth))
        }
        whole = np.setdiff1d(np.arange(len(components)), list(found))
        group = np.concatenate([whole, *(np.full(len(part), i) for i, part in found.items())])
        return side_by_side([components.taken(whole), *found.values()]), group.astype(int)

    def _split(
        self, components: Components, i: int, window: Window, depth: float
    ) -> Components | None:
        """The parts of a component, which is read again in one piece; None where it has one."""
        if window.height * window.width > LARGEST_SPLIT:
            return None
        reading = self._layers.read(window)
        row, col = components.statistics.extreme("peak")[1][i].astype(int)
        covered, _ = require("scipy.ndimage", "scipy").label(reading.covered[1:-1, 1:-1])
        inside = covered == covered[row - window.row, col - window.col]
        probability, relief = reading.layers.probability, reading.layers.relief
        if probability is None:
            return None
        labels = split(inside, probability, relief, depth, self._smallest)
        masks = [labels == k for k in range(1, labels.max() + 1)]
        if len(masks) == 1:
            return None
        return side_by_side(
            [Components.of(mask.astype(np.int32), np.pad(mask, 1), reading) for mask in masks]
        )

    def _on_map(self, rings: Polygon) -> Polygon:
        return [np.column_stack(self._grid.to_map(ring[:, 0], ring[:, 1])) for ring in rings]


def run_values(raster: ProbabilityRaster, threshold: float) -> dict[str, Any]:
    """The fields that all landslides of a run share."""
    provenance = raster.provenance
    return {
        "model": provenance.model or None,
        "model_version": provenance.model_version or None,
        "model_sha": provenance.model_sha256 or None,
        "threshold": threshold,
        "source": provenance.source or Path(raster.path).name,
        "product_id": provenance.product_id or None,
        **provenance.event.known(),
        "run_date": provenance.run_date or datetime.now(timezone.utc).date().isoformat(),
        "landslip": provenance.landslip or None,
        "method": METHODS[0],
        "review_status": UNREVIEWED,
    }


def _smoothed(rings: list[Polygon], group: np.ndarray) -> list[Polygon]:
    """Smooth outlines; the parts of one component share borders and are smoothed together."""
    order = np.argsort(group, kind="stable")
    together = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    smooth: dict[int, Polygon] = {}
    for mine in together:
        smooth.update(zip(map(int, mine), smooth_outlines([rings[i] for i in mine])))
    return [smooth[i] for i in range(len(rings))]


def _with_neighbours(landslides: list[Landslide]) -> Iterator[Landslide]:
    lon, lat = (np.array([one[name] for one in landslides]) for name in ("lon", "lat"))
    place = FIELD_INDEX["neighb_m"]
    for landslide, distance in zip(landslides, nearest_neighbours(lon, lat)):
        values = landslide.values
        yield replace(landslide, values=(*values[:place], distance, *values[place + 1 :]))
