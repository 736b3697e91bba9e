"""Options by their texts and by their numbers, in every algorithm that has some."""

import pytest

qgis_core = pytest.importorskip("qgis.core")

from landslip.algorithms import ALGORITHMS  # noqa: E402
from landslip.algorithms.base import option_texts  # noqa: E402

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
