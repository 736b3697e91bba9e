"""One thing wrong at a time: exactly that is told."""

import re
from dataclasses import replace

import pytest

from landslip.engine.presets import PRESETS
from landslip.engine.validation import validate
from landslip.tests.engine.test_exchange import DATASET, inventory, rows

UGLC = PRESETS["uglc"]


@pytest.fixture
def table():
    return rows(inventory({}, {}), UGLC, DATASET, pytest.fail)


def with_value(table, column, value):
    first, *others = table.records
    changed = replace(first, values={**first.values, column: value})
    return replace(table, records=(changed, *others))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("TYPE", "mud", "'mud' is not on the list. Choose one of: complex, soil creep"),
        ("TRIGGER", None, "It is empty; expected a value"),
        ("RELIABILITY", 11, "11 is not on the list"),
        ("START DATE", "2018-09-06", "no date in the schema's format. Write it like 2018/09/06"),
        ("START DATE", "2018/02/30", "no date"),
        ("START DATE", "2019/01/01", "2019/01/01 is later than END DATE (2018/09/06)"),
    ],
)
def test_a_wrong_value(table, column, value, message):
    (problem,) = validate(with_value(table, column, value), UGLC)
    assert (problem.row, problem.column) == (1, column)
    assert message in problem.message


def test_a_number_below_the_smallest(table):
    usgs = PRESETS["usgs_v3"]
    written = rows(inventory({}), usgs, DATASET, pytest.fail)
    (problem,) = validate(with_value(written, "Fatalities", -3), usgs)
    assert "-3 is below 0" in problem.message


def test_a_repeated_number_is_told_at_every_row(table):
    problems = validate(with_value(table, "ID", 2), UGLC)
    assert [(p.row, p.column) for p in problems] == [(1, "ID"), (2, "ID")]
    assert "stands in 2 rows" in problems[0].message


def test_an_outline_at_fault(table):
    first, other = table.records
    broken = replace(first, fault="Self-intersection")
    (problem,) = validate(replace(table, records=(broken, other)), UGLC)
    assert (problem.row, problem.message) == (
        1,
        "Its outline: Self-intersection. Repair it (Fix geometries).",
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("type", "There is type; expected TYPE with text. Rename it."),
        ("KIND", "There is no such column; expected TYPE with text. Add it."),
    ],
)
def test_a_column_that_is_not_there(table, name, message):
    columns = {name if k == "TYPE" else k: kind for k, kind in table.columns.items()}
    (problem,) = validate(replace(table, columns=columns), UGLC)
    assert (problem.row, problem.column, problem.message) == (0, "TYPE", message)


def test_a_column_of_another_type(table):
    (problem,) = validate(replace(table, columns={**table.columns, "FATALITIES": str}), UGLC)
    assert "FATALITIES holds text; expected whole numbers" in problem.message


def test_a_column_without_values_may_have_any_type(table):
    assert validate(replace(with_value(table, "NOTES", None)), UGLC) == []
    usgs = PRESETS["usgs_v3"]
    written = rows(inventory({}), usgs, DATASET, pytest.fail)
    assert validate(replace(written, columns={**written.columns, "Fatalities": str}), usgs) == []


@pytest.mark.parametrize(
    ("crs", "message"),
    [("EPSG:32654", "WGS 84 / UTM zone 54N; .* expects EPSG:4326"), ("", "not set")],
)
def test_another_crs(table, crs, message):
    (problem,) = validate(replace(table, crs=crs), UGLC)
    assert re.search(message, problem.message)


def test_longitude_first_is_the_same_crs(table):
    assert validate(replace(table, crs="OGC:CRS84"), UGLC) == []


def test_an_empty_file(table):
    (problem,) = validate(replace(table, records=()), UGLC)
    assert "no landslide in it" in problem.message
