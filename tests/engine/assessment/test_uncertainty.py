"""What runs differ by, in the numbers and the report of an inventory."""

import numpy as np
import pytest

from landslip.engine.assessment.statistics import StatisticsRequest, inventory_statistics
from landslip.engine.assessment.statistics_report import write_statistics_report
from landslip.engine.assessment.uncertainty import Uncertainty, uncertainty_of
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.models.probability import Provenance, open_probability, probability_writer
from landslip.engine.models.runs import AreaRange, RunCounts, RunSums
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.engine.raster.grid import Grid
from landslip.tests.support import UTM

GRID = Grid(UTM, (10.0, 0.0, 500000.0, 0.0, -10.0, 4700000.0), 40, 30)


@pytest.fixture
def raster(tmp_path):
    """Two runs: both see a square of 100 pixels, one of them another of 50, less surely."""
    runs = np.full((2, 30, 40), 0.1, np.float32)
    runs[:, :10, :10] = 0.9
    runs[0, 20:25, 20:30], runs[1, 20:25, 20:30] = 0.8, 0.4
    sums = RunSums(np.ones((30, 40), bool))
    for run in runs:
        sums.add(run)
    mean, spread, pixels = sums.found()
    target = str(tmp_path / "p.tif")
    with probability_writer(target, GRID, GRID.area, Provenance(threshold=0.5), True) as writer:
        writer.write(GRID.area, mean, np.ones((30, 40), bool), spread)
        writer.tell_of_runs(RunCounts(("one <b>", "two"), pixels))
    return target


def columns(landslides):
    names = ("prob_mean", "prob_std", "threshold")
    return {name: np.array([slide[name] for slide in landslides]) for name in names}


def test_disputed_outlines_and_the_range_of_the_area(raster):
    slides = list(vectorise(VectoriseRequest(raster)))
    assert [slide["prob_std"] for slide in slides] == pytest.approx([0, 0.2], abs=1e-6)
    areas = np.array([10_000.0, 5_000.0])
    found = uncertainty_of(columns(slides), areas, raster)
    expected = AreaRange(2, 2_500.0, 10_000.0, 15_000.0)
    assert found == Uncertainty(2, 1, 5_000.0, expected, (("one <b>", 15_000.0), ("two", 10_000.0)))
    assert uncertainty_of(columns(slides), areas, None) == Uncertainty(2, 1, 5_000.0, None, ())
    higher = list(vectorise(VectoriseRequest(raster, threshold=0.7)))
    assert len(higher) == 1
    found = uncertainty_of(columns(higher), areas[:1], raster)
    assert found.area == AreaRange(2, 2_500.0, 10_000.0, 15_000.0)


def test_without_runs_nothing_is_said(raster):
    areas = np.array([10_000.0])
    assert uncertainty_of({}, areas, None) is None
    # Of outlines at several thresholds nobody knows what the runs found.
    assert uncertainty_of({"threshold": np.array([0.4, 0.6])}, np.repeat(areas, 2), raster) is None
    assert uncertainty_of({}, areas, raster).area.runs == 2


def test_report_and_numbers(tmp_path, raster):
    slides = list(vectorise(VectoriseRequest(raster)))
    inventory = Outlines("slides", UTM, tuple(slide.wkb for slide in slides))
    request = StatisticsRequest(inventory, attributes=columns(slides), probability=raster)
    found = inventory_statistics(request)
    total = found.areas.sum()
    numbers = found.numbers()
    assert numbers["AREA_LOW"] == pytest.approx(total / 1.5)
    assert numbers["AREA_HIGH"] == pytest.approx(total)
    assert numbers["AREA_STD"] == pytest.approx(total / 6)
    target = tmp_path / "r.html"
    write_statistics_report(found, "slides", "test", str(target))
    text = target.read_text(encoding="utf-8")
    assert "1 of 2 outlines" in text
    assert "one &lt;b&gt;" in text
    assert "0.010 to 0.015 km2" in text
    square = polygon_wkb([np.array([(5e5, 47e5), (5e5 + 50, 47e5), (5e5, 47e5 - 50)], float)])
    alone = inventory_statistics(StatisticsRequest(Outlines("drawn", UTM, (square,))))
    assert alone.uncertainty is None
    assert alone.numbers()["AREA_STD"] is None


def test_a_raster_that_says_nothing_of_runs(tmp_path):
    target = str(tmp_path / "p.tif")
    with probability_writer(target, GRID, GRID.area, Provenance(threshold=0.5)) as writer:
        writer.write(GRID.area, np.full((30, 40), 0.9, np.float32), np.ones((30, 40), bool))
    assert open_probability(target).counts is None
    assert open_probability(target).area_range(1.0, 0.5) is None
    assert uncertainty_of({}, np.array([1.0]), target) is None
