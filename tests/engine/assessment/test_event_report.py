"""The report of an event: what is in it, and that its page loads nothing."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html import unescape

import numpy as np
import pytest
import shapely

from landslip.engine.assessment import event_report as module
from landslip.engine.assessment.event_report import (
    SCRIPT,
    EventFiles,
    EventReportRequest,
    event_files,
    event_parts,
    event_report,
    write_event_page,
)
from landslip.engine.assessment.report_maps import Below, results_map
from landslip.engine.common.errors import OutputError, ParameterError, RasterError
from landslip.engine.inventory.geodesy import Geodesy
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.table import Record, Table
from landslip.tests.support import UTM, reflectance, write_raster

LEFT, TOP = 500000.0, 4700000.0


def square(x, y, size):
    return shapely.box(LEFT + x, TOP - y - size, LEFT + x + size, TOP - y).wkb


def slides(count=12, **values):
    """Squares that grow to the east; the last one is rejected."""
    known = {"trigger": "earthquake", "event_date": "2018-09-06", "model": "fast_rgb", **values}
    records = tuple(
        Record(
            square(150 * i, 500, 40 + 5 * i),
            {
                "id": f"s{i}",
                "review_status": "rejected" if i == count - 1 else "unreviewed",
                "pixel_count": (4 + i) ** 2,
                **known,
            },
        )
        for i in range(count)
    )
    names = ("id", "review_status", *known)
    return Table("slides", UTM, {**dict.fromkeys(names, str), "pixel_count": int}, records)


@pytest.fixture
def image(tmp_path, rng):
    return write_raster(tmp_path / "image.tif", reflectance(rng), names=["B02", "B03", "B04"])


def text_of(report, interactive=False):
    return "".join(event_parts(report, "Landslip 9", interactive))


def test_what_is_in_it(image):
    report = event_report(EventReportRequest(slides(), "Iburi 2018", below=Below(image)))
    assert report.about == "11 landslides, 0.05 km2. Event of 2018-09-06 (earthquake)"
    assert report.rejected == 1
    assert [card.name for card in report.largest] == [f"s{i}" for i in range(10, 1, -1)]
    text = text_of(report)
    assert text.count("data:image/jpeg") == 10  # the map and nine landslides
    assert "Nobody has looked at 11 of 11 landslides" in text
    assert "Left out: 1 that a reviewer has rejected" in text
    assert "not compared with a reference" in text
    assert "convex hull" in text
    assert "Natural Earth" in text
    assert "Model fast_rgb" in text
    assert "image.tif" in text
    assert "s11" not in text
    assert text.count('<table class="cards">') == 3  # a page may end after each


def test_without_image_or_anything(image):
    bare = Table("old", UTM, {}, tuple(Record(r.wkb, {}) for r in slides().records))
    text = text_of(event_report(EventReportRequest(bare, "Old", below=Below())))
    assert "data:image" not in text
    assert "<td class=n>" in text
    assert "Give an image to see them." in text
    assert "does not say whether anybody has looked" in text
    assert "A detection is not a mapped landslide" not in text


def test_the_status_may_be_spelled_otherwise():
    """As databases do that know capitals alone."""
    records = tuple(
        Record(r.wkb, {"REVIEW_STATUS": r.values["review_status"]}) for r in slides().records
    )
    report = event_report(EventReportRequest(Table("a", UTM, {"REVIEW_STATUS": str}, records), "A"))
    assert (report.rejected, len(report.table.records)) == (1, 11)
    assert "Nobody has looked at 11 of 11" in text_of(report)


def test_with_a_reference_and_the_probability(image, tmp_path):
    values = np.zeros((200, 230), "float32")
    values[50:58, 30:38] = 0.9
    probability = write_raster(tmp_path / "p.tif", values, nodata=-9999)
    reference = Outlines("mapped", UTM, (square(300, 500, 80),))
    study = Outlines("searched", UTM, (square(0, 0, 2000),))
    request = EventReportRequest(slides(), "A", reference, probability, study, Below(image))
    done = []
    report = event_report(request, lambda share, _: done.append(share))
    assert report.assessment.pixels.tp == 25  # the third square has sides of 50 m
    assert report.curves.curves is not None
    assert done == sorted(done)
    text = text_of(report)
    assert "compared with mapped" in text
    assert "Thresholds and reliability" in text
    assert "Blue: the area that was searched" in text
    assert "convex hull" not in text


def test_the_page_runs_its_own_script_and_loads_nothing(image, tmp_path):
    named = slides(model="<img src=x onerror=alert(1)>")
    report = event_report(EventReportRequest(named, "<b>Iburi</b>", below=Below(image)))
    target = tmp_path / "r.html"
    write_event_page(report, "Landslip 9", EventFiles(str(target), "", ""))
    text = target.read_text(encoding="utf-8")
    assert "<b>Iburi" not in text
    assert "<img" not in text
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert scripts == [SCRIPT.read_text(encoding="utf-8")]
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)[1]
    assert "default-src 'none'; img-src data:; " in policy
    assert f"; script-src 'sha256-{digest}';" in policy
    assert not re.search(r"<[^>]*\sstyle=", text)  # which that policy forbids
    assert text.index("Content-Security-Policy") < text.index("<style>")
    elsewhere = re.findall(r"(?:https?:)?//[\w.]+", re.sub(r"http://www\.w3\.org/\S+", "", text))
    assert [each for each in elsewhere if each.startswith("http")] == []
    assert text.count("<title>s") == 11  # what points at a landslide is told its name


def test_a_small_event_has_an_area_too():
    one = Table("a", UTM, {}, slides().records[:1])
    assert event_report(EventReportRequest(one, "A")).about.startswith("1 landslide, 1,60")


#: Keys and wheel on the map of the page, and the place that it tells for one on the map.
_VISITOR = """
(() => {
  const box = document.querySelector(".webmap"), svg = box.querySelector("svg");
  const taken = (event, on) => { on.dispatchEvent(event); return event.defaultPrevented; };
  const key = (key, ctrlKey) => taken(
    new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }), box);
  const wheel = (deltaY) => taken(new WheelEvent("wheel", { deltaY, cancelable: true }), svg);
  const size = JSON.parse(box.dataset.size);
  const at = new DOMPoint(size[0] / 2, size[1] / 4).matrixTransform(svg.getScreenCTM());
  svg.dispatchEvent(new PointerEvent("pointermove", { clientX: at.x, clientY: at.y }));
  const told = box.querySelector(".status").textContent;
  const found = [key("+", true), wheel(100), wheel(-100), key("0", false), told];
  document.title = JSON.stringify(found);
})();
"""


def test_the_map_leaves_the_browser_its_own_and_tells_places(tmp_path, monkeypatch):
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if not browser:
        pytest.skip(f"needs a browser: none of {', '.join(names)} is installed")
    own = SCRIPT.read_text(encoding="utf-8")
    (tmp_path / "script.js").write_text(own + _VISITOR, encoding="utf-8")
    monkeypatch.setattr(module, "SCRIPT", tmp_path / "script.js")
    corners = [(0, 0), (100e3, 0), (0, 100e3), (100e3, 100e3)]  # parallels bend by 200 m there
    records = tuple(Record(square(x, y, 100), {}) for x, y in corners)
    report = event_report(EventReportRequest(Table("a", UTM, {}, records), "A"))
    target = tmp_path / "a.html"
    write_event_page(report, "Landslip 9", EventFiles(str(target), "", ""))
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    process = subprocess.run(
        [browser, *options, "--dump-dom", f"--user-data-dir={tmp_path / 'p'}", target.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (found,) = re.findall(r"<title>(\[.*?)</title>", process.stdout, re.DOTALL)
    *taken, told = json.loads(unescape(found))
    assert taken == [False, False, True, True]
    _, grid = results_map(report.statistics.inventory, None, Below())
    lon, lat = Geodesy(grid.crs).lonlat(*grid.to_map(grid.width / 2, grid.height / 4))
    parts = re.findall("(\\d+)°([\\d.]+)\N{PRIME}", told)
    degrees = [int(whole) + float(minutes) / 60 for whole, minutes in parts]
    assert degrees == pytest.approx([lat, lon], abs=0.01 / 60)  # the last digit: 18 m


def test_files_are_named_after_the_event(tmp_path):
    files = event_files(str(tmp_path / "new" / "folder"), " Iburi: 2018/09 ")
    assert [each.rpartition("/")[2] for each in files] == [
        f"Iburi__2018_09{ending}" for ending in (".html", ".pdf", ".kml", ".png", "_page.pdf")
    ]
    assert not list(tmp_path.iterdir())  # nothing is made before there is something to write
    with pytest.raises(ParameterError, match=r"is '\.\./'; expected one with letters"):
        event_files(str(tmp_path), "../")
    (tmp_path / "file").write_text("")
    for folder in ("file", "file/in"):
        with pytest.raises(OutputError, match=r"cannot be made: .*file is a file"):
            event_files(str(tmp_path / folder), "a")
    with pytest.raises(OutputError, match="No folder was named"):
        event_files(" ", "a")


def test_bad_input_is_told_before_the_work(tmp_path):
    with pytest.raises(RasterError, match=r"none\.tif"):
        event_report(EventReportRequest(slides(), "A", below=Below(str(tmp_path / "none.tif"))))
    only_rejected = slides(1)
    with pytest.raises(ParameterError, match="has 0 landslides"):
        event_report(EventReportRequest(only_rejected, "A"))
