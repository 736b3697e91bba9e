"""Preparing a stack against the same work of GDAL's programs, in turns in one run.

    python benchmarks/bench_prepare.py [--size 10980] [--height 10980] [--rounds 1] [--jpeg2000]

A product of 13 bands is generated (10, 20 and 60 m, one file a band) with a DEM in degrees.
Landslip makes a stack of 14 bands, with overviews. The pipeline makes the same: ``gdalbuildvrt``
puts bands of each pixel size together, ``gdalwarp`` brings them and the DEM to 10 m, ``gdaldem``
computes the slope, and bands are joined and written as GeoTIFF with the same type, blocks,
compression and overviews. On a busy machine, look at the processor's time rather than the clock's.
Memory is the largest of any process.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from landslip.engine.preparation.prepare import PrepareRequest, prepare

PIXELS = {
    10: ("B02", "B03", "B04", "B08"),
    20: ("B05", "B06", "B07", "B8A", "B11", "B12"),
    60: ("B01", "B09", "B10"),
}
ORDER = (
    *("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08"),
    *("B09", "B10", "B11", "B12", "slope", "dem"),
)
CRS, WEST, NORTH = "EPSG:32654", 600000.0, 4800000.0
CREATION = (
    *("-co", "TILED=YES", "-co", "BLOCKXSIZE=512", "-co", "BLOCKYSIZE=512"),
    *("-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=3", "-co", "ZLEVEL=2"),
    *("-co", "INTERLEAVE=BAND", "-co", "BIGTIFF=IF_SAFER", "-co", "NUM_THREADS=ALL_CPUS"),
)
PROGRAMS = ("gdalbuildvrt", "gdalwarp", "gdaldem", "gdal_translate", "gdaladdo")


def main() -> None:
    """Run both in turns, and print time, memory and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10980, help="width of the tile, 10 m pixels")
    parser.add_argument(
        "--height", type=int, help="less than the width takes less time, as much memory"
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jpeg2000", action="store_true", help="bands as JP2, as ESA has them")
    parser.add_argument("--folder", type=Path, help="where to work; else a temporary folder")
    parser.add_argument("--run", choices=("landslip", "gdal"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        {"landslip": run_landslip, "gdal": run_gdal}[options.run](options.folder)
        return
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        sys.exit(f"The pipeline needs {', '.join(missing)} (Debian: gdal-bin).")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        shape = (options.height or options.size) // 6 * 6, options.size // 6 * 6
        make_product(Path(folder), shape, options.jpeg2000)
        compare(Path(folder), options.rounds)


def compare(folder: Path, rounds: int) -> None:
    """Measure both in turns."""
    measured: dict[str, list[tuple[float, float, float]]] = {"landslip": [], "gdal": []}
    for _ in range(rounds):
        for name, results in measured.items():
            results.append(measure(name, folder))
            wall, processor, memory = results[-1]
            print(
                f"  {name:<9} {wall:8.1f} s, {processor:8.1f} s of processor   {memory:7.0f} MiB",
                flush=True,
            )
    for number, what in enumerate(("time", "processor time", "peak memory")):
        ours, theirs = (
            statistics.median(result[number] for result in measured[name])
            for name in ("landslip", "gdal")
        )
        print(f"{what}: landslip / gdal = {ours / theirs:.2f}   (aim: 1 or less)")
    check_same(folder)


def measure(name: str, folder: Path) -> tuple[float, float, float]:
    """Seconds, seconds of processor and peak MiB of one run, in a process of its own."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--run", name, "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    processor, memory = (float(text) for text in done.stdout.split()[-2:])
    return time.perf_counter() - started, processor, memory


def report(who: int) -> None:
    """Print what this process or its children took."""
    usage = resource.getrusage(who)
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run_landslip(folder: Path) -> None:
    """Make the stack with Landslip."""
    prepare(
        PrepareRequest(
            products=(str(folder / "product"),),
            stack=str(folder / "landslip.tif"),
            dems=(str(folder / "dem.tif"),),
            bands=ORDER,
        )
    )
    report(resource.RUSAGE_SELF)


def run_gdal(folder: Path) -> None:
    """Make the stack with GDAL's programs."""
    os.chdir(folder)
    ten = next(Path("product").glob("*B02.*"))
    extent, size = grid_of(ten)
    warp = ["gdalwarp", "-q", "-overwrite", "-t_srs", CRS, "-te", *extent, "-tr", "10", "10"]
    layers = {}
    for pixel, bands in PIXELS.items():
        files = [str(next(Path("product").glob(f"*{band}.*"))) for band in bands]
        call("gdalbuildvrt", "-q", "-overwrite", "-separate", f"{pixel}.vrt", *files)
        call(*warp, "-r", "bilinear", "-of", "VRT", f"{pixel}.vrt", f"{pixel}w.vrt")
        layers.update({band: (f"{pixel}w.vrt", n) for n, band in enumerate(bands, start=1)})
    # As exact as Landslip, which wants no steps in the slope; the default would save some seconds.
    call(*warp, "-et", "0.01", "-r", "cubic", "-ot", "Float32", "dem.tif", "gdal_dem.tif")
    call("gdaldem", "slope", "-q", "-compute_edges", "gdal_dem.tif", "gdal_slope.tif")
    layers.update(dem=("gdal_dem.tif", 1), slope=("gdal_slope.tif", 1))
    for band in ORDER:
        source, number = layers[band]
        call("gdal_translate", "-q", "-of", "VRT", "-b", str(number), source, f"{band}.vrt")
    call("gdalbuildvrt", "-q", "-overwrite", "-separate", "all.vrt", *(f"{b}.vrt" for b in ORDER))
    call("gdal_translate", "-q", "-ot", "Float32", *CREATION, "all.vrt", "gdal.tif")
    factors = [str(2**i) for i in range(1, 12) if size >> (i - 1) > 512]
    call("gdaladdo", "-q", "-r", "average", "gdal.tif", *factors)
    report(resource.RUSAGE_CHILDREN)


def call(*command: str) -> None:
    """Run a program of GDAL's, with as much cache as Landslip takes."""
    environment = {**os.environ, "GDAL_CACHEMAX": "512", "GDAL_NUM_THREADS": "ALL_CPUS"}
    subprocess.run([str(shutil.which(command[0])), *command[1:]], check=True, env=environment)


def grid_of(path: Path) -> tuple[list[str], int]:
    """Extent and width of a raster."""
    import rasterio

    with rasterio.open(path) as dataset:
        return [str(value) for value in dataset.bounds], dataset.width


def check_same(folder: Path) -> None:
    """Say how far the two stacks are apart, away from the edge; a shift would show."""
    import rasterio

    with (
        rasterio.open(folder / "landslip.tif") as ours,
        rasterio.open(folder / "gdal.tif") as theirs,
    ):
        rows, cols = (min(1024, length - 200) for length in ours.shape)
        window = rasterio.windows.Window(100, 100, cols, rows)
        one, other = ours.read(window=window), theirs.read(window=window)
    apart = np.median(np.abs(one - other), axis=(1, 2))
    print("median differences:", ", ".join(f"{b} {d:.3g}" for b, d in zip(ORDER, apart)))


# --- what is prepared ---


def make_product(folder: Path, shape: tuple[int, int], jpeg2000: bool) -> None:
    """Write 13 bands, baseline 03.01 by name, and a DEM of one arc second that covers them."""
    product = folder / "product"
    product.mkdir()
    height, width = shape
    kind = "JPEG 2000" if jpeg2000 else "GeoTIFF"
    print(f"{width} x {height} pixels of 10 m, {kind}", flush=True)
    for pixel, bands in PIXELS.items():
        for number, band in enumerate(bands):
            name = f"T54TXN_20200823T013039_{band}.{'jp2' if jpeg2000 else 'tif'}"
            here = height * 10 // pixel, width * 10 // pixel
            write_band(product / name, here, pixel, number, jpeg2000)
    write_dem(folder / "dem.tif", shape)


def texture(rows: np.ndarray, cols: np.ndarray, seed: int) -> np.ndarray:
    """Ground-like noise, from -1 to 1 or so, at coordinates in metres [rows, cols]."""
    rng = np.random.default_rng(seed)
    total = np.zeros((len(rows), len(cols)), np.float32)
    for octave in range(5):
        wave = 2 * np.pi / (4000 / 2**octave)
        turn = rng.uniform(0, 2 * np.pi, 4)
        across = np.sin(rows * wave + turn[0])[:, None] * np.cos(cols * wave + turn[1])[None]
        along = np.cos(rows * wave * 0.6 + turn[2])[:, None] * np.sin(cols * wave + turn[3])[None]
        total += ((across + along) / 2**octave).astype(np.float32)
    return total / 2


def write_band(path: Path, shape: tuple[int, int], pixel: int, seed: int, jpeg2000: bool) -> None:
    """Write one band in strips, with some noise, as sensors have it."""
    import rasterio

    rng = np.random.default_rng(seed)
    height, width = shape
    plain = path.with_suffix(".tif")
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": 1,
        "width": width,
        "height": height,
        "crs": CRS,
        "transform": rasterio.Affine(pixel, 0, WEST, 0, -pixel, NORTH),
        "nodata": None if jpeg2000 else 0,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "compress": "deflate",
        "predictor": 2,
        "zlevel": 1,
    }
    cols = (np.arange(width) + 0.5) * pixel
    with rasterio.open(plain, "w", **profile) as dataset:
        for row in range(0, height, 512):
            rows = (np.arange(row, min(height, row + 512)) + 0.5) * pixel
            strip = 1500 + 400 * texture(rows, cols, seed)
            strip += 12 * rng.standard_normal(strip.shape, dtype=np.float32)
            window = rasterio.windows.Window(0, row, width, len(rows))
            dataset.write(strip.clip(1, 9999).astype(np.uint16), 1, window=window)
    if jpeg2000:
        call("gdal_translate", "-q", "-of", "JP2OpenJPEG", "-co", "QUALITY=100", "-co",
             "REVERSIBLE=YES", "-co", "BLOCKXSIZE=1024", "-co", "BLOCKYSIZE=1024",
             str(plain), str(path))  # fmt: skip
        plain.unlink()


def write_dem(path: Path, shape: tuple[int, int]) -> None:
    """Write a DEM of one arc second in EPSG:4326, like those that are downloaded."""
    import rasterio
    from rasterio.warp import transform_bounds

    down, right = (10 * length for length in shape)
    west, south, east, north = transform_bounds(
        CRS, "EPSG:4326", WEST - 2000, NORTH - down - 2000, WEST + right + 2000, NORTH + 2000
    )
    step = 1 / 3600
    width, height = int((east - west) / step), int((north - south) / step)
    cols, rows = (np.arange(width) * step * 82000, np.arange(height) * step * 111000)
    heights = 800 + 300 * texture(rows, cols, 99)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="float32",
        count=1,
        width=width,
        height=height,
        crs="EPSG:4326",
        transform=rasterio.Affine(step, 0, west, 0, -step, north),
        tiled=True,
        compress="deflate",
        predictor=3,
    ) as dataset:
        dataset.write(heights, 1)


if __name__ == "__main__":
    main()
