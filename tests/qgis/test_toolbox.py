"""How the Toolbox shows the algorithms: their groups and their pages in the manual."""

from urllib.parse import urlparse

import pytest

from landslip.tests.conftest import ROOT

EXPECTED = {
    "setup": "Set-up",
    "samplescene": "Set-up",
    "findscenes": "Prepare",
    "fetchscene": "Prepare",
    "preparestack": "Prepare",
    "detectevent": "Detect",
    "detectlandslides": "Detect",
    "vectoriseprobability": "Detect",
    "assessability": "Detect",
    "measureinventory": "Inventory",
    "changeevidence": "Inventory",
    "datelandslides": "Inventory",
    "updateinventory": "Inventory",
    "validateinventory": "Inventory",
    "exportinventory": "Inventory",
    "assessinventory": "Review and report",
    "inventorystatistics": "Review and report",
    "reviewsheet": "Review and report",
    "applyreview": "Review and report",
    "suggestreview": "Review and report",
    "eventreports": "Review and report",
    "adaptmodel": "Models",
    "detectadaptdetect": "Models",
    "downloadtolandslides": "Detect",
    "eventstepbystep": "Detect",
    "managemodels": "Models",
    "selftrain": "Models",
    "pretrainencoder": "Models",
}


@pytest.fixture
def provider(registry):
    return registry.providerById("landslip")


def test_every_algorithm_is_in_its_group(provider):
    assert {one.name(): one.group() for one in provider.algorithms()} == EXPECTED


def test_names_of_groups_for_scripts(provider):
    assert {one.group(): one.groupId() for one in provider.algorithms()} == {
        "Prepare": "prepare",
        "Detect": "detect",
        "Inventory": "inventory",
        "Models": "models",
        "Review and report": "reviewandreport",
        "Set-up": "setup",
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_help_is_the_page_of_the_algorithm_below_the_homepage(provider, name):
    url = urlparse(provider.algorithm(name).helpUrl())
    assert url.scheme == "https"
    _, _, page = url.path.partition("/landslip/")
    assert (ROOT / "docs" / page).with_suffix(".md").is_file()
