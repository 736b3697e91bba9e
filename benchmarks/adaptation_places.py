"""What a threshold that one place teaches is worth on the rest of its scene.

Labels come from many places of the labelled part: neighbours around a landslide, with the area in
which they are complete (*mapped*), or landslides at random from a third of it, without one
(*scattered*; thirds from west to east, and from north to south). Everything else of the labelled
part judges. Where labels come from matters more than how they are drawn there, so there is one draw
for each place.

A threshold needs no feature maps, so the model runs once and its logits are looked up.

    python benchmarks/adaptation_places.py --data hokkaido_2018 --model effnet_rgb -o places.csv
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from adaptation import Ground, detected

from landslip.engine.adaptation import adapt as adapting
from landslip.engine.adaptation.adapt import AdaptRequest, adapt
from landslip.engine.adaptation.labels import Labels
from landslip.engine.adaptation.sample import FeatureReader, Said
from landslip.engine.assessment.metrics import confusion
from landslip.engine.models.zoo import model_path
from landslip.engine.stack.scene import statistics_of

COUNTS, PLACES = (5, 10, 20, 40), 24
KINDS = ("mapped", "scattered")
#: A loss or a gain that is told, of F1.
TOLD = 0.003


def main() -> None:
    """Write a row for each place, and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="effnet_rgb_slope")
    parser.add_argument("-o", "--output", type=Path, required=True, help="table to write")
    given = parser.parse_args()
    ground = Ground(given.data)
    header = "model kind count place before after threshold written said"
    found = []
    with open(given.output, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        for row in rows(ground, given.model):
            writer.writerow(row)
            file.flush()
            found.append(row)
    for kind in KINDS:
        for count in COUNTS:
            print(summary([row for row in found if row[1:3] == (kind, count)]))


def summary(rows: list[tuple[Any, ...]]) -> str:
    """What the rows of one kind and number come to, in points of F1."""
    before = np.mean([row[4] for row in rows])
    gains = 100 * np.array([row[5] - row[4] for row in rows])
    written = np.array([row[7] for row in rows])
    own = gains[written]
    ends = f"{own.min():+.1f} to {own.max():+.1f}" if len(own) else "none"
    counted = np.where(written, gains, 0)
    lost, gained = (counted < -100 * TOLD).sum(), (counted > 100 * TOLD).sum()
    return (
        f"{rows[0][1]:9s} {rows[0][2]:2d}  before {before:.3f}  always {gains.mean():+.1f} "
        f"({gains.min():+.1f} to {gains.max():+.1f})  written {written.sum()} of {len(rows)}, "
        f"{ends}, lost {lost}, gained {gained}, mean of all {counted.mean():+.2f}"
    )


def rows(ground: Ground, name: str) -> Iterator[tuple[Any, ...]]:
    """A row for each kind, number of landslides and place."""
    model = model_path(name)
    known, thirds = ground.known, list(thirds_of(ground.known))
    found, before = detected(model, ground)
    probability = found.filled(0)

    def f1(threshold: float, where: np.ndarray) -> float:
        return confusion((probability >= np.float32(threshold))[where], ground.truth[where]).f1

    with tempfile.TemporaryDirectory() as folder, looked_up(found):
        output = str(Path(folder, "adapted.onnx"))
        for kind, count, place in product(KINDS, COUNTS, range(PLACES)):
            part = thirds[place % len(thirds)] if kind == "scattered" else known
            labels, taught = labels_at(ground, part, kind, count, place)
            new = adapt(AdaptRequest(ground.stack, model, labels, output, ground.dem, "threshold"))
            scores = (f1(at, known & ~taught) for at in (before, new.threshold))
            said = new.threshold, new.written, new.verdict.gain
            yield (name, kind, count, place, *scores, *said)


def thirds_of(known: np.ndarray) -> Iterator[np.ndarray]:
    """Masks of the thirds from north to south, and from west to east."""
    for places in np.indices(known.shape):
        cuts = np.quantile(places[known], (0, 1 / 3, 2 / 3, 1))
        for low, high in zip(cuts, cuts[1:]):
            yield known & (places >= low) & (places <= high)


def labels_at(
    ground: Ground, part: np.ndarray, kind: str, count: int, place: int
) -> tuple[Labels, np.ndarray]:
    """Labels of one place, and the ground that does not judge, bool [h, w]."""
    ground.learn_in(part)
    labels = ground.labels(kind, count, np.random.default_rng(place), "none")
    if kind == "mapped":
        _, part = ground.mapped(count, np.random.default_rng(place))
    return labels, part


@contextmanager
def looked_up(probability: np.ma.MaskedArray) -> Iterator[None]:
    """Adaptations of one model that look its logits up, measure the scene once and draw no map."""
    inside = np.clip(probability.filled(0), 1e-6, 1 - 1e-6)
    logits = np.log(inside / (1 - inside)).astype(np.float32)
    valid = ~np.ma.getmaskarray(probability)

    def read(_self: Any, _stack: Any, _statistics: Any, pixels: Any, *_: Any) -> Said:
        at = pixels.rows, pixels.cols
        return Said(logits[at], (np.zeros((len(pixels), 0), np.float32),), (), valid[at])

    measured: list[Any] = []

    def statistics(*given: Any) -> Any:
        if not measured:
            measured.append(statistics_of(*given))
        return measured[0]

    with ExitStack() as stack:
        for where, name, what in (
            (FeatureReader, "read", read),
            (adapting, "statistics_of", statistics),
            (adapting._Run, "_compared", lambda *_: None),
        ):
            stack.enter_context(mock.patch.object(where, name, what))
        yield


if __name__ == "__main__":
    main()
