"""The provider: Landslip's entry in the Processing Toolbox."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .. import __version__
from ..engine.models.zoo import use_folder
from . import ALGORITHMS
from .base import ICON


class LandslipProvider(QgsProcessingProvider):
    """All algorithms of Landslip."""

    def loadAlgorithms(self) -> None:
        """Add the algorithms."""
        use_folder(Path(QgsApplication.qgisSettingsDirPath()) / "Landslip" / "models")
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def id(self) -> str:
        """The prefix of algorithm ids, as in ``landslip:detectlandslides``."""
        return "landslip"

    def name(self) -> str:
        """The name in the Toolbox."""
        return "Landslip"

    def longName(self) -> str:
        """The name with version, in the options."""
        return f"Landslip {__version__}"

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(ICON)
