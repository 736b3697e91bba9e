"""Inventories in the words of others: what is written, and what can be read out of it again."""

from dataclasses import replace
from datetime import date, datetime

import pytest
import shapely
from pyproj import Geod

from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.event import EventFacts
from landslip.engine.inventory.exchange import differences, fitting, rows
from landslip.engine.inventory.fields import CONFIDENCES, FIELDS, MATERIALS, MOVEMENTS, TRIGGERS
from landslip.engine.inventory.presets import PRESETS
from landslip.engine.inventory.schema import Dataset
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.validation import validate
from landslip.engine.inventory.vocabulary import (
    COOLR_TRIGGERS,
    UGLC_2024_TRIGGERS,
    UGLC_FACTORS,
    uglc_reliability,
)

BOX = shapely.box(141.95, 42.71, 141.952, 42.711)
DATASET = Dataset("Iburi 2018", "https://example.org/iburi", "2", "Japan", "JP")
SHAPEFILE, GEOJSON = "ESRI Shapefile", "GeoJSON"
REVIEWED = {
    "id": "LS_42.71050N_141.95100E",
    "event_date": "2018-09-06",
    "ls_type": "flow",
    "material": "debris",
    "trigger": "earthquake",
    "confidence": "high",
    "review_status": "accepted",
    "method": "automatic",
    "notes": "crosses the road",
    "area_m2": 18000.0,
    "pixel_count": 180,
    "run_date": "2026-01-02",
    "product_id": "S2A_MSIL2A_20180911T012701_N0500_R074_T54TXN",
    "pre_date": "2018-08-05T01:27:01Z",
    "image_date": "2018-09-11T01:27:01Z",
    "prob_mean": 0.97,
    "conf_hint": "confident",
}


def inventory(*changes, crs="EPSG:4326"):
    records = tuple(
        Record(BOX.wkb, {**REVIEWED, "id": f"LS_{number}", **change})
        for number, change in enumerate(changes)
    )
    kinds = {field.name: field.kind for field in FIELDS}
    return Table("detected", crs, kinds, records)


def row(preset, dataset=DATASET, warn=lambda text: None, **change):
    (record,) = rows(inventory(change), PRESETS[preset], dataset, warn).records
    return record.values


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
class TestEveryPreset:
    def test_its_rows_keep_to_it(self, preset):
        table = inventory({}, {"ls_type": None, "trigger": None, "confidence": None})
        written = rows(replace(table, crs=preset.crs), preset, DATASET, pytest.fail)
        assert list(written.columns) == [column.name for column in preset.columns]
        assert validate(written, preset) == []

    def test_its_shapefile_keeps_to_it(self, preset):
        written = rows(replace(inventory({}), crs=preset.crs), preset, DATASET, pytest.fail)
        short = fitting(written, preset, SHAPEFILE, pytest.fail)
        assert len(short.columns) == len(preset.columns)
        assert len({name.upper() for name in short.columns}) == len(short.columns)
        assert all(len(name) <= 10 and " " not in name for name in short.columns)
        assert datetime not in short.columns.values()
        assert validate(short, preset, SHAPEFILE) == []

    def test_its_geojson_keeps_to_it(self, preset):
        written = rows(replace(inventory({}), crs=preset.crs), preset, DATASET, pytest.fail)
        texts = fitting(written, preset, GEOJSON, pytest.fail)
        assert list(texts.columns) == list(written.columns)
        assert set(texts.columns.values()) <= {str, int, float}
        assert validate(texts, preset, GEOJSON) == []

    def test_an_empty_inventory_of_others_lacks_little(self, preset):
        """Nothing but outlines: what then lacks a value is told, and nothing else."""
        bare = Table("old", preset.crs, {}, (Record(BOX.wkb, {}),))
        told = validate(rows(bare, preset, DATASET, pytest.fail), preset)
        lacking = {
            "uglc": {"END DATE"},
            "uglc_2024": {"END DATE"},
            "coolr": {"ev_date"},
            "coolr_events": {"ev_date"},
            "inspire_area": {"determinationMethod", "determinationMethod_href"},
        }
        assert {problem.column for problem in told} == lacking.get(preset.name, set())
        assert all("It is empty" in problem.message for problem in told)

    def test_says_who_published_it(self, preset):
        assert "https://" in preset.source
        assert preset.gaps

    def test_a_probability_never_matters(self, preset):
        written = [
            rows(inventory({**doubt, "confidence": None}), preset, DATASET, pytest.fail).records
            for doubt in ({"prob_mean": 0.1, "conf_hint": "possible"}, {"prob_mean": 0.99})
        ]
        assert written[0] == written[1]

    def test_every_word_of_ours_has_one_of_theirs(self, preset):
        table = inventory(
            *({"ls_type": t, "material": m} for t in MOVEMENTS for m in (*MATERIALS, None)),
            *({"trigger": trigger} for trigger in TRIGGERS),
            *({"confidence": confidence} for confidence in CONFIDENCES),
        )
        written = rows(replace(table, crs=preset.crs), preset, DATASET, pytest.fail)
        assert validate(written, preset) == []


# What a reader of UGLC and COOLR makes of their words, written down apart from the writer's tables.
UGLC_MEANS = {
    "debris flow": ("flow", "debris"),
    "earth flow": ("flow", "earth"),
    "rock fall": ("fall", "rock"),
    "rock slide": ("slide", "rock"),
    "rotational sliding": ("rotational slide", None),
    "ND": (None, None),
}
COOLR_MEANS = {
    "debris_flow": ("flow", "debris"),
    "earth_flow": ("flow", "earth"),
    "rock_fall": ("fall", "rock"),
    "landslide": ("slide", None),
    "rotational_slide": ("rotational slide", None),
    "unknown": (None, None),
}


@pytest.mark.parametrize(("word", "meaning"), UGLC_MEANS.items())
def test_uglc_says_what_was_meant(word, meaning):
    assert row("uglc", ls_type=meaning[0], material=meaning[1])["TYPE"] == word


@pytest.mark.parametrize(("word", "meaning"), COOLR_MEANS.items())
def test_coolr_says_what_was_meant(word, meaning):
    assert row("coolr", ls_type=meaning[0], material=meaning[1])["ls_cat"] == word


def test_uglc_of_a_landslide_known_by_heart():
    assert row("uglc") == {
        "NEW DATASET": "UGLC",
        "ID": 1,
        "OLD DATASET": "Iburi 2018",
        "OLD ID": "LS_0",
        "VERSION": "2",
        "COUNTRY": "Japan",
        "ACCURACY": 11,
        "START DATE": "2018-09-06",
        "END DATE": "2018-09-06",
        "TYPE": "debris flow",
        "PHYSICAL FACTORS": "seismic (T)",
        "RELIABILITY": 1,
        "RECORD TYPE": "event",
        "FATALITIES": -99999,
        "INJURIES": -99999,
        "NOTES": "crosses the road. Image before 2018-08-05, image after 2018-09-11",
        "LINK": "https://example.org/iburi",
    }


def test_uglc_of_2024_differs_where_the_catalogue_changed():
    now, then = row("uglc"), row("uglc_2024")
    assert then["ACCURACY"] == pytest.approx(10.1, abs=0.1)
    assert (then["START DATE"], then["END DATE"]) == ("2018/09/06", "2018/09/06")
    assert then["TRIGGER"] == "seismic"
    changed = {"ACCURACY", "START DATE", "END DATE", "TRIGGER", "PHYSICAL FACTORS"}
    assert {n for n in {**now, **then} if now.get(n) != then.get(n)} == changed


# The catalogue's table of physical factors, written down apart from the writer's.
@pytest.mark.parametrize(
    ("trigger", "factor"),
    [
        ("rainfall", "rainfall (T)"),
        ("volcanic activity", "volcanic (T)"),
        ("human activity", "anthropic (T,P)"),
        ("snowmelt", "climate (T,P)"),
        ("wildfire", "postfire (P)"),
        ("deforestation", "deforestation (P)"),
        ("other natural cause", "natural (T,P)"),
        ("unknown", "ND"),
        (None, "ND"),
    ],
)
def test_uglc_factors_that_trigger_and_that_prepare(trigger, factor):
    assert row("uglc", trigger=trigger)["PHYSICAL FACTORS"] == factor


@pytest.mark.parametrize(
    ("accuracy", "whole"), [(10.0, 10), (10.2, 11), (0.0, 0), (29.9999999, 30)]
)
def test_uglc_accuracy_is_never_better_than_said(accuracy, whole):
    assert row("uglc", replace(DATASET, accuracy=accuracy))["ACCURACY"] == whole


@pytest.mark.parametrize(("preset", "first"), [("uglc", "1678-01-01"), ("uglc_2024", "1677/12/31")])
def test_uglc_start_before_its_calendar(preset, first):
    table = rows(inventory({"event_date": "1600"}), PRESETS[preset], DATASET, pytest.fail)
    (record,) = table.records
    assert record.get("START DATE") == first
    assert record.get("RELIABILITY") == 2
    assert record.get("END DATE")[:4] == "1600"


def test_coolr_tells_what_is_known():
    found = row("coolr", storm_name="Jebi", ls_size="large", ls_setting="above_road", lat=1.0)
    assert found["comments"].startswith("crosses the road")
    assert (found["storm_name"], found["ls_size"]) == ("Jebi", "large")
    assert found["ls_setting"] == "above_road"
    assert (found["ctry_name"], found["ctry_code"]) == ("Japan", "JP")
    assert found["latitude"] == pytest.approx(BOX.centroid.y, abs=1e-6)
    assert found["longitude"] == pytest.approx(BOX.centroid.x, abs=1e-6)
    assert row("coolr", ls_size="huge")["ls_size"] == "unknown"


def test_coolr_events_tell_of_the_images():
    found = row("coolr_events", event_date=None)
    assert found["method"] == "automated"
    assert found["img_type"] == "Sentinel-2"
    assert (found["sat_date_b"], found["sat_date_a"]) == ("2018-08-05", "2018-09-11")
    assert found["ev_title"] == "Iburi 2018"
    assert found["loc_desc"] == "LS_0"
    assert found["ev_desc"] == (
        "Happened not before 2018-08-05 and not later than 2018-09-11. crosses the road"
    )


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("LC08_L1TP_107030_20180911", "Landsat-8"),
        ("s1a_iw_grdh", "Sentinel-1"),
        ("PSScene", None),
        (None, None),
    ],
)
def test_satellites_by_their_products(product, name):
    assert row("coolr_events", product_id=product)["img_type"] == name


def test_usgs_keeps_the_remarks_and_the_source():
    found = row("usgs_v3")
    images = "Image before 2018-08-05, image after 2018-09-11"
    assert found["Notes"] == f"crosses the road. Trigger: earthquake. {images}"
    bare = {"trigger": "unknown", "event_date": None}
    assert row("usgs_v3", **bare)["Notes"] == "crosses the road"
    assert row("usgs_v3", notes=None, **bare)["Notes"] is None
    assert found["Info_Source"].startswith("S2A_MSIL2A")
    assert row("usgs_v3", product_id=None, source="stack.tif")["Info_Source"] == "stack.tif"
    assert row("usgs_v3", info_source="field visit")["Info_Source"] == "field visit"


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("trigger", sorted({*TRIGGERS} - {"unknown"}))
def test_no_schema_loses_the_facts_of_the_event(preset, trigger):
    """Given for the whole inventory, they are in every row that is handed in."""
    event = EventFacts("2018-09-06", "2018-09-25", "2018-08-28", trigger, "slide")
    unknown = dict.fromkeys(("event_date", "image_date", "pre_date", "trigger", "ls_type"))
    found = row(preset, replace(DATASET, event=event), material=None, **unknown)
    texts = " ".join(str(value) for value in found.values())
    theirs = (UGLC_FACTORS, UGLC_2024_TRIGGERS, COOLR_TRIGGERS)
    words = {trigger, *(each[trigger] for each in theirs)} - {"other"}
    assert any(word in texts for word in words)
    assert found.get("ls_cat") == "landslide" or "slide" in texts.replace("landslide", "")
    if preset != "inspire_area":  # which tells of the future
        assert "2018-09-06" in texts.replace("/", "-")
    if not preset.startswith("inspire"):  # which says so in its gaps
        assert "2018-08-28" in texts
        assert "2018-09-25" in texts


VOID = "http://inspire.ec.europa.eu/codelist/VoidReasonValue"


def test_inspire_gives_a_reason_for_each_value_that_is_not_known():
    unknown = dict.fromkeys(("event_date", "image_date", "run_date", "ls_type", "trigger"))
    event = row("inspire_event", material="", **unknown)
    assert event["validFrom"] is None
    assert event["validFrom_nilReason"] == f"{VOID}/Unknown"
    assert event["beginLifeSpanVersion_nilReason"] == f"{VOID}/Unknown"
    assert event["tOH_specificHazardType_nilReason"] == f"{VOID}/Unknown"
    assert event["magnitudeOrIntensity_nilReason"] is None
    known = row("inspire_event", run_date="2026-01-02T10:11:12+09:00")
    assert known["validFrom"] == "2018-09-06T00:00:00Z"
    assert known["beginLifeSpanVersion"] == "2026-01-02T01:11:12Z"
    assert all(value is None for name, value in known.items() if name.endswith("_nilReason"))


def test_a_point_in_time_that_cannot_be_read():
    with pytest.raises(ParameterError, match="holds the date 'yesterday'; expected one in ISO"):
        row("inspire_event", run_date="yesterday")


def test_inspire_hazard_areas_look_ahead():
    area = row("inspire_area")
    assert "validFrom" not in area
    assert area["validityPeriod_beginPosition"] is None
    assert area["determinationMethod"] == "modelling"
    assert area["determinationMethod_href"].endswith("DeterminationMethodValue/modelling")
    assert area["likelihoodOfOccurrence_nilReason"] == f"{VOID}/Unpopulated"
    likely = row("inspire_area", return_yr=50, prob_max=0.9)
    assert likely["lOO_quantitative_retPeriod"] == 50
    assert likely["lOO_quantitative_probability"] is None
    assert likely["likelihoodOfOccurrence_nilReason"] is None


def test_types_of_the_published_definitions():
    kinds = {name: {c.name: c.kind for c in p.columns} for name, p in PRESETS.items()}
    assert kinds["uglc"]["ACCURACY"] is int
    assert kinds["uglc"]["START DATE"] is date
    assert kinds["uglc_2024"]["START DATE"] is str
    assert kinds["coolr"]["ev_date"] is date
    assert kinds["inspire_event"]["beginLifeSpanVersion"] is datetime
    assert kinds["inspire_event"]["validFrom"] is datetime


def test_a_date_in_words_of_the_schema_where_a_format_has_none():
    written = rows(inventory({}), PRESETS["uglc"], DATASET, pytest.fail)
    (record,) = fitting(written, PRESETS["uglc"], GEOJSON, pytest.fail).records
    assert record.get("START DATE") == "2018/09/06"
    (record,) = fitting(written, PRESETS["uglc"], SHAPEFILE, pytest.fail).records
    assert record.get("START_DATE") == "2018-09-06"


def test_a_number_that_is_none():
    with pytest.raises(ParameterError, match="column fatalities of LS_0 holds 'two'; expected a"):
        row("usgs_v3", fatalities="two")
    with pytest.raises(ParameterError, match=r"holds '2\.5'; expected a whole number"):
        row("uglc", injuries=2.5)
    with pytest.raises(ParameterError, match="holds 'inf'; expected a number"):
        row("inspire_area", return_yr=float("inf"))
    assert row("usgs_v3", fatalities="2")["Fatalities"] == 2
    assert row("usgs_v3", fatalities=float("nan"))["Fatalities"] is None


def test_a_number_where_the_schema_has_a_text():
    assert row("uglc", notes=7, event_date=None)["NOTES"] == "7"
    assert row("uglc", notes=7)["NOTES"].startswith("7. Image before")
    assert row("uglc", notes=None, event_date=None)["NOTES"] is None


def test_areas_are_those_of_the_ellipsoid():
    area, perimeter = Geod(ellps="WGS84").geometry_area_perimeter(BOX)
    found = row("coolr")
    assert found["shape_Area"] == pytest.approx(abs(area), rel=1e-6)
    assert found["shape_Leng"] == pytest.approx(perimeter, rel=1e-6)
    assert row("inspire_event")["mOI_quantitativeValue"] == found["shape_Area"]


def test_confidence_is_the_reviewers():
    values = [row("usgs_v3", confidence=word)["Confidence"] for word in (None, *CONFIDENCES)]
    assert values == [None, 1, 2, 3, 5, 8]


@pytest.mark.parametrize(
    ("change", "first", "last"),
    [
        ({}, "2018-09-06", "2018-09-06"),
        ({"event_date": "2018-02"}, "2018-02-01", "2018-02-28"),
        ({"event_date": "2018"}, "2018-01-01", "2018-12-31"),
        ({"event_date": "2018/09/06"}, "2018-09-06", "2018-09-06"),
        (
            {"event_date": None, "pre_date": "2018-08-05", "image_date": "2018-09-11T01:27:01Z"},
            "2018-08-05",
            "2018-09-11",
        ),
        (
            {"event_date": "", "pre_date": None, "image_date": None},
            "2018-09-01",
            "2018-09-30",
        ),
    ],
)
def test_dates_from_the_best_that_is_known(change, first, last):
    found = row("usgs_v3", replace(DATASET, start="2018-09", end="2018-09"), **change)
    assert (found["Date_Min"], found["Date_Max"]) == (first, last)


def test_no_date_at_all():
    found = row("uglc", event_date=None, pre_date=None, image_date=None)
    assert (found["START DATE"], found["END DATE"]) == ("1678-01-01", None)


@pytest.mark.parametrize("text", ["last summer", "2018-13", "2018-02-30", "06.09.2018"])
def test_a_date_that_cannot_be_read(text):
    with pytest.raises(ParameterError, match=r"event_date of LS_0 is '.*'; expected a date in ISO"):
        row("usgs_v3", event_date=text)


@pytest.mark.parametrize(
    ("accuracy", "dated", "expected"),
    [
        (10, True, 1),
        (10, False, 2),
        (200, True, 3),
        (300, False, 6),
        (900, True, 7),
        (2000, True, 9),
    ],
)
def test_reliability_by_the_catalogues_table(accuracy, dated, expected):
    assert uglc_reliability(accuracy, dated) == expected
    assert uglc_reliability(-99999, dated) == 10


def test_rejected_landslides_stay_at_home():
    told = []
    table = inventory({"review_status": "rejected"}, {"review_status": "unreviewed"}, {})
    both = rows(table, PRESETS["uglc"], DATASET, told.append)
    assert [record.get("OLD ID") for record in both.records] == ["LS_1", "LS_2"]
    assert "Rejected landslides, left out: 1" in told[0]
    assert "no one has looked at yet: 1" in told[1]
    one = rows(table, PRESETS["uglc"], DATASET, told.append, reviewed_only=True)
    assert [record.get("OLD ID") for record in one.records] == ["LS_2"]


def test_a_word_on_no_list_is_told_and_left_out():
    told = []
    assert row("usgs_v3", warn=told.append, ls_type="mudslide", material=None)["LS_Type"] is None
    assert "ls_type holds 'mudslide' (1); expected fall, topple" in told[0]


def test_an_inventory_of_others_needs_no_field_of_ours():
    table = Table(
        "old",
        "EPSG:4326",
        {"ID": int, "Fatalities": int},
        (Record(BOX.wkb, {"ID": 7, "Fatalities": 3}),),
    )
    (record,) = rows(table, PRESETS["usgs_v3"], DATASET, pytest.fail).records
    assert (record.get("USGS_ID"), record.get("Fatalities")) == ("7", 3)


def test_long_texts_are_cut_for_a_shapefile_between_letters():
    told = []
    written = rows(inventory({"notes": "a" + "é" * 200}), PRESETS["uglc"], DATASET, pytest.fail)
    (record,) = fitting(written, PRESETS["uglc"], SHAPEFILE, told.append).records
    assert record.get("NOTES") == "a" + "é" * 126
    assert "Texts in NOTES longer than the 254 bytes that a Shapefile holds, cut: 1" in told[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: replace(record, wkb=shapely.box(0, 0, 1, 1).wkb), "another outline"),
        (lambda record: replace(record, values={**record.values, "ID": 9}), "ID 9 instead of 1"),
        (lambda record: replace(record, values={**record.values, "LINK": ""}), "LINK '' instead"),
    ],
)
def test_a_file_that_holds_something_else_is_noticed(change, message):
    written = rows(inventory({}), PRESETS["uglc"], DATASET, pytest.fail)
    read = replace(written, records=tuple(map(change, written.records)))
    assert differences(written, written) == []
    assert message in differences(written, read)[0]
    assert differences(written, replace(read, records=())) == ["0 landslides instead of 1"]


def test_neither_point_order_nor_rounding_makes_another_outline():
    written = rows(inventory({}), PRESETS["uglc"], DATASET, pytest.fail)
    turned = shapely.set_precision(shapely.reverse(BOX), 1e-9)
    read = replace(written, records=(replace(written.records[0], wkb=turned.wkb),))
    assert differences(written, read) == []


def test_a_point_in_time_may_be_read_with_another_zone():
    written = rows(
        replace(inventory({}), crs="EPSG:4258"), PRESETS["inspire_event"], DATASET, pytest.fail
    )
    (record,) = written.records
    for text, expected in (("2018-09-06T09:00:00+09:00", []), ("2018-09-06T00:00:01", 1)):
        values = {**record.values, "validFrom": text}
        found = differences(written, replace(written, records=(replace(record, values=values),)))
        assert found == [] if expected == [] else len(found) == expected
