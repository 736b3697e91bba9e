"""What the overlap of patches is worth: F1, time and change of each shipped model, by overlap.

    python benchmarks/bench_overlap.py [--data DATA]

On two made scenes, whose truth is known, and on Hokkaido where the data are there.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import rasterio

from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import BEST, model_path
from landslip.sample.scene import SceneRequest, make_scene, write_scene

OVERLAPS = (0.5, 0.375, 0.25, 0.125)
SIDE, SEEDS = 700, (1, 2)
HOKKAIDO = ("s2_post_B02_B03_B04.tif", "dsm_aw3d30.tif", "label_west.tif")
UNKNOWN = 255


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with hokkaido_2018")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scenes = [made(Path(name) / str(seed), seed) for seed in SEEDS]
        if args.data:
            scenes.insert(0, tuple(str(args.data / "hokkaido_2018" / file) for file in HOKKAIDO))
        print("| model | overlap | F1 | time, of that at half | change, 99 of 100 pixels |")
        print("|---|---|---|---|---|")
        for model in BEST:
            first = [look(model, scene, OVERLAPS[0], name) for scene in scenes]
            for overlap in OVERLAPS:
                found = [look(model, scene, overlap, name) for scene in scenes]
                scores = ", ".join(f"{score:.3f}" for score, _, _ in found)
                time = sum(each[1] for each in found) / sum(each[1] for each in first)
                pairs = zip(found, first, strict=True)
                moved = max(np.percentile(abs(a[2] - b[2]), 99) for a, b in pairs)
                print(
                    f"| `{model}` | {overlap} | {scores} | {time:.2f} | {moved:.3f} |", flush=True
                )


def made(folder: Path, seed: int) -> tuple[str, str, str]:
    """Stack, DEM and truth of a made scene."""
    folder.mkdir()
    paths = write_scene(make_scene(SceneRequest(size=SIDE, seed=seed)), folder)
    return str(paths["stack"]), str(paths["dem"]), str(paths["truth"])


def look(
    model: str, scene: tuple[str, ...], overlap: float, folder: str
) -> tuple[float, float, np.ndarray]:
    """F1 at 0.5, seconds, and the probability."""
    stack, dem, labels = scene
    target = f"{folder}/p.tif"
    request = DetectRequest(stack, model_path(model), target, dem=dem, overlap=overlap)
    seconds = detect(request).seconds
    with rasterio.open(target) as found, rasterio.open(labels) as known:
        values, label = found.read(1), known.read(1)
    said = (values >= 0.5) & (label != UNKNOWN)
    hits = (said & (label == 1)).sum()
    return 2 * hits / (said.sum() + (label == 1).sum()), seconds, values


if __name__ == "__main__":
    main()
