"""Polygons as rings of coordinates: out of well-known binary and back, area and centroid."""

from __future__ import annotations

import struct

import numpy as np

from ..common.errors import ParameterError

#: Rings [n, 2], not closed, the exterior first.
Polygon = list[np.ndarray]

_POLYGON, _MULTIPOLYGON = 3, 6
_EXTENDED_Z, _EXTENDED_M, _EXTENDED_SRID = 0x80000000, 0x40000000, 0x20000000


def polygons_of(wkb: bytes) -> list[Polygon]:
    """The polygons of a geometry; heights and measures are dropped.

    Args:
        wkb: Polygon or multi-polygon, ISO or extended, with Z and M or without.

    Returns:
        Its polygons; none where it is empty.

    Raises:
        ParameterError: It is of another type, or breaks off.
    """
    try:
        return _geometry(wkb, 0)[0]
    except (struct.error, ValueError) as err:
        raise ParameterError(
            f"An outline cannot be read ({err}). Repair the layer (Fix geometries in QGIS) and run "
            "again."
        ) from err


def is_polygonal(wkb: bytes) -> bool:
    """Whether a geometry is a polygon or a multi-polygon."""
    if len(wkb) < 5:
        return False
    (code,) = struct.unpack_from("<I" if wkb[:1] == b"\x01" else ">I", wkb, 1)
    return _plain_kind(code) in (_POLYGON, _MULTIPOLYGON)


def _geometry(wkb: bytes, place: int) -> tuple[list[Polygon], int]:
    order = "<" if wkb[place : place + 1] == b"\x01" else ">"
    (code,) = struct.unpack_from(f"{order}I", wkb, place + 1)
    place += 5 + 4 * bool(code & _EXTENDED_SRID)
    kind, dimensions = _kind(code)
    (count,) = struct.unpack_from(f"{order}I", wkb, place)
    place += 4
    if kind == _POLYGON:
        return _polygon(wkb, place, order, count, dimensions)
    polygons: list[Polygon] = []
    for _ in range(count):
        part, place = _geometry(wkb, place)
        polygons += part
    return polygons, place


def _kind(code: int) -> tuple[int, int]:
    """Geometry type and number of coordinates of a point."""
    plain = code & 0xFFFF
    iso = {0: 2, 1: 3, 2: 3, 3: 4}.get(plain // 1000, 2)
    extended = bool(code & _EXTENDED_Z) + bool(code & _EXTENDED_M)
    kind = _plain_kind(code)
    if kind not in (_POLYGON, _MULTIPOLYGON):
        raise ParameterError(
            f"An outline is of geometry type {kind} (well-known binary); expected polygons (3 or "
            "6). Choose a polygon layer."
        )
    return kind, iso + extended


def _plain_kind(code: int) -> int:
    """Geometry type without its dimensions."""
    return (code & 0xFFFF) % 1000


def _polygon(
    wkb: bytes, place: int, order: str, count: int, dimensions: int
) -> tuple[list[Polygon], int]:
    rings = []
    for _ in range(count):
        (points,) = struct.unpack_from(f"{order}I", wkb, place)
        values = np.frombuffer(wkb, f"{order}f8", points * dimensions, place + 4)
        ring = values.reshape(points, dimensions)[:-1, :2].astype(float)
        if len(ring) >= 3:
            rings.append(ring)
        place += 4 + 8 * points * dimensions
    return [rings] if rings else [], place


def signed_area(ring: np.ndarray) -> float:
    """Area of a ring in pixels; positive for an exterior, negative for a hole."""
    after = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * after[:, 1] - after[:, 0] * ring[:, 1]).sum()) / 2


def centroid(rings: list[np.ndarray]) -> tuple[float, float]:
    """Centre of gravity (col, row) of a polygon with holes."""
    total = np.zeros(2)
    for ring in rings:
        after = np.roll(ring, -1, axis=0)
        cross = (ring[:, 0] * after[:, 1] - after[:, 0] * ring[:, 1])[:, None]
        total += ((ring + after) * cross).sum(axis=0) / 6
    col, row = total / sum(signed_area(ring) for ring in rings)
    return float(col), float(row)


def polygon_wkb(rings: list[np.ndarray]) -> bytes:
    """A polygon of open rings [n, 2] in map coordinates as well-known binary."""
    parts = [struct.pack("<BII", 1, 3, len(rings))]
    for ring in rings:
        closed = np.vstack((ring, ring[:1])).astype("<f8")
        parts += [struct.pack("<I", len(closed)), closed.tobytes()]
    return b"".join(parts)


def multipolygon_wkb(polygons: list[Polygon]) -> bytes:
    """Polygons of open rings [n, 2] in map coordinates as one multi-polygon."""
    parts = [polygon_wkb(rings) for rings in polygons]
    return struct.pack("<BII", 1, _MULTIPOLYGON, len(parts)) + b"".join(parts)
