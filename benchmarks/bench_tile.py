"""How long a whole Sentinel-2 tile takes, with its inventory, and how much memory.

    python benchmarks/bench_tile.py [--model fast_rgb] [--size 10980] [--device cpu] [--dem]

The tile repeats a made scene with noise. With a DEM, models may read slope, and all attributes of
landslides are measured.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from landslip.demo.large_stack import make_large_dem, make_large_stack
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path


def main() -> None:
    """Print seconds, patches, landslides and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="fast_rgb")
    parser.add_argument("--size", type=int, default=10980)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dem", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stack = make_large_stack(Path(folder) / "tile.tif", args.size)
        dem = str(make_large_dem(Path(folder) / "dem.tif", args.size)) if args.dem else None
        target = str(Path(folder) / "p.tif")
        before = time.process_time()
        found = detect(
            DetectRequest(str(stack), model_path(args.model), target, dem=dem, device=args.device)
        )
        processor = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{args.model} on {found.device}, {args.size}^2{', with DEM' * args.dem}: "
        f"{found.seconds:.0f} s ({processor:.0f} s of the processor), {found.patches} patches, "
        f"{len(found.landslides)} landslides, peak {peak:.0f} MiB"
    )


if __name__ == "__main__":
    main()
