"""The commands that speak to catalogues: find scenes, fetch one."""

from __future__ import annotations

from pathlib import Path

from ..engine.catalogue.catalogues import Catalogue, catalogue_of
from ..engine.catalogue.choice import choose
from ..engine.catalogue.fetch import FetchRequest, fetch_scenes
from ..engine.catalogue.fetch import results_of as results_of_fetching
from ..engine.catalogue.find import LAYER, FindRequest, find_scenes, results_of, table_of
from ..engine.catalogue.network import Session
from ..engine.catalogue.plain_carrier import PlainCarrier, token_for
from ..engine.common.wording import words_of
from ..engine.inventory.geopackage import write_inventory
from ..engine.inventory.vector_file import read_layer
from ..engine.preparation.prepare import PrepareRequest
from ..engine.preparation.target_grid import AreaOfInterest
from .inventory_commands import check_geopackage
from .listeners import Listeners, Values
from .place import needed_area

#: Colours and map tips of footprints in QGIS.
_STYLE = Path(__file__).resolve().parents[1] / "resources" / "scenes.qml"


def scenes_of_a_place(values: Values, listeners: Listeners) -> Values:
    """Find the scenes of a place before and after an event."""
    check_geopackage(values["OUTPUT"], "The layer of scenes")
    area, _ = needed_area(values, listeners)
    request = search_of(values, area)
    catalogue = chosen_catalogue(values)
    session = Session(
        PlainCarrier(),
        catalogue,
        token_for(catalogue, values["AUTH"] or ""),
        listeners.cancelled,
        listeners.warn,
        catalogue.own_token_hosts,
    )
    found = find_scenes(request, session, listeners.progress, listeners.warn)
    write_inventory(table_of(found), values["OUTPUT"], listeners.warn, layer=LAYER, style=_STYLE)
    return {"OUTPUT": values["OUTPUT"], **results_of(found)}


def search_of(values: Values, area: AreaOfInterest) -> FindRequest:
    """What the options ask a catalogue for."""
    return FindRequest(
        area,
        values["EVENT_DATE"] or "",
        values["DAYS_BEFORE"],
        values["DAYS_AFTER"],
        values["MAX_CLOUD"],
        values["MIN_COVER"],
        values["LOOK"],
    )


def chosen_catalogue(values: Values) -> Catalogue:
    """The catalogue that the options name."""
    return catalogue_of(values["CATALOGUE"], values["ADDRESS"] or "", values["COLLECTION"] or "")


def fetch_scene(values: Values, listeners: Listeners) -> Values:
    """Fetch scenes that were found, and make a stack of them."""
    area, clip = needed_area(values, listeners)
    table = read_layer(values["INPUT"], listeners.warn).table
    rows = [record.values for record in table.records]
    choice = choose(rows, values["WHICH"], values["SCENE"] or "")
    listeners.progress(0, f"Fetching {', '.join(choice.names)}.")
    request = FetchRequest(
        catalogue=catalogue_of(choice.catalogue),
        items=choice.items,
        before=choice.before,
        area=area,
        clip=clip,
        stack=PrepareRequest(
            products=(),
            stack=values["OUTPUT"],
            mask=values["MASK"] or "",
            model=values["MODEL"] or "",
            bands=words_of(values["BANDS"] or ""),
            out=tuple(values["OUT"] or ()),
            align=values["ALIGN"],
        ),
        dem=values["DEM"] or "",
        folder=values["FOLDER"] or "",
        whole=values["WHOLE"],
        token_hosts=words_of(values["TOKEN_HOST"] or ""),
    )
    made = fetch_scenes(
        request,
        PlainCarrier(),
        token_for(request.catalogue, values["AUTH"] or ""),
        listeners.progress,
        listeners.cancelled,
        listeners.warn,
    )
    results = {"OUTPUT": made.prepared.stack, **results_of_fetching(made)}
    return {**results, "MASK": made.prepared.mask} if made.prepared.mask else results
