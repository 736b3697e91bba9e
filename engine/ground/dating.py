"""Since when each outline is bare, from a series of images."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..common.errors import Cancelled, ParameterError, RasterError
from ..common.hooks import Check, Progress, Warn, or_silent
from ..inventory.compared import DATING_FIELDS, with_columns
from ..inventory.dates import checked_date
from ..inventory.polygons import box_of, in_crs
from ..inventory.table import Table
from ..inventory.wkb import polygons_of
from ..preparation.target_grid import finest_grid
from ..products.product import open_products
from ..raster.grid import Grid
from ..raster.reading import bounded_cache
from ..stack.change import indices
from .aligned import opened_on
from .change_point import NOTES, Step, dated
from .classes import seen
from .evidence import INDEX_SIGNS, common_indices
from .image import GroundImage, ImageSource, tagged_date
from .outlined import BLOCK, Outlined

#: What must be seen of an outline, and how many pixels of it and of its ring.
_SEEN, _PIXELS, _RING = 0.5, 3, 10
#: Contrast of bare ground to plants that is more than noise, by index.
_LEAST_CONTRAST = {"NDVI": 0.12, "BSI": 0.08, "RG": 0.08}
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")


@dataclass(frozen=True)
class DatingRequest:
    """What to date with. Pickles.

    Attributes:
        images: The images, in any order.
        dates: Their dates, ISO 8601, in the order of the images; empty for what the images tell.
        block: Side of the blocks worked on at a time, pixels.
    """

    images: tuple[ImageSource, ...]
    dates: tuple[str, ...] = ()
    block: int = BLOCK

    @classmethod
    def of(cls, paths: Sequence[str], dates: str, like: ImageSource) -> DatingRequest:
        """The request for some images that are read alike.

        Args:
            paths: The images.
            dates: Their dates with commas between, or an empty text.
            like: What holds for all of them.
        """
        given = tuple(part.strip() for part in dates.split(",")) if dates.strip() else ()
        return cls(tuple(replace(like, path=path) for path in paths), given)


def date_landslides(
    table: Table,
    request: DatingRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> Table:
    """Find for each outline the last image without and the first image with the bare ground.

    Args:
        table: The inventory.
        request: The images.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked between images; when it says True the run stops.
        warn: Called with each sentence that the user should see though the run goes on.

    Returns:
        The inventory with the columns `DATING_FIELDS`.

    Raises:
        ParameterError: There are too few images, or the date of one is not known.
        LandslipError: Any other of its subclasses; the message says what to do.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    if len(request.images) < 2:
        raise ParameterError(
            f"{len(request.images)} image was given; expected at least 2, from before and after "
            "the landslides. Give the images of the years in question."
        )
    with bounded_cache(), ExitStack() as files:
        grid, images, days = _opened(table, request, files, progress, cancelled, warn)
        progress(0, f"{len(images)} images from {days[0]} to {days[-1]}")
        names = common_indices(*images)
        bareness = _bareness(table, grid, images, names[0], request.block, progress, cancelled)
    steps = [dated(each[0], each[1], _LEAST_CONTRAST[names[0]]) for each in bareness]
    counts = Counter(step.note for step in steps)
    progress(1, "; ".join(f"{counts[note]} {note}" for note in NOTES if counts[note]))
    return with_columns(table, DATING_FIELDS, [_row(step, days) for step in steps])


def _row(step: Step, days: Sequence[str]) -> dict[str, Any]:
    return {
        "date_min": None if step.last_without is None else days[step.last_without],
        "date_max": None if step.first_with is None else days[step.first_with],
        "date_conf": step.confidence,
        "date_note": step.note,
    }


def _opened(
    table: Table,
    request: DatingRequest,
    files: ExitStack,
    progress: Progress,
    cancelled: Check,
    warn: Warn,
) -> tuple[Grid, list[GroundImage], list[str]]:
    """The grid, the images on it by their dates, and these; what shows none of it is left out."""
    days = _days(request)
    order = sorted(range(len(days)), key=lambda i: days[i])
    sources = [request.images[i] for i in order]
    first = _best_grid(table, sources)
    reference = files.enter_context(GroundImage(sources[first], None, cancelled, warn))
    found: list[tuple[GroundImage, str]] = []
    for place, source in enumerate(sources):
        if place == first:
            found.append((reference, days[order[place]]))
            continue
        try:
            image, shift = opened_on(reference, source, cancelled, warn)
        except RasterError as err:
            if "touch" not in str(err) and "shows nothing" not in str(err):
                raise
            warn(f"{source.path} is left out: it does not show the place of the others.")
            continue
        found.append((files.enter_context(image), days[order[place]]))
        if shift and shift.length > 1:
            progress(0, f"{image.name} lay {shift.length:.1f} pixels off; it was laid on.")
    if len(found) < 2:
        raise ParameterError(
            "Only one of the images shows the place of the landslides; expected at least 2. Check "
            "that all are of the same place."
        )
    return reference.grid, [image for image, _ in found], [day for _, day in found]


def _best_grid(table: Table, sources: Sequence[ImageSource]) -> int:
    """Number of the image on whose grid most outlines lie."""
    shapes = [polygons_of(record.wkb) for record in table.records]
    counts = []
    for source in sources:
        grid = finest_grid(open_products([source.path], band_mapping=source.band_mapping)[0])
        counts.append(_inside(in_crs(shapes, table.crs, grid.crs), grid))
    return int(np.argmax(counts))


def _inside(shapes: Sequence[Any], grid: Grid) -> int:
    west, south, east, north = grid.bounds
    boxes = [box_of(shape) for shape in shapes]
    return sum(b[0] >= west and b[1] >= south and b[2] <= east and b[3] <= north for b in boxes)


def _days(request: DatingRequest) -> list[str]:
    """Day of each image, ISO 8601."""
    if request.dates and len(request.dates) != len(request.images):
        raise ParameterError(
            f"{len(request.dates)} dates were given for {len(request.images)} images; expected one "
            "for each, in the order of the images, or none."
        )
    if request.dates:
        return [checked_date(text, "date of an image", whole=True)[:10] for text in request.dates]
    days = [image_day(source) for source in request.images]
    if missing := [source.path for source, day in zip(request.images, days) if not day]:
        raise ParameterError(
            f"The date of {', '.join(missing[:3])} is not known: neither tags nor its name tell. "
            "Give the dates of all images, in their order, such as 2018-05-02,2018-09-11; or "
            "rename the files so that a date is in their names."
        )
    return days


def image_day(source: ImageSource) -> str:
    """Day of an image by its tags, its product's name, or a day in its file's name; else empty.

    The date that a TIFF has is not asked: of many programs it is that of the file.
    """
    product = open_products([source.path], band_mapping=source.band_mapping)[0]
    known = product.date or tagged_date(product, source.path)
    if known:
        return known[:10]
    for matched in _DAY.finditer(product.id):
        try:
            return checked_date("-".join(matched.groups()), "date", whole=True)
        except ParameterError:
            continue
    return ""


def _bareness(
    table: Table,
    grid: Grid,
    images: Sequence[GroundImage],
    index: str,
    block: int,
    progress: Progress,
    cancelled: Check,
) -> np.ndarray:
    """Bareness inside and around each outline in each image [outlines, 2, images]; NaN unseen."""
    outlined = Outlined(table, grid)
    shape = (len(images), outlined.count)
    totals = {(w, what): np.zeros(shape) for w in "ir" for what in ("sum", "known", "pixels")}
    windows = outlined.blocks(block)
    for done, window in enumerate(windows):
        places = list(outlined.places(window))
        for number, image in enumerate(images):
            if cancelled():
                raise Cancelled("Stopped on request. Nothing was written.")
            found = image.read(window)
            value = INDEX_SIGNS[index] * indices(found.bands)[index]
            known = seen(found.classes) & np.isfinite(value)
            value = np.where(known, value, 0)
            for place in places:
                for where, labels in (("i", place.inside), ("r", place.ring)):
                    for what, layer in (("sum", value), ("known", known), ("pixels", labels > 0)):
                        counts = place.sums(labels, layer)
                        totals[where, what][number, place.numbers] += counts
            progress((done + (number + 1) / len(images)) / len(windows), "")
    means = []
    enough = totals["i", "known"] >= np.maximum(_PIXELS, _SEEN * totals["i", "pixels"])
    enough &= totals["r", "known"] >= _RING
    for where in "ir":
        known = totals[where, "known"]
        unknown = np.full(shape, np.nan)
        means.append(
            np.divide(totals[where, "sum"], known, out=unknown, where=enough & (known > 0))
        )
    return np.stack(means).transpose(2, 0, 1)
