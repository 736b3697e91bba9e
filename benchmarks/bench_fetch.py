"""Bytes that a window of 10 x 10 km takes of a tile's bands, against its share of the files.

    python benchmarks/bench_fetch.py [STACK]

Makes bands of a whole tile (10,980 pixels a side at 10 m) as cloud-optimised GeoTIFFs of the
texture of STACK (a scene of the sample without it), serves them on loopback, and fetches windows at
random places. Two shares are compared: that of the window's area, and that of the blocks which it
touches, below which no reader can go. It counts bytes, not time.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import rasterio

from landslip.engine.catalogue.assets import Source
from landslip.engine.catalogue.catalogues import Catalogue
from landslip.engine.catalogue.network import Session
from landslip.engine.catalogue.place import area_of_extent
from landslip.engine.catalogue.plain_carrier import PlainCarrier
from landslip.engine.catalogue.windows import MARGIN, fetch_window, window_of
from landslip.engine.raster.grid import Grid
from landslip.sample.scene import SceneRequest, make_scene
from landslip.tests.stac_scene import CRS, NORTH, WEST, write_cog
from landslip.tests.stac_server import StacServer

TILE, SIDE = 109_800.0, 10_000.0  # metres
WINDOWS = 12
#: Pixel sizes, and sides of blocks as catalogues have them.
KINDS = ((10, 256), (10, 512), (10, 1024), (20, 512), (60, 256))


def main() -> None:
    """Print a row for each kind of band."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack", nargs="?", help="raster whose first band gives the texture")
    texture = read_texture(parser.parse_args().stack)
    print("pixel  block  MiB of file  KiB fetched  of the window's share  of its blocks")
    for pixel, block in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            print(row(Path(folder), texture, pixel, block), flush=True)


def read_texture(path: str | None) -> np.ndarray:
    """A scene's first band."""
    if path is None:
        scene = make_scene(SceneRequest(size=768))
        return np.asarray(scene.bands["B04"]).astype(np.uint16)
    with rasterio.open(path) as dataset:
        return np.asarray(dataset.read(1))


def row(folder: Path, texture: np.ndarray, pixel: int, block: int) -> str:
    """What windows take of a band."""
    count = int(TILE) // pixel
    repeats = [-(-count // size) for size in texture.shape]
    path = folder / "band.tif"
    write_cog(path, np.tile(texture, repeats)[:count, :count], pixel, blocksize=block, predictor=2)
    size = path.stat().st_size
    fetched, share, least = [], [], []
    rng = np.random.default_rng(1)
    with StacServer(folder) as server:
        source = Source("B04", f"{server.root}/files/band.tif")
        for number in range(WINDOWS):
            west = WEST + rng.uniform(0, TILE - SIDE)
            south = NORTH - TILE + rng.uniform(0, TILE - SIDE)
            area = area_of_extent((west, south, west + SIDE, south + SIDE), CRS)
            session = Session(PlainCarrier(), Catalogue("test", server.api))
            fetch_window(session, source, area, folder / f"{number}.tif")
            fetched.append(session.received)
            share.append(size * (SIDE / TILE) ** 2)
            least.append(bytes_of_blocks(path, area))
    got = sum(fetched) / 1024 / WINDOWS
    return (
        f"{pixel:3} m  {block:5}  {size / 2**20:11.0f}  {got:11.0f}  "
        f"{sum(fetched) / sum(share):21.2f}  {sum(fetched) / sum(least):13.3f}"
    )


def bytes_of_blocks(path: Path, area: object) -> int:
    """Bytes of the blocks that an area touches, with the margin that is read."""
    total = 0
    with rasterio.open(path) as dataset:
        window = window_of(Grid.of(dataset, str(path)), area, MARGIN)
        high, wide = dataset.block_shapes[0]
        for down in range(window.row // high, -(-window.row_stop // high)):
            for right in range(window.col // wide, -(-window.col_stop // wide)):
                name = f"BLOCK_SIZE_{right}_{down}"
                total += int(dataset.get_tag_item(name, "TIFF", bidx=1) or 0)
    return total


if __name__ == "__main__":
    main()
