import numpy as np
import pytest

from landslip.engine.common.errors import ParameterError, RasterError
from landslip.engine.raster.elevation import DemSource, Elevation
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.tiling import regions
from landslip.engine.raster.voids import fill_voids
from landslip.tests.support import UTM, write_raster

WEST, NORTH = 500000.0, 4700000.0


@pytest.fixture
def grid(tmp_path):
    """60 x 70 pixels of 10 m."""
    from rasterio.crs import CRS

    wkt = CRS.from_user_input(UTM).to_wkt()
    return Grid(wkt, (10.0, 0.0, WEST, 0.0, -10.0, NORTH), 70, 60)


def relief(rng, height=40, width=44):
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(rng.standard_normal((height, width)), 2)
    return (noise * 400 + 500).astype("float32")


def write(path, heights, pixel=27.0, origin=(WEST - 200, NORTH + 200), **options):
    return write_raster(path, heights.astype("float32"), pixel=pixel, origin=origin, **options)


def read(paths, grid, size=None, **options):
    """Elevation, slope and voids of the whole grid, in blocks."""
    elevation = Elevation([DemSource(path) for path in paths], grid, **options)
    layers = np.zeros((3, grid.height, grid.width), "float32")
    for window in regions(grid.area, size or 1000):
        terrain = elevation.read(window)
        for layer, values in zip(layers, (terrain.elevation, terrain.slope, terrain.void)):
            layer[window.slices()] = values
    elevation.close()
    return layers


@pytest.mark.parametrize("method", ["cubic", "bilinear"])
@pytest.mark.parametrize("size", [16, 37])
def test_blocks_make_no_seams(tmp_path, rng, grid, method, size):
    path = write(tmp_path / "dem.tif", relief(rng))
    whole, cut = (read([path], grid, s, method=method) for s in (None, size))
    assert np.abs(whole - cut).max() < 1e-3
    assert whole[1].std() > 3


def test_a_window_of_a_dem_in_degrees_is_that_of_the_whole_to_the_last_bit(tmp_path, rng):
    """Larger than a block of GDAL's, which it would warp in one piece with an error of its own."""
    from rasterio.crs import CRS
    from rasterio.warp import transform_bounds

    wkt = CRS.from_user_input(UTM).to_wkt()
    grid = Grid(wkt, (10.0, 0.0, WEST, 0.0, -10.0, NORTH), 1200, 700)
    box = transform_bounds(UTM, "EPSG:4326", WEST - 500, NORTH - 7500, WEST + 12500, NORTH + 500)
    place = {"crs": "EPSG:4326", "pixel": 1 / 3600, "origin": (box[0], box[3])}
    path = write(tmp_path / "dem.tif", relief(rng, 300, 620), **place)
    whole = read([path], grid, 2000)
    assert np.isfinite(whole).all()
    for size in (150, 600):
        assert np.array_equal(read([path], grid, size), whole)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_tiles_of_one_dem_make_no_seam(tmp_path, rng, grid, order):
    heights = relief(rng)
    whole = write(tmp_path / "dem.tif", heights)
    tiles = [
        write(tmp_path / "w.tif", heights[:, :20]),
        write(tmp_path / "e.tif", heights[:, 20:], origin=(WEST - 200 + 20 * 27, NORTH + 200)),
    ]
    expected, got = read([whole], grid), read([tiles[i] for i in order], grid)
    assert np.abs(expected - got).max() < 1e-3


def test_tiles_in_degrees_make_no_seam(tmp_path, rng, grid):
    """As GLO-30 and SRTM come: one arc second, cut along a meridian."""
    from rasterio.warp import transform_bounds

    west, _, _, north = transform_bounds(UTM, "EPSG:4326", WEST - 200, NORTH, WEST, NORTH + 200)
    step, heights = 1 / 3600, relief(rng, 40, 60)
    place = {"crs": "EPSG:4326", "pixel": step}
    whole = write(tmp_path / "dem.tif", heights, origin=(west, north), **place)
    tiles = [
        write(tmp_path / "w.tif", heights[:, :25], origin=(west, north), **place),
        write(tmp_path / "e.tif", heights[:, 25:], origin=(west + 25 * step, north), **place),
    ]
    expected, got = read([whole], grid), read(tiles, grid)
    assert np.isfinite(expected).all()
    assert np.abs(expected - got).max() < 0.02


def test_a_second_dem_fills_the_gaps_of_the_first(tmp_path, rng, grid):
    heights = relief(rng)
    gap = heights.copy()
    gap[15:20, 15:20] = -9999
    first = write(tmp_path / "a.tif", gap, nodata=-9999)
    second = write(tmp_path / "b.tif", np.full((90, 100), 1234.0), pixel=13.0)
    elevation, _, void = read([first, second], grid)
    assert not void.any()
    assert (elevation == 1234).any()
    assert np.median(np.abs(elevation - read([write(tmp_path / "c.tif", heights)], grid)[0])) == 0


def test_slope_does_not_mind_what_heights_are_above(tmp_path, rng, grid):
    heights = relief(rng)
    geoid, ellipsoid = (write(tmp_path / f"{n}.tif", heights + n) for n in (0, 28))
    assert np.abs(read([geoid], grid)[1] - read([ellipsoid], grid)[1]).max() < 0.01


# --- voids ---


def test_a_plane_is_filled_exactly():
    plane = np.add.outer(np.arange(40) * 3.0, np.arange(50) * 7.0).astype("float32")
    dem = plane.copy()
    dem[10:18, 20:25] = np.nan
    dem[30, 5:9] = np.nan
    fill_voids(dem, 8)
    assert np.allclose(dem, plane, atol=0.01)


def test_wide_voids_and_those_at_the_border_stay(rng):
    dem = relief(rng)
    dem[5:14, 5:8] = np.nan  # 9 rows
    dem[0:3, 30:33] = np.nan
    dem[15, 5:8] = np.nan  # inside the rim of the first: filled, and the first is not
    before = dem.copy()
    fill_voids(dem, 8)
    assert np.isnan(dem[5:14, 5:8]).all()
    assert np.isnan(dem[0:3, 30:33]).all()
    assert np.isfinite(dem[15, 5:8]).all()
    known = np.isfinite(before)
    assert np.array_equal(dem[known], before[known])


def test_filling_does_not_depend_on_blocks(tmp_path, rng, grid):
    heights = relief(rng)
    for row, col in ((12, 14), (14, 17), (25, 20), (20, 30)):
        heights[row : row + 2, col : col + 2] = -9999
    path = write(tmp_path / "dem.tif", heights, nodata=-9999)
    whole, cut = (read([path], grid, size, fill=150.0) for size in (None, 16))
    assert whole[2].sum() > 20
    assert np.isfinite(whole).all()
    assert np.abs(whole - cut).max() < 1e-3


def test_too_wide_to_fill_is_refused(tmp_path, rng, grid):
    path = write(tmp_path / "dem.tif", relief(rng))
    with pytest.raises(ParameterError, match=r"expected 0 \(none\) to 5000"):
        read([path], grid, fill=1e5)


# --- what is wrong ---


def test_the_wrong_hemisphere_is_named(tmp_path, rng, grid):
    path = write(
        tmp_path / "dem.tif", relief(rng), crs="EPSG:32754", origin=(WEST - 200, NORTH + 200)
    )
    with pytest.raises(RasterError, match=r"read as zone 54N it would cover the stack"):
        read([path], grid)


def test_nearest_is_not_offered(tmp_path, rng, grid):
    path = write(tmp_path / "dem.tif", relief(rng))
    with pytest.raises(ParameterError, match="Unknown resampling 'nearest'"):
        read([path], grid, method="nearest")
