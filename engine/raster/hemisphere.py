"""UTM zones with the wrong hemisphere: a common slip that moves data by 10,000 km."""

from __future__ import annotations

from ..common.dependencies import require
from .grid import Grid

_NORTH, _SOUTH = 32600, 32700
#: Letters of MGRS latitude bands: C to M lie south of the equator, N to X north.
_FIRST_NORTHERN_BAND = "N"


def utm_zone(crs: str) -> tuple[int, bool] | None:
    """Zone and whether it is a northern one, of a WGS 84 UTM CRS; None for any other."""
    code = require("rasterio.crs", "rasterio").CRS.from_user_input(crs).to_epsg() or 0
    for base, northern in ((_NORTH, True), (_SOUTH, False)):
        if base < code <= base + 60:
            return code - base, northern
    return None


def other_hemisphere(crs: str) -> str | None:
    """The same UTM zone of the other hemisphere; None for what is no UTM CRS."""
    zone = utm_zone(crs)
    if zone is None:
        return None
    return f"EPSG:{(_SOUTH if zone[1] else _NORTH) + zone[0]}"


def hemisphere_hint(misplaced: Grid, grid: Grid) -> str:
    """A sentence where two grids would meet if one had the other hemisphere; else empty.

    Args:
        misplaced: Grid of the data that does not touch the other.
        grid: Grid of the stack.
    """
    swapped = other_hemisphere(misplaced.crs)
    if swapped is None:
        return ""
    warp = require("rasterio.warp", "rasterio")
    west, south, east, north = warp.transform_bounds(swapped, grid.crs, *misplaced.bounds)
    xmin, ymin, xmax, ymax = grid.bounds
    if not (west < xmax and east > xmin and south < ymax and north > ymin):
        return ""
    was, should = (_named(crs) for crs in (misplaced.crs, swapped))
    return (
        f"It is said to be in UTM zone {was}; read as zone {should} it would cover the stack. The "
        f"hemisphere is wrong: assign it zone {should} ({swapped})."
    )


def tile_warning(tile: str, crs: str) -> str:
    """A sentence where a tile's name and its CRS name different hemispheres; else empty.

    Args:
        tile: MGRS tile such as ``56JMM``.
        crs: CRS of its files.
    """
    zone = utm_zone(crs)
    if zone is None or len(tile) < 3:
        return ""
    northern = tile[2] >= _FIRST_NORTHERN_BAND
    if northern == zone[1]:
        return ""
    half = "northern" if northern else "southern"
    return (
        f"Tile {tile} lies in the {half} hemisphere, but its files are in UTM zone {_named(crs)}. "
        f"Assign them {other_hemisphere(crs)}, or the map is 10,000 km off."
    )


def _named(crs: str) -> str:
    zone = utm_zone(crs)
    return f"{zone[0]}{'N' if zone[1] else 'S'}" if zone else crs
