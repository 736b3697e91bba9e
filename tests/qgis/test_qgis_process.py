"""The way of shell scripts: ``qgis_process`` in a process of its own."""

import pytest

pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.demo.processing import AlgorithmError, run_algorithm
from landslip.tests.qgis.support import layer_features


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
