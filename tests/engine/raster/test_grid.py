"""Extents on a grid: their order, and the 180th meridian."""

import pytest

from landslip.engine.common.errors import ParameterError
from landslip.engine.preparation.target_grid import bounds_in
from landslip.engine.raster.grid import Grid, check_order, known_crs


@pytest.mark.parametrize(
    ("extent", "degrees"),
    [
        ((1, 0, 0, 1), False),
        ((0, 1, 1, 0), False),
        ((179, -17, -179, -16), False),
        ((142, 42, 141, 43), True),
        ((10, -17, -10, -16), True),  # it would go once around the Earth
        ((179, -16, -179, -17), True),
    ],
)
def test_the_smaller_number_comes_first(extent, degrees):
    with pytest.raises(ParameterError, match="expected the smaller number first"):
        check_order(extent, degrees)


def test_an_extent_in_degrees_may_cross_the_180th_meridian():
    extent = (179.9, -17.1, -179.9, -17.0)
    check_order(extent, degrees=True)
    west, south, east, north = bounds_in("EPSG:4326", "EPSG:32701", extent)
    assert 20e3 < east - west < 22e3
    assert 11e3 < north - south < 12e3


def test_a_window_is_of_an_extent_in_order():
    utm = known_crs("EPSG:32654").to_wkt()
    grid = Grid(utm, (10.0, 0.0, 500000.0, 0.0, -10.0, 4700000.0), 100, 100)
    window = grid.window_of((500100, 4699500, 500200, 4699900))
    assert (window.row, window.col, window.height, window.width) == (10, 10, 40, 10)
    with pytest.raises(ParameterError, match="from 500200 to 500100 in x"):
        grid.window_of((500200, 4699500, 500100, 4699900))
    assert grid.same_crs("EPSG:32654")
    with pytest.raises(ParameterError, match=r"'EPSG:xx' is no CRS\. Give"):
        grid.same_crs("EPSG:xx")
