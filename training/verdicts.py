"""What the judge said, as a table and a figure: one row for each way of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .calibration import reliability
from .config import Config
from .crossvalidate import read_folds
from .folds import REGIONS
from .judge import ALARM_PENALTY, Verdict, judged

INTRODUCTION = f"""\
F1 of landslide pixels in regions that were left out whole: a network was trained for each of the
first five columns, on everything else, with two rows of tiles (2.6 km) unused around a block of
Taiwan. Hokkaido was trained on by none; its column is the mean over those five networks. The
threshold of a column is the one with the highest mean F1 over all other columns. *False* is the
number of false landslides per 100 km2 of land without landslides, of kinds that the network was not
trained on (made scenes and real ones; each counts up to 100). **Number** is the mean of the
regions, less {ALARM_PENALTY:g} for every false landslide: it decides. The last columns are the
logit that all regions together choose, the mean F1 where a probability of 0.5 divides, the mean of
what each region's own best threshold would give, and the expected calibration error of the
probabilities as they are. Plus-minus is the standard deviation
over seeds (n - 1).
"""


def verdicts(folder: Path, config: Config, seeds: Sequence[int]) -> list[Verdict]:
    """Verdicts on those seeds of a recipe whose folds are all there."""
    seen = [read_folds(folder, replace(config, seed=seed), list(REGIONS)) for seed in seeds]
    return [judged(*found) for found in seen if found]


def table(rows: dict[str, list[Verdict]], title: str) -> str:
    """Markdown with a row for each run that has a verdict, best number first."""
    there = {name: found for name, found in rows.items() if found}
    if not there:
        return f"# {title}\n\nNo run has all its folds yet.\n"
    regions = list(next(iter(there.values()))[0].scores)
    head = ["run", "**number**", "mean F1", *regions, "false", "threshold (logit)"]
    head += ["mean F1 at 0.5", "mean F1 at best", "calibration error", "seeds"]
    lines = [f"# {title}", "", INTRODUCTION, f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    order = sorted(there, key=lambda name: -np.mean([v.number for v in there[name]]))
    lines += [_row(name, there[name], regions) for name in order]
    return "\n".join(lines) + "\n"


def _row(name: str, found: list[Verdict], regions: Sequence[str]) -> str:
    cells = [name, f"**{_spread([v.number for v in found])}**", _spread([v.f1 for v in found])]
    cells += [_spread([v.scores[region].f1 for v in found]) for region in regions]
    cells += [f"{np.mean([v.alarm_rate for v in found]):.1f}"]
    cells += [f"{np.mean([v.threshold for v in found]):.2f}"]
    cells += [f"{np.mean([v.f1_at_half for v in found]):.3f}"]
    cells += [f"{np.mean([list(v.best.values()) for v in found]):.3f}"]
    cells += [f"{np.mean([v.error for v in found]):.3f}", str(len(found))]
    return f"| {' | '.join(cells)} |"


def _spread(values: Sequence[float]) -> str:
    """Mean, with the standard deviation where there are several."""
    text = f"{np.mean(values):.3f}"
    return f"{text} ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else text


def alarm_table(rows: dict[str, list[Verdict]]) -> str:
    """Markdown with false landslides per 100 km2 by scene, a column for each run."""
    there = {name: found for name, found in rows.items() if found}
    scenes = sorted({scene for found in there.values() for v in found for scene in v.alarms})
    lines = [f"| scene | {' | '.join(there)} |", "|---" * (len(there) + 1) + "|"]
    for scene in scenes:
        cells = [f"{np.mean([v.alarms[scene] for v in found]):.1f}" for found in there.values()]
        lines.append(f"| {scene} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(rows: dict[str, list[Verdict]], title: str, path: Path) -> None:
    """Numbers as bars, regions as dots, best run on top."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    there = {name: found for name, found in rows.items() if found}
    order = sorted(there, key=lambda name: np.mean([v.number for v in there[name]]))
    figure = Figure(figsize=(9, 1 + 0.34 * len(order)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    numbers = [np.mean([v.number for v in there[name]]) for name in order]
    axes.barh(order, numbers, color="#c9b18f", label="number that decides")
    for index, region in enumerate(next(iter(there.values()))[0].scores):
        values = [np.mean([v.scores[region].f1 for v in there[name]]) for name in order]
        marker = "o" if region.startswith("Taiwan") else "s"
        axes.plot(values, order, marker, label=region, ms=5, color=f"C{index}")
    axes.set(xlim=(0.2, 0.85), xlabel="F1 of regions left out whole", title=title)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, dpi=110)


def draw_reliability(rows: dict[str, list[Verdict]], names: Sequence[str], path: Path) -> None:
    """What is said against what is there, in regions left out whole; a panel for each run.

    Dots are as large as the share of pixels in their bin, by its logarithm.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    there = [name for name in names if rows.get(name)]
    figure = Figure(figsize=(1 + 3.2 * len(there), 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(there), squeeze=False, sharey=True)[0]
    for axes, name in zip(panels, there):
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
        for verdict in rows[name]:
            said, found, share = reliability(verdict.weights)
            sizes = 12 * (8 + np.log10(share)).clip(0.5)
            axes.plot(said, found, color="#8a4b1f", linewidth=1)
            axes.scatter(said, found, sizes, color="#8a4b1f")
        error = np.mean([verdict.error for verdict in rows[name]])
        axes.set(title=f"{name}\nexpected error {error:.3f}", xlabel="probability said")
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    panels[0].set_ylabel("share that is landslide")
    figure.savefig(path, dpi=110)
