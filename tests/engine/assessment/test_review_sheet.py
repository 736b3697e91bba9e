import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from landslip.engine.assessment import review_page
from landslip.engine.assessment.image_chips import SIDE, image_chips, round_length
from landslip.engine.assessment.review_page import write_review_sheet
from landslip.engine.assessment.review_sheet import SheetRequest, cards, sheet_of
from landslip.engine.common.errors import BandError, Cancelled, ParameterError
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.review import apply_reviews, read_review
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.tests.support import UTM, write_raster

LEFT, TOP = 500000.0, 4700000.0


def square(col, row, size):
    x, y, side = LEFT + 10 * col, TOP - 10 * row, 10 * size
    ring = np.array([(x, y), (x + side, y), (x + side, y - side), (x, y - side)])
    return polygon_wkb([ring])


@pytest.fixture
def image(tmp_path):
    """Dark grey; red where the first landslide is, green where the second is."""
    values = np.full((3, 200, 200), 500, "uint16")
    values[:, :10, :10] = 100  # something darker and something brighter, for the contrast
    values[2, 50:70, 50:70] = 3000  # B04
    values[1, 150:160, 20:30] = 3000  # B03
    return write_raster(tmp_path / "image.tif", values, names=["B02", "B03", "B04"])


@pytest.fixture
def table():
    columns = {"id": str, "prob_mean": float, "review_status": str}
    rows = [
        (square(50, 50, 20), {"id": "a", "prob_mean": 0.9, "review_status": "accepted"}),
        (square(20, 150, 10), {"id": "<b>", "prob_mean": 0.4, "review_status": None}),
        (square(500, 500, 10), {"id": "c", "prob_mean": None, "review_status": None}),
    ]
    return Table("inventory", UTM, columns, tuple(Record(*row) for row in rows))


def written(table, request, target, **more):
    shown = cards(table, request, **more)
    write_review_sheet(shown, sheet_of(table, request), "Landslip", str(target))


def test_chip_shows_the_landslide_where_its_outline_is(image, table):
    first, second, outside = image_chips(image, Outlines.of(table))
    assert outside is None
    for chip, colour in ((first, 0), (second, 1)):
        (ring,) = chip.outline
        (left, top), (right, bottom) = ring.min(axis=0), ring.max(axis=0)
        middle = chip.rgb[:, int((top + bottom) / 2), int((left + right) / 2)]
        assert int(np.argmax(middle)) == colour
        beside = chip.rgb[:, int((top + bottom) / 2), int(left) - 12]
        assert middle[colour] > int(beside[colour]) + 100
        assert np.ptp(beside.astype(int)) < 30
        assert left == pytest.approx(SIDE - right, abs=8)  # in the middle
    assert np.ptp(first.outline[0][:, 0]) == pytest.approx(SIDE / 2, abs=2)


def test_scale_bar_is_as_long_as_it_says(image, table):
    for chip, size in zip(image_chips(image, Outlines.of(table)), (200, 100)):
        metres_a_pixel = size / np.ptp(chip.outline[0][:, 0])
        assert chip.bar * metres_a_pixel == pytest.approx(chip.bar_metres, rel=1e-6)
        assert SIDE / 8 < chip.bar < SIDE / 2


@pytest.mark.parametrize(("most", "length"), [(133, 100), (250, 200), (999, 500), (1000, 1000)])
def test_scale_bars_are_round(most, length):
    assert round_length(most) == pytest.approx(length)


def test_chip_at_the_edge_and_of_a_grey_image_of_another_place(tmp_path):
    grey = write_raster(tmp_path / "grey.tif", np.arange(400, dtype="float32").reshape(20, 20))
    chips = image_chips(grey, Outlines("x", UTM, (square(0, 0, 4), square(15, 15, 30))))
    for chip in chips:
        assert chip.rgb.shape == (3, SIDE, SIDE)
        assert (chip.rgb[0] == chip.rgb[2]).all()


def test_sheet_opens_offline_and_escapes(image, table, tmp_path):
    target = tmp_path / "sheet.html"
    written(replace(table, name="/home/ann/a & b.gpkg"), SheetRequest(image), target)
    text = target.read_text(encoding="utf-8")
    assert text.count('class="card"') == 3
    assert "3 landslides. Image: image.tif<" in text
    assert "not in the image" in text
    assert "&lt;b&gt;" in text
    assert "a &amp; b.gpkg" in text
    assert "ann" not in text
    assert "status accepted" in text
    assert "probability 0.40" in text
    addresses = re.findall(r'(?:src|href)="([^"]{0,40})', text)
    assert len(addresses) == 2
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    (encoded, _) = re.findall(r'base64,([^"]+)"', text)
    assert base64.b64decode(encoded)[:3] == b"\xff\xd8\xff"  # how every JPEG begins


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("layer", "a <b> c"),
        ("largest", "a <b> c"),
        ("surest", "a <b> c"),
        ("least sure", "<b> a c"),
    ],
)
def test_order(image, table, order, names):
    assert [card.name for card in cards(table, SheetRequest(image, order=order))] == names.split()


def test_the_spread_of_runs_makes_less_sure(image, table):
    """0.9 less 0.6 comes before 0.4, whose spread nobody knows."""
    values = {**table.records[0].values, "prob_mean": 0.9, "prob_std": 0.6}
    with_spread = replace(
        table, records=(replace(table.records[0], values=values), *table.records[1:])
    )
    found = list(cards(with_spread, SheetRequest(image, order="least sure")))
    assert [card.name for card in found] == ["a", "<b>", "c"]
    assert "spread 0.60" in found[0].facts


def test_nothing_to_review(image):
    with pytest.raises(ParameterError, match="There is no landslide in empty"):
        list(cards(Table("empty", UTM, {}, ()), SheetRequest(image)))


def test_wrong_band_mapping(image, table):
    with pytest.raises(BandError, match="The band mapping has 'nonsense'"):
        list(cards(table, SheetRequest(image, band_mapping="nonsense")))


def test_cancelled_sheet_is_not_there(image, table, tmp_path):
    target = tmp_path / "sheet.html"
    with pytest.raises(Cancelled):
        written(table, SheetRequest(image), target, cancelled=lambda: True)
    assert list(tmp_path.glob("*sheet*")) == []


def test_a_chip_from_before_shows_the_same_window_in_its_own_contrast(image, table, tmp_path):
    """Another CRS, coarser pixels, much darker; white where the second landslide comes to be."""
    import rasterio
    from rasterio.warp import transform_bounds

    west, south, east, north = transform_bounds(UTM, 4326, LEFT, TOP - 2000, LEFT + 2000, TOP)
    values = np.full((3, 120, 120), 50, "uint8")
    values[:, :60] = 20
    with rasterio.open(
        tmp_path / "before.tif",
        "w",
        driver="GTiff",
        count=3,
        height=120,
        width=120,
        dtype="uint8",
        crs="EPSG:4326",
        transform=rasterio.transform.from_bounds(west, south, east, north, 120, 120),
    ) as dataset:
        dataset.write(values)
    outlines = Outlines.of(table)
    after = list(image_chips(image, outlines))
    before = list(image_chips(str(tmp_path / "before.tif"), outlines, like=image))
    assert before[2] is None
    for one, other in zip(after[:2], before[:2]):
        assert one.bar == other.bar
        assert np.array_equal(one.outline[0], other.outline[0])
    assert before[0].rgb[:, SIDE // 2, SIDE // 2].max() == 0  # the darker half
    assert before[1].rgb[:, SIDE // 2, SIDE // 2].min() == 255


def test_no_picture_where_nothing_is_known(table, tmp_path):
    values = np.broadcast_to(np.arange(500, 700, dtype="uint16"), (3, 200, 200)).copy()
    values[:, 65:] = 0
    values[1, 50:55] = 0
    image = write_raster(tmp_path / "half.tif", values, nodata=0)
    first, second, _ = image_chips(image, Outlines.of(table))
    assert second is None
    assert (first.rgb[:, -5:] == 255).all()  # the image ends here
    dark = first.rgb[:, round(12.5 * SIDE / 40), SIDE // 2]
    assert dark[1] < dark[0]  # one band has no value


def test_sheet_with_pictures_from_before(image, table, tmp_path):
    target = tmp_path / "sheet.html"
    written(table, SheetRequest(image, pre_image=image), target)
    text = target.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 4
    assert text.count("before: not in the image") == text.count("after: not in the image") == 1
    assert "Image: image.tif; before the event: image.tif" in text


def test_sheet_runs_its_own_script_alone(image, table, tmp_path):
    target = tmp_path / "sheet.html"
    hostile = "</script><script>alert(1)</script>"
    records = (replace(table.records[0], values={"id": hostile}), *table.records[1:])
    written(replace(table, name=hostile, records=records), SheetRequest(image), target)
    text = target.read_text(encoding="utf-8")
    (script,) = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for part in (script, style):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy.split("script-src")[1]
    assert not re.search(r'\son\w+="|\sstyle="|javascript:', text.replace(script, ""))


def test_id_of_a_sheet_is_that_of_its_outlines(image, table):
    request = SheetRequest(image)
    own = sheet_of(table, request).id
    turned = replace(table, records=tuple(reversed(table.records)))
    assert sheet_of(turned, replace(request, order="largest")).id == own
    moved = replace(table.records[0], wkb=square(51, 50, 20))
    assert sheet_of(replace(table, records=(moved, *table.records[1:])), request).id != own


#: What a reviewer does, with the page left and opened again in between. The page's own policy
#: allows no second script, so this one stands behind the sheet's.
_REVIEWER = """
(() => {
  const press = (key, on) => (on || document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  if (!sessionStorage.getItem("again")) {
    const name = document.getElementById("reviewer");
    name.value = "Ann";
    name.dispatchEvent(new Event("input", { bubbles: true }));
    press("Enter", name);
    if (document.activeElement.dataset.id !== document.querySelector(".card").dataset.id) {
      throw new Error("Enter does not leave the name");
    }
    for (const key of ["r", "2", "ArrowRight", "a"]) press(key);
    const note = document.querySelectorAll(".note")[1];
    note.value = 'a "note" <b>';
    note.dispatchEvent(new Event("input", { bubbles: true }));
    press("r", note);
    sessionStorage.setItem("again", "yes");
    location.reload();
    return;
  }
  URL.createObjectURL = (blob) => {
    blob.text().then((text) => { document.title = text; });
    return "#";
  };
  document.getElementById("save").click();
})();
"""


def test_verdicts_survive_the_browser_and_reach_the_inventory(image, table, tmp_path, monkeypatch):
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if not browser:
        pytest.skip(f"needs a browser: none of {', '.join(names)} is installed")
    script = tmp_path / "script.js"
    own = review_page._SCRIPT.read_text(encoding="utf-8")
    script.write_text(own + _REVIEWER, encoding="utf-8")
    monkeypatch.setattr(review_page, "_SCRIPT", script)
    target = tmp_path / "sheet.html"
    written(table, SheetRequest(image), target)
    process = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--dump-dom",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=5000",
            target.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "2 of 3 reviewed" in process.stdout
    (saved,) = re.findall(r"<title>(.*?)</title>", process.stdout, re.DOTALL)
    file = tmp_path / "sheet.review.json"
    file.write_text(unescape(saved), encoding="utf-8")
    assert json.loads(unescape(saved))["inventory"] == "inventory"
    first, second, third = apply_reviews(table, [read_review(str(file))]).table.records
    assert (first.get("review_status"), first.get("notes")) == ("accepted", None)  # as it was
    assert (second.get("review_status"), second.get("notes")) == ("accepted", 'a "note" <b>')
    assert (second.get("id"), second.get("reviewer")) == ("<b>", "Ann")
    assert third.get("review_status") is None
