"""Band sets by name, and how terrain bands are brought to a common scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..engine.common.errors import ParameterError
from ..engine.stack.reader import OPTICAL_BANDS, TERRAIN_BANDS

#: What the benchmark's authors divided each band by, in the order of its 14 bands.
L4S_DIVISOR = {
    "B01": 1111.81236406,
    "B02": 824.63171476,
    "B03": 663.41636217,
    "B04": 445.17289745,
    "B05": 645.8582926,
    "B06": 1547.73508126,
    "B07": 1960.44401001,
    "B08": 1941.32229668,
    "B09": 674.07572865,
    "B10": 9.04787384,
    "B11": 1113.98338755,
    "B12": 519.90397929,
    "slope": 20.29228266,
    "dem": 772.83144788,
}
RGB = ("B04", "B03", "B02")
#: The seven scenarios of the SwAV paper (Tables 1-7).
BAND_SETS: dict[str, tuple[str, ...]] = {
    "rgb": RGB,
    "rgb+slope": (*RGB, "slope"),
    "rgb+slope+dem": (*RGB, "slope", "dem"),
    "rgb+slope+illumination": (*RGB, "slope", "illumination"),
    "rgb+nir": (*RGB, "B08"),
    "rgb+nir+slope": (*RGB, "B08", "slope"),
    "rgb+nir+slope+dem": (*RGB, "B08", "slope", "dem"),
    "all": tuple(L4S_DIVISOR),
    # The others of the competition's second place (Table III).
    "swir": ("B10", "B11", "B12"),
    "ngb": ("B08", "B03", "B02"),
    "rgb+swir": (*RGB, "B10", "B11", "B12"),
    "rgb+nir+swir": (*RGB, "B08", "B10", "B11", "B12"),
}


class Scale(NamedTuple):
    """How a terrain band is normalised.

    Attributes:
        level: What becomes 0; None for the mean of the scene.
        spread: What becomes 1.
    """

    level: float | None
    spread: float


#: A slope of 30 degrees means the same in every scene: degrees have a fixed level and spread.
#: An elevation of 500 m does not: it counts from the mean of its scene, in units of 500 m that
#: are the same everywhere, because the spread of a scene is that of its highest mountains.
TERRAIN_SCALE = {
    "slope": Scale(20.0, 15.0),
    "dem": Scale(None, 500.0),
    "illumination": Scale(0.6, 0.25),
}


def band_names(bands: str | Sequence[str]) -> tuple[str, ...]:
    """A band set by its name, or the names of bands as they are; terrain comes last.

    Raises:
        ParameterError: Unknown set or band, a band twice, or terrain before an optical band.
    """
    if isinstance(bands, str):
        if bands not in BAND_SETS:
            raise ParameterError(
                f"There is no band set '{bands}'. Choose {', '.join(BAND_SETS)}, or list bands."
            )
        return BAND_SETS[bands]
    names = tuple(bands)
    unknown = [name for name in names if name not in (*OPTICAL_BANDS, *TERRAIN_BANDS)]
    if unknown or not names or len(set(names)) < len(names):
        raise ParameterError(
            f"The bands {', '.join(names) or '(none)'} are not a list of different bands out of "
            f"{', '.join((*OPTICAL_BANDS, *TERRAIN_BANDS))}. Name each once, or a set: "
            f"{', '.join(BAND_SETS)}."
        )
    if names != (*optical(names), *terrain(names)):
        raise ParameterError(
            f"The bands {', '.join(names)} have terrain before an optical band. Put slope and dem "
            "last."
        )
    return names


def optical(bands: Sequence[str]) -> tuple[str, ...]:
    """The reflectances among the bands."""
    return tuple(band for band in bands if band not in TERRAIN_BANDS)


def terrain(bands: Sequence[str]) -> tuple[str, ...]:
    """The terrain among the bands."""
    return tuple(band for band in bands if band in TERRAIN_BANDS)
