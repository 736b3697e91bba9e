"""Mean, spread and areas of several runs, against what is counted by hand."""

import numpy as np
import pytest

from landslip.engine.models.runs import AreaRange, RunCounts, RunSums, run_names
from landslip.engine.models.test_time import ORIENTATIONS, TEST_TIME
from landslip.engine.raster.grid import Grid
from landslip.tests.support import UTM

GRID = Grid(UTM, (10.0, 0.0, 500000.0, 0.0, -10.0, 4700000.0), 30, 20)


def summed(runs, known=None):
    sums = RunSums(np.ones(runs[0].shape, bool) if known is None else known)
    for run in runs:
        sums.add(run)
    return sums.found()


def squares(*sides):
    """A run for each side: 0.9 in a square of so many pixels, 0.1 elsewhere."""
    runs = []
    for side in sides:
        run = np.full((20, 30), 0.1, np.float32)
        run[:side, :side] = 0.9
        runs.append(run)
    return runs


def test_mean_and_spread_are_those_of_numpy(rng):
    runs = [rng.random((20, 30), "float32") for _ in range(5)]
    mean, spread, pixels = summed(runs)
    np.testing.assert_allclose(mean, np.mean(runs, axis=0, dtype=float), atol=1e-7)
    np.testing.assert_allclose(spread, np.std(runs, axis=0, dtype=float), atol=1e-7)
    assert mean.dtype == spread.dtype == np.float32
    for row, probability in zip(pixels, [*runs, mean]):
        for step in (0, 1, 37, 90, 100):
            assert row[step] == (probability >= np.float32(step / 100)).sum()


def test_runs_that_agree_have_no_spread_and_one_run_has_none_to_tell(rng):
    run = rng.random((20, 30), "float32")
    mean, spread, _ = summed([run, run, run])
    assert np.array_equal(mean, run)
    assert not spread.any()
    alone = summed([run])
    assert alone[0] is run
    assert alone[1:] == (None, None)


def test_pixels_that_are_not_known_do_not_count():
    known = np.zeros((20, 30), bool)
    known[:5] = True
    _, _, pixels = summed(squares(4, 10), known)
    assert pixels[:, 50].tolist() == [16, 50, 50]
    assert pixels[:, 0].tolist() == [150, 150, 150]


def test_the_range_of_the_area_is_that_of_the_runs():
    """Squares of 16, 36 and 64 pixels; two of three agree on 36, which the mean is."""
    _, _, pixels = summed(squares(4, 6, 8))
    found = RunCounts(("a", "b", "c"), pixels).area_range(3600.0, 0.5)
    assert found == AreaRange(3, pytest.approx(100 * np.std([16, 36, 64])), 1600.0, 6400.0)
    assert "0.002 to 0.006 km2" in found.text
    # Of an inventory from which half was dropped, half.
    assert RunCounts(("a", "b", "c"), pixels).area_range(1800.0, 0.5).high == 3200.0


def test_the_range_holds_the_area_of_the_mean_where_runs_disagree_on_place():
    """Each of three finds 100 pixels elsewhere; their mean finds none at 0.5, and all at 0.3."""
    runs = []
    for place in range(3):
        run = np.full((20, 30), 0.1, np.float32)
        run[:10, 10 * place : 10 * place + 10] = 0.9
        runs.append(run)
    _, _, pixels = summed(runs)
    counts = RunCounts(("a", "b", "c"), pixels)
    assert counts.area_range(0.0, 0.5) is None
    assert counts.area_range(30_000.0, 0.3) == AreaRange(3, 0.0, 10_000.0, 30_000.0)


def test_thresholds_between_two_steps_lie_between_their_answers(rng):
    runs = [rng.random((20, 30), "float32") ** power for power in (1, 2)]
    counts = RunCounts(("a", "b"), summed(runs)[2])
    low, middle, high = (counts.area_range(1000.0, t).low for t in (0.5, 0.504, 0.51))
    assert min(low, high) < middle < max(low, high)


def test_what_a_raster_says_is_read_back_and_not_taken_for_another_extent():
    counts = RunCounts(("a", "b"), summed(squares(4, 6))[2])
    again = RunCounts.from_json(counts.to_json(GRID), GRID)
    assert again.names == counts.names
    assert np.array_equal(again.pixels, counts.pixels)
    part = Grid(GRID.crs, GRID.transform, 20, 20)
    assert RunCounts.from_json(counts.to_json(GRID), part) is None
    for broken in (None, "", "[]", "{}", '{"runs": ["a"], "size": [30, 20], "pixels": [[1]]}'):
        assert RunCounts.from_json(broken, GRID) is None


@pytest.mark.parametrize("kind", TEST_TIME)
def test_orientations_are_undone(rng, kind):
    patches = rng.random((2, 1, 16, 16), "float32")
    seen = set()

    def model(turned):
        seen.add(turned.tobytes())
        return turned[:, 0]

    for orientation in ORIENTATIONS[kind]:
        assert np.array_equal(orientation.run(patches, model), patches[:, 0])
    assert len(seen) == len(ORIENTATIONS[kind]) == {"none": 1, "flips": 4, "all": 8}[kind]


def test_runs_have_names_of_their_own():
    names = run_names(["one", "other"], ORIENTATIONS["all"])
    assert names[0] == "one"
    assert names[-1] == "other, turned by 270°, mirrored"
    assert len(set(names)) == 16
