"""What ends a run from outside: Ctrl-C, and the signal by which schedulers end a job."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

#: Exit status of a run that was stopped with Ctrl-C.
INTERRUPTED = 128 + int(signal.SIGINT)


class Stop:
    """The first signal ends a run in order, the second at once, the third without cleaning up.

    Before the work there is nothing to clean up: an exception there would be taken for a fault of
    the package that is just being imported.

    Attributes:
        asked: Whether a signal has come.
        at_once: Whether a second one has, by which KeyboardInterrupt is raised.
        status: The exit status that tells which signal it was.
    """

    def __init__(self) -> None:
        self.asked = self.at_once = False
        self.status = INTERRUPTED
        self._begun = self._working = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals within this block."""
        if threading.current_thread() is not threading.main_thread():  # others get none
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        former = {number: signal.signal(number, self._received) for number in numbers}
        try:
            yield
        finally:
            if not self.asked:  # else more may come while the program ends
                for number, handler in former.items():
                    signal.signal(number, handler or signal.SIG_DFL)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Within this block `asked` is looked at, and exceptions clean up."""
        self._begun = self._working = True
        try:
            yield
        finally:
            self._working = False

    def _received(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        self.status = 128 + number
        if not self._begun:
            _say("Stopped before the work began. No file was written.")
            os._exit(self.status)
        if again and (self.at_once or not self._working):
            os._exit(self.status)
        if again:
            self.at_once = True
            _say("Stopped at once. If something half-done was left, the next run removes it.")
            raise KeyboardInterrupt


def _say(text: str) -> None:
    """Write to standard error, also while it is being written to."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # nobody listens
            os.write(sys.stderr.fileno(), f"{text}\n".encode())
