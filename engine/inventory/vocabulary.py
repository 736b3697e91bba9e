"""Landslip's value lists in the words of the exchange schemas."""

from __future__ import annotations

from .fields import CONFIDENCES

#: Steps of the USGS inventory, version 3. 0 and other numbers do not occur.
USGS_CONFIDENCE = dict(zip(CONFIDENCES, (1, 2, 3, 5, 8)))

#: UGLC: what stands for a text and for a number that is not known.
UGLC_UNKNOWN, UGLC_NO_NUMBER = "ND", -99999
#: UGLC: start of a period of which no start is known, and earliest day; the same in 2024.
UGLC_NO_START, UGLC_2024_NO_START = "1678-01-01", "1677/12/31"

#: UGLC: T is a factor that triggers, P one that prepares.
UGLC_FACTORS = {
    "rainfall": "rainfall (T)",
    "earthquake": "seismic (T)",
    "volcanic activity": "volcanic (T)",
    "human activity": "anthropic (T,P)",
    "snowmelt": "climate (T,P)",
    "wildfire": "postfire (P)",
    "deforestation": "deforestation (P)",
    "other natural cause": "natural (T,P)",
}
UGLC_2024_TRIGGERS = {
    "rainfall": "rainfall",
    "earthquake": "seismic",
    "snowmelt": "climate",
    "volcanic activity": "volcanic",
    "human activity": "human",
    "deforestation": "deforestation",
    "wildfire": "postfire",
    "other natural cause": "natural",
}

#: By movement and material; a movement alone stands for all other materials.
UGLC_TYPES = {
    ("fall", "rock"): "rock fall",
    ("topple", "rock"): "rock fall",
    ("slide", "rock"): "rock slide",
    ("slide", "earth"): "earth slide",
    ("rotational slide", None): "rotational sliding",
    ("translational slide", None): "translational sliding",
    ("spread", "rock"): "rock spreading",
    ("spread", "earth"): "earth spreading",
    ("flow", "debris"): "debris flow",
    ("flow", "earth"): "earth flow",
    ("complex", None): "complex",
}
UGLC_ALL_TYPES = (
    "complex",
    "soil creep",
    "debris flow",
    "earth flow",
    "lahar",
    "earth slide",
    "mudslide",
    "riverbank collapse",
    "rock slide",
    "rock fall",
    "rotational sliding",
    "translational sliding",
    "earth spreading",
    "rock spreading",
    "mud flow",
    "sinkhole",
    UGLC_UNKNOWN,
)
#: Types that UGLC had in 2024 and has dropped.
UGLC_2024_TYPES = (
    *UGLC_ALL_TYPES,
    "snow avalanche",
    "glacial lake outburst floods",
    "liquefaction",
)

COOLR_TRIGGERS = {
    "rainfall": "rain",
    "earthquake": "earthquake",
    "snowmelt": "snowfall_snowmelt",
    "volcanic activity": "volcano",
    "human activity": "other",
    "deforestation": "other",
    "wildfire": "other",
    "other natural cause": "other",
}
COOLR_ALL_TRIGGERS = (
    "rain",
    "downpour",
    "continuous_rain",
    "monsoon",
    "tropical_cyclone",
    "flooding",
    "snowfall_snowmelt",
    "freeze_thaw",
    "earthquake",
    "volcano",
    "vibration",
    "construction",
    "mining",
    "dam_embankment_collapse",
    "leaking_pipe",
    "no_apparent_trigger",
    "other",
    "unknown",
)

COOLR_TYPES = {
    ("fall", "rock"): "rock_fall",
    ("fall", None): "other",
    ("topple", None): "topple",
    ("slide", None): "landslide",
    ("rotational slide", None): "rotational_slide",
    ("translational slide", None): "translational_slide",
    ("spread", None): "other",
    ("flow", "debris"): "debris_flow",
    ("flow", "earth"): "earth_flow",
    ("flow", None): "other",
    ("complex", None): "complex",
}
COOLR_ALL_TYPES = (
    "landslide",
    "mudslide",
    "debris_flow",
    "earth_flow",
    "rock_fall",
    "topple",
    "rotational_slide",
    "translational_slide",
    "complex",
    "creep",
    "lahar",
    "riverbank_collapse",
    "snow_avalanche",
    "other",
    "unknown",
)

#: COOLR's steps of location accuracy, by the largest error of each in metres.
COOLR_ACCURACY = {
    100.0: "exact",
    1000.0: "1km",
    5000.0: "5km",
    10000.0: "10km",
    25000.0: "25km",
    50000.0: "50km",
    100000.0: "100km",
    250000.0: "250km",
}
COOLR_SIZES = ("small", "medium", "large", "very_large", "catastrophic", "unknown")
COOLR_SETTINGS = (
    "above_road",
    "below_road",
    "above_river",
    "above_coast",
    "bluff",
    "burned_area",
    "deforested_slope",
    "engineered_slope",
    "mine",
    "natural_slope",
    "retaining_wall",
    "urban",
    "other",
    "unknown",
)
#: How COOLR's event layers say that outlines came about; a list of all its words was not found.
COOLR_METHODS = {
    "automatic": "automated",
    "semi-automatic": "semi-automated",
    "manual": "manual",
}
#: Satellites by how the names of their products start.
_SATELLITES = {
    "S1": "Sentinel-1",
    "S2": "Sentinel-2",
    "LC08": "Landsat-8",
    "LC09": "Landsat-9",
    "LE07": "Landsat-7",
    "LT05": "Landsat-5",
}

INSPIRE_CODES = "http://inspire.ec.europa.eu/codelist/"
#: INSPIRE's DeterminationMethodValue by how the outline came about.
INSPIRE_METHODS = {
    "automatic": "modelling",
    "semi-automatic": "indirectDetermination",
    "manual": "indirectDetermination",
}
#: INSPIRE's reasons for a voidable property without a value: there is one that nobody knows, the
#: whole data set has none, it is confidential.
INSPIRE_UNKNOWN, INSPIRE_UNPOPULATED, INSPIRE_WITHHELD = (
    f"{INSPIRE_CODES}VoidReasonValue/{reason}" for reason in ("Unknown", "Unpopulated", "Withheld")
)


def type_in(
    words: dict[tuple[str, str | None], str],
    movement: str | None,
    material: str | None,
    unknown: str,
) -> str:
    """The word of a schema for a type of landslide, ``unknown`` where it has none."""
    if movement is None:
        return unknown
    return words.get((movement, material)) or words.get((movement, None)) or unknown


def uglc_reliability(accuracy: float, dated: bool) -> int:
    """UGLC's class of reliability, from 1 best to 10.

    Args:
        accuracy: Error of the place, metres; `UGLC_NO_NUMBER` where it is not known.
        dated: Whether the day of the landslide is known.
    """
    if accuracy < 0:
        return 10
    for best, limit in ((1, 100), (3, 250), (5, 500), (7, 1000)):
        if accuracy <= limit:
            return best if dated else best + 1
    return 9


def coolr_accuracy(metres: float | None) -> str:
    """COOLR's word for an error of the place."""
    if metres is None:
        return "unknown"
    return next((word for limit, word in COOLR_ACCURACY.items() if metres <= limit), "unknown")


def satellite(products: str | None) -> str | None:
    """The satellite whose products an image was made of, by their names."""
    names = (products or "").upper()
    return next((word for start, word in _SATELLITES.items() if names.startswith(start)), None)
