"""`python -m landslip.training`: train a network, score it, and pack it into a model file.

From nothing to a shipped model:

    python -m landslip.training train resunet_rgb --run runs/resunet_rgb
    python -m landslip.training evaluate runs/resunet_rgb
    python -m landslip.training export runs/resunet_rgb --output weights/resunet_rgb.onnx
    python -m landslip.training card-table weights

With few labels:

    python -m landslip.training pretrain swav_rgb --run runs/swav_rgb
    python -m landslip.training train few_labels_rgb --run runs/few_labels_rgb
    python -m landslip.training few-labels few_label_controls

Many at once, side by side in a table and a figure:

    python -m landslip.training compare networks --folder runs/networks
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.common.errors import LandslipError, ParameterError
from ..engine.models.card import Accuracy
from .judge_commands import add_commands

if TYPE_CHECKING:  # torch is imported when a command needs it
    from .answer import Scene

RECIPES = Path(__file__).parent / "recipes"
EXPERIMENTS = Path(__file__).parent / "experiments"
#: Bands that the competition's second place compared (Table III).
TABLE_III = ("rgb", "swir", "ngb", "pca", "rgb+nir", "rgb+swir", "rgb+nir+swir", "all")
#: The shipped recipes for `pretrain`; all others are for `train`.
PRETRAINING = ("swav_rgb", "swav_small_rgb", "swav_paper_rgb")


def parser() -> argparse.ArgumentParser:
    """The command line; every subcommand's help says what it reads and what it writes."""
    top = argparse.ArgumentParser(
        prog="python -m landslip.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    _add_train(commands)
    _add_pretrain(commands)
    _add_evaluate(commands)
    _add_recalibrate(commands)
    _add_ensemble(commands)
    _add_export(commands)
    _add_compare(commands)
    _add_select_bands(commands)
    _add_few_labels(commands)
    _add_windows(commands)
    _add_card_table(commands)
    _add_panels(commands)
    _add_networks(commands)
    _add_fit_sun(commands)
    _add_shade_recall(commands)
    _add_confidence(commands)
    _add_before_after(commands)
    add_commands(commands, _add_data)
    return top


def _add_train(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "train",
        help="train a network, or go on training it",
        description="Train by a recipe. Writes last.pt, best.pt, log.csv and curve.png into the "
        "folder of the run. The same command again resumes after a kill. On Linux, "
        "MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456 THP_MEM_ALLOC_ENABLE=1 in the "
        "environment keep freed memory with the process, which saves about a fifth of the time.",
    )
    _add_recipe(command, _shipped_recipes(pretraining=False))
    command.add_argument(
        "--encoder", help="encoder.pt of a pretrain run to start from, instead of the recipe's"
    )
    command.add_argument(
        "--teacher",
        type=Path,
        action="append",
        default=[],
        metavar="RUN",
        help="a trained run that labels the recipe's unlabelled patches; again for several",
    )
    command.add_argument(
        "--start", type=Path, metavar="RUN", help="a trained run whose weights this one starts from"
    )
    command.set_defaults(run_command=_train)


def _add_recipe(command: argparse.ArgumentParser, shipped: list[str]) -> None:
    """What train and pretrain have in common."""
    command.add_argument(
        "recipe", help="a TOML file, or the name of a shipped recipe: " + ", ".join(shipped)
    )
    command.add_argument("--run", type=Path, help="folder of the run (default: runs/NAME)")
    command.add_argument("--epochs", type=int, help="instead of the recipe's")
    command.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    command.add_argument("--batch", type=int, help="instead of the recipe's")
    command.add_argument("--seed", type=int, help="instead of the recipe's")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any other setting instead of the recipe's, as often as needed, such as "
        "--set network=unet --set options.width=16 --set augmentation.gain=0",
    )
    command.add_argument(
        "--max-steps", type=int, help="stop early: a check that everything is in place"
    )
    command.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="what computes; auto takes the graphics card where there is one (default: auto)",
    )
    _add_data(command)


def _shipped_recipes(pretraining: bool) -> list[str]:
    """Names of the recipes for `pretrain`, or for `train`."""
    names = sorted(path.stem for path in RECIPES.glob("*.toml"))
    return [name for name in names if (name in PRETRAINING) == pretraining]


def _add_pretrain(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "pretrain",
        help="pre-train an encoder without labels, or go on with it",
        description="Pre-train the encoder of a network with SwAV. Writes last.pt, encoder.pt, "
        "log.csv and curve.png into the folder of the run; a recipe of train, or its --encoder, "
        "names encoder.pt. The same command again resumes after a kill.",
    )
    _add_recipe(command, _shipped_recipes(pretraining=True))
    command.set_defaults(run_command=_pretrain)


def _add_evaluate(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "evaluate",
        help="score the best checkpoint of a run on what it never saw",
        description="Score best.pt at the threshold that validation chose, on the test block of "
        "the recipe or on a labelled scene, and store the row in accuracy.json for the card.",
    )
    _add_run(command)
    _add_labelled_scene(command, required=False)
    command.add_argument("--region", help="what the row of the card calls the scene")
    _add_data(command)
    command.set_defaults(run_command=_evaluate)


def _add_recalibrate(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "recalibrate",
        help="choose the threshold of a trained network for scenes unlike its validation block",
        description="Change best.pt of a run: calibrate on the validation block, then choose the "
        "threshold on its patches varied as in training. With --enlarge, the network also enlarges "
        "its image by that factor (scale promotion; time grows with its square). Evaluate and "
        "export afterwards.",
    )
    _add_run(command)
    command.add_argument(
        "--enlarge", type=float, default=1.0, help="such as 1.5 (default: %(default)g, not at all)"
    )
    _add_data(command)
    command.set_defaults(run_command=_recalibrate)


def _add_ensemble(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "ensemble",
        help="join runs into networks that answer together",
        description="Write best.pt of a new run: the networks of several runs, which answer with "
        "the mean of their logits. Recalibrate, evaluate and export it as any other.",
    )
    command.add_argument("members", type=Path, nargs="+", help="folders of two or more runs")
    command.add_argument("--run", type=Path, required=True, help="folder of the new run")
    command.set_defaults(run_command=_ensemble)


def _add_compare(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "compare",
        help="train and score many networks, side by side in a table and a figure",
        description="Train what an experiment lists, score each run on the test block and on the "
        "experiment's scenes, and write comparison.csv, comparison.md and comparison.png into the "
        "folder. What is trained or scored already is taken as it is, so the same command resumes, "
        "and the table grows as runs finish.",
    )
    command.add_argument(
        "experiment",
        help="a TOML file, or the name of a shipped experiment: "
        + ", ".join(sorted(path.stem for path in EXPERIMENTS.glob("*.toml"))),
    )
    command.add_argument("--folder", type=Path, help="of all runs (default: runs/NAME)")
    command.add_argument(
        "--only", nargs="+", metavar="RUN", help="train these alone; the table holds what is there"
    )
    _add_data(command)
    command.set_defaults(run_command=_compare)


def _add_select_bands(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "select-bands",
        help="score sets of bands on validation patches, network by network",
        description="Train every network on every set of bands by one recipe, and write "
        "select_bands.md: F1 on the validation patches, a row for each set, a column for each "
        "network. The same command resumes.",
    )
    command.add_argument(
        "--recipe", default="benchmark", help="what they share (default: %(default)s)"
    )
    command.add_argument(
        "--sets",
        nargs="+",
        default=list(TABLE_III),
        metavar="SET",
        help="names of band sets, or pca (three principal components of all bands); default: "
        + ", ".join(TABLE_III),
    )
    command.add_argument(
        "--networks",
        nargs="+",
        default=["swin_unet", "deeplab_v3plus", "unet"],
        help="default: swin_unet deeplab_v3plus unet",
    )
    command.add_argument("--folder", type=Path, default=Path("runs/select_bands"), help="of all")
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="instead of the recipe's"
    )
    _add_data(command)
    command.set_defaults(run_command=_select_bands)


def _add_few_labels(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "few-labels",
        help="train on few labelled patches in several ways, and score without any other label",
        description="Train every run of an experiment on each of its draws of labelled patches, "
        "choose the threshold from those patches alone, score what was held out, and write "
        "few_labels.csv and few_labels.md. The same command resumes.",
    )
    command.add_argument("experiment", help="few_label_controls, or a TOML file of the same form")
    command.add_argument("--folder", type=Path, help="of all runs (default: runs/NAME)")
    command.add_argument(
        "--only", nargs="+", metavar="RUN", help="train these alone; the table holds what is there"
    )
    command.add_argument("--draws", type=int, help="train on so many draws (default: all)")
    command.add_argument("--minutes", type=float, help="begin nothing new after so many minutes")
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    _add_data(command)
    command.set_defaults(run_command=_few_labels)


def _add_export(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "export",
        help="pack the best checkpoint of a run into a model file",
        description="Write an .onnx file with its scaling and its model card inside, and compare "
        "it with the network. Needs a run that was evaluated.",
    )
    _add_run(command)
    command.add_argument(
        "--output", type=Path, required=True, help="the .onnx file to write; the model's name"
    )
    command.add_argument("--description", default="", help="one sentence instead of the recipe's")
    command.add_argument(
        "--version", default="1.0.0", help="version of the weights (default: %(default)s)"
    )
    command.add_argument(
        "--storage",
        choices=("float16", "float32"),
        default="float16",
        help="of the weights in the file; the arithmetic is float32 (default: %(default)s)",
    )
    command.set_defaults(run_command=_export)


def _add_windows(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "windows",
        help="measure whether a model file says the same in windows larger than its patches",
        description="Run a model file on made scenes, and on a labelled one if one is given, in "
        "patches at half overlap and in larger windows, and print a table. A window serves where "
        "F1 moves by no more than 0.002 and 99 of 100 probabilities by no more than 0.02.",
    )
    command.add_argument("model", type=Path, help="model file (.onnx)")
    _add_labelled_scene(command, required=False)
    command.add_argument(
        "--write", action="store_true", help="put those of the least work into the model's card"
    )
    command.set_defaults(run_command=_windows, region=None)


def _add_card_table(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "card-table",
        help="write README.md of a folder of model files",
        description="Write README.md: one row per .onnx file of the folder, from its card.",
    )
    command.add_argument("folder", type=Path, help="the folder, such as weights")
    command.set_defaults(run_command=_card_table)


def _add_panels(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "panels",
        help="draw what models found, missed and invented in a labelled scene",
        description="Run model files on a scene and draw a panel for each: true positives red, "
        "false negatives green, false positives blue, at the model's threshold.",
    )
    command.add_argument("models", type=Path, nargs="+", help="model files (.onnx)")
    _add_labelled_scene(command)
    command.add_argument("--region", help="what the picture calls the scene")
    command.add_argument("--credit", default="", help="whom the picture must name")
    command.add_argument("--relief", action="store_true", help="draw over the hillshade of the DEM")
    command.add_argument("--output", type=Path, required=True, help="the .png file to write")
    command.set_defaults(run_command=_panels)


def _add_networks(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "networks",
        help="print parameters and operations of every network",
        description="Print a table: paper, parameters, and operations for a patch of 128 x 128.",
    )
    command.set_defaults(run_command=_networks)


def _add_fit_sun(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "fit-sun",
        help="fit the sun of the Taiwan scene to the shading of its patches",
        description="Print the azimuth and elevation of the sun that explain the brightness of the "
        "packed Taiwan patches best, by the direction that their land faces.",
    )
    _add_data(command)
    command.set_defaults(run_command=_fit_sun)


def _add_shade_recall(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "shade-recall",
        help="score a model file by illumination and by aspect of the land",
        description="Run a model file on a labelled scene and print two tables: precision, recall "
        "and F1 by the cosine of the sun's incidence, and by the direction that the land faces.",
    )
    command.add_argument("model", type=Path, help="model file (.onnx)")
    _add_labelled_scene(command, needs_dem=True)
    command.add_argument(
        "--even-light", action="store_true", help="take the light of slopes out first"
    )
    command.add_argument("--figure", type=Path, help="draw recall as it is and with even light")
    command.set_defaults(run_command=_shade_recall, region=None)


def _add_confidence(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "confidence",
        help="count right outlines of a model file by the words of conf_hint",
        description="Run a model file on a labelled scene and print how many of its outlines are "
        "right (at least half of the pixels mapped), by the word that the mean probability gets.",
    )
    command.add_argument("model", type=Path, help="model file (.onnx)")
    _add_labelled_scene(command)
    command.add_argument(
        "--thresholds", type=float, nargs="+", help="probability thresholds (default: the model's)"
    )
    command.set_defaults(run_command=_confidence, region=None)


def _add_before_after(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "before-after",
        help="score model files with and without an image from before the event",
        description="Print a table: F1 where the change of red over green is added to the logit "
        "with several weights, on a labelled scene and on its halves.",
    )
    command.add_argument("models", type=Path, nargs="+", help="model files (.onnx)")
    _add_labelled_scene(command)
    command.add_argument("--pre-event", type=Path, required=True, help="the same before the event")
    command.set_defaults(run_command=_before_after, region=None)


def _add_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", type=Path, help="folder of the run")


def _add_labelled_scene(
    command: argparse.ArgumentParser, required: bool = True, needs_dem: bool = False
) -> None:
    command.add_argument(
        "--scene",
        type=Path,
        required=required,
        help="raster with named bands, reflectance x 10000, to be scored",
    )
    command.add_argument(
        "--labels",
        type=Path,
        required=required,
        help="its reference: 1 landslide, 0 not, nodata unknown",
    )
    use = "" if needs_dem else ", for models that read terrain"
    command.add_argument("--dem", type=Path, required=needs_dem, help=f"its DEM{use}")


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=Path,
        help="folder with l4s_rgb.npz (default: $LANDSLIP_DATA, or shared/data beside the "
        "repository)",
    )


# --- the commands --------------------------------------------------------------------------------


def _train(args: argparse.Namespace) -> None:
    from .recipe import read_recipe
    from .sources import data_folder
    from .train import Config, train

    start = [f"start={args.start.name}"] if args.start else []
    config = read_recipe(args.recipe, Config, [*_changes(args, "encoder"), *start])
    folder = args.run or Path("runs") / config.name
    best = train(
        config,
        args.data or data_folder(),
        folder,
        args.max_steps,
        args.device,
        [run / "best.pt" for run in args.teacher],
        args.start / "best.pt" if args.start else None,
    )
    print(f"Best checkpoint: {best}" if best.is_file() else "Stopped before the first validation.")


def _pretrain(args: argparse.Namespace) -> None:
    from .pretrain import Config, pretrain
    from .recipe import read_recipe
    from .sources import data_folder

    config = read_recipe(args.recipe, Config, _changes(args))
    folder = args.run or Path("runs") / config.name
    encoder = pretrain(config, args.data or data_folder(), folder, args.max_steps, args.device)
    print(f"Encoder: {encoder}" if encoder.is_file() else "Stopped before the first epoch's end.")


def _changes(args: argparse.Namespace, *more: str) -> list[str]:
    """What the command line says instead of the recipe."""
    names = ("epochs", "learning_rate", "batch", "seed", *more)
    given = [f"{name}={getattr(args, name)}" for name in names if getattr(args, name) is not None]
    return [*args.set, *given]


def _evaluate(args: argparse.Namespace) -> None:
    from . import evaluate
    from .config import Config
    from .recipe import from_values
    from .run_folder import load_checkpoint
    from .sources import SCENE_NAMES, data_folder

    state = load_checkpoint(args.run / "best.pt")
    print(f"Threshold {state['threshold']:.2f}, epoch {state['epoch']}.")
    if args.scene:
        if not args.labels:
            raise ParameterError("--scene needs --labels, a raster with its landslides.")
        scene = _scene(args)
        row = evaluate.accuracy_row(scene.region, evaluate.scene_accuracy(state, scene))
        _print_row(row)
        evaluate.store_accuracy(args.run, row)
        return
    scores = evaluate.block_accuracy(state, args.data or data_folder())
    for part, score in scores.items():
        _print_row(evaluate.accuracy_row(part, score))
    block = from_values(Config, state["config"]).test
    place = SCENE_NAMES.get(block.scene, f"scene {block.scene}")
    region = f"{place}, tile rows {block.first_row}-{block.last_row}, behind a guard row"
    evaluate.store_accuracy(args.run, evaluate.accuracy_row(region, scores["test"]))


def _recalibrate(args: argparse.Namespace) -> None:
    from . import evaluate
    from .run_folder import load_checkpoint, save_checkpoint
    from .sources import data_folder

    state = load_checkpoint(args.run / "best.pt")
    score = evaluate.recalibrate(state, args.data or data_folder(), args.enlarge)
    save_checkpoint(state, args.run / "best.pt")
    (args.run / "accuracy.json").unlink(missing_ok=True)  # it was of the network as it was before
    print(f"Enlarged by {args.enlarge:g}, threshold {state['threshold']:.2f}.")
    _print_row(evaluate.accuracy_row("varied validation patches", score))


def _ensemble(args: argparse.Namespace) -> None:
    from .evaluate import ensemble
    from .run_folder import load_checkpoint, save_checkpoint

    states = [load_checkpoint(member / "best.pt") for member in args.members]
    state = ensemble(states, args.run.name)
    args.run.mkdir(parents=True, exist_ok=True)
    save_checkpoint(state, args.run / "best.pt")
    print(f"{args.run / 'best.pt'}: {len(states)} networks. Recalibrate it next.")


def _export(args: argparse.Namespace) -> None:
    from .evaluate import read_accuracy
    from .export import export_checkpoint, read_card
    from .run_folder import load_checkpoint
    from .windows import windows_table, write_windows

    state = load_checkpoint(args.run / "best.pt")
    accuracy = read_accuracy(args.run)
    options = args.version, accuracy, args.storage, args.description
    difference = export_checkpoint(state, args.output, *options)
    print(windows_table(args.output.stem, write_windows(args.output)))
    size = args.output.stat().st_size / 1e6
    print(
        f"{args.output}: {size:.1f} MB, largest difference of a probability {difference:.1e}, "
        f"threshold {read_card(args.output).threshold:g}."
    )


def _compare(args: argparse.Namespace) -> None:
    from .compare import compare, read_experiment
    from .sources import data_folder

    shipped = EXPERIMENTS / f"{args.experiment}.toml"
    experiment = read_experiment(shipped if shipped.is_file() else Path(args.experiment))
    folder = args.folder or Path("runs") / experiment.name
    print(compare(experiment, args.data or data_folder(), folder, args.only))


def _select_bands(args: argparse.Namespace) -> None:
    from .select_bands import select_bands
    from .sources import data_folder

    data, changes = args.data or data_folder(), tuple(args.set)
    print(select_bands(args.recipe, args.sets, args.networks, data, args.folder, changes))


def _few_labels(args: argparse.Namespace) -> None:
    from .compare import read_experiment
    from .few_labels import run_few_labels
    from .sources import data_folder

    shipped = EXPERIMENTS / f"{args.experiment}.toml"
    experiment = read_experiment(shipped if shipped.is_file() else Path(args.experiment))
    folder = args.folder or Path("runs") / experiment.name
    ends = math.inf if args.minutes is None else time.monotonic() + 60 * args.minutes
    data = args.data or data_folder()
    table = run_few_labels(
        experiment,
        data,
        folder,
        args.only,
        args.draws,
        stop=lambda: time.monotonic() > ends,
        device_name=args.device,
    )
    print(table)


def _card_table(args: argparse.Namespace) -> None:
    from .table import write_table

    print(write_table(args.folder))


def _windows(args: argparse.Namespace) -> None:
    from .windows import measure_windows, windows_table, write_windows

    scenes = [_scene(args)] if args.scene and args.labels else []
    found = (write_windows if args.write else measure_windows)(args.model, scenes)
    print(windows_table(args.model.stem, found))


def _panels(args: argparse.Namespace) -> None:
    from .panels import draw_panels

    draw_panels(args.models, _scene(args), args.output, args.credit, args.relief)
    print(args.output)


def _fit_sun(args: argparse.Namespace) -> None:
    from .illumination import taiwan_sun
    from .sources import data_folder

    found = taiwan_sun(args.data or data_folder())
    print(
        f"Azimuth {found.sun.azimuth:.1f}, elevation {found.sun.elevation:.1f} degrees; partial "
        f"correlation with brightness {found.correlation:.2f}, {found.pixels:,} pixels."
    )


def _shade_recall(args: argparse.Namespace) -> None:
    from ..engine.assessment.shade_recall import score_table
    from .shade import draw_shade, shade_recall

    if args.figure:
        draw_shade(args.model, _scene(args), args.figure)
    lit, facing = shade_recall(args.model, _scene(args), args.even_light)
    print(f"{args.model.stem}\n")
    print(score_table(lit, "illumination") if lit else "The sun of this scene is not known.")
    print(f"\n{score_table(facing, 'aspect')}")


def _confidence(args: argparse.Namespace) -> None:
    from .answer import answer
    from .confidence import confidence_table

    said = answer(args.model, _scene(args))
    print(f"{args.model.stem}\n")
    print(confidence_table(said, args.thresholds or [said.threshold]))


def _before_after(args: argparse.Namespace) -> None:
    from .before_after import before_after

    print(before_after(args.models, _scene(args), str(args.pre_event)))


def _scene(args: argparse.Namespace) -> Scene:
    """The labelled scene that the command line names."""
    from .answer import Scene

    dem = str(args.dem) if args.dem else ""
    return Scene(args.region or args.scene.stem, str(args.scene), str(args.labels), dem)


def _networks(_args: argparse.Namespace) -> None:
    from .network_table import network_table

    print(network_table())


def _print_row(row: Accuracy) -> None:
    print(f"{row.region}: P {row.precision:.3f}, R {row.recall:.3f}, F1 {row.f1:.3f}")


def main() -> int:
    """Run a command; a user's mistake becomes one sentence and exit status 1."""
    args = parser().parse_args()
    try:
        args.run_command(args)
    except LandslipError as err:
        print(f"error: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
