"""Apply a review, run as the Toolbox runs it."""

import json
from pathlib import Path

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.engine.inventory.review import outline_hashes  # noqa: E402
from landslip.engine.inventory.table import Record, Table  # noqa: E402
from landslip.tests.qgis.support import memory_layer  # noqa: E402
from landslip.tests.support import UTM  # noqa: E402

NAME = "landslip:applyreview"
SQUARES = [
    f"Polygon(({x} 4700000,{x + 100} 4700000,{x + 100} 4700100,{x} 4700100,{x} 4700000))"
    for x in (500000, 500200)
]


@pytest.fixture
def inventory():
    """Two landslides; somebody has rejected the second."""
    return memory_layer("Polygon", UTM, SQUARES, id=["a", "b"], review_status=[None, "rejected"])


@pytest.fixture
def review(inventory, tmp_path):
    outlines = [bytes(f.geometry().asWkb()) for f in inventory.getFeatures()]
    table = Table("t", UTM, {}, tuple(Record(wkb, {}) for wkb in outlines))
    verdicts = [
        {
            "id": name,
            "verdict": "accept",
            "note": "äöü",
            "reviewed_at": "2026-05-01T10:00:00Z",
            "area_m2": 1e4,
            "outline": outline,
        }
        for name, outline in zip("abx", [*outline_hashes(table), ""])
    ]
    path = tmp_path / "sheet.review.json"
    content = {"format": "landslip review", "version": 1, "reviewer": "Ann", "verdicts": verdicts}
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def rows(path):
    layer = qgis_core.QgsVectorLayer(path, "found", "ogr")
    names = ("review_status", "notes", "reviewer", "reviewed_at")
    found = {f["id"]: [f[name] or None for name in names] for f in layer.getFeatures()}
    # QGIS has an object of its own for what is not known.
    return {k: [v if isinstance(v, str) else None for v in each] for k, each in found.items()}


ANN = ["accepted", "äöü", "Ann", "2026-05-01T10:00:00Z"]


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert names == ["INPUT", "REVIEW", "CONFLICTS", "OUTPUT"]
    assert {o.name() for o in algorithm.outputDefinitions()} == {
        "OUTPUT",
        "COUNT",
        "APPLIED",
        "CONFLICTING",
    }


@pytest.mark.parametrize(
    ("rule", "second", "applied"),
    [("keep", ["rejected", None, None, None], 1), ("review", ANN, 2)],
)
def test_verdicts_reach_the_inventory(run, inventory, review, tmp_path, rule, second, applied):
    target = str(tmp_path / "reviewed.gpkg")
    given = {"INPUT": inventory, "REVIEW": [review], "CONFLICTS": rule, "OUTPUT": target}
    results, feedback = run(NAME, given)
    assert (results["COUNT"], results["APPLIED"], results["CONFLICTING"]) == (2, applied, 2)
    assert rows(target) == {"a": ANN, "b": second}
    assert any("otherwise in the inventory: 1 (b)" in text for text in feedback.warnings)
    assert any("Not in the inventory: 1 (x)" in text for text in feedback.warnings)


def test_conflicts_stop_it(run, inventory, review, tmp_path):
    target = tmp_path / "reviewed.gpkg"
    given = {"INPUT": inventory, "REVIEW": review, "CONFLICTS": "stop", "OUTPUT": str(target)}
    with pytest.raises(qgis_core.QgsProcessingException, match="nothing was"):
        run(NAME, given)
    assert not target.exists()


def test_the_inventory_is_not_written_over(run, inventory, review, tmp_path):
    own = str(tmp_path / "own.gpkg")
    run(NAME, {"INPUT": inventory, "REVIEW": review, "OUTPUT": own})
    before = Path(own).read_bytes()
    with pytest.raises(qgis_core.QgsProcessingException, match="would overwrite"):
        run(NAME, {"INPUT": own, "REVIEW": review, "OUTPUT": own})
    assert Path(own).read_bytes() == before
    # Applied once more, to another file, it changes nothing.
    again = str(tmp_path / "again.gpkg")
    run(NAME, {"INPUT": own, "REVIEW": review, "OUTPUT": again})
    assert rows(again) == rows(own)


def test_a_review_that_is_none(run, inventory, tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    given = {"INPUT": inventory, "REVIEW": str(tmp_path / "bad.json")}
    with pytest.raises(qgis_core.QgsProcessingException, match="it is not a saved review"):
        run(NAME, {**given, "OUTPUT": str(tmp_path / "o.gpkg")})
    assert not (tmp_path / "o.gpkg").exists()
