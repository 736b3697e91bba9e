"""``landslip detect SCENES...``: many scenes, an inventory of each and one of all."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..engine.common.errors import (
    Cancelled,
    LandslipError,
    OutputError,
    ParameterError,
    SchedulerError,
)
from ..engine.common.output import whole_file
from ..engine.common.report import MADE_BY
from ..engine.detection.kept import identity
from ..engine.detection.scenes import Scene, find_scenes
from ..engine.inventory.geopackage import LAYER, write_inventory
from ..engine.inventory.joined import joined
from ..engine.inventory.vector_file import read_layer
from ..engine.preparation.model_choice import ensemble_models
from .listeners import Listeners, Values

#: The inventory of all scenes, and what says which scenes are done.
ALL, _DONE = "all.gpkg", ".landslip-scenes.json"
#: Options that do not change what is found.
_HOW = ("BATCH_SIZE", "DEVICE", "SCHEDULER", "THREADS", "MEMORY")
#: Options that each scene has its own of.
_OWN = ("INPUT", "PRODUCT", "PRODUCT_FOLDER", "PROBABILITY", "INVENTORY", "ASSESSABILITY")
Detect = Callable[[Values, Listeners], Values]


def add_arguments(word: argparse.ArgumentParser) -> None:
    """Add what ``detect`` takes for many scenes."""
    word.add_argument(
        "SCENES",
        nargs="*",
        help="several scenes instead of --input: stacks, products, folders of them, or files of "
        "STAC items",
    )
    word.add_argument(
        "--output-folder",
        metavar="FOLDER",
        help="where SCENES become NAME.tif and NAME.gpkg each, and all.gpkg together",
    )


def check_arguments(given: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """End the program where neither one scene nor many are asked for."""
    outputs = [f"--{name.lower()}" for name in ("PROBABILITY", "INVENTORY")]
    there = [name for name in _OWN if getattr(given, name)]
    if given.SCENES and (there or not given.output_folder):
        parser.error(
            "SCENES go with --output-folder and without "
            f"{', '.join(f'--{n.lower().replace(chr(95), chr(45))}' for n in _OWN)}"
        )
    if not given.SCENES and (given.output_folder or not {"PROBABILITY", "INVENTORY"} <= {*there}):
        parser.error(
            f"the following arguments are required: {', '.join(outputs)} (or SCENES and "
            "--output-folder)"
        )


def detect_scenes(
    detect: Detect, values: Values, paths: list[str], folder: str, listeners: Listeners
) -> Values:
    """Detect in one scene after the other.

    Scenes that an earlier, equal run finished are passed over; one that fails does not stop the
    others.

    Args:
        detect: Detects in one scene.
        values: The options that all scenes share.
        paths: What the user calls scenes.
        folder: Where results go; made where it is missing.
        listeners: Those of the whole run.

    Returns:
        The inventory of all, how many scenes it has and lacks, and its totals. ``FAILED`` is not 0
        where a scene failed.

    Raises:
        LandslipError: There is no scene, nothing can be written, all scenes failed, or no
            scheduler answers.
        Cancelled: The user stopped the run; what is finished stays.
    """
    scenes = find_scenes(paths)
    target = _folder(folder)
    done = _read_done(target)
    failed: list[str] = []
    results: dict[str, Values] = {}
    for number, scene in enumerate(scenes):
        own = _values(values, scene, target)
        digest = _digest(own)
        if done.get(scene.name) == digest and _is_there(own):
            listeners.progress((number + 1) / len(scenes), f"{scene.name} is done already.")
            results[scene.name] = own
            continue
        try:
            detect(own, _share(listeners, scene.name, number, len(scenes)))
        except (Cancelled, SchedulerError) as err:
            raise type(err)(f"{err}{_finished(results)}") from err
        except LandslipError as err:
            listeners.warn(f"{scene.name} failed: {err}")
            failed.append(scene.name)
            continue
        results[scene.name] = own
        done[scene.name] = digest
        _write_done(target, done)
    if not results:
        all_of_them = "The scene" if len(scenes) == 1 else f"All {len(scenes)} scenes"
        raise ParameterError(
            f"{all_of_them} failed; the messages before say why. Nothing was written to {folder}."
        )
    tables = {
        name: read_layer(f"{own['INVENTORY']}|layername={LAYER}").table
        for name, own in results.items()
    }
    together = joined(tables)
    write_inventory(together, str(target / ALL), listeners.warn)
    area = sum(record.get("area_m2") or 0.0 for record in together.records)
    return {
        "OUTPUT": str(target / ALL),
        "SCENES": len(results),
        "FAILED": len(failed),
        "COUNT": len(together.records),
        "AREA": float(area),
    }


def _finished(results: dict[str, Values]) -> str:
    """What stays of a run that ends before its last scene, after what its scene says of itself."""
    if not results:
        return ""
    scenes, them = ("scene stays", "it") if len(results) == 1 else ("scenes stay", "them")
    return (
        f" {len(results)} finished {scenes}: the same command passes over {them}. {ALL} is made "
        "when it comes to the end."
    )


def _folder(path: str) -> Path:
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise OutputError(
            f"The folder {path} cannot be made ({err.strerror or err}). Choose another one, or ask "
            "for the right to write there."
        ) from err
    return folder


def _values(values: Values, scene: Scene, folder: Path) -> Values:
    """The options of one scene."""
    if scene.name == Path(ALL).stem:
        scene = replace(scene, name=f"{scene.name}-scene")
    where = "INPUT"
    if scene.is_product:
        where = "PRODUCT_FOLDER" if os.path.isdir(scene.path) else "PRODUCT"
    return {
        **values,
        **dict.fromkeys(_OWN),
        where: scene.path,
        "PROBABILITY": str(folder / f"{scene.name}.tif"),
        "INVENTORY": str(folder / f"{scene.name}.gpkg"),
    }


def _is_there(own: Values) -> bool:
    return all(os.path.isfile(own[name]) for name in ("PROBABILITY", "INVENTORY"))


def _share(listeners: Listeners, name: str, number: int, count: int) -> Listeners:
    """Listeners of one scene: its part of the bar, and its name before every sentence."""
    return Listeners(
        lambda done, text: listeners.progress(
            (number + done) / count, f"{name}: {text}" if text else ""
        ),
        listeners.cancelled,
        lambda text: listeners.warn(f"{name}: {text}"),
    )


# --- which scenes are done -----------------------------------------------------------------------


def _digest(own: Values) -> str:
    """What a scene's result depends on."""
    inputs = [own[name] for name in (*_OWN[:3], "DEM", "PRE_EVENT", "MASK", "EXCLUDE", "MODEL")]
    inputs += ensemble_models(own["ENSEMBLE"] or "")
    files = [identity(str(path).partition("#")[0]) for path in inputs if path]
    settings = {name: value for name, value in own.items() if name not in _HOW}
    settings["made by"] = MADE_BY
    return hashlib.sha256(json.dumps([settings, files], sort_keys=True).encode()).hexdigest()


def _read_done(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / _DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_done(folder: Path, done: dict[str, str]) -> None:
    with whole_file(str(folder / _DONE)) as temporary:
        Path(temporary).write_text(json.dumps(done, indent=1), encoding="utf-8")
