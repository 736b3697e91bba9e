"""Surveys of squares on a plane, whose answers are known by heart."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.fields import FIELDS, PERSON
from landslip.engine.inventory.history import CHANGES, HISTORY_FIELDS
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.update import Overlaps, UpdateRequest, changes, survey_date, update
from landslip.tests.support import UTM

X, Y = 500000, 4700000
FIRST, SECOND, THIRD = "2018-06-01", "2019-06-01", "2020-06-01"


def box(x, y, width=100, height=100):
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def table(*outlines, name="inventory", **values):
    """A table of outlines; a list of values has one for each of them."""
    columns = {column: type(v[0] if isinstance(v, list) else v) for column, v in values.items()}
    records = tuple(
        Record(
            outline.wkb,
            {column: v[i] if isinstance(v, list) else v for column, v in values.items()},
        )
        for i, outline in enumerate(outlines)
    )
    return Table(name, UTM, columns, records)


def outlines(table):
    return [shapely.from_wkb(record.wkb) for record in table.records]


def overlaps(known, found):
    ours, theirs = outlines(known), outlines(found)
    shared = {
        (i, j): one.intersection(other).area
        for i, one in enumerate(ours)
        for j, other in enumerate(theirs)
        if one.intersection(other).area
    }
    return Overlaps(shapely.area(np.array(ours)), shapely.area(np.array(theirs)), shared)


def merge(known, found, date=SECOND, surveyed=True, **options):
    seen = [surveyed] * len(known.records)
    return update(known, found, overlaps(known, found), seen, UpdateRequest(date, **options))


def column(table, name):
    return [record.get(name) for record in table.records]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([box(0, 0)], ["unchanged"]),
        ([box(0, 0, 90)], ["unchanged"]),  # a part of it has grown over
        ([box(0, 0, 120)], ["unchanged"]),  # 20 % is below the growth that counts
        ([box(0, 0, 130)], ["enlarged"]),
        ([box(0, 0, 40), box(60, 0, 100)], ["enlarged"]),  # in two pieces, 60 % more
        ([], ["no longer visible"]),
        ([box(90, 0)], ["no longer visible", "new"]),  # a tenth in common is a neighbour
        ([box(0, 0), box(500, 0)], ["unchanged", "new"]),
    ],
)
def test_what_becomes_of_a_square(found, expected):
    merged = merge(table(box(0, 0), id="a", review_status="accepted"), table(*found))
    assert column(merged, "change") == expected
    assert column(merged, "survey") == [SECOND] * len(expected)
    assert sum(changes(merged, SECOND).values()) == len(expected)


def test_the_field_table_knows_every_change():
    assert next(f for f in HISTORY_FIELDS if f.name == "change").choices == CHANGES
    names = [field.name for field in (*FIELDS, *HISTORY_FIELDS)]
    assert len(set(names)) == len(names)


def test_what_a_person_entered_stays():
    entered = {field.name: f"{field.name} by hand" for field in FIELDS if field.source == PERSON}
    entered["review_status"] = "edited"
    known = table(box(0, 0), id="a", Geologist="Ada", Depth=2.5, **entered)
    merged = merge(
        known, table(box(0, 0, 300), id="z", notes="not mine", review_status="unreviewed")
    )
    (record,) = merged.records
    for name, value in {**entered, "id": "a", "Geologist": "Ada", "Depth": 2.5}.items():
        assert record.get(name) == value, name
    assert outlines(merged) == outlines(known)
    before, after = (side / 0.9996**2 for side in (1e4, 3e4))  # UTM's scale at its middle
    assert record.get("history") == f"{SECOND} enlarged, {before:.0f} to {after:.0f} m2"


def test_only_an_unreviewed_outline_gives_way():
    found = table(box(0, 0, 300), id="z", area_m2=3e4, model="m2")
    known = table(box(0, 0), id="a", review_status="unreviewed", area_m2=1e4, notes="look again")
    (record,) = merge(known, found).records
    assert shapely.from_wkb(record.wkb) == box(0, 0, 300)
    assert [record.get(n) for n in ("id", "area_m2", "model", "notes")] == [
        "a",
        3e4,
        "m2",
        "look again",
    ]


def test_a_detection_over_two_landslides_redraws_neither():
    known = table(box(0, 0, 60), box(120, 0), id=["a", "b"], review_status="unreviewed")
    merged = merge(known, table(box(0, 0, 500), id="z"))
    assert outlines(merged) == outlines(known)
    # Growth counts once, for the one that it covers most.
    assert column(merged, "change") == ["unchanged", "enlarged"]
    assert column(merged, "seen_id") == ["z", "z"]


def test_a_rejected_landslide_is_not_found_again():
    known = table(box(0, 0), id="a", review_status="rejected")
    merged = merge(known, table(box(0, 0, 200)))
    assert column(merged, "review_status") == ["rejected"]
    assert column(merged, "change") == [None]
    assert column(merge(known, table()), "change") == [None]


def test_outside_of_the_survey_nothing_is_said():
    merged = merge(table(box(0, 0), id="a"), table(), surveyed=False)
    assert column(merged, "change") == column(merged, "history") == [None]


def test_a_landslide_that_comes_back_is_reactivated():
    first = merge(table(box(0, 0), id="a", event_date="2016"), table(), FIRST)
    again = merge(merge(first, table(), SECOND), table(box(0, 0)), THIRD)
    (record,) = again.records
    assert record.get("change") == "reactivated"
    assert record.get("history") == f"{FIRST} no longer visible; {THIRD} reactivated"
    assert (record.get("first_seen"), record.get("last_seen")) == ("2016", THIRD)


def test_another_part_of_the_same_survey_corrects_what_the_first_did_not_see():
    known = table(box(0, 0), id="a", review_status="accepted")
    west = merge(known, table(box(500, 0)))
    both = merge(west, table(box(0, 0)))
    assert column(both, "change") == ["unchanged", "new"]
    assert column(both, "history") == [None, f"{SECOND} new"]
    assert merge(both, table(box(500, 0))) == both


def scattered(rng, count, name, **values):
    places = rng.integers(0, 1500, (count, 2)).tolist()
    sides = rng.integers(20, 200, (count, 2)).tolist()
    squares = [box(*place, *side) for place, side in zip(places, sides)]
    return table(*squares, name=name, id=[f"{name}{i}" for i in range(count)], **values)


@pytest.mark.parametrize("status", ["unreviewed", "accepted", None])
def test_the_same_survey_twice_changes_nothing(rng, status):
    """Sixty squares that overlap each other and those of two surveys in all ways."""
    inventory = scattered(rng, 60, "k", **({"review_status": status} if status else {}))
    for date in (FIRST, SECOND):
        found = scattered(rng, 60, "f")
        once = merge(inventory, found, date)
        assert merge(once, found, date) == once
        assert len(set(column(once, "id"))) == len(once.records)
        assert column(once, "id")[: len(inventory.records)] == column(inventory, "id")
        inventory = once
    assert {"unchanged", "enlarged", "new", "no longer visible"} <= set(column(inventory, "change"))


def test_a_redrawn_outline_is_still_known_to_its_survey():
    once = merge(table(id=""), table(box(0, 0), id="z"))
    moved = replace(once.records[0], wkb=box(900, 900).wkb)
    by_hand = replace(once, records=(moved,))
    assert merge(by_hand, table(box(0, 0), id="z")) == by_hand


def test_numbers_as_ids_do_not_tie_landslides_of_different_places():
    once = merge(table(), table(box(0, 0), ID=5))
    both = merge(once, table(box(500, 0, 150), ID=5))  # the next tile numbers its own from 1 on
    assert column(both, "id") == ["5", "5-2"]
    assert column(both, "change") == ["new", "new"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"date": "June 2019"}, "'June 2019'; expected the day"),
        ({"date": "2017-01-01"}, "1 landslides of inventory have been updated with one of 2018"),
        ({"overlap": 0}, "overlap is 0; expected a share above 0"),
        ({"overlap": 1.5}, "overlap is 1.5"),
        ({"growth": -1}, "growth is -1"),
    ],
)
def test_settings_that_make_no_sense(options, message):
    known = merge(table(box(0, 0), id="a"), table(box(0, 0)), FIRST)
    with pytest.raises(ParameterError, match=message):
        merge(known, table(box(0, 0)), **options)


def test_a_value_that_would_be_lost_is_refused():
    known = table(box(0, 0), id="a", threshold="high")
    with pytest.raises(ParameterError, match=r"threshold of inventory holds 'high'; expected num"):
        merge(known, table(box(0, 0)))
    with pytest.raises(
        ParameterError, match=r"pixel_count of inventory holds 1\.5; expected whole"
    ):
        merge(table(box(0, 0), id="a", pixel_count=1.5), table(box(0, 0)))
    assert column(merge(table(box(0, 0), Threshold="0.5"), table()), "threshold") == [0.5]


def test_the_date_comes_from_the_image():
    found = table(box(0, 0), box(200, 0), image_date=["2019-05-30T01:02:03Z", "2019-05-30"])
    assert survey_date(found) == "2019-05-30"
    with pytest.raises(ParameterError, match="holds none; expected one date"):
        survey_date(table(box(0, 0)))
