"""The schemas in which inventories are handed in: fields, types, value lists, CRS, dates.

Each column says where its value comes from, each schema who published its definition. A
probability of the model never becomes a confidence: that is a person's judgement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from .column_values import (
    attribute,
    constant,
    count,
    images_beside,
    listed,
    notes_and,
    period,
    slashed,
    trigger_beside,
    type_beside,
    type_text,
)
from .inspire import INSPIRE_AREA, INSPIRE_EVENT
from .schema import COUNTRY_CODE, DAY, SLASHED_DAY, Column, Preset, Slide, day_of
from .vocabulary import (
    COOLR_ACCURACY,
    COOLR_ALL_TRIGGERS,
    COOLR_ALL_TYPES,
    COOLR_METHODS,
    COOLR_SETTINGS,
    COOLR_SIZES,
    COOLR_TRIGGERS,
    COOLR_TYPES,
    UGLC_2024_NO_START,
    UGLC_2024_TRIGGERS,
    UGLC_2024_TYPES,
    UGLC_ALL_TYPES,
    UGLC_FACTORS,
    UGLC_NO_NUMBER,
    UGLC_NO_START,
    UGLC_TYPES,
    UGLC_UNKNOWN,
    USGS_CONFIDENCE,
    coolr_accuracy,
    satellite,
    type_in,
    uglc_reliability,
)

_LAST_DAY = "`event_date`, else `date_max`, else `image_date`, else *END_DATE*"
_FIRST_DAY = "`event_date`, else `date_min`, else `pre_date`, else *START_DATE*"
_IMAGES = "and `pre_date` and `image_date` where there is an `event_date`"


def _information_source(slide: Slide) -> str | None:
    return slide.get("info_source") or slide.get("product_id") or slide.get("source")


USGS = Preset(
    "usgs_v3",
    "USGS landslide inventory, version 3",
    (
        Column("USGS_ID", str, attribute("id"), "`id`", required=True, unique=True),
        Column(
            "Date_Min",
            str,
            lambda s: s.first_day,
            _FIRST_DAY,
            form=DAY,
            also=(date, datetime),
        ),
        Column(
            "Date_Max",
            str,
            lambda s: s.last_day,
            _LAST_DAY,
            form=DAY,
            also=(date, datetime),
        ),
        Column(
            "Fatalities",
            int,
            count("fatalities", None),
            "a column `fatalities` that you added",
            least=0,
        ),
        Column(
            "Confidence",
            int,
            lambda s: USGS_CONFIDENCE.get(s.get("confidence")),
            "the reviewer's `confidence`: possible 1, probable 2, likely 3, confident 5, high 8",
            choices=tuple(USGS_CONFIDENCE.values()),
        ),
        Column("LS_Type", str, type_text, "`material` and `ls_type`"),
        Column("Inventory", str, lambda s: s.dataset.name, "*NAME*", required=True),
        Column("Inv_URL", str, lambda s: s.dataset.url or None, "*URL*"),
        Column(
            "Info_Source",
            str,
            _information_source,
            "a column `info_source`, else `product_id`, else `source`",
            "Info_Sourc",
        ),
        Column(
            "Notes",
            str,
            notes_and(trigger_beside({}), images_beside),
            f"`notes`; behind them `trigger`, {_IMAGES}",
            optional=True,
        ),
    ),
    source=(
        "Landslide Inventories across the United States, version 3.0, February 2025, U.S. "
        "Geological Survey, https://www.sciencebase.gov/catalog/item/671eef1fd34ed0f827ea9f12; the "
        "layer `US_Landslide_v3poly` of "
        "https://services.arcgis.com/v01gqwM5QqNysAAi/ArcGIS/rest/services/US_Landslide_poly_v2/"
        "FeatureServer"
    ),
    gaps=(
        "The lengths of the texts and whether `Date_Min` and `Date_Max` are dates or texts could "
        "not be found: texts like 2018-09-06 are written, and dates are taken too.",
        "`Notes` is known from the points of the same release; a file of polygons may lack it.",
        "The USGS gives out `USGS_ID` itself; the inventory's own id stands there until then.",
        "The published tables (CSV) have `Lat_N` and `Lon_W` besides, in place of an outline.",
        "Version 2 of 2022, with one text for the date, has no preset.",
    ),
    dates=("Date_Min", "Date_Max"),
)


def _whole_accuracy(slide: Slide) -> int:
    """Whole metres, rounded up: an accuracy may be worse than it is said to be, not better."""
    if slide.accuracy is None:
        return UGLC_NO_NUMBER
    return math.ceil(round(slide.accuracy, 3))


def _uglc_2024_accuracy(slide: Slide) -> float:
    return UGLC_NO_NUMBER if slide.accuracy is None else slide.accuracy


def _is_dated(slide: Slide) -> bool:
    return slide.first_day is not None and slide.first_day == slide.last_day


def _uglc_class_problem(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """`RELIABILITY` is what the catalogue's table gives for `ACCURACY` and the dates."""
    accuracy, found = values.get("ACCURACY"), values.get("RELIABILITY")
    days = (values.get("START DATE"), values.get("END DATE"))
    if not isinstance(accuracy, (int, float)) or not isinstance(found, int) or not all(days):
        return None
    start, end = map(day_of, days)
    dated = start == end and start not in (UGLC_NO_START, day_of(UGLC_2024_NO_START))
    expected = uglc_reliability(accuracy, dated)
    if found == expected:
        return None
    return "RELIABILITY", (
        f"{found} does not fit an ACCURACY of {accuracy:g} with dates from {start} to {end}; "
        f"expected {expected} by the catalogue's table. Correct it."
    )


_UGLC_COUNTS = (
    Column(
        "FATALITIES",
        int,
        count("fatalities", UGLC_NO_NUMBER),
        "a column `fatalities`, else -99999",
        required=True,
        least=0,
        unknown=UGLC_NO_NUMBER,
    ),
    Column(
        "INJURIES",
        int,
        count("injuries", UGLC_NO_NUMBER),
        "a column `injuries`, else -99999",
        required=True,
        least=0,
        unknown=UGLC_NO_NUMBER,
    ),
)

UGLC = Preset(
    "uglc",
    "Unified Global Landslide Catalogue",
    (
        Column("NEW DATASET", str, constant("UGLC"), "`UGLC`", "NEW_DATA", ("UGLC",), True),
        Column("ID", int, lambda s: s.number, "running number", required=True, unique=True),
        Column("OLD DATASET", str, lambda s: s.dataset.name, "*NAME*", "OLD_DATA", required=True),
        Column("OLD ID", str, attribute("id"), "`id`", "OLD_ID"),
        Column("VERSION", str, lambda s: s.dataset.version, "*VERSION*"),
        Column("COUNTRY", str, lambda s: s.dataset.country or UGLC_UNKNOWN, "*COUNTRY*, else ND"),
        Column(
            "ACCURACY",
            int,
            _whole_accuracy,
            "*ACCURACY*, else the pixel size (`area_m2`, `pixel_count`), in whole metres, rounded "
            "up; else -99999",
            required=True,
            least=0,
            unknown=UGLC_NO_NUMBER,
        ),
        Column(
            "START DATE",
            date,
            lambda s: max(s.first_day or UGLC_NO_START, UGLC_NO_START),
            f"{_FIRST_DAY}, else 1678/01/01, which stands for earlier days too",
            "START_DATE",
            required=True,
            form=SLASHED_DAY,
            least=UGLC_NO_START,
        ),
        Column(
            "END DATE",
            date,
            lambda s: s.last_day,
            _LAST_DAY,
            "END_DATE",
            required=True,
            form=SLASHED_DAY,
        ),
        Column(
            "TYPE",
            str,
            lambda s: type_in(UGLC_TYPES, s.get("ls_type"), s.get("material"), UGLC_UNKNOWN),
            "`ls_type` and `material`, else ND",
            choices=UGLC_ALL_TYPES,
            required=True,
        ),
        Column(
            "PHYSICAL FACTORS",
            str,
            lambda s: UGLC_FACTORS.get(s.get("trigger"), UGLC_UNKNOWN),
            "`trigger`, else ND; T is a factor that triggers, P one that prepares",
            "PHYS_FACT",
            choices=(*UGLC_FACTORS.values(), UGLC_UNKNOWN),
            required=True,
        ),
        Column(
            "RELIABILITY",
            int,
            lambda s: uglc_reliability(_whole_accuracy(s), _is_dated(s)),
            "the catalogue's table of ACCURACY and of whether the day is known, 1 to 10",
            "RELIABIL",
            tuple(range(1, 11)),
            True,
        ),
        Column(
            "RECORD TYPE", str, constant("event"), "`event`", "REC_TYPE", ("event", "report"), True
        ),
        *_UGLC_COUNTS,
        Column(
            "NOTES",
            str,
            notes_and(type_beside(UGLC_TYPES), images_beside),
            f"`notes`; behind them a type for which TYPE has no word, {_IMAGES}",
        ),
        Column("LINK", str, lambda s: s.dataset.url or None, "*URL*"),
    ),
    source=(
        "Unified Global Landslide Catalogue, University of Bari: the tables of attributes in the "
        "README of https://github.com/UnibaGEO/UGLC_polygonal and "
        "https://github.com/UnibaGEO/UGLC_point, as announced for publication in summer 2025"
    ),
    gaps=(
        "The README gives types only: the lengths of texts and the names in a Shapefile are ours.",
        "`START DATE` and `END DATE` are dates; where a format has none, texts like 2018/09/06, as "
        "in the published tables.",
        "The catalogue's own GeoPackages hold the outline a second time as text in `WKT_GEOM`; "
        "here the geometry column has that name.",
        "Which of report and event a detection is, the README leaves open; `event` is written.",
    ),
    geometry="WKT_GEOM",
    dates=("START DATE", "END DATE"),
    check=_uglc_class_problem,
)

_UGLC_COLUMNS = {column.name: column for column in UGLC.columns}
_UGLC_2024_CHANGES = {
    "ACCURACY": Column(
        "ACCURACY",
        float,
        _uglc_2024_accuracy,
        "*ACCURACY*, else the pixel size (`area_m2`, `pixel_count`), else -99999; m",
        required=True,
        least=0,
        unknown=UGLC_NO_NUMBER,
    ),
    "START DATE": Column(
        "START DATE",
        str,
        lambda s: max(slashed(s.first_day) or UGLC_2024_NO_START, UGLC_2024_NO_START),
        f"{_FIRST_DAY}, else 1677/12/31, which stands for earlier days too",
        "START_DATE",
        required=True,
        form=SLASHED_DAY,
        least=day_of(UGLC_2024_NO_START),
    ),
    "END DATE": Column(
        "END DATE",
        str,
        lambda s: slashed(s.last_day),
        _LAST_DAY,
        "END_DATE",
        required=True,
        form=SLASHED_DAY,
    ),
    "TYPE": replace(_UGLC_COLUMNS["TYPE"], choices=UGLC_2024_TYPES),
    "PHYSICAL FACTORS": Column(
        "TRIGGER",
        str,
        lambda s: UGLC_2024_TRIGGERS.get(s.get("trigger"), UGLC_UNKNOWN),
        "`trigger`, else ND",
        choices=(*UGLC_2024_TRIGGERS.values(), UGLC_UNKNOWN),
        required=True,
    ),
    "RELIABILITY": replace(
        _UGLC_COLUMNS["RELIABILITY"],
        value=lambda s: uglc_reliability(_uglc_2024_accuracy(s), _is_dated(s)),
    ),
}

UGLC_2024 = replace(
    UGLC,
    name="uglc_2024",
    title="Unified Global Landslide Catalogue, 2024",
    columns=tuple(_UGLC_2024_CHANGES.get(name, column) for name, column in _UGLC_COLUMNS.items()),
    source=(
        "Unified Global Landslide Catalogue, University of Bari, before `TRIGGER` became "
        "`PHYSICAL FACTORS`: the README at commit 0c10902 and `csv/12_IFFI/12_IFFI_converter.py` "
        "at commit 6fc54e5 of https://github.com/UnibaGEO/UGLC_polygonal"
    ),
    gaps=(
        "For a short time `RELIABILITY` was called `AFFIDABILITY`; rename the field where that is "
        "asked for.",
        "`ACCURACY` was a decimal number for points and a whole one for polygons; a decimal one is "
        "written, and both are taken.",
    ),
)

_COOLR_START = (
    Column("ev_id", int, lambda s: s.number, "running number", required=True, unique=True),
    Column(
        "ev_date",
        date,
        lambda s: s.last_day,
        _LAST_DAY,
        required=True,
        form=DAY,
        also=(datetime,),
    ),
)
_COOLR_WHAT = (
    Column(
        "ls_cat",
        str,
        lambda s: type_in(COOLR_TYPES, s.get("ls_type"), s.get("material"), "unknown"),
        "`ls_type` and `material`, else unknown",
        choices=COOLR_ALL_TYPES,
        required=True,
    ),
    Column(
        "ls_trig",
        str,
        lambda s: COOLR_TRIGGERS.get(s.get("trigger"), "unknown"),
        "`trigger`, else unknown",
        choices=COOLR_ALL_TRIGGERS,
        required=True,
    ),
)
_COOLR_OTHERS = (trigger_beside(COOLR_TRIGGERS, "other"), type_beside(COOLR_TYPES, "other"))
_event_notes = notes_and(*_COOLR_OTHERS)
_COOLR_WHERE = (
    Column(
        "latitude",
        float,
        lambda s: s.latitude,
        "latitude of the centroid, degrees",
        least=-90,
        most=90,
    ),
    Column(
        "longitude",
        float,
        lambda s: s.longitude,
        "longitude of the centroid, degrees",
        least=-180,
        most=180,
    ),
    Column("ctry_name", str, lambda s: s.dataset.country or None, "*COUNTRY*"),
    Column(
        "ctry_code",
        str,
        lambda s: s.dataset.country_code or None,
        "*COUNTRY_CODE*",
        form=COUNTRY_CODE,
    ),
)
_COOLR_HARM = (
    Column("fatalities", int, count("fatalities", None), "a column `fatalities`", least=0),
    Column("injuries", int, count("injuries", None), "a column `injuries`", least=0),
    Column("storm_name", str, attribute("storm_name"), "a column `storm_name`"),
)
_COOLR_SOURCE = (
    Column("src_name", str, lambda s: s.dataset.name, "*NAME*", required=True),
    Column("src_link", str, lambda s: s.dataset.url or None, "*URL*"),
)
_COOLR_SHAPE = (
    Column("shape_Leng", float, lambda s: s.perimeter, "perimeter on the ellipsoid, m", least=0),
    Column("shape_Area", float, lambda s: s.area, "area on the ellipsoid, m2", least=0),
)
_COOLR_GAPS = (
    "NASA's services ask for a login, and no copy of their lists of fields was found: fields and "
    "values are those that published copies of the data hold. The lengths of texts are not known, "
    "nor the units of `shape_Leng` and `shape_Area` there.",
)

COOLR = Preset(
    "coolr",
    "NASA COOLR, report polygons",
    (
        *_COOLR_START,
        Column("ev_title", str, attribute("id"), "`id`", required=True),
        Column(
            "ev_desc", str, period, "the period in which it happened, where the day is not known"
        ),
        Column("loc_desc", str, attribute("loc_desc"), "a column `loc_desc`: the place in words"),
        Column(
            "loc_acc",
            str,
            lambda s: coolr_accuracy(s.accuracy),
            "*ACCURACY*, else the pixel size, as exact (to 100 m), 1km, 5km ...",
            choices=(*COOLR_ACCURACY.values(), "unknown"),
            required=True,
        ),
        *_COOLR_WHAT,
        Column(
            "ls_size",
            str,
            listed("ls_size", COOLR_SIZES, "unknown"),
            "a column `ls_size` with a word of the list, else unknown: COOLR's sizes are also "
            "judgements of the damage",
            choices=COOLR_SIZES,
        ),
        Column(
            "ls_setting",
            str,
            listed("ls_setting", COOLR_SETTINGS, "unknown"),
            "a column `ls_setting` with a word of the list, else unknown",
            choices=COOLR_SETTINGS,
        ),
        *_COOLR_HARM,
        Column(
            "comments",
            str,
            notes_and(*_COOLR_OTHERS, images_beside),
            f"`notes`; behind them triggers and types that are *other* there, {_IMAGES}",
        ),
        *_COOLR_WHERE,
        *_COOLR_SOURCE,
        *_COOLR_SHAPE,
    ),
    source=(
        "Cooperative Open Online Landslide Repository, NASA Goddard Space Flight Center: the "
        "service `COOLR_Reports_Polygon`, "
        "https://maps.nccs.nasa.gov/mapping/rest/services/COOLR/COOLR_Reports_Polygon/MapServer; "
        "Juang et al. 2019, https://doi.org/10.1371/journal.pone.0218657"
    ),
    gaps=(
        *_COOLR_GAPS,
        "Points have `ev_time`, `photo_link`, `ev_imp_src`, `ev_imp_id`, `div_name`, `gaz_point`, "
        "`gaz_dist`, `sub_date` and `edit_date` besides, and `loc_accu` for `loc_acc`; NASA fills "
        "most of these in itself.",
    ),
)

COOLR_EVENTS = Preset(
    "coolr_events",
    "NASA COOLR, event polygons",
    (
        *_COOLR_START,
        Column("ev_title", str, lambda s: s.dataset.name, "*NAME*", required=True),
        Column(
            "ev_desc",
            str,
            lambda s: ". ".join(part for part in (period(s), _event_notes(s)) if part) or None,
            "the period in which it happened, where the day is not known, `notes`, and triggers "
            "and types that are *other* there",
        ),
        Column(
            "loc_desc",
            str,
            lambda s: s.get("loc_desc") or s.get("id"),
            "a column `loc_desc`, else `id`",
        ),
        *_COOLR_WHAT,
        *_COOLR_HARM,
        *_COOLR_WHERE,
        *_COOLR_SOURCE,
        Column(
            "method",
            str,
            lambda s: COOLR_METHODS.get(s.get("method")),
            "`method`: automated, semi-automated or manual",
        ),
        Column(
            "img_type",
            str,
            lambda s: s.get("img_type") or satellite(s.get("product_id")),
            "a column `img_type`, else the satellite that `product_id` names",
        ),
        Column(
            "sat_date_b",
            date,
            lambda s: s.image_day("pre_date"),
            "`pre_date`: the image before",
            form=DAY,
            also=(str, datetime),
        ),
        Column(
            "sat_date_a",
            date,
            lambda s: s.image_day("image_date"),
            "`image_date`: the image after",
            form=DAY,
            also=(str, datetime),
        ),
        *_COOLR_SHAPE,
    ),
    source=(
        "Cooperative Open Online Landslide Repository, NASA Goddard Space Flight Center: the "
        "event layers (`COOLR_Events_Polygon`, `nasa_coolr_events_poly`), "
        "https://maps.nccs.nasa.gov/mapping/rest/services/COOLR, described at "
        "https://gpm.nasa.gov/landslides/about.html"
    ),
    gaps=(
        *_COOLR_GAPS,
        "`method`, `img_type`, `sat_date_b` and `sat_date_a` are known from the event points; "
        "whether the last two are dates or texts could not be found, so both are taken; nor could "
        "a list of the words for method and image.",
        "People harmed, `storm_name`, the coordinates and `ctry_code` are written as for reports; "
        "whether all event layers have them could not be found.",
    ),
    dates=("sat_date_b", "sat_date_a"),
)

#: By name. New ones come last: scripts may give an option by its number.
PRESETS = {
    p.name: p for p in (USGS, UGLC, COOLR, INSPIRE_EVENT, INSPIRE_AREA, UGLC_2024, COOLR_EVENTS)
}
