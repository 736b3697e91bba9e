"""From a stack to a probability raster and landslides: the whole job in one call."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ..common.background import Background
from ..common.errors import Cancelled, ParameterError, RasterError
from ..common.hooks import Check, Progress, Warn, or_silent
from ..common.memory import memory
from ..common.output import check_geotiff
from ..ground.assessability import AssessabilityRequest, assessability
from ..ground.image import ImageSource
from ..inventory.drawn import DrawnPolygons
from ..inventory.event import EventFacts
from ..inventory.fields import Landslide
from ..inventory.polygons import Outlines
from ..models.card import ModelCard
from ..models.device_choice import candidates, fastest
from ..models.probability import AND, Provenance, open_probability, probability_writer
from ..models.runs import AreaRange, RunCounts, run_names
from ..models.runtime import Model
from ..models.test_time import TEST_TIME
from ..outlines.layers import check_edge_image, check_mask
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
from ..stack.acquisition import TIFF_DATE, image_facts, tiff_date
from ..stack.as_models_read import as_models_read
from ..stack.check import check_pixel_size, check_stack
from ..stack.even_light import check_elevation, light_text, with_even_light
from ..stack.reader import ACQUISITION_TAGS, Stack, open_stack
from ..stack.scene import (
    SceneStatistics,
    scene_sample,
    statistics_of,
)
from ..stack.sunlight import sun_of
from .cluster import DEVICE, Cluster
from .fusion import PreEvent, open_pre_event
from .kept import KeptRegions, Region, checksum, former_run, identity
from .region_job import Member, RegionJob, real_batch, run_regions

#: Sides of a region, pixels: multiples of the output's TIFF block. Larger regions repeat fewer
#: patches at their borders (9 % of the largest at half overlap); smaller ones need less memory.
_SIDES = (512, 1024, 1536)
_REGION_SIZE = "region size"
#: What a run takes, bytes: in any case, and for a pixel of a region; the same again for each band.
_BASE, _PER_PIXEL = 350 * 2**20, 60
_BAND_BASE, _BAND_PER_PIXEL = 20 * 2**20, 11
#: The same for each model beside the first.
_MODEL_BASE = 200 * 2**20

#: Share of the progress bar that inference takes; the rest is for vectorising.
_INFERENCE_SHARE = 0.95


@dataclass(frozen=True)
class DetectRequest:
    """What to detect, with what, and where to put it.

    Attributes:
        stack: Raster with named bands.
        model: Path of the ONNX model.
        ensemble: Paths of other models that run as well; the probability is the mean of all.
        probability: Path of the GeoTIFF to write.
        dem: DEM raster of any CRS and resolution, or None.
        extent: xmin, ymin, xmax, ymax in the stack's CRS; None for all of it.
        mask: Polygons outside of which nothing is looked for; None for none. Inside, the result is
            that of a run without them.
        threshold: Probability from which a pixel is landslide; None for what the card of ``model``
            says.
        min_area: Smallest landslide to keep, square metres.
        overlap: Share of a patch that the next one repeats, 0..0.75; None for what the model's
            card says, which may be larger windows instead of patches.
        batch_size: Patches a call of the model.
        device: One of `runtime.DEVICE_NAMES`; ``auto`` tries them on the scene
            (`models.device_choice`).
        scheduler: Address of the scheduler of a Dask cluster that shares the work (`cluster`);
            empty for this machine alone.
        threads: Of the processor; 0 for what ``OMP_NUM_THREADS`` says, else for all.
        band_mapping: See `stack.open_stack`.
        test_time: One of `test_time.TEST_TIME`.
        memory: How much of it a run may take, MiB; 0 for a quarter of what is free.
        region_size: Side of the blocks of output pixels worked on at a time; 0 for what that
            memory holds.
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
        assessability: Path of a GeoTIFF of the ground on which the image shows landslides
            (`ground.assessability`); empty for none.
        outlines: How landslides are outlined and which are dropped; its rasters, threshold and
            smallest area are those of this request, and its DEM where this one has none.
        event: What is known of the event; the image's file tells the dates that it lacks.
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
    scheduler: str = ""
    threads: int = 0
    band_mapping: str = ""
    test_time: str = "none"
    memory: int = 0
    region_size: int = 0
    product: str = ""
    origin: str = ""
    sun_azimuth: float | None = None
    sun_elevation: float | None = None
    even_light: bool = False
    pre_event: str | None = None
    assessability: str = ""
    outlines: VectoriseRequest = field(default_factory=lambda: VectoriseRequest(""))
    event: EventFacts = field(default_factory=EventFacts)
    ensemble: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """All models, the first one first."""
        return (self.model, *self.ensemble)

    @property
    def several_runs(self) -> bool:
        """Whether there is a spread."""
        return bool(self.ensemble) or self.test_time != "none"

    def outlining(self, threshold: float) -> VectoriseRequest:
        """What to outline once the probability raster is there."""
        return replace(
            self.outlines,
            probability=self.probability,
            dem=self.dem or self.outlines.dem,
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
        device: The device that really ran; several where the models' differ.
        card: The model's card.
        threshold: The threshold that was used.
        patches: How many patches the models ran on, each as often as it ran on it.
        seconds: How long the whole took.
        others: Cards of the other models of an ensemble.
        area_range: What the total area is uncertain by, by what the runs differ in; None where
            one model ran once, or where nothing was found.
    """

    probability: str
    landslides: tuple[Landslide, ...]
    crs: str
    device: str
    card: ModelCard
    threshold: float
    patches: int
    seconds: float
    others: tuple[ModelCard, ...] = ()
    area_range: AreaRange | None = None

    @property
    def area(self) -> float:
        """Of all landslides, m2."""
        return float(sum(landslide["area_m2"] for landslide in self.landslides))


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
        found = _detect(request, progress, cancelled, warn)
    if request.assessability:
        tell_ground(request, progress, cancelled, warn)
    return found


def tell_ground(request: DetectRequest, progress: Progress, cancelled: Check, warn: Warn) -> None:
    """Write the ground on which the image shows landslides, and tell its share.

    Raises:
        LandslipError: As for `assessability`; what was detected is complete by then.
    """
    image = ImageSource(
        path=request.stack,
        dem=request.dem,
        sun_azimuth=request.sun_azimuth,
        sun_elevation=request.sun_elevation,
        band_mapping=request.band_mapping,
    )
    asked = AssessabilityRequest(image, request.assessability, request.extent)
    progress(1, assessability(asked, None, cancelled, warn).sentence())


def _detect(request: DetectRequest, progress: Progress, cancelled: Check, warn: Warn) -> Detection:
    started = time.monotonic()
    stack = open_stack(request.stack, request.dem, request.band_mapping)
    before = open_pre_event(request.pre_event, stack) if request.pre_event else None
    if request.even_light:
        check_elevation(request.stack, stack.has_elevation)
    # Hours before they are needed.
    tags = _tags(request.stack)
    event = _event(request, tags, progress, warn)
    hole_pixels(request.outlines.fill_holes, stack.grid)
    if request.outlines.excluded:
        check_mask(request.outlines.excluded)
    if request.outlines.edge_image:
        check_edge_image(request.outlines.edge_image, stack.grid)
    automatic = request.device == "auto" and not request.scheduler
    here = "cpu" if automatic or request.scheduler else request.device
    models = [Model(path, here, request.threads) for path in request.models]
    cards = [model.card for model in models]
    bands = _bands_of(cards)
    for card in cards:
        stack.require_bands(card.bands, f"The model {card.name}")
        _warn_of_pixel_size(stack, card, warn)
    told = sun_of(request.sun_azimuth, request.sun_elevation)
    if before:
        progress(0, f"Image from before the event: {before.path}")
    if stack.scales:
        progress(0, stack.scale_text())
    stack, sample = as_models_read(stack, bands, told, warn, cancelled)
    if not request.product:
        for sentence in check_stack(stack, bands, sample, cancelled):
            warn(sentence)
    if request.even_light:
        stack = with_even_light(stack, bands, told, warn, cancelled)
        if stack.light:
            sample = scene_sample(stack, bands, cancelled)
        progress(0, light_text(stack))

    statistics = statistics_of(sample, bands)
    checksums = _checksums(request, cards)
    if automatic and candidates():
        models = [
            _on_fastest(request, path, sha256, stack, card, statistics.of(card.bands), progress)
            for path, sha256, card in zip(request.models, checksums, cards)
        ]
    device = DEVICE if request.scheduler else _joined(dict.fromkeys(m.device for m in models))
    for card, model in zip(cards, models):
        where = DEVICE if request.scheduler else model.device
        progress(0, f"Model {card.name} {card.version} on {where}")
    threshold = cards[0].threshold if request.threshold is None else request.threshold
    provenance = _provenance(request, stack, cards, device, checksums, tags, event)
    request = replace(request, region_size=region_side(request, cards))
    with KeptRegions(request.probability, _decides(request, provenance)) as kept:
        _tell_of_kept(kept, progress)
        patches = write_probability(
            request,
            stack,
            models,
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
    found = Detection(
        probability=request.probability,
        landslides=landslides,
        crs=stack.grid.crs,
        device=device,
        card=cards[0],
        threshold=threshold,
        patches=patches,
        seconds=time.monotonic() - started,
        others=tuple(cards[1:]),
    )
    area_range = open_probability(request.probability).area_range(found.area, threshold)
    return replace(found, area_range=area_range)


def _bands_of(cards: Sequence[ModelCard]) -> tuple[str, ...]:
    """All bands that some models read, those of the first one first."""
    return tuple(dict.fromkeys(band for card in cards for band in card.bands))


def _checksums(request: DetectRequest, cards: Sequence[ModelCard]) -> list[str]:
    """Of the models' files.

    Raises:
        ParameterError: Two are the same model, which would agree with itself.
    """
    found = [checksum(path) for path in request.models]
    for number, sha256 in enumerate(found):
        if sha256 in found[:number]:
            raise ParameterError(
                f"The model {cards[number].name} is in the ensemble twice; expected models that "
                "differ, as one agrees with itself. Take it out of the ensemble."
            )
    return found


def _on_fastest(
    request: DetectRequest,
    path: str,
    sha256: str,
    stack: Stack,
    card: ModelCard,
    statistics: SceneStatistics,
    progress: Progress,
) -> Model:
    batch = real_batch(stack, card, statistics, request.batch_size)
    options = sha256, batch, statistics, request.threads
    return fastest(path, *options, lambda message: progress(0, message))


def _joined(texts: Iterable[str]) -> str:
    return AND.join(texts)


def write_probability(
    request: DetectRequest,
    stack: Stack,
    models: Sequence[Model],
    statistics: SceneStatistics,
    provenance: Provenance,
    kept: KeptRegions,
    progress: Progress,
    cancelled: Check,
    before: Stack | None = None,
) -> int:
    """Run the models over the stack and write the probability raster.

    Reading the next region, running the models and writing the last region overlap; no more than
    three regions are in memory. Regions that an earlier run kept are taken over.

    Returns:
        How many patches the models ran on.
    """
    cards = [model.card for model in models]
    job = region_job_of(request, stack, cards, statistics)
    area = stack.grid.window_of(request.extent) if request.extent else stack.grid.area
    _check_dem_there(stack, area)
    mask = DrawnPolygons.of(request.mask, stack.grid) if request.mask else None
    blocks = [
        block
        for block in regions(area, request.region_size or _SIDES[-1])
        if mask is None or mask.numbers(block).any()
    ]
    if not blocks:
        raise ParameterError(
            f"None of the {len(request.mask.wkb) if request.mask else 0} polygons of the mask lies "
            f"on {stack.path} (or on the extent that was asked for). Check their CRS, or go "
            "without a mask."
        )
    total = sum(job.patches(block) for block in blocks)
    done = ran = 0

    pixels: np.ndarray | None = None

    def write(region: Window, found: Region) -> None:
        nonlocal pixels
        writer.write(region, found.probability, found.valid, found.spread)
        if found.pixels is not None:
            pixels = found.pixels if pixels is None else pixels + found.pixels

    def inside(region: Window) -> np.ndarray | None:
        return mask.numbers(region) > 0 if mask else None

    def advance(patches: int) -> None:
        nonlocal done
        if cancelled():
            raise _stopped(kept)
        done += patches
        progress(done / total, "")

    with ExitStack() as context:
        writer = context.enter_context(
            probability_writer(
                request.probability,
                stack.grid,
                area,
                provenance,
                with_spread=request.several_runs,
            )
        )
        writing = context.enter_context(Background(write))
        as_it_was = replace(stack, light=None)
        change = context.enter_context(PreEvent(before, as_it_was, cancelled)) if before else None
        missing = []
        for region in blocks:
            advance(0)
            if found := kept.saved(region):
                writing.put(region, found)
                done += job.patches(region)
            else:
                missing.append(region)
        if request.scheduler and missing:
            tell, look = lambda text: progress(done / total, text), lambda: advance(0)
            cluster = context.enter_context(_cluster(request, tell, look))
            work = cluster.run_regions(job, missing, inside, advance)
        else:
            work = run_regions(
                job, models, missing, inside, advance, lambda text: progress(done / total, text)
            )
        for region, found, patches in context.enter_context(closing(work)):
            ran += patches
            if change:
                # The runs found their pixels without it.
                raised = change.raised(found.probability, region)
                found = found._replace(probability=raised, pixels=None)
            if len(blocks) > 1 and found.valid.any():  # else nothing was run
                kept.save(region, found)
            writing.put(region, found)
        writing.wait()
        if pixels is not None:
            names = run_names([card.name for card in cards], job.orientations)
            writer.tell_of_runs(RunCounts(names, pixels))
    return ran


def region_job_of(
    request: DetectRequest, stack: Stack, cards: Sequence[ModelCard], statistics: SceneStatistics
) -> RegionJob:
    """The job of some models on a scene, whose statistics are of all bands that they read."""
    members = tuple(_member(request, card) for card in cards)
    return RegionJob(stack, statistics, members, request.test_time)


def _member(request: DetectRequest, card: ModelCard) -> Member:
    """A model in large windows where its card has them and nobody asks for patches."""
    overlap = card.overlap if request.overlap is None else request.overlap
    lattice, batch = Lattice.from_overlap(card.patch_size, overlap), request.batch_size
    if card.window and request.overlap is None:
        lattice = Lattice(card.window, card.window - card.window_overlap)
        batch = max(1, batch * card.patch_size**2 // card.window**2)
    return Member(card.bands, lattice, batch)


def _cluster(
    request: DetectRequest, tell: Callable[[str], None], look: Callable[[], None]
) -> Cluster:
    return Cluster(request.scheduler, request.models, request.device, request.threads, tell, look)


def region_side(request: DetectRequest, cards: Sequence[ModelCard]) -> int:
    """Side of the regions: what was asked for, else what the memory holds.

    A run that was stopped goes on with its regions, whatever memory is free now.
    """
    if request.region_size:
        return request.region_size
    former = former_run(request.probability).get(_REGION_SIZE)
    if former in _SIDES and not request.memory:
        return int(former)
    free = memory()[0]
    budget = request.memory * 2**20 or (free or 0) / 4
    if not budget:  # the system does not tell
        return _SIDES[-1]
    several = request.several_runs
    fitting = (side for side in _SIDES if needs(cards, side, several) <= budget)
    return max(fitting, default=_SIDES[0])


def needs(cards: Sequence[ModelCard], side: int, spread: bool) -> int:
    """Bytes that a run takes with regions of a side, measured (`benchmarks/bench_memory.py`)."""
    halo = max(
        2 * card.window - card.window_overlap if card.window else card.patch_size for card in cards
    )
    pixels, bands = (side + halo) ** 2, len(_bands_of(cards))
    in_any_case = _BASE + bands * _BAND_BASE + (len(cards) - 1) * _MODEL_BASE
    return in_any_case + pixels * (_PER_PIXEL * (1 + spread) + bands * _BAND_PER_PIXEL)


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
        "extent overlap batch_size band_mapping test_time sun_azimuth sun_elevation even_light"
    )
    return {
        **{name: identity(path) for name, path in inputs.items() if path},
        **{name.replace("_", " "): getattr(request, name) for name in settings.split()},
        _REGION_SIZE: request.region_size,
        "the mask": _digest(request.mask),
        "the model": provenance.model_sha256.partition(AND)[0],
        "the ensemble": provenance.model_sha256.split(AND)[1:],
        "the device": provenance.device,
        "Landslip's version": provenance.landslip,
    }


def _digest(mask: Outlines | None) -> str:
    """What tells a mask from another; empty for none."""
    if mask is None:
        return ""
    found = hashlib.sha256(mask.crs.encode())
    for wkb in mask.wkb:
        found.update(wkb)
    return found.hexdigest()


def check_request(request: DetectRequest) -> None:
    """Check, before any work, all that can be checked without opening a file.

    Raises:
        ParameterError: A setting makes no sense.
        OutputError: The probability raster would overwrite an input, or is no GeoTIFF.
    """
    if request.memory < 0:
        raise ParameterError(
            f"The memory is {request.memory} MiB; expected 0 (a quarter of what is free) or more."
        )
    if request.batch_size < 1:
        raise ParameterError(
            f"The batch size is {request.batch_size}; expected 1 or more (8 suits most machines)."
        )
    if request.region_size < 0:
        raise ParameterError(
            f"The region size is {request.region_size} pixels; expected 1 or more, or 0 for what "
            "the memory holds."
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
    given = (request.stack, request.dem, *request.models, request.pre_event)
    inputs = list(filter(None, given))
    check_geotiff(request.probability, inputs, "The probability raster")
    if request.assessability:
        inputs.append(request.probability)
        check_geotiff(request.assessability, inputs, "The raster of assessable ground")


def _warn_of_pixel_size(stack: Stack, card: ModelCard, warn: Warn) -> None:
    who = f"the model {card.name}"
    if sentence := check_pixel_size(stack.grid, card.pixel_size, stack.path, who):
        warn(sentence)
    elif stack.grid.is_geographic:
        width, height = (float(size[0]) for size in stack.grid.pixel_size_metres())
        warn(
            f"{stack.path} is in degrees: a pixel measures {width:.3g} x {height:.3g} m on the "
            f"ground, and the model {card.name} was trained on square {card.pixel_size:g} m "
            "pixels. Areas and slopes are measured on the ellipsoid and stay right; for the best "
            "detection, warp the stack to UTM."
        )


def _tags(path: str) -> dict[str, str]:
    with open_raster(path) as dataset:
        return {name: str(value) for name, value in dataset.tags().items()}


def _event(
    request: DetectRequest, tags: dict[str, str], progress: Progress, warn: Warn
) -> EventFacts:
    """What is known of the event; warns where the images' files say otherwise."""
    found = image_facts(tags, (request.product, Path(request.stack).name))
    if request.pre_event and not found.pre_date:
        before = image_facts(_tags(request.pre_event), (Path(request.pre_event).name,))
        found = replace(found, pre_date=before.image_date)
    known = request.event.over(found, "the image's file", warn)
    if known.image_date and known.image_date == tiff_date(tags):
        progress(
            0,
            f"The image is dated {known.image_date} by the tag {TIFF_DATE} of its file. Where that "
            "is the day on which the file was made, give the date of the image.",
        )
    return known


def _provenance(
    request: DetectRequest,
    stack: Stack,
    cards: Sequence[ModelCard],
    device: str,
    checksums: Sequence[str],
    tags: dict[str, str],
    event: EventFacts,
) -> Provenance:
    return Provenance(
        model=_joined(card.name for card in cards),
        model_version=_joined(card.version for card in cards),
        model_sha256=_joined(checksums),
        adapted=" ".join(card.adapted for card in cards if card.adapted),
        threshold=cards[0].threshold,
        source=request.product or Path(request.stack).name,
        product_id=tags.get(ACQUISITION_TAGS["product_id"], ""),
        **event.known(),
        run_date=datetime.now(timezone.utc).date().isoformat(),
        device=device,
        test_time=request.test_time,
        even_light=light_text(stack) if request.even_light else "",
        pre_event=Path(request.pre_event).name if request.pre_event else "",
        landslip=__version__,
        attribution=" ".join(dict.fromkeys(card.attribution for card in cards)),
    )
