"""A run on a Dask cluster of real processes: the raster of one machine, whatever dies."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform_bounds

from landslip.engine.common.errors import Cancelled, ClusterError, SchedulerError
from landslip.engine.detection import cluster as clusters
from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.tests.support import card, reflectance, write_model, write_raster

Client = pytest.importorskip("distributed").Client

BANDS = ("B02", "B03", "B04")
#: What a worker does before it begins: regions take a while, so that a test can come between.
SLOW = """
import time
from landslip.engine.detection import cluster, region_job
def slow(*arguments):
    time.sleep(0.3)
    return region_job.run_regions(*arguments)
cluster.run_regions = slow
"""
#: A worker that leaves a line in a file for each region.
TOLD = """
from landslip.engine.detection import cluster, region_job
def told(job, models, regions, *arguments):
    with open({file!r}, "a") as file:
        print(regions[0], file=file)
    return region_job.run_regions(job, models, regions, *arguments)
cluster.run_regions = told
"""
OLD = "import landslip; landslip.__version__ = '0.1'"


class Processes:
    """A scheduler and workers, which can be killed."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.folder, self.all, self.workers = folder, [], []
        self.start_scheduler()

    def start(self, *arguments):
        with (self.folder / "log.txt").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10"},
            )
        self.all.append(process)
        return process

    def start_scheduler(self):
        where = ("--host", "127.0.0.1", "--port", str(self.port))
        self.scheduler = self.start("scheduler", *where, "--no-dashboard", "--no-jupyter")

    def start_worker(self, before=SLOW, *more):
        script = self.folder / f"before{len(self.all)}.py"
        script.write_text(before)
        place = ("--local-directory", str(self.folder), "--preload", str(script))
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", *place, *more)
        self.workers.append(self.start("worker", self.address, *options))
        return self.workers[-1]

    def stop(self):
        for process in self.all:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


@pytest.fixture
def processes(tmp_path):
    found = Processes(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def two(processes):
    processes.start_worker()
    processes.start_worker()
    return processes


@pytest.fixture
def request_for(tmp_path, rng):
    values = reflectance(rng, height=300, width=420)
    stack = write_raster(tmp_path / "stack.tif", values, names=list(BANDS))
    model = write_model(tmp_path / "model.onnx", card(bands=BANDS), kernel=9)
    base = DetectRequest(stack, model, str(tmp_path / "p.tif"), device="cpu", region_size=100)

    def make(name, **changes):
        return replace(base, probability=str(tmp_path / name), **changes)

    return make


def pixels(request):
    with rasterio.open(request.probability) as dataset:
        return dataset.read()


def expected(request):
    alone = replace(request, scheduler="", probability=f"{request.probability}.alone.tif")
    detection = detect(alone)
    return pixels(alone), detection.landslides


def run_and(request, at, do):
    """Run, and do something once a share of the regions is done; what was found, what was told."""
    told, done = [], threading.Event()

    def progress(share, message):
        told.append(message)
        if share >= at and not done.is_set():
            done.set()
            do()

    return detect(request, progress), " ".join(told)


def test_two_workers_make_the_raster_of_one_machine(two, request_for, tmp_path):
    other = card(name="other", bands=("B03", "B04"), patch_size=96)
    others = (write_model(tmp_path / "other.onnx", other, kernel=5, seed=1),)
    with rasterio.open(request_for("p.tif").stack) as dataset:
        crs, (west, south, east, north) = dataset.crs.to_wkt(), dataset.bounds
    triangle = polygon_wkb([np.array([[west, south], [west, north], [east, north]])])
    for name, changes in {
        "plain": {},
        "flips": {"test_time": "flips"},
        "ensemble": {"ensemble": others},
        "mask": {"mask": Outlines("half", crs, (triangle,))},
    }.items():
        request = request_for(f"{name}.tif", scheduler=two.address, **changes)
        detection = detect(request)
        raster, landslides = expected(request)
        assert np.array_equal(pixels(request), raster), name
        assert [s.wkb for s in detection.landslides] == [s.wkb for s in landslides]
        assert detection.device == "dask"
        assert (detection.area_range is not None) == (name in ("flips", "ensemble"))


def test_slope_of_a_dem_in_degrees_is_that_of_one_machine(two, rng, tmp_path):
    """A worker reads it in other windows, and GDAL warps a large one in one piece."""
    stack = write_raster(
        tmp_path / "terrain.tif", reflectance(rng, bands=1, height=300, width=1400), names=["B02"]
    )
    with rasterio.open(stack) as dataset:
        west, south, _, north = transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
    heights = np.cumsum(rng.normal(0, 20, (int((north - south) * 3600) + 40, 700)), axis=1)
    place = {"origin": (west - 0.005, north + 0.005), "pixel": 1 / 3600, "crs": "EPSG:4326"}
    dem = write_raster(tmp_path / "dem.tif", heights[None].astype("float32"), **place)
    model = write_model(tmp_path / "terrain.onnx", card(bands=("B02", "slope")), kernel=9)
    alone = DetectRequest(stack, model, str(tmp_path / "p.tif"), dem, device="cpu", region_size=600)
    request = replace(alone, scheduler=two.address)
    detect(request)
    assert np.array_equal(pixels(request), expected(request)[0])


def test_a_worker_that_is_killed_costs_its_work_alone(two, request_for):
    request = request_for("killed.tif", scheduler=two.address)
    run_and(request, 0.3, two.workers[0].kill)
    assert two.workers[0].wait() == -signal.SIGKILL
    assert np.array_equal(pixels(request), expected(request)[0])


def test_what_a_slow_worker_holds_is_given_to_others(two, request_for, monkeypatch):
    monkeypatch.setattr(clusters, "_SLOW_SECONDS", 1.0)
    request = request_for("slow.tif", scheduler=two.address)
    run_and(request, 0.3, lambda: two.workers[0].send_signal(signal.SIGSTOP))
    assert np.array_equal(pixels(request), expected(request)[0])
    assert two.workers[0].poll() is None


def test_a_scheduler_that_comes_back_is_waited_for(two, request_for):
    def restart():
        for process in (two.scheduler, *two.workers):
            process.kill()
            process.wait()
        two.start_scheduler()
        two.start_worker()

    request = request_for("back.tif", scheduler=two.address)
    _, told = run_and(request, 0.3, restart)
    assert f"The scheduler {two.address} is gone." in told
    assert f"The scheduler {two.address} is back." in told
    assert np.array_equal(pixels(request), expected(request)[0])


def test_a_scheduler_that_stays_away_is_a_sentence_and_the_run_goes_on_later(
    two, request_for, monkeypatch
):
    monkeypatch.setattr(clusters, "_PATIENCE", 1)
    monkeypatch.setattr(clusters, "_ANSWER", 2)
    request = request_for("away.tif", scheduler=two.address)
    with pytest.raises(ClusterError, match=r"No scheduler answers at tcp://127.0.0.1"):
        run_and(request, 0.3, two.stop)
    two.start_scheduler()
    two.start_worker()
    _, told = run_and(request, 2, lambda: None)
    assert "regions were finished by an earlier run and are taken over" in told
    assert np.array_equal(pixels(request), expected(request)[0])


def test_workers_that_come_late_are_waited_for(processes, request_for):
    request = request_for("late.tif", scheduler=processes.address)
    started = []

    def progress(share, message):
        if "has no workers; the run waits" in message and not started:
            started.append(processes.start_worker("", "--resources", "GPU=1"))

    detect(request, progress)
    assert started
    assert np.array_equal(pixels(request), expected(request)[0])


def test_workers_with_a_gpu_get_all_regions_from_the_first_on(processes, request_for, tmp_path):
    logs = {name: tmp_path / f"{name}.log" for name in ("plain", "gpu")}
    processes.start_worker(TOLD.format(file=str(logs["plain"])))
    detect(request_for("plain.tif", scheduler=processes.address))  # it has the model now
    logs["plain"].unlink()
    processes.start_worker(TOLD.format(file=str(logs["gpu"])), "--resources", "GPU=1")
    with Client(processes.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    detect(request_for("gpu.tif", scheduler=processes.address))
    assert len(logs["gpu"].read_text().splitlines()) >= 15  # 3 x 5 regions
    assert not logs["plain"].exists()


def test_that_all_workers_have_gone_is_told(two, request_for, monkeypatch):
    monkeypatch.setattr(clusters, "_COUNT", 0.2)

    def kill():
        for worker in two.workers:
            worker.kill()

    begun, told = threading.Event(), []

    def progress(share, message):
        told.append(message)
        if share > 0.2 and not begun.is_set():
            begun.set()
            kill()
        if "has no workers; the run waits" in message:
            two.start_worker("")

    request = request_for("nobody.tif", scheduler=two.address)
    detect(request, progress)
    assert any("has no workers; the run waits" in message for message in told)
    assert np.array_equal(pixels(request), expected(request)[0])


def test_stopping_frees_the_cluster_and_keeps_what_was_found(two, request_for):
    request = request_for("stopped.tif", scheduler=two.address)
    share = [0.0]

    def progress(done, message):
        share[0] = done

    began = time.monotonic()
    with pytest.raises(Cancelled, match="finished regions are kept"):
        detect(request, progress, lambda: share[0] > 0.2)
    assert time.monotonic() - began < 30
    _, told = run_and(request, 2, lambda: None)
    assert "are taken over" in told
    assert np.array_equal(pixels(request), expected(request)[0])


def test_a_scheduler_that_hangs_holds_nobody_back(two, request_for):
    request, share = request_for("hangs.tif", scheduler=two.address), [0.0]

    def progress(done, message):
        share[0] = done

    stopped = []

    def cancelled():
        if share[0] > 0.2 and not stopped:
            two.scheduler.send_signal(signal.SIGSTOP)
            stopped.append(time.monotonic())
        return bool(stopped) and time.monotonic() > stopped[0] + 1

    with pytest.raises(Cancelled, match="finished regions are kept"):
        detect(request, progress, cancelled)
    assert time.monotonic() - stopped[0] < 15


def test_a_scheduler_that_hangs_for_long_is_given_up(two, request_for, monkeypatch):
    monkeypatch.setattr(clusters, "_PATIENCE", 1)
    monkeypatch.setattr(clusters, "_ANSWER", 2)
    monkeypatch.setattr(clusters, "_COUNT", 0.2)
    told, stopped = [], threading.Event()

    def progress(share, message):
        told.append(message)
        if share > 0.2 and not stopped.is_set():
            stopped.set()
            two.scheduler.send_signal(signal.SIGSTOP)

    with pytest.raises(SchedulerError, match=r"has not answered for \d s, though it is connected"):
        detect(request_for("silent.tif", scheduler=two.address), progress)
    assert any("does not answer. Waiting up to 1 s" in message for message in told)


@pytest.fixture
def mute():
    """The address of something that takes connections, and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"


def test_what_never_answers_is_no_scheduler(mute, request_for, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "_ANSWER", 0.5)
    monkeypatch.setattr(clusters, "_GOODBYE", 0.5)
    with pytest.raises(SchedulerError, match=r"something is there, but says nothing for 0.5 s"):
        detect(request_for("mute.tif", scheduler=mute))
    assert not (tmp_path / "mute.tif").exists()


def test_stopping_works_while_a_scheduler_is_waited_for(mute, request_for):
    looked = []
    request, began = request_for("mute.tif", scheduler=mute), []

    def cancelled():
        looked.append(time.monotonic())
        began[:] = began or looked
        return len(looked) > 30 or time.monotonic() - began[0] > 3

    with pytest.raises(Cancelled):
        detect(request, None, cancelled)
    assert time.monotonic() - began[0] < clusters._ANSWER / 2


def test_stopping_works_while_one_that_is_gone_is_waited_for(two, request_for):
    gone, told = [], []

    def progress(share, message):
        told.append(message)
        if share > 0.2 and not gone:
            gone.append(time.monotonic())
            two.scheduler.kill()

    def cancelled():
        return any("is gone. Waiting" in message for message in told)

    with pytest.raises(Cancelled, match="finished regions are kept"):
        detect(request_for("gone.tif", scheduler=two.address), progress, cancelled)
    assert time.monotonic() - gone[0] < clusters._ANSWER / 2


def test_another_version_is_a_sentence(processes, request_for, tmp_path):
    processes.start_worker(OLD)
    request = request_for("old.tif", scheduler=processes.address)
    with pytest.raises(ClusterError, match=r"different versions of Landslip \(0\.1 and"):
        detect(request)
    assert not (tmp_path / "old.tif").exists()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:9", ":"])
def test_no_scheduler_is_a_sentence(request_for, address, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "_ANSWER", 1)
    with pytest.raises(ClusterError, match=r"No scheduler answers at .* tcp://host:8786"):
        detect(request_for("none.tif", scheduler=address))
    assert not (tmp_path / "none.tif").exists()


@pytest.mark.parametrize("address", ["127.0.0.1:8786x", "nonsense", "http://127.0.0.1:9"])
def test_what_is_no_address_is_not_tried(request_for, address, monkeypatch):
    """Dask's client of it would wait at the end of the program, and end in a traceback."""
    distributed = pytest.importorskip("distributed")
    tried = []
    monkeypatch.setattr(distributed, "Client", lambda *given, **_: tried.append(given))
    with pytest.raises(ClusterError, match="No scheduler answers at"):
        detect(request_for("none.tif", scheduler=address))
    assert tried == []


def test_an_error_on_a_worker_names_it(two, request_for, tmp_path):
    def remove():
        (tmp_path / "stack.tif").rename(tmp_path / "gone.tif")

    request = request_for("gone.tif.p.tif", scheduler=two.address)
    with pytest.raises(ClusterError, match=r"On the worker tcp://.*stack\.tif"):
        run_and(request, 0.2, remove)
