"""What a run tells while it lasts, and what it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..engine.common.errors import Cancelled
from ..engine.common.hooks import Check, Progress, Warn

Values = dict[str, Any]


@dataclass(frozen=True)
class Listeners:
    """What a run tells while it lasts, and what it asks."""

    progress: Progress
    cancelled: Check
    warn: Warn

    def check(self) -> None:
        """Go on, unless the run is to stop.

        Raises:
            Cancelled: It is.
        """
        if self.cancelled():
            raise Cancelled("Stopped on request. Nothing was written.")

    def say(self, message: str) -> None:
        """Tell a sentence that is no warning, at the end of a run."""
        self.progress(1.0, message)
