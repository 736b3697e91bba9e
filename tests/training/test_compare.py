"""An experiment from its file to table and figure, on synthetic patches."""

import dataclasses
import json
import os

import numpy as np
import pytest
import torch

from landslip.engine.assessment.metrics import Confusion, confusion
from landslip.engine.common.errors import ParameterError
from landslip.tests.support import reflectance, write_raster
from landslip.training import compare as comparing
from landslip.training.__main__ import EXPERIMENTS
from landslip.training.compare import compare, read_experiment, read_rows
from landslip.training.config import Config
from landslip.training.evaluate import best_of_all, ensemble
from landslip.training.export import Ensemble
from landslip.training.pretrain import Config as PretrainConfig
from landslip.training.recipe import read_recipe
from landslip.training.run_folder import load_checkpoint

RECIPE = """
name = "tiny"
epochs = 1
batch = 3
options = { width = 4, depth = 2 }
validation = { scene = 1, first_row = 4, last_row = 4 }
test = { scene = 1, first_row = 6, last_row = 6 }
"""
EXPERIMENT = """
name = "small"
title = "Two depths"
recipe = "RECIPE"
seeds = [0, 1]

[[scenes]]
region = "plain"
stack = "scene.tif"
labels = "labels.tif"

[[runs]]
name = "shallow"

[[runs]]
name = "deep"
set = ["options.depth=3"]

[[runs]]
name = "both"
members = ["shallow", "deep"]

[[runs]]
name = "shallow, flips"
members = ["shallow"]
test_time = "flips"
"""


@pytest.fixture
def experiment(tmp_path, synthetic_folder, rng):
    (tmp_path / "tiny.toml").write_text(RECIPE)
    (tmp_path / "small.toml").write_text(EXPERIMENT.replace("RECIPE", str(tmp_path / "tiny.toml")))
    write_raster(
        synthetic_folder / "scene.tif",
        reflectance(rng, height=128, width=150),
        names=["B02", "B03", "B04"],
    )
    labels = (rng.random((128, 150)) < 0.2).astype(np.uint8)
    labels[:, 140:] = 255
    write_raster(synthetic_folder / "labels.tif", labels, nodata=255)
    return read_experiment(tmp_path / "small.toml")


def f1_of(place, region, way):
    scores = json.loads((place / "scores.json").read_text(encoding="utf-8"))
    return Confusion(**scores[region][way]).f1


def test_from_file_to_table(experiment, synthetic_folder, tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    table = compare(experiment, synthetic_folder, folder)
    rows = read_rows(experiment, folder)
    assert {row.run for row in rows} == {"shallow", "deep", "both", "shallow, flips"}
    assert table == (folder / "comparison.md").read_text(encoding="utf-8")
    assert (folder / "comparison.csv").read_text(encoding="utf-8").count("\n") == len(rows) + 1
    assert (folder / "comparison.png").stat().st_size > 5000
    by = {(row.run, row.region, row.way): row for row in rows}
    # The best of all thresholds is no worse than the one that validation chose.
    for (run, region, way), row in by.items():
        assert row.seeds == 2
        one, two = (f1_of(folder / f"{run}-{seed}", region, way) for seed in (0, 1))
        assert row.spread == pytest.approx(abs(one - two) / 2**0.5)  # n - 1
        assert row.f1 <= by[run, region, "best"].f1 + 1e-9
        assert way in comparing.WAYS
    assert by["both", "test", "best"].parameters == sum(
        by[run, "test", "best"].parameters for run in ("shallow", "deep")
    )
    assert ("shallow, flips", "test", "best") not in by  # flips are part of detection
    flipped, plain = (by[run, "plain", "best"].f1 for run in ("shallow, flips", "shallow"))
    assert flipped != plain
    assert f"**{by['deep', 'plain', 'validated'].f1:.3f}**" in table

    # The same command trains nothing again, and scores only what changed.
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("*/last.pt")}
    scored = []
    score = comparing.scene_pixels
    monkeypatch.setattr(
        comparing, "scene_pixels", lambda state, *rest: scored.append(state) or score(state, *rest)
    )
    compare(experiment, synthetic_folder, folder, only=["shallow", "deep"])
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert not scored
    later = (folder / "deep-1" / "scores.json").stat().st_mtime + 5
    os.utime(folder / "deep-1" / "best.pt", (later, later))
    compare(experiment, synthetic_folder, folder, only=["deep"])
    assert len(scored) == 1


def test_ensembles_are_of_one_kind(experiment, synthetic_folder, tmp_path):
    compare(experiment, synthetic_folder, tmp_path, only=["shallow"])
    state = load_checkpoint(tmp_path / "shallow-0" / "best.pt")
    with pytest.raises(ParameterError, match="1 runs cannot answer together"):
        ensemble([state], "alone")
    other = {**state, "bands": ["B04", "B08"]}
    with pytest.raises(ParameterError, match="all the bands of the others"):
        ensemble([state, other], "mixed")
    pooled = {**state, "config": {**state["config"], "normalisation": "fixed"}}
    with pytest.raises(ParameterError, match="same normalisation"):
        ensemble([state, pooled], "mixed")


def test_members_read_their_own_bands():
    """A member that knows one band sees that band alone, wherever it is in the stack."""
    first, both = torch.nn.Conv2d(1, 1, 1), torch.nn.Conv2d(2, 1, 1)
    x = torch.randn(2, 2, 5, 6)
    together = Ensemble([first, both], [[1], [0, 1]])
    torch.testing.assert_close(together(x), (first(x[:, 1:]) + both(x)) / 2)


def test_best_of_all_against_every_threshold():
    rng = np.random.default_rng(0)
    probability = rng.random(400).round(2)
    truth = rng.random(400) < probability
    best = best_of_all(probability, truth)
    tried = [confusion(probability >= t, truth).f1 for t in np.unique(probability)]
    assert best.f1 >= max(tried)
    assert best.f1 == pytest.approx(max(tried), abs=0.02)  # equal probabilities may be divided
    assert best.tp + best.fn == truth.sum()
    assert best.tp + best.fp + best.fn + best.tn == 400


@pytest.mark.parametrize("path", sorted(EXPERIMENTS.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_experiments_are_valid(path):
    experiment = read_experiment(path)
    assert experiment.name == path.stem
    for encoder in experiment.encoders:
        assert read_recipe(encoder.recipe, PretrainConfig, encoder.set)
    for run in experiment.runs:
        config = read_recipe(run.recipe or experiment.recipe, Config, run.set)
        encoder = next((e for e in experiment.encoders if e.name == run.encoder), None)
        if encoder:  # it must fit, and must have held out the same rows
            start = read_recipe(encoder.recipe, PretrainConfig, encoder.set)
            assert dataclasses.astuple(start.test) == dataclasses.astuple(config.test)
            assert start.validation == config.validation
            assert (start.bands, start.options["width"]) == (config.bands, config.options["width"])
            assert {s.kind for s in config.sources} <= {s.kind for s in start.sources}
            assert run.snapshot in (0, *start.snapshots)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('members = ["shallow", "deep"]', 'members = ["shalow"]'),
        ('title = "Two depths"', 'titel = "Two depths"'),
        ('name = "deep"', 'name = "shallow"'),
    ],
)
def test_mistakes_in_the_file(tmp_path, change, message):
    (tmp_path / "wrong.toml").write_text(EXPERIMENT.replace(change, message))
    with pytest.raises(ParameterError, match=r"wrong\.toml"):
        read_experiment(tmp_path / "wrong.toml")
