"""Names of a virtual raster's bands, from its sources: GDAL's own tools do not copy them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..common.errors import ProductError, RasterError
from ..common.markup import Element, parse_xml
from .reading import open_raster

_SOURCES = ("SimpleSource", "ComplexSource", "AveragedSource", "KernelFilteredSource")
#: Virtual rasters of virtual rasters, and so on, are followed so far.
_DEPTH = 4


def band_names(dataset: Any, path: str, depth: int = _DEPTH) -> tuple[str, ...]:
    """Name of each band of an open raster; empty where it has none.

    A band without a name in a virtual raster has that of its sources, where they all agree.

    Raises:
        RasterError: A source cannot be opened.
    """
    names = tuple(text or "" for text in dataset.descriptions)
    if all(names) or dataset.driver != "VRT" or not depth or not os.path.isfile(path):
        return names
    try:
        root = parse_xml(Path(path).read_bytes(), path)
    except ProductError as err:
        raise RasterError(str(err)) from err
    known: dict[str, tuple[str, ...]] = {}
    behind = [
        _agreed(band, os.path.dirname(path), known, depth)
        for band in root.children
        if band.name == "VRTRasterBand"
    ]
    if len(behind) != len(names):
        return names
    return tuple(own or other for own, other in zip(names, behind))


def _agreed(band: Element, folder: str, known: dict[str, tuple[str, ...]], depth: int) -> str:
    """The name that all sources of a band have; empty where they differ or one has none."""
    found = {
        _source_name(source, folder, known, depth)
        for source in band.children
        if source.name in _SOURCES
    }
    return found.pop() if len(found) == 1 else ""


def _source_name(
    source: Element, folder: str, known: dict[str, tuple[str, ...]], depth: int
) -> str:
    file = next(source.every("SourceFilename"), None)
    number = source.text_of("SourceBand") or "1"
    if file is None or not number.isdigit():
        return ""
    relative = file.attributes.get("relativeToVRT") == "1"
    path = os.path.join(folder, file.text) if relative else file.text
    if path not in known:
        with open_raster(path) as dataset:
            known[path] = band_names(dataset, path, depth - 1)
    return known[path][int(number) - 1] if 1 <= int(number) <= len(known[path]) else ""
