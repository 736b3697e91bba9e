"""Sentinel-2 products as ESA distributes them: the ``.SAFE`` format, of all its versions.

The format is described in the *Sentinel-2 Products Specification Document* (ESA,
S2-PDGS-TAS-DI-PSD); the names of elements here are those of its versions 12 to 15.
"""

from __future__ import annotations

import datetime
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..common.archive import Container, shown
from ..common.errors import ProductError
from ..common.markup import Element, parse_xml
from ..raster.source import BandSource, MaskSource, Product
from ..stack.reader import OPTICAL_BANDS, canonical_band

#: The offset came with this baseline (January 2022; older scenes were reprocessed with 05.00).
OFFSET_SINCE = (4, 0)
#: The newest that this code was compared with.
NEWEST_BASELINE = (5, 12)
NEWEST_FORMAT = 15
#: Baseline of products that a user made with Sen2Cor, whose offset depends on its version.
HOME_MADE = (99, 99)

_METADATA = re.compile(r"(?:MTD_MSI|S2\w_(?:OPER|USER)_MTD_SAF)(L1C|L2A)(?:_.*)?\.xml", re.ASCII)
_IMAGE = re.compile(
    r"(?:^|.*_)(B\d\d|B8A|SCL)(?:_L2A_.*?)?(?:_(\d\d)m)?\.(?:jp2|tiff?)", re.IGNORECASE
)
_MASK = re.compile(r"(?:^|.*_)MSK_([A-Z]{6})_(?:.*_)?(B\d\d|B8A)(?:_MSI\w+)?\.(gml|jp2)")
_TILE = re.compile(r"_T(\d\d[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V])(?=_|$)")
_NUMBER = re.compile(r"[-+]?\d{1,12}(?:\.\d*)?(?:[eE][-+]?\d{1,2})?", re.ASCII)

#: Polygon masks of products before baseline 04.00.
_VECTOR_MASKS = {
    "CLOUDS": "cloud_vector",
    "SATURA": "saturated_vector",
    "DEFECT": "defective_vector",
    "NODATA": "nodata_vector",
}
#: Raster masks since: what their bands are, by number. Of quality, the bands of degraded data and
#: of partial crosstalk correction are left out: such pixels are still good to use.
_RASTER_MASKS = {
    "CLASSI": ("cloud_raster", {1: "opaque", 2: "cirrus", 3: "snow"}),
    "QUALIT": ("quality_raster", {3: "lost", 5: "defective", 6: "nodata", 8: "saturated"}),
}


@dataclass(frozen=True)
class _Radiometry:
    """How digital numbers become reflectance: ``(number + offset) / quantification``."""

    quantification: float
    offsets: dict[str, float]
    nodata: float
    saturated: float


@dataclass(frozen=True)
class _Metadata:
    level: str
    baseline: str
    date: str
    uri: str
    radiometry: _Radiometry
    images: tuple[str, ...]
    warnings: tuple[str, ...]


def is_metadata_file(name: str) -> bool:
    """Whether a file of this name, without folder, describes a whole product."""
    return bool(_METADATA.fullmatch(name))


def metadata_files(container: Container) -> tuple[str, ...]:
    """Names of the files that describe a whole product; several where several products are."""
    return tuple(
        name
        for name in container.names
        if is_metadata_file(posixpath.basename(name)) and name.count("/") <= 2
    )


def read_safe(
    container: Container, metadata_file: str, offset: float | None
) -> tuple[Product, ...]:
    """Find the bands and masks of all granules of one product.

    Args:
        container: What the product is in.
        metadata_file: Name of its description, one of `metadata_files`.
        offset: What to add to digital numbers, instead of what the description says.

    Raises:
        ProductError: The description is broken, hostile or of another kind, or there is no image.
    """
    path = shown(container.gdal_path(metadata_file))
    root = posixpath.dirname(metadata_file)
    metadata = _read_metadata(parse_xml(container.read(metadata_file), path), path)
    granules = _granules(container.names, root)
    if not granules:
        raise ProductError(
            f"{container.path} has a product's description, {metadata_file}, but no band file in "
            "GRANULE/*/IMG_DATA. The download is incomplete: download the product again."
        )
    name = metadata.uri or posixpath.basename(root) or container.stem
    identifier = re.sub(r"\.SAFE$", "", name, flags=re.IGNORECASE)
    return tuple(
        _product(container, identifier, granule, names, metadata, offset)
        for granule, names in granules.items()
    )


def _granules(names: Iterable[str], root: str) -> dict[str, list[str]]:
    """Files of each granule that has an image."""
    prefix = posixpath.join(root, "GRANULE", "")
    granules: dict[str, list[str]] = {}
    for name in names:
        granule, separator, _ = name[len(prefix) :].partition("/")
        if name.startswith(prefix) and separator:
            granules.setdefault(granule, []).append(name)
    return {
        granule: files for granule, files in granules.items() if any(True for _ in _images(files))
    }


def _product(
    container: Container,
    identifier: str,
    granule: str,
    names: list[str],
    metadata: _Metadata,
    offset: float | None,
) -> Product:
    finest = _finest(names)
    bands = {band: finest[band] for band in OPTICAL_BANDS if band in finest}
    if not bands:
        raise ProductError(
            f"Granule {granule} of {container.path} has no band file. The download is incomplete: "
            "download the product again."
        )
    offsets = _offsets(bands, metadata, offset, identifier)
    tile = _TILE.search(granule) or _TILE.search(identifier)
    return Product(
        path=container.path,
        id=identifier,
        level=metadata.level,
        baseline=metadata.baseline,
        date=metadata.date,
        tile=tile[1] if tile else "",
        granule=granule,
        bands=tuple(
            BandSource(
                band,
                container.gdal_path(name),
                offset=offsets[band],
                scale=10000 / metadata.radiometry.quantification,
                nodata=metadata.radiometry.nodata,
                saturated=metadata.radiometry.saturated,
            )
            for band, name in bands.items()
        ),
        masks=tuple(_masks(container, names, finest)),
        warnings=metadata.warnings + _missing(bands, granule, tile[1] if tile else "", metadata),
    )


def _images(names: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Band or ``SCL``, nominal pixel size (0 where not said) and name of every image."""
    for name in names:
        match = _IMAGE.fullmatch(posixpath.basename(name))
        if match and "/IMG_DATA/" in name:
            band = match[1].upper()
            if band in OPTICAL_BANDS or band == "SCL":
                yield band, int(match[2] or 0), name


def _finest(names: Iterable[str]) -> dict[str, str]:
    """The image of the smallest pixels of every band; L2A has some in two or three sizes."""
    finest: dict[str, tuple[int, str]] = {}
    for band, size, name in _images(names):
        finest[band] = min(finest.get(band, (size, name)), (size, name))
    return {band: name for band, (_, name) in finest.items()}


def _masks(
    container: Container, names: Iterable[str], images: dict[str, str]
) -> Iterator[MaskSource]:
    if "SCL" in images:
        yield MaskSource("scl", container.gdal_path(images["SCL"]))
    for name in names:
        match = _MASK.fullmatch(posixpath.basename(name))
        if not match or "/QI_DATA/" not in name:
            continue
        yield from _masks_of(container.gdal_path(name), match)


def _masks_of(path: str, match: re.Match[str]) -> Iterator[MaskSource]:
    """The masks in a file, by its name."""
    band = match[2] if match[2] in OPTICAL_BANDS else ""
    if match[3] == "gml" and match[1] in _VECTOR_MASKS:
        yield MaskSource(_VECTOR_MASKS[match[1]], path, number=0, band=band)
    if match[3] == "jp2" and match[1] in _RASTER_MASKS:
        kind, layers = _RASTER_MASKS[match[1]]
        for number, layer in layers.items():
            yield MaskSource(kind, path, number, layer, band)


def _missing(bands: Iterable[str], granule: str, tile: str, metadata: _Metadata) -> tuple[str, ...]:
    """A warning where the description lists images that are not there."""
    listed = {
        match[1].upper()
        for image in metadata.images
        if (granule in image or tile in image)
        and (match := _IMAGE.fullmatch(f"{posixpath.basename(image)}.jp2"))
    }
    missing = [band for band in OPTICAL_BANDS if band in listed and band not in set(bands)]
    if not missing:
        return ()
    return (
        f"Granule {granule} lacks the files of {', '.join(missing)}, which its description lists. "
        "Download the product again if you need them.",
    )


def _offsets(
    bands: Iterable[str], metadata: _Metadata, offset: float | None, identifier: str
) -> dict[str, float]:
    """What to add to the numbers of each band."""
    if offset is not None:
        return dict.fromkeys(bands, offset)
    stated = metadata.radiometry.offsets
    baseline = _version(metadata.baseline)
    missing = [band for band in bands if band not in stated]
    certain = baseline and (baseline < OFFSET_SINCE or baseline == HOME_MADE) and not stated
    if missing and not certain:
        raise ProductError(
            f"{identifier} has processing baseline {metadata.baseline or 'unknown'}, but its "
            f"description has no {_OFFSET[metadata.level]} for {', '.join(missing)}; expected one "
            "for every band since baseline 04.00. Download the product again, or prepare the stack "
            "with the offset given (-1000 in all products so far)."
        )
    return {band: stated.get(band, 0.0) for band in bands}


_OFFSET = {"L1C": "RADIO_ADD_OFFSET", "L2A": "BOA_ADD_OFFSET"}
_QUANTIFICATION = {
    "L1C": ("QUANTIFICATION_VALUE",),
    "L2A": ("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE"),
}


def _read_metadata(root: Element, path: str) -> _Metadata:
    match = re.fullmatch("Level-(1C|2A)_User_Product", root.name)
    if not match:
        raise ProductError(
            f"{path} describes {root.name!r}; expected Level-1C_User_Product or "
            "Level-2A_User_Product. Give a Sentinel-2 product of level L1C or L2A."
        )
    level = f"L{match[1]}"
    baseline = root.text_of("PROCESSING_BASELINE")
    warnings = [*_format_warning(root), *_baseline_warning(baseline, level, root)]
    date = root.text_of("DATATAKE_SENSING_START") or root.text_of("PRODUCT_START_TIME")
    uri = root.text_of("PRODUCT_URI", "PRODUCT_URI_2A")
    return _Metadata(
        level=level,
        baseline=baseline if _version(baseline) else "",
        date=iso_date(date),
        uri=uri if re.fullmatch(r"S2\w_\w+(?:\.SAFE)?", uri, re.ASCII) else "",
        radiometry=_radiometry(root, level, path),
        images=tuple(
            image.text
            for image in root.every("IMAGE_FILE", "IMAGE_ID", "IMAGE_FILE_2A", "IMAGE_ID_2A")
        ),
        warnings=tuple(warnings),
    )


def _radiometry(root: Element, level: str, path: str) -> _Radiometry:
    texts = [element.text for element in root.every(*_QUANTIFICATION[level])]
    if not texts:
        raise ProductError(
            f"{path} has no {_QUANTIFICATION[level][0]}; expected the number that reflectance was "
            "multiplied by. The product is damaged: download it again."
        )
    quantification = _number(texts[0], path, _QUANTIFICATION[level][0])
    if not 1 <= quantification <= 1e6:
        raise ProductError(
            f"{path} says that reflectance was multiplied by {quantification:g}; expected about "
            "10000. The product is damaged: download it again."
        )
    special = {
        values.text_of("SPECIAL_VALUE_TEXT"): values.text_of("SPECIAL_VALUE_INDEX")
        for values in root.every("Special_Values")
    }
    return _Radiometry(
        quantification,
        _stated_offsets(root, level, path),
        _number(special.get("NODATA", "0"), path, "SPECIAL_VALUE_INDEX"),
        _number(special.get("SATURATED", "65535"), path, "SPECIAL_VALUE_INDEX"),
    )


def _stated_offsets(root: Element, level: str, path: str) -> dict[str, float]:
    names = _band_names(root)
    offsets: dict[str, float] = {}
    for element in root.every(_OFFSET[level]):
        number = element.attributes.get("band_id", element.attributes.get("bandId", ""))
        band = names.get(number)
        offset = _number(element.text, path, _OFFSET[level])
        if band is None or abs(offset) > 65535 or offsets.setdefault(band, offset) != offset:
            raise ProductError(
                f"{path} has {_OFFSET[level]} {offset:g} for band_id {number[:20]!r}: that is no "
                "band, no sensible number, or at odds with another. The product is damaged: "
                "download it again."
            )
    return offsets


def _band_names(root: Element) -> dict[str, str]:
    """Band names by ``band_id``: those that the description gives, else the order of the bands."""
    names = {str(number): band for number, band in enumerate(OPTICAL_BANDS)}
    for element in root.every("Spectral_Information"):
        band = canonical_band(element.attributes.get("physicalBand", ""))
        if band in OPTICAL_BANDS:
            names[element.attributes.get("bandId", "")] = band
    return names


def _number(text: str, path: str, what: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ProductError(
            f"{path} has {text[:40]!r} as {what}; expected a number. The product is damaged: "
            "download it again."
        )
    return float(text)


def _format_warning(root: Element) -> Iterator[str]:
    spaces = " ".join(root.attributes.values())
    versions = [int(version) for version in re.findall(r"psd-(\d{1,4})", spaces, re.ASCII)]
    if versions and max(versions) > NEWEST_FORMAT:
        yield (
            f"The product's description follows version {max(versions)} of the format; Landslip "
            f"knows up to {NEWEST_FORMAT}. It was read as far as known: compare a few pixels."
        )


def _baseline_warning(baseline: str, level: str, root: Element) -> Iterator[str]:
    version = _version(baseline)
    if version is None:
        yield (
            f"The product's description has {baseline[:20]!r} as processing baseline; expected a "
            "number such as 05.11. The offset is taken as the description states it."
        )
    elif version == HOME_MADE:
        if not root.text_of(_OFFSET[level]):
            yield (
                "The product was made outside of ESA (baseline 99.99) and its description has no "
                "offset, so none is removed. If it came from an L1C product of baseline 04.00 or "
                "newer, compare a few pixels, and prepare the stack with the offset given."
            )
    elif version > NEWEST_BASELINE:
        yield (
            f"The product has processing baseline {baseline}; Landslip knows up to "
            f"{NEWEST_BASELINE[0]:02d}.{NEWEST_BASELINE[1]:02d}. It was read as its description "
            "says: compare a few pixels."
        )


def _version(baseline: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d\d)\.(\d\d)", baseline, re.ASCII)
    return (int(match[1]), int(match[2])) if match else None


def iso_date(text: str) -> str:
    """A time to the second, ``2018-06-29T00:02:41Z``, or a day; empty where the text is neither."""
    for length, form, iso in (
        (19, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"),
        (15, "%Y%m%dT%H%M%S", "%Y-%m-%dT%H:%M:%SZ"),
        (10, "%Y-%m-%d", "%Y-%m-%d"),
        (8, "%Y%m%d", "%Y-%m-%d"),
    ):
        try:
            return datetime.datetime.strptime(text[:length], form).strftime(iso)
        except ValueError:
            continue
    return ""
