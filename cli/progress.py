"""The progress of a command on standard error: a bar with the time left, and sentences."""

from __future__ import annotations

import sys
from typing import Any

from ..engine.common.dependencies import require


def tell(text: str) -> None:
    """Write a line to standard error, if there is one."""
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)


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
