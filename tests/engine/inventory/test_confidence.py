"""The words of confidence: the same in the hint, in the colours of the map and in the manual."""

import html
import re
from pathlib import Path

import pytest

import landslip
from landslip.engine.inventory.confidence import LIMITS, WORDS, confidence_hint, ranges
from landslip.engine.inventory.fields import CONFIDENCES, FIELDS

ROOT = Path(landslip.__file__).parent


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (None, None),
        (0.0, "possible"),
        (0.4999, "possible"),
        (0.5, "probable"),
        (0.7, "likely"),
        (0.9, "confident"),
        (1.0, "confident"),
    ],
)
def test_the_word_of_a_probability(probability, word):
    assert confidence_hint(probability) == word


def test_high_is_for_people_to_say():
    assert CONFIDENCES[-1] not in WORDS
    assert next(field for field in FIELDS if field.name == "conf_hint").choices == WORDS


def _elements(name, style):
    text = (ROOT / "resources" / style).read_text(encoding="utf-8")
    return re.findall(rf'<{name} (?:[^>"]|"[^"]*")*>', text)


def _attribute(element, name):
    found = re.search(rf'\b{name}="([^"]*)"', element)
    return html.unescape(found[1]) if found else ""


def test_the_colours_of_the_inventory_change_at_the_limits():
    rules = _elements("rule", "inventory.qml")
    told = {_attribute(rule, "label"): _attribute(rule, "filter") for rule in rules}
    for word, low, high in ranges():
        (condition,) = [f for label, f in told.items() if label.startswith(f"unreviewed, {word} ")]
        limits = [float(limit) for limit in re.findall(r"\d\.\d", condition)]
        assert limits == [limit for limit in (low, high) if limit is not None]


def test_the_colours_of_the_raster_change_at_the_limits():
    items = _elements("item", "probability.qml")
    assert set(LIMITS) <= {float(_attribute(item, "value")) for item in items}


def test_the_manual_says_the_same():
    page = (ROOT / "docs" / "reference" / "inventory.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \*(\w+)\* \| ([^|]+) \|", page, flags=re.MULTILINE)
    assert [word for word, _ in rows] == list(CONFIDENCES)
    for (_, told), (_, low, high) in zip(rows, ranges()):
        assert re.findall(r"0\.\d", told) == [f"{x:g}" for x in (low, high) if x is not None]
