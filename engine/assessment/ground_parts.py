"""The parts of a report that say how much of a distribution is the image's and not the land's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.figures import BLUE, Rose
from ..common.report import figure, heading, number, paragraph, table
from ..ground.classes import NAMES, Ground
from .shade_recall import LIGHT, MEASURED
from .statistics import SECTORS, Distribution, InventoryStatistics

WINDS = [(45.0 * i, name) for i, name in enumerate(("N", "NE", "E", "SE", "S", "SW", "W", "NW"))]
#: The first sector is centred on north.
WHOLE_ROSE = (-180.0 / SECTORS, 360 - 180.0 / SECTORS)
#: Classes with less ground give no share, m2.
_LEAST = 1e5
#: A rose points somewhere where its mean vector is longer than this, and to the sun where that is
#: within so many degrees of it.
_POINTED, _BESIDE = 0.2, 60.0


def ground_parts(statistics: InventoryStatistics) -> list[str]:
    """What of the study area could be assessed."""
    ground = statistics.ground
    if not ground:
        return []
    whole = sum(ground.areas.values())
    rows = [
        (NAMES[kind], number(area / 1e6, 2), number(100 * area / whole, 1))
        for kind, area in ground.areas.items()
        if area
    ]
    return [
        heading("Assessable ground"),
        table(("Study area", "km2", "%"), rows),
        paragraph(
            "Density, roses and counts on this page are those of the assessable ground: "
            "landslides with more than half of their pixels on it. "
            f"{NAMES[Ground.FLAT].capitalize()} and what clouds, shade or snow hide count for "
            "neither side."
        ),
    ]


def aspect_density(statistics: InventoryStatistics) -> list[str]:
    """The rose of landslides over the land that there is of each aspect."""
    aspect = statistics.aspect
    if aspect is None or aspect.terrain is None:
        return []
    share = 100 * _rates(aspect)
    of = "assessable ground" if statistics.ground else "land"
    most = number(float(np.nanmax(share, initial=0)), 1)
    rose = Rose([(f"% of the {of}", np.nan_to_num(share), BLUE)], WHOLE_ROSE, WINDS)
    caption = f"How much of the {of} of each aspect is landslide; the longest sector is {most} %."
    drawn = figure(rose.svg("Landslide density by aspect"), caption)
    return [drawn, paragraph(text)] if (text := _towards_sun(statistics, share)) else [drawn]


def _towards_sun(statistics: InventoryStatistics, share: np.ndarray) -> str:
    """A sentence where the rose points to the sun; else empty."""
    sun = statistics.ground.sun if statistics.ground else None
    if not sun:
        return ""
    angles = np.radians(np.arange(SECTORS) * 360 / SECTORS - sun.azimuth)
    known = np.nan_to_num(share)
    along, across = known @ np.cos(angles), known @ np.sin(angles)
    points = float(np.hypot(along, across) / max(known.sum(), 1e-12))
    if points < _POINTED or along < np.hypot(along, across) * np.cos(np.radians(_BESIDE)):
        return ""
    return (
        f"This rose points to where the sun stood ({sun.azimuth:.0f} degrees). Landslides on "
        "slopes that face it are found best, so it may show the image's light and not the land: "
        "see Light below."
    )


def light_parts(statistics: InventoryStatistics) -> list[str]:
    """Landslides by how the sun met the land, with the recall measured in such light."""
    light = statistics.light
    if light is None or light.terrain is None:
        return []
    model, recall = _recall(statistics)
    rates = _rates(light)
    rows = [
        (
            f"{low:g} to {high:g}",
            number(area / 1e6, 2),
            number(100 * rate if area else None, 2),
            number(found, 2),
        )
        for low, high, area, rate, found in zip(LIGHT, LIGHT[1:], light.terrain, rates, recall)
    ]
    header = ("Incidence (cosine)", "Ground (km2)", "Landslide (%)", f"Recall of {model}")
    return [
        heading("Light"),
        table(header, rows),
        paragraph(
            "How the sun met the land: 1 is straight on, below 0.2 is deep shade. The recall was "
            f"measured on Hokkaido, which {model} was not trained on, on pixels. Where it is low, "
            "few landslides are found, whether there are few or not: a rose that points to the sun "
            "says so of the image first. Compare with a run with even light before you read "
            "geology from it."
        ),
    ]


def _recall(statistics: InventoryStatistics) -> tuple[str, Sequence[float | None]]:
    """A model whose recall was measured, that of the inventory where it is one, and the recall."""
    told = dict(statistics.inventory.facts).get("Model", "")
    model = told if told in MEASURED else next(iter(MEASURED))
    return model, MEASURED[model]


def _rates(distribution: Distribution) -> np.ndarray:
    """Landslide area over ground of each class, 0..1; NaN where there is hardly any ground."""
    terrain = np.zeros(0) if distribution.terrain is None else distribution.terrain
    unknown = np.full(len(terrain), np.nan)
    return np.divide(distribution.landslides, terrain, out=unknown, where=terrain >= _LEAST)
