import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from landslip.engine.common.errors import (
    DependencyError,
    DeviceError,
    DeviceMemoryError,
    ModelError,
)
from landslip.engine.models import runtime
from landslip.engine.models.card import METADATA_KEY
from landslip.engine.models.runtime import DEVICE_NAMES, Model, available_devices
from landslip.engine.stack.scene import SceneStatistics
from landslip.tests.support import card, write_model

BANDS = ("B04", "B03", "B02")
STATISTICS = SceneStatistics(BANDS, (1200, 1100, 1000), (500, 400, 300), (0,) * 3, (9,) * 3)


def test_scene_statistics_reach_the_graph(tmp_path, rng):
    model = Model(write_model(tmp_path / "m.onnx"), "cpu")
    weight = np.random.default_rng(0).normal(0, 1, (1, 3, 1, 1)).astype("float32")[0, :, 0, 0]
    patches = rng.uniform(500, 2000, (2, 3, 16, 24)).astype("float32")
    standard = (patches - np.reshape(STATISTICS.mean, (1, 3, 1, 1))) / np.reshape(
        STATISTICS.std, (1, 3, 1, 1)
    )
    expected = 1 / (1 + np.exp(-np.einsum("nchw,c->nhw", standard, weight)))
    assert np.allclose(model.run(patches, STATISTICS), expected, atol=1e-5)
    assert model.device == "cpu"


def test_fixed_models_take_the_stack_alone(tmp_path, rng):
    model = Model(write_model(tmp_path / "m.onnx", card(normalisation="fixed")), "cpu")
    assert model.run(np.full((1, 3, 8, 8), 1200, "float32"), STATISTICS) == pytest.approx(0.5)


def test_auto_gives_a_device_that_runs(tmp_path):
    model = Model(write_model(tmp_path / "m.onnx"), "auto")
    assert model.device.split(":")[0] in available_devices()
    assert "cpu" in available_devices()


@pytest.mark.parametrize("device", sorted(set(DEVICE_NAMES) - {"auto"}))
def test_requested_device_runs_or_is_said_to_be_absent(tmp_path, device):
    path = write_model(tmp_path / "m.onnx")
    if device in available_devices():
        assert Model(path, device).device.startswith(device)
    else:
        with pytest.raises(DeviceError, match=f"'{device}' is not there.*Use one of these or"):
            Model(path, device)


def test_a_provider_that_does_not_come_up_is_not_used(tmp_path, monkeypatch):
    """ONNX Runtime lists CUDA where its libraries are missing, then runs on the CPU in silence."""
    import onnxruntime

    monkeypatch.setattr(
        onnxruntime,
        "get_available_providers",
        lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
    )
    path = write_model(tmp_path / "m.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ONNX Runtime's own word on the missing provider
        with pytest.raises(DeviceError, match="'cuda' is not there"):
            Model(path, "cuda")
        assert not Model(path, "auto").device.startswith("cuda")


def test_unknown_device(tmp_path):
    with pytest.raises(DeviceError, match=r"Unknown device 'gpu'\. Choose one of auto, cuda"):
        Model(write_model(tmp_path / "m.onnx"), "gpu")


def test_no_file(tmp_path):
    with pytest.raises(ModelError, match="There is no model file"):
        Model(str(tmp_path / "no.onnx"))


def test_empty_file(tmp_path):
    (tmp_path / "m.onnx").touch()
    with pytest.raises(ModelError, match="is empty"):
        Model(str(tmp_path / "m.onnx"))


@pytest.mark.parametrize("keep", [0.5, 0.95])
def test_broken_file(tmp_path, keep):
    path = tmp_path / "m.onnx"
    content = Path(write_model(path)).read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(
        ModelError, match=r"cannot be opened as an ONNX model|no Landslip model card"
    ):
        Model(str(path))


def test_pickles_are_not_opened(tmp_path):
    """A PyTorch checkpoint is a pickle; it must end as 'no ONNX model', unread."""
    path = tmp_path / "m.onnx"
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    with pytest.raises(ModelError, match="cannot be opened as an ONNX model"):
        Model(str(path))


def test_no_card(tmp_path):
    with pytest.raises(ModelError, match=r"no Landslip model card .*found: author"):
        Model(write_model(tmp_path / "m.onnx", metadata={"author": "x"}))


def test_card_that_does_not_fit_the_graph(tmp_path):
    metadata = {METADATA_KEY: card(bands=("B04", "B03")).to_json()}
    path = write_model(tmp_path / "m.onnx", metadata=metadata)
    with pytest.raises(ModelError, match="reads 3 channels, but its card names 2 bands"):
        Model(path)


def test_card_that_promises_other_inputs(tmp_path):
    metadata = {METADATA_KEY: card(normalisation="fixed").to_json()}
    with pytest.raises(ModelError, match="promises inputs stack and output probability"):
        Model(write_model(tmp_path / "m.onnx", metadata=metadata))


def test_values_that_are_no_probabilities(tmp_path, monkeypatch):
    model = Model(write_model(tmp_path / "m.onnx"), "cpu")

    class Logits:
        def run(self, names, inputs):
            return [np.full((1, 1, 8, 8), 7.0, "float32")]

    monkeypatch.setattr(model, "_session", Logits())
    with pytest.raises(ModelError, match=r"no probabilities \(from 7 to 7"):
        model.run(np.zeros((1, 3, 8, 8), "float32"), STATISTICS)


def test_without_onnx_runtime(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DependencyError, match="needs the Python package onnxruntime") as err:
        Model(write_model(tmp_path / "m.onnx"))
    assert err.value.package == "onnxruntime"


def test_session_errors_are_known():
    """The list is read from ONNX Runtime's module: it must not become empty unseen."""
    names = {error.__name__ for error in runtime._session_errors()}
    assert {"InvalidProtobuf", "Fail", "InvalidArgument", "RuntimeException"} <= names


@pytest.mark.parametrize(
    ("asked", "environment", "expected"),
    [(0, None, 0), (3, "2", 3), (0, "2", 2), (0, "4,2", 4), (0, "many", 0)],
)
def test_threads_are_those_asked_for_or_of_the_environment(
    tmp_path, monkeypatch, asked, environment, expected
):
    seen = []
    opened = runtime._session_on

    def watched(ort, path, device, threads):
        seen.append(threads)
        return opened(ort, path, device, threads)

    monkeypatch.setattr(runtime, "_session_on", watched)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if environment:
        monkeypatch.setenv("OMP_NUM_THREADS", environment)
    Model(write_model(tmp_path / "m.onnx"), "cpu", asked)
    assert seen == [expected]


@pytest.mark.parametrize(
    ("said", "full"),
    [
        ("CUDA failure 2: out of memory ; GPU=0", True),
        ("BFCArena: Available memory of 5 is smaller than requested bytes of 9", True),
        ("Failed to allocate memory for requested buffer of size 4194304", True),
        ("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED", True),
        ("Got invalid dimensions for input: stack", False),
    ],
)
def test_a_full_memory_is_told_from_other_failures(tmp_path, said, full):
    class Failing:
        def run(self, names, inputs):
            raise runtime._session_errors()[0](said)

    model = Model(write_model(tmp_path / "m.onnx"), "cpu")
    model._session = Failing()
    with pytest.raises(ModelError) as err:
        model.run(np.zeros((2, 3, 8, 8), np.float32), STATISTICS)
    assert isinstance(err.value, DeviceMemoryError) == full


class Recorded:
    """An ONNX Runtime that writes down which providers a session is asked for."""

    SessionOptions = type("SessionOptions", (), {})

    def __init__(self):
        self.providers = None

    def InferenceSession(self, path, options, providers):  # noqa: N802 - ONNX Runtime's name
        self.providers = providers
        return self

    def get_providers(self):
        return [self.providers[0][0]]


def test_tensorrt_keeps_its_engines_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    (device,) = [each for each in runtime.DEVICES if each.name == "tensorrt"]
    asked = Recorded()
    runtime._session_on(asked, "m.onnx", device, 0)
    name, told = asked.providers[0]
    assert (name, told["trt_engine_cache_enable"]) == ("TensorrtExecutionProvider", "1")
    assert Path(told["trt_engine_cache_path"]).is_dir()
    assert Path(told["trt_engine_cache_path"]).is_relative_to(tmp_path)
    assert asked.providers[1:] == [("CPUExecutionProvider", {})]


def test_a_cache_that_cannot_be_made_costs_the_cache_alone(monkeypatch, tmp_path):
    (tmp_path / "landslip").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    (device,) = [each for each in runtime.DEVICES if each.name == "tensorrt"]
    asked = Recorded()
    runtime._session_on(asked, "m.onnx", device, 0)
    assert "trt_engine_cache_path" not in asked.providers[0][1]
