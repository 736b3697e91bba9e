"""Every device that is here against the processor: time, F1, and change of probabilities.

    python benchmarks/bench_devices.py --data DATA [--models fast_rgb ...] [--rounds 3]

On Hokkaido, everything included, in turns. OpenVINO also runs at its own precision, which is
bfloat16 where a processor has it; Landslip asks it for float32.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio

from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models import runtime
from landslip.engine.models.zoo import model_path, shipped_models

FILES = ("s2_post_B02_B03_B04.tif", "dsm_aw3d30.tif", "label_west.tif")
UNKNOWN = 255
OWN = "openvino, its own precision"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with hokkaido_2018")
    parser.add_argument("--models", nargs="+", default=shipped_models())
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    scene = tuple(str(args.data / "hokkaido_2018" / name) for name in FILES)
    devices = [name for name in runtime.available_devices() if name != "cpu"]
    kinds = ["cpu", *devices, *([OWN] if "openvino" in devices else [])]
    print("| model | device | seconds | of the processor's | F1 | change of 999 in 1000 |")
    print(f"{'|---' * 6}|")
    with tempfile.TemporaryDirectory() as folder:
        for model in args.models:
            found = {kind: [] for kind in kinds}
            for _ in range(args.rounds):
                for kind in kinds:
                    found[kind].append(look(model, scene, kind, folder))
            first = found["cpu"][0][2]
            least = statistics.median(seconds for seconds, _, _ in found["cpu"])
            for kind in kinds:
                median = statistics.median(seconds for seconds, _, _ in found[kind])
                _, score, values = found[kind][0]
                moved = np.percentile(np.abs(values - first), 99.9)
                print(
                    f"| `{model}` | {kind} | {median:.1f} | {median / least:.2f} | {score:.4f} | "
                    f"{moved:.4f} |",
                    flush=True,
                )


def look(
    model: str, scene: tuple[str, ...], kind: str, folder: str
) -> tuple[float, float, np.ndarray]:
    """Seconds, F1 at 0.5, and the probability."""
    stack, dem, labels = scene
    target = f"{folder}/p.tif"
    listed = runtime.DEVICES
    if kind == OWN:
        runtime.DEVICES = tuple(replace(d, options=()) for d in listed)
    try:
        request = DetectRequest(
            stack, model_path(model), target, dem=dem, device=kind.split(",")[0]
        )
        seconds = detect(request).seconds
    finally:
        runtime.DEVICES = listed
    with rasterio.open(target) as found, rasterio.open(labels) as known:
        values, label = found.read(1), known.read(1)
    said = (values >= 0.5) & (label != UNKNOWN)
    hits = (said & (label == 1)).sum()
    return seconds, 2 * hits / (said.sum() + (label == 1).sum()), values


if __name__ == "__main__":
    main()
