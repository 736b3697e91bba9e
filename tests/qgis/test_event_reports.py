"""Reports of an event, run as the Toolbox runs it."""

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.engine.common.figures import Axis, Chart  # noqa: E402
from landslip.engine.common.report import figure, heading, paragraph, table  # noqa: E402
from landslip.tests.qgis.support import memory_layer  # noqa: E402
from landslip.tests.support import UTM, reflectance, write_raster  # noqa: E402

NAME = "landslip:eventreports"


@pytest.fixture
def parameters(tmp_path, rng):
    outlines = []
    for number in range(60):
        x, y, side = 500000 + 200 * (number % 10), 4699000 - 150 * (number // 10), 20 + 2 * number
        sides = f"{x} {y}, {x + side} {y}, {x + side} {y - side}, {x} {y - side}, {x} {y}"
        outlines.append(f"POLYGON (({sides}))")
    layer = memory_layer(
        "Polygon", UTM, outlines, id=[f"s{i}" for i in range(60)], trigger=["rainfall"] * 60
    )
    image = write_raster(tmp_path / "image.tif", reflectance(rng))
    folder = str(tmp_path / "reports")
    return {"INPUT": layer, "EVENT_NAME": "Storm A", "IMAGE": image, "OUTPUT_FOLDER": folder}


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    assert " ".join(p.name() for p in algorithm.parameterDefinitions()) == (
        "INPUT EVENT_NAME REFERENCE PROBABILITY IMAGE DEM AREA BAND_MAPPING OUTPUT_FOLDER"
    )
    names = {output.name() for output in algorithm.outputDefinitions()}
    assert names == {"OUTPUT_FOLDER", "HTML", "PDF", "KML", "COUNT", "AREA"}


def test_a_page_a_pdf_and_kml(run, parameters, tmp_path):
    results, _ = run(NAME, {**parameters, "REFERENCE": parameters["INPUT"]})
    assert results["COUNT"] == 60
    made = sorted(path.name for path in (tmp_path / "reports").iterdir())
    assert made == ["Storm_A.html", "Storm_A.kml", "Storm_A.pdf"]
    page = (tmp_path / "reports" / "Storm_A.html").read_text(encoding="utf-8")
    assert "Compared with a reference" in page
    content = (tmp_path / "reports" / "Storm_A.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") >= 4
    assert content.count(b"/Subtype /Image") >= 14  # two maps, a locator, nine slides, two curves
    layer = qgis_core.QgsVectorLayer(results["KML"], "kml", "ogr")
    assert layer.featureCount() == 60


def tops(document):
    """Where the blocks of a document begin, as it is laid out now."""
    found, block = [], document.begin()
    while block.isValid():
        found.append(document.documentLayout().blockBoundingRect(block).top())
        block = block.next()
    return found


def test_no_page_of_the_pdf_loses_what_comes_after_a_break(plugin):
    """Qt keeps tables where they were when a heading before them moves to the next page."""
    from landslip.algorithms.event_pdf import _laid_out, _pages

    rows = [(str(number), "text") for number in range(16)]
    chart = Chart(Axis("x", 0, 1), Axis("y", 0, 1)).svg("Nothing")
    numbers, drawing = table(("a", "b"), rows), figure(chart, "x")
    bodies = ([drawing, drawing], [numbers], [numbers, drawing], [paragraph("x ") * 3])
    parts = [part for i in range(16) for part in (heading(f"H{i}"), *bodies[i % 4], paragraph("y"))]
    document = _laid_out("Title", "About", parts)
    height = document.pageSize().height()
    anew = document.clone()
    anew.setPageSize(document.pageSize())
    assert tops(document) == tops(anew)
    block, headings = document.begin(), 0
    while block.isValid():
        if block.blockFormat().headingLevel() == 2:
            headings += 1
            top = document.documentLayout().blockBoundingRect(block).top()
            assert top % height <= 0.83 * height
        block = block.next()
    assert headings == 16
    assert (_pages(document) - 1) * height < max(tops(document)) <= _pages(document) * height


@pytest.mark.parametrize("above", range(0, 60, 7))
def test_no_table_or_picture_is_cut_by_the_end_of_a_page(plugin, above):
    from landslip.algorithms.event_pdf import _laid_out

    chart = figure(Chart(Axis("x", 0, 1), Axis("y", 0, 1)).svg("Nothing"), "x")
    cards = "".join("<table class='cards'><tr><td>a<br>b<br>c</td></tr></table>" for _ in range(9))
    numbers = table(("a", "b"), [(str(number), "text") for number in range(16)])
    groups = (paragraph("Before a table."), numbers, heading("H"), paragraph("p"), chart * 3)
    wide = chart.replace("<figure>", '<figure class="wide">')
    parts = [*[paragraph("x")] * above, heading("Cards"), cards, *groups, wide]
    document = _laid_out("Title", "About", parts)
    layout, height = document.documentLayout(), document.pageSize().height()
    tables = document.rootFrame().childFrames()
    assert len(tables) == 9 + 1 + 2 + 1  # two pictures beside each other
    for each in tables:
        box = layout.frameBoundingRect(each)
        assert int(box.top() // height) == int(box.bottom() // height)
    block = document.begin()
    while block.text() != "H":
        block = block.next()
    heading_page = layout.blockBoundingRect(block).top() // height
    assert heading_page == layout.frameBoundingRect(tables[10]).top() // height


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"EVENT_NAME": "..."}, "expected one with letters"),
        ({"IMAGE": "none.tif"}, r"none\.tif"),
    ],
)
def test_wrong_input_gets_a_sentence_and_no_file(run, parameters, tmp_path, wrong, told):
    with pytest.raises(qgis_core.QgsProcessingException, match=told):
        run(NAME, {**parameters, **wrong})
    assert not (tmp_path / "reports").exists()
