"""Polygons out of well-known binary, as rings of coordinates. The way back is `outline`'s."""

from __future__ import annotations

import struct

import numpy as np

from .errors import ParameterError

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
    kind = plain % 1000
    if kind not in (_POLYGON, _MULTIPOLYGON):
        raise ParameterError(
            f"An outline is of geometry type {kind} (well-known binary); expected polygons (3 or "
            "6). Choose a polygon layer."
        )
    return kind, iso + extended


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
