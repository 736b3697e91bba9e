"""How much memory a detection takes, by bands, side of the regions, layout of the file, and size.

    python benchmarks/bench_memory.py [--size 4608] [--sparse 100000] [--tile]

Peaks of processes of their own, with a model of one convolution and the inventory outlined. What
the engine reckons with (`pipeline.needs`) stands beside them. ``--tile`` adds a whole tile of 14
bands, tiled and striped, and one of three bands as JPEG 2000.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

from landslip.engine.detection.pipeline import DetectRequest, detect, needs
from landslip.engine.models.runtime import Model
from landslip.sample.scene import SceneRequest, make_scene
from landslip.tests.support import card, write_model

BANDS = (*(f"B{i:02d}" for i in range(1, 13)), "slope", "dem")
SIDES = (512, 1024, 1536)
LAYOUTS = {
    "tiled": {"driver": "GTiff", "tiled": True, "blockxsize": 512, "blockysize": 512},
    "striped": {"driver": "GTiff", "blockysize": 1},
    "jpeg2000": {"driver": "JP2OpenJPEG", "quality": 20, "reversible": "no"},
}
TILE = 10_980


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=4608)
    parser.add_argument("--sparse", type=int, default=0, help="side of an empty raster to add")
    parser.add_argument("--tile", action="store_true", help="add a whole tile of 14 bands")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        _one(*args.one)
        return
    print("| raster | bands | layout | side of regions | peak, MiB | reckoned, MiB | seconds |")
    print(f"{'|---' * 7}|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for bands in (3, 14):
            stack = _stack(folder / "stack.tif", args.size, bands, "tiled")
            for side in SIDES:
                _row(stack, args.size, bands, "tiled", side)
        if args.sparse:
            stack = _stack(folder / "stack.tif", args.sparse, 3, "tiled", sparse=True)
            _row(stack, args.sparse, 3, "sparse", 0)
        if args.tile:
            for layout in LAYOUTS:
                ending = "jp2" if layout == "jpeg2000" else "tif"
                bands = 3 if layout == "jpeg2000" else 14
                stack = _stack(folder / f"stack.{ending}", TILE, bands, layout)
                _row(stack, TILE, bands, layout, 0)


def _stack(path: Path, size: int, bands: int, layout: str, sparse: bool = False) -> Path:
    """A stack that repeats a made scene; a sparse one has it in its middle alone."""
    scene = make_scene(SceneRequest(size=512, seed=1))
    known = [*scene.bands.values()][:3]
    profile = {
        **LAYOUTS["tiled" if layout == "jpeg2000" else layout],
        "width": size,
        "height": size,
        "count": bands,
        "dtype": "uint16",
        "nodata": 0,
        "crs": scene.crs,
        "transform": scene.transform,
        "sparse_ok": True,
        "bigtiff": "yes",
        "compress": "deflate",
        "zlevel": 1,
    }
    plain = path.with_suffix(".plain.tif")
    rows = [size // 2] if sparse else range(0, size, 512)
    with rasterio.open(plain, "w", **profile) as target:
        target.descriptions = BANDS[1:4] if bands == 3 else BANDS
        for row in rows:
            for col in rows if sparse else range(0, size, 512):
                window = Window(col, row, min(512, size - col), min(512, size - row))
                place = slice(window.height), slice(window.width)
                cut = np.stack([known[i % 3][place] for i in range(bands)])
                if bands == 14:  # degrees and metres
                    cut[12], cut[13] = scene.slope[place], scene.dem[place]
                target.write(cut, window=window)
    if layout != "jpeg2000":
        return plain.replace(path)
    rasterio.shutil.copy(plain, path, **LAYOUTS["jpeg2000"])
    plain.unlink()
    return path


def _row(stack: Path, size: int, bands: int, layout: str, side: int) -> None:
    names = BANDS[1:4] if bands == 3 else BANDS
    model = write_model(stack.with_suffix(".onnx"), card(bands=names))
    command = [sys.executable, __file__, "--one", str(stack), model, str(side)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, seconds = done.stdout.split()[-2:]
    reckoned = needs([Model(model, "cpu").card], side or SIDES[-1], spread=False) / 2**20
    print(
        f"| {size:,}² | {bands} | {layout} | {side or 'by memory'} | {peak} | {reckoned:.0f} | "
        f"{seconds} |",
        flush=True,
    )


def _one(stack: str, model: str, side: str) -> None:
    """One run in this process."""
    began = time.perf_counter()
    detect(
        DetectRequest(
            stack,
            model,
            f"{stack}.p.tif",
            device="cpu",
            threshold=0.9,
            min_area=5000,
            region_size=int(side),
            band_mapping=",".join(BANDS[1:4]) if stack.endswith("jp2") else "",
        )
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f} {time.perf_counter() - began:.0f}")
    Path(f"{stack}.p.tif").unlink()


if __name__ == "__main__":
    main()
