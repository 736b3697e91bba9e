"""What the QGIS tests share."""

from qgis.core import QgsFeature, QgsGeometry, QgsProcessingFeedback, QgsVectorLayer


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


def memory_layer(kind, crs, outlines, **columns):
    """A layer of WKT outlines (None for none); a column is a list with a value for each."""
    kinds = {str: "string(254)", int: "integer", float: "double"}
    fields = "".join(
        f"&field={name}:{kinds[next(type(v) for v in values if v is not None)]}"
        for name, values in columns.items()
    )
    layer = QgsVectorLayer(f"{kind}?crs={crs}{fields}", "layer", "memory")
    assert layer.isValid()
    for number, outline in enumerate(outlines):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([values[number] for values in columns.values()])
        if outline:
            feature.setGeometry(QgsGeometry.fromWkt(outline))
        added, _ = layer.dataProvider().addFeatures([feature])
        assert added
    return layer


def published(real_data, place, year):
    """A published inventory of the real data."""
    path = f"/vsizip/{real_data}/inventories/{place}.zip/{place}/{year}.shp"
    layer = QgsVectorLayer(path, f"{place} {year}", "ogr")
    assert layer.isValid()
    return layer
