"""Why a pixel is not good to use: from the masks that products come with, raster or polygons."""

from __future__ import annotations

import enum
import functools
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.archive import read_bytes, shown
from ..common.dependencies import require
from ..common.errors import ProductError
from ..common.markup import Element, parse_xml
from ..raster.grid import Grid
from ..raster.source import MaskSource


class Reason(enum.IntFlag):
    """What is wrong with a pixel, as bits, so that one uint8 band holds all that apply."""

    NODATA = 1
    DEFECTIVE = 2  #: saturated or defective
    CLOUD = 4
    CIRRUS = 8  #: thin cloud, through which the ground is seen
    SHADOW = 16  #: of a cloud
    SNOW = 32
    WATER = 64
    OUTSIDE = 128  #: outside of the area that was asked for


#: Scene classes of Sen2Cor: *Level-2A Algorithm Theoretical Basis Document* (ESA,
#: S2-PDGS-MPC-ATBD-L2A), table of the classification map. Not out: 2 dark areas (mostly shadow of
#: terrain, where landslides are), 4 vegetation, 5 bare ground, 7 unclassified.
SCENE_CLASSES = {
    0: Reason.NODATA,
    1: Reason.DEFECTIVE,
    3: Reason.SHADOW,
    6: Reason.WATER,
    8: Reason.CLOUD,
    9: Reason.CLOUD,
    10: Reason.CIRRUS,
    11: Reason.SNOW,
}
_NEWEST_SCENE_CLASS = 11
_CLOUD_CLASSES = {1: Reason.CLOUD, 2: Reason.CIRRUS, 3: Reason.SHADOW, 255: Reason.NODATA}
_LAYERS = {
    "opaque": Reason.CLOUD,
    "cirrus": Reason.CIRRUS,
    "snow": Reason.SNOW,
    "lost": Reason.NODATA,
    "nodata": Reason.NODATA,
    "defective": Reason.DEFECTIVE,
    "saturated": Reason.DEFECTIVE,
}
_QA60_OPAQUE, _QA60_CIRRUS = 1 << 10, 1 << 11

#: Types of polygons. Those of pixels that were corrected in part (of crosstalk) are left out, as
#: such pixels are good to use.
_POLYGON_TYPES = {
    "OPAQUE": Reason.CLOUD,
    "CIRRUS": Reason.CIRRUS,
    "QT_SATURATED_PIXELS_L1A": Reason.DEFECTIVE,
    "QT_SATURATED_PIXELS_L1B": Reason.DEFECTIVE,
    "QT_DEFECTIVE_PIXELS": Reason.DEFECTIVE,
    "QT_NODATA_PIXELS": Reason.NODATA,
}
_UTM = re.compile(r".*EPSG[:/](?:[\d.]*[:/])?(32[67]\d\d)", re.ASCII)


def scl_reasons(codes: np.ndarray) -> np.ndarray:
    """What is wrong with pixels of these scene classes.

    Args:
        codes: Scene classes, any type and shape. What is no class counts as no data.

    Returns:
        `Reason` bits, uint8, same shape; 0 where a pixel is good.
    """
    table = np.full(256, Reason.NODATA, dtype=np.uint8)
    table[: _NEWEST_SCENE_CLASS + 1] = 0
    for code, reason in SCENE_CLASSES.items():
        table[code] = reason
    return table[np.clip(_whole(codes), 0, 255)]


def _whole(values: np.ndarray) -> np.ndarray:
    """Codes as integers; exports write them as floats, with NaN for no data."""
    if values.dtype.kind in "biu":
        return values
    return np.nan_to_num(values, nan=0, posinf=0, neginf=0).astype(np.int64)


def tells(source: MaskSource) -> Reason:
    """The reasons that a mask can tell of."""
    if source.layer:
        return _LAYERS[source.layer]
    if source.kind == "scl":
        return functools.reduce(operator.or_, SCENE_CLASSES.values())
    if source.kind == "cloud_classes":
        return functools.reduce(operator.or_, _CLOUD_CLASSES.values())
    if source.kind in ("qa60", "cloud_vector"):
        return Reason.CLOUD | Reason.CIRRUS
    return Reason.NODATA if source.kind == "nodata_vector" else Reason.DEFECTIVE


def raster_reasons(source: MaskSource, values: np.ndarray) -> np.ndarray:
    """What is wrong with pixels, from the values of a raster mask.

    Args:
        source: The mask.
        values: What its raster holds, any type and shape; not interpolated.

    Returns:
        `Reason` bits, uint8, same shape; 0 where a pixel is good.

    Raises:
        ProductError: The mask is not a raster.
    """
    if source.kind == "scl":
        return scl_reasons(values)
    reasons = np.zeros(values.shape, dtype=np.uint8)
    if source.kind in ("cloud_raster", "quality_raster"):
        reasons[values != 0] = _LAYERS[source.layer]
    elif source.kind == "cloud_classes":
        for code, reason in _CLOUD_CLASSES.items():
            reasons[values == code] = reason
    elif source.kind == "qa60":
        bits = _whole(values)
        reasons[bits & _QA60_OPAQUE != 0] |= np.uint8(Reason.CLOUD)
        reasons[bits & _QA60_CIRRUS != 0] |= np.uint8(Reason.CIRRUS)
    else:
        raise ProductError(
            f"The mask {source.path} is of kind {source.kind}; expected a raster. Read polygons "
            "with read_polygons."
        )
    return reasons


@dataclass(frozen=True)
class MaskPolygon:
    """A polygon of a mask.

    Attributes:
        reason: What is wrong in it.
        rings: Outline and holes, each [points, 2] with x and y in the CRS of the mask.
    """

    reason: Reason
    rings: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class MaskPolygons:
    """All polygons of a mask.

    Attributes:
        crs: Their CRS, such as ``EPSG:32632``; empty where there is no polygon.
        polygons: The polygons.
    """

    crs: str
    polygons: tuple[MaskPolygon, ...]


def read_polygons(source: MaskSource) -> MaskPolygons:
    """Read a mask of polygons; a mask without any is common, and fine.

    Raises:
        ProductError: It is broken or hostile, or in a CRS that products do not come in.
    """
    path = shown(source.path)
    root = parse_xml(read_bytes(source.path), path)
    polygons = tuple(_polygons(root, path))
    return MaskPolygons(_crs(root, path) if polygons else "", polygons)


def _polygons(root: Element, path: str) -> Iterator[MaskPolygon]:
    dimension = _dimension(root)
    for feature in root.every("MaskFeature"):
        reason = _POLYGON_TYPES.get(feature.text_of("maskType").upper(), Reason(0))
        if not reason:
            continue
        for polygon in feature.every("Polygon"):
            rings = tuple(
                _ring(positions, dimension, path) for positions in polygon.every("posList")
            )
            if rings:
                yield MaskPolygon(reason, rings)


def _dimension(root: Element) -> str:
    """Numbers a point, where a list of positions does not say: as many as a corner has."""
    return "3" if len(root.text_of("lowerCorner").split()) == 3 else "2"


def _ring(positions: Element, dimension: str, path: str) -> np.ndarray:
    size = positions.attributes.get("srsDimension", dimension)
    try:
        numbers = np.array(positions.text.split(), dtype=np.float64)
    except ValueError:
        numbers = np.array([np.nan])
    if size not in ("2", "3") or numbers.size % int(size) or numbers.size < 3 * int(size):
        numbers = np.array([np.nan])
    if not (np.abs(numbers) < 1e8).all():
        raise ProductError(
            f"{path} has a polygon whose points are not lists of {size[:10]} numbers: "
            f"{positions.text[:60]!r}. The product is damaged: download it again, or go without "
            "its masks."
        )
    return numbers.reshape(-1, int(size))[:, :2]


def _crs(root: Element, path: str) -> str:
    waiting = root.every("Envelope", "Polygon", "MultiSurface", "LinearRing", "posList")
    name = next((e.attributes["srsName"] for e in waiting if "srsName" in e.attributes), "")
    match = _UTM.fullmatch(name)
    if not match:
        raise ProductError(
            f"{path} has polygons in the CRS {name[:80]!r}; expected a UTM zone, such as "
            "urn:ogc:def:crs:EPSG::32632. Download the product again, or go without its masks."
        )
    return f"EPSG:{match[1]}"


def rasterise(mask: MaskPolygons, grid: Grid) -> np.ndarray:
    """What is wrong with the pixels of a grid, by their centres.

    Args:
        mask: The polygons.
        grid: The grid, or the part of one that `Grid.shifted` gives. In another CRS than theirs,
            the corners of the polygons are moved there.

    Returns:
        `Reason` bits, uint8 [height, width]; 0 where a pixel is good.
    """
    reasons = np.zeros((grid.height, grid.width), dtype=np.uint8)
    by_reason: dict[Reason, list[list[Any]]] = {}
    for reason, rings in _on_grid(mask, grid):
        by_reason.setdefault(reason, []).append([_closed(ring) for ring in rings])
    for reason, polygons in by_reason.items():
        burnt = require("rasterio.features", "rasterio").rasterize(
            ({"type": "Polygon", "coordinates": rings} for rings in polygons),
            out_shape=reasons.shape,
            transform=grid.affine,
            dtype="uint8",
        )
        reasons[burnt != 0] |= np.uint8(reason)
    return reasons


def _on_grid(mask: MaskPolygons, grid: Grid) -> Iterator[tuple[Reason, list[np.ndarray]]]:
    """The polygons that reach into a grid, in its CRS."""
    if not mask.polygons:
        return
    move = _mover(mask.crs, grid.crs)
    xmin, ymin, xmax, ymax = grid.bounds
    for polygon in mask.polygons:
        rings = [move(ring) for ring in polygon.rings]
        (west, south), (east, north) = rings[0].min(axis=0), rings[0].max(axis=0)
        inside = west < xmax and east > xmin and south < ymax and north > ymin
        if inside and np.isfinite(rings[0]).all():
            yield polygon.reason, rings


def _mover(source: str, target: str) -> Any:
    pyproj = require("pyproj")
    if pyproj.CRS(source) == pyproj.CRS(target):
        return lambda ring: ring
    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return lambda ring: np.column_stack(transformer.transform(ring[:, 0], ring[:, 1]))


def _closed(ring: np.ndarray) -> list[list[float]]:
    points: list[list[float]] = [[float(x), float(y)] for x, y in ring]
    return points if points[0] == points[-1] and len(points) > 3 else [*points, points[0]]
