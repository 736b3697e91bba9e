"""From a stack to a probability raster and landslides: the whole job in one call."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ..common.background import Background, read_ahead
from ..common.errors import Cancelled, DeviceMemoryError, ParameterError, RasterError
from ..common.hooks import Check, Progress, Warn, or_silent
from ..common.output import check_geotiff
from ..inventory.drawn import DrawnPolygons
from ..inventory.fields import Landslide
from ..inventory.polygons import Outlines
from ..models.card import ModelCard
from ..models.device_choice import fastest
from ..models.probability import Provenance, probability_writer
from ..models.runtime import Model
from ..models.stitch import RegionBlender
from ..models.test_time import TEST_TIME, run_with_test_time
from ..outlines.layers import check_mask
from ..outlines.vectorise import (
    VectoriseRequest,
    check_minimum_area,
    check_settings,
    check_threshold,
    hole_pixels,
    vectorise,
)
from ..raster.elevation import DemSource, Elevation
from ..raster.reading import bounded_cache, open_raster
from ..raster.tiling import Lattice, Window, regions
from ..stack.check import check_stack
from ..stack.even_light import check_elevation, light_text, with_even_light
from ..stack.reader import ACQUISITION_TAGS, Stack, StackReader, open_stack
from ..stack.scene import (
    SceneStatistics,
    looks_like_unit_reflectance,
    scene_sample,
    statistics_of,
    with_unit_reflectance,
)
from ..stack.sunlight import sun_of, with_sun
from .fusion import PreEvent, open_pre_event
from .kept import KeptRegions, Region, checksum, identity

#: Side of a region, pixels: a multiple of the output's TIFF block. Larger regions repeat fewer
#: patches at their borders (9 % here at half overlap); smaller ones need less memory.
REGION_SIZE = 1536

#: Most patches of a scene that devices are tried on.
_TRIED = 8

#: Ground pixel sizes within this factor of the model's training pixels need no warning.
PIXEL_SIZE_TOLERANCE = 1.25

#: Share of the progress bar that inference takes; the rest is for vectorising.
_INFERENCE_SHARE = 0.95


@dataclass(frozen=True)
class DetectRequest:
    """What to detect, with what, and where to put it.

    Attributes:
        stack: Raster with named bands.
        model: Path of the ONNX model.
        probability: Path of the GeoTIFF to write.
        dem: DEM raster of any CRS and resolution, or None.
        extent: xmin, ymin, xmax, ymax in the stack's CRS; None for all of it.
        mask: Polygons outside of which nothing is looked for; None for none. Inside, the result is
            that of a run without them.
        threshold: Probability from which a pixel is landslide; None for the model card's.
        min_area: Smallest landslide to keep, square metres.
        overlap: Share of a patch that the next one repeats, 0..0.75; None for the model card's.
        batch_size: Patches a call of the model.
        device: One of `runtime.DEVICE_NAMES`; ``auto`` tries them on the scene
            (`models.device_choice`).
        threads: Of the processor; 0 for what ``OMP_NUM_THREADS`` says, else for all.
        band_mapping: See `stack.open_stack`.
        test_time: One of `test_time.TEST_TIME`.
        region_size: Side of the blocks of output pixels worked on at a time.
        product: Name of the product that the stack was just prepared from, when its values were
            checked; empty for a stack that comes from elsewhere.
        origin: Path of that product.
        sun_azimuth: Where the sun stood, degrees clockwise from north, for models that read
            illumination and for even light; None for what the stack says or its shading shows.
        sun_elevation: Its height, degrees; given with its azimuth, or not at all.
        even_light: Whether the light of slopes is taken out by their DEM before the model looks
            (`stack.even_light`).
        pre_event: Raster of the time before the event on the stack's grid, whose change raises
            probabilities (`fusion.PreEvent`); None to go without.
        outlines: How landslides are outlined and which are dropped; its rasters, threshold and
            smallest area are those of this request.
    """

    stack: str
    model: str
    probability: str
    dem: str | None = None
    extent: tuple[float, float, float, float] | None = None
    mask: Outlines | None = None
    threshold: float | None = None
    min_area: float = 0.0
    overlap: float | None = None
    batch_size: int = 8
    device: str = "auto"
    threads: int = 0
    band_mapping: str = ""
    test_time: str = "none"
    region_size: int = REGION_SIZE
    product: str = ""
    origin: str = ""
    sun_azimuth: float | None = None
    sun_elevation: float | None = None
    even_light: bool = False
    pre_event: str | None = None
    outlines: VectoriseRequest = field(default_factory=lambda: VectoriseRequest(""))

    def outlining(self, threshold: float) -> VectoriseRequest:
        """What to outline once the probability raster is there."""
        return replace(
            self.outlines,
            probability=self.probability,
            dem=self.dem,
            threshold=threshold,
            min_area=self.min_area,
        )


@dataclass(frozen=True)
class Detection:
    """What came out.

    Attributes:
        probability: Path of the probability raster.
        landslides: The inventory.
        crs: The stack's CRS as WKT, which is the inventory's too.
        device: The device that really ran.
        card: The model's card.
        threshold: The threshold that was used.
        patches: How many patches the model ran on.
        seconds: How long the whole took.
    """

    probability: str
    landslides: tuple[Landslide, ...]
    crs: str
    device: str
    card: ModelCard
    threshold: float
    patches: int
    seconds: float


def detect(
    request: DetectRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> Detection:
    """Find landslides in a stack.

    Args:
        request: What to do.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked between batches; when it says True the run stops at once.
        warn: Called with each sentence that the user should see though the run goes on.

    Returns:
        The landslides, and what is worth knowing of the run.

    Raises:
        LandslipError: Any of its subclasses; the message says what to do. No half-written file
            is left.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    check_request(request)
    check_settings(request.outlining(0.5))

    with bounded_cache():
        return _detect(request, progress, cancelled, warn)


def _detect(request: DetectRequest, progress: Progress, cancelled: Check, warn: Warn) -> Detection:
    started = time.monotonic()
    stack = open_stack(request.stack, request.dem, request.band_mapping)
    before = open_pre_event(request.pre_event, stack) if request.pre_event else None
    if request.even_light:
        check_elevation(request.stack, stack.has_elevation)
    # Hours before they are needed.
    hole_pixels(request.outlines.fill_holes, stack.grid)
    if request.outlines.excluded:
        check_mask(request.outlines.excluded)
    automatic = request.device == "auto"
    model = Model(request.model, "cpu" if automatic else request.device, request.threads)
    stack.require_bands(model.card.bands, f"The model {model.card.name}")
    _warn_of_pixel_size(stack, model.card, warn)
    told = sun_of(request.sun_azimuth, request.sun_elevation)
    if "illumination" in model.card.bands and stack.number("illumination") is None:
        stack = with_sun(stack, told, warn, cancelled)
    if before:
        progress(0, f"Image from before the event: {before.path}")
    if stack.scales:
        progress(0, stack.scale_text())
    sample = scene_sample(stack, model.card.bands, cancelled)
    if looks_like_unit_reflectance(stack, model.card.bands, sample):
        warn(
            f"The values of {stack.path} are reflectance from 0 to 1. They are multiplied by 10000."
        )
        stack, sample = with_unit_reflectance(stack, model.card.bands, sample)
    if not request.product:
        for sentence in check_stack(stack, model.card.bands, sample, cancelled):
            warn(sentence)
    if request.even_light:
        stack = with_even_light(stack, model.card.bands, told, warn, cancelled)
        sample = scene_sample(stack, model.card.bands, cancelled)
        progress(0, light_text(stack))

    statistics = statistics_of(sample, model.card.bands)
    if automatic:
        batch = _real_batch(stack, model.card, statistics, min(request.batch_size, _TRIED))
        options = checksum(request.model), batch, statistics, request.threads
        model = fastest(request.model, *options, lambda message: progress(0, message))
    progress(0, f"Model {model.card.name} {model.card.version} on {model.device}")
    threshold = model.card.threshold if request.threshold is None else request.threshold
    provenance = _provenance(request, stack, model)
    with KeptRegions(request.probability, _decides(request, provenance)) as kept:
        _tell_of_kept(kept, progress)
        patches = write_probability(
            request,
            stack,
            model,
            statistics,
            provenance,
            kept,
            lambda fraction, message: progress(_INFERENCE_SHARE * fraction, message),
            cancelled,
            before,
        )
        landslides = tuple(
            vectorise(
                request.outlining(threshold),
                lambda fraction, message: progress(
                    _INFERENCE_SHARE + (1 - _INFERENCE_SHARE) * fraction, message
                ),
                cancelled,
            )
        )
        kept.finish()
    return Detection(
        probability=request.probability,
        landslides=landslides,
        crs=stack.grid.crs,
        device=model.device,
        card=model.card,
        threshold=threshold,
        patches=patches,
        seconds=time.monotonic() - started,
    )


def _real_batch(
    stack: Stack, card: ModelCard, statistics: SceneStatistics, size: int
) -> np.ndarray:
    """Patches [size, C, H, W] from the middle of a scene, whose gaps hold its mean."""
    side = card.patch_size
    row, col = max(0, stack.grid.height - side) // 2, max(0, stack.grid.width - side * size) // 2
    with StackReader(stack, card.bands) as reader:
        values, valid = reader.read(Window(row, col, side, side * size))
    for layer, mean in zip(values, statistics.mean):
        layer[~valid] = mean
    return np.stack(np.split(values, size, axis=2))


def write_probability(
    request: DetectRequest,
    stack: Stack,
    model: Model,
    statistics: SceneStatistics,
    provenance: Provenance,
    kept: KeptRegions,
    progress: Progress,
    cancelled: Check,
    before: Stack | None = None,
) -> int:
    """Run the model over the stack and write the probability raster.

    Reading the next region, running the model and writing the last region overlap; no more than
    three regions are in memory. Regions that an earlier run kept are taken over.

    Returns:
        How many patches the model ran on.
    """
    card = model.card
    overlap = card.overlap if request.overlap is None else request.overlap
    lattice = Lattice.from_overlap(card.patch_size, overlap)
    area = stack.grid.window_of(request.extent) if request.extent else stack.grid.area
    _check_dem_there(stack, area)
    mask = DrawnPolygons.of(request.mask, stack.grid) if request.mask else None
    blocks = [
        block
        for block in regions(area, request.region_size)
        if mask is None or mask.numbers(block).any()
    ]
    if not blocks:
        raise ParameterError(
            f"None of the {len(request.mask.wkb) if request.mask else 0} polygons of the mask lies "
            f"on {stack.path} (or on the extent that was asked for). Check their CRS, or go "
            "without a mask."
        )
    total = sum(len(lattice.patches(block)) for block in blocks)
    done = ran = 0

    def write(region: Window, found: Region) -> None:
        writer.write(region, *found)

    with ExitStack() as context:
        writer = context.enter_context(
            probability_writer(
                request.probability,
                stack.grid,
                area,
                provenance,
                with_spread=request.test_time != "none",
            )
        )
        writing = context.enter_context(Background(write))
        as_it_was = replace(stack, light=None)
        change = context.enter_context(PreEvent(before, as_it_was, cancelled)) if before else None
        missing = []
        for region in blocks:
            if cancelled():
                raise _stopped(kept)
            if found := kept.saved(region):
                writing.put(region, found)
                done += len(lattice.patches(region))
            else:
                missing.append(region)
        reading = context.enter_context(closing(_read_regions(stack, card, lattice, missing)))
        batches = BatchSize(request.batch_size, lambda text: progress(done / total, text))
        for region, values, valid in reading:
            inside = mask.numbers(region) > 0 if mask else None
            runner = _RegionRunner(
                request, model, statistics, lattice, region, values, valid, inside, batches
            )
            for count in runner.batches():
                if cancelled():
                    raise _stopped(kept)
                done += count
                progress(done / total, "")
            ran += runner.ran
            found = runner.found()
            if change:
                found = found._replace(probability=change.raised(found.probability, region))
            if len(blocks) > 1:
                kept.save(region, found)
            writing.put(region, found)
    return ran


def _check_dem_there(stack: Stack, area: Window) -> None:
    """Say before any work that a DEM lies beside the extent: the inventory would be without it."""
    if not stack.dem or area == stack.grid.area:
        return
    try:
        Elevation([DemSource(stack.dem)], stack.grid.shifted(area)).close()
    except RasterError as err:
        raise RasterError(
            f"The DEM {stack.dem} does not touch the extent that was asked for, though it touches "
            f"{stack.path}. Choose another extent, or give a DEM that covers it."
        ) from err


def _stopped(kept: KeptRegions) -> Cancelled:
    if not kept.count:
        return Cancelled("Stopped on request. No file was written.")
    return Cancelled(
        f"Stopped on request. No file was written. {kept.count} finished regions are kept beside "
        "the output: the same run goes on from there, another one begins anew."
    )


def _tell_of_kept(kept: KeptRegions, progress: Progress) -> None:
    """Say what an earlier run left."""
    if kept.changed:
        progress(
            0,
            "An earlier run of this output did not end. It differs in "
            f"{', '.join(kept.changed)}, so nothing of it is used.",
        )
    elif kept.found:
        progress(0, f"{kept.found} regions were finished by an earlier run and are taken over.")


def _decides(request: DetectRequest, provenance: Provenance) -> dict[str, Any]:
    """All that a region's probabilities depend on; a run that agrees in it can be gone on with."""
    inputs = {
        "the stack": request.origin or request.stack,
        "the DEM": request.dem,
        "the image from before": request.pre_event,
    }
    settings = (
        "extent overlap batch_size band_mapping test_time region_size sun_azimuth sun_elevation "
        "even_light"
    )
    return {
        **{name: identity(path) for name, path in inputs.items() if path},
        **{name.replace("_", " "): getattr(request, name) for name in settings.split()},
        "the mask": _digest(request.mask),
        "the model": provenance.model_sha256,
        "the device": provenance.device,
        "Landslip's version": provenance.landslip,
    }


class BatchSize:
    """How many patches a device gets at a time: fewer once its memory was full.

    Args:
        size: To begin with.
        tell: Called with a sentence when it changes.
    """

    def __init__(self, size: int, tell: Callable[[str], None]) -> None:
        self.size, self._tell = size, tell

    def halve(self, tried: int) -> None:
        """From now on, batches have half as many patches as the one that did not fit."""
        self.size = min(self.size, tried // 2)
        self._tell(
            f"The device's memory is too small for {tried} patches; it goes on with {self.size} at "
            "a time."
        )


def _digest(mask: Outlines | None) -> str:
    """What tells a mask from another; empty for none."""
    if mask is None:
        return ""
    found = hashlib.sha256(mask.crs.encode())
    for wkb in mask.wkb:
        found.update(wkb)
    return found.hexdigest()


class _RegionRunner:
    """Runs the model on the patches of one region and blends them."""

    def __init__(
        self,
        request: DetectRequest,
        model: Model,
        statistics: SceneStatistics,
        lattice: Lattice,
        region: Window,
        values: np.ndarray,
        valid: np.ndarray,
        inside: np.ndarray | None,
        batches: BatchSize,
    ) -> None:
        self._request = request
        self._batches = batches
        self._model = model
        self._statistics = statistics
        self._inside = inside
        self._patches = lattice.patches(region)
        self._region = region
        self._halo = lattice.halo_window(region)
        self._valid = valid
        # The scene's mean is the most neutral content for pixels that are not there.
        for layer, mean in zip(values, statistics.mean):
            layer[~valid] = mean
        self._values = values
        self._blender = RegionBlender(region, lattice.patch)
        self._spread = None
        if request.test_time != "none":
            self._spread = RegionBlender(region, lattice.patch)
        self.ran = 0

    def batches(self) -> Iterator[int]:
        """Work batch by batch; gives the number of patches dealt with, before each batch runs."""
        rest = self._patches
        while rest:
            batch, rest = rest[: self._batches.size], rest[self._batches.size :]
            yield len(batch)
            self._run([patch for patch in batch if self._matters(patch)])

    def _matters(self, patch: Window) -> bool:
        """Whether a patch has data, and pixels that are asked for."""
        if not self._valid[self._place(patch)].any():
            return False
        if self._inside is None:
            return True
        region = self._region
        rows = slice(max(0, patch.row - region.row), max(0, patch.row_stop - region.row))
        cols = slice(max(0, patch.col - region.col), max(0, patch.col_stop - region.col))
        return bool(self._inside[rows, cols].any())

    def _run(self, batch: list[Window]) -> None:
        if not batch:
            return
        stacked = np.stack([self._values[(slice(None), *self._place(patch))] for patch in batch])
        try:
            probability, spread = run_with_test_time(
                self._request.test_time, stacked, lambda x: self._model.run(x, self._statistics)
            )
        except DeviceMemoryError:
            if len(batch) < 2:
                raise
            self._batches.halve(len(batch))
            while batch:
                piece, batch = batch[: self._batches.size], batch[self._batches.size :]
                self._run(piece)
            return
        self.ran += len(batch)
        for patch, layer, deviation in zip(batch, probability, spread):
            self._blender.add(patch, layer)
            if self._spread:
                self._spread.add(patch, deviation)

    def _place(self, patch: Window) -> tuple[slice, slice]:
        return patch.slices(self._halo.row, self._halo.col)

    def found(self) -> Region:
        """The region's probability, its valid pixels, and the spread of runs, if there are some."""
        valid = self._valid[self._place(self._region)]
        if self._inside is not None:
            valid = valid & self._inside
        spread = self._spread.probability() if self._spread else None
        return Region(self._blender.probability(), valid, spread)


def _read_regions(
    stack: Stack, card: ModelCard, lattice: Lattice, blocks: list[Window]
) -> Generator[tuple[Window, np.ndarray, np.ndarray], None, None]:
    """Read regions with their halo, always one ahead of the one in work."""
    opened: list[StackReader] = []  # GDAL datasets belong to the thread that opened them
    with ExitStack() as files:

        def read(region: Window) -> tuple[np.ndarray, np.ndarray]:
            if not opened:
                # Without it each file brings an environment, and closing those on another thread
                # would end that of `detect`.
                with bounded_cache():
                    opened.append(files.enter_context(StackReader(stack, card.bands)))
            return opened[0].read(lattice.halo_window(region))

        with closing(read_ahead(blocks, read)) as reading:
            for region, (values, valid) in reading:
                yield region, values, valid


def check_request(request: DetectRequest) -> None:
    """Check, before any work, all that can be checked without opening a file.

    Raises:
        ParameterError: A setting makes no sense.
        OutputError: The probability raster would overwrite an input, or is no GeoTIFF.
    """
    if request.batch_size < 1:
        raise ParameterError(
            f"The batch size is {request.batch_size}; expected 1 or more (8 suits most machines)."
        )
    if request.region_size < 1:
        raise ParameterError(
            f"The region size is {request.region_size} pixels; expected 1 or more ({REGION_SIZE} "
            "suits most machines)."
        )
    if request.test_time not in TEST_TIME:
        raise ParameterError(
            f"Unknown test-time augmentation '{request.test_time}'. Choose one of "
            f"{', '.join(TEST_TIME)}."
        )
    if request.threshold is not None:
        check_threshold(request.threshold)
    check_minimum_area(request.min_area)
    sun_of(request.sun_azimuth, request.sun_elevation)
    inputs = [
        path for path in (request.stack, request.dem, request.model, request.pre_event) if path
    ]
    check_geotiff(request.probability, inputs, "The probability raster")


def _warn_of_pixel_size(stack: Stack, card: ModelCard, warn: Warn) -> None:
    width, height = (float(size[0]) for size in stack.grid.pixel_size_metres())
    ratio = max(width, height, card.pixel_size) / min(width, height, card.pixel_size)
    if ratio > PIXEL_SIZE_TOLERANCE:
        warn(
            f"Pixels of {stack.path} measure {width:.3g} x {height:.3g} m on the ground; the model "
            f"{card.name} was trained on {card.pixel_size:g} m. Expect lower accuracy, or resample "
            f"the stack to {card.pixel_size:g} m."
        )
    elif stack.grid.is_geographic:
        warn(
            f"{stack.path} is in degrees: a pixel measures {width:.3g} x {height:.3g} m on the "
            f"ground, and the model {card.name} was trained on square {card.pixel_size:g} m "
            "pixels. Areas and slopes are measured on the ellipsoid and stay right; for the best "
            "detection, warp the stack to UTM."
        )


def _provenance(request: DetectRequest, stack: Stack, model: Model) -> Provenance:
    with open_raster(request.stack) as dataset:
        tags = dataset.tags()
    return Provenance(
        model=model.card.name,
        model_version=model.card.version,
        model_sha256=checksum(request.model),
        threshold=model.card.threshold,
        source=request.product or Path(request.stack).name,
        **{name: str(tags.get(tag, "")) for name, tag in ACQUISITION_TAGS.items()},
        run_date=datetime.now(timezone.utc).date().isoformat(),
        device=model.device,
        test_time=request.test_time,
        even_light=light_text(stack) if request.even_light else "",
        pre_event=Path(request.pre_event).name if request.pre_event else "",
        landslip=__version__,
        attribution=model.card.attribution,
    )
