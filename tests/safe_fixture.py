"""Small Sentinel-2 products that follow ESA's product specification, with real JP2 images.

Names, folders, metadata and masks are those of the *Sentinel-2 Products Specification Document*:
the long names of before December 2016 and the compact ones since, L1C and L2A, offsets and raster
masks since baseline 04.00, polygon masks before. Tiles are tiny: `SIZE` pixels of 10 m a side.
"""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SIZE = 60
PIXEL_SIZES = {
    **dict.fromkeys(("B02", "B03", "B04", "B08"), 10),
    **dict.fromkeys(("B05", "B06", "B07", "B8A", "B11", "B12"), 20),
    **dict.fromkeys(("B01", "B09", "B10"), 60),
}
BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
#: Sen2Cor writes a band in its own pixel size and in the coarser ones.
L2A_SIZES = {
    band: [size for size in (10, 20, 60) if size >= finest and not (band == "B08" and size > 10)]
    for band, finest in PIXEL_SIZES.items()
    if band != "B10"
}
#: North-west corners of tiles, metres of UTM zone 32N; 32TNT lies east of 32TMT and touches it.
CORNERS = {"32TMT": (400000.0, 5200000.0), "32TNT": (400000.0 + 10 * SIZE, 5200000.0)}
CRS = "EPSG:32632"

SCENE_CLASSES = np.arange(12, dtype=np.uint8)
#: Corners of the one cloud in polygon masks: 10 x 20 pixels of 10 m, 100 m from the tile's corner.
CLOUD_PIXELS = (slice(10, 20), slice(10, 30))


@dataclass(frozen=True)
class Safe:
    """What to make."""

    level: str = "L2A"
    baseline: str = "05.09"
    compact: bool = True
    tiles: tuple = ("32TMT",)
    day: str = "20230627"
    quantification: int = 10000
    #: Offset of each band in the metadata; None for none at all, as before 04.00.
    offset: int | None = -1000

    @property
    def start(self):
        return f"{self.day}T102021"

    @property
    def iso(self):
        return f"{self.day[:4]}-{self.day[4:6]}-{self.day[6:]}T10:20:21.024Z"

    @property
    def name(self):
        if self.compact:
            return (
                f"S2A_MSI{self.level}_{self.start}_N{self.baseline.replace('.', '')}_R065_"
                f"T{self.tiles[0]}_{self.day}T160000"
            )
        source = "OPER" if self.level == "L1C" else "USER"
        return (
            f"S2A_{source}_PRD_MSI{self.level}_PDMC_{self.day}T160000_R065_"
            f"V{self.start}_{self.day}T102521"
        )

    @property
    def metadata_name(self):
        if self.compact:
            return f"MTD_MSI{self.level}.xml"
        return self.name.replace("_PRD_MSI", "_MTD_SAF") + ".xml"

    def granule(self, tile):
        if self.compact:
            return f"{self.level}_T{tile}_A008785_{self.day}T102458"
        source = "OPER" if self.level == "L1C" else "USER"
        made = f"{self.day}T153000_A008785"
        return f"S2A_{source}_MSI_{self.level}_TL_SGS__{made}_T{tile}_N{self.baseline}"

    def image_stem(self, tile):
        if self.compact:
            return f"T{tile}_{self.start}"
        return self.granule(tile).rpartition("_N")[0]

    @property
    def bands(self):
        return BANDS if self.level == "L1C" else tuple(band for band in BANDS if band != "B10")


def reflectance(band, tile, size):
    """Reflectance x 10000, [rows, cols]: a ramp, at a level of its own in each band and tile."""
    count = SIZE * 10 // size
    base = 700 + 100 * BANDS.index(band) + 50 * sorted(CORNERS).index(tile)
    rows, cols = np.mgrid[:count, :count] * size // 10
    return (base + 10 * rows + 3 * cols).astype(np.int64)


def write_safe(folder, safe, *, zipped=False):
    """Make a product in ``folder``; returns the path of its ``.SAFE`` folder or its zip."""
    root = Path(folder) / f"{safe.name}.SAFE"
    for tile in safe.tiles:
        _write_granule(root / "GRANULE" / safe.granule(tile), safe, tile)
    (root / safe.metadata_name).write_text(metadata(safe), encoding="utf-8")
    (root / "manifest.safe").write_text("<XFDU/>", encoding="utf-8")
    return str(zip_folder(root) if zipped else root)


def zip_folder(root):
    """Pack a product's folder as ESA does, and remove it."""
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(root.rglob("*")):
            archive.write(file, file.relative_to(root.parent).as_posix())
    shutil.rmtree(root)
    return path


def _write_granule(granule, safe, tile):
    images, quality = granule / "IMG_DATA", granule / "QI_DATA"
    quality.mkdir(parents=True)
    stem = safe.image_stem(tile)
    for band in safe.bands:
        for size in L2A_SIZES[band] if safe.level == "L2A" else [PIXEL_SIZES[band]]:
            name = (
                f"{stem}_{band}.jp2"
                if safe.level == "L1C"
                else f"R{size}m/{stem}_{band}_{size}m.jp2"
            )
            write_jp2(images / name, digital_numbers(safe, band, tile, size), tile, size)
    if safe.level == "L2A":
        write_jp2(images / _scene_name(safe, stem), scene_classes(), tile, 20)
    _write_masks(quality, safe, tile)
    (granule / "MTD_TL.xml").write_text("<Tile/>", encoding="utf-8")


def _scene_name(safe, stem):
    return (
        f"R20m/{stem}_SCL_20m.jp2" if safe.compact else f"{stem.replace('_MSI_', '_SCL_')}_20m.jp2"
    )


def scene_classes():
    """Scene classes of the 20 m grid: every class in turn."""
    return np.resize(SCENE_CLASSES, (SIZE // 2, SIZE // 2))


def digital_numbers(safe, band, tile, size):
    """What the files hold, so that ``(number + offset) / quantification`` is the reflectance."""
    reflectances = reflectance(band, tile, size)
    numbers = reflectances * safe.quantification // 10000 - (safe.offset or 0)
    return numbers.astype(np.uint16)


def write_jp2(path, array, tile, size):
    """Write [rows, cols] or [bands, rows, cols] without loss."""
    import rasterio

    path.parent.mkdir(parents=True, exist_ok=True)
    array = array if array.ndim == 3 else array[None]
    west, north = CORNERS[tile]
    with rasterio.open(
        path,
        "w",
        driver="JP2OpenJPEG",
        count=array.shape[0],
        height=array.shape[1],
        width=array.shape[2],
        dtype=array.dtype,
        crs=CRS,
        transform=rasterio.Affine(size, 0, west, 0, -size, north),
        QUALITY="100",
        REVERSIBLE="YES",
    ) as dataset:
        dataset.write(array)


# --- masks ---


def _write_masks(quality, safe, tile):
    if safe.baseline >= "04.00":
        classes = np.zeros((3, SIZE // 6, SIZE // 6), np.uint8)
        for number in range(3):
            classes[number, number] = 1  # row 0 opaque, row 1 cirrus, row 2 snow
        write_jp2(quality / "MSK_CLASSI_B00.jp2", classes, tile, 60)
        flags = np.zeros((8, SIZE, SIZE), np.uint8)
        for number in range(8):
            flags[number, number] = 1
        write_jp2(quality / "MSK_QUALIT_B02.jp2", flags, tile, 10)
        return
    for kind, band, features in (
        ("CLOUDS", "B00", [("OPAQUE", cloud_corners(tile))]),
        ("SATURA", "B04", [("QT_SATURATED_PIXELS_L1A", cloud_corners(tile))]),
        ("NODATA", "B02", [("QT_PARTIALLY_CORRECTED_PIXELS", cloud_corners(tile))]),
        ("DEFECT", "B02", []),
    ):
        (quality / mask_name(safe, tile, kind, band)).write_text(gml(features), encoding="utf-8")


def mask_name(safe, tile, kind, band):
    if safe.compact:
        return f"MSK_{kind}_{band}.gml"
    return f"S2A_OPER_MSK_{kind}_SGS__{safe.day}T153000_A008785_T{tile}_{band}_MSIL1C.gml"


def cloud_corners(tile):
    """Outline of `CLOUD_PIXELS`, x and y in metres."""
    west, north = CORNERS[tile]
    rows, cols = CLOUD_PIXELS
    x = [west + 10 * col for col in (cols.start, cols.stop, cols.stop, cols.start, cols.start)]
    y = [north - 10 * row for row in (rows.start, rows.start, rows.stop, rows.stop, rows.start)]
    return list(zip(x, y))


def gml(features, crs="urn:ogc:def:crs:EPSG:8.7:32632", dimension=3):
    """A mask of (type, outline) features; an empty one is what ESA writes where there is none."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0" '
        'xmlns:gml="http://www.opengis.net/gml/3.2" gml:id="S2A_OPER_MSK">\n'
        "<gml:name>MSK_CLOUDS pixels mask</gml:name>\n"
    )
    if not features:
        return head + "<eop:maskMembers/>\n</eop:Mask>\n"
    members = "".join(
        f'<eop:MaskFeature gml:id="{kind}.{number}">'
        f'<eop:maskType codeSpace="urn:gs2:S2PDGS:maskType">{kind}</eop:maskType>'
        "<eop:extentOf><gml:Polygon><gml:exterior><gml:LinearRing>"
        f'<gml:posList srsDimension="{dimension}">{positions(ring, dimension)}</gml:posList>'
        "</gml:LinearRing></gml:exterior></gml:Polygon></eop:extentOf></eop:MaskFeature>"
        for number, (kind, ring) in enumerate(features)
    )
    return (
        f'{head}<gml:boundedBy><gml:Envelope srsName="{crs}">'
        "<gml:lowerCorner>0 0 0</gml:lowerCorner><gml:upperCorner>1 1 0</gml:upperCorner>"
        f"</gml:Envelope></gml:boundedBy>\n<eop:maskMembers>{members}</eop:maskMembers>\n"
        "</eop:Mask>\n"
    )


def positions(ring, dimension):
    return " ".join(f"{x!r} {y!r}" + " 0" * (dimension - 2) for x, y in ring)


# --- metadata ---


def metadata(safe):
    """The description of the product, with what readers of it look for."""
    number = safe.level[1:]
    old_l2a = safe.level == "L2A" and not safe.compact
    version = 14 if safe.compact else 12
    product_info = "L2A_Product_Info" if old_l2a else "Product_Info"
    space = f"https://psd-{version}.sentinel2.eo.esa.int/PSD/User_Product_Level-{number}.xsd"
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-{number}_User_Product xmlns:n1="{space}">
  <n1:General_Info>
    <{product_info}>
      <PRODUCT_START_TIME>{safe.iso}</PRODUCT_START_TIME>
      <PRODUCT_URI>{safe.name + ".SAFE" if safe.compact else "791_2016-09-05T10_37"}</PRODUCT_URI>
      <PROCESSING_LEVEL>Level-{number}</PROCESSING_LEVEL>
      <PROCESSING_BASELINE>{safe.baseline}</PROCESSING_BASELINE>
      <Datatake datatakeIdentifier="GS2A_{safe.start}_008785_N{safe.baseline}">
        <DATATAKE_SENSING_START>{safe.iso}</DATATAKE_SENSING_START>
      </Datatake>
      <Product_Organisation>{"".join(_granule_list(safe, tile) for tile in safe.tiles)}
      </Product_Organisation>
    </{product_info}>
    <Product_Image_Characteristics>
      {_special("NODATA", 0)}{_special("SATURATED", 65535)}
      {_quantification(safe)}
      {_offset_list(safe)}
      <Spectral_Information_List>{_spectral()}</Spectral_Information_List>
    </Product_Image_Characteristics>
  </n1:General_Info>
</n1:Level-{number}_User_Product>
"""


def _granule_list(safe, tile):
    element, image = ("Granule", "IMAGE_FILE") if safe.compact else ("Granules", "IMAGE_ID")
    folder = f"GRANULE/{safe.granule(tile)}/IMG_DATA/" if safe.compact else ""
    stem = safe.image_stem(tile)
    if safe.level == "L1C":
        names = [f"{folder}{stem}_{band}" for band in safe.bands]
    else:
        names = [
            (f"{folder}R{size}m/" if folder else "") + f"{stem}_{band}_{size}m"
            for band in safe.bands
            for size in L2A_SIZES[band]
        ]
    images = "".join(f"<{image}>{name}</{image}>" for name in names)
    return f"<Granule_List><{element}>{images}</{element}></Granule_List>"


def _special(text, index):
    return (
        f"<Special_Values><SPECIAL_VALUE_TEXT>{text}</SPECIAL_VALUE_TEXT>"
        f"<SPECIAL_VALUE_INDEX>{index}</SPECIAL_VALUE_INDEX></Special_Values>"
    )


def _quantification(safe):
    if safe.level == "L1C":
        return f'<QUANTIFICATION_VALUE unit="none">{safe.quantification}</QUANTIFICATION_VALUE>'
    prefix, group = ("", "QUANTIFICATION_VALUES_LIST")
    if not safe.compact:
        prefix, group = ("L2A_", "L1C_L2A_Quantification_Values_List")
    return (
        f"<{group}><{prefix}BOA_QUANTIFICATION_VALUE>{safe.quantification}"
        f"</{prefix}BOA_QUANTIFICATION_VALUE>"
        f"<{prefix}AOT_QUANTIFICATION_VALUE>1000.0</{prefix}AOT_QUANTIFICATION_VALUE></{group}>"
    )


def _offset_list(safe):
    if safe.offset is None:
        return ""
    group, name = {
        "L1C": ("Radiometric_Offset_List", "RADIO_ADD_OFFSET"),
        "L2A": ("BOA_ADD_OFFSET_VALUES_LIST", "BOA_ADD_OFFSET"),
    }[safe.level]
    offsets = "".join(
        f'<{name} band_id="{number}">{safe.offset}</{name}>' for number in range(len(BANDS))
    )
    return f"<{group}>{offsets}</{group}>"


def _spectral():
    return "".join(
        f'<Spectral_Information bandId="{number}" physicalBand="{band.replace("B0", "B")}"/>'
        for number, band in enumerate(BANDS)
    )
