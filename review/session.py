"""Where a reviewer is: which outline, how many are done, how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np

from .queue import Columns, Order, is_reviewed, ordered

#: Decisions that make the pace, and seconds after which a pause is no part of it.
_LATEST, _PAUSE = 30, 180.0


class Pace:
    """Seconds an outline takes, from the latest decisions."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._taken: list[float] = []

    def decided(self) -> None:
        """Count a decision."""
        now = self._clock()
        taken, self._last = now - self._last, now
        if taken <= _PAUSE:
            self._taken = [*self._taken, taken][-_LATEST:]

    def seconds(self) -> float | None:
        """Seconds an outline; None before anything is known."""
        return median(self._taken) if self._taken else None


class Session:
    """A way through the outlines of a layer."""

    def __init__(self, columns: Columns, clock: Callable[[], float] = time.monotonic) -> None:
        self._columns = columns
        self._row = {int(fid): row for row, fid in enumerate(columns.fid)}
        self._status = columns.status.copy()
        # Also as yes and no: texts of 100,000 outlines are not compared at every key.
        self._reviewed = is_reviewed(columns.status)
        self._gone = np.zeros(len(columns.fid), dtype=bool)
        self._queue = np.zeros(0, dtype=int)
        self._place = 0
        self.pace = Pace(clock)

    def arrange(self, order: Order, only_unreviewed: bool) -> None:
        """Begin anew at the first outline of an order."""
        now = replace(self._columns, status=self._status)
        self._queue = ordered(now, order, only_unreviewed)
        self._place = 0

    @property
    def current(self) -> int | None:
        """Feature id of the outline that is up; None at the end."""
        if self._place >= len(self._queue):
            return None
        return int(self._columns.fid[self._queue[self._place]])

    @property
    def place(self) -> tuple[int, int]:
        """The number of the outline that is up, from 1, and how many there are in this round."""
        return self._place + 1, len(self._queue)

    def next(self) -> None:
        """Go on; past the last one there is none."""
        self._place = min(self._place + 1, len(self._queue))

    def back(self) -> None:
        """Go back; the first one stays."""
        self._place = max(self._place - 1, 0)

    def go_to(self, fid: int) -> None:
        """Go to an outline, where it is in this round."""
        found = np.flatnonzero(self._queue == self._row.get(fid, -1))
        if len(found):
            self._place = int(found[0])

    def set_status(self, fid: int, status: str) -> None:
        """Note what was decided. Outlines that were drawn since do not count."""
        row = self._row.get(fid)
        if row is not None:
            self._status[row] = status
            self._reviewed[row] = is_reviewed(self._status[row : row + 1])[0]

    def remove(self, fid: int) -> None:
        """An outline is there no longer."""
        row = self._row.get(fid)
        if row is not None:
            self._gone[row] = True

    @property
    def total(self) -> int:
        """Outlines in the layer when the review began, without those that went since."""
        return int((~self._gone).sum())

    @property
    def reviewed(self) -> int:
        """Outlines that somebody has looked at, in this session or before."""
        return int((self._reviewed & ~self._gone).sum())

    def minutes_left(self) -> float | None:
        """Minutes for what is unreviewed in this round; None before the pace is known."""
        seconds = self.pace.seconds()
        if seconds is None:
            return None
        waiting = ~(self._reviewed | self._gone)[self._queue]
        return float(waiting.sum()) * seconds / 60

    def progress_text(self) -> str:
        """How far it is, in words."""
        text = f"{self.reviewed:,} of {self.total:,} reviewed"
        left = self.minutes_left()
        if left is None:
            return text
        return f"{text}, about {_duration(left)} left"


def _duration(minutes: float) -> str:
    if minutes < 1:
        return "a minute"
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} hours"
