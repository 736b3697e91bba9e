"""One step in a short series: where it is, how sure that is, and when there is none."""

import numpy as np
import pytest

from landslip.engine.ground.change_point import (
    ALL_BARE,
    DATED,
    NEVER_BARE,
    TOO_FEW,
    UNCLEAR,
    dated,
)

LEAST = 0.12


def series(states, ring=-0.8, bare=-0.2):
    """Bareness of an outline and of its ring from states 0 to 1; None is not seen."""
    known = np.array([np.nan if s is None else s for s in states])
    around = np.broadcast_to(np.asarray(ring, float), known.shape)
    return around + known * (bare - around), around


def told(states, **more):
    step = dated(*series(states, **more), LEAST)
    return step.note, step.last_without, step.first_with


def test_the_images_beside_the_step():
    assert told([0, 0.1, 0, 1, 0.9, 1]) == (DATED, 2, 3)
    assert told([0, 1]) == (DATED, 0, 1)
    step = dated(*series([0, 0, 0, 0, 1, 1, 1]), LEAST)
    assert step.confidence > 0.9


def test_images_that_do_not_show_it_widen_the_interval():
    assert told([0, 0, None, None, 1, 1]) == (DATED, 1, 4)
    assert told([None, 0, None, 1, None]) == (DATED, 1, 3)


def test_a_single_wrong_image_makes_no_step():
    assert told([0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1]) == (DATED, 6, 7)
    assert told([0, 0, 0, 0, 1, 1, 0, 1, 1, 1]) == (DATED, 3, 4)


def test_winter_tells_nothing_and_moves_no_date():
    """The ring is nearly bare in every second image: those after the step look as before it."""
    ring = [-0.8, -0.35, -0.8, -0.35, -0.8, -0.35, -0.8]
    states = [0, 0, 0, 1, 1, 1, 1]
    assert told(states, ring=ring) == (DATED, 2, 4)


def test_plants_come_back_slowly():
    note, last, first = told([0, 0, 0, 1, 0.9, 0.8, 0.75, 0.65, 0.6])
    assert (note, last) == (DATED, 2)
    assert first in (3, 4)


def test_no_step():
    assert told([1, 0.9, 1, 1, 1])[0] == ALL_BARE
    assert told([1, 0.9, 1, 1, 1])[2] == 0
    assert told([0, 0, 0.05, 0, 0]) == (NEVER_BARE, None, None)
    assert told([0, None, None]) == (TOO_FEW, None, None)
    assert told([None, None]) == (TOO_FEW, None, None)


def test_where_several_places_fit_all_are_held():
    step = dated(*series([0, 0, 0.5, 1, 1]), LEAST)
    assert (step.note, step.last_without, step.first_with) == (DATED, 1, 3)


def test_what_contradicts_itself_is_unclear_or_wide():
    step = dated(*series([0, 1, 0, 1, 0, 1]), LEAST)
    assert step.note in (UNCLEAR, DATED, ALL_BARE, NEVER_BARE)
    if step.note == DATED:
        assert step.first_with - step.last_without > 2


@pytest.mark.parametrize("outliers", [0.0, 0.08])
def test_intervals_hold_the_truth_as_often_as_they_say(outliers):
    rng = np.random.default_rng(5)
    inside, sure = [], []
    for _ in range(400):
        days = np.sort(rng.choice(np.arange(0, 1460, 5), 14, replace=False))
        event = rng.uniform(days[2], days[-3])
        summer = 0.5 + 0.5 * np.cos(2 * np.pi * (days - 200) / 365)
        ring = -(0.45 + 0.35 * summer) + rng.normal(0, 0.02, 14)
        value = np.where(days >= event, -0.2, ring) + rng.normal(0, 0.04, 14)
        wrong = rng.random(14) < outliers
        value[wrong] += rng.normal(0, 0.25, wrong.sum())
        value[rng.random(14) < 0.25] = np.nan
        step = dated(value, ring, LEAST)
        if step.note == DATED:
            inside.append(days[step.last_without] < event <= days[step.first_with])
            sure.append(step.confidence)
    assert len(inside) > 300
    assert np.mean(inside) >= np.mean(sure) - 0.02
    assert np.mean(inside) > 0.93
