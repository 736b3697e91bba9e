"""Elevation for a place: tiles of Copernicus GLO-30 by their names, from a bucket or a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from ..common.errors import CatalogueError, ParameterError
from ..common.hooks import Warn
from ..preparation.target_grid import AreaOfInterest
from ..stack.terrain_sanity import check_dem
from .assets import Source
from .catalogues import Catalogue
from .network import Session
from .place import Place
from .windows import fetch_window

#: Stands for the public bucket.
GLO30 = "glo30"
_BUCKET = "https://copernicus-dem-30m.s3.amazonaws.com"
#: Pixels around the area: slopes need neighbours, and warping needs theirs.
_MARGIN = 10
#: Degrees by which a place is widened to find its tiles, as the margin may lie in the next.
_WIDER = 0.005
_MOST = 100


def fetch_dems(
    dem: str,
    area: AreaOfInterest,
    folder: Path,
    sessions: Callable[[Catalogue], Session],
    warn: Warn,
) -> tuple[str, ...]:
    """The DEMs of a place.

    Args:
        dem: `GLO30`, another address with tiles named as in its bucket, a folder, a file, or
            empty for none.
        area: The place.
        folder: Where windows of remote tiles are put.
        sessions: Gives a session for an address.
        warn: Told which tiles are not there.

    Returns:
        Paths of rasters.

    Raises:
        CatalogueError: The bucket does not answer.
        ParameterError: There is no such folder, or no tile of the place in it.
    """
    dem = dem.strip()
    if not dem:
        return ()
    names = tile_names(Place.of(area))
    if urlsplit(dem).scheme not in ("http", "https") and dem != GLO30:
        return _local(dem, names)
    base = _BUCKET if dem == GLO30 else dem.rstrip("/")
    session = sessions(Catalogue("the DEM's server", base))
    found, missing = [], []
    for name in names:
        source = Source("dem", f"{base}/{name}/{name}.tif")
        try:
            fetched = fetch_window(session, source, area, folder / f"{name}.tif", _MARGIN)
        except CatalogueError as err:
            if "status 404" not in str(err) and "status 403" not in str(err):
                raise
            missing.append(name)
            continue
        found += [fetched.path] if fetched.path else []
    if missing and found:
        warn(f"The DEM has no tile {', '.join(missing)}: sea, or land that was left out.")
    if not found:
        raise CatalogueError(
            f"{base} has no DEM of the area (looked for {', '.join(names[:3])}). Give another DEM, "
            "or go without (DEM empty)."
        )
    return tuple(found)


def check_dem_place(dem: str) -> None:
    """Check, before anything is fetched, that there may be a DEM.

    Raises:
        ParameterError: There is no such file or folder.
        LandslipError: The file is no DEM.
    """
    is_address = urlsplit(dem).scheme in ("http", "https")
    try:
        there = dem.strip() in ("", GLO30) or is_address or _is_place(dem.strip())
    except ValueError:  # a null character
        there = False
    if not there:
        raise ParameterError(
            f"There is no DEM '{dem[:100]}'; expected {GLO30}, an address, a folder or a file."
        )
    if os.path.isfile(dem.strip()):
        check_dem(dem.strip())


def _is_place(path: str) -> bool:
    return os.path.isfile(path) or os.path.isdir(path)


def tile_names(place: Place) -> list[str]:
    """Names of the tiles of one degree that a place touches, by their south-west corners.

    A tile's pixels are shifted by half of one, so the neighbour of a place at a border is needed.
    """
    west, south, east, north = place.bounds
    columns = range(int(np.floor(west - _WIDER)), int(np.floor(east + _WIDER)) + 1)
    rows = range(int(np.floor(south - _WIDER)), int(np.floor(north + _WIDER)) + 1)
    if len(columns) * len(rows) > _MOST:
        raise ParameterError(
            f"The area touches {len(columns) * len(rows)} tiles of the DEM; expected at most "
            f"{_MOST}. Take a smaller area."
        )
    return [_name(row, (column + 180) % 360 - 180) for row in rows for column in columns]


def _name(south: int, west: int) -> str:
    latitude = f"{'N' if south >= 0 else 'S'}{abs(south):02}_00"
    longitude = f"{'E' if west >= 0 else 'W'}{abs(west):03}_00"
    return f"Copernicus_DSM_COG_10_{latitude}_{longitude}_DEM"


def _local(dem: str, names: list[str]) -> tuple[str, ...]:
    if os.path.isfile(dem):
        return (dem,)
    found = tuple(_tiles(Path(dem), names)) or tuple(
        str(path)
        for path in sorted(Path(dem).iterdir())
        if path.suffix.lower() in (".tif", ".tiff")
    )
    if not found:
        raise ParameterError(
            f"The folder {dem} has no DEM: neither tiles such as {names[0]}.tif nor another "
            "GeoTIFF. Give another folder, or go without."
        )
    return found


def _tiles(folder: Path, names: list[str]) -> Iterator[str]:
    for name in names:
        for path in (folder / f"{name}.tif", folder / name / f"{name}.tif"):
            if path.is_file():
                yield str(path)
                break
