"""A window of a remote raster as a small GeoTIFF of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from ..common.dependencies import require
from ..common.errors import CatalogueError, ParameterError, RasterError
from ..common.output import work_folder
from ..preparation.target_grid import AreaOfInterest, bounds_in
from ..raster.geotiff import Layout, geotiff
from ..raster.grid import Grid
from ..raster.reading import open_raster, read_window
from ..raster.tiling import Window, regions
from .addresses import shown_address
from .assets import Source, check_content
from .network import NoAnswer, Session
from .partial_file import PartialFile

#: Pixels of a window are read in blocks of so many.
_BLOCK = 2048
#: Pixels around an area that interpolation looks at.
MARGIN = 2
_SOURCE_TAG = "LANDSLIP_SOURCE"
#: Where the server's tag is kept while a file comes.
_TAG_FILE = ".tag"


@dataclass(frozen=True)
class Fetched:
    """What came of a window.

    Attributes:
        path: The small GeoTIFF; empty where the file does not reach into the area.
        note: What the user may want to know of the file; empty for nothing.
    """

    path: str
    note: str = ""


def fetch_window(
    session: Session, source: Source, area: AreaOfInterest, target: Path, margin: int = MARGIN
) -> Fetched:
    """Write the part of a raster of one band that an area needs.

    A file that an earlier run has finished stays.

    Args:
        session: Fetches.
        source: The raster.
        area: Its bounds are what is needed.
        target: The GeoTIFF to write.
        margin: Pixels around it.

    Raises:
        CatalogueError: It cannot be fetched.
        RasterError: It is no raster, or has no place on the map.
    """
    mark = _mark(source, area, margin)
    if _is_there(target, mark):
        return Fetched(str(target))
    with work_folder(target) as folder, _readable(session, source, folder, target) as file:
        path, part, note = file
        with open_raster(path) as dataset:
            grid = Grid.of(dataset, shown_address(source.place))
        window = window_of(grid, area, margin)
        if window is None:
            return Fetched("", note)
        if part:
            part.fetch(window)
        with open_raster(path) as dataset:  # anew: what was a hole may be in a buffer
            _write(dataset, grid, window, source, target, mark)
    return Fetched(str(target), note)


def window_of(grid: Grid, area: AreaOfInterest, margin: int) -> Window | None:
    """The pixels that an area needs; None where the grid does not reach there."""
    bounds = bounds_in(area.crs, grid.crs, area.bounds)
    try:
        inner = grid.window_of(bounds)
    except ParameterError:
        return None
    top, left = max(0, inner.row - margin), max(0, inner.col - margin)
    bottom = min(grid.height, inner.row_stop + margin)
    right = min(grid.width, inner.col_stop + margin)
    return Window(top, left, bottom - top, right - left)


def coarse_window(
    session: Session, source: Source, area: AreaOfInterest, folder: Path, most: int
) -> np.ndarray | None:
    """Values of an area from the overview that has at most so many pixels a side, or the least.

    Returns:
        Values [rows, cols]; None where the file does not reach there, or has to be had whole.
    """
    if source.is_local:
        with open_raster(source.place) as dataset:
            window = window_of(Grid.of(dataset, source.place), area, 0)
            return None if window is None else _values(dataset, window, source)
    part = PartialFile.open(session, source.place, folder / f"{source.name}.part.tif")
    if part is None:
        return None
    with open_raster(str(part.path)) as dataset:
        grid = Grid.of(dataset, shown_address(source.place))
    whole = window_of(grid, area, 0)
    if whole is None:
        return None
    level = _level_for(part, whole, most)
    shrunk = part.levels[level].width / grid.width
    window = _scaled(whole, shrunk, part.levels[level].width, part.levels[level].height)
    part.fetch(window, level)
    options = {"overview_level": level - 1} if level else {}
    with require("rasterio").open(str(part.path), **options) as dataset:
        return _values(dataset, window, source)


def _values(dataset: Any, window: Window, source: Source) -> np.ndarray:
    read = read_window(dataset, 1, window, shown_address(source.place))
    return np.asarray(read.filled(0))


def _level_for(part: PartialFile, window: Window, most: int) -> int:
    for number, level in enumerate(part.levels):
        if max(window.width, window.height) * level.width / part.levels[0].width <= most:
            return number
    return len(part.levels) - 1


def _scaled(window: Window, factor: float, width: int, height: int) -> Window:
    top, left = int(window.row * factor), int(window.col * factor)
    bottom = min(height, max(top + 1, int(np.ceil(window.row_stop * factor))))
    right = min(width, max(left + 1, int(np.ceil(window.col_stop * factor))))
    return Window(min(top, bottom - 1), min(left, right - 1), bottom - top, right - left)


# --- a file here ---


@contextmanager
def _readable(
    session: Session, source: Source, folder: Path, target: Path
) -> Iterator[tuple[str, PartialFile | None, str]]:
    """A path that GDAL opens, its parts if it comes in parts, and a note."""
    if source.is_local:
        yield source.place, None, ""
        return
    part = PartialFile.open(session, source.place, folder / "part.tif")
    if part:
        differs = source.size is not None and source.size != part.total
        note = (
            f"{source.name} has {part.total} bytes and its item says {source.size}"
            if differs
            else ""
        )
        yield str(part.path), part, note
        return
    ending = Path(urlsplit(source.place).path).suffix or ".tif"
    # Beside the target, where the next run finds what an interrupted one has left.
    whole = target.with_name(f"{target.stem}.whole{ending if len(ending) < 6 else '.tif'}")
    note = download(session, source, whole)
    told = f"{source.name} cannot be read in pieces and was fetched whole"
    yield str(whole), None, f"{told}; {note}" if note else told
    whole.unlink(missing_ok=True)


def download(session: Session, source: Source, target: Path) -> str:
    """Fetch a file whole; what an interrupted run has left is gone on with.

    Returns:
        What was checked.

    Raises:
        CatalogueError: It cannot be had, or is not what its item says.
    """
    if target.exists():
        with suppress(CatalogueError):
            return check_content(target, source)
    growing = target.with_name(f"{target.name}.growing")
    tag_file = growing.with_name(growing.name + _TAG_FILE)

    def work() -> None:
        start = growing.stat().st_size if growing.exists() else 0
        tag = tag_file.read_text(encoding="utf-8") if tag_file.exists() else ""
        start = start if tag else 0  # without a tag nobody knows whether it is the same file
        answer, chunks = session.stream(source.place, start, tag)
        with closing(answer):
            new = answer.headers.get("etag", "")
            tag_file.write_text(new, encoding="utf-8")
            goes_on = answer.status == 206 and new == tag
            if answer.status == 206 and not goes_on:
                growing.unlink(missing_ok=True)
                raise NoAnswer("the file changed while it was fetched")
            with open(growing, "ab" if goes_on else "wb") as file:
                for chunk in chunks:
                    file.write(chunk)

    try:
        session.insist(source.place, work)
        note = check_content(growing, source)
    except CatalogueError as err:
        if "It was removed" in str(err):
            growing.unlink(missing_ok=True)
            tag_file.unlink(missing_ok=True)
        raise
    growing.replace(target)
    tag_file.unlink(missing_ok=True)
    return note


# --- the small file ---


def _mark(source: Source, area: AreaOfInterest, margin: int) -> str:
    """What a finished file is known by; a signature in an address is no part of it."""
    plain = f"{shown_address(source.place)} {area.crs} {area.bounds} {margin} {source.checksum}"
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()[:32]


def _is_there(target: Path, mark: str) -> bool:
    if not target.is_file():
        return False
    try:
        with open_raster(str(target)) as dataset:
            return bool(dataset.tags().get(_SOURCE_TAG) == mark)
    except RasterError:
        return False


def _write(
    dataset: Any, grid: Grid, window: Window, source: Source, target: Path, mark: str
) -> None:
    layout = Layout(
        grid.shifted(window),
        (source.name,),
        dtype=dataset.dtypes[0],
        nodata=dataset.nodata,
        tags={_SOURCE_TAG: mark, "FETCHED_FROM": shown_address(source.place)},
        overviews="nearest",
        effort=1,
    )
    with geotiff(str(target), layout) as writer:
        for block in regions(Window(0, 0, window.height, window.width), _BLOCK):
            there = Window(
                window.row + block.row, window.col + block.col, block.height, block.width
            )
            values = read_window(dataset, [1], there, shown_address(source.place))
            writer.write(block, values.data)
