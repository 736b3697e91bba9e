"""The order of a review, its keys and its progress: plain values, no QGIS."""

import numpy as np
import pytest

from landslip.review.keys import Command, Do, Keys
from landslip.review.queue import Columns, Order, ordered
from landslip.review.session import Session


def columns(count=5, **given):
    empty = np.full(count, np.nan)
    texts = np.full(count, "", dtype=object)
    values = {
        "fid": np.arange(10, 10 + count),
        "probability": empty,
        "threshold": empty,
        "area": empty,
        "change": texts,
        "status": texts,
        "rank": empty,
    }
    made = {
        name: np.array(value, dtype=values[name].dtype) if name in values else value
        for name, value in given.items()
    }
    return Columns(**{**values, **made})


def test_least_sure_is_nearest_to_the_threshold_and_unknown_comes_last():
    given = columns(probability=[0.9, np.nan, 0.45, 0.52, 0.7], threshold=[0.5] * 5)
    assert ordered(given, Order.LEAST_SURE, False).tolist() == [3, 2, 4, 0, 1]


def test_without_a_threshold_least_sure_is_the_lowest():
    given = columns(probability=[0.9, np.nan, 0.45, 0.52, 0.7])
    assert ordered(given, Order.LEAST_SURE, False).tolist() == [2, 3, 4, 0, 1]


def test_largest_first_keeps_equals_as_in_the_layer():
    given = columns(area=[5.0, 7.0, np.nan, 7.0, 6.0])
    assert ordered(given, Order.LARGEST, False).tolist() == [1, 3, 4, 0, 2]


def test_suggested_ones_first_by_their_rank_and_then_as_in_the_layer():
    given = columns(rank=[3, np.nan, 1, 2, np.nan], status=["", "", "", "accepted", ""])
    assert ordered(given, Order.SUGGESTED, False).tolist() == [2, 3, 0, 1, 4]
    assert ordered(given, Order.SUGGESTED, True).tolist() == [2, 0, 1, 4]


def test_new_ones_first_then_what_moved_again():
    change = ["unchanged", "enlarged", "new", "", "reactivated"]
    assert ordered(columns(change=change), Order.NEW, False).tolist() == [2, 4, 1, 0, 3]


def test_possibly_new_ones_come_after_what_is_sure():
    change = ["possibly gone", "possibly new", "enlarged", "unchanged", "new"]
    assert ordered(columns(change=change), Order.NEW, False).tolist() == [4, 2, 1, 0, 3]


def test_only_unreviewed_leaves_out_every_verdict_also_of_others():
    given = columns(status=["accepted", "unreviewed", "", "rejected", "seen by Anna"])
    assert ordered(given, Order.LAYER, True).tolist() == [1, 2]
    assert ordered(given, Order.LAYER, False).tolist() == [0, 1, 2, 3, 4]


def test_no_outlines_at_all():
    for order in Order:
        assert ordered(columns(0), order, True).tolist() == []


# --- keys ---


@pytest.mark.parametrize(
    ("pressed", "command"),
    [
        ("a", Command(Do.ACCEPT)),
        ("A", Command(Do.ACCEPT)),
        ("r", Command(Do.REJECT)),
        ("3", Command(Do.CONFIDENCE, "likely")),
        ("0", Command(Do.CONFIDENCE, "")),
        ("7", None),  # there are five steps
        ("t7", Command(Do.TYPE, "flow")),
        ("t0", Command(Do.TYPE, "")),
        ("ta", Command(Do.ACCEPT)),  # the type was not meant
        ("ta3", Command(Do.CONFIDENCE, "likely")),
        ("t73", Command(Do.CONFIDENCE, "likely")),
        ("x", None),
        ("", None),
        ("ä", None),
        ("²", None),  # a digit to Python
    ],
)
def test_keys(pressed, command):
    keys = Keys()
    found = [keys.press(key) for key in pressed or [pressed]]
    assert found[-1] == command


def test_every_letter_is_one_key():
    letters = [do.value for do in Do]
    assert len(set(letters)) == len(letters)


# --- progress ---


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_progress_counts_what_others_did_and_tells_the_time_left():
    clock = Clock()
    session = Session(columns(100, status=["accepted"] * 40 + [""] * 60), clock)
    session.arrange(Order.LAYER, True)
    assert session.progress_text() == "40 of 100 reviewed"
    for _ in range(10):
        clock.now += 6
        session.set_status(session.current, "rejected")
        session.pace.decided()
        session.next()
    assert (session.reviewed, session.total) == (50, 100)
    assert session.minutes_left() == pytest.approx(5.0)  # 50 outlines of 6 s
    assert session.progress_text() == "50 of 100 reviewed, about 5 min left"


def test_a_pause_is_no_part_of_the_pace():
    clock = Clock()
    session = Session(columns(10), clock)
    session.arrange(Order.LAYER, True)
    for seconds in (4, 3600, 4):
        clock.now += seconds
        session.pace.decided()
    assert session.pace.seconds() == 4


def test_a_verdict_taken_back_counts_no_longer():
    session = Session(columns(3))
    session.arrange(Order.LAYER, True)
    session.set_status(10, "accepted")
    session.set_status(10, "")
    session.set_status(999, "accepted")  # drawn since
    assert session.reviewed == 0


def test_what_is_gone_is_not_counted():
    session = Session(columns(3, status=["accepted", "accepted", ""]))
    session.arrange(Order.LAYER, False)
    session.remove(10)
    assert (session.reviewed, session.total) == (1, 2)


def test_the_way_ends_after_the_last_and_before_the_first():
    session = Session(columns(2))
    session.arrange(Order.LAYER, True)
    session.back()
    assert session.current == 10
    session.next()
    session.next()
    session.next()
    assert session.current is None
    session.back()
    assert session.current == 11


def test_a_new_round_leaves_out_what_was_decided():
    session = Session(columns(3))
    session.arrange(Order.LAYER, True)
    session.set_status(11, "rejected")
    session.arrange(Order.LAYER, True)
    assert session.place == (1, 2)
    session.go_to(12)
    assert session.place == (2, 2)
    session.go_to(11)  # not in this round
    assert session.current == 12
