"""The schemas in which inventories are handed in: fields, types, value lists, CRS, dates.

Each column says where its value comes from. A probability of the model never becomes a
confidence: that is a person's judgement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .schema import Column, Preset, Slide
from .vocabulary import (
    COOLR_ACCURACY,
    COOLR_ALL_TRIGGERS,
    COOLR_ALL_TYPES,
    COOLR_TRIGGERS,
    COOLR_TYPES,
    INSPIRE_CODES,
    INSPIRE_METHODS,
    UGLC_ALL_TYPES,
    UGLC_NO_NUMBER,
    UGLC_NO_START,
    UGLC_TRIGGERS,
    UGLC_TYPES,
    UGLC_UNKNOWN,
    USGS_CONFIDENCE,
    coolr_accuracy,
    type_in,
    uglc_reliability,
)

_ISO = r"\d{4}-\d\d-\d\d"
_SLASHED = r"\d{4}/\d\d/\d\d"


def _field(name: str) -> Callable[[Slide], Any]:
    return lambda slide: slide.get(name)


def _constant(value: Any) -> Callable[[Slide], Any]:
    return lambda slide: value


def _count(name: str, unknown: int | None) -> Callable[[Slide], Any]:
    """People harmed: a column that a reviewer may have added."""

    def value(slide: Slide) -> Any:
        number = slide.get(name)
        return unknown if number is None else int(number)

    return value


def _slashed(day: str | None) -> str | None:
    return day.replace("-", "/") if day else None


def _type_text(slide: Slide) -> str | None:
    """Such as ``debris flow``."""
    movement, material = slide.get("ls_type"), slide.get("material")
    return " ".join(part for part in (material, movement) if part) or None


USGS = Preset(
    "usgs_v3",
    "USGS landslide inventory, version 3",
    (
        Column("USGS_ID", str, _field("id"), "`id`", required=True, unique=True),
        Column(
            "Date_Min",
            str,
            lambda s: s.first_day,
            "`event_date`, else `pre_date`, else *START_DATE*",
            pattern=_ISO,
        ),
        Column(
            "Date_Max",
            str,
            lambda s: s.last_day,
            "`event_date`, else `image_date`, else *END_DATE*",
            pattern=_ISO,
        ),
        Column(
            "Fatalities",
            int,
            _count("fatalities", None),
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
        Column("LS_Type", str, _type_text, "`material` and `ls_type`"),
        Column("Inventory", str, lambda s: s.dataset.name, "*NAME*", required=True),
        Column("Inv_URL", str, lambda s: s.dataset.url or None, "*URL*"),
    ),
    dates=("Date_Min", "Date_Max"),
)


def _uglc_accuracy(slide: Slide) -> float:
    return UGLC_NO_NUMBER if slide.accuracy is None else slide.accuracy


def _uglc_reliability(slide: Slide) -> int:
    dated = slide.first_day is not None and slide.first_day == slide.last_day
    return uglc_reliability(_uglc_accuracy(slide), dated)


UGLC = Preset(
    "uglc",
    "Unified Global Landslide Catalogue",
    (
        Column("NEW DATASET", str, _constant("UGLC"), "`UGLC`", "NEW_DATA", ("UGLC",), True),
        Column("ID", int, lambda s: s.number, "running number", required=True, unique=True),
        Column("OLD DATASET", str, lambda s: s.dataset.name, "*NAME*", "OLD_DATA", required=True),
        Column("OLD ID", str, _field("id"), "`id`", "OLD_ID", required=True, unique=True),
        Column("VERSION", str, lambda s: s.dataset.version, "*VERSION*"),
        Column("COUNTRY", str, lambda s: s.dataset.country or UGLC_UNKNOWN, "*COUNTRY*, else ND"),
        Column(
            "ACCURACY",
            float,
            _uglc_accuracy,
            "*ACCURACY*, else the pixel size (`area_m2`, `pixel_count`), else -99999; m",
            required=True,
        ),
        Column(
            "START DATE",
            str,
            lambda s: _slashed(s.first_day) or UGLC_NO_START,
            "`event_date`, else `pre_date`, else *START_DATE*, else 1677/12/31",
            "START_DATE",
            required=True,
            pattern=_SLASHED,
        ),
        Column(
            "END DATE",
            str,
            lambda s: _slashed(s.last_day),
            "`event_date`, else `image_date`, else *END_DATE*",
            "END_DATE",
            required=True,
            pattern=_SLASHED,
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
            "TRIGGER",
            str,
            lambda s: UGLC_TRIGGERS.get(s.get("trigger"), UGLC_UNKNOWN),
            "`trigger`, else ND",
            choices=(*UGLC_TRIGGERS.values(), UGLC_UNKNOWN),
            required=True,
        ),
        Column(
            "RELIABILITY",
            int,
            _uglc_reliability,
            "UGLC's table of accuracy and of whether the day is known, 1 to 10",
            "RELIABIL",
            tuple(range(1, 11)),
            True,
        ),
        Column(
            "RECORD TYPE", str, _constant("event"), "`event`", "REC_TYPE", ("event", "report"), True
        ),
        Column(
            "FATALITIES",
            int,
            _count("fatalities", UGLC_NO_NUMBER),
            "a column `fatalities`, else -99999",
        ),
        Column(
            "INJURIES", int, _count("injuries", UGLC_NO_NUMBER), "a column `injuries`, else -99999"
        ),
        Column("NOTES", str, _field("notes"), "`notes`"),
        Column("LINK", str, lambda s: s.dataset.url or None, "*URL*"),
    ),
    geometry="WKT_GEOM",
    dates=("START DATE", "END DATE"),
)


def _between(slide: Slide) -> str | None:
    """What is known of the date, in words."""
    first, last = slide.first_day, slide.last_day
    if first == last:
        return None
    parts = (f"after {first}" if first else "", f"not later than {last}" if last else "")
    return "Happened " + " and ".join(part for part in parts if part)


COOLR = Preset(
    "coolr",
    "NASA COOLR, polygons",
    (
        Column("ev_id", int, lambda s: s.number, "running number", required=True, unique=True),
        Column(
            "ev_date",
            str,
            lambda s: s.last_day,
            "`event_date`, else `image_date`, else *END_DATE*",
            required=True,
            pattern=_ISO,
        ),
        Column("ev_title", str, _field("id"), "`id`", required=True, unique=True),
        Column(
            "ev_desc", str, _between, "the period in which it happened, where the day is not known"
        ),
        Column("loc_desc", str, _field("notes"), "`notes`"),
        Column(
            "loc_acc",
            str,
            lambda s: coolr_accuracy(s.accuracy),
            "*ACCURACY*, else the pixel size, as exact (to 100 m), 1km, 5km ...",
            choices=(*COOLR_ACCURACY.values(), "unknown"),
            required=True,
        ),
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
        Column("fatalities", int, _count("fatalities", None), "a column `fatalities`", least=0),
        Column("injuries", int, _count("injuries", None), "a column `injuries`", least=0),
        Column("ctry_name", str, lambda s: s.dataset.country or None, "*COUNTRY*"),
        Column("src_name", str, lambda s: s.dataset.name, "*NAME*", required=True),
        Column("src_link", str, lambda s: s.dataset.url or None, "*URL*"),
        Column(
            "shape_Leng", float, lambda s: s.perimeter, "perimeter on the ellipsoid, m", least=0
        ),
        Column("shape_Area", float, lambda s: s.area, "area on the ellipsoid, m2", least=0),
    ),
)

_INSPIRE = (
    Column("inspireId_localId", str, _field("id"), "`id`", "localId", required=True, unique=True),
    Column(
        "inspireId_namespace",
        str,
        lambda s: s.dataset.url or s.dataset.name,
        "*URL*, else *NAME*",
        "namespace",
        required=True,
    ),
    Column("inspireId_versionId", str, lambda s: s.dataset.version, "*VERSION*", "versionId"),
    Column(
        "tOH_hazardCategory",
        str,
        _constant("landslide"),
        "`landslide`",
        "hazardCat",
        ("landslide",),
        True,
    ),
    Column(
        "tOH_hazardCategory_href",
        str,
        _constant(f"{INSPIRE_CODES}NaturalHazardCategoryValue/landslide"),
        "INSPIRE's code of it",
        "hazardHref",
        (f"{INSPIRE_CODES}NaturalHazardCategoryValue/landslide",),
        True,
    ),
    Column("tOH_specificHazardType", str, _type_text, "`material` and `ls_type`", "hazardType"),
    Column(
        "validFrom",
        str,
        lambda s: s.last_day,
        "`event_date`, else `image_date`, else *END_DATE*: it surely exists then",
        pattern=_ISO,
    ),
    Column("validTo", str, _constant(None), "empty", pattern=_ISO),
    Column(
        "beginLifespanVersion",
        str,
        lambda s: str(s.get("run_date"))[:10] if s.get("run_date") else None,
        "`run_date`",
        "beginLife",
        pattern=_ISO,
    ),
)

INSPIRE_EVENT = Preset(
    "inspire_event",
    "INSPIRE natural risk zones, ObservedEvent",
    (
        *_INSPIRE,
        Column("nameOfEvent", str, lambda s: s.dataset.name, "*NAME*", "nameOfEvnt", required=True),
        Column(
            "mOI_quantitativeValue",
            float,
            lambda s: s.area,
            "area on the ellipsoid",
            "quantValue",
            least=0,
        ),
        Column("mOI_quantitativeValue_uom", str, _constant("m2"), "`m2`", "quantUom", ("m2",)),
    ),
    crs="EPSG:4258",
)

INSPIRE_AREA = Preset(
    "inspire_area",
    "INSPIRE natural risk zones, HazardArea",
    (
        *_INSPIRE,
        Column(
            "determinationMethod",
            str,
            lambda s: INSPIRE_METHODS.get(s.get("method")),
            "`method`: automatic is modelling, others indirectDetermination",
            "detMethod",
            tuple(dict.fromkeys(INSPIRE_METHODS.values())),
        ),
        Column(
            "lOO_qualitativeLikelihood",
            str,
            _constant(None),
            "empty: an inventory does not know it",
            "likelihood",
        ),
    ),
    crs="EPSG:4258",
)

PRESETS = {p.name: p for p in (USGS, UGLC, COOLR, INSPIRE_EVENT, INSPIRE_AREA)}
