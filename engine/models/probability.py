"""The probability raster: how it is written, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from ..common.errors import RasterError
from ..inventory.event import EventFacts
from ..raster.geotiff import NODATA, BlockWriter, Layout, geotiff
from ..raster.grid import Grid
from ..raster.reading import open_raster, read_window
from ..raster.tiling import Window
from .runs import AreaRange, RunCounts

_TAG, _COUNTS_TAG = "LANDSLIP_RUN", "LANDSLIP_AREAS_OF_RUNS"

#: Between the names of several models.
AND = " + "
#: Description of the second band of a raster that several runs made.
SPREAD = "spread of the runs"


@dataclass(frozen=True)
class Provenance:
    """How a probability raster came about; kept in its tags.

    Attributes:
        model: Name of the model; empty where unknown, like all text here. Of several models, all
            names, joined by `AND`, as are their versions and checksums.
        model_version: Version of its weights.
        model_sha256: Checksum of its file.
        adapted: What it was adapted with; empty for a model that is meant for everywhere.
        threshold: The model card's threshold, of several the first one's, or None.
        source: File name of the stack.
        product_id: Satellite product of the stack.
        pre_date: Acquisition of the image before, ISO 8601.
        image_date: Acquisition of the image, ISO 8601.
        event_date: Date of the event, ISO 8601.
        trigger: What set the landslides off, one of `TRIGGERS`.
        ls_type: Their type of movement, one of `MOVEMENTS`.
        run_date: Date of the run, ISO 8601, UTC.
        device: The device that ran it.
        test_time: Test-time augmentation.
        even_light: How the light of slopes was taken out; empty where it was not.
        pre_event: File name of the image from before the event that raised probabilities.
        landslip: Version of Landslip.
        attribution: Whom a map made from it must name.
    """

    model: str = ""
    model_version: str = ""
    model_sha256: str = ""
    adapted: str = ""
    threshold: float | None = None
    source: str = ""
    product_id: str = ""
    pre_date: str = ""
    image_date: str = ""
    event_date: str = ""
    trigger: str = ""
    ls_type: str = ""
    run_date: str = ""
    device: str = ""
    test_time: str = ""
    even_light: str = ""
    pre_event: str = ""
    landslip: str = ""
    attribution: str = ""

    @property
    def event(self) -> EventFacts:
        """What it says of the event."""
        return EventFacts(**{each.name: getattr(self, each.name) for each in fields(EventFacts)})

    def with_event(self, event: EventFacts) -> Provenance:
        """The same with other facts of the event."""
        return Provenance(**{**asdict(self), **asdict(event)})


class ProbabilityWriter:
    """Writes regions into an open GeoTIFF. Use from one thread."""

    def __init__(self, writer: BlockWriter, area: Window, grid: Grid) -> None:
        self._writer = writer
        self._area = area
        self._grid = grid

    def tell_of_runs(self, counts: RunCounts) -> None:
        """Keep how many pixels each run found."""
        self._writer.tag(**{_COUNTS_TAG: counts.to_json(self._grid)})

    def write(
        self,
        region: Window,
        probability: np.ndarray,
        valid: np.ndarray,
        spread: np.ndarray | None = None,
    ) -> None:
        """Write one region; pixels that are not valid become nodata.

        Nothing is written where none is: the file's blocks are without data until they are written.

        Raises:
            OutputError: The disk is full, or another fault of the file system.
        """
        if not valid.any():
            return
        place = Window(
            region.row - self._area.row, region.col - self._area.col, region.height, region.width
        )
        layers = [probability] if spread is None else [probability, spread]
        self._writer.write(place, np.where(valid, np.stack(layers), np.float32(NODATA)))


@contextmanager
def probability_writer(
    target: str, grid: Grid, area: Window, provenance: Provenance, with_spread: bool = False
) -> Iterator[ProbabilityWriter]:
    """Make a probability GeoTIFF on the window ``area`` of ``grid``.

    Float32, tiled, compressed, with overviews, nodata `NODATA`; with a second band for the spread
    of several runs if asked for. It stands at ``target`` only when the block has ended
    without an exception.

    Raises:
        OutputError: The file cannot be written.
    """
    layout = Layout(
        grid.shifted(area),
        ("landslide probability", *((SPREAD,) if with_spread else ())),
        tags={_TAG: json.dumps(asdict(provenance), ensure_ascii=False)},
    )
    with geotiff(target, layout) as writer:
        yield ProbabilityWriter(writer, area, layout.grid)


@dataclass(frozen=True)
class ProbabilityRaster:
    """A probability raster that exists.

    Attributes:
        path: The file.
        grid: Its grid.
        provenance: How it came about, as far as the file says.
        has_spread: Whether its second band is the spread of several runs (`runs`).
        counts: How many pixels each run found; None where it does not say.
    """

    path: str
    grid: Grid
    provenance: Provenance
    has_spread: bool = False
    counts: RunCounts | None = None

    def area_range(self, area: float, threshold: float) -> AreaRange | None:
        """What an area is uncertain by that was outlined on it; None where it does not say."""
        return self.counts.area_range(area, threshold) if self.counts else None


def open_probability(path: str) -> ProbabilityRaster:
    """Read the description of a probability raster; no pixel is read.

    Raises:
        RasterError: It is no raster, or has not exactly one band.
    """
    with open_raster(path) as dataset:
        has_spread = dataset.count == 2 and dataset.descriptions[1] == SPREAD
        if dataset.count != 1 and not has_spread:
            raise RasterError(
                f"{path} has {dataset.count} bands; expected a probability raster of one band with "
                "values from 0 to 1, as 'Detect landslides' makes it."
            )
        grid = Grid.of(dataset, path)
        tags = dataset.tags()
    counts = RunCounts.from_json(tags.get(_COUNTS_TAG), grid)
    return ProbabilityRaster(path, grid, _provenance(tags.get(_TAG)), has_spread, counts)


def _provenance(text: str | None) -> Provenance:
    """What the tag says; a raster of another program, or a tag someone edited, says nothing."""
    try:
        told = dict(json.loads(text or "{}"))
        known = {each.name for each in fields(Provenance)}  # newer versions may say more
        return Provenance(**{name: value for name, value in told.items() if name in known})
    except (TypeError, ValueError):
        return Provenance()


def read_probability(dataset: Any, window: Window, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a window of an open probability raster.

    Returns:
        Probability float32 [height, width] (0 where not valid), validity bool likewise.

    Raises:
        RasterError: Values are no probabilities, or the file is damaged.
    """
    read = read_window(dataset, 1, window, path)
    values = read.data.astype(np.float32)
    valid = ~np.ma.getmaskarray(read) & np.isfinite(values)
    values[~valid] = 0
    if values.min() < 0 or values.max() > 1:
        raise RasterError(
            f"{path} holds values from {values.min():.4g} to {values.max():.4g}; expected "
            "probabilities from 0 to 1. Choose the raster that 'Detect landslides' made, or "
            "divide by its maximum."
        )
    return values, valid


def read_spread(dataset: Any, window: Window, path: str) -> np.ndarray:
    """Read the spread of the runs in a window, float32 [height, width]; 0 where not valid.

    Raises:
        RasterError: The file is damaged.
    """
    read = read_window(dataset, 2, window, path)
    return np.asarray(np.nan_to_num(read.filled(0)), dtype=np.float32)
