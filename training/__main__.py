"""`python -m landslip.training`: train a network, score it, and pack it into a model file.

From nothing to a shipped model:

    python -m landslip.training train resunet_rgb --run runs/resunet_rgb
    python -m landslip.training evaluate runs/resunet_rgb
    python -m landslip.training export runs/resunet_rgb --output weights/resunet_rgb.onnx
    python -m landslip.training card-table weights

With few labels:

    python -m landslip.training pretrain swav_rgb --run runs/swav_rgb
    python -m landslip.training train few_labels_rgb --run runs/few_labels_rgb
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from ..engine.card import Accuracy
from ..engine.errors import LandslipError, ParameterError

RECIPES = Path(__file__).parent / "recipes"
#: The shipped recipes for `pretrain`; all others are for `train`.
PRETRAINING = ("swav_rgb",)


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
    _add_export(commands)
    _add_card_table(commands)
    _add_networks(commands)
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
    command.add_argument(
        "recipe",
        help="a TOML file, or the name of a shipped recipe: "
        + ", ".join(sorted({path.stem for path in RECIPES.glob("*.toml")} - {*PRETRAINING})),
    )
    command.add_argument("--run", type=Path, help="folder of the run (default: runs/NAME)")
    command.add_argument("--epochs", type=int, help="instead of the recipe's")
    command.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    command.add_argument("--batch", type=int, help="instead of the recipe's")
    command.add_argument("--seed", type=int, help="instead of the recipe's")
    command.add_argument(
        "--encoder", help="encoder.pt of a pretrain run to start from, instead of the recipe's"
    )
    command.add_argument(
        "--max-steps", type=int, help="stop early: a check that everything is in place"
    )
    _add_data(command)
    command.set_defaults(run_command=_train)


def _add_pretrain(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "pretrain",
        help="pre-train an encoder without labels, or go on with it",
        description="Pre-train the encoder of a network with SwAV. Writes last.pt, encoder.pt, "
        "log.csv and curve.png into the folder of the run; a recipe of train, or its --encoder, "
        "names encoder.pt. The same command again resumes after a kill.",
    )
    command.add_argument(
        "recipe",
        help="a TOML file, or the name of a shipped recipe: " + ", ".join(PRETRAINING),
    )
    command.add_argument("--run", type=Path, help="folder of the run (default: runs/NAME)")
    command.add_argument("--epochs", type=int, help="instead of the recipe's")
    command.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    command.add_argument("--batch", type=int, help="instead of the recipe's")
    command.add_argument("--seed", type=int, help="instead of the recipe's")
    command.add_argument(
        "--max-steps", type=int, help="stop early: a check that everything is in place"
    )
    _add_data(command)
    command.set_defaults(run_command=_pretrain)


def _add_evaluate(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "evaluate",
        help="score the best checkpoint of a run on what it never saw",
        description="Score best.pt at the threshold that validation chose, on the test block of "
        "the recipe or on a labelled scene, and store the row in accuracy.json for the card.",
    )
    command.add_argument("run", type=Path, help="folder of the run")
    command.add_argument(
        "--scene", type=Path, help="raster with named bands, reflectance x 10000, to be scored"
    )
    command.add_argument("--labels", type=Path, help="its reference: 1 landslide, 0 not, nodata")
    command.add_argument("--region", help="what the row of the card calls the scene")
    command.add_argument("--dem", type=Path, help="its DEM, for networks that read terrain")
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
    command.add_argument("run", type=Path, help="folder of the run")
    command.add_argument(
        "--enlarge", type=float, default=1.0, help="such as 1.5 (default: %(default)g, not at all)"
    )
    _add_data(command)
    command.set_defaults(run_command=_recalibrate)


def _add_export(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "export",
        help="pack the best checkpoint of a run into a model file",
        description="Write an .onnx file with its scaling and its model card inside, and compare "
        "it with the network. Needs a run that was evaluated.",
    )
    command.add_argument("run", type=Path, help="folder of the run")
    command.add_argument("--output", type=Path, required=True, help="the .onnx file to write")
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


def _add_card_table(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "card-table",
        help="write README.md of a folder of model files",
        description="Write README.md: one row per .onnx file of the folder, from its card.",
    )
    command.add_argument("folder", type=Path, help="the folder, such as weights")
    command.set_defaults(run_command=_card_table)


def _add_networks(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "networks",
        help="print parameters and operations of every network",
        description="Print a table: paper, parameters, and operations for a patch of 128 x 128.",
    )
    command.set_defaults(run_command=_networks)


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=Path,
        help="folder with l4s_rgb.npz (default: $LANDSLIP_DATA, or shared/data beside the "
        "repository)",
    )


# --- the commands --------------------------------------------------------------------------------


def _train(args: argparse.Namespace) -> None:
    from .data import data_folder
    from .train import read_recipe, train

    shipped = RECIPES / f"{args.recipe}.toml"
    config = read_recipe(shipped if shipped.is_file() else Path(args.recipe))
    config = _with_flags(config, args, "epochs", "learning_rate", "batch", "seed", "encoder")
    folder = args.run or Path("runs") / config.name
    best = train(config, args.data or data_folder(), folder, args.max_steps)
    print(f"Best checkpoint: {best}" if best.is_file() else "Stopped before the first validation.")


def _pretrain(args: argparse.Namespace) -> None:
    from .data import data_folder
    from .pretrain import pretrain, read_recipe

    shipped = RECIPES / f"{args.recipe}.toml"
    config = read_recipe(shipped if shipped.is_file() else Path(args.recipe))
    config = _with_flags(config, args, "epochs", "learning_rate", "batch", "seed")
    folder = args.run or Path("runs") / config.name
    encoder = pretrain(config, args.data or data_folder(), folder, args.max_steps)
    print(f"Encoder: {encoder}" if encoder.is_file() else "Stopped before the first epoch's end.")


def _with_flags(config: Any, args: argparse.Namespace, *names: str) -> Any:
    """The configuration with what the command line says instead of the recipe."""
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return dataclasses.replace(config, **given)


def _evaluate(args: argparse.Namespace) -> None:
    from . import evaluate
    from .data import data_folder
    from .train import config_from_dict, load_checkpoint

    state = load_checkpoint(args.run / "best.pt")
    print(f"Threshold {state['threshold']:.2f}, epoch {state['epoch']}.")
    if args.scene:
        if not args.labels:
            raise ParameterError("--scene needs --labels, a raster with its landslides.")
        score = evaluate.scene_accuracy(state, args.scene, args.labels, args.dem)
        row = evaluate.accuracy_row(args.region or args.scene.stem, score)
        _print_row(row)
        evaluate.store_accuracy(args.run, row)
        return
    scores = evaluate.block_accuracy(state, args.data or data_folder())
    for part, score in scores.items():
        _print_row(evaluate.accuracy_row(part, score))
    block = config_from_dict(state["config"]).test
    region = f"Taiwan, tile rows {block.first_row}-{block.last_row}, behind a guard row"
    evaluate.store_accuracy(args.run, evaluate.accuracy_row(region, scores["test"]))


def _recalibrate(args: argparse.Namespace) -> None:
    from . import evaluate
    from .data import data_folder
    from .train import load_checkpoint, save_checkpoint

    state = load_checkpoint(args.run / "best.pt")
    score = evaluate.recalibrate(state, args.data or data_folder(), args.enlarge)
    save_checkpoint(state, args.run / "best.pt")
    (args.run / "accuracy.json").unlink(missing_ok=True)  # it was of the network as it was before
    print(f"Enlarged by {args.enlarge:g}, threshold {state['threshold']:.2f}.")
    _print_row(evaluate.accuracy_row("varied validation patches", score))


def _export(args: argparse.Namespace) -> None:
    from .evaluate import read_accuracy
    from .export import card_from_checkpoint, export, network_from_checkpoint
    from .train import load_checkpoint

    state = load_checkpoint(args.run / "best.pt")
    card = card_from_checkpoint(state, args.version, read_accuracy(args.run))
    difference = export(network_from_checkpoint(state), card, args.output, args.storage)
    size = args.output.stat().st_size / 1e6
    print(
        f"{args.output}: {size:.1f} MB, largest difference of a probability {difference:.1e}, "
        f"threshold {card.threshold:g}."
    )


def _card_table(args: argparse.Namespace) -> None:
    from .table import write_table

    print(write_table(args.folder))


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
