"""Open an ONNX model on the best device there is, and run it on batches of patches."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..common.cache import cache_folder
from ..common.dependencies import BROKEN, require
from ..common.errors import DeviceError, DeviceMemoryError, ModelError
from ..common.file_names import encoding_problem
from ..stack.scene import SceneStatistics
from .card import ModelCard, card_from_metadata


@dataclass(frozen=True)
class Device:
    """A kind of processor, and how ONNX Runtime reaches it.

    Attributes:
        name: What users write.
        provider: ONNX Runtime's execution provider.
        package: The pip package that brings it.
        plugin: Module of a plug-in provider package, where it is one.
        options: What that provider is told.
        automatic: Whether ``auto`` may choose it. Not where the first run takes minutes
            (TensorRT builds an engine) or where results differ visibly from float32.
    """

    name: str
    provider: str
    package: str
    plugin: str = ""
    options: tuple[tuple[str, str], ...] = ()
    automatic: bool = True


_FLOAT32 = {"INFERENCE_PRECISION_HINT": "f32"}
#: In the order in which ``auto`` tries them.
DEVICES = (
    Device("cuda", "CUDAExecutionProvider", "onnxruntime-gpu"),
    Device(
        "tensorrt",
        "TensorrtExecutionProvider",
        "onnxruntime-gpu",
        options=(("trt_engine_cache_enable", "1"), ("trt_timing_cache_enable", "1")),
        automatic=False,
    ),
    Device("rocm", "MIGraphXExecutionProvider", "onnxruntime-migraphx"),
    Device("directml", "DmlExecutionProvider", "onnxruntime-directml"),
    Device("coreml", "CoreMLExecutionProvider", "onnxruntime"),
    Device(
        "openvino",
        "OpenVINOExecutionProvider",
        "onnxruntime-ep-openvino",
        plugin="onnxruntime_ep_openvino",
        # Where a processor has bfloat16, OpenVINO takes it: faster by a third, and F1 of a shipped
        # model on Hokkaido moved by 0.0024. In float32 it is the processor's to the last digits.
        options=(("load_config", json.dumps(dict.fromkeys(("CPU", "GPU"), _FLOAT32))),),
    ),
    Device(
        "webgpu",
        "WebGpuExecutionProvider",
        "onnxruntime-ep-webgpu",
        plugin="onnxruntime_ep_webgpu",
    ),
    Device("cpu", "CPUExecutionProvider", "onnxruntime"),
)
DEVICE_NAMES = ("auto", *(device.name for device in DEVICES))

#: What devices say when their memory is full.
_NO_ROOM = re.compile(
    r"out of memory|failed to allocate|allocation failed|alloc_failed|E_OUTOFMEMORY"
    r"|smaller than requested",
    re.IGNORECASE,
)

_registered: set[str] = set()
#: Why plug-ins that are installed cannot be used, by the name of their device.
plugin_problems: dict[str, str] = {}


class Model:
    """A model that is open on a device.

    Attributes:
        card: Its card.
        device: Name of the device that runs it, as ONNX Runtime reports it.
    """

    def __init__(self, path: str, device: str = "auto", threads: int = 0) -> None:
        """Open a model.

        Args:
            path: The file.
            device: One of `DEVICE_NAMES`; ``auto`` takes the first that opens.
            threads: Of the processor; 0 for what ``OMP_NUM_THREADS`` says, else for all.

        Raises:
            DependencyError: ONNX Runtime is not installed.
            ModelError: The file is no ONNX model, or breaks the contract of its card.
            DeviceError: The requested device is not there.
        """
        self._file = Path(path).name
        count = threads or _threads_of_environment()
        self._session, self.device = _open_session(path, device, count)
        self.card = card_from_metadata(
            self._session.get_modelmeta().custom_metadata_map, self._file
        )
        _check_contract(self._session, self.card, self._file)

    def run(self, patches: np.ndarray, statistics: SceneStatistics) -> np.ndarray:
        """Run a batch.

        Args:
            patches: Float32 [N, C, H, W] in physical units, bands in the card's order.
            statistics: The scene's, used where the card's normalisation is ``scene``.

        Returns:
            Probability, float32 [N, H, W], 0..1.

        Raises:
            ModelError: The model fails, or gives something else than probabilities.
        """
        inputs = {"stack": np.ascontiguousarray(patches)}
        if self.card.normalisation == "scene":
            inputs["mean"] = np.asarray(statistics.mean, dtype=np.float32)
            # A band without any spread (a constant raster) is all mean: any divisor does.
            inputs["std"] = np.maximum(statistics.std, 1e-3).astype(np.float32)
        try:
            (probability,) = self._session.run(["probability"], inputs)
        except _session_errors() as err:
            kind = DeviceMemoryError if _NO_ROOM.search(str(err)) else ModelError
            raise kind(
                f"{self._file} failed on {self.device} with a batch of {len(patches)} patches "
                f"({_first_line(err)}). Try a smaller batch size, or the device 'cpu'."
            ) from err
        return self._checked(probability, patches.shape)

    def _checked(self, probability: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        expected = (shape[0], 1, *shape[2:])
        if probability.shape != expected:
            raise ModelError(
                f"{self._file} returned an array of shape {probability.shape} for patches of shape "
                f"{shape}; expected {expected}. Export the model again."
            )
        low, high = probability.min(), probability.max()  # not a number, where one is none
        if not -1e-3 <= low <= high <= 1.001:
            raise ModelError(
                f"{self._file} returned values that are no probabilities (from {low:.4g} to "
                f"{high:.4g}; expected 0 to 1). Its last layer must be a sigmoid: export the model "
                "again."
            )
        return np.clip(probability[:, 0], 0, 1)


def _threads_of_environment() -> int:
    """What ``OMP_NUM_THREADS`` asks for; 0 where it asks for nothing that can be."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(asked) if asked.isdigit() else 0


def available_devices() -> tuple[str, ...]:
    """Names of the devices that ONNX Runtime finds here (whether they work shows on opening)."""
    ort = require("onnxruntime")
    return tuple(device.name for device in DEVICES if _is_present(ort, device))


def _open_session(path: str, wanted: str, threads: int) -> tuple[Any, str]:
    ort = require("onnxruntime")
    if wanted not in DEVICE_NAMES:
        raise DeviceError(f"Unknown device '{wanted}'. Choose one of {', '.join(DEVICE_NAMES)}.")
    _check_file(path)
    present = [device for device in DEVICES if _is_present(ort, device)]
    if wanted == "auto":
        candidates = [device for device in present if device.automatic]
    else:
        candidates = [device for device in present if device.name == wanted]
    for device in candidates:
        session = _session_on(ort, path, device, threads)
        if session is not None:
            return session, _device_label(ort, device)
    (asked,) = [device for device in DEVICES if device.name == wanted]
    raise DeviceError(
        f"The device '{wanted}' is not there: ONNX Runtime {ort.__version__} found "
        f"{', '.join(device.name for device in present)}. Use one of these or 'auto', or install "
        f"the package {asked.package} and the driver of the device."
    )


def _check_file(path: str) -> None:
    if problem := encoding_problem(path):
        raise ModelError(problem)
    if not os.path.isfile(path):
        raise ModelError(
            f"There is no model file {path}. Choose a shipped model, or the path of an .onnx file."
        )
    if os.path.getsize(path) == 0:
        raise ModelError(f"The model file {path} is empty. Copy or download it again.")


def _is_present(ort: Any, device: Device) -> bool:
    if not device.plugin:
        return device.provider in ort.get_available_providers()
    return bool(_plugin_devices(ort, device))


def _plugin_devices(ort: Any, device: Device) -> list[Any]:
    """Hardware that a plug-in provider package offers, best first; empty where it has none.

    Without the package, and with a damaged one, whose reason is in `plugin_problems` then.
    """
    if device.name in plugin_problems or importlib.util.find_spec(device.plugin) is None:
        return []
    if not hasattr(ort, "register_execution_provider_library"):  # ONNX Runtime before 1.22
        return []
    try:
        plugin = importlib.import_module(device.plugin)
        if device.name not in _registered:
            ort.register_execution_provider_library(device.name, plugin.get_library_path())
            _registered.add(device.name)
    except BROKEN as err:
        plugin_problems[device.name] = _first_line(err)
        return []
    found = [item for item in ort.get_ep_devices() if item.ep_name == plugin.get_ep_name()]
    rank = {"GPU": 0, "CPU": 1, "NPU": 2}
    return sorted(found, key=lambda item: rank.get(item.device.type.name, 3))[:1]


def _session_on(ort: Any, path: str, device: Device, threads: int) -> Any:
    """A session on the device, or None where the device is listed but does not come up."""
    options = ort.SessionOptions()
    options.log_severity_level = (
        4  # problems come back as exceptions; the log would be a second voice
    )
    options.intra_op_num_threads = threads
    try:
        if device.plugin:
            options.add_provider_for_devices(_plugin_devices(ort, device), dict(device.options))
            return ort.InferenceSession(path, options)
        providers: dict[str, dict[str, str]] = {device.provider: _provider_options(device)}
        providers.setdefault("CPUExecutionProvider", {})
        session = ort.InferenceSession(path, options, providers=[*providers.items()])
    except _session_errors() as err:
        if device.name == "cpu":
            raise ModelError(
                f"{Path(path).name} cannot be opened as an ONNX model ({_first_line(err)}). Copy "
                "or download it again, or export it with 'python -m landslip.training export'."
            ) from err
        return None
    # Without its libraries, a listed provider is dropped from the session with no exception.
    return session if session.get_providers()[0] == device.provider else None


def _provider_options(device: Device) -> dict[str, str]:
    """What a provider is told; TensorRT also where it keeps the engine that takes minutes."""
    told = dict(device.options)
    if device.name == "tensorrt":
        folder = cache_folder() / "tensorrt"
        with contextlib.suppress(OSError):  # without a cache it builds anew
            folder.mkdir(parents=True, exist_ok=True)
            told |= dict.fromkeys(("trt_engine_cache_path", "trt_timing_cache_path"), str(folder))
    return told


def _device_label(ort: Any, device: Device) -> str:
    """The device's name, for plug-ins with the hardware that they chose (``openvino:cpu``)."""
    if not device.plugin:
        return device.name
    return f"{device.name}:{_plugin_devices(ort, device)[0].device.type.name.lower()}"


def _check_contract(session: Any, card: ModelCard, file: str) -> None:
    inputs = {item.name: item for item in session.get_inputs()}
    expected = {"stack"} | ({"mean", "std"} if card.normalisation == "scene" else set())
    outputs = [item.name for item in session.get_outputs()]
    if set(inputs) != expected or "probability" not in outputs:
        raise ModelError(
            f"{file} has inputs {', '.join(sorted(inputs))} and outputs {', '.join(outputs)}; its "
            f"card (normalisation '{card.normalisation}') promises inputs "
            f"{', '.join(sorted(expected))} and output probability. Export the model again."
        )
    channels = inputs["stack"].shape[1]
    if isinstance(channels, int) and channels != len(card.bands):
        raise ModelError(
            f"{file} reads {channels} channels, but its card names {len(card.bands)} bands "
            f"({', '.join(card.bands)}). Export the model again."
        )


def _session_errors() -> tuple[type[Exception], ...]:
    """ONNX Runtime's exceptions; they have no common base but Exception."""
    state = require("onnxruntime.capi.onnxruntime_pybind11_state", "onnxruntime")
    return tuple(
        item
        for item in vars(state).values()
        if isinstance(item, type) and issubclass(item, Exception)
    )


def _first_line(err: BaseException) -> str:
    return (str(err).strip().splitlines() or [type(err).__name__])[0][:300]
