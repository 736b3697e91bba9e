"""What the machine has: memory, devices and their speed, and which accelerator would suit it."""

from __future__ import annotations

import platform
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.errors import DeviceError, ModelError, SetUpError
from ..models.runtime import Model, available_devices, plugin_problems
from ..models.zoo import BEST, model_path
from ..stack.scene import SceneStatistics
from .host import Host

#: How long a device is measured, seconds, and how many patches it gets at a time.
_SECONDS, _BATCH, _SIDE = 1.0, 8, 128
#: Patches of a whole Sentinel-2 tile that overlap by three eighths.
TILE_PATCHES = 138**2


@dataclass(frozen=True)
class Accelerator:
    """What brings a device that ONNX Runtime's plain package does not have.

    Attributes:
        name: What users write, a device of `runtime`.
        requirement: What pip is asked for.
        replaces: Whether it takes the place of the package ``onnxruntime``.
        module: What Python loads of it.
    """

    name: str
    requirement: str
    replaces: bool
    module: str = "onnxruntime"

    @property
    def package(self) -> str:
        """Name for pip."""
        return re.split(r"[\[>=]", self.requirement)[0]


ACCELERATORS = {
    accelerator.name: accelerator
    for accelerator in (
        # The extras bring CUDA's libraries, which most machines with a card lack.
        Accelerator("cuda", "onnxruntime-gpu[cuda,cudnn]>=1.21", True),
        Accelerator("directml", "onnxruntime-directml>=1.16", True),
        Accelerator("openvino", "onnxruntime-ep-openvino>=1.0", False, "onnxruntime_ep_openvino"),
    )
}


def suitable_accelerators(host: Host) -> tuple[str, ...]:
    """Names of the accelerators that suit a machine, the best first."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return ()
    nvidia = shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists()
    names = ["cuda"] if nvidia and host.platform != "darwin" else []
    if host.platform == "win32":
        names.append("directml")
    if host.platform != "darwin":
        names.append("openvino")
    return tuple(names)


def check_suitable(accelerator: Accelerator, host: Host) -> None:
    """Refuse an accelerator that cannot run on a machine, before it is downloaded.

    Raises:
        SetUpError: It cannot.
    """
    suitable = suitable_accelerators(host)
    if accelerator.name not in suitable:
        raise SetUpError(
            f"The accelerator {accelerator.name} does not suit this machine ({host.kind}, "
            f"{platform.machine()}): cuda needs an NVIDIA driver, directml Windows, openvino an "
            f"x86-64 processor. Suitable here: {', '.join(suitable) or 'none'}."
        )


@dataclass(frozen=True)
class DeviceSpeed:
    """How fast a device is, or why it is not.

    Attributes:
        name: As ONNX Runtime reports it.
        patches: Patches per second of the model; 0 where it does not run.
        problem: Why it does not run; empty where it does.
    """

    name: str
    patches: float
    problem: str = ""


def measured_model() -> str:
    """Name of the shipped model that speeds are measured with."""
    return list(BEST)[-1]


def device_speeds() -> list[DeviceSpeed]:
    """Speed of every device that is listed here, after a second with each.

    Raises:
        DependencyError: ONNX Runtime is not installed.
    """
    speeds = [_speed(name) for name in available_devices()]
    broken = plugin_problems.items()
    return speeds + [DeviceSpeed(name, 0.0, f"cannot be loaded: {why}") for name, why in broken]


def _speed(name: str) -> DeviceSpeed:
    try:
        model = Model(model_path(measured_model()), name)
    except (DeviceError, ModelError) as err:
        return DeviceSpeed(name, 0.0, f"is listed, but does not start: {err}")
    bands = model.card.bands
    patches = np.random.default_rng(0).random((_BATCH, len(bands), _SIDE, _SIDE), np.float32)
    mean, deviation, low, high = ((value,) * len(bands) for value in (0.5, 0.3, 0.0, 1.0))
    statistics = SceneStatistics(bands, mean, deviation, low, high)
    try:
        model.run(patches, statistics)  # the first run prepares
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < _SECONDS:
            model.run(patches, statistics)
            done += _BATCH
    except ModelError as err:
        return DeviceSpeed(model.device, 0.0, str(err))
    return DeviceSpeed(model.device, done / (time.perf_counter() - began))
