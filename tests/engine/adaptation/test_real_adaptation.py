"""On a real scene: forty landslides of its west make a model that is better in the rest of it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from landslip.engine.adaptation.adapt import AdaptRequest, adapt
from landslip.engine.models.zoo import model_path

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "adaptation.py"


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("torch")  # the script compares methods that train, too
    spec = importlib.util.spec_from_file_location("adaptation_bench", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_forty_polygons_gain_where_nobody_labelled(bench, real_data, tmp_path):
    ground = bench.Ground(real_data / "hokkaido_2018")
    labels = ground.labels("scattered", 40, np.random.default_rng(0), "none")
    model, target = model_path("fast_rgb"), str(tmp_path / "mine.onnx")
    found = adapt(AdaptRequest(ground.stack, model, labels, target))
    assert found.written
    before, after = (float(bench.scores(path, ground)[0]) for path in (model, target))
    assert before == pytest.approx(0.631, abs=0.01)
    assert after > before + 0.01
