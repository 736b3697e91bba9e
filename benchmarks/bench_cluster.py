"""What a second worker of a Dask cluster brings: seconds of one scene, on loopback.

    python benchmarks/bench_cluster.py [--model effnet_rgb] [--size 3072] [--rounds 2]

Every process gets one thread, so that two workers are two machines of one core. Without a cluster,
one worker and two take turns; each raster is compared with the first.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio

from landslip.demo.large_stack import make_large_stack
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path

REGION = 1024


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="effnet_rgb")
    parser.add_argument("--size", type=int, default=3072)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    took: dict[int, list[float]] = {0: [], 1: [], 2: []}
    with tempfile.TemporaryDirectory() as name:
        stack = make_large_stack(Path(name) / "stack.tif", args.size)
        first = None
        for _ in range(args.rounds):
            for workers in took:
                with cluster(workers, name) as address:
                    seconds, found = run(args.model, str(stack), address)
                first = found if first is None else first
                same = np.array_equal(found, first)
                took[workers].append(seconds)
                print(f"  {workers} workers: {seconds:.1f} s, identical {same}", flush=True)
    alone = statistics.median(took[0])
    print("\n| | seconds | speed, of one machine |\n|---|---|---|")
    for workers, label in {0: "no cluster", 1: "one worker", 2: "two workers"}.items():
        median = statistics.median(took[workers])
        print(f"| {label} | {median:.0f} | {alone / median:.2f} |")


def run(model: str, stack: str, scheduler: str) -> tuple[float, np.ndarray]:
    """Seconds, and the probability."""
    target = f"{stack}.p.tif"
    request = DetectRequest(
        stack,
        model_path(model),
        target,
        device="cpu",
        threads=1,
        scheduler=scheduler,
        region_size=REGION,
    )
    seconds = detect(request).seconds
    with rasterio.open(target) as dataset:
        return seconds, dataset.read()


@contextmanager
def cluster(workers: int, folder: str) -> Iterator[str]:
    """A scheduler with workers; an empty address for none."""
    if not workers:
        yield ""
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    common = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", folder)
    commands = [("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")]
    commands += [("worker", address, *common)] * workers
    with open(os.devnull, "w") as nowhere:
        started = [
            subprocess.Popen([sys.executable, "-m", "dask", *each], stdout=nowhere, stderr=nowhere)
            for each in commands
        ]
        try:
            wait_for(address, workers)
            yield address
        finally:
            for process in started:
                process.terminate()
                process.wait()


def wait_for(address: str, workers: int) -> None:
    """Until all workers are there."""
    from distributed import Client

    with Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)


if __name__ == "__main__":
    main()
