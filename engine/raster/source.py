"""What a product is to the rest of the engine: where its bands and masks are, and their scale."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.errors import BandError


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
    """One mask of a product; `landslip.engine.products.masks` says what is in it.

    Attributes:
        kind: Rasters: ``scl`` (scene classes), ``cloud_raster`` and ``quality_raster`` (0 and 1,
            see ``layer``), ``cloud_classes`` (0 clear, 1 thick cloud, 2 thin cloud, 3 shadow) or
            ``qa60`` (bits). Polygons: ``cloud_vector``, ``saturated_vector``,
            ``defective_vector`` or ``nodata_vector``.
        path: What GDAL opens; of polygons, what `products.masks.read_polygons` opens.
        number: The band's number in a raster, from 1; 0 for polygons.
        layer: What the band of a ``cloud_raster`` or ``quality_raster`` is about: ``opaque``,
            ``cirrus``, ``snow``, ``lost``, ``defective``, ``nodata`` or ``saturated``.
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
        granule: Name of the granule's folder in a ``.SAFE`` product; empty elsewhere.
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
    granule: str = ""
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
