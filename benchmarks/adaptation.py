"""How much a few polygons help: a model adapted in the west of a scene, scored on the rest of it.

Labels come from the western third of the labelled part of the Hokkaido scene, in draws of two
kinds: *scattered* (polygons at random, no area) and *mapped* (neighbouring polygons, and the area
around them in which all are mapped). The adapted model is written whatever it is worth (``FORCE``),
and detects in the rest; what the algorithm would have written is in the column ``better``. Nothing
of the rest takes part in an adaptation, but the method was chosen while looking at this scene.

    python benchmarks/adaptation.py --data hokkaido_2018 --method quick -o curves.csv
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rasterio import features
from scipy import ndimage
from scipy.spatial import Delaunay

from landslip.engine.adaptation.adapt import METHODS, TRAINED, AdaptRequest, adapt
from landslip.engine.adaptation.labels import Labels
from landslip.engine.adaptation.report import write_adaptation_report
from landslip.engine.assessment.metrics import confusion
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.models.zoo import model_path
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.reading import open_raster
from landslip.training.adapting import trainer

STACK, DEM, LABELS = "s2_post_B02_B03_B04.tif", "dsm_aw3d30.tif", "label_west.tif"
COUNTS = (5, 10, 20, 40, 80)
#: Pixels around neighbouring landslides that were mapped with them.
AROUND = 10
#: What is done to labels to see what silly ones do.
SPOILT = ("none", "shifted", "half wrong", "one")


class Ground:
    """The labelled part of the scene, in its western third and the rest."""

    def __init__(self, folder: Path) -> None:
        self.stack, self.dem = str(folder / STACK), str(folder / DEM)
        with open_raster(str(folder / LABELS)) as dataset:
            labels = dataset.read(1)
            self.grid = Grid.of(dataset, LABELS)
        self.known, self.truth = labels != 255, labels == 1
        columns = np.flatnonzero(self.known.any(axis=0))
        self.border = int(columns[0] + (columns[-1] + 1 - columns[0]) // 3)
        west = self.known.copy()
        west[:, self.border :] = False
        self.learn_in(west)

    def learn_in(self, part: np.ndarray) -> None:
        """Take labels from another part than the western third, bool [h, w]."""
        self.west = part
        self.numbers, count = ndimage.label(self.truth & part, np.ones((3, 3)))
        middles = ndimage.center_of_mass(self.truth, self.numbers, range(1, count + 1))
        self.middles = np.array(middles)

    def outlines(self, mask: np.ndarray, shift: float = 0.0) -> Outlines:
        """Polygons of a mask, moved by metres east and north."""
        shapes = features.shapes(mask.astype(np.int32), mask > 0, 8, self.grid.affine)
        polygons = (shape["coordinates"] for shape, _ in shapes)
        wkb = (polygon_wkb([np.array(ring[:-1]) + shift for ring in rings]) for rings in polygons)
        return Outlines("polygons", self.grid.crs, tuple(wkb))

    def scattered(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Numbers of landslides at random."""
        return rng.choice(len(self.middles), min(count, len(self.middles)), replace=False) + 1

    def mapped(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of neighbouring landslides, and the area around them, bool [h, w]."""
        away = np.hypot(*(self.middles - self.middles[rng.integers(len(self.middles))]).T)
        wanted = np.argsort(away)[:count] + 1
        points = np.argwhere(np.isin(self.numbers, wanted))
        area = np.isin(self.numbers, wanted)
        low, high = points.min(axis=0), points.max(axis=0) + 1
        places = np.argwhere(np.ones(high - low)) + low
        inside = places[Delaunay(points).find_simplex(places) >= 0]
        area[inside[:, 0], inside[:, 1]] = True
        area = ndimage.binary_dilation(area, iterations=AROUND) & self.west
        return np.setdiff1d(np.unique(self.numbers[area]), [0]), area

    def labels(self, kind: str, count: int, rng: np.random.Generator, spoilt: str) -> Labels:
        """Labels of one draw."""
        area = None
        if kind == "mapped":
            chosen, mask = self.mapped(count, rng)
            area = self.outlines(mask)
        else:
            chosen = self.scattered(count, rng)
        if spoilt == "one":
            chosen = chosen[:1]
        drawn = np.isin(self.numbers, chosen)
        if spoilt == "half wrong":  # every second one lies where nothing is
            half = np.isin(self.numbers, chosen[::2])
            drawn = (drawn & ~half) | np.roll(half, 25, axis=1) & self.west & ~self.truth
        none = Outlines("", self.grid.crs, ())
        shift = 30.0 if spoilt == "shifted" else 0.0
        return Labels(self.outlines(drawn, shift), none, none, area)


def main() -> None:
    """Run all draws, and write a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="effnet_rgb_slope")
    parser.add_argument("--method", default=METHODS[0])
    parser.add_argument("--kinds", nargs="+", default=["scattered", "mapped"])
    parser.add_argument("--counts", nargs="+", type=int, default=COUNTS)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--spoilt", default=SPOILT[0], choices=SPOILT)
    parser.add_argument("-o", "--output", type=Path, help="table to append to")
    parser.add_argument("--report", type=Path, help="write a report of one draw instead")
    given = parser.parse_args()
    ground = Ground(given.data)
    if given.report:
        write_report(given, ground)
        return
    header = "model method kind spoilt count draw f1 precision recall better features seconds"
    new = not given.output.exists()
    with open(given.output, "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(header.split())
        for row in rows(given, ground):
            writer.writerow(row)
            file.flush()
            print(*row, flush=True)


def write_report(given: argparse.Namespace, ground: Ground) -> None:
    """The report of a model adapted with mapped neighbours."""
    labels = ground.labels("mapped", max(given.counts), np.random.default_rng(1), "none")
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "iburi.onnx"))
        model = model_path(given.model)
        request = AdaptRequest(ground.stack, model, labels, target, ground.dem, given.method)
        write_adaptation_report(adapt(request), request, "Landslip", str(given.report))


def rows(given: argparse.Namespace, ground: Ground) -> Iterator[tuple[object, ...]]:
    """A row for the model as it is, and one for each draw."""
    model = model_path(given.model)
    yield (given.model, "none", "", "", 0, 0, *scores(model, ground), "", "", "")
    for kind in given.kinds:
        for count in given.counts:
            for draw in range(given.draws):
                labels = ground.labels(kind, count, np.random.default_rng(draw), given.spoilt)
                yield (
                    given.model,
                    given.method,
                    kind,
                    given.spoilt,
                    count,
                    draw,
                    *adapted(model, given.method, labels, ground),
                )


def adapted(model: str, method: str, labels: Labels, ground: Ground) -> tuple[object, ...]:
    """Scores of an adapted model on the rest, and what the algorithm says of it."""
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "adapted.onnx"))
        request = AdaptRequest(ground.stack, model, labels, target, ground.dem, method, force=True)
        train = trainer(method, Path(folder, "training")) if method in TRAINED else None
        found = adapt(request, train=train)
        seconds = f"{found.seconds:.0f}"
        return *scores(target, ground), found.verdict.better, found.features, seconds


def scores(model: str, ground: Ground) -> tuple[str, ...]:
    """F1, precision and recall on the rest of the labelled part."""
    rest = ground.known.copy()
    rest[:, : ground.border] = False
    return scores_in(model, ground, rest)


def detected(model: str, ground: Ground) -> tuple[np.ma.MaskedArray, float]:
    """Probability of the whole scene, masked where there is none, and the model's threshold."""
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "probability.tif"))
        request = DetectRequest(ground.stack, model, target, ground.dem, device="cpu")
        threshold = detect(request).threshold
        with open_raster(target) as dataset:
            return dataset.read(1, masked=True), threshold


def scores_in(model: str, ground: Ground, where: np.ndarray) -> tuple[str, ...]:
    """F1, precision and recall where it is asked for, bool [h, w]."""
    found, threshold = detected(model, ground)
    probability = found.filled(0)
    counts = confusion((probability >= np.float32(threshold))[where], ground.truth[where])
    return tuple(f"{value:.4f}" for value in (counts.f1, counts.precision, counts.recall))


if __name__ == "__main__":
    main()
