"""Commands of the judge: leave regions out, write what came of it, ship what was trained."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.common.errors import ParameterError

if TYPE_CHECKING:  # torch is imported when a command needs it
    from .compare import Experiment
    from .config import Config

EXPERIMENTS = Path(__file__).parent / "experiments"
#: The scene that nothing is trained on.
SCENE = {
    "region": "Hokkaido 2018",
    "stack": "hokkaido_2018/s2_post_B02_B03_B04.tif",
    "labels": "hokkaido_2018/label_west.tif",
    "dem": "hokkaido_2018/dsm_aw3d30.tif",
}


def add_commands(commands: argparse._SubParsersAction, add_data: Callable) -> None:
    """Add ``crossvalidate``, ``pack`` and ``ship``."""
    command = commands.add_parser(
        "crossvalidate",
        help="train with one region left out at a time, and judge",
        description="Train every run of an experiment five times, each time without one region and "
        "without some kinds of land that has no landslides, look at what was left out and at "
        "Hokkaido, and write NAME.md and NAME.png beside the counts. The same command resumes.",
    )
    command.add_argument("experiment", help="judge, or a TOML file of the same form")
    command.add_argument("--folder", type=Path, help="of the counts (default: runs/NAME)")
    command.add_argument("--seeds", type=int, default=3, help="default: %(default)d")
    command.add_argument(
        "--together", type=int, default=1, help="trainings side by side on a graphics card"
    )
    command.add_argument("--only-table", action="store_true", help="train nothing")
    command.add_argument(
        "--reliability",
        nargs="+",
        metavar="RUN",
        help="what NAME_reliability.png shows",
    )
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add_data(command)
    command.set_defaults(run_command=_crossvalidate)

    command = commands.add_parser(
        "pack",
        help="write the scenes that gpu_run needs where there is no GDAL",
        description="Write Hokkaido and the real scenes without landslides as plain arrays.",
    )
    command.add_argument("folder", type=Path, help="such as DATA/scenes")
    add_data(command)
    command.set_defaults(run_command=_pack)

    command = commands.add_parser(
        "stretch",
        help="score weights on scenes that are stretched about their mean",
        description="Print a table row for each share of the scene's standard deviation that "
        "counts as one: F1 on Hokkaido, and of a region that the weights never saw.",
    )
    command.add_argument("recipe")
    command.add_argument("--weights", type=Path, required=True)
    command.add_argument("--region", default="", help="such as 'Taiwan, rows 14-27'")
    add_data(command)
    command.set_defaults(run_command=_stretch)

    command = commands.add_parser(
        "contrast",
        help="measure how far slides stand out of each labelled region",
        description="Print a table row for each region: the mean of slides less that of the rest, "
        "in standard deviations of the region.",
    )
    add_data(command)
    command.set_defaults(run_command=_contrast)

    command = commands.add_parser(
        "ship",
        help="make a model file of weights that were trained on everything",
        description="Write an .onnx file whose card says what the judge found of networks that "
        "were trained alike, and what the file scores on Hokkaido.",
    )
    command.add_argument("recipe")
    command.add_argument("--weights", type=Path, required=True, help="what gpu_run --final wrote")
    command.add_argument("--folds", type=Path, required=True, help="folder of the judge's counts")
    command.add_argument("--judged-as", required=True, help="the judge's name of the recipe")
    command.add_argument("--note", default="", help="how that differs from the recipe, if it does")
    command.add_argument("--weaknesses", required=True, help="what the model is bad at")
    command.add_argument("--version", default="2.0.0")
    command.add_argument("--output", type=Path, required=True)
    add_data(command)
    command.set_defaults(run_command=_ship)


def configs_of(experiment: Experiment) -> list[Config]:
    """The runs of an experiment as recipes that are called as they are."""
    from .config import Config
    from .recipe import read_recipe

    return [
        replace(read_recipe(run.recipe or experiment.recipe, Config, run.set), name=run.name)
        for run in experiment.runs
    ]


def _crossvalidate(args: argparse.Namespace) -> None:
    from .compare import read_experiment
    from .compute import device_of
    from .crossvalidate import Setting, crossvalidate, jobs
    from .folds import folds
    from .material import gather
    from .verdicts import alarm_table, draw, draw_reliability, table, verdicts

    shipped = EXPERIMENTS / f"{args.experiment}.toml"
    experiment = read_experiment(shipped if shipped.is_file() else Path(args.experiment))
    folder = args.folder or Path("runs") / experiment.name
    configs = configs_of(experiment)
    if not args.only_table:
        material = gather(args.data)
        todo = jobs(configs, folds(material.patches, material.kinds), args.seeds)
        crossvalidate(todo, folder, Setting(material, device_of(args.device), args.together))
    rows = {config.name: verdicts(folder, config, range(args.seeds)) for config in configs}
    text = f"{table(rows, experiment.title)}\n{alarm_table(rows)}"
    (folder / f"{experiment.name}.md").write_text(text, encoding="utf-8")
    draw(rows, experiment.title, folder / f"{experiment.name}.png")
    shown = args.reliability or [name for name, found in rows.items() if found]
    draw_reliability(rows, shown, folder / f"{experiment.name}_reliability.png")
    print(text)


def _pack(args: argparse.Namespace) -> None:
    from .material import pack_scenes

    pack_scenes(args.data, args.folder)


def _stretch(args: argparse.Namespace) -> None:
    from .config import Config
    from .recipe import read_recipe
    from .stretch import stretched_rows

    config = read_recipe(args.recipe, Config)
    print("| share | Hokkaido: P / R / F1 | region: F1 at 0.5 / at best |\n|---|---|---|")
    for row in stretched_rows(config, args.weights, args.region, args.data):
        print(row, flush=True)


def _contrast(args: argparse.Namespace) -> None:
    from .stretch import contrast_rows

    print("| region | contrast of slides |\n|---|---|")
    for row in contrast_rows(args.data):
        print(row, flush=True)


def _ship(args: argparse.Namespace) -> None:
    from .answer import Scene
    from .compare import read_experiment
    from .config import Config
    from .recipe import read_recipe
    from .ship import Evidence, ship

    config = read_recipe(args.recipe, Config)
    runs = {run.name: run for run in configs_of(read_experiment(EXPERIMENTS / "judge.toml"))}
    if args.judged_as not in runs:
        raise ParameterError(
            f"The judge has no run '{args.judged_as}'. Its runs are {', '.join(runs)}."
        )
    scene = Scene(**SCENE).under(args.data)
    evidence = Evidence(args.folds, args.judged_as, runs[args.judged_as].spread, args.note, scene)
    card = ship(config, args.weights, evidence, args.output, args.version, args.weaknesses)
    for row in card.accuracy:
        print(f"{row.region}: P {row.precision:.3f}, R {row.recall:.3f}, F1 {row.f1:.3f}")
    print(card.judged, card.false_alarms, card.calibration, sep="\n")
