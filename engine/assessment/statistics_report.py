"""The report of an inventory's statistics: tables, curves and roses as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.figures import BLUE, GREY, ORANGE, Axis, Chart, Rose, log_axis, zero_axis
from ..common.report import (
    figure,
    footer,
    heading,
    number,
    page,
    paragraph,
    table,
    write_page,
)
from ..inventory.run_facts import shown_name
from .frequency_area import LEAST, log_binned_density
from .ground_parts import WHOLE_ROSE, WINDS, aspect_density, ground_parts, light_parts
from .report_maps import Below, map_part, results_map, sources_part
from .statistics import Distribution, InventoryStatistics
from .uncertainty import uncertainty_parts

_LANDSLIDES, _TERRAIN = "landslides", "study area"

#: Rollovers of fewer pixels than this are taken for the image's.
ROLLOVER_PIXELS = 20


def write_statistics_report(
    statistics: InventoryStatistics,
    name: str,
    made_by: str,
    target: str,
    below: Below | None = None,
) -> None:
    """Write the report.

    Args:
        statistics: The numbers.
        name: Name of the inventory.
        made_by: Program and version, for the small print.
        target: Path of the HTML file; replaced when the new one is complete.
        below: What lies below the outlines of the map.

    Raises:
        OutputError: The file cannot be written.
        RasterError: What lies below cannot be read.
    """
    below = below or Below()
    shown = shown_name(name)
    parts = [*statistics_parts(statistics), *map_parts(statistics, shown, made_by, below)]
    parts.append(
        footer(
            f"Made by {made_by}. Inverse gamma distribution after Malamud et al. (2004); power-law "
            "tail and its start after Clauset et al. (2009)."
        )
    )
    write_page(target, page("Landslide inventory statistics", shown, parts))


def statistics_parts(statistics: InventoryStatistics) -> list[str]:
    """The numbers, curves and roses as parts of a page."""
    return [
        *_numbers(statistics),
        *uncertainty_parts(statistics.uncertainty),
        *_sizes(statistics),
        *_limits(statistics),
        *_terrain(statistics),
    ]


def map_parts(statistics: InventoryStatistics, name: str, made_by: str, below: Below) -> list[str]:
    """The map, and what the numbers rest on."""
    study = None if statistics.study_is_hull else statistics.study
    drawing, grid = results_map(statistics.inventory, study, below)
    rows = [
        ("Inventory", name),
        (
            "Study area",
            "convex hull of the landslides" if study is None else shown_name(study.name),
        ),
        ("Image of the map", shown_name(below.image or "")),
        ("DEM", shown_name(below.dem or "")),
        (
            "Left out",
            f"landslides below {number(statistics.min_area)} m2" if statistics.min_area else "",
        ),
        ("Software", made_by),
    ]
    around = "" if study is None else " Blue: the area that was searched."
    return [
        heading("Map"),
        map_part(
            drawing, f"The {len(statistics.areas):,} landslides, outlines simplified.{around}"
        ),
        *sources_part(statistics.inventory.facts, rows, grid),
    ]


def _limits(statistics: InventoryStatistics) -> list[str]:
    """What the pixels and the outlines let nobody say."""
    sentences = limits(statistics)
    return [heading("Limits"), *map(paragraph, sentences)] if sentences else []


def limits(statistics: InventoryStatistics) -> list[str]:
    """Sentences on what the size of the pixels, and joined scars, do to the numbers."""
    side, whole = statistics.pixel, statistics.inverse_gamma
    pixel = side**2
    told = []
    smallest = f"The smallest landslide has {number(statistics.areas.min())} m2"
    if np.isfinite(side):
        of = f"{number(statistics.areas.min() / pixel, 1)} pixels of {number(side, 1)} m"
        told.append(f"{smallest}, {of}. Nothing smaller was mapped, whether it is there or not.")
    else:
        told.append(
            f"{smallest}. The inventory does not say how large the pixels were, so nobody can tell "
            "here from which size on it is complete."
        )
    if whole and np.isfinite(side) and whole.rollover < ROLLOVER_PIXELS * pixel:
        told.append(
            f"The rollover, {number(whole.rollover)} m2, is {number(whole.rollover / pixel, 1)} "
            f"pixels. Below some {ROLLOVER_PIXELS} pixels landslides are missed because of their "
            "size: this rollover is probably the image's resolution, not the landslides'. Do not "
            "compare it with that of inventories from finer images, nor take it for a physical "
            "limit."
        )
    if statistics.wide > 0:
        told.append(
            f"{100 * statistics.wide:.0f} % of the outlines are wider than long. Often these are "
            "several scars in one outline: their number then comes out too low, their areas too "
            "large, and the exponents too small. Parting (SPLIT_DEPTH of Vectorise probability) "
            "shows how much depends on it."
        )
    return told


def number_rows(statistics: InventoryStatistics) -> list[tuple[str, str]]:
    """How many, how large, how dense: what is told and its value."""
    areas = statistics.areas
    return [
        ("Landslides", number(len(areas))),
        ("Landslide area", f"{number(areas.sum() / 1e6, 3)} km2"),
        ("Study area", f"{number(statistics.study_area / 1e6, 2)} km2"),
        *_assessable(statistics),
        ("Density", f"{number(statistics.per_km2, 2)} per km2"),
        ("Landslide share of the area", f"{100 * statistics.area_share:.2f} %"),
        ("Smallest", f"{number(areas.min())} m2"),
        ("Median", f"{number(float(np.median(areas)))} m2"),
        ("Mean", f"{number(areas.mean())} m2"),
        ("Largest", f"{number(areas.max())} m2"),
    ]


def _numbers(statistics: InventoryStatistics) -> list[str]:
    hull = (
        "The study area is the convex hull of the landslides, as none was given. It leaves out "
        "the land around them that was searched in vain: densities come out too high."
    )
    return [
        heading("In numbers"),
        table(("", "Value"), number_rows(statistics)),
        paragraph(hull) if statistics.study_is_hull else "",
        *ground_parts(statistics),
    ]


def _assessable(statistics: InventoryStatistics) -> list[tuple[str, str]]:
    ground = statistics.ground
    if not ground:
        return []
    share = 100 * ground.area / statistics.study_area
    out = int(np.count_nonzero(~ground.counted))
    return [
        ("Assessable ground in it", f"{number(ground.area / 1e6, 2)} km2 ({share:.1f} %)"),
        ("Landslides elsewhere, not counted here", number(out)),
    ]


def _sizes(statistics: InventoryStatistics) -> list[str]:
    tail, whole = statistics.power_law, statistics.inverse_gamma
    if tail is None or whole is None:
        return [
            heading("Frequency and area"),
            paragraph(f"No fit: it takes at least {LEAST} landslides."),
        ]
    rows = [
        ("Power-law tail", _interval(tail.exponent, tail.low, tail.high), "exponent, 95 %"),
        ("", f"{number(tail.start)} m2", f"start of the tail; {tail.count:,} landslides in it"),
        ("", f"{tail.distance:.3f}", "Kolmogorov-Smirnov distance"),
        ("Inverse gamma", _interval(whole.exponent, whole.low, whole.high), "exponent, 95 %"),
        ("", f"{number(whole.rollover)} m2", "rollover: the most frequent area"),
        ("", f"{whole.rho:.3f}", "rho"),
        ("", f"{number(whole.scale)} m2", "a"),
        ("", f"{number(whole.shift)} m2", "s"),
    ]
    return [
        heading("Frequency and area"),
        table(("Fit by maximum likelihood", "Value", ""), rows),
        figure(_density_chart(statistics), "Probability density of landslide areas."),
        figure(_cumulative_chart(statistics.areas), "Number of landslides of at least an area."),
        paragraph(
            "Exponents are those of the density, which falls as area to the power of minus the "
            "exponent. Published inventories have 1.4 to 3.4, with a mean of 2.3 (Van Den Eeckhaut "
            "et al. 2007). Below the rollover an inventory is incomplete, or landslides are "
            "rarer: the distribution alone does not tell which."
        ),
    ]


def _density_chart(statistics: InventoryStatistics) -> str:
    areas, tail, whole = statistics.areas, statistics.power_law, statistics.inverse_gamma
    centres, density = log_binned_density(areas)
    axis = np.geomspace(areas.min(), areas.max(), 200)
    y = log_axis("probability density (1/m2)", density)
    chart = Chart(log_axis("area (m2)", centres), y)
    chart.points(centres, density, "landslides", BLUE)
    for fit, name, colour, dash in (
        (whole, "inverse gamma", ORANGE, ""),
        (tail, "power law", GREY, "6 4"),
    ):
        if fit:
            curve = fit.density(axis)
            # Nothing is drawn below the axis, where a line would run along its edge.
            chart.line(axis, np.where(curve >= y.low, curve, np.nan), name, colour, dash)
    if whole and whole.rollover > areas.min():
        chart.mark(whole.rollover, "rollover", ORANGE)
    return chart.svg("Frequency-area distribution")


def _cumulative_chart(areas: np.ndarray) -> str:
    ordered = np.sort(areas)
    places = np.unique(np.geomspace(1, len(ordered), 300).astype(int))  # enough for a smooth line
    chart = Chart(log_axis("area (m2)", ordered), log_axis("landslides of at least", places))
    chart.line(ordered[::-1][places - 1], places.astype(float), "", BLUE)
    return chart.svg("Cumulative number of landslides by area")


def _terrain(statistics: InventoryStatistics) -> list[str]:
    if not (statistics.aspect or statistics.slope or statistics.elevation):
        return [
            heading("Terrain"),
            paragraph(
                "Nothing is known of the terrain: the inventory has no attributes aspect_deg, "
                "slope_mean, z_min and z_max. Give a DEM, or measure the inventory first."
            ),
        ]
    parts = [heading("Terrain")]
    if statistics.aspect:
        rose = Rose(_series(statistics.aspect), WHOLE_ROSE, WINDS)
        parts.append(figure(rose.svg("Aspect"), "Where slopes face: share of area by aspect."))
        parts += aspect_density(statistics)
    if statistics.slope:
        parts.append(figure(_slope_rose(statistics.slope), "How steep: share of area by slope."))
    if statistics.elevation:
        parts += _elevation(statistics.elevation)
    return parts + light_parts(statistics)


def _series(distribution: Distribution) -> list[tuple[str, np.ndarray, str]]:
    landslides, terrain = distribution.shares()
    series = [(_LANDSLIDES, landslides, BLUE)]
    return series if terrain is None else [*series, (_TERRAIN, terrain, ORANGE)]


def _slope_rose(slope: Distribution) -> str:
    """A quarter circle: level ground to the right, a vertical wall at the top."""
    upwards = [(name, shares[::-1], colour) for name, shares, colour in _series(slope)]
    labels = [(90.0 - angle, f"{angle}°") for angle in range(0, 91, 15)]
    return Rose(upwards, (0.0, 90.0), labels).svg("Slope")


def _elevation(elevation: Distribution) -> list[str]:
    landslides, terrain = elevation.shares()
    every = landslides if terrain is None else np.concatenate((landslides, terrain))
    x = Axis("elevation (m)", float(elevation.edges[0]), float(elevation.edges[-1]))
    chart = Chart(x, zero_axis("share of area (%)", 100 * every))
    chart.bars(elevation.edges, 100 * landslides, _LANDSLIDES, BLUE)
    if terrain is not None:
        middles = (elevation.edges[1:] + elevation.edges[:-1]) / 2
        chart.line(middles, 100 * terrain, _TERRAIN, ORANGE)
    figures = [figure(chart.svg("Elevation"), "How high: share of area by elevation.")]
    if elevation.terrain is not None:
        figures.append(_density_by_elevation(elevation, x, elevation.terrain))
    return figures


def _density_by_elevation(elevation: Distribution, x: Axis, terrain: np.ndarray) -> str:
    share = 100 * elevation.landslides / np.maximum(terrain, 1)
    chart = Chart(x, zero_axis("landslide share of the area (%)", share))
    chart.bars(elevation.edges, share, "", BLUE)
    return figure(
        chart.svg("Landslide density by elevation"), "How much of each elevation is landslide."
    )


def _interval(value: float, low: float, high: float) -> str:
    ends: Sequence[str] = [number(end, 2) for end in (low, high)]
    return f"{number(value, 2)} ({ends[0]} to {ends[1]})"
