"""Outlines counted on a mask of squares."""

import numpy as np
import pytest

from landslip.training.answer import Answer
from landslip.training.confidence import confidence_table, interval, outlined


@pytest.fixture
def said():
    probability, truth = np.zeros((40, 40), "float32"), np.zeros((40, 40), bool)
    judged = np.ones((40, 40), bool)
    probability[2:6, 2:6], truth[2:6, 2:4] = 0.95, True  # half of it is mapped: right
    probability[10:14, 2:6], truth[10:14, 2:3] = 0.95, True  # a quarter: wrong
    probability[20:24, 2:6] = 0.3  # wrong, at a low threshold
    probability[30:32, 2:4] = 0.95  # too small to count
    probability[2:6, 30:34], judged[2:6, 33] = 0.8, False  # nobody looked at all of it
    return Answer(None, probability, truth, judged, 0.5)


def test_an_outline_is_right_if_half_of_it_is_mapped(said):
    found = outlined(said, 0.5)
    assert found.probability == pytest.approx([0.95, 0.95])
    assert found.right.tolist() == [True, False]
    assert outlined(said, 0.99).right.size == 0


def test_the_table_goes_by_word(said):
    lines = confidence_table(said, (0.5, 0.2)).splitlines()[2:]
    assert lines == [
        "| 0.5 | confident | 2 | 0.50 | 0.09 to 0.91 |",
        "| 0.2 | possible | 1 | 0.00 | 0.00 to 0.79 |",
        "| 0.2 | confident | 2 | 0.50 | 0.09 to 0.91 |",
    ]


@pytest.mark.parametrize(("right", "count"), [(0, 5), (5, 5), (41, 60)])
def test_the_interval_is_wilsons(right, count):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(right, count).proportion_ci(method="wilson")
    assert interval(right, count) == pytest.approx(tuple(expected), abs=1e-4)
