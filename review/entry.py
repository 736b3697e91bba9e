"""The panel's entry in the menu and the toolbar. The panel itself is made when it is opened."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QMenu

from ..algorithms.base import ICON

_MENU = "Landslip"


class ReviewEntry:
    """An action that opens the panel."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._panel: Any = None
        title = QCoreApplication.translate("Landslip", "Review an inventory")
        # The menu makes it: Qt 6 has moved the class QAction to another module.
        self._maker = QMenu(iface.mainWindow())
        self._action = self._maker.addAction(QIcon(ICON), title)
        self._action.setObjectName("LandslipReview")
        self._action.triggered.connect(self._toggle)
        iface.addPluginToMenu(_MENU, self._action)
        iface.addToolBarIcon(self._action)

    def _toggle(self) -> None:
        if self._panel is None:
            from .panel import ReviewPanel

            self._panel = ReviewPanel(self._iface.mapCanvas(), self._iface)
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self._panel)
        elif self._panel.isUserVisible():
            self._panel.close()
        else:
            self._panel.setUserVisible(True)

    def remove(self) -> None:
        """Take all of it away."""
        self._iface.removePluginMenu(_MENU, self._action)
        self._iface.removeToolBarIcon(self._action)
        self._maker.deleteLater()
        if self._panel is not None:
            self._panel.take_away()
            self._iface.removeDockWidget(self._panel)
            self._panel.deleteLater()
            self._panel = None
