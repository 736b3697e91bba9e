import zipfile
from dataclasses import replace

import numpy as np
import pytest

from landslip.engine.assessment.assess import (
    COLOURS,
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    TRUE_POSITIVE,
    AssessRequest,
    _Overview,
    assess,
    score_detection,
)
from landslip.engine.assessment.footprint import grid_around
from landslip.engine.assessment.report import write_assessment_report
from landslip.engine.common.errors import Cancelled, OutputError, ParameterError, RasterError
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.raster.tiling import Window
from landslip.tests.support import UTM, write_raster

LEFT, TOP = 500000.0, 4700000.0


@pytest.fixture
def scene(tmp_path):
    """Four reference landslides: found, partly found, missed, not judged; and a false alarm."""
    truth = np.zeros((60, 60), "uint8")
    truth[2:12, 2:12] = truth[2:12, 20:30] = truth[20:30, 2:12] = truth[40:50, 40:50] = 1
    detected = np.zeros((60, 60), "float32")
    detected[2:12, 2:10] = 0.9  # 80 of 100 pixels
    detected[2:12, 26:36] = 0.7  # 40 of 100, and as many beside
    detected[20:28, 40:48] = 0.6  # on nothing
    detected[0, 0] = 0.9  # too small to count
    detected[40:50, 40:50] = 0.9
    truth[40:55, 35:55] = 255
    return (
        write_raster(tmp_path / "p.tif", detected, nodata=-9999),
        write_raster(tmp_path / "t.tif", truth, nodata=255),
    )


def square(col, row, size=10):
    """A square of 10 m pixels, as WKB."""
    x, y, side = LEFT + 10 * col, TOP - 10 * row, 10 * size
    ring = np.array([(x, y), (x + side, y), (x + side, y - side), (x, y - side)])
    return polygon_wkb([ring])


def test_overview_and_report_show_found_missed_and_invented(scene, tmp_path):
    score = score_detection(*scene, min_area=500)
    assert score.overview_grid == score.grid  # which is small enough
    counts = [int((score.overview == value).sum()) for value in COLOURS]
    assert counts == [score.pixels.tp, score.pixels.fn, score.pixels.fp]
    small = _Overview.of(replace(score.grid, width=9000, height=9000))
    assert small.factor == 10
    values = np.zeros((20, 9000), np.uint8)
    values[3, 15:18] = FALSE_POSITIVE
    values[4, 15] = TRUE_POSITIVE
    small.add(values, Window(20, 0, 20, 9000))
    assert small.values()[2, 1] == FALSE_POSITIVE
    assert (small.values() > 0).sum() == 1
    target = tmp_path / "r.html"
    write_assessment_report(score, *scene, "Landslip", str(target))
    text = target.read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert text.count("<image") == 1
    assert "<td>p.tif</td>" in text


def inventory(*squares, crs=UTM):
    return Outlines("squares", crs, tuple(square(*each) for each in squares))


def test_landslides_and_pixels(scene):
    score = score_detection(*scene, min_area=500)
    objects = score.objects
    assert len(objects.reference.area) == 3
    assert (objects.found, objects.partly, objects.missed) == (1, 1, 1)
    assert objects.false == 1
    assert objects.recall == pytest.approx(1 / 3)
    assert objects.precision == pytest.approx(1 / 3)  # 100 % of the first, 40 % of the second
    assert (score.pixels.tp, score.pixels.fp, score.pixels.fn) == (120, 60 + 64 + 1, 180)
    assert score.pixels.f1 == pytest.approx(240 / (240 + 125 + 180))
    assert score.area_bias == pytest.approx(245 / 300 - 1, abs=1e-6)
    assert score.count_bias == 0


def test_size_classes(scene):
    small, middle, large, largest = score_detection(*scene, min_area=0).objects.by_size()
    assert (small.detected, small.reference, small.correct) == (1, 0, 0)
    assert (middle.detected, middle.correct, middle.reference) == (2, 1, 0)  # 80 and 64 pixels
    # 100 pixels at the zone's middle are 10,008 m2.
    assert (large.detected, large.correct, large.reference, large.found) == (1, 0, 3, 1)
    assert (largest.detected, largest.reference) == (0, 0)


def test_comparison_in_the_papers_colours(scene, tmp_path):
    import rasterio

    target = str(tmp_path / "c.tif")
    assess(AssessRequest(*scene, comparison=target))
    with rasterio.open(target) as dataset:
        values = dataset.read(1)
        colours = dataset.colormap(1)
    assert (values == TRUE_POSITIVE).sum() == 120
    assert (values == FALSE_NEGATIVE).sum() == 180
    assert (values == FALSE_POSITIVE).sum() == 125
    assert (values[40:55, 35:55] == 0).all()
    strongest = [int(np.argmax(colours[v][:3])) for v in (TRUE_POSITIVE, FALSE_NEGATIVE)]
    assert strongest == [0, 1]
    assert int(np.argmax(colours[FALSE_POSITIVE][:3])) == 2


@pytest.mark.parametrize("band_pixels", [60, 60 * 7, 10**6])
def test_bands_of_rows_do_not_matter(scene, band_pixels):
    whole = score_detection(*scene, min_area=500)
    bands = assess(AssessRequest(*scene, min_area=500), band_pixels=band_pixels)
    assert bands.pixels == whole.pixels
    assert bands.detected_area == pytest.approx(whole.detected_area)
    for side in ("detected", "reference"):
        one, other = getattr(bands.objects, side), getattr(whole.objects, side)
        np.testing.assert_array_equal(one.share, other.share)
        np.testing.assert_allclose(one.distance, other.distance)


def test_curves(scene):
    curves = score_detection(*scene, min_area=0).curves
    at = {round(step / 100 + 0.01, 2): counts for step, counts in enumerate(curves.confusions())}
    assert (at[0.5].tp, at[0.5].fp, at[0.5].fn) == (120, 125, 180)
    assert (at[0.7].tp, at[0.7].fp) == (120, 61)
    assert (at[0.71].tp, at[0.71].fp) == (80, 1)
    assert curves.best_threshold() == 0.61  # without the false alarm of 0.6
    reliability = curves.reliability()
    assert reliability.predicted[-1] == pytest.approx(0.9)
    assert reliability.observed[-1] == pytest.approx(80 / 81)
    assert reliability.pixels.sum() == 60 * 60 - 15 * 20


def test_inventory_against_itself():
    mine = inventory((0, 0), (30, 5, 4), (50, 50, 20))
    score = assess(AssessRequest(mine, mine))
    assert (score.pixels.tp, score.pixels.fp, score.pixels.fn) == (100 + 16 + 400, 0, 0)
    assert score.pixels.f1 == score.pixels.miou == 1
    assert score.objects.precision == score.objects.recall == 1
    assert score.objects.boundary_distance == 0
    assert score.curves is None
    assert score.area_bias == score.count_bias == 0


def test_shifted_inventory_drops_as_expected():
    """A square of n pixels, moved by k columns, keeps (n - k) / n of its pixels."""
    score = assess(AssessRequest(inventory((3, 0)), inventory((0, 0))))
    assert score.pixels.f1 == pytest.approx(0.7)
    assert score.pixels.iou == pytest.approx(70 / 130)
    # Of its 36 boundary pixels the 8 inner ones of two sides are 3 pixels off, the corners too,
    # and the other sides lie on one another in seven columns of ten.
    assert score.objects.boundary_distance == pytest.approx((2 * 6 + 2 * 8 * 3) / 36 * 10, abs=5)


def test_polygons_against_a_raster_and_in_degrees(scene):
    from pyproj import Transformer

    truth = inventory((2, 2), (20, 2), (2, 20))
    by_raster = score_detection(*scene, min_area=500)
    judged = Outlines("judged", UTM, (square(0, 0, 35),))
    score = assess(AssessRequest(scene[0], truth, min_area=500, judged=judged))
    assert score.pixels.tp == by_raster.pixels.tp
    assert score.objects.found == by_raster.objects.found
    to_degrees = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform
    corners = [(LEFT, TOP), (LEFT + 100, TOP), (LEFT + 100, TOP - 100), (LEFT, TOP - 100)]
    ring = np.array([to_degrees(*corner) for corner in corners])
    degrees = Outlines("degrees", "EPSG:4326", (polygon_wkb([ring]),))
    score = assess(AssessRequest(degrees, inventory((0, 0)), pixel_size=2))
    assert score.pixels.f1 == pytest.approx(1, abs=0.03)
    assert score.detected_area == pytest.approx(1e4, rel=0.03)


def test_only_the_judged_area_counts():
    mine, truth = inventory((0, 0), (40, 0)), inventory((0, 0))
    everywhere = assess(AssessRequest(mine, truth))
    assert everywhere.objects.false == 1
    judged = Outlines("judged", UTM, (square(-5, -5, 30),))
    inside = assess(AssessRequest(mine, truth, judged=judged))
    assert inside.pixels.f1 == 1
    assert inside.objects.detected.unseen == 1


def test_reference_on_another_grid(scene, tmp_path):
    other = write_raster(tmp_path / "o.tif", np.zeros((60, 60), "uint8"), pixel=20.0)
    with pytest.raises(RasterError, match="is not on the grid of the detection"):
        score_detection(scene[0], other, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"overlap": 0}, "expected a share above 0"),
        ({"pixel_size": 0}, "expected more than 0"),
        ({"detected": inventory(), "reference": inventory()}, "There is no polygon in squares"),
    ],
)
def test_settings_without_sense(changes, message):
    both = {"detected": inventory((0, 0)), "reference": inventory((0, 0))}
    with pytest.raises(ParameterError, match=message):
        assess(AssessRequest(**{**both, **changes}))


def test_cancelled_comparison_is_not_there(scene, tmp_path):
    target = tmp_path / "c.tif"
    with pytest.raises(Cancelled):
        assess(AssessRequest(*scene, comparison=str(target)), cancelled=lambda: True)
    assert not target.exists()


def moved(outlines, metres):
    """The same polygons further east."""
    from landslip.engine.inventory.wkb import polygons_of

    parts = []
    for wkb in outlines.wkb:
        (rings,) = polygons_of(wkb)[:1]
        parts.append(polygon_wkb([ring + np.array([metres, 0]) for ring in rings]))
    return Outlines("moved", outlines.crs, tuple(parts))


def test_a_published_inventory_against_itself_and_moved(real_data, tmp_path):
    """F1 is 1; moved by 20 m, it is what the areas of the two say (Nepal, mapped in 2015)."""
    raw = pytest.importorskip("pyogrio.raw", reason="needs pyogrio")
    shapely = pytest.importorskip("shapely", reason="needs shapely")
    with zipfile.ZipFile(real_data / "inventories" / "Nepal.zip") as archive:
        archive.extractall(tmp_path)
    meta, _, wkb, _ = raw.read(str(tmp_path / "Nepal" / "2015.shp"), columns=[])
    nepal = Outlines("Nepal", meta["crs"], tuple(wkb))
    same = assess(AssessRequest(nepal, nepal, pixel_size=5))
    assert same.pixels.f1 == same.objects.recall == same.objects.precision == 1
    assert same.objects.detected.unseen == 0
    shifted = assess(AssessRequest(moved(nepal, 20), nepal, pixel_size=5))
    one, other = (
        shapely.union_all(shapely.make_valid(shapely.from_wkb(list(each.wkb))))
        for each in (nepal, moved(nepal, 20))
    )
    expected = 2 * one.intersection(other).area / (one.area + other.area)
    assert shifted.pixels.f1 == pytest.approx(expected, abs=0.01)
    assert 0.5 < expected < 0.95
    assert 5 < shifted.objects.boundary_distance < 20


def test_inventories_at_two_ends_of_the_earth_are_a_sentence():
    far = [inventory((0, 0)), inventory((600_000, 0))]
    with pytest.raises(ParameterError, match=r"reach over 6,000 x 0 km.*pixels of 10 m"):
        grid_around(far, 10)
    assert grid_around(far, 100).width > 60_000


def test_the_comparison_never_overwrites_what_is_compared(scene, tmp_path):
    for target, told in ((scene[0], "overwrite an input"), (tmp_path / "c.pdf", "GeoTIFF")):
        with pytest.raises(OutputError, match=told):
            assess(AssessRequest(*scene, comparison=str(target)))
