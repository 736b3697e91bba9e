"""The judge: what it leaves out, what it counts, and the one number that it gives."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from landslip.engine.assessment.metrics import confusion
from landslip.training import calibration
from landslip.training.augmentation import Augmentation
from landslip.training.config import Config
from landslip.training.crossvalidate import (
    Job,
    Setting,
    crossvalidate,
    jobs,
    read_folds,
    scene_counts,
)
from landslip.training.data import Patches, scene_statistics
from landslip.training.fit import Fit, fit_together
from landslip.training.folds import GUARD, REGIONS, folds, squares
from landslip.training.judge import (
    ALARM_LEVELS,
    ALARM_PENALTY,
    EDGES,
    calibration_error,
    chosen_threshold,
    confusion_at,
    counted,
    f1_curve,
    interval,
    judged,
    pooled,
)
from landslip.training.material import BANDS, Land, Material, with_bands
from landslip.training.pseudo_labels import Pseudo
from landslip.training.quiet_land import KINDS, false_alarms, made_scene
from landslip.training.run_folder import load_checkpoint
from landslip.training.samples import Samples, floored
from landslip.training.verdicts import table

OFF = Augmentation(**dict.fromkeys(Augmentation.__dataclass_fields__, 0.0))


@pytest.fixture
def patches():
    """A tile for every fourth row of Taiwan, and three of India: bright squares on dark noise."""
    rng = np.random.default_rng(3)
    rows = [*range(0, 56, 2), 0, 1, 2]
    count = len(rows)
    scene = np.array([1] * 28 + [4] * 3)
    levels = rng.integers(500, 700, (count, 5, 128, 128)).astype(np.int16)
    mask = np.zeros((count, 128, 128), bool)
    for patch, (top, left) in enumerate(rng.integers(8, 80, (count, 2))):
        mask[patch, top : top + 32, left : left + 32] = True
    levels[:, :3] += (900 * mask[:, None]).astype(np.int16)
    levels[:, 3:] = 50
    step = np.broadcast_to(np.float32([1, 1, 1, 0.5, 0.01]), (count, 5)).copy()
    return Patches(
        levels, step, mask, scene, np.array(rows), np.zeros(count, int), BANDS, np.ones(count, bool)
    )


def land(name, kind, seed=0):
    scene = made_scene("forest", 128, seed)
    steps = np.float32([1, 1, 1, 0.5, 0.01])[:, None, None]
    values = np.stack([*scene.rgb, scene.slope, scene.illumination])
    label = np.zeros((128, 128), np.uint8)
    label[:40] = 255
    label[60:80, 60:80] = 0 if kind else 1
    mean, std = values.mean((1, 2)), values.std((1, 2))
    levels = np.floor(values / steps).astype(np.int16)
    valid = np.ones((128, 128), bool)
    return Land(name, kind, levels, label, valid, np.float32(mean), np.float32(std))


# --- what is left out ----------------------------------------------------------------------------


def test_every_region_is_left_out_once_with_its_guard_rows(patches):
    every = folds(patches, ("a", "b", "c", "d", "e", "f"))
    assert [fold.region for fold in every] == list(REGIONS)
    assert sorted(np.concatenate([fold.test for fold in every])) == list(range(len(patches)))
    assert sorted(kind for fold in every for kind in fold.quiet) == list("abcdef")
    for fold in every:
        for trained in fold.train:
            for tested in fold.test:
                near = abs(patches.row[trained] - patches.row[tested]) <= GUARD
                assert patches.scene[trained] != patches.scene[tested] or not near


def test_squares_hold_neighbours(patches):
    found = squares(patches, np.array([0, 1, 2]))  # rows 0, 2 and 4 of one column
    assert found[0] == found[1] != found[2]


# --- what is counted -----------------------------------------------------------------------------


def test_counts_give_what_a_comparison_of_masks_gives():
    rng = np.random.default_rng(0)
    logits, truth = rng.normal(0, 3, (4, 30, 30)), rng.random((4, 30, 30)) < 0.2
    counts = counted(logits, truth, np.array([0, 0, 1, 2]))
    assert counts.shape[0] == 3
    assert counts.sum() == truth.size
    for threshold in (-2.0, 0.0, 1.5):
        expected = confusion(logits >= threshold, truth)
        assert confusion_at(counts, threshold) == expected
        at = int(np.argmin(np.abs(EDGES - threshold)))
        assert f1_curve(counts.sum(0))[at] == pytest.approx(expected.f1)


def test_pixels_without_data_are_missed():
    scene = land("Hokkaido", "")
    logits = np.where(scene.label == 1, -np.inf, -5.0)
    found = confusion_at(scene_counts(logits, scene), -12.0 + 1e-6)
    assert found.tp + found.fn == 400
    assert confusion_at(scene_counts(logits, scene), -6.0).fn == 400


def two_regions():
    """One in which landslides have logits above 0, one above -3."""
    levels = np.linspace(-6, 6, 2001)[None]
    square = np.zeros(1, int)
    return {
        "easy": counted(levels, levels > 0, square),
        "dim": counted(levels, levels > -3, square),
    }


def test_a_region_does_not_choose_its_own_threshold():
    regions = two_regions()
    verdict = judged(regions, {})
    assert verdict.scores["easy"] == confusion_at(regions["easy"], -3.0)
    assert verdict.scores["dim"] == confusion_at(regions["dim"], 0.0)
    assert verdict.best["dim"] > 0.99 > verdict.scores["dim"].f1
    assert -3 <= chosen_threshold(list(regions.values())) <= 0


def test_false_alarms_lower_the_number():
    regions = two_regions()
    alarms = {"plain": np.full(len(ALARM_LEVELS), 10.0), "sea": np.full(len(ALARM_LEVELS), 1e6)}
    calm, loud = judged(regions, {}), judged(regions, alarms)
    assert loud.alarm_rate == pytest.approx((10 + 100) / 2)  # no scene counts more than 100
    assert calm.number - loud.number == pytest.approx(ALARM_PENALTY * loud.alarm_rate)
    assert "| **" in table({"calm": [calm], "loud": [loud, loud]}, "Title")


def test_interval_is_wider_where_squares_differ():
    rng = np.random.default_rng(1)
    truth = rng.random((20, 40, 40)) < 0.3
    alike = np.where(truth, 2.0, -2.0) + rng.normal(0, 2, truth.shape)
    unlike = alike - np.linspace(0, 5, 20)[:, None, None]
    square = np.arange(20)
    low, high = interval(counted(alike, truth, square), 0.0)
    assert low < confusion_at(counted(alike, truth, square), 0.0).f1 < high
    wide = interval(counted(unlike, truth, square), 0.0)
    assert wide[1] - wide[0] > 3 * (high - low)


def test_calibration_error_of_honest_and_of_boastful_probabilities():
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (1, 400_000))
    truth = rng.random(logits.shape) < 1 / (1 + np.exp(-logits))
    weights = pooled([counted(logits, truth, np.zeros(1, int))])
    assert calibration_error(weights, 1.0, 0.0) < 0.01
    assert calibration_error(weights, 4.0, 0.0) > 0.05


# --- quiet land ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_made_land_looks_like_land(kind):
    scene, again, other = (made_scene(kind, 96, seed) for seed in (1, 1, 2))
    assert np.array_equal(scene.rgb, again.rgb)
    assert not np.array_equal(scene.rgb, other.rgb)
    assert scene.rgb.shape == (3, 96, 96)
    assert 200 < scene.rgb.mean() < 5000
    assert scene.rgb.std() > 30
    assert 0 <= scene.slope.min() < scene.slope.max() < 85
    flat = scene.slope < 0.5
    if flat.any():  # level land is lit by the sine of the sun's elevation
        assert scene.illumination[flat].mean() == pytest.approx(np.sin(np.radians(50)), abs=0.02)


def test_false_alarms_are_those_of_an_inventory():
    values = np.zeros((20, 20))
    values[2:5, 2:4] = 1  # 6 pixels
    values[10, 10:14] = 1  # 4: too small
    values[15:18, 15:17] = values[18:20, 17:19] = 1  # touch at a corner alone: 6 and 4
    assert false_alarms(values, 0.5) == 2
    assert false_alarms(values, 0.5, min_area_m2=400) == 4
    assert false_alarms(values, 1.5) == 0


# --- fitting -------------------------------------------------------------------------------------


def config(**changes):
    base = Config(
        name="tiny",
        options={"width": 4, "depth": 2},
        epochs=3,
        batch=4,
        schedule="onecycle",
        learning_rate=1e-2,
        augmentation=OFF,
    )
    return replace(base, **changes)


def samples_of(patches, floor=0.0):
    rgb = with_bands(patches, BANDS[:3])
    statistics = scene_statistics(rgb, np.arange(len(rgb)))
    return Samples.of(rgb, statistics, torch.device("cpu"), floor)


def test_fits_side_by_side_are_the_same_as_alone(patches):
    samples, chosen = samples_of(patches), np.arange(16)
    results = {}
    starts = [
        lambda stream, seed=seed: Fit(config(seed=seed), samples, chosen, stream=stream)
        for seed in (0, 1)
    ]
    fit_together(starts, 2, lambda place, fit: results.__setitem__(place, fit))
    alone = Fit(config(seed=1), samples, chosen)
    assert list(alone.steps()) == list(range(1, 13))
    assert alone.losses == results[1].losses != results[0].losses
    assert alone.losses[-1] < alone.losses[0]


def test_quiet_patches_come_up_in_their_share(patches):
    fit = Fit(config(quiet=0.25), samples_of(patches), np.arange(12), np.arange(12, 31))
    epoch = fit._epoch()
    assert len(epoch) == 16
    assert (epoch >= 12).sum() == 4


def test_a_plain_without_contrast_is_not_stretched():
    mean, std = torch.tensor([[1000.0, 900.0, 20.0]]), torch.tensor([[50.0, 400.0, 15.0]])
    found = floored(mean, std, ("B04", "B03", "slope"), 0.3)
    assert found.tolist() == [[300.0, 400.0, 15.0]]


def test_crossvalidation_resumes_and_is_read_back(patches, tmp_path):
    material = Material(patches, (land("Hokkaido", ""), land("forest 0", "forest", 1)))
    small = config(epochs=1, batch=4, bands=BANDS[:3], quiet=0.2)
    todo = [Job(small, fold) for fold in folds(patches, material.kinds)]
    told = []
    setting = Setting(material, torch.device("cpu"), report=told.append)
    crossvalidate(todo, tmp_path, setting)
    assert len(told) == 5
    crossvalidate(todo, tmp_path, setting)
    assert len(told) == 5  # all was there
    regions, alarms = read_folds(tmp_path, small, list(REGIONS))
    assert set(regions) == {*REGIONS, "Hokkaido"}
    assert regions["Hokkaido"].sum() == 5 * 88 * 128  # every fold looks at it
    assert sum(counts.sum() for name, counts in regions.items() if name in REGIONS) == 31 * 128**2
    assert list(alarms) == ["forest 0"]
    assert read_folds(tmp_path, replace(small, seed=7), list(REGIONS)) is None


def test_stages_and_students_learn_from_other_runs_of_the_fold(patches, tmp_path):
    """The region left out teaches by its images alone: other labels of it change no weight."""
    first = config(name="first", epochs=1)
    second = replace(first, name="second", start="first", loss={"bce": 1.0})
    student = replace(
        first,
        name="student",
        teachers="first + second",
        pseudo=Pseudo("threshold", threshold=0.5),
        norm="cross_sensor",
    )
    both = replace(first, name="both", teachers="first + second", epochs=0, refine=True)
    lands = (land("Hokkaido", ""), land("forest 0", "forest"))
    hidden = replace(patches, mask=patches.mask & (patches.scene != 4)[:, None, None])
    found = []
    for name, seen in (("a", patches), ("b", hidden)):
        (fold,) = (f for f in folds(seen, ("forest",)) if f.region == "India")
        todo = jobs([first, second, student, both], [fold], 1)
        setting = Setting(Material(seen, lands), torch.device("cpu"), report=lambda _: None)
        crossvalidate(todo, tmp_path / name, setting)
        paths = [tmp_path / name / f"{job.name}.pt" for job in todo]
        assert [path.is_file() for path in paths] == [True, True, True, False]  # `both` has none
        found.append([load_checkpoint(path)["average"] for path in paths[:3]])
        assert all((tmp_path / name / f"{job.name}.npz").is_file() for job in todo)
    for mine, theirs in zip(*found, strict=True):
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    assert any(key.endswith("target_mean") for key in found[0][2])
    pairs = zip(found[0][0].values(), found[0][1].values(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_reliability_is_what_is_there_by_what_is_said(tmp_path):
    """Of 100 pixels said 0.9, 60 are landslide; of 300 said 0.1, 30."""
    weights = np.zeros((2, calibration.BINS))
    for probability, slides, others in ((0.9, 60, 40), (0.1, 30, 270)):
        at = np.argmin(np.abs(calibration.CENTRES - np.log(probability / (1 - probability))))
        weights[1, at], weights[0, at] = slides, others
    said, there, share = calibration.reliability(weights)
    assert said == pytest.approx([0.1, 0.9], abs=0.01)
    assert there == pytest.approx([0.1, 0.6])
    assert share == pytest.approx([0.75, 0.25])
