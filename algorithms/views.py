"""How a stack loads: in true colours, and one of two dates as views of before, after, change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from qgis.core import (
    QgsContrastEnhancement,
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsMapLayer,
    QgsMultiBandColorRenderer,
    QgsProcessingContext,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsVectorLayer,
)

from ..engine.common.errors import LandslipError
from ..engine.raster.reading import open_raster
from ..engine.stack.reader import ACQUISITION_TAGS, PRE, earlier_bands, open_stack
from .loading import when_loaded

TRUE, FALSE = "True colour", "False colour"
#: Bands shown as red, green and blue. Fresh soil is red in the change, what grew over it cyan.
COLOURS = {TRUE: ("B04", "B03", "B02"), FALSE: ("B08", "B04", "B03")}
CHANGE = ("B04", f"{PRE}B04", f"{PRE}B04")
#: Marks a group of views.
_MARK = "landslip/views"


def show_views(layer_id: str, context: QgsProcessingContext) -> None:
    """Have a stack shown so when it loads; does nothing where it will not be loaded."""
    when_loaded(layer_id, context, _show)


def _show(layer: QgsMapLayer, context: QgsProcessingContext) -> None:
    with suppress(LandslipError):  # the file has gone: QGIS shows that itself
        set_up(layer, context.project() or QgsProject.instance())
        put_in_order(context)


def set_up(layer: QgsRasterLayer, project: QgsProject) -> None:
    """Colour a stack by the names of its bands; one of two dates becomes a group of views.

    Args:
        layer: The stack, in the project's layer tree.
        project: The project.

    Raises:
        RasterError: The file cannot be read.
    """
    path = layer.source()
    numbers = dict(open_stack(path).bands)
    before = earlier_bands(path)
    _colour(layer, numbers)
    node = project.layerTreeRoot().findLayer(layer.id())
    if not before or node is None:
        return
    with open_raster(path) as dataset:
        tags = {str(name): str(value) for name, value in dataset.tags().items()}
    days = {name: tags.get(ACQUISITION_TAGS[name], "")[:10] for name in ("image_date", "pre_date")}
    group = _group(node, layer.name())
    earlier = QgsRasterLayer(path, _dated("Before", days["pre_date"]), "gdal")
    _colour(earlier, before)
    change = QgsRasterLayer(path, "Change (red: barer, cyan: greener)", "gdal")
    _composite(change, {**numbers, **{f"{PRE}{b}": n for b, n in before.items()}}, CHANGE)
    layer.setName(_dated("After", days["image_date"]))
    for view in (earlier, change):
        project.addMapLayer(view, False)
        group.addLayer(view)
    group.findLayer(change.id()).setItemVisibilityChecked(False)
    for child in group.children():
        child.setExpanded(False)


def _dated(text: str, day: str) -> str:
    return f"{text}, {day}" if day else text


def _group(node: QgsLayerTreeLayer, name: str) -> QgsLayerTreeGroup:
    """A group in the place of a layer, which goes into it: the swipe tool takes it as it is."""
    parent = node.parent()
    group = parent.insertGroup(parent.children().index(node), name)
    group.setCustomProperty(_MARK, True)
    group.addChildNode(node.clone())
    parent.removeChildNode(node)
    return group


def _colour(layer: QgsRasterLayer, numbers: Mapping[str, int]) -> None:
    """True colours, and false ones as another style of the layer (right-click > Styles)."""
    styles = layer.styleManager()
    there = [name for name, bands in COLOURS.items() if all(band in numbers for band in bands)]
    for place, name in enumerate(there):
        if place:
            styles.addStyleFromLayer(name)
        else:
            styles.renameStyle(styles.currentStyle(), name)
        styles.setCurrentStyle(name)
        _composite(layer, numbers, COLOURS[name])
    if there:
        styles.setCurrentStyle(there[0])


def _composite(layer: QgsRasterLayer, numbers: Mapping[str, int], bands: Sequence[str]) -> None:
    """Show three bands, each stretched over what most of its pixels have."""
    if not all(band in numbers for band in bands):
        return
    chosen = [numbers[band] for band in bands]
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), *chosen))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.StretchToMinimumMaximum, QgsRasterMinMaxOrigin.CumulativeCut
    )
    layer.triggerRepaint()


# --- the order of what a run has made ---


def put_in_order(context: QgsProcessingContext) -> None:
    """Bring what a run has made into an order in which nothing hides the outlines.

    QGIS before 3.34 puts layers on each other by the names of their files. What else is in the
    project stays where it is.
    """
    root = (context.project() or QgsProject.instance()).layerTreeRoot()
    made = set(context.layersToLoadOnCompletion())
    nodes = [node for node in root.children() if _height(node, made) is not None]
    wanted = sorted(nodes, key=lambda node: _height(node, made) or 0)
    if len(nodes) < 2 or wanted == nodes:
        return
    first = root.children().index(nodes[0])
    copies = [node.clone() for node in wanted]
    for node in nodes:
        root.removeChildNode(node)
    root.insertChildNodes(first, copies)


def _height(node: Any, made: set[str]) -> int | None:
    """0 for outlines, 1 for rasters, 2 for views of a stack; None for what another run made."""
    if isinstance(node, QgsLayerTreeGroup):
        ours = node.customProperty(_MARK) and any(_is_made(n, made) for n in node.findLayers())
        return 2 if ours else None
    if not _is_made(node, made):
        return None
    return 0 if isinstance(node.layer(), QgsVectorLayer) else 1


def _is_made(node: QgsLayerTreeLayer, made: set[str]) -> bool:
    layer = node.layer()
    if layer is None:
        return False
    return bool({layer.id(), layer.source(), layer.source().partition("|")[0]} & made)
