"""Areas that two inventories have in common, by QGIS's geometry and its spatial index."""

from __future__ import annotations

import numpy as np
from qgis.core import QgsFeature, QgsGeometry, QgsProcessingFeedback, QgsSpatialIndex

from ..engine.common.errors import Cancelled
from ..engine.inventory.table import Table
from ..engine.inventory.update import Overlaps


def overlaps(known: Table, found: Table, feedback: QgsProcessingFeedback) -> Overlaps:
    """How the outlines of two tables in one CRS lie on each other.

    Raises:
        Cancelled: The user stopped the run.
    """
    ours, theirs = _geometries(known), _geometries(found)
    index = _index(theirs)
    shared = {}
    for i, outline in enumerate(ours):
        if feedback.isCanceled():
            raise Cancelled("Stopped on request. Nothing was written.")
        feedback.setProgress(100 * i / len(ours))
        near = index.intersects(outline.boundingBox())
        if not near:
            continue
        engine = QgsGeometry.createGeometryEngine(outline.constGet())
        engine.prepareGeometry()
        for j in near:
            if engine.intersects(theirs[j].constGet()):
                area = outline.intersection(theirs[j]).area()
                if area > 0:
                    shared[i, j] = area
    return Overlaps(_areas(ours), _areas(theirs), shared)


def _geometries(table: Table) -> list[QgsGeometry]:
    outlines = []
    for record in table.records:
        outline = QgsGeometry()
        outline.fromWkb(record.wkb)
        outlines.append(outline)
    return outlines


def _index(outlines: list[QgsGeometry]) -> QgsSpatialIndex:
    index = QgsSpatialIndex()
    for number, outline in enumerate(outlines):
        feature = QgsFeature(number)
        feature.setGeometry(outline)
        index.addFeature(feature)
    return index


def _areas(outlines: list[QgsGeometry]) -> np.ndarray:
    return np.array([outline.area() for outline in outlines], dtype=float)
