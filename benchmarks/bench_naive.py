"""Landslip at its default settings against the loop that most scripts and plugins have.

    python benchmarks/bench_naive.py [--size 1024] [--rounds 3] [--devices cpu openvino]

The loop holds the whole raster, runs one patch at a time that overlaps the next by a quarter, on
the processor, and writes what the last patch said: no blending, no inventory. Landslip's time has
all of it in.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio

from landslip.demo.large_stack import make_large_stack
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.runtime import Model
from landslip.engine.models.zoo import model_path, shipped_models
from landslip.engine.stack.reader import open_stack
from landslip.engine.stack.scene import scene_statistics


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--devices", nargs="+", default=["cpu"])
    parser.add_argument("--models", nargs="+", default=None)
    args = parser.parse_args()
    models = args.models or [name for name in shipped_models() if not name.endswith("slope")]
    print("| model | device | naive loop, s | Landslip, s | naive over Landslip |")
    print(f"{'|---' * 5}|")
    with tempfile.TemporaryDirectory() as folder:
        stack = str(make_large_stack(Path(folder) / "stack.tif", args.size))
        target = f"{folder}/p.tif"
        for name in models:
            slow: list[float] = []
            fast: dict[str, list[float]] = {device: [] for device in args.devices}
            for _ in range(args.rounds):
                slow.append(naive(name, stack, target))
                for device in args.devices:
                    request = DetectRequest(stack, model_path(name), target, device=device)
                    began = time.perf_counter()
                    detect(request)
                    fast[device].append(time.perf_counter() - began)
            for device, seconds in fast.items():
                loop, ours = statistics.median(slow), statistics.median(seconds)
                print(f"| `{name}` | {device} | {loop:.1f} | {ours:.1f} | {loop / ours:.2f} |")


def naive(name: str, stack: str, target: str) -> float:
    """Seconds of the loop."""
    began = time.perf_counter()
    model = Model(model_path(name), "cpu")
    bands = model.card.bands
    opened = open_stack(stack)
    scene = scene_statistics(opened, bands)
    with rasterio.open(stack) as dataset:
        profile = {**dataset.profile, "count": 1, "dtype": "float32", "nodata": -9999}
        values = dataset.read([opened.number(band) for band in bands]).astype(np.float32)
    side = model.card.patch_size
    height, width = values.shape[1:]
    probability = np.zeros((height, width), np.float32)
    for row in starts(height, side):
        for col in starts(width, side):
            patch = values[None, :, row : row + side, col : col + side]
            probability[row : row + side, col : col + side] = model.run(patch, scene)[0]
    with rasterio.open(target, "w", **profile) as dataset:
        dataset.write(probability, 1)
    return time.perf_counter() - began


def starts(length: int, side: int) -> list[int]:
    """Origins of patches that overlap by a quarter; the last ends where the raster does."""
    return sorted({*range(0, length - side, side * 3 // 4), length - side})


if __name__ == "__main__":
    main()
