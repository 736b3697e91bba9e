"""A Sentinel-2 product: which file holds which band, and how its numbers become reflectance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import BandError, ProductError


@dataclass(frozen=True)
class BandSource:
    """One band in one file. Reflectance x 10000 is ``(number in the file + offset) * scale``.

    Its pixel size is the file's own; nothing here is derived from a name.

    Attributes:
        name: Canonical band name, such as ``B02`` or ``B8A``; also ``dem`` and ``slope`` where a
            ready raster has them.
        path: What GDAL opens, ``/vsizip/...`` inside a zip.
        number: The band's number in that file, from 1.
        offset: To add to the digital number.
        scale: To multiply by afterwards.
        nodata: Digital number that means no data, besides what the file declares; None for none.
        saturated: Digital number that means saturated; None for none.
    """

    name: str
    path: str
    number: int = 1
    offset: float = 0.0
    scale: float = 1.0
    nodata: float | None = None
    saturated: float | None = None


@dataclass(frozen=True)
class MaskSource:
    """One mask of a product; `landslip.engine.masks` says what is in it.

    Attributes:
        kind: ``scl`` (raster of scene classes), ``cloud_raster`` (raster of 0 and 1, see
            ``layer``), ``cloud_vector`` (GML, see ``masks.read_polygons``), ``cloud_omni``
            (raster: 0 clear, 1 thick cloud, 2 thin cloud, 3 shadow), ``quality_raster`` (raster
            of 0 and 1, see ``layer``), ``saturated_vector``, ``defective_vector`` or
            ``nodata_vector`` (GML).
        path: What GDAL opens; of a vector mask, what ``masks.read_polygons`` opens.
        number: The band's number in a raster, from 1; 0 for a vector.
        layer: What the raster's band is about: ``opaque``, ``cirrus``, ``snow``, ``saturated``,
            ``defective``, ``nodata``...
        band: Canonical name of the one band that the mask is about; empty where it is all.
    """

    kind: str
    path: str
    number: int = 1
    layer: str = ""
    band: str = ""


@dataclass(frozen=True)
class Product:
    """One granule (tile) of a Sentinel-2 product, or what stands for one. Pickles.

    Attributes:
        path: What the user gave: folder, zip or raster.
        id: Name of the product, for messages and tags.
        level: ``L1C`` (top of atmosphere) or ``L2A`` (surface); empty where unknown.
        baseline: Processing baseline such as ``04.00``; empty where unknown.
        date: Sensing time, ISO 8601 (UTC) to the second, or the day alone; empty where unknown.
        tile: MGRS tile such as ``32TMT``; empty where unknown.
        bands: The bands that are there, in the order of their names.
        masks: The masks that are there.
        warnings: What the user should know about how the product was read, one sentence each.
    """

    path: str
    id: str
    level: str = ""
    baseline: str = ""
    date: str = ""
    tile: str = ""
    bands: tuple[BandSource, ...] = ()
    masks: tuple[MaskSource, ...] = ()
    warnings: tuple[str, ...] = ()

    def band(self, name: str) -> BandSource:
        """The source of a band.

        Raises:
            BandError: The product does not have it; names those it has.
        """
        for source in self.bands:
            if source.name == name:
                return source
        found = ", ".join(source.name for source in self.bands)
        raise BandError(
            f"{self.id} has no band {name}; it has {found}. Give a product with that band, or "
            "choose a model that works without it."
        )


def open_product(path: str, offset: float | None = None, band_mapping: str = "") -> Product:
    """Find the bands and masks of one granule; no pixel is read.

    Args:
        path: A ``.SAFE`` folder or a zip of one, its metadata file, a folder of band files, or a
            raster of several bands.
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
            f"{path} holds {len(products)} granules ({tiles}); expected one here. Use them "
            "together as a mosaic."
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
        ProductError: As for `open_product`; or they differ in level or sensing day.
    """
    raise NotImplementedError
