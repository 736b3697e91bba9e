import base64
import re

import numpy as np
import pytest

from landslip.engine.assessment.image_chips import SIDE, image_chips, round_length
from landslip.engine.assessment.review_sheet import cards, write_review_sheet
from landslip.engine.common.errors import BandError, Cancelled, ParameterError
from landslip.engine.inventory.polygons import Outlines
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
    write_review_sheet(cards(table, image), "a & b", "3 landslides", "Landslip", str(target))
    text = target.read_text(encoding="utf-8")
    assert text.count('class="card"') == 3
    assert "not in the image" in text
    assert "&lt;b&gt;" in text
    assert "a &amp; b" in text
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
    assert [card.name for card in cards(table, image, order)] == names.split()


def test_nothing_to_review(image):
    with pytest.raises(ParameterError, match="There is no landslide in empty"):
        list(cards(Table("empty", UTM, {}, ()), image))


def test_wrong_band_mapping(image, table):
    with pytest.raises(BandError, match="The band mapping has 'nonsense'"):
        list(cards(table, image, band_mapping="nonsense"))


def test_cancelled_sheet_is_not_there(image, table, tmp_path):
    target = tmp_path / "sheet.html"
    with pytest.raises(Cancelled):
        write_review_sheet(cards(table, image, cancelled=lambda: True), "", "", "", str(target))
    assert list(tmp_path.glob("*sheet*")) == []
