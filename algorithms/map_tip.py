"""The expression ``landslip_chip()``: a small picture of the landslide, for map tips.

It draws what the project shows there, so that the picture needs no file of its own.
"""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateTransform,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionFunction,
    QgsFeature,
    QgsGeometry,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QSize, QThread
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

NAME = "landslip_chip"
_SIDE = 200  # pixels
#: The picture is this many times as long as the landslide, and at least so many raster pixels.
_CONTEXT, _LEAST = 2.0, 32
_BLACK, _YELLOW = QColor("#000000"), QColor("#ffdd33")


class ChipFunction(QgsExpressionFunction):
    """The function itself."""

    def __init__(self) -> None:
        super().__init__(
            NAME,
            0,
            "Landslip",
            "Picture of the current landslide in the project's image, as HTML; empty where no "
            "raster of three bands shows it.",
        )

    def func(
        self, values: list[Any], context: QgsExpressionContext, parent: QgsExpression, node: Any
    ) -> str:
        """Evaluate."""
        # Layers of the project belong to the main thread.
        if QThread.currentThread() != QCoreApplication.instance().thread():
            return ""
        layer = QgsProject.instance().mapLayer(str(context.variable("layer_id")))
        if not isinstance(layer, QgsVectorLayer) or not context.feature().hasGeometry():
            return ""
        return chip_html(context.feature(), layer)


#: QGIS keeps only a pointer to it.
_FUNCTION = ChipFunction()


def register() -> None:
    """Make the function known to QGIS."""
    QgsExpression.registerFunction(_FUNCTION)


def unregister() -> None:
    """Take it away."""
    QgsExpression.unregisterFunction(NAME)


def chip_html(feature: QgsFeature, layer: QgsVectorLayer) -> str:
    """The picture of a landslide as an HTML image, or empty where no raster shows it."""
    for raster in _rasters(_value(feature, "source")):
        outline = QgsGeometry(feature.geometry())
        outline.transform(QgsCoordinateTransform(layer.crs(), raster.crs(), QgsProject.instance()))
        if raster.extent().contains(outline.boundingBox().center()):
            return f'<img width="{_SIDE}" src="{_data_uri(_draw(raster, outline))}"><br>'
    return ""


def _value(feature: QgsFeature, name: str) -> str:
    index = feature.fields().indexOf(name)
    return str(feature[index]) if index >= 0 else ""


def _rasters(source: str) -> list[QgsRasterLayer]:
    """The project's images: the landslide's own stack first, then from the top of the tree."""
    shown = QgsProject.instance().layerTreeRoot().layerOrder()
    images = [
        layer
        for layer in shown
        if isinstance(layer, QgsRasterLayer) and layer.isValid() and layer.bandCount() >= 3
    ]
    return sorted(images, key=lambda image: not (source and image.source().endswith(source)))


def _draw(raster: QgsRasterLayer, outline: QgsGeometry) -> QImage:
    settings = QgsMapSettings()
    settings.setLayers([raster])
    settings.setDestinationCrs(raster.crs())
    settings.setOutputSize(QSize(_SIDE, _SIDE))
    settings.setExtent(_around(raster, outline.boundingBox()))
    image = QImage(_SIDE, _SIDE, QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    painter = QPainter(image)
    job = QgsMapRendererCustomPainterJob(settings, painter)
    job.renderSynchronously()
    to_pixels = settings.mapToPixel()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in ((_BLACK, 3.0), (_YELLOW, 1.5)):
        painter.setPen(QPen(colour, width))
        for part in outline.asGeometryCollection():
            for ring in part.asPolygon():
                points = [to_pixels.transform(QgsPointXY(point)).toQPointF() for point in ring]
                painter.drawPolyline(QPolygonF(points))
    painter.end()
    return image


def _around(raster: QgsRasterLayer, box: QgsRectangle) -> QgsRectangle:
    """A square around a landslide, in the raster's CRS."""
    side = max(_CONTEXT * max(box.width(), box.height()), _LEAST * raster.rasterUnitsPerPixelX())
    return QgsRectangle.fromCenterAndSize(box.center(), side, side)


def _data_uri(image: QImage) -> str:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPG", 85)
    return "data:image/jpeg;base64," + bytes(content.toBase64()).decode("ascii")
