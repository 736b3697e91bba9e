"""Sentinel-2 products of every make: which file holds which band, and how to read its numbers."""

from __future__ import annotations

import os
import pathlib
import zipfile
from collections.abc import Iterable, Sequence

from ..common.archive import open_container
from ..common.errors import ProductError
from ..raster.source import BandSource, MaskSource, Product
from .band_files import read_band_files, read_raster
from .safe import is_metadata_file, metadata_files, read_safe
from .stac_item import is_item_file, open_item

__all__ = ["BandSource", "MaskSource", "Product", "open_product", "open_products"]


def open_product(path: str, offset: float | None = None, band_mapping: str = "") -> Product:
    """Find the bands and masks of one granule; no pixel is read.

    Args:
        path: A ``.SAFE`` folder or a zip of one, its metadata file, a folder or zip of band
            files, a raster of several bands, or a STAC item (`stac_item`).
        offset: What to add to digital numbers, instead of what the metadata says.
        band_mapping: For a raster of several bands, as in `landslip.engine.stack.open_stack`.

    Raises:
        ProductError: It is no product, or one that is damaged, or has several granules.
        BandError: The band mapping is wrong, or a band is there twice.
        RasterError: The raster cannot be read.
    """
    products = open_products([path], offset, band_mapping)
    if len(products) > 1:
        tiles = ", ".join(product.tile for product in products)
        raise ProductError(
            f"{path} holds {len(products)} granules ({tiles}); expected one here. Make a mosaic "
            "of them, or give a product of one granule."
        )
    return products[0]


def open_products(
    paths: Sequence[str], offset: float | None = None, band_mapping: str = ""
) -> tuple[Product, ...]:
    """Find the bands and masks of all granules of one or more products of one day.

    Args:
        paths: As for `open_product`; old products may hold several granules each.
        offset: As for `open_product`.
        band_mapping: As for `open_product`.

    Returns:
        One product for each granule, which together make a mosaic.

    Raises:
        ProductError: As for `open_product`; or they differ in level or sensing day, or one is
            there twice.
    """
    if not paths:
        raise ProductError("No product was given. Give the path of at least one.")
    products = tuple(product for path in paths for product in _open(path, offset, band_mapping))
    _check_together(products)
    return products


def _open(path: str, offset: float | None, band_mapping: str) -> tuple[Product, ...]:
    if is_item_file(path):
        return (read_band_files(open_item(path), offset, band_mapping),)
    _check_not_inside(path)
    folder = _folder_of_metadata(path)
    if not (os.path.isdir(folder) or _is_zip(folder)):
        return (read_raster(path, offset, band_mapping),)
    container = open_container(folder)
    metadata = metadata_files(container)
    if metadata:
        return tuple(product for name in metadata for product in read_safe(container, name, offset))
    return (read_band_files(container, offset, band_mapping),)


def _check_not_inside(path: str) -> None:
    """Refuse a part of a ``.SAFE`` product: without its description, the offset is not known."""
    for parent in pathlib.PurePath(os.path.abspath(path)).parents:
        if not parent.name.upper().endswith(".SAFE"):
            continue
        descriptions = _descriptions(parent)
        if descriptions and os.path.basename(path) not in (*descriptions, "manifest.safe"):
            raise ProductError(
                f"{path} is a part of the product {parent}; expected the whole, as its metadata "
                f"file says how to read the numbers. Give {parent}."
            )


def _descriptions(folder: pathlib.PurePath) -> tuple[str, ...]:
    try:
        return tuple(name for name in os.listdir(folder) if is_metadata_file(name))
    except (OSError, ValueError):  # the latter: a null character in the name
        return ()


def _folder_of_metadata(path: str) -> str:
    """The product's folder, where the user gave the metadata file in it."""
    name = os.path.basename(path).lower()
    if os.path.isfile(path) and (name.endswith(".xml") or name == "manifest.safe"):
        return os.path.dirname(os.path.abspath(path))
    return path


def _is_zip(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    return path.lower().endswith(".zip") or zipfile.is_zipfile(path)


def _check_together(products: Sequence[Product]) -> None:
    """Check that granules make one mosaic; what is not known of one is not held against it.

    Raises:
        ProductError: Says which two do not go together.
    """
    if pair := _differing((product.level, product) for product in products):
        raise ProductError(
            f"{pair[0].id} has level {pair[0].level} and {pair[1].id} has level {pair[1].level}; "
            "expected one level, as top-of-atmosphere and surface reflectance do not make one "
            "image. Give products of one level."
        )
    if pair := _differing((product.date[:10], product) for product in products):
        raise ProductError(
            f"{pair[0].id} was sensed on {pair[0].date[:10]} and {pair[1].id} on "
            f"{pair[1].date[:10]}; expected one day. Make a stack of each day on its own."
        )
    if pair := _twice(products):
        raise ProductError(
            f"Tile {pair[0].tile or pair[0].id} is there twice, from {pair[0].path} and from "
            f"{pair[1].path}. Keep one of them, that of the newer processing baseline."
        )


def _differing(known: Iterable[tuple[str, Product]]) -> tuple[Product, Product] | None:
    first: tuple[str, Product] | None = None
    for value, product in known:
        if not value:
            continue
        first = first or (value, product)
        if value != first[0]:
            return first[1], product
    return None


def _twice(products: Iterable[Product]) -> tuple[Product, Product] | None:
    """Two products of the same pixels.

    One tile may come in two granules where a datatake was received in two pieces; those differ in
    the granule's name, and not in the processing baseline.
    """
    tiles: dict[str, Product] = {}
    granules: dict[tuple[str, str], Product] = {}
    for product in products:
        tile = product.tile or product.path
        other = tiles.setdefault(tile, product)
        if other.baseline != product.baseline:
            return other, product
        other = granules.setdefault((tile, product.granule), product)
        if other is not product:
            return other, product
    return None
