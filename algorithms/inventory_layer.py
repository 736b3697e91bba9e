"""The engine's landslides as features of a QGIS layer, and the styles of both outputs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType, QVariant

from ..engine.inventory import FIELDS, Landslide
from .base import RESOURCES, LandslipAlgorithm


def qgis_types() -> dict[type, Any]:
    """QGIS's type of a field for each Python type."""
    types: Any = QMetaType.Type if Qgis.QGIS_VERSION_INT >= 33800 else QVariant
    text = "QString" if Qgis.QGIS_VERSION_INT >= 33800 else "String"
    return {str: getattr(types, text), int: types.LongLong, float: types.Double}


def inventory_fields() -> QgsFields:
    """The inventory's columns as QGIS fields."""
    kinds = qgis_types()
    fields = QgsFields()
    for column in FIELDS:
        field = QgsField(column.name, kinds[column.kind])
        field.setComment(column.meaning)
        fields.append(field)
    return fields


def write_inventory(
    algorithm: LandslipAlgorithm,
    landslides: Iterable[Landslide],
    crs: str,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
) -> str:
    """Write the landslides into the sink INVENTORY and return its id.

    Raises:
        QgsProcessingException: The sink cannot be made, or takes no feature (disk full). A file
            that would be incomplete is removed.
    """
    fields = inventory_fields()
    sink, destination = algorithm.parameterAsSink(
        parameters,
        "INVENTORY",
        context,
        fields,
        QgsWkbTypes.Polygon,
        QgsCoordinateReferenceSystem.fromWkt(crs),
    )
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(parameters, "INVENTORY"))
    features = (_feature(landslide, fields) for landslide in landslides)
    fast = QgsFeatureSink.FastInsert
    if not (all(sink.addFeature(feature, fast) for feature in features) and sink.flushBuffer()):
        error = _sink_error(algorithm, sink)
        del sink  # closes the file
        Path(destination).unlink(missing_ok=True)
        raise error
    use_style(destination, "inventory.qml", context)
    return destination


def _feature(landslide: Landslide, fields: QgsFields) -> QgsFeature:
    geometry = QgsGeometry()
    geometry.fromWkb(landslide.wkb)
    feature = QgsFeature(fields)
    feature.setGeometry(geometry)
    feature.setAttributes(list(landslide.values))
    return feature


def _sink_error(algorithm: LandslipAlgorithm, sink: QgsFeatureSink) -> QgsProcessingException:
    return QgsProcessingException(
        algorithm.tr(
            "The inventory layer cannot be written ({}). Check that the disk has room and that "
            "the folder may be written to, then run 'Vectorise probability' on the probability "
            "raster: the model need not run again."
        ).format(sink.lastError() or "no reason given")
    )


class _Style(QgsProcessingLayerPostProcessorInterface):
    """Gives a layer its style when QGIS adds it to the project."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self._style = str(RESOURCES / style)

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        layer.loadNamedStyle(self._style)
        layer.triggerRepaint()


# QGIS keeps only a pointer to a post-processor: without a reference here, Python frees it.
_STYLES = {name: _Style(name) for name in ("inventory.qml", "probability.qml", "comparison.qml")}


def use_style(layer_id: str, style: str, context: QgsProcessingContext) -> None:
    """Have a layer styled on loading; does nothing where it will not be loaded."""
    if context.willLoadLayerOnCompletion(layer_id):
        context.layerToLoadOnCompletionDetails(layer_id).setPostProcessor(_STYLES[style])
