"""What long work tells its caller, and what it asks: plain callables, so that any host serves."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the share done (0..1) and a sentence, or an empty one.
Progress = Callable[[float, str], None]
#: Asked between pieces of work; when it says True, the work stops.
Check = Callable[[], bool]
#: Called with each sentence that the user should see though the run goes on.
Warn = Callable[[str], None]


def or_silent(
    progress: Progress | None, cancelled: Check | None, warn: Warn | None
) -> tuple[Progress, Check, Warn]:
    """The same callables; in place of those that nobody gave, some that do nothing."""
    return (
        progress or (lambda _share, _message: None),
        cancelled or (lambda: False),
        warn or (lambda _message: None),
    )
