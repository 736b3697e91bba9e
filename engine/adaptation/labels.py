"""What people said of the ground: polygons become labels of pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError
from ..inventory.drawn import DrawnPolygons
from ..inventory.fields import REVIEW_STATUS, UNREVIEWED
from ..inventory.polygons import Outlines, in_crs
from ..inventory.table import Table
from ..inventory.wkb import multipolygon_wkb, polygons_of
from ..raster.grid import Grid
from ..raster.tiling import Window, regions

#: Kinds of what `suggest` puts into a table.
OUTLINE, PLACE = "outline", "place"
_ACCEPTED, _REJECTED = REVIEW_STATUS[1:-1], REVIEW_STATUS[-1]
#: Labels of pixels. `NEAR` is ground beside a landslide, which its mapper has seen and left out.
NOT, LANDSLIDE, NEAR, UNKNOWN = 0, 1, 2, 255
#: Pixels from a landslide that its outline may be off by, and within which ground is near.
_BORDER, _NEAR = 1.5, 6.0
#: Whole pixels around a window that decide on its labels.
_REACH = int(np.ceil(_NEAR))
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


def labels_of(table: Table, negatives: Outlines | None, area: Outlines | None) -> Labels:
    """Labels from an inventory that was reviewed, or from plain polygons of landslides.

    Args:
        table: Accepted and edited outlines are landslides, rejected ones are not. Without a review
            status in any row, all are landslides that somebody drew. Squares that `suggest` made
            are never landslides themselves, whatever was said of them.
        negatives: More polygons without landslides; or None.
        area: Where the labels are complete; or None.

    Raises:
        ParameterError: All rows wait for a review, or there is no landslide among them.
    """
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
        area=area if area and area.wkb else None,
        dates=_dates(landslides, "image_date"),
        event_dates=_dates(landslides, "event_date"),
    )


def _dates(table: Table, field: str) -> tuple[str, ...]:
    column = table.own_name(field)
    return tuple(sorted({str(r.get(column))[:10] for r in table.records if r.get(column)}))


def _joined(first: Outlines, second: Outlines) -> Outlines:
    if first.wkb and first.crs != second.crs:
        shapes = in_crs([polygons_of(wkb) for wkb in second.wkb], second.crs, first.crs)
        second = replace(second, crs=first.crs, wkb=tuple(map(multipolygon_wkb, shapes)))
    return replace(second, wkb=(*first.wkb, *second.wkb))


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
        labels[away <= _BORDER] = UNKNOWN
        labels[numbers > 0] = LANDSLIDE
        inside = window.slices(wide.row, wide.col)
        return labels[inside], numbers[inside]
