"""The plugin object: the Landslip provider in Processing, a function for map tips, a panel."""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis, QgsApplication, QgsMessageLog

from .algorithms import map_tip
from .algorithms.provider import LandslipProvider


class LandslipPlugin:
    """What QGIS loads. Works without a window, as ``qgis_process`` needs it."""

    def __init__(self, iface: Any = None) -> None:
        self._iface = iface
        self._provider: LandslipProvider | None = None
        self._review: Any = None

    def initProcessing(self) -> None:
        """Add what needs no window (``qgis_process`` calls only this)."""
        self._provider = LandslipProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)
        self._provider.refreshAlgorithms()  # now the steps of its models can be found
        map_tip.register()

    def initGui(self) -> None:
        """Add all of it (QGIS with a window calls this)."""
        self.initProcessing()
        try:
            from .review.entry import ReviewEntry

            self._review = ReviewEntry(self._iface)
        # Whatever is wrong with the panel: the algorithms go without it.
        except Exception as err:
            QgsMessageLog.logMessage(
                f"The review panel cannot be opened ({err}). All algorithms work without it.",
                "Landslip",
                Qgis.MessageLevel.Warning,
            )

    def unload(self) -> None:
        """Take all of it away."""
        if self._review is not None:
            self._review.remove()
            self._review = None
        map_tip.unregister()
        QgsApplication.processingRegistry().removeProvider(self._provider)
        self._provider = None
