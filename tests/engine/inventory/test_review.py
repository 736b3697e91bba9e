import json

import numpy as np
import pytest

from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.fields import CONFIDENCES, FIELDS, MOVEMENTS
from landslip.engine.inventory.polygons import in_crs
from landslip.engine.inventory.review import (
    CONFLICTS,
    FORMAT,
    VERDICTS,
    apply_reviews,
    outline_hashes,
    read_review,
    read_reviews,
)
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import multipolygon_wkb, polygon_wkb
from landslip.tests.support import UTM

ORIGIN = np.array([500000.0, 4700000.0])
SQUARE = np.array([(0, 0), (100, 0), (100, 100), (0, 100)])
SQUARE, HOLE = SQUARE + ORIGIN, np.array([(40, 40), (60, 40), (60, 60)]) + ORIGIN
NAMES = ("a", "b", "c")


def inventory(*values, columns=None):
    """Three squares beside each other, with these values for the first of them."""
    rows = [dict(each) for each in (*values, *[{}] * (3 - len(values)))]
    kinds = columns or {"id": str, "review_status": str, "notes": str}
    records = [
        Record(polygon_wkb([SQUARE + np.array([200.0 * i, 0])]), {"id": name, **row})
        for i, (name, row) in enumerate(zip(NAMES, rows))
    ]
    return Table("inventory", UTM, kinds, tuple(records))


HASHES = dict(zip(NAMES, outline_hashes(inventory())))


def said(name, verdict="accept", **more):
    entry = {"id": name, "verdict": verdict, "ls_type": "", "confidence": "", "note": ""}
    entry |= {"reviewed_at": "2026-05-01T10:00:00Z", "area_m2": 1e4, "outline": HASHES.get(name)}
    return {**entry, "outline": entry["outline"] or "0" * 12, **more}


@pytest.fixture
def save(tmp_path):
    """Save a review as the sheet does; returns its path."""

    def save(*verdicts, name="sheet", **more):
        review = {"format": FORMAT, "version": 1, "sheet": "x", "inventory": "y", "reviewer": "Ann"}
        review |= {"saved_at": "2026-05-01T12:00:00Z", "verdicts": list(verdicts), **more}
        path = tmp_path / f"{name}.review.json"
        path.write_text(json.dumps(review), encoding="utf-8")
        return str(path)

    return save


def applied(table, *paths, rule="keep"):
    return apply_reviews(table, read_reviews(paths), rule)


def of(result, name):
    (record,) = [r for r in result.table.records if r.get("id") == name]
    return {key: value for key, value in record.values.items() if value is not None}


# --- what is entered ---


def test_verdicts_become_what_the_inventory_has_fields_for(save):
    path = save(
        said("a", "accept", ls_type="flow", confidence=CONFIDENCES[1]),
        said("b", "edit", note="too wide"),
        said("c", "reject"),
    )
    result = applied(inventory({"review_status": "unreviewed", "notes": "near the road"}), path)
    assert of(result, "a") == {
        "id": "a",
        "review_status": "accepted",
        "notes": "near the road",
        "ls_type": "flow",
        "confidence": CONFIDENCES[1],
        "reviewer": "Ann",
        "reviewed_at": "2026-05-01T10:00:00Z",
    }
    assert (of(result, "b")["review_status"], of(result, "b")["notes"]) == ("edited", "too wide")
    assert of(result, "c")["review_status"] == "rejected"
    assert (result.entered, result.conflicting, result.conflicts) == (3, 0, ())
    assert [r.wkb for r in result.table.records] == [r.wkb for r in inventory().records]
    kinds = {field.name: field.kind for field in FIELDS}
    assert all(kinds[name] is kind for name, kind in result.table.columns.items())
    assert result.summary(read_reviews([path])).startswith("Reviews entered for 3 of 3 landslides")


def test_what_was_left_open_stays_as_it_was(save):
    known = {"review_status": "accepted", "ls_type": "flow", "confidence": "5", "model": "m"}
    result = applied(inventory(known), save(said("a", "", note="visited"), said("b", "")))
    assert of(result, "a").items() >= known.items()
    assert of(result, "a")["notes"] == "visited"
    assert "review_status" not in of(result, "b")
    assert "reviewer" not in of(result, "c")


def test_a_review_twice_changes_nothing(save):
    paths = [save(said("a", note="no"), said("b", "reject", confidence=CONFIDENCES[0]))]
    paths.append(save(said("a", note="steep"), name="other", reviewer="Ben"))
    known = inventory({"notes": "not sure"})
    for rule in CONFLICTS[:2]:
        once = applied(known, *paths, rule=rule)
        assert of(once, "a")["notes"] == "not sure; no; steep"  # a remark, not letters of another
        assert applied(once.table, *paths, rule=rule).table == once.table


def test_columns_are_found_whatever_their_case_and_type(save):
    columns = {"ID": str, "Notes": str, "Confidence": int, "depth": float}
    records = tuple(
        Record(r.wkb, {"ID": r.get("id"), "Notes": "old", "Confidence": 4, "depth": 2.0})
        for r in inventory().records
    )
    table = Table("inventory", UTM, columns, records)
    result = applied(table, save(said("a", note="new")))
    assert of(result, "a")["notes"] == "old; new"
    assert of(result, "a")["confidence"] == "4"
    assert of(result, "a")["depth"] == 2.0
    assert result.table.columns["confidence"] is str
    assert not {"ID", "Notes", "Confidence"} & set(result.table.columns)


def test_the_last_word_of_a_reviewer_counts(save):
    early = save(said("a", "accept"), name="early")
    late = save(said("a", "reject", reviewed_at="2026-05-02T08:00:00Z"), reviewer="ann")
    for order in ((early, late), (late, early)):
        result = applied(inventory(), *order, rule="stop")
        assert of(result, "a")["review_status"] == "rejected"


def test_the_last_word_of_two_who_differ(save):
    verdicts = [("Ann", "accept", 1), ("Ben", "edit", 2), ("Ann", "reject", 3)]
    paths = [
        save(said("a", word, reviewed_at=f"2026-05-0{day}T10:00:00Z"), name=word, reviewer=who)
        for who, word, day in verdicts
    ]
    taken = of(applied(inventory(), *paths, rule="review"), "a")
    assert (taken["review_status"], taken["reviewer"]) == ("rejected", "Ann")


@pytest.mark.parametrize(("before", "after"), [({}, "Ann"), ({"reviewer": "Ben"}, "Ben")])
def test_who_agrees_is_named_where_nobody_is(save, before, after):
    result = applied(inventory({"review_status": "accepted", **before}), save(said("a")))
    assert of(result, "a")["reviewer"] == after


# --- conflicts ---


def test_inventory_and_review_differ(save):
    known = {"review_status": "rejected", "notes": "a field", "reviewer": "Ben"}
    path = save(said("a", note="fresh"), said("b"))
    kept = applied(inventory(known), path)
    assert of(kept, "a") == {"id": "a", **known}
    assert of(kept, "b")["review_status"] == "accepted"
    assert (kept.entered, kept.conflicting) == (1, 1)
    assert kept.conflicts == ("Decided otherwise in the inventory: 1 (a); the inventory stays.",)
    taken = applied(inventory(known), path, rule="review")
    assert of(taken, "a")["review_status"] == "accepted"
    assert of(taken, "a")["notes"] == "a field; fresh"
    assert of(taken, "a")["reviewer"] == "Ann"
    assert "the review was taken" in taken.conflicts[0]
    with pytest.raises(ParameterError, match=r"in the inventory: 1 \(a\)\. Expected"):
        applied(inventory(known), path, rule="stop")


@pytest.mark.parametrize(("key", "values"), [("ls_type", MOVEMENTS), ("confidence", CONFIDENCES)])
def test_a_type_or_a_confidence_can_differ_too(save, key, values):
    result = applied(inventory({key: values[0]}), save(said("a", **{key: values[1]})))
    assert of(result, "a") == {"id": "a", key: values[0]}
    assert result.conflicting == 1


def test_two_reviewers_differ(save):
    ann = save(said("a", "accept", reviewed_at="2026-05-03T10:00:00Z"), said("b", ls_type="flow"))
    ben = save(said("a", "reject"), said("b", note="wet"), name="ben", reviewer="Ben")
    kept = applied(inventory(), ann, ben)
    assert of(kept, "a") == {"id": "a"}
    assert of(kept, "b").items() >= {"ls_type": "flow", "notes": "wet"}.items()
    assert "another reviewer: 1 (a); neither was entered" in kept.conflicts[0]
    taken = applied(inventory(), ben, ann, rule="review")
    assert (of(taken, "a")["review_status"], of(taken, "a")["reviewer"]) == ("accepted", "Ann")


def test_an_outline_that_has_changed_since(save):
    path = save(said("a", outline=HASHES["b"]), said("b"))
    kept = applied(inventory(), path)
    assert (of(kept, "a"), of(kept, "b")["reviewer"]) == ({"id": "a"}, "Ann")
    assert "than on the sheet: 1 (a); the review was not entered" in kept.conflicts[0]
    assert of(applied(inventory(), path, rule="review"), "a")["review_status"] == "accepted"


def test_unknown_landslides_are_told_with_the_first_of_them(save):
    result = applied(inventory(), save(*(said(f"x{i}") for i in range(5)), said("a")))
    assert (result.entered, result.conflicting) == (1, 5)
    assert result.conflicts == ("Not in the inventory: 5 (x0, x1, x2, ...); left out.",)
    with pytest.raises(ParameterError, match=r"Not in the inventory: 1 \(x\)\. Expected none"):
        applied(inventory(), save(said("x")), rule="stop")


# --- outlines ---


def holed(*rings):
    return Table("t", UTM, {}, (Record(polygon_wkb(list(rings)), {}),))


def test_how_an_outline_is_written_does_not_matter():
    own = outline_hashes(holed(SQUARE, HOLE))
    assert outline_hashes(holed(np.roll(SQUARE, 2, axis=0)[::-1], HOLE[::-1])) == own
    many = multipolygon_wkb([[SQUARE, HOLE]])
    assert outline_hashes(Table("t", UTM, {}, (Record(many, {}),))) == own
    (rings,) = in_crs([[[SQUARE, HOLE]]], UTM, "EPSG:4326")[0]
    lonlat = Table("t", "EPSG:4326", {}, (Record(polygon_wkb(rings), {}),))
    assert outline_hashes(lonlat) == own


def test_round_degrees_are_not_where_rounding_turns():
    ring = np.array([(141.95, 42.7), (141.950001, 42.7), (141.95, 42.700003)])
    tables = [
        Table("t", "EPSG:4326", {}, (Record(polygon_wkb([ring + shift]), {}),))
        for shift in (-1e-11, 0, 1e-11)
    ]
    assert len({outline_hashes(table)[0] for table in tables}) == 1


@pytest.mark.parametrize("rings", [[SQUARE], [HOLE], [SQUARE + 1, HOLE], [SQUARE[:3], HOLE]])
def test_another_outline_has_another_hash(rings):
    assert outline_hashes(holed(*rings)) != outline_hashes(holed(SQUARE, HOLE))


# --- files from anybody ---


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is no JSON"),
        (b"\xff\xfe{}", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b'{"version": ' + b"9" * 5000 + b"}", "cannot be used"),
        (b'{"version": NaN}', "it holds the number NaN"),
        (b'{"format": 1, "format": 2}', "a key comes twice"),
        (b"[]", "the file holds no object"),
        (b'{"__proto__": 1}', "the file has the unknown key '__proto__'"),
        (b"{}", "it is not a saved review"),
        (b" " * (16 * 2**20 + 1), "it is larger than 16 MB"),
    ],
)
def test_what_is_no_review(tmp_path, content, told):
    path = tmp_path / "bad.review.json"
    path.write_bytes(content)
    with pytest.raises(ParameterError, match=r"bad\.review\.json cannot be used: ") as caught:
        read_review(str(path))
    assert told in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"version": 2}, "its version is 2, but this Landslip reads 1"),
        ({"version": True}, "its version is True"),
        ({"version": [[]]}, "its version is a list"),
        ({"reviewer": "  "}, "it does not say who the reviewer is"),
        ({"reviewer": "x" * 101}, "'reviewer' is longer than 100 letters"),
        ({"reviewer": {}}, "'reviewer' is an object, no text"),
        ({"verdicts": {}}, "'verdicts' is no list"),
        ({"verdicts": ["a"]}, "verdict 1 holds no object"),
        ({"extra": 1}, "the unknown key 'extra'"),
    ],
)
def test_what_a_review_may_not_be(save, more, told):
    with pytest.raises(ParameterError) as caught:
        read_review(save(**more))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"verdict": "accepted"}, "'verdict' is 'accepted', which is none of accept, edit, reject"),
        ({"verdict": None}, "'verdict' is None, no text"),
        ({"ls_type": "FLOW"}, "'ls_type' is 'FLOW', which is none of fall,"),
        ({"confidence": 5}, "'confidence' is 5, no text"),
        ({"note": "x" * 2001}, "'note' is longer than 2,000 letters"),
        ({"note": "a\0b"}, "'note' holds letters that are none"),
        ({"note": "\ud800"}, "'note' holds letters that are none"),
        ({"id": ""}, "its id is missing"),
        ({"id": "x" * 1001}, "'id' is longer than 1,000 letters"),
        ({"reviewed_at": "yesterday"}, "its time is 'yesterday'"),
        ({"reviewed_at": "2026-02-30T10:00:00Z"}, "its time is '2026-02-30T10:00:00Z'"),
        ({"reviewed_at": "2026-2-3T1:00:00Z"}, "its time is '2026-2-3T1:00:00Z'"),
        ({"area_m2": "1"}, "'area_m2' is '1', no area"),
        ({"area_m2": -1}, "'area_m2' is -1, no area"),
        ({"area_m2": False}, "'area_m2' is False, no area"),
        ({"geometry": 1}, "verdict 2 has the unknown key 'geometry'"),
        ({"id": "a"}, "the landslide 'a' comes twice"),
    ],
)
def test_what_a_verdict_may_not_be(save, more, told):
    with pytest.raises(ParameterError) as caught:
        read_review(save(said("a"), said("b", **more)))
    assert told in str(caught.value)


def test_a_file_that_is_not_there_and_no_file(tmp_path):
    for path in (tmp_path / "missing.review.json", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(ParameterError, match="cannot be read"):
            read_review(str(path))
    with pytest.raises(ParameterError, match="No review was given"):
        read_reviews([])


def test_verdicts_are_those_of_the_review_status():
    (statuses,) = [field.choices for field in FIELDS if field.name == "review_status"]
    assert tuple(VERDICTS.values()) == statuses[1:]
