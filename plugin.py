"""The plugin object: it adds the Landslip provider to Processing and a function to map tips."""

from __future__ import annotations

from qgis.core import QgsApplication

from .algorithms import map_tip
from .algorithms.provider import LandslipProvider


class LandslipPlugin:
    """What QGIS loads. Works without a window, as ``qgis_process`` needs it."""

    def __init__(self) -> None:
        self._provider: LandslipProvider | None = None

    def initProcessing(self) -> None:
        """Add both (``qgis_process`` calls only this)."""
        self._provider = LandslipProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)
        map_tip.register()

    def initGui(self) -> None:
        """Add both (QGIS with a window calls this)."""
        self.initProcessing()

    def unload(self) -> None:
        """Take both away."""
        map_tip.unregister()
        QgsApplication.processingRegistry().removeProvider(self._provider)
        self._provider = None
