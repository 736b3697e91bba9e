import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from landslip.engine.assessment.statistics import StatisticsRequest, inventory_statistics
from landslip.engine.assessment.statistics_report import limits, write_statistics_report
from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.run_facts import run_facts
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.tests.support import UTM, write_raster

LEFT, TOP = 500000.0, 4700000.0


def box(xmin, ymin, xmax, ymax):
    corners = [(xmin, ymin), (xmax, ymin), (xmax, ymax), (xmin, ymax)]
    return polygon_wkb([np.array([(LEFT + x, TOP + y) for x, y in corners], float)])


def outlines(*boxes):
    return Outlines("boxes", UTM, tuple(box(*each) for each in boxes))


@pytest.fixture
def valley(tmp_path):
    """Two slopes of 22 and 12 degrees that face east and west, 100 rows of 200 columns."""
    across = np.arange(200) * 10.0
    west, east = (2000 - across) * np.tan(np.radians(22)), (across - 1000) * np.tan(np.radians(12))
    profile = np.where(across < 1000, west, east + 1000 * np.tan(np.radians(22)))
    return write_raster(tmp_path / "dem.tif", np.tile(profile, (100, 1)).astype("float32"))


def test_density_of_a_study_area():
    study = outlines((0, -1000, 2000, 0))
    slides = outlines((100, -200, 200, -100), (1000, -400, 1200, -300))
    found = inventory_statistics(StatisticsRequest(slides, study))
    assert found.per_km2 == pytest.approx(1, rel=2e-3)
    assert found.area_share == pytest.approx(0.015, rel=1e-6)
    assert found.areas.sum() == pytest.approx(30_000, rel=2e-3)
    assert not found.study_is_hull
    assert found.power_law is None
    assert found.aspect is found.slope is found.elevation is None


def test_an_empty_study_area_is_a_sentence():
    slides = outlines((100, -200, 200, -100))
    with pytest.raises(ParameterError, match="study area is empty"):
        inventory_statistics(StatisticsRequest(slides, outlines()))


def test_hull_where_no_study_area_is_given():
    found = inventory_statistics(StatisticsRequest(outlines((0, 0, 10, 10), (90, 90, 100, 100))))
    assert found.study_is_hull
    # A square of 100 m without two triangles of 80 x 80 / 2 and more: 10,000 - 2 * 90 * 90 / 2.
    assert found.study_area == pytest.approx(1900, rel=2e-3)


@pytest.mark.parametrize("band_pixels", [400, 10**6])
def test_terrain_from_a_dem(valley, band_pixels):
    # One slide on the slope that faces east, three times as large as the other one's.
    slides = outlines((200, -500, 500, -200), (1500, -500, 1600, -200))
    study = outlines((50, -950, 1950, -50))
    found = inventory_statistics(StatisticsRequest(slides, study, valley), band_pixels=band_pixels)
    landslides, terrain = found.aspect.shares()
    assert landslides[4] == pytest.approx(0.75, abs=1e-9)  # sector 4 of 16 is east
    assert landslides[12] == pytest.approx(0.25, abs=1e-9)
    assert terrain[4] == pytest.approx(0.5, abs=0.02)
    steep, _ = found.slope.shares()
    assert steep[4] == pytest.approx(0.75)  # 20 to 25 degrees
    assert steep[2] == pytest.approx(0.25)
    assert found.slope.terrain.sum() == pytest.approx(1900 * 900, rel=1e-6)
    assert found.elevation.landslides.sum() == pytest.approx(300 * 300 + 100 * 300, rel=1e-6)
    assert (found.elevation.landslides <= found.elevation.terrain + 1e-6).all()


def test_terrain_from_attributes():
    slides = outlines((0, 0, 100, 100), (200, 0, 300, 300))
    columns = {
        "aspect_deg": np.array([359.0, 181.0]),
        "slope_mean": np.array([12.0, np.nan]),
        "z_min": np.array([100.0, 300.0]),
        "z_max": np.array([140.0, 360.0]),
    }
    found = inventory_statistics(StatisticsRequest(slides, attributes=columns))
    shares, terrain = found.aspect.shares()
    assert terrain is None
    assert shares[0] == pytest.approx(0.25)  # north goes over the zero
    assert shares[8] == pytest.approx(0.75)
    assert found.slope.shares()[0][2] == 1
    edges, by_height = found.elevation.edges, found.elevation.shares()[0]
    assert by_height[np.searchsorted(edges, 120, "right") - 1] == pytest.approx(0.25)
    assert by_height[np.searchsorted(edges, 330, "right") - 1] == pytest.approx(0.75)


def test_minimum_area_and_nothing_left():
    slides = outlines((0, 0, 10, 10), (200, 0, 300, 300))
    found = inventory_statistics(StatisticsRequest(slides, min_area=500))
    assert len(found.areas) == 1
    with pytest.raises(ParameterError, match="boxes has 2 landslides, and none with an area"):
        inventory_statistics(StatisticsRequest(slides, min_area=1e6))


def many(side, count=80):
    """Landslides of a power law from 3 pixels on, in a row, with their pixels and elongation."""
    areas = 3 * side**2 * np.linspace(0.02, 1, count) ** -0.7
    boxes = [(i * 400, 0, i * 400 + area**0.5, area**0.5) for i, area in enumerate(areas)]
    columns = {
        "pixel_count": areas / side**2,
        "elongation": np.where(np.arange(count) < 20, 0.5, 2),
    }
    return inventory_statistics(StatisticsRequest(outlines(*boxes), attributes=columns))


def test_limits_of_the_pixels_are_stated():
    """Nine pixels of 10 m are the image's rollover; the same shape at 1 m would be, too."""
    found = many(10.0)
    assert found.pixel == pytest.approx(10, rel=1e-2)
    assert found.wide == 0.25
    smallest, rollover, wide = limits(found)
    assert "smallest landslide has 300 m2, 3.0 pixels of 10.0 m" in smallest.replace("299", "300")
    assert "probably the image's resolution" in rollover
    assert f"{found.inverse_gamma.rollover / found.pixel**2:.1f} pixels" in rollover
    assert wide.startswith("25 % of the outlines are wider than long")
    fine = replace(found, pixel=1.0, wide=0.0)
    assert len(limits(fine)) == 1
    unknown = limits(replace(found, pixel=float("nan"), wide=float("nan")))
    assert len(unknown) == 1
    assert "does not say how large the pixels were" in unknown[0]


def test_the_report_says_what_it_rests_on_and_tells_no_folders(tmp_path):
    slides = replace(
        outlines((0, 0, 100, 100), (200, 0, 300, 300)),
        facts=run_facts(
            {"model": ["fast_rgb"] * 2, "threshold": [0.5, 0.5], "trigger": [None] * 2}
        ),
    )
    study = replace(outlines((-500, -500, 900, 900)), name=f"{tmp_path}/area.gpkg")
    found = inventory_statistics(StatisticsRequest(slides, study, min_area=50))
    target = tmp_path / "r.html"
    write_statistics_report(found, f"{tmp_path}/i.gpkg|layername=a b", "Landslip 9", str(target))
    text = target.read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    told = ("fast_rgb", "Probability threshold", "i.gpkg, layer a b", "area.gpkg", "Landslip 9")
    assert all(f">{word}<" in text for word in told)
    assert "landslides below 50 m2" in text
    assert ">Trigger<" not in text  # which nobody knows
    assert text.count("<svg") == 2
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", text)


def test_exponents_of_wenchuan_lie_where_published_ones_do(real_data, tmp_path):
    """Van Den Eeckhaut et al. (2007) give 1.42 to 3.36 for 27 inventories."""
    raw = pytest.importorskip("pyogrio.raw", reason="needs pyogrio")
    with zipfile.ZipFile(real_data / "inventories" / "China.zip") as archive:
        archive.extractall(tmp_path)
    meta, _, wkb, _ = raw.read(str(tmp_path / "China" / "2009.shp"), columns=[])
    wenchuan = Outlines("Wenchuan", meta["crs"], tuple(wkb))
    found = inventory_statistics(StatisticsRequest(wenchuan, min_area=1))
    assert len(found.areas) > 10_000
    assert 1.42 < found.power_law.exponent < 3.36
    assert 1.42 < found.inverse_gamma.exponent < 3.36
    assert found.power_law.high - found.power_law.low < 0.2
    assert 200 < found.inverse_gamma.rollover < 1000  # the smallest mapped are about 250 m2
