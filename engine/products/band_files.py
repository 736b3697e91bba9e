"""Bands as others distribute them: one file each in a folder, or one raster with all of them."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..common.archive import Container
from ..common.errors import BandError, ProductError
from ..raster.band_scale import stated_scale
from ..raster.reading import open_raster
from ..raster.source import BandSource, MaskSource, Product
from ..stack.reader import OPTICAL_BANDS, canonical_band, parse_band_mapping
from .safe import OFFSET_SINCE, iso_date

#: Asset names of the STAC catalogue Earth Search, after the ``common_name`` of its electro-optical
#: extension.
COMMON_NAMES = {
    "coastal": "B01",
    "blue": "B02",
    "green": "B03",
    "red": "B04",
    "rededge1": "B05",
    "rededge2": "B06",
    "rededge3": "B07",
    "nir": "B08",
    "nir08": "B8A",
    "nir09": "B09",
    "cirrus": "B10",
    "swir16": "B11",
    "swir22": "B12",
}
#: Names of masks among band files and in band descriptions: kind and layer.
MASK_NAMES = {
    "scl": ("scl", ""),
    "qa60": ("qa60", ""),
    "cloud_mask": ("cloud_classes", ""),
    "msk_classi_opaque": ("cloud_raster", "opaque"),
    "msk_classi_cirrus": ("cloud_raster", "cirrus"),
    "msk_classi_snow_ice": ("cloud_raster", "snow"),
}
_RASTERS = (".tif", ".tiff", ".jp2", ".vrt", ".img")
_BAND = re.compile(r"(?:^|[^A-Za-z0-9])B(?:and)?[ _-]?(\d{1,2}|0?8A)(?![A-Za-z0-9])", re.IGNORECASE)
_IN_SAFE = re.compile(r"(?:^|/)GRANULE/[^/]+/IMG_DATA/")
_MAX_METADATA_FILES = 5
#: Property of an item with what is still to be added to its numbers, found out when it was fetched.
OFFSET_KEY = "landslip:offset"

#: Names of products, as different distributors shorten them; group names are those of `_Facts`.
_NAMES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        # ESA's own
        r"S2\w_MSI(?P<level>L1C|L2A)_(?P<date>\d{8}T\d{6})_N(?P<baseline>\d{4})_R\d{3}_"
        r"T(?P<tile>\d\d[A-Z]{3})",
        # Planetary Computer
        r"S2\w_MSI(?P<level>L1C|L2A)_(?P<date>\d{8}T\d{6})_R\d{3}_T(?P<tile>\d\d[A-Z]{3})",
        # Earth Search
        r"S2\w_T?(?P<tile>\d{1,2}[A-Z]{3})_(?P<date>\d{8})(?:T\d{6})?_(?:\d_)?(?P<level>L1C|L2A)",
        # Earth Engine
        r"(?<![0-9])(?P<date>\d{8}T\d{6})_\d{8}T\d{6}_T(?P<tile>\d\d[A-Z]{3})",
        # ESA's band files
        r"T(?P<tile>\d\d[A-Z]{3})_(?P<date>\d{8}T\d{6})",
    )
)


@dataclass(frozen=True)
class _Facts:
    """What is known of where band files come from.

    Attributes:
        level: As in `Product`.
        baseline: As in `Product`.
        date: As in `Product`.
        tile: As in `Product`.
        offset: What a catalogue says is still to be added; None where it says nothing.
    """

    level: str = ""
    baseline: str = ""
    date: str = ""
    tile: str = ""
    offset: float | None = None

    def or_else(self, other: _Facts) -> _Facts:
        """These facts, with those of another source where they say nothing."""
        gaps = {
            name: getattr(other, name)
            for name in ("level", "baseline", "date", "tile", "offset")
            if getattr(self, name) in ("", None)
        }
        return replace(self, **gaps)


def band_name(text: str) -> str | None:
    """Canonical name of a band from a band description or asset name, else None."""
    return canonical_band(text) or COMMON_NAMES.get(text.strip().lower())


def band_of_file(name: str) -> str | None:
    """Canonical name of the one band that a file's name tells; None for none or several."""
    stem = posixpath.splitext(posixpath.basename(name))[0]
    found = {canonical_band(f"B{match[1]}") for match in _BAND.finditer(stem)} - {None}
    if len(found) > 1:
        return None
    return next(iter(found), None) or COMMON_NAMES.get(_last_word(stem))


def _last_word(stem: str) -> str:
    return re.split(r"[^A-Za-z0-9]+", stem)[-1].lower()


def read_band_files(container: Container, offset: float | None, band_mapping: str) -> Product:
    """Find bands and masks in a folder or zip of band files.

    Args:
        container: What the files are in; they may be in one folder further down.
        offset: What to add to digital numbers, instead of what metadata files, names and the
            files themselves say.
        band_mapping: Used where there is one raster of several bands only.

    Raises:
        ProductError: There is no band file, or there are several folders of them.
        BandError: A band is there twice.
        RasterError: A file cannot be read.
    """
    rasters = [name for name in container.names if name.lower().endswith(_RASTERS)]
    if any(_IN_SAFE.search(name) for name in rasters):
        raise ProductError(
            f"{container.path} has the images of a .SAFE product, but not its MTD_MSIL1C.xml or "
            "MTD_MSIL2A.xml, which says how to read their numbers. Download the product again."
        )
    folder = _folder_with_bands(container, rasters)
    if folder is None:
        if len(rasters) == 1:
            return read_raster(container.gdal_path(rasters[0]), offset, band_mapping)
        raise ProductError(
            f"{container.path} holds no Sentinel-2 product: expected a .SAFE product with its "
            "MTD_MSIL1C.xml or MTD_MSIL2A.xml, or band files named like B02.tif, *_B02_10m.jp2 "
            f"or blue.tif; found {_examples(container.names)}. Give the product's own folder or "
            "zip."
        )
    names = [name for name in rasters if posixpath.dirname(name) == folder]
    identifier = posixpath.basename(folder) or container.stem
    facts = _facts(container, folder, identifier, names)
    bands, warnings = _sources(container, names, facts, offset)
    return Product(
        path=container.path,
        id=identifier,
        level=facts.level,
        baseline=facts.baseline,
        date=facts.date,
        tile=facts.tile,
        bands=bands,
        masks=tuple(_mask_files(container, names)),
        warnings=warnings,
    )


def _examples(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "") if names else "nothing"


def _folder_with_bands(container: Container, rasters: Iterable[str]) -> str | None:
    folders = sorted({posixpath.dirname(name) for name in rasters if band_of_file(name)})
    if "" in folders:
        return ""
    if len(folders) > 1:
        raise ProductError(
            f"{container.path} holds {len(folders)} folders of band files "
            f"({_examples(folders)}); expected one. Give one of them, or each as a product of its "
            "own."
        )
    return folders[0] if folders else None


def _sources(
    container: Container, names: Iterable[str], facts: _Facts, offset: float | None
) -> tuple[tuple[BandSource, ...], tuple[str, ...]]:
    """The finest file of each band, and warnings about how they were read."""
    found: dict[str, list[tuple[float, BandSource]]] = {}
    for name in names:
        band = band_of_file(name)
        if band in OPTICAL_BANDS:
            found.setdefault(band, []).append(_open_band(container.gdal_path(name), band))
    sources = [_finest(band, found[band], container) for band in OPTICAL_BANDS if band in found]
    expected, warning = _expected_offset(facts)
    # A file that states its own offset is believed before a name, and after a catalogue.
    stated = any(source.offset for source in sources) and facts.offset is None
    if offset is not None or not stated:
        chosen = expected if offset is None else offset
        sources = [replace(source, offset=chosen) for source in sources]
    quiet = offset is not None or stated or not warning
    return tuple(sources), () if quiet else (warning,)


def _finest(
    band: str, candidates: list[tuple[float, BandSource]], container: Container
) -> BandSource:
    candidates = sorted(candidates, key=lambda candidate: candidate[0])
    if len(candidates) > 1 and candidates[0][0] == candidates[1][0]:
        first, second = (os.path.basename(source.path) for _, source in candidates[:2])
        raise BandError(
            f"{container.path} has band {band} twice with the same pixel size: {first} and "
            f"{second}. Keep the files of one date and product in a folder."
        )
    return candidates[0][1]


def _open_band(path: str, band: str) -> tuple[float, BandSource]:
    """Area of a pixel in the file's own unit, and the source, with the scale the file states."""
    with open_raster(path) as dataset:
        offset, scale = stated_scale(dataset, 1)
        source = BandSource(
            band,
            path,
            offset=offset,
            scale=scale,
            nodata=0.0 if _counts(dataset.dtypes[0]) else None,
            saturated=65535.0 if dataset.dtypes[0] == "uint16" else None,
        )
        return abs(dataset.transform.determinant), source


def _counts(dtype: str) -> bool:
    return dtype.startswith(("int", "uint"))


def _expected_offset(facts: _Facts) -> tuple[float, str]:
    """The offset that files of this origin need, and a warning where that is a guess."""
    if facts.offset is not None:
        return facts.offset, ""
    version = tuple(int(part) for part in facts.baseline.split(".")) if facts.baseline else (0,)
    if version < OFFSET_SINCE:
        return 0.0, ""
    return -1000.0, (
        f"The files come from processing baseline {facts.baseline}, in which numbers are 1000 too "
        "high, and nothing says that this was corrected: 1000 was subtracted. If they were "
        "corrected, prepare the stack with the offset 0."
    )


def _facts(container: Container, folder: str, identifier: str, names: Iterable[str]) -> _Facts:
    facts = _Facts()
    for name in _metadata_files(container, folder):
        facts = facts.or_else(_facts_of_json(container.read(name)))
    for text in (identifier, container.stem, *(posixpath.basename(name) for name in names)):
        facts = facts.or_else(_facts_of_name(text))
    return facts


def _metadata_files(container: Container, folder: str) -> list[str]:
    found = (
        name
        for name in container.names
        if posixpath.dirname(name) == folder and name.lower().endswith((".json", ".geojson"))
    )
    return [name for name, _ in zip(found, range(_MAX_METADATA_FILES))]


def _facts_of_name(text: str) -> _Facts:
    for pattern in _NAMES:
        if match := pattern.search(text):
            groups = match.groupdict()
            baseline = groups.get("baseline")
            return _Facts(
                level=groups.get("level") or "",
                baseline=f"{baseline[:2]}.{baseline[2:]}" if baseline else "",
                date=iso_date(groups["date"]),
                tile=groups["tile"].zfill(5),
            )
    return _Facts()


def _facts_of_json(content: bytes) -> _Facts:
    """Facts from the metadata of Earth Engine, or from a STAC item; none from anything else."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _Facts()
    if not isinstance(document, dict):
        return _Facts()
    properties = document.get("properties")
    known = {**document, **(properties if isinstance(properties, dict) else {})}

    def text(*keys: str) -> str:
        return next((known[key] for key in keys if isinstance(known.get(key), str)), "")

    baseline = text("s2:processing_baseline", "PROCESSING_BASELINE")
    stated = _Facts(
        baseline=baseline if re.fullmatch(r"\d\d\.\d\d", baseline, re.ASCII) else "",
        date=iso_date(text("datetime")),
        offset=_offset_of_catalogue(known, text("system:id", "id")),
    )
    name = text("s2:product_uri", "PRODUCT_ID")
    return stated.or_else(_facts_of_name(name))


def _offset_of_catalogue(known: dict[str, Any], identifier: str) -> float | None:
    found = known.get(OFFSET_KEY)
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return float(found)
    applied = known.get("earthsearch:boa_offset_applied")
    if isinstance(applied, bool):
        return 0.0 if applied else None
    return 0.0 if re.match(r"COPERNICUS/S2\w*_HARMONIZED/", identifier) else None


def _mask_files(container: Container, names: Iterable[str]) -> Iterator[MaskSource]:
    for name in names:
        stem = posixpath.splitext(posixpath.basename(name))[0].lower()
        for word, (kind, layer) in MASK_NAMES.items():
            if re.search(rf"(?:^|[^a-z0-9]){word}(?:_\d\dm)?$", stem):
                yield MaskSource(kind, container.gdal_path(name), layer=layer)


def read_raster(path: str, offset: float | None, band_mapping: str) -> Product:
    """Find the bands of one raster by their descriptions, or as the mapping says.

    Args:
        path: What GDAL opens.
        offset: What to add to the numbers of optical bands, instead of what the file says.
        band_mapping: As in `landslip.engine.stack.open_stack`; empty to go by the descriptions,
            or, for a raster of one band, by the file's name.

    Raises:
        RasterError: It cannot be read.
        BandError: No band has a known name, one stands twice, or the mapping is wrong.
    """
    with open_raster(path) as dataset:
        if band_mapping.strip():
            numbers = parse_band_mapping(band_mapping, dataset.count)
        else:
            numbers = _named_bands(dataset, path)
        bands = tuple(_source_in_raster(dataset, path, name, n, offset) for name, n in numbers)
        masks = tuple(_masks_in_raster(dataset, path))
    identifier = posixpath.splitext(os.path.basename(path))[0]
    facts = _facts_of_name(identifier)
    return Product(
        path, identifier, facts.level, facts.baseline, facts.date, facts.tile, "", bands, masks
    )


def _named_bands(dataset: Any, path: str) -> tuple[tuple[str, int], ...]:
    pairs = [
        (band, number)
        for number, text in enumerate(dataset.descriptions, start=1)
        if (band := band_name(text or "")) is not None
    ]
    if not pairs and dataset.count == 1 and (band := band_of_file(path)):
        pairs = [(band, 1)]
    names = [name for name, _ in pairs]
    advice = "Give the band mapping, for example 'B02,B03,B04' for the order of its bands."
    if not pairs:
        raise BandError(
            f"{path} has {dataset.count} band{'s' * (dataset.count > 1)} and no known band name; "
            f"expected names such as B02 or red. {advice}"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BandError(f"{path} has more than one band named {', '.join(twice)}. {advice}")
    return tuple(pairs)


def _source_in_raster(
    dataset: Any, path: str, name: str, number: int, offset: float | None
) -> BandSource:
    if name not in OPTICAL_BANDS:
        return BandSource(name, path, number)
    stated, scale = stated_scale(dataset, number)
    return BandSource(name, path, number, stated if offset is None else offset, scale)


def _masks_in_raster(dataset: Any, path: str) -> Iterator[MaskSource]:
    for number, text in enumerate(dataset.descriptions, start=1):
        kind, layer = MASK_NAMES.get((text or "").lower(), ("", ""))
        if kind:
            yield MaskSource(kind, path, number, layer)
