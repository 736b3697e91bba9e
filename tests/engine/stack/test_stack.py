import numpy as np
import pytest

from landslip.engine.common.errors import BandError, ParameterError, RasterError
from landslip.engine.raster.tiling import Window
from landslip.engine.stack.reader import StackReader, canonical_band, open_stack, parse_band_mapping
from landslip.tests.support import reflectance, write_raster


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("B04", "B04"),
        ("b4", "B04"),
        ("Band 4", "B04"),
        ("band_11", "B11"),
        ("B8A", "B8A"),
        ("b08a", "B8A"),
        ("Slope", "slope"),
        ("elevation", "dem"),
        ("B13", None),
        ("B00", None),
        ("red", None),
        ("", None),
        ("pre_B04", None),
    ],
)
def test_band_names_as_people_write_them(text, band):
    assert canonical_band(text) == band


def test_mapping_by_order_and_by_number():
    assert parse_band_mapping("B02, -, b4", 3) == (("B02", 1), ("B04", 3))
    assert parse_band_mapping("B04=1;slope=3", 3) == (("B04", 1), ("slope", 3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("B02,red", "'red'; expected band names such as"),
        ("B04=x", "'B04=x'; expected band names"),
        ("B04=0", "asks for B04=0, but the raster has 3 bands"),
        ("B01,B02,B03,B04", "asks for B04=4, but the raster has 3 bands"),
        ("B04=1,B04=2", "names a band twice"),
    ],
)
def test_wrong_mappings(text, message):
    with pytest.raises(BandError, match=message):
        parse_band_mapping(text, 3)


def test_bands_come_in_the_order_asked_for(tmp_path, rng):
    values = reflectance(rng, height=20, width=30)
    path = write_raster(tmp_path / "s.tif", values, names=["B02", "B03", "B04"])
    with StackReader(open_stack(path), ("B04", "B02")) as reader:
        read, valid = reader.read(Window(0, 0, 20, 30))
    assert np.array_equal(read, values[[2, 0]])
    assert valid.all()


def test_mapping_overrides_the_names_in_the_file(tmp_path, rng):
    values = reflectance(rng, height=20, width=30)
    path = write_raster(tmp_path / "s.tif", values, names=["B02", "B03", "B04"])
    with StackReader(open_stack(path, band_mapping="B04,B03,B02"), ("B04",)) as reader:
        assert np.array_equal(reader.read(Window(0, 0, 20, 30))[0][0], values[0])


def test_beyond_the_edge_pixels_are_mirrored(tmp_path, rng):
    values = reflectance(rng, height=20, width=30)
    path = write_raster(tmp_path / "s.tif", values, names=["B02", "B03", "B04"])
    with StackReader(open_stack(path), ("B02", "B03", "B04")) as reader:
        read, valid = reader.read(Window(-7, -9, 20 + 16, 30 + 50))
    assert np.array_equal(read, np.pad(values, ((0, 0), (7, 9), (9, 41)), mode="reflect"))
    assert valid.all()


def test_what_counts_as_no_data(tmp_path):
    values = np.full((2, 4, 4), 1000.0, dtype="float32")
    values[0, 0, 0] = np.nan
    values[1, 0, 1] = np.inf
    values[0, 0, 2] = -1  # the declared nodata
    values[:, 0, 3] = 0  # Sentinel-2's own mark
    values[0, 1, 0] = 0  # one dark band is no mark
    path = write_raster(tmp_path / "s.tif", values, names=["B03", "B04"], nodata=-1)
    with StackReader(open_stack(path), ("B03", "B04")) as reader:
        _, valid = reader.read(Window(0, 0, 4, 4))
    expected = np.ones((4, 4), bool)
    expected[0] = False
    assert np.array_equal(valid, expected)


def test_terrain_comes_from_the_dem(tmp_path, rng):
    values = reflectance(rng, height=40, width=40)
    stack = write_raster(tmp_path / "s.tif", values, names=["B02", "B03", "B04"])
    plane = np.add.outer(np.zeros(60), np.arange(60) * 10.0).astype("float32")
    plane[:25] = -9999
    dem = write_raster(
        tmp_path / "d.tif", plane, origin=(499900.0, 4700100.0), nodata=-9999
    )  # rises 1 m on 1 m to the east, starts 10 pixels north-west of the stack
    with StackReader(open_stack(stack, dem), ("slope", "B04", "dem")) as reader:
        read, valid = reader.read(Window(0, 0, 40, 40))
    assert not valid[:15].any()
    assert valid[16:].all()
    assert np.allclose(read[0, 16:], 45, atol=0.01)
    assert np.array_equal(read[1], values[2])
    assert np.allclose(read[2, 16:], plane[26:50, 10:50])


def test_slope_from_a_stack_with_dem_but_no_slope(tmp_path):
    plane = np.add.outer(np.zeros(30), np.arange(30) * 10.0)
    values = np.stack([np.full((30, 30), 900.0), plane]).astype("float32")
    path = write_raster(tmp_path / "s.tif", values, names=["B04", "dem"])
    with StackReader(open_stack(path), ("B04", "slope")) as reader:
        assert np.allclose(reader.read(Window(0, 0, 30, 30))[0][1], 45, atol=0.01)


def test_missing_band_is_named_with_those_found(stack_path):
    stack = open_stack(stack_path)
    with pytest.raises(BandError) as err:
        stack.require_bands(("B04", "B08", "slope"), "The model x")
    text = str(err.value)
    assert text.startswith("The model x needs bands B08, slope, not found in ")
    assert "Found: B02, B03, B04." in text
    assert "band mapping" in text


def test_missing_slope_asks_for_a_dem(stack_path):
    with pytest.raises(BandError, match=r"needs band slope, .* Give a DEM raster"):
        open_stack(stack_path).require_bands(("B04", "slope"), "The model x")


def test_raster_without_names_asks_for_the_mapping(tmp_path, rng):
    path = write_raster(tmp_path / "s.tif", reflectance(rng))
    with pytest.raises(BandError, match=r"Found: no band with a known name\. Name the raster's"):
        open_stack(path).require_bands(("B04",), "The model x")


def test_band_named_twice(tmp_path, rng):
    path = write_raster(tmp_path / "s.tif", reflectance(rng), names=["B04", "B4", "B02"])
    with pytest.raises(BandError, match="more than one band named B04"):
        open_stack(path)


def test_not_a_raster(tmp_path):
    path = tmp_path / "s.tif"
    path.write_text("no raster")
    with pytest.raises(RasterError, match=r"cannot be read as a raster .* Expected a GeoTIFF"):
        open_stack(str(path))


def test_no_such_file(tmp_path):
    with pytest.raises(RasterError, match="cannot be read as a raster"):
        open_stack(str(tmp_path / "nowhere.tif"))


def test_no_crs(tmp_path, rng):
    path = write_raster(tmp_path / "s.tif", reflectance(rng), crs=None)
    with pytest.raises(RasterError, match=r"no coordinate reference system.*Assign one"):
        open_stack(path)


def test_no_georeference(tmp_path, rng):
    path = write_raster(tmp_path / "s.tif", reflectance(rng), pixel=0)
    with pytest.raises(RasterError, match=r"no georeference.*Georeference it"):
        open_stack(path)


def test_file_cut_short(tmp_path, rng):
    path = tmp_path / "s.tif"
    write_raster(path, reflectance(rng, height=400, width=400), names=["B02", "B03", "B04"])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with (
        pytest.raises(RasterError, match=r"damaged|cannot be read"),
        StackReader(open_stack(str(path)), ("B04",)) as reader,
    ):
        reader.read(Window(0, 0, 400, 400))


def teststated_scale_and_offset_give_reflectance(tmp_path, rng):
    rasterio = pytest.importorskip("rasterio")
    values = reflectance(rng, height=20, width=30).astype("uint16")
    path = write_raster(tmp_path / "s.tif", values + np.uint16(1000), names=["B02", "B03", "B04"])
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (1e-4,) * 3, (-0.1,) * 3
    stack = open_stack(path)
    assert "B02 (value -1000) x 1" in stack.scale_text()
    with StackReader(stack, ("B02", "B03", "B04")) as reader:
        read, _ = reader.read(Window(0, 0, 20, 30))
    assert np.array_equal(read, values)


def vrt(path, *sources):
    """A virtual raster of one band for each list of (file, band) sources."""
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{number}">'
        + "".join(
            f'<SimpleSource><SourceFilename relativeToVRT="1">{file}</SourceFilename>'
            f"<SourceBand>{band}</SourceBand></SimpleSource>"
            for file, band in files
        )
        + "</VRTRasterBand>"
        for number, files in enumerate(sources, start=1)
    )
    path.write_text(
        '<VRTDataset rasterXSize="30" rasterYSize="20"><SRS>EPSG:32654</SRS>'
        f"<GeoTransform>500000,10,0,4700000,0,-10</GeoTransform>{bands}</VRTDataset>"
    )
    return str(path)


def test_names_behind_a_virtual_raster(tmp_path, rng):
    values = reflectance(rng, height=20, width=30)
    write_raster(tmp_path / "a.tif", values, names=["B02", "B03", "B04"])
    write_raster(tmp_path / "b.tif", values, names=["B02", "B04", "B03"])
    turned = vrt(tmp_path / "turned.vrt", [("a.tif", 3)], [("a.tif", 2)])
    assert open_stack(turned).bands == (("B04", 1), ("B03", 2))
    mixed = vrt(tmp_path / "mixed.vrt", [("a.tif", 1), ("b.tif", 1)], [("a.tif", 2), ("b.tif", 2)])
    assert open_stack(mixed).bands == (("B02", 1),)
    nested = vrt(tmp_path / "nested.vrt", [("turned.vrt", 2)])
    assert open_stack(nested).bands == (("B03", 1),)


@pytest.mark.parametrize("extent", [(np.inf, np.inf, np.nan, np.nan), (-1e308, -1e308, 1e308, 1)])
def test_extent_that_is_no_place(tmp_path, rng, extent):
    path = write_raster(tmp_path / "s.tif", reflectance(rng, height=20, width=30))
    with pytest.raises(ParameterError, match="no place on the Earth; the raster covers"):
        open_stack(path).grid.window_of(extent)
