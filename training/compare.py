"""Train and score many networks, side by side: one experiment file, one table, one figure.

An experiment lists runs that differ from one recipe in a few settings, and scenes to score them on
besides the recipe's own test block. Whatever is in the folder already is taken as it is.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.assessment.metrics import Confusion
from ..engine.common.errors import ParameterError
from .answer import Scene
from .calibration import best_threshold
from .compare_figure import draw_bars
from .config import Config
from .evaluate import ensemble, measure_cost, part_pixels, scene_pixels, score_pixels
from .models import TITLES
from .recipe import read_recipe, read_toml
from .run_folder import finished, load_checkpoint, save_checkpoint

#: Thresholds at which a run is scored, and what the table calls them.
WAYS = {
    "validated": "validated threshold",
    "half": "0.5, not calibrated",
    "best": "best of all thresholds",
}


@dataclass(frozen=True)
class Encoder:
    """A pre-training run that others start from.

    Attributes:
        name: Name of the run.
        recipe: What `pretrain` does.
        set: Settings instead of the recipe's, such as ``epochs=30``.
    """

    name: str
    recipe: str
    set: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One row of the comparison.

    Attributes:
        name: Name of the run, and of its row.
        recipe: Instead of the experiment's.
        set: Settings instead of the recipe's, such as ``network=unet``.
        encoder: Name of an `Encoder`.
        snapshot: Epoch of its run whose encoder is taken (`few_labels`); 0 for the last.
        members: Runs whose networks answer together; nothing is trained.
        mean: Of what they say: ``logits`` or ``probabilities``.
        test_time: What detection on the scenes does besides (`flips`).
    """

    name: str
    recipe: str = ""
    set: tuple[str, ...] = ()
    encoder: str = ""
    snapshot: int = 0
    members: tuple[str, ...] = ()
    mean: str = "logits"
    test_time: str = "none"


@dataclass(frozen=True)
class Experiment:
    """What to compare.

    Attributes:
        name: Name of the experiment.
        title: Title of table and figure.
        recipe: The recipe that runs differ from.
        runs: Rows.
        encoders: Pre-training runs.
        scenes: Labelled scenes to score on; paths count from the data folder.
        parts: Which held-out parts of the recipe are scored (``validation``, ``test``), or scenes
            of the training data that the recipe leaves out (``scene 4``).
        seeds: Every run is trained once for each.
    """

    name: str
    title: str
    recipe: str
    runs: tuple[Run, ...]
    encoders: tuple[Encoder, ...] = ()
    scenes: tuple[Scene, ...] = ()
    parts: tuple[str, ...] = ("test",)
    seeds: tuple[int, ...] = (0,)


def read_experiment(path: Path) -> Experiment:
    """Read an experiment file.

    Raises:
        ParameterError: No such file, no TOML, an unknown key, or a run names what is not there.
    """
    values: dict[str, Any] = read_toml(path)
    try:
        for key, kind in (("runs", Run), ("encoders", Encoder), ("scenes", Scene)):
            values[key] = tuple(
                kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()})
                for table in values.get(key, ())
            )
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        experiment = Experiment(**values)
    except TypeError as err:
        known = ", ".join(field.name for field in dataclasses.fields(Experiment))
        raise ParameterError(f"The experiment {path} is wrong: {err}. Keys: {known}.") from err
    names = {run.name for run in experiment.runs}
    wanted = {member for run in experiment.runs for member in run.members}
    wanted |= {run.encoder for run in experiment.runs} - {""}
    missing = sorted(wanted - names - {encoder.name for encoder in experiment.encoders})
    if missing or len(names) < len(experiment.runs):
        raise ParameterError(
            f"The experiment {path} names {', '.join(missing) or 'a run twice'}. Every run has a "
            "name of its own, and encoder and members are names of the same file."
        )
    return experiment


def check_names(experiment: Experiment, only: Sequence[str] | None) -> None:
    """Check that all runs that are asked for are there.

    Raises:
        ParameterError: One is not.
    """
    names = [run.name for run in experiment.runs]
    unknown = [name for name in only or () if name not in names]
    if unknown:
        raise ParameterError(
            f"The experiment {experiment.name} has no run '{unknown[0]}'. Its runs are: "
            f"{'; '.join(names)}."
        )


def compare(
    experiment: Experiment, data: Path, folder: Path, only: Sequence[str] | None = None
) -> str:
    """Train what is missing, score what is new, and write table and figure.

    Args:
        experiment: What to compare.
        data: Folder with the training data.
        folder: Folder of all runs.
        only: Names of the runs to train; all where it is left out.

    Returns:
        The table in Markdown; it is in ``comparison.md`` as well.

    Raises:
        ParameterError: A recipe is wrong, there is no such run, or a training run failed.
    """
    check_names(experiment, only)
    for run in experiment.runs:
        for seed in experiment.seeds:
            if only is None or run.name in only:
                _prepare(experiment, run, seed, data, folder)
                _score(experiment, run, _place(folder, run.name, seed), data)
                write_results(experiment, folder)
    return write_results(experiment, folder)


def _place(folder: Path, name: str, seed: int) -> Path:
    return folder / f"{name}-{seed}"


# --- training ------------------------------------------------------------------------------------


def _prepare(experiment: Experiment, run: Run, seed: int, data: Path, folder: Path) -> None:
    """Train a run, or join the members of an ensemble."""
    from .train import train

    place = _place(folder, run.name, seed)
    if run.members:
        states = [load_checkpoint(_place(folder, m, seed) / "best.pt") for m in run.members]
        place.mkdir(parents=True, exist_ok=True)
        state = states[0]
        if len(states) > 1:  # what they say together wants a threshold of its own
            state = ensemble(states, run.name, run.mean)
            pixels = part_pixels(state, data, ["validation"])["validation"]
            state["threshold"], _ = best_threshold(*pixels)
        save_checkpoint(state, place / "best.pt")
        return
    changes = [f"seed={seed}", f"name={run.name}", *run.set]
    if run.encoder:
        encoder = next(e for e in experiment.encoders if e.name == run.encoder)
        changes.append(f"encoder={_pretrained(encoder, seed, data, folder)}")
    config = read_recipe(run.recipe or experiment.recipe, Config, changes)
    if not finished(place, config.epochs, bool(config.iterations)):
        train(config, data, place, **_others(config, seed, folder))


def _others(config: Config, seed: int, folder: Path) -> dict[str, Any]:
    """Checkpoints of the runs that a recipe learns from, as `train` takes them."""
    names = config.teachers.split(" + ") if config.teachers and config.pseudo.method else []
    start = _place(folder, config.start, seed) / "best.pt" if config.start else None
    return {"teachers": [_place(folder, n, seed) / "best.pt" for n in names], "start": start}


def _pretrained(encoder: Encoder, seed: int, data: Path, folder: Path) -> Path:
    from .pretrain import Config, pretrain

    place = _place(folder, encoder.name, seed)
    config = read_recipe(encoder.recipe, Config, [*encoder.set, f"seed={seed}"])
    if finished(place, config.epochs):
        return place / "encoder.pt"
    return pretrain(config, data, place)


# --- scoring -------------------------------------------------------------------------------------


def _score(experiment: Experiment, run: Run, place: Path, data: Path) -> None:
    """Score a run where it has not been scored since it was trained."""
    best, file = place / "best.pt", place / "scores.json"
    state = load_checkpoint(best)
    scores: dict[str, Any] = {}
    if file.is_file() and file.stat().st_mtime >= best.stat().st_mtime and not run.members:
        scores = json.loads(file.read_text(encoding="utf-8"))
    if "cost" not in scores:
        scores["cost"] = measure_cost(state)
    # What happens at detection alone makes no difference to patches.
    parts = experiment.parts if run.test_time == "none" else ()
    missing = [part for part in parts if part not in scores]
    for part, pixels in (part_pixels(state, data, missing) if missing else {}).items():
        scores[part] = score_pixels(state, *pixels)
    for scene in experiment.scenes:
        if scene.region not in scores:
            pixels = scene_pixels(state, scene.under(data), run.test_time)
            scores[scene.region] = score_pixels(state, *pixels)
    file.write_text(json.dumps(scores, indent=1), encoding="utf-8")


# --- results -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One run in one region at one threshold, over its seeds.

    Attributes:
        run: Name of the run.
        network: In the literature's term.
        region: Part or scene.
        way: A key of `WAYS`.
        seeds: Number of runs.
        precision: Mean over the seeds, 0..1; so are the next two.
        recall: Mean.
        f1: Mean.
        spread: Standard deviation of F1 over the seeds (n - 1); 0 for one.
        parameters: Of the network.
        gigaflops: For one patch.
        milliseconds: For one patch, ONNX Runtime on this machine's processor.
    """

    run: str
    network: str
    region: str
    way: str
    seeds: int
    precision: float
    recall: float
    f1: float
    spread: float
    parameters: int
    gigaflops: float
    milliseconds: float


def read_rows(experiment: Experiment, folder: Path) -> list[Row]:
    """All rows of what has been scored so far, in the order of the experiment."""
    rows = []
    for run in experiment.runs:
        files = [_place(folder, run.name, seed) / "scores.json" for seed in experiment.seeds]
        scores = [json.loads(f.read_text(encoding="utf-8")) for f in files if f.is_file()]
        if scores:
            rows += _rows_of(experiment, run, scores)
    return rows


def _rows_of(experiment: Experiment, run: Run, scores: list[dict[str, Any]]) -> list[Row]:
    cost = scores[0]["cost"]
    milliseconds = float(np.median([score["cost"]["milliseconds"] for score in scores]))
    rows = []
    for region in (*experiment.parts, *(scene.region for scene in experiment.scenes)):
        for way in WAYS:
            counts = [Confusion(**score[region][way]) for score in scores if region in score]
            if not counts:
                continue
            f1 = [count.f1 for count in counts]
            rows.append(
                Row(
                    run.name,
                    " + ".join(TITLES[name] for name in cost["networks"]),
                    region,
                    way,
                    len(counts),
                    float(np.mean([count.precision for count in counts])),
                    float(np.mean([count.recall for count in counts])),
                    float(np.mean(f1)),
                    float(np.std(f1, ddof=1)) if len(f1) > 1 else 0.0,
                    cost["parameters"],
                    cost["gigaflops"],
                    milliseconds,
                )
            )
    return rows


def write_results(experiment: Experiment, folder: Path) -> str:
    """Write ``comparison.csv``, ``comparison.md`` and ``comparison.png``; return the Markdown."""
    rows = read_rows(experiment, folder)
    if not rows:
        return f"{experiment.title}: nothing has been trained yet."
    with open(folder / "comparison.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in dataclasses.fields(Row)])
        writer.writerows(dataclasses.astuple(row) for row in rows)
    text = markdown(experiment, rows)
    (folder / "comparison.md").write_text(text, encoding="utf-8")
    draw_bars(rows, experiment.title, folder / "comparison.png")
    return text


def markdown(experiment: Experiment, rows: list[Row]) -> str:
    """One line a run: scores at the validated threshold, F1 at the others, and cost."""
    regions = list(dict.fromkeys(row.region for row in rows))
    titles = [f"{region}: P / R / **F1**" for region in regions]
    others = [f"{region}: F1 at 0.5 / at best" for region in regions]
    lines = [
        f"# {experiment.title}",
        "",
        "P, R and F1 are precision, recall and F1 of landslide pixels at the threshold that "
        "validation chose. The columns after them tell how much of the rest is the threshold: F1 "
        "at 0.5 of the network's own probabilities, and at the best of all thresholds, which only "
        "the labels of that region know. Plus-minus is the standard deviation over seeds (n - 1). "
        "Milliseconds are of one 128 x 128 patch in ONNX Runtime on one thread of the processor "
        "that ran this.",
        "",
        f"| run | {' | '.join(titles)} | {' | '.join(others)} | seeds | parameters | GFLOP | ms |",
        "|---|" + "---|" * 2 * len(regions) + "---:|---:|---:|---:|",
    ]
    for name in dict.fromkeys(row.run for row in rows):
        mine = {(row.region, row.way): row for row in rows if row.run == name}
        lines.append(_line(name, mine, regions))
    return "\n".join(lines) + "\n"


def _line(name: str, rows: dict[tuple[str, str], Row], regions: list[str]) -> str:
    cells = []
    for region in regions:
        row = rows.get((region, "validated"))
        spread = f" ± {row.spread:.3f}" if row and row.seeds > 1 else ""
        cells.append(
            f"{row.precision:.3f} / {row.recall:.3f} / **{row.f1:.3f}**{spread}" if row else ""
        )
    for region in regions:
        pair = [rows[region, way] for way in ("half", "best") if (region, way) in rows]
        cells.append(" / ".join(f"{row.f1:.3f}" for row in pair))
    row = next(iter(rows.values()))
    label = name if name == row.network else f"{name} ({row.network})"
    cells += [
        str(row.seeds),
        f"{row.parameters:,}",
        f"{row.gigaflops:.2f}",
        f"{row.milliseconds:.1f}",
    ]
    return f"| {label} | {' | '.join(cells)} |"
