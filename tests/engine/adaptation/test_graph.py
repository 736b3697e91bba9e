"""The graph of a model from behind, and the layer that is added to it."""

from __future__ import annotations

import numpy as np
import pytest

from landslip.engine.adaptation.graph import Graph, Layer
from landslip.engine.adaptation.sample import at_pixels
from landslip.engine.common.errors import ModelError
from landslip.engine.models.card import card_from_metadata
from landslip.engine.models.card_file import with_card
from landslip.engine.models.runtime import Model
from landslip.engine.models.zoo import model_path, shipped_models
from landslip.engine.stack.scene import SceneStatistics

pytest.importorskip("onnx")


def test_of_every_shipped_model_maps_are_found_from_fine_to_coarse():
    for name in shipped_models():
        graph = Graph(model_path(name))
        assert len(graph.ending.maps) >= 3, name
        assert graph.ending.maps[0] != graph.ending.head


def run(path, patches):
    model = Model(str(path), "cpu")
    bands = len(model.card.bands)
    statistics = SceneStatistics(model.card.bands, *(((900.0,) * bands, (300.0,) * bands) * 2))
    return model.run(patches, statistics)


def maps_of(graph, patches, path):
    """Head and maps as ONNX Runtime gives them, in another way than by `FeatureReader`."""
    import onnxruntime

    names = [graph.ending.head, *graph.ending.maps]
    session = onnxruntime.InferenceSession(
        graph.with_outputs(names), providers=["CPUExecutionProvider"]
    )
    bands = patches.shape[1]
    feed = {
        "stack": patches,
        "mean": np.full(bands, 900, np.float32),
        "std": np.full(bands, 300, np.float32),
    }
    return session.run(names, feed)


def enlarged(maps, side):
    """A whole map at the patch's size [K, side, side]."""
    rows, cols = (axis.ravel() for axis in np.indices((side, side)))
    return at_pixels(maps, rows, cols, side).T.reshape(-1, side, side)


def logit(probability):
    probability = np.clip(probability.astype(float), 1e-7, 1 - 1e-7)
    return np.log(probability / (1 - probability))


def test_the_added_layer_says_what_it_promises(tmp_path, rng):
    """Also a second one on top of the first."""
    source = model_path("fast_rgb")
    patches = rng.normal(900, 300, (2, 3, 128, 128)).astype(np.float32)
    old = logit(run(source, patches))
    expected, path = old, source
    for number in range(2):
        graph = Graph(path)
        _, *maps = maps_of(graph, patches, path)
        weights = [rng.normal(0, 0.05, each.shape[1]) for each in maps[:3]]
        sides = tuple(zip(graph.ending.maps[:3], weights))
        graph.add_layer(Layer(0.7, -0.4, sides))
        sums = sum(
            np.stack([np.tensordot(w, enlarged(one, 128), 1) for one in m])
            for m, w in zip(maps, weights)
        )
        expected = 0.7 * expected - 0.4 + sums
        path = str(tmp_path / f"{number}.onnx")
        card = card_from_metadata({p.key: p.value for p in graph.model.metadata_props}, "x")
        with open(path, "wb") as file:
            file.write(with_card(graph.content(), card))
        np.testing.assert_allclose(logit(run(path, patches)), expected, atol=2e-3)
    assert np.abs(expected - old).mean() > 0.1


def test_the_graph_itself_stays_with_more_outputs():
    path = model_path("fast_rgb")
    graph = Graph(path)
    before = len(graph.model.graph.node), len(graph.model.graph.output)
    graph.with_outputs(graph.ending.maps)
    assert (len(graph.model.graph.node), len(graph.model.graph.output)) == before


@pytest.mark.parametrize("side", [8, 4, 1])
def test_maps_are_enlarged_as_pixels_with_areas(side):
    """Means stay, and a ramp stays a ramp away from the border."""
    ramp = np.arange(side, dtype=np.float32)[None, None].repeat(side, axis=1)
    large = enlarged(ramp, 32)
    assert large.shape == (1, 32, 32)
    np.testing.assert_allclose(large.mean(), ramp.mean(), atol=1e-5)
    if side > 2:
        steps = np.diff(large[0, 0, 16 // side * 2 : -16 // side * 2])
        np.testing.assert_allclose(steps, side / 32, rtol=1e-4)


def test_an_ensemble_in_one_file_is_refused(tmp_path):
    import onnx
    from onnx import helper

    model = onnx.load(model_path("fast_rgb"))
    last = next(node for node in model.graph.node if node.op_type == "Sigmoid")
    twice = helper.make_node("Add", [last.input[0], last.input[0]], ["twice"])
    place = list(model.graph.node).index(last)
    last.input[0] = "twice"
    model.graph.node.insert(place, twice)
    path = str(tmp_path / "two.onnx")
    onnx.save(model, path)
    with pytest.raises(ModelError, match="between its last convolution and its sigmoid is a Add"):
        Graph(path)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "text.onnx"
    path.write_text("no model")
    with pytest.raises(ModelError, match="cannot be read as an ONNX model"):
        Graph(str(path))
