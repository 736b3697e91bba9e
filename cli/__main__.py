"""The command ``landslip``.

Exit status: 0 when all went well, 1 when a message on standard error says what was wrong (also with
a file that was checked), 2 when the command line was wrong, 130 when it was stopped with Ctrl-C.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

from ..engine.common.errors import Cancelled, LandslipError
from ..engine.common.report import MADE_BY
from .commands import RUN
from .listeners import Listeners
from .options import check_outputs, commands, parser_of, values_of
from .progress import Bar, tell

FOUND_WRONG, STOPPED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    known = commands()
    parser = parser_of(known, MADE_BY)
    given = parser.parse_args(arguments)
    command = next(each for each in known if each.name == given.command)
    stop = threading.Event()
    _stop_on_interrupt(stop)
    try:
        values = values_of(command, given)
        check_outputs(command, values)
        with Bar(quiet=given.quiet) as bar:
            listeners = Listeners(bar.show, stop.is_set, bar.warn)
            results = RUN[command.algorithm](values, listeners)
    except Cancelled as err:
        tell(str(err))
        return STOPPED
    except LandslipError as err:
        tell(str(err))
        return 1
    _tell(results, given.json)
    return FOUND_WRONG if results.get("VALID") is False else 0


def _stop_on_interrupt(stop: threading.Event) -> None:
    """The first Ctrl-C ends the run in order, the second at once."""

    def interrupted(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupted)


def _tell(results: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(results))
        return
    for name, value in results.items():
        print(f"{name}: {value:.6g}" if isinstance(value, float) else f"{name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
