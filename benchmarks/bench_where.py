"""Where the time of a detection goes, and a figure of it.

    python benchmarks/bench_where.py [--size 3072] [--figure docs/images/where_time_goes.png]

Seconds of the thread that runs the model, everything included. Reading and writing have threads of
their own: what is counted of them is waiting. On a busy machine more waits.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from landslip.demo.large_stack import make_large_stack
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.models.zoo import model_path, shipped_models

#: What is timed: a name, and where the function stands.
PARTS = {
    "statistics of the scene": ("engine.detection.pipeline", "scene_sample"),
    "model": ("engine.models.runtime", "Model.run"),
    "blending": ("engine.models.stitch", "RegionBlender.add"),
    "keeping regions": ("engine.detection.kept", "KeptRegions.save"),
    "overviews, reading back": ("engine.raster.geotiff", "_finish"),
    "outlines and attributes": ("engine.detection.pipeline", "vectorise"),
}
REST = "waiting and the rest"


def main() -> None:
    """Print a table, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=3072)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    names = [*PARTS, REST]
    print(f"| model | seconds | {' | '.join(names)} |\n{'|---' * (2 + len(names))}|")
    shares: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        stack = str(make_large_stack(Path(folder) / "stack.tif", args.size))
        for model in shipped_models():
            if model.endswith("slope"):  # the made stack has no DEM
                continue
            request = DetectRequest(stack, model_path(model), f"{folder}/p.tif", device="cpu")
            detect(request)  # imports, and the file in the system's cache
            took: dict[str, float] = dict.fromkeys(PARTS, 0.0)
            with timed(took):
                began = time.perf_counter()
                detect(request)
                seconds = time.perf_counter() - began
            took[REST] = seconds - sum(took.values())
            shares[model] = [100 * took[name] / seconds for name in names]
            cells = " | ".join(f"{share:.0f} %" for share in shares[model])
            print(f"| `{model}` | {seconds:.1f} | {cells} |", flush=True)
    if args.figure:
        draw(shares, names, args.figure)


@contextmanager
def timed(took: dict[str, float]) -> Iterator[None]:
    """Count the seconds of each part while the block runs."""
    with ExitStack() as undo:
        for name, (module, path) in PARTS.items():
            owner: Any = importlib.import_module(f"landslip.{module}")
            *outer, last = path.split(".")
            for part in outer:
                owner = getattr(owner, part)
            original = getattr(owner, last)
            setattr(owner, last, counting(original, took, name))
            undo.callback(setattr, owner, last, original)
        yield


def counting(work: Callable[..., Any], took: dict[str, float], name: str) -> Callable[..., Any]:
    """The function, whose seconds are added up; of a generator, those between its results."""

    def wrapped(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = work(*arguments, **named)
        if name.startswith("outlines"):
            result = list(result)
        took[name] += time.perf_counter() - began
        return result

    return wrapped


def draw(shares: dict[str, list[float]], names: list[str], path: Path) -> None:
    """Bars of shares, one for each model."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7.5, 1.2 + 0.5 * len(shares)), layout="constrained")
    colours = plt.get_cmap("tab10").colors
    left = [0.0] * len(shares)
    for number, name in enumerate(names):
        values = [row[number] for row in shares.values()]
        axis.barh(list(shares), values, left=left, label=name, color=colours[number], height=0.6)
        left = [a + b for a, b in zip(left, values, strict=True)]
    axis.set_xlabel("share of the time, %")
    axis.set_xlim(0, 100)
    axis.spines[["top", "right"]].set_visible(False)
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    axis.legend(**place, ncol=4, fontsize=8, frameon=False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
