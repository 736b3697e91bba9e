"""What each shipped model costs: milliseconds of a patch, and its ratio to the fastest.

    python benchmarks/bench_models.py [--rounds 3]

ONNX Runtime on one thread of the processor, 8 patches of 128 x 128 a call; models take turns, and
the fastest call of each counts, so that other load on the machine matters less.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import onnxruntime

from landslip.engine.models.runtime import Model
from landslip.engine.models.zoo import model_path, shipped_models

BATCH, PATCH, CALLS = 8, 128, 5


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    times = dict.fromkeys(shipped_models(), np.inf)
    for _ in range(rounds):
        for name in times:
            times[name] = min(times[name], milliseconds(name))
    for name, fastest in times.items():
        print(f"{name:20} {fastest:6.1f} ms a patch   x {fastest / min(times.values()):.1f}")


def milliseconds(name: str) -> float:
    """The fastest of some calls, divided by its patches."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = model_path(name)
    session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    bands = len(Model(path, "cpu").card.bands)
    feed = {
        "stack": np.full((BATCH, bands, PATCH, PATCH), 800, np.float32),
        "mean": np.full(bands, 700, np.float32),
        "std": np.full(bands, 200, np.float32),
    }
    used = {item.name: feed[item.name] for item in session.get_inputs()}
    seconds = []
    for _ in range(CALLS):
        started = time.perf_counter()
        session.run(None, used)
        seconds.append(time.perf_counter() - started)
    return 1000 * min(seconds) / BATCH


if __name__ == "__main__":
    main()
