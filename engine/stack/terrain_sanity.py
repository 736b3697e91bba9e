"""Are elevation and slope what they claim to be? Refuses nonsense, and warns with evidence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..common.errors import RasterError, ScaleError
from ..raster.reading import open_raster

_HIGHEST, _LOWEST = 9000, -500  #: metres: above Mount Everest, below the shore of the Dead Sea
#: The median slope of the steepest mountains, in 10 to 30 m DEMs, is some 40 degrees.
_STEEPEST_MEDIAN = 50
_METRES = ("", "m", "metre", "metres", "meter", "meters", "unknown")
#: Fewer pixels tell nothing.
_ENOUGH = 200
#: Smaller gaps than this share of a scene are not worth a warning.
_NEGLIGIBLE = 0.0005


def check_terrain(samples: Mapping[str, np.ndarray], what: str) -> list[str]:
    """Check the values of ``slope`` and ``dem``, as `sanity.check_bands` does.

    Raises:
        ScaleError: A slope not in degrees, or heights not in metres.
    """
    _check_slope_range(samples, what)
    _check_height_range(samples, what)
    found = (_undeclared_voids(samples, what), _too_steep(samples, what))
    return [sentence for sentence in found if sentence]


def check_dem(path: str, band: int = 1) -> None:
    """Check the unit that a DEM's file states, if it states one.

    Raises:
        ScaleError: It is not metres.
        RasterError: The file cannot be read.
    """
    with open_raster(path) as dataset:
        unit = (dataset.units[band - 1] or "").strip()
    if unit.lower() not in _METRES:
        raise ScaleError(
            f"The DEM {path} states its heights in '{unit}'; expected metres. Convert it (Raster > "
            "Raster Calculator in QGIS: feet x 0.3048, decimetres x 0.1) and run again."
        )


def check_cover(missing: float, what: str) -> str:
    """A sentence where a DEM leaves a part of the scene without data; else empty.

    Args:
        missing: Share of the scene's valid pixels without elevation, 0..1.
        what: The DEM, for the message.

    Raises:
        RasterError: None has elevation.
    """
    if missing >= 1:
        raise RasterError(
            f"{what} has no data on any of the scene's pixels. Check its nodata value, and that it "
            "covers the scene."
        )
    if missing < _NEGLIGIBLE:
        return ""
    return (
        f"{what} has no data on {missing:.1%} of the scene's pixels, which are left out where a "
        "model reads elevation or slope. Add the neighbouring DEM tiles, or fill its voids."
    )


def check_slope(given: np.ndarray, computed: np.ndarray, what: str) -> str:
    """A sentence where a slope band is in another unit than degrees, judged by the DEM.

    Args:
        given: The band's values [n].
        computed: Slope in degrees computed from the DEM at the same pixels [n]; NaN where none.
        what: The stack, for the message.
    """
    known = np.isfinite(given) & np.isfinite(computed) & (computed > 2)
    if known.sum() < _ENOUGH:
        return ""
    given, computed = given[known], computed[known]
    tangent = np.tan(np.radians(computed))
    units = {
        "degrees": computed,
        "percent": 100 * tangent,
        "radians": np.radians(computed),
        "rise over run": tangent,
    }
    # In logarithms, a unit is a shift; the median does not mind where the two DEMs differ.
    positive = np.maximum(given, 1e-4)
    apart = {
        unit: float(np.median(np.abs(np.log(positive / values)))) for unit, values in units.items()
    }
    unit = min(apart, key=lambda name: apart[name])
    if unit == "degrees" or apart["degrees"] < 0.3:
        return ""
    return (
        f"Band slope of {what} seems to be in {unit}: its median is {np.median(given):.3g}, that "
        f"of the slope computed from the DEM {np.median(computed):.3g} degrees. Leave the band out "
        "and give the DEM alone: Landslip computes the slope."
    )


def _check_slope_range(samples: Mapping[str, np.ndarray], what: str) -> None:
    low, high = central_range(_known(samples, "slope"))
    if low < 0 or high > 90:
        raise ScaleError(
            f"Band slope of {what} holds values from {low:.4g} to {high:.4g} (2nd to 98th "
            "percentile); expected degrees, 0 to 90. If it is in percent, give the DEM instead "
            "and let Landslip compute the slope."
        )


def _check_height_range(samples: Mapping[str, np.ndarray], what: str) -> None:
    high = central_range(_known(samples, "dem"))[1]
    if high > _HIGHEST:
        raise ScaleError(
            f"Elevations of {what} reach {high:.0f} (98th percentile); expected metres, and no "
            "mountain is higher than 8849 m. Convert the DEM (Raster > Raster Calculator in QGIS: "
            "feet x 0.3048, decimetres x 0.1) and run again."
        )


def _undeclared_voids(samples: Mapping[str, np.ndarray], what: str) -> str:
    heights = _known(samples, "dem")
    share = float((heights < _LOWEST).mean()) if heights.size else 0.0
    if not share:
        return ""
    return (
        f"Elevations of {what} go down to {heights.min():.0f} m, on {share:.2%} of its pixels "
        "below any land: they look like a mark for no data that the DEM does not declare. Declare "
        "it (Raster > Conversion > Translate in QGIS, 'Assign a specified nodata value')."
    )


def _too_steep(samples: Mapping[str, np.ndarray], what: str) -> str:
    slope = _known(samples, "slope")
    hills = slope[slope > 1]
    if hills.size < _ENOUGH or np.median(hills) < _STEEPEST_MEDIAN:
        return ""
    return (
        f"Half of the slopes of {what} are steeper than {np.median(hills):.0f} degrees; the "
        "steepest mountains reach 40. The heights seem to be in feet or decimetres: check the DEM, "
        "and convert it to metres (feet x 0.3048, decimetres x 0.1)."
    )


def _known(samples: Mapping[str, np.ndarray], band: str) -> np.ndarray:
    values = samples.get(band, np.empty(0))
    return values[np.isfinite(values)]


def central_range(values: np.ndarray) -> tuple[float, float]:
    """2nd and 98th percentile; zeros where there are no values."""
    if not values.size:
        return 0.0, 0.0
    low, high = np.percentile(values, (2, 98))
    return float(low), float(high)
