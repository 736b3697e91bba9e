"""Review sheet, run as the Toolbox runs it."""

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.tests.support import UTM, reflectance, write_raster  # noqa: E402

NAME = "landslip:reviewsheet"


@pytest.fixture
def parameters(tmp_path, rng):
    layer = qgis_core.QgsVectorLayer(f"Polygon?crs={UTM}&field=id:string", "slides", "memory")
    for number in range(26):
        feature = qgis_core.QgsFeature(layer.fields())
        x, y = 500300 + 150 * (number % 10), 4699000 - 100 * (number // 10)
        box = qgis_core.QgsRectangle(x, y, x + 100, y + 40 + number)
        feature.setGeometry(qgis_core.QgsGeometry.fromRect(box))
        feature.setAttributes([f"slide {number}"])
        layer.dataProvider().addFeature(feature)
    image = write_raster(tmp_path / "image.tif", reflectance(rng))
    return {"INPUT": layer, "IMAGE": image, "OUTPUT": str(tmp_path / "sheet.html")}


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    names = [p.name() for p in algorithm.parameterDefinitions()]
    assert names == ["INPUT", "IMAGE", "PRE_IMAGE", "ORDER", "BAND_MAPPING", "OUTPUT"]
    assert {o.name() for o in algorithm.outputDefinitions()} == {"OUTPUT", "COUNT"}


def test_html(run, parameters):
    results, _ = run(NAME, {**parameters, "ORDER": "largest"})
    assert results["COUNT"] == 26
    with open(results["OUTPUT"], encoding="utf-8") as file:
        text = file.read()
    assert text.index("slide 25") < text.index("slide 1<")
    assert text.count("data:image/jpeg") == 26


def test_pdf_has_its_pages_and_pictures(run, parameters, tmp_path):
    parameters["OUTPUT"] = str(tmp_path / "sheet.pdf")
    run(NAME, parameters)
    content = (tmp_path / "sheet.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 2  # 25 on a page
    assert content.count(b"/Subtype /Image") >= 26


def test_pictures_from_before(run, parameters, tmp_path, rng):
    parameters["PRE_IMAGE"] = write_raster(tmp_path / "before.tif", reflectance(rng))
    results, _ = run(NAME, parameters)
    with open(results["OUTPUT"], encoding="utf-8") as file:
        assert file.read().count("data:image/jpeg") == 52
    pdf = tmp_path / "sheet.pdf"
    run(NAME, {**parameters, "OUTPUT": str(pdf)})
    assert pdf.read_bytes().count(b"/Type /Page\n") == 2  # 18 on a page
    assert pdf.read_bytes().count(b"/Subtype /Image") >= 52


def test_image_from_before_that_is_none(run, parameters, tmp_path):
    parameters["PRE_IMAGE"] = str(tmp_path / "missing.tif")
    with pytest.raises(qgis_core.QgsProcessingException, match=r"missing\.tif"):
        run(NAME, parameters)
    assert not (tmp_path / "sheet.html").exists()


def test_image_that_is_none(run, parameters, tmp_path):
    (tmp_path / "no.tif").write_text("hello")
    parameters["IMAGE"] = str(tmp_path / "no.tif")
    with pytest.raises(qgis_core.QgsProcessingException, match="cannot be read as a raster"):
        run(NAME, parameters)
    assert not (tmp_path / "sheet.html").exists()
