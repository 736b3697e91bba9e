"""The report of an event: map, largest landslides, statistics, assessment, caveats, sources.

It is made once, and written as a page with a map to move in, as a PDF (by QGIS), and as KML.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..common.errors import ModelError, OutputError, ParameterError
from ..common.file_names import stem_of
from ..common.output import check_writable
from ..common.report import figure, footer, heading, number, page, paragraph, table, write_page
from ..inventory.compared import EVIDENCE
from ..inventory.fields import REVIEW_STATUS, UNREVIEWED
from ..inventory.geodesy import Geodesy
from ..inventory.kml import write_kml
from ..inventory.polygons import Outlines
from ..inventory.run_facts import Facts, shown_name
from ..inventory.table import Table
from ..models.card_file import read_card
from ..models.probability import AND, open_probability
from ..models.zoo import model_path, own_models, shipped_models
from ..raster.grid import Grid
from .assess import Assessment, AssessRequest, Side, assess
from .report import assessment_parts, curve_parts
from .report_maps import COMPARED, Below, comparison_map, map_part, results_map, sources_part
from .review_page import chip_svg, pair_svg
from .review_sheet import Card, SheetRequest, cards
from .statistics import (
    InventoryStatistics,
    StatisticsRequest,
    inventory_statistics,
    terrain_attributes,
)
from .statistics_report import limits, number_rows, statistics_parts

#: Landslides with a picture, and in the table where there is no image.
LARGEST = 9
#: Cards side by side, and rows of them where all is on one page.
_ACROSS, _ROWS = 3, 2
SCRIPT = Path(__file__).resolve().parents[2] / "resources" / "event_map.js"
_STATUS, _REJECTED = "review_status", REVIEW_STATUS[-1]
_COPERNICUS = "Contains modified Copernicus Sentinel data{}."
_COASTS = "Coasts of the locator: Natural Earth, public domain."

_STYLE = """
table.cards td { border: 0; padding: 0 14px 14px 0; vertical-align: top; width: 250px;
font-size: .85em; line-height: 1.35 }
.webmap { position: relative } .webmap svg { display: block; touch-action: none; cursor: grab;
border: 1px solid #ddd; width: 100% } .webmap .bar, .webmap .status { display: none }
.webmap.live .bar { display: block; position: absolute; right: 26px; top: 18px }
.webmap .bar button { display: block; width: 34px; height: 34px; font: bold 17px sans-serif;
margin-bottom: 4px; background: #fff; border: 1px solid #888; border-radius: 4px }
.webmap.live .status { display: block; min-height: 1.5em; font-size: .9em; color: #333 }
.webmap .lines path { vector-effect: non-scaling-stroke; stroke-width: 1.3px }
.webmap polyline { vector-effect: non-scaling-stroke }
.webmap .lines path:hover { fill-opacity: .6 }
@media print { .webmap.live .bar, .webmap.live .status { display: none } }
"""


class EventFiles(NamedTuple):
    """Where the parts of a report go: the whole as a page and as PDF, outlines, a map, one page."""

    html: str
    pdf: str
    kml: str
    png: str = ""
    page: str = ""

    def make_folder(self) -> None:
        """Make their folder where it is missing: not before there is something to write.

        Raises:
            OutputError: It cannot be made.
        """
        folder = Path(self.html).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise OutputError(
                f"The folder {folder} cannot be made ({err.strerror or err}). Choose another one, "
                "or ask for the right to write there."
            ) from err


@dataclass(frozen=True)
class EventReportRequest:
    """What to report on.

    Attributes:
        inventory: The landslides; rejected ones are left out.
        name: Name of the event.
        reference: Inventory or raster to assess them with; None for none.
        probability: Probability raster that they came from; adds its curves to an assessment,
            what it says of the model, and what its runs differ by.
        study: Polygons that were searched for landslides; None for the convex hull.
        below: What lies below the maps, and the image of the pictures.
        before: Image from before the event, for pictures beside the others; empty for none. A stack
            that *Prepare* made of both may be both.
    """

    inventory: Table
    name: str
    reference: Side | None = None
    probability: str | None = None
    study: Outlines | None = None
    below: Below = field(default_factory=Below)
    before: str = ""


@dataclass(frozen=True)
class EventReport:
    """All that a report says.

    Attributes:
        request: What was asked for.
        table: The landslides in it, each with an ``id``.
        rejected: How many were left out.
        statistics: Of them.
        assessment: Against the reference; None without one.
        curves: Assessment of the probability raster; None without one, or without a reference.
        largest: Cards of the largest, the largest first; without pictures where there is no image.
        facts: What is known of the runs.
        credits: Whom to name, a sentence each.
    """

    request: EventReportRequest
    table: Table
    rejected: int
    statistics: InventoryStatistics
    assessment: Assessment | None
    curves: Assessment | None
    largest: tuple[Card, ...]
    facts: Facts
    credits: tuple[str, ...]

    @property
    def about(self) -> str:
        """The event in a line."""
        known = dict(self.facts)
        day = known.get("Date of the event", "")
        count, total = len(self.statistics.areas), float(self.statistics.areas.sum())
        what = f"{count:,} landslide{'s' * (count != 1)}"
        # Below a hectare, square kilometres with two decimals are nothing.
        area = f"{number(total / 1e6, 2)} km2" if total >= 1e4 else f"{number(total)} m2"
        trigger = known.get("Trigger", "")
        event = " ".join((f"of {day}" if day else "", f"({trigger})" if trigger else "")).strip()
        return f"{what}, {area}. Event {event}" if event else f"{what}, {area}"


def event_files(folder: str, name: str) -> EventFiles:
    """The files of a report, named after the event; nothing is made yet.

    Raises:
        ParameterError: The name has no letter that a file can have.
        OutputError: They cannot be written.
    """
    stem = stem_of(name)
    if not any(c.isalnum() for c in stem):
        raise ParameterError(
            f"The name of the event is '{name}'; expected one with letters or digits, such as "
            "'Iburi 2018': the files are named after it."
        )
    if not folder.strip():
        raise OutputError("No folder was named for the reports. Choose one.")
    place = Path(folder)
    there = next(path for path in (place, *place.absolute().parents) if path.exists())
    if not there.is_dir():
        raise OutputError(f"The folder {folder} cannot be made: {there} is a file. Choose another.")
    endings = (".html", ".pdf", ".kml", ".png", "_page.pdf")
    files = EventFiles(*(str(place / f"{stem}{end}") for end in endings))
    for file in files:
        check_writable(str(there / Path(file).name))
    return files


def event_report(
    request: EventReportRequest,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> EventReport:
    """Work out all that a report says.

    Args:
        request: What to report on.
        progress: Called with the share done (0..1) and an empty sentence.
        cancelled: Asked now and then.

    Raises:
        ParameterError: There is no landslide, or nothing to compare.
        RasterError: A raster cannot be used.
        Cancelled: The user stopped the run.
    """

    def share(first: float, last: float) -> Callable[[float, str], None] | None:
        if progress is None:
            return None
        return lambda done, text: progress(first + (last - first) * done, text)

    request.below.check()
    status = request.inventory.own_name(_STATUS)
    kept = tuple(r for r in request.inventory.records if r.get(status) != _REJECTED)
    shown = Table(
        request.inventory.name, request.inventory.crs, request.inventory.columns, kept
    ).with_ids()
    outlines = Outlines.of(shown)
    statistics = inventory_statistics(
        StatisticsRequest(
            outlines,
            request.study,
            request.below.dem,
            attributes=terrain_attributes(shown),
            probability=request.probability,
        ),
        share(0.0, 0.3),
        cancelled,
    )
    assessment = curves = None
    if request.reference is not None:
        asked = AssessRequest(outlines, request.reference, judged=request.study)
        assessment = assess(asked, share(0.3, 0.6), cancelled)
        if request.probability:
            raster = AssessRequest(request.probability, request.reference, judged=request.study)
            curves = assess(raster, share(0.6, 0.8), cancelled)
    largest: tuple[Card, ...] = ()
    if request.below.image:
        asked_for = SheetRequest(
            request.below.image, request.before, "largest", request.below.mapping
        )
        largest = tuple(islice(cards(shown, asked_for, None, cancelled), LARGEST))
    return EventReport(
        request=request,
        table=shown,
        rejected=len(request.inventory.records) - len(kept),
        statistics=statistics,
        assessment=assessment,
        curves=curves,
        largest=largest,
        facts=outlines.facts,
        credits=tuple(_credits(dict(outlines.facts), request.probability)),
    )


def write_event_page(report: EventReport, made_by: str, files: EventFiles) -> None:
    """Write the page; it brings its own script, and loads nothing.

    Raises:
        OutputError: It, or the folder, cannot be written.
        RasterError: What lies below a map cannot be read.
    """
    body = event_parts(report, made_by, interactive=True)
    script = SCRIPT.read_text(encoding="utf-8")
    lines = list(page(report.request.name, report.about, body, _STYLE, script))
    files.make_folder()
    write_page(files.html, lines)


def write_event_kml(report: EventReport, made_by: str, target: str) -> None:
    """Write the landslides as KML.

    Raises:
        OutputError: It cannot be written.
    """
    about = f"{report.about}. Made by {made_by}. {' '.join(report.credits)}"
    write_kml(report.table, report.request.name, about, target)


def event_parts(report: EventReport, made_by: str, interactive: bool) -> Iterator[str]:
    """The parts of the report, for a page or for a PDF.

    Args:
        report: What it says.
        made_by: Program and version.
        interactive: Whether its map can be moved in.
    """
    drawing, caption, grid = event_map(report, _texts(report) if interactive else ())
    yield heading("Map")
    yield _web_map(drawing, caption, grid) if interactive else map_part(drawing, caption)
    yield heading("The largest landslides")
    yield from _largest(report)
    yield from statistics_parts(report.statistics)
    if report.assessment:
        yield from _assessment(report, report.assessment)
    yield heading("What to bear in mind")
    yield from map(paragraph, _caveats(report))
    yield from sources_part(report.facts, _rows(report, made_by), grid)
    yield heading("Sources and licences")
    yield from map(paragraph, report.credits)
    yield footer(f"Made by {made_by}.")


def event_map(report: EventReport, texts: tuple[str, ...] = ()) -> tuple[str, str, Grid]:
    """The map as SVG, what its colours say, and its grid."""
    study = None if report.statistics.study_is_hull else report.statistics.study
    drawing, grid = results_map(report.statistics.inventory, study, report.request.below, texts)
    caption = "Orange: landslides." + (" Blue: the area that was searched." if study else "")
    return drawing, caption, grid


def one_page_parts(report: EventReport, drawing: str, made_by: str) -> Iterator[str]:
    """What of the report goes on one page.

    Args:
        report: What it says.
        drawing: Its map.
        made_by: Program and version.
    """
    rows = [*number_rows(report.statistics), *_evidence_rows(report)]
    map_of_it = figure(drawing, "Orange: landslides.")
    left, right = f'<td width="54%">{map_of_it}</td>', f"<td>{table(('', ''), rows)}</td>"
    yield f'<table width="100%"><tr>{left}{right}</tr></table>'
    across = _across(report)
    if report.largest:
        yield heading("The largest landslides")
        for row in range(_ROWS):
            if shown := report.largest[row * across : (row + 1) * across]:
                yield _row_of_cards(report, shown)
    yield heading("What to bear in mind")
    yield paragraph(" ".join(_caveats(report)))
    yield heading("Sources and licences")
    yield paragraph(" ".join(report.credits))
    yield footer(f"Made by {made_by}.")


def _evidence_rows(report: EventReport) -> list[tuple[str, str]]:
    """How many outlines the images before and after call new, and so on."""
    name = report.table.own_name("evidence")
    words = Counter(record.get(name) for record in report.table.records)
    return [(word.capitalize(), number(words[word])) for word in EVIDENCE if words[word]]


def _across(report: EventReport) -> int:
    """Cards side by side: pairs of pictures are wider."""
    return 2 if report.request.before else _ACROSS


def _row_of_cards(report: EventReport, shown: Sequence[Card]) -> str:
    cells = "".join(_cell(card, bool(report.request.before)) for card in shown)
    return f'<table class="cards"><tr>{cells}</tr></table>'


def _web_map(drawing: str, caption: str, grid: Grid) -> str:
    """The map with what a script needs to move in it; without one it is a picture."""
    cols, rows = np.meshgrid(np.linspace(0, grid.width, 3), np.linspace(0, grid.height, 3))
    lon, lat = Geodesy(grid.crs).lonlat(*grid.to_map(cols.ravel(), rows.ravel()))
    lon = (lon - lon[0] + 180) % 360 - 180 + lon[0]
    places = np.column_stack((lon, lat)).round(7).tolist()
    size = [grid.width, grid.height, float(grid.pixel_size_metres()[0][0])]
    data = f"data-places='{json.dumps(places)}' data-size='{json.dumps(size)}'"
    buttons = "".join(
        f'<button class="{word}" title="{text}" aria-label="{text}">{sign}</button>'
        for word, text, sign in (
            ("in", "Nearer", "+"),
            ("out", "Farther", "-"),
            ("all", "All", "0"),
        )
    )
    return (
        f'<div class="webmap" tabindex="0" {data}>{drawing}<div class="bar">{buttons}</div>'
        f'<p class="status">Turn the wheel or press + and - to zoom, drag to move, point at a '
        f'landslide for its name.</p></div><p class="about">{escape(caption)}</p>'
    )


def _texts(report: EventReport) -> tuple[str, ...]:
    """The name and the area of each landslide on the map."""
    records, areas = report.table.records, report.statistics.areas
    if len(records) != len(areas):  # some have no area, and are not on the map
        return ()
    return tuple(f"{r.get('id')}: {number(a)} m2" for r, a in zip(records, areas))


def _largest(report: EventReport) -> Iterator[str]:
    if report.largest:
        across = _across(report)
        for i in range(0, len(report.largest), across):  # a table each: pages end between them
            yield _row_of_cards(report, report.largest[i : i + across])
        return
    order = report.statistics.areas.argsort()[::-1][:LARGEST]
    if len(report.table.records) == len(report.statistics.areas):
        names = [str(record.get("id")) for record in report.table.records]
        rows_of = [(names[i], number(report.statistics.areas[i])) for i in order]
        yield table(("Landslide", "Area (m2)"), rows_of)
    yield paragraph("Give an image to see them.")


def _cell(card: Card, pair: bool) -> str:
    both = card.before, card.chip, card.name
    chip = pair_svg(*both) if pair else chip_svg(card.chip, card.name)
    facts = " · ".join(escape(fact) for fact in card.facts)
    return f"<td>{chip}<p><b>{escape(card.name)}</b><br>{facts}</p></td>"


def _assessment(report: EventReport, assessment: Assessment) -> Iterator[str]:
    reference = report.request.reference
    name = reference.name if isinstance(reference, Outlines) else str(reference)
    yield heading("Compared with a reference")
    yield paragraph(
        f"The inventory, compared with {shown_name(name)}. The reference has errors of its own, "
        "and what it lacks counts as a false alarm."
    )
    drawing, _ = comparison_map(assessment, report.request.below)
    yield map_part(drawing, COMPARED)
    yield from assessment_parts(assessment)
    if report.curves and report.curves.curves:
        yield from curve_parts(report.curves.curves, report.curves.threshold)


def _caveats(report: EventReport) -> Iterator[str]:
    records, status = report.table.records, report.table.own_name(_STATUS)
    waiting = sum(r.get(status) in (None, "", UNREVIEWED) for r in records)
    if status not in report.table.columns:
        yield "The inventory does not say whether anybody has looked at its landslides."
    elif waiting:
        yield (
            f"Nobody has looked at {waiting:,} of {len(records):,} landslides. A "
            "detection is not a mapped landslide: bare fields, quarries, river banks and clouds "
            "can look alike."
        )
    if report.rejected:
        yield f"Left out: {report.rejected:,} that a reviewer has rejected."
    if report.statistics.study_is_hull:
        yield (
            "Nobody said which area was searched: the convex hull of the landslides stands for it, "
            "and densities come out too high."
        )
    if report.assessment is None:
        yield "It was not compared with a reference: how many landslides are missing is not known."
    yield (
        "What the image does not show is not in it: land in shade or under clouds, and landslides "
        "that are smaller than a few pixels."
    )
    yield from limits(report.statistics)[1:2]


def _rows(report: EventReport, made_by: str) -> list[tuple[str, str]]:
    request, study = report.request, report.statistics.study
    raster = request.probability
    return [
        ("Model adapted with", open_probability(raster).provenance.adapted if raster else ""),
        ("Inventory", shown_name(report.table.name)),
        ("Probability", shown_name(request.probability or "")),
        ("Image", shown_name(request.below.image or "")),
        ("DEM", shown_name(request.below.dem or "")),
        ("Study area", "" if report.statistics.study_is_hull else shown_name(study.name)),
        ("Software", made_by),
    ]


def _credits(known: dict[str, str], probability: str | None) -> Iterator[str]:
    """Whom a map made from the inventory must name, as far as it is known."""
    product = known.get("Satellite product", "")
    if product.upper().startswith("S2"):
        year = known.get("Date of the image", "")[:4]
        yield _COPERNICUS.format(f" {year}" if year else "")
    else:
        yield (
            "The image's source is not known here: name it, as its licence asks for (Sentinel-2: "
            "'Contains modified Copernicus Sentinel data' and the year). The same goes for the DEM."
        )
    model = known.get("Model", "")
    if probability and (said := open_probability(probability).provenance.attribution):
        yield f"Model {model}: {said}"
    else:
        known_models = {*shipped_models(), *own_models()}
        yield from map(_model_credit, sorted({*model.split(AND)} & known_models))
    yield "Landslip: free software, GPL-2.0-or-later."
    yield _COASTS


def _model_credit(model: str) -> str:
    try:
        card = read_card(model_path(model))
    except ModelError:  # its file is damaged
        return f"Model {model}: see its card for whom to name."
    return f"Model {model} {card.version}: {card.attribution} Licence: {card.licence}."
