"""Maps in reports: where things are drawn, and that little is enough."""

import re

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from landslip.engine.assessment.maps import (
    BUDGET,
    SIDE,
    backdrop,
    degrees_text,
    drawn,
    frame_around,
    in_pixels,
    locator,
    paths,
    simplified,
    whole_map,
)
from landslip.engine.common.errors import RasterError
from landslip.engine.common.markup import parse_xml
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.raster.grid import Grid
from landslip.tests.support import UTM, write_raster

LEFT, TOP = 500000.0, 4700000.0


def blob(x, y, size, points=60, seed=0):
    """A ragged outline, as WKB."""
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = size * (1 + 0.2 * np.random.default_rng(seed).standard_normal(points).clip(-2, 2))
    ring = np.column_stack((x + radius * np.cos(turn), y + radius * np.sin(turn)))
    return shapely.to_wkb(shapely.Polygon(ring))


def slides(count, spread=10_000, size=60):
    places = np.random.default_rng(1).uniform(0, spread, (count, 2))
    wkb = (blob(LEFT + x, TOP + y, size, seed=i) for i, (x, y) in enumerate(places))
    return Outlines("slides", UTM, tuple(wkb))


def drawing_of(svg):
    return parse_xml(svg.encode(), "a drawing")


def points_of(path):
    """The absolute points of a path of relative steps."""
    start, steps = re.fullmatch(r"M(\S+ \S+)l(.*)z", path).groups()
    numbers = [int(n) for n in re.findall(r"-?\d+", steps)]
    return np.cumsum([[int(n) for n in start.split()], *np.reshape(numbers, (-1, 2))], axis=0)


def test_a_simplified_ring_stays_within_its_tolerance():
    ring = np.array(shapely.from_wkb(blob(0, 0, 100)).exterior.coords)[:-1]
    fewer = simplified(ring, 5.0)
    assert 8 < len(fewer) < 0.7 * len(ring)
    lines = (shapely.LinearRing(each) for each in (ring, fewer))
    assert 0 < shapely.hausdorff_distance(*lines) <= 5.0
    assert {tuple(point) for point in fewer} <= {tuple(point) for point in ring}


def test_a_thousand_outlines_stay_small_and_in_their_places():
    layer = slides(1000)
    grid = frame_around([layer])
    marks = paths(in_pixels(layer, grid))
    drawing = whole_map(grid, [drawn(marks, "#d55e00")], "Landslides")
    assert len(marks) == 1000
    assert len(drawing) < 300_000
    shape = shapely.from_wkb(layer.wkb[7])
    there = Transformer.from_crs(UTM, grid.crs, always_xy=True).transform(
        *np.array(shape.exterior.coords).T
    )
    expected = shapely.Polygon(grid.to_pixels(np.column_stack(there)))
    found = shapely.Polygon(points_of(marks[7]) / 10)
    assert shapely.hausdorff_distance(expected, found) < 1.0


def test_more_than_fit_become_marks():
    marks = paths([[[np.array([[x, 1.0], [x + 0.1, 1.0], [x, 1.1]])]] for x in range(50)], 10)
    assert marks[3] == "M30 10h3v3h-3z"
    layer = slides(60, size=900)
    assert sum(map(len, paths(in_pixels(layer, frame_around([layer])), 3000))) <= 3000
    assert BUDGET < 300_000


@pytest.mark.parametrize(
    ("lon", "lat"), [(142.0, 42.7), (-70.0, -33.0), (179.99, -17.0), (10.0, 79.0)]
)
def test_a_frame_holds_its_outlines_anywhere(lon, lat):
    """Also across the 180th meridian; north is up, and areas are true."""
    ring = [(lon, lat), (lon + 0.04, lat), (lon + 0.04, lat + 0.02), (lon, lat + 0.02)]
    turned = [((x + 180) % 360 - 180, y) for x, y in ring]
    layer = Outlines("one", "EPSG:4326", (shapely.to_wkb(shapely.Polygon(turned)),))
    grid = frame_around([layer])
    assert max(grid.width, grid.height) <= SIDE
    pixels = in_pixels(layer, grid)[0][0][0]
    assert (pixels > 0).all()
    assert (pixels < (grid.width, grid.height)).all()
    assert np.ptp(pixels, axis=0).max() > 0.85 * SIDE
    assert pixels[:, 1].max() > grid.height / 2 > pixels[:, 1].min()
    svg = drawing_of(whole_map(grid, [], "Map"))
    texts = [each.text for each in svg.every("text")]
    letters = "".join(texts)
    assert ("S" if lat < 0 else "N") in letters
    assert len(texts) >= 5  # degrees at both edges and a scale
    for line in svg.every("polyline"):
        places = np.array([p.split(",") for p in line.attributes["points"].split()], float)
        assert (places >= -0.1).all()
        assert (places <= (grid.width + 0.1, grid.height + 0.1)).all()


def test_graticule_lies_where_it_says():
    layer = slides(3)
    grid = frame_around([layer])
    svg = drawing_of(whole_map(grid, [], "Map"))
    to_lonlat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform
    seen = 0
    for text in svg.every("text"):
        matched = re.fullmatch(r"(\d+)°([\d.]+)\N{PRIME}([EN])", text.text)
        if not matched:
            continue
        value = int(matched[1]) + float(matched[2]) / 60
        x, y = float(text.attributes["x"]), float(text.attributes["y"])
        place = (x, grid.height) if matched[3] == "E" else (0, y - 4)
        lon, lat = to_lonlat(*grid.to_map(*place))
        assert (lon if matched[3] == "E" else lat) == pytest.approx(value, abs=2e-4)
        seen += 1
    assert seen >= 4


@pytest.mark.parametrize("width", [120, 200, 400, 640])
def test_texts_of_a_narrow_map_stay_apart_and_on_it(width):
    grid = Grid(UTM, (10.0, 0.0, LEFT, 0.0, -10.0, TOP), width, 900)
    svg = drawing_of(whole_map(grid, [], "Map"))
    ends = []
    for text in svg.every("text"):
        size = 7 * len(text.text or "")  # no letter of this size is wider
        x = float(text.attributes["x"])
        if (text.text or "").endswith("E"):
            left = x - (size / 2 if text.attributes["text-anchor"] == "middle" else size)
            ends.append((left, left + size))
        elif (text.text or "").endswith("N"):
            assert x - size >= -66  # the map's left edge
    ends.sort()
    assert all(one[1] <= other[0] for one, other in zip(ends, ends[1:]))
    assert all(end <= width + 12 for _, end in ends)


@pytest.mark.parametrize(
    ("value", "is_longitude", "step", "text"),
    [
        (142.5, True, 0.1, "142°30\N{PRIME}E"),
        (-0.25, True, 0.25, "0°15\N{PRIME}W"),
        (182.0, True, 1.0, "178°W"),
        (-33.0, False, 1.0, "33°S"),
        (41.99999, False, 1 / 600, "42°00.0\N{PRIME}N"),
        (10.0, False, 5.0, "10°N"),
    ],
)
def test_degrees_in_words(value, is_longitude, step, text):
    assert degrees_text(value, is_longitude, step) == text


def test_a_hillshade_is_lit_from_the_north_west(tmp_path):
    _, col = np.indices((120, 120)) * 10.0
    ridge = (600 - 0.5 * np.abs(col - 600)).astype("float32")  # runs north and south
    dem = write_raster(tmp_path / "dem.tif", ridge, origin=(LEFT, TOP))
    layer = Outlines("one", UTM, (blob(LEFT + 600, TOP - 600, 300),))
    grid = frame_around([layer])
    shade = backdrop(grid, None, dem)
    assert shade.shape == (3, grid.height, grid.width)
    west, east = np.split(shade[0].astype(float), [grid.width // 2], axis=1)
    assert np.median(west) > np.median(east) + 40


def test_an_image_lies_below_as_it_is_and_what_lies_elsewhere_does_not(tmp_path):
    rgb = np.full((3, 100, 100), 500, "uint16")
    rgb[0, :, :50] = 3000  # the west is red
    image = write_raster(tmp_path / "i.tif", rgb, names=["B04", "B03", "B02"], origin=(LEFT, TOP))
    layer = Outlines("one", UTM, (blob(LEFT + 500, TOP - 500, 200),))
    grid = frame_around([layer])
    picture = backdrop(grid, image, None)
    middle = grid.height // 2
    assert picture[0, middle, grid.width // 4] == 255
    assert picture[0, middle, 3 * grid.width // 4] < 10
    far = frame_around([Outlines("far", UTM, (blob(LEFT + 9e4, TOP, 200),))])
    assert backdrop(far, image, None) is None
    with pytest.raises(RasterError):
        backdrop(grid, str(tmp_path / "none.tif"), None)
    with pytest.raises(RasterError):
        backdrop(grid, None, str(tmp_path / "none.tif"))


def test_a_dem_that_lies_elsewhere_is_no_error(tmp_path):
    dem = write_raster(tmp_path / "dem.tif", np.ones((50, 50), "float32"))
    far = frame_around([Outlines("far", UTM, (blob(LEFT + 9e4, TOP, 200),))])
    assert backdrop(far, None, dem) is None


def test_a_locator_shows_coasts_and_the_place():
    japan = frame_around([slides(3)])
    svg = drawing_of(locator(japan))
    ring = next(svg.every("circle"))
    assert float(ring.attributes["cx"]) == pytest.approx(150, abs=2)
    assert float(ring.attributes["cy"]) == pytest.approx(150, abs=2)
    land = next(svg.every("path")).attributes["d"]
    assert land.count("M") > 4
    numbers = np.array(re.findall(r"-?\d+", land), float)
    assert numbers.min() >= 0
    assert numbers.max() <= 300
    nowhere = shapely.box(-130, -45, -129.9, -44.9).wkb
    ocean = frame_around([Outlines("o", "EPSG:4326", (nowhere,))])
    assert next(drawing_of(locator(ocean)).every("path")).attributes["d"] == ""
