"""Draw the picture of the manual's page on an event: before, after, what changed, what was found.

``tools/make_figures.py`` calls it. It needs matplotlib and the data folder.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import rasterio
from draw_ground import FIGURE, WORDS, panels
from matplotlib.patches import Patch

from landslip.engine.catalogue.place import area_of_extent
from landslip.engine.detection.event import EventRequest, detect_event
from landslip.engine.detection.pipeline import DetectRequest
from landslip.engine.inventory.compared import EVIDENCE
from landslip.engine.inventory.event import EventFacts
from landslip.engine.inventory.wkb import polygons_of

#: A part of the scene that both images show.
_PLACE, _CRS = (574500.0, 4727700.0, 579300.0, 4731900.0), "EPSG:32654"
_SHOWN = {
    "before": ("pre_B04", "pre_B03", "pre_B02"),
    "after": ("B04", "B03", "B02"),
    "change": ("B04", "pre_B04", "pre_B04"),
}


def draw_event(data: Path, target: Path) -> None:
    """The views of a stack of both dates, and the outlines by what changed."""
    scene = data / "hokkaido_2018"
    with tempfile.TemporaryDirectory() as folder:
        request = EventRequest(
            DetectRequest(
                stack=f"{folder}/stack.tif",
                model="",
                probability=f"{folder}/probability.tif",
                min_area=1000,
                event=EventFacts("2018-09-06", trigger="earthquake"),
            ),
            after=(str(scene / "s2_post_B02_B03_B04.tif"),),
            before=(str(scene / "s2_pre_B02_B03_B04.tif"),),
            dem=str(scene / "dsm_aw3d30.tif"),
            area=area_of_extent(_PLACE, _CRS),
        )
        found = detect_event(request)
        with rasterio.open(request.stack) as dataset:
            layers = dict(zip(dataset.descriptions, dataset.read()))
            west, north = dataset.transform.c, dataset.transform.f
    figure, axes = panels(4, (14, 3.6))
    for axis, (name, bands) in zip(axes, _SHOWN.items()):
        axis.imshow(_stretched([layers[band] for band in bands]))
        axis.set_title(name)
    axes[3].imshow(_stretched([layers[band] for band in _SHOWN["after"]]))
    axes[3].set_title("outlines")
    for record in found.table.records:
        for polygon in polygons_of(record.wkb):
            outline = (polygon[0] - (west, north)) / (10, -10) - 0.5
            axes[3].plot(*outline.T, color=WORDS[record.get("evidence")], linewidth=1)
    there = {record.get("evidence") for record in found.table.records}
    patches = [Patch(color=WORDS[word], label=word) for word in EVIDENCE if word in there]
    axes[3].legend(handles=patches, loc="lower right", fontsize=7)
    figure.savefig(target, **FIGURE)


def _stretched(layers: list[np.ndarray]) -> np.ndarray:
    image = np.stack(layers, axis=-1)
    image[image == -9999] = np.nan
    low, high = np.nanpercentile(image, (2, 98), axis=(0, 1))
    return np.nan_to_num(np.clip((image - low) / (high - low), 0, 1), nan=1)
