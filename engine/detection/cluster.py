"""The regions of a scene on the workers of a Dask cluster.

A task is a region: a worker opens the scene by its path, the models once, and gives probabilities
back. Writing, outlining, and what is kept of a run that was stopped, stay with the caller; so the
result is that of a run on one machine, and a worker that dies costs what it had in work.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ... import __version__
from ..common.dependencies import require
from ..common.errors import ClusterError, LandslipError, SchedulerError
from ..models.device_choice import candidates, fastest
from ..models.runtime import Model
from ..raster.tiling import Window
from ..stack.reader import Stack
from .kept import Region, checksum
from .region_job import Inside, RegionJob, real_batch, run_regions

#: What a run on a cluster says that it ran on.
DEVICE = "dask"
#: How long a scheduler has to answer, and how long one that is gone is waited for, seconds.
_ANSWER, _PATIENCE = 20, 120
#: What Dask says when it gives up, while we are about to tell it in a sentence of our own.
_NOISY = "distributed.client"
#: How long leaving may take, seconds.
_GOODBYE = 2
#: How often results are looked for, and how often the workers are counted, seconds.
_POLL, _COUNT = 0.05, 3.0
#: Tasks that are handed out beyond those in work, so that an adaptive cluster sees it must grow.
_AHEAD = 16
#: A region that takes so many times the median, and at least so many seconds, is given out again,
#: so often at most.
_SLOW, _SLOW_SECONDS, _COPIES = 3.0, 5.0, 3
#: How often a region may fail for what is no error of ours, such as a worker that died on it.
_FAILURES = 5
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class ModelFile:
    """A model as it goes to workers.

    Attributes:
        content: The file; None where a worker may have it already. It is not a result of a task
            that workers pass on: one that hangs would hold back all others.
        sha256: Its checksum.
        device: One of `runtime.DEVICE_NAMES`.
        threads: Of the processor; 0 for an equal share of a worker's cores.
        version: Landslip's version where the run was begun.
    """

    content: bytes | None = field(repr=False)
    sha256: str
    device: str
    threads: int
    version: str = __version__


@dataclass(frozen=True)
class Census:
    """The workers of a cluster.

    Attributes:
        threads: Of all of them.
        gpus: Whether some say that they have a GPU.
        busy: By worker, the keys of the tasks that it has.
    """

    threads: int = 1
    gpus: bool = False
    busy: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Cluster:
    """A connection to a scheduler. Use as a context, from one thread.

    Args:
        address: Such as ``tcp://host:8786``.
        models: Paths of the models.
        device: What workers run them on; ``auto`` lets each choose.
        threads: See `ModelFile`.
        tell: Called with sentences on what becomes of the cluster.
        look: Called now and then while something is waited for; may raise.

    Raises:
        DependencyError: Dask is not installed.
        SchedulerError: No scheduler answers there.
    """

    def __init__(
        self,
        address: str,
        models: Sequence[str],
        device: str = "auto",
        threads: int = 0,
        tell: Callable[[str], None] = lambda _message: None,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self._address, self._tell, self._look = address, tell, look
        self._files = tuple(
            ModelFile(Path(model).read_bytes(), checksum(model), device, threads)
            for model in models
        )
        self._client: Any = None
        self._count: Future[Census] | None = None
        self._asked = 0.0
        self._silent = False
        self._connect()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def run_regions(
        self,
        job: RegionJob,
        regions: Sequence[Window],
        inside: Inside,
        advance: Callable[[int], None],
    ) -> Generator[tuple[Window, Region, int], None, None]:
        """Run the models on regions, in any order; as `region_job.run_regions`.

        Raises:
            ClusterError: The cluster is gone, or its workers die of this work.
            LandslipError: A worker's own; its message names the worker.
        """
        job = replace(job, stack=_with_whole_paths(job.stack))
        run = _Run(self, job, inside, deque(regions))
        try:
            while run.busy:
                advance(0)
                run.hand_out()
                for region, found, ran in run.collect():
                    advance(job.patches(region))
                    yield region, found, ran
                time.sleep(_POLL)
        finally:
            run.drop()

    # --- the connection --------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether the scheduler is connected."""
        return bool(self._client.status == "running")

    def reconnect(self) -> None:
        """Wait for a scheduler that is gone.

        Raises:
            SchedulerError: It does not come back.
        """
        self._tell(
            f"The scheduler {self._address} is gone. Waiting up to {_PATIENCE} s for it to come "
            "back."
        )
        self._leave()
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self._connect()
                break
            except SchedulerError:
                if time.monotonic() > until:
                    raise
                self._look()
                time.sleep(1)
        self._tell(f"The scheduler {self._address} is back.")

    def submit(self, task: Callable[..., Any], *arguments: Any, key: str, **options: Any) -> Any:
        """Hand a task out that takes model files first, which only the named worker is sent."""
        files = self._files
        if not options.get("workers"):
            files = tuple(replace(file, content=None) for file in files)
        return self._client.submit(task, files, *arguments, key=key, pure=False, **options)

    def counted(self) -> Census | None:
        """A new census; None until it has come.

        Raises:
            SchedulerError: The scheduler is there, but has said nothing for long.
        """
        now = time.monotonic()
        if self._count is None:
            self._count, self._asked = _aside(self._census), self._asked or now
        if not self._count.done() or self._count.exception():
            if self._count.done():
                self._count = None
            self._check_silence(now - self._asked)
            return None
        found, self._count = self._count.result(), None
        self._asked, self._silent = 0.0, False
        return found

    def tell_of_no_workers(self) -> None:
        """Say that the run waits."""
        self._tell(
            f"The scheduler {self._address} has no workers; the run waits for some. 'dask worker "
            f"{self._address}' starts one."
        )

    def _check_silence(self, seconds: float) -> None:
        if seconds > _ANSWER and not self._silent:
            self._silent = True
            self._tell(
                f"The scheduler {self._address} does not answer. Waiting up to {_PATIENCE} s for "
                "it to do so."
            )
        if seconds > _ANSWER + _PATIENCE:
            raise SchedulerError(
                f"The scheduler {self._address} has not answered for {seconds:.0f} s, though it is "
                "connected. It hangs, or its machine does: restart it and its workers, and give "
                "the same command again."
            )

    def _census(self) -> Census:
        try:
            found = self._client.scheduler_info(n_workers=-1)
        except TypeError:  # an older Dask tells all without being asked
            found = self._client.scheduler_info()
        workers = found["workers"].values()
        return Census(
            sum(worker["nthreads"] for worker in workers),
            any("GPU" in worker.get("resources", {}) for worker in workers),
            {name: frozenset(map(str, own)) for name, own in self._client.processing().items()},
        )

    def _connect(self) -> None:
        """Connect; Dask waits for ever for what takes connections and says nothing."""
        distributed = require("distributed", "dask[distributed]")
        options = {"timeout": _ANSWER, "set_as_default": False, "name": "landslip"}
        self._count, self._asked = None, 0.0
        try:
            # A client of what is no address waits for itself at the end, and ends in a traceback.
            scheme, _ = distributed.comm.parse_address(self._address)
            distributed.comm.registry.get_backend(scheme)
            if scheme in ("tcp", "tls"):
                distributed.comm.get_address_host_port(self._address)
            self._client = self._awaited(
                _aside(lambda: distributed.Client(self._address, **options))
            )
        except (OSError, TimeoutError, asyncio.TimeoutError, ValueError, TypeError) as err:
            # The latter two: no address.
            reason = (str(err).splitlines() or ["it took too long"])[0][:200]
            raise SchedulerError(
                f"No scheduler answers at {self._address} ({reason}). "
                "Expected the address that 'dask scheduler' prints, such as tcp://host:8786; check "
                "that it runs, and that no firewall is between."
            ) from err

    def _awaited(self, coming: Future[Any]) -> Any:
        """A client that connects; what comes when nobody waits any more is closed."""
        until = time.monotonic() + _ANSWER + _GOODBYE
        try:
            while not coming.done():
                self._look()
                if time.monotonic() > until:
                    raise TimeoutError(f"something is there, but says nothing for {_ANSWER} s")
                time.sleep(_POLL)
        except BaseException:
            coming.add_done_callback(_close)
            raise
        return coming.result()

    def _leave(self) -> None:
        """Close the connection; what Dask says of futures that are lost by that is no news."""
        logger = logging.getLogger(_NOISY)
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            self._client.close(timeout=_GOODBYE)
        except (OSError, TimeoutError, asyncio.TimeoutError):
            pass  # it hangs, and goes with the process
        finally:
            logger.setLevel(level)


def _aside(call: Callable[[], _Answer]) -> Future[_Answer]:
    """Call on a thread that nobody waits for at the end, as a scheduler may never answer."""
    future: Future[_Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as err:
            future.set_exception(err)

    threading.Thread(target=run, name="landslip-cluster", daemon=True).start()
    return future


def _close(coming: Future[Any]) -> None:
    if not coming.exception():
        coming.result().close(timeout=_GOODBYE)


class _Run:
    """What is handed out of a scene, and what came back."""

    def __init__(
        self, cluster: Cluster, job: RegionJob, inside: Inside, waiting: deque[Window]
    ) -> None:
        self._cluster, self._job, self._inside = cluster, job, inside
        self._waiting = waiting
        self._out: dict[Any, tuple[Window, float]] = {}
        self._took: list[float] = []
        self._failed: dict[Window, int] = {}
        self._name, self._number = uuid.uuid4().hex[:12], 0
        self._counted, self._census, self._known = 0.0, Census(), False

    @property
    def busy(self) -> bool:
        """Whether regions are missing."""
        return bool(self._waiting or self._out)

    def hand_out(self) -> None:
        """Give the cluster as much as keeps it busy, and what is late once more."""
        if not self._cluster.alive:
            self._waiting.extendleft(self._missing())
            self._out.clear()
            self._cluster.reconnect()
        now = time.monotonic()
        if now - self._counted > _COUNT and (census := self._cluster.counted()):
            self._counted = now
            self._take(census)
        if not self._known:  # where GPUs are
            return
        threads = max(1, self._census.threads)
        while self._waiting and len(self._out) < 2 * threads + _AHEAD:
            self._submit(self._waiting.popleft())
        late = self._late(now)
        if not self._waiting and len(self._missing()) - len(late) < threads:
            for region in late:
                if others := self._without(region):
                    self._submit(region, others)

    def _take(self, census: Census) -> None:
        """Note who is there, and say so if nobody is, which nothing else would show."""
        if self._census.threads and not census.threads:
            self._cluster.tell_of_no_workers()
        self._census, self._known = census, True

    def collect(self) -> Generator[tuple[Window, Region, int], None, None]:
        """What has come back since the last time."""
        for future, (region, began) in list(self._out.items()):
            status = future.status
            if status == "pending" or future not in self._out:
                continue
            del self._out[future]
            if status == "finished":
                if (answer := _fetched(future)) is None:
                    self._waiting.appendleft(region)
                    continue
                found, ran = answer
                if isinstance(found, str):
                    self._submit(region, [found])
                    continue
                self._took.append(time.monotonic() - began)
                self._forget(region)
                yield region, found, ran
            elif status == "error":
                _raise_what_is_told(future.exception())
                self._count_failure(region, future)
                self._waiting.appendleft(region)
            elif region not in self._missing():  # the scheduler died with it
                self._waiting.appendleft(region)

    def drop(self) -> None:
        """Let go of all that is out: Dask drops what nobody holds, also where it cannot answer."""
        self._out.clear()

    def _submit(self, region: Window, workers: Sequence[str] = ()) -> None:
        """Hand a region out; to workers that are preferred with the models, which they may lack."""
        inside = self._inside(region)
        packed = None if inside is None else np.packbits(inside)
        self._number += 1
        key = f"landslip-{self._name}-{self._number}"
        options: dict[str, Any] = {"resources": {"GPU": 1}} if self._census.gpus else {}
        if workers:
            options |= {"workers": [*workers], "allow_other_workers": True}
        future = self._cluster.submit(_region, self._job, region, packed, key=key, **options)
        self._out[future] = region, time.monotonic()

    def _missing(self) -> list[Window]:
        return list(dict.fromkeys(region for region, _ in self._out.values()))

    def _late(self, now: float) -> list[Window]:
        """Regions that take much longer than others, since they were last given out."""
        if not self._took:
            return []
        limit = max(_SLOW_SECONDS, _SLOW * float(np.median(self._took)))
        began = dict(self._out.values())  # of several copies, the last
        copies = [region for region, _ in self._out.values()]
        return [
            region
            for region, time_ in began.items()
            if now - time_ > limit and copies.count(region) <= _COPIES
        ]

    def _without(self, region: Window) -> list[str]:
        """Workers that do not have a region in work."""
        keys = {str(future.key) for future, (other, _) in self._out.items() if other == region}
        return [worker for worker, own in self._census.busy.items() if not own & keys]

    def _forget(self, region: Window) -> None:
        """Take the copies of a region back; Dask drops what nobody holds."""
        for future in [f for f, (other, _) in self._out.items() if other == region]:
            del self._out[future]

    def _count_failure(self, region: Window, future: Any) -> None:
        self._failed[region] = self._failed.get(region, 0) + 1
        if self._failed[region] >= _FAILURES:
            raise ClusterError(
                f"The region at row {region.row}, column {region.col} failed on {_FAILURES} "
                f"workers; the last said: {future.exception()}. Look into a worker's log; often "
                "its memory is too small for a region."
            )


def _fetched(future: Any) -> tuple[Region | str, int] | None:
    """What a task gave; None where the worker that holds it has died or hangs."""
    try:
        region, ran = future.result(timeout=_ANSWER)
    except (OSError, TimeoutError, asyncio.TimeoutError, CancelledError):
        return None
    return region, ran


def _raise_what_is_told(err: Exception) -> None:
    """Raise what another worker would say, too; a worker that died of its task says nothing."""
    if isinstance(err, LandslipError):
        raise err
    if isinstance(err, ImportError):
        raise ClusterError(
            f"A worker cannot run Landslip ({err}). Install the same wheel there, in the "
            "environment that 'dask worker' runs in."
        ) from err


# --- on the worker -------------------------------------------------------------------------------

_models: dict[tuple[str, str, int], Model] = {}
_opening = threading.Lock()


def _region(
    files: tuple[ModelFile, ...], job: RegionJob, region: Window, packed: np.ndarray | None
) -> tuple[Region | str, int]:
    """A region's probabilities, and on how many patches the models ran.

    A worker that lacks a model and was not sent it gives its address instead.
    """
    worker = require("distributed").get_worker()
    _check_version(worker.address, __version__, files[0].version)
    try:
        models: list[Model] = []
        for number, file in enumerate(files):
            if (model := _opened(file, job, number, worker)) is None:
                return str(worker.address), 0
            models.append(model)
        inside = None
        if packed is not None:
            bits = np.unpackbits(packed, count=region.height * region.width)
            inside = bits.reshape(region.height, region.width).astype(bool)
        work = run_regions(
            job, models, [region], lambda _region: inside, lambda _count: None, worker.log_event
        )
        ((_, found, ran),) = work
    except LandslipError as err:
        raise ClusterError(f"On the worker {worker.address}: {err}") from err
    return found, ran


def _opened(file: ModelFile, job: RegionJob, number: int, worker: Any) -> Model | None:
    """The model, opened once in this process for a device; None where it is not there."""
    threads = file.threads or max(1, (os.cpu_count() or 1) // worker.state.nthreads)
    key = file.sha256, file.device, threads
    with _opening:
        if key not in _models:
            if file.content is None:
                return None
            handle, path = tempfile.mkstemp(suffix=".onnx")
            try:
                with os.fdopen(handle, "wb") as target:
                    target.write(file.content)
                _models[key] = _on_device(path, file, job, number, threads)
            finally:
                os.unlink(path)
        return _models[key]


def _on_device(path: str, file: ModelFile, job: RegionJob, number: int, threads: int) -> Model:
    if file.device != "auto":
        return Model(path, file.device, threads)
    model = Model(path, "cpu", threads)
    if not candidates():
        return model
    statistics = job.statistics.of(model.card.bands)
    batch = real_batch(job.stack, model.card, statistics, job.members[number].batch_size)
    return fastest(path, file.sha256, batch, statistics, threads)


def _check_version(worker: str, version: str, here: str) -> None:
    if version != here:
        raise ClusterError(
            f"The worker {worker} and this run have different versions of Landslip ({version} and "
            f"{here}). Install the same wheel on both sides."
        )


def _with_whole_paths(stack: Stack) -> Stack:
    """The stack with paths that do not depend on where a program was started."""
    dem = _whole(stack.dem) if stack.dem else None
    return replace(stack, path=_whole(stack.path), dem=dem)


def _whole(path: str) -> str:
    return os.path.abspath(path) if os.path.exists(path) else path
