"""One prepared run on a graphics card that is there for minutes: judge, train, bring back.

    python -m landslip.training.gpu_run --data DATA --out OUT --experiment judge --minutes 5
    python -m landslip.training.gpu_run --data DATA --out OUT --experiment judge \
        --runs "light, 16 epochs" --seeds 3 --final
    python -m landslip.training.gpu_run --data DATA --out OUT --few-labels few_labels_paper

The machine may have no GDAL and no network: `DATA` holds ``l4s_rgb.npz``, ``l4s_terrain.npz`` and
the scenes that ``python -m landslip.training pack`` wrote. What comes back is zip files with the
counts of every fold, the logits of those that were taught, and the final weights, or the cells and
the table of few labels. The weights of the folds, and encoders, stay in OUT: a second call there
goes on from what the first has done.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import torch

from .compare import Experiment, read_experiment
from .compute import device_of
from .crossvalidate import Setting, crossvalidate, final_fits, jobs
from .few_labels import run_few_labels
from .folds import folds
from .judge_commands import configs_of
from .material import gather

EXPERIMENTS = Path(__file__).parent / "experiments"
#: What comes back may be limited in the size of a file: bytes in one zip, before the next begins.
ZIP_BYTES = 14_000_000


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="where work is kept")
    parser.add_argument("--back", type=Path, help="where zip files go (default: OUT)")
    parser.add_argument("--experiment", default="judge")
    parser.add_argument(
        "--runs",
        nargs="*",
        action="append",
        default=[],
        help="of the experiment, in their order; again for what comes next (default: all)",
    )
    parser.add_argument("--seeds", type=int, nargs="*", default=[1], help="of each --runs")
    parser.add_argument("--together", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--few-labels", help="an experiment of few labels, instead of the judge's")
    parser.add_argument("--final", action="store_true", help="also train on all that there is")
    parser.add_argument("--eager", action="store_true", help="record no graphs")
    args = parser.parse_args()
    began = time.monotonic()
    device = device_of("auto")
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        print(torch.cuda.get_device_name(), torch.__version__, flush=True)

    def report(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    def stop() -> bool:
        return time.monotonic() - began > 60 * args.minutes

    if args.few_labels:
        print(run_few_labels(_experiment(args.few_labels), args.data, args.out, stop=stop))
        found = [*(args.out / "cells").glob("*.json"), *args.out.glob("few_labels.*")]
        _zip(sorted(found), args.back or args.out, "few_labels")
        report("done")
        return
    configs = configs_of(_experiment(args.experiment))
    material = gather(args.data)
    every = folds(material.patches, material.kinds)
    report(f"{len(material.patches)} patches, {len(material.lands)} scenes")
    groups = args.runs or [[config.name for config in configs]]
    setting = Setting(material, device, args.together, report, not args.eager, stop)
    for number, group in enumerate(groups):
        seeds = args.seeds[min(number, len(args.seeds) - 1)]
        todo = [job for job in jobs(configs, every, seeds) if job.config.name in group]
        crossvalidate(todo, args.out / "folds", setting)
        if args.final:
            final_fits(configs, group, seeds, args.out / "finals", setting)
        pack(args.out, args.back or args.out)
    report("done")


def _experiment(name: str) -> Experiment:
    """A shipped experiment, or one in a file."""
    shipped = EXPERIMENTS / f"{name}.toml"
    return read_experiment(shipped if shipped.is_file() else Path(name))


def pack(work: Path, back: Path) -> None:
    """Write what is worth bringing back: counts and logits of folds, and final weights."""
    _zip(sorted((work / "finals").glob("*.pt")), back, "finals")
    folds = sorted((work / "folds").glob("*.npz"))
    _zip([path for path in folds if ".logits" not in path.name], back, "folds")
    _zip([path for path in folds if ".logits" in path.name], back, "logits")


def _zip(files: Sequence[Path], back: Path, name: str) -> None:
    back.mkdir(parents=True, exist_ok=True)
    parts: list[list[Path]] = [[]]
    for path in files:
        if sum(other.stat().st_size for other in parts[-1]) + path.stat().st_size > ZIP_BYTES:
            parts.append([])
        parts[-1].append(path)
    for number, part in enumerate(parts):
        with zipfile.ZipFile(back / f"{name}{number}.zip", "w", zipfile.ZIP_STORED) as file:
            for path in part:
                file.write(path, path.name)


if __name__ == "__main__":
    main()
