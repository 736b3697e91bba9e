"""The engine's landslides as features of a QGIS layer, and the styles of both outputs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from qgis import utils
from qgis.core import (
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessingContext,
    QgsWkbTypes,
)

from ..engine.inventory.fields import FIELDS, Landslide
from .base import RESOURCES
from .loading import when_loaded
from .table_layer import LayerKind, Sink, table_fields, write_features
from .views import put_in_order

#: Style and form of an inventory, in `RESOURCES`.
INVENTORY_STYLE = "inventory.qml"
#: Style of what to review next, likewise.
SUGGESTIONS_STYLE = "suggestions.qml"
#: Style of a raster of assessable ground.
GROUND_STYLE = "assessability.qml"
#: What to do after a failure where the probability raster is there already.
VECTORISE_ADVICE = (
    "run 'Vectorise probability' on the probability raster: the model need not run again."
)


def inventory_fields() -> QgsFields:
    """The inventory's columns as QGIS fields."""
    return table_fields({field.name: field.kind for field in FIELDS}, FIELDS)


def write_inventory(sink: Sink, landslides: Iterable[Landslide], crs: str) -> str:
    """Write the landslides of a detection into a sink and return its id.

    Raises:
        QgsProcessingException: The sink cannot be made or filled.
    """
    fields = inventory_fields()
    kind = LayerKind(fields, QgsWkbTypes.Polygon, crs)
    features = (_feature(landslide, fields) for landslide in landslides)
    destination = write_features(sink, features, kind)
    use_style(destination, INVENTORY_STYLE, sink.context)
    return destination


def _feature(landslide: Landslide, fields: QgsFields) -> QgsFeature:
    geometry = QgsGeometry()
    geometry.fromWkb(landslide.wkb)
    feature = QgsFeature(fields)
    feature.setGeometry(geometry)
    feature.setAttributes(list(landslide.values))
    return feature


def use_style(layer_id: str, style: str, context: QgsProcessingContext) -> None:
    """Have a layer styled on loading; does nothing where it will not be loaded."""
    when_loaded(layer_id, context, partial(_styled, style=style))


def _styled(layer: QgsMapLayer, context: QgsProcessingContext, style: str) -> None:
    """Give a layer its style; perhaps the map moves there."""
    layer.loadNamedStyle(str(RESOURCES / style))
    layer.triggerRepaint()
    put_in_order(context)
    if style == SUGGESTIONS_STYLE and utils.iface:  # there is none without a window
        canvas = utils.iface.mapCanvas()
        canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent()))
        canvas.refresh()
