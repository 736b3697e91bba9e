"""What thirty looks are worth: suggested, at random, or the largest, for a model that is adapted.

    python benchmarks/suggestions.py --data hokkaido_2018

Detects in the Hokkaido scene, takes outlines in its labelled part for reviewed as the labels say
(right if half of an outline is landslide), adds the labelled landslides that lie in the places that
were looked at, adapts the model with that, and scores it on the labelled ground that nobody looked
at. Random choices are repeated.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from adaptation import Ground, scores_in

from landslip.engine.adaptation.adapt import AdaptRequest, adapt
from landslip.engine.adaptation.labels import labels_of
from landslip.engine.adaptation.suggest import OUTLINE, SuggestRequest, suggest
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.inventory.drawn import DrawnPolygons
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.table import Record, Table
from landslip.engine.models.zoo import model_path

OUTLINES, PLACES, SIDE = 30, 10, 24


def main() -> None:
    """Print a line for each way of choosing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="effnet_rgb_slope")
    parser.add_argument("--draws", type=int, default=5)
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
    """What `suggest` chooses, its places in the labelled part."""
    many = suggest(SuggestRequest(table, probability, OUTLINES, 10 * PLACES))
    ids = {r.values["id"] for r in many.records if r.values["kind"] == OUTLINE}
    squares = np.zeros(ground.known.shape, bool)
    left = PLACES
    for record in many.records:
        if record.values["kind"] == OUTLINE or not left:
            continue
        square = Outlines("", many.crs, (record.wkb,))
        mask = DrawnPolygons.of(square, ground.grid).numbers(ground.grid.area) > 0
        if ground.known[mask].all():
            squares |= mask
            left -= 1
    return [r for r in table.records if r.values["id"] in ids], squares


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


if __name__ == "__main__":
    main()
