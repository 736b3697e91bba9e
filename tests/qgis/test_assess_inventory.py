"""Assess inventory, run as the Toolbox runs it."""

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.tests.support import UTM, write_raster  # noqa: E402

NAME = "landslip:assessinventory"


@pytest.fixture
def rasters(tmp_path):
    """A probability raster that finds 80 of 100 pixels, misses 100 and has 50 false ones."""
    truth = np.zeros((60, 60), "uint8")
    truth[2:12, 2:12] = truth[30:40, 2:12] = 1
    probability = np.zeros((60, 60), "float32")
    probability[2:12, 2:10] = 0.9
    probability[45:50, 40:50] = 0.6
    return (
        write_raster(tmp_path / "p.tif", probability, nodata=-9999),
        write_raster(tmp_path / "t.tif", truth, nodata=255),
    )


def layer(*boxes, crs=UTM, name="squares"):
    """A memory layer of boxes, given in columns and rows of 10 m pixels."""
    made = qgis_core.QgsVectorLayer(f"Polygon?crs={crs}", name, "memory")
    for col, row, cols, rows in boxes:
        feature = qgis_core.QgsFeature()
        x, y = 500000 + 10 * col, 4700000 - 10 * row
        box = qgis_core.QgsRectangle(x, y - 10 * rows, x + 10 * cols, y)
        feature.setGeometry(qgis_core.QgsGeometry.fromRect(box))
        made.dataProvider().addFeature(feature)
    return made


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert " ".join(names) == (
        "INPUT REFERENCE AREA THRESHOLD MIN_AREA OVERLAP PIXEL_SIZE IMAGE OUTPUT COMPARISON"
    )
    assert {"PRECISION", "RECALL", "F1", "IOU", "MIOU", "BEST_THRESHOLD"} <= {
        o.name() for o in algorithm.outputDefinitions()
    }


def test_raster_against_raster(run, rasters, tmp_path):
    report, comparison = tmp_path / "r.html", tmp_path / "c.tif"
    results, feedback = run(
        NAME,
        {
            "INPUT": rasters[0],
            "REFERENCE": rasters[1],
            "OUTPUT": str(report),
            "COMPARISON": str(comparison),
        },
    )
    assert results["F1"] == pytest.approx(160 / (160 + 50 + 120))
    assert results["OBJECT_RECALL"] == 0.5
    assert results["OBJECT_PRECISION"] == 0.5
    assert results["BEST_THRESHOLD"] == 0.61
    assert results["AREA_BIAS"] == pytest.approx(130 / 200 - 1, abs=1e-6)
    text = report.read_text(encoding="utf-8")
    assert text.count("<svg") == 5
    assert "0.485" in text
    assert "src=" not in text  # nothing to fetch: it opens offline
    with rasterio.open(comparison) as dataset:
        assert np.bincount(dataset.read(1).ravel()).tolist()[1:] == [80, 120, 50]
    assert any("1 of 2 landslides found" in text for text in feedback.infos)


def test_inventory_against_itself_and_shifted(run, tmp_path):
    """F1 is 1, and 0.7 where ten columns moved by three."""
    mine = layer((0, 0, 10, 10), (40, 0, 10, 20), name="<b>mine</b>")
    moved = layer((3, 0, 10, 10), (43, 0, 10, 20))
    parameters = {"INPUT": mine, "REFERENCE": mine, "OUTPUT": str(tmp_path / "r.html")}
    results, _ = run(NAME, parameters)
    assert results["F1"] == results["MIOU"] == results["OBJECT_RECALL"] == 1
    assert results["BOUNDARY_DISTANCE"] == results["COUNT_BIAS"] == 0
    assert results["BEST_THRESHOLD"] is None
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;mine" in text
    assert "<b>mine" not in text
    shifted, _ = run(NAME, {**parameters, "REFERENCE": moved})
    assert shifted["F1"] == pytest.approx(0.7)


def test_raster_against_inventory_in_an_area(run, rasters, tmp_path):
    truth, area = layer((2, 2, 10, 10), (2, 30, 10, 10)), layer((0, 0, 30, 60), name="searched")
    results, _ = run(
        NAME,
        {
            "INPUT": rasters[0],
            "REFERENCE": truth,
            "AREA": area,
            "OUTPUT": str(tmp_path / "r.html"),
        },
    )
    assert results["PRECISION"] == 1  # the false alarm lies outside of the searched area
    assert results["RECALL"] == pytest.approx(80 / 200)


def test_comparison_arrives_styled(run_and_load, rasters, tmp_path):
    project = run_and_load(
        NAME,
        {
            "INPUT": rasters[0],
            "REFERENCE": rasters[1],
            "OUTPUT": str(tmp_path / "r.html"),
            "COMPARISON": str(tmp_path / "c.tif"),
        },
    )
    (comparison,) = project.mapLayers().values()
    classes = {c.value: (c.color.name(), c.label) for c in comparison.renderer().classes()}
    assert classes[1][0] == "#e31a1c"
    assert "false alarm" in classes[3][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"REFERENCE": "/nowhere/reference.gpkg"}, "REFERENCE|cannot be read as a raster"),
        ({"OUTPUT": "/nowhere/r.html"}, "The folder /nowhere does not exist"),
    ],
)
def test_wrong_input(run, rasters, tmp_path, change, message):
    parameters = {
        "INPUT": rasters[0],
        "REFERENCE": rasters[1],
        "OUTPUT": str(tmp_path / "r.html"),
        "COMPARISON": str(tmp_path / "c.tif"),
    }
    with pytest.raises(qgis_core.QgsProcessingException, match=message):
        run(NAME, {**parameters, **change})
    assert not (tmp_path / "c.tif").exists()
    assert not (tmp_path / "r.html").exists()
