"""Finished regions of a run, kept beside its output until all is done: a killed run goes on.

The folder ``.NAME.tif.regions`` beside ``NAME.tif`` holds what the run was (``run.json``), a file
that the run holds locked, and a file for each finished region. A region file has checksums, and
gets its name when it is whole; one that a power cut has cut short counts as missing. Probabilities
are kept to the last bit, so that the raster of a resumed run is the one that it would have been.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from ..common.errors import OutputError, RasterError
from ..common.lock import hold
from ..common.output import check_writable
from ..raster.reading import open_raster
from ..raster.tiling import Window

#: Version of the files; others are not read.
_FORMAT = 2
_RUN, _LOCK = "run.json", "lock"
#: What a region has where several runs made it.
_OPTIONAL = ("spread", "pixels")


class Region(NamedTuple):
    """What a run found in a region.

    Attributes:
        probability: Float32 [height, width].
        valid: Bool [height, width].
        spread: Standard deviation of the runs, float32 [height, width]; None where one model runs
            once.
        pixels: How many pixels each run finds, as in `models.runs.RunCounts`; None likewise, and
            where they are not those of ``probability``.
    """

    probability: np.ndarray
    valid: np.ndarray
    spread: np.ndarray | None = None
    pixels: np.ndarray | None = None


def identity(path: str) -> list[Any]:
    """Path, size and time of a file or folder: what tells an input from a changed one."""
    if os.path.isdir(path):
        inside = [str(file) for file in sorted(Path(path).rglob("*")) if file.is_file()]
        return [_stated(file) for file in inside]
    try:
        with open_raster(path) as dataset:
            files = list(dataset.files)  # of a VRT, what it is made of, too
    except RasterError:  # such as the archive of a product
        files = []
    return [_stated(file) for file in dict.fromkeys([path, *files])]


def _stated(path: str) -> list[Any]:
    try:
        found = os.stat(path)
    except OSError:  # something else than a file, such as /vsicurl/
        return [path]
    return [os.path.abspath(path), found.st_size, found.st_mtime_ns]


def checksum(path: str) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def former_run(target: str) -> dict[str, Any]:
    """What the run was that left regions beside a raster; empty where none did."""
    try:
        found = json.loads((_folder_of(target) / _RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _folder_of(target: str) -> Path:
    path = Path(target).resolve()
    return path.parent / f".{path.name}.regions"


class KeptRegions:
    """The folder of a run. Use from one thread, as a context.

    Args:
        target: The raster that the run makes.
        run: What decides the regions, of JSON's types.

    Attributes:
        found: How many regions an earlier, equal run had finished.
        changed: Names of what differs from the run whose regions lay there, if one differed.

    Raises:
        OutputError: Another run is writing the same raster, or the folder cannot be written.
    """

    def __init__(self, target: str, run: Mapping[str, Any]) -> None:
        self._target = target
        self._folder = _folder_of(target)
        self._run = json.loads(json.dumps({"format": _FORMAT, **run}))
        self._done = False
        check_writable(target)
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as err:
            raise self._failed(err) from err
        self._lock = self._locked()
        self.changed = self._differences()
        if self.changed is None or self.changed:
            self._begin()
        self.changed = self.changed or []
        self.found = len(list(self._folder.glob("*.npz")))

    def __enter__(self) -> KeptRegions:
        return self

    def __exit__(self, *_: object) -> None:
        gone = self._done or not self.count
        if gone and os.name != "nt":  # before another run can take the lock
            shutil.rmtree(self._folder, ignore_errors=True)
        self._release()
        if gone and os.name == "nt":
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def count(self) -> int:
        """Regions that are kept now."""
        return len(list(self._folder.glob("*.npz")))

    def finish(self) -> None:
        """All is done: nothing needs to be kept."""
        self._done = True

    def saved(self, window: Window) -> Region | None:
        """What was kept of a region; None where it is missing or damaged."""
        try:
            with np.load(self._path(window), allow_pickle=False) as file:
                shape = (window.height, window.width)
                bits = np.unpackbits(file["valid"], count=window.height * window.width)
                optional = {name: file[name] for name in _OPTIONAL if name in file.files}
                valid = bits.reshape(shape).astype(bool)
                region = Region(file["probability"], valid, **optional)
        except Exception:  # zip, NumPy and zlib each raise their own; the region is run again
            return None
        return region if region.probability.shape == shape else None

    def save(self, window: Window, region: Region) -> None:
        """Keep a region.

        Raises:
            OutputError: The disk is full, or another fault of the file system.
        """
        path = self._path(window)
        beside = path.with_suffix(".part")
        arrays = {"probability": region.probability, "valid": np.packbits(region.valid)}
        for name in _OPTIONAL:
            if (values := getattr(region, name)) is not None:
                arrays[name] = values
        try:
            with beside.open("wb") as file:
                np.savez(file, **arrays)
            os.replace(beside, path)
        except OSError as err:
            beside.unlink(missing_ok=True)
            raise self._failed(err) from err

    def _locked(self) -> IO[bytes] | None:
        """The lock of this output; None on a file system that has none."""
        try:
            lock = hold(self._folder / _LOCK)
        except OSError:
            return None
        if lock is None:
            raise OutputError(
                f"Another run is writing {self._target}. Wait until it has ended, or choose "
                "another file."
            )
        return lock

    def _path(self, window: Window) -> Path:
        return self._folder / f"{window.row}_{window.col}.npz"

    def _differences(self) -> list[str] | None:
        """Names of what differs from the former run; None where there was none."""
        former = former_run(self._target)
        if not former:
            return None
        names = {*former, *self._run}
        return sorted(n for n in names if former.get(n) != self._run.get(n))

    def _begin(self) -> None:
        """Forget former regions, and write down what this run is."""
        try:
            for file in self._folder.iterdir():
                if file.name != _LOCK:
                    file.unlink()
            beside = self._folder / f"{_RUN}.part"
            beside.write_text(json.dumps(self._run, indent=1), encoding="utf-8")
            os.replace(beside, self._folder / _RUN)
        except OSError as err:
            self._release()
            shutil.rmtree(self._folder, ignore_errors=True)  # nothing is in it that counts
            raise self._failed(err) from err

    def _release(self) -> None:
        if self._lock:
            self._lock.close()

    def _failed(self, err: OSError) -> OutputError:
        return OutputError(
            f"{self._target} cannot be written ({err.strerror or err}, while finished parts were "
            "kept beside it). Check that the disk has room and that the folder may be written to."
        )
