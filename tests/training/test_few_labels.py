"""The few-label regime on synthetic patches: what has a say, what is kept, what the table says."""

import dataclasses
import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from landslip.engine.common.errors import ParameterError
from landslip.training import few_labels, gpu_run
from landslip.training.compare import read_experiment
from landslip.training.config import Config
from landslip.training.data import Block, scene_statistics, split
from landslip.training.few_label_table import (
    Row,
    differences,
    draw_few_labels,
    half_width,
    markdown,
    read_rows,
    write_rows,
)
from landslip.training.few_labels import Ground, fitted, own_threshold, run_cell, run_few_labels
from landslip.training.material import BANDS
from landslip.training.models import build_model
from landslip.training.pretrain import Config as PretrainConfig
from landslip.training.pretrain import pretrain, snapshot
from landslip.training.sources import Source, load_patches
from landslip.training.train import train
from landslip.training.transfer import few_labelled, measure_encoder
from landslip.training.views import Views

DOCS = Path(__file__).resolve().parents[2] / "docs" / "experiments"
HELD_OUT = {"validation": Block(1, 4, 4), "test": Block(1, 6, 6), "guard": 1}
ROWS = "[validation]\nscene = 1\nfirst_row = 4\nlast_row = 4\n[test]\nscene = 1\nfirst_row = 6\n"
ROWS += "last_row = 6\n"
RECIPE = (
    'network = "swav_unet"\nepochs = 1\nbatch = 2\nlabelled = 4\nschedule = "onecycle"\n'
    "repeat = { 1 = 2 }\nguard = 1\n[options]\nwidth = 4\n[loss]\nbce = 1.0\n" + ROWS
)
PRETRAINING = (
    'network = "swav_unet"\nepochs = 2\nbatch = 4\nprototypes = 4\nhidden = 8\ndimension = 8\n'
    "snapshots = [1]\nguard = 1\n[options]\nwidth = 4\n"
    "[views]\nglobal_size = 32\nsmall_size = 32\nsmall_count = 1\n" + ROWS
)
EXPERIMENT = """
name = "few"
title = "Few"
recipe = "{folder}/few.toml"
seeds = [0, 1]
[[encoders]]
name = "views"
recipe = "{folder}/pre.toml"
[[runs]]
name = "scratch"
[[runs]]
name = "random, frozen"
set = ["measure_encoder=true", "freeze_encoder=true"]
[[runs]]
name = "SwAV of 1 steps, frozen"
encoder = "views"
snapshot = 1
set = ["freeze_encoder=true"]
"""


@pytest.fixture
def data(synthetic_folder):
    """The synthetic patches with two packed scenes: a labelled one, and one without landslides."""
    folder = synthetic_folder / "scenes"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for number, (name, kind) in enumerate([("Elsewhere", ""), ("real-farmland", "farmland")]):
        levels = rng.integers(300, 900, (len(BANDS), 140, 150)).astype(np.int16)
        label = np.zeros((140, 150), np.uint8)
        if not kind:
            label[:, 100:] = 255
            label[20:60, 20:60] = 1
            levels[:3, 20:60, 20:60] += 900
        np.savez(
            folder / f"land_{number:03d}.npz",
            text=np.array([name, kind]),
            levels=levels,
            label=label,
            valid=np.ones(label.shape, bool),
            mean=levels.mean(axis=(1, 2)).astype(np.float32),
            std=levels.std(axis=(1, 2)).astype(np.float32),
        )
    return synthetic_folder


@pytest.fixture
def config():
    return Config(
        network="swav_unet",
        options={"width": 4},
        loss={"bce": 1.0},
        epochs=2,
        batch=2,
        schedule="onecycle",
        labelled=4,
        repeat={"1": 2},
        **HELD_OUT,
    )


@pytest.fixture
def experiment(tmp_path):
    (tmp_path / "few.toml").write_text(RECIPE)
    (tmp_path / "pre.toml").write_text(PRETRAINING)
    (tmp_path / "experiment.toml").write_text(EXPERIMENT.format(folder=tmp_path.as_posix()))
    return read_experiment(tmp_path / "experiment.toml")


# --- what has a say ------------------------------------------------------------------------------


def test_no_label_but_the_few_has_a_say(config, data):
    ground = Ground.of(config, data, torch.device("cpu"))
    chosen = few_labelled(ground.patches, ground.parts["train"], 4, 50, seed=0)
    rest = np.setdiff1d(np.arange(len(ground.patches)), chosen)

    def outcome(patches):
        known = dataclasses.replace(ground, patches=patches)
        network, _ = fitted(config, known, chosen)
        return own_threshold(config, known, chosen), network.state_dict()

    def flipped(places):
        mask = ground.patches.mask.copy()
        mask[places] = ~mask[places]
        return outcome(dataclasses.replace(ground.patches, mask=mask))

    threshold, weights = outcome(ground.patches)
    other_threshold, other = flipped(rest)
    assert other_threshold == threshold
    assert all(torch.equal(weights[key], other[key]) for key in weights)
    _, changed = flipped(chosen)
    assert not all(torch.equal(weights[key], changed[key]) for key in weights)


def test_own_threshold_is_of_patches_that_were_not_learnt(config, data, monkeypatch):
    ground = Ground.of(config, data, torch.device("cpu"))
    chosen = few_labelled(ground.patches, ground.parts["train"], 4, 50, seed=0)
    learnt, asked = [], []

    def fit(config, ground, chosen):
        learnt.append(set(chosen.tolist()))
        return nn.Identity(), [0.0]

    def predict(network, patches, chosen, *rest):
        asked.append(set(chosen.tolist()))
        return np.where(patches.mask[chosen], 0.31, 0.2).astype(np.float32)

    monkeypatch.setattr(few_labels, "fitted", fit)
    monkeypatch.setattr(few_labels, "predict", predict)
    assert 0.2 < own_threshold(config, ground, chosen) <= 0.31
    assert all(not a & b for a, b in zip(learnt, asked, strict=True))
    assert set.union(*asked) == set(chosen.tolist())


def test_fixed_statistics_differ_on_the_scene_of_elsewhere(config, data):
    cell = run_cell(config, Ground.of(config, data, torch.device("cpu")))
    found = {(c["region"], c["normalisation"], c["way"]): c for c in cell["counts"]}
    assert {region for region, *_ in found} == {"Taiwan, rows 6-6", "Elsewhere"}
    assert len(found) == 2 * 2 * 3
    labelled = 140 * 100
    for (region, *_), count in found.items():
        pixels = sum(count[key] for key in ("tp", "fp", "fn", "tn"))
        assert pixels == (labelled if region == "Elsewhere" else 2 * 128 * 128)
    best = [found["Elsewhere", kind, "best"] for kind in ("fixed", "scene")]
    assert best[0] != best[1]
    # All synthetic patches are of one scene: what all share is what it has itself.
    one = [found["Taiwan, rows 6-6", kind, "half"] for kind in ("fixed", "scene")]
    assert {**one[0], "normalisation": ""} == {**one[1], "normalisation": ""}


# --- the random encoder that is frozen -----------------------------------------------------------


def test_measured_statistics_are_those_of_the_patches(config, data):
    patches = load_patches((Source(),), data, config.bands)
    chosen = split(patches, config.validation, config.test, 1)["train"]
    statistics = scene_statistics(patches, chosen)
    model = build_model("swav_unet", 3, width=4)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    measure_encoder(model, patches, chosen, statistics)
    after = model.state_dict()
    moved = {key for key in after if not torch.equal(after[key], before[key])}
    assert moved == {key for key in after if key.startswith("encoder.") and "running" in key} | {
        key for key in after if key.startswith("encoder.") and "num_batches" in key
    }
    convolution, norm = model.encoder.stem[0], model.encoder.stem[1]
    mean, std = (torch.from_numpy(part)[:, None, None] for part in statistics[1])
    step = torch.from_numpy(patches.step[chosen])[:, :, None, None]
    image = ((torch.from_numpy(patches.levels[chosen]) + 0.5) * step - mean) / std
    with torch.no_grad():
        seen = convolution(image.clamp(-8, 8)).double()
    assert torch.allclose(norm.running_mean.double(), seen.mean(dim=(0, 2, 3)), atol=0.02)
    assert torch.allclose(norm.running_var.double(), seen.var(dim=(0, 2, 3)), rtol=0.03)
    assert norm.momentum == pytest.approx(0.1)


def test_random_frozen_encoder_is_accepted_once_it_is_measured(config, data, tmp_path):
    frozen = dataclasses.replace(config, freeze_encoder=True)
    with pytest.raises(ParameterError, match="measure_encoder=true"):
        train(frozen, data, tmp_path / "refused")
    measured = dataclasses.replace(frozen, measure_encoder=True, epochs=1)
    train(measured, data, tmp_path / "one")
    train(dataclasses.replace(measured, epochs=2), data, tmp_path / "two")
    one, two = (torch.load(tmp_path / name / "last.pt")["model"] for name in ("one", "two"))
    same = {key for key in one if torch.equal(one[key], two[key])}
    assert {key for key in one if key.startswith("encoder.")} <= same
    assert "decoder.head.weight" not in same


def test_only_a_resnet_can_be_measured(config, data, tmp_path):
    recipe = dataclasses.replace(
        config, network="resunet", options={"width": 4, "depth": 2}, measure_encoder=True
    )
    with pytest.raises(ParameterError, match="no ResNet encoder"):
        train(recipe, data, tmp_path)


# --- pre-training along the way ------------------------------------------------------------------


def test_snapshots_and_a_stop_that_goes_on(data, tmp_path):
    config = PretrainConfig(
        options={"width": 4},
        epochs=3,
        batch=4,
        prototypes=4,
        hidden=8,
        dimension=8,
        snapshots=(0, 2),
        views=Views(global_size=32, small_size=32, small_count=1),
        **HELD_OUT,
    )
    pretrain(config, data, tmp_path / "whole")
    folder = tmp_path / "parts"
    pretrain(config, data, folder, stop=lambda: snapshot(folder, 2).is_file())
    assert len(torch.load(folder / "last.pt")["rows"]) == 2
    pretrain(config, data, folder)
    assert {path.name for path in folder.glob("encoder*")} == {
        "encoder.pt",
        "encoder-0.pt",
        "encoder-2.pt",
    }
    for name, epoch in (("encoder-0.pt", 0), ("encoder-2.pt", 2), ("encoder.pt", 3)):
        whole, parts = (torch.load(place / name) for place in (tmp_path / "whole", folder))
        assert whole["epoch"] == parts["epoch"] == epoch
        assert all(torch.equal(v, parts["encoder"][k]) for k, v in whole["encoder"].items())
    states = [torch.load(folder / f"encoder-{epoch}.pt")["encoder"] for epoch in (0, 2)]
    assert not torch.equal(*(state["stem.0.weight"] for state in states))


def test_land_without_landslides_is_a_source(data):
    both = load_patches((Source(), Source("quiet")), data, ("B04", "B03", "B02"))
    added = both.scene >= 1000
    assert added.sum() == 1  # 140 x 150 pixels hold one patch
    assert not both.mask[added].any()
    assert both.levels[added].mean() == pytest.approx(600, abs=30)
    with pytest.raises(ParameterError, match="have no bands B04, B03, B02, slope"):
        load_patches((Source("quiet"),), data, ("B04", "B03", "B02", "slope"))


def test_missing_scenes_are_told(synthetic_folder):
    with pytest.raises(ParameterError, match="lacks hokkaido_2018"):
        load_patches((Source("quiet"),), synthetic_folder, ("B04", "B03", "B02"))


# --- all cells -----------------------------------------------------------------------------------


def test_experiment_runs_resumes_and_writes_its_table(experiment, data, tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    text = run_few_labels(experiment, data, folder, only=["scratch"], draws=1)
    assert text.count("| scratch |") == 2  # regions
    assert [path.name for path in (folder / "cells").iterdir()] == ["scratch-0.json"]
    assert "Not trained yet: random, frozen; SwAV of 1 steps, frozen." in text
    text = run_few_labels(experiment, data, folder)
    cells = sorted(path.name for path in (folder / "cells").iterdir())
    names = ("SwAV of 1 steps, frozen", "random, frozen", "scratch")
    assert cells == [f"{name}-{draw}.json" for name in names for draw in (0, 1)]
    # The first snapshot is all that was asked for: pre-training ended there.
    assert len(torch.load(folder / "views" / "last.pt")["rows"]) == 1

    def never(*_):
        raise AssertionError

    monkeypatch.setattr(few_labels, "run_cell", never)
    assert run_few_labels(experiment, data, folder) == text
    rows = read_rows(folder / "few_labels.csv")
    assert len(rows) == 6 * 12
    assert (folder / "few_labels.md").read_text(encoding="utf-8") == text
    assert text == markdown("Few", rows, [run.name for run in experiment.runs])
    assert "Not trained yet" not in text
    cell = json.loads((folder / "cells" / "scratch-1.json").read_text(encoding="utf-8"))
    assert {row.threshold for row in rows if (row.run, row.draw) == ("scratch", 1)} == {
        cell["threshold"]
    }


def test_a_graphics_card_brings_cells_and_table_back(experiment, data, tmp_path, monkeypatch):
    out, back = tmp_path / "runs", tmp_path / "back"
    arguments = ["--data", data, "--out", out, "--back", back]
    arguments += ["--few-labels", tmp_path / "experiment.toml"]
    monkeypatch.setattr("sys.argv", ["gpu_run", *map(str, arguments)])
    gpu_run.main()
    with zipfile.ZipFile(back / "few_labels0.zip") as file:
        assert sum(name.endswith(".json") for name in file.namelist()) == 6
        rows = file.read("few_labels.csv").decode().splitlines()
    assert len(rows) == 1 + 6 * 12


def test_cells_of_another_recipe_are_not_mixed(experiment, data, tmp_path):
    run_few_labels(experiment, data, tmp_path / "runs", only=["scratch"], draws=1)
    (tmp_path / "few.toml").write_text(RECIPE.replace("epochs = 1", "epochs = 3"))
    with pytest.raises(ParameterError, match=r"scratch-0.json is of another recipe \(epochs\)"):
        run_few_labels(experiment, data, tmp_path / "runs", only=["scratch"], draws=1)


def test_cells_from_before_a_setting_was_known_count_as_its_default(experiment, data, tmp_path):
    folder = tmp_path / "runs"
    text = run_few_labels(experiment, data, folder, only=["scratch"], draws=1)
    path = folder / "cells" / "scratch-0.json"
    cell = json.loads(path.read_text(encoding="utf-8"))
    assert cell["recipe"].pop("mixup") == 0
    path.write_text(json.dumps(cell), encoding="utf-8")
    assert run_few_labels(experiment, data, folder, only=["scratch"], draws=1) == text


def test_nothing_begins_after_the_stop(experiment, data, tmp_path):
    text = run_few_labels(experiment, data, tmp_path / "runs", stop=lambda: True)
    assert not list((tmp_path / "runs").rglob("*.json"))
    assert text.startswith("# Few")


def test_mistakes_are_sentences(experiment, data, tmp_path):
    (tmp_path / "few.toml").write_text(RECIPE.replace("labelled = 4", "labelled = 0"))
    with pytest.raises(ParameterError, match="names no number of labelled patches"):
        run_few_labels(experiment, data, tmp_path / "runs")
    runs = tuple(dataclasses.replace(run, snapshot=9) for run in experiment.runs if run.encoder)
    wrong = dataclasses.replace(experiment, runs=runs)
    with pytest.raises(ParameterError, match=r"after epoch 9;.*keeps those after 1"):
        run_few_labels(wrong, data, tmp_path / "runs")


# --- the table -----------------------------------------------------------------------------------


def rows_of(run, f1, region="Here", way="own", normalisation="scene"):
    """Rows with these F1, one a draw, in hundredths."""
    return [
        Row(run, draw, 0.4, region, normalisation, way, value, 100 - value, 100 - value, 0)
        for draw, value in enumerate(f1)
    ]


def test_intervals_and_differences():
    assert half_width([0.5, 0.6, 0.7]) == pytest.approx(4.302653 * 0.1 / math.sqrt(3), rel=1e-5)
    assert math.isnan(half_width([0.5]))
    rows = [*rows_of("a", [50, 60, 70]), *rows_of("b", [40, 55])]
    assert differences(rows, "a", "b", "Here") == pytest.approx([0.10, 0.05])
    text = markdown("T", rows, ["a", "b"])
    assert "| a |  |  |  | **0.600** ± 0.248 |  | 3 |" in text
    assert "| b | a | -0.075 ± 0.318 | 2 |" in text
    assert "Differences" not in markdown("T", [*rows_of("a", [50]), *rows_of("b", [40])], ["a"])


def test_rows_survive_csv(tmp_path):
    rows = [*rows_of("a, frozen", [50]), *rows_of("b", [40, 55], way="half", normalisation="fixed")]
    write_rows(rows, tmp_path / "rows.csv")
    assert read_rows(tmp_path / "rows.csv") == rows


def test_the_page_of_the_manual_is_the_table_of_its_rows():
    experiment = read_experiment(gpu_run.EXPERIMENTS / "few_label_controls.toml")
    rows = read_rows(DOCS / "few_label_controls.csv")
    page = (DOCS / "few_label_controls.md").read_text(encoding="utf-8")
    assert page == markdown(experiment.title, rows, [run.name for run in experiment.runs])


def test_figure_shows_every_draw(tmp_path):
    figure = pytest.importorskip("matplotlib.figure")
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figure.Figure, "savefig", lambda self, *a, **k: kept.append(self))
        draw_few_labels([*rows_of("a", [50, 60, 70]), *rows_of("b", [40])], tmp_path / "few.png")
    (axes,) = kept[0].axes
    dots = [line.get_xdata() for line in axes.lines if line.get_marker() == "."]
    assert sorted(np.concatenate(dots)) == pytest.approx([0.4, 0.5, 0.6, 0.7])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
