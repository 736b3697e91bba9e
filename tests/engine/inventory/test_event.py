"""Facts of the event: what is a date, who wins, and what cannot be true."""

import pytest
import shapely

from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.event import PARAMETERS, EventFacts, with_facts
from landslip.engine.inventory.table import Record, Table

BOX = shapely.box(0, 0, 1, 1).wkb


def table(*rows):
    kinds = {name: str for row in rows for name in row}
    return Table("slides", "EPSG:32654", kinds, tuple(Record(BOX, row) for row in rows))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2018", "2018"),
        (" 2018-09 ", "2018-09"),
        ("2018/09/06", "2018-09-06"),
        ("2018-09-06T03:07:59+09:00", "2018-09-06T03:07:59+09:00"),
        ("2018-09-06 03:07", "2018-09-06 03:07"),
        ("", ""),
    ],
)
def test_dates_of_events(given, kept):
    assert EventFacts.of({"EVENT_DATE": given}).event_date == kept


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("EVENT_DATE", "6.9.2018", "date of the event is '6.9.2018'; expected a date in ISO 8601"),
        ("EVENT_DATE", "2018-02-30", "2018-02-30"),
        ("EVENT_DATE", "2018-13", "2018-13"),
        ("EVENT_DATE", "0000-01-01", "0000"),
        ("EVENT_DATE", "2018-09-06T25:00", "expected no more than a time"),
        ("EVENT_DATE", "2018-09-06 or so", "expected no more than a time"),
        ("IMAGE_DATE", "2018-09", "date of the image is '2018-09'; expected a day"),
        ("PRE_DATE", "2018", "date of the image before is '2018'; expected a day"),
        ("TRIGGER", "quake", "trigger is 'quake'; expected one of rainfall, earthquake"),
        ("LS_TYPE", "avalanche", "type of movement is 'avalanche'; expected one of fall"),
    ],
)
def test_what_is_no_fact_gets_a_sentence(name, given, told):
    with pytest.raises(ParameterError, match=told):
        EventFacts.of({name: given})


def test_parameters_are_the_facts_in_upper_case():
    assert PARAMETERS == ("EVENT_DATE", "IMAGE_DATE", "PRE_DATE", "TRIGGER", "LS_TYPE")
    assert EventFacts.of(dict.fromkeys(PARAMETERS)) == EventFacts()


def test_what_is_given_wins_and_the_difference_is_told():
    told = []
    given = EventFacts(image_date="2018-09-25", trigger="earthquake")
    found = EventFacts(image_date="2018-10-01T01:27:01Z", pre_date="2018-08-28")
    known = given.over(found, "the tag", told.append)
    assert known == EventFacts("", "2018-09-25", "2018-08-28", "earthquake", "")
    assert len(told) == 1
    assert "was given as 2018-09-25, but the tag says 2018-10-01T01:27:01Z" in told[0]


def test_the_same_day_with_a_time_is_no_contradiction():
    found = EventFacts(image_date="2018-09-25T01:27:01Z", event_date="2018-09-06")
    EventFacts(image_date="2018-09-25", event_date="2018-09").over(found, "it", pytest.fail)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (("2018-10-01", "2018-09-25", ""), ["date of the event is 2018-10-01, after"]),
        (("2018-09-06", "", "2018-09-10"), ["before is 2018-09-10, after the date of the event"]),
        (("", "2018-09-25", "2018-10-10"), ["before is 2018-10-10, after the date of the image"]),
        (("2018-09", "2018-09-25", "2018-09-20"), []),
        (("2018", "2018-09-25", "2018-08-28"), []),
        (("2018-09-06", "2018-09-06", "2018-09-06"), []),
        (("2019", "2018-09-25", ""), ["date of the event is 2019, after"]),
        (("soon", "2018-09-25", ""), []),  # what a file calls a date
    ],
)
def test_dates_that_cannot_all_be_true(facts, told):
    found = EventFacts(*facts).contradictions()
    assert len(found) == len(told)
    assert all(text in sentence for text, sentence in zip(told, found))


def test_a_landslides_own_word_stays_and_image_dates_are_replaced():
    told = []
    slides = table(
        {"trigger": "rainfall", "image_date": "2018-10-01"},
        {"trigger": "", "image_date": "2018-09-25T01:27:01Z"},
        {"trigger": None, "image_date": None},
    )
    facts = EventFacts(trigger="earthquake", image_date="2018-09-25", ls_type="slide")
    filled = with_facts(slides, facts, told.append)
    assert [r.get("trigger") for r in filled.records] == ["rainfall", "earthquake", "earthquake"]
    dates = [r.get("image_date") for r in filled.records]
    assert dates == ["2018-09-25", "2018-09-25T01:27:01Z", "2018-09-25"]
    assert {r.get("ls_type") for r in filled.records} == {"slide"}
    assert filled.columns["ls_type"] is str
    assert len(told) == 2
    assert "1 of 3 landslides have another one in image_date (such as 2018-10-01)" in told[0]
    assert "theirs stays" in told[1]


def test_columns_keep_their_spelling():
    filled = with_facts(table({"Trigger": None}), EventFacts(trigger="rainfall"), pytest.fail)
    assert filled.records[0].values == {"Trigger": "rainfall"}
    assert list(filled.columns) == ["Trigger"]
