"""What the QGIS tests share."""

from qgis.core import QgsProcessingFeedback, QgsVectorLayer


class Feedback(QgsProcessingFeedback):
    """Keeps what is told, and cancels at a given progress."""

    def __init__(self, cancel_at=None):
        super().__init__(False)
        self.infos, self.warnings = [], []
        self._cancel_at = cancel_at
        self.progressChanged.connect(self._progress)

    def pushInfo(self, text):  # noqa: N802 - QGIS's name
        self.infos.append(text)

    def pushWarning(self, text):  # noqa: N802 - QGIS's name
        self.warnings.append(text)

    def _progress(self, percent):
        if self._cancel_at is not None and percent >= self._cancel_at:
            self.cancel()


def layer_features(path):
    """All features of the only layer of a file."""
    layer = QgsVectorLayer(path, "layer", "ogr")
    assert layer.isValid()
    return list(layer.getFeatures())
