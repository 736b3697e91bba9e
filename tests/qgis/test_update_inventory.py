"""Update inventory, run as the Toolbox runs it."""

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.engine.inventory.history import CHANGES  # noqa: E402
from landslip.tests.qgis.support import (  # noqa: E402
    Feedback,
    layer_features,
    memory_layer,
    published,
)

NAME = "landslip:updateinventory"
UTM = "EPSG:32654"


def square(x, y=0, width=100):
    left, bottom = 500000 + x, 4700000 + y
    right, top = left + width, bottom + 100
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    return f"Polygon(({', '.join(f'{x} {y}' for x, y in corners)}))"


@pytest.fixture
def known():
    """Four landslides that reviewers have worked on."""
    layer = memory_layer(
        "Polygon",
        UTM,
        [square(0), square(1000), square(2000), square(9000)],
        id=["a", "b", "c", "d"],
        review_status=["accepted", "unreviewed", "rejected", "accepted"],
        notes=["steep", None, "a quarry", "far away"],
        visited=[1, 0, 1, 0],
    )
    return layer


@pytest.fixture
def found():
    return memory_layer(
        "Polygon",
        UTM,
        [square(0, width=200), square(1000), square(2000), square(3000)],
        id=[f"f{number}" for number in range(4)],
        image_date=["2019-05-30T01:30:00Z"] * 4,
    )


def same(one, other):
    pairs = list(zip(layer_features(one), layer_features(other)))
    return len(layer_features(one)) == len(layer_features(other)) and all(
        a.attributes() == b.attributes() and a.geometry().equals(b.geometry()) for a, b in pairs
    )


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    inputs = ["INPUT", "DETECTION", "DATE", "SURVEYED", "OVERLAP", "GROWTH"]
    assert names == [*inputs, "UNCERTAINTY", "MARGIN", "MIXED", "SAME_DAY", "OUTPUT"]
    counts = {change.upper().replace(" ", "_") for change in CHANGES}
    assert {o.name() for o in algorithm.outputDefinitions()} == {"OUTPUT", "COUNT", *counts}


def test_merging_twice_changes_nothing(run, known, found, tmp_path):
    first, again = str(tmp_path / "first.gpkg"), str(tmp_path / "again.gpkg")
    results, feedback = run(NAME, {"INPUT": known, "DETECTION": found, "OUTPUT": first})
    repeated, _ = run(NAME, {"INPUT": first, "DETECTION": found, "OUTPUT": again})
    assert same(first, again)
    features = {feature["id"]: feature for feature in layer_features(first)}
    assert list(features) == ["a", "b", "c", "d", "f3"]
    assert [features[name]["change"] for name in "ab"] == ["enlarged", "unchanged"]
    assert features["f3"]["first_seen"] == "2019-05-30"
    assert [features[name]["notes"] for name in "acd"] == ["steep", "a quarry", "far away"]
    assert [features[name]["visited"] for name in "abcd"] == [1, 0, 1, 0]
    counts = {"COUNT": 5, "ENLARGED": 1, "UNCHANGED": 1, "NEW": 1}
    for result in (results, repeated):
        assert {name: result[name] for name in counts} == counts
        assert result["NO_LONGER_VISIBLE"] == 0  # d is outside of the detection's rectangle
    assert any("Survey of 2019-05-30: 1 unchanged" in text for text in feedback.infos)


def test_two_models_and_two_surveys_of_a_day(run, found, tmp_path):
    made = {"model": ["a"] * 2, "threshold": [0.5] * 2, "image_date": ["2018-09-11"] * 2}
    known = memory_layer("Polygon", UTM, [square(0), square(3000)], id=["a", "b"], **made)
    target = str(tmp_path / "u.gpkg")
    parameters = {"INPUT": known, "DETECTION": found, "OUTPUT": target}
    results, feedback = run(NAME, parameters)
    counts = [results[name] for name in ("NOT_COMPARABLE", "NEW_TO_THE_MODEL", "NEW", "ENLARGED")]
    assert counts == [2, 2, 0, 0]
    (warning,) = feedback.warnings
    assert "2 not comparable, 0 not found by the model, 2 new to the model" in warning
    in_time, _ = run(NAME, {**parameters, "MIXED": "as time", "UNCERTAINTY": 0})
    assert [in_time[name] for name in ("NEW", "ENLARGED", "NOT_COMPARABLE")] == [2, 1, 0]
    assert run(NAME, {**parameters, "MIXED": 1, "UNCERTAINTY": 40})[0]["ENLARGED"] == 0
    with pytest.raises(qgis_core.QgsProcessingException, match="choose what MIXED is to do"):
        run(NAME, {**parameters, "MIXED": "refuse"})
    same_day = {**parameters, "DATE": "2018-09-11"}
    with pytest.raises(qgis_core.QgsProcessingException, match="Say with SAME_DAY what it is"):
        run(NAME, same_day)
    assert run(NAME, {**same_day, "SAME_DAY": "another part"})[0]["NOT_COMPARABLE"] == 2


def test_the_surveyed_area_says_what_can_be_gone(run, known, found, tmp_path):
    parameters = {"INPUT": known, "DETECTION": found, "OUTPUT": str(tmp_path / "u.gpkg")}
    wide = memory_layer("Polygon", UTM, [square(-100, -20, 20000)])
    narrow = memory_layer("Polygon", UTM, [square(8940)])  # 40 of the 100 m of the landslide d
    assert run(NAME, {**parameters, "SURVEYED": wide})[0]["NO_LONGER_VISIBLE"] == 1
    assert run(NAME, {**parameters, "SURVEYED": narrow})[0]["NO_LONGER_VISIBLE"] == 0
    nothing = memory_layer("Polygon", UTM, [])
    with pytest.raises(qgis_core.QgsProcessingException, match="has no polygon; expected where"):
        run(NAME, {**parameters, "SURVEYED": nothing})


def test_a_detection_in_another_crs(run, known, found, tmp_path):
    import processing

    degrees = processing.run(
        "native:reprojectlayer",
        {"INPUT": found, "TARGET_CRS": "EPSG:4326", "OUTPUT": "memory:"},
    )["OUTPUT"]
    target = str(tmp_path / "u.gpkg")
    results, _ = run(NAME, {"INPUT": known, "DETECTION": degrees, "OUTPUT": target})
    assert [results[name] for name in ("ENLARGED", "UNCHANGED", "NEW")] == [1, 1, 1]
    new = next(feature for feature in layer_features(target) if feature["change"] == "new")
    assert new.geometry().area() == pytest.approx(10000, rel=1e-6)


def test_a_cancelled_run_leaves_no_file(run, known, found, tmp_path):
    target = tmp_path / "u.gpkg"
    parameters = {"INPUT": known, "DETECTION": found, "OUTPUT": str(target)}
    with pytest.raises(qgis_core.QgsProcessingException, match="Stopped on request"):
        run(NAME, parameters, Feedback(cancel_at=0))
    assert not target.exists()


def test_the_inventory_is_not_written_over(run, known, found, tmp_path):
    target = str(tmp_path / "u.gpkg")
    run(NAME, {"INPUT": known, "DETECTION": found, "OUTPUT": target})
    before = (tmp_path / "u.gpkg").read_bytes()
    with pytest.raises(qgis_core.QgsProcessingException, match="over the inventory so far"):
        run(NAME, {"INPUT": target, "DETECTION": found, "OUTPUT": target})
    assert (tmp_path / "u.gpkg").read_bytes() == before


def test_the_date_is_asked_for(run, known, tmp_path):
    with pytest.raises(qgis_core.QgsProcessingException, match="such as 2019-05-30"):
        run(NAME, {"INPUT": known, "DETECTION": known, "OUTPUT": str(tmp_path / "u.gpkg")})


@pytest.mark.parametrize(
    ("place", "years"),
    [("Nepal", (2015, 2016, 2017)), ("PNG", (2017, 2019)), ("China", (2017, 2018))],
)
def test_published_inventories_through_time(run, real_data, tmp_path, place, years):
    """Every survey twice; ids stay, and every landslide that was known is still there."""
    surveys = [published(real_data, place, year) for year in years]
    inventory, count = surveys[0], surveys[0].featureCount()
    for number, (year, survey) in enumerate(zip(years[1:], surveys[1:])):
        parameters = {"DETECTION": survey, "DATE": f"{year}-10-01"}
        once, twice = (str(tmp_path / f"{number}{name}.gpkg") for name in ("once", "twice"))
        results, _ = run(NAME, {"INPUT": inventory, "OUTPUT": once, **parameters})
        run(NAME, {"INPUT": once, "OUTPUT": twice, **parameters})
        assert same(once, twice)
        assert results["COUNT"] == count + results["NEW"]
        assert results["NEW"] > 0
        inventory, count = twice, results["COUNT"]
    ids = [feature["id"] for feature in layer_features(inventory)]
    assert len(set(ids)) == count
