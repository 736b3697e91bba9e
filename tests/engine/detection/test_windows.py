"""Windows larger than patches, and regions that fit into the memory."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import Cancelled, ParameterError
from landslip.engine.detection import pipeline, region_job
from landslip.engine.detection.pipeline import DetectRequest, detect, needs, region_side
from landslip.engine.models.runtime import Model
from landslip.engine.stack.reader import open_stack
from landslip.engine.stack.scene import scene_statistics
from landslip.tests.support import card, reflectance, write_model, write_raster

BANDS = ("B02", "B03", "B04")
CARD = card(bands=BANDS, window=160, window_overlap=32)
MIB = 2**20


@pytest.fixture
def scene(tmp_path, rng):
    return write_raster(
        tmp_path / "stack.tif", reflectance(rng, height=300, width=410), names=list(BANDS)
    )


@pytest.fixture
def request_for(tmp_path, scene):
    def make(name="p.tif", kernel=1, model_card=CARD, **changes):
        model = write_model(
            tmp_path / f"{kernel}{model_card.window}.onnx", model_card, kernel=kernel
        )
        return DetectRequest(scene, model, str(tmp_path / name), device="cpu", **changes)

    return make


def found(request):
    detection = detect(request)
    with rasterio.open(request.probability) as dataset:
        return dataset.read(1), detection.patches


def test_a_pointwise_model_equals_the_whole_image_run(request_for, scene):
    request = request_for(region_size=128)
    model = Model(request.model, "cpu")
    with rasterio.open(scene) as dataset:
        values = dataset.read().astype("float32")
    expected = model.run(values[None], scene_statistics(open_stack(scene), BANDS))[0]
    assert np.array_equal(found(request)[0], expected)


def test_windows_repeat_less_and_say_the_same(request_for):
    windows, runs = found(request_for(kernel=9))
    patches, many = found(request_for(kernel=9, model_card=card(bands=BANDS)))
    assert runs == 3 * 4
    assert runs * 160**2 < 0.75 * many * 128**2
    # A network of 9 pixels is blind to the size of its image, but for the border.
    assert np.abs(windows - patches).max() < 0.2
    assert np.percentile(np.abs(windows - patches), 95) < 0.01


def test_neither_regions_nor_an_extent_show(request_for, scene):
    whole, _ = found(request_for(kernel=9))
    assert np.array_equal(found(request_for(kernel=9, region_size=96))[0], whole)
    with rasterio.open(scene) as dataset:
        window = rasterio.windows.Window(100, 50, 200, 180)
        extent = dataset.window_bounds(window)
    part, _ = found(request_for(kernel=9, extent=extent))
    assert np.array_equal(part, whole[50:230, 100:300])


def test_who_asks_for_an_overlap_gets_patches(request_for):
    asked, _ = found(request_for(kernel=9, overlap=0.5))
    patches, _ = found(request_for(kernel=9, model_card=card(bands=BANDS)))
    assert np.array_equal(asked, patches)


def test_batches_hold_as_many_pixels(request_for, monkeypatch):
    sizes = []
    run = pipeline.Model.run
    monkeypatch.setattr(
        pipeline.Model, "run", lambda self, x, s: sizes.append(len(x)) or run(self, x, s)
    )
    detect(request_for(batch_size=8))
    assert max(sizes) == 8 * 128**2 // 160**2
    sizes.clear()
    detect(request_for(batch_size=1))
    assert max(sizes) == 1


@pytest.mark.parametrize(
    ("memory", "side"), [(1, 512), (500, 512), (600, 1024), (2000, 1536), (10**6, 1536)]
)
def test_regions_fit_into_the_memory(request_for, memory, side):
    assert region_side(request_for(memory=memory), [CARD]) == side
    if side > 512:
        assert needs([CARD], side, spread=False) <= memory * MIB


def test_more_bands_and_a_spread_make_smaller_regions(request_for):
    many = replace(CARD, bands=tuple(f"B{i:02d}" for i in range(1, 13)))
    assert needs([many], 1024, spread=False) > needs([CARD], 1024, spread=True)
    assert needs([CARD], 1024, spread=True) > needs([CARD], 1024, spread=False)
    request = request_for(memory=1000)
    assert region_side(request, [many]) < region_side(request, [CARD])


@pytest.mark.parametrize(("free", "side"), [(8000, 1536), (2400, 1024), (100, 512), (None, 1536)])
def test_a_quarter_of_what_is_free(request_for, monkeypatch, free, side):
    monkeypatch.setattr(pipeline, "memory", lambda: (free and free * MIB, None))
    assert region_side(request_for(), [CARD]) == side


def test_a_stopped_run_goes_on_with_its_regions_whatever_is_free(tmp_path, rng, monkeypatch):
    stack = write_raster(
        tmp_path / "stack.tif", reflectance(rng, height=700, width=600), names=list(BANDS)
    )
    model = write_model(tmp_path / "m.onnx", card(bands=BANDS))
    request = DetectRequest(stack, model, str(tmp_path / "p.tif"), device="cpu")
    monkeypatch.setattr(pipeline, "memory", lambda: (100 * MIB, None))
    asked = iter(range(30))
    with pytest.raises(Cancelled, match="finished regions are kept"):
        detect(request, cancelled=lambda: next(asked, None) is None)
    monkeypatch.setattr(pipeline, "memory", lambda: (32_000 * MIB, None))
    said = []
    detect(request, lambda done, text: said.append(text))
    assert any("regions were finished by an earlier run" in text for text in said)


def test_memory_below_zero_is_a_sentence(request_for):
    with pytest.raises(ParameterError, match=r"The memory is -5 MiB; expected 0"):
        detect(request_for(memory=-5))


@pytest.mark.parametrize("test_time", ["none", "flips"])
@pytest.mark.parametrize("size", [64, 96, 150])
@pytest.mark.parametrize("model_card", [CARD, card(bands=BANDS)], ids=["windows", "patches"])
def test_no_patch_is_run_twice_and_the_cut_does_not_show(request_for, model_card, size, test_time):
    options = {"kernel": 9, "model_card": model_card, "test_time": test_time}
    whole, runs = found(request_for(**options, region_size=2048))
    cut, as_often = found(request_for(**options, region_size=size))
    assert as_often == runs
    assert np.array_equal(cut, whole)


def test_a_run_that_goes_on_keeps_no_more_patches_than_reach_on(request_for, monkeypatch):
    kept = []
    begin = region_job.Straddling.begin

    def watched(self, region):
        begin(self, region)
        kept.append(len(self._said))

    monkeypatch.setattr(region_job.Straddling, "begin", watched)
    detect(request_for(kernel=9, region_size=150))
    assert kept[0] == 0
    # 410 pixels a row: four windows of 160, of which a border of rows is crossed by one row.
    assert 0 < max(kept) <= 4 + 2
    assert len(kept) == 2 * 3
