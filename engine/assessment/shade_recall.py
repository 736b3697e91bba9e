"""How well landslides are found in light and in shade: precision and recall by illumination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .metrics import Confusion, confusion

#: Borders of the classes of illumination, cosine of the sun's incidence.
LIGHT = (-1.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
#: Sectors of aspect, the first centred on north.
SECTORS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")

#: Recall of pixels in the classes of `LIGHT` on Hokkaido, which no model was trained on, by the
#: name of the model (`python -m landslip.training shade-recall`, at 0.5). Too few pixels of the
#: first class are landslide to tell.
MEASURED = {
    "effnet_rgb_slope": (None, 0.12, 0.18, 0.25, 0.40, 0.52, 0.75, 0.85),
    "fast_rgb": (None, 0.06, 0.11, 0.17, 0.35, 0.49, 0.69, 0.76),
}


@dataclass(frozen=True)
class ClassScore:
    """Scores of the pixels of one class.

    Attributes:
        name: The class, such as ``0.4 to 0.5`` or ``NE``.
        pixels: Judged pixels in it.
        score: Their counts.
    """

    name: str
    pixels: int
    score: Confusion


def by_illumination(
    detected: np.ndarray,
    truth: np.ndarray,
    judged: np.ndarray,
    light: np.ndarray,
    edges: Sequence[float] = LIGHT,
) -> list[ClassScore]:
    """Scores by classes of illumination; the last includes its upper border.

    Args:
        detected: What was taken as landslide, bool of any shape.
        truth: What is landslide, bool.
        judged: Where that is known, bool.
        light: Cosine of the sun's incidence; NaN where unknown, which counts nowhere.
        edges: Borders of the classes, ascending.
    """
    number = np.digitize(light, edges[:-1]) - 1
    number[~((light >= edges[0]) & (light <= edges[-1]))] = -1
    names = [f"{low:g} to {high:g}" for low, high in zip(edges, edges[1:])]
    return _by_class(detected, truth, judged, number, names)


def by_aspect(
    detected: np.ndarray,
    truth: np.ndarray,
    judged: np.ndarray,
    east: np.ndarray,
    north: np.ndarray,
) -> list[ClassScore]:
    """Scores by the direction that the land faces; level and unknown land counts nowhere.

    Args:
        detected: As for `by_illumination`, like ``truth`` and ``judged``.
        truth: What is landslide.
        judged: Where that is known.
        east: Rise of the land to the east, metres a metre.
        north: The same to the north.
    """
    sector = np.degrees(np.arctan2(-east, -north)) % 360 / (360 / len(SECTORS))
    known = np.isfinite(sector) & (np.hypot(east, north) > 0)
    number = np.where(known, np.floor(np.where(known, sector, 0) + 0.5) % len(SECTORS), -1)
    return _by_class(detected, truth, judged, number.astype(int), SECTORS)


def _by_class(
    detected: np.ndarray,
    truth: np.ndarray,
    judged: np.ndarray,
    number: np.ndarray,
    names: Sequence[str],
) -> list[ClassScore]:
    inside = [judged & (number == i) for i in range(len(names))]
    return [
        ClassScore(name, int(np.count_nonzero(place)), confusion(detected, truth, place))
        for name, place in zip(names, inside)
    ]


def score_table(scores: Sequence[ClassScore], title: str) -> str:
    """A Markdown table of class, pixels, landslide pixels, precision, recall and F1."""
    lines = [
        f"| {title} | pixels | landslide | precision | recall | F1 |",
        "|---|---|---|---|---|---|",
    ]
    for row in scores:
        found = row.score
        lines.append(
            f"| {row.name} | {row.pixels:,} | {found.tp + found.fn:,} | {found.precision:.2f} | "
            f"{found.recall:.2f} | {found.f1:.2f} |"
        )
    return "\n".join(lines)
