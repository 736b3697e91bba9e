"""The maps of reports, and the table of what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..common.figures import BLUE, ORANGE
from ..common.report import figure, heading, table
from ..inventory.polygons import Outlines
from ..inventory.run_facts import Facts
from ..raster.grid import Grid
from ..stack.reader import open_stack
from .assess import COLOURS, Assessment
from .maps import (
    SIDE,
    backdrop,
    drawn,
    extent_text,
    frame_around,
    in_pixels,
    locator,
    paths,
    picture,
    whole_map,
)

#: What the colours of a comparison say.
COMPARED = (
    "Red: found. Green: missed. Blue: detected, but not in the reference. No colour: nothing in "
    "either, or not judged."
)
#: How much of a mark's colour covers what lies below.
_COVER = 0.75
_PLAIN, _GREY_FROM = 244, 70


@dataclass(frozen=True)
class Below:
    """What lies below the outlines of a map; nothing where nothing is given.

    Attributes:
        image: Raster to look at.
        dem: DEM raster, whose hillshade is shown where there is no image.
        mapping: As for `open_stack`, of the image.
    """

    image: str | None = None
    dem: str | None = None
    mapping: str = ""

    def check(self) -> None:
        """Open the image, before the work starts.

        Raises:
            RasterError: It cannot be used.
            BandError: The mapping does not fit it.
        """
        if self.image:
            open_stack(self.image, band_mapping=self.mapping)

    def on(self, grid: Grid) -> np.ndarray | None:
        """The picture on a grid."""
        return backdrop(grid, self.image, self.dem, self.mapping)


def results_map(
    inventory: Outlines, study: Outlines | None, below: Below, texts: Sequence[str] = ()
) -> tuple[str, Grid]:
    """The landslides and the area that was searched as SVG, and the map's grid.

    Args:
        inventory: The landslides.
        study: What was searched, or None.
        below: What lies below them.
        texts: What each landslide tells who points at it; empty for nothing.
    """
    grid = frame_around([inventory, *([study] if study else [])])
    layers = [picture(below.on(grid), grid)]
    if study:
        layers.append(drawn(paths(in_pixels(study, grid)), BLUE, width=1.5, fill=0))
    layers.append(drawn(paths(in_pixels(inventory, grid)), ORANGE, texts=texts))
    return whole_map(grid, layers, "Map of the landslides"), grid


def comparison_map(assessment: Assessment, below: Below) -> tuple[str, Grid]:
    """What was found, missed and invented as SVG, and the map's grid."""
    grid, values = _enlarged(assessment.overview_grid, assessment.overview)
    under = below.on(grid)
    rgb = np.full((3, *values.shape), _PLAIN, float)
    if under is not None:  # in grey, on which the colours of the comparison stand out
        rgb[:] = _GREY_FROM + (255 - _GREY_FROM) * under.mean(axis=0) / 255
    for value, colour in COLOURS.items():
        marked = values == value
        mixed = (1 - _COVER) * rgb[:, marked] + _COVER * np.array(colour)[:, None]
        rgb[:, marked] = mixed
    title = "Map of what was found, missed and invented"
    return whole_map(grid, [picture(rgb.astype(np.uint8), grid)], title), grid


def _enlarged(grid: Grid, values: np.ndarray) -> tuple[Grid, np.ndarray]:
    """The pixels of a small raster repeated, so that its map is as large as others."""
    times = max(1, SIDE // max(grid.width, grid.height))
    a, b, c, d, e, f = grid.transform
    finer = (a / times, b / times, c, d / times, e / times, f)
    repeated = values.repeat(times, axis=0).repeat(times, axis=1)
    height, width = repeated.shape
    return replace(grid, transform=finer, width=width, height=height), repeated


def map_part(drawing: str, caption: str) -> str:
    """A map in a page: as wide as the page."""
    return figure(drawing, caption).replace("<figure>", '<figure class="wide">', 1)


def sources_part(facts: Facts, rows: Iterable[tuple[str, str]], grid: Grid) -> list[str]:
    """What a report rests on: the runs, its own inputs, and where it is."""
    shown = [*facts, *rows, ("Extent", extent_text(grid))]
    kept = [(name, text) for name, text in shown if text]
    return [
        heading("What this rests on"),
        table(("", ""), kept),
        figure(locator(grid), "Where it is. Coasts: Natural Earth, simplified."),
    ]
