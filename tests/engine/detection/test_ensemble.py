"""Several models in one run: the mean and the spread of what each says alone."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from landslip.engine.common.errors import BandError, Cancelled, OutputError, ParameterError
from landslip.engine.detection import region_job
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.models.probability import open_probability
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.tests.support import UTM, card, reflectance, write_model, write_raster

BANDS = ("B02", "B03", "B04")
CARDS = (
    card(name="first", bands=BANDS),
    card(name="second", bands=("B04", "B02"), patch_size=96, overlap=0.25, normalisation="fixed"),
    card(name="third", bands=("B03", "slope"), window=160, window_overlap=32),
)


@pytest.fixture
def models(tmp_path):
    return [
        write_model(tmp_path / f"{each.name}.onnx", each, kernel=7, seed=seed)
        for seed, each in enumerate(CARDS)
    ]


@pytest.fixture
def request_for(tmp_path, rng, models):
    values = reflectance(rng, height=260, width=300)
    values[:, 40:60, 200:260] = 0
    stack = write_raster(tmp_path / "stack.tif", values, names=list(BANDS), nodata=0)
    heights = reflectance(rng, bands=1, height=280, width=320)[0]
    dem = write_raster(tmp_path / "dem.tif", heights, origin=(499900.0, 4700100.0))
    first, *others = models
    base = DetectRequest(stack, first, "", dem, ensemble=tuple(others), device="cpu")

    def make(name="p.tif", **changes):
        return replace(base, probability=str(tmp_path / name), **changes)

    return make


def pixels(request):
    with rasterio.open(request.probability) as dataset:
        return dataset.read(masked=True)


def each_alone(request):
    """What each model says alone, [models, height, width]."""
    alone = []
    for number, model in enumerate(request.models):
        target = request.probability.replace(".tif", f".{number}.tif")
        single = replace(request, model=model, ensemble=(), probability=target)
        detect(single)
        alone.append(pixels(single)[0])
    return np.ma.stack(alone)


def test_mean_and_spread_of_what_each_model_says_alone(request_for):
    """Though they read other bands, in other patches, and one of them in windows."""
    request = request_for()
    found = detect(request)
    alone = each_alone(request)
    mean, spread = pixels(request)
    assert np.array_equal(mean.mask, alone[0].mask)
    assert mean.mask.sum() == 20 * 60
    np.testing.assert_allclose(mean, alone.mean(axis=0, dtype=float), atol=1e-6)
    np.testing.assert_allclose(spread, alone.std(axis=0, dtype=float), atol=1e-6)
    assert spread.max() > 0.1
    assert {slide["model"] for slide in found.landslides} == {"first + second + third"}
    assert (found.card, found.others) == (CARDS[0], CARDS[1:])
    counts = open_probability(request.probability).counts
    assert counts.names == ("first", "second", "third")
    expected = [(run >= np.float32(0.5)).sum() for run in (*alone, mean)]
    assert counts.pixels[:, 50].tolist() == expected


def test_the_range_of_the_area(request_for):
    """Each run's pixels over those of the mean, times the area; at any threshold afterwards."""
    request = request_for(threshold=0.6)
    found = detect(request)
    mean, alone = pixels(request)[0], each_alone(request)
    shares = [(run >= np.float32(0.6)).sum() / (mean >= np.float32(0.6)).sum() for run in alone]
    assert found.area_range.low == pytest.approx(found.area * min(1, *shares))
    assert found.area_range.high == pytest.approx(found.area * max(1, *shares))
    assert found.area_range.std == pytest.approx(found.area * np.std(shares))
    raster = open_probability(request.probability)
    other = list(vectorise(VectoriseRequest(request.probability, threshold=0.4)))
    area = sum(slide["area_m2"] for slide in other)
    high = max((run >= np.float32(0.4)).sum() / (mean >= np.float32(0.4)).sum() for run in alone)
    assert raster.area_range(area, 0.4).high == pytest.approx(area * max(1, high))


def test_one_run_has_no_range(request_for):
    assert detect(request_for(ensemble=())).area_range is None


@pytest.mark.parametrize("test_time", ["none", "flips"])
@pytest.mark.parametrize("room", [0, 2**28])
def test_cuts_do_not_show(request_for, monkeypatch, test_time, room):
    """With and without room for patches that several regions share."""
    monkeypatch.setattr(region_job.Straddling.__init__, "__defaults__", (room,))
    whole, cut = (
        request_for(f"{size}.tif", region_size=size, test_time=test_time) for size in (2048, 100)
    )
    (one, many) = (detect(request) for request in (whole, cut))
    assert (many.patches > one.patches) == (room == 0)
    assert np.array_equal(pixels(whole), pixels(cut))
    counts = [open_probability(r.probability).counts.pixels for r in (whole, cut)]
    assert np.array_equal(*counts)
    assert len(counts[0]) == len(CARDS) * (4 if test_time == "flips" else 1) + 1


def test_only_pixels_that_are_asked_for_are_counted(request_for):
    box = 500500.0, 4698000.0, 502000.0, 4699500.0
    ring = np.array([(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])])
    inside = request_for(mask=Outlines("mask", UTM, (polygon_wkb([ring]),)))
    detect(inside)
    counts = open_probability(inside.probability).counts
    assert counts.pixels[:, 0].tolist() == [(~pixels(inside)[0].mask).sum()] * 4


def stopped(request):
    asked = iter(range(40))
    with pytest.raises(Cancelled, match="finished regions are kept"):
        detect(request, cancelled=lambda: next(asked, None) is None)


def test_a_stopped_run_goes_on_to_the_same_raster(request_for):
    request, whole = request_for(region_size=100), request_for("whole.tif", region_size=100)
    stopped(request)
    told = []
    detect(request, lambda _done, text: told.append(text))
    detect(whole)
    assert any("are taken over" in text for text in told)
    assert np.array_equal(pixels(request), pixels(whole))
    counts = [open_probability(r.probability).counts.pixels for r in (request, whole)]
    assert np.array_equal(*counts)


@pytest.mark.parametrize("others", [(), (1,), (2, 1)])
def test_regions_of_another_ensemble_are_not_mixed_in(request_for, models, others):
    stopped(request_for(region_size=100))
    told = []
    other = {"ensemble": tuple(models[i] for i in others), "region_size": 100}
    detect(request_for(**other), lambda _done, text: told.append(text))
    assert any("It differs in the ensemble, so nothing" in text for text in told)
    detect(request_for("fresh.tif", **other))
    assert np.array_equal(pixels(request_for()), pixels(request_for("fresh.tif")))


def test_an_image_from_before_raises_the_mean_and_leaves_no_areas_of_runs(
    tmp_path, rng, request_for
):
    earlier = reflectance(rng, height=260, width=300)
    before = write_raster(tmp_path / "before.tif", earlier, names=list(BANDS), nodata=0)
    found = detect(request_for(pre_event=before))
    assert found.area_range is None
    assert open_probability(found.probability).has_spread


def test_a_part_of_a_raster_does_not_say_what_the_whole_said(tmp_path, request_for):
    request = request_for()
    detect(request)
    part = str(tmp_path / "part.tif")
    with rasterio.open(request.probability) as whole:
        profile = {**whole.profile, "height": 128}
        with rasterio.open(part, "w", **profile) as dataset:
            dataset.write(whole.read()[:, :128])
            dataset.descriptions = whole.descriptions
            dataset.update_tags(**whole.tags())
    assert open_probability(part).has_spread
    assert open_probability(part).counts is None


def test_what_cannot_be_an_ensemble(tmp_path, request_for, models):
    copy = tmp_path / "copy.onnx"
    copy.write_bytes((tmp_path / "first.onnx").read_bytes())
    with pytest.raises(ParameterError, match="first is in the ensemble twice"):
        detect(request_for(ensemble=(str(copy),)))
    with pytest.raises(BandError, match="The model third needs band slope"):
        detect(request_for(dem=None))
    with pytest.raises(OutputError, match="would overwrite an input"):
        detect(replace(request_for(), probability=models[1]))
    assert [path.name for path in tmp_path.glob("p*")] == []
