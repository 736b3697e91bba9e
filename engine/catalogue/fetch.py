"""Fetch scenes: the bands and the window that are needed, and a stack made of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..common.archive import read_bytes
from ..common.errors import (
    BandError,
    Cancelled,
    CatalogueError,
    LandslipError,
    OutputError,
    ParameterError,
)
from ..common.file_names import place_of, stem_of
from ..common.hooks import Check, Progress, Warn, or_silent
from ..common.output import whole_file
from ..models.runtime import Model
from ..models.zoo import AUTO, model_path
from ..preparation.band_choice import stored_bands
from ..preparation.plan import PrepareRequest, check_request
from ..preparation.prepare import Prepared, prepare
from ..preparation.stack_plan import COVER_RULES
from ..preparation.target_grid import AreaOfInterest, GridRequest
from ..products.band_files import MASK_NAMES, OFFSET_KEY
from ..raster.reading import open_raster
from ..stack.reader import OPTICAL_BANDS, STORED_TERRAIN
from .assets import Source, product_of, sources_of
from .catalogues import CATALOGUES, Catalogue
from .dem import check_dem_place, fetch_dems
from .items import Item, item_of
from .network import Carrier, Credentials, Session
from .scaling import Decision, checked, stated
from .windows import download, fetch_window

_ITEM = "item.json"
#: Visible bands, whose dark pixels tell of an offset.
_TELLING = ("B02", "B03", "B04")
#: Share of the progress that fetching is.
_FETCHING = 0.7
#: Every so many pixels are looked at for the offset.
_STEP = 3


@dataclass(frozen=True)
class FetchRequest:
    """What to fetch, and what to make of it.

    Attributes:
        catalogue: Where the items are.
        items: Addresses of the items of one day: `Item.address`.
        before: Those of a day before the event; empty for none.
        area: What is fetched.
        clip: Whether the stack has no data outside of the area's polygons.
        stack: What to make. Its products, DEMs, images before and grid are filled in.
        dem: As for `dem.fetch_dems`.
        folder: Where the fetched files are kept; empty for beside the stack, until it is finished.
        whole: Whether to fetch whole products where the catalogue has them.
        token_hosts: Hosts that the user allows to have the token.
    """

    catalogue: Catalogue
    items: tuple[str, ...]
    area: AreaOfInterest
    stack: PrepareRequest
    before: tuple[str, ...] = ()
    clip: bool = False
    dem: str = ""
    folder: str = ""
    whole: bool = False
    token_hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class FetchedStack:
    """What came of it.

    Attributes:
        prepared: The stack.
        received: Bytes that came over the network.
        remarks: What was done to the numbers, and else is worth to be known, a sentence each.
        products: What was fetched of the image, as `products.product.open_products` takes it; still
            there where the request names a folder for it.
        pre_event: The same of the image before.
    """

    prepared: Prepared
    received: int
    remarks: tuple[str, ...]
    products: tuple[str, ...]
    pre_event: tuple[str, ...]


def fetch_scenes(
    request: FetchRequest,
    carrier: Carrier,
    credentials: Credentials | None = None,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> FetchedStack:
    """Fetch, and prepare the stack.

    Args:
        request: What.
        carrier: Speaks to the network.
        credentials: The user's token.
        progress: Called with the share done and a sentence.
        cancelled: Asked all the time.
        warn: Called with what the user should see.

    Raises:
        LandslipError: Any of its subclasses. What was fetched until then is kept for the next run.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    check_request(request.stack)
    if request.folder and place_of(request.folder) in map(
        place_of, filter(None, (request.stack.stack, request.stack.mask))
    ):
        raise OutputError(
            f"The folder for the fetched files, {request.folder}, has the name of an output. "
            "Choose another."
        )
    check_dem_place(request.dem)
    hosts = _token_hosts(request, credentials)
    opened: list[Session] = []

    def sessions(catalogue: Catalogue) -> Session:
        is_ours = catalogue is request.catalogue
        session = Session(
            carrier, catalogue, credentials if is_ours else None, cancelled, warn, hosts
        )
        opened.append(session)
        return session

    folder = Path(request.folder or f"{request.stack.stack}.fetched")
    is_new = not folder.exists()
    job = _Job(request, sessions(request.catalogue), folder, progress, warn)
    try:
        after, before = job.load(request.items), job.load(request.before)
        model, bands = _wanted(request, [*after, *before])
        folder.mkdir(parents=True, exist_ok=True)
        products = job.products(after, bands)
        pre_event = job.products(before, bands)
        dems = fetch_dems(request.dem, request.area, folder, sessions, warn)
    except OSError as err:
        raise OutputError(
            f"{folder} cannot be written ({err.strerror or err}). Check that the disk has room; "
            "run again to go on."
        ) from err
    except Cancelled as err:
        if is_new and _removed(folder, opened):
            raise
        raise Cancelled(f"Stopped on request. A new run goes on with what is in {folder}.") from err
    except LandslipError:
        if is_new:
            _removed(folder, opened)
        raise
    made = prepare(
        replace(
            request.stack,
            products=products,
            pre_event=pre_event,
            dems=dems,
            model=model,
            grid=_grid(request),
        ),
        lambda share, text: progress(_FETCHING + (1 - _FETCHING) * share, text),
        cancelled,
        warn,
    )
    if not request.folder:
        shutil.rmtree(folder, ignore_errors=True)
    received = sum(session.received for session in opened)
    progress(1, f"{received / 2**20:.1f} MiB were fetched")
    return FetchedStack(made, received, tuple(job.remarks), products, pre_event)


def _removed(folder: Path, sessions: Sequence[Session]) -> bool:
    """Remove a new folder unless something came into it over the network; whether it is gone."""
    came = any(session.received for session in sessions)
    if not (came and any(p.is_file() and p.name != _ITEM for p in folder.rglob("*"))):
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def results_of(fetched: FetchedStack) -> dict[str, Any]:
    """What an algorithm and a command give back besides the files."""
    return {
        "VALID": fetched.prepared.valid_share,
        "RECEIVED": fetched.received,
        "REMARKS": " ".join(fetched.remarks),
    }


def _token_hosts(request: FetchRequest, credentials: Credentials | None) -> tuple[str, ...]:
    """Hosts that may have the token. An address out of a layer's table is not enough."""
    known = request.catalogue.name in CATALOGUES
    hosts = tuple(host.lower() for host in request.token_hosts)
    hosts = (*(request.catalogue.own_token_hosts if known else ()), *hosts)
    if credentials and not hosts:
        raise ParameterError(
            f"A token was given for {request.catalogue.name}, which asks for none by itself. Name "
            "the host that may have it (TOKEN_HOST)."
        )
    return hosts


def _grid(request: FetchRequest) -> GridRequest:
    area = request.area
    if request.clip:
        return replace(request.stack.grid, area=area)
    return replace(request.stack.grid, extent=area.bounds, extent_crs=area.crs)


# --- which bands ---


def _wanted(request: FetchRequest, items: Sequence[Item]) -> tuple[str, tuple[str, ...]]:
    """The file of the model, if there is one; bands and masks to fetch, none for all.

    Raises:
        BandError: There is no such band.
    """
    model = _model(request, items)
    bands = stored_bands(Model(model, "cpu").card.bands) if model else request.stack.bands
    if model and request.stack.also:
        there = [set(sources_of(item, request.catalogue)) for item in items]
        more = [b for b in request.stack.also if all(b in names for names in there)]
        bands = tuple(dict.fromkeys((*bands, *more)))
    known = (*OPTICAL_BANDS, *STORED_TERRAIN)
    if unknown := [band for band in bands if band not in known]:
        raise BandError(f"There is no band '{unknown[0][:80]}'; expected of {', '.join(known)}.")
    optical = [band for band in bands if band not in STORED_TERRAIN]
    if not optical:
        return model, ()
    rules = [band for rule in request.stack.rules for band in COVER_RULES[rule][2]]
    masks = MASK_NAMES if request.stack.out or request.stack.mask else ()
    return model, tuple(dict.fromkeys((*optical, *rules, *masks)))


def _model(request: FetchRequest, items: Sequence[Item]) -> str:
    """The file of the model that the stack is for; empty for none."""
    name = request.stack.model.strip()
    if name != AUTO:
        return model_path(name) if name else ""
    there = [set(sources_of(item, request.catalogue)) for item in items]
    terrain = {*STORED_TERRAIN, "illumination"} if request.dem else set()
    return model_path(AUTO, set.intersection(*there) | terrain)


class _Job:
    """Fetching for one request."""

    def __init__(
        self,
        request: FetchRequest,
        session: Session,
        folder: Path,
        progress: Progress,
        warn: Warn,
    ) -> None:
        self._request, self._session, self._folder = request, session, folder
        self._progress, self._warn = progress, warn
        self._done, self._total = 0, 0
        self.remarks: list[str] = []

    def load(self, addresses: Sequence[str]) -> list[Item]:
        """The items at some addresses.

        Raises:
            CatalogueError: One cannot be had, or they are of several days.
        """
        items = [load_item(self._session, address) for address in addresses]
        days = sorted({item.day for item in items})
        if len(days) > 1:
            raise CatalogueError(
                f"The scenes are of {len(days)} days ({', '.join(days[:4])}); expected one day. "
                "Choose the tiles of one."
            )
        self._total += len(items)
        return items

    def products(self, items: Sequence[Item], bands: Sequence[str]) -> tuple[str, ...]:
        """What `prepare` opens, for each item that reaches into the area."""
        found = tuple(filter(None, (self._product(item, bands) for item in items)))
        if items and not found:
            raise ParameterError(
                f"{items[0].id} does not reach into the area. Choose another scene or area."
            )
        return found

    def _product(self, item: Item, bands: Sequence[str]) -> str:
        catalogue = self._request.catalogue
        product = product_of(item, catalogue)
        sources = {}
        if not (self._request.whole and product):
            sources = self._sources(item, bands, fallback=product is not None)
        if sources:
            path = self._windows(item, sources)
        elif product:
            path = self._whole(item, product)
        else:
            raise CatalogueError(
                f"{item.id} has no band that can be fetched. Choose another scene or catalogue."
            )
        self._done += 1
        return path

    def _sources(self, item: Item, bands: Sequence[str], fallback: bool) -> dict[str, Source]:
        """The files to fetch; none where the whole product has to do."""
        try:
            there = sources_of(item, self._request.catalogue)
        except CatalogueError:
            if fallback:
                return {}
            raise
        masks = [name for name in there if name in MASK_NAMES]
        names = bands or [*(b for b in OPTICAL_BANDS if b in there), *masks]
        missing = [name for name in names if name in OPTICAL_BANDS and name not in there]
        if missing and fallback:
            return {}
        if missing:
            raise CatalogueError(
                f"{item.id} has no file of {', '.join(missing)}; it has "
                f"{', '.join(b for b in OPTICAL_BANDS if b in there) or 'no band'}. Choose another "
                "scene, catalogue or model."
            )
        return {name: there[name] for name in names if name in there}

    # --- whole products ---

    def _whole(self, item: Item, product: Source) -> str:
        self._tell(f"Fetching {item.id} whole")
        if product.is_local:
            return product.place
        path = self._folder / f"{stem_of(item.id)}.zip"
        note = download(self._session, product, path)
        if note:
            self._remark(f"{item.id}: {note}")
        return str(path)

    # --- windows ---

    def _windows(self, item: Item, sources: dict[str, Source]) -> str:
        """Fetch windows of the bands; returns the path of an item of them, empty for none."""
        folder = self._folder / stem_of(item.id)
        folder.mkdir(exist_ok=True)
        paths = self._fetched(item, sources, folder)
        if not any(name in OPTICAL_BANDS for name in paths):
            return ""
        optical = [source for name, source in sources.items() if name in OPTICAL_BANDS]
        decision = checked(stated(item, optical), _numbers(paths), item.id)
        self._remark(f"{decision.reason}.", decision)
        path = folder / _ITEM
        with whole_file(str(path)) as temporary:
            text = json.dumps(_local_item(item, paths, decision), indent=1)
            Path(temporary).write_text(text, encoding="utf-8")
        return str(path)

    def _fetched(self, item: Item, sources: dict[str, Source], folder: Path) -> dict[str, str]:
        area, paths = self._request.area, {}
        with ThreadPoolExecutor(self._session.carrier.threads, "landslip-fetch") as pool:
            jobs = {
                pool.submit(fetch_window, self._session, source, area, folder / f"{name}.tif"): name
                for name, source in sources.items()
            }
            try:
                for number, job in enumerate(as_completed(jobs), start=1):
                    found = job.result()
                    if found.path:
                        paths[jobs[job]] = found.path
                    if found.note:
                        self._remark(f"{item.id}: {found.note}.")
                    self._tell(f"{item.id}: {jobs[job]}", number / len(jobs))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return paths

    def _tell(self, text: str, share: float = 0.0) -> None:
        self._progress(_FETCHING * (self._done + share) / max(1, self._total), text)

    def _remark(self, text: str, decision: Decision | None = None) -> None:
        self.remarks.append(text)
        if decision and decision.doubtful:
            self._warn(text)
        else:
            self._progress(_FETCHING * self._done / max(1, self._total), text)


def load_item(session: Session, address: str) -> Item:
    """The item at an address, or in a file behind ``#``.

    Raises:
        CatalogueError: There is none.
    """
    if not session.catalogue.is_local:
        return item_of(session.json(address), address, session.catalogue)
    file, _, name = address.partition("#")
    try:
        document = json.loads(read_bytes(file))
    except (LandslipError, ValueError, RecursionError) as err:
        raise CatalogueError(
            f"{file} holds no STAC item that can be read ({str(err)[:200]}). Search again."
        ) from err
    features = document.get("features") if isinstance(document, dict) else None
    for feature in features if isinstance(features, list) else [document]:
        if isinstance(feature, dict) and str(feature.get("id")) == name:
            return item_of(feature, address, session.catalogue)
    raise CatalogueError(f"{file} holds no STAC item '{name}'. Search again.")


def _numbers(paths: dict[str, str]) -> dict[str, np.ndarray]:
    """Valid digital numbers of the bands that tell of an offset, thinned out."""
    names = [name for name in _TELLING if name in paths]
    found = {}
    for name in names or [name for name in paths if name in OPTICAL_BANDS][:3]:
        with open_raster(paths[name]) as dataset:
            values = dataset.read(1)[::_STEP, ::_STEP]
        if values.dtype.kind in "ui":
            found[name] = values[(values > 0) & (values < 65535)]
    return found


def _local_item(item: Item, paths: dict[str, str], decision: Decision) -> dict[str, Any]:
    """An item of the windows, with the facts that a stack carries on."""
    properties = item.document["properties"]
    kept = (
        "platform",
        "eo:cloud_cover",
        "view:sun_elevation",
        "view:sun_azimuth",
        "s2:product_uri",
    )
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": item.id,
        "geometry": item.document["geometry"],
        "properties": {
            "datetime": item.date,
            **{key: properties[key] for key in kept if key in properties},
            **({"s2:processing_baseline": item.baseline} if item.baseline else {}),
            OFFSET_KEY: decision.offset,
        },
        "links": [],
        "assets": {name: {"href": Path(path).name} for name, path in sorted(paths.items())},
    }
