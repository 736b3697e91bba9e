import json
import pickle
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.features
import shapely

from landslip.engine.common.errors import (
    BandError,
    Cancelled,
    DeviceError,
    DeviceMemoryError,
    LandslipError,
    ModelError,
    OutputError,
    ParameterError,
    RasterError,
    ScaleError,
)
from landslip.engine.detection import pipeline
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.inventory.event import EventFacts
from landslip.engine.models.probability import NODATA, open_probability
from landslip.engine.models.runtime import Model
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.engine.stack.reader import open_stack
from landslip.engine.stack.scene import scene_statistics
from landslip.tests.support import card, reflectance, write_model, write_raster

NAMES = ["B02", "B03", "B04"]


@pytest.fixture
def request_for(tmp_path, stack_path, model_path):
    def make(**changes):
        fields = {
            "stack": stack_path,
            "model": model_path,
            "probability": str(tmp_path / "out" / "p.tif"),
            "device": "cpu",
        }
        (tmp_path / "out").mkdir(exist_ok=True)
        return DetectRequest(**{**fields, **changes})

    return make


def probability(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def whole_image(stack_path, model_path):
    """The model run once on the whole raster."""
    model = Model(model_path, "cpu")
    statistics = scene_statistics(open_stack(stack_path), model.card.bands)
    with rasterio.open(stack_path) as dataset:
        values = dataset.read([3, 2, 1]).astype("float32")
    return model.run(values[None], statistics)[0]


@pytest.mark.parametrize("overlap", [0, 0.25, 0.5, 0.7])
@pytest.mark.parametrize("region_size", [64, 128, 2048])
def test_pointwise_model_equals_the_whole_image_run(request_for, overlap, region_size):
    request = request_for(overlap=overlap, region_size=region_size, batch_size=5)
    detect(request)
    expected = whole_image(request.stack, request.model)
    assert np.array_equal(probability(request.probability), expected)


def test_regions_do_not_show(tmp_path, request_for):
    """With a network that sees its neighbourhood, cutting the work otherwise changes nothing."""
    model = write_model(tmp_path / "wide.onnx", kernel=9)
    results = []
    for size in (96, 100, 2048):
        detect(request_for(model=model, region_size=size))
        results.append(probability(request_for().probability))
    assert np.array_equal(results[0], results[2])
    assert np.array_equal(results[1], results[2])


def test_extent_is_a_part_of_the_whole(tmp_path, request_for):
    model = write_model(tmp_path / "wide.onnx", kernel=9)
    detect(request_for(model=model))
    whole = probability(request_for().probability)
    request = request_for(model=model, extent=(500305.0, 4698001.0, 501200.0, 4699000.0))
    detect(request)
    with rasterio.open(request.probability) as dataset:
        assert dataset.bounds == (500300, 4698000, 501200, 4699000)
        assert np.array_equal(dataset.read(1), whole[100:200, 30:120])


def test_output_has_the_grid_of_the_input(request_for):
    request = request_for()
    detect(request)
    with rasterio.open(request.stack) as stack, rasterio.open(request.probability) as result:
        assert (result.width, result.height) == (stack.width, stack.height)
        assert result.transform == stack.transform
        assert result.crs == stack.crs
        assert (result.count, result.dtypes[0], result.nodata) == (1, "float32", NODATA)
        assert result.is_tiled
        assert result.compression.name == "deflate"


def test_overviews_and_provenance(tmp_path, rng, request_for):
    stack = write_raster(
        tmp_path / "big.tif", reflectance(rng, height=700, width=1100), names=NAMES
    )
    request = request_for(stack=stack)
    detection = detect(request)
    with rasterio.open(request.probability) as dataset:
        assert dataset.overviews(1) == [2, 4]
    provenance = open_probability(request.probability).provenance
    assert (provenance.model, provenance.model_version) == ("test_model", "1.0.0")
    assert provenance.threshold == 0.5
    assert provenance.source == "big.tif"
    assert provenance.device == detection.device == "cpu"
    assert len(provenance.model_sha256) == 64


def test_nodata_is_exact_and_neutral(tmp_path, rng, request_for):
    values = reflectance(rng)
    hole = np.zeros(values.shape[1:], bool)
    hole[50:90, 60:230] = True
    values[:, hole] = 0
    stack = write_raster(tmp_path / "hole.tif", values, names=NAMES, nodata=0)
    request = request_for(stack=stack)
    detect(request)
    result = probability(request.probability)
    assert np.array_equal(result == NODATA, hole)
    assert result[~hole].min() >= 0
    assert np.array_equal(result[~hole], whole_image(stack, request.model)[~hole])


def test_patches_without_data_are_not_run(tmp_path, rng, request_for):
    values = reflectance(rng, height=600, width=600)
    values[:, :, 200:] = 0
    stack = write_raster(tmp_path / "strip.tif", values, names=NAMES, nodata=0)
    full = detect(request_for()).patches
    assert full == 5 * 5  # 200 x 230 pixels, stride 64, one more patch before each first row
    assert detect(request_for(stack=stack)).patches < 0.6 * 11 * 11


@pytest.mark.parametrize("fill", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_nodata(tmp_path, rng, request_for, fill):
    values = reflectance(rng, dtype="float32")
    values[1, 20:30, 40:50] = fill
    request = request_for(stack=write_raster(tmp_path / "nan.tif", values, names=NAMES))
    detect(request)
    result = probability(request.probability)
    assert (result[20:30, 40:50] == NODATA).all()
    assert (result == NODATA).sum() == 100


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (60, 127), (128, 128), (129, 300)])
def test_any_size_works(tmp_path, rng, request_for, shape):
    values = reflectance(rng, height=300, width=300)[:, : shape[0], : shape[1]]
    request = request_for(stack=write_raster(tmp_path / "small.tif", values, names=NAMES))
    detect(request)
    if shape == (1, 1):  # no spread to divide by
        assert probability(request.probability) == 0.5
    else:
        expected = whole_image(request.stack, request.model)
        assert np.array_equal(probability(request.probability), expected)


@pytest.mark.parametrize("kind", ["flips", "all"])
def test_test_time_augmentation(tmp_path, request_for, kind):
    """A pointwise model does not care; a lopsided one becomes the same in all directions."""
    request = request_for(test_time=kind)
    detect(request)
    assert np.array_equal(
        probability(request.probability), whole_image(request.stack, request.model)
    )
    model = write_model(tmp_path / "wide.onnx", kernel=5)
    plain = detect(request_for(model=model))
    without = probability(plain.probability)
    detect(request_for(model=model, test_time=kind))
    assert np.abs(probability(plain.probability) - without).max() > 0.01


@pytest.mark.parametrize("kind", ["none", "flips", "all"])
def test_spread_of_the_runs(tmp_path, request_for, kind):
    """A second band where there were several runs: none for a pointwise model, some for others."""
    model = write_model(tmp_path / "wide.onnx", kernel=5)
    for some, options in ((False, {}), (True, {"model": model})):
        request = request_for(test_time=kind, **options)
        landslides = detect(request).landslides
        several = kind != "none"
        assert open_probability(request.probability).has_spread == several
        for landslide in landslides:
            assert (landslide["prob_std"] is not None) == several
            if several:
                assert (landslide["prob_std"] > 0.001) == some
        if several:
            with rasterio.open(request.probability) as dataset:
                layers, valid = dataset.read(masked=True), dataset.read_masks(1) > 0
            assert (layers[1].data[valid] >= 0).all()
            assert layers[1].max() < 0.5, "no more than half of the range"
            first = landslides[0]
            inside = rasterio.features.geometry_mask(
                [shapely.from_wkb(first.wkb)], valid.shape, dataset.transform, invert=True
            )
            assert first["prob_std"] == pytest.approx(layers[1][inside].mean(), rel=1e-5)


def test_where_the_image_comes_from(request_for):
    request = request_for()
    with rasterio.open(request.stack, "r+") as stack:
        stack.update_tags(PRODUCT_ID="S2A_MSIL1C_X", ACQUISITION_DATE="2018-09-11")
    found = detect(request).landslides[0]
    assert (found["product_id"], found["image_date"]) == ("S2A_MSIL1C_X", "2018-09-11")
    assert found["pre_date"] is None
    assert len(found["model_sha"]) == 64
    assert found["landslip"]


def test_facts_of_the_event_are_in_the_raster_and_in_every_landslide(request_for):
    """Also in an inventory that is made of the raster later on."""
    given = EventFacts("2018-09-06", "2018-09-12", "", "earthquake", "slide")
    request = request_for(event=given)
    with rasterio.open(request.stack, "r+") as stack:
        stack.update_tags(
            ACQUISITION_DATE="2018-09-11", PRE_EVENT_ACQUISITION_DATE="2018-09-07T01:27:01Z"
        )
    told = []
    found = detect(request, warn=told.append)
    expected = replace(given, pre_date="2018-09-07T01:27:01Z")
    assert open_probability(request.probability).provenance.event == expected
    again = list(vectorise(VectoriseRequest(request.probability)))
    other = list(
        vectorise(VectoriseRequest(request.probability, event=EventFacts(trigger="rainfall")))
    )
    for slides, trigger in (
        (found.landslides, "earthquake"),
        (again, "earthquake"),
        (other, "rainfall"),
    ):
        assert slides
        for name, value in replace(expected, trigger=trigger).known().items():
            assert {slide[name] for slide in slides} == {value}
    assert [text for text in told if "given as 2018-09-12, but the image's file says" in text]
    assert [text for text in told if "image before is 2018-09-07T01:27:01Z, after the date" in text]


def test_the_date_of_the_image_before_is_in_its_own_file(request_for, tmp_path):
    request = request_for()
    before = str(tmp_path / "before.tif")
    shutil.copyfile(request.stack, before)
    with rasterio.open(before, "r+") as image:
        image.update_tags(ACQUISITION_DATE="2018-08-28")
    found = detect(replace(request, pre_event=before))
    assert {slide["pre_date"] for slide in found.landslides} == {"2018-08-28"}


def test_landslides_come_from_the_raster(request_for):
    request = request_for()
    detection = detect(request)
    covered = (probability(request.probability) >= 0.5).sum()
    assert sum(s["pixel_count"] for s in detection.landslides) == covered > 0
    assert {s["model"] for s in detection.landslides} == {"test_model"}
    assert {s["source"] for s in detection.landslides} == {"stack.tif"}
    fewer = detect(request_for(threshold=0.7, min_area=2000))
    result = probability(request.probability)
    assert 0 < sum(s["pixel_count"] for s in fewer.landslides) < (result >= 0.7).sum()
    assert min(s["area_m2"] for s in fewer.landslides) >= 2000
    assert {s["threshold"] for s in fewer.landslides} == {0.7}


def test_model_that_needs_slope(tmp_path, rng, request_for):
    model = write_model(tmp_path / "s.onnx", card(bands=("B04", "slope"), normalisation="fixed"))
    with pytest.raises(BandError, match="needs band slope"):
        detect(request_for(model=model))
    dem = write_raster(tmp_path / "dem.tif", rng.random((120, 120), "float32") * 90, pixel=30.0)
    detection = detect(request_for(model=model, dem=dem))
    assert all(s["z_max"] is not None for s in detection.landslides)


def test_progress_runs_from_0_to_1(request_for):
    seen = []
    detect(request_for(batch_size=2), progress=lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1
    assert len(seen) > 10


@pytest.mark.parametrize("after", [0, 1, 3, 8])
def test_cancel_leaves_no_file(request_for, tmp_path, after):
    asked = iter(range(10_000))
    with pytest.raises(Cancelled):
        detect(request_for(batch_size=2), cancelled=lambda: next(asked) >= after)
    assert list((tmp_path / "out").iterdir()) == []


def test_cancel_keeps_an_older_result(request_for, tmp_path):
    detect(request_for())
    before = (tmp_path / "out" / "p.tif").read_bytes()
    with pytest.raises(Cancelled):
        detect(request_for(threshold=0.6), cancelled=lambda: True)
    assert (tmp_path / "out" / "p.tif").read_bytes() == before


def test_failure_in_the_model_leaves_no_file(request_for, tmp_path, monkeypatch):
    def fail(self, patches, statistics):
        raise ModelError("broken")

    monkeypatch.setattr(Model, "run", fail)
    with pytest.raises(ModelError, match="broken"):
        detect(request_for())
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"batch_size": 0}, ParameterError, "batch size is 0; expected 1 or more"),
        ({"region_size": -1}, ParameterError, "region size is -1 pixels; expected 1 or more"),
        ({"overlap": 0.9}, ParameterError, r"overlap is 0\.9"),
        ({"threshold": 2.0}, ParameterError, "threshold is 2"),
        ({"min_area": -5.0}, ParameterError, "minimum area is -5"),
        ({"test_time": "twice"}, ParameterError, "Unknown test-time augmentation 'twice'"),
        (
            {"extent": (0, 0, 1, 1)},
            ParameterError,
            "does not touch the raster, which covers 500000",
        ),
        ({"device": "tensorrt"}, DeviceError, "'tensorrt' is not there"),
        ({"model": "no.onnx"}, ModelError, "no model file"),
        ({"stack": "no.tif"}, RasterError, "cannot be read as a raster"),
        ({"band_mapping": "B02"}, BandError, r"needs bands B04, B03, not found .* Found: B02"),
        ({"dem": "no.tif"}, RasterError, "cannot be read as a raster"),
        ({"probability": "/nowhere/p.tif"}, OutputError, "folder /nowhere does not exist"),
        ({"probability": "p.img"}, OutputError, "does not end in .tif"),
    ],
)
def test_bad_input_gets_a_sentence_and_leaves_no_file(
    request_for, tmp_path, changes, error, message
):
    with pytest.raises(error, match=message):
        detect(request_for(**changes))
    assert list((tmp_path / "out").iterdir()) == []


def test_output_over_an_input(request_for, stack_path):
    with pytest.raises(OutputError, match="would overwrite an input"):
        detect(request_for(probability=stack_path))


def test_folder_without_the_right_to_write(request_for, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # root may write anywhere
    with pytest.raises(OutputError, match=r"cannot be written to \(Permission denied\)"):
        detect(request_for())


def test_scale_is_checked_before_anything_is_written(request_for, tmp_path, rng):
    stack = write_raster(tmp_path / "u8.tif", (reflectance(rng) // 20).astype("uint8"), names=NAMES)
    with pytest.raises(ScaleError, match="8-bit"):
        detect(request_for(stack=stack))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crs": "EPSG:4326", "pixel": 0.0001, "origin": (10.0, 0.5)}, "is in degrees"),
        (
            {"pixel": 30.0},
            "measure 30 x 30 m on the ground; the model test_model was trained on 10",
        ),
        ({}, None),
    ],
)
def test_unusual_pixels_are_worked_on_with_a_warning(tmp_path, rng, request_for, options, message):
    stack = write_raster(tmp_path / "g.tif", reflectance(rng), names=NAMES, **options)
    warnings = []
    detection = detect(request_for(stack=stack), warn=warnings.append)
    assert detection.landslides
    assert len(warnings) == (message is not None)
    assert all(message in warning for warning in warnings)


def test_disk_full(tmp_path, rng, stack_path, model_path):
    """In a process whose files may not grow beyond 64 KiB."""
    big = write_raster(tmp_path / "big.tif", reflectance(rng, height=600, width=600), names=NAMES)
    (tmp_path / "out").mkdir()
    script = f"""
        import resource, signal
        from landslip.engine.common.errors import LandslipError
        from landslip.engine.detection.pipeline import DetectRequest, detect
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        try:
            detect(DetectRequest({big!r}, {model_path!r}, {str(tmp_path / "out" / "p.tif")!r}))
        except LandslipError as err:
            print(type(err).__name__, err)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("OutputError"), done.stdout + done.stderr
    assert "disk has room" in done.stdout
    assert list((tmp_path / "out").iterdir()) == []


def test_requests_travel(request_for):
    request = request_for()
    assert pickle.loads(pickle.dumps(request)) == request  # noqa: S301 - our own bytes


def test_every_error_is_of_our_own_kind():
    import landslip.engine.common.errors as errors

    kinds = [item for item in vars(errors).values() if isinstance(item, type)]
    assert all(issubclass(kind, LandslipError) for kind in kinds)


def test_tag_is_plain_json(request_for):
    request = request_for()
    detect(request)
    with rasterio.open(request.probability) as dataset:
        assert json.loads(dataset.tags()["LANDSLIP_RUN"])["model"] == "test_model"


@pytest.mark.parametrize(
    ("outlines", "told"),
    [
        ({"fill_holes": 1e9}, "Holes of up to"),
        ({"excluded": "/nowhere/water.tif"}, "cannot be read as a raster"),
    ],
)
def test_outlines_that_cannot_be_drawn_are_told_before_the_work(request_for, outlines, told):
    request = request_for()
    request = replace(request, outlines=VectoriseRequest("", **outlines))
    with pytest.raises(LandslipError, match=told):
        detect(request)
    assert not Path(request.probability).exists()


# --- an image from before the event ---


@pytest.fixture
def pre_event(tmp_path, stack_path, rng):
    """The stack's bands before soil came up in one place, on the same grid; some nodata."""
    with rasterio.open(stack_path) as dataset:
        bands = dataset.read().astype(float)
        profile, names = dataset.profile, dataset.descriptions
    bands *= rng.normal(1, 0.02, bands.shape)
    bands[2, 40:60, 40:60] *= 0.5  # red was lower
    bands[:, :10] = 0
    path = tmp_path / "pre.tif"
    with rasterio.open(path, "w", **profile) as target:
        target.write(bands.astype(profile["dtype"]))
        target.descriptions = names
    return str(path)


def test_new_soil_raises_probabilities_and_nothing_else_moves_much(request_for, pre_event):
    detect(request_for())
    alone = probability(request_for().probability)
    detect(request_for(pre_event=pre_event))
    with_change = probability(request_for().probability)
    moved = (with_change - alone)[:, :]
    changed = np.zeros(alone.shape, bool)
    changed[40:60, 40:60] = True
    assert moved[changed].min() > 0
    assert np.array_equal(with_change[:10], alone[:10])  # nothing is known there
    assert abs(float(np.median(moved[~changed]))) < 0.02


def test_change_is_that_of_the_whole_scene(tmp_path, request_for, pre_event):
    detect(request_for(pre_event=pre_event))
    whole = probability(request_for().probability)
    extent = (500305.0, 4698001.0, 501200.0, 4699000.0)
    detect(request_for(pre_event=pre_event, extent=extent))
    assert np.array_equal(probability(request_for().probability), whole[100:200, 30:120])


def test_bands_that_prepare_laid_on_the_stack(tmp_path, request_for, pre_event, stack_path):
    with rasterio.open(stack_path) as after, rasterio.open(pre_event) as before:
        profile = {**after.profile, "count": after.count + before.count}
        with rasterio.open(tmp_path / "both.tif", "w", **profile) as target:
            target.write(np.concatenate([after.read(), before.read()]))
            names = [f"pre_{name}" for name in before.descriptions]
            target.descriptions = (*after.descriptions, *names)
    both = str(tmp_path / "both.tif")
    detect(request_for(stack=both, pre_event=both, model=request_for().model))
    together = probability(request_for().probability)
    detect(request_for(pre_event=pre_event))
    assert np.array_equal(probability(request_for().probability), together)


def test_an_earlier_image_that_does_not_fit_is_a_sentence(tmp_path, request_for, rng):
    small = write_raster(tmp_path / "s.tif", reflectance(rng, 50, 60), names=["B02", "B03", "B04"])
    with pytest.raises(RasterError, match="another grid"):
        detect(request_for(pre_event=small))
    with rasterio.open(request_for().stack) as dataset:
        shape = dataset.shape
    other = write_raster(tmp_path / "o.tif", np.ones((1, *shape), "uint16"), names=["B08"])
    with pytest.raises(BandError, match="needs B03 and B04"):
        detect(request_for(pre_event=other))
    with rasterio.open(request_for().stack) as dataset:
        values, profile, names = dataset.read(), dataset.profile, dataset.descriptions
    for name, bands, changes, told in (
        ("crs", values, {"crs": "EPSG:32653"}, "another grid or CRS"),
        ("empty", values * 0, {"nodata": 0}, "shows no ground"),
    ):
        with rasterio.open(tmp_path / f"{name}.tif", "w", **{**profile, **changes}) as target:
            target.write(bands)
            target.descriptions = names
        with pytest.raises(RasterError, match=told):
            detect(request_for(pre_event=str(tmp_path / f"{name}.tif")))
    assert not list((tmp_path / "out").iterdir())


def test_a_device_with_little_memory_gets_smaller_batches(request_for, tmp_path, monkeypatch):
    run, sizes = pipeline.Model.run, []

    def narrow(self, patches, statistics):
        sizes.append(len(patches))
        if len(patches) > 2:
            raise DeviceMemoryError("m.onnx failed on cuda (out of memory).")
        return run(self, patches, statistics)

    detect(request_for(probability=str(tmp_path / "whole.tif"), batch_size=8))
    monkeypatch.setattr(pipeline.Model, "run", narrow)
    said = []
    detect(request_for(batch_size=8), lambda done, text: said.append(text))
    assert [text for text in said if "memory" in text] == [
        "The device's memory is too small for 8 patches; it goes on with 4 at a time.",
        "The device's memory is too small for 4 patches; it goes on with 2 at a time.",
    ]
    assert sizes[:3] == [8, 4, 2]
    assert max(sizes[5:]) == 2
    with (
        rasterio.open(tmp_path / "whole.tif") as whole,
        rasterio.open(tmp_path / "out" / "p.tif") as part,
    ):
        assert np.allclose(whole.read(1), part.read(1), atol=1e-6)


def test_a_patch_that_does_not_fit_is_a_sentence(request_for, monkeypatch):
    def full(self, patches, statistics):
        raise DeviceMemoryError("m.onnx failed on cuda (out of memory). Try a smaller batch size.")

    monkeypatch.setattr(pipeline.Model, "run", full)
    with pytest.raises(DeviceMemoryError, match="Try a smaller batch size"):
        detect(request_for())


def test_a_dem_beside_the_extent_is_told_before_the_work(request_for, stack_path, tmp_path):
    with rasterio.open(stack_path) as dataset:
        west, south, east, north = dataset.bounds
        profile = {**dataset.profile, "count": 1, "dtype": "float32", "width": 20, "nodata": None}
        dem = str(tmp_path / "dem.tif")
        with rasterio.open(dem, "w", **profile) as target:
            target.write(np.full((1, dataset.height, 20), 100, np.float32))
    extent = ((west + east) / 2, south, east, north)
    with pytest.raises(RasterError, match="does not touch the extent that was asked for"):
        detect(request_for(dem=dem, extent=extent))
    assert not list((tmp_path / "out").iterdir())
