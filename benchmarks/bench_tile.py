"""How long a whole Sentinel-2 tile takes, with its inventory, and how much memory.

    python benchmarks/bench_tile.py [--model fast_rgb] [--size 10980] [--device cpu]

The tile repeats a made scene with noise; it has no DEM.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path

from landslip.demo.large_stack import make_large_stack
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path


def main() -> None:
    """Print seconds, patches, landslides and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="fast_rgb")
    parser.add_argument("--size", type=int, default=10980)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stack = make_large_stack(Path(folder) / "tile.tif", args.size)
        target = str(Path(folder) / "p.tif")
        found = detect(
            DetectRequest(str(stack), model_path(args.model), target, device=args.device)
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{args.model} on {found.device}, {args.size}^2: {found.seconds:.0f} s, {found.patches} "
        f"patches, {len(found.landslides)} landslides, peak {peak:.0f} MiB"
    )


if __name__ == "__main__":
    main()
