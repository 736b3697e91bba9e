"""``make demo``: detect landslides in a scene through ``qgis_process``, score and draw the result.

Without ``--scene`` the scene is made from a seed. A folder given with ``--scene`` holds the stack
(``stack.tif`` or ``*post*.tif``), and if there are any the DEM (``dem*.tif`` or ``dsm*.tif``) and
the reference (``truth.tif`` or ``label*.tif``: 1 landslide, 0 none, nodata where nobody looked).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ..engine.assessment.assess import Assessment, AssessRequest, assess
from ..engine.common.errors import LandslipError, RasterError
from ..engine.models.zoo import AUTO
from .processing import run_algorithm
from .project_map import MapRequest, write_project_and_map

BUILD = Path(__file__).resolve().parents[1] / "build" / "demo"
SYNTHETIC_CREDIT = "Synthetic scene, made by Landslip"


@dataclass(frozen=True)
class SceneFiles:
    """The files of one scene; None where there is none."""

    stack: str
    dem: str | None
    truth: str | None


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; the exit status is 0 when all went well."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except LandslipError as err:
        print(f"\n{err}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--scene", help="folder of a scene; default: one made from a seed")
    parser.add_argument("--output", default=str(BUILD), help="folder for the results")
    parser.add_argument("--model", default=AUTO, help="a shipped model, an .onnx file, or auto")
    parser.add_argument("--min-area", type=float, default=500, help="smallest landslide, m2")
    parser.add_argument("--credit", help="whom the map must name, besides the model's sources")
    return parser


def _run(options: argparse.Namespace) -> int:
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    scene = _given_scene(Path(options.scene)) if options.scene else _made_scene(folder)
    probability, inventory = str(folder / "probability.tif"), str(folder / "inventory.gpkg")

    print(f"Detecting landslides in {scene.stack} ...", flush=True)
    started = time.monotonic()
    results = run_algorithm(
        "landslip:detectlandslides",
        {
            "INPUT": scene.stack,
            "DEM": scene.dem,
            "MODEL": options.model,
            "MIN_AREA": options.min_area,
            "PROBABILITY": probability,
            "INVENTORY": inventory,
        },
        folder,
    )
    seconds = time.monotonic() - started

    score, comparison = None, None
    if scene.truth:
        comparison = str(folder / "comparison.tif")
        score = assess(
            AssessRequest(
                probability, scene.truth, min_area=options.min_area, comparison=comparison
            )
        )
    print("Drawing the map ...", flush=True)
    request = MapRequest(
        stack=scene.stack,
        probability=probability,
        inventory=inventory,
        comparison=comparison,
        dem=scene.dem,
        folder=str(folder),
        title=_title(results, score),
        credit=options.credit or ("" if options.scene else SYNTHETIC_CREDIT),
    )
    write_project_and_map(request)
    _print_table(results, score, seconds)
    print(f"\nOpen {folder / 'landslides.qgz'} in QGIS, or look at {folder / 'map.png'}.")
    return 0


def _made_scene(folder: Path) -> SceneFiles:
    from ..sample.scene import make_scene, write_scene

    print("Making a scene ...", flush=True)
    paths = write_scene(make_scene(), folder)
    return SceneFiles(str(paths["stack"]), str(paths["dem"]), str(paths["truth"]))


def _given_scene(folder: Path) -> SceneFiles:
    stack = _first(folder, "stack.tif", "*post*.tif")
    if stack is None:
        found = ", ".join(sorted(path.name for path in folder.glob("*"))) or "nothing"
        raise RasterError(
            f"There is no stack in {folder}: expected stack.tif or *post*.tif, found {found}. Give "
            "the folder of a scene."
        )
    return SceneFiles(
        stack,
        _first(folder, "dem*.tif", "dsm*.tif"),
        _first(folder, "truth.tif", "label*.tif"),
    )


def _first(folder: Path, *patterns: str) -> str | None:
    found = [str(path) for pattern in patterns for path in sorted(folder.glob(pattern))]
    return found[0] if found else None


def _title(results: dict[str, object], score: Assessment | None) -> str:
    title = f"{results['COUNT']} landslides, {float(str(results['AREA'])) / 1e6:.2f} km²"
    return f"{title}, F1 {score.pixels.f1:.2f} against the reference" if score else title


def _print_table(results: dict[str, object], score: Assessment | None, seconds: float) -> None:
    rows = [
        ("detected", f"{results['COUNT']} landslides, {float(str(results['AREA'])) / 1e6:.3f} km2")
    ]
    if score:
        objects = score.objects
        rows += [
            ("reference", f"{len(objects.reference.area)} landslides"),
            ("found", f"{objects.found}   (at least half of the area detected)"),
            ("partly found", f"{objects.partly}   (less than half)"),
            ("missed", f"{objects.missed}   (no pixel detected)"),
            ("false", f"{objects.false}   (detections that touch no reference landslide)"),
            ("precision", f"{score.pixels.precision:.3f}   (of pixels)"),
            ("recall", f"{score.pixels.recall:.3f}"),
            ("F1", f"{score.pixels.f1:.3f}"),
        ]
    rows += [("time", f"{seconds:.1f} s"), ("device", str(results["DEVICE_USED"]))]
    print()
    for name, value in rows:
        print(f"  {name:<13} {value}")


if __name__ == "__main__":
    sys.exit(main())
