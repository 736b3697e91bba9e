"""What holds of names and metadata whatever stands in them, tried on hundreds of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from landslip.engine.common.errors import LandslipError
from landslip.engine.products.product import open_product, open_products
from landslip.engine.stack.reader import OPTICAL_BANDS, canonical_band
from landslip.tests.safe_fixture import BANDS, Safe, metadata
from landslip.tests.support import write_raster

BAND = np.full((4, 4), 1500, "uint16")
#: Names without what any file system gives a meaning of its own.
names = st.text(
    st.characters(blacklist_characters="/\\\0", blacklist_categories=("Cs",)),
    min_size=1,
    max_size=40,
).filter(lambda name: name.strip(". ") and len(name.encode()) < 200)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=8,
)
known_keys = st.sampled_from(
    [
        "s2:processing_baseline",
        "PROCESSING_BASELINE",
        "datetime",
        "earthsearch:boa_offset_applied",
        "s2:product_uri",
        "PRODUCT_ID",
        "system:id",
        "id",
        "properties",
    ]
)


def bare_product(folder, safe):
    """A product whose images are empty files: enough to find them."""
    root = Path(folder) / f"{safe.name}.SAFE"
    images = root / "GRANULE" / safe.granule("32TMT") / "IMG_DATA"
    images.mkdir(parents=True)
    for band in safe.bands:
        (images / f"{safe.image_stem('32TMT')}_{band}.jp2").touch()
    (root / safe.metadata_name).write_text(metadata(safe), encoding="utf-8")
    return root


@given(
    level=st.sampled_from(["L1C", "L2A"]),
    offsets=st.lists(st.integers(-9999, 9999), min_size=13, max_size=13),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=15)
def test_every_band_has_its_own_offset_in_whatever_order(tmp_path_factory, level, offsets, order):
    safe = Safe(level, "05.09")
    root = bare_product(tmp_path_factory.mktemp("x"), safe)
    name = {"L1C": "RADIO_ADD_OFFSET", "L2A": "BOA_ADD_OFFSET"}[level]
    elements = [f'<{name} band_id="{i}">{offset}</{name}>' for i, offset in enumerate(offsets)]
    order.shuffle(elements)
    file = root / safe.metadata_name
    same = "".join(f'<{name} band_id="{i}">-1000</{name}>' for i in range(13))
    assert same in file.read_text()
    file.write_text(file.read_text().replace(same, "".join(elements)))
    found = {source.name: source.offset for source in open_product(str(root)).bands}
    assert found == {band: offsets[BANDS.index(band)] for band in safe.bands}


@given(extra=st.lists(names, min_size=1, max_size=5, unique_by=str.lower))
@settings(max_examples=25)
@example(extra=["B02", "B02_10m.jp2x", ".B02.jp2.part", "SCL"])
def test_other_files_beside_the_images_change_nothing(tmp_path_factory, extra):
    folder = tmp_path_factory.mktemp("x")
    root = bare_product(folder, Safe("L2A", "05.09"))
    before = open_product(str(root))
    images = next(root.glob("GRANULE/*/IMG_DATA"))
    for name in extra:
        for place in (root, images):
            try:
                (place / name).write_bytes(b"else")
            except OSError:
                continue  # the file system's own idea of a name
    assert open_product(str(root)) == before


@given(
    content=st.dictionaries(known_keys | st.text(max_size=10), json_values)
    | st.dictionaries(st.just("properties"), st.dictionaries(known_keys, json_values))
    | json_values
)
@settings(max_examples=40)
@example(content={"datetime": "99999-99-99", "s2:processing_baseline": "\u0660\u0664.\u0660\u0660"})
def test_any_json_beside_band_files_is_understood_or_passed_by(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("x")
    write_raster(folder / "B02.tif", BAND)
    (folder / "item.json").write_text(json.dumps(content))
    product = open_product(str(folder))
    assert product.band("B02").offset in (0, -1000)
    assert product.date == "" or product.date[:4].isdigit()


@given(order=st.permutations(range(3)))
@settings(max_examples=6)
def test_order_of_products_is_the_user_s(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("x")
    tiles = ("32TMT", "32TNT", "33TUN")
    for tile in tiles:
        (folder / tile).mkdir()
        write_raster(folder / tile / f"T{tile}_20230627T102021_B02_10m.tif", BAND)
    paths = [str(folder / tiles[index]) for index in order]
    assert [product.tile for product in open_products(paths)] == [tiles[index] for index in order]


@given(text=st.text(max_size=12))
@settings(max_examples=300)
def test_a_band_s_name_is_its_own_name(text):
    band = canonical_band(text)
    if band is not None:
        assert canonical_band(band) == band
        assert band in (*OPTICAL_BANDS, "slope", "dem")


@given(
    level=st.sampled_from(["L1C", "L2A"]),
    baseline=st.builds("{:02d}.{:02d}".format, st.integers(0, 99), st.integers(0, 99)),
    offset=st.sampled_from([None, -1000]),
)
@settings(max_examples=60)
def test_no_baseline_is_read_without_an_offset_known(tmp_path_factory, level, baseline, offset):
    """Since 04.00, a product whose offsets are gone is refused: never read 1000 too high."""
    root = bare_product(tmp_path_factory.mktemp("x"), Safe(level, baseline, offset=offset))
    try:
        product = open_product(str(root))
    except LandslipError as err:
        assert offset is None
        assert baseline >= "04.00"
        assert "has no" in str(err)  # noqa: PT017 - that it is refused is not certain
    else:
        assert {source.offset for source in product.bands} == {offset or 0}
        assert offset is not None or baseline < "04.00" or baseline == "99.99"


@given(start=st.floats(0, 0.999), length=st.sampled_from([1, 30, 10**6]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cut_of_the_description_is_refused_with_a_sentence(start, length, whole):
    root, content = whole
    start = int(start * len(content))
    cut = content[:start] + content[start + length :]
    file = next(root.glob("MTD_MSI*.xml"))
    file.write_text(cut, encoding="utf-8")
    try:
        product = open_product(str(root))
    except LandslipError as err:
        assert str(err).endswith(".")  # noqa: PT017
    else:
        assert len(product.bands) == 12


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    safe = Safe("L2A", "05.09")
    return bare_product(tmp_path_factory.mktemp("whole"), safe), metadata(safe)
