import dataclasses
import datetime
import json
import pickle
import re
import shutil
import zipfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings

from landslip.engine.common.errors import BandError, LandslipError, ProductError, RasterError
from landslip.engine.products.band_files import band_of_file
from landslip.engine.products.product import open_product, open_products
from landslip.engine.stack.reader import OPTICAL_BANDS
from landslip.tests.safe_fixture import (
    BANDS,
    PIXEL_SIZES,
    Safe,
    metadata,
    reflectance,
    write_safe,
    zip_folder,
)
from landslip.tests.support import write_raster

L1C = Safe("L1C", "05.10")
L2A = Safe("L2A", "05.09")
OLD_L1C = Safe("L1C", "02.04", compact=False, offset=None, tiles=("32TMT", "32TNT"))
OLD_L2A = Safe("L2A", "02.01", compact=False, offset=None)
EARLY = Safe("L1C", "02.00", offset=None, quantification=1000)
KINDS = {"L1C": L1C, "L2A": L2A, "old L1C": OLD_L1C, "old L2A": OLD_L2A, "early": EARLY}


def edited(path, pattern, text, name="MTD_MSIL2A.xml"):
    """Replace in the description of a product in a folder; returns its path."""
    file = Path(path) / name
    content, count = re.subn(pattern, text, file.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert count
    file.write_text(content, encoding="utf-8")
    return path


@pytest.fixture
def safe(tmp_path):
    return write_safe(tmp_path, L2A)


# --- SAFE: what is read ---


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_become_the_reflectance_that_the_product_was_made_of(tmp_path, kind, zipped):
    made = KINDS[kind]
    products = open_products([write_safe(tmp_path, made, zipped=zipped)])
    assert [product.tile for product in products] == list(made.tiles)
    for product in products:
        assert [source.name for source in product.bands] == list(made.bands)
        for source in product.bands:
            with rasterio.open(source.path) as dataset:
                size = PIXEL_SIZES[source.name]
                assert dataset.res == (size, size), "the finest of the band's images"
                numbers = dataset.read(source.number).astype(float)
            expected = reflectance(source.name, product.tile, size)
            # Where 1 is 1000, the file cannot hold more than three digits.
            step = 10000 // made.quantification
            restored = (numbers + source.offset) * source.scale
            assert np.array_equal(restored, expected // step * step)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_of_a_product(tmp_path, kind):
    made = KINDS[kind]
    product = open_products([write_safe(tmp_path, made)])[0]
    assert (product.level, product.baseline) == (made.level, made.baseline)
    assert product.id == made.name
    assert product.date == "2023-06-27T10:20:21Z"
    assert product.granule == made.granule("32TMT")
    assert product.warnings == ()
    assert {source.nodata for source in product.bands} == {0}
    assert {source.saturated for source in product.bands} == {65535}
    assert pickle.loads(pickle.dumps(product)) == product  # noqa: S301 - our own


def test_folder_and_zip_and_metadata_file_are_one_product(tmp_path):
    folder = write_safe(tmp_path / "a", L2A)
    zipped = write_safe(tmp_path / "b", L2A, zipped=True)
    by_folder, by_zip = open_product(folder), open_product(zipped)
    assert open_product(f"{folder}/MTD_MSIL2A.xml").bands == by_folder.bands
    assert open_product(f"{folder}/manifest.safe").bands == by_folder.bands
    assert open_product(str(tmp_path / "a")).bands == by_folder.bands, "the folder it lies in"
    plain = [dataclasses.replace(source, path="") for source in by_folder.bands]
    assert [dataclasses.replace(source, path="") for source in by_zip.bands] == plain


@pytest.mark.parametrize("name", ["a b.zip", "ü.zip", "a{b}.zip", "a{b.zip", "a}b.zip", "product"])
def test_a_zip_of_any_name_can_be_opened(tmp_path, name):
    zipped = write_safe(tmp_path, L1C, zipped=True)
    renamed = shutil.move(zipped, tmp_path / name)
    source = open_product(str(renamed)).band("B02")
    with rasterio.open(source.path) as dataset:
        restored = dataset.read(1).astype(float) + source.offset
    assert np.array_equal(restored, reflectance("B02", "32TMT", 10))


def test_nothing_is_unpacked(tmp_path):
    zipped = write_safe(tmp_path, L2A, zipped=True)
    with rasterio.open(open_product(zipped).band("B04").path) as dataset:
        dataset.read(1)
    assert [path.name for path in tmp_path.iterdir()] == [Path(zipped).name]


def test_offsets_are_taken_for_each_band_from_its_number(tmp_path, safe):
    """Every band gets an offset of its own, and band 8 is B8A, not B08."""
    edited(
        safe,
        "<BOA_ADD_OFFSET_VALUES_LIST>.*</BOA_ADD_OFFSET_VALUES_LIST>",
        "".join(f'<BOA_ADD_OFFSET band_id="{i}">{-1000 - i}</BOA_ADD_OFFSET>' for i in range(13)),
    )
    offsets = {source.name: source.offset for source in open_product(safe).bands}
    assert offsets == {band: -1000 - BANDS.index(band) for band in L2A.bands}
    assert (offsets["B08"], offsets["B8A"], offsets["B09"]) == (-1007, -1008, -1009)


def test_the_description_may_number_bands_in_its_own_way(safe):
    edited(safe, 'bandId="1" physicalBand="B2"', 'bandId="40" physicalBand="B2"')
    edited(safe, 'band_id="1">-1000', 'band_id="40">-900')
    assert open_product(safe).band("B02").offset == -900


def test_an_offset_that_is_given_overrides_the_description(safe):
    assert {source.offset for source in open_product(safe, offset=0).bands} == {0}


@given(offset=st.integers(-5000, 5000), quantification=st.sampled_from([1000, 4000, 10000, 65535]))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=25,
)
def test_any_offset_and_quantification_are_inverted(tmp_path, offset, quantification):
    root = tmp_path / f"{offset}_{quantification}"
    if root.exists():
        return
    made = Safe("L1C", "06.00", offset=offset, quantification=quantification)
    (root / "S2A.SAFE").mkdir(parents=True)
    images = root / "S2A.SAFE" / "GRANULE" / made.granule("32TMT") / "IMG_DATA"
    images.mkdir(parents=True)
    (images / f"{made.image_stem('32TMT')}_B8A.jp2").touch()
    (root / "S2A.SAFE" / made.metadata_name).write_text(metadata(made), encoding="utf-8")
    source = open_product(str(root)).band("B8A")
    number = 0.3 * quantification - offset
    assert (number + source.offset) * source.scale == pytest.approx(3000, abs=1e-6)


def test_masks_of_a_new_product(tmp_path):
    masks = open_product(write_safe(tmp_path, L2A)).masks
    assert [mask.kind for mask in masks].count("scl") == 1
    assert {m.number: m.layer for m in masks if m.kind == "cloud_raster"} == {
        1: "opaque",
        2: "cirrus",
        3: "snow",
    }
    quality = [mask for mask in masks if mask.kind == "quality_raster"]
    assert {mask.band for mask in quality} == {"B02"}
    assert {mask.number: mask.layer for mask in quality}[8] == "saturated"


@pytest.mark.parametrize("made", [OLD_L1C, EARLY], ids=["long names", "compact names"])
def test_masks_of_an_old_product(tmp_path, made):
    masks = open_products([write_safe(tmp_path, made)])[0].masks
    assert {(mask.kind, mask.band) for mask in masks} == {
        ("cloud_vector", ""),
        ("saturated_vector", "B04"),
        ("nodata_vector", "B02"),
        ("defective_vector", "B02"),
    }


# --- SAFE: what is odd ---


def test_a_missing_band_is_a_warning_and_an_error_when_asked_for(tmp_path, safe):
    for file in Path(safe).rglob("*_B11_*.jp2"):
        file.unlink()
    product = open_product(safe)
    assert re.search(r"lacks the files of B11, which its description lists", product.warnings[0])
    with pytest.raises(BandError, match=r"has no band B11; it has B01, .*\. Give a product"):
        product.band("B11")


def test_no_band_at_all(safe):
    shutil.rmtree(Path(safe) / "GRANULE")
    with pytest.raises(ProductError, match=r"no band file in GRANULE.*incomplete"):
        open_product(safe)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("made", [L1C, L2A], ids=["L1C", "L2A"])
def test_a_product_without_its_description(tmp_path, made, zipped):
    path = Path(write_safe(tmp_path, made))
    (path / made.metadata_name).unlink()
    path = zip_folder(path) if zipped else path
    with pytest.raises(ProductError, match=r"images of a \.SAFE product, but not its MTD_MSI"):
        open_product(str(path))


def test_offset_missing_where_there_must_be_one(safe):
    edited(safe, "<BOA_ADD_OFFSET_VALUES_LIST>.*</BOA_ADD_OFFSET_VALUES_LIST>", "")
    with pytest.raises(
        ProductError, match=r"baseline 05\.09, but .* has no BOA_ADD_OFFSET for B01"
    ):
        open_product(safe)
    assert open_product(safe, offset=-1000).band("B02").offset == -1000


def test_offset_missing_for_one_band(safe):
    edited(safe, '<BOA_ADD_OFFSET band_id="3">-1000</BOA_ADD_OFFSET>', "")
    with pytest.raises(ProductError, match="has no BOA_ADD_OFFSET for B04;"):
        open_product(safe)


def test_home_made_product_without_offset_gets_a_warning(safe):
    edited(safe, ">05.09<", ">99.99<")
    edited(safe, "<BOA_ADD_OFFSET_VALUES_LIST>.*</BOA_ADD_OFFSET_VALUES_LIST>", "")
    product = open_product(safe)
    assert product.band("B02").offset == 0
    assert "made outside of ESA" in product.warnings[0]


def test_newer_versions_are_read_with_a_warning(safe):
    edited(safe, ">05.09<", ">07.00<")
    edited(safe, "psd-14", "psd-16")
    product = open_product(safe)
    assert product.band("B02").offset == -1000
    assert [warning.split(";")[0] for warning in product.warnings] == [
        "The product's description follows version 16 of the format",
        "The product has processing baseline 07.00",
    ]


def test_a_baseline_that_is_none(safe):
    edited(safe, ">05.09<", ">newest<")
    product = open_product(safe)
    assert product.baseline == ""
    assert product.band("B02").offset == -1000
    assert "'newest' as processing baseline" in product.warnings[0]


@pytest.mark.parametrize(
    ("pattern", "text", "message"),
    [
        ("Level-2A_User_Product", "Level-1B_User_Product", "expected Level-1C_User_Product or"),
        (">10000<", ">ten<", "'ten' as BOA_QUANTIFICATION_VALUE; expected a number"),
        (">10000<", ">0<", "multiplied by 0; expected about 10000"),
        (">10000<", ">nan<", "'nan' as BOA_QUANTIFICATION_VALUE"),
        ("BOA_QUANTIFICATION_VALUE", "BOA", "has no BOA_QUANTIFICATION_VALUE"),
        (">-1000<", ">-1e9<", "BOA_ADD_OFFSET -1e.09 for band_id '0': that is no"),
        ('band_id="2"', 'band_id="77"', "band_id '77': that is no band"),
        ('band_id="2">-1000', 'band_id="1">-10', "at odds with another"),
        ("</n1:General_Info>", "", "not well-formed XML"),
        ("^.*$", "", "not well-formed XML"),
    ],
)
def test_descriptions_that_are_wrong(safe, pattern, text, message):
    with pytest.raises(ProductError, match=message):
        open_product(edited(safe, pattern, text))


@pytest.mark.parametrize("part", ["", "/IMG_DATA", "/IMG_DATA/R10m", "/MTD_TL.xml"])
def test_a_part_of_a_product_is_refused_as_its_offset_is_not_known(safe, part):
    granule = next((Path(safe) / "GRANULE").iterdir())
    with pytest.raises(
        ProductError, match=r"is a part of the product .*\.SAFE; expected the whole"
    ):
        open_product(f"{granule}{part}")


# --- several ---


def test_granules_of_one_product_make_a_mosaic(tmp_path):
    path = write_safe(tmp_path, OLD_L1C)
    with pytest.raises(ProductError, match=r"holds 2 granules \(32TMT, 32TNT\); expected one"):
        open_product(path)
    assert len(open_products([path])) == 2


def test_products_of_one_day_make_a_mosaic(tmp_path):
    neighbour = dataclasses.replace(L2A, tiles=("32TNT",))
    paths = [write_safe(tmp_path, made) for made in (L2A, neighbour)]
    assert [product.tile for product in open_products(paths)] == ["32TMT", "32TNT"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day": "20230712"}, r"sensed on 2023-06-27 and .* on 2023-07-12; expected one day"),
        ({"level": "L1C"}, r"has level L2A and .* has level L1C; expected one level"),
        ({"tiles": ("32TMT",), "baseline": "05.10"}, r"Tile 32TMT is there twice"),
        ({"tiles": ("32TMT",)}, r"Tile 32TMT is there twice"),
    ],
    ids=["day", "level", "reprocessed", "twice"],
)
def test_products_that_do_not_go_together(tmp_path, change, message):
    other = dataclasses.replace(L2A, **{"tiles": ("32TNT",), **change})
    paths = [write_safe(tmp_path / "a", L2A), write_safe(tmp_path / "b", other)]
    with pytest.raises(ProductError, match=message):
        open_products(paths)


def test_a_tile_received_in_two_pieces_is_not_there_twice(tmp_path):
    path = Path(write_safe(tmp_path, L2A))
    granule = next((path / "GRANULE").iterdir())
    shutil.copytree(granule, granule.with_name(granule.name.replace("T102458", "T102510")))
    assert len(open_products([str(path)])) == 2


def test_a_tile_processed_twice_is_there_twice_whatever_its_granules_are_called(tmp_path):
    newer = dataclasses.replace(L2A, baseline="05.10")
    paths = [write_safe(tmp_path, made) for made in (L2A, newer)]
    granule = next((Path(paths[1]) / "GRANULE").iterdir())
    granule.rename(granule.with_name(granule.name.replace("T102458", "T102510")))
    with pytest.raises(ProductError, match=r"Tile 32TMT is there twice.*newer processing baseline"):
        open_products(paths)


def test_no_product():
    with pytest.raises(ProductError, match="No product was given"):
        open_products([])


# --- folders of band files ---


def bands_in_folder(folder, names, **options):
    folder.mkdir(parents=True, exist_ok=True)
    values = np.full((8, 8), 1500, "uint16")
    for name in names:
        write_raster(folder / name, values, **options)
    return str(folder)


@pytest.mark.parametrize(
    "names",
    [
        ["B02.tif", "B8A.tif", "SCL.tif"],
        ["B2.tif", "B8A.tif", "scl.tif"],
        ["blue.tif", "nir08.tif", "scl.tif"],
        ["S2B_32TMT_20230627_0_L2A_blue.tif", "S2B_32TMT_20230627_0_L2A_nir08.tif", "x_SCL.tif"],
        ["export.B2.tif", "export.B8A.tif", "export.SCL.tif"],
        [
            "T32TMT_20230627T102021_B02_10m.tif",
            "T32TMT_20230627T102021_B8A_20m.tif",
            "a_SCL_20m.tif",
        ],
        ["2023-06-27_Sentinel-2_L2A_B02_(Raw).tiff", "2023-06-27_L2A_B8A_(Raw).tiff", "SCL.tiff"],
        ["band 2.tif", "Band_8A.tif", "SCL.tif"],
    ],
)
def test_names_of_band_files(tmp_path, names):
    product = open_product(bands_in_folder(tmp_path / "x", names))
    assert [source.name for source in product.bands] == ["B02", "B8A"]
    assert [Path(source.path).name for source in product.bands] == names[:2]
    assert [(mask.kind, Path(mask.path).name) for mask in product.masks] == [("scl", names[2])]


@pytest.mark.parametrize("name", ["slope.tif", "B13.tif", "B02_B03_B04.tif", "AB02.tif", "B0.tif"])
def test_names_of_no_band(name):
    assert band_of_file(name) is None


@given(
    level=st.sampled_from(["L1C", "L2A"]),
    baseline=st.sampled_from(["02.09", "03.01", "04.00", "05.11"]),
    time=st.datetimes(datetime.datetime(2015, 6, 23), datetime.datetime(2040, 1, 1)),
    zone=st.integers(1, 60),
    band=st.sampled_from("CDEFGHJKLMNPQRSTUVWX"),
    style=st.sampled_from(["esa", "pc", "earth search"]),
)
@settings(max_examples=40)
def test_what_a_folders_name_tells(tmp_path_factory, level, baseline, time, zone, band, style):
    start, tile = f"{time:%Y%m%dT%H%M%S}", f"{zone:02d}{band}AB"
    name = {
        "esa": f"S2B_MSI{level}_{start}_N{baseline.replace('.', '')}_R007_T{tile}_{start}",
        "pc": f"S2C_MSI{level}_{start}_R007_T{tile}_{start}",
        "earth search": f"S2A_{zone}{band}AB_{time:%Y%m%d}_0_{level}",
    }[style]
    folder = tmp_path_factory.mktemp("x")
    product = open_product(bands_in_folder(folder / name, ["B02.tif"]))
    assert (product.id, product.level, product.tile) == (name, level, tile)
    assert product.baseline == (baseline if style == "esa" else "")
    whole = time.replace(microsecond=0)
    assert product.date == (
        f"{whole:%Y-%m-%d}" if style == "earth search" else f"{whole.isoformat()}Z"
    )
    assert product.band("B02").offset == (-1000 if product.baseline >= "04.00" else 0)


@given(
    prefix=st.from_regex(r"([A-Za-z0-9]{1,8}[_. -]){0,4}", fullmatch=True),
    band=st.sampled_from(BANDS),
    suffix=st.from_regex(r"([_. -][A-Za-z0-9]{1,8}){0,3}", fullmatch=True),
    short=st.booleans(),
)
def test_the_band_is_found_wherever_it_stands_in_a_name(prefix, band, suffix, short):
    written = band.replace("B0", "B") if short else band
    alone = {band_of_file(f"{prefix}x.tif"), band_of_file(f"x{suffix}_x.tif")}
    if alone <= {None, band}:
        assert band_of_file(f"{prefix}{written}{suffix}.tif") == band


def test_the_finest_file_of_a_band_is_taken_by_its_real_pixels(tmp_path):
    folder = tmp_path / "x"
    bands_in_folder(folder, ["B02_10m.tif"], pixel=60.0)
    bands_in_folder(folder, ["B02_60m.tif"], pixel=10.0)
    assert Path(open_product(str(folder)).band("B02").path).name == "B02_60m.tif"


def test_a_band_twice_in_a_folder(tmp_path):
    folder = bands_in_folder(tmp_path / "x", ["a_B02.tif", "b_B02.tif"])
    with pytest.raises(BandError, match=r"band B02 twice .*: a_B02.tif and b_B02.tif\. Keep"):
        open_product(folder)


def test_a_zip_of_band_files(tmp_path):
    folder = Path(bands_in_folder(tmp_path / "x", ["B02.tif", "B03.tif"]))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"inner/{file.name}")
    product = open_product(str(tmp_path / "x.zip"))
    with rasterio.open(product.band("B03").path) as dataset:
        assert dataset.read(1).mean() == 1500


def test_folders_of_several_dates(tmp_path):
    for date in ("20230627", "20230712"):
        bands_in_folder(tmp_path / date, ["B02.tif"])
    with pytest.raises(ProductError, match=r"2 folders of band files \(20230627, 20230712\)"):
        open_product(str(tmp_path))


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ProductError, match=r"no Sentinel-2 product: expected .* found notes.txt"):
        open_product(str(tmp_path))


ESA_NAME = "S2A_MSIL2A_20220706T085611_N{}_R007_T33NZA_20220706T153419"


@pytest.mark.parametrize(
    ("folder", "item", "offset", "warned"),
    [
        ("x", None, 0, False),
        (ESA_NAME.format("0301"), None, 0, False),
        (ESA_NAME.format("0400"), None, -1000, True),
        ("x", {"PROCESSING_BASELINE": "02.09", "system:id": "COPERNICUS/S2/a"}, 0, False),
        ("x", {"PROCESSING_BASELINE": "05.09", "system:id": "COPERNICUS/S2_SR/a"}, -1000, True),
        (
            "x",
            {"PROCESSING_BASELINE": "05.09", "system:id": "COPERNICUS/S2_SR_HARMONIZED/a"},
            0,
            False,
        ),
        (
            "x",
            {
                "properties": {
                    "s2:processing_baseline": "05.09",
                    "earthsearch:boa_offset_applied": True,
                }
            },
            0,
            False,
        ),
        (
            "x",
            {
                "properties": {
                    "s2:processing_baseline": "05.09",
                    "earthsearch:boa_offset_applied": False,
                }
            },
            -1000,
            True,
        ),
        (
            ESA_NAME.format("0400"),
            {"properties": {"earthsearch:boa_offset_applied": True}},
            0,
            False,
        ),
        ("x", [1, 2], 0, False),
    ],
)
def test_whether_the_offset_is_still_in(tmp_path, folder, item, offset, warned):
    path = bands_in_folder(tmp_path / folder, ["B02.tif"])
    if item is not None:
        (Path(path) / "item.json").write_text(json.dumps(item))
    product = open_product(path)
    assert product.band("B02").offset == offset
    assert bool(product.warnings) == warned
    assert open_product(path, offset=-3).band("B02").offset == -3
    assert open_product(path, offset=-3).warnings == ()


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, '{"id": 3}', '{"datetime": "soon"}'])
def test_metadata_files_of_another_kind_do_no_harm(tmp_path, content):
    path = bands_in_folder(tmp_path / "x", ["B02.tif"])
    (Path(path) / "a.json").write_text(content)
    assert open_product(path).date == ""


def scaled(path, scale, offset, names=("B02",)):
    write_raster(path, np.full((len(names), 8, 8), 1500, "uint16"), names=names)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = [scale] * len(names), [offset] * len(names)
    return str(path)


def test_scale_and_offset_that_a_file_states(tmp_path):
    """Reflectance is number x 0.0001 - 0.1, as in the second collection of Earth Search."""
    scaled(tmp_path / "B02.tif", 0.0001, -0.1)
    source = open_product(str(tmp_path)).band("B02")
    assert (1500 + source.offset) * source.scale == pytest.approx(500, abs=1e-9)


def test_a_catalogue_is_believed_before_a_file(tmp_path):
    scaled(tmp_path / "B02.tif", 0.0001, -0.1)
    item = {"properties": {"earthsearch:boa_offset_applied": True}}
    (tmp_path / "item.json").write_text(json.dumps(item))
    source = open_product(str(tmp_path)).band("B02")
    assert (source.offset, source.scale) == (0, 1)


# --- one raster ---


def test_a_raster_with_named_bands(tmp_path):
    names = ["B2", "Band 8A", "red", "slope", "SCL", "whatever"]
    values = np.ones((6, 8, 8), "float32")
    path = write_raster(tmp_path / "export.tif", values, names=names)
    product = open_product(path)
    found = [(source.name, source.number) for source in product.bands]
    assert found == [("B02", 1), ("B8A", 2), ("B04", 3), ("slope", 4)]
    assert [(mask.kind, mask.number) for mask in product.masks] == [("scl", 5)]
    assert open_product(path, offset=-1000).band("B02").offset == -1000
    assert open_product(path, offset=-1000).band("slope").offset == 0


def test_a_folder_with_one_raster_of_many_bands(tmp_path):
    write_raster(tmp_path / "export.tif", np.ones((2, 8, 8), "uint16"), names=["B2", "B3"])
    assert [source.name for source in open_product(str(tmp_path)).bands] == ["B02", "B03"]


def test_a_raster_without_names_needs_the_mapping(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.ones((3, 8, 8), "uint16"))
    with pytest.raises(BandError, match=r"3 bands and no known band name.*Give the band mapping"):
        open_product(path)
    product = open_product(path, band_mapping="B02,-,B04")
    assert [(source.name, source.number) for source in product.bands] == [("B02", 1), ("B04", 3)]


def test_a_raster_with_a_name_twice(tmp_path):
    path = write_raster(tmp_path / "a.tif", np.ones((2, 8, 8), "uint16"), names=["B04", "red"])
    with pytest.raises(BandError, match="more than one band named B04"):
        open_product(path)


@pytest.mark.parametrize(
    ("scale", "offset", "expected"),
    [
        (1, 0, (0, 1)),
        (1, -1000, (-1000, 1)),
        (0.0001, 0, (0, 1)),
        (0.001, 0.01, (10, 10)),
        (-1, 0, (0, 1)),
        (1e-30, 0, (0, 1)),
        (1, 1e9, (0, 1)),
        (0.0001, float("inf"), (0, 1)),
    ],
)
def test_scales_that_make_sense_and_that_do_not(tmp_path, scale, offset, expected):
    source = open_product(scaled(tmp_path / "a.tif", scale, offset)).band("B02")
    assert (source.offset, source.scale) == pytest.approx(expected)


def test_scale_of_a_raster(tmp_path):
    path = scaled(tmp_path / "a.tif", 0.0001, 0.0, ("B02", "dem"))
    product = open_product(path)
    assert product.band("B02").scale == 1
    assert product.band("dem").scale == 1


def test_no_such_file(tmp_path):
    with pytest.raises(RasterError, match="cannot be read as a raster"):
        open_product(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "path", ["", ".", "a\0b", "/x\0.SAFE/y", "/dev/null", "/vsizip/x", "zip:x"]
)
def test_paths_of_nothing(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LandslipError, match=r"\.$"):
        open_product(path)


@given(text=st.text(max_size=60))
def test_any_text_as_path_is_refused_with_a_sentence(text):
    with pytest.raises(LandslipError, match=r"\."):
        open_product(f"/nowhere/{text}")


# --- real products ---


def test_the_real_l1c_product(real_data):
    (path,) = real_data.glob("S2A_MSIL1C_*.zip")
    product = open_product(str(path))
    assert (product.level, product.baseline, product.tile) == ("L1C", "02.06", "56JMM")
    assert product.date == "2018-06-29T00:02:41Z"
    assert [source.name for source in product.bands] == list(OPTICAL_BANDS)
    assert {(source.offset, source.scale) for source in product.bands} == {(0, 1)}
    means = {}
    for source in product.bands:
        with rasterio.open(source.path) as dataset:
            assert dataset.crs.to_epsg() == 32756
            values = dataset.read(1)
        means[source.name] = values[values > 0].mean()
    assert 100 < means["B04"] < means["B08"] < 6000, "plants: dark in red, bright in near infrared"
    assert means["B10"] < 100, "water vapour leaves little of the cirrus band"
    assert {mask.kind for mask in product.masks} == {
        "cloud_vector",
        "saturated_vector",
        "defective_vector",
        "nodata_vector",
    }


def test_the_real_l1c_band_folders(real_data):
    folders = sorted((real_data / "ssl4eo_l1c" / "0000200").iterdir())
    products = [open_product(str(folder)) for folder in folders]
    assert [product.date[:10] for product in products] == ["2020-06-04", "2020-08-23"]
    for product in products:
        assert (product.level, product.baseline, product.tile) == ("L1C", "02.09", "43RCP")
        assert len(product.bands) == 13
        assert {source.offset for source in product.bands} == {0}
    with pytest.raises(ProductError, match="expected one day"):
        open_products([str(folder) for folder in folders])
    with pytest.raises(ProductError, match="2 folders of band files"):
        open_product(str(folders[0].parent))


def test_the_real_l2a_band_folder(real_data):
    (folder,) = (real_data / "majortom_l2a").iterdir()
    product = open_product(str(folder))
    assert (product.level, product.baseline, product.tile) == ("L2A", "04.00", "33NZA")
    assert "B10" not in [source.name for source in product.bands]
    assert "1000 was subtracted" in product.warnings[0]
    with rasterio.open(product.band("B04").path) as dataset:
        numbers = dataset.read(1)
    assert numbers.min() > 1000, "no reflectance is so high everywhere: the offset is in"
    assert product.band("B04").offset == -1000
    assert [mask.kind for mask in product.masks] == ["cloud_classes"]
