import numpy as np
import pytest

from landslip.engine.detection.fusion import LIMIT, change_score, fused


def test_scores_are_robust_and_unknown_change_is_no_evidence(rng):
    change = rng.normal(-0.1, 0.05, 10_000)
    change[:500] = 3.0
    change[500:600] = np.nan
    score = change_score(change)
    assert score[700:].std() == pytest.approx(1, abs=0.15)
    assert np.all(score[:500] == LIMIT)
    assert np.all(score[500:600] == 0)


@pytest.mark.parametrize("value", [0.2, np.nan])
def test_a_scene_without_change_gives_no_evidence(value):
    assert not change_score(np.full((3, 4), value)).any()


def test_new_soil_raises_and_what_is_unknown_stays_exactly():
    before = np.array([0.3, 0.3, 0.3, 0.0], np.float32)
    after = fused(before, np.array([2.0, 0, -2, 0], np.float32), 0.3)
    assert after[0] > 0.3 > after[2]
    assert after[1] == before[1]
    assert after[3] == 0
