"""INSPIRE natural risk zones: ObservedEvent and HazardArea, flattened into one table each.

The application schema nests its properties. In a table they have the names of the geodatabase
encoding, with the spelling of the specification where the two differ. A voidable property without a
value has a reason in a column of its own, as GML has it in an attribute of that name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .column_values import Value, attribute, constant, instant, number, type_text
from .fields import TRIGGERS
from .schema import INSTANT, Column, Need, Preset, Slide
from .vocabulary import (
    INSPIRE_CODES,
    INSPIRE_METHODS,
    INSPIRE_UNKNOWN,
    INSPIRE_UNPOPULATED,
    INSPIRE_WITHHELD,
)

_LANDSLIDE = f"{INSPIRE_CODES}NaturalHazardCategoryValue/landslide"
_METHODS = tuple(dict.fromkeys(INSPIRE_METHODS.values()))
_METHOD_CODES = tuple(f"{INSPIRE_CODES}DeterminationMethodValue/{method}" for method in _METHODS)


def _reason(name: str, short: str, reason: str, *values: Value) -> Column:
    """The column with the reason why a voidable property has no value."""
    word = reason.rsplit("/", 1)[1]

    def value(slide: Slide) -> str | None:
        return None if any(each(slide) is not None for each in values) else reason

    return Column(
        f"{name}_nilReason",
        str,
        value,
        f"INSPIRE's code for {word} where {name} is empty",
        short,
        (INSPIRE_UNKNOWN, INSPIRE_UNPOPULATED, INSPIRE_WITHHELD),
        optional=True,
    )


def _begin(slide: Slide) -> str | None:
    return instant(slide.get("run_date"))


def _method(slide: Slide) -> Any:
    return INSPIRE_METHODS.get(slide.get("method"))


def _method_code(slide: Slide) -> str | None:
    method = _method(slide)
    return f"{INSPIRE_CODES}DeterminationMethodValue/{method}" if method else None


def _name(slide: Slide) -> str:
    return slide.dataset.name


def _hazard_type(slide: Slide) -> str | None:
    """Such as ``debris slide triggered by earthquake``: INSPIRE has no column for triggers."""
    trigger = slide.get("trigger")
    if trigger not in TRIGGERS or trigger == "unknown":
        return type_text(slide)
    return f"{type_text(slide) or 'landslide'} triggered by {trigger}"


def _valid_from(slide: Slide) -> str | None:
    return instant(slide.last_day)


def _area(slide: Slide) -> float:
    return slide.area


_BOTH = (
    Column(
        "inspireId_localId", str, attribute("id"), "`id`", "localId", required=True, unique=True
    ),
    Column(
        "inspireId_namespace",
        str,
        lambda s: s.dataset.url or s.dataset.name,
        "*URL*, else *NAME*",
        "namespace",
        required=True,
    ),
    Column(
        "inspireId_versionId",
        str,
        lambda s: s.dataset.version,
        "*VERSION*",
        "versionId",
        longest=25,
        optional=True,
    ),
    Column(
        "beginLifeSpanVersion",
        datetime,
        _begin,
        "`run_date`",
        "beginLife",
        form=INSTANT,
    ),
    _reason("beginLifeSpanVersion", "beginL_nil", INSPIRE_UNKNOWN, _begin),
    Column(
        "endLifeSpanVersion",
        datetime,
        constant(None),
        "empty",
        "endLife",
        form=INSTANT,
        optional=True,
    ),
    Column(
        "tOH_hazardCategory",
        str,
        constant("landslide"),
        "`landslide`",
        "hazardCat",
        ("landslide",),
        True,
    ),
    Column(
        "tOH_hazardCategory_href",
        str,
        constant(_LANDSLIDE),
        "INSPIRE's code of it",
        "hazardHref",
        (_LANDSLIDE,),
        True,
    ),
    Column(
        "tOH_specificHazardType",
        str,
        _hazard_type,
        "`material`, `ls_type` and `trigger`",
        "hazardType",
    ),
    _reason("tOH_specificHazardType", "hazTyp_nil", INSPIRE_UNKNOWN, _hazard_type),
)

_MAGNITUDE = (
    Column("mOI_qualitativeValue", str, constant(None), "empty", "qualValue", optional=True),
    Column(
        "mOI_quantitativeValue",
        float,
        _area,
        "area on the ellipsoid",
        "quantValue",
        least=0,
        optional=True,
    ),
    Column("mOI_quantitativeValue_uom", str, constant("m2"), "`m2`", "quantUom", optional=True),
    _reason("magnitudeOrIntensity", "magInt_nil", INSPIRE_UNPOPULATED, _area),
)

_NEEDS = (
    Need(("beginLifeSpanVersion",), "beginLifeSpanVersion_nilReason"),
    Need(("tOH_specificHazardType",), "tOH_specificHazardType_nilReason"),
    Need(("mOI_qualitativeValue", "mOI_quantitativeValue"), "magnitudeOrIntensity_nilReason"),
    Need(("mOI_quantitativeValue_uom",), when="mOI_quantitativeValue"),
)

_SOURCE = (
    "INSPIRE Data Specification on Natural Risk Zones, D2.8.III.12 version 3.1.0, 2024-01-31, "
    "https://inspire-mif.github.io/technical-guidelines/data/nz/dataspecification_nz.html, feature "
    "type {}; names of the flattened table after "
    "https://github.com/Esri/inspire_open_data/blob/master/gdb-encoding/NaturalRiskZones.md, "
    "version 1.0 of 2024-10-01"
)

_GAPS = (
    "An encoding of natural risk zones as one table by INSPIRE itself was not found. The "
    "geodatabase encoding spells `beginLifespanVersion`; the specification, and so this table, "
    "`beginLifeSpanVersion`. It has no columns for the reasons of empty properties: those are "
    "ours, named as in GML.",
    "Citations of methods of assessment are not carried, nor is the hazard's own code of "
    "`tOH_specificHazardType`.",
    "The dates of images are not carried: validity begins on the day of the event where it is "
    "known, else on that of the image.",
    "A provider may narrow the code list of hazard categories; narrower codes are reported.",
    "In a Shapefile, which has no points in time, they are texts like 2018-09-06T00:00:00Z. In a "
    "GeoPackage they are in UTC; QGIS 3.22 leaves out the Z that says so.",
)

INSPIRE_EVENT = Preset(
    "inspire_event",
    "INSPIRE natural risk zones, ObservedEvent",
    (
        *_BOTH,
        Column("nameOfEvent", str, _name, "*NAME*", "nameOfEvnt"),
        _reason("nameOfEvent", "nameOf_nil", INSPIRE_UNPOPULATED, _name),
        Column(
            "validFrom",
            datetime,
            _valid_from,
            "`event_date`, else `date_max`, else `image_date`, else *END_DATE*: it is there then",
            form=INSTANT,
        ),
        _reason("validFrom", "validF_nil", INSPIRE_UNKNOWN, _valid_from),
        Column("validTo", datetime, constant(None), "empty", form=INSTANT, optional=True),
        *_MAGNITUDE,
    ),
    source=_SOURCE.format("ObservedEvent"),
    gaps=(*_GAPS, "The association `isMonitoredBy` is not carried."),
    crs="EPSG:4258",
    dates=("validFrom", "validTo"),
    needs=(
        *_NEEDS,
        Need(("nameOfEvent",), "nameOfEvent_nilReason"),
        Need(("validFrom",), "validFrom_nilReason"),
    ),
)

_LIKELIHOODS = (
    Column(
        "lOO_qualitativeLikelihood",
        str,
        attribute("likelihood"),
        "a column `likelihood`: how likely it happens again, in words",
        "likelihood",
        optional=True,
    ),
    Column(
        "lOO_quantitative_probability",
        float,
        number("occurrence"),
        "a column `occurrence`: probability of occurrence, 0 to 1; never the model's probability",
        "likeliProb",
        least=0,
        most=1,
        optional=True,
    ),
    Column(
        "lOO_quantitative_retPeriod",
        float,
        number("return_yr"),
        "a column `return_yr`: return period, years",
        "likeliRetP",
        least=0,
        optional=True,
    ),
)

INSPIRE_AREA = Preset(
    "inspire_area",
    "INSPIRE natural risk zones, HazardArea",
    (
        *_BOTH,
        Column(
            "determinationMethod",
            str,
            _method,
            "`method`: automatic is modelling, others indirectDetermination",
            "detMethod",
            _METHODS,
            True,
        ),
        Column(
            "determinationMethod_href",
            str,
            _method_code,
            "INSPIRE's code of it",
            "detHref",
            _METHOD_CODES,
            True,
        ),
        Column(
            "validityPeriod_beginPosition",
            datetime,
            constant(None),
            "empty: an inventory tells of the past, this period lies in the future",
            "validBegin",
            form=INSTANT,
            optional=True,
        ),
        Column(
            "validityPeriod_endPosition",
            datetime,
            constant(None),
            "empty",
            "validEnd",
            form=INSTANT,
            optional=True,
        ),
        *_LIKELIHOODS,
        _reason(
            "likelihoodOfOccurrence",
            "likeli_nil",
            INSPIRE_UNPOPULATED,
            *(column.value for column in _LIKELIHOODS),
        ),
        *_MAGNITUDE,
    ),
    source=_SOURCE.format("HazardArea"),
    gaps=(*_GAPS, "The association `source`, the event behind an area, is not carried."),
    crs="EPSG:4258",
    dates=("validityPeriod_beginPosition", "validityPeriod_endPosition"),
    needs=(
        *_NEEDS,
        Need(tuple(column.name for column in _LIKELIHOODS), "likelihoodOfOccurrence_nilReason"),
    ),
)
