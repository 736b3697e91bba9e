"""Wrong parameters for every algorithm, for minutes: no traceback, nothing half-written.

    python benchmarks/fuzz_parameters.py --seconds 300 --seed 1

Needs QGIS. Prints every kind of fault once, with the parameters that lead to it. The tests run a
few such cases, too (``tests/qgis/test_parameter_fuzz.py``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random


def main() -> int:
    """Run cases until the time is up; the exit status is 1 where one is a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", type=float, default=8, help="GiB that a case may take")
    parser.add_argument("--log", type=Path, help="gets every case before it runs, for crashes")
    parser.add_argument("--only", default="", help="name of one algorithm")
    options = parser.parse_args()
    limit_memory(options.memory)
    from landslip.demo.session import landslip_in_qgis

    with landslip_in_qgis(), tempfile.TemporaryDirectory() as folder:
        rng = Random(options.seed)  # noqa: S311 - cases, not secrets
        faults = fuzz(Path(folder), options.seconds, rng, options.only, options.log)
    return int(bool(faults))


def limit_memory(gigabytes: float) -> None:
    """Turn a case that asks for all memory there is into a fault, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    size = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def shorten_trainings() -> None:
    """Let every training take one step, whatever a case asks for; without PyTorch there is none."""
    try:
        from landslip.training import adapting, self_train
    except ImportError:
        return
    request = adapting.FineTuneRequest
    for module in (adapting, self_train):
        module.FineTuneRequest = lambda *given, **named: request(*given, **{**named, "steps": 1})


def fuzz(folder: Path, seconds: float, rng: Random, only: str, log: Path | None) -> Counter[str]:
    """Run cases; returns how often each kind of fault came up."""
    import processing

    from landslip.algorithms import ALGORITHMS, set_up
    from landslip.tests.qgis.parameter_fuzz import case, check, make_world, no_network

    set_up.device_speeds = list  # which would take a second for each device
    shorten_trainings()
    world = make_world(folder, processing.run)
    algorithms = [made() for made in ALGORITHMS if only in ("", made.NAME)]
    for algorithm in algorithms:
        algorithm.initAlgorithm()
    faults: Counter[str] = Counter()
    outcomes: Counter[bool] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        algorithm = rng.choice(algorithms)
        parameters = case(world, algorithm, rng)
        if log:
            log.write_text(f"{algorithm.name()} {parameters}", encoding="utf-8")
        try:
            with no_network():
                outcomes[bool(check(world, algorithm, parameters))] += 1
        except Exception as err:
            kind = f"{algorithm.name()}: {type(err).__name__}: {str(err)[:160]}"
            faults[kind] += 1
            if faults[kind] == 1:
                print(f"{kind}\n    {parameters}", flush=True)
    print(f"{outcomes[True]} refused, {outcomes[False]} done, {faults.total()} faults")
    return faults


if __name__ == "__main__":
    sys.exit(main())
