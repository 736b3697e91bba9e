"""What several runs tell of an inventory: disputed outlines, and the range of its area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..common.report import heading, number, paragraph, table
from ..inventory.confidence import is_disputed
from ..models.probability import open_probability
from ..models.runs import AreaRange

#: Attributes of an inventory that tell of its runs.
SPREAD_FIELDS = ("prob_mean", "prob_std", "threshold")


@dataclass(frozen=True)
class Uncertainty:
    """What the runs differ by.

    Attributes:
        outlines: How many outlines have a spread.
        disputed: How many of these the runs dispute (`confidence.is_disputed`).
        disputed_area: Their area, m2.
        area: What the total area is uncertain by; None where no raster says so.
        runs: Name of each run of that raster, and the area that it finds, m2.
    """

    outlines: int
    disputed: int
    disputed_area: float
    area: AreaRange | None
    runs: tuple[tuple[str, float], ...]


def uncertainty_of(
    attributes: Mapping[str, np.ndarray], areas: np.ndarray, probability: str | None
) -> Uncertainty | None:
    """What is known of the spread of an inventory.

    Args:
        attributes: Columns `SPREAD_FIELDS`, as far as it has them, float [n], NaN where unknown.
        areas: Areas of its outlines, m2 [n].
        probability: The raster that it was made of; None where that is not there.

    Returns:
        None where nothing is known, as one model ran once.

    Raises:
        RasterError: The raster cannot be used.
    """
    unknown = np.full(len(areas), np.nan)
    mean, spread, threshold = (attributes.get(name, unknown) for name in SPREAD_FIELDS)
    disputed = is_disputed(mean, spread, threshold)
    outlines = int(np.isfinite(spread).sum())
    total, counts = float(areas.sum()), None
    thresholds = np.unique(threshold[np.isfinite(threshold)])
    if probability:
        raster = open_probability(probability)
        if not len(thresholds) and raster.provenance.threshold:
            thresholds = np.array([raster.provenance.threshold])
        counts = raster.counts if len(thresholds) == 1 else None
    area = counts.area_range(total, float(thresholds[0])) if counts else None
    if not outlines and area is None:
        return None
    runs: tuple[tuple[str, float], ...] = ()
    if counts and area:
        each = counts.areas(total, float(thresholds[0]))
        runs = tuple(zip(counts.names, each.tolist()))
    return Uncertainty(outlines, int(disputed.sum()), float(areas[disputed].sum()), area, runs)


def uncertainty_parts(found: Uncertainty | None) -> list[str]:
    """What a report says of it."""
    if found is None:
        return []
    parts = [heading("What the runs differ by")]
    if found.outlines:
        parts.append(
            paragraph(
                f"{found.disputed:,} of {found.outlines:,} outlines "
                f"({number(found.disputed_area / 1e6, 3)} km2) are disputed: their mean "
                "probability lies less than one spread of the runs (prob_std) above the threshold. "
                "Disputed is not wrong, nor is the rest right."
            )
        )
    if found.area:
        rows = [(name, f"{number(area / 1e6, 3)} km2") for name, area in found.runs]
        parts += [
            paragraph(found.area.text),
            table(("Run", "Area at the threshold"), rows),
            paragraph(
                "Each run's area is its pixels over those of the mean of all runs, times the area "
                "of this inventory. Models that were trained alike share their mistakes: the true "
                "area may lie far outside of this range."
            ),
        ]
    return parts
