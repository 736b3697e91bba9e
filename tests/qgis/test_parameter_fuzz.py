"""No wrong parameter ends in a traceback. For minutes: benchmarks/fuzz_parameters.py."""

import importlib.util
from random import Random

import pytest

qgis_core = pytest.importorskip("qgis.core")

from landslip.algorithms import ALGORITHMS, set_up  # noqa: E402
from landslip.tests.qgis.parameter_fuzz import (  # noqa: E402
    case,
    check,
    make_world,
    no_network,
)

PYTORCH = importlib.util.find_spec("torch") is not None


@pytest.fixture(scope="module")
def world(plugin, tmp_path_factory):
    import processing

    return make_world(tmp_path_factory.mktemp("world"), processing.run)


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch):
    """Devices are not measured, which takes a second for each."""
    monkeypatch.setattr(set_up, "device_speeds", list)


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Training takes minutes, and has tests of its own."""
    if PYTORCH:
        from landslip.training import adapting, self_train

        for module in (adapting, self_train):
            monkeypatch.setattr(module, "fine_tune", lambda request, *_: request.model.read_bytes())


@pytest.fixture(autouse=True)
def offline():
    with no_network():
        yield


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.NAME)
def test_wrong_parameters_are_sentences(world, algorithm):
    made = algorithm()
    made.initAlgorithm()
    rng = Random(algorithm.NAME)  # noqa: S311 - cases, not secrets
    for _ in range(15):
        parameters = case(world, made, rng)
        try:
            check(world, made, parameters)
        except Exception as err:
            raise AssertionError(f"{algorithm.NAME}: {parameters}") from err


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.NAME)
def test_what_the_cases_start_from_works(world, algorithm):
    made = algorithm()
    made.initAlgorithm()
    # One's folder holds no bands of Sentinel-2, the other's scene is too small for clusters.
    unfit = {"preparestack", "pretrainencoder"} | (set() if PYTORCH else {"selftrain"})
    if made.name() not in unfit:
        assert check(world, made, world.valid[made.name()]) == ""
