"""Tools on the map: a point to grow a landslide from, a line to split one along."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QKeyEvent

LINE_COLOUR = QColor("#00e5ff")


class PointTool(QgsMapTool):
    """Calls with every point that is clicked, in the map's CRS."""

    def __init__(self, canvas: QgsMapCanvas, clicked: Callable[[QgsPointXY], None]) -> None:
        super().__init__(canvas)
        self._clicked = clicked
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """A click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._clicked(event.mapPoint())


class LineTool(QgsMapTool):
    """Draws a line: left button for a point, right button for the end, Esc to begin anew."""

    def __init__(self, canvas: QgsMapCanvas, drawn: Callable[[list[QgsPointXY]], None]) -> None:
        super().__init__(canvas)
        self._drawn = drawn
        self._points: list[QgsPointXY] = []
        self._band = QgsRubberBand(canvas, QgsWkbTypes.LineGeometry)
        self._band.setColor(LINE_COLOUR)
        self._band.setWidth(2)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """A point more, or the end."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._points.append(event.mapPoint())
            self._band.addPoint(event.mapPoint())
        elif event.button() == Qt.MouseButton.RightButton:
            points = list(self._points)
            self._forget()
            if len(points) > 1:
                self._drawn(points)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """The line follows the pointer."""
        if self._points:
            self._band.movePoint(event.mapPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc begins anew."""
        if event.key() == Qt.Key.Key_Escape:
            self._forget()
            event.accept()

    def deactivate(self) -> None:
        """Another tool was chosen."""
        self._forget()
        super().deactivate()

    def _forget(self) -> None:
        self._points = []
        self._band.reset(QgsWkbTypes.LineGeometry)
