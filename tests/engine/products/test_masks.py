import dataclasses

import hypothesis.strategies as st
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from pyproj import Transformer

from landslip.engine.common.errors import ProductError
from landslip.engine.products.masks import (
    SCENE_CLASSES,
    MaskPolygon,
    MaskPolygons,
    Reason,
    raster_reasons,
    rasterise,
    read_polygons,
    scl_reasons,
)
from landslip.engine.products.product import open_product
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.source import MaskSource
from landslip.engine.raster.tiling import Window
from landslip.tests import safe_fixture
from landslip.tests.safe_fixture import CLOUD_PIXELS, CORNERS, SIZE, Safe, cloud_corners, gml

WEST, NORTH = CORNERS["32TMT"]
CRS = rasterio.CRS.from_epsg(32632).to_wkt()
TILE = Grid(CRS, (10.0, 0.0, WEST, 0.0, -10.0, NORTH), SIZE, SIZE)


def mask_file(tmp_path, text, kind="cloud_vector"):
    path = tmp_path / "MSK_CLOUDS_B00.gml"
    path.write_text(text, encoding="utf-8")
    return MaskSource(kind, str(path), 0)


# --- rasters ---


def test_scene_classes_as_esa_numbers_them():
    names = [
        *("NODATA", "DEFECTIVE", "", "SHADOW", "", "", "WATER", ""),
        *("CLOUD", "CLOUD", "CIRRUS", "SNOW"),
    ]
    expected = [Reason[name] if name else 0 for name in names]
    assert scl_reasons(np.arange(12, dtype=np.uint8)).tolist() == expected


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int64", "float32", "bool"])
def test_scene_classes_of_any_type(dtype):
    codes = np.array([[0, 1], [1, 0]]).astype(dtype)
    reasons = scl_reasons(codes)
    assert reasons.dtype == np.uint8
    assert reasons.tolist() == [[1, 2], [2, 1]]


@given(code=st.one_of(st.integers(-(2**31), -1), st.integers(12, 2**31)))
def test_what_is_no_scene_class_is_no_data(code):
    assert scl_reasons(np.array([code])) == Reason.NODATA


def test_no_value_is_no_data_in_scene_classes():
    assert scl_reasons(np.array([np.nan, np.inf, 9.0])).tolist() == [1, 1, Reason.CLOUD]


def test_masks_of_a_made_product(tmp_path):
    product = open_product(safe_fixture.write_safe(tmp_path, Safe("L2A"), zipped=True))
    found = {}
    for mask in product.masks:
        with rasterio.open(mask.path) as dataset:
            found[mask.kind, mask.layer] = raster_reasons(mask, dataset.read(mask.number))
    codes = safe_fixture.scene_classes()
    for code, reason in SCENE_CLASSES.items():
        assert (found["scl", ""][codes == code] == reason).all()
    assert (found["scl", ""][np.isin(codes, (2, 4, 5, 7))] == 0).all()
    for layer, row, reason in (
        ("opaque", 0, Reason.CLOUD),
        ("cirrus", 1, Reason.CIRRUS),
        ("snow", 2, Reason.SNOW),
    ):
        assert (found["cloud_raster", layer][row] == reason).all()
        assert np.count_nonzero(found["cloud_raster", layer]) == SIZE // 6
    for layer, row, reason in (
        ("lost", 2, Reason.NODATA),
        ("defective", 4, Reason.DEFECTIVE),
        ("nodata", 5, Reason.NODATA),
        ("saturated", 7, Reason.DEFECTIVE),
    ):
        assert (found["quality_raster", layer][row] == reason).all()
        assert np.count_nonzero(found["quality_raster", layer]) == SIZE


def test_cloud_classes_and_bits():
    classes = raster_reasons(MaskSource("cloud_classes", "x"), np.array([0, 1, 2, 3, 255]))
    assert classes.tolist() == [0, Reason.CLOUD, Reason.CIRRUS, Reason.SHADOW, Reason.NODATA]
    bits = np.array([0, 1024, 2048, 3072, 1], dtype=np.float32)
    qa60 = raster_reasons(MaskSource("qa60", "x"), bits)
    assert qa60.tolist() == [0, Reason.CLOUD, Reason.CIRRUS, Reason.CLOUD | Reason.CIRRUS, 0]


def test_polygons_are_no_raster():
    with pytest.raises(ProductError, match="expected a raster"):
        raster_reasons(MaskSource("cloud_vector", "x"), np.zeros(1))


# --- polygons ---


@pytest.mark.parametrize("zipped", [False, True])
def test_polygons_of_a_made_product(tmp_path, zipped):
    made = Safe("L1C", "02.06", offset=None)
    product = open_product(safe_fixture.write_safe(tmp_path, made, zipped=zipped))
    found = {mask.kind: read_polygons(mask) for mask in product.masks}
    assert found["cloud_vector"].crs == "EPSG:32632"
    expected = np.zeros((SIZE, SIZE), np.uint8)
    expected[CLOUD_PIXELS] = Reason.CLOUD
    assert np.array_equal(rasterise(found["cloud_vector"], TILE), expected)
    saturated = rasterise(found["saturated_vector"], TILE)
    assert np.array_equal(saturated != 0, expected != 0)
    assert saturated.max() == Reason.DEFECTIVE
    assert found["nodata_vector"].polygons == (), "pixels corrected in part are good to use"
    assert found["defective_vector"].polygons == ()
    assert not rasterise(found["defective_vector"], TILE).any()


@pytest.mark.parametrize("dimension", [2, 3])
def test_points_of_two_or_three_numbers(tmp_path, dimension):
    source = mask_file(tmp_path, gml([("CIRRUS", cloud_corners("32TMT"))], dimension=dimension))
    (polygon,) = read_polygons(source).polygons
    assert polygon.reason == Reason.CIRRUS
    assert polygon.rings[0].tolist() == [list(point) for point in cloud_corners("32TMT")]


@pytest.mark.parametrize(
    "crs",
    [
        "urn:ogc:def:crs:EPSG:8.7:32756",
        "urn:ogc:def:crs:EPSG::32756",
        "EPSG:32756",
        "http://www.opengis.net/def/crs/EPSG/0/32756",
    ],
)
def test_ways_to_write_the_crs(tmp_path, crs):
    source = mask_file(tmp_path, gml([("OPAQUE", cloud_corners("32TMT"))], crs=crs))
    assert read_polygons(source).crs == "EPSG:32756"


@pytest.mark.parametrize("crs", ["", "urn:ogc:def:crs:EPSG::4326", "EPSG:1", "x"])
def test_a_crs_of_no_product(tmp_path, crs):
    source = mask_file(tmp_path, gml([("OPAQUE", cloud_corners("32TMT"))], crs=crs))
    with pytest.raises(ProductError, match="expected a UTM zone"):
        read_polygons(source)


@pytest.mark.parametrize("positions", ["", "1 2", "1 2 3 4 5", "a b c d e f", "1 2 nan 4 5 inf"])
def test_positions_that_are_none(tmp_path, positions):
    text = gml([("OPAQUE", cloud_corners("32TMT"))], dimension=2)
    start = text.index('srsDimension="2">') + len('srsDimension="2">')
    text = text[:start] + positions + text[text.index("</gml:posList>") :]
    with pytest.raises(ProductError, match=r"points are not lists of 2 numbers.*go without"):
        read_polygons(mask_file(tmp_path, text))


def test_a_hostile_mask(tmp_path):
    text = gml([]).replace("<eop:Mask", '<!DOCTYPE a [<!ENTITY b "c">]><eop:Mask')
    with pytest.raises(ProductError, match="document type"):
        read_polygons(mask_file(tmp_path, text))


points = st.tuples(st.floats(-100, 700), st.floats(-700, 100))


@given(corners=st.lists(points, min_size=3, max_size=3), hole=st.booleans())
def test_pixels_by_their_centres_as_shapely_sees_them(corners, hole):
    outline = np.add(corners, (WEST, NORTH))
    shape = shapely.Polygon(outline)
    rings = [outline]
    if hole and shape.area > 1:
        rings.append((outline - outline.mean(axis=0)) * 0.4 + outline.mean(axis=0))
        shape = shapely.Polygon(outline, [rings[1]])
    mask = MaskPolygons("EPSG:32632", (MaskPolygon(Reason.CLOUD, tuple(rings)),))
    burnt = rasterise(mask, TILE)
    cols, rows = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
    centres = shapely.points(*TILE.to_map(cols, rows))
    inside = shapely.contains(shape, centres)
    sure = shapely.distance(shape.boundary, centres) > 0.01 if shape.area > 1 else ~inside
    assert np.array_equal(burnt[sure] != 0, inside[sure])


def test_a_window_is_that_part_of_the_whole(tmp_path):
    ring = np.array([(5, 3), (500, 90), (320, 555), (40, 400)]) * (1, -1) + (WEST, NORTH)
    mask = MaskPolygons("EPSG:32632", (MaskPolygon(Reason.CLOUD, (ring,)),))
    whole = rasterise(mask, TILE)
    assert 500 < np.count_nonzero(whole) < 3000
    for window in (Window(0, 0, 20, 30), Window(25, 17, 31, 43), Window(58, 0, 2, 60)):
        assert np.array_equal(rasterise(mask, TILE.shifted(window)), whole[window.slices()])


def test_reasons_add_up_where_polygons_overlap():
    ring = np.array(cloud_corners("32TMT"))
    polygons = tuple(MaskPolygon(reason, (ring,)) for reason in (Reason.CLOUD, Reason.SNOW))
    burnt = rasterise(MaskPolygons("EPSG:32632", polygons), TILE)
    assert set(np.unique(burnt)) == {0, Reason.CLOUD | Reason.SNOW}


def test_another_crs(tmp_path):
    """A mask of the next UTM zone falls on the same pixels."""
    ring = np.array(cloud_corners("32TMT"))
    moved = Transformer.from_crs(32632, 32633, always_xy=True).transform(ring[:, 0], ring[:, 1])
    mask = MaskPolygons("EPSG:32633", (MaskPolygon(Reason.CLOUD, (np.column_stack(moved),)),))
    same = dataclasses.replace(
        mask, crs="EPSG:32632", polygons=(MaskPolygon(Reason.CLOUD, (ring,)),)
    )
    assert np.array_equal(rasterise(mask, TILE), rasterise(same, TILE))


@pytest.mark.parametrize("corners", [[(0, 0)] * 3, [(0, 0), (90, 90), (0, 0)], [(0, 0)] * 5])
def test_rings_without_area_burn_nothing(corners):
    ring = np.add(corners, (WEST + 102, NORTH - 203))
    mask = MaskPolygons("EPSG:32632", (MaskPolygon(Reason.CLOUD, (ring,)),))
    assert not rasterise(mask, TILE).any()


def test_the_real_masks(real_data):
    """The product has no cloud; of its defective pixels, B10 has one strip."""
    (path,) = real_data.glob("S2A_MSIL1C_*.zip")
    product = open_product(str(path))
    found = {(mask.kind, mask.band): read_polygons(mask) for mask in product.masks}
    assert found["cloud_vector", ""].polygons == ()
    assert [key for key, mask in found.items() if mask.polygons] == [("defective_vector", "B10")]
    strip = found["defective_vector", "B10"]
    assert strip.crs == "EPSG:32756"
    with rasterio.open(product.band("B10").path) as dataset:
        grid = Grid.of(dataset, dataset.name)
    area = sum(shapely.Polygon(polygon.rings[0]).area for polygon in strip.polygons)
    fine = Grid(grid.crs, (60.0, 0.0, 399960.0, 0.0, -60.0, 6700020.0), 1830, 1830)
    assert np.count_nonzero(rasterise(strip, fine)) * 3600 == pytest.approx(area, rel=0.05)
