"""A stack whose bands are read as if the sun met all slopes alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..common.errors import ParameterError, RasterError
from ..raster.illumination import Sun
from ..raster.light import LEAST_SKY, MOST_SKY, fitted_correction
from ..raster.tiling import Window
from .reader import OPTICAL_BANDS, Stack, StackReader
from .scene import sampled
from .sunlight import known_sun, with_sun

#: Heights of a fitted sun that are believed, degrees. A fit tells the azimuth well and the height
#: badly, and a height that is wrong by much does harm.
BELIEVED = (30.0, 60.0)
#: Land whose incidence varies by less is level.
_LEVEL = 0.01
#: Share of pixels without elevation from which a word is due.
_WITHOUT = 0.01


def with_even_light(
    stack: Stack,
    bands: Sequence[str],
    told: Sun | None = None,
    warn: Callable[[str], None] = lambda _message: None,
    cancelled: Callable[[], bool] | None = None,
) -> Stack:
    """The stack with the light of its slopes taken out; as it is where that is not possible.

    The correction is fitted to the whole raster, never an extent.

    Args:
        stack: A stack with elevation.
        bands: What a model reads; its reflectances are corrected.
        told: The sun as the user gave it.
        warn: Called with a sentence that the user should see though the run goes on.
        cancelled: Asked between blocks of the scene.

    Raises:
        ParameterError: There is no elevation, or the file's tags hold no sun that can be.
        RasterError: Not one pixel has both values and elevation.
        Cancelled: The user stopped the run.
    """
    check_elevation(stack.path, stack.has_elevation)
    stack = _with_believed_sun(stack, told, warn, cancelled)
    if not stack.sun:
        return stack
    optical = tuple(band for band in bands if band in OPTICAL_BANDS)
    # A band of the file that is called illumination is of another sun, or of none.
    own = tuple(pair for pair in stack.bands if pair[0] != "illumination")
    pixels = _lit_sample(replace(stack, light=None, bands=own), optical, cancelled)
    lit = np.isfinite(pixels[-1])
    if not lit.any():
        where = f"The DEM {stack.dem}" if stack.dem else f"Band dem of {stack.path}"
        raise RasterError(
            f"{where} has no data on the valid pixels of {stack.path}, so the light of slopes "
            "cannot be taken out. Give a DEM of that place, or switch even light off."
        )
    _tell_of_gaps(1 - float(lit.mean()), stack, warn)
    sample = pixels[:, lit]
    correction = fitted_correction(sample[:-1], sample[-1])
    level = float(np.std(sample[-1])) < _LEVEL
    if level or min(correction.sky) >= MOST_SKY:
        reason = (
            "the land is level"
            if level
            else "its brightness does not follow the light of a sun at azimuth "
            f"{stack.sun.azimuth:.0f} and elevation {stack.sun.elevation:.0f} degrees. Check where "
            "the sun stood, and that the DEM lies on the image"
        )
        warn(f"Even light changes nothing in {stack.path}: {reason}.")
        return stack
    return replace(stack, light=(optical, correction))


def _lit_sample(
    stack: Stack, optical: tuple[str, ...], cancelled: Callable[[], bool] | None
) -> np.ndarray:
    """Bands of a scene's valid pixels and their illumination [bands + 1, n], NaN without a DEM."""
    with StackReader(stack, optical) as reader, StackReader(stack, ("illumination",)) as light:

        def read(window: Window) -> tuple[np.ndarray, np.ndarray]:
            values, valid = reader.read(window)
            return np.concatenate([values, light.read(window)[0]]), valid

        return sampled(stack, optical, read, cancelled)


def check_elevation(path: str, there: bool) -> None:
    """Refuse to take light out without elevation.

    Raises:
        ParameterError: There is none.
    """
    if not there:
        raise ParameterError(
            f"The light of slopes was to be taken out of {path}, and no elevation was given. "
            "Give a DEM raster, or switch even light off."
        )


def _with_believed_sun(
    stack: Stack,
    told: Sun | None,
    warn: Callable[[str], None],
    cancelled: Callable[[], bool] | None,
) -> Stack:
    """The stack with its sun; of one that was fitted, the height is held within `BELIEVED`."""
    known = known_sun(stack, told)
    if known:
        return replace(stack, sun=known)
    fitted = stack if stack.sun else with_sun(stack, None, warn, cancelled)
    if not fitted.sun:
        return fitted
    height = float(np.clip(fitted.sun.elevation, *BELIEVED))
    if height != fitted.sun.elevation:
        warn(
            f"No fit finds a sun {fitted.sun.elevation:.0f} degrees high with certainty; even "
            f"light takes {height:.0f} degrees. If you know better, give the sun's azimuth and "
            "elevation."
        )
    return replace(fitted, sun=Sun(fitted.sun.azimuth, height))


def _tell_of_gaps(share: float, stack: Stack, warn: Callable[[str], None]) -> None:
    if share > _WITHOUT:
        warn(
            f"{100 * share:.0f} % of the valid pixels of {stack.path} have no elevation and keep "
            "their light; where two kinds of light meet, results do not fit together. Give a DEM "
            "that covers the image, or switch even light off."
        )


def light_text(stack: Stack) -> str:
    """What is done to the light of a stack, for the log and the raster's tags."""
    if not (stack.light and stack.sun):
        return "The light of slopes stays as it is."
    names, correction = stack.light
    parts = [
        f"{band} {dark:.0f} and {sky:.2f}"
        for band, dark, sky in zip(names, correction.dark, correction.sky)
    ]
    return (
        f"The light of slopes is taken out for a sun at azimuth {stack.sun.azimuth:.0f} and "
        f"elevation {stack.sun.elevation:.0f} degrees (light of the air, reflectance x 10000, and "
        f"of the sky as a share of the sun's, {LEAST_SKY:g} or more: {', '.join(parts)})."
    )
