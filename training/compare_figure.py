"""The bars of a comparison: F1 of every run, one colour a region."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

COLOURS = ("#4878a8", "#d1603d", "#6a9a58", "#8b6bb1")


def draw_bars(rows: Sequence[Any], title: str, path: Path) -> None:
    """Draw F1 at the validated threshold, with a tick where the best threshold would have been.

    Args:
        rows: `compare.Row`s.
        title: Of the figure.
        path: The PNG to write; nothing is written where matplotlib is missing.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:  # the table holds the same
        return
    runs = list(dict.fromkeys(row.run for row in rows))
    regions = list(dict.fromkeys(row.region for row in rows))
    thick = 0.8 / len(regions)
    figure = Figure(figsize=(8, 1.2 + 0.42 * len(runs)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for index, region in enumerate(regions):
        for way in ("validated", "best"):
            chosen = {row.run: row for row in rows if row.region == region and row.way == way}
            places = [runs.index(run) + (index - (len(regions) - 1) / 2) * thick for run in chosen]
            values = [row.f1 for row in chosen.values()]
            if way == "best":
                axes.plot(values, places, "|", color="black", markersize=8, markeredgewidth=1.2)
                continue
            spread = [row.spread for row in chosen.values()]
            bars = axes.barh(places, values, thick * 0.92, color=COLOURS[index % 4], label=region)
            axes.errorbar(values, places, xerr=spread, fmt="none", ecolor="#333333", capsize=2)
            axes.bar_label(
                bars, fmt="%.3f", label_type="center", color="white", fontsize=8, fontweight="bold"
            )
    axes.set_yticks(range(len(runs)), runs)
    axes.invert_yaxis()
    axes.set(
        xlim=(0, 1), xlabel="F1 of landslide pixels at the validated threshold (| at the best)"
    )
    axes.set_title(title, fontsize=11)
    axes.legend(loc="lower right", fontsize=8)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    figure.savefig(path, dpi=110)
