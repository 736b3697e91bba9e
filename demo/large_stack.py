"""A stack of any size for benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..sample.grids import Array
from ..sample.land_cover import BANDS
from ..sample.scene import PathLike, SceneRequest, make_scene, tiff_profile


def make_large_stack(
    path: PathLike, size: int = 10_980, seed: int = 1, base_size: int = 512
) -> Path:
    """Write a stack of any size for benchmarks, by mirrored repetition of a small scene plus noise.

    Memory stays that of the small scene and one block, whatever the size.

    Args:
        path: File to write; uint16 with bands named B02 B03 B04 B08, nodata 0.
        size: Width and height in px; 10980 is a Sentinel-2 granule.
        seed: Of the small scene and of the noise.
        base_size: Side of the small scene in px.

    Returns:
        The path.
    """
    import rasterio

    path = Path(path)
    scene = make_scene(SceneRequest(size=base_size, seed=seed))
    base = np.stack([scene.bands[name] for name in BANDS])
    partial = path.with_name(path.name + ".part")
    profile = tiff_profile(count=len(BANDS), height=size, width=size, dtype="uint16", nodata=0)
    profile.update(crs=scene.crs, transform=scene.transform, zlevel=1, interleave="pixel")
    rng = np.random.default_rng(seed)
    with rasterio.open(partial, "w", **profile) as target:
        for _, window in target.block_windows(1):
            target.write(_mirrored_block(base, window, rng), window=window)
        target.descriptions = BANDS
    partial.replace(path)
    return path


def make_large_dem(path: PathLike, size: int = 10_980, seed: int = 1, base_size: int = 512) -> Path:
    """Write the DEM of the stack that `make_large_stack` makes; float32, metres."""
    import rasterio

    path = Path(path)
    scene = make_scene(SceneRequest(size=base_size, seed=seed))
    profile = tiff_profile(count=1, height=size, width=size, dtype="float32", nodata=-9999)
    profile.update(crs=scene.crs, transform=scene.transform, zlevel=1)
    with rasterio.open(path, "w", **profile) as target:
        for _, window in target.block_windows(1):
            rows = _mirror(np.arange(window.height) + window.row_off, base_size)
            columns = _mirror(np.arange(window.width) + window.col_off, base_size)
            target.write(scene.dem[rows[:, None], columns], 1, window=window)
    return path


def _mirrored_block(base: Array, window: Any, rng: np.random.Generator) -> Array:
    """One block of the endless mirrored repetition of a base [band, row, column], with noise."""
    rows = _mirror(np.arange(window.height) + window.row_off, base.shape[1])
    columns = _mirror(np.arange(window.width) + window.col_off, base.shape[2])
    block = base[:, rows[:, None], columns[None]].astype(np.float32)
    noise = rng.standard_normal(block.shape, dtype=np.float32)
    return np.clip(np.rint(block + 8 * noise), 1, 65535).astype(np.uint16)


def _mirror(index: Array, n: int) -> Array:
    """Index into n items laid out forwards and backwards in turn."""
    index = index % (2 * n)
    return np.where(index < n, index, 2 * n - 1 - index)
