"""Light taken out of a scene: made scenes whose reflectance is known."""

import numpy as np
import pytest

from landslip.engine.raster.light import LEAST_SKY, MOST_SKY, LightCorrection, fitted_correction

AIR = np.float32([900, 500, 300])
SKY = np.float32([1.2, 0.8, 0.5])


def scene(rng, count=20_000):
    """Ground of one kind under a sun: what it reflects [3, n], and how it is lit [n].

    The first hundredth is water, which reflects nothing.
    """
    lit = rng.uniform(0, 1, count).astype(np.float32)
    direct = 600 * (lit + SKY[:, None]) / (1 + SKY[:, None])
    direct[:, : count // 100] = 0
    return AIR[:, None] + direct * rng.normal(1, 0.02, (3, count)).astype(np.float32), lit


def test_even_ground_becomes_even(rng):
    values, lit = scene(rng)
    even = fitted_correction(values, lit).applied(values, lit)
    assert even.dtype == np.float32
    ground = slice(lit.size // 100, None)
    values, even, lit = values[:, ground], even[:, ground], lit[ground]
    for before, after in zip(values, even):
        assert abs(np.corrcoef(before, lit)[0, 1]) > 0.9
        assert after.std() < 0.5 * before.std()
        # Shade is as bright as the sun's side; nothing else tells the two apart.
        assert after[lit < 0.2].mean() == pytest.approx(after[lit > 0.8].mean(), rel=0.08)


def test_a_slide_stands_out_of_shade_as_of_light(rng):
    values, lit = scene(rng)
    slide = (rng.random(lit.size) < 0.05) & (np.arange(lit.size) >= lit.size // 100)
    values[:, slide] = AIR[:, None] + 3 * (values[:, slide] - AIR[:, None])
    even = fitted_correction(values, lit).applied(values, lit)

    def contrast(layers, chosen):
        return np.median(layers[2][chosen & slide]) - np.median(layers[2][chosen & ~slide])

    dark, bright = lit < 0.2, lit > 0.8
    assert contrast(values, dark) < 0.7 * contrast(values, bright)
    assert contrast(even, dark) == pytest.approx(contrast(even, bright), rel=0.2)


def test_brightness_that_does_not_follow_the_light_stays(rng):
    values = rng.normal(800, 50, (2, 5000)).astype(np.float32)
    for lit in (rng.uniform(0, 1, 5000), np.full(5000, 0.7), -values[0] / 1000):
        lit = lit.astype(np.float32)
        correction = fitted_correction(values, lit)
        assert correction.applied(values, lit) == pytest.approx(values, rel=0.03)


def test_unknown_light_changes_nothing_and_counts_nowhere(rng):
    values, lit = scene(rng, 4000)
    known = fitted_correction(values[:, ::2], lit[::2])
    lit[1::2] = np.nan
    found = fitted_correction(values, lit)
    assert found == known
    assert np.array_equal(found.applied(values, lit)[:, 1::2], values[:, 1::2])
    nothing = fitted_correction(values, np.full(4000, np.nan, np.float32))
    assert set(nothing.sky) == {MOST_SKY}


def test_land_that_faces_away_gets_the_light_of_the_sky_alone():
    correction = LightCorrection((100.0,), (LEAST_SKY,), 0.6)
    values = np.full((1, 3), 400, np.float32)
    back, edge, level = correction.applied(values, np.float32([-0.8, 0, 0.6]))[0]
    assert back == edge == pytest.approx(100 + 300 * (0.6 + LEAST_SKY) / LEAST_SKY)
    assert level == pytest.approx(400)
