"""The command ``landslip``.

Exit status: 0 when all went well, 1 when a message on standard error says what was wrong (also
with a file that was checked), 2 when the command line was wrong, 130 when it was stopped with
Ctrl-C, 143 when it was told to terminate.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .stop import INTERRUPTED, Stop

STOPPED = INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    stop = Stop()
    with stop.listening():
        try:
            from .run import run  # takes a moment, in which Ctrl-C may come already

            status = run(arguments, stop)
        except BaseException:  # what it interrupts may make another error of it
            if not stop.at_once:
                raise
            status = stop.status
    if stop.asked:  # Python takes a while to end, and one more signal would kill it there
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
