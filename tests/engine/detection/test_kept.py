"""A run that was killed, stopped or out of room goes on where it was, to the same raster."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import Cancelled, OutputError
from landslip.engine.detection import pipeline
from landslip.engine.detection.kept import KeptRegions, Region
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.raster.tiling import Window
from landslip.tests.support import card, reflectance, write_model, write_raster

BANDS = ("B02", "B03", "B04")


@pytest.fixture
def request_for(tmp_path, rng):
    stack = write_raster(tmp_path / "stack.tif", reflectance(rng), names=list(BANDS))
    model = write_model(tmp_path / "model.onnx", card(bands=BANDS), kernel=3)

    def make(name="p.tif", **changes):
        # 200 x 230 pixels: twelve regions.
        return DetectRequest(stack, model, str(tmp_path / name), region_size=64, **changes)

    return make


def pixels(path):
    with rasterio.open(path) as dataset:
        return dataset.read()


def hidden(folder):
    return sorted(path.name for path in Path(folder).iterdir() if path.name.startswith("."))


def stop_after(batches):
    """A check that says stop after so many questions."""
    asked = iter(range(batches))
    return lambda: next(asked, None) is None


@pytest.fixture
def counted(monkeypatch):
    """How many patches the models of this test ran on."""
    ran = []
    run = pipeline.Model.run

    def counting(self, patches, statistics):
        ran.append(len(patches))
        return run(self, patches, statistics)

    monkeypatch.setattr(pipeline.Model, "run", counting)
    return ran


def stopped(request, batches=30):
    with pytest.raises(Cancelled, match="finished regions are kept beside the output") as err:
        detect(request, cancelled=stop_after(batches))
    return str(err.value)


@pytest.mark.parametrize("test_time", ["none", "flips"])
def test_a_stopped_run_goes_on_to_the_same_raster(tmp_path, request_for, counted, test_time):
    whole = detect(request_for("whole.tif", test_time=test_time))
    all_patches = sum(counted)
    stopped(request_for(test_time=test_time), 30 if test_time == "none" else 45)
    assert not (tmp_path / "p.tif").exists()
    assert hidden(tmp_path) == [".p.tif.regions"]
    counted.clear()
    said = []
    detection = detect(request_for(test_time=test_time), lambda done, text: said.append(text))
    assert sum(counted) < 0.8 * all_patches
    assert any("regions were finished by an earlier run" in text for text in said)
    assert np.array_equal(pixels(tmp_path / "p.tif"), pixels(tmp_path / "whole.tif"))
    assert len(detection.landslides) == len(whole.landslides)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"overlap": 0.25}, "overlap"),
        ({"extent": (500_000.0, 4_000_000.0, 501_500.0, 4_001_000.0)}, "extent"),
        ({"batch_size": 3}, "batch size"),
    ],
)
def test_another_run_begins_anew_and_says_why(tmp_path, request_for, changes, told):
    stopped(request_for())
    if "extent" in changes:
        with rasterio.open(tmp_path / "stack.tif") as dataset:
            west, south, east, north = dataset.bounds
        changes = {"extent": (west, (south + north) / 2, east, north)}
    said = []
    detect(request_for(**changes), lambda done, text: said.append(text))
    assert any(f"It differs in {told}, so nothing" in text for text in said)
    fresh = request_for("fresh.tif", **changes)
    detect(fresh)
    assert np.array_equal(pixels(tmp_path / "p.tif"), pixels(tmp_path / "fresh.tif"))


def test_a_changed_image_and_a_changed_model_are_noticed(tmp_path, rng, request_for):
    for path, change in (
        ("stack.tif", lambda p: write_raster(p, reflectance(rng) + 50, names=list(BANDS))),
        ("model.onnx", lambda p: write_model(p, card(bands=BANDS), kernel=3, seed=5)),
    ):
        stopped(request_for())
        change(tmp_path / path)
        said = []
        detect(request_for(), lambda done, text, said=said: said.append(text))
        detect(request_for("fresh.tif"))
        name = "the stack" if path == "stack.tif" else "the model"
        assert any(f"differs in {name}" in text for text in said)
        assert np.array_equal(pixels(tmp_path / "p.tif"), pixels(tmp_path / "fresh.tif"))


def test_what_a_vrt_is_made_of_counts_as_the_stack(tmp_path, rng, request_for):
    from dataclasses import replace

    request = request_for()
    path = tmp_path / "stack.vrt"
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{n}"><Description>{name}</Description>'
        f'<SimpleSource><SourceFilename relativeToVRT="1">stack.tif</SourceFilename>'
        f"<SourceBand>{n}</SourceBand></SimpleSource></VRTRasterBand>"
        for n, name in enumerate(BANDS, start=1)
    )
    with rasterio.open(request.stack) as dataset:
        crs, (a, b, c, d, e, f) = dataset.crs.to_wkt(), dataset.transform[:6]
        size = f'rasterXSize="{dataset.width}" rasterYSize="{dataset.height}"'
    path.write_text(
        f"<VRTDataset {size}><SRS>{crs}</SRS>"
        f"<GeoTransform>{c},{a},{b},{f},{d},{e}</GeoTransform>{bands}</VRTDataset>"
    )
    virtual = replace(request, stack=str(path))
    stopped(virtual)
    write_raster(tmp_path / "stack.tif", reflectance(rng) + 50, names=list(BANDS))
    said = []
    detect(virtual, lambda done, text: said.append(text))
    assert any("differs in the stack" in text for text in said)


@pytest.mark.parametrize("content", ["[]", "null", "{", "3"])
def test_a_damaged_record_begins_anew(tmp_path, request_for, content):
    stopped(request_for())
    (tmp_path / ".p.tif.regions" / "run.json").write_text(content)
    detect(request_for())
    assert hidden(tmp_path) == []


def test_a_damaged_region_is_made_again(tmp_path, request_for):
    stopped(request_for())
    kept = sorted((tmp_path / ".p.tif.regions").glob("*.npz"))
    kept[0].write_bytes(kept[0].read_bytes()[:-200])
    content = bytearray(kept[1].read_bytes())
    content[300] ^= 255
    kept[1].write_bytes(content)
    detect(request_for())
    detect(request_for("whole.tif"))
    assert np.array_equal(pixels(tmp_path / "p.tif"), pixels(tmp_path / "whole.tif"))


def test_a_run_without_a_finished_region_leaves_nothing(tmp_path, request_for):
    with pytest.raises(Cancelled, match=r"No file was written\.$"):
        detect(request_for(), cancelled=stop_after(13))
    assert hidden(tmp_path) == []


def test_the_second_of_two_runs_on_one_output_is_refused(tmp_path, request_for):
    with KeptRegions(str(tmp_path / "p.tif"), {}):
        with pytest.raises(OutputError, match=r"Another run is writing .*p\.tif"):
            detect(request_for())
        detect(request_for("other.tif"))
    detect(request_for())


def test_a_full_disk_keeps_what_was_finished(tmp_path, request_for, monkeypatch):
    save, count = KeptRegions.save, [0]

    def full(self, window, region):
        count[0] += 1
        if count[0] > 3:
            raise OSError(28, "No space left on device")
        save(self, window, region)

    monkeypatch.setattr(KeptRegions, "save", full)
    with pytest.raises(OutputError, match="No space"):
        detect(request_for())
    monkeypatch.undo()
    assert len(list((tmp_path / ".p.tif.regions").glob("*.npz"))) == 3
    assert not (tmp_path / "p.tif").exists()
    detect(request_for())
    assert hidden(tmp_path) == []


def test_no_room_for_a_region_is_a_sentence(tmp_path):
    kept = KeptRegions(str(tmp_path / "p.tif"), {})
    (tmp_path / ".p.tif.regions").rename(tmp_path / "moved")
    layer = np.zeros((2, 2), np.float32)
    with pytest.raises(OutputError, match="Check that the disk has room"):
        kept.save(Window(0, 0, 2, 2), Region(layer, layer > 0, None))


def test_regions_come_back_to_the_last_bit(tmp_path, rng):
    window = Window(7, 9, 33, 21)
    layer = rng.random((33, 21)).astype(np.float32)
    with KeptRegions(str(tmp_path / "p.tif"), {"a": (1, 2)}) as kept:
        kept.save(window, Region(layer, layer > 0.3, layer / 2))
    with KeptRegions(str(tmp_path / "p.tif"), {"a": [1, 2]}) as kept:
        assert kept.found == 1
        found = kept.saved(window)
        assert np.array_equal(found.probability, layer)
        assert np.array_equal(found.valid, layer > 0.3)
        assert np.array_equal(found.spread, layer / 2)
        assert kept.saved(Window(7, 9, 33, 22)) is None
        assert kept.saved(Window(0, 9, 33, 21)) is None
        kept.finish()
    assert hidden(tmp_path) == []


RUN = """
import sys, time
from landslip.engine.detection import pipeline
run = pipeline.Model.run
def slow(self, patches, statistics):
    time.sleep(0.01)
    return run(self, patches, statistics)
pipeline.Model.run = slow
stack, model, target = sys.argv[1:]
request = pipeline.DetectRequest(stack, model, target, region_size=64)
pipeline.detect(request, lambda done, text: print(done, flush=True))
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_after_kill_9_the_same_command_goes_on(tmp_path, request_for, counted):
    request = request_for()
    command = [sys.executable, "-c", RUN, request.stack, request.model, request.probability]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if float(line) > 0.5:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(list((tmp_path / ".p.tif.regions").glob("*.npz"))) > 2
    detect(request_for("whole.tif"))
    all_patches = sum(counted)
    counted.clear()
    detect(request)
    assert sum(counted) < 0.8 * all_patches
    assert np.array_equal(pixels(tmp_path / "p.tif"), pixels(tmp_path / "whole.tif"))


def test_a_disk_without_any_room_is_told_and_nothing_stays(tmp_path, request_for, monkeypatch):
    def full(self, *_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match=r"p\.tif cannot be written \(No space left on device"):
        detect(request_for())
    assert hidden(tmp_path) == []


def test_outputs_of_one_name_and_two_endings_keep_apart(tmp_path, request_for):
    stopped(request_for("p.tif"))
    stopped(request_for("p.tiff"))
    assert hidden(tmp_path) == [".p.tif.regions", ".p.tiff.regions"]
    detect(request_for("p.tiff"))
    assert hidden(tmp_path) == [".p.tif.regions"]
