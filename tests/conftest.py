"""Fixtures for all tests."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from landslip.engine.common.dependencies import require
from landslip.tests.support import reflectance, write_model, write_raster

# Tests that import pyproj themselves get one that has found its data.
require("pyproj")

# The machine may be busy: no test fails for being slow.
hypothesis.settings.register_profile("landslip", deadline=None)
hypothesis.settings.load_profile("landslip")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data():
    """The folder of the real data; a test that needs it skips where it is not."""
    folder = Path(os.environ.get("LANDSLIP_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("needs the real data: set LANDSLIP_DATA to its folder")
    return folder


@pytest.fixture
def rng():
    return np.random.default_rng(42)


@pytest.fixture
def stack_path(tmp_path, rng):
    """A stack B02, B03, B04 of 200 x 230 pixels."""
    return write_raster(
        tmp_path / "stack.tif", reflectance(rng), names=["B02", "B03", "B04"], nodata=0
    )


@pytest.fixture
def model_path(tmp_path):
    """A pointwise model on B04, B03, B02."""
    return write_model(tmp_path / "model.onnx")
