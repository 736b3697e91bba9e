"""Detection inside of polygons only."""

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import ParameterError
from landslip.engine.detection import pipeline
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.inventory.drawn import DrawnPolygons
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.tiling import Window
from landslip.tests.support import card, reflectance, write_model, write_raster

BANDS = ("B02", "B03", "B04")


@pytest.fixture
def scene(tmp_path, rng):
    """A request for a mask, and the grid: 200 x 230 pixels."""
    stack = write_raster(tmp_path / "stack.tif", reflectance(rng), names=list(BANDS))
    model = write_model(tmp_path / "model.onnx", card(bands=BANDS), kernel=3)
    with rasterio.open(stack) as dataset:
        grid = Grid.of(dataset, stack)

    def request(name, **changes):
        return DetectRequest(stack, model, str(tmp_path / name), region_size=64, **changes)

    return request, grid


def box(grid, row, col, height, width):
    """A rectangle of pixels, as a polygon in map coordinates."""
    corners = ((col, row), (col + width, row), (col + width, row + height), (col, row + height))
    return polygon_wkb([np.array([grid.to_map(*corner) for corner in corners])])


def pixels(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1, masked=True)


def test_inside_it_is_the_whole_run_and_outside_nothing(scene, monkeypatch):
    request, grid = scene
    ran = []
    run = pipeline.Model.run
    monkeypatch.setattr(
        pipeline.Model, "run", lambda self, x, s: ran.append(len(x)) or run(self, x, s)
    )
    detect(request("whole.tif"))
    all_patches = sum(ran)
    ran.clear()
    boxes = (box(grid, 20, 30, 40, 25), box(grid, 150, 180, 30, 50))
    detection = detect(request("part.tif", mask=Outlines("mask", grid.crs, boxes)))
    assert 0 < sum(ran) < 0.6 * all_patches
    whole, part = pixels(request("whole.tif").probability), pixels(request("part.tif").probability)
    inside = np.zeros(whole.shape, bool)
    inside[20:60, 30:55] = inside[150:180, 180:230] = True
    assert np.array_equal(~np.ma.getmaskarray(part), inside)
    assert np.array_equal(part.data[inside], whole.data[inside])
    assert sum(each["pixel_count"] for each in detection.landslides) == (part >= 0.5).sum()


def test_a_mask_goes_with_an_extent(scene):
    request, grid = scene
    west, north = grid.to_map(0, 0)
    east, south = grid.to_map(100, 100)
    mask = Outlines("mask", grid.crs, (box(grid, 50, 50, 100, 100),))
    detect(request("p.tif", mask=mask, extent=(west, south, east, north)))
    found = pixels(request("p.tif").probability)
    assert found.shape == (100, 100)
    assert (~np.ma.getmaskarray(found)).sum() == 2500


def test_a_mask_beside_the_stack_is_a_sentence(scene, tmp_path):
    request, grid = scene
    mask = Outlines("mask", grid.crs, (box(grid, 5000, 5000, 10, 10),))
    with pytest.raises(ParameterError, match="None of the 1 polygons of the mask lies on"):
        detect(request("p.tif", mask=mask))
    assert not (tmp_path / "p.tif").exists()
    with pytest.raises(ParameterError, match="None of the 0 polygons"):
        detect(request("p.tif", mask=Outlines("mask", grid.crs, ())))


def test_the_last_polygon_drawn_covers_the_others(scene):
    _, grid = scene
    outlines = Outlines("two", grid.crs, (box(grid, 0, 0, 10, 10), box(grid, 5, 5, 10, 10)))
    drawn = DrawnPolygons.of(outlines, grid)
    numbers = drawn.numbers(Window(0, 0, 20, 20))
    assert (numbers == 1).sum() == 75
    assert (numbers == 2).sum() == 100
    assert drawn.near(Window(0, 0, 5, 5))
    assert not drawn.near(Window(100, 100, 5, 5))
    assert not drawn.numbers(Window(100, 100, 5, 5)).any()
