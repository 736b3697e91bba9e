"""Are the numbers what they claim to be? Refuses nonsense, and warns with evidence in numbers.

Rules are about what no scene of the Earth looks like, and were tried on deserts, seas, snow and
clouds: a check that cries wolf is soon ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .errors import RasterError, ScaleError
from .stack import OPTICAL_BANDS
from .terrain import open_raster

Samples = Mapping[str, np.ndarray]

#: B09 and B10 lie in absorption bands: a few digital numbers are normal there.
_SURFACE_BANDS = tuple(band for band in OPTICAL_BANDS if band not in ("B09", "B10"))
_EXPECTED = "expected Sentinel-2 reflectance x 10000, some hundreds to some thousands"

#: What processing baseline 04.00 and later adds to digital numbers.
_OFFSET = 1000
#: In these bands, shadow, water and forest are dark, whatever the haze. Where even their darkest
#: pixels are brighter than this, offset or not, the ground itself is bright (a desert, snow).
_BRIGHT_GROUND = {"B04": 1500, "B05": 1500, "B11": 1700, "B12": 1700}
_BRIGHT = 2500  #: clouds, snow and sand are brighter in green and blue
_DARK = 1000  #: water and shadow are darker in red and in near infrared
#: Fewer pixels tell nothing about a scene.
_ENOUGH = 200

_HIGHEST, _LOWEST = 9000, -500  #: metres: above Mount Everest, below the shore of the Dead Sea
#: The median slope of the steepest mountains, in 10 to 30 m DEMs, is some 40 degrees.
_STEEPEST_MEDIAN = 50
_METRES = ("", "m", "metre", "metres", "meter", "meters", "unknown")


def check_bands(samples: Samples, what: str) -> list[str]:
    """Check the values of a stack's bands on a sample of its valid pixels.

    Args:
        samples: Values of each band, all at the same pixels, float [n]: optical bands as
            reflectance x 10000, ``slope`` in degrees, ``dem`` in metres (both may have NaN).
        what: The stack, for messages.

    Returns:
        A sentence for each thing that looks wrong, though work can go on.

    Raises:
        ScaleError: A result would be nonsense: optical bands that are no reflectance x 10000, a
            slope not in degrees, heights not in metres.
    """
    samples = {band: values for band, values in samples.items() if values.size}
    _check_reflectance(samples, what)
    _check_slope_range(samples, what)
    _check_height_range(samples, what)
    offset_left = _offset_left(samples, what)
    if offset_left:  # and so the cause of what else would look wrong
        samples = {**samples, **{b: samples[b] - _OFFSET for b in OPTICAL_BANDS if b in samples}}
    found = (
        offset_left,
        _offset_taken_twice(samples, what),
        _near_infrared_swapped(samples, what),
        _red_and_blue_swapped(samples, what),
        _undeclared_voids(samples, what),
        _too_steep(samples, what),
    )
    return [sentence for sentence in found if sentence]


# --- optical bands ---


def _check_reflectance(samples: Samples, what: str) -> None:
    surface = [band for band in _SURFACE_BANDS if band in samples]
    if not surface:
        return
    ranges = {band: _range(samples[band]) for band in surface}
    brightest = max(surface, key=lambda band: ranges[band][1])
    low, high = ranges[brightest]
    found = (
        f"Band {brightest} of {what} holds values from {low:.4g} to {high:.4g} (2nd to 98th "
        "percentile)"
    )
    top = max(float(np.max(samples[band])) for band in surface)
    if low >= -1 and high <= 2:
        raise ScaleError(
            f"{found}, which looks like reflectance from 0 to 1; {_EXPECTED}. Multiply the raster "
            "by 10000 (Raster > Raster Calculator in QGIS) and run again."
        )
    # At sea, surface reflectance may be as low as that in all bands: but blue stands out then.
    if top <= 255 and not _is_sea(samples):
        raise ScaleError(
            f"{found}, which looks like an 8-bit picture; {_EXPECTED}. Use the product's own "
            "bands (GeoTIFF or JP2 of the L1C or L2A product), not a rendered image."
        )
    if low < -2000 or high > 40000:
        raise ScaleError(
            f"{found}; {_EXPECTED}. Check the band mapping, the nodata value and the scale factor."
        )


def _is_sea(samples: Samples) -> bool:
    if "B02" not in samples:
        return False
    blue = float(np.median(samples["B02"]))
    longer = next((band for band in ("B08", "B8A", "B04") if band in samples), "B02")
    return float(np.median(samples[longer])) < 0.4 * blue


def _offset_left(samples: Samples, what: str) -> str:
    evidence = _cirrus_too_high(samples) if "B10" in samples else _nothing_dark(samples)
    if not evidence:
        return ""
    return (
        f"Values of {what} seem to be {_OFFSET} too high: {evidence}. Products of processing "
        f"baseline 04.00 and later carry an offset of {_OFFSET} that must be subtracted. Give the "
        "product itself to Prepare stack, which does so, or subtract it; ignore this if it was."
    )


def _cirrus_too_high(samples: Samples) -> str:
    """The surest sign, both ways: in clear air nothing is seen in B10, but the offset is."""
    low = float(np.percentile(samples["B10"], 2))
    if low < 0.95 * _OFFSET:
        return ""
    return f"the cirrus band B10, near 0 in clear air, is hardly anywhere below {low:.0f}"


def _nothing_dark(samples: Samples) -> str:
    floors = _floors(samples, _SURFACE_BANDS)
    dark = {
        band: floors[band]
        for band, limit in _BRIGHT_GROUND.items()
        if floors.get(band, np.inf) <= limit
    }
    if not dark or min(floors.values()) < 0.95 * _OFFSET:  # noise, and a little too much haze off
        return ""
    # The visible bands alone do not tell sand under haze from fields with the offset.
    visible = not {"B11", "B12"} & set(samples)
    if visible and "B04" in samples and np.median(samples["B04"]) > 2 * _OFFSET:
        return ""
    band = min(dark, key=lambda name: dark[name])
    return (
        f"no optical band goes below {min(floors.values()):.0f}, though {band} has pixels as dark "
        f"as {dark[band]:.0f} (0.5th percentile)"
    )


def _floors(samples: Samples, bands: Sequence[str]) -> dict[str, float]:
    return {band: float(np.percentile(samples[band], 0.5)) for band in bands if band in samples}


def _offset_taken_twice(samples: Samples, what: str) -> str:
    lows = {
        band: float(np.percentile(samples[band], 2))
        for band in ("B02", "B03", "B04")
        if band in samples
    }
    if not lows or min(lows.values()) > -0.3 * _OFFSET:
        return ""
    band = min(lows, key=lambda name: lows[name])
    return (
        f"Band {band} of {what} goes down to {lows[band]:.0f} (2nd percentile), but reflectance is "
        f"not negative: the offset of {_OFFSET} seems to be subtracted though it was already, or "
        "was never there. Give the offset 0."
    )


def _near_infrared_swapped(samples: Samples, what: str) -> str:
    """Over land, near infrared is brighter than red."""
    infrared = next((band for band in ("B08", "B8A") if band in samples), "")
    if not infrared or "B04" not in samples:
        return ""
    red, near = samples["B04"], samples[infrared]
    land = np.maximum(red, near) > _DARK
    for band in ("B02", "B03"):
        if band in samples:
            land &= samples[band] < _BRIGHT
    count = int(land.sum())
    if count < max(_ENOUGH, 0.05 * land.size):
        return ""
    red, near = red[land], near[land]
    share = float((near < red).mean())
    if share < 0.6:
        return ""
    return (
        f"{infrared} (near infrared) of {what} is darker than B04 (red) on {share:.0%} of the "
        f"land, with medians of {np.median(near):.0f} and {np.median(red):.0f}; over plants and "
        "soil it is brighter. The bands seem to be in another order than their names or the band "
        "mapping say: check it."
    )


def _red_and_blue_swapped(samples: Samples, what: str) -> str:
    """Haze brightens blue's dark end, and red shows more contrast: never both the other way."""
    if not {"B02", "B03", "B04"} <= set(samples):
        return ""
    visible = np.stack([samples[band] for band in ("B02", "B03", "B04")])
    visible = visible[:, (visible < _BRIGHT).all(axis=0)]
    if visible.shape[1] < max(_ENOUGH, 0.05 * samples["B02"].size):
        return ""
    dark, spread = np.percentile(visible, 2, axis=1), visible.std(axis=1)
    rising = dark[0] < dark[1] < dark[2] and dark[2] > 1.15 * dark[0]
    falling = spread[0] > spread[1] > spread[2] and spread[0] > 1.15 * spread[2]
    if not (rising and falling):
        return ""
    return (
        f"B02 (blue) and B04 (red) of {what} seem to be swapped: the dark pixels of B02, B03 and "
        f"B04 are at {', '.join(f'{x:.0f}' for x in dark)} (2nd percentile) and their spread is "
        f"{', '.join(f'{x:.0f}' for x in spread)}; expected the first to fall, as air is blue, and "
        "the second to rise. Check the band names or the band mapping."
    )


# --- terrain ---


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
    if missing < 0.0005:
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


def _check_slope_range(samples: Samples, what: str) -> None:
    low, high = _range(_known(samples, "slope"))
    if low < 0 or high > 90:
        raise ScaleError(
            f"Band slope of {what} holds values from {low:.4g} to {high:.4g} (2nd to 98th "
            "percentile); expected degrees, 0 to 90. If it is in percent, give the DEM instead "
            "and let Landslip compute the slope."
        )


def _check_height_range(samples: Samples, what: str) -> None:
    high = _range(_known(samples, "dem"))[1]
    if high > _HIGHEST:
        raise ScaleError(
            f"Elevations of {what} reach {high:.0f} (98th percentile); expected metres, and no "
            "mountain is higher than 8849 m. Convert the DEM (Raster > Raster Calculator in QGIS: "
            "feet x 0.3048, decimetres x 0.1) and run again."
        )


def _undeclared_voids(samples: Samples, what: str) -> str:
    heights = _known(samples, "dem")
    share = float((heights < _LOWEST).mean()) if heights.size else 0.0
    if not share:
        return ""
    return (
        f"Elevations of {what} go down to {heights.min():.0f} m, on {share:.2%} of its pixels "
        "below any land: they look like a mark for no data that the DEM does not declare. Declare "
        "it (Raster > Conversion > Translate in QGIS, 'Assign a specified nodata value')."
    )


def _too_steep(samples: Samples, what: str) -> str:
    slope = _known(samples, "slope")
    hills = slope[slope > 1]
    if hills.size < _ENOUGH or np.median(hills) < _STEEPEST_MEDIAN:
        return ""
    return (
        f"Half of the slopes of {what} are steeper than {np.median(hills):.0f} degrees; the "
        "steepest mountains reach 40. The heights seem to be in feet or decimetres: check the DEM, "
        "and convert it to metres (feet x 0.3048, decimetres x 0.1)."
    )


def _known(samples: Samples, band: str) -> np.ndarray:
    values = samples.get(band, np.empty(0))
    return values[np.isfinite(values)]


def _range(values: np.ndarray) -> tuple[float, float]:
    """2nd and 98th percentile; zeros where there are no values."""
    if not values.size:
        return 0.0, 0.0
    low, high = np.percentile(values, (2, 98))
    return float(low), float(high)
