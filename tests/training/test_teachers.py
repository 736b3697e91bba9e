"""Networks that judge or teach together, and patches whose light was taken out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from landslip.engine.common.errors import ParameterError
from landslip.tests.training.test_judge import OFF, config, land, patches, samples_of
from landslip.training.augmentation import Augmentation
from landslip.training.config import Config
from landslip.training.crossvalidate import (
    Job,
    Setting,
    crossvalidate,
    final_fits,
    jobs,
    read_folds,
)
from landslip.training.data import scene_statistics
from landslip.training.folds import REGIONS, folds
from landslip.training.light import Light, incidence, scene_lights
from landslip.training.material import BANDS, Material, with_bands
from landslip.training.predict import predict
from landslip.training.samples import Samples, varied
from landslip.training.teachers import Ensemble, taught

__all__ = ["patches"]
CPU = torch.device("cpu")


class Constant(torch.nn.Module):
    """Says one logit everywhere."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, x):
        return torch.full_like(x[:, :1], self.value)


class Left(torch.nn.Module):
    """Says what the first band is, a pixel to the right: not the same from all sides."""

    def forward(self, x):
        return torch.roll(x[:, :1], 1, -1)


def test_an_ensemble_averages_probabilities():
    both = Ensemble([Constant(-2.0), Constant(4.0)])(torch.zeros(1, 3, 4, 4))
    mean = (torch.sigmoid(torch.tensor(-2.0)) + torch.sigmoid(torch.tensor(4.0))) / 2
    assert torch.sigmoid(both).flatten().tolist() == pytest.approx([mean.item()] * 16)


def test_what_is_taught_is_between_labels_and_teachers(patches):
    seen = samples_of(patches)
    target = taught(Constant(0.0), seen, seen.target, labels=0.5)
    assert target.dtype == torch.float16
    assert target[seen.target].unique().tolist() == [0.75]
    assert target[~seen.target].unique().tolist() == [0.25]
    assert torch.equal(taught(Constant(0.0), seen, seen.target, 1.0) > 0.5, seen.target)


def test_teachers_look_from_all_eight_sides(patches):
    seen = samples_of(patches)
    square = taught(Left(), seen, seen.target, 0.0)[:2]
    turned = replace(seen, levels=torch.rot90(seen.levels, 1, (-2, -1)))
    assert torch.allclose(
        torch.rot90(square, 1, (-2, -1)), taught(Left(), turned, seen.target, 0.0)[:2], atol=2e-3
    )


def experiment():
    small = config(name="teacher", epochs=1, batch=4, bands=BANDS[:3])
    return [
        replace(small, name="student", teachers="teacher", members=2),
        replace(small, name="both", epochs=0, teachers="teacher", members=2, spread=0.8),
        small,
    ]


def test_teachers_come_before_those_they_teach_and_are_found(patches):
    todo = jobs(experiment(), folds(patches, ()), 2)
    assert [job.config.name for job in todo[:10]] == ["teacher"] * 10
    student = next(job for job in todo if job.config.name == "student" and job.config.seed == 1)
    assert [config.seed for config in student.teachers] == [1, 2]
    with pytest.raises(ParameterError, match="'nobody', which is no run"):
        jobs([config(teachers="nobody")], folds(patches, ()), 1)


def test_ensembles_and_students_are_judged_and_shipped(patches, tmp_path):
    material = Material(patches, (land("Hokkaido", ""), land("forest 0", "forest", 1)))
    every = folds(patches, material.kinds)
    told = []
    setting = Setting(material, CPU, report=told.append)
    runs = experiment()
    todo = [job for job in jobs(runs, every, 2) if job.config.seed == 0 or not job.teachers]
    crossvalidate(todo, tmp_path, setting)
    assert len(told) == 20
    assert not (tmp_path / "both--seed0--india.pt").exists()
    for run in runs:
        assert read_folds(tmp_path, run, list(REGIONS)) is not None
    with np.load(tmp_path / "student--seed0--india.logits.npz") as file:
        assert file["region"].shape == (3, 128, 128)
        assert file["region"].dtype == np.int8
    final_fits(runs, ["teacher"], 2, tmp_path / "finals", setting)
    final_fits(runs, ["student", "both"], 1, tmp_path / "finals", setting)
    assert sorted(path.name for path in (tmp_path / "finals").glob("*.pt")) == [
        "student--seed0--all.pt",
        "teacher--seed0--all.pt",
        "teacher--seed1--all.pt",
    ]


def shaded(patches):
    """The patches on slopes that turn from east to west, lit by the Taiwan sun; the last is flat
    for all that is known."""
    col = np.linspace(-1, 1, 128)
    east = np.broadcast_to(col, (128, 128))
    length = np.sqrt(1 + east**2)
    normals = np.stack([-east / length, 0 * east, 1 / length])
    every = np.broadcast_to(np.round(127 * normals), (len(patches), 3, 128, 128)).astype(np.int8)
    every = every.copy()
    every[-1] = 0
    lit = incidence(torch.from_numpy(every)).numpy()
    levels = patches.levels.copy()
    levels[:, :3] = 300 + (levels[:, :3] - 300) * (lit.clip(0) + 0.3)
    levels[:, :3, :8, :16] = 300  # water
    return replace(patches, levels=levels, normals=every)


def contrast(image):
    """How much brighter the sunny half is than the other [N], of images [N, C, H, W]."""
    return image[:, 0, :, 64:].nanmean((-2, -1)) - image[:, 0, :, :64].nanmean((-2, -1))


def test_the_light_is_taken_out_of_chosen_patches(patches):
    slopes = with_bands(shaded(patches), BANDS[:3])
    every = np.arange(len(slopes))
    lights = scene_lights(slopes, every)
    assert set(lights) == {1, 4}
    samples = Samples.of(slopes, scene_statistics(slopes, every), CPU, lights=lights)
    assert isinstance(samples.light, Light)
    mine = torch.arange(len(slopes))
    images = {}
    for share in (0.0, 1.0):
        rng = torch.Generator().manual_seed(1)
        image, slides = varied(samples, mine, replace(OFF, corrected=share), rng)
        images[share] = torch.where(slides > 0, image.new_tensor(torch.nan), image)
    # Flips and turns are the same in both; they change which halves differ.
    shading = [
        (contrast(images[share]).abs() + contrast(images[share].mT).abs())[:28].mean()
        for share in (0.0, 1.0)
    ]
    assert shading[1] < 0.8 * shading[0]
    # Of unknown ground.
    assert torch.equal(images[0.0][-1].nan_to_num(), images[1.0][-1].nan_to_num())


class Look(torch.nn.Module):
    """Keeps what it is shown."""

    def forward(self, x):
        self.seen = x
        return x[:, :1]


def test_a_region_is_corrected_by_its_own_pixels_where_it_is_judged(patches):
    from landslip.training.crossvalidate import Bench

    material = Material(shaded(patches), (land("Hokkaido", ""), land("forest 0", "forest", 1)))
    bench = Bench(material, BANDS[:3], CPU)
    fold = folds(patches, ())[1]
    shown = {}
    for correct in (False, True):
        network = Look()
        statistics, light = bench.own(fold, correct)
        predict(network, bench.patches, fold.test, statistics, CPU, 0.0, light)
        shown[correct] = contrast(network.seen).abs().mean()
    assert shown[True] < 0.6 * shown[False]


def test_a_recipe_that_corrects_says_so(patches):
    from landslip.training.crossvalidate import corrects

    assert not corrects(Config())
    assert corrects(Config(augmentation=Augmentation(corrected=0.5)))
    assert Job(Config(), folds(patches, ())[0]).teachers == ()
