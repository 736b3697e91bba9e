"""Statistics over the ground that could be assessed, against areas and shares made by hand."""

import numpy as np
import pytest

from landslip.engine.assessment.ground_parts import aspect_density, ground_parts, light_parts
from landslip.engine.assessment.statistics import StatisticsRequest, inventory_statistics
from landslip.engine.common.errors import ParameterError, RasterError
from landslip.engine.ground.assessability import MEANING
from landslip.engine.ground.classes import Ground
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.tests.support import UTM, write_raster

X, Y, SIZE = 500_000.0, 4_700_000.0, 100


def box(col, row, width=6, height=6):
    """A landslide of whole pixels."""
    x, y = X + 10 * col, Y - 10 * row
    ring = [(x, y), (x + 10 * width, y), (x + 10 * width, y - 10 * height), (x, y - 10 * height)]
    return polygon_wkb([np.array(ring)])


def outlines(*shapes):
    return Outlines("inventory", UTM, shapes)


@pytest.fixture
def ground(tmp_path):
    """Cloud on the left third, and a sun in the south."""
    import rasterio

    classes = np.full((SIZE, SIZE), Ground.ASSESSABLE, np.uint8)
    classes[:, :33] = Ground.CLOUD
    path = write_raster(tmp_path / "g.tif", classes, names=["ground"], nodata=0)
    with rasterio.open(path, "r+") as dataset:
        tags = {MEANING: "0 no data", "SUN_AZIMUTH": "180", "SUN_ELEVATION": "45"}
        dataset.update_tags(**tags)
    return path


STUDY = outlines(box(0, 0, SIZE, SIZE))


def test_density_is_that_of_the_ground_that_was_seen(ground):
    slides = outlines(box(10, 10), box(50, 10), box(30, 50), box(70, 70))
    request = StatisticsRequest(slides, STUDY)
    bare = inventory_statistics(request)
    found = inventory_statistics(
        StatisticsRequest(slides, STUDY, assessability=ground), band_pixels=999
    )
    assert len(bare.areas) == 4
    assert bare.per_km2 == pytest.approx(4, rel=1e-3)
    # One lies under the cloud; of one, half lies there.
    assert found.ground.shares == pytest.approx([0, 1, 0.5, 1])
    assert len(found.areas) == 2
    assert found.ground.area == pytest.approx(67 * 100 * 100)
    assert found.per_km2 == pytest.approx(2 / 0.67)
    assert found.ground.landslide_area == pytest.approx((36 + 18 + 36) * 100)
    assert found.area_share == pytest.approx(9000 / 670_000)
    assert found.numbers()["ASSESSABLE_AREA"] == pytest.approx(670_000)
    assert bare.numbers()["ASSESSABLE_AREA"] is None
    text = "".join(ground_parts(found))
    assert "cloud" in text
    assert "33.0" in text


def test_a_rose_of_slopes_to_all_sides_is_divided_by_the_ground_there_is(ground, tmp_path):
    """A roof: half faces south, half north; clouds hide two thirds of the south side."""
    import rasterio

    rows = np.abs(np.arange(SIZE) - 49.5) * 5.0
    dem = write_raster(
        tmp_path / "d.tif", np.repeat(300 - rows[:, None], SIZE, 1).astype(np.float32)
    )
    with rasterio.open(ground, "r+") as dataset:
        classes = np.full((SIZE, SIZE), Ground.ASSESSABLE, np.uint8)
        classes[50:, :67] = Ground.CLOUD
        dataset.write(classes, 1)
    # As many in each third of either side: seen are three in the north, one in the south.
    every = [box(col, row) for row in (20, 70) for col in (10, 45, 80)]
    found = inventory_statistics(
        StatisticsRequest(outlines(*every), STUDY, dem, assessability=ground)
    )
    assert len(found.areas) == 4
    aspect = found.aspect
    rate = aspect.landslides / np.maximum(aspect.terrain, 1)
    north, south = rate[0], rate[8]
    assert south == pytest.approx(north, rel=0.05)
    assert aspect.shares()[0][0] == pytest.approx(0.75, abs=0.02)  # what the plain rose shows
    # Slopes of 26.6 degrees under a sun at 45 in the south: cos(18.4) and cos(71.6) degrees.
    assert found.light.terrain[-1] == pytest.approx(50 * 33 * 100, rel=0.05)
    assert found.light.terrain[1] == pytest.approx(50 * 100 * 100, rel=0.05)
    text = "".join(light_parts(found))
    assert "0.85" in text
    assert "effnet_rgb_slope" in text
    assert "assessable ground" in "".join(aspect_density(found))


def test_a_rose_that_points_to_the_sun_says_so(ground, tmp_path):
    rows = np.abs(np.arange(SIZE) - 49.5) * 5.0
    dem = write_raster(
        tmp_path / "d.tif", np.repeat(300 - rows[:, None], SIZE, 1).astype(np.float32)
    )
    south, north = outlines(box(50, 70)), outlines(box(50, 20))
    for slides, told in ((south, True), (north, False)):
        found = inventory_statistics(StatisticsRequest(slides, STUDY, dem, assessability=ground))
        assert (
            "points to where the sun stood (180 degrees)" in "".join(aspect_density(found))
        ) == told


def test_another_raster_and_ground_elsewhere_are_refused(ground, tmp_path):
    slides = outlines(box(50, 10))
    other = write_raster(tmp_path / "o.tif", np.ones((SIZE, SIZE), np.uint8))
    with pytest.raises(RasterError, match="is no raster of assessable ground"):
        inventory_statistics(StatisticsRequest(slides, STUDY, assessability=other))
    with pytest.raises(ParameterError, match="has no assessable ground in the study area"):
        inventory_statistics(
            StatisticsRequest(
                outlines(box(5, 5)), outlines(box(0, 0, 30, 30)), assessability=ground
            )
        )
    with pytest.raises(ParameterError, match="None of the 1 landslides lies mostly"):
        inventory_statistics(StatisticsRequest(outlines(box(5, 5)), STUDY, assessability=ground))
