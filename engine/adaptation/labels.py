"""What people said of the ground: polygons become labels of pixels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..common.dependencies import require
from ..common.errors import Cancelled, ParameterError
from ..common.hooks import Check, Warn
from ..inventory.dates import checked_date
from ..inventory.drawn import DrawnPolygons
from ..inventory.fields import REVIEW_STATUS, UNREVIEWED
from ..inventory.polygons import Outlines, in_crs
from ..inventory.table import Table
from ..inventory.wkb import multipolygon_wkb, polygons_of
from ..raster.grid import Grid
from ..raster.reading import open_raster
from ..raster.tiling import Window, regions
from ..stack.acquisition import image_facts

#: Kinds of what `suggest` puts into a table.
OUTLINE, PLACE = "outline", "place"
_ACCEPTED, _REJECTED = REVIEW_STATUS[1:-1], REVIEW_STATUS[-1]
#: Labels of pixels. `NEAR` is ground beside a landslide, which its mapper has seen and left out.
#: `BORDER` is where an outline may be off, if there is an area in which labels are complete: it
#: teaches nothing, but what is detected there counts as it does in every F1. Without it a lower
#: threshold, which draws landslides larger, looks better than it is. Landslides beyond the area
#: have one, too, as they are counted with the others.
NOT, LANDSLIDE, NEAR, BORDER, UNKNOWN = 0, 1, 2, 3, 255
#: Pixels from a landslide that its outline may be off by, and within which ground is near.
_BORDER, _NEAR = 1.5, 6.0
#: Whole pixels around a window that decide on its labels.
_REACH = int(np.ceil(_NEAR))
#: What is said where the user stops an adaptation.
STOPPED = "Stopped. No model was written."
#: Blocks in which labels are drawn, pixels a side.
_BLOCK = 512


@dataclass(frozen=True)
class Labels:
    """What is known of the ground.

    Attributes:
        landslides: What is a landslide.
        others: What is none, though a model took it for one, or somebody drew it.
        open: Outlines that nobody has judged: nothing is known there.
        area: Where every landslide is among these; None where that holds nowhere.
        dates: Dates of the images in which the landslides were seen, ISO 8601, each once.
        event_dates: Dates of the landslides themselves, likewise.
    """

    landslides: Outlines
    others: Outlines
    open: Outlines
    area: Outlines | None = None
    dates: tuple[str, ...] = ()
    event_dates: tuple[str, ...] = ()


def labels_if_any(table: Table | None, area: Outlines | None) -> Labels | None:
    """`labels_of` an inventory that need not be given.

    Raises:
        ParameterError: There is an area, but no labels in it.
    """
    if table is not None:
        return labels_of(table, None, area)
    if area is not None:
        raise ParameterError(
            "AREA says where labels are complete, and there are none. Give LABELS, too, or leave "
            "AREA out."
        )
    return None


def labels_of(table: Table, negatives: Outlines | None, area: Outlines | None) -> Labels:
    """Labels from an inventory that was reviewed, or from plain polygons of landslides.

    Args:
        table: Accepted and edited outlines are landslides, rejected ones are not. Without a review
            status in any row, all are landslides that somebody drew. Squares that `suggest` made
            are never landslides themselves, whatever was said of them.
        negatives: More polygons without landslides; or None.
        area: Where the labels are complete; or None.

    Raises:
        ParameterError: There are no rows, or all wait for a review, or none is a landslide; or the
            area has no polygons.
    """
    for name, given in ((table.name, table.records), (area and area.name, not area or area.wkb)):
        if not given:
            raise ParameterError(
                f"{name} has no polygons. Draw some and save the edits, or choose another layer."
            )
    column, kind = table.own_name("review_status"), table.own_name("kind")
    status = [str(record.get(column) or "").strip().lower() for record in table.records]
    status = [
        UNREVIEWED if record.get(kind) == PLACE and said in _ACCEPTED else said
        for record, said in zip(table.records, status)
    ]
    drawn_by_hand = not any(status)
    if not drawn_by_hand and not set(status) & {*_ACCEPTED, _REJECTED}:
        raise ParameterError(
            f"None of the {len(status)} outlines of {table.name} is reviewed; expected some that "
            "are accepted, edited or rejected (field review_status). Review them first: what the "
            "model found itself cannot teach it. Polygons that you drew need no such field."
        )

    def chosen(wanted: tuple[str, ...]) -> Table:
        pairs = zip(table.records, status)
        return replace(table, records=tuple(record for record, said in pairs if said in wanted))

    landslides = table if drawn_by_hand else chosen(_ACCEPTED)
    if not landslides.records:
        raise ParameterError(
            f"{table.name} has no landslide: all {len(status)} outlines are rejected or open. A "
            "model needs examples of both; accept those that are landslides, or draw some."
        )
    rejected = Outlines.of(chosen((_REJECTED,)))
    if negatives and negatives.wkb:
        rejected = _joined(rejected, negatives)
    return Labels(
        landslides=Outlines.of(landslides),
        others=rejected,
        open=Outlines.of(replace(table, records=()) if drawn_by_hand else chosen(("", UNREVIEWED))),
        area=area,
        dates=_dates(landslides, "image_date"),
        event_dates=_dates(landslides, "event_date"),
    )


def _dates(table: Table, field: str) -> tuple[str, ...]:
    column = table.own_name(field)
    return tuple(sorted({_day(str(r.get(column) or "")) for r in table.records} - {""}))


def _day(text: str) -> str:
    """A date without its time; empty for what is none, which says nothing."""
    try:
        return checked_date(text, "date", whole=False)[:10]
    except ParameterError:
        return ""


def _joined(first: Outlines, second: Outlines) -> Outlines:
    if first.wkb and first.crs != second.crs:
        shapes = in_crs([polygons_of(wkb) for wkb in second.wkb], second.crs, first.crs)
        second = replace(second, crs=first.crs, wkb=tuple(map(multipolygon_wkb, shapes)))
    return replace(second, wkb=(*first.wkb, *second.wkb))


@dataclass(frozen=True)
class Coverage:
    """What labels cover of a raster.

    Attributes:
        landslides: How many landslides have a pixel of their own.
        disputed: How many of them are an outline that is none, too: most of both is the same.
        inside: How many have a pixel in the area.
        area: Pixels of the area.
    """

    landslides: int
    disputed: int
    inside: int
    area: int


def on_image(
    labels: Labels, path: str, grid: Grid, warn: Warn, cancelled: Check, fewest: int = 1
) -> DrawnLabels:
    """Labels on the image that they are of; what does not fit is told.

    Args:
        labels: What is known.
        path: The image.
        grid: Its grid.
        warn: Called with what should be known though the run goes on.
        cancelled: Asked between pieces of work.
        fewest: Landslides that must have a pixel.

    Raises:
        ParameterError: Fewer landslides have one, or the area has none, or they are later.
        Cancelled: The user stopped the run.
    """
    _check_dates(labels, path, warn)
    drawn = DrawnLabels(labels, grid)
    found, count = drawn.coverage(cancelled), len(labels.landslides.wkb)
    if found.landslides < fewest:
        some = "No landslide of the labels has a pixel on"
        if found.landslides:
            some = f"Of {count:,} landslides of the labels, only {found.landslides} have a pixel on"
        raise ParameterError(
            f"{some} {path}; expected {fewest} or more. Check that they lie on the image, their "
            "CRS, and that they are larger than a pixel."
        )
    if labels.area and not found.area:
        raise ParameterError(
            f"The area in which the labels are complete has no pixel on {path}. Check that it lies "
            "on the image, and its CRS; or leave AREA empty."
        )
    if found.landslides < count:
        warn(
            f"Of the {count:,} landslides of the labels, {found.landslides:,} have a pixel of "
            "their own on the image. The others lie elsewhere, are too small, or are there twice."
        )
    if found.disputed:
        warn(
            f"{found.disputed:,} of the labels are a landslide in one outline and none in another "
            "(rejected, or in NEGATIVES). They count as landslides; remove the outline that is "
            "wrong."
        )
    if labels.area and 2 * found.inside < found.landslides:
        warn(
            f"Only {found.inside:,} of {found.landslides:,} landslides lie in the area in which "
            "the labels are complete, where precision is counted. Check AREA, or make it larger."
        )
    return drawn


def _check_dates(labels: Labels, path: str, warn: Warn) -> None:
    """Say it where labels are of another time than the image."""
    with open_raster(path) as dataset:
        tags = {name: str(value) for name, value in dataset.tags().items()}
    taken = image_facts(tags, (os.path.basename(path),)).image_date[:10]
    # Of a date, no more may be known than the month or the year.
    later = [day for day in labels.event_dates if taken and day > taken[: len(day)]]
    if later and len(later) == len(labels.event_dates):
        raise ParameterError(
            f"The landslides happened on {later[0]} or later, and {path} was taken on {taken}: "
            "they cannot be seen there. Give the image that they were mapped on."
        )
    other = [day for day in labels.dates if taken and day != taken[: len(day)]]
    if other or later:
        warn(
            f"Some labels are of another date ({', '.join((other or later)[:3])}) than the "
            f"image ({taken}). Where the ground changed in between, they teach mistakes."
        )


class DrawnLabels:
    """Labels on a grid, drawn window by window."""

    def __init__(self, labels: Labels, grid: Grid) -> None:
        self._grid = grid
        self._landslides = DrawnPolygons.of(labels.landslides, grid)
        self._others = DrawnPolygons.of(labels.others, grid)
        self._open = DrawnPolygons.of(labels.open, grid)
        self._area = DrawnPolygons.of(labels.area, grid) if labels.area else None

    def blocks(self) -> Iterator[Window]:
        """Parts of the raster in which something is known, row by row."""
        layers = [self._landslides, self._others, *([self._area] if self._area else [])]
        for block in regions(self._grid.area, _BLOCK):
            if any(layer.near(block.grown(_REACH)) for layer in layers):
                yield block

    def coverage(self, cancelled: Check) -> Coverage:
        """What lies on the raster.

        Raises:
            Cancelled: The user stopped the run.
        """
        slides, others, both = Counter[int](), Counter[int](), Counter[tuple[int, int]]()
        inside: set[int] = set()
        area = 0
        for block in self.blocks():
            if cancelled():
                raise Cancelled(STOPPED)
            ours, theirs = self._landslides.numbers(block), self._others.numbers(block)
            slides.update(ours[ours > 0].tolist())
            others.update(theirs[theirs > 0].tolist())
            shared = (ours > 0) & (theirs > 0)
            both.update(zip(ours[shared].tolist(), theirs[shared].tolist()))
            if self._area:
                there = self._area.numbers(block) > 0
                area += int(there.sum())
                inside.update(np.unique(ours[there & (ours > 0)]).tolist())
        same = {s for (s, o), size in both.items() if 2 * size >= max(slides[s], others[o])}
        return Coverage(len(slides), len(same), len(inside), area)

    def at(self, rows: np.ndarray, cols: np.ndarray, cancelled: Check) -> np.ndarray:
        """Labels of pixels of the raster, uint8 [n].

        Raises:
            Cancelled: The user stopped the run.
        """
        labels = np.full(len(rows), UNKNOWN, np.uint8)
        for block, inside, place in self._blocks_of(rows, cols, cancelled):
            labels[inside] = self.read(block)[0][place]
        return labels

    def in_area(self, rows: np.ndarray, cols: np.ndarray, cancelled: Check) -> np.ndarray:
        """Which pixels of the raster lie in the area, bool [n].

        Raises:
            Cancelled: The user stopped the run.
        """
        there = np.zeros(len(rows), bool)
        if self._area:
            for block, inside, place in self._blocks_of(rows, cols, cancelled):
                there[inside] = self._area.numbers(block)[place] > 0
        return there

    def _blocks_of(
        self, rows: np.ndarray, cols: np.ndarray, cancelled: Check
    ) -> Iterator[tuple[Window, np.ndarray, tuple[np.ndarray, np.ndarray]]]:
        """Blocks that hold some of the pixels, which they hold, and where in them."""
        for block in self.blocks():
            if cancelled():
                raise Cancelled(STOPPED)
            inside = (rows >= block.row) & (rows < block.row_stop)
            inside &= (cols >= block.col) & (cols < block.col_stop)
            if inside.any():
                yield block, inside, (rows[inside] - block.row, cols[inside] - block.col)

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Labels of a window, uint8 [h, w], and the number of the landslide there, int32 [h, w]."""
        ndimage = require("scipy.ndimage", "scipy")
        wide = window.grown(_REACH)
        numbers = self._landslides.numbers(wide)
        away = ndimage.distance_transform_edt(numbers == 0)
        labels = np.full(numbers.shape, UNKNOWN, np.uint8)
        labels[away <= _NEAR] = NEAR
        if self._area:
            labels[self._area.numbers(wide) > 0] = NOT
        labels[self._open.numbers(wide) > 0] = UNKNOWN
        labels[self._others.numbers(wide) > 0] = NOT
        counts = (labels != UNKNOWN) & (self._area is not None)
        labels[away <= _BORDER] = np.where(counts, BORDER, UNKNOWN)[away <= _BORDER]
        labels[numbers > 0] = LANDSLIDE
        inside = window.slices(wide.row, wide.col)
        return labels[inside], numbers[inside]
