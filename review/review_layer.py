"""The layer under review: what is read of it, and how a verdict gets into its file at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsField,
    QgsGeometry,
    QgsVectorDataProvider,
    QgsVectorLayer,
)

from ..algorithms.layer_file import file_of_layer
from ..algorithms.table_layer import qgis_types
from ..engine.common.errors import LandslipError, OutputError, ParameterError
from ..engine.inventory.field_names import full_name, names_in
from ..engine.inventory.fields import REVIEW_STATUS
from .queue import Columns

STATUS, TYPE, CONFIDENCE, NOTES = "review_status", "ls_type", "confidence", "notes"
REVIEWER, REVIEWED_AT, METHOD = "reviewer", "reviewed_at", "method"
#: Fields that a review fills.
REVIEW_FIELDS = (STATUS, TYPE, CONFIDENCE, NOTES, REVIEWER, REVIEWED_AT)
_LONGEST_STATUS = max(map(len, REVIEW_STATUS))


@dataclass(frozen=True)
class Stored:
    """An outline as it is in the file.

    Attributes:
        fid: Feature id.
        values: Its attributes by the inventory's names, None where empty.
        geometry: Its outline.
    """

    fid: int
    values: dict[str, Any]
    geometry: QgsGeometry

    def text(self, name: str) -> str:
        """An attribute as text, empty where it is not there."""
        value = self.values.get(name)
        return "" if value is None else str(value)


class ConflictError(LandslipError):
    """Somebody else has changed an outline since it was read.

    Attributes:
        now: What is in the file now; None where it was deleted.
    """

    def __init__(self, message: str, now: Stored | None) -> None:
        super().__init__(message)
        self.now = now


class ReviewLayer:
    """Reads and writes the outlines of one layer."""

    def __init__(self, layer: QgsVectorLayer) -> None:
        self.layer = layer
        self._began = False

    # --- columns ---

    def columns(self) -> dict[str, int]:
        """Index of each column by the inventory's name: a Shapefile has cut it."""
        names = self.layer.fields().names()
        return {full_name(name, names): index for index, name in enumerate(names)}

    def text_columns(self) -> dict[str, int]:
        """Those columns that take the words of a review."""
        fields = self.layer.fields()
        return {n: i for n, i in self.columns().items() if fields[i].type() == qgis_types()[str]}

    def missing_fields(self) -> list[str]:
        """Fields of a review that the layer lacks."""
        there = self.columns()
        file = file_of_layer(self.layer)
        cut = dict(zip(REVIEW_FIELDS, names_in(REVIEW_FIELDS, file))) if file else {}
        return [n for n in REVIEW_FIELDS if n not in there and cut.get(n, n) not in there]

    def add_fields(self, names: Sequence[str]) -> None:
        """Add text columns to the file.

        Raises:
            OutputError: It takes none.
        """
        file = file_of_layer(self.layer)
        columns = names_in(names, file) if file else list(names)
        with self._written("Add review fields"):
            for column in columns:
                self._do(self.layer.addAttribute(QgsField(column, qgis_types()[str])))

    # --- reading ---

    def read_columns(self) -> Columns:
        """What the order and the progress need, of all outlines, without their geometries."""
        there = self.columns()
        names = ("prob_mean", "threshold", "area_m2", "change", STATUS, "rank")
        wanted = [there.get(name, -1) for name in names]
        request = QgsFeatureRequest()
        request.setFlags(QgsFeatureRequest.NoGeometry)
        request.setSubsetOfAttributes([index for index in wanted if index >= 0])
        fids, rows = [], []
        for feature in self.layer.getFeatures(request):
            attributes = feature.attributes()
            fids.append(feature.id())
            rows.append([attributes[index] if index >= 0 else None for index in wanted])
        read = zip(*rows) if rows else ((),) * len(names)
        probability, threshold, area, change, status, rank = read
        return Columns(
            np.array(fids, dtype=np.int64),
            _numbers(probability),
            _numbers(threshold),
            _numbers(area),
            _texts(change),
            _texts(status),
            _numbers(rank),
        )

    def load(self, fid: int) -> Stored | None:
        """An outline as the file has it now, whatever is being edited; None where it is gone."""
        request = QgsFeatureRequest(fid)
        for feature in self.layer.dataProvider().getFeatures(request):
            return self._stored(feature)
        return None

    def _stored(self, feature: QgsFeature) -> Stored:
        values = feature.attributes()
        named = {name: _plain(values[i]) for name, i in self.columns().items() if i < len(values)}
        return Stored(feature.id(), named, QgsGeometry(feature.geometry()))

    # --- writing ---

    def check_ready(self) -> None:
        """Refuse a layer that cannot be reviewed as it is.

        Raises:
            ParameterError: It takes no status, or has edits that are not saved.
            OutputError: It cannot be written.
        """
        self.check_status()
        if self.layer.isEditable() and self.layer.isModified():
            raise ParameterError(
                f"The layer '{self.layer.name()}' has edits that are not saved. Save or discard "
                "them, then start the review."
            )
        self.check_writable()

    def check_status(self) -> None:
        """Refuse a layer that has no room for a verdict, perhaps no longer.

        Raises:
            ParameterError: It has none.
        """
        if STATUS in self.missing_fields():
            raise ParameterError(
                f"The layer '{self.layer.name()}' has no column {STATUS}, into which a verdict "
                "goes. Add the fields of a review with the button below, or choose another layer."
            )
        column = self.layer.fields()[self.columns()[STATUS]]
        if STATUS not in self.text_columns() or 0 < column.length() < _LONGEST_STATUS:
            raise ParameterError(
                f"The column {column.name()} of '{self.layer.name()}' takes {column.typeName()} of "
                f"{column.length()} letters; expected text of {_LONGEST_STATUS} or more. Rename "
                "the column, and add the fields of a review."
            )

    def write(self, known: Stored, values: dict[str, str]) -> Stored:
        """Write attributes of an outline into the file, with all edits that wait.

        Columns that the layer lacks, or that take no text, are left out.

        Args:
            known: The outline as it was read.
            values: New values by the inventory's names; empty ones take a value away.

        Returns:
            The outline as it is now.

        Raises:
            ConflictError: Somebody changed it since it was read. Nothing was written.
            OutputError: The file takes nothing. Nothing was written.
        """
        self.check_unchanged(known)
        there = self.text_columns()
        with self._written("Review an outline"):
            for name, value in values.items():
                if name in there:
                    self._do(self.layer.changeAttributeValue(known.fid, there[name], value or None))
        return self._reloaded(known)

    def add(self, geometry: QgsGeometry, values: dict[str, str]) -> Stored:
        """Add an outline to the file.

        Raises:
            OutputError: The file takes none.
        """
        feature = QgsFeature(self.layer.fields())
        feature.setGeometry(geometry)
        there = self.text_columns()
        for name, value in values.items():
            if name in there:
                feature.setAttribute(there[name], value)
        written: list[QgsFeature] = []

        def keep(_layer: str, features: list[QgsFeature]) -> None:
            written.extend(features)

        self.layer.committedFeaturesAdded.connect(keep)
        try:
            with self._written("Add a missed landslide"):
                self._do(self.layer.addFeature(feature))
        finally:
            self.layer.committedFeaturesAdded.disconnect(keep)
        added = self.load(written[-1].id()) if written else None
        if added is None:
            raise OutputError(f"The new outline is not in '{self.layer.name()}'. Add it again.")
        return added

    def remove(self, known: Stored) -> None:
        """Delete an outline.

        Raises:
            ConflictError: Somebody changed it since it was read.
            OutputError: The file cannot be written.
        """
        self.check_unchanged(known)
        with self._written("Take an outline back"):
            self._do(self.layer.deleteFeature(known.fid))

    def save(self, known: Stored) -> Stored:
        """Write edits of outlines that wait in QGIS; `known` is the outline that is up.

        Raises:
            ConflictError: Somebody changed it since it was read.
            OutputError: The file takes nothing. The edits wait on.
        """
        if not self.has_edits():
            return known
        self.check_unchanged(known)
        self._commit()
        return self._reloaded(known)

    def has_edits(self) -> bool:
        """Whether edits wait that are not in the file."""
        return bool(self.layer.isEditable() and self.layer.isModified())

    @contextmanager
    def edits(self, title: str) -> Iterator[None]:
        """Edit outlines as one step of QGIS's undo, which waits until it is saved.

        Raises:
            OutputError: The layer cannot be edited.
        """
        self._start()
        self.layer.beginEditCommand(title)
        end = self.layer.destroyEditCommand
        try:
            yield
            end = self.layer.endEditCommand
        finally:
            end()

    def is_redrawn(self, fid: int) -> bool:
        """Whether edits of this outline wait."""
        return self.has_edits() and fid in self.layer.editBuffer().changedGeometries()

    def undo_edit(self) -> None:
        """Take the latest edit back that waits."""
        self.layer.undoStack().undo()

    def finish(self) -> None:
        """Save what waits, and leave editing if the review began it.

        Raises:
            OutputError: The file takes nothing. The edits wait on.
        """
        if self.has_edits():
            self._commit()
        if self._began and self.layer.isEditable():
            self._began = False
            self.layer.commitChanges()

    def check_unchanged(self, known: Stored) -> None:
        """Compare the file with what was read of it.

        Raises:
            ConflictError: They differ.
        """
        now = self.load(known.fid)
        if now is None:
            way = "Take your edits back with U, then go on." if self.has_edits() else "Go on."
            raise ConflictError(
                f"Somebody has deleted this outline meanwhile. Nothing was written. {way}", None
            )
        changed = [
            f"{name} is {now.text(name) or 'empty'} (was {known.text(name) or 'empty'})"
            for name in now.values
            if not _same(now.values[name], known.values.get(name))
        ]
        if now.geometry.asWkb() != known.geometry.asWkb():
            changed.append("its outline is another one")
        if changed:
            raise ConflictError(
                "Somebody has changed this outline meanwhile: "
                f"{', '.join(changed)}. Nothing was written. Look again: the same key once more "
                "writes your verdict over it.",
                now,
            )

    def _reloaded(self, known: Stored) -> Stored:
        now = self.load(known.fid)
        return known if now is None else now

    @contextmanager
    def _written(self, title: str) -> Iterator[None]:
        """One step of editing that is in the file afterwards, or not there at all."""
        with self.edits(title):
            yield
        try:
            self._commit()
        except OutputError:
            self.undo_edit()
            raise

    def check_writable(self) -> None:
        """Refuse a layer that cannot be changed.

        Raises:
            OutputError: It cannot.
        """
        provider = self.layer.dataProvider()
        can = provider.capabilities() & QgsVectorDataProvider.ChangeAttributeValues
        if self.layer.readOnly() or not can:
            raise OutputError(
                f"'{self.layer.name()}' cannot be changed: its file or folder is read-only, or its "
                "format takes no edits. Save it as a GeoPackage elsewhere (Export > Save Features "
                "As), and review that."
            )

    def _start(self) -> None:
        self.check_writable()
        if self.layer.isEditable():
            return
        if not self.layer.startEditing():
            raise OutputError(
                f"'{self.layer.name()}' cannot be edited. Check that its file is there and is not "
                "read-only, then press the key again."
            )
        self._began = True

    def _commit(self) -> None:
        if not self.layer.commitChanges(False):
            reasons = " ".join(" ".join(self.layer.commitErrors()).split())
            raise OutputError(
                f"The file of '{self.layer.name()}' took nothing ({reasons}). It may be locked by "
                "another program, read-only, or its disk full. Close the other program or make "
                "room, then press the key again. What was decided before is safe."
            )

    def _do(self, done: bool) -> None:
        if not done:
            raise OutputError(
                f"QGIS refuses this edit of '{self.layer.name()}'. Reload the layer and try again."
            )


def _plain(value: Any) -> Any:
    """A value of QGIS, None in place of its NULL."""
    return None if hasattr(value, "isNull") and value.isNull() else value


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same; one that is no number is the same as itself."""
    return bool(one == other or (one != one and other != other))


def _numbers(values: Sequence[Any]) -> np.ndarray:
    return np.array([_number(value) for value in values], dtype=float)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


def _texts(values: Sequence[Any]) -> np.ndarray:
    return np.array([value if isinstance(value, str) else "" for value in values], dtype=object)
