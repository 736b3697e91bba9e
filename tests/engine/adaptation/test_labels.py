"""Polygons and what was said of them become labels of pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from landslip.engine.adaptation.labels import (
    BORDER,
    LANDSLIDE,
    NEAR,
    NOT,
    UNKNOWN,
    DrawnLabels,
    labels_if_any,
    labels_of,
    on_image,
)
from landslip.engine.common.errors import Cancelled, ParameterError
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.tiling import Window
from landslip.tests.support import write_raster

CRS = "EPSG:32654"
GRID = Grid(CRS, (10.0, 0.0, 500_000.0, 0.0, -10.0, 4_000_000.0), 100, 100)


def box(col, row, width, height):
    west, north = 500_000 + 10 * col, 4_000_000 - 10 * row
    east, south = west + 10 * width, north - 10 * height
    return polygon_wkb([np.array([[west, north], [east, north], [east, south], [west, south]])])


def table(**status):
    """Boxes of 10 x 10 pixels in a row, with what was said of them."""
    columns = {"review_status": str, "image_date": str}
    places = enumerate(status.values())
    records = [
        Record(box(5 + 30 * i, 20, 10, 10), {"review_status": said, "image_date": "2018-09-08"})
        for i, said in places
    ]
    return Table("labels", CRS, columns, tuple(records))


def drawn(labels, window=GRID.area):
    return DrawnLabels(labels, GRID).read(window)


def test_a_review_says_what_is_what():
    labels = labels_of(table(a="accepted", b="rejected", c="unreviewed"), None, None)
    values, numbers = drawn(labels)
    assert (values[20:30, 5:15] == LANDSLIDE).all()
    assert (numbers[20:30, 5:15] == 1).all()
    assert (values[20:30, 35:45] == NOT).all()
    assert (values[20:30, 65:75] == UNKNOWN).all()
    assert labels.dates == ("2018-09-08",)


def test_ground_beside_a_landslide_is_near_but_for_its_border():
    values, _ = drawn(labels_of(table(a=None), None, None))
    assert values[25, 4] == UNKNOWN  # the outline may be off by a pixel
    assert values[25, 0:2].tolist() == [NEAR, NEAR]
    assert values[25, 25] == UNKNOWN


def test_an_area_makes_the_rest_of_it_ground_without_landslides():
    area = Outlines("area", CRS, (box(0, 10, 60, 40),))
    values, _ = drawn(labels_of(table(a="edited"), None, area))
    assert values[45, 50] == NOT
    assert values[60, 50] == UNKNOWN
    assert values[25, 4] == BORDER  # counts, and teaches nothing
    assert values[19, 10] == BORDER
    assert values[18, 10] == NOT


def test_with_an_area_landslides_beyond_it_have_borders_too():
    area = Outlines("area", CRS, (box(0, 60, 60, 40),))
    values, _ = drawn(labels_of(table(a="edited", b="accepted", c="edited"), None, area))
    assert values[25, 4] == BORDER
    assert values[25, 3] == NEAR
    beside = table(a="edited")
    touching = Record(box(15, 20, 10, 10), {"review_status": "unreviewed", "image_date": ""})
    beside = replace(beside, records=(*beside.records, touching))
    values, _ = drawn(labels_of(beside, None, area))
    assert values[25, 15] == UNKNOWN  # nobody has judged it


def test_labels_of_single_pixels_are_those_of_the_raster(rng):
    area = Outlines("area", CRS, (box(0, 10, 60, 40),))
    labels = labels_of(table(a="edited", b="rejected", c="unreviewed"), None, area)
    whole = DrawnLabels(labels, GRID)
    rows, cols = rng.integers(0, 100, (2, 500))
    values, _ = whole.read(GRID.area)
    np.testing.assert_array_equal(whole.at(rows, cols, lambda: False), values[rows, cols])
    inside = (rows >= 10) & (rows < 50) & (cols < 60)
    np.testing.assert_array_equal(whole.in_area(rows, cols, lambda: False), inside)
    with pytest.raises(Cancelled):
        whole.at(rows, cols, lambda: True)


def test_negatives_join_what_was_rejected():
    negatives = Outlines("fields", CRS, (box(50, 70, 10, 10),))
    labels = labels_of(table(a="accepted", b="rejected"), negatives, None)
    values, _ = drawn(labels)
    assert (values[70:80, 50:60] == NOT).all()
    assert (values[20:30, 35:45] == NOT).all()
    assert len(labels.others.wkb) == 2


def test_a_window_is_a_cut_of_the_whole():
    labels = labels_of(table(a="accepted", b="rejected"), None, None)
    whole, _ = drawn(labels)
    window = Window(17, 3, 20, 40)
    part, _ = drawn(labels, window)
    np.testing.assert_array_equal(part, whole[window.slices()])


def test_blocks_are_where_something_is_known():
    labels = labels_of(table(a="accepted"), None, None)
    far = Grid(CRS, (10.0, 0.0, 500_000.0, 0.0, -10.0, 4_000_000.0), 2000, 2000)
    assert [(b.row, b.col) for b in DrawnLabels(labels, far).blocks()] == [(0, 0)]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ({"a": "unreviewed", "b": ""}, "None of the 2 outlines of labels is reviewed"),
        ({"a": "rejected", "b": "unreviewed"}, "labels has no landslide"),
    ],
)
def test_labels_that_teach_nothing_are_refused(status, sentence):
    with pytest.raises(ParameterError, match=sentence):
        labels_of(table(**status), None, None)


def test_layers_without_polygons_are_refused():
    with pytest.raises(ParameterError, match=r"labels has no polygons\. Draw some and save"):
        labels_of(table(), None, None)
    with pytest.raises(ParameterError, match="mapped has no polygons"):
        labels_of(table(a=None), None, Outlines("mapped", CRS, ()))


def test_what_is_no_date_says_nothing():
    found = table(a=None, b=None, c=None, d=None)
    days = ["last summer", "2018-09", "2018/09/08T01:00:00Z", "?"]
    records = tuple(Record(each.wkb, {"event_date": day}) for each, day in zip(found.records, days))
    found = Table("labels", CRS, {"event_date": str}, records)
    assert labels_of(found, None, None).event_dates == ("2018-09", "2018-09-08")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An image of the grid, and of a day."""
    path = tmp_path_factory.mktemp("image") / "S2A_MSIL1C_20180908T012345.tif"
    write_raster(path, np.ones((1, 100, 100), np.uint16), crs=CRS, origin=(500_000, 4_000_000))
    return str(path)


def told_of(image, labels, fewest=1):
    told = []
    on_image(labels, image, GRID, told.append, lambda: False, fewest)
    return told


def test_labels_that_fit_the_image_are_not_spoken_of(image):
    area = Outlines("area", CRS, (box(0, 0, 100, 100),))
    square = Outlines("", CRS, (box(0, 15, 40, 40),))  # a rejected square with a landslide in it
    assert told_of(image, labels_of(table(a="accepted", b="rejected"), square, area)) == []


@pytest.mark.parametrize("day", ["2018", "2018-09", "2018-09-08"])
def test_a_month_is_not_another_date(image, day):
    records = (Record(box(5, 20, 10, 10), {"image_date": day, "event_date": day}),)
    found = Table("labels", CRS, {"image_date": str, "event_date": str}, records)
    assert told_of(image, labels_of(found, None, None)) == []


def test_labels_beside_the_image_are_told_and_too_few_refused(image):
    labels = labels_of(table(a=None, b=None, c=None, d=None, e=None), None, None)
    assert "Of the 5 landslides of the labels, 4 have a pixel" in told_of(image, labels)[0]
    with pytest.raises(ParameterError, match="Of 5 landslides of the labels, only 4 have a pixel"):
        told_of(image, labels, fewest=5)


def test_one_outline_that_is_both_is_told(image):
    labels = labels_of(
        table(a="accepted", b="accepted"), Outlines("", CRS, (box(6, 20, 9, 10),)), None
    )
    assert told_of(image, labels)[0].startswith("1 of the labels are a landslide in one outline")


def test_an_area_elsewhere_is_refused_and_one_beside_the_labels_told(image):
    labels = table(a="accepted", b="accepted", c="accepted")
    with pytest.raises(ParameterError, match="complete has no pixel on"):
        told_of(image, labels_of(labels, None, Outlines("area", CRS, (box(500, 0, 9, 9),))))
    told = told_of(image, labels_of(labels, None, Outlines("area", CRS, (box(0, 10, 30, 30),))))
    assert "Only 1 of 3 landslides lie in the area" in told[0]


def test_an_area_without_labels_is_refused():
    assert labels_if_any(None, None) is None
    area = Outlines("area", CRS, (box(0, 0, 50, 50),))
    with pytest.raises(ParameterError, match="Give LABELS, too"):
        labels_if_any(None, area)
    assert labels_if_any(table(a="accepted"), area).area is area
