"""Find scenes and Fetch a scene in QGIS, and their commands, on a catalogue on loopback."""

import shutil

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.algorithms.network import QgisCarrier, credentials_of  # noqa: E402
from landslip.cli.__main__ import main  # noqa: E402
from landslip.engine.catalogue.network import NoAnswer  # noqa: E402
from landslip.engine.common.errors import Cancelled, CatalogueError  # noqa: E402
from landslip.tests.qgis.support import Feedback, layer_features  # noqa: E402
from landslip.tests.stac_items import item, with_files  # noqa: E402
from landslip.tests.stac_scene import FILES, NORTH, WEST, write_scene  # noqa: E402
from landslip.tests.stac_server import StacServer, cut_off, redirect, status  # noqa: E402

EXTENT = f"{WEST + 2003},{WEST + 5011},{NORTH - 5007},{NORTH - 2004} [EPSG:32654]"
AFTER, BEFORE = "S2A_54TXN_20180910_0_L2A", "S2A_54TXN_20180806_0_L2A"


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    return folder, write_scene(folder, bands=("B02", "B03", "B04"))


@pytest.fixture
def server(tmp_path, scene):
    shutil.copytree(scene[0], tmp_path / "files" / "a")
    files = {name: path for name, path in FILES.items() if name in ("B02", "B03", "B04", "SCL")}
    with StacServer(tmp_path / "files") as server:
        server.numbers = scene[1]
        server.items = [
            with_files(item(AFTER), "a/", **files),
            with_files(item(BEFORE, "2018-08-06T01:26:51Z"), "a/", **files),
            item("S2A_54TXN_20180908_0_L2A", "2018-09-08T01:26:51Z", **{"eo:cloud_cover": 80.0}),
        ]
        yield server


@pytest.fixture
def find(run, server, tmp_path):
    def find(feedback=None, **changes):
        parameters = {
            "EXTENT": EXTENT,
            "EVENT_DATE": "2018-09-06",
            "ADDRESS": server.api,
            "OUTPUT": str(tmp_path / "scenes.gpkg"),
            **changes,
        }
        return run("landslip:findscenes", parameters, feedback)

    return find


@pytest.fixture
def fetch(run, server, tmp_path):
    def fetch(feedback=None, **changes):
        parameters = {
            "INPUT": str(tmp_path / "scenes.gpkg"),
            "EXTENT": EXTENT,
            "DEM": "",
            "BANDS": "B02,B03,B04",
            "OUTPUT": str(tmp_path / "stack.tif"),
            **changes,
        }
        return run("landslip:fetchscene", parameters, feedback)

    return fetch


def test_footprints_and_the_best_pair(find, tmp_path):
    results, feedback = find()
    assert (results["COUNT"], results["AFTER"], results["BEFORE"]) == (3, AFTER, BEFORE)
    assert results["AFTER_DATE"] == "2018-09-10T01:26:51Z"
    features = layer_features(results["OUTPUT"])
    assert [f["id"] for f in features if f["best"] == 1] == [BEFORE, AFTER]
    assert {f["note"] for f in features} == {
        "first clear one after the event",
        "last clear one of the season before",
        "cloud 80 %, more than 20 %",
    }
    assert feedback.warnings == []


def test_the_layer_loads_with_its_colours_and_the_best_pair_selected(server, tmp_path):
    from processing.gui.Postprocessing import handleAlgorithmResults

    project = qgis_core.QgsProject.instance()
    project.clear()
    algorithm = qgis_core.QgsApplication.processingRegistry().createAlgorithmById(
        "landslip:findscenes"
    )
    context, feedback = qgis_core.QgsProcessingContext(), qgis_core.QgsProcessingFeedback()
    context.setProject(project)
    output = qgis_core.QgsProcessingOutputLayerDefinition("memory:", project)
    parameters = {"EXTENT": EXTENT, "EVENT_DATE": "2018-09-06", "ADDRESS": server.api}
    _, done = algorithm.run({**parameters, "OUTPUT": output}, context, feedback)
    assert done
    handleAlgorithmResults(algorithm, context, feedback)
    (layer,) = project.mapLayers().values()
    assert {f["id"] for f in layer.selectedFeatures()} == {AFTER, BEFORE}
    assert layer.renderer().type() == "RuleRenderer"
    assert "thumbnail" in layer.mapTipTemplate()
    project.clear()


def test_a_stack_of_the_best_scene(find, fetch, server):
    find()
    results, feedback = fetch()
    with rasterio.open(results["OUTPUT"]) as dataset:
        assert np.array_equal(dataset.read(1), server.numbers["B02"][200:501, 200:502])
        assert dataset.tags()["PRODUCT_ID"] == AFTER
    assert results["VALID"] == 1
    assert results["RECEIVED"] > 10_000
    assert "baseline 02.06 has no offset" in results["REMARKS"]
    assert f"Fetching {AFTER}." in feedback.infos


def test_pairs_names_selections(find, fetch, server, tmp_path):
    find()
    results, _ = fetch(WHICH="pair", OUT=["cloud"], MASK=str(tmp_path / "mask.tif"))
    with rasterio.open(results["OUTPUT"]) as dataset:
        assert "pre_B04" in dataset.descriptions
    assert (tmp_path / "mask.tif").is_file()
    layer = qgis_core.QgsVectorLayer(str(tmp_path / "scenes.gpkg"), "scenes", "ogr")
    layer.selectByExpression(f"\"id\" = '{BEFORE}'")
    qgis_core.QgsProject.instance().addMapLayer(layer, False)
    selected = qgis_core.QgsProcessingFeatureSourceDefinition(layer.id(), True)
    results, _ = fetch(INPUT=selected, WHICH="before")
    with rasterio.open(results["OUTPUT"]) as dataset:
        assert dataset.tags()["ACQUISITION_DATE"] == "2018-08-06T01:26:51Z"
    with pytest.raises(qgis_core.QgsProcessingException, match="No scene after the event"):
        fetch(INPUT=selected)
    with pytest.raises(qgis_core.QgsProcessingException, match="has no scene nothing"):
        fetch(SCENE="nothing")
    qgis_core.QgsProject.instance().clear()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"EXTENT": None}, "Neither EXTENT nor AREA was given"),
        ({"EVENT_DATE": "soon"}, "date of the event is 'soon'"),
        ({"ADDRESS": "nowhere"}, "There is no catalogue 'nowhere'"),
    ],
)
def test_wrong_input_gives_a_sentence(find, tmp_path, changes, message):
    with pytest.raises(qgis_core.QgsProcessingException, match=message):
        find(**changes)
    assert not (tmp_path / "scenes.gpkg").exists()


def test_a_layer_of_something_else_is_refused(fetch, run, tmp_path):
    other = qgis_core.QgsVectorLayer("Polygon?crs=EPSG:4326&field=id:string", "other", "memory")
    other.dataProvider().addFeature(qgis_core.QgsFeature(other.fields()))
    with pytest.raises(qgis_core.QgsProcessingException, match="has no date, item, catalogue"):
        fetch(INPUT=other)


def test_commands_give_what_the_algorithms_give(find, fetch, server, tmp_path, capsys):
    found, fetched = find()[0], fetch()[0]
    with rasterio.open(fetched["OUTPUT"]) as dataset:
        expected = dataset.read()
    scenes, stack = str(tmp_path / "cli.gpkg"), str(tmp_path / "cli.tif")
    place = ["--extent", EXTENT, "--output"]
    asked = ["--event-date", "2018-09-06", "--address", server.api]
    assert main(["find-scenes", *asked, *place, scenes]) == 0
    ours, theirs = layer_features(found["OUTPUT"]), layer_features(scenes)
    assert [f.attributes()[1:] for f in ours] == [f.attributes()[1:] for f in theirs]
    assert f"AFTER: {AFTER}" in capsys.readouterr().out
    given = ["--input", scenes, "--dem", "", "--bands", "B02,B03,B04"]
    assert main(["fetch-scene", *given, *place, stack]) == 0
    with rasterio.open(stack) as dataset:
        assert np.array_equal(dataset.read(), expected)
    assert main(["fetch-scene", "--input", scenes, "--output", stack]) == 1
    assert "Neither --extent nor --area was given" in capsys.readouterr().err


# --- the network through QGIS ---


def carried(url, headers=None, cancelled=lambda: False, timeout=5.0):
    answer = QgisCarrier().get(url, headers or {}, timeout, cancelled)
    return answer.status, b"".join(answer.body), answer.headers


def test_answers_come_whole_and_redirects_are_not_followed(plugin, server):
    content = (server.folder / "a" / "B02.tif").read_bytes()
    address = f"{server.root}/files/a/B02.tif"
    assert carried(address)[:2] == (200, content)
    found, body, headers = carried(address, {"Range": "bytes=10-99"})
    assert (found, body) == (206, content[10:100])
    assert headers["content-range"] == f"bytes 10-99/{len(content)}"
    server.faults["/files"] = [redirect("http://127.0.0.1:9/"), status(404), status(503)]
    assert [carried(address)[0] for _ in range(3)] == [302, 404, 503]


def test_a_server_that_is_not_there_or_silent(plugin, server):
    with pytest.raises(NoAnswer, match="connection refused") as err:
        carried("http://127.0.0.1:9/a?sig=secret")
    assert "secret" not in str(err.value)
    server.faults["/files"] = [lambda request: request.rfile.read(1)] * 2
    with pytest.raises(NoAnswer, match="no answer in time"):
        carried(f"{server.root}/files/a", timeout=0.3)
    with pytest.raises(Cancelled):
        carried(f"{server.root}/files/a", cancelled=lambda: True)
    # Elsewhere: what was stopped may reach the server only now.
    server.faults["/v1"] = [cut_off()]
    with pytest.raises(NoAnswer, match="broke off"):
        carried(f"{server.root}/v1")


def test_cancelling_leaves_nothing(find, server, tmp_path):
    feedback = Feedback()
    feedback.cancel()
    with pytest.raises(qgis_core.QgsProcessingException, match="Stopped on request"):
        find(feedback)
    assert not (tmp_path / "scenes.gpkg").exists()


@pytest.fixture
def authentication(plugin):
    """An authentication of QGIS with a secret; returns its id."""
    manager = qgis_core.QgsApplication.authManager()
    if not manager.masterPasswordIsSet():
        manager.setMasterPassword("test", True)
    config = qgis_core.QgsAuthMethodConfig()
    config.setName("catalogue")
    config.setMethod("Basic")
    config.setConfigMap({"username": "me", "password": "secret-word", "realm": ""})
    done = manager.storeAuthenticationConfig(config)
    if not config.id():
        pytest.skip(f"this QGIS stores no authentication ({done})")
    yield config.id()
    manager.removeAuthenticationConfig(config.id())


def test_an_authentication_of_qgis_is_a_header(authentication):
    assert credentials_of("") is None
    headers = credentials_of(authentication)("https://example.org/a")
    assert headers == {"Authorization": "Basic bWU6c2VjcmV0LXdvcmQ="}
    with pytest.raises(CatalogueError, match="gives no header"):
        credentials_of("nothing")("https://example.org/a")


def test_a_token_is_nowhere_but_in_requests(authentication, find, fetch, server, tmp_path):
    word = "bWU6c2VjcmV0LXdvcmQ="
    server.needs = {"Authorization": f"Basic {word}"}
    find(AUTH=authentication)
    host = server.root.removeprefix("http://")
    with pytest.raises(qgis_core.QgsProcessingException, match="wants a token"):
        fetch()
    with pytest.raises(qgis_core.QgsProcessingException, match="Name the host"):
        fetch(AUTH=authentication)
    folder = tmp_path / "kept"
    results, feedback = fetch(AUTH=authentication, TOKEN_HOST=host, FOLDER=str(folder))
    told = " ".join((*feedback.infos, *feedback.warnings, str(results)))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    for secret in (word, "secret-word"):
        assert secret not in told
        assert not any(secret.encode() in path.read_bytes() for path in written)
