"""Stacks from made products, whose values and masks are known; and from the real ones."""

import dataclasses
import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from landslip.engine.common.errors import (
    BandError,
    Cancelled,
    OutputError,
    ParameterError,
    ProductError,
    RasterError,
    ScaleError,
)
from landslip.engine.preparation.prepare import PrepareRequest, prepare
from landslip.engine.preparation.target_grid import AreaOfInterest, GridRequest
from landslip.engine.products.masks import Reason, scl_reasons
from landslip.engine.raster.geotiff import NODATA
from landslip.engine.stack.reader import StackReader, open_stack
from landslip.tests.safe_fixture import (
    CLOUD_PIXELS,
    CORNERS,
    CRS,
    PIXEL_SIZES,
    SIZE,
    Safe,
    reflectance,
    scene_classes,
    write_safe,
    zip_folder,
)
from landslip.tests.support import card, write_model, write_raster

L1C, L2A = Safe("L1C"), Safe("L2A")
WEST, NORTH = CORNERS["32TMT"]
BENCHMARK = (
    *("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08"),
    *("B09", "B10", "B11", "B12", "slope", "dem"),
)


@pytest.fixture
def make(tmp_path):
    """Prepare a stack; returns it, and all warnings."""

    def make(products, **changes):
        (tmp_path / "out").mkdir(exist_ok=True)
        products = (products,) if isinstance(products, str) else tuple(products)
        stack = changes.pop("stack", str(tmp_path / "out" / "stack.tif"))
        hooks = {name: changes.pop(name, None) for name in ("progress", "cancelled")}
        warnings = []
        request = PrepareRequest(products, stack, **changes)
        return prepare(request, **hooks, warn=warnings.append), warnings

    return make


@pytest.fixture
def plane(tmp_path):
    """A DEM on the tile's grid, wider than the tile, that rises 1 in 2 to the east."""
    return write_dem(tmp_path / "dem.tif", np.broadcast_to(np.arange(120) * 5.0, (100, 120)))


def write_dem(path, heights, **options):
    place = {"crs": CRS, "origin": (WEST - 200, NORTH + 200), **options}
    return write_raster(path, np.asarray(heights, "float32"), **place)


def read(path):
    """Bands by name, as masked arrays."""
    with rasterio.open(path) as dataset:
        return dict(zip(dataset.descriptions, dataset.read(masked=True)))


def ramp(band, tile="32TMT"):
    """What the ramp of a made band is at the centres of 10 m pixels."""
    size = PIXEL_SIZES[band]
    offset = (size / 10 - 1) / 2  # from a pixel's first corner to its centre, 10 m pixels
    rows, cols = np.mgrid[:SIZE, :SIZE].astype(float)
    return reflectance(band, tile, size)[0, 0] + 10 * (rows - offset) + 3 * (cols - offset)


# --- bands ---


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_l1c_gives_the_benchmarks_bands_in_its_order(tmp_path, make, plane, zipped):
    prepared, _ = make(write_safe(tmp_path, L1C, zipped=zipped), dems=(plane,))
    assert prepared.bands == (*BENCHMARK, "B8A")
    with rasterio.open(prepared.stack) as stack:
        assert stack.descriptions == prepared.bands
        assert stack.crs == CRS
        assert stack.res == (10, 10)
        assert stack.bounds == (WEST, NORTH - 10 * SIZE, WEST + 10 * SIZE, NORTH)
        assert set(stack.nodatavals) == {NODATA}
        assert stack.units[0] == "reflectance x 10000"
        assert stack.units[12:14] == ("degree", "metre")


@pytest.mark.parametrize("band", PIXEL_SIZES)
@pytest.mark.parametrize("resampling", ["bilinear", "cubic"])
def test_a_ramp_keeps_its_place(tmp_path, make, band, resampling):
    """Half a pixel of shift would change it by 6.5 along the diagonal."""
    prepared, _ = make(write_safe(tmp_path, L1C), bands=(band,), resampling=resampling)
    values = read(prepared.stack)[band]
    # Beyond the outermost centres there is nothing to interpolate with.
    edge = 2 * PIXEL_SIZES[band] // 10 if PIXEL_SIZES[band] > 10 else 0
    inside = slice(edge, SIZE - edge)
    assert np.abs(values - ramp(band))[inside, inside].max() <= 0.51
    assert values.count() == SIZE * SIZE


def test_nearest_repeats_pixels(tmp_path, make):
    prepared, _ = make(write_safe(tmp_path, L1C), bands=("B11",), resampling="nearest")
    expected = reflectance("B11", "32TMT", 20).repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(read(prepared.stack)["B11"], expected)


def test_two_tiles_make_one_image(tmp_path, make):
    products = [write_safe(tmp_path, Safe("L1C", tiles=(tile,))) for tile in CORNERS]
    prepared, _ = make(products, bands=("B02",))
    expected = np.hstack([reflectance("B02", tile, 10) for tile in CORNERS])
    assert np.array_equal(read(prepared.stack)["B02"], expected)


def test_bands_of_a_model_in_its_order(tmp_path, make, plane):
    bands = ("slope", "B8A", "B02")
    model = write_model(tmp_path / "m.onnx", card(bands=bands))
    prepared, _ = make(write_safe(tmp_path, L2A), dems=(plane,), model=model)
    assert prepared.bands == bands


def test_a_model_that_needs_b10_is_refused_for_l2a(tmp_path, make):
    model = write_model(tmp_path / "m.onnx", card(bands=("B10", "B02")))
    with pytest.raises(BandError, match=r"no L2A product has B10, or choose .*: effnet_rgb\b"):
        make(write_safe(tmp_path, L2A), model=model)


def test_slope_without_a_dem_is_refused(tmp_path, make):
    with pytest.raises(BandError, match=r"needs band slope; .* Give a DEM\."):
        make(write_safe(tmp_path, L2A), bands=("slope",))


def test_a_ready_stack_is_taken_as_it_is(tmp_path, make, plane):
    first, _ = make(write_safe(tmp_path, L1C), dems=(plane,))
    again, _ = make(first.stack, stack=str(tmp_path / "again.tif"))
    one, other = read(first.stack), read(again.stack)
    assert list(one) == list(other)
    for name, values in one.items():
        assert np.array_equal(values.filled(0), other[name].filled(0)), name


def test_detection_reads_it(tmp_path, make, plane):
    prepared, _ = make(write_safe(tmp_path, L2A), dems=(plane,))
    with StackReader(open_stack(prepared.stack), ("B04", "slope")) as reader:
        values, valid = reader.read(prepared.grid.area)
    assert valid.all()
    assert np.array_equal(values[0], reflectance("B04", "32TMT", 10))


# --- terrain ---


def test_terrain_of_a_plane(tmp_path, make, plane):
    prepared, warnings = make(write_safe(tmp_path, L1C), dems=(plane,))
    layers = read(prepared.stack)
    assert np.allclose(layers["slope"], np.degrees(np.arctan(0.5)), atol=0.01)
    assert np.allclose(layers["dem"], np.broadcast_to(100 + np.arange(SIZE) * 5.0, (SIZE, SIZE)))
    assert not any("DEM" in warning for warning in warnings)


@pytest.mark.parametrize(("fill", "missing"), [(0, 36), (100, 0)])
def test_voids_are_told_and_filled_where_asked(tmp_path, make, fill, missing):
    heights = np.broadcast_to(np.arange(120) * 5.0, (100, 120)).copy()
    heights[40:46, 40:46] = -32768
    dem = write_dem(tmp_path / "dem.tif", heights, nodata=-32768)
    prepared, warnings = make(
        write_safe(tmp_path, L1C), dems=(dem,), bands=("B02", "dem", "slope"), fill_voids=fill
    )
    dem = read(prepared.stack)["dem"]
    assert dem.size - dem.count() == missing
    assert prepared.void_share == pytest.approx(36 / SIZE**2)
    assert any("no data on 1.0% of the scene" in warning for warning in warnings) == bool(missing)
    assert np.allclose(dem.compressed(), np.broadcast_to(
        100 + np.arange(SIZE) * 5.0, (SIZE, SIZE))[~np.ma.getmaskarray(dem)], atol=5)  # fmt: skip
    assert read(prepared.stack)["B02"].count() == SIZE**2


# --- masks ---


@pytest.mark.parametrize(
    "out", [(), ("cloud",), ("snow", "water"), ("cloud", "cirrus", "shadow", "snow", "defective")]
)
def test_scene_classes_become_nodata(tmp_path, make, out):
    prepared, warnings = make(
        write_safe(tmp_path, L2A), bands=("B02",), out=out, mask=str(tmp_path / "mask.tif")
    )
    asked = sum(Reason[name.upper()] for name in out)
    asked |= Reason.NODATA if "defective" in out else 0
    classes = scene_classes().repeat(2, axis=0).repeat(2, axis=1)
    expected = scl_reasons(classes) & np.uint8(asked)
    with rasterio.open(prepared.mask) as mask:
        reasons = mask.read(1)
    extra = np.s_[:18]  # rows that the fixture's quality masks mark
    assert np.array_equal(np.delete(reasons, extra, 0), np.delete(expected, extra, 0))
    band = read(prepared.stack)["B02"]
    assert np.array_equal(np.ma.getmaskarray(band), reasons != 0)
    assert prepared.valid_share == pytest.approx((reasons == 0).mean())
    assert not any("without a mask" in warning for warning in warnings)


def test_polygons_become_nodata(tmp_path, make):
    product = write_safe(tmp_path, Safe("L1C", "02.06", offset=None))
    prepared, warnings = make(product, bands=("B02",), out=("cloud", "snow"))
    expected = np.zeros((SIZE, SIZE), dtype=bool)
    expected[CLOUD_PIXELS] = True
    assert np.array_equal(np.ma.getmaskarray(read(prepared.stack)["B02"]), expected)
    assert any("comes without a mask of snow" in warning for warning in warnings)


def test_rule_for_water(tmp_path, make):
    rows = np.arange(50)[:, None] < 20
    bands = {"B03": np.where(rows, 900, 800), "B08": np.where(rows, 300, 2500)}
    bands["B11"] = np.where(rows, 100, 2000)
    image = np.stack([np.broadcast_to(v, (50, 60)) for v in bands.values()]).astype("uint16")
    raster = write_raster(tmp_path / "r.tif", image, names=list(bands))
    prepared, _ = make(raster, bands=("B08",), rules=("water",), mask=str(tmp_path / "mask.tif"))
    with rasterio.open(prepared.mask) as mask:
        assert np.array_equal(mask.read(1), np.broadcast_to(rows, (50, 60)) * 64)
    assert read(prepared.stack)["B08"].count() == 30 * 60


# --- grid ---


def test_extent_and_pixel_size(tmp_path, make):
    grid = GridRequest(extent=(WEST + 35, NORTH - 305, WEST + 215, NORTH - 100))
    prepared, _ = make(write_safe(tmp_path, L1C), bands=("B02",), grid=grid)
    whole = reflectance("B02", "32TMT", 10)
    assert np.array_equal(read(prepared.stack)["B02"], whole[10:31, 3:22])


def test_another_crs(tmp_path, make):
    """The ramp, seen in degrees, is where pyproj says that it is."""
    from pyproj import Transformer

    grid = GridRequest(crs="EPSG:4326")
    prepared, _ = make(write_safe(tmp_path, L1C), bands=("B02",), grid=grid)
    values = read(prepared.stack)["B02"]
    rows, cols = np.nonzero(~np.ma.getmaskarray(values))
    assert rows.size > 1000
    to_utm = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    x, y = to_utm.transform(*prepared.grid.to_map(cols + 0.5, rows + 0.5))
    col, row = (x - WEST) / 10 - 0.5, (NORTH - y) / 10 - 0.5
    inside = (col > 1) & (col < SIZE - 2) & (row > 1) & (row < SIZE - 2)
    expected = reflectance("B02", "32TMT", 10)[0, 0] + 10 * row + 3 * col
    assert inside.sum() > 1000
    assert np.abs(values[rows, cols] - expected)[inside].max() < 2


def test_area_of_interest(tmp_path, make):
    outline = [(WEST + 100, NORTH - 100), (WEST + 300, NORTH - 100), (WEST + 300, NORTH - 300),
               (WEST + 100, NORTH - 300), (WEST + 100, NORTH - 100)]  # fmt: skip
    hole = [(WEST + x, NORTH - y) for x, y in ((150, 150), (200, 150), (200, 200), (150, 150))]
    area = AreaOfInterest(CRS, ((tuple(outline), tuple(hole)),))
    prepared, _ = make(write_safe(tmp_path, L1C), bands=("B02",), grid=GridRequest(area=area))
    values = read(prepared.stack)["B02"]
    assert values.shape == (20, 20)
    assert 380 < values.count() < 400


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (GridRequest(crs="EPSG:0"), "is no CRS"),
        (GridRequest(crs="EPSG:xx"), r"'EPSG:xx' is no CRS\. Give a code"),
        (GridRequest(extent=(0, 0, 1, 1), extent_crs="EPSG:1:2"), "'EPSG:1:2' is no CRS"),
        (GridRequest(pixel_size=0), "The pixel size is 0"),
        (GridRequest(crs="EPSG:4326", pixel_size=10), "10 degrees"),
        (GridRequest(pixel_size=0.001), "thousand million"),
        (GridRequest(extent=(0, 0, 1, 1)), "does not touch the raster"),
        (
            GridRequest(extent=(WEST + 200, NORTH - 200, WEST + 100, NORTH)),
            "from 400200 to 400100 in x .* expected the smaller number first",
        ),
        (
            GridRequest(extent=(7.7, 47, 7.6, 46), extent_crs="EPSG:4326"),
            r"from 7\.7 to 7\.6 in x and from 47 to 46 in y",
        ),
    ],
)
def test_a_grid_that_makes_no_sense(tmp_path, make, grid, message):
    with pytest.raises(ParameterError, match=message):
        make(write_safe(tmp_path, L1C), grid=grid)


# --- before the event ---


def test_pre_event_bands_and_differences(tmp_path, make):
    before = write_safe(tmp_path, Safe("L1C", day="20230501"))
    prepared, warnings = make(write_safe(tmp_path, L1C), pre_event=(before,), bands=("B02", "B04"))
    assert prepared.bands == ("B02", "B04", "pre_B02", "pre_B04", "dNDVI", "dBSI", "dRG")
    layers = read(prepared.stack)
    assert np.array_equal(layers["pre_B04"], layers["B04"])
    for name in ("dNDVI", "dBSI", "dRG"):
        assert np.array_equal(layers[name], np.zeros((SIZE, SIZE)))
    assert not any("not before" in warning for warning in warnings)


def test_swapped_dates_are_told(tmp_path, make):
    after = write_safe(tmp_path, Safe("L1C", day="20230701"))
    _, warnings = make(write_safe(tmp_path, L1C), pre_event=(after,), bands=("B02",))
    assert any("Check that they are not swapped" in warning for warning in warnings)


def test_the_image_before_is_laid_on_the_other(tmp_path, make):
    """Bands, and their shift of two rows down and three columns to the left."""
    noise = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(2, 170, 170)), (0, 2, 2))
    ground = (1200 + 3000 * noise).astype(np.float32)
    after = write_raster(tmp_path / "a.tif", ground[:, 5:165, 5:165], names=("B03", "B04"))
    before = write_raster(tmp_path / "b.tif", ground[:, 3:163, 8:168], names=("B03", "B04"))
    off = {}
    for align in (True, False):
        prepared, warnings = make(after, pre_event=(before,), align=align)
        layers = read(prepared.stack)
        inside = slice(10, 150)
        off[align] = np.abs(layers["pre_B04"] - layers["B04"])[inside, inside].mean()
        assert any("from the post-event image" in text for text in warnings) != align
    assert off[True] < 0.1 * off[False]


# --- the file ---


def test_tags(tmp_path, make):
    prepared, _ = make(write_safe(tmp_path, L2A), bands=("B02",))
    with rasterio.open(prepared.stack) as stack:
        tags = stack.tags()
    assert tags["PRODUCT_ID"] == prepared.product == L2A.name
    assert tags["ACQUISITION_DATE"] == "2023-06-27T10:20:21Z"
    assert (tags["PROCESSING_LEVEL"], tags["PROCESSING_BASELINE"]) == ("L2A", "05.09")
    assert tags["REFLECTANCE_SCALE"] == "10000"


@pytest.mark.parametrize("cog", [False, True])
def test_tiled_with_overviews(tmp_path, make, cog):
    prepared, _ = make(
        write_safe(tmp_path, L1C), bands=("B02",), grid=GridRequest(pixel_size=0.5), cog=cog
    )
    with rasterio.open(prepared.stack) as stack:
        assert stack.overviews(1) == [2, 4]
        assert stack.is_tiled
        assert stack.compression.name == "deflate"
        assert (stack.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG") == cog
        assert stack.descriptions == ("B02",)
        assert stack.tags()["PROCESSING_LEVEL"] == "L1C"


def test_blocks_do_not_show(tmp_path, make, monkeypatch, rng):
    """However the work is cut, also across DEM tiles and voids, the file is the same."""
    from scipy.ndimage import gaussian_filter

    import landslip.engine.preparation.prepare as module

    heights = gaussian_filter(rng.standard_normal((60, 80)), 2) * 400 + 500
    heights[20:23, 30:32] = np.nan
    west = write_dem(tmp_path / "w.tif", heights[:, :41], pixel=27.0)
    east = write_dem(
        tmp_path / "e.tif", heights[:, 41:], pixel=27.0, origin=(WEST - 200 + 41 * 27, NORTH + 200)
    )
    whole_dem = write_dem(tmp_path / "dem.tif", heights, pixel=27.0)
    product = write_safe(tmp_path, Safe("L2A"))
    results = []
    for size, dems in ((1024, (whole_dem,)), (24, (whole_dem,)), (23, (east, west))):
        monkeypatch.setattr(module, "BLOCK_SIZE", size)
        prepared, _ = make(
            product, bands=("B02", "B11", "slope", "dem"), dems=dems, fill_voids=150, out=("cloud",)
        )
        results.append(read(prepared.stack))
    assert np.ptp(results[0]["slope"]) > 10
    for other in results[1:]:
        for name, values in results[0].items():
            apart = np.abs(values.filled(0) - other[name].filled(0)).max()
            assert apart <= (0.05 if name in ("slope", "dem") else 0), name


def test_requests_travel(tmp_path):
    request = PrepareRequest(("a.zip",), "s.tif", grid=GridRequest(crs="EPSG:4326"))
    assert pickle.loads(pickle.dumps(request)) == request  # noqa: S301 - our own bytes


# --- bad input ---


def truncated(folder):
    path = Path(write_safe(folder, L1C, zipped=True))
    path.write_bytes(path.read_bytes()[:-3000])
    return str(path), {}


def without_a_band(folder):
    root = Path(write_safe(folder, L1C))
    next(root.rglob("*_B04.jp2")).unlink()
    return str(root), {"bands": ("B02", "B04")}


def cut_short(folder):
    root = Path(write_safe(folder, L1C))
    image = next(root.rglob("*_B04.jp2"))
    image.write_bytes(image.read_bytes()[: image.stat().st_size // 2])
    return str(zip_folder(root)), {"bands": ("B04",)}


def dem_elsewhere(folder):
    dem = write_dem(folder / "d.tif", np.ones((9, 9)), origin=(WEST + 9000, NORTH))
    return write_safe(folder, L1C), {"dems": (dem,)}


def dem_without_crs(folder):
    dem = write_dem(folder / "d.tif", np.ones((90, 90)), crs=None)
    return write_safe(folder, L1C), {"dems": (dem,)}


def dem_in_feet(folder):
    dem = write_dem(folder / "d.tif", np.ones((90, 90)))
    with rasterio.open(dem, "r+") as dataset:
        dataset.units = ("ft",)
    return write_safe(folder, L1C), {"dems": (dem,)}


def dem_of_nothing(folder):
    dem = write_dem(folder / "d.tif", np.full((90, 90), -1), nodata=-1)
    return write_safe(folder, L1C), {"dems": (dem,)}


def all_masked(folder):
    corner = ((WEST, NORTH), (WEST + 20, NORTH), (WEST + 20, NORTH - 20), (WEST, NORTH))
    grid = GridRequest(extent=(WEST, NORTH - 100, WEST + 100, NORTH - 50))
    grid = dataclasses.replace(grid, area=AreaOfInterest(CRS, ((corner,),)))
    return write_safe(folder, L1C), {"grid": grid}


def eight_bits(folder):
    image = np.random.default_rng(1).integers(1, 255, (3, 50, 50)).astype("uint8")
    return write_raster(folder / "r.tif", image, names=["B02", "B03", "B04"]), {}


def no_folder(folder):
    return write_safe(folder, L1C), {"stack": str(folder / "nowhere" / "s.tif")}


def over_an_input(folder):
    image = np.full((3, 50, 50), 900, "uint16")
    path = write_raster(folder / "r.tif", image, names=["B02", "B03", "B04"])
    return path, {"stack": path}


def unknown(field):
    return lambda folder: (write_safe(folder, L1C), {field: ("clouds",)})


@pytest.mark.parametrize(
    ("case", "error", "message"),
    [
        (truncated, ProductError, "is not a whole zip file"),
        (without_a_band, BandError, "needs band B04; .* with these bands"),
        (cut_short, RasterError, r"B04\.jp2 .*(download|copy)"),
        (dem_elsewhere, RasterError, "does not touch the stack"),
        (dem_without_crs, RasterError, "no coordinate reference system"),
        (dem_in_feet, ScaleError, "heights in 'ft'; expected metres"),
        (dem_of_nothing, RasterError, "no data on any of the scene's pixels"),
        (all_masked, RasterError, "Not one pixel of the stack has data"),
        (eight_bits, ScaleError, "expected Sentinel-2 reflectance"),
        (no_folder, OutputError, "does not exist"),
        (over_an_input, OutputError, "would overwrite an input"),
        (unknown("out"), ParameterError, "Unknown reason .* Choose from cloud"),
        (unknown("rules"), ParameterError, "Unknown rule .* Choose from water"),
    ],
)
def test_bad_input_gets_a_sentence_and_leaves_no_file(tmp_path, make, case, error, message):
    products, changes = case(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(error, match=message):
        make(products, **changes)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_cancelled(tmp_path, make):
    seen = []
    with pytest.raises(Cancelled):
        make(
            write_safe(tmp_path, L1C),
            grid=GridRequest(pixel_size=0.25),
            bands=("B02",),
            progress=lambda fraction, _: seen.append(fraction),
            cancelled=lambda: len(seen) > 3,
            mask=str(tmp_path / "out" / "mask.tif"),
        )
    assert 0 < seen[-1] < 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("room", [65536, 0])
@pytest.mark.parametrize("cog", [False, True])
def test_disk_full(tmp_path, room, cog):
    """In a process whose files may not grow beyond 64 KiB, or at all."""
    product = write_safe(tmp_path, L1C)
    (tmp_path / "out").mkdir()
    script = f"""
        import resource, signal
        from landslip.engine.common.errors import LandslipError
        from landslip.engine.preparation.prepare import PrepareRequest, prepare
        from landslip.engine.preparation.target_grid import GridRequest
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
        target = {str(tmp_path / "out" / "s.tif")!r}
        grid = GridRequest(pixel_size=0.7)
        try:
            prepare(PrepareRequest(({product!r},), target, grid=grid, cog={cog}))
        except LandslipError as err:
            print(type(err).__name__, err)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("OutputError"), done.stdout + done.stderr
    assert "disk has room" in done.stdout
    assert list((tmp_path / "out").iterdir()) == []


# --- real products ---

REAL = {
    "L1C zip": ("S2A_MSIL1C_20180629T000241*.zip", 250.11, "56JMM", 13),
    "L1C folder": ("ssl4eo_l1c/0000200/20200823*", None, "43RCP", 13),
    "L2A folder": ("majortom_l2a/S2A_MSIL2A*", 10, "33NZA", 12),
}


@pytest.mark.parametrize("kind", REAL)
def test_real_products(real_data, tmp_path, make, kind):
    pattern, pixel, tile, count = REAL[kind]
    product = str(next(real_data.glob(pattern)))
    out = ("cloud",) if kind == "L1C zip" else ()
    prepared, warnings = make(product, out=out)
    assert len(prepared.bands) == count
    assert prepared.valid_share > 0.6
    if pixel:
        assert prepared.grid.transform[0] == pytest.approx(pixel, abs=0.01)
    layers = read(prepared.stack)
    with rasterio.open(prepared.stack) as stack:
        assert stack.tags()["TILES"] == tile
    means = {band: float(layer.mean()) for band, layer in layers.items()}
    assert means["B08"] > means["B04"] > 200, "plants and soil are brighter in near infrared"
    assert all(layer.max() < 20000 for layer in layers.values())
    assert not any("offset" in w and "seem" in w for w in warnings)


@pytest.mark.skipif(not shutil.which("gdaldem"), reason="needs gdaldem (Debian: gdal-bin)")
def test_real_scene_with_its_dem(real_data, tmp_path, make):
    """Slope equals gdaldem's of the DEM as it stands in the stack; shift of the image before."""
    scene = real_data / "hokkaido_2018"
    prepared, warnings = make(
        str(scene / "s2_post_B02_B03_B04.tif"),
        dems=(str(scene / "dsm_aw3d30.tif"),),
        pre_event=(str(scene / "s2_pre_B02_B03_B04.tif"),),
        band_mapping="B02,B03,B04",
    )
    number = prepared.bands.index("dem") + 1
    dem, slope = str(tmp_path / "dem.tif"), str(tmp_path / "slope.tif")
    with rasterio.open(prepared.stack) as stack:
        profile = {**stack.profile, "count": 1}
        with rasterio.open(dem, "w", **profile) as file:
            file.write(stack.read(number), 1)
    subprocess.run([shutil.which("gdaldem"), "slope", dem, slope], check=True)
    expected, ours = read(slope)[None], read(prepared.stack)["slope"]
    both = ~(np.ma.getmaskarray(expected) | np.ma.getmaskarray(ours))
    # Heights in the file are rounded to 1/64 m: 0.09 degrees at worst over 20 m.
    assert np.abs(expected - ours)[both].max() < 0.1
    assert both.mean() > 0.9
    assert prepared.shift.length > 0.5
    assert any("pixels (13 m) from the post-event image" in warning for warning in warnings)
