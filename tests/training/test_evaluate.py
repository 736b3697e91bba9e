from dataclasses import asdict

import numpy as np
import pytest
import torch

from landslip.engine.assessment.metrics import Confusion
from landslip.engine.common.errors import ParameterError, RasterError
from landslip.engine.models.card import Accuracy
from landslip.tests.support import reflectance, write_raster
from landslip.training.answer import Scene
from landslip.training.config import Config
from landslip.training.evaluate import read_accuracy, scene_accuracy, store_accuracy
from landslip.training.models import build_model
from landslip.training.recipe import from_values


@pytest.fixture
def state():
    """Checkpoint of a network that was never trained."""
    torch.manual_seed(0)
    options = {"width": 8, "depth": 3}
    config = from_values(Config, {"name": "tiny", "network": "resunet", "options": options})
    return {
        "config": asdict(config),
        "bands": ["B04", "B03", "B02"],
        "average": build_model("resunet", 3, **options).state_dict(),
        "calibration": (4.0, 0.0),
        "threshold": 0.5,
        "epoch": 1,
        "statistics": {},
    }


def test_scene_is_scored_by_what_the_network_says(tmp_path, rng, state):
    """A reference made of the network's own detections gives F1 1; its opposite gives 0."""
    stack = write_raster(tmp_path / "s.tif", reflectance(rng), names=["B02", "B03", "B04"])
    reference = write_raster(tmp_path / "r.tif", np.ones((200, 230), "uint8"), nodata=255)
    everything = scene_accuracy(state, Scene("here", stack, reference))
    assert everything.tp + everything.fn == 200 * 230
    write_raster(tmp_path / "r.tif", np.zeros((200, 230), "uint8"), nodata=255)
    nothing = scene_accuracy(state, Scene("here", stack, reference))
    assert (nothing.fp, nothing.tn) == (everything.tp, everything.fn)
    assert 0 < everything.tp < 200 * 230


def test_landslides_where_the_image_has_no_data_are_missed(tmp_path, rng, state):
    image = reflectance(rng)
    image[:, :, 180:] = 0
    names = ["B02", "B03", "B04"]
    stack = write_raster(tmp_path / "s.tif", image, names=names, nodata=0)
    labels = np.full((200, 230), 255, "uint8")
    labels[:, 190:210] = 1
    labels[:, 210:220] = 0
    scene = Scene("here", stack, write_raster(tmp_path / "r.tif", labels, nodata=255))
    assert scene_accuracy(state, scene) == Confusion(0, 0, 200 * 20, 200 * 10)


def test_labels_of_another_size_are_refused(tmp_path, rng, state):
    stack = write_raster(tmp_path / "s.tif", reflectance(rng), names=["B02", "B03", "B04"])
    labels = write_raster(tmp_path / "r.tif", np.ones((200, 229), "uint8"), nodata=255)
    with pytest.raises(RasterError, match=r"200 x 229 pixels.*200 x 230"):
        scene_accuracy(state, Scene("here", stack, labels))


def test_accuracy_rows_are_kept_and_replaced(tmp_path):
    with pytest.raises(ParameterError, match="evaluate"):
        read_accuracy(tmp_path)
    store_accuracy(tmp_path, Accuracy("a", 0.1, 0.2, 0.3))
    store_accuracy(tmp_path, Accuracy("b", 0.4, 0.5, 0.6))
    store_accuracy(tmp_path, Accuracy("a", 0.7, 0.8, 0.9))
    assert read_accuracy(tmp_path) == (Accuracy("b", 0.4, 0.5, 0.6), Accuracy("a", 0.7, 0.8, 0.9))
