"""Inventory statistics, run as the Toolbox runs it."""

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.tests.support import UTM, write_raster  # noqa: E402

NAME = "landslip:inventorystatistics"


@pytest.fixture(scope="module")
def inventory(qgis):
    """A hundred square landslides whose areas follow a power law of exponent 2.5."""
    fields = "&field=aspect_deg:double&field=slope_mean:double"
    layer = qgis_core.QgsVectorLayer(f"Polygon?crs={UTM}{fields}", "a <b>", "memory")
    areas = 400 * (1 - (np.arange(100) + 0.5) / 100) ** (-1 / 1.5)
    for place, side in enumerate(np.sqrt(areas)):
        x, y = 500000 + 100 * (place % 10), 4699000 - 100 * (place // 10)
        feature = qgis_core.QgsFeature(layer.fields())
        box = qgis_core.QgsRectangle(x, y, x + side, y + side)
        feature.setGeometry(qgis_core.QgsGeometry.fromRect(box))
        feature.setAttributes([90.0, 30.0 if place else qgis_core.NULL])
        layer.dataProvider().addFeature(feature)
    return layer


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert " ".join(names) == "INPUT AREA DEM ASSESSABILITY MIN_AREA PROBABILITY IMAGE OUTPUT"
    assert " ".join(o.name() for o in algorithm.outputDefinitions()) == (
        "OUTPUT COUNT AREA DENSITY ASSESSABLE_AREA EXPONENT EXPONENT_LOW EXPONENT_HIGH TAIL_START "
        "INVERSE_GAMMA_EXPONENT ROLLOVER AREA_STD AREA_LOW AREA_HIGH"
    )


def test_numbers_and_report_from_fields(run, inventory, tmp_path):
    report = tmp_path / "r.html"
    results, _ = run(NAME, {"INPUT": inventory, "OUTPUT": str(report)})
    assert results["COUNT"] == 100
    assert results["EXPONENT_LOW"] < 2.5 < results["EXPONENT_HIGH"]
    assert results["EXPONENT"] == pytest.approx(2.5, abs=0.3)
    text = report.read_text(encoding="utf-8")
    assert text.count("<svg") == 6  # density, cumulative, aspect, slope, two maps; no elevation
    assert "a &lt;b&gt;" in text
    assert "convex hull" in text


def test_study_area_and_dem(run, inventory, tmp_path):
    dem = np.tile(np.arange(110) * 5.0, (110, 1)).astype("float32")
    study = qgis_core.QgsVectorLayer(f"Polygon?crs={UTM}", "study", "memory")
    feature = qgis_core.QgsFeature()
    box = qgis_core.QgsRectangle(500000, 4698000, 501000, 4699100)
    feature.setGeometry(qgis_core.QgsGeometry.fromRect(box))
    study.dataProvider().addFeature(feature)
    report = tmp_path / "r.html"
    results, _ = run(
        NAME,
        {
            "INPUT": inventory,
            "AREA": study,
            "DEM": write_raster(tmp_path / "dem.tif", dem, origin=(500000.0, 4699100.0)),
            "MIN_AREA": 500,
            "OUTPUT": str(report),
        },
    )
    assert 50 < results["COUNT"] < 100
    assert results["DENSITY"] == pytest.approx(results["COUNT"] / 1.1, rel=2e-3)
    text = report.read_text(encoding="utf-8")
    assert text.count("<svg") == 9
    assert "study area" in text


def test_nothing_large_enough(run, inventory, tmp_path):
    report = tmp_path / "r.html"
    with pytest.raises(qgis_core.QgsProcessingException, match="none with an area of at least"):
        run(NAME, {"INPUT": inventory, "MIN_AREA": 1e9, "OUTPUT": str(report)})
    assert not report.exists()
