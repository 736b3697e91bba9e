"""Products as input of a detection: the same as preparing first, and nothing left behind."""

import dataclasses

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import BandError, Cancelled, LandslipError
from landslip.engine.detection.in_product import detect_in_product
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.engine.preparation.prepare import PrepareRequest, prepare
from landslip.tests.safe_fixture import CORNERS, CRS, SIZE, Safe, write_safe
from landslip.tests.support import card, write_model, write_raster


@pytest.fixture
def dem(tmp_path):
    """A plane that rises to the east, beyond the tile on all sides."""
    west, north = CORNERS["32TMT"]
    heights = np.tile(np.arange(50, dtype="float32") * 12, (50, 1))
    origin = (west - 300, north + 300)
    return write_raster(tmp_path / "dem.tif", heights, crs=CRS, pixel=30.0, origin=origin)


@pytest.fixture
def request_of(tmp_path, dem):
    def make(safe, bands=("B04", "B03", "slope"), zipped=True, **changes):
        model = write_model(tmp_path / "m.onnx", card(bands=bands, normalisation="fixed"))
        product = write_safe(tmp_path, safe, zipped=zipped)
        target = tmp_path / "out"
        target.mkdir()
        request = DetectRequest(product, model, str(target / "p.tif"), dem=dem, device="cpu")
        return dataclasses.replace(request, **changes)

    return make


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1), dataset.tags()


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_it_equals_preparing_first(request_of, tmp_path, level, zipped):
    request = request_of(Safe(level, "05.09"), zipped=zipped)
    found = detect_in_product(request)
    stack = str(tmp_path / "stack.tif")
    prepare(PrepareRequest((request.stack,), stack, (request.dem,), model=request.model))
    again = dataclasses.replace(request, stack=stack, probability=str(tmp_path / "again.tif"))
    expected = detect(again)
    probability, tags = read(request.probability)
    assert np.array_equal(probability, read(again.probability)[0])
    assert probability.shape == (SIZE, SIZE)
    assert len(found.landslides) == len(expected.landslides)
    name = Safe(level, "05.09").name
    assert name in tags["LANDSLIP_RUN"]
    assert {landslide["source"] for landslide in found.landslides} <= {name}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["p.tif"]


def test_an_ensemble_gets_the_bands_of_all_its_models(request_of, tmp_path):
    other = card(name="other", bands=("B08", "B03"), normalisation="fixed")
    others = (write_model(tmp_path / "other.onnx", other, kernel=3, seed=1),)
    request = request_of(Safe("L1C", "05.09"), ensemble=others)
    assert len(detect_in_product(request).others) == 1
    alone = [
        dataclasses.replace(
            request, model=model, ensemble=(), probability=str(tmp_path / f"{number}.tif")
        )
        for number, model in enumerate(request.models)
    ]
    for each in alone:
        detect_in_product(each)
    mean = np.mean([read(each.probability)[0] for each in alone], axis=0)
    np.testing.assert_allclose(read(request.probability)[0], mean, atol=1e-6)
    lacking = write_model(tmp_path / "x.onnx", card(name="cirrus", bands=("B10",)))
    with pytest.raises(BandError, match="The model cirrus needs band B10"):
        detect_in_product(
            dataclasses.replace(
                request,
                stack=write_safe(tmp_path, Safe("L2A", "05.09"), zipped=True),
                ensemble=(lacking,),
            )
        )


@pytest.mark.parametrize("pre_event", [False, True])
def test_landslides_say_which_image_they_were_seen_in(request_of, tmp_path, pre_event):
    """As the image was prepared, so do raster and inventory tell it, and measure it again so."""
    after, before = Safe("L1C"), Safe("L1C", day="20230501")
    request = request_of(after, threshold=0.01)
    preparation = PrepareRequest(
        (request.stack,),
        str(tmp_path / "stack.tif"),
        (request.dem,),
        pre_event=(write_safe(tmp_path, before),) if pre_event else (),
    )
    prepare(preparation)
    found = [*detect_in_product(request).landslides] if not pre_event else []
    detection = detect(dataclasses.replace(request, stack=preparation.stack))
    found += detection.landslides
    found += vectorise(VectoriseRequest(detection.probability, threshold=0.01))
    assert len(found) >= 2
    for landslide in found:
        assert landslide["product_id"] == after.name
        assert landslide["image_date"] == "2023-06-27T10:20:21Z"
        assert landslide["pre_date"] == ("2023-05-01T10:20:21Z" if pre_event else None)


def test_a_band_that_the_product_lacks(request_of, tmp_path):
    request = request_of(Safe("L2A", "05.09"), bands=("B04", "B10"))
    with pytest.raises(BandError, match=r"model test_model needs band B10.*L1C.*effnet_rgb"):
        detect_in_product(request)
    assert not list((tmp_path / "out").iterdir())


def test_progress_warnings_and_cancel(request_of, tmp_path):
    request = request_of(Safe("L2A", "05.09"))
    seen, warnings = [], []
    detect_in_product(request, lambda share, _: seen.append(share), warn=warnings.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 1)
    assert not any("stack.tif" in text for text in warnings)
    (tmp_path / "out" / "p.tif").unlink()
    asked = []
    for stop in (1, 2, 3):

        def cancelled(stop=stop):
            asked.append(stop)
            return asked.count(stop) >= stop

        with pytest.raises(Cancelled):
            detect_in_product(request, cancelled=cancelled)
        assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "changes",
    [{"threshold": 2.0}, {"probability": "/nowhere/p.tif"}, {"stack": "no.zip"}, {"dem": "no.tif"}],
)
def test_bad_input_gets_a_sentence_and_leaves_nothing(request_of, tmp_path, changes):
    request = request_of(Safe("L2A", "05.09"), **changes)
    with pytest.raises(LandslipError, match=r"\.$"):
        detect_in_product(request)
    assert not list((tmp_path / "out").iterdir())
