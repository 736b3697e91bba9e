from dataclasses import asdict

import numpy as np
import pytest
import torch

from landslip.engine.card import Accuracy
from landslip.engine.errors import ParameterError
from landslip.tests.support import reflectance, write_raster
from landslip.training.evaluate import Scene, read_accuracy, scene_accuracy, store_accuracy
from landslip.training.models import build_model
from landslip.training.recipe import from_values
from landslip.training.train import Config


def test_scene_is_scored_by_what_the_network_says(tmp_path, rng):
    """A reference made of the network's own detections gives F1 1; its opposite gives 0."""
    torch.manual_seed(0)
    options = {"width": 8, "depth": 3}
    config = from_values(Config, {"name": "tiny", "network": "resunet", "options": options})
    state = {
        "config": asdict(config),
        "bands": ["B04", "B03", "B02"],
        "average": build_model("resunet", 3, **options).state_dict(),
        "calibration": (4.0, 0.0),
        "threshold": 0.5,
        "epoch": 1,
        "statistics": {},
    }
    stack = write_raster(tmp_path / "s.tif", reflectance(rng), names=["B02", "B03", "B04"])
    reference = write_raster(tmp_path / "r.tif", np.ones((200, 230), "uint8"), nodata=255)
    everything = scene_accuracy(state, Scene("here", stack, reference))
    assert everything.tp + everything.fn == 200 * 230
    write_raster(tmp_path / "r.tif", np.zeros((200, 230), "uint8"), nodata=255)
    nothing = scene_accuracy(state, Scene("here", stack, reference))
    assert (nothing.fp, nothing.tn) == (everything.tp, everything.fn)
    assert 0 < everything.tp < 200 * 230


def test_accuracy_rows_are_kept_and_replaced(tmp_path):
    with pytest.raises(ParameterError, match="evaluate"):
        read_accuracy(tmp_path)
    store_accuracy(tmp_path, Accuracy("a", 0.1, 0.2, 0.3))
    store_accuracy(tmp_path, Accuracy("b", 0.4, 0.5, 0.6))
    store_accuracy(tmp_path, Accuracy("a", 0.7, 0.8, 0.9))
    assert read_accuracy(tmp_path) == (Accuracy("b", 0.4, 0.5, 0.6), Accuracy("a", 0.7, 0.8, 0.9))
