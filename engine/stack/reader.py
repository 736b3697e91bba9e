"""The stack: a raster whose bands are known by name, with terrain computed where needed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.errors import BandError
from ..raster.band_scale import stated_scale
from ..raster.elevation import DemSource, Elevation
from ..raster.grid import Grid
from ..raster.illumination import NEUTRAL, Sun, gradient_east_north, illumination
from ..raster.light import LightCorrection
from ..raster.reading import open_raster, read_window
from ..raster.tiling import Window, reflected
from ..raster.vrt_names import band_names

OPTICAL_BANDS = tuple(
    "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()  # noqa: SIM905 - reads as a list
)
#: Terrain that a stack holds, and what is computed of it: illumination depends on the sun, too.
STORED_TERRAIN = ("slope", "dem")
TERRAIN_BANDS = (*STORED_TERRAIN, "illumination")

#: What the name of a band of the image from before the event begins with.
PRE = "pre_"

#: Tags of a stack that say where it comes from, by their names in the inventory.
ACQUISITION_TAGS = {
    "product_id": "PRODUCT_ID",
    "pre_date": "PRE_EVENT_ACQUISITION_DATE",
    "image_date": "ACQUISITION_DATE",
}

_SYNONYMS = {"elevation": "dem", "dsm": "dem", "dtm": "dem", "b08a": "B8A"}


@dataclass(frozen=True)
class Stack:
    """What is known of a stack before its pixels are read. Pickles.

    Attributes:
        path: The raster.
        grid: Its grid.
        bands: Band name and number (from 1) of every band that has a known name.
        dtype: GDAL data type of its first band, such as ``uint16``.
        dem: A separate DEM raster, or None.
        sun: The sun that illumination is computed with; None for even light. See `sunlight`.
        scales: Offset and scale of each optical band whose file states them: its values become
            reflectance x 10000 as ``(value + offset) * scale``.
        light: Bands of which the light of slopes is taken out, and how; None leaves it in. See
            `even_light`.
    """

    path: str
    grid: Grid
    bands: tuple[tuple[str, int], ...]
    dtype: str
    dem: str | None = None
    sun: Sun | None = None
    scales: tuple[tuple[str, tuple[float, float]], ...] = ()
    light: tuple[tuple[str, ...], LightCorrection] | None = None

    def number(self, band: str) -> int | None:
        """Number of a band in the raster, from 1; None where it has none of that name."""
        return dict(self.bands).get(band)

    @property
    def available_bands(self) -> frozenset[str]:
        """The bands in the raster, and terrain where there is elevation to compute it from."""
        terrain = TERRAIN_BANDS if self.has_elevation else ()
        return frozenset((*(name for name, _ in self.bands), *terrain))

    def require_bands(self, wanted: Sequence[str], who: str) -> None:
        """Check that every band is in the raster, or can be computed from the DEM.

        Raises:
            BandError: Names the bands that are missing, and those that were found.
        """
        missing = [band for band in wanted if band not in self.available_bands]
        if not missing:
            return
        found = ", ".join(name for name, _ in self.bands) or "no band with a known name"
        optical = [band for band in missing if band not in TERRAIN_BANDS]
        advice = (
            "Name the raster's bands (band descriptions such as B04), or give the band mapping, "
            "for example 'B02,B03,B04' for the order of the bands or 'B04=1,B03=2,B02=3'."
            if optical
            else "Give a DEM raster."
        )
        raise BandError(
            f"{who} needs band{'s' * (len(missing) > 1)} {', '.join(missing)}, not found in "
            f"{self.path}. Found: {found}. {advice}"
        )

    def scale_text(self) -> str:
        """What is done to the values of bands that state a scale or offset; empty if nothing."""
        if not self.scales:
            return ""
        parts = [f"{band} (value {offset:+g}) x {scale:g}" for band, (offset, scale) in self.scales]
        return (
            f"The raster states a scale or an offset, which is applied to get reflectance x 10000: "
            f"{', '.join(parts)}."
        )

    @property
    def has_elevation(self) -> bool:
        """Whether elevation, and so slope, can be had."""
        return self.dem is not None or self.number("dem") is not None


def open_stack(path: str, dem: str | None = None, band_mapping: str = "") -> Stack:
    """Read the description of a stack; no pixel is read.

    Args:
        path: Raster with named bands.
        dem: Separate DEM of any CRS and resolution, or None.
        band_mapping: Overrides the names in the file: either the names in band order
            (``B02,B03,B04``; ``-`` skips a band) or pairs (``B04=1,B03=2``).

    Raises:
        RasterError: The file is no raster or has no usable grid.
        BandError: The mapping is wrong, or a name stands twice.
    """
    with open_raster(path) as dataset:
        grid = Grid.of(dataset, path)
        if band_mapping.strip():
            bands = parse_band_mapping(band_mapping, dataset.count)
        else:
            bands = _described_bands(band_names(dataset, path), path)
        stack = Stack(
            path, grid, bands, dataset.dtypes[0], dem or None, scales=_stated_scales(dataset, bands)
        )
    if stack.dem:
        Elevation([DemSource(stack.dem)], grid).close()  # a wrong DEM is reported before any work
    return stack


def earlier_bands(path: str) -> dict[str, int]:
    """Numbers of the bands that *Prepare* wrote of the image from before the event, by band.

    Raises:
        RasterError: The raster cannot be read.
    """
    with open_raster(path) as dataset:
        named = {text: number for number, text in enumerate(dataset.descriptions, 1) if text}
    earlier = {text.removeprefix(PRE): n for text, n in named.items() if text.startswith(PRE)}
    return {band: number for band, number in earlier.items() if band in OPTICAL_BANDS}


def _stated_scales(
    dataset: Any, bands: Sequence[tuple[str, int]]
) -> tuple[tuple[str, tuple[float, float]], ...]:
    stated = ((band, stated_scale(dataset, n)) for band, n in bands if band in OPTICAL_BANDS)
    return tuple((band, scale) for band, scale in stated if scale != (0.0, 1.0))


def canonical_band(text: str) -> str | None:
    """The canonical name for what people call a band (``b4``, ``Band 4``, ``B04``), else None."""
    name = text.strip().lower()
    if name in _SYNONYMS:
        return _SYNONYMS[name]
    if name in TERRAIN_BANDS:
        return name
    match = re.fullmatch(r"(?:b|band)[ _-]?0?(\d{1,2}|8a)", name)
    if not match:
        return None
    canonical = "B8A" if match[1] == "8a" else f"B{int(match[1]):02d}"
    return canonical if canonical in OPTICAL_BANDS else None


def parse_band_mapping(text: str, count: int) -> tuple[tuple[str, int], ...]:
    """Turn the user's band mapping into (name, number) pairs.

    Raises:
        BandError: A name is unknown or stands twice, or a number is not in the raster.
    """
    pairs = []
    for position, item in enumerate(text.replace(";", ",").split(","), start=1):
        name, _, number = (part.strip() for part in item.partition("="))
        if name in ("-", ""):
            continue
        band = canonical_band(name)
        if band is None or not (number or str(position)).isdigit():
            raise BandError(
                f"The band mapping has '{item.strip()}'; expected band names such as B02, B8A, "
                "slope or dem in the order of the raster's bands ('B02,B03,B04', '-' to skip "
                "one), or pairs like 'B04=1'."
            )
        pairs.append((band, int(number or position)))
    _check_mapping(pairs, count, text)
    return tuple(pairs)


def _check_mapping(pairs: list[tuple[str, int]], count: int, text: str) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise BandError(f"The band mapping '{text}' names a band twice. Name each band once.")
    outside = [f"{name}={number}" for name, number in pairs if not 1 <= number <= count]
    if outside:
        raise BandError(
            f"The band mapping asks for {', '.join(outside)}, but the raster has {count} "
            f"band{'s' * (count > 1)}. Use numbers from 1 to {count}."
        )


def _described_bands(descriptions: Sequence[str | None], path: str) -> tuple[tuple[str, int], ...]:
    pairs = [
        (band, number)
        for number, text in enumerate(descriptions, start=1)
        if (band := canonical_band(text or "")) is not None
    ]
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BandError(
            f"{path} has more than one band named {', '.join(twice)}. Give the band mapping, for "
            "example 'B02,B03,B04' for the order of its bands."
        )
    return tuple(pairs)


def dem_source(stack: Stack) -> DemSource:
    """Where the elevation of a stack that has some comes from."""
    own = DemSource(stack.path, stack.number("dem") or 1)
    return DemSource(stack.dem) if stack.dem else own


class StackReader:
    """Open files of one stack, for the bands that one model reads. Use one per thread.

    A pixel is valid where every band has a finite value that is not the raster's nodata, and the
    optical bands are not all 0 (Sentinel-2's own mark for no data).
    """

    def __init__(self, stack: Stack, bands: Sequence[str]) -> None:
        stack.require_bands(bands, "This model")
        self._stack = stack
        self._bands = tuple(bands)
        self._dataset = open_raster(stack.path)
        self._in_file = [band for band in bands if stack.number(band) is not None]
        self._computed = [band for band in bands if stack.number(band) is None]
        self._terrain = self._open_terrain() if self._computed or stack.light else None

    def _open_terrain(self) -> Elevation:
        return Elevation([dem_source(self._stack)], self._stack.grid)

    def __enter__(self) -> StackReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._dataset.close()
        if self._terrain:
            self._terrain.close()

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Read a window; beyond the raster its pixels are mirrored at the edge.

        Returns:
            Values float32 [bands, height, width] (undefined where not valid), and validity
            bool [height, width].
        """
        grid = self._stack.grid
        rows = reflected(window.row, window.row_stop, grid.height)
        cols = reflected(window.col, window.col_stop, grid.width)
        inside = Window(
            int(rows.min()),
            int(cols.min()),
            int(np.ptp(rows)) + 1,
            int(np.ptp(cols)) + 1,
        )
        values, valid = self._read_inside(inside)
        if inside == window:
            return values, valid
        take = np.ix_(rows - inside.row, cols - inside.col)
        return values[:, take[0], take[1]], valid[take]

    def _read_inside(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        values = np.empty((len(self._bands), window.height, window.width), dtype=np.float32)
        valid = np.ones((window.height, window.width), dtype=bool)
        if self._in_file:
            self._read_file(window, values, valid)
        if self._terrain:
            terrain = self._read_terrain(self._terrain, window)
            for band in self._computed:
                layer = terrain[band]
                values[self._bands.index(band)] = layer
                valid &= np.isfinite(layer)
            if self._stack.light:
                names, correction = self._stack.light
                places = [self._bands.index(band) for band in names]
                lit = np.where(valid, terrain["illumination"], np.nan)
                values[places] = correction.applied(values[places], lit)
        return values, valid

    def _read_terrain(self, elevation: Elevation, window: Window) -> dict[str, np.ndarray]:
        """The computed bands, and perhaps more."""
        if "illumination" not in self._computed and not self._stack.light:
            terrain = elevation.read(window)
            return {"dem": terrain.elevation, "slope": terrain.slope}
        relief = elevation.read_relief(window)
        light = np.where(np.isnan(relief.slope), np.nan, NEUTRAL)
        if self._stack.sun:
            light = illumination(*gradient_east_north(relief, self._stack.grid), self._stack.sun)
        return {"dem": relief.elevation, "slope": relief.slope, "illumination": light}

    def _read_file(self, window: Window, values: np.ndarray, valid: np.ndarray) -> None:
        numbers = [number for band in self._in_file if (number := self._stack.number(band))]
        read = read_window(self._dataset, numbers, window, self._stack.path)
        data = read.data.astype(np.float32)
        valid &= ~np.ma.getmaskarray(read).any(axis=0) & np.isfinite(data).all(axis=0)
        optical = [i for i, band in enumerate(self._in_file) if band in OPTICAL_BANDS]
        if optical:
            valid &= (data[optical] != 0).any(axis=0)
        scales = dict(self._stack.scales)
        for band, layer in zip(self._in_file, data):
            if band in scales:
                offset, scale = scales[band]
                layer = (layer + np.float32(offset)) * np.float32(scale)
            values[self._bands.index(band)] = layer
