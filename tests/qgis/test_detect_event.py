"""Detect landslides of an event in QGIS and as a command, and how its results load."""

import re

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.algorithms.detect_landslides import DetectLandslides  # noqa: E402
from landslip.cli.__main__ import main  # noqa: E402
from landslip.sample.scene import SceneRequest, write_scene  # noqa: E402
from landslip.sample.series import Day, make_pair, seen  # noqa: E402
from landslip.tests.qgis.support import Feedback, layer_features  # noqa: E402

NAME = "landslip:detectevent"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Parameters that give two images of one's own."""
    folder = tmp_path_factory.mktemp("pair")
    paths = [
        write_scene(seen(scene, Day(seed=n)).scene, folder / str(n))
        for n, scene in enumerate(make_pair(SceneRequest(160, seed=11, landslide_share=0.04)))
    ]
    return {
        "INPUT": [str(paths[1]["stack"])],
        "PRE_EVENT": [str(paths[0]["stack"])],
        "MODEL": "fast_rgb",
        "MIN_AREA": 0,
        "EVENT_DATE": "2018-09-06",
        "IMAGE_DATE": "2018-09-11",
        "PRE_DATE": "2018-08-02",
    }


@pytest.fixture
def parameters(images, tmp_path):
    names = {"STACK": "s.tif", "PROBABILITY": "p.tif", "INVENTORY": "i.gpkg"}
    outputs = {name: str(tmp_path / file) for name, file in names.items()}
    return {**images, **outputs, "REVIEW_SHEET": str(tmp_path / "r.html")}


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert " ".join(names[:17]) == (
        "EXTENT AREA EVENT_DATE CATALOGUE MAX_CLOUD LOOK INPUT INPUT_FOLDER PRE_EVENT "
        "PRE_EVENT_FOLDER DEM MODEL THRESHOLD MIN_AREA MASK_CLOUDS STACK PROBABILITY"
    )
    assert " ".join(output.name() for output in algorithm.outputDefinitions()) == (
        "STACK PROBABILITY INVENTORY REVIEW_SHEET COUNT AREA NEW SEEN_BEFORE CLOUD_OR_SHADOW "
        "UNKNOWN AFTER AFTER_DATE BEFORE BEFORE_DATE DEVICE_USED"
    )
    # What it shares with other algorithms has the same names and defaults there.
    for other in (DetectLandslides(), registry.algorithmById("landslip:findscenes")):
        other = other.create()
        for name in {p.name() for p in other.parameterDefinitions()} & set(names):
            if name not in ("EXTENT", "INPUT", "DEM", "PRE_EVENT", "INVENTORY", "PROBABILITY"):
                ours, theirs = (a.parameterDefinition(name) for a in (algorithm, other))
                assert (ours.type(), ours.defaultValue()) == (theirs.type(), theirs.defaultValue())


def test_two_images_and_the_command_gives_the_same(run, parameters, tmp_path, capsys):
    results, feedback = run(NAME, parameters)
    features = layer_features(results["INVENTORY"])
    assert results["COUNT"] == len(features) > 5
    assert results["NEW"] == sum(f["evidence"] == "new" for f in features) > 3
    assert (features[0]["image_date"], features[0]["pre_date"]) == ("2018-09-11", "2018-08-02")
    assert results["BEFORE_DATE"] == "2018-08-02"
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count(">before<") == page.count(">after<") == 2 * len(features)
    assert len(set(re.findall(r"data:image/[a-z]+;base64,[^\"']+", page))) == 2 * len(features)
    assert [text for text in feedback.infos if text.startswith("Step 5")]
    arguments = [
        *("--input", parameters["INPUT"][0], "--pre-event", parameters["PRE_EVENT"][0]),
        *("--model", "fast_rgb", "--min-area", "0", "--event-date", "2018-09-06"),
        *("--stack", str(tmp_path / "cs.tif"), "--probability", str(tmp_path / "cp.tif")),
        *("--inventory", str(tmp_path / "ci.gpkg"), "--review-sheet", str(tmp_path / "cr.html")),
        *("--image-date", "2018-09-11", "--pre-date", "2018-08-02"),
    ]
    assert main(["event", *arguments]) == 0
    assert f"NEW: {results['NEW']}" in capsys.readouterr().out
    for ours, theirs in (("s.tif", "cs.tif"), ("p.tif", "cp.tif")):
        with rasterio.open(tmp_path / ours) as one, rasterio.open(tmp_path / theirs) as other:
            assert np.array_equal(one.read(), other.read())
    same = layer_features(str(tmp_path / "ci.gpkg"))
    assert [f["evidence"] for f in same] == [f["evidence"] for f in features]
    assert (tmp_path / "cr.html").stat().st_size > 10_000
    assert main(["event", *arguments[2:]]) == 1
    assert "There is no image after the event" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"INPUT": None, "PRE_EVENT": None}, "Neither EXTENT nor AREA was given"),
        ({"PRE_EVENT": None}, "no image before the event"),
        ({"EVENT_DATE": "soon"}, "date of the event is 'soon'"),
        ({"REVIEW_SHEET": "{folder}/r.docx"}, "does not end in .html"),
        ({"MODEL": "nothing"}, "nothing"),
        ({"STACK": "/proc/s.tif"}, "/proc"),
    ],
)
def test_wrong_input_gets_a_sentence_and_no_file(run, parameters, tmp_path, wrong, told):
    wrong = {k: v.format(folder=tmp_path) if isinstance(v, str) else v for k, v in wrong.items()}
    with pytest.raises(qgis_core.QgsProcessingException, match=told):
        run(NAME, {**parameters, **wrong})
    assert list(tmp_path.iterdir()) == []


def test_cancelling_says_what_there_is(run, parameters, tmp_path):
    with pytest.raises(qgis_core.QgsProcessingException, match=r"s\.tif is complete"):
        run(NAME, parameters, Feedback(cancel_at=35.9))
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == [".s.tif.event", "s.tif"]


def test_results_load_as_views_in_order(run_and_load, parameters):
    parameters["REVIEW_SHEET"] = None
    project = run_and_load(NAME, parameters)
    root = project.layerTreeRoot()
    inventory, probability, group = root.children()
    assert inventory.layer().featureCount() > 5
    assert probability.layer().bandCount() == 1
    after, before, change = group.findLayers()
    assert [node.name() for node in (after, before)] == ["After", "Before"]
    assert [node.isVisible() for node in (after, before, change)] == [True, True, False]
    # B04 B03 B02 B08 pre_B04 pre_B03 pre_B02 pre_B08 dNDVI dRG
    assert [rgb(node) for node in (after, before, change)] == [(1, 2, 3), (5, 6, 7), (1, 5, 5)]
    for node, false in ((after, (4, 1, 2)), (before, (8, 5, 6))):
        styles = node.layer().styleManager()
        assert styles.currentStyle() == "True colour"
        assert styles.setCurrentStyle("False colour")
        assert rgb(node) == false


def rgb(node):
    renderer = node.layer().renderer()
    return renderer.redBand(), renderer.greenBand(), renderer.blueBand()
