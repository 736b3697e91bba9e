"""Vectorise probability, run as the Toolbox runs it."""

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.engine.inventory.event import PARAMETERS  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402
from landslip.tests.support import write_raster  # noqa: E402

NAME = "landslip:vectoriseprobability"


@pytest.fixture
def probability(tmp_path):
    values = np.zeros((40, 50), "float32")
    values[5:15, 5:15] = 0.6
    values[20:30, 20:40] = 0.9
    values[35, 35] = 0.95
    return write_raster(tmp_path / "p.tif", values, nodata=-9999)


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert names == [
        *("INPUT", "DEM", "THRESHOLD", "MIN_AREA"),
        *("FILL_HOLES", "SPLIT_DEPTH", "SMOOTH", "EDGE_IMAGE", "MIN_SLOPE", "MAX_ELONGATION"),
        *("FLAT_SLOPE", "EXCLUDE", *PARAMETERS, "INVENTORY"),
    ]
    outputs = " ".join(o.name() for o in algorithm.outputDefinitions())
    assert outputs == "INVENTORY COUNT AREA AREA_STD AREA_LOW AREA_HIGH"


@pytest.mark.parametrize(
    ("threshold", "min_area", "pixels"),
    [(0.5, 0, [1, 100, 200]), (0.5, 500, [100, 200]), (0.7, 500, [200]), (0.99, 0, [])],
)
def test_threshold_and_minimum_area(run, probability, tmp_path, threshold, min_area, pixels):
    target = str(tmp_path / "i.gpkg")
    results, _ = run(
        NAME,
        {
            "INPUT": probability,
            "THRESHOLD": threshold,
            "MIN_AREA": min_area,
            "INVENTORY": target,
        },
    )
    assert sorted(f["pixel_count"] for f in layer_features(target)) == pixels
    assert results["COUNT"] == len(pixels)
    assert results["AREA"] == pytest.approx(sum(pixels) * 100, rel=2e-3)


def test_facts_of_the_event(run, probability, tmp_path):
    """In every landslide; an option may be given by its number, and a wrong date is told."""
    target = str(tmp_path / "i.gpkg")
    facts = {"EVENT_DATE": "2018-09-06", "PRE_DATE": "2018-09-30", "TRIGGER": 1, "LS_TYPE": "slide"}
    given = {"INPUT": probability, "THRESHOLD": 0.5, "INVENTORY": target, **facts}
    _, feedback = run(NAME, given)
    for feature in layer_features(target):
        assert feature["event_date"] == "2018-09-06"
        assert feature["pre_date"] == "2018-09-30"
        assert feature["trigger"] == "earthquake"
        assert feature["ls_type"] == "slide"
    assert any("image before is 2018-09-30, after" in text for text in feedback.warnings)
    with pytest.raises(qgis_core.QgsProcessingException, match=r"is '6\.9\.2018'; expected a date"):
        run(NAME, {**given, "EVENT_DATE": "6.9.2018"})


def test_same_as_detect(run, stack_path, model_path, tmp_path):
    """The threshold and the model's name come from the raster itself."""
    first, again = str(tmp_path / "i.gpkg"), str(tmp_path / "j.gpkg")
    probability = str(tmp_path / "p.tif")
    run(
        "landslip:detectlandslides",
        {
            "INPUT": stack_path,
            "MODEL": model_path,
            "DEVICE": "cpu",
            "PROBABILITY": probability,
            "INVENTORY": first,
        },
    )
    run(NAME, {"INPUT": probability, "INVENTORY": again})
    pairs = list(zip(layer_features(first), layer_features(again)))
    assert pairs
    for a, b in pairs:
        assert a.attributes() == b.attributes()
        assert a.geometry().equals(b.geometry())


def test_outlines_and_filters(run, tmp_path):
    """Two discs with a neck and a hole, one of them on the valley floor, and a lake."""
    rows, cols = np.mgrid[:60, :80]
    values = np.zeros((60, 80), "float32")
    for col in (20, 44):
        values[(rows - 20) ** 2 + (cols - col) ** 2 <= 100] = 0.9
    values[19:22, 20:44] = 0.9
    values[20, 15] = 0
    values[45:55, 10:30] = values[45:55, 50:70] = 0.9
    probability = write_raster(tmp_path / "p.tif", values)
    land = np.maximum(900 - 5.0 * rows, 690).astype("float32")  # flat from row 42 on
    dem = write_raster(tmp_path / "d.tif", land)
    lake = write_raster(tmp_path / "w.tif", (cols > 40).astype("uint8"))
    target = str(tmp_path / "i.gpkg")
    options = {"INPUT": probability, "THRESHOLD": 0.5, "INVENTORY": target}

    def count(**more):
        return run(NAME, {**options, **more})[0]["COUNT"]

    assert count() == 3
    assert count(SPLIT_DEPTH=0.5, FILL_HOLES=100) == 4
    assert count(DEM=dem, FLAT_SLOPE=5) == count(DEM=dem, MIN_SLOPE=20) == 1
    assert count(DEM=dem, MAX_ELONGATION=0.4) == 2
    assert count(EXCLUDE=lake) == 2
    disc = (rows - 20) ** 2 + (cols - 20) ** 2 <= 64
    image = write_raster(tmp_path / "s.tif", np.where(disc, 900, 300).astype("uint16"))
    dim = write_raster(tmp_path / "dim.tif", 0.6 * values)  # sure of nothing
    area = run(NAME, {**options, "INPUT": dim, "EDGE_IMAGE": image})[0]["AREA"]
    assert area < 0.9 * run(NAME, options)[0]["AREA"]
    run(NAME, {**options, "DEM": dem, "SMOOTH": True, "SPLIT_DEPTH": 0.5, "FILL_HOLES": 100})
    areas = sorted(f["area_m2"] for f in layer_features(target))
    whole = [20_000, 20_000, 31_700 + 850, 31_700 + 850]
    assert areas == pytest.approx(whole, rel=0.04)
    assert {f["review_status"] for f in layer_features(target)} == {"unreviewed"}


def test_filter_without_a_dem(run, probability):
    with pytest.raises(qgis_core.QgsProcessingException, match=r"no DEM\. Give a DEM"):
        run(NAME, {"INPUT": probability, "THRESHOLD": 0.5, "MIN_SLOPE": 9, "INVENTORY": "memory:"})


def test_other_formats(run, probability, tmp_path):
    target = str(tmp_path / "i.geojson")
    run(NAME, {"INPUT": probability, "THRESHOLD": 0.5, "INVENTORY": target})
    assert len(layer_features(target)) == 2


def test_raster_of_another_program_needs_a_threshold(run, probability):
    with pytest.raises(qgis_core.QgsProcessingException, match="Give a threshold between 0 and 1"):
        run(NAME, {"INPUT": probability, "INVENTORY": "memory:"})


def test_no_probability_raster(run, stack_path):
    with pytest.raises(qgis_core.QgsProcessingException, match="3 bands; expected a probability"):
        run(NAME, {"INPUT": stack_path, "THRESHOLD": 0.5, "INVENTORY": "memory:"})
