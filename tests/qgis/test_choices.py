"""Options by their texts and by their numbers, in every algorithm that has some."""

import pytest

qgis_core = pytest.importorskip("qgis.core")

from landslip.algorithms import ALGORITHMS  # noqa: E402
from landslip.algorithms.base import number_problem, option_texts  # noqa: E402

OPTIONS = ["usgs_v3", "uglc", "coolr"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (1, "uglc"),
        ("2", "coolr"),
        ("uglc", "uglc"),
        ([0, "coolr"], ["usgs_v3", "coolr"]),
        ("0,2", "usgs_v3,coolr"),
        (7, 7),  # QGIS refuses it
        ("nothing", "nothing"),
        (True, True),
        (None, None),
    ],
)
def test_numbers_are_options(given, meant):
    assert option_texts(given, OPTIONS) == meant


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.NAME)
def test_every_option_can_be_given_by_its_number(plugin, algorithm):
    context = qgis_core.QgsProcessingContext()
    made = algorithm()
    made.initAlgorithm()
    for definition in made.parameterDefinitions():
        if not isinstance(definition, qgis_core.QgsProcessingParameterEnum):
            continue
        for number, text in enumerate(definition.options()):
            many = definition.allowMultiple()
            read = made.choices if many else made.choice
            expected = [text] if many else text
            for given in (number, str(number), text):
                assert read({definition.name(): given}, definition.name(), context) == expected


@pytest.mark.parametrize(
    ("whole", "low", "high", "value", "told"),
    [
        (True, 0, 2**31 - 1, 3e9, "is 3000000000; expected a whole number from 0 to 2147483647."),
        (True, 1, 1024, 1.5, "is 1.5; expected a whole number from 1 to 1024."),
        (False, 0, None, -2, "is -2; expected a number of 0 or more."),
        (False, None, 90, 91, "is 91; expected a number of 90 or less."),
        (False, None, None, float("nan"), "is nan; expected a finite number."),
        (False, None, None, 1e9, ""),
        (False, 0, 1, "x", ""),  # QGIS refuses it
    ],
)
def test_numbers_out_of_range_are_told_the_limits_that_there_are(whole, low, high, value, told):
    number = qgis_core.QgsProcessingParameterNumber
    limits = {"minValue": low, "maxValue": high}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    definition = number("N", "Number", number.Integer if whole else number.Double, **limits)
    assert number_problem(definition, value) == (f"Number (N) {told}" if told else "")
