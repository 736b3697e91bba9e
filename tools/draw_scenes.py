"""Draw ``docs/images/scenes.png``: footprints that *Find scenes* lists for a made catalogue.

The catalogue is a file of items as there might be around an earthquake in Hokkaido: two tiles that
overlap, seen whole on some days, and up to the edge of the swath on others. Nothing is loaded from
anywhere.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QPointF, QRectF, QSize
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter, QPen

from landslip.engine.assessment.maps import LAND
from landslip.engine.common.dependencies import require

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images" / "scenes.png"
SIZE, SIDE = QSize(620, 620), 460
EVENT = "2018-09-06T03:08+09:00"
PLACE = (142.12, 142.52, 42.55, 42.85)
VIEW = QgsRectangle(140.6, 42.0, 144.0, 43.7)
#: Day, cloud in percent, and whether the swath's edge cuts the eastern tile away.
DAYS = (
    ("2017-09-10", 6, False),
    ("2018-07-02", 55, True),
    ("2018-08-06", 9, False),
    ("2018-08-21", 34, True),
    ("2018-08-26", 88, False),
    ("2018-09-05", 71, False),
    ("2018-09-08", 47, True),
    ("2018-09-15", 4, False),
    ("2018-09-20", 12, False),
    ("2018-09-25", 63, False),
)
#: North-west corners of the tiles, metres of UTM zone 54N.
TILES = {"54TWN": (499980.0, 4800000.0), "54TXN": (600000.0, 4800000.0)}


def main() -> None:
    """Draw the picture."""
    from landslip.demo.session import landslip_in_qgis

    with landslip_in_qgis(), tempfile.TemporaryDirectory() as folder:
        draw(found(Path(folder)))
        QgsProject.instance().clear()


def found(folder: Path) -> QgsVectorLayer:
    """The layer that the algorithm makes."""
    import processing

    (folder / "items.json").write_text(json.dumps(items()), encoding="utf-8")
    west, east, south, north = PLACE
    parameters = {
        "ADDRESS": str(folder / "items.json"),
        "EVENT_DATE": EVENT,
        "EXTENT": f"{west},{east},{south},{north} [EPSG:4326]",
        "OUTPUT": "memory:",
    }
    layer = processing.run("landslip:findscenes", parameters)["OUTPUT"]
    layer.loadNamedStyle(str(TARGET.parents[2] / "resources" / "scenes.qml"))
    return layer


def items() -> dict[str, Any]:
    """The made catalogue."""
    features = []
    for day, cloud, cut in DAYS:
        for tile, corner in TILES.items():
            features.append(item(day, cloud, tile, outline(corner, cut)))
    return {"type": "FeatureCollection", "features": features}


def outline(corner: tuple[float, float], cut: bool) -> list[list[float]]:
    """A tile in degrees, up to the edge of the swath."""
    west, north = corner
    top, bottom = (690_000.0, 660_000.0) if cut else (1e6, 1e6)
    east = [min(west + 109_800, x) for x in (bottom, top)]
    ring = [(west, north), (west, north - 109_800), (east[0], north - 109_800), (east[1], north)]
    change = require("pyproj").Transformer.from_crs("EPSG:32654", "EPSG:4326", always_xy=True)
    return [[float(x) for x in change.transform(*point)] for point in (*ring, ring[0])]


def item(day: str, cloud: float, tile: str, ring: list[list[float]]) -> dict[str, Any]:
    """An item of the catalogue."""
    return {
        "type": "Feature",
        "id": f"S2A_{tile}_{day.replace('-', '')}_0_L2A",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": f"{day}T01:26:51Z",
            "eo:cloud_cover": cloud,
            "view:sun_elevation": 50.2,
            "s2:processing_baseline": "02.06",
        },
        "assets": {"red": {"href": "B04.tif"}},
    }


def draw(layer: QgsVectorLayer) -> None:
    """The map, and beside it the days in their order."""
    settings = QgsMapSettings()
    settings.setLayers([place(), layer, land()])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32654"))
    moved = QgsGeometry.fromRect(VIEW)
    change = require("pyproj").Transformer.from_crs("EPSG:4326", "EPSG:32654", always_xy=True)
    corners = [change.transform(point.x(), point.y()) for point in moved.vertices()]
    xs, ys = zip(*corners)
    settings.setExtent(QgsRectangle(min(xs), min(ys), max(xs), max(ys)))
    settings.setOutputSize(SIZE)
    settings.setBackgroundColor(QColor("#dfe9ef"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = QImage(SIZE.width() + SIDE, SIZE.height(), QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    painter = QPainter(image)
    painter.drawImage(0, 0, job.renderedImage())
    write_days(painter, layer)
    painter.end()
    image.save(str(TARGET))


def write_days(painter: QPainter, layer: QgsVectorLayer) -> None:
    """A line for each day: what it serves for, and why not."""
    colours = {
        (1, "after"): "#e6550d",
        (1, "before"): "#2171b5",
        (0, "after"): "#fdae6b",
        (0, "before"): "#9ecae1",
    }
    days: dict[str, Any] = {}
    for feature in layer.getFeatures():
        days.setdefault(feature["date"].toString("yyyy-MM-dd"), feature)
    y = 40
    painter.setFont(font(10, bold=True))
    painter.drawText(QPointF(SIZE.width() + 24, y), f"Event: {EVENT}")
    for day, feature in sorted(days.items()):
        y += 54
        serves = isinstance(feature["rank"], int)
        colour = colours[feature["best"], feature["purpose"]] if serves else "#969696"
        painter.setPen(QPen(QColor(colour), 5 if feature["best"] else 2))
        painter.drawRect(QRectF(SIZE.width() + 26, y - 14, 26, 20))
        painter.setPen(QColor("#222222"))
        painter.setFont(font(9, bold=bool(feature["best"])))
        head = f"{day}   {feature['purpose']}, cloud {feature['cloud']:.0f} %"
        painter.drawText(QPointF(SIZE.width() + 66, y - 4), head)
        painter.setFont(font(8))
        painter.drawText(QPointF(SIZE.width() + 66, y + 13), str(feature["note"]))


def font(size: int, bold: bool = False) -> QFont:
    """The picture's writing."""
    made = QFont("DejaVu Sans", size)
    made.setBold(bold)
    return made


def place() -> QgsVectorLayer:
    """The area that was asked for."""
    west, east, south, north = PLACE
    box = QgsGeometry.fromRect(QgsRectangle(west, south, east, north))
    return polygons([box], {"color": "255,255,255,0", "outline_color": "#000000"})


def land() -> QgsVectorLayer:
    """Coasts, as locator maps have them."""
    about = json.loads(LAND.read_text(encoding="ascii"))
    rings = []
    for steps in about["rings"]:
        points = np.cumsum(np.array(steps).reshape(-1, 2), axis=0) * about["unit"]
        rings.append(QgsGeometry.fromPolygonXY([[QgsPointXY(x, y) for x, y in points]]))
    near = [ring for ring in rings if ring.boundingBox().intersects(VIEW)]
    return polygons(near, {"color": "#f7f5ef", "outline_color": "#9aa5ab"})


def polygons(geometries: list[QgsGeometry], look: dict[str, str]) -> QgsVectorLayer:
    """A layer of polygons in degrees."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326", "layer", "memory")
    for geometry in geometries:
        feature = QgsFeature()
        feature.setGeometry(geometry)
        layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    symbol = QgsFillSymbol.createSimple({"outline_width": "0.4", **look})
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    QgsProject.instance().addMapLayer(layer, False)
    return layer


if __name__ == "__main__":
    main()
