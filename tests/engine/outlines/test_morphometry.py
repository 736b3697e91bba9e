"""Hand-made landslides with known answers, and what must not change them."""

import math

import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer

from landslip.engine.outlines.morphometry import nearest_neighbours
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.tests.support import UTM, write_raster

SIZE = 101
GRADIENT = 0.4
INVARIANT = (
    *("area_m2", "perimeter_m", "length_m", "width_m", "elongation", "compactness", "height_m"),
    *("travel_m", "h_l", "reach_deg", "slope_mean", "slope_max", "curvature", "prob_p10"),
)


def grids(pixel=10.0):
    """Metres to the east and the north of the middle of a square raster."""
    away = (np.arange(SIZE) - SIZE // 2) * pixel
    return np.meshgrid(away, -away)


def plane(azimuth, pixel=10.0):
    """An even slope that goes down towards ``azimuth``, degrees from north."""
    east, north = grids(pixel)
    towards = math.radians(azimuth)
    down = east * math.sin(towards) + north * math.cos(towards)
    return (1000 - GRADIENT * down).astype("float32")


def rectangle(azimuth, length, width, pixel=10.0):
    """Pixels of a rectangle of ``length`` m along ``azimuth`` and ``width`` m across it."""
    east, north = grids(pixel)
    towards = math.radians(azimuth)
    along = east * math.sin(towards) + north * math.cos(towards)
    across = east * math.cos(towards) - north * math.sin(towards)
    return (np.abs(along) < length / 2) & (np.abs(across) < width / 2)


def measure(folder, mask, dem, values=0.9, **options):
    probability = np.where(mask, values, 0).astype("float32")
    place = {key: options.pop(key) for key in ("crs", "pixel", "origin") if key in options}
    request = VectoriseRequest(
        write_raster(folder / "p.tif", probability, **place),
        write_raster(folder / "d.tif", dem, **place),
        0.5,
        **options,
    )
    return list(vectorise(request))


@pytest.mark.parametrize("azimuth", [0, 30, 45, 90, 120, 180, 247, 270, 315])
@pytest.mark.parametrize(("length", "width"), [(410, 110), (110, 410)])
def test_rectangle_on_an_even_slope(tmp_path, azimuth, length, width):
    """Down the slope and across it, also where it is wider than long: within a pixel."""
    (found,) = measure(tmp_path, rectangle(azimuth, length, width), plane(azimuth))
    assert found["length_m"] == pytest.approx(length, abs=10)
    assert found["width_m"] == pytest.approx(width, abs=10)
    assert (found["elongation"] > 1) == (length > width)
    assert found["elongation"] == pytest.approx(found["length_m"] / found["width_m"])
    # Elevations are those of the pixels' centres, and so is the way between them.
    assert found["h_l"] == pytest.approx(GRADIENT, rel=0.02)
    assert found["reach_deg"] == pytest.approx(math.degrees(math.atan(GRADIENT)), abs=0.4)
    assert found["height_m"] == pytest.approx(found["z_max"] - found["z_min"])
    assert found["height_m"] == pytest.approx(GRADIENT * (length - 10), abs=GRADIENT * 10)
    assert found["slope_mean"] == pytest.approx(math.degrees(math.atan(GRADIENT)), abs=0.01)
    assert found["slope_max"] == pytest.approx(found["slope_mean"], abs=0.01)
    assert found["curvature"] == pytest.approx(0, abs=1e-5)
    difference = (found["aspect_deg"] - azimuth + 180) % 360 - 180
    assert difference == pytest.approx(0, abs=0.05)


def test_axis_parallel_slide_is_exact(tmp_path):
    (found,) = measure(tmp_path, rectangle(180, 410, 110), plane(180))
    # UTM's scale at its central meridian is 0.9996: ground lengths are longer than on the map.
    assert found["length_m"] == pytest.approx(410 / 0.9996, rel=1e-4)
    assert found["width_m"] == pytest.approx(110 / 0.9996, rel=1e-4)
    assert found["travel_m"] == pytest.approx(400 / 0.9996, rel=1e-4)
    assert found["height_m"] == pytest.approx(160, abs=0.01)
    assert found["compactness"] == pytest.approx(
        4 * math.pi * found["area_m2"] / found["perimeter_m"] ** 2
    )


def test_crown_is_above_the_toe(tmp_path):
    (found,) = measure(tmp_path, rectangle(90, 210, 10), plane(90))
    geod = Geod(ellps="WGS84")
    ends = [found[name] for name in ("crown_lon", "crown_lat", "toe_lon", "toe_lat")]
    azimuth, _, distance = geod.inv(*ends)
    assert distance == pytest.approx(200 / 0.9996, rel=1e-4)
    assert found["travel_m"] == pytest.approx(distance, rel=1e-6)
    assert azimuth == pytest.approx(90, abs=0.1)


@pytest.mark.parametrize("azimuth", [0, 20, 45, 90, 200])
@pytest.mark.parametrize(("length", "width"), [(410, 110), (110, 410), (60, 800)])
def test_height_and_travel_agree_with_crown_and_toe(tmp_path, azimuth, length, width):
    """H is crown above toe. L is how far down the slope the toe lies, not how far aside."""
    (found,) = measure(tmp_path, rectangle(azimuth, length, width), plane(azimuth + 5))
    ends = [found[name] for name in ("crown_lon", "crown_lat", "toe_lon", "toe_lat")]
    towards, _, distance = Geod(ellps="WGS84").inv(*ends)
    down = distance * math.cos(math.radians(towards - azimuth - 5))
    assert found["height_m"] == pytest.approx(found["z_max"] - found["z_min"])
    assert down - 0.1 <= found["travel_m"] <= distance + 0.1
    assert found["travel_m"] <= max(found["length_m"], down) + 0.1
    assert found["h_l"] == pytest.approx(found["height_m"] / found["travel_m"])
    if width == 800:  # where crown and toe lie at opposite flanks
        assert found["travel_m"] < 0.5 * distance


def test_one_pixel_deep_is_not_steeper_than_its_land(tmp_path):
    """A row of pixels along a contour that runs aslant: its way is bounded by the slope."""
    mask = np.zeros((SIZE, SIZE), bool)
    mask[50, 40:60] = True
    (found,) = measure(tmp_path, mask, plane(185))
    assert found["elongation"] < 0.2
    assert found["h_l"] == pytest.approx(GRADIENT, rel=0.02)


def test_hole_counts_for_nothing_but_is_measured_around(tmp_path):
    mask = rectangle(180, 410, 110)
    mask[45:55, 48:53] = False
    (found,) = measure(tmp_path, mask, plane(180))
    (solid,) = measure(tmp_path, rectangle(180, 410, 110), plane(180))
    assert found["pixel_count"] == solid["pixel_count"] - 50
    assert found["area_m2"] == pytest.approx(solid["area_m2"] - 5000 / 0.9996**2, rel=1e-6)
    for name in ("length_m", "width_m", "travel_m", "height_m"):
        assert found[name] == pytest.approx(solid[name])


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turning_and_mirroring_change_nothing(tmp_path, rng, turns, mirrored):
    """The scene and its DEM turned by quarters and mirrored: the same to 0.1 %.

    Not exactly the same: UTM's scale differs a little between the places that the pixels move to.
    """
    from scipy import ndimage

    rough = ndimage.gaussian_filter(rng.standard_normal((SIZE, SIZE)), 4) * 40
    dem, mask = plane(200) + rough.astype("float32"), rectangle(210, 300, 120)
    mask |= rectangle(150, 200, 70)
    values = 0.5 + 0.4 * rng.random((SIZE, SIZE))

    def moved(layer):
        turned = np.rot90(layer, turns)
        return np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)

    (still,) = measure(tmp_path, mask, dem, values)
    (found,) = measure(tmp_path, moved(mask), moved(dem), moved(values))
    for name in INVARIANT:
        assert found[name] == pytest.approx(still[name], rel=1e-3, abs=1e-7), name


@pytest.mark.parametrize(
    ("crs", "lon", "lat"),
    [(UTM, 141.0, 42.4), ("EPSG:32653", 141.0, 42.4), ("EPSG:32654", 147.5, 60.0)],
)
def test_the_zone_makes_no_difference(tmp_path, crs, lon, lat):
    """In the middle of a UTM zone, at its border and beyond it: the same within the scale."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    place = {"crs": crs, "origin": (round(x, -1) - 505, round(y, -1) + 505)}
    (found,) = measure(tmp_path, rectangle(180, 410, 110), plane(180), **place)
    scale = math.sqrt(found["area_m2"] / (41 * 11 * 100))
    assert found["length_m"] == pytest.approx(410 * scale, rel=2e-4)
    assert found["width_m"] == pytest.approx(110 * scale, rel=2e-4)
    assert found["h_l"] == pytest.approx(GRADIENT / scale, rel=1e-3)


def test_degrees_at_sixty_north(tmp_path):
    """In EPSG:4326 at 60 degrees pixels are twice as high as wide; lengths are true."""
    step = 0.0002
    geod = Geod(ellps="WGS84")
    height = geod.inv(25, 60, 25, 60 + step)[2]
    width = geod.inv(25, 60, 25 + step, 60)[2]
    rows, cols = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    east, south = cols * width, rows * height
    down = (east + south) / math.sqrt(2)  # towards the south-east, on the ground
    mask = (np.abs(down) < 300) & (np.abs(east - south) / math.sqrt(2) < 100)
    (found,) = measure(
        tmp_path,
        mask,
        (2000 - GRADIENT * down).astype("float32"),
        crs="EPSG:4326",
        pixel=step,
        origin=(25 - 50.5 * step, 60 + 50.5 * step),
    )
    assert found["aspect_deg"] == pytest.approx(135, abs=0.2)
    assert found["length_m"] == pytest.approx(600, abs=height)
    assert found["width_m"] == pytest.approx(200, abs=height)
    assert found["h_l"] == pytest.approx(GRADIENT, rel=0.01)


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_borders_of_regions_change_nothing(tmp_path, rows):
    mask = rectangle(160, 410, 110)
    mask[40:43, 49:52] = False
    probability = write_raster(tmp_path / "p.tif", np.where(mask, 0.8, 0).astype("float32"))
    dem = write_raster(tmp_path / "d.tif", plane(140))
    request = VectoriseRequest(probability, dem, 0.5, fill_holes=500, split=0.5, smooth=True)
    (whole,) = vectorise(request)
    (cut,) = vectorise(request, band_pixels=rows * SIZE)
    assert shapely.from_wkb(cut.wkb).normalize() == shapely.from_wkb(whole.wkb).normalize()
    for name in INVARIANT:
        assert cut[name] == pytest.approx(whole[name], rel=1e-9, abs=1e-12), name


def test_dome_is_convex_and_has_no_aspect_on_average(tmp_path):
    east, north = grids()
    dem = (500 - (east**2 + north**2) / 2000).astype("float32")
    (found,) = measure(tmp_path, east**2 + north**2 <= 100**2, dem)
    assert found["curvature"] == pytest.approx(2 / 1000, rel=0.02)
    assert found["aspect_deg"] is None
    assert found["length_m"] is None


def test_without_dem_and_on_level_land(tmp_path):
    mask = rectangle(0, 110, 50)
    (level,) = measure(tmp_path, mask, np.full((SIZE, SIZE), 7, "float32"))
    assert (level["height_m"], level["slope_mean"], level["length_m"]) == (0, 0, None)
    path = str(tmp_path / "p.tif")
    (without,) = vectorise(VectoriseRequest(path, threshold=0.5))
    for name in ("z_max", "crown_lon", "length_m", "h_l", "slope_max", "aspect_deg", "curvature"):
        assert without[name] is None
    assert without["compactness"] == pytest.approx(4 * math.pi * 55 / 32**2, rel=1e-3)


def test_probability_of_the_lowest_tenth(tmp_path, rng):
    mask = rectangle(0, 400, 300)
    values = 0.5 + 0.5 * rng.random((SIZE, SIZE))
    (found,) = measure(tmp_path, mask, plane(0), values)
    expected = np.quantile(values[mask].astype("float32"), 0.1, method="inverted_cdf")
    assert found["prob_p10"] == pytest.approx(expected, abs=0.001)
    assert found["prob_p10"] <= expected + 1e-5


def test_neighbours():
    lon, lat = np.array([10.0, 10.01, 179.9995, -179.9995]), np.array([47.0, 47, 0, 0])
    geod = Geod(ellps="WGS84")
    near, far = geod.inv(10, 47, 10.01, 47)[2], geod.inv(179.9995, 0, -179.9995, 0)[2]
    assert nearest_neighbours(lon, lat) == pytest.approx([near, near, far, far], rel=1e-6)
    assert nearest_neighbours(lon[:1], lat[:1]) == [None]
    assert nearest_neighbours(lon[:0], lat[:0]) == []
