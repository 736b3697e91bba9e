"""What reports say of runs and files."""

import pytest

from landslip.engine.inventory.run_facts import run_facts, shown_name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/home/kim/secret/i.gpkg", "i.gpkg"),
        ("/home/kim/i.gpkg|layername=a b", "i.gpkg, layer a b"),
        ("C:\\\\Users\\\\kim\\\\i.shp", "i.shp"),
        ("C:/Users/kim/stack", "stack"),
        ("data/S2A_X.SAFE/", "S2A_X.SAFE"),
        ("i.gpkg", "i.gpkg"),
        ("/i.gpkg", "i.gpkg"),
        ("before / after", "before / after"),
        ("<b>mine</b>", "<b>mine</b>"),
        ("", ""),
    ],
)
def test_names_without_folders(source, name):
    assert shown_name(source) == name


def test_values_are_told_once_and_several_with_their_numbers():
    facts = dict(
        run_facts(
            {
                "threshold": [0.5, 0.5, None],
                "review_status": ["accepted", "unreviewed", "unreviewed"],
                "source": [f"{i}.tif" for i in range(5)],
                "trigger": [None, ""],
            }
        )
    )
    assert facts["Probability threshold"] == "0.5"
    assert facts["Review"] == "unreviewed (2), accepted (1)"
    assert facts["Stack"].endswith("and 2 more")
    assert "Trigger" not in facts
