"""Names that GDAL does not take."""

import os
import sys

import pytest

from landslip.engine.common.errors import ModelError, RasterError
from landslip.engine.models.runtime import Model
from landslip.engine.preparation.prepare import PrepareRequest, prepare
from landslip.engine.raster.reading import open_raster
from landslip.tests.safe_fixture import Safe, write_safe


def test_a_name_that_is_not_utf8_is_told():
    with pytest.raises(RasterError, match=r"name b\\udcff\.tif is not UTF-8.* Rename the file"):
        open_raster("b\udcff.tif")
    with pytest.raises(ModelError, match=r"name b\\udcff\.onnx is not UTF-8"):
        Model("b\udcff.onnx", "cpu")


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode there")
def test_a_product_in_a_folder_whose_name_is_not_utf8(tmp_path):
    product = write_safe(tmp_path, Safe())
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    os.mkdir(folder)
    moved = os.path.join(folder, os.path.basename(product))
    os.rename(product, moved)
    with pytest.raises(RasterError, match=r"\\udcff.* is not UTF-8"):
        prepare(PrepareRequest((moved,), str(tmp_path / "stack.tif")))
