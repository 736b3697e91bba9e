"""Surveys of squares on a plane, whose answers are known by heart."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.fields import FIELDS, PERSON
from landslip.engine.inventory.history import CHANGES, HISTORY_FIELDS, NOT_IN_TIME
from landslip.engine.inventory.survey import SurveyData
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
    found = table(box(0, 0, 300), id="z", area_m2=3e4, source="new.tif")
    known = table(box(0, 0), id="a", review_status="unreviewed", area_m2=1e4, notes="look again")
    (record,) = merge(known, found).records
    assert shapely.from_wkb(record.wkb) == box(0, 0, 300)
    assert [record.get(n) for n in ("id", "area_m2", "source", "notes")] == [
        "a",
        3e4,
        "new.tif",
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


# --- loss and uncertainty ---


def test_what_is_lost_and_what_comes_back():
    known = table(box(0, 0), id="a", review_status="accepted")
    less = merge(known, table(box(0, 0, 60), id="f"), FIRST)
    assert column(less, "change") == ["shrunk"]
    assert column(less, "history")[0].startswith(f"{FIRST} shrunk, 100")
    assert outlines(less) == outlines(known)  # the inventory keeps what once was bare
    same = merge(less, table(box(0, 0, 60), id="f"), SECOND)
    more = merge(less, table(box(0, 0, 70), id="f"), SECOND)
    back = merge(less, table(box(0, 0, 90), id="f"), SECOND)
    assert [column(t, "change")[0] for t in (same, more, back)] == [
        "revegetating",
        "shrunk",
        "unchanged",
    ]
    assert column(merge(same, table(), THIRD), "change") == ["no longer visible"]


@pytest.mark.parametrize(
    ("pixel", "uncertainty", "change"),
    [
        (None, None, "enlarged"),  # nothing is known of how sure it is
        (1, None, "enlarged"),
        (10, None, "unchanged"),  # 400 m times 7.5 m, and a little more, are 3177 m2
        (10, 7.0, "enlarged"),  # 2954 m2
        (10, 0, "enlarged"),
        (None, 7.5, "unchanged"),
    ],
)
def test_growth_must_exceed_what_the_boundary_is_uncertain_by(pixel, uncertainty, change):
    values = {"area_m2": 1e4, "pixel_count": round(1e4 / pixel**2)} if pixel else {}
    known, found = (table(box(0, 0, w), id="a", **values) for w in (100, 131))
    assert column(merge(known, found, uncertainty=uncertainty), "change") == [change]


def test_most_of_a_small_landslide_lost_is_no_noise():
    """From 3,000 to 600 m2, at pixels of 10 m."""
    known = table(box(0, 0, 60, 50), id="a", area_m2=3000.0, pixel_count=30)
    found = table(box(0, 0, 30, 20), id="b", area_m2=600.0, pixel_count=6)
    (record,) = merge(known, found).records
    assert record.get("change") == "shrunk"
    assert record.get("history") == f"{SECOND} shrunk, 3002 to 600 m2"


@settings(max_examples=60, deadline=None)
@example(sides=[100, 100, 130, 100], shift=(0, 0), uncertainty=0)
@example(sides=[100, 100, 135, 100], shift=(0, 0), uncertainty=7.5)
@given(
    sides=st.lists(st.integers(20, 300), min_size=4, max_size=4),
    shift=st.tuples(st.integers(-20, 20), st.integers(-20, 20)),
    uncertainty=st.sampled_from([0, 5, 10]),
)
def test_growing_and_shrinking_are_symmetric(sides, shift, uncertainty):
    one, other = box(0, 0, *sides[:2]), box(*shift, *sides[2:])

    def change(before, after):
        merged = merge(table(before, id="a"), table(after, id="b"), uncertainty=uncertainty)
        return merged.records[0].get("change")

    there, back = change(one, other), change(other, one)
    if there == "shrunk":
        assert back == "enlarged"
    if (there, back) == ("enlarged", "enlarged"):  # it moved: it gained and it lost
        assert not one.contains(other)
        assert not other.contains(one)
    elif there == "enlarged":
        assert back in ("shrunk", "no longer visible")


# --- two models ---

A = {"model": "a", "threshold": 0.5}
B = {"model": "b", "threshold": 0.5}


def dates(table):
    return [(r.get("first_seen"), r.get("last_seen")) for r in table.records]


@pytest.mark.parametrize(
    "other",
    [
        B,
        {"model": "a", "threshold": 0.6},
        {"model": "a", "threshold": 0.5, "model_sha": "f" * 64},
        {},  # mapped by hand, or by who knows whom
        {**A, "area_m2": 4e4, "pixel_count": 100},
    ],
)
def test_what_another_model_sees_is_no_change_in_time(other):
    pixels = {"area_m2": 1e4, "pixel_count": 100}
    known = table(box(0, 0), box(300, 0), id=["both", "known"], image_date=FIRST, **{**pixels, **A})
    found = table(box(0, 0, 300), box(900, 0), id=["f", "new"], **other)
    said = []
    seen = [True] * 2
    all_seen = update(
        known, found, overlaps(known, found), seen, UpdateRequest(SECOND), said.append
    )
    words = ["not comparable", "not found by the model", "new to the model"]
    assert column(all_seen, "change") == words
    assert dates(all_seen) == [(None, None)] * 3
    assert column(all_seen, "history") == [None, None, f"{SECOND} new to the model"]
    assert outlines(all_seen)[:2] == outlines(known)
    (warning,) = said
    assert all(f"1 {word}" in warning for word in words)
    assert "a, threshold 0.5" in warning
    assert merge(all_seen, found) == all_seen
    with pytest.raises(ParameterError, match="1 not comparable, 1 not found"):
        merge(known, found, mixed="refuse")
    assert column(merge(known, found, mixed="as time"), "change") == [
        "enlarged",
        "no longer visible",
        "new",
    ]


def test_the_other_model_is_compared_with_itself_from_then_on():
    """Seen by b in the second survey, a landslide of a may be gone for b in the third."""
    known = table(*(box(x, 0) for x in (0, 300, 600)), id=list("xyz"), **A)
    by_b = table(box(0, 0, 150), box(300, 0, 150), box(900, 0), id=list("xyn"), **B)
    second = merge(known, by_b)
    grown = table(box(0, 0, 250), box(1200, 0), id=list("xm"), **B)
    third = merge(second, grown, THIRD)
    assert column(third, "change") == [
        "enlarged",
        "no longer visible",
        "not found by the model",
        "no longer visible",
        "new",
    ]
    assert dates(third)[0][1] == THIRD
    again_by_a = merge(third, table(box(0, 0), box(600, 0), id=list("xz"), **A), "2021-06-01")
    assert column(again_by_a, "change")[2] == "unchanged"


def test_whether_one_is_new_is_asked_of_ground_that_was_seen_before():
    """Not of what the same survey found beside it, nor of what was rejected."""
    known = table(box(0, 0), id="x", **A)
    west = merge(known, table(box(0, 0), box(900, 0), id=list("wn"), **B))
    for part in (box(150, 0), box(1050, 0)):  # beside one that both saw, and beside a new one
        both = merge(west, table(part, id="e", **B))
        assert column(both, "change")[-1] == "new to the model"
    half = table(box(0, 0), box(2000, 0), id=list("xy"), model=["b", "a"])
    parts = [table(box(x, 0), id=name, model="b") for x, name in ((900, "w"), (1100, "e"))]
    for order in (parts, parts[::-1]):
        done = half
        for part in order:
            done = merge(done, part, surveyed=False)
        told = {record.get("id"): record.get("change") for record in done.records[2:]}
        assert told == {"w": "new", "e": "new to the model"}
    status = ["rejected", "accepted"]
    mixed = table(box(0, 0), box(900, 0), id=list("xy"), review_status=status, model=["b", "a"])
    found = table(box(150, 0), id="e", model="b")
    assert column(merge(mixed, found), "change")[-1] == "new to the model"
    none_left = replace(mixed, records=mixed.records[:1])
    assert column(merge(none_left, found), "change")[-1] == "new"


def test_another_part_by_another_model_does_not_undo_what_the_first_said():
    first = merge(table(box(0, 0), id="x", **A), table(box(900, 0), id="n", **A))
    both = merge(first, table(box(0, 0), id="z", **B), same_day="another part")
    assert both == first
    assert column(both, "change") == ["no longer visible", "new"]


def test_gone_for_one_model_and_seen_by_another_is_not_reactivated():
    gone = merge(table(box(0, 0), id="x", **A), table(box(900, 0), id="n", **A), FIRST)
    by_b = merge(gone, table(box(0, 0), id="x", **B), SECOND)
    assert column(by_b, "change")[0] == "not comparable"
    assert column(merge(by_b, table(box(0, 0), id="x", **B), THIRD), "change")[0] == "unchanged"
    assert column(merge(by_b, table(box(0, 0), id="x", **A), THIRD), "change")[0] == "reactivated"


@pytest.mark.parametrize("seed", range(5))
def test_any_two_models_invent_nothing(seed):
    rng = np.random.default_rng(seed)
    known, found = scattered(rng, 40, "k", **A), scattered(rng, 40, "f", **B)
    merged = merge(known, found)
    assert set(column(merged, "change")) <= set(NOT_IN_TIME)
    assert dates(merged) == [(None, None)] * len(merged.records)
    assert merge(merged, found) == merged


@pytest.mark.parametrize("seed", range(3))
def test_an_image_again_changes_nothing(seed):
    """Squares apart, as a detection has them."""
    rng = np.random.default_rng(seed)
    places = [(300 * x, 300 * y) for x in range(6) for y in range(6)]
    squares = [box(*place, *rng.integers(20, 250, 2).tolist()) for place in places]
    found = table(*squares, id=[f"f{n}" for n in range(36)], image_date=SECOND, source="s", **A)
    merged = merge(found, found)
    assert set(column(merged, "change")) == {"unchanged"}
    assert outlines(merged) == outlines(found)
    assert column(merged, "history") == [None] * 36


@pytest.mark.parametrize("models", [(A, A, A), (A, B, B)])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_surveys_of_different_areas_does_not_matter(seed, models):
    rng = np.random.default_rng(seed)
    inventory, *parts = (scattered(rng, 20, name, **m) for name, m in zip("kwe", models))
    moved = [shapely.transform(o, lambda c: c + np.array([5000, 0])) for o in outlines(parts[1])]
    east = table(*moved, name="e", id=[f"e{n}" for n in range(20)], **models[2])
    far = [shapely.transform(o, lambda c: c + np.array([5000, 0])) for o in outlines(inventory)]
    known = table(*outlines(inventory), *far, id=[f"k{n}" for n in range(40)], **models[0])

    def merged(*order):
        table = known
        for found, area in order:
            middles = shapely.get_x(shapely.centroid(np.array(outlines(table))))
            surveyed = ((middles > X + 3000) == area).tolist()
            request = UpdateRequest(SECOND)
            table = update(table, found, overlaps(table, found), surveyed, request)
        return {record.get("id"): record for record in table.records}

    west_first = merged((parts[0], False), (east, True))
    assert west_first == merged((east, True), (parts[0], False))
    assert len({record.get("change") for record in west_first.values()}) >= 3


# --- two surveys of one day ---


@pytest.mark.parametrize("other", [B, {**A, "source": "other.tif"}])
def test_a_day_has_one_survey_unless_it_is_said(other):
    mine = {**A, "source": "mine.tif", "image_date": SECOND}
    first = merge(
        table(box(0, 0), id="k", **A), table(box(0, 0), box(300, 0), id=list("xy"), **mine)
    )
    found = table(box(0, 0), box(600, 0), id=list("xz"), **{**mine, **other})
    for known in (first, table(box(0, 0), id="k", **mine)):  # updated, or detected that day
        with pytest.raises(ParameterError, match=f"has a survey of {SECOND} already"):
            merge(known, found)
    part = merge(first, found, same_day="another part")
    assert part.records[:2] == first.records
    assert column(part, "id") == ["k", "y", "z"]
    assert merge(part, found) == part
    replaced = merge(first, found, same_day="replace")
    assert column(replaced, "id") == ["k", "z"]
    assert set(column(replaced, "survey_by")) == {SurveyData.of(found.records).text}
    assert merge(replaced, found, same_day="replace") == replaced


def test_replacing_keeps_what_people_have_looked_at():
    known = table(box(0, 0), id="k", **A)
    first = merge(known, table(box(300, 0), box(600, 0), id=list("xy"), **A))
    looked = tuple(
        replace(r, values={**r.values, "review_status": "accepted"}) if r.get("id") == "y" else r
        for r in first.records
    )
    replaced = merge(
        replace(first, records=looked), table(box(0, 0), id="z", **B), same_day="replace"
    )
    assert column(replaced, "id") == ["k", "y"]
    assert column(replaced, "change") == ["not comparable", "not found by the model"]
    assert column(replaced, "history") == [None, None]
    assert dates(replaced) == [(None, None)] * 2


words = st.text("ab .0-_", max_size=8).map(str.strip)


@given(
    st.builds(
        SurveyData,
        model=words,
        threshold=st.sampled_from(["", "0.5", "0.4 + 0.5"]),
        pixel=st.sampled_from([None, 10.0, 4.77]),
        sources=st.lists(words.filter(bool), max_size=3).map(tuple),
    )
)
def test_the_data_of_a_survey_are_read_as_they_were_written(data):
    assert SurveyData.read(data.text) == data


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"date": "June 2019"}, "'June 2019'; expected the day"),
        ({"date": "2017-01-01"}, "1 landslides of inventory have been updated with one of 2018"),
        ({"overlap": 0}, "overlap is 0; expected a share above 0"),
        ({"overlap": 1.5}, "overlap is 1.5"),
        ({"growth": -1}, "growth is -1"),
        ({"uncertainty": -1}, "uncertainty is -1; expected metres"),
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


# --- outlines that are found by chance ---


def detected(*outlines, prob_mean=0.9, threshold=0.5, **values):
    return table(*outlines, prob_mean=prob_mean, threshold=threshold, **values)


@pytest.mark.parametrize(
    ("probability", "threshold", "new", "gone"),
    [
        (0.69, 0.5, "possibly new", "possibly gone"),  # 0.7 is two fifths of the way to 1
        (0.71, 0.5, "new", "no longer visible"),
        (0.41, 0.3, "possibly new", "possibly gone"),
        (0.71, 0.3, "new", "no longer visible"),
        (0.81, 0.7, "possibly new", "possibly gone"),
    ],
)
def test_near_the_threshold_new_and_gone_are_only_possible(probability, threshold, new, gone):
    known = detected(box(0, 0), prob_mean=probability, threshold=threshold)
    found = detected(box(500, 0), prob_mean=probability, threshold=threshold)
    merged = merge(known, found)
    assert column(merged, "change") == [gone, new]
    known_now, found_now = merged.records
    assert (known_now.get("history"), found_now.get("history")) == (
        None if gone == "possibly gone" else f"{SECOND} {gone}",
        f"{SECOND} {new}",
    )
    assert found_now.get("first_seen") == SECOND
    always = merge(known, found, margin=0.0)
    assert column(always, "change") == ["no longer visible", "new"]


def test_an_outline_without_probability_is_as_sure_as_ever():
    assert column(merge(table(box(0, 0)), table(box(500, 0))), "change") == [
        "no longer visible",
        "new",
    ]


def test_what_was_possibly_gone_and_comes_back_is_unchanged():
    known = detected(box(0, 0), prob_mean=0.6, id="a")
    missed = merge(known, detected(box(500, 0), id="b"))
    assert column(missed, "change") == ["possibly gone", "new"]
    again = merge(missed, detected(box(0, 0), box(500, 0), id=["a", "b"]), THIRD)
    assert column(again, "change") == ["unchanged", "unchanged"]
    assert column(again, "history") == [None, f"{SECOND} new"]


def test_what_was_gone_for_sure_stays_gone():
    """Also where it has been called that before there was any doubt."""
    known = detected(box(0, 0), prob_mean=0.6)
    gone = merge(known, detected(box(500, 0)), margin=0.0)
    assert column(merge(gone, detected(box(500, 0)), THIRD), "change")[0] == "no longer visible"


def test_possibly_new_ones_merge_in_parts_and_are_taken_back():
    doubtful = detected(box(500, 0), prob_mean=0.6, source="a.tif", model="m")
    known = detected(box(0, 0), source="a.tif", model="m")
    first = merge(known, doubtful)
    assert column(merge(first, doubtful), "change") == column(first, "change")
    other = detected(box(0, 0), source="b.tif", model="m")
    replaced = merge(first, other, same_day="replace")
    assert column(replaced, "change") == ["unchanged"]


@pytest.mark.parametrize("margin", [-0.1, 1.1, float("nan")])
def test_a_margin_that_makes_no_sense(margin):
    with pytest.raises(ParameterError, match=r"margin is .*; expected a share from 0 to 1"):
        merge(table(box(0, 0)), table(box(0, 0)), margin=margin)


@pytest.mark.parametrize("day", ["20190530", "2019-W22-4", "2019-05-32", "2019-05", ""])
def test_a_day_is_written_as_surveys_are_compared(day):
    """As text: 20190530 would be later than any day of 2019 with hyphens."""
    with pytest.raises(ParameterError, match="expected the day on which its image was taken"):
        merge(table(box(0, 0)), table(box(0, 0)), day)
