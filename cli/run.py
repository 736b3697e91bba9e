"""Runs a command: from the command line to printed results."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any

from ..engine.common.errors import Cancelled, LandslipError, file_problem
from ..engine.common.report import MADE_BY
from . import scenes
from .commands import RUN
from .listeners import Listeners, Values
from .options import check_outputs, commands, parser_of, values_of
from .progress import Bar, printing, tell
from .stop import Stop


def run(arguments: Sequence[str] | None, stop: Stop) -> int:
    """Run a command; returns the exit status: 1 where a file was checked and is not valid, too.

    Raises:
        SystemExit: The command line was wrong, or asked for help; or nothing could be printed.
    """
    known = commands()
    with printing("The text could not be printed"):
        parser = parser_of(known, MADE_BY)
        given = parser.parse_args(arguments)
    if given.command == "detect":
        scenes.check_arguments(given, parser)
    command = next(each for each in known if each.name == given.command)
    with stop.working():
        try:
            values = values_of(command, given)
            check_outputs(command, values)
            with Bar(quiet=given.quiet) as bar:
                listeners = Listeners(bar.show, lambda: stop.asked, bar.warn)
                results = _results(RUN[command.algorithm], values, given, listeners)
        except Cancelled as err:
            tell(str(err))
            return stop.status
        except LandslipError as err:
            tell(str(err))
            return 1
        except OSError as err:  # of a file that has no sentence of its own
            tell(file_problem(err))
            return 1
    with printing("All outputs are written, but the results could not be printed"):
        _print(results, given)
    return 1 if results.get("VALID") is False or results.get("FAILED") else 0


def _results(
    work: Callable[[Values, Listeners], Values],
    values: Values,
    given: argparse.Namespace,
    listeners: Listeners,
) -> Values:
    """What the command finds, in one scene or in many."""
    if getattr(given, "SCENES", None):
        return scenes.detect_scenes(work, values, given.SCENES, given.output_folder, listeners)
    return work(values, listeners)


def _print(results: dict[str, Any], given: argparse.Namespace) -> None:
    if given.json:
        print(json.dumps(results))
        return
    for name, value in results.items():
        print(f"{name}: {value:.6g}" if isinstance(value, float) else f"{name}: {value}")
