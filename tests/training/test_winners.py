"""The experiments on the published benchmark, on folders of its form, with networks made tiny."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from landslip.engine.common.errors import ParameterError
from landslip.training.__main__ import EXPERIMENTS, main
from landslip.training.bands import L4S_DIVISOR
from landslip.training.compare import compare, read_experiment, read_rows
from landslip.training.config import Config
from landslip.training.crossvalidate import jobs
from landslip.training.folds import Fold
from landslip.training.judge_commands import configs_of
from landslip.training.recipe import read_recipe
from landslip.training.run_folder import load_checkpoint
from landslip.training.select_bands import select_bands
from landslip.training.sources import Source, load_patches, load_unlabelled

h5py = pytest.importorskip("h5py")
#: Networks of the experiments in their smallest form.
TINY = {
    "unet": {"width": 2},
    "swin_unet": {"width": 4, "depths": [1, 1, 1, 1], "heads": 1, "window": 2, "branch": 4},
    "efficientnetv2_unet": {"width": 0.3, "depth": 0.1, "branch": 4},
    "segformer": {"width": 4, "depths": [1, 1, 1, 1], "inner": 8},
    "deeplab_v3plus": {"width": 4, "depth": 18},
    "hrnet": {"width": 4, "modules": [1, 1, 1], "units": 1, "stem": 4},
    "multispectral_unet": {"width": 4, "expansion": 1},
    "ffs_net": {"width": 4, "depth": 18, "terrain": 2},
    "hpcl_net": {"width": 4, "depth": 18, "terrain": 2},
}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def unmeasured(monkeypatch):
    """What test_compare tries already, and takes most of the time: cost of a run, and figures."""
    cost = {"networks": ["unet"], "parameters": 1, "gigaflops": 1.0, "milliseconds": 1.0}
    monkeypatch.setattr("landslip.training.compare.measure_cost", lambda state: dict(cost))
    monkeypatch.setattr("landslip.training.compare.draw_bars", lambda *_: None)
    monkeypatch.setattr("landslip.training.train.log_row", lambda *_: None)


@pytest.fixture
def published(tmp_path, rng):
    """TrainData, ValidData and TestData with 14 bands in the published units."""
    folder, divisor = tmp_path / "data", np.array(list(L4S_DIVISOR.values()))
    level = np.array([1200.0] * 12 + [20.0, 900.0])
    for part, count in (("TrainData", 6), ("ValidData", 2), ("TestData", 4)):
        for kind in ("img", "mask"):
            (folder / part / kind).mkdir(parents=True)
        for number in range(1, count + 1):
            mask = np.zeros((128, 128), np.uint8)
            top, left = rng.integers(8, 80, 2)
            mask[top : top + 30, left : left + 30] = 1
            image = level * (1 + 0.05 * rng.standard_normal((128, 128, 14)))
            image[..., :12] += 800 * mask[..., None]
            with h5py.File(folder / part / f"img/image_{number}.h5", "w") as file:
                file["img"] = image / divisor
            with h5py.File(folder / part / f"mask/mask_{number}.h5", "w") as file:
                file["mask"] = mask
    return folder


def small(run):
    """The run with few steps of a tiny network."""
    network = read_recipe(run.recipe or "benchmark", Config, run.set).network
    options = ", ".join(f"{k} = {v}" for k, v in TINY[network].items())
    fast = ("epochs=1", "iterations=0", "batch=4", "promotion=1.0", f"options={{ {options} }}")
    kept = [s for s in run.set if s.partition("=")[0] not in ("epochs", "options.width", "batch")]
    return replace(run, set=(*kept, *fast))


def test_winners_on_published_folders(published, tmp_path, unmeasured):
    """Second place, and third with another member; rounds of the first are the same parts."""
    experiment = read_experiment(EXPERIMENTS / "winners.toml")
    names = ("balanced, stage one", "balanced, stage two", "second place", "deeplab")
    names += ("deeplab, student", "third place")
    runs = tuple(run if run.members else small(run) for run in experiment.runs if run.name in names)
    third = replace(runs[-1], members=("deeplab, student", "second place"))  # of other bands
    experiment = replace(experiment, runs=(*runs[:-1], third))
    table = compare(experiment, published, tmp_path / "runs")
    rows = {(row.run, row.way): row for row in read_rows(experiment, tmp_path / "runs")}
    assert {run for run, _ in rows} == set(names)
    assert all(f"| {name} (" in table for name in names)
    one, two, last = (load_checkpoint(tmp_path / f"runs/{n}-0/best.pt") for n in names[:3])
    encoder = [name for name in one["average"] if name.startswith("encoder.")]
    assert all(torch.equal(one["average"][name], two["average"][name]) for name in encoder)
    assert any(not torch.equal(two["average"][name], last["average"][name]) for name in encoder)
    assert load_checkpoint(tmp_path / "runs/third place-0/best.pt")["mean"] == "probabilities"
    with pytest.raises(ParameterError, match="winners has no run 'swin'"):
        compare(experiment, published, tmp_path / "runs", ["swin"])
    # Held-out scenes are normalised by themselves, and nothing says that they were trained on.
    assert set(one["statistics"]) == {"1", "201", "202"}


@pytest.mark.parametrize("name", ["winners", "benchmark"])
def test_every_run_of_the_experiments_can_be_built(name, published):
    """Bands and sources are there, networks can be built, and teachers come before students."""
    experiment, seen = read_experiment(EXPERIMENTS / f"{name}.toml"), set()
    for run in experiment.runs:
        config = read_recipe(run.recipe or experiment.recipe, Config, run.set)
        wanted = {*run.members, *filter(None, config.teachers.split(" + ")), config.start} - {""}
        assert wanted <= seen
        seen.add(run.name)
        for source in (*config.sources, *config.unlabelled):
            assert (published / source.path).is_dir()
        assert config.iterations == (5000 if not run.recipe else 0)
        assert (config.test.scene, config.validation.scene, config.guard) == (202, 201, 0)


def test_rounds_of_the_judge_follow_each_other():
    configs = configs_of(read_experiment(EXPERIMENTS / "winners_judge.toml"))
    fold = Fold("India", np.arange(3), np.arange(2), ())
    todo = jobs(configs, [fold], 2)
    done = set()
    for job in todo:
        for other in (*job.teachers, *([job.start] if job.start else [])):
            assert (other.name, other.seed) in done
        done.add((job.config.name, job.config.seed))
    by = {job.config.name: job for job in todo}
    assert [t.name for t in by["first place, round 1"].teachers] == [
        "swin, round 1",
        "efficientnetv2, round 1",
        "segformer, round 1",
    ]
    assert by["swin, round 1"].config.norm == "cross_sensor"
    with pytest.raises(ParameterError, match="is to learn from 'nobody'"):
        jobs([replace(configs[0], teachers="nobody")], [fold], 1)
    with pytest.raises(ParameterError, match="nobody gives them"):
        jobs([replace(by["swin, round 1"].config, teachers="")], [fold], 1)


def test_parts_are_scenes_of_their_own(published):
    bands = ("B04", "B08", "dem")
    part = Source("landslide4sense_part", "TestData", scene=202)
    both = load_patches([Source("landslide4sense", "TrainData"), part], published, bands)
    assert np.unique(both.scene, return_counts=True)[1].tolist() == [6, 4]
    assert (both.row[both.scene == 202] == 0).all()
    for mask in (published / "TestData/mask").iterdir():
        mask.unlink()
    hidden = load_unlabelled([part], published, bands)
    assert not hidden.mask.any()
    assert np.array_equal(hidden.levels, both.levels[both.scene == 202])
    with pytest.raises(ParameterError, match="has no mask"):
        load_patches([part], published, bands)


def test_select_bands(published, tmp_path, monkeypatch, capsys, unmeasured):
    folder = tmp_path / "bands"
    command = ["select-bands", "--sets", "rgb", "pca", "--networks", "unet", "resunet"]
    command += ["--folder", str(folder), "--data", str(published)]
    for change in ("epochs=1", "iterations=0", "batch=4", "options.width=2"):
        command += ["--set", change]
    monkeypatch.setattr("sys.argv", ["training", *command])
    assert main() == 0
    table = (folder / "select_bands.md").read_text(encoding="utf-8")
    assert table in capsys.readouterr().out
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| ")]
    assert [row[0].strip() for row in rows] == ["bands", "rgb", "pca"]
    assert [cell.strip() for cell in rows[0]] == ["bands", "count", "U-Net", "ResU-Net"]
    assert rows[2][1].strip() == "14 to 3"
    scored = [float(cell.strip(" *")) for row in rows[1:] for cell in row[2:]]
    assert len(scored) == 4
    assert all(0 <= value <= 100 for value in scored)
    axes = load_checkpoint(folder / "pca, unet-0/best.pt")["average"]["axes"]
    assert axes.shape == (3, 14, 1, 1)
    assert (axes.abs() > 1e-3).sum() > 20  # fitted, and no longer one band each
    with pytest.raises(ParameterError, match="Unknown network 'vgg'"):  # before unet is trained
        select_bands("benchmark", ["rgb"], ["unet", "vgg"], published, tmp_path / "none")
    assert not (tmp_path / "none").exists()
