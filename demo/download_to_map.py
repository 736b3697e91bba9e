"""The manual's picture of the way from a download to a map.

    python -m landslip.demo.download_to_map --product S2A_MSIL1C_....zip

A scene is made from a seed and written as what one would download: an L1C product in a zip, with
the offset of its processing baseline in its numbers, and a DEM in degrees. Both go through
preparation and detection. A real product, where one is given, is prepared and shown beside it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.common.dependencies import require
from ..engine.detection.in_product import detect_in_product
from ..engine.detection.pipeline import DetectRequest
from ..engine.models.zoo import model_path
from ..engine.preparation.prepare import PrepareRequest, prepare
from ..engine.preparation.target_grid import GridRequest
from ..sample.scene import Scene, SceneRequest, make_scene, write_scene
from ..tests.safe_fixture import Safe, metadata, zip_folder

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "download_to_map.png"
TILE = "54TWN"
RED_GREEN_BLUE = ("B04", "B03", "B02")
INFRARED = ("B11", "B08", "B04")

Panel = tuple[str, np.ndarray, dict[str, Any]]


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--product", help="a real product to show, too")
    parser.add_argument("--output", default=str(PICTURE))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        panels = made_panels(Path(folder))
        if options.product:
            panels += real_panels(options.product, Path(folder))
    draw(panels, options.output)


def write_product(scene: Scene, folder: Path) -> str:
    """Write a scene as a zipped L1C product of baseline 05.09; returns its path."""
    safe = Safe("L1C", "05.09", tiles=(TILE,))
    root = folder / f"{safe.name}.SAFE"
    images = root / "GRANULE" / safe.granule(TILE) / "IMG_DATA"
    images.mkdir(parents=True)
    for band, values in scene.bands.items():
        numbers = values.astype(np.int64) - (safe.offset or 0)
        _write_jp2(images / f"{safe.image_stem(TILE)}_{band}.jp2", numbers, scene)
    (root / safe.metadata_name).write_text(metadata(safe), encoding="utf-8")
    return str(zip_folder(root))


def _write_jp2(path: Path, numbers: np.ndarray, scene: Scene) -> None:
    height, width = numbers.shape
    with require("rasterio").open(
        path,
        "w",
        driver="JP2OpenJPEG",
        count=1,
        height=height,
        width=width,
        dtype="uint16",
        crs=scene.crs,
        transform=scene.transform,
        QUALITY="100",
        REVERSIBLE="YES",
    ) as dataset:
        dataset.write(numbers.astype(np.uint16), 1)


def made_panels(folder: Path) -> list[Panel]:
    """Download, DEM, stack and map of a made scene."""
    scene = make_scene(SceneRequest(size=512, seed=7))
    product = write_product(scene, folder)
    dem = str(write_scene(scene, folder / "scene")["dem"])
    stack, probability = str(folder / "stack.tif"), str(folder / "probability.tif")
    prepare(PrepareRequest((product,), stack, (dem,)))
    request = DetectRequest(
        product, model_path("effnet_rgb_slope"), probability, dem=dem, min_area=500
    )
    found = detect_in_product(request)
    colours = composite(stack, RED_GREEN_BLUE)
    threshold = found.threshold
    return [
        ("download: L1C product, in its zip", colours, {}),
        (
            "download: DEM, in degrees (m)",
            layer(dem, 1),
            {"cmap": "gist_earth", "unit": "m", "aspect": "auto"},
        ),
        ("stack: slope on the 10 m grid (°)", layer(stack, "slope"), {"cmap": "inferno"}),
        (
            f"map: {len(found.landslides)} detections",
            colours,
            {"outline": layer(probability, 1) >= threshold},
        ),
    ]


def real_panels(product: str, folder: Path) -> list[Panel]:
    """Two composites of a real product's stack."""
    stack = str(folder / "real.tif")
    bands = tuple(dict.fromkeys((*RED_GREEN_BLUE, *INFRARED)))
    # Averaged, as a picture of a whole tile is small; it also covers holes of a thinned-out sample.
    prepare(PrepareRequest((product,), stack, bands=bands, grid=GridRequest(pixel_size=500)))
    with require("rasterio").open(stack) as dataset:
        place = dataset.tags()["TILES"]
        day = dataset.tags()["ACQUISITION_DATE"][:10]
    return [
        (f"real L1C product, {place}, {day}", composite(stack, RED_GREEN_BLUE), {}),
        (f"its bands {' '.join(INFRARED)}", composite(stack, INFRARED), {}),
    ]


def layer(path: str, band: int | str) -> np.ndarray:
    """A band by number or name, NaN where there is no data."""
    with require("rasterio").open(path) as dataset:
        number = band if isinstance(band, int) else dataset.descriptions.index(band) + 1
        return np.asarray(dataset.read(number, masked=True).astype("float32").filled(np.nan))


def composite(path: str, bands: tuple[str, ...]) -> np.ndarray:
    """Three bands as a picture [rows, cols, 3], 0..1, stretched each; white where no data."""
    picture = np.stack([layer(path, band) for band in bands], axis=-1)
    low, high = np.nanpercentile(picture, (1, 99), axis=(0, 1))
    stretched = np.clip((picture - low) / (high - low), 0, 1) ** 0.8
    return np.asarray(np.where(np.isfinite(picture).all(axis=-1, keepdims=True), stretched, 1.0))


def draw(panels: list[Panel], path: str) -> None:
    """Draw panels in rows of three."""
    require("matplotlib", "matplotlib").use("Agg")
    pyplot = require("matplotlib.pyplot", "matplotlib")
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = pyplot.subplots(
        rows, columns, figsize=(3 * columns, 3.2 * rows), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (title, picture, style) in zip(axes.flat, panels):
        axis.set_title(title, fontsize=9)
        aspect = style.get("aspect", "equal")  # a degree's pixels are no squares on the ground
        image = axis.imshow(picture, cmap=style.get("cmap"), aspect=aspect, interpolation="nearest")
        if "cmap" in style:
            bar = figure.colorbar(image, cax=axis.inset_axes((0.82, 0.06, 0.03, 0.3)))
            bar.ax.tick_params(labelsize=7, labelcolor="white", color="white")
        if "outline" in style:
            axis.contour(style["outline"], levels=[0.5], colors="#e31a1c", linewidths=0.7)
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
