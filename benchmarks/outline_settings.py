"""How outlines come out by their settings, against mapped landslides: counts and sizes.

    python benchmarks/outline_settings.py --stack post.tif --dem dem.tif --labels labels.tif

Detects with the model `auto`, leaves out what the labels do not judge, and outlines the rest by
every combination of settings. The mapped landslides are those of the label raster, outlined in the
same way. Prints Markdown, the settings whose sizes are nearest to the mapped ones first (by the
largest distance of the two distributions of area, Kolmogorov and Smirnov's).
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from scipy.stats import ks_2samp

from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise

SPLITS = (None, 0.7, 0.5, 0.3)
SMALLEST = (300.0, 500.0, 1000.0)
FLAT = (0.0, 5.0)
BANDS = ("B02", "B03", "B04", "slope", "dem")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--dem", required=True)
    parser.add_argument("--labels", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found, mapped = (str(Path(folder) / name) for name in ("found.tif", "mapped.tif"))
        detect(DetectRequest(args.stack, model_path("auto", BANDS), found, dem=args.dem))
        judged_alone(found, args.labels, mapped)
        print("| parts at | smallest, m² | flat, ° | found / mapped | median area, ratio | KS |")
        print("|---|---|---|---|---|---|")
        rows = sorted(rows_of(found, mapped, args.dem), key=lambda row: row[-1])
        for split, smallest, flat, count, median, distance in rows:
            how = "off" if split is None else f"{split:g}"
            print(f"| {how} | {smallest:g} | {flat:g} | {count} | {median:.2f} | {distance:.3f} |")


def judged_alone(found: str, labels: str, mapped: str) -> None:
    """Write the labels as a probability, and take from the detection what they do not judge."""
    with rasterio.open(labels) as file:
        label, unknown, profile = file.read(1), file.nodata, file.profile
    with rasterio.open(found, "r+") as file:
        values = file.read(1)
        values[label == unknown] = file.nodata
        file.write(values, 1)
    profile |= {"dtype": "float32", "nodata": -9999}
    with rasterio.open(mapped, "w", **profile) as file:
        file.write(np.where(label == unknown, -9999, label == 1).astype(np.float32), 1)


def rows_of(found: str, mapped: str, dem: str) -> list[tuple]:
    """Settings, counts, ratio of the median areas, and distance of the distributions."""
    rows = []
    for smallest in SMALLEST:
        reference = areas(VectoriseRequest(mapped, dem, 0.5, smallest))
        for split, flat in itertools.product(SPLITS, FLAT):
            request = VectoriseRequest(found, dem, 0.5, smallest)
            ours = areas(replace(request, split=split, flat_slope=flat))
            count = f"{len(ours)} / {len(reference)}"
            ratio = float(np.median(ours) / np.median(reference))
            distance = float(ks_2samp(ours, reference).statistic)
            rows.append((split, smallest, flat, count, ratio, distance))
    return rows


def areas(request: VectoriseRequest) -> np.ndarray:
    """Areas of the landslides of a request, m²."""
    return np.array([landslide["area_m2"] for landslide in vectorise(request)])


if __name__ == "__main__":
    main()
