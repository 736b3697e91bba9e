"""One prepared run on a graphics card that is there for minutes: judge, train, bring back.

    python -m landslip.training.gpu_run --data DATA --out OUT --experiment judge --minutes 5
    python -m landslip.training.gpu_run --data DATA --out OUT --recipes best_rgb --final

The machine may have no GDAL and no network: `DATA` holds ``l4s_rgb.npz``, ``l4s_terrain.npz`` and
the scenes that ``python -m landslip.training pack`` wrote. What comes back is one zip with the
counts of every fold, and the weights that were asked for.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import torch

from .compare import read_experiment
from .compute import device_of
from .config import Config
from .crossvalidate import crossvalidate, final_fits, jobs
from .judge_commands import configs_of
from .material import gather
from .recipe import read_recipe

EXPERIMENTS = Path(__file__).parent / "experiments"


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--experiment", default="")
    parser.add_argument("--recipes", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--together", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--final", action="store_true", help="also train on all that there is")
    parser.add_argument("--eager", action="store_true", help="record no graphs")
    args = parser.parse_args()
    began = time.monotonic()
    device = device_of("auto")
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        print(torch.cuda.get_device_name(), torch.__version__, flush=True)
    configs = [read_recipe(recipe, Config) for recipe in args.recipes]
    if args.experiment:
        experiment = read_experiment(EXPERIMENTS / f"{args.experiment}.toml")
        configs += configs_of(experiment)
    if args.epochs:
        configs = [replace(config, epochs=args.epochs) for config in configs]

    def report(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    def stop() -> bool:
        return time.monotonic() - began > 60 * args.minutes

    material = gather(args.data)
    report(f"{len(material.patches)} patches, {len(material.lands)} scenes")
    folder = args.out / "folds"
    graphed = not args.eager
    if args.final:
        final_fits(
            configs, args.seeds, material, args.out, device, args.together, report, graphed, stop
        )
    todo = jobs(configs, material, args.seeds)
    crossvalidate(todo, material, folder, device, args.together, report, graphed, stop)
    with zipfile.ZipFile(args.out / "folds.zip", "w", zipfile.ZIP_STORED) as file:
        for path in sorted(folder.glob("*.npz")):
            file.write(path, path.name)
    finals = sorted(args.out.glob("*.pt"))
    for number in range(0, len(finals), 2):  # what comes back may be limited in size, and in number
        with zipfile.ZipFile(args.out / f"finals{number // 2}.zip", "w") as file:
            for path in finals[number : number + 2]:
                file.write(path, path.name)
    report("done")


if __name__ == "__main__":
    main()
