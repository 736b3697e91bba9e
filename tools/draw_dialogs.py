"""Draw the manual's pictures of QGIS: ``python tools/draw_dialogs.py build/demo``.

The folder is one that ``make demo`` wrote: its files fill the dialogs. Writes ``qgis.png``,
``set_up_report.png``, ``export.png``, ``review_form.png`` and ``review_panel.png`` into
``docs/images``.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
)
from qgis.gui import QgsAttributeForm, QgsGui, QgsMapCanvas, QgsProcessingToolboxTreeView
from qgis.PyQt.QtCore import QEvent, QSize, Qt
from qgis.PyQt.QtGui import QPainter, QPixmap
from qgis.PyQt.QtWidgets import QLabel, QMainWindow, QTabWidget, QTextBrowser, QWidget

from landslip.review.keys import Command, Do
from landslip.review.panel import ReviewPanel
from landslip.review.queue import Order

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
# Sizes in pixels.
DIALOG, TOOLBOX = QSize(1000, 960), QSize(380, 960)
REPORT = QSize(1080, 1040)
EXPORT, FORM, MAP = QSize(1000, 800), QSize(720, 600), QSize(600, 600)
REVIEW = QSize(1120, 780)
#: Layers of the demo's project, and what the tutorial calls them.
LAYERS = {
    "Sentinel-2, true colour": "stack",
    "DEM (hillshade)": "dem",
    "Landslide inventory": "Landslide inventory",
}
#: How much of the surroundings the map of the form shows, in extents of the landslide.
AROUND = 2.8


def main(demo: Path) -> None:
    """Draw all pictures."""
    from landslip.demo.session import landslip_in_qgis

    with landslip_in_qgis():
        draw_all(demo)
        # QGIS wants its layers back before it ends.
        QgsProject.instance().clear()


def draw_all(demo: Path) -> None:
    """Draw dialogs and form with the layers of a demo."""
    image, dem, inventory = _layers(demo)
    detect = _dialog("landslip:detectlandslides", {"INPUT": image.id(), "DEM": dem.id()})
    export = _dialog("landslip:exportinventory", {"INPUT": inventory.id(), "NAME": "Demo"})
    draw(IMAGES / "qgis.png", (detect, DIALOG), (_toolbox(), TOOLBOX))
    draw(IMAGES / "export.png", (export, EXPORT))
    draw(IMAGES / "set_up_report.png", (_set_up_report(), REPORT))
    inventory.startEditing()
    draw(IMAGES / "review_form.png", (_map(image, inventory), MAP), (_form(inventory), FORM))
    inventory.rollBack()
    draw_review(image, inventory)


def draw_review(image: Any, inventory: Any) -> None:
    """Draw the review panel beside the map, some verdicts on."""
    with tempfile.TemporaryDirectory() as folder:
        source = QgsProviderRegistry.instance().decodeUri("ogr", inventory.source())["path"]
        layer = QgsVectorLayer(shutil.copy(source, folder), inventory.name(), "ogr")
        QgsProject.instance().addMapLayer(layer)
        window, canvas, panel = _review_window([layer, image])
        _review_some(panel, layer, image)
        _shown(window, REVIEW)
        panel.do(Command(Do.ZOOM))
        canvas.waitWhileRendering()
        picture = QLabel()
        picture.setPixmap(window.grab())
        panel.take_away()
        draw(IMAGES / "review_panel.png", (picture, REVIEW))


def _review_window(layers: list[Any]) -> tuple[QMainWindow, QgsMapCanvas, ReviewPanel]:
    window, canvas = QMainWindow(), QgsMapCanvas()
    canvas.setDestinationCrs(layers[0].crs())
    canvas.setLayers(layers)
    window.setCentralWidget(canvas)
    panel = ReviewPanel(canvas)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, panel)
    return window, canvas, panel


def _review_some(panel: ReviewPanel, layer: Any, image: Any) -> None:
    panel.layer.setLayer(layer)
    panel.after.setLayer(image)
    panel.add_fields_button.click()
    panel.reviewer.setText("Anna Keller")
    panel.order.setCurrentIndex(panel.order.findData(Order.LARGEST))
    panel.start_button.click()
    for command in (
        *(Command(do) for do in (Do.ACCEPT, Do.ACCEPT, Do.REJECT)),
        Command(Do.TYPE, "flow"),
        Command(Do.CONFIDENCE, "likely"),
    ):
        panel.do(command)


def _layers(demo: Path) -> tuple[Any, Any, Any]:
    """The image, the DEM and the inventory of the demo's project, styled."""
    project = QgsProject.instance()
    if not project.read(str(demo / "landslides.qgz")):
        sys.exit(f"{demo} has no landslides.qgz. Run make demo first.")
    layers = []
    for styled, name in LAYERS.items():
        layers += project.mapLayersByName(styled)
        layers[-1].setName(name)
    return tuple(layers)


def _dialog(algorithm: str, parameters: dict[str, Any]) -> QWidget:
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    dialog = AlgorithmDialog(QgsApplication.processingRegistry().createAlgorithmById(algorithm))
    dialog.setParameters(parameters)
    return dialog


def _set_up_report() -> QWidget:
    """What 'Check and set up' says of this machine, without its paths."""
    import processing

    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.html")
        processing.run("landslip:setup", {"OUTPUT": str(report)})
        page = report.read_text(encoding="utf-8")
    shown = QTextBrowser()
    shown.setHtml(page.replace(sys.prefix, "…"))
    return shown


def _toolbox() -> QWidget:
    toolbox = QgsProcessingToolboxTreeView(None, QgsApplication.processingRegistry())
    toolbox.setFilterString("landslip")
    toolbox.setHeaderHidden(True)
    toolbox.expandAll()
    return toolbox


def _largest(inventory: Any) -> Any:
    whole = [slide for slide in inventory.getFeatures() if not slide["touches_edge"]]
    return max(whole, key=lambda slide: slide["area_m2"])


def _form(inventory: Any) -> QWidget:
    """The form of the largest landslide, on the tab for reviewers."""
    QgsGui.editorWidgetRegistry().initEditors()
    form = QgsAttributeForm(inventory, _largest(inventory))
    for tabs in form.findChildren(QTabWidget):
        for index in range(tabs.count()):
            if tabs.tabText(index) == "Review":
                tabs.setCurrentIndex(index)
    return form


def _map(image: Any, inventory: Any) -> QWidget:
    """The largest landslide and what is around it."""
    place = _largest(inventory).geometry().boundingBox()
    place.scale(AROUND)
    settings = QgsMapSettings()
    settings.setDestinationCrs(image.crs())
    settings.setLayers([inventory, image])
    settings.setOutputSize(MAP)
    settings.setExtent(place)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    shown = QLabel()
    shown.setPixmap(QPixmap.fromImage(job.renderedImage()))
    return shown


def draw(target: Path, *parts: tuple[QWidget, QSize]) -> None:
    """Write a picture of widgets, side by side."""
    height = max(size.height() for _, size in parts)
    picture = QPixmap(sum(size.width() for _, size in parts), height)
    picture.fill()
    painter = QPainter(picture)
    left = 0
    for widget, size in parts:
        _shown(widget, size)
        painter.drawPixmap(left, 0, widget.grab())
        left += size.width()
        widget.deleteLater()
    painter.end()
    QgsApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if not picture.save(str(target)):
        sys.exit(f"{target} cannot be written. Check the folder.")


def _shown(widget: QWidget, size: QSize) -> None:
    widget.show()
    widget.resize(size)  # after it is shown: a new window is held to the size of the screen
    QgsApplication.processEvents()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
