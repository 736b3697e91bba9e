"""What further training on a few polygons brings: the decoder alone, or all weights.

Labels are draws from the western third of the labelled part of the Hokkaido scene, as in
`adaptation.py`; scores are of the rest of it, at the card's threshold, which was not chosen anew.
``--half`` draws from the western half of that third and scores on the eastern half of it: settings
were chosen so, without a look at the rest.

    nice python benchmarks/adapt_deep.py --data hokkaido_2018 --methods decoder full -o deep.csv
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from adaptation import Ground

from landslip.engine.adaptation.adapt import AdaptRequest, _Run
from landslip.engine.assessment.metrics import confusion
from landslip.engine.common.hooks import or_silent
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path
from landslip.engine.raster.reading import open_raster
from landslip.training.fine_tune import RATES, FineTuneRequest, fine_tune

PROGRESS, CANCELLED, WARN = or_silent(None, None, None)


def main() -> None:
    """Run all draws, and append a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="effnet_rgb_slope")
    parser.add_argument("--methods", nargs="+", default=["decoder", "full"])
    parser.add_argument("--kinds", nargs="+", default=["mapped"])
    parser.add_argument("--counts", nargs="+", type=int, default=[5, 20, 80])
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--steps", nargs="+", type=int, default=[60])
    parser.add_argument("--rates", nargs="+", type=float, default=[0.0])
    parser.add_argument("--pulls", nargs="+", type=float, default=[30.0])
    parser.add_argument("--half", action="store_true", help="stay within the western third")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    ground = Ground(given.data)
    scored = ground.known.copy()
    scored[:, : ground.border] = False
    if given.half:
        scored = halve(ground)
    header = "model method kind count draw steps rate pull f1 precision recall best at seconds"
    new = not given.output.exists()
    with open(given.output, "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(header.split())
        for row in rows(given, ground, scored):
            writer.writerow(row)
            file.flush()
            print(*row, flush=True)


def halve(ground: Ground) -> np.ndarray:
    """Keep the labels of the western half of the third; returns where the eastern half is."""
    first = int(np.flatnonzero(ground.west.any(axis=0))[0])
    middle = (first + ground.border) // 2
    east = ground.west.copy()
    east[:, :middle] = False
    ground.west[:, middle:] = False
    inside = [i for i, (_, col) in enumerate(ground.middles) if col < middle]
    ground.middles = ground.middles[inside]
    numbers = np.zeros(ground.numbers.max() + 1, ground.numbers.dtype)
    numbers[np.array(inside) + 1] = np.arange(1, len(inside) + 1)
    ground.numbers = numbers[ground.numbers]
    return east


def rows(
    given: argparse.Namespace, ground: Ground, scored: np.ndarray
) -> Iterator[tuple[object, ...]]:
    """A row for the model as it is, and one for each way and draw."""
    model = Path(model_path(given.model))
    yield given.model, "none", "", 0, 0, 0, 0, 0, *scores(model, ground, scored), 0
    for kind in given.kinds:
        for draw in range(given.draws):
            for count in given.counts:
                request = drawn(model, ground, kind, count, draw)
                for way in ways(given, request):
                    started = time.monotonic()
                    content = fine_tune(way)
                    seconds = f"{time.monotonic() - started:.0f}"
                    rate = way.learning_rate or RATES[way.method]
                    settings = way.method, kind, count, draw, way.steps, rate, way.pull
                    yield given.model, *settings, *tried(content, ground, scored), seconds


def ways(given: argparse.Namespace, request: FineTuneRequest) -> Iterator[FineTuneRequest]:
    """The request in all methods and settings."""
    for method in given.methods:
        for steps in given.steps:
            for rate in given.rates:
                for pull in given.pulls:
                    yield replace(
                        request, method=method, steps=steps, learning_rate=rate, pull=pull
                    )


def drawn(model: Path, ground: Ground, kind: str, count: int, draw: int) -> FineTuneRequest:
    """What is learnt from one draw of labels."""
    labels = ground.labels(kind, count, np.random.default_rng(draw), "none")
    request = AdaptRequest(ground.stack, str(model), labels, "none.onnx", ground.dem, seed=draw)
    run = _Run(request, None, PROGRESS, CANCELLED, WARN)
    pixels, said = run._usable(*run._sampled())
    sample, middles, *_ = run._sample(pixels, said)
    material = run._material(pixels, said, sample, np.array(middles))
    known = [int((material.labels == value).sum()) for value in (1, 0)]
    print(f"{len(material.patches)} patches, {known[0]} pixels of landslides, {known[1]} without")
    return FineTuneRequest(
        model, material.patches, material.labels, material.mean, material.std, seed=draw
    )


def tried(content: bytes, ground: Ground, scored: np.ndarray) -> tuple[object, ...]:
    """Scores of a model that is not yet a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tuned.onnx")
        path.write_bytes(content)
        return scores(path, ground, scored)


def scores(model: Path, ground: Ground, scored: np.ndarray) -> tuple[object, ...]:
    """F1, precision and recall; the best F1 of all thresholds, and where that is."""
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "probability.tif"))
        request = DetectRequest(ground.stack, str(model), target, ground.dem, device="cpu")
        threshold = detect(request).threshold
        with open_raster(target) as dataset:
            probability = dataset.read(1, masked=True).filled(0)[scored]
    truth = ground.truth[scored]

    def at(level: float) -> tuple[float, float, float]:
        counts = confusion(probability >= np.float32(level), truth)
        return counts.f1, counts.precision, counts.recall

    levels = np.arange(0.02, 1, 0.02)
    best = [at(level)[0] for level in levels]
    place = int(np.argmax(best))
    numbers = (*at(threshold), best[place], levels[place])
    return tuple(f"{value:.3f}" for value in numbers)


if __name__ == "__main__":
    main()
