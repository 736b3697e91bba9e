"""The commands that look at images below an inventory: evidence of change, and dates."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ..engine.ground.change_point import DATED
from ..engine.ground.dating import DatingRequest, date_landslides
from ..engine.ground.evidence import EvidenceRequest, change_evidence
from ..engine.ground.image import ImageSource
from ..engine.inventory.compared import EVIDENCE
from ..engine.inventory.geopackage import write_inventory
from .inventory_commands import check_geopackage
from .inventory_reader import read_inventory
from .listeners import Listeners, Values


def evidence(values: Values, listeners: Listeners) -> Values:
    """Say of each outline whether it is new, seen before or hidden."""
    check_geopackage(values["OUTPUT"])
    after = ImageSource(
        path=values["IMAGE"],
        mask=values["MASK"] or "",
        dem=values["DEM"],
        band_mapping=values["BAND_MAPPING"] or "",
        clouds=values["CLOUDS"],
        flat_slope=0,
    )
    before = replace(after, path=values["PRE_IMAGE"], mask=values["PRE_MASK"] or "")
    table = read_inventory(values["INPUT"], listeners)
    hooks = listeners.progress, listeners.cancelled, listeners.warn
    found = change_evidence(table, EvidenceRequest(after, before), *hooks)
    listeners.check()
    write_inventory(found, values["OUTPUT"], listeners.warn)
    words = Counter(record.get("evidence") for record in found.records)
    counts = {word.upper().replace(" ", "_"): words[word] for word in EVIDENCE}
    return {"OUTPUT": values["OUTPUT"], "COUNT": len(found.records), **counts}


def date(values: Values, listeners: Listeners) -> Values:
    """Find since when each landslide is bare."""
    check_geopackage(values["OUTPUT"])
    like = ImageSource(
        path="",
        dem=values["DEM"],
        band_mapping=values["BAND_MAPPING"] or "",
        clouds=values["CLOUDS"],
        flat_slope=0,
    )
    request = DatingRequest.of(values["IMAGES"] or (), values["DATES"] or "", like)
    table = read_inventory(values["INPUT"], listeners)
    hooks = listeners.progress, listeners.cancelled, listeners.warn
    found = date_landslides(table, request, *hooks)
    listeners.check()
    write_inventory(found, values["OUTPUT"], listeners.warn)
    dated = sum(record.get("date_note") == DATED for record in found.records)
    return {"OUTPUT": values["OUTPUT"], "COUNT": len(found.records), "DATED": dated}
