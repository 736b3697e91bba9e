"""Where an image lets landslides be seen: a raster of classes, and the share of each."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np

from ... import __version__
from ..common.errors import Cancelled
from ..common.hooks import Check, Progress, Warn, or_silent
from ..common.output import check_geotiff
from ..raster.geotiff import Layout, geotiff
from ..raster.grid import Extent
from ..raster.illumination import Sun
from ..raster.reading import bounded_cache
from ..raster.tiling import Window, regions
from ..stack.reader import ACQUISITION_TAGS
from ..stack.sunlight import AZIMUTH_TAG, ELEVATION_TAG
from .classes import COLOURS, NAMES, Ground
from .image import GroundImage, ImageSource

#: Side of the blocks worked on at a time, pixels: a multiple of the file's.
BLOCK = 1024
#: Tag of the raster that says what its values mean.
MEANING = "MEANING"


@dataclass(frozen=True)
class AssessabilityRequest:
    """What to look at. Pickles.

    Attributes:
        image: The image, and what is known of its land.
        output: Path of the GeoTIFF to write.
        extent: xmin, ymin, xmax, ymax in the image's CRS; None for all of it.
    """

    image: ImageSource
    output: str
    extent: Extent | None = None


@dataclass(frozen=True)
class Assessability:
    """What came out.

    Attributes:
        output: Path of the raster.
        name: What the image is called.
        date: When it was taken, ISO 8601; empty where unknown.
        sun: Where the sun stood; None where unknown.
        areas: Area of each class, m2.
        told: Classes that could be told.
        untold: A sentence on those that could not; empty where all could.
    """

    output: str
    name: str
    date: str
    sun: Sun | None
    areas: Mapping[Ground, float]
    told: frozenset[Ground]
    untold: str = field(default="")

    @property
    def imaged(self) -> float:
        """Area with data, m2."""
        return sum(area for ground, area in self.areas.items() if ground != Ground.NODATA)

    def share(self, ground: Ground) -> float:
        """Share of a class in the area with data, 0..1; of no data, in all of the raster."""
        whole = self.imaged + (self.areas[Ground.NODATA] if ground == Ground.NODATA else 0.0)
        return self.areas[ground] / whole if whole else 0.0

    def sentence(self) -> str:
        """The shares in one sentence, the largest first."""
        there = [g for g in Ground if g != Ground.NODATA and self.share(g) >= 0.0005]
        there.sort(key=lambda g: (g != Ground.ASSESSABLE, -self.areas[g]))
        shares = ", ".join(f"{100 * self.share(g):.1f} % {NAMES[g]}" for g in there)
        return f"Of the ground that {self.name} shows: {shares or 'nothing'}."


def assessability(
    request: AssessabilityRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> Assessability:
    """Tell apart, pixel by pixel, where an image lets landslides be seen and why not elsewhere.

    Args:
        request: What to look at.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked between blocks; when it says True the run stops.
        warn: Called with each sentence that the user should see though the run goes on.

    Raises:
        LandslipError: Any of its subclasses; the message says what to do. No half-written file
            is left.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    source = request.image
    inputs = [path for path in (source.path, source.mask, source.dem) if path]
    check_geotiff(request.output, inputs, "The raster of assessable ground")
    areas = dict.fromkeys(Ground, 0.0)
    with bounded_cache(), ExitStack() as files:
        image = files.enter_context(GroundImage(source, None, cancelled, warn))
        if untold := image.untold():
            warn(untold)
        area = image.grid.window_of(request.extent) if request.extent else image.grid.area
        writer = files.enter_context(geotiff(request.output, _layout(image, area)))
        windows = list(regions(area, BLOCK))
        for done, window in enumerate(windows, start=1):
            if cancelled():
                raise Cancelled("Stopped on request. No file was written.")
            classes = image.read(window).classes
            writer.write(
                replace(window, row=window.row - area.row, col=window.col - area.col), classes[None]
            )
            for ground, found in zip(Ground, _areas(image, window, classes)):
                areas[ground] += float(found)
            progress(done / len(windows), "")
        made = Assessability(
            request.output, image.name, image.date, image.sun, areas, image.told, untold
        )
    return made


def _areas(image: GroundImage, window: Window, classes: np.ndarray) -> np.ndarray:
    """Area of each class in a window, m2."""
    width, height = image.grid.pixel_size_metres(np.arange(window.row, window.row_stop))
    pixel = np.broadcast_to((width * height)[:, None], classes.shape)
    return np.bincount(classes.ravel(), pixel.ravel(), minlength=len(Ground))


def _layout(image: GroundImage, area: Window) -> Layout:
    meaning = ", ".join(f"{ground.value} {NAMES[ground]}" for ground in Ground)
    tags = {
        "LANDSLIP": __version__,
        MEANING: meaning,
        ACQUISITION_TAGS["product_id"]: image.name,
        ACQUISITION_TAGS["image_date"]: image.date,
    }
    if image.sun:
        tags[AZIMUTH_TAG] = f"{image.sun.azimuth:.2f}"
        tags[ELEVATION_TAG] = f"{image.sun.elevation:.2f}"
    return Layout(
        image.grid.shifted(area),
        ("ground",),
        dtype="uint8",
        nodata=int(Ground.NODATA),
        tags={name: value for name, value in tags.items() if value},
        colours={int(ground): colour for ground, colour in COLOURS.items()},
        overviews="nearest",
    )
