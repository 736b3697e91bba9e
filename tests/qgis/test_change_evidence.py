"""Change evidence in the Toolbox and as a command."""

import json

import pytest

qgis_core = pytest.importorskip("qgis.core")

from landslip.cli.__main__ import main  # noqa: E402
from landslip.engine.inventory.compared import EVIDENCE, EVIDENCE_FIELDS  # noqa: E402
from landslip.sample.scene import SceneRequest, write_scene  # noqa: E402
from landslip.sample.series import make_pair  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402

NAME = "landslip:changeevidence"


@pytest.fixture(scope="module")
def made(tmp_path_factory, plugin):
    """Paths of both stacks, of the DEM, and of a detection's inventory."""
    import processing

    folder = tmp_path_factory.mktemp("pair")
    early, late = make_pair(SceneRequest(size=256, seed=3))
    before, after = (write_scene(s, folder / n) for s, n in ((early, "a"), (late, "b")))
    given = {"INPUT": str(after["stack"]), "DEM": str(after["dem"]), "MODEL": "fast_rgb"}
    outputs = {"PROBABILITY": str(folder / "p.tif"), "INVENTORY": str(folder / "i.gpkg")}
    processing.run("landslip:detectlandslides", {**given, **outputs})
    paths = {"INPUT": outputs["INVENTORY"], "IMAGE": given["INPUT"], "DEM": given["DEM"]}
    return {**paths, "PRE_IMAGE": str(before["stack"])}


def test_detections_of_a_fresh_scene_are_new(made, run, tmp_path):
    results, feedback = run(NAME, {**made, "OUTPUT": str(tmp_path / "o.gpkg")})
    features = layer_features(results["OUTPUT"])
    assert results["COUNT"] == len(features) > 5
    assert results["NEW"] > 0.7 * len(features)
    assert sum(results[word.upper().replace(" ", "_")] for word in EVIDENCE) == len(features)
    names = [field.name() for field in features[0].fields()]
    assert [n for n in names if n in {f.name for f in EVIDENCE_FIELDS}] == [
        field.name for field in EVIDENCE_FIELDS
    ]
    assert {feature["evidence"] for feature in features} <= set(EVIDENCE)
    assert all(feature["model"] == "fast_rgb" for feature in features)
    assert any("seen before" in text for text in feedback.infos)


def test_the_command_says_the_same(made, run, tmp_path, capsys):
    results, _ = run(NAME, {**made, "OUTPUT": str(tmp_path / "o.gpkg")})
    flags = [part for n, v in made.items() for part in (f"--{n.lower().replace('_', '-')}", v)]
    assert (
        main(["evidence", *flags, "--output", str(tmp_path / "c.gpkg"), "--json", "--quiet"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert {n: told[n] for n in ("COUNT", "NEW", "UNKNOWN")} == {
        n: results[n] for n in ("COUNT", "NEW", "UNKNOWN")
    }
    fields = ("id", "evidence", "new_score", "drg")
    one, other = (
        sorted(tuple(feature[name] for name in fields) for feature in layer_features(path))
        for path in (results["OUTPUT"], told["OUTPUT"])
    )
    assert one == other


def test_one_image_is_no_pair(made, run, tmp_path):
    given = {**made, "PRE_IMAGE": made["IMAGE"], "OUTPUT": str(tmp_path / "o.gpkg")}
    with pytest.raises(qgis_core.QgsProcessingException, match="as the image before and after"):
        run(NAME, given)
    assert not (tmp_path / "o.gpkg").exists()
