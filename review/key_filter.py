"""Keys of the panel where its reviewer looks: on the map and on the panel, never in a text."""

from __future__ import annotations

from collections.abc import Callable

from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QGroupBox, QWidget

from .keys import Command, Keys

#: Widgets of the panel that may have the focus and take no text.
_WITHOUT_TEXT = (QAbstractButton, QAbstractSlider, QComboBox, QGroupBox)
_CONTROL = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.MetaModifier,
)


class KeyFilter(QObject):
    """Takes the panel's keys before the widgets that have the focus, and QGIS's own shortcuts."""

    def __init__(self, do: Callable[[Command], None], parent: QObject) -> None:
        super().__init__(parent)
        self._do = do
        self._keys = Keys()
        self.on = False

    def watch(self, panel: QWidget, canvas: QWidget) -> None:
        """Listen on a map and a panel."""
        for widget in (panel, canvas, *panel.findChildren(QWidget)):
            if widget in (panel, canvas) or isinstance(widget, _WITHOUT_TEXT):
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is for the panel."""
        kinds = QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress
        if not self.on or event.type() not in kinds or not self._is_mine(event):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # then it comes as a key, also where QGIS has a shortcut for it
        elif not event.isAutoRepeat():
            command = self._keys.press(event.text())
            if command is not None:
                self._do(command)
        return True

    def _is_mine(self, event: QKeyEvent) -> bool:
        if any(event.modifiers() & modifier for modifier in _CONTROL):
            return False
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and event.text().isalpha():
            return False  # Shift+R is the vertex tool's; digits need Shift on some keyboards
        return self._keys.knows(event.text())
