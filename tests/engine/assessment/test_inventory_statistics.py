import zipfile

import numpy as np
import pytest

from landslip.engine.assessment.statistics import StatisticsRequest, inventory_statistics
from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.polygons import Outlines
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
