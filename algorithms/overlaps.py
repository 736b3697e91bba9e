"""Areas that two inventories have in common, by QGIS's geometry and its spatial index."""

from __future__ import annotations

import numpy as np
from qgis.core import QgsFeature, QgsGeometry, QgsProcessingFeedback, QgsRectangle, QgsSpatialIndex

from ..engine.common.errors import Cancelled
from ..engine.inventory.table import Record, Table
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


def inside(known: Table, place: Table, feedback: QgsProcessingFeedback) -> list[bool]:
    """For each outline of ``known``, whether more than half of it lies in those of ``place``."""
    found = overlaps(known, place, feedback)
    covered = np.zeros(len(known.records))
    for (i, _), area in found.shared.items():
        covered[i] += area
    return [bool(each) for each in covered > found.known / 2]


def box_around(table: Table) -> Table:
    """The rectangle around all outlines as a table; empty where there are none."""
    box = QgsRectangle()
    for outline in _geometries(table):
        box.combineExtentWith(outline.boundingBox())
    if box.isEmpty():
        return Table(table.name, table.crs, {}, ())
    wkb = bytes(QgsGeometry.fromRect(box).asWkb())
    return Table(table.name, table.crs, {}, (Record(wkb, {}),))


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
