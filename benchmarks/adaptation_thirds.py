"""What a threshold that a third of a scene teaches is worth on the rest of it.

The labelled part is cut into three from west to east, and from north to south. Each third gives 20
landslides, scattered or as neighbours with an area (`adaptation.py`); the model with the new
threshold is scored on the other two. Thirds differ more than draws do.

    python benchmarks/adaptation_thirds.py --data hokkaido_2018 --model effnet_rgb -o thirds.csv
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from adaptation import Ground

from landslip.engine.adaptation.adapt import AdaptRequest, adapt
from landslip.engine.assessment.metrics import confusion
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path
from landslip.engine.raster.reading import open_raster

COUNT = 20


def main() -> None:
    """Write a row for each third and kind of labels, and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="effnet_rgb_slope")
    parser.add_argument("-o", "--output", type=Path, required=True, help="table to write")
    given = parser.parse_args()
    header = "model third kind before after threshold written said"
    with open(given.output, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        for row in rows(Ground(given.data), given.model):
            writer.writerow(row)
            file.flush()
            print(*row, flush=True)


def thirds(known: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name and mask of each third."""
    for names, places in zip(
        (("north", "middle row", "south"), ("west", "middle column", "east")),
        np.indices(known.shape),
    ):
        cuts = np.quantile(places[known], (0, 1 / 3, 2 / 3, 1))
        for name, low, high in zip(names, cuts, cuts[1:]):
            yield name, known & (places >= low) & (places <= high)


def rows(ground: Ground, name: str) -> Iterator[tuple[object, ...]]:
    """A row for each third and kind."""
    model = model_path(name)
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "probability.tif"))
        request = DetectRequest(ground.stack, model, target, ground.dem, device="cpu")
        before = detect(request).threshold
        with open_raster(target) as dataset:
            probability = dataset.read(1, masked=True).filled(0)
        for third, part in thirds(ground.known):
            ground.learn_in(part)
            rest = ground.known & ~part
            for kind in ("scattered", "mapped"):
                labels = ground.labels(kind, COUNT, np.random.default_rng(0), "none")
                output = str(Path(folder, "adapted.onnx"))
                wanted = AdaptRequest(
                    ground.stack, model, labels, output, ground.dem, "threshold", threads=1
                )
                found = adapt(wanted)
                f1 = [
                    confusion((probability >= np.float32(at))[rest], ground.truth[rest]).f1
                    for at in (before, found.threshold)
                ]
                said = found.verdict.gain
                yield (
                    name,
                    third,
                    kind,
                    *(f"{value:.4f}" for value in (*f1, found.threshold)),
                    found.written,
                    f"{said:.4f}",
                )


if __name__ == "__main__":
    main()
