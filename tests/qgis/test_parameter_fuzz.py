"""No wrong parameter ends in a traceback. For minutes: benchmarks/fuzz_parameters.py."""

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


@pytest.fixture(scope="module")
def world(plugin, tmp_path_factory):
    import processing

    return make_world(tmp_path_factory.mktemp("world"), processing.run)


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch):
    """Devices are not measured, which takes a second for each."""
    monkeypatch.setattr(set_up, "device_speeds", list)


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
    if made.name() != "preparestack":  # whose folder holds no bands of Sentinel-2
        assert check(world, made, world.valid[made.name()]) == ""
