"""What came of the few-label regime: rows as CSV, tables in Markdown, and a figure."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.assessment.metrics import Confusion

#: The four ways to use a network: normalisation, threshold, and what tables call them.
USES = {
    ("fixed", "half"): "fixed, at 0.5",
    ("fixed", "own"): "fixed, own",
    ("scene", "half"): "scene, at 0.5",
    ("scene", "own"): "scene, own",
}
#: The use that counts, and the bound that no chooser reaches.
MAIN, BOUND = ("scene", "own"), ("scene", "best")


@dataclass(frozen=True)
class Row:
    """One network in one region, used in one way.

    Attributes:
        run: The way to start.
        draw: Number of the draw of labelled patches.
        threshold: That the labelled patches themselves chose.
        region: What was held out.
        normalisation: ``scene`` or ``fixed``.
        way: Threshold: ``half`` (0.5), ``own`` (`threshold`), or ``best`` of all.
        tp: Landslide pixels found.
        fp: Pixels found that are none.
        fn: Landslide pixels missed.
        tn: The rest.
    """

    run: str
    draw: int
    threshold: float
    region: str
    normalisation: str
    way: str
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def f1(self) -> float:
        """F1 of landslide pixels."""
        return Confusion(self.tp, self.fp, self.fn, self.tn).f1


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write rows as CSV."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in dataclasses.fields(Row)])
        writer.writerows(dataclasses.astuple(row) for row in rows)


def read_rows(path: Path) -> list[Row]:
    """Read what `write_rows` wrote."""
    kinds = {"draw": int, "threshold": float, "tp": int, "fp": int, "fn": int, "tn": int}
    with open(path, newline="", encoding="utf-8") as file:
        return [
            Row(**{key: kinds.get(key, str)(value) for key, value in line.items()})
            for line in csv.DictReader(file)
        ]


def write_results(title: str, rows: Sequence[Row], folder: Path, runs: Sequence[str]) -> str:
    """Write ``few_labels.csv`` and ``few_labels.md``; return the Markdown."""
    write_rows(rows, folder / "few_labels.csv")
    text = markdown(title, rows, runs)
    (folder / "few_labels.md").write_text(text, encoding="utf-8")
    return text


# --- numbers -------------------------------------------------------------------------------------


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % confidence interval of the mean (Student); NaN for one value."""
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return float("nan")
    return float(t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))


def scores(rows: Sequence[Row], run: str, region: str, use: tuple[str, str]) -> dict[int, float]:
    """F1 by draw."""
    wanted = (run, region, *use)
    return {
        row.draw: row.f1
        for row in rows
        if (row.run, row.region, row.normalisation, row.way) == wanted
    }


def differences(
    rows: Sequence[Row], run: str, other: str, region: str, use: tuple[str, str] = MAIN
) -> list[float]:
    """F1 of a run less that of another, on the draws that both have."""
    mine, theirs = (scores(rows, name, region, use) for name in (run, other))
    return [mine[draw] - theirs[draw] for draw in sorted(mine.keys() & theirs.keys())]


# --- Markdown ------------------------------------------------------------------------------------


def markdown(title: str, rows: Sequence[Row], wanted: Sequence[str]) -> str:
    """A table for each region, and one of differences between runs on the same draws.

    Args:
        title: Of the page.
        rows: What there is.
        wanted: Names of all runs, in order; those without rows are named as not trained.
    """
    lines = [
        f"# {title}",
        "",
        "F1 of landslide pixels: mean over draws of the labelled patches, plus-minus half of the "
        "95 % confidence interval (Student's). *Fixed*: one mean and deviation, of the training "
        "patches, for every scene; *scene*: each scene's own. *Own*: the threshold that the "
        "labelled patches chose, each patch seen by a network that had not learnt it; *best* is "
        "the best of all thresholds, which only the labels of that region know. No other label had "
        "a say in anything.",
        "",
    ]
    runs, regions = _names(rows, "run"), _names(rows, "region")
    missing = [run for run in wanted if run not in runs]
    if missing:
        lines += [f"Not trained yet: {'; '.join(missing)}.", ""]
    for region in regions:
        heads = [*USES.values(), "scene, best"]
        lines += [f"## {region}", "", f"| start | {' | '.join(heads)} | draws |"]
        lines += ["|---|" + "---|" * len(heads) + "---:|"]
        lines += [_line(rows, run, region) for run in runs]
        lines.append("")
    lines += _difference_table(rows, runs, regions)
    return "\n".join(lines).rstrip() + "\n"


def _names(rows: Sequence[Row], key: str) -> list[str]:
    return list(dict.fromkeys(getattr(row, key) for row in rows))


def _line(rows: Sequence[Row], run: str, region: str) -> str:
    cells = [
        _mean(list(scores(rows, run, region, use).values()), use == MAIN) for use in (*USES, BOUND)
    ]
    count = len(scores(rows, run, region, MAIN))
    return f"| {run} | {' | '.join(cells)} | {count} |"


def _mean(values: Sequence[float], bold: bool = False, sign: str = "") -> str:
    if not values:
        return ""
    mean = f"{np.mean(values):{sign}.3f}"
    mean = f"**{mean}**" if bold else mean
    return mean if len(values) < 2 else f"{mean} ± {half_width(values):.3f}"


def _difference_table(
    rows: Sequence[Row], runs: Sequence[str], regions: Sequence[str]
) -> list[str]:
    """Every run against the first two: nothing pre-trained, and nothing learnt by the encoder."""
    pairs = [(run, other) for other in runs[:2] for run in runs if run != other]
    pairs = [pair for pair in pairs if pair != tuple(runs[:2])]
    # One draw has no interval, and tells nothing of a difference.
    pairs = [pair for pair in pairs if len(differences(rows, *pair, regions[0])) > 1]
    if not pairs:
        return []
    lines = [
        "## Differences on the same draws",
        "",
        "F1 of the first less that of the second, with each scene's own statistics and the "
        "labelled patches' own threshold. An interval that holds 0 tells no difference.",
        "",
        f"| | | {' | '.join(regions)} | draws |",
        "|---|---|" + "---|" * len(regions) + "---:|",
    ]
    for run, other in pairs:
        found = [differences(rows, run, other, region) for region in regions]
        cells = " | ".join(_mean(values, sign="+") for values in found)
        lines.append(f"| {run} | {other} | {cells} | {len(found[0])} |")
    return lines


# --- figure --------------------------------------------------------------------------------------

COLOURS = {"fixed": "#d1603d", "scene": "#4878a8"}


def draw_few_labels(rows: Sequence[Row], path: Path) -> None:
    """Draw F1 of every run, used in four ways, one panel a region; dots are draws."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    runs, regions = _names(rows, "run"), _names(rows, "region")
    figure = Figure(figsize=(11, 1.6 + 0.55 * len(runs)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(regions), sharey=True, squeeze=False)[0]
    for axes, region in zip(panels, regions, strict=True):
        _draw_region(axes, rows, runs, region)
    panels[0].set_yticks(range(len(runs)), runs)
    panels[0].invert_yaxis()
    # Where the patches are from, no start is so bad that its points lie on the left.
    panels[0].legend(loc="upper left", fontsize=8, title="statistics, threshold")
    figure.savefig(path, dpi=110)


def _draw_region(axes: Any, rows: Sequence[Row], runs: Sequence[str], region: str) -> None:
    for number, (use, label) in enumerate(USES.items()):
        normalisation, way = use
        colour, filled = COLOURS[normalisation], way == "own"
        offset = (number - 1.5) * 0.19
        for place, run in enumerate(runs):
            values = list(scores(rows, run, region, use).values())
            if not values:
                continue
            height = place + offset
            axes.plot(values, [height] * len(values), ".", color=colour, alpha=0.35, markersize=4)
            width = half_width(values) if len(values) > 1 else 0.0
            axes.errorbar(
                np.mean(values),
                height,
                xerr=width,
                fmt="o",
                markersize=5.5,
                color=colour,
                markerfacecolor=colour if filled else "white",
                elinewidth=1,
                label=label if place == 0 else None,
            )
    axes.set(xlim=(0, 0.8), xlabel="F1 of landslide pixels", title=region)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
