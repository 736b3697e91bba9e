import numpy as np
import pytest
from scipy import integrate, stats

from landslip.engine.assessment.frequency_area import (
    fit_inverse_gamma,
    fit_power_law,
    log_binned_density,
)
from landslip.engine.common.errors import ParameterError

#: Parameters of three inventories together, after Malamud et al. (2004), in m2.
RHO, SCALE, SHIFT = 1.4, 1280.0, -132.0


@pytest.fixture(scope="module")
def malamud():
    return stats.invgamma.rvs(RHO, loc=SHIFT, scale=SCALE, size=6000, random_state=1)


@pytest.mark.parametrize("exponent", [1.8, 2.4, 3.2])
def test_exponent_of_a_power_law_is_recovered(exponent):
    draw = np.random.default_rng(7)
    areas = 1000 * (1 - draw.random(4000)) ** (-1 / (exponent - 1))
    fit = fit_power_law(areas)
    assert fit.exponent == pytest.approx(exponent, rel=0.05)
    assert fit.low < exponent < fit.high
    assert fit.high - fit.low < 0.5
    assert fit.distance < 0.05


def test_start_of_the_tail_is_recovered():
    """Below 2000 m2 the areas are uniform, above they are a power law."""
    draw = np.random.default_rng(3)
    tail = 2000 * (1 - draw.random(3000)) ** (-1 / 1.5)
    fit = fit_power_law(np.concatenate((draw.uniform(100, 2000, 1500), tail)))
    assert fit.start == pytest.approx(2000, rel=0.25)
    assert fit.exponent == pytest.approx(2.5, abs=0.12)


def test_inverse_gamma_is_recovered(malamud):
    fit = fit_inverse_gamma(malamud[malamud > 0])
    assert fit.exponent == pytest.approx(RHO + 1, abs=0.12)
    assert fit.low < RHO + 1 < fit.high
    assert 0.05 < fit.high - fit.low < 0.5
    assert fit.rollover == pytest.approx(SCALE / (RHO + 1) + SHIFT, rel=0.05)


def test_likelihood_is_that_of_scipy(malamud):
    areas = malamud[malamud > 0]
    fit = fit_inverse_gamma(areas)
    mine = np.log(fit.density(areas)).sum()
    theirs = stats.invgamma.logpdf(areas, *stats.invgamma.fit(areas, RHO, loc=SHIFT, scale=SCALE))
    assert mine >= theirs.sum() - 0.5


def test_units_do_not_matter(malamud):
    areas = malamud[malamud > 0]
    one, other = fit_inverse_gamma(areas), fit_inverse_gamma(areas * 100)
    assert other.exponent == pytest.approx(one.exponent, abs=0.01)
    assert other.rollover == pytest.approx(one.rollover * 100, rel=0.01)


def test_density_integrates_to_one_and_meets_its_fit(malamud):
    areas = malamud[malamud > 0]
    centres, density = log_binned_density(areas)
    fit = fit_inverse_gamma(areas)
    common = (centres > 300) & (centres < 5000)
    np.testing.assert_allclose(fit.density(centres[common]), density[common], rtol=0.25)
    tail = fit_power_law(areas)
    assert np.isnan(tail.density(np.array([tail.start / 2]))).all()
    axis = np.geomspace(tail.start, tail.start * 1e6, 20_000)
    inside = integrate.trapezoid(tail.density(axis), axis)
    assert inside == pytest.approx(tail.count / tail.total, rel=0.01)


def test_too_few_landslides():
    for fit in (fit_power_law, fit_inverse_gamma):
        with pytest.raises(ParameterError, match="There are 3 landslides; expected at least 50"):
            fit(np.array([1.0, 2.0, 3.0]))


def test_areas_of_one_size_are_survived():
    assert fit_power_law(np.full(60, 500.0)).total == 60
    assert fit_inverse_gamma(np.full(60, 500.0)).scale > 0
