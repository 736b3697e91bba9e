"""What to review next: the uncertain, the large and the unlike, and places without an outline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from landslip.engine.adaptation.suggest import (
    OUTLINE,
    PLACE,
    SuggestRequest,
    diverse,
    suggest,
    uncertainty,
)
from landslip.engine.common.errors import Cancelled, ParameterError
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import polygon_wkb, polygons_of
from landslip.tests.support import write_raster

CRS = "EPSG:32654"
WEST, NORTH, PIXEL = 500_000, 4_700_000, 10


def box(col, row, side):
    west, north = WEST + PIXEL * col, NORTH - PIXEL * row
    east, south = west + PIXEL * side, north - PIXEL * side
    return polygon_wkb([np.array([[west, north], [east, north], [east, south], [west, south]])])


def inventory(*rows):
    """Rows of column, row, side in pixels, mean probability and review status."""
    columns = {"id": str, "prob_mean": float, "review_status": str}
    records = [
        Record(box(col, row, side), {"id": f"L{n}", "prob_mean": p, "review_status": said})
        for n, (col, row, side, p, said) in enumerate(rows)
    ]
    return Table("inventory", CRS, columns, tuple(records))


def ids(table):
    return [record.values["id"] for record in table.records]


def test_the_uncertain_come_before_the_sure_of_their_size():
    table = inventory((0, 0, 4, 0.98, ""), (50, 0, 4, 0.51, ""), (100, 0, 4, 0.75, ""))
    assert ids(suggest(SuggestRequest(table, outlines=3, places=0))) == ["L1", "L2", "L0"]


def test_of_the_equally_uncertain_the_larger_comes_first():
    table = inventory((0, 0, 4, 0.6, ""), (50, 0, 12, 0.6, ""))
    found = suggest(SuggestRequest(table, outlines=2, places=0))
    assert ids(found) == ["L1", "L0"]
    assert [record.values["rank"] for record in found.records] == [1, 2]


def test_reviewed_ones_are_passed_over_and_make_their_like_count_less():
    """Of two alike but for their place, the one beside a reviewed outline comes second."""
    table = inventory(
        (0, 0, 4, 0.6, "accepted"), (6, 0, 4, 0.6, ""), (200, 200, 4, 0.6, ""), (90, 9, 5, 0.9, "")
    )
    found = ids(suggest(SuggestRequest(table, outlines=4, places=0)))
    assert "L0" not in found
    assert found.index("L2") < found.index("L1")


def test_what_is_chosen_is_spread(rng):
    """Two clusters of equals: one of each comes before a second of either."""
    attributes = np.repeat([[0.0, 0.0], [5.0, 5.0]], 10, axis=0) + rng.normal(0, 0.01, (20, 2))
    chosen = [place for place, _ in diverse(np.ones(20), attributes, np.ones(20, bool), 2)]
    assert sorted(place // 10 for place in chosen) == [0, 1]


def test_uncertainty_is_greatest_at_the_threshold_and_grows_with_the_spread():
    means = np.array([0.3, 0.31, 0.9, np.nan])
    doubt = uncertainty(means, 0.3, np.zeros(4))
    assert doubt[0] == 1
    assert doubt[1] > 0.9 > 0.2 > doubt[2]
    assert doubt[3] == 0.5
    assert uncertainty(means, 0.3, np.full(4, 0.2))[2] == pytest.approx(doubt[2] + 0.2)


@pytest.fixture
def raster(tmp_path):
    """Quiet ground, one place that was nearly found, one that was found."""
    values = np.full((240, 240), 0.01, "float32")
    values[100:106, 100:106] = 0.45
    values[10:20, 10:20] = 0.9
    values[200:, :] = -9999
    return write_raster(tmp_path / "p.tif", values, nodata=-9999)


def test_places_are_where_it_was_nearly_found_and_where_all_is_quiet(raster):
    from landslip.engine.raster.grid import Grid
    from landslip.engine.raster.reading import open_raster

    with open_raster(str(raster)) as dataset:
        grid = Grid.of(dataset, "p")
    a, _, c, _, e, f = grid.transform
    outline = polygon_wkb(
        [np.array([[c + a * x, f + e * y] for x, y in ((10, 10), (20, 10), (20, 20), (10, 20))])]
    )
    table = Table("i", grid.crs, {"prob_mean": float}, (Record(outline, {"prob_mean": 0.9}),))
    found = suggest(SuggestRequest(table, str(raster), outlines=1, places=4))
    kinds = [record.values["kind"] for record in found.records]
    assert (kinds.count(OUTLINE), kinds.count(PLACE)) == (1, 4)
    places = [r for r in found.records if r.values["kind"] == PLACE]
    nearly = [r for r in places if r.values["why"] == "nearly found"]
    assert len(nearly) == 1
    ring = grid.to_pixels(polygons_of(nearly[0].wkb)[0][0])
    assert (ring.min(axis=0) <= 100).all()
    assert (ring.max(axis=0) >= 106).all()
    for record in places:
        ring = grid.to_pixels(polygons_of(record.wkb)[0][0])
        assert ring[:, 1].max() <= 204  # not where the raster has no data
        assert not (ring.min(axis=0) < 20).all() or not (ring.max(axis=0) > 10).all()


def test_what_was_reviewed_in_another_layer_is_passed_over(raster):
    """By its ground or its id; squares are not looked at twice."""
    table = inventory(
        (10, 10, 10, 0.6, ""), (50, 10, 10, 0.6, ""), (90, 10, 10, 0.6, ""), (130, 10, 9, 0.6, "")
    )
    first = suggest(SuggestRequest(table, str(raster), outlines=0, places=1))
    (square,) = first.records
    other = inventory(
        (12, 12, 10, 0.6, "rejected"), (56, 10, 10, 0.6, "edited"), (90, 10, 10, 0.6, "")
    )
    renamed = tuple(
        Record(r.wkb, {**r.values, "id": f"other{n}"}) for n, r in enumerate(other.records)
    )
    looked = Record(square.wkb, {"id": None, "review_status": "rejected"})
    before = replace(other, records=(*renamed, looked))
    found = suggest(SuggestRequest(table, str(raster), outlines=4, places=1, reviewed=before))
    outlines = [r for r in found.records if r.values["kind"] == OUTLINE]
    assert {r.values["id"] for r in outlines} == {"L1", "L2", "L3"}  # L1 is covered by 0.4
    (place,) = [r for r in found.records if r.values["kind"] == PLACE]
    assert place.wkb != square.wkb
    by_id = replace(other, records=other.records[:1])
    again = suggest(SuggestRequest(table, outlines=4, places=0, reviewed=by_id))
    assert set(ids(again)) == {"L1", "L2", "L3"}


def test_the_same_seed_gives_the_same_places(raster):
    table = inventory((0, 0, 4, 0.6, ""))
    first, again, other = (
        suggest(SuggestRequest(table, str(raster), 1, 6, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("rows", "request_", "sentence"),
    [
        ([(0, 0, 4, 0.6, "accepted")], {"places": 5}, "There is nothing to suggest"),
        ([(0, 0, 4, 0.6, "")], {"outlines": 0, "places": 0}, "were asked for"),
        ([(0, 0, 4, 0.6, "")], {"outlines": -1}, "were asked for"),
    ],
)
def test_what_cannot_be_chosen_is_told(rows, request_, sentence):
    with pytest.raises(ParameterError, match=sentence):
        suggest(SuggestRequest(inventory(*rows), **request_))


def test_it_can_be_stopped(raster):
    with pytest.raises(Cancelled):
        suggest(SuggestRequest(inventory((0, 0, 4, 0.6, "")), str(raster)), None, lambda: True)


def test_an_empty_inventory_still_has_places(raster):
    empty = Table("i", CRS, {}, ())
    found = suggest(SuggestRequest(empty, str(raster), outlines=3, places=3))
    assert [record.values["kind"] for record in found.records] == [PLACE] * 3


def test_a_raster_of_another_place_is_told(raster):
    far = inventory((90_000, 0, 4, 0.6, ""))
    with pytest.raises(ParameterError, match="None of the 1 outlines of inventory lies on"):
        suggest(SuggestRequest(far, str(raster)))
    assert suggest(SuggestRequest(far, places=0)).records


def test_a_word_that_is_no_verdict_leaves_an_outline_open():
    table = inventory((0, 0, 4, 0.6, "perhaps"), (9, 0, 4, 0.6, "Rejected "))
    assert ids(suggest(SuggestRequest(table, outlines=2, places=0))) == ["L0"]
