"""The commands that take an inventory: measure, update, review, export and check."""

from __future__ import annotations

from ..engine.adaptation.suggest import SuggestRequest, suggest
from ..engine.assessment.review_page import write_review_sheet
from ..engine.assessment.review_sheet import SheetRequest, cards, sheet_of
from ..engine.common.dependencies import require
from ..engine.common.errors import OutputError
from ..engine.common.output import check_report, check_writable
from ..engine.common.report import MADE_BY
from ..engine.inventory.event import EventFacts
from ..engine.inventory.exchange import rows
from ..engine.inventory.exchange_file import (
    DRIVERS,
    FileAccess,
    file_ending,
    layer_options,
    write_exchange,
)
from ..engine.inventory.findings import problem_table, remarks
from ..engine.inventory.geopackage import STYLE, beside_other_layers, write_inventory
from ..engine.inventory.history import CHANGES, result_name, summary
from ..engine.inventory.presets import PRESETS
from ..engine.inventory.review import apply_reviews, read_reviews
from ..engine.inventory.schema import Dataset, Preset, country_code
from ..engine.inventory.table import Table
from ..engine.inventory.update import (
    UpdateRequest,
    box_around,
    changes,
    inside,
    some_place,
    survey_date,
    update,
)
from ..engine.inventory.validation import Problem, validate
from ..engine.inventory.vector_file import write_layer
from ..engine.outlines.measure import MeasureRequest, measure
from .inventory_reader import raw_inventory, read_inventory
from .listeners import Listeners, Values
from .overlaps import overlaps

#: How many problems are told one by one.
_TOLD = 10
#: Name of the layer of problems.
_PROBLEMS = "problems"


def check_geopackage(target: str, what: str = "The inventory") -> None:
    """Refuse, before the work starts, a layer that cannot be written.

    Raises:
        OutputError: It is named as another format than GeoPackage, or cannot be made.
        DependencyError: pyogrio is not installed.
    """
    if not target.lower().endswith(".gpkg"):
        raise OutputError(
            f"{what} is written as a GeoPackage, but {target} does not end in .gpkg. Choose a "
            "file name that does; other formats need QGIS."
        )
    check_writable(target)
    require("pyogrio.raw", "pyogrio")


def measure_inventory(values: Values, listeners: Listeners) -> Values:
    """Measure the landslides of an inventory."""
    check_geopackage(values["OUTPUT"])
    table = read_inventory(values["INPUT"], listeners)
    request = MeasureRequest(
        dem=values["DEM"], probability=values["PROBABILITY"], event=EventFacts.of(values)
    )
    hooks = listeners.progress, listeners.cancelled, listeners.warn
    measured = measure(table, request, *hooks)
    listeners.check()
    write_inventory(measured, values["OUTPUT"], listeners.warn)
    area = sum(record.values["area_m2"] for record in measured.records)
    return {"OUTPUT": values["OUTPUT"], "COUNT": len(measured.records), "AREA": float(area)}


def update_inventory(values: Values, listeners: Listeners) -> Values:
    """Merge a new detection into an inventory."""
    check_geopackage(values["OUTPUT"])
    known = read_inventory(values["INPUT"], listeners)
    found = read_inventory(values["DETECTION"], listeners, known.crs)
    request = UpdateRequest(
        date=(values["DATE"] or "").strip() or survey_date(found),
        overlap=values["OVERLAP"],
        growth=values["GROWTH"],
        uncertainty=values["UNCERTAINTY"],
        margin=values["MARGIN"],
        mixed=values["MIXED"],
        same_day=values["SAME_DAY"],
    )
    seen = inside(overlaps(known, _surveyed(values, listeners, known, found), listeners))
    shared = overlaps(known, found, listeners)
    updated = update(known, found, shared, seen, request, listeners.warn)
    listeners.check()
    write_inventory(updated, values["OUTPUT"], listeners.warn)
    counts = changes(updated, request.date)
    listeners.say(f"Survey of {request.date}: {summary(counts)}.")
    numbers = {result_name(change): counts[change] for change in CHANGES}
    return {"OUTPUT": values["OUTPUT"], "COUNT": len(updated.records), **numbers}


def _surveyed(values: Values, listeners: Listeners, known: Table, found: Table) -> Table:
    if not values["SURVEYED"]:
        return box_around(found)
    place = read_inventory(values["SURVEYED"], listeners, known.crs)
    some_place(place)
    return place


def review_sheet(values: Values, listeners: Listeners) -> Values:
    """Make a sheet to review an inventory with; PDF needs QGIS."""
    check_report(values["OUTPUT"])
    table = read_inventory(values["INPUT"], listeners)
    request = SheetRequest(
        image=values["IMAGE"],
        pre_image=values["PRE_IMAGE"] or "",
        order=values["ORDER"],
        band_mapping=values["BAND_MAPPING"] or "",
    )
    shown = cards(table, request, listeners.progress, listeners.cancelled)
    write_review_sheet(shown, sheet_of(table, request), MADE_BY, values["OUTPUT"])
    return {"OUTPUT": values["OUTPUT"], "COUNT": len(table.records)}


def suggest_review(values: Values, listeners: Listeners) -> Values:
    """Choose what to review next."""
    check_geopackage(values["OUTPUT"], "The layer of suggestions")
    request = SuggestRequest(
        read_inventory(values["INPUT"], listeners),
        values["PROBABILITY"],
        values["OUTLINES"],
        values["PLACES"],
        values["THRESHOLD"],
        values["SEED"],
        read_inventory(values["REVIEWED"], listeners) if values["REVIEWED"] else None,
    )
    found = suggest(request, listeners.progress, listeners.cancelled)
    style = STYLE.with_name("suggestions.qml")
    write_inventory(found, values["OUTPUT"], listeners.warn, layer="suggestions", style=style)
    return {"OUTPUT": values["OUTPUT"], "COUNT": len(found.records)}


def apply_review(values: Values, listeners: Listeners) -> Values:
    """Enter what reviewers said into an inventory."""
    check_geopackage(values["OUTPUT"])
    reviews = read_reviews(values["REVIEW"])
    table = read_inventory(values["INPUT"], listeners)
    applied = apply_reviews(table, reviews, values["CONFLICTS"])
    for sentence in applied.conflicts:
        listeners.warn(sentence)
    listeners.check()
    write_inventory(applied.table, values["OUTPUT"], listeners.warn)
    listeners.say(applied.summary(reviews))
    return {
        "OUTPUT": values["OUTPUT"],
        "COUNT": len(applied.table.records),
        "APPLIED": applied.entered,
        "CONFLICTING": applied.conflicting,
    }


def export_inventory(values: Values, listeners: Listeners) -> Values:
    """Write an inventory in the columns of a schema."""
    target, preset = values["OUTPUT"], PRESETS[values["PRESET"]]
    dataset = _dataset(values)
    file_ending(target)
    check_writable(target)
    inventory = read_inventory(values["INPUT"], listeners, preset.crs)
    table = rows(inventory, preset, dataset, listeners.warn, values["REVIEWED_ONLY"])
    listeners.check()
    access = FileAccess(
        _write, _read, lambda path: beside_other_layers(path, preset.name, listeners.warn)
    )
    problems = write_exchange(table, preset, target, access, listeners.warn)
    _tell(problems, listeners)
    count = len(table.records)
    listeners.say(
        f"{count} landslides written and read back; {len(problems)} problems with {preset.title}."
    )
    return {"OUTPUT": target, "COUNT": count, "PROBLEMS": len(problems)}


def _dataset(values: Values) -> Dataset:
    def text(name: str) -> str:
        return str(values[name] or "").strip()

    return Dataset(
        name=text("NAME"),
        url=text("URL"),
        version=text("VERSION"),
        country=text("COUNTRY"),
        country_code=country_code(text("COUNTRY_CODE")),
        accuracy=values["ACCURACY"],
        start=text("START_DATE"),
        end=text("END_DATE"),
        event=EventFacts.of(values),
    )


def _write(table: Table, preset: Preset, path: str) -> str:
    driver = DRIVERS[file_ending(path)]
    return write_layer(path, table, driver, preset.name, options=layer_options(preset, path))


def _read(path: str, preset: Preset) -> Table:
    layer = f"|layername={preset.name}" if file_ending(path) == ".gpkg" else ""
    return raw_inventory(f"{path}{layer}")[0]


def check_inventory(values: Values, listeners: Listeners) -> Values:
    """Check a file against a schema."""
    preset, target = PRESETS[values["PRESET"]], values["OUTPUT"]
    if target:
        check_geopackage(target, "The layer of problems")
    table, driver = raw_inventory(values["INPUT"], listeners.warn)
    listeners.check()
    problems = validate(table, preset, driver)
    listeners.say(f"Checked against: {preset.source}.")
    for told in remarks(table, preset):
        listeners.say(told)
    _tell(problems, listeners)
    count = len(table.records)
    listeners.say(f"{count} landslides, {len(problems)} problems with {preset.title}.")
    results: Values = {"COUNT": len(problems), "VALID": not problems}
    if not target:
        return results
    found = problem_table(table, problems)
    write_inventory(found, target, listeners.warn, layer=_PROBLEMS, style=None)
    return {**results, "OUTPUT": target}


def _tell(problems: list[Problem], listeners: Listeners) -> None:
    """Tell the first problems; those of the whole file come first."""
    for problem in problems[:_TOLD]:
        listeners.warn(problem.sentence)
    if len(problems) > _TOLD:
        listeners.warn(f"{len(problems) - _TOLD} more problems are not shown here.")
