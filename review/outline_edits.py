"""Edits of outlines with QGIS's own operations, each one step of its undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsLineString,
    QgsPointXY,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..engine.common.errors import ParameterError
from ..engine.inventory.geodesy import location_id
from .review import EDITED
from .review_layer import STATUS, ReviewLayer

#: Rounds of smoothing, and how far along a side corners are cut.
_ROUNDS, _CUT = 2, 0.25


@dataclass(frozen=True)
class OutlineEdits:
    """What can be done to outlines of a layer. The edits wait until the review saves them.

    Attributes:
        on: The layer.
    """

    on: ReviewLayer

    @property
    def _layer(self) -> QgsVectorLayer:
        return self.on.layer

    def split(self, fid: int, line: Sequence[QgsPointXY]) -> int:
        """Split an outline along a line in the layer's CRS; returns the number of new parts.

        Raises:
            ParameterError: The line does not cross it from side to side.
        """
        layer = self._layer
        before = set(layer.selectedFeatureIds())
        there = set(layer.editBuffer().addedFeatures()) if layer.isEditable() else set()
        with self.on.edits("Split a landslide"):
            layer.selectByIds([fid])  # QGIS splits the selected ones alone
            layer.splitFeatures(QgsLineString(line), False, False)
            layer.selectByIds(list(before))
            new = set(layer.editBuffer().addedFeatures()) - there
            if not new:
                raise ParameterError(
                    "The line splits nothing. Draw it across the outline, from outside to outside, "
                    "and end it with the right button."
                )
            for part in (fid, *new):
                self._mark(part)
            for part in new:
                self._name(part)
        return len(new)

    def merge(self, fid: int, others: Sequence[int]) -> None:
        """Merge outlines into one, which keeps its attributes; the others are deleted.

        Raises:
            ParameterError: They do not touch, and the layer takes no outlines of several parts.
        """
        if not others:
            raise ParameterError(
                "There is one outline to merge; expected two or more. Select those that belong to "
                "this one (Select Features, with Shift for several), then merge again."
            )
        shapes = [self._feature(one).geometry() for one in (fid, *others)]
        merged = QgsGeometry.unaryUnion(shapes)
        with self.on.edits("Merge landslides"):
            self._replace(fid, merged)
            for other in others:
                self._layer.deleteFeature(other)

    def smooth(self, fid: int) -> None:
        """Round the corners of an outline.

        Raises:
            ParameterError: It would cross itself.
        """
        shape = self._feature(fid).geometry().smooth(_ROUNDS, _CUT)
        with self.on.edits("Smooth a landslide"):
            self._replace(fid, shape)

    def fill_holes(self, fid: int) -> None:
        """Fill all holes of an outline."""
        shape = self._feature(fid).geometry().removeInteriorRings()
        with self.on.edits("Fill holes of a landslide"):
            self._replace(fid, shape)

    def _replace(self, fid: int, shape: QgsGeometry) -> None:
        if shape.isEmpty() or not shape.isGeosValid():
            raise ParameterError(
                "The outline would cross itself. Nothing was changed; edit its vertices instead."
            )
        self._layer.changeGeometry(fid, fitting(shape, self._layer))
        self._mark(fid)

    def _mark(self, fid: int) -> None:
        there = self.on.text_columns()
        if STATUS in there:
            self._layer.changeAttributeValue(fid, there[STATUS], EDITED)

    def _name(self, fid: int) -> None:
        """A part has a name of its own: where it is."""
        there = self.on.text_columns()
        if "id" not in there:
            return
        name = name_of(self._feature(fid).geometry(), self._layer.crs())
        self._layer.changeAttributeValue(fid, there["id"], name)

    def _feature(self, fid: int) -> QgsFeature:
        return self._layer.getFeature(fid)


def name_of(shape: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> str:
    """The name of a landslide: a point in it."""
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    to_degrees = QgsCoordinateTransform(crs, degrees, QgsProject.instance())
    point = to_degrees.transform(shape.pointOnSurface().asPoint())
    return location_id(point.x(), point.y())


def fitting(shape: QgsGeometry, layer: QgsVectorLayer) -> QgsGeometry:
    """A polygon of the kind that the layer takes.

    Raises:
        ParameterError: It has several parts, and the layer takes one.
    """
    fitted = QgsGeometry(shape)
    if QgsWkbTypes.isMultiType(layer.wkbType()):
        fitted.convertToMultiType()
    elif fitted.isMultipart() and not fitted.convertToSingleType():
        fitted = QgsGeometry()
    parts = len(list(shape.parts()))
    if fitted.isEmpty() or (parts > 1 and not QgsWkbTypes.isMultiType(layer.wkbType())):
        raise ParameterError(
            f"The outlines do not touch: together they have {parts} parts, and the layer takes "
            "outlines of one part. Merge only those that share a border."
        )
    return fitted
