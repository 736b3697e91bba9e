"""Patches of the benchmark, put together as the scene that they were cut from.

Writes the three files that `adaptation.py` reads: the stack, an empty DEM (for models that read
none), and the labels; where a tile is missing there are no data. Where the scene lies is made up.

    python benchmarks/tiles_as_scene.py --data DATA --scene 4 -o india
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import rasterio
from adaptation import DEM, LABELS, STACK

from landslip.training.sources import load_l4s_rgb

SIDE = 128
PLACE = {
    "crs": "EPSG:32643",
    "transform": rasterio.Affine(10, 0, 500_000, 0, -10, 1_500_000),
    "driver": "GTiff",
    "compress": "deflate",
    "tiled": True,
}


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scene", type=int, required=True, help="1 Taiwan, 4 India")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    patches = load_l4s_rgb(given.data / "l4s_rgb.npz")
    mine = np.flatnonzero(patches.scene == given.scene)
    rows, cols = (patches.row[mine].max() + 1) * SIDE, (patches.col[mine].max() + 1) * SIDE
    image = np.zeros((3, rows, cols), np.uint16)
    labels = np.full((rows, cols), 255, np.uint8)
    for index in mine:
        row, col = patches.row[index] * SIDE, patches.col[index] * SIDE
        place = slice(row, row + SIDE), slice(col, col + SIDE)
        values = (patches.levels[index] + 0.5) * patches.step[index][:, None, None]
        image[(slice(None), *place)] = np.clip(values, 1, 65535)
        labels[place] = patches.mask[index]
    given.output.mkdir(parents=True, exist_ok=True)
    _write(given.output / STACK, image, 0, patches.bands)
    _write(given.output / DEM, np.zeros((1, rows, cols), np.int16), None, ("elevation",))
    _write(given.output / LABELS, labels[None], 255, ("label",))


def _write(path: Path, values: np.ndarray, nodata: int | None, names: tuple[str, ...]) -> None:
    count, height, width = values.shape
    profile = {**PLACE, "count": count, "height": height, "width": width, "nodata": nodata}
    with rasterio.open(path, "w", dtype=values.dtype, **profile) as dataset:
        dataset.write(values)
        dataset.descriptions = names


if __name__ == "__main__":
    main()
