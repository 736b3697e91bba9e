"""What thirty looks are worth: suggested, at random, or the largest, for a model that is adapted.

    python benchmarks/suggestions.py --data hokkaido_2018

Detects in the Hokkaido scene, takes outlines in its labelled part for reviewed as the labels say
(right if half of an outline is landslide), adds the labelled landslides that lie in the places that
were looked at, adapts the model with that, and scores it on the labelled ground that nobody looked
at. Random choices are repeated.

With `--threshold`, the choice is made in one half of the labelled part (west, east, north, south).
It prints how many outlines were wrong, how many landslides the places showed of which nothing had
been found, and the F1 on the other half at the threshold that is best on what was looked at.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from adaptation import Ground, scores_in
from scipy import ndimage

from landslip.engine.adaptation.adapt import AdaptRequest, adapt
from landslip.engine.adaptation.labels import labels_of
from landslip.engine.adaptation.suggest import OUTLINE, SIDE, SuggestRequest, suggest
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.inventory.drawn import DrawnPolygons
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.table import Record, Table
from landslip.engine.models.zoo import model_path

OUTLINES, PLACES = 30, 10
THRESHOLDS = np.arange(0.05, 0.96, 0.01)
#: Pixels of a landslide that somebody sees.
SEEN = 5


def main() -> None:
    """Print a line for each way of choosing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="effnet_rgb_slope")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--threshold", action="store_true")
    given = parser.parse_args()
    ground = Ground(given.data)
    model = model_path(given.model)
    with tempfile.TemporaryDirectory() as folder:
        probability = str(Path(folder, "p.tif"))
        request = DetectRequest(ground.stack, model, probability, ground.dem, device="cpu")
        found = detect(request)
        names = [field.name for field in FIELDS]
        table = Table(
            "detection",
            found.crs,
            {field.name: field.kind for field in FIELDS},
            tuple(Record(s.wkb, dict(zip(names, s.values))) for s in found.landslides),
        )
        table = judged(table, ground)
        if given.threshold:
            print_thresholds(table, ground, probability, given.draws)
            return
        print("before", *scores_in(model, ground, ground.known))
        ways = {"suggested": [suggested(table, ground, probability)], "largest": [largest(table)]}
        ways["random"] = [at_random(table, ground, n) for n in range(given.draws)]
        for way, choices in ways.items():
            for records, squares in choices:
                print(way, *tried(model, ground, table, records, squares), flush=True)


def judged(table: Table, ground: Ground) -> Table:
    """The outlines that lie in the labelled part, and what the labels say of each."""
    numbers = DrawnPolygons.of(Outlines.of(table), ground.grid).numbers(ground.grid.area)
    size = np.bincount(numbers.ravel(), minlength=len(table.records) + 1)
    seen = np.bincount(numbers[ground.known], minlength=len(size))
    right = np.bincount(numbers[ground.truth], minlength=len(size))
    kept = []
    for number, record in enumerate(table.records, start=1):
        if size[number] and seen[number] == size[number]:
            said = "accepted" if right[number] * 2 >= size[number] else "rejected"
            kept.append(Record(record.wkb, {**record.values, "said": said}))
    return replace(table, records=tuple(kept))


def suggested(table: Table, ground: Ground, probability: str) -> tuple[list[Record], np.ndarray]:
    """What `suggest` chooses where the ground is labelled."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "p.tif"))
        with rasterio.open(probability) as source:
            values, profile = source.read(1), source.profile
        with rasterio.open(path, "w", **{**profile, "count": 1}) as target:
            target.write(np.where(ground.known, values, profile["nodata"]), 1)
        found = suggest(SuggestRequest(table, path, OUTLINES, PLACES))
    ids = {r.values["id"] for r in found.records if r.values["kind"] == OUTLINE}
    places = tuple(r.wkb for r in found.records if r.values["kind"] != OUTLINE)
    squares = DrawnPolygons.of(Outlines("", found.crs, places), ground.grid)
    inside = squares.numbers(ground.grid.area) > 0
    return [r for r in table.records if r.values["id"] in ids], inside & ground.known


def largest(table: Table) -> tuple[list[Record], np.ndarray]:
    """The largest outlines, and no places."""
    records = sorted(table.records, key=lambda r: -r.values["area_m2"])[:OUTLINES]
    return records, np.zeros((1, 1), bool)


def at_random(table: Table, ground: Ground, seed: int) -> tuple[list[Record], np.ndarray]:
    """Outlines and squares at random."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(table.records), OUTLINES, replace=False)
    squares = np.zeros(ground.known.shape, bool)
    left = PLACES
    while left:
        row, col = (int(rng.integers(0, size - SIDE)) for size in squares.shape)
        inside = np.s_[row : row + SIDE, col : col + SIDE]
        if ground.known[inside].all():
            squares[inside] = True
            left -= 1
    return [table.records[number] for number in chosen], squares


def tried(
    model: str, ground: Ground, table: Table, records: list[Record], squares: np.ndarray
) -> tuple[object, ...]:
    """How many were right, what was drawn, and the adapted model's scores elsewhere."""
    reviewed = [Record(r.wkb, {"review_status": r.values["said"]}) for r in records]
    place = np.broadcast_to(squares, ground.known.shape)
    detected = DrawnPolygons.of(Outlines.of(table), ground.grid).numbers(ground.grid.area) > 0
    drawn = ground.outlines(ground.truth & place & ~detected)
    added = [Record(wkb, {"review_status": "accepted"}) for wkb in drawn.wkb]
    labels = Table("reviewed", table.crs, {"review_status": str}, (*reviewed, *added))
    looked_at = Outlines("", table.crs, tuple(r.wkb for r in reviewed))
    seen = DrawnPolygons.of(looked_at, ground.grid).numbers(ground.grid.area) > 0
    rest = ground.known & ~seen & ~place
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "adapted.onnx"))
        request = AdaptRequest(
            ground.stack, model, labels_of(labels, None, None), target, ground.dem, force=True
        )
        adapted = adapt(request)
        right = sum(r.values["said"] == "accepted" for r in records)
        before = scores_in(model, ground, rest)
        after = scores_in(target, ground, rest)
    return right, len(added), *before, "->", *after, adapted.verdict.better, adapted.features


# --- a threshold alone ----------------------------------------------------------------------------


def print_thresholds(table: Table, ground: Ground, probability: str, draws: int) -> None:
    """Print a line for each half and way of choosing, means over the draws."""
    with rasterio.open(probability) as dataset:
        values = dataset.read(1)
    known, missed = ground.known.copy(), missed_ones(table, ground)
    rows, cols = np.indices(known.shape)
    row, col = (np.median(each[known]) for each in (rows, cols))
    halves = {"west": cols < col, "east": cols >= col, "north": rows < row, "south": rows >= row}
    for name, half in halves.items():
        ground.known = known & half
        inside = judged(table, ground)
        other = known & ~half
        best = scores_at(values[other], ground.truth[other])
        ways = {
            "suggested": [suggested(inside, ground, probability)],
            "largest": [largest(inside)],
            "random": [at_random(inside, ground, n) for n in range(draws)],
        }
        for way, choices in ways.items():
            told = [told_by(*choice, table, ground, values, missed) for choice in choices]
            wrong, shown, at = zip(*told)
            f1 = best[list(at)]
            print(
                f"{name:6} {way:10} {np.mean(wrong):5.1f} wrong, {np.mean(shown):5.1f} missed; "
                f"threshold {THRESHOLDS[list(at)].mean():.2f}: F1 {f1.mean():.3f} "
                f"(from {f1.min():.3f} to {f1.max():.3f}), {best[45]:.3f} at 0.50, "
                f"{best.max():.3f} at best",
                flush=True,
            )


def missed_ones(table: Table, ground: Ground) -> np.ndarray:
    """Numbers of labelled landslides of which no pixel was found; 0 elsewhere."""
    numbers, _ = ndimage.label(ground.truth)
    found = DrawnPolygons.of(Outlines.of(table), ground.grid).numbers(ground.grid.area) > 0
    small = np.flatnonzero(np.bincount(numbers.ravel()) < SEEN)
    numbers[np.isin(numbers, [*np.unique(numbers[found]), *small])] = 0
    return np.asarray(numbers)


def told_by(
    records: list[Record],
    squares: np.ndarray,
    table: Table,
    ground: Ground,
    values: np.ndarray,
    missed: np.ndarray,
) -> tuple[int, int, int]:
    """Outlines that were wrong, landslides that were missed, and which threshold is best there."""
    outlines = Outlines("", table.crs, tuple(record.wkb for record in records))
    place = np.broadcast_to(squares, ground.known.shape)
    seen = DrawnPolygons.of(outlines, ground.grid).numbers(ground.grid.area) > 0
    looked_at = (seen | place) & ground.known
    wrong = sum(record.values["said"] == "rejected" for record in records)
    shown = len(np.unique(missed[place & (missed > 0)]))
    return wrong, shown, int(scores_at(values[looked_at], ground.truth[looked_at]).argmax())


def scores_at(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """F1 of pixels at each of `THRESHOLDS`."""
    hits, found = (
        np.array([np.count_nonzero(v >= t) for t in THRESHOLDS]) for v in (values[truth], values)
    )
    return np.asarray(2 * hits / np.maximum(found + np.count_nonzero(truth), 1))


if __name__ == "__main__":
    main()
