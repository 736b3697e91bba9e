"""Which device `auto` takes, with devices that are fast, slow, wrong or broken."""

import json
import sys
from typing import ClassVar

import numpy as np
import pytest

from landslip.engine.common.errors import DeviceError, ModelError
from landslip.engine.models import device_choice
from landslip.engine.models.device_choice import TOLERANCE, cache_folder, fastest
from landslip.engine.stack.scene import SceneStatistics

BATCH = np.random.default_rng(0).random((4, 1, 16, 16)).astype(np.float32)
STATISTICS = SceneStatistics(("B04",), (0.5,), (0.3,), (0.0,), (1.0,))


class Pretended:
    """A model whose devices say and take what they are told to."""

    #: By device: what is added to the probability, and the seconds of a run.
    devices: ClassVar = {}
    opened: ClassVar = []

    def __init__(self, path, device="auto", threads=0):
        self.offset, self.seconds = self.devices[device]
        if isinstance(self.offset, Exception):
            raise self.offset
        self.device, self.threads = device, threads
        self.opened.append(device)

    def run(self, patches, statistics):
        clock.now += self.seconds
        return patches[:, 0] * 0.5 + self.offset


class clock:  # noqa: N801 - stands for the module time
    now = 0.0

    @staticmethod
    def perf_counter():
        return clock.now


@pytest.fixture
def choose(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(device_choice, "Model", Pretended)
    monkeypatch.setattr(device_choice, "time", clock)
    Pretended.opened.clear()

    def run(devices, sha="a" * 64):
        Pretended.devices = devices
        monkeypatch.setattr(device_choice, "available_devices", lambda: tuple(devices))
        said = []
        model = fastest("m.onnx", sha, BATCH, STATISTICS, tell=said.append)
        return model.device, said

    return run


def test_the_fastest_that_is_right(choose):
    devices = {"cuda": (0.001, 0.1), "openvino": (0.0, 0.4), "cpu": (0.0, 1.0)}
    device, said = choose(devices)
    assert device == "cuda"
    assert said == [
        "The device openvino is passed over: it takes 0.40 s for 4 patches, cuda 0.10 s."
    ]


def test_one_that_is_wrong_slow_or_broken_is_passed_over_with_the_reason(choose):
    devices = {
        "cuda": (2 * TOLERANCE, 0.1),
        "rocm": (ModelError("no kernel image"), 0.1),
        "openvino": (float("nan"), 0.1),
        "directml": (0.0, 3.0),
        "cpu": (0.0, 1.0),
    }
    device, said = choose(devices)
    assert device == "cpu"
    text = " ".join(said)
    assert (
        "cuda is passed over: its probabilities differ from the processor's by up to 0.040" in text
    )
    assert "rocm is passed over: no kernel image" in text
    assert "openvino is passed over: its probabilities differ" in text
    assert "directml is passed over: it takes 3.00 s for 4 patches, cpu 1.00 s" in text


def test_the_answer_is_remembered_for_the_model_and_the_devices(choose):
    devices = {"cuda": (0.0, 0.1), "cpu": (0.0, 1.0)}
    choose(devices)
    Pretended.opened.clear()
    assert choose(devices) == ("cuda", [])
    assert Pretended.opened == ["cuda"]
    choose(devices, sha="b" * 64)
    assert Pretended.opened == ["cuda", "cpu", "cuda", "cuda"]
    slow = {"cuda": (0.0, 0.1), "openvino": (0.0, 0.01), "cpu": (0.0, 1.0)}
    assert choose(slow)[0] == "openvino"


def test_a_remembered_device_that_has_gone_is_looked_for_again(choose):
    devices = {"cuda": (0.0, 0.1), "cpu": (0.0, 1.0)}
    choose(devices)
    assert choose({"cuda": (DeviceError("gone"), 0.1), "cpu": (0.0, 1.0)})[0] == "cpu"


def test_tensorrt_is_never_tried_unasked(choose):
    assert choose({"tensorrt": (0.0, 0.01), "cpu": (0.0, 1.0)})[0] == "cpu"
    assert Pretended.opened == ["cpu"]


@pytest.mark.parametrize("content", ["", "[1]", "{", json.dumps({"x": 1})])
def test_a_damaged_memory_is_none(choose, content):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "devices.json").write_text(content)
    assert choose({"cuda": (0.0, 0.1), "cpu": (0.0, 1.0)})[0] == "cuda"
    assert "cuda" in (cache_folder() / "devices.json").read_text()


def test_without_a_cache_it_is_chosen_all_the_same(choose, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert choose({"cuda": (0.0, 0.1), "cpu": (0.0, 1.0)})[0] == "cuda"
