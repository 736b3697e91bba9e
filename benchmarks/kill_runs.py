"""Kill detection at random moments, run it again, and count what went on and what came out.

    python benchmarks/kill_runs.py --kills 200

Every round starts a run on a made scene in a process of its own, kills it with SIGKILL at a random
moment, and starts the same run again, which is killed once more in a third of the rounds. Prints
how many of the runs were killed in their work, how many of their successors took regions over, how
many rasters equal the one of an undisturbed run to the last bit, and what was left in the folder.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio

from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path
from landslip.sample.scene import SceneRequest, make_scene, write_scene

#: Pixels: of the scene, and of a region of the run.
SIZE, REGION = 600, 128


def main() -> None:
    """Kill, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)  # noqa: S311 - moments, no secrets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scene").mkdir()
        stack = write_scene(make_scene(SceneRequest(size=SIZE, seed=1)), folder / "scene")["stack"]

        def request(target: str) -> DetectRequest:
            path = str(folder / "out" / target)
            return DetectRequest(str(stack), model_path("fast_rgb"), path, region_size=REGION)

        (folder / "out").mkdir()
        began = time.monotonic()
        finished(request("whole.tif"))
        seconds = time.monotonic() - began
        whole = pixels(request("whole.tif"))
        killed = resumed = identical = rounds = 0
        while killed < args.kills:
            rounds += 1
            for _ in range(1 + (rng.random() < 1 / 3)):
                killed += kill(request("p.tif"), rng.uniform(0, seconds))
            kept = folder / "out" / ".p.tif.regions"
            resumed += any(kept.glob("*.npz"))
            finished(request("p.tif"))
            identical += np.array_equal(pixels(request("p.tif")), whole)
            (folder / "out" / "p.tif").unlink()
        time.sleep(6)  # marks that are younger may be about to be locked, and stay
        finished(request("p.tif"))
        (folder / "out" / "p.tif").unlink()
        left = sorted(path.name for path in (folder / "out").iterdir() if path.name != "whole.tif")
        print(f"an undisturbed run: {seconds:.1f} s")
        print(f"killed: {killed} runs in {rounds} rounds")
        print(f"went on from kept regions: {resumed} of {rounds} last runs")
        print(f"identical rasters: {identical} of {rounds}")
        print(f"left in the folder: {left or 'nothing'}")


def kill(request: DetectRequest, after: float) -> bool:
    """Start a run and kill it after some seconds; whether it was still at work."""
    process = start(request)
    process.join(after)
    at_work = process.is_alive()
    process.kill()
    process.join()
    return at_work


def finished(request: DetectRequest) -> None:
    """Run in a process of its own to the end."""
    process = start(request)
    process.join()
    if process.exitcode:
        raise SystemExit(f"A run ended with {process.exitcode}.")


def start(request: DetectRequest) -> multiprocessing.Process:
    """A run in a process that shares nothing but the imports."""
    process = multiprocessing.get_context("fork").Process(target=detect, args=(request,))
    process.start()
    return process


def pixels(request: DetectRequest) -> np.ndarray:
    """The raster that a run made."""
    with rasterio.open(request.probability) as dataset:
        return dataset.read()


if __name__ == "__main__":
    main()
