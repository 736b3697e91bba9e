"""Which device `auto` takes: each candidate is tried on a real batch against the processor.

A device that is listed may be wrong, or slower than the processor that everybody has: drivers,
half precision and copying to and fro decide that, not the name. The answer is remembered for a
model and a machine, in a small file among the user's caches, so that it is asked for once.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from collections.abc import Callable

import numpy as np

from ..common.cache import cache_folder
from ..common.dependencies import require
from ..common.errors import DeviceError, LandslipError
from ..stack.scene import SceneStatistics
from .runtime import DEVICES, Model, available_devices

#: A device is right where all but a thousandth of the probabilities of a batch differ from the
#: processor's by no more than this.
TOLERANCE, SHARE = 0.02, 99.9
#: How often a batch is timed after the first run, which prepares.
_TIMES = 3
_FILE = "devices.json"


def fastest(
    path: str,
    model_sha256: str,
    batch: np.ndarray,
    statistics: SceneStatistics,
    threads: int = 0,
    tell: Callable[[str], None] = lambda _message: None,
) -> Model:
    """The model on the fastest device that says what the processor says.

    Args:
        path: The model file.
        model_sha256: Its checksum.
        batch: [N, C, H, W], patches of the scene in physical units.
        statistics: The scene's.
        threads: Of the processor; 0 for all.
        tell: Called with a sentence for each device that was passed over.
    """
    names = candidates()
    if not names:
        return Model(path, "cpu", threads)
    key = f"{model_sha256[:16]} {_machine()} {' '.join(names)} {batch.shape} {threads}"
    known = _remembered().get(key)
    if known in (*names, "cpu"):
        try:
            return Model(path, known, threads)
        except DeviceError:  # it was there when it was tried
            pass
    chosen = _tried(path, names, batch, statistics, threads, tell)
    _remember(key, chosen)
    return Model(path, chosen, threads)


def candidates() -> list[str]:
    """Devices beside the processor that `fastest` tries."""
    automatic = {device.name for device in DEVICES if device.automatic}
    return [name for name in available_devices() if name in automatic and name != "cpu"]


def _tried(
    path: str,
    names: list[str],
    batch: np.ndarray,
    statistics: SceneStatistics,
    threads: int,
    tell: Callable[[str], None],
) -> str:
    """Name of the fastest device that is right."""
    expected, least = _timed(Model(path, "cpu", threads), batch, statistics)
    chosen = "cpu"
    for name in names:
        try:
            found, seconds = _timed(Model(path, name, threads), batch, statistics)
        except LandslipError as err:
            tell(f"The device {name} is passed over: {err}")
            continue
        off = float(np.percentile(np.abs(found - expected), SHARE))
        if not off <= TOLERANCE:
            tell(
                f"The device {name} is passed over: its probabilities differ from the processor's "
                f"by up to {off:.3f}; up to {TOLERANCE:g} is allowed. A newer driver may mend it."
            )
        elif seconds >= least:
            tell(
                f"The device {name} is passed over: it takes {seconds:.2f} s for {len(batch)} "
                f"patches, {chosen} {least:.2f} s."
            )
        else:
            chosen, least = name, seconds
    return chosen


def _timed(
    model: Model, batch: np.ndarray, statistics: SceneStatistics
) -> tuple[np.ndarray, float]:
    """What a model says of a batch, and the least seconds that it takes."""
    found = model.run(batch, statistics)
    seconds = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        model.run(batch, statistics)
        seconds.append(time.perf_counter() - began)
    return found, min(seconds)


# --- what is remembered --------------------------------------------------------------------------


def _machine() -> str:
    """What changes when the machine or its software does."""
    version = require("onnxruntime").__version__
    return f"{platform.node()} {platform.machine()} {os.cpu_count()} onnxruntime {version}"


def _remembered() -> dict[str, str]:
    try:
        found = json.loads((cache_folder() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(key: str, device: str) -> None:
    """Write the answer down; without a cache it is looked for again next time."""
    path = cache_folder() / _FILE
    beside = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({**_remembered(), key: device}, indent=1), encoding="utf-8")
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
