import re
from xml.etree import ElementTree

import numpy as np
import pytest

from landslip.engine.common.figures import Axis, Chart, Rose, log_axis, zero_axis
from landslip.engine.common.report import number, page, table

SVG = "{http://www.w3.org/2000/svg}"


def shapes(svg, kind):
    return list(ElementTree.fromstring(svg).iter(SVG + kind))  # noqa: S314 - our own text


def test_points_lie_where_the_axes_say():
    chart = Chart(Axis("x", 0, 10), Axis("y", 1, 1000, log=True))
    chart.points(np.array([0.0, 5.0, 10.0]), np.array([1.0, 10.0, 1000.0]), "p < q")
    dots = shapes(chart.svg("title"), "circle")
    across = [float(dot.get("cx")) for dot in dots]
    down = [float(dot.get("cy")) for dot in dots]
    assert across[1] == pytest.approx((across[0] + across[2]) / 2, abs=0.1)
    third = down[0] + (down[2] - down[0]) / 3  # 10 is a third of the way from 1 to 1000
    assert down[1] == pytest.approx(third, abs=0.1)
    assert down[0] > down[2]  # up is more


def test_bars_stand_on_the_axis_and_are_as_high_as_their_values():
    chart = Chart(Axis("x", 0, 2), Axis("y", 0, 4))
    chart.bars(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0]), colour="#123456")
    bars = [r for r in shapes(chart.svg("title"), "rect") if r.get("fill") == "#123456"]
    low, high = (float(bar.get("height")) for bar in bars)
    assert high == pytest.approx(3 * low, abs=0.3)


def test_area_of_a_sector_shows_its_value():
    rose = Rose([("a", np.array([1.0, 4.0, 0.0, 2.0]), "#123456")], (-45, 315), [(0, "N")])
    sectors = [p for p in shapes(rose.svg("title"), "path") if p.get("stroke") == "#123456"]
    radii = [float(re.search(r"A([\d.]+)", path.get("d"))[1]) for path in sectors]
    assert radii[1] == pytest.approx(2 * radii[0], abs=0.2)
    assert radii[2] == 0


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis("", 0, 1), ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (Axis("", 120, 610), ["200", "300", "400", "500", "600"]),
        (zero_axis("", np.array([3.1, np.nan])), ["0", "1", "2", "3", "4"]),
    ],
)
def test_ticks_are_round(axis, ticks):
    assert [text for _, text in axis.ticks()] == ticks


def test_log_axis_spans_whole_powers():
    axis = log_axis("", np.array([0.0, 250.0, 4e5]))
    assert (axis.low, axis.high) == (100, 1e6)
    assert [value for value, _ in axis.ticks()] == [100, 1e3, 1e4, 1e5, 1e6]


def test_powers_are_raised_as_letters():
    """Qt's SVG, which draws the PDF, leaves a part of a text that is to be higher where it is."""
    chart = Chart(Axis("x", 1e-6, 1e5, log=True), Axis("y", 0, 1)).svg("title")
    texts = [text.text for text in shapes(chart, "text")]
    assert "10⁻⁶" in texts or "10⁻⁵" in texts or "10⁻⁴" in texts
    assert not shapes(chart, "tspan")


def test_pages_escape_what_they_are_given():
    html = "".join(page("<t>", "a & b", [table(("<h>", "n"), [("<td>", "1")])]))
    assert "<t>" not in html
    assert "&lt;t&gt;" in html
    assert "a &amp; b" in html
    assert "&lt;h&gt;" in html
    assert "&lt;td&gt;" in html
    assert "<td class=n>1</td>" in html


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (None, "\u2013"), (float("nan"), "\u2013")]
)
def test_numbers_for_people(value, text):
    assert number(value) == text
