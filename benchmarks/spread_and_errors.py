"""Does the spread of several runs tell errors? Flips and an ensemble, against mapped landslides.

    python benchmarks/spread_and_errors.py --stack post.tif --dem dem.tif --labels labels.tif

Detects where the labels judge, with each model alone, with flips, and with all models together.
Prints three Markdown tables: F1 of pixels; the share of false outlines among the fifth that is
least certain and the fifth that is most certain, by several measures; and the area that the runs
find, beside the labelled one. An outline is false if less than half of its pixels are mapped as
landslide; counted are those of 500 m² and more that do not touch the edge of what was judged.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely

from landslip.engine.common.dependencies import require
from landslip.engine.detection.pipeline import Detection, DetectRequest, detect
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.models.zoo import model_path, shipped_models
from landslip.training.confidence import interval

THRESHOLDS = np.arange(1, 100) / 100
#: Of each set, models and flips.
SETS = {
    "flips": (("effnet_rgb_slope",), "flips"),
    "flips and turns": (("effnet_rgb_slope",), "all"),
    "three models": (("effnet_rgb_slope", "effnet_rgb", "fast_rgb"), "none"),
    "three models, flips": (("effnet_rgb_slope", "effnet_rgb", "fast_rgb"), "flips"),
}
#: How sure an outline is, the least sure lowest, from probability, spread and threshold.
MEASURES = {
    "mean probability": lambda p, s, t: p,
    "spread": lambda p, s, t: -s,
    "probability less spread": lambda p, s, t: p - s,
    "spreads above the threshold": lambda p, s, t: (p - t) / s,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("stack", "dem", "labels"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    with rasterio.open(args.labels) as file:
        label, unknown = file.read(1), file.nodata
        judged = judged_area(label != unknown, file)
    alone = {name: ((name,), "none") for name in shipped_models()}
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for number, (name, (models, test_time)) in enumerate({**alone, **SETS}.items()):
            first, *others = map(model_path, models)
            request = DetectRequest(
                args.stack,
                first,
                str(Path(folder) / f"{number}.tif"),
                args.dem,
                mask=judged,
                min_area=500,
                test_time=test_time,
                ensemble=tuple(others),
                device="cpu",
            )
            found[name] = detect(request)
        print("| runs | P / R / F1 at 0.5 | best F1, at |\n|---|---|---|")
        for name, detection in found.items():
            print(scores(name, detection, label == 1, label != unknown))
        print("\n| runs | measure | false, least certain fifth | most certain fifth | AUC |")
        print(f"{'|---' * 5}|")
        for name in SETS:  # of one run there is no spread
            for row in fifths(name, found[name], label == 1):
                print(row)
        print("\n| runs | inventory, km² | by the runs, km² | std, km² | labelled, km² |")
        print(f"{'|---' * 5}|")
        labelled = (label == 1).sum() * 1e-4
        for name in SETS:
            ends = found[name].area_range
            print(
                f"| {name} | {found[name].area / 1e6:.2f} | {ends.low / 1e6:.2f} to "
                f"{ends.high / 1e6:.2f} | {ends.std / 1e6:.2f} | {labelled:.2f} |"
            )


def judged_area(judged: np.ndarray, file: rasterio.DatasetReader) -> Outlines:
    """What the labels judge, as polygons."""
    shapes = rasterio.features.shapes(judged.astype(np.uint8), judged, transform=file.transform)
    wkb = tuple(shapely.to_wkb(shapely.geometry.shape(shape)) for shape, _ in shapes)
    return Outlines("judged", file.crs.to_wkt(), wkb)


def scores(name: str, detection: Detection, truth: np.ndarray, judged: np.ndarray) -> str:
    """A row of pixel scores; what the image does not show counts as missed."""
    with rasterio.open(detection.probability) as file:
        probability = file.read(1, masked=True).filled(0)
    said, mapped = probability[judged], truth[judged]

    def f1(threshold: float) -> tuple[float, float, float]:
        there = said >= np.float32(threshold)
        hits = (there & mapped).sum()
        precision, recall = hits / max(1, there.sum()), hits / mapped.sum()
        return precision, recall, 2 * hits / (there.sum() + mapped.sum())

    best = max(THRESHOLDS, key=lambda t: f1(t)[2])
    at_half = " / ".join(f"{value:.3f}" for value in f1(0.5))
    return f"| {name} | {at_half} | {f1(best)[2]:.3f}, {best:.2f} |"


def fifths(name: str, detection: Detection, truth: np.ndarray) -> list[str]:
    """Rows of the share of false outlines, one a measure."""
    kept = [slide for slide in detection.landslides if not slide["touches_edge"]]
    with rasterio.open(detection.probability) as file:
        shapes = [(shapely.from_wkb(slide.wkb), i) for i, slide in enumerate(kept, start=1)]
        labels = rasterio.features.rasterize(shapes, truth.shape, transform=file.transform)
    counted = np.bincount(labels.ravel(), minlength=len(kept) + 1)[1:]
    mapped = np.bincount(labels.ravel(), truth.ravel(), minlength=len(kept) + 1)[1:]
    false = mapped < 0.5 * counted
    probability = np.array([slide["prob_mean"] for slide in kept])
    spread = np.array([slide["prob_std"] for slide in kept])
    fifth = len(kept) // 5
    rank = require("scipy.stats", "scipy").rankdata
    rows = []
    for measure, how in MEASURES.items():
        sure = how(probability, spread, detection.threshold)
        order = np.argsort(sure, kind="stable")
        ranks, wrong = rank(-sure), int(false.sum())
        area = (ranks[false].sum() - wrong * (wrong + 1) / 2) / (wrong * (len(kept) - wrong))
        cells = [share(false[order[:fifth]]), share(false[order[-fifth:]]), f"{area:.2f}"]
        rows.append(f"| {name} ({wrong} of {len(kept)} false) | {measure} | {' | '.join(cells)} |")
    return rows


def share(false: np.ndarray) -> str:
    """A share with its 95 % interval."""
    low, high = interval(int(false.sum()), len(false))
    return f"{false.mean():.2f} ({low:.2f} to {high:.2f}, {len(false)})"


if __name__ == "__main__":
    main()
