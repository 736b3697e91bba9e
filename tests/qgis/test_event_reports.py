"""Reports of an event, run as the Toolbox runs it."""

import re

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")
qgis_gui = pytest.importorskip("qgis.PyQt.QtGui")

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
        "INPUT EVENT_NAME REFERENCE PROBABILITY IMAGE DEM AREA PRE_IMAGE BAND_MAPPING OUTPUT_FOLDER"
    )
    names = {output.name() for output in algorithm.outputDefinitions()}
    assert names == {"OUTPUT_FOLDER", "HTML", "PDF", "KML", "PNG", "PAGE", "COUNT", "AREA"}


def test_a_page_a_pdf_and_kml(run, parameters, tmp_path):
    results, _ = run(NAME, {**parameters, "REFERENCE": parameters["INPUT"]})
    assert results["COUNT"] == 60
    made = sorted(path.name for path in (tmp_path / "reports").iterdir())
    endings = (".html", ".kml", ".pdf", ".png", "_page.pdf")
    assert made == [f"Storm_A{ending}" for ending in endings]
    page = (tmp_path / "reports" / "Storm_A_page.pdf").read_bytes()
    assert page.count(b"/Type /Page\n") == 1
    assert page.count(b"/Subtype /Image") >= 7  # the map and six slides
    picture = qgis_gui.QImage(results["PNG"])
    assert min(picture.width(), picture.height()) > 800
    colours = {picture.pixelColor(x, y).name() for x in range(0, 800, 7) for y in range(0, 800, 7)}
    assert len(colours) > 100
    page = (tmp_path / "reports" / "Storm_A.html").read_text(encoding="utf-8")
    assert "Compared with a reference" in page
    content = (tmp_path / "reports" / "Storm_A.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") >= 4
    assert content.count(b"/Subtype /Image") >= 14  # two maps, a locator, nine slides, two curves
    layer = qgis_core.QgsVectorLayer(results["KML"], "kml", "ogr")
    assert layer.featureCount() == 60


def test_pictures_from_before_stand_beside_the_others(run, parameters, rng, tmp_path):
    """In pairs, also where the image from before shows other ground."""
    before = write_raster(tmp_path / "before.tif", reflectance(rng)[:, :, :80])
    run(NAME, {**parameters, "PRE_IMAGE": before})
    page = (tmp_path / "reports" / "Storm_A.html").read_text(encoding="utf-8")
    assert page.count(' before and after"') == 9
    pictures = len(re.findall(r"<image[^>]*image/jpeg", page)) - 1  # the map
    assert 9 < pictures <= 18
    assert page.count("before: not in the image") == 2 * (18 - pictures)
    sheet = (tmp_path / "reports" / "Storm_A_page.pdf").read_bytes()
    assert sheet.count(b"/Type /Page\n") == 1


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
