"""From a place and a date, or two images, to an inventory with what changed: all steps in one call.

Nothing is done here that other rooms do not do: a pair is found and fetched (`catalogue`), laid on
each other in a stack (`preparation`), freed of clouds (`ground`), detected in (`pipeline`), and
each outline is compared before and after (`ground`). What is here is the order, and what a run that
was stopped goes on with.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ... import __version__
from ..catalogue.catalogues import Catalogue
from ..catalogue.dem import check_dem_place
from ..catalogue.fetch import FetchRequest, fetch_scenes
from ..catalogue.find import FindRequest, Found, event_span, find_scenes, why_none
from ..catalogue.network import Carrier, Credentials, Session
from ..catalogue.rank import AFTER, BEFORE
from ..common.errors import Cancelled, CatalogueError, LandslipError, OutputError, ParameterError
from ..common.file_names import place_of
from ..common.hooks import Check, Progress, Warn, or_silent
from ..common.output import check_geotiff, whole_file
from ..ground.evidence import EvidenceRequest, change_evidence
from ..ground.image import AUTO as AUTO_TESTS
from ..ground.image import ImageSource
from ..ground.masked import by_masks, hidden_classes, mask_stack, told
from ..inventory.compared import EVIDENCE, EVIDENCE_FIELDS, with_columns
from ..inventory.event import EventFacts
from ..inventory.table import Table, detected
from ..models.zoo import AUTO, model_path
from ..outlines.vectorise import VectoriseRequest, check_settings
from ..preparation.model_choice import detection_model, preparation_model
from ..preparation.plan import REASONS, PrepareRequest
from ..preparation.prepare import prepare
from ..preparation.target_grid import AreaOfInterest, GridRequest
from ..products.masks import Reason
from ..products.product import open_products
from ..raster.reading import open_raster
from ..stack.reader import ACQUISITION_TAGS, open_stack
from .kept import identity
from .pipeline import Detection, DetectRequest, check_request, detect

#: What is left out of both images unless somebody says otherwise.
LEFT_OUT = ("cloud", "shadow")
#: Bands that tell change and false colours, and terrain, which the inventory's fields need.
ALSO = ("B08", "B11", "slope", "dem")
#: Share of the progress at which each step ends: pair, stack, clouds, detection, evidence.
_ENDS = (0.03, 0.3, 0.36, 0.94, 1.0)
_STEPS = (
    "finding the images",
    "making the stack of both images",
    "leaving out what hides the ground",
    "detecting landslides",
    "comparing before and after",
)
#: What a run notes of the stack as it was made, and of the finished one.
_RAW, _STACK = "parts.json", "stack.json"


@dataclass(frozen=True)
class EventRequest:
    """What to make, and of what.

    Attributes:
        detection: How to detect. Its stack is the one to write; its model and the image from
            before are filled in.
        model: The model as a user names it.
        after: The image after the event, as for `open_products`; empty to search a catalogue.
        before: The one before it.
        dem: DEM: a file, or with a catalogue as for `catalogue.dem.fetch_dems`; empty for none.
        area: The place; None for all that the image after shows.
        clip: Whether there is no data outside of the area's polygons.
        search: What to ask the catalogue for; None with images of one's own.
        catalogue: Which.
        token_hosts: Hosts that may have the token.
        out: Names of `plan.REASONS` for which pixels of both images are left out.
        clouds: What tells them, one of `image.CLOUD_TESTS`.
        band_mapping: Of both images, for rasters without band names.
    """

    detection: DetectRequest
    model: str = AUTO
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    dem: str = ""
    area: AreaOfInterest | None = None
    clip: bool = False
    search: FindRequest | None = None
    catalogue: Catalogue | None = None
    token_hosts: tuple[str, ...] = ()
    out: tuple[str, ...] = LEFT_OUT
    clouds: str = AUTO_TESTS
    band_mapping: str = ""

    @property
    def stack(self) -> str:
        """Path of the stack to write."""
        return self.detection.stack


@dataclass(frozen=True)
class EventDetection:
    """What came out.

    Attributes:
        table: The inventory, with the columns of the evidence.
        detection: What detection tells; its landslides are those of the table.
        after: Names of the products after the event, and the time.
        before: The same of those before.
    """

    table: Table
    detection: Detection
    after: tuple[str, str]
    before: tuple[str, str]

    def results(self) -> dict[str, Any]:
        """What an algorithm and a command give back besides the files."""
        words = Counter(record.get("evidence") for record in self.table.records)
        return {
            "COUNT": len(self.table.records),
            "AREA": self.detection.area,
            **{word.upper().replace(" ", "_"): words[word] for word in EVIDENCE},
            "AFTER": self.after[0],
            "AFTER_DATE": self.after[1],
            "BEFORE": self.before[0],
            "BEFORE_DATE": self.before[1],
            "DEVICE_USED": self.detection.device,
        }


def detect_event(
    request: EventRequest,
    carrier: Carrier | None = None,
    credentials: Credentials | None = None,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> EventDetection:
    """Find the landslides of an event.

    Args:
        request: What to do.
        carrier: Speaks to the network, where a catalogue is asked.
        credentials: The user's token for it.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked all the time; when it says True the run stops at once.
        warn: Called with each sentence that the user should see though the run goes on.

    Raises:
        LandslipError: Any of its subclasses. The message says what is complete by then; the same
            run again goes on from there.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    check_event(request)
    run = _Run(request, carrier, credentials, progress, cancelled, warn)
    try:
        run.make_stack()
        detection = run.detection()
        table = run.evidence(detection)
    except BaseException:
        run.tidy()
        raise
    run.remove()
    return EventDetection(table, detection, *_images(request.stack, request.detection.event))


def check_event(request: EventRequest) -> None:
    """Check, before any work, all that can be checked without the network.

    Raises:
        LandslipError: Something is missing, or makes no sense.
    """
    is_local = bool(request.after or request.before)
    if is_local != (request.search is None):
        raise ParameterError(
            "A catalogue and images of one's own were both asked for; expected one of them."
            if is_local
            else "Neither images nor a search of a catalogue was asked for."
        )
    if is_local and not (request.after and request.before):
        missing, name = ("before", "PRE_EVENT") if request.after else ("after", "INPUT")
        raise ParameterError(
            f"There is no image {missing} the event; expected two. Give it as {name}, or "
            "leave both out to search a catalogue. With one image alone, run Detect landslides."
        )
    twice = {place_of(path) for path in request.after} & {place_of(path) for path in request.before}
    if twice:
        raise ParameterError(
            f"{twice.pop()} was given as the image after the event and as the one before; expected "
            "two images."
        )
    unknown = [name for name in request.out if name not in REASONS]
    if unknown:
        raise ParameterError(
            f"Unknown reason to leave pixels out '{unknown[0]}'. Choose from {', '.join(REASONS)}."
        )
    event = request.search.event if request.search else request.detection.event.event_date
    if event and request.search:
        start, _ = event_span(event)
        if start > datetime.now(timezone.utc):
            raise ParameterError(
                f"The event is of {event}, which is to come; expected a day that has passed."
            )
    inputs = [*request.after, *request.before, *([request.dem] if request.dem else [])]
    check_geotiff(request.stack, inputs, "The stack")
    check_request(replace(request.detection, model=""))
    check_settings(replace(request.detection.outlining(0.5), dem=request.dem or None))
    if request.search:
        check_dem_place(request.dem)
    if request.model != AUTO:
        model_path(request.model)
    if is_local:
        for paths in (request.after, request.before):
            open_products(paths, band_mapping=request.band_mapping)
        _local_model(request)


def _local_model(request: EventRequest) -> str:
    dems = (request.dem,) if request.dem else ()
    return preparation_model(request.model, request.after, dems, None, request.band_mapping)


class _Run:
    """The steps of one request."""

    def __init__(
        self,
        request: EventRequest,
        carrier: Carrier | None,
        credentials: Credentials | None,
        progress: Progress,
        cancelled: Check,
        warn: Warn,
    ) -> None:
        self._request, self._carrier, self._credentials = request, carrier, credentials
        self._listener, self._cancelled, self._warn = progress, cancelled, warn
        self._share = 0.0
        stack = Path(request.stack).absolute()
        self._folder = stack.parent / f".{stack.name}.event"
        #: What a user whose run fails is told: what is done, and what there is.
        self._done: list[str] = []

    def _progress(self, share: float, text: str) -> None:
        """Tell how far it is; a bar never goes back."""
        self._share = max(self._share, share)
        self._listener(self._share, text)

    @contextmanager
    def _step(self, number: int) -> Iterator[Progress]:
        """One step: its share of the progress, and what its failure says."""
        first, last = ((0.0, *_ENDS)[number + at] for at in (0, 1))
        self._progress(first, f"Step {number + 1} of {len(_STEPS)}: {_STEPS[number]}")
        try:
            if self._cancelled():
                raise Cancelled("Stopped on request.")
            yield lambda share, text: self._progress(first + (last - first) * share, text)
        except LandslipError as err:
            done = self._done or ["No step was finished."]
            err.args = (" ".join((f"{err} (While {_STEPS[number]}.)", *done)),)
            raise

    # --- the stack ---

    def make_stack(self) -> None:
        """Make the stack, unless an earlier run of this kind has made it."""
        request = self._request
        decides = self._decides()
        raw = str(self._folder / "stack.tif")
        if self._known(_STACK, decides, request.stack):
            self._progress(_ENDS[2], f"An earlier run has made {request.stack}: it is taken over.")
        else:
            kept = self._known(_RAW, decides, raw)
            if kept:
                self._progress(_ENDS[1], "An earlier run has made a stack of both images.")
                products, pre_event = kept["after"], kept["before"]
            else:
                products, pre_event = self._both(raw, decides)
            self._done = ["A stack of both images is made, and is kept for a new run."]
            with self._step(2) as progress:
                self._leave_out(raw, products, pre_event, progress)
                self._forget_parts()
                self._note(_STACK, decides, request.stack)
        self._done = [f"The stack {request.stack} is complete: the same run again goes on with it."]

    def _both(self, raw: str, decides: str) -> tuple[Sequence[str], Sequence[str]]:
        """Make the stack of both images; returns the products that it is made of."""
        with self._step(0) as progress:
            pair = self._pair(progress) if self._request.search else None
        with self._step(1) as progress:
            self._make_folder()
            after, before = self._raw(raw, pair, progress)
            self._note(_RAW, decides, raw, after=after, before=before)
        return after, before

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as err:
            raise OutputError(
                f"{self._folder} cannot be made ({err.strerror or err}). Choose another folder."
            ) from err

    def _pair(self, progress: Progress) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Addresses of the scenes after the event and before it.

        Raises:
            CatalogueError: There is no pair.
        """
        search, catalogue, carrier = self._network()
        session = Session(
            carrier,
            catalogue,
            self._credentials,
            self._cancelled,
            self._warn,
            catalogue.own_token_hosts,
        )
        found = find_scenes(search, session, progress)  # what it would warn of is told here
        pair = tuple(_best(found, purpose, search) for purpose in (AFTER, BEFORE))
        for purpose in (AFTER, BEFORE):
            best = found.best(purpose)
            if best and "off the season" in best.note:
                self._warn(f"The image {purpose} is {best.note}: leaves, snow and sun may differ.")
        names = " and ".join(f"{_names(found, purpose)}" for purpose in (AFTER, BEFORE))
        self._done = [f"The pair is {names}."]
        return pair[0], pair[1]

    def _network(self) -> tuple[FindRequest, Catalogue, Carrier]:
        search, catalogue = self._request.search, self._request.catalogue
        if search is None or catalogue is None or self._carrier is None:
            raise ParameterError("A catalogue was asked for, and none is named.")
        return search, catalogue, self._carrier

    def _raw(
        self,
        raw: str,
        pair: tuple[tuple[str, ...], tuple[str, ...]] | None,
        progress: Progress,
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Make the stack of both images; returns the products that it is made of."""
        request = self._request
        hooks = progress, self._cancelled, self._warn
        wanted = PrepareRequest(
            products=request.after,
            stack=raw,
            model=request.model,
            also=ALSO,
            out=request.out if by_masks(request.clouds) else (),
            tested=True,
            align=True,
            band_mapping=request.band_mapping,
        )
        if pair is None:
            prepare(
                replace(
                    wanted,
                    pre_event=request.before,
                    dems=(request.dem,) if request.dem else (),
                    model=_local_model(request),
                    grid=self._grid(),
                ),
                *hooks,
            )
            return request.after, request.before
        search, catalogue, carrier = self._network()
        folder = self._folder / "fetched"
        self._done.append(f"What was fetched is kept in {folder} for a new run.")
        fetched = fetch_scenes(
            FetchRequest(
                catalogue=catalogue,
                items=pair[0],
                before=pair[1],
                area=search.area,
                clip=request.clip,
                stack=wanted,
                dem=request.dem,
                folder=str(folder),
                token_hosts=request.token_hosts,
            ),
            carrier,
            self._credentials,
            *hooks,
        )
        return fetched.products, fetched.pre_event

    def _grid(self) -> GridRequest:
        area = self._request.area
        if area is None or self._request.clip:
            return GridRequest(area=area)
        return GridRequest(extent=area.bounds, extent_crs=area.crs)

    def _leave_out(
        self, raw: str, after: Sequence[str], before: Sequence[str], progress: Progress
    ) -> None:
        """Put the stack in its place, without what our own tests find where masks tell nothing."""
        request = self._request
        asked = Reason(0)
        for name in request.out:
            asked |= REASONS[name]
        products = [
            open_products(paths, band_mapping=request.band_mapping) for paths in (after, before)
        ]
        hidden = hidden_classes(asked, request.clouds, *products)
        if hidden:
            source = ImageSource(raw, clouds="own", flat_slope=0)
            # What it would warn of is told when outlines are compared.
            shares = mask_stack(source, request.stack, hidden, progress, self._cancelled)
            progress(1, told(shares, hidden))
            return
        with whole_file(request.stack) as temporary:
            os.replace(raw, temporary)

    # --- what a stopped run leaves ---

    def _decides(self) -> str:
        """All that the stack depends on, as one text."""
        request = self._request
        inputs = [identity(path) for path in (*request.after, *request.before)]
        dem = identity(request.dem) if os.path.exists(request.dem) else request.dem
        place = request.area, request.clip, request.search, request.catalogue
        settings = request.model, request.out, request.clouds, request.band_mapping
        text = repr((inputs, dem, place, settings, __version__))
        return hashlib.sha256(text.encode()).hexdigest()

    def _known(self, name: str, decides: str, file: str) -> dict[str, Any]:
        """What an earlier, equal run noted of a file that is as it was; empty where none did."""
        try:
            noted = json.loads((self._folder / name).read_text(encoding="utf-8"))
            same = noted["decides"] == decides and noted["file"] == identity(file)
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return dict(noted) if same else {}

    def _note(self, name: str, decides: str, file: str, **more: Any) -> None:
        """Note for a new run that a file is made; on a full disk, that run makes it again."""
        text = json.dumps({"decides": decides, "file": identity(file), **more})
        with suppress(OutputError), whole_file(str(self._folder / name)) as temporary:
            Path(temporary).write_text(text, encoding="utf-8")

    def _forget_parts(self) -> None:
        """Remove what the stack was made of."""
        for path in list(self._folder.iterdir()):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the folder of a run that failed, if nothing is in it."""
        if not any(path.is_file() for path in self._folder.rglob("*")):
            self.remove()

    def remove(self) -> None:
        """Remove what was kept for a run that is stopped."""
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- the inventory ---

    def detection(self) -> Detection:
        """Detect in the stack, with the image before."""
        request = self._request
        with self._step(3) as progress:
            found = detect(
                replace(
                    request.detection,
                    model=detection_model(request.model, request.stack, False),
                    pre_event=request.stack,
                    outlines=self._outlines(),
                ),
                progress,
                self._cancelled,
                self._warn,
            )
        self._done.append(
            f"The probability raster {found.probability} is complete, too: run Vectorise "
            "probability and Change evidence on it, and the model need not run again."
        )
        return found

    def _outlines(self) -> VectoriseRequest:
        """How to outline, with elevation from the user's DEM, else from the stack."""
        request = self._request
        outlines = request.detection.outlines
        if os.path.isfile(request.dem):
            return replace(outlines, dem=request.dem)
        band = open_stack(request.stack).number("dem")
        return replace(outlines, dem=request.stack, dem_band=band) if band else outlines

    def evidence(self, found: Detection) -> Table:
        """The inventory with what changed; without it where the images cannot be compared."""
        table = detected(found.landslides, found.crs)
        image = ImageSource(self._request.stack, clouds=self._request.clouds, flat_slope=0)
        with self._step(4) as progress:
            try:
                if found.landslides:
                    asked = EvidenceRequest(image, image)
                    return change_evidence(table, asked, progress, self._cancelled, self._warn)
            except Cancelled:
                raise
            except LandslipError as err:
                self._warn(f"The outlines have no evidence of change: {err}")
        return with_columns(table, EVIDENCE_FIELDS, [{} for _ in table.records])


def _best(found: Found, purpose: str, search: FindRequest) -> tuple[str, ...]:
    best = found.best(purpose)
    if best is None:
        raise CatalogueError(
            f"There is no pair of images of the event of {search.event}: no scene {purpose} it "
            f"serves ({why_none(found, purpose)}). Allow more cloud (MAX_CLOUD, or LOOK for the "
            "cloud over the area alone), take more days, or another catalogue; or give two images "
            "of your own (INPUT and PRE_EVENT)."
        )
    return tuple(item.address for item in best.items)


def _names(found: Found, purpose: str) -> str:
    best = found.best(purpose)
    return ", ".join(item.id for item in best.items) if best else ""


def _images(stack: str, given: EventFacts) -> tuple[tuple[str, str], tuple[str, str]]:
    """Names and times of both images, as the user or the stack tells them."""
    with open_raster(stack) as dataset:
        tags = dataset.tags()

    def known(*keys: str) -> tuple[str, ...]:
        return tuple(str(tags.get(key, "")) for key in keys)

    name, day = known(ACQUISITION_TAGS["product_id"], ACQUISITION_TAGS["image_date"])
    earlier, then = known("PRE_EVENT_PRODUCT_ID", ACQUISITION_TAGS["pre_date"])
    return (name, given.image_date or day), (earlier, given.pre_date or then)
