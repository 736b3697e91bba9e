"""A review: decisions about one outline after the other, written and taken back. No widgets."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from qgis.core import QgsGeometry, QgsVectorLayer

from ..engine.inventory.fields import METHODS, REVIEW_STATUS
from .queue import Order
from .review_layer import (
    METHOD,
    REVIEWED_AT,
    REVIEWER,
    STATUS,
    ConflictError,
    ReviewLayer,
    Stored,
)
from .session import Session

UNREVIEWED, ACCEPTED, EDITED, REJECTED = REVIEW_STATUS
_SEMI_AUTOMATIC = METHODS[1]


@dataclass(frozen=True)
class Decision:
    """What was written, for taking it back.

    Attributes:
        fid: Of which outline.
        before: Its values before; None where the outline is a new one.
        after: The outline as it was written.
    """

    fid: int
    before: dict[str, str] | None
    after: Stored


class Review:
    """A review of one layer.

    Attributes:
        reviewer: Whose name is written.
        stored: The outline that is up, as it was read; None at the end.
    """

    def __init__(
        self,
        layer: QgsVectorLayer,
        reviewer: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.layer = ReviewLayer(layer)
        self.layer.check_ready()
        self.session = Session(self.layer.read_columns(), clock)
        self.reviewer = reviewer
        self.stored: Stored | None = None
        self._decisions: list[Decision] = []
        self._only_unreviewed = True

    def arrange(self, order: Order, only_unreviewed: bool) -> None:
        """Begin anew at the first outline of an order."""
        self.save()
        self.session.arrange(order, only_unreviewed)
        self._only_unreviewed = only_unreviewed
        self._load(forward=True)
        self._skip_reviewed()

    # --- decisions ---

    def decide(self, status: str) -> None:
        """Write a verdict. Accepted and rejected ones give way to the next outline."""
        stored = self.stored
        if stored is None:
            return
        self.layer.check_status()
        # An outline that was changed is no plain 'accepted'.
        written = EDITED if status == ACCEPTED and self.layer.is_redrawn(stored.fid) else status
        self._write({STATUS: written})
        self.session.set_status(stored.fid, written)
        self.session.pace.decided()
        if status != EDITED:
            self.next()

    def set_value(self, name: str, value: str) -> None:
        """Write a type, a confidence or notes."""
        if self.stored is not None and self.stored.text(name) != value:
            self._write({name: value})

    def _write(self, values: dict[str, str]) -> None:
        known = self.stored
        if known is None:
            return
        values = {**values, **self._signature()}
        try:
            self.stored = self.layer.write(known, values)
        except ConflictError as conflict:
            self._reconsider(conflict)
            raise
        written = self.layer.text_columns()
        before = {name: known.text(name) for name in values if name in written}
        self._decisions.append(Decision(known.fid, before, self.stored))

    def _signature(self) -> dict[str, str]:
        now = datetime.now(timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )  # as reviews on sheets say it
        return {REVIEWER: self.reviewer, REVIEWED_AT: now}

    def _reconsider(self, conflict: ConflictError) -> None:
        """Take what is in the file now for known: the reviewer has been told."""
        if conflict.now is None and self.stored is not None:
            self.session.remove(self.stored.fid)
        elif conflict.now is not None:
            self.stored = conflict.now
            self.session.set_status(conflict.now.fid, conflict.now.text(STATUS))

    def add_missed(self, geometry: QgsGeometry, values: dict[str, str]) -> Stored:
        """Add a landslide that the detection missed."""
        verdict = {METHOD: _SEMI_AUTOMATIC, STATUS: ACCEPTED, **self._signature()}
        added = self.layer.add(geometry, {**values, **verdict})
        self._decisions.append(Decision(added.fid, None, added))
        return added

    # --- taking back ---

    def undo(self) -> str:
        """Take back the latest edit of an outline that waits, else the latest decision.

        Returns:
            What was taken back, in words; empty where there is nothing.
        """
        if self.layer.has_edits():
            self.layer.undo_edit()
            return "The latest edit of an outline is undone."
        if not self._decisions:
            return ""
        decision = self._decisions.pop()
        if decision.before is None:
            self.layer.remove(decision.after)
            return "The landslide that was added is gone again."
        self.stored = self._written_back(decision, decision.before)
        self.session.set_status(decision.fid, self.stored.text(STATUS))
        self.session.go_to(decision.fid)
        return "The latest decision is taken back."

    def _written_back(self, decision: Decision, before: dict[str, str]) -> Stored:
        now = self.layer.load(decision.fid)
        if now is None or any(now.text(name) != decision.after.text(name) for name in before):
            raise ConflictError(
                "Somebody has changed or deleted the outline of the latest decision meanwhile. "
                "It stays as it is.",
                now,
            )
        return self.layer.write(now, before)

    # --- ways ---

    def next(self) -> None:
        """Save what waits, and go on; over what was decided meanwhile, by whomever."""
        self.save()
        # What a decision was taken back of may be no part of this round.
        if self.stored is None or self.stored.fid == self.session.current:
            self.session.next()
        self._load(forward=True)
        self._skip_reviewed()

    def back(self) -> None:
        """Save what waits, and go back."""
        self.save()
        self.session.back()
        self._load(forward=False)

    def _skip_reviewed(self) -> None:
        while self._only_unreviewed and self.stored is not None:
            status = self.stored.text(STATUS)
            if status in ("", UNREVIEWED):
                return
            self.session.set_status(self.stored.fid, status)
            self.session.next()
            self._load(forward=True)

    def save(self) -> None:
        """Write edits of outlines that wait."""
        if self.stored is None:
            return
        try:
            self.stored = self.layer.save(self.stored)
        except ConflictError as conflict:
            self._reconsider(conflict)
            raise

    def note_statuses(self, changes: dict[int, dict[int, Any]]) -> None:
        """Statuses that were written into the file in other ways, such as by QGIS's form."""
        index = self.layer.columns().get(STATUS)
        for fid, values in changes.items():
            if index in values:
                self.session.set_status(fid, str(values[index] or ""))

    def note_written(self, fids: Collection[int]) -> None:
        """What this QGIS has written of the outline that is up is no change by somebody else."""
        if self.stored is not None and self.stored.fid in fids:
            self.stored = self.layer.load(self.stored.fid) or self.stored

    def _load(self, forward: bool) -> None:
        """Read the outline that is up, or the nearest one that is still there."""
        while True:
            fid = self.session.current
            self.stored = None if fid is None else self.layer.load(fid)
            if fid is None or self.stored is not None:
                return
            self.session.remove(fid)
            first = self.session.place[0] == 1
            forward = forward or first
            (self.session.next if forward else self.session.back)()

    def finish(self) -> None:
        """Save what waits, and end."""
        self.layer.finish()
