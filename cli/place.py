"""Places on the command line: an extent, or the polygons of a file."""

from __future__ import annotations

import re

from ..engine.catalogue.place import area_of_extent
from ..engine.common.errors import ParameterError
from ..engine.inventory.polygons import Outlines
from ..engine.inventory.wkb import polygons_of
from ..engine.preparation.target_grid import AreaOfInterest, Bounds
from .inventory_reader import read_inventory
from .listeners import Listeners, Values

_NUMBER = r"\s*([^,\s\[]+)\s*"
_EXTENT = re.compile(rf"{','.join([_NUMBER] * 4)}(?:\[(.+)\]\s*)?")


def extent_of(text: str) -> tuple[Bounds, str]:
    """xmin, ymin, xmax, ymax of an extent as QGIS writes it, and its CRS, if there is one.

    Raises:
        ParameterError: It is no extent.
    """
    match = _EXTENT.fullmatch(text)
    try:
        numbers = [float(part) for part in match.groups()[:4]] if match else []
    except ValueError:
        numbers = []
    if not (match and numbers):
        raise ParameterError(
            f"The extent is '{text}'; expected xmin,xmax,ymin,ymax, and a CRS in brackets where it "
            "is not that of the image, such as '141.9,142.1,42.6,42.8 [EPSG:4326]'."
        )
    xmin, xmax, ymin, ymax = numbers
    return (xmin, ymin, xmax, ymax), match[5] or ""


def polygons(path: str, listeners: Listeners) -> Outlines:
    """The polygons of a vector file, repaired as an inventory is.

    Raises:
        DependencyError: pyogrio or shapely is not installed.
        ParameterError: It cannot be read, or has no CRS or something else than polygons.
    """
    return Outlines.of(read_inventory(path, listeners))


def area_of_interest(path: str, listeners: Listeners) -> AreaOfInterest:
    """The polygons of a vector file as an area.

    Raises:
        ParameterError: It cannot be read, or has no polygon.
    """
    area = polygons(path, listeners)
    if not area.wkb:
        raise ParameterError(
            f"The area of interest {path} has no polygon; expected at least one. Choose another "
            "layer."
        )
    return AreaOfInterest(area.crs, _rings(area))


def _rings(area: Outlines) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    """Rings of the polygons, each closed."""
    return tuple(
        tuple(tuple((float(x), float(y)) for x, y in (*ring, ring[0])) for ring in polygon)
        for wkb in area.wkb
        for polygon in polygons_of(wkb)
    )


def needed_area(values: Values, listeners: Listeners) -> tuple[AreaOfInterest, bool]:
    """The place of a run that needs one, and whether it is polygons.

    Raises:
        ParameterError: Neither was given, or both.
    """
    extent, area = values["EXTENT"], values["AREA"]
    if bool(extent) == bool(area):
        given = "--extent and --area were both" if area else "Neither --extent nor --area was"
        raise ParameterError(f"{given} given; expected one of them.")
    if area:
        return area_of_interest(area, listeners), True
    box, crs = extent_of(extent)
    if not crs:
        raise ParameterError(
            f"The extent '{extent}' says no CRS; expected such as "
            "'141.9,142.1,42.6,42.8 [EPSG:4326]'."
        )
    return area_of_extent(box, crs), False
