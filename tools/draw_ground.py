"""Draw the pictures of the manual's page on what images show: ground, evidence and dates.

``tools/make_figures.py`` calls it. It needs matplotlib; two of the pictures need the data folder.
"""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.ground.classes import COLOURS, NAMES, Ground
from landslip.engine.ground.dating import DatingRequest, date_landslides
from landslip.engine.ground.evidence import EvidenceRequest, change_evidence
from landslip.engine.ground.image import GroundImage, ImageSource
from landslip.engine.inventory.compared import EVIDENCE, HIDDEN, NEW, SEEN_BEFORE
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import polygons_of
from landslip.engine.models.zoo import model_path
from landslip.engine.raster.tiling import Window

WORDS = {NEW: "#ff2d55", SEEN_BEFORE: "#00e5ff", HIDDEN: "#ffffff", "unknown": "#ffe066"}
FIGURE = {"facecolor": "white", "dpi": 90, "bbox_inches": "tight"}


def _rgb(bands: dict[str, np.ndarray]) -> np.ndarray:
    """True colour, 0..1 [height, width, 3]."""
    image = np.stack([bands[name] for name in ("B04", "B03", "B02")], axis=-1).astype(float)
    known = image[image.min(axis=-1) > 0]
    low, high = np.percentile(known, 1, axis=0), np.percentile(known, 99.3, axis=0)
    return np.asarray(np.clip((image - low) / (high - low), 0, 1))


def _as_made(bands: dict[str, np.ndarray]) -> np.ndarray:
    """The same of a made scene, whose clouds are not to darken the land."""
    image = np.stack([bands[name] for name in ("B04", "B03", "B02")], axis=-1).astype(float)
    return np.asarray(np.clip((image - (240, 420, 690)) / 1500, 0, 1) ** 0.8)


def panels(count: int, size: tuple[float, float]) -> tuple[Figure, list[Any]]:
    """A figure of panels without axes, side by side."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(np.atleast_1d(figure.subplots(1, count)))
    for each in axes:
        each.set_axis_off()
    return figure, axes


def _sources(data: Path) -> tuple[ImageSource, ImageSource]:
    scene = data / "hokkaido_2018"
    dem = str(scene / "dsm_aw3d30.tif")
    return (
        ImageSource(str(scene / "s2_post_B02_B03_B04.tif"), dem=dem),
        ImageSource(str(scene / "s2_pre_B02_B03_B04.tif"), dem=dem, flat_slope=0),
    )


def draw_ground(data: Path, target: Path) -> None:
    """An image, and the ground on which it shows landslides."""
    with GroundImage(_sources(data)[0]) as image:
        block = image.read(image.grid.area)
    figure, axes = panels(2, (11, 5.3))
    axes[0].imshow(_rgb(block.bands))
    colours = [np.array(COLOURS.get(ground, (0, 0, 0))) / 255 for ground in Ground]
    axes[1].imshow(
        block.classes,
        cmap=ListedColormap(colours),
        vmin=0,
        vmax=len(Ground) - 1,
        interpolation="nearest",
    )
    there = [ground for ground in Ground if (block.classes == ground).any()]
    handles = [
        Patch(facecolor=colours[ground], edgecolor="#777", label=NAMES[ground]) for ground in there
    ]
    figure.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncol=len(handles),
        frameon=False,
    )
    figure.savefig(target, **FIGURE)


def draw_evidence(data: Path, target: Path) -> None:
    """Outlines over the images before and after, by what these suggest."""
    after, before = _sources(data)
    with tempfile.TemporaryDirectory() as folder:
        made = detect(
            DetectRequest(
                after.path, model_path("effnet_rgb_slope"), f"{folder}/p.tif", after.dem,
                threshold=0.1, min_area=1000,
            )
        )  # fmt: skip
    names = [field.name for field in FIELDS]
    records = tuple(Record(s.wkb, dict(zip(names, s.values))) for s in made.landslides)
    table = Table("Iburi 2018", made.crs, {field.name: field.kind for field in FIELDS}, records)
    found = change_evidence(table, EvidenceRequest(after, before))
    window = Window(440, 120, 330, 330)
    figure, axes = panels(2, (11, 6))
    for axis, source, title in ((axes[0], before, "before"), (axes[1], after, "after")):
        with GroundImage(source) as image:
            axis.imshow(_rgb(image.read(window).bands))
            for record in found.records:
                for rings in polygons_of(record.wkb):
                    pixels = image.grid.to_pixels(np.vstack([rings[0], rings[0][:1]]))
                    x, y = (pixels - (window.col + 0.5, window.row + 0.5)).T
                    axis.plot(x, y, color=WORDS[record.values["evidence"]], linewidth=1.1)
        axis.set_xlim(0, window.width)
        axis.set_ylim(window.height, 0)
        axis.set_title(title)
    handles = [Patch(facecolor="none", edgecolor=WORDS[word], label=word) for word in EVIDENCE]
    legend = figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=4)
    legend.get_frame().set_facecolor("#444")
    for text in legend.get_texts():
        text.set_color("white")
    figure.savefig(target, **FIGURE)


def draw_dating(_data: Path, target: Path) -> None:
    """A made series with clouds and seasons, and the interval that was found."""
    from landslip.sample.scene import SceneRequest, write_scene
    from landslip.sample.series import Day, make_pair, seen
    from landslip.tests.engine.ground.conftest import outlines, places_of

    early, late = make_pair(SceneRequest(size=192, seed=8))
    table = outlines(late, 30)
    event = date(2018, 9, 6)
    days = [date(2018, 1, 20) + timedelta(days=58 * n) for n in range(8)]
    shown, paths = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, day in enumerate(days):
            summer = 0.5 - 0.5 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 20) / 365)
            weather = Day(
                cloud=0.45 if number == 5 else 0.0,
                snow=0.35 if day.month in (12, 1, 2) else 0.0,
                leaves=float(np.clip(2 * summer - 0.4, 0, 1)),
                seed=number,
            )
            scene = seen(late if day >= event else early, weather).scene
            shown.append(_as_made(scene.bands))
            paths.append(str(write_scene(scene, f"{folder}/{number}")["stack"]))
        request = DatingRequest.of(paths, ",".join(map(str, days)), ImageSource("", flat_slope=0))
        found = date_landslides(table, request)
    rows = [record.values for record in found.records]
    light = late.bands["B04"].astype(float)
    bright = [light[place].mean() for place in places_of(table, late)]
    best = max(range(len(rows)), key=lambda i: (rows[i]["date_note"] == "dated", bright[i]))
    figure, axes = panels(len(days), (13, 2.2))
    ring = polygons_of(table.records[best].wkb)[0][0]
    x = (ring[:, 0] - late.transform.c) / 10 - 0.5
    y = (late.transform.f - ring[:, 1]) / 10 - 0.5
    for axis, image, day in zip(axes, shown, days):
        axis.imshow(image)
        axis.plot(x, y, color="#ffe066", linewidth=1)
        axis.set_xlim(max(0, x.mean() - 38), x.mean() + 38)
        axis.set_ylim(y.mean() + 38, max(0, y.mean() - 38))
        role = {rows[best]["date_min"]: "last without", rows[best]["date_max"]: "first with"}
        axis.set_title(f"{day}\n{role.get(str(day), '')}", fontsize=9)
    figure.savefig(target, **FIGURE)
