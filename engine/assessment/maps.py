"""Maps for reports, drawn as SVG by the project itself: nothing is fetched, and all of it prints.

A map lies on the grid of a raster, or on one around outlines. Its lines keep to what Qt's SVG knows
too (no clipping, no style sheet), so that the same drawing serves a page and a PDF.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from html import escape
from pathlib import Path

import numpy as np

from ..common.dependencies import require
from ..common.errors import RasterError
from ..inventory.geodesy import Geodesy
from ..inventory.polygons import Outlines, in_crs
from ..inventory.wkb import Polygon, polygons_of
from ..raster.elevation import DemSource, Elevation
from ..raster.grid import Grid
from ..raster.illumination import Sun, gradient_east_north, illumination
from ..raster.reading import bounded_cache, open_raster
from ..stack.reader import open_stack
from .image_chips import jpeg_uri, round_length, shown_bands, stretch_of, stretched

#: Longer side of a map, and of a locator, pixels.
SIDE, LOCATOR_SIDE = 900, 300
#: Characters that outlines may take: 1,000 of them stay below 300 KB.
BUDGET = 200_000
#: Coasts of the locator; see ``tools/make_land.py``.
LAND = Path(__file__).resolve().parents[2] / "resources" / "land.json"

#: Space around a map for its labels, pixels: left, top, right, bottom.
_LEFT, _TOP, _RIGHT, _BOTTOM = 66, 8, 12, 24
#: Space for the text of a meridian, pixels.
_TEXT = 80
#: Share of the outlines' extent that a map shows around them, and its smallest side, metres.
_AROUND, _LEAST = 0.03, 500.0
#: Steps of the graticule, minutes of arc; about so many lines cross a map.
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800)
_LINES = 6
#: A hillshade's sun, by the custom of maps.
_SUN = Sun(315.0, 45.0)
#: How far a simplified outline may leave the true one, pixels of the map, at first.
_TOLERANCE = 0.1
#: Outlines are written in tenths of a pixel.
_FINE = 10
_LOCATOR_DEGREES = 12.0
_PRIME = "\N{PRIME}"


def frame_around(layers: Sequence[Outlines], side: int = SIDE) -> Grid:
    """A grid of square pixels around outlines, with north up in its middle and true areas."""
    pyproj = require("pyproj")
    boxes = []
    for layer in layers:
        points = np.concatenate([rings[0] for wkb in layer.wkb for rings in polygons_of(wkb)])
        lon, lat = Geodesy(layer.crs).lonlat(points[:, 0], points[:, 1])
        boxes.append(np.column_stack((lon, lat)))
    places = np.concatenate(boxes)
    first = places[0, 0]
    lon = (places[:, 0] - first + 180) % 360 - 180  # on one side of the 180th meridian
    middle = first + (lon.min() + lon.max()) / 2, (places[:, 1].min() + places[:, 1].max()) / 2
    crs = pyproj.CRS(
        f"+proj=laea +lon_0={middle[0]:.6f} +lat_0={middle[1]:.6f} +datum=WGS84 +units=m"
    )
    move = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    x, y = move(places[:, 0], places[:, 1])
    width, height = max(np.ptp(x), _LEAST), max(np.ptp(y), _LEAST)
    margin = _AROUND * max(width, height)
    width, height = width + 2 * margin, height + 2 * margin
    pixel = max(width, height) / side
    cols, rows = (math.ceil(round(length / pixel, 6)) for length in (width, height))
    left = (x.min() + x.max() - cols * pixel) / 2
    top = (y.min() + y.max() + rows * pixel) / 2
    return Grid(crs.to_wkt(), (pixel, 0.0, left, 0.0, -pixel, top), cols, rows)


def coarser(grid: Grid, side: int = SIDE) -> tuple[Grid, int]:
    """A grid of whole numbers of another's pixels whose sides are at most so long; that number."""
    factor = max(1, math.ceil(max(grid.width, grid.height) / side))
    a, b, c, d, e, f = grid.transform
    size = math.ceil(grid.width / factor), math.ceil(grid.height / factor)
    return Grid(grid.crs, (a * factor, b * factor, c, d * factor, e * factor, f), *size), factor


# --- what lies below -----------------------------------------------------------------------------


def backdrop(
    grid: Grid, image: str | None, dem: str | None, mapping: str = ""
) -> np.ndarray | None:
    """The picture below a map: the image, else a hillshade, else none; uint8 [3, height, width].

    None as well where the raster does not lie on the grid.

    Raises:
        RasterError: It cannot be used.
    """
    with bounded_cache():
        if image:
            return _image(grid, image, mapping)
        return _hillshade(grid, dem) if dem else None


def _image(grid: Grid, path: str, mapping: str) -> np.ndarray | None:
    vrt = require("rasterio.vrt", "rasterio")
    warp = require("rasterio.enums", "rasterio").Resampling
    stack = open_stack(path, band_mapping=mapping)
    with closing(open_raster(path)) as dataset:
        bands = shown_bands(stack, dataset.count)
        finer = stack.grid.pixel_size_metres()[0][0] < grid.pixel_size_metres()[0][0]
        with vrt.WarpedVRT(
            dataset,
            crs=grid.crs,
            transform=grid.affine,
            width=grid.width,
            height=grid.height,
            resampling=warp.average if finer else warp.bilinear,
            add_alpha=dataset.nodata is None,
        ) as warped:
            values = warped.read(bands, masked=True).astype(float)
            alpha = warped.read(warped.count) if dataset.nodata is None else 255
    valid = ~np.ma.getmaskarray(values) & np.isfinite(values.data) & (np.asarray(alpha) > 0)
    if not valid.any():
        return None
    masked = np.ma.array(values.data, mask=~valid)
    return stretched(masked, stretch_of(values.data, valid))


def _hillshade(grid: Grid, path: str) -> np.ndarray | None:
    try:
        with closing(Elevation([DemSource(path)], grid)) as terrain:
            relief = terrain.read_relief(grid.area)
    except RasterError:
        with open_raster(
            path
        ) as dataset:  # what cannot be read is told; what lies elsewhere is not
            Grid.of(dataset, path)
        return None
    shade = illumination(*gradient_east_north(relief, grid), _SUN)
    if not np.isfinite(shade).any():
        return None
    light = np.where(np.isfinite(shade), 90 + 165 * np.clip(shade, 0, 1), 255)
    return np.repeat(light.astype(np.uint8)[None], 3, axis=0)


# --- outlines ------------------------------------------------------------------------------------


def simplified(ring: np.ndarray, tolerance: float) -> np.ndarray:
    """A ring [n, 2] with as few of its points as keep it within a tolerance (Douglas-Peucker)."""
    if len(ring) < 5:
        return ring
    far = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
    closed = np.vstack((ring, ring[:1]))
    keep = np.zeros(len(closed), bool)
    keep[[0, far, -1]] = True
    waiting = [(0, far), (far, len(closed) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        start, way = closed[first], closed[last] - closed[first]
        between = closed[first + 1 : last] - start
        length = float(np.hypot(*way))
        away = (
            np.abs(between[:, 0] * way[1] - between[:, 1] * way[0]) / length
            if length
            else np.hypot(*between.T)
        )
        place = int(np.argmax(away))
        if away[place] > tolerance:
            middle = first + 1 + place
            keep[middle] = True
            waiting += [(first, middle), (middle, last)]
    return closed[:-1][keep[:-1]]


def paths(shapes: Sequence[list[Polygon]], budget: int = BUDGET) -> list[str]:
    """SVG paths of shapes in pixels, in tenths of a pixel, simplified until all fit a budget.

    Where there are too many even for marks, all are marks.
    """
    points = sum(len(ring) for shape in shapes for rings in shape for ring in rings)
    # What is far from fitting need not be tried; five characters are a step.
    tolerance = _TOLERANCE * max(1.0, 5 * points / budget / 4)
    while True:
        found = [_path(shape, tolerance) for shape in shapes]
        if sum(map(len, found)) <= budget or tolerance > SIDE:
            return found
        tolerance *= 2


def _path(shape: list[Polygon], tolerance: float) -> str:
    return "".join(_ring_path(ring, tolerance) for rings in shape for ring in rings)


def _ring_path(ring: np.ndarray, tolerance: float) -> str:
    small = np.ptp(ring, axis=0).max() < max(tolerance, 2 / _FINE)
    points = np.round((ring[:1] if small else simplified(ring, tolerance)) * _FINE).astype(int)
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)] if not small else points
    if len(points) < 3:  # smaller than can be drawn: a mark, so that it is not lost
        x, y = np.round(ring.mean(axis=0) * _FINE).astype(int)
        return f"M{x} {y}h3v3h-3z"
    steps = np.diff(points, axis=0).ravel()
    text = "".join(f"{step}" if step < 0 else f" {step}" for step in steps.tolist())
    return f"M{points[0][0]} {points[0][1]}l{text.lstrip()}z"


def in_pixels(layer: Outlines, grid: Grid) -> list[list[Polygon]]:
    """The outlines in columns and rows of a grid."""
    shapes = in_crs([polygons_of(wkb) for wkb in layer.wkb], layer.crs, grid.crs)
    return [[[grid.to_pixels(ring) for ring in rings] for rings in shape] for shape in shapes]


def drawn(
    marks: Sequence[str],
    colour: str,
    width: float = 1.2,
    fill: float = 0.25,
    texts: Sequence[str] = (),
) -> str:
    """Paths of `paths` as one group.

    Args:
        marks: The paths.
        colour: Of their lines, and of what is inside.
        width: Of their lines, pixels.
        fill: How much of what lies below is covered inside, 0..1.
        texts: What each of them tells who points at it; empty for nothing.
    """
    body = "".join(
        f'<path d="{mark}"><title>{escape(text)}</title></path>' if text else f'<path d="{mark}"/>'
        for mark, text in zip(marks, texts or [""] * len(marks))
    )
    return (
        f'<g transform="scale({1 / _FINE:g})" fill="{colour}" fill-opacity="{fill:g}" '
        f'stroke="{colour}" stroke-width="{width * _FINE:g}" stroke-linejoin="round" class="lines">'
        f"{body}</g>"
    )


# --- the map -------------------------------------------------------------------------------------


def picture(rgb: np.ndarray | None, grid: Grid) -> str:
    """What lies below, over the whole of a map."""
    if rgb is None:
        return f'<rect width="{grid.width}" height="{grid.height}" fill="#f4f4f0"/>'
    # The older spelling is what QGIS's own viewer understands; browsers know both.
    return f'<image xlink:href="{jpeg_uri(rgb, 80)}" width="{grid.width}" height="{grid.height}"/>'


def whole_map(grid: Grid, layers: Sequence[str], title: str) -> str:
    """A map as SVG: layers in pixels of its grid, in a frame with graticule and scale bar.

    Args:
        grid: The map's grid.
        layers: SVG, the lowest first.
        title: What a screen reader says.
    """
    width, height = _LEFT + grid.width + _RIGHT, _TOP + grid.height + _BOTTOM
    lines, labels = _graticule(grid)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{-_LEFT} {-_TOP} {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}" font-size="12" font-family="sans-serif" '
        f'fill="#222">{"".join(layers)}{lines}<rect width="{grid.width}" height="{grid.height}" '
        f'fill="none" stroke="#444"/>{labels}{_scale_bar(grid)}</svg>'
    )


def _graticule(grid: Grid) -> tuple[str, str]:
    """Meridians and parallels with their texts at the map's left and lower edge."""
    pyproj = require("pyproj")
    crs = pyproj.CRS(grid.crs)
    there = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform
    edge_cols = np.r_[np.linspace(0, grid.width, 40), np.full(40, 0), np.full(40, grid.width)]
    edge_rows = np.r_[np.full(40, grid.height), np.tile(np.linspace(0, grid.height, 40), 2)]
    edge_cols = np.r_[edge_cols, np.linspace(0, grid.width, 40)]
    edge_rows = np.r_[edge_rows, np.full(40, 0)]
    lon, lat = Geodesy(grid.crs).lonlat(*grid.to_map(edge_cols, edge_rows))
    middle = float(lon[0])
    lon = (np.asarray(lon) - middle + 180) % 360 - 180 + middle
    lat = np.asarray(lat)
    ends = (float(lon.min()), float(lon.max())), (float(lat.min()), float(lat.max()))
    lines, labels = [], []
    for axis, (low, high) in enumerate(ends):
        step = _round_step(high - low, min(_LINES, grid.width // _TEXT) if axis == 0 else _LINES)
        for value in step * np.arange(math.ceil(low / step), math.floor(high / step) + 1):
            along = np.linspace(*ends[1 - axis], 81)
            fixed = np.full_like(along, value)
            lonlat = (fixed, along) if axis == 0 else (along, fixed)
            line = grid.to_pixels(np.column_stack(there(*lonlat)))
            lines += [_line(part) for part in _inside(line, grid)]
            labels.append(_label(line, axis, float(value), step, grid))
    body = "".join(lines)
    return (
        f'<g fill="none" stroke="#fff" stroke-opacity="0.35" stroke-width="2">{body}</g>'
        f'<g fill="none" stroke="#222" stroke-opacity="0.45" stroke-width="0.7">{body}</g>',
        "".join(labels),
    )


def _inside(line: np.ndarray, grid: Grid) -> Iterator[np.ndarray]:
    """The parts of a line that are on the map, cut at its edges."""
    part: list[np.ndarray] = []
    for one, other in zip(line, line[1:]):
        cut = _clipped(one, other, grid)
        if cut is None:
            if part:
                yield np.array(part)
            part = []
            continue
        if not part or not np.allclose(part[-1], cut[0]):
            if part:
                yield np.array(part)
            part = [cut[0]]
        part.append(cut[1])
    if part:
        yield np.array(part)


def _clipped(
    one: np.ndarray, other: np.ndarray, grid: Grid
) -> tuple[np.ndarray, np.ndarray] | None:
    """A straight piece within the map (Liang-Barsky); None where it lies outside."""
    way, first, last = other - one, 0.0, 1.0
    for axis, limit in enumerate((grid.width, grid.height)):
        if way[axis] == 0:
            if not 0 <= one[axis] <= limit:
                return None
            continue
        near, far = sorted(((0 - one[axis]) / way[axis], (limit - one[axis]) / way[axis]))
        first, last = max(first, near), min(last, far)
    return None if first >= last else (one + first * way, one + last * way)


def _line(points: np.ndarray) -> str:
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _label(line: np.ndarray, axis: int, value: float, step: float, grid: Grid) -> str:
    """The text of a meridian below the map, of a parallel left of it, where it meets that edge."""
    across, along = (line[:, 0], line[:, 1]) if axis == 0 else (line[:, 1], line[:, 0])
    edge = grid.height if axis == 0 else 0
    order = np.argsort(along)
    if not along[order[0]] <= edge <= along[order[-1]]:
        edge = int(np.clip(edge, along[order[0]], along[order[-1]]))
    place = float(np.interp(edge, along[order], across[order]))
    if not 0 <= place <= (grid.width if axis == 0 else grid.height):
        return ""
    text = degrees_text(value, axis == 0, step)
    if axis == 0:
        anchor = "middle" if place <= grid.width + _RIGHT - _TEXT / 2 else "end"
        return f'<text x="{place:.1f}" y="{grid.height + 16}" text-anchor="{anchor}">{text}</text>'
    return f'<text x="-5" y="{place + 4:.1f}" text-anchor="end">{text}</text>'


def _round_step(span: float, most: int = _LINES) -> float:
    """The step of a graticule of at most so many lines, degrees."""
    return next((step / 60 for step in _STEPS if span * 60 / step <= most), _STEPS[-1] / 60)


def degrees_text(value: float, is_longitude: bool, step: float = 1 / 600) -> str:
    """A longitude or a latitude in degrees and, where a step needs them, minutes."""
    value = (value + 180) % 360 - 180 if is_longitude else value
    letter = ("EW" if is_longitude else "NS")[value < -1e-9]
    minutes = round(abs(value) * 60, 1)
    whole, rest = int(minutes // 60), minutes % 60
    if step >= 1 - 1e-9:
        return f"{round(abs(value))}°{letter}"
    return (
        f"{whole}°{rest:04.1f}{_PRIME}{letter}"
        if step < 1 / 60 - 1e-9
        else f"{whole}°{rest:02.0f}{_PRIME}{letter}"
    )


def _scale_bar(grid: Grid) -> str:
    metres = float(grid.pixel_size_metres()[0][0])
    length = round_length(grid.width * metres / 4)
    right = grid.width - 14
    left, bottom = right - length / metres, grid.height - 12
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    bar = f"M{left:.1f} {bottom - 6}V{bottom}H{right:.1f}V{bottom - 6}"
    middle = (left + right) / 2
    return (
        f'<path d="M{left - 8:.1f} {bottom - 24}H{right + 8}V{bottom + 7}H{left - 8:.1f}Z" '
        f'fill="#fff" fill-opacity="0.75"/><path d="{bar}" fill="none" stroke="#222" '
        f'stroke-width="1.5"/><text x="{middle:.1f}" y="{bottom - 9}" text-anchor="middle">'
        f"{text}</text>"
    )


# --- where it is ---------------------------------------------------------------------------------


def lonlat_bounds(grid: Grid) -> tuple[float, float, float, float]:
    """West, south, east and north of a grid, degrees; east may be above 180."""
    cols, rows = np.meshgrid(np.linspace(0, grid.width, 9), np.linspace(0, grid.height, 9))
    lon, lat = Geodesy(grid.crs).lonlat(*grid.to_map(cols.ravel(), rows.ravel()))
    lon = (np.asarray(lon) - lon[0] + 180) % 360 - 180 + lon[0]
    return float(lon.min()), float(np.min(lat)), float(lon.max()), float(np.max(lat))


def extent_text(grid: Grid) -> str:
    """Where a grid lies, in degrees and minutes."""
    west, south, east, north = lonlat_bounds(grid)
    return (
        f"{degrees_text(south, False)} to {degrees_text(north, False)}, "
        f"{degrees_text(west, True)} to {degrees_text(east, True)}"
    )


def locator(grid: Grid) -> str:
    """Where a map lies: its extent among coasts and degrees, as SVG."""
    west, south, east, north = lonlat_bounds(grid)
    middle = (west + east) / 2, max(-75.0, min(75.0, (south + north) / 2))
    half = max(_LOCATOR_DEGREES, 2 * (north - south))
    stretch = max(0.2, math.cos(math.radians(middle[1])))
    pixel = 2 * half / LOCATOR_SIDE
    # Plate carrée, true to scale on the middle's parallel.
    across = half / stretch
    view = Grid(
        "EPSG:4326",
        (pixel / stretch, 0.0, middle[0] - across, 0.0, -pixel, middle[1] + half),
        LOCATOR_SIDE,
        LOCATOR_SIDE,
    )
    corners = view.to_pixels(np.array([[west, north], [east, south]]))
    (left, top), (right, bottom) = corners
    small = max(right - left, bottom - top) < 7
    x, y = (left + right) / 2, (top + bottom) / 2
    box = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 2):.1f}" '
        f'height="{max(bottom - top, 2):.1f}" fill="#d55e00" fill-opacity="0.5" stroke="#d55e00"/>'
        + (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="none" stroke="#d55e00" '
            'stroke-width="2"/>'
            if small
            else ""
        )
    )
    sea = f'<rect width="{view.width}" height="{view.height}" fill="#e8f0f5"/>'
    return _locator_svg(view, [sea, _land(view), *_degree_lines(view), box])


def _locator_svg(view: Grid, body: Sequence[str]) -> str:
    width, height = view.width + _LEFT, view.height + _BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-_LEFT + 10} -4 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="Where it is" font-size="11" '
        f'font-family="sans-serif" fill="#222">{"".join(body)}<rect width="{view.width}" '
        f'height="{view.height}" fill="none" stroke="#444"/></svg>'
    )


def _land(view: Grid) -> str:
    """Coasts within a view; each ring is cut at its edges."""
    parts = []
    about = json.loads(LAND.read_text(encoding="ascii"))
    for steps in about["rings"]:
        ring = np.cumsum(np.array(steps).reshape(-1, 2), axis=0) * about["unit"]
        for turn in (-360.0, 0.0, 360.0):
            cut = _cut_ring(view.to_pixels(ring + np.array([turn, 0.0])), view)
            if len(cut) >= 3:
                parts.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in cut) + "Z")
    return f'<path d="{"".join(parts)}" fill="#f3ead8" stroke="#8a7a5c" stroke-width="0.8"/>'


def _cut_ring(ring: np.ndarray, view: Grid) -> np.ndarray:
    """A ring cut by the edges of a view (Sutherland and Hodgman)."""
    for axis, limit, sign in ((0, 0, 1), (0, view.width, -1), (1, 0, 1), (1, view.height, -1)):
        if not len(ring):
            break
        inside = sign * (ring[:, axis] - limit)
        kept: list[np.ndarray] = []
        for i in range(len(ring)):
            before, now = inside[i - 1], inside[i]
            if (before < 0) != (now < 0):
                share = before / (before - now)
                kept.append(ring[i - 1] + share * (ring[i] - ring[i - 1]))
            if now >= 0:
                kept.append(ring[i])
        ring = np.array(kept)
    return ring


def _degree_lines(view: Grid) -> Iterator[str]:
    a, _, west, _, e, north = view.transform
    for axis, (low, high) in enumerate(
        ((west, west + a * view.width), (max(-90.0, north + e * view.height), min(90.0, north)))
    ):
        step = max(1.0, _round_step(high - low))
        for value in step * np.arange(math.ceil(low / step), math.floor(high / step) + 1):
            x, y = view.to_pixels(np.array([[value, north] if axis == 0 else [west, value]]))[0]
            text = degrees_text(float(value), axis == 0, step)
            end = (
                f'x2="{x:.1f}" y2="{view.height}"'
                if axis == 0
                else f'x2="{view.width}" y2="{y:.1f}"'
            )
            place = (
                f'x="{x:.1f}" y="{view.height + 14}" text-anchor="middle"'
                if axis == 0
                else f'x="-4" y="{y + 4:.1f}" text-anchor="end"'
            )
            yield (
                f'<line x1="{x:.1f}" y1="{y:.1f}" {end} stroke="#777" stroke-opacity="0.5" '
                f'stroke-width="0.6"/><text {place}>{text}</text>'
            )
