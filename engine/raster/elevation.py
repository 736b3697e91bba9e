"""Elevation, slope and curvature from one DEM or many, seamless, with small voids filled."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError, RasterError
from .grid import Grid
from .hemisphere import hemisphere_hint
from .reading import open_raster, read_window
from .relief import Relief
from .resample import AVERAGE_BELOW, WARP_TOLERANCE, check_method
from .slope import convexity, horn_gradient, horn_slope, slope_degrees
from .tiling import Window
from .voids import RIM, fill_voids

METHODS = ("cubic", "bilinear")

#: DEM tiles whose pixels lie on one lattice, within this share of a pixel, are one DEM.
_SAME_LATTICE = 0.01


@dataclass(frozen=True)
class DemSource:
    """A band with elevation.

    Attributes:
        path: The raster.
        band: Number of the band; None for a raster that must have only one.
    """

    path: str
    band: int | None = None


@dataclass(frozen=True)
class Terrain:
    """A window of terrain; float32 [height, width], NaN where there is no data.

    Attributes:
        elevation: Metres, as in the DEM: above the geoid or the ellipsoid. Slope is the same for
            both, as the distance of the two changes by centimetres in a kilometre.
        slope: Degrees, after Horn.
        void: Whether the DEM itself has no data there, bool [height, width].
    """

    elevation: np.ndarray
    slope: np.ndarray
    void: np.ndarray


class Elevation:
    """DEMs seen through the grid of a stack. Use from one thread at a time.

    Tiles of one DEM (same CRS, same lattice) are put together before they are warped, as
    interpolating each by itself would leave a step where they meet. Different DEMs fill each
    other's gaps, in the order given.
    """

    def __init__(
        self, sources: Sequence[DemSource], grid: Grid, method: str = "cubic", fill: float = 0.0
    ) -> None:
        """Open the DEMs.

        Args:
            sources: The DEMs; the first comes first where several have data.
            grid: The stack's grid.
            method: One of `METHODS`; a DEM much finer than the grid is averaged.
            fill: Widest void to fill, metres; 0 for none.

        Raises:
            RasterError: One cannot be read or has no CRS, or none touches the grid.
            ParameterError: A setting makes no sense.
        """
        check_method(method, METHODS)
        self._grid = grid
        self._reach = _reach(fill, grid)
        self._margin = 1 + (self._reach + RIM if self._reach else 0)
        self._pixel_sizes = grid.pixel_size_metres(np.arange(grid.height))
        self._files = ExitStack()
        margin = self._margin
        self._padded = grid.shifted(
            Window(-margin, -margin, grid.height + 2 * margin, grid.width + 2 * margin)
        )
        try:
            tiles = [self._open(source) for source in sources]
            _check_overlap(tiles, grid)
            self._warped = [
                (group[0].path, self._warp(_joined(group), method)) for group in _groups(tiles)
            ]
        except BaseException:
            self._files.close()
            raise

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _open(self, source: DemSource) -> _Tile:
        dataset = self._files.enter_context(open_raster(source.path))
        if source.band is None and dataset.count != 1:
            raise RasterError(
                f"{source.path} has {dataset.count} bands; expected a DEM of one band with "
                "elevation in metres. Give the elevation band as a raster of its own."
            )
        band = source.band or 1
        return _Tile(source.path, Grid.of(dataset, source.path), band, dataset.nodata)

    def _warp(self, tile: _Tile, method: str) -> tuple[int, Any]:
        dataset = self._files.enter_context(open_raster(tile.path))
        warped = warp_elevation(dataset, tile.grid, self._padded, method)
        return tile.band, self._files.enter_context(warped)

    def read(self, window: Window) -> Terrain:
        """Elevation and slope in a window that lies inside the grid.

        Raises:
            RasterError: A file is damaged.
        """
        dem, void = self._read_with_margin(window)
        return Terrain(dem[1:-1, 1:-1], horn_slope(dem, *self._sizes(window)), void)

    def read_elevation(self, window: Window) -> np.ndarray:
        """Elevation alone in a window that lies inside the grid, metres; NaN where unknown.

        Raises:
            RasterError: A file is damaged.
        """
        return self._read_with_margin(window)[0][1:-1, 1:-1]

    def read_relief(self, window: Window) -> Relief:
        """Elevation and all its derivatives in a window that lies inside the grid.

        Raises:
            RasterError: A file is damaged.
        """
        dem, _ = self._read_with_margin(window)
        dx, dy = self._sizes(window)
        east, south = horn_gradient(dem, dx, dy)
        width, height = (np.broadcast_to(size, east.shape) for size in (dx, dy))
        return Relief(
            elevation=dem[1:-1, 1:-1].astype(np.float64),
            slope=slope_degrees(east, south),
            gradient_col=east * width,
            gradient_row=south * height,
            curvature=convexity(dem, dx, dy),
            width=width,
            height=height,
        )

    def _sizes(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Ground width and height of a window's pixels, metres [height, 1]."""
        dx, dy = (size[window.row : window.row_stop, None] for size in self._pixel_sizes)
        return dx, dy

    def _read_with_margin(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Elevation [height + 2, width + 2], filled, and where it is a void [height, width]."""
        margin = self._margin
        # In the padded grid, the window with its margin begins at the window's own numbers.
        padded = Window(
            window.row, window.col, window.height + 2 * margin, window.width + 2 * margin
        )
        dem = self._read_first(padded)
        inner = slice(margin, -margin)
        void = np.isnan(dem[inner, inner])
        if self._reach:
            fill_voids(dem, self._reach)
            cut = slice(margin - 1, 1 - margin)
            dem = dem[cut, cut]
        return dem, void

    def _read_first(self, window: Window) -> np.ndarray:
        """Elevation from the first DEM that has it."""
        dem: np.ndarray | None = None
        for path, (band, dataset) in self._warped:
            if dem is not None and not np.isnan(dem).any():
                break
            values = _read_by_blocks(dataset, band, window, path)
            dem = values if dem is None else np.where(np.isnan(dem), values, dem)
        if dem is None:
            raise RasterError("No DEM was given. Give at least one.")
        return np.asarray(dem)


def _read_by_blocks(dataset: Any, band: int, window: Window, path: str) -> np.ndarray:
    """A window of a warped DEM, float32 with NaN, put together of the blocks that it touches.

    What is larger than a block GDAL warps in one piece, whose rows it transforms approximately from
    end to end: slopes would change by half a degree with the window that they are read in.
    """
    height, width = dataset.block_shapes[band - 1]
    values = np.empty((window.height, window.width), dtype=np.float32)
    for top in range(window.row // height * height, window.row_stop, height):
        for left in range(window.col // width * width, window.col_stop, width):
            row, col = max(top, window.row), max(left, window.col)
            bottom, right = min(top + height, window.row_stop), min(left + width, window.col_stop)
            part = Window(row, col, bottom - row, right - col)
            place = part.slices(window.row, window.col)
            values[place] = read_window(dataset, band, part, path).filled(np.nan)
    return values


def _reach(fill: float, grid: Grid) -> int:
    """Widest void to fill, in pixels."""
    if not 0 <= fill <= 5000:
        raise ParameterError(
            f"Voids of up to {fill:g} m are to be filled; expected 0 (none) to 5000. What is "
            "interpolated over more is no terrain: give a second DEM to fill them."
        )
    pixel = min(float(size[0]) for size in grid.pixel_size_metres())
    return math.floor(fill / pixel + 1e-6)


# --- tiles of one DEM ---


@dataclass(frozen=True)
class _Tile:
    path: str
    grid: Grid
    band: int
    nodata: float | None


def _check_overlap(tiles: Sequence[_Tile], grid: Grid) -> None:
    covers = [_bounds_in(tile.grid, grid) for tile in tiles]
    if any(_touch(cover, grid.bounds) for cover in covers):
        return
    names = ", ".join(tile.path for tile in tiles[:3]) + (", ..." if len(tiles) > 3 else "")
    hint = next(filter(None, (hemisphere_hint(tile.grid, grid) for tile in tiles)), "")
    raise RasterError(
        f"The DEM {names} does not touch the stack: it covers "
        f"{', '.join(f'{x:.6g}' for x in covers[0])} in the stack's CRS, the stack "
        f"{grid.bounds_text()}. {hint or 'Give a DEM of the same place.'}"
    )


def _bounds_in(dem: Grid, grid: Grid) -> tuple[float, float, float, float]:
    warp = require("rasterio.warp", "rasterio")
    west, south, east, north = warp.transform_bounds(dem.crs, grid.crs, *dem.bounds)
    return west, south, east, north


def _touch(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def _groups(tiles: Sequence[_Tile]) -> list[list[_Tile]]:
    """Tiles of one DEM together, in the order in which the first of each was given."""
    groups: list[list[_Tile]] = []
    for tile in tiles:
        for group in groups:
            if _on_one_lattice(group[0].grid, tile.grid):
                group.append(tile)
                break
        else:
            groups.append([tile])
    return groups


def _on_one_lattice(one: Grid, other: Grid) -> bool:
    a, b, c, d, e, f = one.transform
    sizes = np.array([other.transform[i] - one.transform[i] for i in (0, 1, 3, 4)])
    # Over a tile's width, sizes that differ make the lattices drift apart.
    if np.abs(sizes).max() * max(one.width, one.height) > _SAME_LATTICE * abs(a):
        return False
    if b or d or not one.same_crs(other.crs):
        return False
    shift = np.array([(other.transform[2] - c) / a, (other.transform[5] - f) / e])
    return bool(np.abs(shift - np.rint(shift)).max() < _SAME_LATTICE)


def _joined(tiles: Sequence[_Tile]) -> _Tile:
    """Tiles of one DEM as one: a description of a few lines that GDAL opens like a file."""
    if len(tiles) == 1:
        return tiles[0]
    a, _, c, _, e, f = tiles[0].grid.transform
    places = [
        (round((tile.grid.transform[2] - c) / a), round((tile.grid.transform[5] - f) / e))
        for tile in tiles
    ]
    west, north = min(col for col, _ in places), min(row for _, row in places)
    width = max(col + tile.grid.width for (col, _), tile in zip(places, tiles)) - west
    height = max(row + tile.grid.height for (_, row), tile in zip(places, tiles)) - north
    grid = Grid(tiles[0].grid.crs, (a, 0.0, c + west * a, 0.0, e, f + north * e), width, height)
    # GDAL draws sources one over the other, and the first is to win.
    sources = "".join(
        _source_xml(tile, col - west, row - north)
        for (col, row), tile in reversed(list(zip(places, tiles)))
    )
    return _Tile(_vrt_xml(grid, sources), grid, 1, math.nan)


def _source_xml(tile: _Tile, col: int, row: int) -> str:
    size = f'xSize="{tile.grid.width}" ySize="{tile.grid.height}"'
    nodata = "" if tile.nodata is None else f"<NODATA>{tile.nodata!r}</NODATA>"
    return (
        '<ComplexSource><SourceFilename relativeToVRT="0">'
        f"{html.escape(tile.path)}</SourceFilename><SourceBand>{tile.band}</SourceBand>"
        f'<SrcRect xOff="0" yOff="0" {size}/><DstRect xOff="{col}" yOff="{row}" {size}/>'
        f"{nodata}</ComplexSource>"
    )


def _vrt_xml(grid: Grid, sources: str) -> str:
    a, b, c, d, e, f = grid.transform
    return (
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}">'
        f"<SRS>{html.escape(grid.crs)}</SRS>"
        f"<GeoTransform>{c!r}, {a!r}, {b!r}, {f!r}, {d!r}, {e!r}</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><NoDataValue>nan</NoDataValue>'
        f"{sources}</VRTRasterBand></VRTDataset>"
    )


def warp_elevation(dataset: Any, dem_grid: Grid, grid: Grid, method: str = "cubic") -> Any:
    """A DEM on another grid, as an open dataset of float32 with NaN where there is no data.

    Args:
        dataset: The open DEM.
        dem_grid: Its grid.
        grid: The grid to warp it to.
        method: ``cubic`` or ``bilinear``. Nearest would leave terraces, and bilinear leaves
            creases, in the slope. A DEM much finer than the grid is averaged.
    """
    vrt = require("rasterio.vrt", "rasterio")
    warp = require("rasterio.enums", "rasterio").Resampling
    finer = dem_grid.pixel_size_metres()[0][0] < AVERAGE_BELOW * grid.pixel_size_metres()[0][0]
    return vrt.WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=grid.affine,
        width=grid.width,
        height=grid.height,
        resampling=warp.average if finer else warp[method],
        # GDAL's default, an eighth of a DEM pixel, shows in the slope where blocks meet.
        tolerance=WARP_TOLERANCE,
        # Undeclared, NaN would swallow all pixels that it has a share in.
        src_nodata=float("nan") if dataset.nodata is None else dataset.nodata,
        nodata=float("nan"),
        dtype="float32",
    )
