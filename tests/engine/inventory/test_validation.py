"""One thing wrong at a time: exactly that is told."""

import re
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landslip.engine.inventory.presets import PRESETS
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.validation import has_columns, unknown_columns, validate
from landslip.tests.engine.inventory.test_exchange import BOX, DATASET, inventory, rows

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
        ("TYPE", "snow avalanche", "is not on the list"),
        ("PHYSICAL FACTORS", None, "It is empty; expected a value"),
        ("PHYSICAL FACTORS", "seismic", "Choose one of: rainfall (T), seismic (T)"),
        ("PHYSICAL FACTORS", "human", "anthropic (T,P)"),
        ("START DATE", "1677-12-31", "is before 1678-01-01, the first day allowed"),
        ("START DATE", "2019-01-01", "2019-01-01 is later than END DATE (2018-09-06)"),
        ("RELIABILITY", 3, "expected 1 by the catalogue's table"),
        ("FATALITIES", -1, "-1 is below 0"),
        ("RECORD TYPE", "inventory", "Choose one of: event, report"),
    ],
)
def test_a_wrong_value(table, column, value, message):
    problems = validate(with_value(table, column, value), UGLC)
    assert {p.row for p in problems} == {1}
    told = [p.message for p in problems if p.column == column]
    assert any(message in text for text in told), told


@pytest.mark.parametrize(
    ("preset", "column", "value", "message"),
    [
        ("uglc_2024", "START DATE", "2018-09-06", "Write it like 2018/09/06"),
        ("uglc_2024", "START DATE", "2018/02/30", "no date"),
        ("uglc_2024", "TRIGGER", "seismic (T)", "Choose one of: rainfall, seismic"),
        ("usgs_v3", "Confidence", 4, "4 is not on the list. Choose one of: 1, 2, 3, 5, 8"),
        ("usgs_v3", "Date_Min", "06.09.2018", "Write it like 2018-09-06"),
        ("coolr", "ctry_code", "JPN", "'JPN' is not in its format. Write it like JP"),
        ("coolr", "ls_size", "huge", "Choose one of: small, medium"),
        ("coolr", "ls_setting", "hill", "Choose one of: above_road"),
        ("coolr", "latitude", 142.0, "142 is above 90, the largest value allowed"),
        ("coolr", "longitude", -181.0, "-181 is below -180"),
        ("coolr", "loc_acc", "30m", "exact, 1km, 5km, 10km, 25km, 50km, 100km, 250km, unknown"),
        ("coolr_events", "sat_date_b", "2019-01-01", "is later than sat_date_a (2018-09-11)"),
        ("inspire_event", "inspireId_versionId", "v" * 26, "26 characters; expected at most 25"),
        ("inspire_event", "validFrom", "2018-09-06T09:00:00Z", "which has a value"),
        ("inspire_event", "mOI_quantitativeValue_uom", None, "beside mOI_quantitativeValue"),
        ("inspire_area", "determinationMethod", "guess", "modelling, indirectDetermination"),
        ("inspire_area", "lOO_quantitative_probability", 1.5, "1.5 is above 1"),
    ],
)
def test_a_wrong_value_of_other_schemas(preset, column, value, message):
    preset = PRESETS[preset]
    change = {} if preset.name != "inspire_event" or column != "validFrom" else UNDATED
    written = rows(replace(inventory(change), crs=preset.crs), preset, DATASET, pytest.fail)
    assert validate(written, preset) == []
    problems = validate(with_value(written, column, value), preset)
    assert any(message in p.message for p in problems), problems


UNDATED = {"event_date": None, "image_date": None}


@pytest.mark.parametrize(
    ("preset", "column", "void"),
    [
        ("inspire_event", "beginLifeSpanVersion", "beginLifeSpanVersion_nilReason"),
        ("inspire_event", "mOI_quantitativeValue", "magnitudeOrIntensity_nilReason"),
        ("inspire_event", "nameOfEvent", "nameOfEvent_nilReason"),
        ("inspire_area", "likelihoodOfOccurrence_nilReason", "likelihoodOfOccurrence_nilReason"),
    ],
)
def test_a_voidable_value_or_the_reason(preset, column, void):
    preset = PRESETS[preset]
    written = rows(replace(inventory({}), crs=preset.crs), preset, DATASET, pytest.fail)
    (problem,) = validate(with_value(written, column, None), preset)
    assert problem.column == void
    assert "expected a value there or the reason here" in problem.message
    (problem,) = validate(with_value(with_value(written, column, None), void, "unknown"), preset)
    assert "VoidReasonValue/Unpopulated" in problem.message


def test_the_name_that_others_give_a_column_of_inspire():
    preset = PRESETS["inspire_event"]
    written = rows(replace(inventory({}), crs=preset.crs), preset, DATASET, pytest.fail)
    spelled = {
        "beginLifespanVersion" if n == "beginLifeSpanVersion" else n: kind
        for n, kind in written.columns.items()
    }
    problems = validate(replace(written, columns=spelled), preset)
    assert "There is beginLifespanVersion; expected beginLifeSpanVersion or" in problems[0].message


def without(table, *names):
    return replace(table, columns={n: k for n, k in table.columns.items() if n not in names})


def test_columns_that_may_be_left_out():
    preset = PRESETS["inspire_area"]
    written = rows(replace(inventory({}), crs=preset.crs), preset, DATASET, pytest.fail)
    reasons = [n for n in written.columns if n.endswith("_nilReason") and n[:3] != "lik"]
    assert validate(without(written, *reasons, "endLifeSpanVersion"), preset) == []
    likelihoods = [n for n in written.columns if n.startswith(("lOO_", "likelihood"))]
    (problem,) = validate(without(written, *likelihoods), preset)
    assert (problem.row, problem.column) == (0, "lOO_qualitativeLikelihood")
    assert "nor one with the reason, likelihoodOfOccurrence_nilReason" in problem.message
    (problem,) = validate(without(written, "mOI_quantitativeValue_uom"), preset)
    assert (problem.row, problem.column) == (1, "mOI_quantitativeValue_uom")
    (problem,) = validate(without(written, "beginLifeSpanVersion", *reasons), preset)
    assert (problem.row, problem.column) == (0, "beginLifeSpanVersion")


def test_texts_for_dates_only_where_a_format_has_none(table):
    texts = {n: str if kind is date else kind for n, kind in table.columns.items()}
    plain = replace(table, columns=texts)
    problems = validate(plain, UGLC)
    assert "START DATE holds text; expected dates" in problems[0].message
    slashed = replace(
        plain,
        records=tuple(
            replace(
                r,
                values={
                    n: str(v).replace("-", "/") if "DATE" in n and "-" in str(v) else v
                    for n, v in r.values.items()
                },
            )
            for r in plain.records
        ),
    )
    assert validate(slashed, UGLC, "GeoJSON") == []
    assert validate(slashed, UGLC, "ESRI Shapefile") != []


def test_dates_of_either_type_where_the_publisher_settles_none():
    usgs = PRESETS["usgs_v3"]
    written = rows(inventory({}), usgs, DATASET, pytest.fail)
    assert validate(replace(written, columns={**written.columns, "Date_Min": date}), usgs) == []


def test_columns_that_nobody_will_read(table):
    columns = {"fid": int, **table.columns, "mine": str}
    assert unknown_columns(replace(table, columns=columns), UGLC) == ["mine"]


def test_a_file_of_an_older_version_is_recognised():
    older = rows(inventory({}), PRESETS["uglc_2024"], DATASET, pytest.fail)
    assert [name for name, preset in PRESETS.items() if has_columns(older, preset)] == ["uglc_2024"]
    problems = validate(older, UGLC)
    assert {p.column for p in problems if not p.row} == {
        *("ACCURACY", "START DATE", "END DATE", "PHYSICAL FACTORS"),
    }


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


def test_no_number_is_no_value(table):
    (problem,) = validate(with_value(table, "ACCURACY", float("nan")), UGLC)
    assert (problem.column, problem.message[:11]) == ("ACCURACY", "It is empty")


VALUES = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=12), st.dates().map(str))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
@given(data=st.data(), driver=st.sampled_from(["", "GeoJSON", "ESRI Shapefile"]))
@settings(max_examples=25)
def test_anything_gives_sentences(preset, data, driver):
    """Whatever the values and the types of the columns: problems, never an error."""
    kinds = st.sampled_from([str, int, float, date, datetime])
    names = data.draw(st.lists(st.sampled_from(preset.columns), min_size=1, unique=True))
    columns = {column.name: data.draw(kinds) for column in names}
    records = tuple(
        Record(BOX.wkb, {name: data.draw(VALUES) for name in columns}) for _ in range(2)
    )
    problems = validate(Table("any", preset.crs, columns, records), preset, driver)
    assert all(p.message.endswith((".", "allowed.")) for p in problems)
