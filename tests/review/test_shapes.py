"""Outlines on the screen, and a landslide grown around a click."""

import numpy as np
import pytest

from landslip.engine.inventory.wkb import signed_area
from landslip.review.shapes import grow, rings_above


def test_rings_enclose_the_pixels_above_the_threshold(rng):
    probability = rng.random((60, 80)).astype(np.float32)
    probability[5, 5:20] = np.nan
    for threshold in (0.2, 0.5, 0.9):
        rings = rings_above(probability, threshold)
        inside = np.nan_to_num(probability) >= threshold
        assert sum(signed_area(ring) for ring in rings) == inside.sum()


def test_no_rings_where_there_is_nothing():
    assert rings_above(np.zeros((4, 4)), 0.5) == []
    assert rings_above(np.full((4, 4), np.nan), 0.5) == []


@pytest.fixture
def hill():
    """A landslide whose probability falls from 0.45 outwards, on ground of 0.05."""
    row, col = np.mgrid[:101, :101]
    return np.maximum(0.45 - 0.02 * np.hypot(row - 50, col - 50), 0.05)


def test_it_grows_to_half_of_what_was_clicked(hill):
    grown = grow(hill, 50, 50, 10_000)
    assert 0.45 / 2 < grown.threshold < 0.45 / 2 + 0.021
    assert grown.pixels == (hill >= grown.threshold).sum()
    assert sum(signed_area(ring) for ring in grown.rings) == grown.pixels


def test_it_stays_below_the_area(hill):
    grown = grow(hill, 50, 50, 60)
    assert 20 < grown.pixels <= 60
    step_more = (hill >= grown.threshold - 0.02).sum()
    assert step_more > 60


def test_holes_are_filled_and_others_are_left_alone(hill):
    hill[50, 52] = 0.0
    hill[20:25, 20:25] = 0.9
    grown = grow(hill, 50, 50, 10_000)
    assert len(grown.rings) == 1
    assert grown.rings[0][:, 1].min() > 25


def test_it_does_not_follow_to_the_border():
    valley = np.full((50, 50), 0.05)
    valley[20:30, :25] = 0.3  # goes out on the left side
    valley[22:28, 15:22] = 0.5
    grown = grow(valley, 25, 18, 10_000)
    assert grown.pixels == 6 * 7


def test_nothing_grows_from_nothing(hill):
    hill[50, 50] = np.nan
    assert grow(hill, 50, 50, 100) is None
    assert grow(np.full((9, 9), 0.01), 4, 4, 100) is None


def test_a_pixel_alone():
    alone = np.zeros((9, 9))
    alone[4, 4] = 0.5
    grown = grow(alone, 4, 4, 1)
    assert (grown.pixels, len(grown.rings)) == (1, 1)
