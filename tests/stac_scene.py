"""A made scene as a catalogue has it: a COG for each band, and one of scene classes."""

import numpy as np
import rasterio
from rasterio.shutil import copy

from landslip.tests.support import reflectance

CRS, WEST, NORTH, SIDE = "EPSG:32654", 600000.0, 4700040.0, 900
BANDS = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "B11": 20}
FILES = {**{band: f"{band}.tif" for band in BANDS}, "SCL": "SCL.tif"}


def write_cog(path, values, pixel, west=WEST, north=NORTH, blocksize=128, **options):
    transform = rasterio.Affine(pixel, 0, west, 0, -pixel, north)
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.io.MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            count=1,
            height=values.shape[0],
            width=values.shape[1],
            dtype=values.dtype,
            crs=options.pop("crs", CRS),
            transform=transform,
            nodata=options.pop("nodata", 0),
        ) as dataset:
            dataset.write(values, 1)
        options = {"driver": "COG", "compress": "deflate", "blocksize": blocksize, **options}
        with memory.open() as dataset:
            copy(dataset, path, **options)


def write_scene(folder, seed=1, added=0, west=WEST, side=SIDE, bands=tuple(BANDS)):
    """Bands and scene classes as COGs; returns the numbers of each."""
    rng = np.random.default_rng(seed)
    made = {}
    for band in bands:
        pixel = BANDS[band]
        count = side * 10 // pixel
        values = reflectance(rng, 1, count, count)[0] + np.uint16(added)
        write_cog(folder / f"{band}.tif", values, pixel, west)
        made[band] = values
    classes = np.full((side // 2, side // 2), 4, np.uint8)
    classes[:, : side // 8] = 9
    write_cog(folder / "SCL.tif", classes, 20, west)
    return made
