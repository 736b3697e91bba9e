"""The way of shell scripts: ``qgis_process`` in a process of its own."""

import pytest

pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.demo.processing import AlgorithmError, run_algorithm
from landslip.tests.qgis.support import layer_features
from landslip.tests.safe_fixture import Safe, write_safe


def test_detect_and_vectorise(stack_path, model_path, tmp_path):
    probability, inventory = str(tmp_path / "p.tif"), str(tmp_path / "i.gpkg")
    results = run_algorithm(
        "landslip:detectlandslides",
        {
            "INPUT": stack_path,
            "MODEL": model_path,
            "DEVICE": "cpu",
            "PROBABILITY": probability,
            "INVENTORY": inventory,
        },
        tmp_path,
    )
    assert results["COUNT"] == len(layer_features(inventory)) > 0
    assert results["DEVICE_USED"] == "cpu"
    again = run_algorithm(
        "landslip:vectoriseprobability",
        {"INPUT": probability, "THRESHOLD": 0.8, "INVENTORY": str(tmp_path / "j.gpkg")},
        tmp_path,
    )
    assert 0 < again["AREA"] < results["AREA"]


def test_detect_in_a_product(model_path, tmp_path):
    results = run_algorithm(
        "landslip:detectlandslides",
        {
            "PRODUCT": write_safe(tmp_path, Safe("L1C", "05.09"), zipped=True),
            "MODEL": model_path,
            "DEVICE": "cpu",
            "MIN_AREA": 0,
            "PROBABILITY": str(tmp_path / "p.tif"),
            "INVENTORY": str(tmp_path / "i.gpkg"),
        },
        tmp_path,
    )
    assert results["COUNT"] == len(layer_features(str(tmp_path / "i.gpkg"))) > 0


def test_an_error_is_told(stack_path, model_path, tmp_path):
    with pytest.raises(AlgorithmError, match="'tensorrt' is not there"):
        run_algorithm(
            "landslip:detectlandslides",
            {
                "INPUT": stack_path,
                "MODEL": model_path,
                "DEVICE": "tensorrt",
                "PROBABILITY": str(tmp_path / "p.tif"),
                "INVENTORY": str(tmp_path / "i.gpkg"),
            },
            tmp_path,
        )
    assert not (tmp_path / "p.tif").exists()
    assert not (tmp_path / "i.gpkg").exists()
