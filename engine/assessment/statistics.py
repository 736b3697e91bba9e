"""What an inventory says as a whole: sizes, density, and where on the terrain landslides lie."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import Cancelled, ParameterError
from ..inventory.polygons import Outlines, ellipsoidal_areas
from ..inventory.table import Table
from ..inventory.wkb import Polygon, polygon_wkb, polygons_of
from ..models.runs import area_numbers
from ..raster.elevation import DemSource, Elevation
from ..raster.grid import Grid
from ..raster.illumination import Sun, gradient_east_north, illumination
from ..raster.reading import bounded_cache, open_raster
from ..raster.relief import Relief
from ..raster.tiling import Window
from .assessed_ground import AssessedGround, GroundMask, assessed_ground
from .footprint import PolygonFootprint
from .frequency_area import LEAST, InverseGamma, PowerLaw, fit_inverse_gamma, fit_power_law
from .metrics import finite
from .shade_recall import LIGHT
from .uncertainty import SPREAD_FIELDS, Uncertainty, uncertainty_of

#: Pixels of the DEM read at a time.
BAND_PIXELS = 2_000_000
#: Attributes of an inventory that tell of its terrain.
TERRAIN_FIELDS = ("aspect_deg", "slope_mean", "z_min", "z_max")
#: Attributes that tell of the pixels behind it, and of several scars in one outline.
SHAPE_FIELDS = ("pixel_count", "elongation")
#: Names of the numbers that fits give.
FITTED = (
    "EXPONENT",
    "EXPONENT_LOW",
    "EXPONENT_HIGH",
    "TAIL_START",
    "INVERSE_GAMMA_EXPONENT",
    "ROLLOVER",
)
#: Sectors of the aspect rose; the first one is centred on north.
SECTORS = 16
SLOPE_EDGES = np.arange(0.0, 91.0, 5.0)
#: Elevations are counted in fine steps, and shown in about a dozen coarse ones.
_ELEVATION_EDGES = np.arange(-500.0, 9001.0, 10.0)
_COARSE_STEPS = (10, 20, 50, 100, 200, 500, 1000)
_MOST_STEPS = 14


def terrain_attributes(table: Table) -> dict[str, np.ndarray]:
    """Fields of terrain, shape and spread that an inventory has, float [n], NaN where empty."""

    def number(value: Any) -> float:
        return float(value) if isinstance(value, (int, float)) else math.nan

    return {
        name: np.array([number(record.get(name)) for record in table.records])
        for name in (*TERRAIN_FIELDS, *SHAPE_FIELDS, *SPREAD_FIELDS)
        if name in table.columns
    }


@dataclass(frozen=True)
class StatisticsRequest:
    """What to describe.

    Attributes:
        inventory: The landslides.
        study: Polygons that were searched for landslides; None for the convex hull of the
            inventory.
        dem: DEM raster; None to take the terrain from the attributes.
        attributes: Columns `TERRAIN_FIELDS`, `SHAPE_FIELDS` and `SPREAD_FIELDS` of the inventory,
            as far as it has them, float [n] with NaN where unknown.
        min_area: Smaller landslides are left out, m2.
        assessability: Raster of *Assessable ground*; densities, distributions and counts are then
            those of assessable ground alone.
        probability: Raster that the inventory was made of, which tells what its runs differ by.
    """

    inventory: Outlines
    study: Outlines | None = None
    dem: str | None = None
    attributes: dict[str, np.ndarray] | None = None
    min_area: float = 0.0
    assessability: str | None = None
    probability: str | None = None


@dataclass(frozen=True)
class Distribution:
    """Area by classes of aspect, slope, elevation or light.

    Attributes:
        edges: Borders of the n classes [n + 1]; of aspect, sectors clockwise.
        landslides: Landslide area of each class, m2 [n].
        terrain: Area of the study area in each class, m2 [n]; None without a DEM.
    """

    edges: np.ndarray
    landslides: np.ndarray
    terrain: np.ndarray | None

    def shares(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Share of each class in the landslide area, and in the study area, 0..1."""
        return _share(self.landslides), None if self.terrain is None else _share(self.terrain)


@dataclass(frozen=True)
class InventoryStatistics:
    """The outcome.

    Attributes:
        areas: Area of each landslide on the ellipsoid, m2 [n].
        study_area: Area that was searched, m2.
        study_is_hull: Whether that is the convex hull, for want of anything better.
        power_law: Fit of the tail, or None where there are too few landslides.
        inverse_gamma: Fit of the whole, or None likewise.
        aspect: Where landslides face, or None where nothing is known.
        slope: How steep they are, or None.
        elevation: How high they lie, or None.
        inventory: The landslides themselves.
        study: What was searched, or its hull.
        pixel: Side of the pixels that outlines came from, metres; NaN where unknown.
        wide: Share of landslides that are wider than long; NaN where unknown.
        min_area: Smaller landslides were left out, m2.
        ground: What of the study area could be assessed; None where nobody asked.
        light: How the sun met them, cosine of its incidence; None where that is not known.
        uncertainty: What the runs of models differ by; None where nothing is known.
    """

    areas: np.ndarray
    study_area: float
    study_is_hull: bool
    power_law: PowerLaw | None
    inverse_gamma: InverseGamma | None
    aspect: Distribution | None
    slope: Distribution | None
    elevation: Distribution | None
    inventory: Outlines
    study: Outlines
    pixel: float
    wide: float
    min_area: float
    ground: AssessedGround | None = None
    light: Distribution | None = None

    @property
    def judged_area(self) -> float:
        """Area that densities go by: the assessable ground, else the study area, m2."""
        return self.ground.area if self.ground else self.study_area

    uncertainty: Uncertainty | None = None

    @property
    def per_km2(self) -> float:
        """Landslides per square kilometre of the judged area."""
        return len(self.areas) / self.judged_area * 1e6

    @property
    def area_share(self) -> float:
        """Landslide area over the judged area, 0..1."""
        covered = self.ground.landslide_area if self.ground else float(self.areas.sum())
        return covered / self.judged_area

    def numbers(self) -> dict[str, float | None]:
        """What there is to tell, by name; None for what is no number, as there is no fit."""
        tail, whole = self.power_law, self.inverse_gamma
        fits = (
            (tail.exponent, tail.low, tail.high, tail.start, whole.exponent, whole.rollover)
            if tail and whole
            else (math.nan,) * len(FITTED)
        )
        return {
            "COUNT": len(self.areas),
            **finite({"AREA": float(self.areas.sum()), "DENSITY": self.per_km2}),
            **finite({"ASSESSABLE_AREA": self.ground.area if self.ground else math.nan}),
            **finite(dict(zip(FITTED, fits))),
            **area_numbers(self.uncertainty.area if self.uncertainty else None),
        }


def inventory_statistics(
    request: StatisticsRequest,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    band_pixels: int = BAND_PIXELS,
) -> InventoryStatistics:
    """Describe an inventory.

    Args:
        request: What to describe.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked between bands of rows of the DEM.
        band_pixels: Pixels of the DEM read at a time.

    Raises:
        ParameterError: There is no landslide that is large enough, or no study area.
        RasterError: The DEM cannot be used.
        Cancelled: The user stopped the run.
    """
    inventory, attributes, shapes, areas = _kept(request)
    study = request.study or _hull(shapes, inventory)
    searched = float(ellipsoidal_areas([polygons_of(wkb) for wkb in study.wkb], study.crs).sum())
    if not searched:
        raise ParameterError(
            "The study area is empty: its layer has no polygon (is a filter or a selection set?). "
            "Give polygons of the area that was searched, or leave the field empty."
        )
    ground = None
    if request.assessability:
        ground = assessed_ground(request.assessability, inventory, study, cancelled, band_pixels)
        chosen = np.flatnonzero(ground.counted)
        inventory, attributes, areas = _on_ground(inventory, attributes, areas, chosen, ground)
    if request.dem:
        hooks = progress, cancelled
        counts = _from_dem(inventory, study, request.dem, ground, hooks, band_pixels)
    else:
        counts = _from_attributes(attributes, areas)
    enough = len(areas) >= LEAST
    return InventoryStatistics(
        areas=areas,
        study_area=searched,
        study_is_hull=request.study is None,
        power_law=fit_power_law(areas) if enough else None,
        inverse_gamma=fit_inverse_gamma(areas) if enough else None,
        **counts,
        inventory=inventory,
        study=study,
        pixel=_pixel_side(attributes, areas),
        wide=_wide_share(attributes),
        min_area=request.min_area,
        ground=ground,
        uncertainty=uncertainty_of(attributes, areas, request.probability),
    )


def _on_ground(
    inventory: Outlines,
    attributes: dict[str, np.ndarray],
    areas: np.ndarray,
    chosen: np.ndarray,
    ground: AssessedGround,
) -> tuple[Outlines, dict[str, np.ndarray], np.ndarray]:
    """The landslides that lie on assessable ground."""
    if not len(chosen):
        raise ParameterError(
            f"None of the {len(areas)} landslides lies mostly on the assessable ground of "
            f"{ground.path}. Check that it is that of the image they were mapped on."
        )
    kept = replace(inventory, wkb=tuple(inventory.wkb[i] for i in chosen))
    return kept, {name: values[chosen] for name, values in attributes.items()}, areas[chosen]


def _pixel_side(attributes: dict[str, np.ndarray], areas: np.ndarray) -> float:
    pixels = attributes.get("pixel_count", np.zeros(0))
    known = np.flatnonzero(pixels > 0)
    return float(np.median(np.sqrt(areas[known] / pixels[known]))) if len(known) else math.nan


def _wide_share(attributes: dict[str, np.ndarray]) -> float:
    elongation = attributes.get("elongation", np.zeros(0))
    known = elongation[np.isfinite(elongation)]
    return float((known < 1).mean()) if len(known) else math.nan


def _kept(
    request: StatisticsRequest,
) -> tuple[Outlines, dict[str, np.ndarray], list[list[Polygon]], np.ndarray]:
    """The landslides that are large enough, with their attributes, polygons and areas."""
    inventory = request.inventory
    shapes = [polygons_of(wkb) for wkb in inventory.wkb]
    areas = ellipsoidal_areas(shapes, inventory.crs)
    chosen = np.flatnonzero((areas > 0) & (areas >= request.min_area))
    if not len(chosen):
        raise ParameterError(
            f"{inventory.name} has {len(shapes)} landslides, and none with an area of at least "
            f"{request.min_area:g} m2. Choose another layer, lower the minimum area, or take the "
            "filter or the selection off."
        )
    attributes = {name: values[chosen] for name, values in (request.attributes or {}).items()}
    wkb = tuple(inventory.wkb[i] for i in chosen)
    kept = replace(inventory, wkb=wkb)
    return kept, attributes, [shapes[i] for i in chosen], areas[chosen]


def _hull(shapes: list[list[Polygon]], inventory: Outlines) -> Outlines:
    """The convex hull of all landslides."""
    spatial = require("scipy.spatial", "scipy")
    points = np.concatenate([rings[0] for shape in shapes for rings in shape])
    around = points[spatial.ConvexHull(points).vertices]
    return Outlines("convex hull", inventory.crs, (polygon_wkb([around]),))


def _from_attributes(
    attributes: dict[str, np.ndarray], areas: np.ndarray
) -> dict[str, Distribution | None]:
    unknown = np.full(len(areas), np.nan)
    aspect, slope = (attributes.get(name, unknown) for name in ("aspect_deg", "slope_mean"))
    middle = (attributes.get("z_min", unknown) + attributes.get("z_max", unknown)) / 2
    counts = _Counts.of(aspect, slope, middle, areas)
    return {
        "aspect": _distribution(_sector_edges(), counts.aspect, None),
        "slope": _distribution(SLOPE_EDGES, counts.slope, None),
        "elevation": _elevations(counts.elevation, None),
    }


def _from_dem(
    inventory: Outlines,
    study: Outlines,
    dem: str,
    ground: AssessedGround | None,
    hooks: tuple[Callable[[float, str], None] | None, Callable[[], bool] | None],
    band_pixels: int,
) -> dict[str, Distribution | None]:
    progress, cancelled = hooks
    with open_raster(dem) as dataset:
        grid = Grid.of(dataset, dem)
    slides, searched = PolygonFootprint(inventory, grid), PolygonFootprint(study, grid)
    area = grid.window_of(searched.bounds)
    rows = max(1, band_pixels // area.width)
    on, everywhere = _Counts.none(), _Counts.none()
    light = np.zeros((2, len(LIGHT) - 1))
    with ExitStack() as files:
        files.enter_context(bounded_cache())
        terrain = files.enter_context(closing(Elevation([DemSource(dem)], grid)))
        mask = files.enter_context(closing(GroundMask(ground.path, grid))) if ground else None
        for row in range(area.row, area.row_stop, rows):
            if cancelled and cancelled():
                raise Cancelled("Stopped on request. No report was written.")
            window = Window(row, area.col, min(rows, area.row_stop - row), area.width)
            relief = terrain.read_relief(window)
            inside = searched.read(window).covered
            if mask:
                inside = inside & mask.read(window)
            covered = inside & slides.read(window).covered
            everywhere += _Counts.of_relief(relief, inside)
            on += _Counts.of_relief(relief, covered)
            if ground and ground.sun:
                light += _by_light(relief, grid, ground.sun, (covered, inside))
            if progress:
                progress((window.row_stop - area.row) / area.height, "")
    return {
        "aspect": _distribution(_sector_edges(), on.aspect, everywhere.aspect),
        "slope": _distribution(SLOPE_EDGES, on.slope, everywhere.slope),
        "elevation": _elevations(on.elevation, everywhere.elevation),
        "light": _distribution(np.array(LIGHT), *light),
    }


def _by_light(
    relief: Relief, grid: Grid, sun: Sun, places: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Area by the cosine of the sun's incidence, of the pixels of each place, m2 [2, n]."""
    lit = illumination(*gradient_east_north(relief, grid), sun)
    area = relief.width * relief.height
    return np.stack([_histogram(lit[w], np.array(LIGHT), area[w]) for w in places])


@dataclass(frozen=True)
class _Counts:
    """Area by sector, by slope and by fine step of elevation, m2."""

    aspect: np.ndarray
    slope: np.ndarray
    elevation: np.ndarray

    @classmethod
    def none(cls) -> _Counts:
        empty = np.zeros(0)
        return cls.of(empty, empty, empty, empty)

    @classmethod
    def of(
        cls, aspect: np.ndarray, slope: np.ndarray, elevation: np.ndarray, area: np.ndarray
    ) -> _Counts:
        width = 360 / SECTORS
        sector = np.floor((aspect + width / 2) % 360 / width)
        known = np.isfinite(sector)
        return cls(
            np.bincount(sector[known].astype(int), area[known], minlength=SECTORS),
            _histogram(slope, SLOPE_EDGES, area),
            _histogram(elevation, _ELEVATION_EDGES, area),
        )

    @classmethod
    def of_relief(cls, relief: Relief, where: np.ndarray) -> _Counts:
        relief = relief.at(np.flatnonzero(where & relief.known))
        down_col, down_row = relief.aspect_vector()
        aspect = np.degrees(np.arctan2(down_col, -down_row)) % 360
        aspect[(down_col == 0) & (down_row == 0)] = np.nan  # level ground faces nowhere
        return cls.of(aspect, relief.slope, relief.elevation, relief.width * relief.height)

    def __add__(self, other: _Counts) -> _Counts:
        return _Counts(
            self.aspect + other.aspect,
            self.slope + other.slope,
            self.elevation + other.elevation,
        )


def _histogram(values: np.ndarray, edges: np.ndarray, area: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    counts, _ = np.histogram(values[known], edges, weights=area[known])
    return np.asarray(counts, float)


def _sector_edges() -> np.ndarray:
    return (np.arange(SECTORS + 1) - 0.5) * 360 / SECTORS


def _distribution(
    edges: np.ndarray, landslides: np.ndarray, terrain: np.ndarray | None
) -> Distribution | None:
    return Distribution(edges, landslides, terrain) if landslides.sum() > 0 else None


def _elevations(landslides: np.ndarray, terrain: np.ndarray | None) -> Distribution | None:
    """Fine steps of elevation put together to about a dozen."""
    present = np.flatnonzero(landslides if terrain is None else terrain)
    if not len(present):
        return None
    low, high = _ELEVATION_EDGES[present[0]], _ELEVATION_EDGES[present[-1] + 1]
    fitting = (step for step in _COARSE_STEPS if (high - low) / step <= _MOST_STEPS)
    step = next(fitting, _COARSE_STEPS[-1])
    edges = np.arange(np.floor(low / step) * step, high + step, step)
    return _distribution(
        edges,
        _regrouped(landslides, edges),
        None if terrain is None else _regrouped(terrain, edges),
    )


def _regrouped(counts: np.ndarray, edges: np.ndarray) -> np.ndarray:
    middles = (_ELEVATION_EDGES[1:] + _ELEVATION_EDGES[:-1]) / 2
    return _histogram(middles, edges, counts)


def _share(values: np.ndarray) -> np.ndarray:
    return np.asarray(values / (values.sum() or 1.0))
