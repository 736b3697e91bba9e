"""How outlines come out by their settings, against mapped landslides: counts and sizes.

    python benchmarks/outline_settings.py --stack post.tif --dem dem.tif --labels labels.tif
    python benchmarks/outline_settings.py --logits FOLDER --run "RUN" --data DATA

The first detects with the model `auto`, leaves out what the labels do not judge, and outlines the
rest by every combination of settings. The second takes what networks said of the blocks of Taiwan
that were left out of them (`crossvalidate` keeps it), laid side by side. The mapped landslides are
those of the labels, outlined in the same way. Prints Markdown, the settings whose sizes are nearest
to the mapped ones first (by the largest distance of the two distributions of area, Kolmogorov and
Smirnov's, mean over regions).
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Iterator
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
PATCH = 128
#: No patch of the benchmark has a place on the Earth: its blocks are put on some UTM grid.
SOMEWHERE = {"crs": "EPSG:32651", "transform": rasterio.transform.from_origin(3e5, 2.6e6, 10, 10)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("stack", "dem", "labels", "logits", "run", "data"):
        parser.add_argument(f"--{name}")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.logits:
            pairs = list(blocks(Path(args.logits), args.run, Path(args.data), Path(folder)))
        else:
            pairs = [scene(args, Path(folder))]
        tables = [rows_of(found, mapped, args.dem) for found, mapped in pairs]
    print("| parts at | smallest, m² | flat, ° | found / mapped | median area, ratio | KS |")
    print("|---|---|---|---|---|---|")
    for settings in sorted(tables[0], key=lambda key: np.mean([t[key][-1] for t in tables])):
        split, smallest, flat = settings
        ours, theirs = (sum(table[settings][place] for table in tables) for place in (0, 1))
        ratio, distance = np.mean([table[settings][2:] for table in tables], axis=0)
        how = "off" if split is None else f"{split:g}"
        cells = (how, f"{smallest:g}", f"{flat:g}", f"{ours} / {theirs}")
        print(f"| {' | '.join(cells)} | {ratio:.2f} | {distance:.3f} |")


def scene(args: argparse.Namespace, folder: Path) -> tuple[str, str]:
    """What `auto` finds in a scene, and what was mapped there."""
    found, mapped = (str(folder / name) for name in ("found.tif", "mapped.tif"))
    detect(DetectRequest(args.stack, model_path("auto", BANDS), found, dem=args.dem))
    judged_alone(found, args.labels, mapped)
    return found, mapped


def blocks(logits: Path, run: str, data: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """What a run said of each block of Taiwan that it had not seen, and what was mapped there."""
    from landslip.training.config import Config
    from landslip.training.crossvalidate import file_name
    from landslip.training.folds import folds
    from landslip.training.sources import Source, load_patches

    patches = load_patches([Source("l4s_rgb")], data, ("B04", "B03", "B02"))
    for number, fold in enumerate(folds(patches, ())):
        if not fold.region.startswith("Taiwan"):
            continue
        with np.load(logits / f"{file_name(Config(name=run), fold.region)}.logits.npz") as file:
            said = 1 / (1 + np.exp(-file["region"].astype(np.float32) / 10))
        layers = {"found": said, "mapped": patches.mask[fold.test].astype(np.float32)}
        paths = [str(folder / f"{name}{number}.tif") for name in layers]
        for path, layer in zip(paths, layers.values(), strict=True):
            side_by_side(path, layer, patches.row[fold.test], patches.col[fold.test])
        yield paths[0], paths[1]


def side_by_side(path: str, layer: np.ndarray, row: np.ndarray, col: np.ndarray) -> None:
    """Write patches [n, H, W] at their places as one raster; nodata where there is none."""
    row, col = row - row.min(), col - col.min()
    whole = np.full(((row.max() + 1) * PATCH, (col.max() + 1) * PATCH), -9999, np.float32)
    for patch, top, left in zip(layer, row * PATCH, col * PATCH, strict=True):
        whole[top : top + PATCH, left : left + PATCH] = patch
    height, width = whole.shape
    options = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": -9999, **SOMEWHERE}
    with rasterio.open(path, "w", height=height, width=width, **options) as file:
        file.write(whole, 1)


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


def rows_of(found: str, mapped: str, dem: str | None) -> dict[tuple, tuple]:
    """By settings: counts, ratio of the median areas, and distance of the distributions."""
    rows = {}
    for smallest in SMALLEST:
        reference = areas(VectoriseRequest(mapped, dem, 0.5, smallest))
        for split, flat in itertools.product(SPLITS, FLAT if dem else (0.0,)):
            request = VectoriseRequest(found, dem, 0.5, smallest)
            ours = areas(replace(request, split=split, flat_slope=flat))
            ratio = float(np.median(ours) / np.median(reference))
            distance = float(ks_2samp(ours, reference).statistic)
            rows[split, smallest, flat] = (len(ours), len(reference), ratio, distance)
    return rows


def areas(request: VectoriseRequest) -> np.ndarray:
    """Areas of the landslides of a request, m²."""
    return np.array([landslide["area_m2"] for landslide in vectorise(request)])


if __name__ == "__main__":
    main()
