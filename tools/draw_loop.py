"""Draw the picture of the manual's page on the review loop: what is suggested, as QGIS shows it.

``tools/make_figures.py`` calls it. It needs QGIS and the data folder.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from landslip.cli.__main__ import main as landslip

ROOT = Path(__file__).resolve().parent.parent
#: Part of the scene, in its CRS, and the size of the picture in pixels.
_PLACE = (576200, 4729000, 580200, 4731600)
_SIZE = (1000, 650)


def draw_suggestions(data: Path, target: Path) -> None:
    """Suggested outlines and places over the image, with their ranks."""
    scene = data / "hokkaido_2018"
    image = str(scene / "s2_post_B02_B03_B04.tif")
    with tempfile.TemporaryDirectory() as folder:
        probability, inventory = f"{folder}/p.tif", f"{folder}/i.gpkg"
        suggestions = f"{folder}/s.gpkg"
        detect = [f"--input={image}", f"--dem={scene / 'dsm_aw3d30.tif'}"]
        detected = [f"--probability={probability}", f"--inventory={inventory}"]
        landslip(["detect", *detect, *detected, "--quiet"])
        suggest = [f"--input={inventory}", f"--probability={probability}"]
        counts = ["--outlines=60", "--places=30"]
        landslip(["suggest-review", *suggest, *counts, f"--output={suggestions}", "--quiet"])
        _map(image, inventory, suggestions, target)


def _map(image: str, inventory: str, suggestions: str, target: Path) -> None:
    from qgis.core import (
        QgsApplication,
        QgsContrastEnhancement,
        QgsMapRendererSequentialJob,
        QgsMapSettings,
        QgsMultiBandColorRenderer,
        QgsRasterLayer,
        QgsRectangle,
        QgsSingleSymbolRenderer,
        QgsVectorLayer,
    )
    from qgis.core import QgsFillSymbol as Fill
    from qgis.PyQt.QtCore import QSize

    application = QgsApplication.instance() or QgsApplication([], True)
    application.initQgis()
    raster = QgsRasterLayer(image, "image")
    renderer = QgsMultiBandColorRenderer(raster.dataProvider(), 3, 2, 1)
    for band, low, high, use in (
        (3, 240, 1500, renderer.setRedContrastEnhancement),
        (2, 420, 1500, renderer.setGreenContrastEnhancement),
        (1, 690, 1600, renderer.setBlueContrastEnhancement),
    ):
        stretch = QgsContrastEnhancement(raster.dataProvider().dataType(band))
        stretch.setMinimumValue(low)
        stretch.setMaximumValue(high)
        stretch.setContrastEnhancementAlgorithm(QgsContrastEnhancement.StretchToMinimumMaximum)
        use(stretch)
    raster.setRenderer(renderer)
    others = QgsVectorLayer(inventory, "inventory", "ogr")
    thin = {"style": "no", "outline_color": "#ffffff", "outline_width": "0.2"}
    others.setRenderer(QgsSingleSymbolRenderer(Fill.createSimple(thin)))
    chosen = QgsVectorLayer(suggestions, "suggestions", "ogr")
    chosen.loadNamedStyle(str(ROOT / "resources" / "suggestions.qml"))
    settings = QgsMapSettings()
    settings.setLayers([chosen, others, raster])
    settings.setDestinationCrs(raster.crs())
    settings.setExtent(QgsRectangle(*_PLACE))
    settings.setOutputSize(QSize(*_SIZE))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    if not job.renderedImage().save(str(target)):
        raise OSError(f"{target} cannot be written")
