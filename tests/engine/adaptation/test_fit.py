"""New layers from labelled pixels: what moves them, and how far."""

from __future__ import annotations

import numpy as np
import pytest

from landslip.engine.adaptation.fit import (
    THRESHOLDS,
    Sample,
    choose,
    choose_threshold,
    fit_layer,
    try_strength,
)
from landslip.engine.adaptation.judge import are_unlike_the_rest, judge


def sample_of(rng, shift=0.0, tells=0.0, blocks=8, each=300, noise=1.5):
    """Blocks of pixels whose old logit is off by a shift, and a feature that tells the rest."""
    truth = rng.random(blocks * each) < 0.25
    logits = np.where(truth, 2.0, -2.0) + rng.normal(0, noise, len(truth)) + shift
    feature = np.where(truth, tells, -tells) + rng.normal(0, 1, len(truth))
    ones = np.ones(len(truth))
    return Sample(
        logits=logits,
        features=np.column_stack([feature, rng.normal(0, 1, len(truth))]).astype(np.float32),
        truth=truth,
        weights=ones,
        landslide=truth * 1.0,
        ground=ones,
        groups=np.repeat(np.arange(blocks), each),
        landslides=40,
        complete=True,
    )


def test_without_a_strength_the_old_layer_stays(rng):
    sample = sample_of(rng)
    np.testing.assert_array_equal(fit_layer(sample, None).logits(sample), sample.logits)


def test_a_strong_prior_keeps_the_weights_and_a_weak_one_learns(rng):
    sample = sample_of(rng, tells=2.0)
    strong, weak = (np.abs(fit_layer(sample, s).weights) for s in (1e6, 0.1))
    assert strong.max() < 1e-3
    assert weak[0] > 0.5
    assert weak[0] > 3 * weak[1]  # the second feature tells nothing


def test_more_landslides_move_more(rng):
    sample = sample_of(rng, tells=2.0)
    few = Sample(**{**sample.__dict__, "landslides": 5})
    assert np.abs(fit_layer(few, 5.0).weights[0]) < np.abs(fit_layer(sample, 5.0).weights[0])


def test_a_shifted_model_gets_its_threshold_back(rng):
    tried = try_strength(sample_of(rng, shift=-2.0), None)
    place, _ = choose_threshold(tried.counts, tried.counts, np.arange(8), rng)
    assert -2.6 < THRESHOLDS[place] < -1.0


def test_a_right_threshold_stays_where_it_is(rng):
    tried = try_strength(sample_of(rng), None)
    place, _ = choose_threshold(tried.counts, tried.counts, np.arange(8), rng)
    assert abs(THRESHOLDS[place]) <= 0.4


def test_a_threshold_never_goes_further_than_the_old_model_is_sure(rng):
    tried = try_strength(sample_of(rng, shift=-6.0), None)
    place, _ = choose_threshold(tried.counts, tried.counts, np.arange(8), rng)
    assert THRESHOLDS[place] >= -3.2


def test_few_landslides_move_a_threshold_part_of_the_way(rng):
    sample = sample_of(rng, shift=-2.0)
    start = np.flatnonzero(THRESHOLDS == 0)[0]
    moved = []
    for change in ({}, {"landslides": 5}, {"complete": False, "landslides": 5}):
        counts = try_strength(Sample(**{**sample.__dict__, **change}), None).counts
        place, _ = choose_threshold(counts, counts, np.arange(8), np.random.default_rng(0))
        detected = np.log(np.maximum(counts.detected.sum(axis=0), 1))
        moved.append(detected[place] - detected[start])
    assert moved[0] > moved[1] > moved[2] > 0
    # 40 / 50 of the way, and 5 / 15 of it; of thresholds there are so many only.
    assert moved[1] / moved[0] == pytest.approx(5 / 12, abs=0.12)


def test_a_model_that_detects_nothing_gets_its_threshold(rng):
    counts = try_strength(sample_of(rng, shift=-4.0, noise=0.5), None).counts
    start = np.flatnonzero(THRESHOLDS == 0)[0]
    assert not counts.detected[:, start].any()
    place, _ = choose_threshold(counts, counts, np.arange(8), rng)
    assert counts.f1()[place] > 0.3  # of 600 pixels of landslide, 0.8 of the logarithm


@pytest.mark.parametrize("landslides", [5, 40])
def test_a_threshold_between_no_pixels_stays_where_it_is(rng, landslides):
    sample = sample_of(rng)
    change = {"logits": np.where(sample.truth, 5.0, -5.0), "landslides": landslides}
    counts = try_strength(Sample(**{**sample.__dict__, **change}), None).counts
    place, _ = choose_threshold(counts, counts, np.arange(8), rng)
    assert THRESHOLDS[place] == 0


@pytest.mark.parametrize(
    ("among", "rest", "unlike"),
    [
        (0.5, 4.0, True),
        (4.0, 4.0, False),
        (4.0, 0.5, False),  # easier ones want no lower threshold
    ],
)
def test_few_landslides_must_look_like_the_rest(rng, among, rest, unlike):
    among, rest = np.abs(rng.normal(among, 1, 300)), np.abs(rng.normal(rest, 1, 2000))
    weights = np.ones(300)
    assert are_unlike_the_rest(among, weights, rest) == unlike
    # Where next to nothing is detected, nothing is told.
    assert not are_unlike_the_rest(among[:9], weights[:9], rest)
    assert not are_unlike_the_rest(among, weights, rest[:29])
    assert not are_unlike_the_rest(among, weights, -rest)


def test_counts_are_those_of_a_loop(rng):
    sample = sample_of(rng, blocks=3, each=50)
    counts = try_strength(sample, None).counts
    for block in range(3):
        inside = sample.groups == block
        for number, threshold in enumerate(THRESHOLDS):
            found = inside & (sample.logits >= threshold)
            assert counts.right[block, number] == (found & sample.truth).sum()
            assert counts.detected[block, number] == found.sum()


@pytest.mark.parametrize(("tells", "least", "most"), [(2.5, 0.1, 1.0), (0.0, -0.02, 0.02)])
def test_features_gain_what_they_tell(rng, tells, least, most):
    sample = sample_of(rng, tells=tells)
    tried = [try_strength(sample, strength) for strength in (None, 10.0, 1.0)]
    found = judge(tried, [(0.0, 0.0)] * 8, [5] * 8, rng, 1.0)
    assert least < found.gain < most
    assert found.gain_low <= found.gain <= found.gain_high
    assert found.better or not tells


def test_of_equals_the_strongest_prior_is_taken(rng):
    tried = [try_strength(sample_of(rng), None)] * 3
    assert choose(tried, np.arange(8), rng, 1.0)[0] is tried[0]


def test_where_labels_are_incomplete_a_block_has_its_share_of_what_the_scene_detects(rng):
    sample = sample_of(rng, blocks=2, each=100)
    whole = np.arange(200) >= 150
    scene = Sample(
        **{
            **sample.__dict__,
            "complete": False,
            "landslide": np.where(whole, 0, sample.truth),
            "ground": whole * 1.0,
        }
    )
    counts = try_strength(scene, None).counts
    start = np.flatnonzero(THRESHOLDS == 0)[0]
    detected = (whole & (sample.logits >= 0)).sum()
    assert counts.detected[:, start].sum() == pytest.approx(detected)
    shares = counts.landslide / counts.landslide.sum()
    np.testing.assert_allclose(counts.detected[:, start], shares * detected)
