"""What a command says: its progress on standard error, with a bar, and its results."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..engine.common.dependencies import require


def tell(text: str) -> None:
    """Write a line to standard error, if there is one that takes it."""
    if sys.stderr is not None:
        try:
            print(text, file=sys.stderr, flush=True)
        except OSError:  # no reason to end a run of hours
            _give_up(sys.stderr)


@contextmanager
def printing(failed: str) -> Iterator[None]:
    """Print to standard output within this block: what the output does not take ends the program.

    Args:
        failed: What to say on standard error then.

    Raises:
        SystemExit: Its reader has gone, or its disk is full.
    """
    if hasattr(sys.stdout, "reconfigure"):  # a name may have letters that the terminal lacks
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:  # help, too, after which the parser raises SystemExit
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as err:
        _give_up(sys.stdout)
        tell(f"{failed} ({err.strerror or err}).")
        raise SystemExit(1) from err


def _give_up(stream: Any) -> None:
    """Lead a stream to nowhere: Python would flush it once more at the end, and complain."""
    with suppress(OSError, ValueError):  # it has no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Bar:
    """A bar where somebody looks; sentences alone where standard error goes to a file.

    Args:
        quiet: Whether to show warnings alone.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Any = None
        if not quiet and sys.stderr is not None and sys.stderr.isatty():
            self._bar = require("tqdm").tqdm(
                total=100,
                bar_format="{percentage:3.0f} % {bar} {elapsed}, {remaining} left",
                leave=False,
            )

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, done: float, message: str) -> None:
        """Move the bar to a share 0..1, and show a sentence if there is one."""
        if self._bar is not None:
            self._bar.update(100 * done - self._bar.n)
        if message and not self._quiet:
            self._write(message)

    def warn(self, message: str) -> None:
        """Show a warning."""
        self._write(f"Warning: {message}")

    def _write(self, message: str) -> None:
        if self._bar is not None:
            self._bar.write(message, file=sys.stderr)
        else:
            tell(message)
