"""How long a large inventory takes to measure, and how the same statistics take one by one.

    python benchmarks/bench_measure.py [--size 10980] [--polygons 100000] [--loop 500]

A field of as many landslides as asked for, on a raster of the size of a Sentinel-2 tile with a DEM
of the same grid, is vectorised with all attributes and measured again from its polygons. The
comparison is zonal statistics of probability and elevation (count, mean, minimum, maximum): of
exactextract or rasterstats where they are installed, else a plain loop in the manner of
rasterstats, which reads a window and draws a mask for each polygon. It runs on a sample and is
scaled up. Times are those of the processor.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.features

from landslip.engine.inventory.fields import Landslide
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import polygons_of
from landslip.engine.outlines.measure import MeasureRequest, measure
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise

CRS = "EPSG:32654"
BAND = 512


def main() -> None:
    """Run all and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10980)
    parser.add_argument("--polygons", type=int, default=100_000)
    parser.add_argument("--loop", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        probability, dem = _scene(Path(folder), options.size, options.polygons)
        print(f"{options.size}^2 pixels")
        found, seconds = _timed(lambda: list(vectorise(VectoriseRequest(probability, dem, 0.5))))
        _tell(f"vectorise, all attributes, {len(found)} landslides", seconds)
        table = Table("bench", CRS, {}, tuple(Record(one.wkb, {}) for one in found))
        request = MeasureRequest(dem, probability)
        _, seconds = _timed(lambda: measure(table, request))
        _tell("measure, all attributes", seconds)
        _compare(found, probability, dem, options.loop)


def _compare(found: list[Landslide], probability: str, dem: str, sample: int) -> None:
    step = max(1, len(found) // sample)
    some = [_geojson(one.wkb) for one in found[::step]]
    for name, statistics in (
        ("exactextract", _exactextract),
        ("rasterstats", _rasterstats),
        ("plain loop", _loop),
    ):
        if name != "plain loop" and importlib.util.find_spec(name) is None:
            print(f"  {name} is not installed")
            continue
        _, seconds = _timed(
            lambda call=statistics: [call(some, path) for path in (probability, dem)]
        )
        _tell(f"{name}, two layers, scaled up from {len(some)}", seconds * len(found) / len(some))


def _exactextract(shapes: list[dict[str, Any]], path: str) -> Any:
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]
    import exactextract

    return exactextract.exact_extract(path, features, ["count", "mean", "min", "max"])


def _rasterstats(shapes: list[dict[str, Any]], path: str) -> Any:
    import rasterstats

    return rasterstats.zonal_stats(shapes, path, stats=["count", "mean", "min", "max"])


def _loop(shapes: list[dict[str, Any]], path: str) -> list[tuple[float, ...]]:
    rows = []
    with rasterio.open(path) as dataset:
        for shape in shapes:
            window = rasterio.features.geometry_window(dataset, [shape])
            values = dataset.read(1, window=window)
            inside = rasterio.features.geometry_mask(
                [shape], values.shape, dataset.window_transform(window), invert=True
            )
            mine = values[inside]
            rows.append((mine.size, mine.mean(), mine.min(), mine.max()))
    return rows


def _geojson(wkb: bytes) -> dict[str, Any]:
    rings = [np.vstack((ring, ring[:1])).tolist() for ring in polygons_of(wkb)[0]]
    return {"type": "Polygon", "coordinates": rings}


def _scene(folder: Path, size: int, polygons: int) -> tuple[str, str]:
    """A probability raster with about so many landslides, and a DEM, on one grid."""
    probability, dem = str(folder / "p.tif"), str(folder / "d.tif")
    profile = {
        **{"driver": "GTiff", "dtype": "float32", "count": 1, "crs": CRS, "nodata": -9999},
        **{"width": size, "height": size, "tiled": True, "blockxsize": 512, "blockysize": 512},
        "transform": rasterio.Affine(10, 0, 500_000, 0, -10, 4_700_000),
    }
    cell = size / np.sqrt(polygons)
    cols = np.arange(size)
    rng = np.random.default_rng(1)
    shift = rng.uniform(0.25, 0.75, (size, 2))
    reach = rng.uniform(0.08, 0.24, size)
    with rasterio.open(probability, "w", **profile) as p, rasterio.open(dem, "w", **profile) as d:
        for row in range(0, size, BAND):
            rows = np.arange(row, min(row + BAND, size))[:, None]
            one = (rows // cell).astype(int) * 31 + (cols // cell).astype(int)
            chosen = shift[one % size]
            away = np.hypot(
                (rows / cell) % 1 - chosen[..., 0], 2 * ((cols / cell) % 1 - chosen[..., 1])
            )
            values = np.clip(1 - 0.5 * away / reach[one % size], 0, 1).astype("float32")
            land = 800 + 300 * np.sin(rows / 90) * np.cos(cols / 130) + 0.01 * rows
            place = rasterio.windows.Window(0, row, size, len(rows))
            p.write(values, 1, window=place)
            d.write(land.astype("float32"), 1, window=place)
    return probability, dem


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the processor seconds it takes: other programs make them no more."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def _tell(what: str, seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {what:<60} {seconds:7.1f} s   peak {peak:5.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
