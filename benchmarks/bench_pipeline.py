"""How much of the bare model's speed the pipeline keeps, and how memory grows with the raster.

    python benchmarks/bench_pipeline.py [--model MODEL] [--sizes 2000 5000 10980] [--quick]

Speed: patches per second of ``detect`` (reading, normalisation, blending, writing, overviews)
against ``session.run`` on the same number of the same patches, in turns in one run, so that a busy
machine slows both. Memory: peak of a process for each raster size, with a model so small that the
engine's own buffers are what shows.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from landslip.demo.large_stack import make_large_stack
from landslip.engine.detection.kept import KeptRegions
from landslip.engine.detection.pipeline import (
    DetectRequest,
    Model,
    region_job_of,
    write_probability,
)
from landslip.engine.models.probability import Provenance
from landslip.engine.models.zoo import AUTO, model_path
from landslip.engine.raster.tiling import Lattice
from landslip.engine.stack.reader import Stack, StackReader, open_stack
from landslip.engine.stack.scene import SceneStatistics, scene_statistics

ROUNDS = 3


def main() -> None:
    """Run both parts and print a table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=AUTO)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--sizes", type=int, nargs="*", default=[2000, 5000, 10980])
    parser.add_argument("--speed-size", type=int, default=1024)
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        _measure_memory(options.memory_of)
        return
    with tempfile.TemporaryDirectory() as folder:
        _speed(options, Path(folder))
        _memory(options.sizes, Path(folder))


def _speed(options: argparse.Namespace, folder: Path) -> None:
    path = make_large_stack(folder / "speed.tif", options.speed_size)
    model = Model(model_path(options.model), options.device)
    stack = open_stack(str(path))
    scene = scene_statistics(stack, model.card.bands)
    request = DetectRequest(str(path), model_path(options.model), str(folder / "p.tif"))
    ratios, rates = [], []
    for _ in range(ROUNDS):
        seconds, patches = _timed(lambda: _whole_run(request, stack, model, scene))
        bare = _bare_seconds(request, model, stack, scene, patches)
        ratios.append(bare / seconds)
        rates.append(patches / seconds)
    print(
        f"model {options.model} on {model.device}, {options.speed_size}^2 pixels, {ROUNDS} rounds"
    )
    print(f"  pipeline           {statistics.median(rates):.1f} patches/s")
    print(f"  pipeline / bare    {statistics.median(ratios):.2f}   (aim: 0.9 or more)")


def _whole_run(request: DetectRequest, stack: Stack, model: Model, scene: SceneStatistics) -> int:
    """The probability raster, with all that a run keeps on the way; returns its patches."""
    with KeptRegions(request.probability, {}) as kept:
        nothing = Provenance()
        patches = write_probability(
            request, stack, [model], scene, nothing, kept, lambda _f, _m: None, lambda: False
        )
        kept.finish()
    return patches


def _bare_seconds(
    request: DetectRequest, model: Model, stack: Stack, scene: SceneStatistics, patches: int
) -> float:
    """Seconds that ``session.run`` alone takes for as many patches, cut beforehand."""
    job = region_job_of(request, stack, [model.card], scene)
    (member,) = job.members
    lattice, batch = Lattice(member.lattice.patch, member.lattice.patch), member.batch_size
    with StackReader(stack, model.card.bands) as reader:
        cut = [reader.read(window)[0] for window in lattice.patches(stack.grid.area)]
    mean, std = (np.asarray(x, dtype=np.float32) for x in (scene.mean, scene.std))
    inputs = {"mean": mean, "std": std} if model.card.normalisation == "scene" else {}
    batches = []
    for start in range(0, patches, batch):
        wanted = min(batch, patches - start)
        batches.append(np.stack([cut[(start + i) % len(cut)] for i in range(wanted)]))

    def run() -> None:
        for values in batches:
            model._session.run(["probability"], {"stack": values, **inputs})

    return _timed(run)[0]


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _memory(sizes: list[int], folder: Path) -> None:
    print("peak memory of detect and vectorise, one-convolution model on 3 bands")
    for size in sizes:
        path = make_large_stack(folder / f"stack_{size}.tif", size)
        done = subprocess.run(
            [sys.executable, __file__, "--memory-of", str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        print(f"  {size:>6}^2   {done.stdout.strip()}", flush=True)
        Path(path).unlink()


def _measure_memory(path: Path) -> None:
    from landslip.engine.detection.pipeline import detect
    from landslip.tests.support import write_model

    model = write_model(path.with_suffix(".onnx"))
    target = path.with_suffix(".p.tif")
    started = time.perf_counter()
    detection = detect(
        DetectRequest(
            str(path), model, str(target), overlap=0.0, device="cpu", threshold=0.9, min_area=5000
        )
    )
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:6.0f} MiB   {seconds:6.1f} s   {len(detection.landslides)} landslides")
    target.unlink()


if __name__ == "__main__":
    main()
