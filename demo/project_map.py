"""The QGIS project and the PNG map of a detection, both made by QGIS itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine.common.errors import OutputError
from ..engine.inventory.confidence import WORDS
from ..engine.inventory.fields import UNREVIEWED

RESOURCES = Path(__file__).resolve().parents[1] / "resources"

PANEL_WIDTH = 120.0  # mm
MARGIN = 6.0  # mm
DPI = 130


@dataclass(frozen=True)
class MapRequest:
    """What the map shows; None for what there is not.

    Attributes:
        stack: Stack with bands B04, B03, B02.
        probability: Probability raster.
        inventory: Inventory GeoPackage.
        comparison: Comparison raster of `assess.assess`.
        dem: DEM, shown as hillshade in the project.
        folder: Where ``landslides.qgz`` and ``map.png`` go.
        title: Heading.
        credit: Sources, named at the foot.
    """

    stack: str
    probability: str
    inventory: str
    comparison: str | None
    dem: str | None
    folder: str
    title: str
    credit: str


def write_project_and_map(request: MapRequest) -> None:
    """Write ``landslides.qgz`` and ``map.png``.

    Raises:
        OutputError: One of them cannot be written.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("XDG_RUNTIME_DIR", _private_folder(request.folder))
    from qgis.core import QgsApplication, QgsProject

    application = QgsApplication.instance() or QgsApplication([], True)
    application.initQgis()
    project = QgsProject.instance()
    project.clear()
    layers = _add_layers(project, request)
    _add_layout(project, layers, request)
    path = str(Path(request.folder) / "landslides.qgz")
    if not project.write(path):
        raise OutputError(f"{path} cannot be written ({project.error()}). Check the folder.")
    project.clear()  # releases the files while QGIS still runs


def _private_folder(folder: str) -> str:
    """A folder for Qt's run-time files, which it wants to be the user's alone."""
    private = Path(folder) / "run"
    private.mkdir(mode=0o700, exist_ok=True)
    return str(private)


def _add_layers(project: Any, request: MapRequest) -> dict[str, Any]:
    """The styled layers, the lowest first."""
    from qgis.core import QgsRasterLayer, QgsVectorLayer

    layers = {}
    if request.dem:
        layers["hillshade"] = _hillshade(QgsRasterLayer(request.dem, "DEM (hillshade)"))
    layers["image"] = _true_colour(QgsRasterLayer(request.stack, "Sentinel-2, true colour"))
    layers["grey"] = _grey(QgsRasterLayer(request.stack, "Sentinel-2, grey"))
    layers["probability"] = QgsRasterLayer(request.probability, "Landslide probability")
    layers["probability"].loadNamedStyle(str(RESOURCES / "probability.qml"))
    if request.comparison:
        layers["comparison"] = QgsRasterLayer(request.comparison, "Comparison")
        layers["comparison"].loadNamedStyle(str(RESOURCES / "comparison.qml"))
    layers["inventory"] = QgsVectorLayer(request.inventory, "Landslide inventory", "ogr")
    layers["inventory"].loadNamedStyle(str(RESOURCES / "inventory.qml"))

    for name, layer in layers.items():
        if not layer.isValid():
            raise OutputError(f"The layer {name} ({layer.source()}) cannot be drawn.")
        project.addMapLayer(layer, False)
        node = project.layerTreeRoot().insertLayer(0, layer)
        node.setItemVisibilityChecked(name in ("image", "inventory"))
        node.setExpanded(name in ("probability", "inventory"))
    project.setCrs(layers["image"].crs())
    project.viewSettings().setDefaultViewExtent(_extent(layers["image"]))
    project.setTitle(request.title)
    return layers


def _extent(layer: Any) -> Any:
    from qgis.core import QgsReferencedRectangle

    return QgsReferencedRectangle(layer.extent(), layer.crs())


def _band(layer: Any, name: str) -> int:
    """Number of a band by its description (QGIS calls it ``Band 1: B04`` or the like)."""
    names = [layer.bandName(number) for number in range(1, layer.bandCount() + 1)]
    found = [number for number, text in enumerate(names, start=1) if text.endswith(name)]
    if not found:
        raise OutputError(f"{layer.source()} has no band {name} to draw; it has {names}.")
    return found[0]


def _stretch(layer: Any, band: int) -> Any:
    """Contrast from the 2nd to the 99th percentile: scars keep their colour."""
    from qgis.core import QgsContrastEnhancement

    provider = layer.dataProvider()
    low, high = provider.cumulativeCut(band, 0.02, 0.99)
    stretch = QgsContrastEnhancement(provider.dataType(band))
    stretch.setContrastEnhancementAlgorithm(QgsContrastEnhancement.StretchToMinimumMaximum)
    stretch.setMinimumValue(low)
    stretch.setMaximumValue(high)
    return stretch


def _true_colour(layer: Any) -> Any:
    from qgis.core import QgsMultiBandColorRenderer

    red, green, blue = (_band(layer, name) for name in ("B04", "B03", "B02"))
    renderer = QgsMultiBandColorRenderer(layer.dataProvider(), red, green, blue)
    renderer.setRedContrastEnhancement(_stretch(layer, red))
    renderer.setGreenContrastEnhancement(_stretch(layer, green))
    renderer.setBlueContrastEnhancement(_stretch(layer, blue))
    layer.setRenderer(renderer)
    return layer


def _grey(layer: Any) -> Any:
    from qgis.core import QgsSingleBandGrayRenderer

    red = _band(layer, "B04")
    renderer = QgsSingleBandGrayRenderer(layer.dataProvider(), red)
    renderer.setContrastEnhancement(_stretch(layer, red))
    layer.setRenderer(renderer)
    return layer


def _hillshade(layer: Any) -> Any:
    from qgis.core import QgsHillshadeRenderer

    renderer = QgsHillshadeRenderer(layer.dataProvider(), 1, 315, 45)
    if layer.crs().isGeographic():
        renderer.setZFactor(1 / 111_320)  # metres of height over degrees of arc
    layer.setRenderer(renderer)
    return layer


def _add_layout(project: Any, layers: dict[str, Any], request: MapRequest) -> None:
    """Panels side by side, each with its legend; scale bar, heading and sources."""
    from osgeo import gdal
    from qgis.core import QgsLayoutExporter, QgsPrintLayout

    panels = [
        ("Sentinel-2 and inventory", ["inventory", "image"], "Mean probability of the landslide"),
        ("Probability", ["probability", "grey"], "Landslide probability"),
    ]
    if "comparison" in layers:
        panels.append(("Against the reference", ["comparison", "grey"], "Pixels"))
    extent = layers["image"].extent()
    height = PANEL_WIDTH * extent.height() / extent.width()

    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName("Landslides")
    page = layout.pageCollection().pages()[0]
    width = len(panels) * (PANEL_WIDTH + MARGIN) + MARGIN
    _set_page_size(page, width, height + 67)
    _label(layout, request.title, MARGIN, 4, width - 2 * MARGIN, 17, bold=True)
    left = MARGIN
    for heading, shown, colours in panels:
        _label(layout, heading, left, 13, PANEL_WIDTH, 12)
        panel = _map(layout, [layers[name] for name in shown], extent, left, 20, height)
        _legend(layout, panel, layers[shown[0]], colours, left - 2, height + 20)
        left += PANEL_WIDTH + MARGIN
    _scale_bar(layout, panel, width - MARGIN - 50, height + 48)
    _label(layout, _sources(request), MARGIN, height + 58, width - 3 * MARGIN - 50, 8)
    project.layoutManager().addLayout(layout)

    path = str(Path(request.folder) / "map.png")
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = DPI
    # QGIS tries to write georeference into the PNG, which GDAL cannot and would say on stderr.
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    outcome = QgsLayoutExporter(layout).exportToImage(path, settings)
    gdal.PopErrorHandler()
    if outcome != QgsLayoutExporter.Success:
        raise OutputError(f"{path} cannot be written. Check the folder and the disk's room.")


def _sources(request: MapRequest) -> str:
    from ..engine.models.probability import open_probability

    provenance = open_probability(request.probability).provenance
    made = f"Landslip {provenance.landslip}, model {provenance.model} {provenance.model_version}"
    trained = f"Model trained on: {provenance.attribution}" if provenance.attribution else ""
    return ". ".join(text.rstrip(".") for text in (request.credit, made, trained) if text) + "."


def _set_page_size(page: Any, width: float, height: float) -> None:
    from qgis.core import QgsLayoutSize, QgsUnitTypes

    page.setPageSize(QgsLayoutSize(width, height, QgsUnitTypes.LayoutMillimeters))


def _place(item: Any, x: float, y: float, width: float, height: float) -> None:
    from qgis.core import QgsLayoutPoint, QgsLayoutSize, QgsUnitTypes

    item.attemptMove(QgsLayoutPoint(x, y, QgsUnitTypes.LayoutMillimeters))
    item.attemptResize(QgsLayoutSize(width, height, QgsUnitTypes.LayoutMillimeters))


def _font(size: float, *, bold: bool = False) -> Any:
    from qgis.PyQt.QtGui import QFont

    font = QFont("DejaVu Sans")
    font.setPointSizeF(size)
    font.setBold(bold)
    return font


def _label(
    layout: Any, text: str, x: float, y: float, width: float, size: float, *, bold: bool = False
) -> None:
    from qgis.core import QgsLayoutItemLabel, QgsTextFormat

    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    font = _font(size, bold=bold)
    if hasattr(label, "setTextFormat"):  # QGIS 3.24 and newer
        label.setTextFormat(QgsTextFormat.fromQFont(font))
    else:
        label.setFont(font)
    layout.addLayoutItem(label)
    _place(label, x, y, width, size * 1.2)  # room for a second line


def _map(layout: Any, layers: list[Any], extent: Any, x: float, y: float, height: float) -> Any:
    from qgis.core import QgsLayoutItemMap

    panel = QgsLayoutItemMap(layout)
    layout.addLayoutItem(panel)
    _place(panel, x, y, PANEL_WIDTH, height)
    panel.setLayers(layers)
    panel.setKeepLayerSet(True)
    panel.setExtent(extent)
    panel.setFrameEnabled(True)
    return panel


def _legend(layout: Any, panel: Any, layer: Any, heading: str, x: float, y: float) -> None:
    """A legend in one row, headed by what its colours mean."""
    from qgis.core import QgsLayoutItemLegend, QgsLegendStyle, QgsMapLayerLegendUtils

    legend = QgsLayoutItemLegend(layout)
    layout.addLayoutItem(legend)
    legend.setLinkedMap(panel)
    legend.setAutoUpdateModel(False)
    root = legend.model().rootGroup()
    root.clear()
    node = root.addLayer(layer)
    node.setCustomProperty("legend/title-label", heading)
    nodes = legend.model().layerLegendNodes(node)
    texts = [str(item.data(0)) for item in nodes]
    # A raster's first entry is only the name of its band.
    shown = [i for i, text in enumerate(texts) if "Band" not in text]
    # Of an inventory the words of confidence: nobody has reviewed it, and one run disputes none.
    unreviewed = tuple(f"{UNREVIEWED}, {word}" for word in WORDS)
    words = [i for i in shown if texts[i].startswith(unreviewed)]
    QgsMapLayerLegendUtils.setLegendNodeOrder(node, words or shown)
    legend.model().refreshLayerLegend(node)
    for style in (QgsLegendStyle.Subgroup, QgsLegendStyle.SymbolLabel, QgsLegendStyle.Group):
        _set_font(legend.rstyle(style))
    legend.setSymbolHeight(4)
    _place(legend, x, y, PANEL_WIDTH, 20)
    legend.adjustBoxSize()


def _set_font(style: Any) -> None:
    """Set the font of a style of a legend."""
    from qgis.core import QgsTextFormat

    if hasattr(style, "setTextFormat"):
        style.setTextFormat(QgsTextFormat.fromQFont(_font(9)))
    else:  # QGIS before 3.30
        style.setFont(_font(9))


def _scale_bar(layout: Any, panel: Any, x: float, y: float) -> None:
    from qgis.core import QgsLayoutItemScaleBar, QgsTextFormat, QgsUnitTypes

    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(panel)
    bar.setUnits(QgsUnitTypes.DistanceKilometers)
    bar.setUnitLabel("km")
    bar.setTextFormat(QgsTextFormat.fromQFont(_font(9)))
    layout.addLayoutItem(bar)
    bar.applyDefaultSize(QgsUnitTypes.DistanceKilometers)
    bar.update()
    _place(bar, x, y, 50, 12)
