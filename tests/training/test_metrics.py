import numpy as np
import pytest

from landslip.engine.assessment.metrics import Confusion, confusion


def test_counts_by_hand():
    prediction = np.array([1, 1, 1, 0, 0, 0], bool)
    truth = np.array([1, 1, 0, 1, 0, 0], bool)
    valid = np.array([1, 1, 1, 1, 1, 0], bool)
    score = confusion(prediction, truth, valid)
    assert score == Confusion(tp=2, fp=1, fn=1, tn=1)
    assert (score.precision, score.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert score.f1 == pytest.approx(2 / 3)
    assert score.iou == pytest.approx(0.5)


def test_parts_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    prediction, truth = rng.random((2, 40, 30)) < 0.3
    halves = confusion(prediction[:17], truth[:17]) + confusion(prediction[17:], truth[17:])
    assert halves == confusion(prediction, truth)


def test_nothing_detected_scores_zero():
    score = confusion(np.zeros(5, bool), np.ones(5, bool))
    assert (score.precision, score.recall, score.f1, score.iou) == (0, 0, 0, 0)


def test_other_grids_are_refused():
    with pytest.raises(ValueError, match="one grid"):
        confusion(np.zeros((2, 3), bool), np.zeros((3, 2), bool))
