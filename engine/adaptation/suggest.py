"""What to review next: the outlines, and the places without one, from which most is learnt.

The expected gain of looking at something is its uncertainty times the square root of its area times
its diversity (uncertainty sampling with a greedy choice of what is unlike all that was chosen, as
in core-set selection). The square root keeps one large outline from outweighing ten small ones that
tell more together. Places without an outline are chosen likewise: an inventory that is reviewed by
its outlines alone never learns of what the model has missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..common.errors import Cancelled, ParameterError
from ..common.hooks import Check, Progress, or_silent
from ..inventory.drawn import DrawnPolygons
from ..inventory.fields import REVIEW_STATUS, UNREVIEWED
from ..inventory.polygons import Outlines, ellipsoidal_areas, in_crs
from ..inventory.table import Record, Table
from ..inventory.wkb import centroid, multipolygon_wkb, polygon_wkb, polygons_of
from ..models.probability import open_probability, read_probability
from ..raster.grid import Grid
from ..raster.reading import bounded_cache, open_raster
from ..raster.tiling import Window, regions
from .labels import OUTLINE, PLACE

COLUMNS = {
    "rank": int,
    "kind": str,
    "why": str,
    "gain": float,
    "id": str,
    "prob_mean": float,
    "area_m2": float,
}
#: What a review fills in, so that suggestions are reviewed like an inventory.
_REVIEW = ("review_status", "ls_type", "confidence", "notes", "reviewer", "reviewed_at")
#: Side of a place, pixels, and of the blocks in which places are looked for, a multiple of it.
SIDE, _BLOCK = 16, 960
_STOPPED = "Stopped. Nothing was written."
#: Probability of ground that a model is sure of: its places are looked at only for their spread.
_QUIET = 0.05
#: Share of the places that are chosen for their spread alone.
_SPREAD = 0.25
#: Distance, in standard deviations of the attributes, within which two outlines tell the same.
_ALIKE = 1.0


@dataclass(frozen=True)
class SuggestRequest:
    """From what to choose, and how much.

    Attributes:
        inventory: The inventory, as *Detect landslides* or *Measure inventory* makes it.
        probability: The probability raster; None suggests no places.
        outlines: How many outlines.
        places: How many places without an outline.
        threshold: Of the detection; None for what the inventory or the raster says, else 0.5.
        seed: Of the places that are chosen for their spread.
        reviewed: What was reviewed in other layers, such as suggestions before this detection: it
            is passed over where the raster shows that it is the same ground, or by its id.
    """

    inventory: Table
    probability: str | None = None
    outlines: int = 30
    places: int = 10
    threshold: float | None = None
    seed: int = 0
    reviewed: Table | None = None


def suggest(
    request: SuggestRequest, progress: Progress | None = None, cancelled: Check | None = None
) -> Table:
    """What to look at, the most telling outlines and places first, in turn.

    Whoever stops early has looked at both in the proportion that was asked for.

    The table has the inventory's own columns, too, so that what is reviewed in it is an inventory;
    places have none of their values, and all rows wait for a review.

    Raises:
        ParameterError: A number is wrong, or there is nothing to choose from.
        RasterError: The probability raster cannot be read.
        Cancelled: The user stopped the run.
    """
    progress, cancelled, _ = or_silent(progress, cancelled, None)
    if min(request.outlines, request.places) < 0 or request.outlines + request.places == 0:
        raise ParameterError(
            f"{request.outlines} outlines and {request.places} places were asked for; expected 0 "
            "or more of each, and not 0 of both."
        )
    table = request.inventory.with_ids()
    threshold = _threshold(request)
    before = _reviewed(request.reviewed) if request.reviewed else None
    if request.probability and table.records:
        _check_place(table, request.probability)
    is_open = _open(table, before, request.probability, cancelled)
    found = _outlines(table, is_open, request.outlines, threshold)
    places: list[Record] = []
    if request.probability and request.places:
        layers = [table, *([before] if before else [])]
        with bounded_cache():
            places = _places(request, layers, threshold, progress, cancelled)
    if not (found or places):
        raise ParameterError(
            f"There is nothing to suggest: all {len(table.records)} outlines of {table.name} are "
            "reviewed, and no probability raster was given to look for places without one."
        )
    taken = {name.lower() for name in COLUMNS}
    others = {name: kind for name, kind in table.columns.items() if name.lower() not in taken}
    review = {table.own_name(name): str for name in _REVIEW}
    status = table.own_name("review_status")
    ranked = tuple(
        Record(record.wkb, {**record.values, "rank": rank, status: UNREVIEWED})
        for rank, record in enumerate(_in_turn(found, places), start=1)
    )
    return Table("suggestions", table.crs, {**COLUMNS, **others, **review}, ranked)


def _threshold(request: SuggestRequest) -> float:
    table = request.inventory
    told = [record.get(table.own_name("threshold")) for record in table.records]
    known = [float(value) for value in told if isinstance(value, (int, float)) and 0 < value < 1]
    if request.threshold is not None:
        return request.threshold
    if known:
        return float(np.median(known))
    said = open_probability(request.probability).provenance.threshold if request.probability else 0
    return said or 0.5


def _check_place(table: Table, probability: str) -> None:
    grid = open_probability(probability).grid
    if not DrawnPolygons.of(Outlines.of(table), grid).near(grid.area):
        raise ParameterError(
            f"None of the {len(table.records)} outlines of {table.name} lies on {probability}. "
            "Give the raster that they were made from, or none."
        )


def _in_turn(outlines: list[Record], places: list[Record]) -> list[Record]:
    """Both, each by its gain, mixed evenly."""
    parts = []
    for records in (outlines, places):
        ordered = sorted(records, key=lambda record: -record.values["gain"])
        parts += [((n + 0.5) / len(ordered), record) for n, record in enumerate(ordered)]
    return [record for _, record in sorted(parts, key=lambda part: part[0])]


def _status(table: Table) -> list[str]:
    column = table.own_name("review_status")
    said = [str(record.get(column) or "").strip().lower() for record in table.records]
    return [each if each in REVIEW_STATUS else UNREVIEWED for each in said]


def _reviewed(table: Table) -> Table:
    """What of another layer was reviewed."""
    pairs = zip(table.records, _status(table))
    return replace(table, records=tuple(record for record, said in pairs if said != UNREVIEWED))


def _open(
    table: Table, before: Table | None, probability: str | None, cancelled: Check
) -> np.ndarray:
    """Which outlines nobody has reviewed [n], here or in another layer."""
    is_open = np.array([said == UNREVIEWED for said in _status(table)], bool)
    if before is None:
        return is_open
    known = {record.get(before.own_name("id")) for record in before.records} - {None, ""}
    is_open &= [record.values["id"] not in known for record in table.records]
    return is_open & ~_covered(table, before, probability, cancelled) if probability else is_open


def _covered(table: Table, before: Table, probability: str, cancelled: Check) -> np.ndarray:
    """Which outlines have half of their pixels or more in what was reviewed before [n]."""
    grid = open_probability(probability).grid
    ours, theirs = (DrawnPolygons.of(Outlines.of(each), grid) for each in (table, before))
    size = np.zeros((2, len(table.records) + 1))
    for block in regions(grid.area, _BLOCK):
        if cancelled():
            raise Cancelled(_STOPPED)
        numbers, inside = ours.numbers(block), theirs.numbers(block) > 0
        for place, drawn in enumerate((numbers, numbers[inside])):
            size[place] += np.bincount(drawn.ravel(), minlength=size.shape[1])
    whole, shared = size[:, 1:]
    return np.asarray((whole > 0) & (2 * shared >= whole))


# --- outlines ------------------------------------------------------------------------------------


def _outlines(table: Table, is_open: np.ndarray, count: int, threshold: float) -> list[Record]:
    if not table.records or not count:
        return []
    shapes = [polygons_of(record.wkb) for record in table.records]
    areas = _numbers(table, "area_m2")
    missing = np.isnan(areas)
    if missing.any():
        areas[missing] = ellipsoidal_areas(shapes, table.crs)[missing]
    mean, spread = _numbers(table, "prob_mean"), np.nan_to_num(_numbers(table, "prob_std"))
    doubt = uncertainty(mean, threshold, spread)
    attributes = _attributes(table, shapes, areas, mean)
    worth = doubt * np.sqrt(areas / max(float(np.median(areas)), 1e-9))
    chosen = diverse(worth, attributes, is_open, count)
    large = np.quantile(areas, 0.9)
    return [
        Record(
            table.records[place].wkb,
            {
                **table.records[place].values,
                "kind": OUTLINE,
                "why": _why(doubt[place], areas[place] >= large),
                "gain": round(float(gain), 4),
                "id": str(table.records[place].values["id"]),
                "prob_mean": _known(mean[place]),
                "area_m2": round(float(areas[place]), 1),
            },
        )
        for place, gain in chosen
    ]


def uncertainty(mean: np.ndarray, threshold: float, spread: np.ndarray) -> np.ndarray:
    """How open it is whether outlines are landslides, 0..1 [n].

    1 at the threshold, less towards sure probabilities, more where runs of the model differ; one
    half where nothing is known.
    """
    reach = np.where(mean >= threshold, 1 - threshold, threshold)
    doubt = 1 - np.abs(mean - threshold) / reach + spread
    return np.clip(np.nan_to_num(doubt, nan=0.5), 0.02, 1)


def diverse(
    worth: np.ndarray, attributes: np.ndarray, is_open: np.ndarray, count: int
) -> list[tuple[int, float]]:
    """Choose greedily what is worth most and unlike what was chosen or is known already.

    Args:
        worth: Of each [n].
        attributes: In which things are alike, standardised [n, k].
        is_open: What may be chosen [n]; the rest is known.
        count: How many.

    Returns:
        Places and gains, in the order of the choice.
    """
    nearest = np.full(len(worth), np.inf)
    for known in np.flatnonzero(~is_open):
        np.minimum(nearest, _apart(attributes, known), out=nearest)
    left = is_open.copy()
    chosen: list[tuple[int, float]] = []
    while len(chosen) < count and left.any():
        gain = np.where(left, worth * (1 - np.exp(-nearest / _ALIKE**2)), -1)
        best = int(gain.argmax())
        chosen.append((best, float(gain[best])))
        left[best] = False
        np.minimum(nearest, _apart(attributes, best), out=nearest)
    return chosen


def _apart(attributes: np.ndarray, place: int) -> np.ndarray:
    return np.asarray(((attributes - attributes[place]) ** 2).sum(axis=1))


def _attributes(
    table: Table, shapes: list[list[list[np.ndarray]]], areas: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    """Where outlines are, how large, how steep, and how probable: standardised [n, 5]."""
    middles = np.array([centroid(shape[0]) if shape else (np.nan, np.nan) for shape in shapes])
    slope = _numbers(table, "slope_mean")
    columns = np.column_stack([middles, np.log(np.maximum(areas, 1)), slope, mean])
    known = np.isfinite(columns)
    means = np.where(known, columns, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    columns = np.where(known, columns, means)
    return np.asarray((columns - means) / np.maximum(columns.std(axis=0), 1e-9))


def _numbers(table: Table, name: str) -> np.ndarray:
    column = table.own_name(name)
    values = [record.get(column) for record in table.records]
    return np.array([v if isinstance(v, (int, float)) else np.nan for v in values], float)


def _why(doubt: float, is_large: bool) -> str:
    reasons = [*(["uncertain"] if doubt >= 0.5 else []), *(["large"] if is_large else [])]
    return ", ".join(reasons) or "unlike the others"


def _known(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


# --- places --------------------------------------------------------------------------------------


def _places(
    request: SuggestRequest,
    taken: list[Table],
    threshold: float,
    progress: Progress,
    cancelled: Check,
) -> list[Record]:
    """Squares without an outline: some where the model nearly found one, some spread over all."""
    table = taken[0]
    raster = open_probability(str(request.probability))
    grid = raster.grid
    rows, cols, peaks = _squares(raster.path, grid, taken, progress, cancelled)
    if not len(rows):
        return []
    rng = np.random.default_rng(request.seed)
    attributes = np.column_stack([rows, cols]) / (4 * SIDE)
    spread = round(_SPREAD * request.places) if (peaks < _QUIET).any() else 0
    loud = peaks >= _QUIET
    doubt = uncertainty(np.minimum(peaks, threshold), threshold, np.zeros(len(peaks)))
    near = diverse(doubt, attributes, loud, request.places - spread)
    blind = rng.random(len(peaks)) * _QUIET + 0.01
    quiet = diverse(blind, attributes, ~loud, request.places - len(near))
    found = [(place, gain, "nearly found") for place, gain in near]
    found += [(place, gain, "nothing seen here") for place, gain in quiet]
    squares = [_square(grid, int(rows[place]), int(cols[place])) for place, _, _ in found]
    shapes = in_crs([polygons_of(square) for square in squares], grid.crs, table.crs or grid.crs)
    areas = ellipsoidal_areas(shapes, table.crs or grid.crs)
    return [
        Record(
            multipolygon_wkb(shape),
            {
                "kind": PLACE,
                "why": why,
                "gain": round(gain, 4),
                "id": "",
                "prob_mean": _known(peaks[place]),
                "area_m2": round(float(area), 1),
            },
        )
        for (place, gain, why), shape, area in zip(found, shapes, areas)
    ]


def _squares(
    path: str, grid: Grid, tables: list[Table], progress: Progress, cancelled: Check
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First row and column of squares without an outline, and the highest probability in each."""
    layers = [DrawnPolygons.of(Outlines.of(table), grid) for table in tables]
    found: list[np.ndarray] = []
    blocks = list(regions(grid.area, _BLOCK))
    with open_raster(path) as dataset:
        for number, block in enumerate(blocks):
            if cancelled():
                raise Cancelled(_STOPPED)
            progress(number / len(blocks), "")
            values, valid = read_probability(dataset, block, path)
            taken = np.any([layer.numbers(block) > 0 for layer in layers], axis=0)
            for window in _cells(block):
                inside = window.slices(block.row, block.col)
                if valid[inside].mean() > 0.5 and not taken[inside].any():
                    peak = float(values[inside].max())
                    found.append(np.array([window.row, window.col, peak]))
    rows, cols, peaks = np.array(found).reshape(-1, 3).T
    return rows, cols, peaks


def _cells(block: Window) -> Iterator[Window]:
    return (w for w in regions(block, SIDE) if w.height == SIDE and w.width == SIDE)


def _square(grid: Grid, row: int, col: int) -> bytes:
    west, south, east, north = grid.shifted(Window(row, col, SIDE, SIDE)).bounds
    return polygon_wkb([np.array([[west, south], [east, south], [east, north], [west, north]])])
