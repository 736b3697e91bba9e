"""The provider: Landslip's entry in the Processing Toolbox."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .. import __version__
from ..engine.models.zoo import use_folder
from . import ALGORITHMS
from .base import ICON
from .shipped_models import MODELS


class LandslipProvider(QgsProcessingProvider):
    """All algorithms of Landslip."""

    def loadAlgorithms(self) -> None:
        """Add the algorithms."""
        use_folder(Path(QgsApplication.qgisSettingsDirPath()) / "Landslip" / "models")
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
        # The steps of a model are looked up in the registry, which knows them from then on.
        registry = QgsApplication.processingRegistry()
        if registry.providerById(self.id()) is not None:
            for model in MODELS:
                self.addAlgorithm(model())

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
