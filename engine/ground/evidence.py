"""What the images before and after an event say of each outline: new, seen before, or hidden.

For each outline, indices of both images are compared inside it and in a ring around it. The ring
changes with season, haze and light as the outline does; what is left is the outline's own change.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.errors import Cancelled, RasterError
from ..common.hooks import Check, Progress, Warn, or_silent
from ..inventory.compared import (
    EVIDENCE,
    EVIDENCE_FIELDS,
    HIDDEN,
    NEW,
    SEEN_BEFORE,
    UNKNOWN,
    with_columns,
)
from ..inventory.table import Table
from ..preparation.coregister import is_clear
from ..raster.reading import bounded_cache
from ..raster.tiling import Window
from ..stack.change import indices, possible_indices
from .aligned import as_before, opened_on
from .classes import Ground, seen
from .image import GroundImage, ImageSource
from .outlined import BLOCK, Outlined, Place

#: Index, and 1 where bare ground raises it, -1 where it lowers it; the first that both images allow
#: decides, and all are told.
INDEX_SIGNS = {"NDVI": -1.0, "BSI": 1.0, "RG": 1.0}
#: From so many usual changes, and from such a share of the contrast, an outline is new; below the
#: second number of usual changes it was there before. Chosen on the west of Hokkaido and checked on
#: the east (docs/experiments/evidence.md).
NEW_SCORE, OLD_SCORE, NEW_SHARE = 1.5, 1.0, 0.6
#: What must be seen of an outline, and how many pixels of it and of its ring.
_SEEN, _PIXELS, _RING = 0.5, 3, 10
#: Less contrast to the ring is taken for this, so that none is not divided by.
_LEAST_CONTRAST = 0.02
#: No two images of quiet ground agree better than this, in any of the indices.
_LEAST_USUAL = 0.02
#: Ground that hides an outline, so that it may be no landslide at all.
_HIDES = (Ground.CLOUD, Ground.CLOUD_SHADOW, Ground.HAZE, Ground.SNOW)
#: Places of this side, pixels, at which the usual change is measured, and how many.
_SIDE, _ACROSS, _FEW = 256, 3, 500


@dataclass(frozen=True)
class EvidenceRequest:
    """What to compare. Pickles.

    Attributes:
        after: The image after the event, on whose grid all is seen.
        before: The image before it.
        block: Side of the blocks worked on at a time, pixels.
    """

    after: ImageSource
    before: ImageSource
    block: int = BLOCK


@dataclass
class _Sums:
    """Sums over the pixels of each outline, and of each ring, by name [n]."""

    count: int
    values: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, name: str, place: Place, layer: np.ndarray) -> None:
        for where, labels in (("inside", place.inside), ("ring", place.ring)):
            total = self.values.setdefault(f"{name} {where}", np.zeros(self.count))
            total[place.numbers] += place.sums(labels, layer)

    def get(self, name: str, where: str) -> np.ndarray:
        return self.values.get(f"{name} {where}", np.zeros(self.count))

    def mean(self, name: str, where: str) -> np.ndarray:
        """Mean over the pixels that both images show; NaN where there is none."""
        known = self.get(f"known {name[1:]}", where)
        unknown = np.full(self.count, np.nan)
        return np.divide(self.get(name, where), known, out=unknown, where=known > 0)


def change_evidence(
    table: Table,
    request: EvidenceRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> Table:
    """Say of each outline how it changed between two images, and what that suggests.

    Args:
        table: The inventory.
        request: The images.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked between blocks; when it says True the run stops.
        warn: Called with each sentence that the user should see though the run goes on.

    Returns:
        The inventory with the columns `EVIDENCE_FIELDS`.

    Raises:
        LandslipError: Any of its subclasses; the message says what to do.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    with bounded_cache(), ExitStack() as files:
        after = files.enter_context(GroundImage(request.after, None, cancelled, warn))
        earlier = as_before(request.before, request.after.path)
        before, shift = opened_on(after, earlier, cancelled, warn)
        files.enter_context(before)
        _check_order(after, before, warn)
        if shift and is_clear(shift):
            progress(0, f"{before.name} lay {shift.length:.2f} pixels off; it was laid on.")
        names = common_indices(after, before)
        spread = _usual(after, before, names, cancelled)
        sums = _counted(table, request, (after, before), names, progress, cancelled)
    rows = _rows(sums, names, spread)
    counts = Counter(row["evidence"] for row in rows)
    progress(1, "; ".join(f"{counts[word]} {word}" for word in EVIDENCE))
    return with_columns(table, EVIDENCE_FIELDS, rows)


def common_indices(*images: GroundImage) -> tuple[str, ...]:
    """The indices that all images allow, the one that decides first."""
    there = [possible_indices(image.bands) for image in images]
    return tuple(name for name in INDEX_SIGNS if all(name in names for names in there))


def _check_order(after: GroundImage, before: GroundImage, warn: Warn) -> None:
    both_in_one = before.source.path == after.source.path and not before.source.date
    if after.date and before.date and before.date[:10] >= after.date[:10] and not both_in_one:
        warn(
            f"The image before, {before.name}, is of {before.date[:10]}, not before that of "
            f"{after.date[:10]}. Check that they are not swapped."
        )


def _differences(
    blocks: tuple[Any, Any], names: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Indices after and before, and where both images show the ground."""
    after, before = (indices(block.bands) for block in blocks)
    both = seen(blocks[0].classes) & seen(blocks[1].classes)
    return {n: after[n] for n in names}, {n: before[n] for n in names}, both


def _usual(
    after: GroundImage, before: GroundImage, names: tuple[str, ...], cancelled: Check
) -> dict[str, float]:
    """Spread of the change of each index over the scene, by the median of absolute deviations."""
    grid = after.grid
    side = min(_SIDE, grid.height, grid.width)
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for row in np.linspace(0, grid.height - side, _ACROSS).astype(int).tolist():
        for col in np.linspace(0, grid.width - side, _ACROSS).astype(int).tolist():
            if cancelled():
                raise Cancelled("Stopped while comparing the images. Nothing was written.")
            window = Window(row, col, side, side)
            late, early, both = _differences((after.read(window), before.read(window)), names)
            for name in names:
                change = (late[name] - early[name])[both]
                found[name].append(change[np.isfinite(change)])
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    if min(len(change) for change in joined.values()) < _FEW:
        raise RasterError(
            f"{before.source.path} shows hardly any ground that {after.source.path} shows, too: "
            "clouds, snow or no data are in the way. Choose another image from before the event."
        )
    spread = {n: 1.4826 * float(np.median(np.abs(c - np.median(c)))) for n, c in joined.items()}
    return {name: max(usual, _LEAST_USUAL) for name, usual in spread.items()}


def _counted(
    table: Table,
    request: EvidenceRequest,
    images: tuple[GroundImage, GroundImage],
    names: tuple[str, ...],
    progress: Progress,
    cancelled: Check,
) -> _Sums:
    outlined = Outlined(table, images[0].grid)
    sums = _Sums(outlined.count)
    windows = outlined.blocks(request.block)
    for done, window in enumerate(windows, start=1):
        if cancelled():
            raise Cancelled("Stopped on request. Nothing was written.")
        blocks = images[0].read(window), images[1].read(window)
        late, early, both = _differences(blocks, names)
        hides = np.isin(blocks[0].classes, np.array(_HIDES, np.uint8))
        for place in outlined.places(window):
            sums.add("pixels", place, np.ones(both.shape))
            sums.add("both", place, both)
            sums.add("hidden", place, hides)
            for name in names:
                known = both & np.isfinite(late[name]) & np.isfinite(early[name])
                sums.add(f"known {name}", place, known)
                sums.add(f"+{name}", place, np.where(known, late[name], 0))
                sums.add(f"-{name}", place, np.where(known, early[name], 0))
        progress(done / len(windows), "")
    return sums


def _rows(sums: _Sums, names: tuple[str, ...], spread: dict[str, float]) -> list[dict[str, Any]]:
    pixels = np.maximum(sums.get("pixels", "inside"), 1)
    first = names[0]
    sign = INDEX_SIGNS[first]
    late, early = (
        sign * (sums.mean(f"{when}{first}", "inside") - sums.mean(f"{when}{first}", "ring"))
        for when in "+-"
    )
    columns = {
        "seen_share": sums.get("both", "inside") / pixels,
        "new_score": (late - early) / spread[first],
        "new_share": (late - early) / np.maximum(late, _LEAST_CONTRAST),
    }
    for name in names:
        for where, ending in (("inside", ""), ("ring", "_ring")):
            change = sums.mean(f"+{name}", where) - sums.mean(f"-{name}", where)
            columns[f"d{name.lower()}{ending}"] = change
    enough = (
        (columns["seen_share"] >= _SEEN)
        & (sums.get(f"known {first}", "inside") >= _PIXELS)
        & (sums.get(f"known {first}", "ring") >= _RING)
    )
    hidden = sums.get("hidden", "inside") > _SEEN * pixels
    words = suggested(columns["new_score"], columns["new_share"], enough, hidden)
    listed = {name: _plain(values) for name, values in columns.items()}
    return [
        {"evidence": word, **{name: values[i] for name, values in listed.items()}}
        for i, word in enumerate(words)
    ]


def suggested(
    score: np.ndarray, share: np.ndarray, enough: np.ndarray, hidden: np.ndarray
) -> list[str]:
    """What the images suggest of each outline, one of `EVIDENCE`.

    Args:
        score: Change against the ring in usual changes [n].
        share: Share of the contrast to the ring that is new [n].
        enough: Whether both images show enough of it [n].
        hidden: Whether cloud, shadow, haze or snow hides it in the image after [n].
    """
    new = (score >= NEW_SCORE) & (share >= NEW_SHARE)
    old = (score < OLD_SCORE) | (share < NEW_SHARE)
    words = np.select([hidden, ~enough, new, old], [HIDDEN, UNKNOWN, NEW, SEEN_BEFORE], UNKNOWN)
    return [str(word) for word in words]


def _plain(values: np.ndarray) -> list[float | None]:
    return [round(float(v), 4) if np.isfinite(v) else None for v in values]
