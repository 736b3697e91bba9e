"""The sun over a stack: as told, as its file says, as its date says, or as its shading shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime

import numpy as np

from ..common.errors import ParameterError
from ..raster.elevation import Elevation
from ..raster.grid import Grid
from ..raster.illumination import FittedSun, Sun, fitted_sun, gradient_east_north
from ..raster.reading import open_raster
from ..raster.tiling import Window
from .reader import OPTICAL_BANDS, Stack, StackReader, dem_source
from .scene import sampled

#: Tags of a stack with the sun's place, degrees, and with the time of the image.
AZIMUTH_TAG, ELEVATION_TAG, TIME_TAG = "SUN_AZIMUTH", "SUN_ELEVATION", "ACQUISITION_DATE"


def with_sun(
    stack: Stack,
    told: Sun | None = None,
    warn: Callable[[str], None] = lambda _message: None,
    cancelled: Callable[[], bool] | None = None,
) -> Stack:
    """The stack with its sun; without one where the sun is not to be found.

    It is always the whole raster that a sun is fitted to, never an extent.

    Args:
        stack: A stack with elevation.
        told: The sun as the user gave it, which goes before all else.
        warn: Called with a sentence where the sun was fitted.
        cancelled: Asked between blocks of the scene.

    Raises:
        ParameterError: The file's tags hold no sun that can be.
        Cancelled: The user stopped the run.
    """
    known = known_sun(stack, told)
    if known:
        return replace(stack, sun=known)
    found = scene_sun(stack, cancelled)
    if found.usable:
        warn(
            f"{stack.path} does not say where the sun stood. Its shading fits a sun at azimuth "
            f"{found.sun.azimuth:.0f} and elevation {found.sun.elevation:.0f} degrees (partial "
            f"correlation {found.correlation:.2f}; the elevation is a rough guess). If you know "
            "better, give the sun's azimuth and elevation from the product's metadata."
        )
        return replace(stack, sun=found.sun)
    warn(
        f"{stack.path} does not say where the sun stood, and its shading does not tell (partial "
        f"correlation {found.correlation:.2f}). All land is taken as evenly lit. Give the sun's "
        "azimuth and elevation from the product's metadata."
    )
    return stack


def known_sun(stack: Stack, told: Sun | None = None) -> Sun | None:
    """The sun as the user or the stack's file tells it; None where neither does.

    Raises:
        ParameterError: The file's tags hold no sun that can be.
    """
    return told or _sun_of_file(stack)


def sun_of(azimuth: float | None, elevation: float | None) -> Sun | None:
    """The sun as the user gave it; None where it was not given.

    Raises:
        ParameterError: Only one of the two was given, or it cannot be.
    """
    if azimuth is None and elevation is None:
        return None
    if azimuth is None or elevation is None:
        given, missing = ("elevation", "azimuth") if azimuth is None else ("azimuth", "elevation")
        raise ParameterError(
            f"The sun's {given} was given without its {missing}; expected both or neither. Take "
            "both from the product's metadata, or leave both empty."
        )
    return Sun(azimuth, elevation)


def scene_sun(stack: Stack, cancelled: Callable[[], bool] | None = None) -> FittedSun:
    """The sun fitted to a regular sample of a scene, by the mean of its visible bands.

    Raises:
        Cancelled: The user stopped the run.
    """
    visible = [band for band in ("B04", "B03", "B02") if stack.number(band)]
    bands = visible or [band for band, _ in stack.bands if band in OPTICAL_BANDS][:1]
    with (
        StackReader(stack, bands) as reader,
        closing(Elevation([dem_source(stack)], stack.grid)) as land,
    ):

        def read(window: Window) -> tuple[np.ndarray, np.ndarray]:
            values, valid = reader.read(window)
            slopes = gradient_east_north(land.read_relief(window), stack.grid)
            return np.stack([values.mean(axis=0), *slopes]), valid

        return fitted_sun(*sampled(stack, bands, read, cancelled))


def _sun_of_file(stack: Stack) -> Sun | None:
    with open_raster(stack.path) as dataset:
        tags = dataset.tags()
    return sun_of_tags(tags, stack.path) or sun_at(tags.get(TIME_TAG, ""), stack.grid)


def sun_of_tags(tags: Mapping[str, str], path: str) -> Sun | None:
    """The sun that a raster's tags name; None where they name none.

    Raises:
        ParameterError: They name none that can be.
    """
    azimuth, elevation = tags.get(AZIMUTH_TAG), tags.get(ELEVATION_TAG)
    if azimuth or elevation:
        try:
            return Sun(float(azimuth or ""), float(elevation or ""))
        except (ValueError, ParameterError) as err:
            raise ParameterError(
                f"{path} has the tags {AZIMUTH_TAG}={azimuth or ''} and "
                f"{ELEVATION_TAG}={elevation or ''}; expected degrees clockwise from north, and "
                "degrees above the horizon, above 0 and up to 90. Correct both or remove both."
            ) from err
    return None


def sun_at(time: str, grid: Grid) -> Sun | None:
    """The sun over the middle of a grid at a time; None for a day without a time, or at night."""
    try:
        when = datetime.fromisoformat(time.replace("Z", "+00:00"))
    except ValueError:
        return None
    if when.tzinfo is None:
        return None
    azimuth, elevation = sun_position(when, *grid.lonlat_of_middle())
    return Sun(azimuth, elevation) if elevation > 0 else None


def sun_position(when: datetime, lon: float, lat: float) -> tuple[float, float]:
    """Azimuth and elevation of the sun in degrees, to about 0.1, without refraction.

    Low-precision formulas of the Astronomical Almanac (Michalsky 1988).

    Args:
        when: Time with its zone.
        lon: Degrees east.
        lat: Degrees north.
    """
    days = when.timestamp() / 86400 - 10957.5  # since noon of 1 January 2000, UTC
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360)
    mean = 280.460 + 0.9856474 * days
    along = np.radians(mean + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    tilt = np.radians(23.439 - 4e-7 * days)
    ascension = np.arctan2(np.cos(tilt) * np.sin(along), np.cos(along))
    declination = np.arcsin(np.sin(tilt) * np.sin(along))
    sidereal = np.radians((280.46062 + 360.98564737 * days + lon) % 360)
    hour, place = sidereal - ascension, np.radians(lat)
    up = np.sin(place) * np.sin(declination)
    up += np.cos(place) * np.cos(declination) * np.cos(hour)
    east = -np.cos(declination) * np.sin(hour)
    north = np.sin(declination) * np.cos(place)
    north -= np.cos(declination) * np.sin(place) * np.cos(hour)
    return float(np.degrees(np.arctan2(east, north)) % 360), float(np.degrees(np.arcsin(up)))
