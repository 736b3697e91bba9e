"""Are the numbers what they claim to be? Refuses nonsense, and warns with evidence in numbers.

Rules are about what no scene of the Earth looks like, and were tried on deserts, seas, snow and
clouds: a check that cries wolf is soon ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..common.errors import ScaleError
from .reader import OPTICAL_BANDS
from .terrain_sanity import central_range, check_terrain

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
_WATER = 400  #: water is darker in shortwave infrared
#: Fewer pixels tell nothing about a scene.
_ENOUGH = 200


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
    terrain = check_terrain(samples, what)
    offset_left = _offset_left(samples, what)
    if offset_left:  # and so the cause of what else would look wrong
        samples = {**samples, **{b: samples[b] - _OFFSET for b in OPTICAL_BANDS if b in samples}}
    found = (
        offset_left,
        _offset_taken_twice(samples, what),
        _near_infrared_swapped(samples, what),
        _red_and_blue_swapped(samples, what),
    )
    return [*filter(None, found), *terrain]


def _check_reflectance(samples: Samples, what: str) -> None:
    surface = [band for band in _SURFACE_BANDS if band in samples]
    if not surface:
        return
    ranges = {band: central_range(samples[band]) for band in surface}
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
        f"baseline 04.00 and later carry an offset of {_OFFSET} that must be subtracted: give the "
        f"product with its metadata, or the offset -{_OFFSET}, when you prepare the stack. Ignore "
        "this if it was subtracted."
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
        "was never there. Prepare the stack with the offset 0."
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
    if "B11" in samples:  # muddy water is bright in red, but black there
        land &= samples["B11"] > _WATER
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
